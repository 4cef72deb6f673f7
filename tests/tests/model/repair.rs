//! What an applied repair does to the oracle.

use jiff::ToSpan;
use treadwell_clinic::command::ApplyRepair;
use treadwell_clinic::model::{Record, RecordId};

use super::absorb::{Absorb, created};
use super::expect::repair::is_swap;
use super::oracle::Held;

impl Absorb<'_> {
    pub(crate) fn repair(&mut self, repair: &ApplyRepair) {
        for to in &repair.moves {
            let id = to.step.appointment;
            self.oracle.holds.retain(|_, held| held.moves != Some(id));
            let before = self.oracle.appointments[&id].clone();
            let place = self.oracle.moved(to, &before);
            if is_swap(to, &before.place) {
                self.booked(id).place = place;
                continue;
            }
            let record = created(
                self.decision,
                |record| matches!(record, Record::Hold(hold) if hold.moves == Some(id)),
            );
            let RecordId::Hold(hold) = record.id() else {
                unreachable!("it was asked for")
            };
            let lasting = i64::from(self.oracle.policy.call_minutes);
            let held = Held {
                client: Some(before.client),
                place,
                moves: Some(id),
                expires: self.now + lasting.minutes(),
                by: self.actor.key,
            };
            self.oracle.holds.insert(hold, held);
        }
    }
}
