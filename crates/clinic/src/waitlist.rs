//! The waitlist: which place fits whom, and who comes first.
//!
//! Whether a place can be booked is for the rules alone: everything here asks the same search that
//! booking does, for the client who waits, with the screening judged at the place's start. What is added
//! is the client's wish (site, windows, therapist, what they did not take before) and the order, which
//! is that of waiting: whoever has waited longest comes first.

use jiff::Timestamp;

use crate::availability::{self, Answer, Proposal, Purpose, Query, Walk};
use crate::clinic::Clinic;
use crate::explain::{Explanation, NoPlace};
use crate::id::{RoomId, SiteId, TherapistId, WaitlistId};
use crate::limits;
use crate::model::{Freed, Occupant, Site, WaitState, WaitlistEntry};
use crate::time::{CELL_MINUTES, Cell, Interval, Minutes, next_day};

mod today;

pub(crate) use today::attention;

#[cfg(test)]
mod tests;

/// A place that is to be given to somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Sessions that start within `starts`.
    Slot {
        /// The site.
        site: SiteId,
        /// When the session may start; the first cell is wanted most.
        starts: Interval,
        /// Only in this room.
        room: Option<RoomId>,
        /// Only with this therapist.
        therapist: Option<TherapistId>,
    },
    /// Sessions of which half, or which all, of a time that became free is used: in that room, or with that therapist.
    Freed(Freed),
}

/// Whether somebody who waits can have a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Who.
    pub entry: WaitlistId,
    /// Their place in the queue, from 1.
    pub position: usize,
    /// What they can have, or why they can not.
    pub verdict: Result<Proposal, Unfit>,
}

/// Why a place is not for somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Another place is offered to them already.
    OfferOpen,
    /// They do not wait for a place at this site.
    OtherSite,
    /// It lies outside the times at which they can be there.
    OutsideWindows,
    /// They want another therapist, and nobody else.
    OtherTherapist,
    /// It was offered to them before, and they did not take it.
    PassedBefore,
    /// It can not be booked for them.
    NoPlace(NoPlace),
}

impl Place {
    /// Where it is.
    pub const fn site(&self) -> SiteId {
        match self {
            Self::Slot { site, .. } | Self::Freed(Freed { site, .. }) => *site,
        }
    }

    /// When a session of so many cells may start, and which start is wanted most.
    fn starts(&self, session: u32) -> (Option<Interval>, Cell) {
        match self {
            Self::Slot { starts, .. } => (Some(*starts), starts.start()),
            Self::Freed(Freed { time, .. }) => {
                let used = session.div_ceil(2).min(time.cells()).max(1);
                let first = time.start().minus_cells(session.saturating_sub(used));
                let until = time.end().minus_cells(used - 1);
                (Interval::new(first, until), time.start())
            }
        }
    }

    /// The rooms and therapists that it may be, the first pair that has a place being taken. Where neither
    /// became free but the site did, it may be any.
    fn choices(&self) -> Vec<(Option<RoomId>, Option<TherapistId>)> {
        match *self {
            Self::Slot {
                room, therapist, ..
            } => vec![(room, therapist)],
            Self::Freed(Freed {
                room, therapist, ..
            }) => [
                (room.is_some() && therapist.is_some()).then_some((room, therapist)),
                room.is_some().then_some((room, None)),
                therapist.is_some().then_some((None, therapist)),
                (room.is_none() && therapist.is_none()).then_some((None, None)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

/// Who waits, in the order of the queue, and whether each can have the place: at most
/// [`limits::WAITLIST_JUDGED`].
pub fn for_place(
    clinic: &Clinic,
    place: &Place,
    now: Timestamp,
) -> impl Iterator<Item = Suggestion> {
    let queue = clinic.waiting(None).take(limits::WAITLIST_JUDGED);
    queue.enumerate().map(move |(at, entry)| Suggestion {
        entry: entry.id,
        position: at + 1,
        verdict: fit(clinic, entry, place, None, now),
    })
}

/// The place for somebody who waits, or why it is not for them. What `except` occupies counts as free.
pub fn fit(
    clinic: &Clinic,
    entry: &WaitlistEntry,
    place: &Place,
    except: Option<Occupant>,
    now: Timestamp,
) -> Result<Proposal, Unfit> {
    search(clinic, entry, place, except, now).map_err(|miss| match miss {
        Miss::Known(unfit) => unfit,
        Miss::Nothing { query, nearest } => why_not(clinic, &query, nearest, entry),
    })
}

/// Why a search gave no place: known before it was made, or still to be asked of the rules.
pub(crate) enum Miss {
    Known(Unfit),
    Nothing { query: Box<Query>, nearest: Cell },
}

/// The place for somebody who waits; see [`fit`], which finds out why there is none.
pub(crate) fn search(
    clinic: &Clinic,
    entry: &WaitlistEntry,
    place: &Place,
    except: Option<Occupant>,
    now: Timestamp,
) -> Result<Proposal, Miss> {
    if let WaitState::Offered(_) = entry.state {
        return Err(Miss::Known(Unfit::OfferOpen));
    }
    let site = clinic
        .site(place.site())
        .filter(|site| entry.wanted.sites.contains(&site.id))
        .ok_or(Miss::Known(Unfit::OtherSite))?;
    let session = session(clinic, entry).ok_or(Miss::Known(Unfit::NoPlace(NOBODY)))?;
    let (starts, wanted) = place.starts(session);
    let ahead = starts.and_then(|starts| starts.intersection(bookable(clinic, site, now)?));
    let starts = ahead.map_or_else(Vec::new, |ahead| allowed(entry, site, ahead, session));
    // The very start that became free may lie off the grid of proposals, and so may that of a window.
    let from = |starts: &Interval| starts.start().max(wanted);
    let Some(nearest) = starts.iter().find(|starts| wanted < starts.end()).map(from) else {
        return Err(Miss::Known(Unfit::OutsideWindows));
    };
    let exact = Interval::new(nearest, nearest.plus_cells(1));
    let mut miss = Miss::Known(Unfit::OtherTherapist);
    for (room, therapist) in place.choices() {
        let only = entry.wanted.therapist.only();
        if only.is_some() && therapist.is_some() && only != therapist {
            continue;
        }
        let query = Query {
            room,
            therapist: therapist.or(only),
            ..query(entry, site.id, except)
        };
        let exact = exact.and_then(|exact| find(clinic, &query, &[exact], 1, entry).pop());
        let on_grid = || {
            let grid = Query {
                grid: None,
                ..query.clone()
            };
            find(clinic, &grid, &starts, 1, entry).pop()
        };
        if let Some(proposal) = exact.or_else(on_grid) {
            return Ok(proposal);
        }
        let query = Box::new(query);
        miss = Miss::Nothing { query, nearest };
    }
    Err(miss)
}

/// The earliest places that fit somebody who waits, at their sites as far as `allowed` says, within the
/// next [`limits::SEARCH_DAYS`] days. At most `count`.
pub fn for_entry(
    clinic: &Clinic,
    entry: &WaitlistEntry,
    at: impl Fn(SiteId) -> bool,
    now: Timestamp,
    count: usize,
) -> Vec<Proposal> {
    let Some(session) = session(clinic, entry) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for site in &entry.wanted.sites {
        let Some(site) = clinic.site(*site).filter(|site| at(site.id)) else {
            continue;
        };
        let ahead = bookable(clinic, site, now).and_then(|ahead| {
            let days = u32::from(limits::SEARCH_DAYS) * 24 * 12;
            ahead.intersection(Interval::new(
                ahead.start(),
                ahead.start().plus_cells(days),
            )?)
        });
        let starts = ahead.map_or_else(Vec::new, |ahead| allowed(entry, site, ahead, session));
        let query = Query {
            grid: None,
            therapist: entry.wanted.therapist.only(),
            ..query(entry, site.id, None)
        };
        found.extend(find(clinic, &query, &starts, count, entry));
    }
    found.sort_by_key(Walk::order);
    found.truncate(count);
    found
}

/// Whether a place is what somebody waits for: site, start and therapist, if one is named. Not whether
/// it is free.
pub(crate) fn is_wished(
    clinic: &Clinic,
    entry: &WaitlistEntry,
    site: &Site,
    start: Cell,
    therapist: Option<TherapistId>,
) -> bool {
    let only = entry.wanted.therapist.only();
    let in_time = || {
        let start = Interval::new(start, start.plus_cells(1))?;
        Some(!allowed(entry, site, start, session(clinic, entry)?).is_empty())
    };
    entry.wanted.sites.contains(&site.id)
        && only.is_none_or(|only| therapist.is_none_or(|named| named == only))
        && in_time().unwrap_or(false)
}

const NOBODY: NoPlace = NoPlace {
    nearest: None,
    faults: Vec::new(),
};

/// How long the session is, in cells. None when the service has lost one of the extensions.
fn session(clinic: &Clinic, entry: &WaitlistEntry) -> Option<u32> {
    let service = clinic.service(entry.wanted.service)?;
    let minutes = service.minutes_with(&entry.wanted.extensions).ok()?;
    Some(minutes.cells())
}

/// When a session may start at a site at all.
fn bookable(clinic: &Clinic, site: &Site, now: Timestamp) -> Option<Interval> {
    let horizon = availability::horizon(clinic, &site.zone, now);
    Interval::new(Cell::containing(now), horizon)
}

/// The starts within `starts` at which a session of so many cells lies within a window of the entry, in
/// order and apart from each other.
fn allowed(entry: &WaitlistEntry, site: &Site, starts: Interval, session: u32) -> Vec<Interval> {
    let windows = &entry.wanted.windows;
    if windows.is_empty() {
        return vec![starts];
    }
    let last = site.zone.date(starts.end().minus_cells(1));
    let mut date = site.zone.date(starts.start());
    let mut allowed = Vec::new();
    while date <= last {
        let times = windows
            .iter()
            .filter_map(|window| window.on(date, &site.zone));
        allowed.extend(times.filter_map(|time| {
            let end = time.end().minus_cells(session.saturating_sub(1));
            Interval::new(time.start(), end)?.intersection(starts)
        }));
        date = next_day(date);
    }
    joined(allowed)
}

/// The same cells in order, no two intervals touching.
fn joined(mut times: Vec<Interval>) -> Vec<Interval> {
    times.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(times.len());
    for time in times {
        match joined.last_mut() {
            Some(last) if time.start() <= last.end() => {
                let end = last.end().max(time.end());
                *last = Interval::new(last.start(), end).unwrap_or(*last);
            }
            _ => joined.push(time),
        }
    }
    joined
}

/// The search for places for an entry at a site, on the 5-minute grid.
fn query(entry: &WaitlistEntry, site: SiteId, except: Option<Occupant>) -> Query {
    Query {
        sites: vec![site],
        service: entry.wanted.service,
        extensions: entry.wanted.extensions.clone(),
        client: Some(entry.client),
        therapist: None,
        prefer: entry.wanted.therapist.preferred(),
        room: None,
        from: Cell::MIN,
        until: Cell::MAX,
        grid: Minutes::new(CELL_MINUTES),
        limit: 0,
        answer: Answer::BestPerStart,
        purpose: Purpose::Book,
        except,
    }
}

/// The first places that start within `starts` and were not passed over; at most `count`.
fn find(
    clinic: &Clinic,
    query: &Query,
    starts: &[Interval],
    count: usize,
    entry: &WaitlistEntry,
) -> Vec<Proposal> {
    let Ok(mut walk) = Walk::new(clinic, query, query.sites[0]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut some = Vec::new();
    for starts in starts {
        let mut from = starts.start();
        // What was passed over is left out, so that there may have to be more to choose from.
        while found.len() < count && from < starts.end() {
            let more = count - found.len();
            walk.collect(from, starts.end(), more, &mut some);
            let last = some.last().map(|last| last.slot.start());
            let all = some.len() < more;
            found.extend(some.drain(..).filter(|it| !entry.has_passed(&it.slot)));
            match last {
                Some(last) if !all => from = last.plus_cells(1),
                _ => break,
            }
        }
    }
    found
}

/// Why nothing was found, as of one start.
fn why_not(clinic: &Clinic, query: &Query, start: Cell, entry: &WaitlistEntry) -> Unfit {
    let Ok(walk) = Walk::new(clinic, query, query.sites[0]) else {
        return Unfit::NoPlace(NOBODY);
    };
    let explanation = Explanation::of_walk(&walk, start);
    if explanation.is_available() {
        // It could be booked, so that only the client's own no stands against it.
        debug_assert!(!entry.passed.is_empty(), "something stands against it");
        return Unfit::PassedBefore;
    }
    Unfit::NoPlace(explanation.nearest())
}
