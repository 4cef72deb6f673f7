//! Judging future appointments again, after something changed on which they rest.
//!
//! An appointment that is no longer sound is flagged for a person, one that is sound again loses its
//! flags, and none is ever cancelled. One commit judges a bounded number; the decision says where the
//! next has to go on.

use std::sync::Arc;

use super::Work;
use crate::clinic::{Clinic, Entry};
use crate::command::{Command, Rejudge, Scope};
use crate::id::{AppointmentId, SiteId};
use crate::limits;
use crate::model::{Appointment, Change, Occupant, Record, Slot};
use crate::rules;
use crate::time::{Cell, Interval};

#[cfg(test)]
mod tests;

type Cursor = (SiteId, Cell, AppointmentId);

pub(super) fn rejudge(work: &mut Work<'_>, rejudge: &Rejudge) {
    let clinic = work.clinic;
    let future = work.future();
    let mut due = in_scope(clinic, rejudge.scope, future, rejudge.after)
        .filter(|appointment| appointment.is_ahead());
    let mut last = None;
    for before in due.by_ref().take(limits::REJUDGED_PER_COMMIT) {
        last = Some(cursor(before));
        let flags = rules::flags(clinic, before);
        if flags == before.flags {
            continue;
        }
        if rules::is_newly_unsound(clinic, before, &flags) {
            work.decision.reply.flagged += 1;
        }
        let after = Appointment {
            flags,
            ..Appointment::clone(before)
        };
        work.update_too(Arc::clone(before), after);
    }
    if due.next().is_some() {
        let rest = Rejudge {
            scope: rejudge.scope,
            after: last,
        };
        work.decision.follow_up.push(Command::Rejudge(rest));
    }
}

/// Has those judged again that are flagged for clashing with what this decision takes out of its place, if only in
/// part: the clash may be gone. Only the way between two sites can come to be too short for what is booked already, so
/// that it is the therapist's neighbours who are looked at.
pub(super) fn after_clashes(work: &mut Work<'_>) {
    let clinic = work.clinic;
    let clashes_with = |by: Occupant, entry: Entry| match entry.by {
        Occupant::Appointment(id) => clinic
            .appointment(id)
            .is_some_and(|it| it.flags.iter().any(|flag| flag.clash() == Some(by))),
        Occupant::Hold(_) => false,
    };
    let flagged = |(by, slot): &(Occupant, &Slot)| {
        let time = slot.occupies.therapist;
        let first = time.start().minus(limits::TRAVEL);
        let near = Interval::new(first, time.end().plus(limits::TRAVEL)).unwrap_or(time);
        let mut agenda = clinic.therapist_agenda(slot.therapist, near);
        agenda.any(|entry| clashes_with(*by, entry))
    };
    let left = work.decision.changes.iter().filter_map(place_left);
    let therapists: Vec<_> = left.filter(flagged).map(|(_, it)| it.therapist).collect();
    for therapist in therapists {
        work.rejudge(Scope::Therapist(therapist));
    }
}

/// The place that a change takes something out of.
fn place_left(change: &Change) -> Option<(Occupant, &Slot)> {
    let before = place(change.before()?)?;
    (change.after().and_then(place) != Some(before)).then_some(before)
}

fn place(record: &Record) -> Option<(Occupant, &Slot)> {
    match record {
        Record::Appointment(it) if it.occupies() => Some((Occupant::Appointment(it.id), &it.slot)),
        Record::Hold(it) => Some((Occupant::Hold(it.id), &it.slot)),
        _ => None,
    }
}

fn cursor(appointment: &Appointment) -> Cursor {
    let slot = &appointment.slot;
    (slot.site, slot.start(), appointment.id)
}

/// The appointments of a scope from a place on, by start; those of every site one site after the other.
fn in_scope<'a>(
    clinic: &'a Clinic,
    scope: Scope,
    future: Interval,
    after: Option<Cursor>,
) -> Box<dyn Iterator<Item = &'a Arc<Appointment>> + 'a> {
    // Where one commit stopped the next goes on, however much was over by then.
    let from = after.map_or(future.start(), |(_, start, _)| start);
    let rest = Interval::new(from, future.end()).unwrap_or(future);
    let next = move |entry: Entry| match entry.by {
        Occupant::Appointment(id)
            if after.is_none_or(|(_, at, last)| (at, last) < (entry.time.start(), id)) =>
        {
            clinic.appointment(id)
        }
        _ => None,
    };
    match scope {
        Scope::Room(room) => Box::new(clinic.room_agenda(room, rest).filter_map(next)),
        Scope::Therapist(id) => Box::new(clinic.therapist_agenda(id, rest).filter_map(next)),
        Scope::Client(client) => Box::new(clinic.client_agenda(client, rest).filter_map(next)),
        Scope::Site(site) => Box::new(at_site(clinic, site, future, after)),
        Scope::All => Box::new(
            clinic
                .sites()
                .map(|site| site.id)
                .filter(move |&site| after.is_none_or(|(at, ..)| at <= site))
                .flat_map(move |site| {
                    let after = after.filter(|&(at, ..)| at == site);
                    at_site(clinic, site, future, after)
                }),
        ),
    }
}

fn at_site(
    clinic: &Clinic,
    site: SiteId,
    future: Interval,
    after: Option<Cursor>,
) -> impl Iterator<Item = &Arc<Appointment>> {
    // Someone who is late is still to come: as long as the session could last.
    let first = future.start().minus(limits::SESSION);
    let (start, id) = match after {
        Some((_, start, id)) => (start, AppointmentId::new(id.number().saturating_add(1))),
        None => (first, AppointmentId::new(0)),
    };
    clinic.appointments_after(site, start, id, future.end())
}
