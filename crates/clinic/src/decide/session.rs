//! The session itself: started, made longer, finished.

use std::sync::Arc;

use jiff::ToSpan;

use super::check::Checks;
use super::lifecycle::advance;
use super::{Work, appointment, stock};
use crate::clinic::Clinic;
use crate::command::Step;
use crate::id::RoomId;
use crate::limits;
use crate::model::{
    Appointment, ChecklistItem, Fault, Occupancies, Occupant, Slot, Turnover, TurnoverItem, Verb,
};
use crate::refusal::Refusal;
use crate::rules;
use crate::time::{CELL_MINUTES, Cell, Interval, Minutes};

#[cfg(test)]
mod tests;

pub(super) fn start(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let before = appointment::find(work, step, Verb::Start)?;
    let blockers = rules::blockers(work.clinic, before, work.now());
    if !blockers.is_empty() {
        return Err(Refusal::StartBlocked(blockers));
    }
    let state = before.state.start(work.now());
    let state = state.map_err(appointment::wrong_phase(before))?;
    advance(work, before, state);
    Ok(())
}

pub(super) fn extend(work: &mut Work<'_>, step: Step, by: Minutes) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.minutes("by", by, CELL_MINUTES, limits::AFTERWARDS);
    checks.finish()?;
    let before = appointment::find(work, step, Verb::Extend)?;
    let Some(slot) = rules::longer(&before.slot, by) else {
        return Err(refuse_extension(work.clinic, before, by, Vec::new()));
    };
    let faults = rules::against_longer(work.clinic, before, &slot);
    if !faults.is_empty() {
        return Err(refuse_extension(work.clinic, before, by, faults));
    }
    let after = Appointment {
        slot,
        ..Appointment::clone(before)
    };
    work.update(Arc::clone(before), after);
    Ok(())
}

pub(super) fn finish(
    work: &mut Work<'_>,
    step: Step,
    stopped: Option<&str>,
) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    let reason = stopped.unwrap_or_default();
    checks.text("stopped", reason, limits::REASON_CHARS);
    checks.expect(
        stopped != Some(""),
        "stopped",
        "the reason, if it was stopped",
    );
    checks.finish()?;
    let before = appointment::find(work, step, Verb::Finish)?;
    let state = before.state.finish(work.now(), stopped.map(Into::into));
    let state = state.map_err(appointment::wrong_phase(before))?;
    let mut after = Appointment {
        state,
        ..Appointment::clone(before)
    };
    let turnover = turnover(work, before);
    let finished = Cell::at_or_after(work.now());
    after.slot.occupies = until_finish(&before.slot, finished, turnover.is_some());
    work.update(Arc::clone(before), after);
    if let Some(turnover) = turnover {
        work.create_too(turnover);
    }
    stock::consume(work, before)
}

/// An early finish frees the client at once and the therapist after the reset. The room stays taken while
/// there is a checklist to be done in it.
fn until_finish(slot: &Slot, finished: Cell, stays_taken: bool) -> Occupancies {
    let Occupancies {
        client,
        therapist,
        room,
    } = slot.occupies;
    let reset = therapist.end().since(slot.planned.end());
    let cut = |time: Interval, end: Cell| {
        let end = end.max(time.start().plus_cells(1)).min(time.end());
        Interval::new(time.start(), end).unwrap_or(time)
    };
    Occupancies {
        client: cut(client, finished),
        therapist: cut(therapist, finished.plus_cells(reset)),
        room: if stays_taken {
            room
        } else {
            cut(room, finished)
        },
    }
}

/// The turnover that begins when a session ends; none when neither the service nor the room asks for
/// anything to be done.
fn turnover(work: &Work<'_>, appointment: &Appointment) -> Option<Turnover> {
    let slot = &appointment.slot;
    let service = work.clinic.service(slot.service)?;
    let room = work.clinic.room(slot.room)?;
    let of_room = room.checklist.iter().filter(|item| {
        let listed = |other: &ChecklistItem| other.id == item.id;
        !service.checklist.iter().any(listed)
    });
    let items = service.checklist.iter().chain(of_room);
    let items: Vec<TurnoverItem> = items
        .map(|item| TurnoverItem {
            id: item.id,
            text: item.text.clone(),
            done: None,
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let cells = slot.occupies.room.end().since(slot.planned.end());
    let lasting = (i64::from(cells) * i64::from(CELL_MINUTES)).minutes();
    Some(Turnover {
        room: slot.room,
        site: slot.site,
        appointment: appointment.id,
        since: work.now(),
        due: work.now().saturating_add(lasting).unwrap_or(work.now()),
        items,
    })
}

fn refuse_extension(
    clinic: &Clinic,
    appointment: &Appointment,
    by: Minutes,
    faults: Vec<Fault>,
) -> Refusal {
    let slot = &appointment.slot;
    // At most the longest extension in cells, each judged by the rules themselves.
    let latest = (1..by.cells())
        .rev()
        .filter_map(|cells| Minutes::new(u16::try_from(cells).ok()? * CELL_MINUTES))
        .filter_map(|shorter| rules::longer(slot, shorter))
        .find(|shorter| rules::against_longer(clinic, appointment, shorter).is_empty())
        .map_or(slot.planned.end(), |shorter| shorter.planned.end());
    let in_the_room = faults.iter().find_map(|fault| match fault {
        Fault::RoomTaken { by, .. } => Some(*by),
        _ => None,
    });
    Refusal::CannotExtend {
        faults,
        latest,
        free_rooms: in_the_room.map_or_else(Vec::new, |next| free_rooms(clinic, next)),
    }
}

/// The rooms of its site to which what comes next could be moved as it is.
fn free_rooms(clinic: &Clinic, next: Occupant) -> Vec<RoomId> {
    let Some(slot) = clinic.slot_of(next) else {
        return Vec::new();
    };
    let client = match next {
        Occupant::Appointment(id) => clinic.appointment(id).map(|record| record.client),
        Occupant::Hold(id) => clinic.hold(id).and_then(|record| record.client),
    };
    clinic
        .rooms_at(slot.site)
        .filter(|room| room.id != slot.room && !room.retired)
        .map(|room| Slot {
            room: room.id,
            ..slot.clone()
        })
        .filter(|moved| rules::judge(clinic, moved, client, Some(next)).is_empty())
        .map(|moved| moved.room)
        .collect()
}
