//! What a disruption hits.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Disruption;
use crate::clinic::Clinic;
use crate::id::{AbsenceId, AppointmentId, KeyId, OutageId, RoomId, SiteId, TherapistId};
use crate::limits;
use crate::model::{
    Absence, Appointment, Fault, Occupant, Outage, OutageTarget, RecordId, Sites, Verb,
};
use crate::refusal::{Refusal, Violation};
use crate::rules;
use crate::time::{Cell, Interval, Minutes};

/// An appointment that can not stay where it is.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) appointment: Arc<Appointment>,
    pub(super) faults: Vec<Fault>,
}

/// A hit by its place in the calendar.
type Hits = BTreeMap<(Cell, AppointmentId), Hit>;

/// Supposes the disruptions, and answers what they hit from now on, by start and id. Screening is no disruption: it
/// is for a person, whatever the place.
pub(super) fn of(
    world: &mut Clinic,
    disruptions: &[Disruption],
    reach: &Sites,
    now: Timestamp,
) -> Result<Vec<Hit>, Refusal> {
    let mut hits = Hits::new();
    let mut where_to_look = Vec::with_capacity(disruptions.len());
    for (disruption, number) in disruptions.iter().zip(0..) {
        where_to_look.push(suppose(world, disruption, number, &mut hits, now)?);
    }
    let future = Interval::new(Cell::containing(now), Cell::MAX);
    for (scope, time) in where_to_look {
        let Some(time) = future.and_then(|future| future.intersection(time)) else {
            continue;
        };
        for appointment in found(world, scope, time) {
            if !appointment.is_ahead() {
                continue;
            }
            let own = Some(Occupant::Appointment(appointment.id));
            let faults = rules::judge(world, &appointment.slot, None, own);
            if !faults.is_empty() {
                add(&mut hits, appointment, faults);
            }
        }
    }
    let hits = hits.into_values();
    Ok(hits
        .filter(|hit| reach.allow(hit.appointment.slot.site))
        .collect())
}

/// Where there may be something that is hit.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Room(RoomId),
    Therapist(TherapistId),
    Site(SiteId),
    Nowhere,
}

fn add(hits: &mut Hits, appointment: Arc<Appointment>, faults: Vec<Fault>) {
    let key = (appointment.slot.start(), appointment.id);
    let hit = hits.entry(key).or_insert_with(|| Hit {
        appointment,
        faults: Vec::new(),
    });
    for fault in faults {
        if !hit.faults.contains(&fault) {
            hit.faults.push(fault);
        }
    }
    hit.faults.sort_by_key(Fault::precedence);
}

/// Goes on as if a disruption were there, and tells where it may hit something.
fn suppose(
    world: &mut Clinic,
    disruption: &Disruption,
    number: u64,
    hits: &mut Hits,
    now: Timestamp,
) -> Result<(Scope, Interval), Refusal> {
    let missing = |what| Refusal::NotFound { what };
    match *disruption {
        Disruption::Outage(id) => {
            let outage = world.outage(id).ok_or(missing(RecordId::Outage(id)))?;
            let until = outage.until.unwrap_or(Cell::MAX);
            let time = Interval::new(outage.from, until);
            time.map(|time| (Scope::Room(outage.room), time))
                .ok_or(Refusal::OutageClosed { outage: id })
        }
        Disruption::Out {
            room,
            target,
            from,
            until,
        } => {
            let known = world.room(room).ok_or(missing(RecordId::Room(room)))?;
            if target == OutageTarget::Bars && !known.has_bars() {
                return Err(invalid("target", "the room, for it has no bars"));
            }
            let time = Interval::new(from, until.unwrap_or(Cell::MAX));
            let time = time.ok_or_else(|| invalid("until", "later than the outage begins"))?;
            let outage = Outage {
                // Behind whatever there is.
                id: OutageId::new(u64::MAX - number),
                site: known.site,
                room,
                target,
                from,
                until,
                reason: String::new(),
                opened_by: KeyId::new(0),
                opened_at: now,
                closed: None,
            };
            world.suppose(outage);
            Ok((Scope::Room(room), time))
        }
        Disruption::Absent { therapist, time } => {
            let what = RecordId::Therapist(therapist);
            world.therapist(therapist).ok_or(missing(what))?;
            world.suppose(Absence {
                id: AbsenceId::new(u64::MAX - number),
                therapist,
                time,
                reason: String::new(),
            });
            Ok((Scope::Therapist(therapist), time))
        }
        Disruption::Overrun { appointment, by } => {
            let time = overrun(world, appointment, by, hits)?;
            Ok((Scope::Nowhere, time))
        }
        Disruption::Unsound { site, time } => {
            world.site(site).ok_or(missing(RecordId::Site(site)))?;
            Ok((Scope::Site(site), time))
        }
    }
}

/// What is planned in a time, wholly or in part.
fn found(world: &Clinic, scope: Scope, time: Interval) -> Vec<Arc<Appointment>> {
    let booked = |by| match by {
        Occupant::Appointment(id) => world.appointment(id).cloned(),
        Occupant::Hold(_) => None,
    };
    match scope {
        Scope::Room(room) => {
            let agenda = world.room_agenda(room, time);
            agenda.filter_map(|entry| booked(entry.by)).collect()
        }
        Scope::Therapist(therapist) => {
            let agenda = world.therapist_agenda(therapist, time);
            agenda.filter_map(|entry| booked(entry.by)).collect()
        }
        Scope::Site(site) => world.appointments_at(site, time).cloned().collect(),
        Scope::Nowhere => Vec::new(),
    }
}

/// Makes a session longer, and adds what it then runs into.
fn overrun(
    world: &mut Clinic,
    id: AppointmentId,
    by: Minutes,
    hits: &mut Hits,
) -> Result<Interval, Refusal> {
    let what = RecordId::Appointment(id);
    let session = world.appointment(id).cloned();
    let session = session.ok_or(Refusal::NotFound { what })?;
    let allowed = session.state.allows(Verb::Extend);
    allowed.map_err(|wrong| Refusal::WrongPhase { what, wrong })?;
    let slot = Some(by)
        .filter(|by| (1..=limits::AFTERWARDS.cells()).contains(&by.cells()))
        .and_then(|by| rules::longer(&session.slot, by))
        .ok_or_else(|| invalid("by", "5 to 120 minutes, within the longest session"))?;
    let own = Occupant::Appointment(id);
    for fault in rules::against_longer(world, &session, &slot) {
        let Some(Occupant::Appointment(next)) = fault.clash() else {
            continue;
        };
        let next = world.appointment(next).filter(|next| next.is_ahead());
        if let Some(next) = next.cloned() {
            add(hits, next, vec![fault.with_clash(own)]);
        }
    }
    let time = slot.planned;
    world.suppose(Appointment {
        slot,
        ..Appointment::clone(&session)
    });
    Ok(time)
}

fn invalid(field: &str, expected: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        field: field.to_owned(),
        expected: expected.to_owned(),
    }])
}
