//! What is checked after each command: the calendars and the flags of whatever it had to do with.

use std::collections::BTreeSet;

use treadwell_clinic::Entry;
use treadwell_clinic::id::{ClientId, RoomId, TherapistId};
use treadwell_clinic::model::Occupant;

use super::*;
use crate::oracle::{Minute, Taker};

/// Rooms, therapists and clients that commands have had to do with since the last check.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    rooms: BTreeSet<RoomId>,
    therapists: BTreeSet<TherapistId>,
    clients: BTreeSet<ClientId>,
    /// Whether something changed on which everything rests.
    everything: bool,
}

impl Touched {
    pub(crate) fn note(&mut self, change: &Change) {
        for record in change.before().into_iter().chain(change.after()) {
            match record {
                Record::Appointment(it) => self.place(&it.slot, Some(it.client)),
                Record::Hold(it) => self.place(&it.slot, it.client),
                Record::Outage(it) => drop(self.rooms.insert(it.room)),
                Record::Room(it) => drop(self.rooms.insert(it.id)),
                Record::Shift(it) => drop(self.therapists.insert(it.therapist)),
                Record::Absence(it) => drop(self.therapists.insert(it.therapist)),
                Record::Therapist(it) => drop(self.therapists.insert(it.id)),
                Record::Declaration(it) => drop(self.clients.insert(it.client)),
                Record::Site(_) | Record::RuleSet(_) | Record::Service(_) | Record::Policy(_) => {
                    self.everything = true;
                }
                Record::FootCare(_)
                | Record::WeekTemplate(_)
                | Record::Client(_)
                | Record::Turnover(_)
                | Record::SessionRecord(_)
                | Record::Aftercare(_)
                | Record::WaitlistEntry(_)
                | Record::Business(_)
                | Record::PriceList(_)
                | Record::Payment(_)
                | Record::Receipt(_)
                | Record::StockItem(_)
                | Record::StockMovement(_)
                | Record::SupportInspection(_)
                | Record::Hygiene(_)
                | Record::RuleSetVersion(_)
                | Record::Training(_)
                | Record::Key(_) => {}
            }
        }
    }

    fn place(&mut self, slot: &Slot, client: Option<ClientId>) {
        self.rooms.insert(slot.room);
        self.therapists.insert(slot.therapist);
        self.clients.extend(client);
    }

    /// Whether an appointment has to do with any of it.
    fn includes(&self, appointment: &Booked) -> bool {
        self.everything
            || self.rooms.contains(&appointment.place.room)
            || self.therapists.contains(&appointment.place.therapist)
            || self.clients.contains(&appointment.client)
    }
}

/// One entry of a calendar, as the oracle knows it.
type Taken = (Minute, Minute, Occupant);

impl Run {
    /// Holds that what was touched is in the clinic's calendars as the oracle has it, that nothing there overlaps, and that
    /// whatever has become unsound by it is flagged.
    pub(crate) fn touched(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let all = Interval::new(Cell::MIN, Cell::MAX).expect("not empty");
        for &room in &touched.rooms {
            let known = self.taken(|place, _| (place.room == room).then_some(place.room_until));
            self.same_calendar(self.clinic.room_agenda(room, all), &known, &room);
        }
        for &who in &touched.therapists {
            let known =
                self.taken(|place, _| (place.therapist == who).then_some(place.therapist_until));
            self.same_calendar(self.clinic.therapist_agenda(who, all), &known, &who);
        }
        for &who in &touched.clients {
            let known =
                self.taken(|place, client| (client == Some(who)).then_some(place.client_until));
            self.same_calendar(self.clinic.client_agenda(who, all), &known, &who);
        }
        for (id, booked) in &self.oracle.appointments {
            if touched.includes(booked) {
                self.flags(self.clinic.appointment(*id).expect("the oracle knows it"));
            }
        }
    }

    /// What takes somebody or something, by start; `until` says of each place until when.
    fn taken(&self, until: impl Fn(&Place, Option<ClientId>) -> Option<Minute>) -> Vec<Taken> {
        let oracle = &self.oracle;
        let booked = oracle
            .appointments
            .iter()
            .filter(|(_, it)| it.occupies())
            .map(|(id, it)| (Occupant::Appointment(*id), &it.place, Some(it.client)));
        let held = oracle
            .holds
            .iter()
            .map(|(id, it)| (Occupant::Hold(*id), &it.place, it.client));
        let mut taken: Vec<Taken> = booked
            .chain(held)
            .filter_map(|(by, place, client)| Some((place.start, until(place, client)?, by)))
            .collect();
        taken.sort_unstable_by_key(|&(start, _, by)| (start, by));
        taken
    }

    fn same_calendar(
        &self,
        agenda: impl Iterator<Item = Entry>,
        known: &[Taken],
        whose: &dyn std::fmt::Debug,
    ) {
        let taker = |by| match by {
            Occupant::Appointment(id) => Taker::Appointment(id),
            Occupant::Hold(id) => Taker::Hold(id),
        };
        for (at, later) in known.iter().enumerate() {
            // Before a thing there are at most the two of one party that could reach into it.
            for earlier in &known[at.saturating_sub(2)..at] {
                let party = self.oracle.are_one_party(taker(earlier.2), taker(later.2));
                assert!(
                    party || earlier.1 <= later.0,
                    "{whose:?} is taken twice: {earlier:?} {later:?}"
                );
            }
        }
        let agenda: Vec<Taken> = agenda
            .map(|entry| (at(entry.time.start()), at(entry.time.end()), entry.by))
            .collect();
        assert_eq!(agenda, known, "the calendar of {whose:?}");
    }
}
