//! Repairs: all of it or nothing, each place judged with the others in theirs.

use treadwell_clinic::command::{ApplyRepair, RepairMove};
use treadwell_clinic::id::HoldId;
use treadwell_clinic::model::{Phase, Wish};

use super::{Case, Expected, at};
use crate::oracle::{Booked, Held, Oracle, Place, Taker};

/// Whether somebody moves at once.
pub(crate) fn is_swap(to: &RepairMove, from: &Place) -> bool {
    let service = to.service.unwrap_or(from.service);
    (service, to.site, at(to.start)) == (from.service, from.site, from.start)
}

/// The wish that a move amounts to.
pub(crate) fn wish(to: &RepairMove, booked: &Booked) -> Wish {
    let same = to.service.is_none_or(|it| it == booked.place.service);
    Wish {
        client: Some(booked.client),
        service: to.service.unwrap_or(booked.place.service),
        extensions: if same {
            booked.place.extensions.clone()
        } else {
            Vec::new()
        },
        site: to.site,
        start: to.start,
        room: Some(to.room),
        therapist: Some(to.therapist),
    }
}

impl Oracle {
    /// The place of a move that was accepted.
    pub(crate) fn moved(&self, to: &RepairMove, booked: &Booked) -> Place {
        let wish = wish(to, booked);
        let start = at(to.start);
        let place = self.place(wish.service, &wish.extensions, to.room, to.therapist, start);
        place.expect("the extensions are the service's")
    }
}

impl Case<'_> {
    pub(super) fn repair(&self, repair: &ApplyRepair) -> Expected {
        let moves = &repair.moves;
        let ids: std::collections::BTreeSet<_> =
            moves.iter().map(|it| it.step.appointment).collect();
        if moves.is_empty() || ids.len() < moves.len() {
            return vec!["INVALID"].into();
        }
        for to in moves {
            let movable = [Phase::Booked, Phase::Confirmed, Phase::Arrived];
            let reasons = self.step(to.step, &movable);
            if !reasons.is_empty() {
                return reasons.into();
            }
        }
        let mut then = self.oracle.clone();
        then.holds
            .retain(|_, held| held.moves.is_none_or(|id| !ids.contains(&id)));
        let booked = |to: &RepairMove| self.oracle.appointments[&to.step.appointment].clone();
        let swaps = |to: &&RepairMove| is_swap(to, &booked(to).place);
        for to in moves.iter().filter(swaps) {
            then.appointments.remove(&to.step.appointment);
        }
        for to in moves.iter().filter(swaps) {
            let before = booked(to);
            let expected = self.within(&then).placed(&wish(to, &before), true, None);
            if expected != Expected::Accepted {
                return expected;
            }
            let place = then.moved(to, &before);
            then.appointments
                .insert(to.step.appointment, Booked { place, ..before });
        }
        for (to, n) in moves.iter().filter(|to| !swaps(to)).zip(0..) {
            let before = booked(to);
            let own = Some(Taker::Appointment(to.step.appointment));
            let expected = self.within(&then).placed(&wish(to, &before), true, own);
            if expected != Expected::Accepted {
                return expected;
            }
            let held = Held {
                client: Some(before.client),
                place: then.moved(to, &before),
                moves: Some(to.step.appointment),
                expires: jiff::Timestamp::MAX,
                by: self.actor.key,
            };
            then.holds.insert(HoldId::new(u64::MAX - n), held);
        }
        Expected::Accepted
    }

    fn within<'o>(&'o self, oracle: &'o Oracle) -> Case<'o> {
        Case { oracle, ..*self }
    }
}
