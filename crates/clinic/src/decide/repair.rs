//! Applying a repair: what keeps its time changes at once, for the rest places are held while the clients are
//! called.
//!
//! A call is an ordinary hold that knows which appointment it moves. Moving the appointment to it accepts the
//! call, releasing it declines. Whatever else becomes of the appointment, [`follow`] ends the call.

use std::sync::Arc;

use jiff::ToSpan;

use super::check::Checks;
use super::{Work, appointment, book, place};
use crate::availability::Purpose;
use crate::clinic::Clinic;
use crate::command::{ApplyRepair, RepairMove};
use crate::id::HoldId;
use crate::limits;
use crate::model::{Appointment, Hold, Occupant, Record, RecordId, Slot, Verb, Wish};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

/// All of it or nothing: each place is judged afresh, with the others in theirs.
pub(super) fn apply(work: &mut Work<'_>, repair: &ApplyRepair) -> Result<(), Refusal> {
    let ids: Vec<_> = repair.moves.iter().map(|it| it.step.appointment).collect();
    let mut checks = Checks::default();
    checks.at_most("moves", ids.len(), limits::REPAIR_MOVES);
    checks.expect(!ids.is_empty(), "moves", "at least one");
    checks.unique("moves", &ids);
    checks.finish()?;
    let mut moves = Vec::with_capacity(repair.moves.len());
    for to in &repair.moves {
        moves.push((to, appointment::find(work, to.step, Verb::Move)?));
    }
    let mut then = work.clinic.clone();
    for &(to, appointment) in &moves {
        if let Some(hold) = work.clinic.hold_moving(appointment.id) {
            then.leave_out(&RecordId::Hold(hold.id));
            work.remove(Arc::clone(hold));
        }
        if is_swap(to, &appointment.slot) {
            then.leave_out(&RecordId::Appointment(appointment.id));
        }
    }
    // All who leave have left; the swaps come first, so that nothing is held where one of them goes.
    let (swaps, calls): (Vec<_>, Vec<_>) = moves
        .into_iter()
        .partition(|(to, appointment)| is_swap(to, &appointment.slot));
    for (to, appointment) in swaps {
        swap(work, &mut then, to, appointment)?;
    }
    for (to, appointment) in calls {
        call(work, &mut then, to, appointment)?;
    }
    Ok(())
}

/// Whether somebody moves at once: only to another room or therapist.
fn is_swap(to: &RepairMove, from: &Slot) -> bool {
    let service = to.service.unwrap_or(from.service);
    (service, to.site, to.start) == (from.service, from.site, from.start())
}

fn swap(
    work: &mut Work<'_>,
    then: &mut Clinic,
    to: &RepairMove,
    before: &Arc<Appointment>,
) -> Result<(), Refusal> {
    let slot = settle(work, then, to, before)?;
    let after = book::moved(work, before, slot);
    then.suppose(after.clone());
    work.update(Arc::clone(before), after);
    Ok(())
}

fn call(
    work: &mut Work<'_>,
    then: &mut Clinic,
    to: &RepairMove,
    moved: &Arc<Appointment>,
) -> Result<(), Refusal> {
    let slot = settle(work, then, to, moved)?;
    let policy = work.clinic.policy();
    let after = |minutes: u16| {
        let at = work.now().saturating_add(i64::from(minutes).minutes());
        at.unwrap_or(work.now())
    };
    // A place is not kept for a call long after it has begun.
    let begun = slot.start().timestamp().max(after(policy.hold_minutes));
    let expires_at = after(policy.call_minutes).min(begun);
    let hold = Hold {
        id: HoldId::new(work.fresh()?),
        client: Some(moved.client),
        slot,
        moves: Some(moved.id),
        expires_at,
        made_by: work.context.actor.key,
    };
    then.suppose(hold.clone());
    work.create(hold);
    Ok(())
}

/// The slot of a new place, by the rules that every booking is judged by, in the clinic as it is `then`.
fn settle(
    work: &Work<'_>,
    then: &Clinic,
    to: &RepairMove,
    moved: &Appointment,
) -> Result<Slot, Refusal> {
    let same = to.service.is_none_or(|it| it == moved.slot.service);
    let wish = Wish {
        client: Some(moved.client),
        service: to.service.unwrap_or(moved.slot.service),
        extensions: if same {
            moved.slot.extensions.to_vec()
        } else {
            Vec::new()
        },
        site: to.site,
        start: to.start,
        room: Some(to.room),
        therapist: Some(to.therapist),
    };
    let own = Occupant::Appointment(moved.id);
    place::settle(&work.on(then), &wish, Purpose::Book, Some(own))
}

/// Completes a decision that is made otherwise: a call ends when its appointment gets another place, or is no
/// longer to come.
pub(super) fn follow(work: &mut Work<'_>) {
    for at in 0..work.decision.changes.len() {
        let change = &work.decision.changes[at];
        let (Some(Record::Appointment(before)), Some(Record::Appointment(after))) =
            (change.before(), change.after())
        else {
            continue;
        };
        if after.is_ahead() && after.slot == before.slot {
            continue;
        }
        let Some(hold) = work.clinic.hold_moving(after.id) else {
            continue;
        };
        let id = RecordId::Hold(hold.id);
        if work.decision.changes.iter().all(|change| change.id() != id) {
            work.remove(Arc::clone(hold));
        }
    }
}
