//! Places that become free, and who is offered them.

use jiff::Timestamp;

use crate::command::{Command, CommandKind, OfferFreed};
use crate::decide::Work;
use crate::id::WaitlistId;
use crate::limits;
use crate::model::{Appointment, Change, Occupant, Record, Slot};
use crate::refusal::Refusal;
use crate::time::{Cell, Interval};
use crate::waitlist::{self, Freed, Place};

/// Offers places that became free: each to the first who can have it. Bounded; the rest follows.
pub(in crate::decide) fn offer_freed(
    work: &mut Work<'_>,
    freed: &OfferFreed,
) -> Result<(), Refusal> {
    let mut rest = freed.places.as_slice();
    let mut after = None;
    if let Some((place, others)) = rest.split_first() {
        after = pass_on(work, &Place::Freed(*place), freed.after, None, None)?;
        if after.is_none() {
            rest = others;
        }
    }
    let next = if rest.is_empty() {
        freed.then.as_deref().cloned()
    } else {
        Some(Command::OfferFreed(OfferFreed {
            places: rest.to_vec(),
            after,
            then: freed.then.clone(),
        }))
    };
    work.decision.follow_up = next;
    Ok(())
}

/// Holds a place for the first in the queue behind `after` who can have it, but for `not`. Tells behind
/// whom to go on when there are more than one commit looks at. What `except` occupies counts as free.
pub(super) fn pass_on(
    work: &mut Work<'_>,
    place: &Place,
    after: Option<(Timestamp, WaitlistId)>,
    except: Option<Occupant>,
    not: Option<WaitlistId>,
) -> Result<Option<(Timestamp, WaitlistId)>, Refusal> {
    let (clinic, now) = (work.clinic, work.now());
    let mut queue = clinic.waiting(after);
    let mut last = None;
    for entry in queue.by_ref().take(limits::WAITLIST_JUDGED) {
        last = Some((entry.since, entry.id));
        if Some(entry.id) == not {
            continue;
        }
        if let Ok(proposal) = waitlist::fit(clinic, entry, place, except, now) {
            super::hold_for(work, entry, proposal.slot)?;
            return Ok(None);
        }
    }
    Ok(queue.next().and(last))
}

/// Has what a decision frees offered to the waitlist, where the policy asks for that. What an undo frees
/// is not: it may be about to be used otherwise.
pub(super) fn offer_next(work: &mut Work<'_>, kind: CommandKind) {
    let by_itself = work.clinic.policy().waitlist_auto_offer;
    let asked = !matches!(kind, CommandKind::Undo | CommandKind::OfferFreed);
    if !by_itself || !asked || work.clinic.waiting(None).next().is_none() {
        return;
    }
    let changes = &work.decision.changes;
    let places: Vec<_> = changes
        .iter()
        .filter_map(|change| freed_by(work, change))
        .take(limits::WAITLIST_FREED)
        .collect();
    if places.is_empty() {
        return;
    }
    let then = work.decision.follow_up.take().map(Box::new);
    work.decision.follow_up = Some(Command::OfferFreed(OfferFreed {
        places,
        after: None,
        then,
    }));
}

/// What a change frees from now on.
fn freed_by(work: &Work<'_>, change: &Change) -> Option<Freed> {
    match (change.before()?, change.after()) {
        (Record::Appointment(before), after) => {
            let after = after.and_then(|after| match after {
                Record::Appointment(after) => Some(&**after),
                _ => None,
            });
            left_by(work, before, after)
        }
        (Record::Hold(hold), None) => {
            let taken = work.decision.changes.iter().any(|change| {
                matches!(change.after(), Some(Record::Appointment(it)) if it.slot == hold.slot)
            });
            if taken {
                return None;
            }
            freed(work, &hold.slot, hold.slot.occupies.room)
        }
        (Record::Outage(before), Some(Record::Outage(after))) if after.closed.is_some() => {
            let ahead = u32::from(limits::WAITLIST_AHEAD_DAYS) * 24 * 12;
            let end = work.now_cell().plus_cells(ahead);
            let until = before.until.map_or(end, |until| until.min(end));
            Some(Freed {
                site: before.site,
                time: Interval::new(before.from.max(work.now_cell()), until)?,
                room: Some(before.room),
                therapist: None,
            })
        }
        _ => None,
    }
}

/// What an appointment leaves: its place, or the end of it.
fn left_by(work: &Work<'_>, before: &Appointment, after: Option<&Appointment>) -> Option<Freed> {
    if !before.occupies() {
        return None;
    }
    let time = before.slot.occupies.room;
    let Some(after) = after.filter(|after| after.occupies()) else {
        return freed(work, &before.slot, time);
    };
    let now = after.slot.occupies.room;
    let same_place =
        (after.slot.room, after.slot.therapist) == (before.slot.room, before.slot.therapist);
    if same_place && now.start() == time.start() {
        let rest = Interval::new(now.end(), time.end())?;
        return freed(work, &before.slot, rest);
    }
    freed(work, &before.slot, time)
}

fn freed(work: &Work<'_>, slot: &Slot, time: Interval) -> Option<Freed> {
    let from: Cell = time.start().max(work.now_cell());
    Some(Freed {
        site: slot.site,
        time: Interval::new(from, time.end())?,
        room: Some(slot.room),
        therapist: Some(slot.therapist),
    })
}
