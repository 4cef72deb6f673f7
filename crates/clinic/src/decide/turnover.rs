//! Making a room ready: the checklist after a session.

use std::sync::Arc;

use jiff::Timestamp;

use super::check::Checks;
use super::{Work, hygiene};
use crate::clinic::Clinic;
use crate::id::{ItemId, RoomId};
use crate::limits;
use crate::model::{Appointment, Change, RecordId, RoomReady, State, Turnover};
use crate::refusal::Refusal;
use crate::time::{Cell, Interval};

#[cfg(test)]
mod tests;

pub(super) fn complete(work: &mut Work<'_>, room: RoomId, items: &[ItemId]) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.expect(!items.is_empty(), "items", "at least one");
    checks.at_most("items", items.len(), limits::CHECKLIST_ITEMS);
    checks.finish()?;
    let before = open(work, room)?;
    for &item in items {
        if !before.items.iter().any(|known| known.id == item) {
            return Err(Refusal::NotOnChecklist { room, item });
        }
    }
    tick(work, before, |item| items.contains(&item));
    Ok(())
}

pub(super) fn complete_all(work: &mut Work<'_>, room: RoomId) -> Result<(), Refusal> {
    let before = open(work, room)?;
    tick(work, before, |_| true);
    Ok(())
}

fn open<'a>(work: &Work<'a>, room: RoomId) -> Result<&'a Arc<Turnover>, Refusal> {
    let what = RecordId::Room(room);
    let known = work.clinic.room(room).ok_or(Refusal::NotFound { what })?;
    work.allow(known.site)?;
    work.clinic
        .turnover_in(room)
        .ok_or(Refusal::NotInTurnover { room })
}

/// Records that items are done, each by whoever did it first. With the last one the room is ready.
fn tick(work: &mut Work<'_>, before: &Arc<Turnover>, is_done: impl Fn(ItemId) -> bool) {
    let done = hygiene::stamp(work);
    let mut after = Turnover::clone(before);
    for item in &mut after.items {
        if item.done.is_none() && is_done(item.id) {
            item.done = Some(done);
        }
    }
    if after.is_done() {
        work.mention(RecordId::Turnover(before.room));
        work.remove(Arc::clone(before));
        hygiene::keep(work, after);
        if let Some(change) = made_ready(work.clinic, before, work.now()) {
            work.decision.changes.push(change);
        }
    } else {
        work.update(Arc::clone(before), after);
    }
}

/// The session keeps when its room was ready. If that is earlier than planned, the rest of the room's time is
/// free from the next cell on.
fn made_ready(clinic: &Clinic, turnover: &Turnover, now: Timestamp) -> Option<Change> {
    let before = clinic.appointment(turnover.appointment)?;
    let mut after = Appointment::clone(before);
    if let State::Completed(session) = &mut after.state {
        session.ready = Some(RoomReady {
            at: now,
            late: turnover.is_late(now),
        });
    }
    let planned = before.slot.occupies.room;
    let now = Cell::containing(now);
    let until = now.plus_cells(1).max(planned.start().plus_cells(1));
    if until < planned.end() {
        after.slot.occupies.room = Interval::new(planned.start(), until)?;
    }
    Some(Change::update(Arc::clone(before), after))
}
