//! An appointment's life up to its session: confirmed, cancelled, not kept, checked in.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::check::{Checks, invalid};
use super::{Work, appointment};
use crate::command::{Cancel, Step};
use crate::limits;
use crate::model::{Appointment, CancelReason, Cancellation, Reconfirmation, Slot, State, Verb};
use crate::money;
use crate::refusal::Refusal;
use crate::rules;

#[cfg(test)]
mod tests;

pub(super) fn confirm(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let before = appointment::find(work, step, Verb::Confirm)?;
    let state = before.state.confirm();
    let state = state.map_err(appointment::wrong_phase(before))?;
    advance(work, before, state);
    Ok(())
}

pub(super) fn cancel(work: &mut Work<'_>, cancel: &Cancel) -> Result<(), Refusal> {
    check_cancel(cancel)?;
    let before = appointment::find(work, cancel.step, Verb::Cancel)?;
    cancel_one(work, before, cancel)
}

/// Fails when what is said of a cancellation is not as it has to be.
pub(super) fn check_cancel(cancel: &Cancel) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.text("note", &cancel.note, limits::NOTE_CHARS);
    let by_hand = cancel.reason != CancelReason::Undone;
    checks.expect(by_hand, "reason", "not that it was undone: undo it instead");
    let explained = cancel.reason != CancelReason::Other || !cancel.note.is_empty();
    checks.expect(explained, "note", "the reason, if it is another one");
    checks.finish()
}

/// Cancels an appointment for the reason that `cancel` gives.
pub(super) fn cancel_one(
    work: &mut Work<'_>,
    before: &Arc<Appointment>,
    cancel: &Cancel,
) -> Result<(), Refusal> {
    let notice = i64::from(work.clinic.policy().cancel_notice_hours).hours();
    let until = back(before.slot.start().timestamp(), notice);
    let state = before.state.cancel(Cancellation {
        at: work.now(),
        by: work.context.actor.key,
        reason: cancel.reason,
        note: cancel.note.as_str().into(),
        late: until < work.now(),
    });
    let state = state.map_err(appointment::wrong_phase(before))?;
    advance(work, before, state);
    Ok(())
}

pub(super) fn no_show(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let before = appointment::find(work, step, Verb::NoShow)?;
    let after = i64::from(work.clinic.policy().no_show_after_minutes).minutes();
    let start = before.slot.start().timestamp();
    let from = start.saturating_add(after).unwrap_or(start);
    if work.now() < from {
        return Err(Refusal::NoShowTooEarly { from });
    }
    let state = before.state.no_show(work.now());
    let state = state.map_err(appointment::wrong_phase(before))?;
    advance(work, before, state);
    Ok(())
}

/// Checks a client in. What keeps the session from being started is told, and does not keep the client
/// from being here.
pub(super) fn check_in(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let before = appointment::find(work, step, Verb::CheckIn)?;
    may_arrive(work, &before.slot)?;
    let state = before.state.check_in(work.now());
    let state = state.map_err(appointment::wrong_phase(before))?;
    advance(work, before, state);
    work.decision.reply.blockers = rules::blockers(work.clinic, before, work.now());
    Ok(())
}

/// Records that nothing has changed since the client declared their health, and checks in whoever is not yet.
pub(super) fn reconfirm(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let before = appointment::find(work, step, Verb::Reconfirm)?;
    let mut after = Appointment::clone(before);
    if let Ok(state) = before.state.check_in(work.now()) {
        may_arrive(work, &before.slot)?;
        after.state = state;
    }
    let declaration = work
        .clinic
        .declaration_of(before.client)
        .ok_or(Refusal::NothingToReconfirm)?;
    after.reconfirmed = Some(Reconfirmation {
        by: work.context.actor.key,
        at: work.now(),
        declaration: declaration.id,
    });
    after.flags = rules::flags(work.clinic, &after);
    work.decision.reply.blockers = rules::blockers(work.clinic, &after, work.now());
    work.update(Arc::clone(before), after);
    Ok(())
}

/// Fails unless now is a time at which a client may arrive for a slot.
pub(super) fn may_arrive(work: &Work<'_>, slot: &Slot) -> Result<(), Refusal> {
    let site = work.site(slot.site)?;
    let due = rules::arrivals(site, work.now())
        .ok_or_else(|| invalid("appointment", "on a date of the calendar"))?;
    let at = slot.start();
    if at < due.start() {
        let earliest = due.start();
        Err(Refusal::Past { at, earliest })
    } else if due.end() <= at {
        let latest = due.end().minus_cells(1);
        Err(Refusal::TooFarAhead { at, latest })
    } else {
        Ok(())
    }
}

/// The appointment enters a new state, and is judged as it then is.
pub(super) fn advance(work: &mut Work<'_>, before: &Arc<Appointment>, state: State) {
    let mut after = Appointment {
        state,
        ..Appointment::clone(before)
    };
    after.flags = rules::flags(work.clinic, &after);
    after.charges.fee_cents = money::fee(work.clinic.policy(), &after.state);
    work.update(Arc::clone(before), after);
}

fn back(instant: Timestamp, by: jiff::Span) -> Timestamp {
    instant.saturating_sub(by).unwrap_or(instant)
}
