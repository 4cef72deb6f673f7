//! The hygiene of a session: what its therapist did for themselves, and how its room was made ready.

use std::sync::Arc;

use super::Work;
use super::check::{Checks, invalid};
use crate::command::RecordOwnItems;
use crate::model::{
    Appointment, Done, FinishedTurnover, Hygiene, OwnDone, OwnItem, Record, RecordId, Turnover,
};
use crate::refusal::{Refusal, Upkeep};

#[cfg(test)]
mod tests;

pub(super) fn record_own(work: &mut Work<'_>, done: &RecordOwnItems) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.expect(!done.items.is_empty(), "items", "at least one");
    checks.unique("items", done.items.iter());
    checks.finish()?;
    let what = RecordId::Appointment(done.appointment);
    let appointment = work
        .clinic
        .appointment(done.appointment)
        .ok_or(Refusal::NotFound { what })?;
    work.reaches(what, appointment.slot.site)?;
    let service = work.clinic.service(appointment.slot.service);
    let asked = service.map_or(&[][..], |service| OwnItem::of(service.modality));
    if !done.items.iter().all(|item| asked.contains(item)) {
        return Err(invalid("items", "what the service asks of its therapist"));
    }
    let phase = appointment.state.phase();
    if !done.items.iter().all(|item| item.has_come(phase)) {
        let appointment = appointment.id;
        return Err(Upkeep::HygieneTooEarly { appointment }.into());
    }
    let stamp = stamp(work);
    let before = work.clinic.hygiene_of(appointment.id);
    let mut after = so_far(before, appointment);
    for &item in &done.items {
        // Whoever recorded it first stays.
        if after.own.iter().all(|known| known.item != item) {
            after.own.push(OwnDone { item, done: stamp });
        }
    }
    after.own.sort_by_key(|own| own.item);
    put(work, before, after);
    Ok(())
}

/// Keeps the checklist of a turnover that is done.
pub(super) fn keep(work: &mut Work<'_>, turnover: Turnover) {
    let Some(appointment) = work.clinic.appointment(turnover.appointment) else {
        return;
    };
    let before = work.clinic.hygiene_of(appointment.id);
    let after = Hygiene {
        turnover: Some(FinishedTurnover {
            since: turnover.since,
            due: turnover.due,
            finished: work.now(),
            items: turnover.items,
        }),
        ..so_far(before, appointment)
    };
    match before {
        Some(before) => work.update_too(Arc::clone(before), after),
        None => work.create_too(after),
    }
}

/// Whether a record does not get its before-image back when an operation is undone, but a change of its
/// own: others may have added to it since.
pub(super) const fn goes_back_by_a_change(what: &RecordId) -> bool {
    matches!(what, RecordId::StockItem(..) | RecordId::Hygiene(_))
}

/// Takes what an operation added out of the session's hygiene, and leaves what others added.
pub(super) fn take_back(work: &mut Work<'_>, before: Option<&Record>, added: &Hygiene) {
    let earlier = match before {
        Some(Record::Hygiene(earlier)) => Some(earlier),
        _ => None,
    };
    let Some(now) = work.clinic.hygiene_of(added.appointment) else {
        return;
    };
    let was = |own: &OwnDone| earlier.is_some_and(|earlier| earlier.own.contains(own));
    let mut after = Hygiene::clone(now);
    after.own.retain(|own| was(own) || !added.own.contains(own));
    if earlier.is_none_or(|earlier| earlier.turnover.is_none()) && added.turnover.is_some() {
        after.turnover = None;
    }
    if after.own.is_empty() && after.turnover.is_none() {
        work.remove(Arc::clone(now));
    } else {
        work.update_too(Arc::clone(now), after);
    }
}

/// What is recorded of the session where it is by now. Of an appointment that went on to another therapist
/// after the client came, what the one before did is of no use.
fn so_far(before: Option<&Arc<Hygiene>>, appointment: &Appointment) -> Hygiene {
    let slot = &appointment.slot;
    let of_therapist = before.filter(|before| before.therapist == slot.therapist);
    Hygiene {
        appointment: appointment.id,
        site: slot.site,
        room: slot.room,
        therapist: slot.therapist,
        own: of_therapist.map_or_else(Vec::new, |before| before.own.clone()),
        turnover: before.and_then(|before| before.turnover.clone()),
    }
}

/// Who does something, and when: now.
pub(super) fn stamp(work: &Work<'_>) -> Done {
    Done {
        by: work.context.actor.key,
        at: work.now(),
    }
}

fn put(work: &mut Work<'_>, before: Option<&Arc<Hygiene>>, after: Hygiene) {
    match before {
        Some(before) => work.update(Arc::clone(before), after),
        None => work.create(after),
    }
}
