//! What has to hold whatever was asked.

use std::sync::Arc;

use proptest::prelude::*;

use super::{ROOMS, waitlist};
use crate::clinic::{Clinic, Entry};
use crate::fixture::room_id;
use crate::id::ClientId;
use crate::model::{
    Appointment, CancelReason, Fault, Occupant, Outcome, Phase, Record, Slot, State,
};
use crate::rules;
use crate::time::{Cell, Interval};

/// Everything that keeps a place, by looking at every record.
fn occupants(clinic: &Clinic) -> Vec<(Occupant, Slot, Option<ClientId>)> {
    let appointments = clinic
        .appointments()
        .filter(|a| a.occupies())
        .map(|a| (Occupant::Appointment(a.id), a.slot.clone(), Some(a.client)));
    let holds = clinic
        .holds()
        .map(|hold| (Occupant::Hold(hold.id), hold.slot.clone(), hold.client));
    appointments.chain(holds).collect()
}

pub(super) fn nothing_is_booked_twice(clinic: &Clinic) -> Result<(), TestCaseError> {
    let all = occupants(clinic);
    for (at, (one, a, client)) in all.iter().enumerate() {
        for (other, b, of) in &all[at + 1..] {
            let (x, y) = (a.occupies, b.occupies);
            let room = a.room == b.room && x.room.overlaps(y.room);
            let who = a.therapist == b.therapist && x.therapist.overlaps(y.therapist);
            let client = client.is_some() && client == of && x.client.overlaps(y.client);
            prop_assert!(
                !(room || who || client),
                "{one} and {other} share something"
            );
        }
    }
    Ok(())
}

/// What is still to come is sound, or it is flagged. What never came about is not judged again.
pub(super) fn what_is_unsound_is_flagged(clinic: &Clinic, now: Cell) -> Result<(), TestCaseError> {
    let ahead = |a: &&Arc<Appointment>| a.is_ahead() && now < a.slot.planned.end();
    for appointment in clinic.appointments().filter(ahead) {
        let own = Some(Occupant::Appointment(appointment.id));
        let faults = rules::judge(clinic, &appointment.slot, Some(appointment.client), own);
        for fault in &faults {
            prop_assert!(
                appointment.flags.contains(fault),
                "{} is not flagged for {fault:?}",
                appointment.id
            );
        }
        let review =
            |fault: &Fault| matches!(fault, Fault::Screening(s) if s.outcome != Outcome::Clear);
        let more = appointment
            .flags
            .iter()
            .filter(|flag| !faults.contains(flag));
        prop_assert!(more.into_iter().all(review), "a flag without a fault");
    }
    Ok(())
}

/// Indexes answer what a walk through the records answers.
pub(super) fn agendas_agree(clinic: &Clinic) -> Result<(), TestCaseError> {
    let always = Interval::new(Cell::MIN, Cell::MAX).expect("not empty");
    for room in ROOMS.map(room_id) {
        let mut expected: Vec<Entry> = occupants(clinic)
            .into_iter()
            .filter(|(_, slot, _)| slot.room == room)
            .map(|(by, slot, _)| Entry {
                time: slot.occupies.room,
                by,
            })
            .collect();
        expected.sort_by_key(|entry| entry.time.start());
        prop_assert_eq!(
            clinic.room_agenda(room, always).collect::<Vec<_>>(),
            expected
        );
        let in_session = clinic
            .appointments()
            .filter(|a| a.state.phase() == Phase::InSession && a.slot.room == room)
            .map(|a| a.id)
            .collect::<Vec<_>>();
        prop_assert!(in_session.len() <= 1, "two sessions in {room}");
        prop_assert_eq!(
            clinic.session_in(room).map(|a| a.id),
            in_session.first().copied()
        );
    }
    Ok(())
}

/// What is found of each client is what a walk through all records finds.
pub(super) fn owners_agree(clinic: &Clinic) -> Result<(), TestCaseError> {
    for client in clinic.clients() {
        let mut found: Vec<_> = clinic.records_of(client.id);
        found.sort_by_key(|(record, _)| record.id());
        let is_theirs = |record: &Record| record.owner() == Some(client.id);
        let mut expected: Vec<_> = clinic.records().filter(|it| is_theirs(&it.0)).collect();
        expected.sort_by_key(|(record, _)| record.id());
        prop_assert_eq!(found, expected);
    }
    Ok(())
}

/// Whether undoing gave every record back, but for bookings, which stay as cancelled, and for the flags
/// of what never came about, which are judged whenever it is touched.
pub(super) fn undone(before: &Clinic, after: &Clinic) -> bool {
    let records = |clinic: &Clinic| -> Vec<Record> {
        clinic
            .records()
            .filter_map(|(record, _)| match record {
                Record::Appointment(a) => match &a.state {
                    State::Cancelled(c) if c.reason == CancelReason::Undone => None,
                    _ => Some(Record::from(Appointment {
                        flags: Vec::new(),
                        ..Appointment::clone(&a)
                    })),
                },
                // A booking that is undone does not give its hold back.
                Record::Hold(_) => None,
                Record::WaitlistEntry(entry) => Some(waitlist::without_offer(&entry)),
                other => Some(other),
            })
            .collect()
    };
    records(before) == records(after)
}
