//! Places that become free, and who is offered them.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use crate::command::{Command, CommandKind, OfferFreed};
use crate::decide::Work;
use crate::id::{RoomId, SiteId, TherapistId, WaitlistId};
use crate::limits;
use crate::model::{Change, Freed, Occupant, Offer, Record, Slot, WaitState, WaitlistEntry};
use crate::refusal::Refusal;
use crate::time::{Cell, Interval};
use crate::waitlist::{self, Place};

/// Behind whom in the queue to look on, by since when they have waited; `None` is at its front, or nowhere.
type Behind = Option<(Timestamp, WaitlistId)>;

/// Offers places that became free: of each, which may be a whole day, a part of their own to all who can have one,
/// whoever has waited longest first. One offer is made; it carries the rest until its client was told or it has ended,
/// so that whoever is not called in time is not passed over together with everybody else.
pub(in crate::decide) fn offer_freed(
    work: &mut Work<'_>,
    freed: &OfferFreed,
) -> Result<(), Refusal> {
    let Some((place, others)) = freed.places.split_first() else {
        return Ok(());
    };
    let after = match first_fit(work, place, freed.after, None, None) {
        Ok((entry, slot)) => {
            let shortest = shortest(work);
            let left = |place: &Freed| without_slot(*place, &slot);
            let mut rest: Vec<_> = freed.places.iter().flat_map(left).collect();
            rest.retain(|place| shortest <= place.time.cells() || freed.places.contains(place));
            rest.truncate(limits::WAITLIST_FREED);
            return super::hold_for(work, entry, slot, rest);
        }
        Err(after) => after,
    };
    let left = if after.is_some() {
        &freed.places
    } else {
        others
    };
    if !left.is_empty() {
        let places = left.to_vec();
        let left = Command::OfferFreed(OfferFreed { places, after });
        work.decision.follow_up.push(left);
    }
    Ok(())
}

/// How long the shortest session is, in cells: less time is nobody's.
fn shortest(work: &Work<'_>) -> u32 {
    let services = work.clinic.services();
    let cells = services.map(|service| service.minutes.cells());
    cells.min().unwrap_or(1)
}

/// The first in the queue behind `after`, but for `not`, who can have some of a place, and what they can have.
/// Otherwise behind whom to look on, if anybody is left. What `except` occupies counts as free.
pub(super) fn first_fit<'a>(
    work: &Work<'a>,
    place: &Freed,
    after: Behind,
    except: Option<Occupant>,
    not: Option<WaitlistId>,
) -> Result<(&'a Arc<WaitlistEntry>, Slot), Behind> {
    let (clinic, now) = (work.clinic, work.now());
    let mut queue = clinic.waiting(after);
    let mut last = None;
    let place = Place::Freed(*place);
    for entry in queue.by_ref().take(limits::WAITLIST_JUDGED) {
        last = Some((entry.since, entry.id));
        if Some(entry.id) == not {
            continue;
        }
        if let Ok(proposal) = waitlist::search(clinic, entry, &place, except, now) {
            return Ok((entry, proposal.slot));
        }
    }
    Err(queue.next().and(last))
}

/// What is left of a place that became free once a slot is taken.
fn without_slot(place: Freed, slot: &Slot) -> Vec<Freed> {
    let left = |taken: Interval| {
        let times = without([place.time], &[taken]).into_iter();
        times.map(|time| Freed { time, ..place }).collect()
    };
    let (room, therapist) = (slot.occupies.room, slot.occupies.therapist);
    let in_room = place
        .room
        .map(|id| id == slot.room && room.overlaps(place.time));
    let with = |id| id == slot.therapist && therapist.overlaps(place.time);
    match (in_room, place.therapist.map(with)) {
        (Some(true), Some(_)) if place.therapist == Some(slot.therapist) => left(room),
        // The other of the two is as free as before; what is left of the one is there by itself.
        (Some(true), Some(_)) => {
            let mut both = vec![Freed {
                room: None,
                ..place
            }];
            both.extend(left(room).into_iter().map(|it| Freed {
                therapist: None,
                ..it
            }));
            both
        }
        (Some(false), Some(true)) => {
            let mut both = vec![Freed {
                therapist: None,
                ..place
            }];
            both.extend(
                left(therapist)
                    .into_iter()
                    .map(|it| Freed { room: None, ..it }),
            );
            both
        }
        (Some(true), None) => left(room),
        (None, Some(true)) => left(therapist),
        _ => vec![place],
    }
}

/// Has what a decision frees offered to the waitlist, where the policy asks for that, once all else that follows is
/// done; what comes first in time first. What an undo frees is not: it may be about to be used otherwise. Nor is what an
/// offer carries of which nobody told its client in time: where nobody calls, no more is offered, or a night would leave
/// everybody passed over.
pub(super) fn offer_next(work: &mut Work<'_>, kind: CommandKind) {
    let by_itself = work.clinic.policy().waitlist_auto_offer;
    if !by_itself || work.clinic.waiting(None).next().is_none() {
        return;
    }
    if kind == CommandKind::Undo {
        carry_nothing(work);
    }
    let changes = &work.decision.changes;
    let freed = changes.iter().filter(|_| kind != CommandKind::Undo);
    let freed = freed.flat_map(|change| freed_by(work, change));
    let rest = changes.iter().filter(|_| kind != CommandKind::Expire);
    let mut places: Vec<_> = freed.chain(rest.flat_map(rest_of)).collect();
    for slot in changes.iter().filter_map(taken_by) {
        let left = places.into_iter();
        places = left.flat_map(|place| without_slot(place, slot)).collect();
    }
    places.sort_by_key(|place| place.time.start());
    places.truncate(limits::WAITLIST_FREED);
    // Each site has its own desk to call.
    while let Some(&Freed { site, .. }) = places.first() {
        let (here, elsewhere) = places.into_iter().partition(|place| place.site == site);
        offer_at(work, site, here);
        places = elsewhere;
    }
}

/// What an offer carried that an undo brings back was passed on when it ended.
fn carry_nothing(work: &mut Work<'_>) {
    for change in &mut work.decision.changes {
        if offer_in(change.after()).is_some_and(|(_, offer)| !offer.rest.is_empty()) {
            carry(change, Vec::new());
        }
    }
}

/// Has the offer that a change leaves carry something else.
fn carry(change: &mut Change, rest: Vec<Freed>) {
    let Some((entry, offer)) = offer_in(change.after()) else {
        return;
    };
    let carrying = Offer {
        rest,
        ..offer.clone()
    };
    let after = WaitlistEntry {
        state: WaitState::Offered(Box::new(carrying)),
        ..WaitlistEntry::clone(entry)
    };
    let before = change.before().cloned();
    *change = Change::new(before, Some(after.into())).unwrap_or_else(|| change.clone());
}

/// Has places at one site offered: after the offer that the decision itself makes, if it makes one.
fn offer_at(work: &mut Work<'_>, site: SiteId, places: Vec<Freed>) {
    let makes = |change: &&mut Change| {
        let offer = offer_in(change.after()).map(|(_, offer)| offer);
        offer_in(change.before()).is_none() && offer.is_some_and(|offer| offer.slot.site == site)
    };
    if let Some(change) = work.decision.changes.iter_mut().find(makes) {
        carry(change, places);
        return;
    }
    let after = None;
    let offers = Command::OfferFreed(OfferFreed { places, after });
    work.decision.follow_up.push(offers);
}

/// The offer to somebody who waits, if a record is their entry and there is one.
fn offer_in(record: Option<&Record>) -> Option<(&Arc<WaitlistEntry>, &Offer)> {
    match record? {
        Record::WaitlistEntry(entry) => Some((entry, entry.offer()?)),
        _ => None,
    }
}

/// What an offer carried whose client was told, or which has ended.
fn rest_of(change: &Change) -> Vec<Freed> {
    let rest = |record| offer_in(record).map_or(&[][..], |(_, offer)| &offer.rest);
    if rest(change.after()).is_empty() {
        rest(change.before()).to_vec()
    } else {
        Vec::new()
    }
}

/// The slot that somebody has after a change.
fn taken_by(change: &Change) -> Option<&Slot> {
    match change.after()? {
        Record::Appointment(appointment) if appointment.occupies() => Some(&appointment.slot),
        Record::Hold(hold) => Some(&hold.slot),
        _ => None,
    }
}

/// What a change frees from now on. What it takes again, as a later start in the same room does, is not left out.
fn freed_by(work: &Work<'_>, change: &Change) -> Vec<Freed> {
    match (change.before(), change.after()) {
        (Some(Record::Appointment(before)), _) if before.occupies() => {
            freed(work, &before.slot).into_iter().collect()
        }
        (Some(Record::Hold(before)), _) => freed(work, &before.slot).into_iter().collect(),
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

/// The place of a slot, from now on.
fn freed(work: &Work<'_>, slot: &Slot) -> Option<Freed> {
    let time = slot.occupies.room;
    let from = time.start().max(work.now_cell());
    Some(Freed {
        site: slot.site,
        time: Interval::new(from, time.end())?,
        room: Some(slot.room),
        therapist: Some(slot.therapist),
    })
}
