//! Repairs: some appointments of about one time swap rooms or therapists, or are asked to come at another time.

use jiff::Timestamp;
use treadwell_clinic::Command;
use treadwell_clinic::command::{ApplyRepair, RepairMove, Step};
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::model::Phase;

use super::{Generator, NO_APPOINTMENT, cell};
use crate::oracle::{Booked, Oracle, minute};
use crate::world;

impl Generator {
    pub(super) fn repair(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let soon = minute(now);
        let movable = |it: &Booked| {
            matches!(it.phase, Phase::Booked | Phase::Confirmed | Phase::Arrived)
                && it.place.start >= soon
        };
        let ahead: Vec<(AppointmentId, Booked)> = oracle
            .appointments
            .iter()
            .filter(|(_, it)| movable(it))
            .map(|(id, it)| (*id, it.clone()))
            .collect();
        let mut moves = Vec::new();
        if let Some((id, first)) = self.pick(ahead.clone()) {
            let near: Vec<_> = ahead
                .iter()
                .filter(|(other, it)| {
                    *other != id && (it.place.start - first.place.start).abs() < 60
                })
                .cloned()
                .collect();
            let other = self.pick(near).filter(|_| !self.one_in(3));
            match other {
                // The two change rooms, or whom they are with.
                Some((other, second)) if self.one_in(2) => {
                    moves.push(self.to(oracle, id, &first, Some(&second)));
                    moves.push(self.to(oracle, other, &second, Some(&first)));
                }
                other => {
                    moves.push(self.to(oracle, id, &first, None));
                    if let Some((other, second)) = other {
                        moves.push(self.to(oracle, other, &second, None));
                    }
                }
            }
        }
        if self.one_in(30)
            && let Some(first) = moves.first().copied()
        {
            moves.push(first);
        }
        if moves.is_empty() && !self.one_in(10) {
            let nothing = RepairMove {
                step: Step {
                    appointment: NO_APPOINTMENT,
                    etag: None,
                },
                service: None,
                site: world::site("halifax"),
                start: cell(soon),
                room: world::room("h1"),
                therapist: world::therapist("ada"),
            };
            moves.push(nothing);
        }
        Command::ApplyRepair(ApplyRepair { moves })
    }

    /// A new place for an appointment: that of `other`, or one near its own.
    fn to(
        &mut self,
        oracle: &Oracle,
        appointment: AppointmentId,
        booked: &Booked,
        other: Option<&Booked>,
    ) -> RepairMove {
        let place = &booked.place;
        let mut to = RepairMove {
            step: Step {
                appointment,
                etag: self.one_in(50).then_some(1),
            },
            service: self.one_in(4).then_some(place.service),
            site: place.site,
            start: cell(place.start),
            room: place.room,
            therapist: place.therapist,
        };
        if let Some(other) = other {
            if other.place.site == place.site && !self.one_in(3) {
                to.room = other.place.room;
            } else {
                to.therapist = other.place.therapist;
            }
            return to;
        }
        match self.random.below(6) {
            0 | 1 => to.start = cell(place.start + 15 * i64::from(1 + self.random.below(8))),
            2 => to.start = cell(place.start - 15),
            3 => to.room = self.room_at(oracle, place.site),
            4 => to.therapist = self.therapist_at(oracle, place.site),
            _ => {
                let name = *self.random.choose(&world::SERVICES);
                to.service = Some(world::service(name));
            }
        }
        to
    }
}
