//! What an applied repair does to the oracle.

use jiff::ToSpan;
use treadwell_clinic::command::ApplyRepair;
use treadwell_clinic::model::{Record, RecordId};

use super::absorb::{Absorb, created};
use super::expect::repair::is_swap;
use super::oracle::{Held, stamp};

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
            let policy = &self.oracle.policy;
            let after = |minutes: u16| self.now + i64::from(minutes).minutes();
            let begun = stamp(place.start).max(after(policy.hold_minutes));
            let held = Held {
                client: Some(before.client),
                place,
                moves: Some(id),
                expires: after(policy.call_minutes).min(begun),
                by: self.actor.key,
            };
            self.oracle.holds.insert(hold, held);
        }
    }
}
