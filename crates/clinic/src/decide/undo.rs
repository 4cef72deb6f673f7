//! Taking back one's own latest operation.
//!
//! The records that it changed get their before-images back, judged like any command: what would stand
//! in its place by now refuses it. A booking that is undone stays as a cancelled appointment, because
//! others have seen it.

use std::sync::Arc;

use jiff::ToSpan;

use super::{
    Work, absence, appointment, catalog, hygiene, notes, receipt, roster, stock, training, waitlist,
};
use crate::clinic::{Clinic, Operation};
use crate::command::{CommandKind, Scope};
use crate::model::{
    Appointment, Blocker, CancelReason, Cancellation, Change, Fault, Hold, Occupant, Phase, Record,
    RecordId, Slot,
};
use crate::refusal::{ErasureRefusal, Refusal, SlotRefusal};
use crate::rules;

#[cfg(test)]
mod tests;

pub(super) fn undo(work: &mut Work<'_>) -> Result<(), Refusal> {
    let clinic = work.clinic;
    let operation = clinic
        .last_operation(work.context.actor.key)
        .ok_or(Refusal::NothingToUndo)?;
    let kind = operation.kind;
    if kind == CommandKind::Undo {
        return Err(Refusal::NothingToUndo);
    }
    if !kind.is_undoable() {
        return Err(Refusal::NotUndoable { kind });
    }
    if operation.changes.is_empty() {
        return Err(Refusal::Erasure(ErasureRefusal::Erased));
    }
    let lasting = i64::from(clinic.policy().undo_minutes).minutes();
    let until = operation.at.saturating_add(lasting).unwrap_or(operation.at);
    if until < work.now() {
        return Err(Refusal::UndoTooLate { until });
    }
    for change in operation.changes.iter() {
        receipt::none_issued(work, change)?;
        unchanged_since(work, operation, change)?;
    }
    let mut then = without_places(clinic, operation);
    for change in operation.changes.iter() {
        take_back(work, operation, change, &mut then)?;
    }
    Ok(())
}

/// The clinic without the places that an operation gave: they are given back one after the other, and some may have
/// been swapped.
fn without_places(clinic: &Clinic, operation: &Operation) -> Clinic {
    let mut then = clinic.clone();
    for change in operation.changes.iter() {
        if let Some(Record::Appointment(_) | Record::Hold(_)) = change.after() {
            then.leave_out(&change.id());
        }
    }
    then
}

/// Fails when somebody has changed a record again that the operation changed.
fn unchanged_since(work: &Work<'_>, operation: &Operation, change: &Change) -> Result<(), Refusal> {
    let what = change.id();
    let record = change.after().or(change.before());
    let sites = record.map(Record::sites).unwrap_or_default();
    match record {
        Some(Record::WaitlistEntry(_)) => waitlist::allow_one(work, &sites)?,
        Some(Record::Therapist(therapist)) => catalog::may_change_therapist(work, therapist)?,
        Some(Record::Training(it)) => training::theirs(work, &it.what.participants)?,
        _ => sites.iter().try_for_each(|&site| work.allow(site))?,
    }
    if hygiene::goes_back_by_a_change(&what) {
        return Ok(());
    }
    let found = work.clinic.revision_of(&what);
    let expected = change.after().map(|_| operation.revision);
    if found == expected || only_judged_since(work.clinic, change) {
        Ok(())
    } else {
        Err(Refusal::UndoChanged { what })
    }
}

/// Whether an appointment is as the operation left it but for its flags. Those are the clinic's own
/// judgement of what others did elsewhere, and nobody's change.
fn only_judged_since(clinic: &Clinic, change: &Change) -> bool {
    let Some(Record::Appointment(left)) = change.after() else {
        return false;
    };
    let unflagged = |appointment: &Appointment| Appointment {
        flags: Vec::new(),
        ..appointment.clone()
    };
    let now = clinic.appointment(left.id);
    now.is_some_and(|now| unflagged(now) == unflagged(left))
}

/// An appointment with the flags that it has by now.
fn as_it_is<'a>(clinic: &'a Clinic, left: &'a Arc<Appointment>) -> &'a Arc<Appointment> {
    clinic.appointment(left.id).unwrap_or(left)
}

fn take_back(
    work: &mut Work<'_>,
    operation: &Operation,
    change: &Change,
    then: &mut Clinic,
) -> Result<(), Refusal> {
    match (change.before(), change.after()) {
        (None, Some(Record::Appointment(booked))) => {
            let booked = as_it_is(work.clinic, booked);
            cancel(work, booked)
        }
        (Some(Record::Appointment(before)), Some(Record::Appointment(after))) => {
            let after = as_it_is(work.clinic, after);
            restore(work, operation.kind, before, after, then)
        }
        (Some(Record::Hold(hold)), None) => give_back(work, operation.kind, hold),
        (Some(Record::Turnover(turnover)), None) => {
            // The room may be in use again although its checklist is now said not to be done.
            if let Some(session) = work.clinic.session_in(turnover.room) {
                let what = RecordId::Appointment(session.id);
                return Err(Refusal::UndoChanged { what });
            }
            work.create_too(Arc::clone(turnover));
            Ok(())
        }
        (Some(Record::Shift(before)), after) => {
            roster::works_at(roster::known(work, before.therapist)?, before.site)?;
            // Those that the operation changed go back with it to where they were.
            let goes = |id| {
                operation
                    .changes
                    .iter()
                    .any(|it| it.id() == RecordId::Shift(id))
            };
            roster::apart(work, before, goes, &[])?;
            work.rejudge(Scope::Therapist(before.therapist));
            match after {
                Some(after) => {
                    // Whoever had got the shift loses it.
                    if let Record::Shift(after) = after {
                        work.rejudge(Scope::Therapist(after.therapist));
                    }
                    work.update(after.clone(), Arc::clone(before));
                }
                None => work.create(Arc::clone(before)),
            }
            Ok(())
        }
        // Levels go back with their movements, whatever has moved since.
        (_, Some(Record::StockItem(_))) => Ok(()),
        (None, Some(Record::StockMovement(movement))) => stock::take_back(work, movement),
        (before, Some(Record::Hygiene(after))) => {
            hygiene::take_back(work, before, after);
            Ok(())
        }
        (before, after) => {
            if let Some(Record::Absence(before)) = before {
                absence::apart(work, before)?;
            }
            rejudge_for(work, change);
            match (before, after) {
                (Some(before), Some(after)) => work.update(after.clone(), before.clone()),
                (Some(before), None) => work.create(before.clone()),
                (None, Some(after)) => {
                    work.mention(change.id());
                    work.remove(after.clone());
                }
                (None, None) => {}
            }
            Ok(())
        }
    }
}

/// What rests on a record is judged again when it goes back to what it was.
fn rejudge_for(work: &mut Work<'_>, change: &Change) {
    match change.before().or(change.after()) {
        Some(Record::Outage(outage)) => work.rejudge(Scope::Room(outage.room)),
        Some(Record::Absence(absence)) => work.rejudge(Scope::Therapist(absence.therapist)),
        Some(Record::Therapist(therapist)) => work.rejudge(Scope::Therapist(therapist.id)),
        Some(Record::Shift(shift)) => work.rejudge(Scope::Therapist(shift.therapist)),
        _ => {}
    }
}

/// A booking is taken back: it stays, cancelled.
fn cancel(work: &mut Work<'_>, booked: &Arc<Appointment>) -> Result<(), Refusal> {
    let state = booked.state.cancel(Cancellation {
        at: work.now(),
        by: work.context.actor.key,
        reason: CancelReason::Undone,
        note: "".into(),
        late: false,
    });
    let state = state.map_err(appointment::wrong_phase(booked))?;
    let after = Appointment {
        state,
        flags: Vec::new(),
        ..Appointment::clone(booked)
    };
    work.update(Arc::clone(booked), after);
    Ok(())
}

/// A change to an appointment is taken back, if its place is still free.
fn restore(
    work: &mut Work<'_>,
    kind: CommandKind,
    before: &Arc<Appointment>,
    after: &Arc<Appointment>,
    then: &mut Clinic,
) -> Result<(), Refusal> {
    notes::may_go_back(work.clinic, before, after)?;
    if before.occupies() {
        still_fits(then, before, after)?;
    }
    if before.state.phase() == Phase::InSession && after.state.phase() != Phase::InSession {
        still_in_session(work, before)?;
    }
    let mut restored = Appointment::clone(before);
    then.suppose(restored.clone());
    restored.flags = rules::flags(then, &restored);
    // Ending a turnover changes the appointment only on the side.
    if matches!(
        kind,
        CommandKind::CompleteItems | CommandKind::CompleteTurnover
    ) {
        work.update_too(Arc::clone(after), restored);
    } else {
        work.update(Arc::clone(after), restored);
    }
    Ok(())
}

/// Fails when the old place can not be taken again. Only what taking it again would newly need is judged:
/// one that kept its place keeps it, even if it has become unsound.
fn still_fits(then: &Clinic, before: &Appointment, after: &Appointment) -> Result<(), Refusal> {
    let own = Some(Occupant::Appointment(before.id));
    let same_place = after.occupies() && after.slot.planned == before.slot.planned && {
        let place = |slot: &Slot| (slot.room, slot.therapist);
        place(&before.slot) == place(&after.slot)
    };
    let mut slot = before.slot.clone();
    if !before.is_ahead() {
        // A session that ended early keeps its client no longer than it lasted.
        slot.planned = slot.occupies.client;
    }
    let mut faults = rules::judge(then, &slot, Some(before.client), own);
    if same_place || !before.is_ahead() {
        faults.retain(|fault| fault.clash().is_some());
    }
    refuse(&before.slot, faults)
}

/// Fails when a session can not be going on again: the room or the therapist is in another one.
fn still_in_session(work: &Work<'_>, before: &Appointment) -> Result<(), Refusal> {
    let mut blockers = Vec::new();
    if let Some(session) = work.clinic.session_in(before.slot.room) {
        let appointment = session.id;
        blockers.push(Blocker::RoomInSession { appointment });
    }
    if let Some(session) = work.clinic.session_of(before.slot.therapist) {
        let appointment = session.id;
        blockers.push(Blocker::TherapistInSession { appointment });
    }
    if blockers.is_empty() {
        Ok(())
    } else {
        Err(Refusal::StartBlocked(blockers))
    }
}

/// A hold that was released comes back for the rest of its time, if its place is still free. One that a
/// booking or a move consumed does not.
fn give_back(work: &mut Work<'_>, kind: CommandKind, hold: &Arc<Hold>) -> Result<(), Refusal> {
    if kind != CommandKind::ReleaseHold {
        return Ok(());
    }
    let at = hold.expires_at;
    if at <= work.now() {
        return Err(Refusal::HoldExpired { hold: hold.id, at });
    }
    if let Some(moved) = hold.moves {
        // A call is of use only while its appointment is to come, and there is one at most.
        let ahead = work
            .clinic
            .appointment(moved)
            .is_some_and(|it| it.is_ahead());
        if !ahead || work.clinic.hold_moving(moved).is_some() {
            let what = RecordId::Appointment(moved);
            return Err(Refusal::UndoChanged { what });
        }
    }
    let moved = hold.moves.map(Occupant::Appointment);
    let mut faults = rules::judge(work.clinic, &hold.slot, hold.client, moved);
    faults.retain(|fault| !matches!(fault, Fault::Screening(_)));
    refuse(&hold.slot, faults)?;
    work.create(Arc::clone(hold));
    Ok(())
}

fn refuse(slot: &Slot, faults: Vec<Fault>) -> Result<(), Refusal> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Refusal::Slot(Box::new(SlotRefusal {
        nearest: Some((slot.room, slot.therapist)),
        faults,
        alternatives: Vec::new(),
        other_services: Vec::new(),
    })))
}
