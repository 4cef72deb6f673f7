//! Places that become free, and who is offered them.

use jiff::{Timestamp, ToSpan};

use crate::command::{Command, CommandKind, OfferFreed};
use crate::decide::Work;
use crate::id::{RoomId, SiteId, TherapistId, WaitlistId};
use crate::limits;
use crate::model::{Appointment, Change, Occupant, Record, Slot};
use crate::refusal::Refusal;
use crate::time::{Cell, Interval};
use crate::waitlist::{self, Freed, Place};

/// Offers places that became free: of each, which may be a whole day, a part of their own to all who can have one,
/// whoever has waited longest first. One commit makes one offer at most; the rest follows.
pub(in crate::decide) fn offer_freed(
    work: &mut Work<'_>,
    freed: &OfferFreed,
) -> Result<(), Refusal> {
    let Some((place, others)) = freed.places.split_first() else {
        return Ok(());
    };
    let after = pass_on(work, place, freed.after, None, None)?;
    let rest = if after.is_some() {
        &freed.places
    } else {
        others
    };
    if !rest.is_empty() {
        let places = rest.to_vec();
        let rest = Command::OfferFreed(OfferFreed { places, after });
        work.decision.follow_up.push(rest);
    }
    Ok(())
}

/// Holds a place for the first in the queue behind `after` who can have some of it, but for `not`. Tells behind whom
/// to go on, which is so when something may be left for those who are behind: who comes before them could not have
/// it while more of it was free. What `except` occupies counts as free.
pub(super) fn pass_on(
    work: &mut Work<'_>,
    place: &Freed,
    after: Option<(Timestamp, WaitlistId)>,
    except: Option<Occupant>,
    not: Option<WaitlistId>,
) -> Result<Option<(Timestamp, WaitlistId)>, Refusal> {
    let (clinic, now) = (work.clinic, work.now());
    let mut queue = clinic.waiting(after);
    let mut last = None;
    let found = queue
        .by_ref()
        .take(limits::WAITLIST_JUDGED)
        .inspect(|entry| last = Some((entry.since, entry.id)))
        .filter(|entry| Some(entry.id) != not)
        .find_map(|entry| {
            let proposal = waitlist::fit(clinic, entry, &Place::Freed(*place), except, now);
            Some((entry, proposal.ok()?.slot))
        });
    let rest = queue.next().and(last);
    let Some((entry, slot)) = found else {
        return Ok(rest);
    };
    let is_used_up = is_all_of(&slot, place);
    super::hold_for(work, entry, slot)?;
    Ok(rest.filter(|_| !is_used_up))
}

/// Whether a session leaves nobody else anything of a place, as one does that takes the place of a cancelled one.
fn is_all_of(slot: &Slot, place: &Freed) -> bool {
    place.room == Some(slot.room)
        && place.therapist.is_none_or(|it| it == slot.therapist)
        && slot.occupies.room.covers(place.time)
}

/// Has what a decision frees offered to the waitlist, where the policy asks for that, once all else that follows is
/// done; what comes first in time first. What an undo frees is not: it may be about to be used otherwise.
pub(super) fn offer_next(work: &mut Work<'_>, kind: CommandKind) {
    let by_itself = work.clinic.policy().waitlist_auto_offer;
    let asked = !matches!(kind, CommandKind::Undo | CommandKind::OfferFreed);
    if !by_itself || !asked || work.clinic.waiting(None).next().is_none() {
        return;
    }
    let changes = &work.decision.changes;
    let freed = changes.iter().flat_map(|change| freed_by(work, change));
    let mut places: Vec<_> = freed.collect();
    places.sort_by_key(|place| place.time.start());
    places.truncate(limits::WAITLIST_FREED);
    if !places.is_empty() {
        let after = None;
        let offers = Command::OfferFreed(OfferFreed { places, after });
        work.decision.follow_up.push(offers);
    }
}

/// What a change frees from now on.
fn freed_by(work: &Work<'_>, change: &Change) -> Vec<Freed> {
    match (change.before(), change.after()) {
        (Some(Record::Appointment(before)), after) => {
            let after = after.and_then(|after| match after {
                Record::Appointment(after) => Some(&**after),
                _ => None,
            });
            left_by(work, before, after).into_iter().collect()
        }
        (Some(Record::Hold(hold)), None) => {
            let taken = work.decision.changes.iter().any(|change| {
                matches!(change.after(), Some(Record::Appointment(it)) if it.slot == hold.slot)
            });
            let left = freed(work, &hold.slot, hold.slot.occupies.room);
            left.filter(|_| !taken).into_iter().collect()
        }
        (Some(Record::Outage(before)), Some(Record::Outage(after))) if after.closed.is_some() => {
            let until = before.until.unwrap_or(Cell::MAX);
            let time = Interval::new(before.from, until);
            let time = time.and_then(|time| time.intersection(soon(work)));
            let room = Some(before.room);
            let freed = |time| at(before.site, time, room, None);
            time.map(freed).into_iter().collect()
        }
        (before, after) => opened_by(work, before, after),
    }
}

/// The time for which a place that became free is offered.
fn soon(work: &Work<'_>) -> Interval {
    let ahead = u32::from(limits::WAITLIST_AHEAD_DAYS) * 24 * 12;
    let now = work.now_cell();
    Interval::new(now, now.plus_cells(ahead)).unwrap_or(work.future())
}

const fn at(
    site: SiteId,
    time: Interval,
    room: Option<RoomId>,
    therapist: Option<TherapistId>,
) -> Freed {
    Freed {
        site,
        time,
        room,
        therapist,
    }
}

/// The hours that therapists and sites have got: new and longer shifts, time off that ended, days that are closed
/// no longer. Not what days bring that come within reach: they lie too far ahead.
fn opened_by(work: &Work<'_>, before: Option<&Record>, after: Option<&Record>) -> Vec<Freed> {
    let soon = soon(work);
    match (before, after) {
        (before, Some(Record::Shift(after))) => {
            let (site, therapist) = (after.site, after.therapist);
            let had: Vec<Interval> = match before {
                Some(Record::Shift(it)) if (it.site, it.therapist) == (site, therapist) => {
                    it.working().collect()
                }
                _ => Vec::new(),
            };
            let more = without(after.working(), &had).into_iter();
            let more = more.filter_map(|time| time.intersection(soon));
            more.map(|time| at(site, time, None, Some(therapist)))
                .collect()
        }
        (Some(Record::Absence(before)), after) => {
            let off: Vec<Interval> = match after {
                Some(Record::Absence(after)) => vec![after.time],
                _ => Vec::new(),
            };
            let who = before.therapist;
            let therapist = work.clinic.therapist(who);
            let sites = therapist.map_or(&[][..], |it| &it.sites);
            let back = without([before.time], &off).into_iter();
            let back = back.filter_map(|time| time.intersection(soon));
            back.flat_map(|time| {
                sites
                    .iter()
                    .map(move |&site| at(site, time, None, Some(who)))
            })
            .collect()
        }
        (Some(Record::Site(before)), Some(Record::Site(after))) => {
            let first = after.zone.date(soon.start());
            let dates = (0..=limits::WAITLIST_AHEAD_DAYS)
                .map(|days| first.saturating_add(i32::from(days).days()));
            let opened = dates.flat_map(|date| {
                let had: Vec<Interval> = before.openings(date).collect();
                without(after.openings(date), &had)
            });
            let opened = opened.filter_map(|time| time.intersection(soon));
            opened.map(|time| at(after.id, time, None, None)).collect()
        }
        _ => Vec::new(),
    }
}

/// What is left of some intervals without others.
fn without(intervals: impl IntoIterator<Item = Interval>, others: &[Interval]) -> Vec<Interval> {
    let mut left: Vec<Interval> = intervals.into_iter().collect();
    for other in others {
        left = left
            .into_iter()
            .flat_map(|it| {
                let before = Interval::new(it.start(), it.end().min(other.start()));
                let after = Interval::new(it.start().max(other.end()), it.end());
                [before, after]
            })
            .flatten()
            .collect();
    }
    left
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
