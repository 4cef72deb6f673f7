//! The search: where and when a service can be booked.
//!
//! A [`search`] asks the rules for the masks of one local day after the other and
//! stops as soon as it has enough. What it answers are whole [`Slot`]s, sound by
//! the very rules that a booking is judged by. [`choose`] is the same for a single
//! start, and settles room and therapist for a booking that names none.

use crate::clinic::Clinic;
use crate::explain::{Explanation, NoPlace};
use crate::id::{ClientId, CredentialId, ExtensionId, RoomId, ServiceId, SiteId, TherapistId};
use crate::limits;
use crate::model::{Occupant, Outcome, RecordId, Screening, Slot, Wish};
use crate::rank::Why;
use crate::refusal::{Refusal, Violation};
use crate::rules;
use crate::time::{Cell, Interval, Minutes, Zone};
use jiff::Timestamp;

#[cfg(test)]
mod tests;
mod walk;

pub(crate) use walk::{Choices, Walk, grid};

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Only at these sites; empty means at every one.
    pub sites: Vec<SiteId>,
    /// The service.
    pub service: ServiceId,
    /// The extensions wanted with it.
    pub extensions: Vec<ExtensionId>,
    /// For whom: their other appointments, screening and habits count.
    pub client: Option<ClientId>,
    /// Only with this therapist.
    pub therapist: Option<TherapistId>,
    /// The therapist to put first, if they are free.
    pub prefer: Option<TherapistId>,
    /// Only in this room.
    pub room: Option<RoomId>,
    /// The earliest start. One before the present cell counts as the present cell.
    pub from: Cell,
    /// Starts before this; at most 31 days after `from`.
    pub until: Cell,
    /// Starts are multiples of this, 5 to 60 minutes, after the local hour; the
    /// policy's grid if none.
    pub grid: Option<Minutes>,
    /// At most so many proposals.
    pub limit: usize,
    /// Which of the possible places to answer.
    pub answer: Answer,
    /// What the places are wanted for.
    pub purpose: Purpose,
    /// What counts as free: the appointment that is to be moved.
    pub except: Option<Occupant>,
}

/// Which of the possible places a search answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// For each start (and site) the best room and therapist, in the order of
    /// assignment.
    BestPerStart,
    /// Every combination, in the order of start, room and therapist.
    EveryCombination,
}

/// What a place is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To book it.
    Book,
    /// To hold it. Screening does not count: the questions are still being asked.
    Hold,
}

/// A place that can be held or booked as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The place, with all that it would occupy.
    pub slot: Slot,
    /// Whether the room has bars that are sound for the whole session.
    pub bars: bool,
    /// The credential that entitles the therapist to it; the first, if the
    /// service asks for several.
    pub credential: Option<CredentialId>,
    /// Why it stands where it does; none where every combination was asked for.
    pub why: Option<Why>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The proposals, in order.
    pub proposals: Vec<Proposal>,
    /// When there are none: the first one after the window, within the booking
    /// horizon.
    pub next: Option<Proposal>,
    /// With a client: what screening says at the first proposal (or next one), or
    /// else at the window's beginning.
    pub screening: Option<Screening>,
}

/// Searches for places to book. Refused when something is named that does not
/// exist, or when the window or the limit is beyond bounds.
pub fn search(clinic: &Clinic, query: &Query, now: Timestamp) -> Result<Found, Refusal> {
    check(query)?;
    let live = clinic.without_expired(now);
    let clinic = &*live;
    check_ids(clinic, query)?;
    let mut walks = walks(clinic, query)?;
    let earliest = query.from.max(Cell::containing(now));
    let mut proposals = Vec::with_capacity(query.limit.min(32));
    let several = walks.len() > 1;
    for walk in &mut walks {
        let latest = query.until.min(horizon(clinic, walk.zone(), now));
        walk.collect(earliest, latest, query.limit, &mut proposals);
    }
    if several {
        // Stable, and each site's are in order.
        proposals.sort_by_key(Walk::order);
        proposals.truncate(query.limit);
    }
    if let Some(first) = proposals.first().map(|first| first.slot.start()) {
        for proposal in proposals
            .iter_mut()
            .take_while(|proposal| proposal.slot.start() == first)
        {
            if let Some(why) = &mut proposal.why {
                why.earliest = true;
            }
        }
    }
    let next = if proposals.is_empty() && query.limit > 0 {
        next_available(clinic, &mut walks, query.until.max(earliest), now)
    } else {
        None
    };
    let screening = query.client.and_then(|client| {
        let walk = walks.first()?;
        let place = proposals.first().or(next.as_ref());
        let at = place.map_or(earliest, |place| place.slot.start());
        Some(walk.screen(client, at.timestamp()))
    });
    Ok(Found {
        proposals,
        next,
        screening,
    })
}

/// Searches for places to book. While questions of the client are open none can be booked, but one can be held: then
/// those are what is answered. For a client who is excluded for a time first, they are those from the eligible date on.
pub fn offer(clinic: &Clinic, query: &Query, now: Timestamp) -> Result<Found, Refusal> {
    let found = search(clinic, query, now)?;
    if query.purpose == Purpose::Hold || !found.proposals.is_empty() || found.next.is_some() {
        return Ok(found);
    }
    let Some(from) = open_from(clinic, query, found.screening.as_ref()) else {
        return Ok(found);
    };
    let from = query.from.max(from);
    let to_hold = Query {
        from,
        until: query.until.max(from.plus_cells(1)),
        purpose: Purpose::Hold,
        ..query.clone()
    };
    let mut held = search(clinic, &to_hold, now)?;
    if query.until <= from {
        // Eligible only after the window, which therefore has none: what there is comes next.
        held.next = held.proposals.drain(..).next().or(held.next);
    }
    Ok(held)
}

/// From when on nothing but open questions stands in a client's way, as far as screening goes: at once, or from the
/// eligible date on. None when they are excluded for good, or nothing is open.
fn open_from(clinic: &Clinic, query: &Query, screening: Option<&Screening>) -> Option<Cell> {
    let screening = screening?;
    match screening.outcome {
        Outcome::Incomplete { .. } => Some(query.from),
        Outcome::ExcludedUntil(eligible) => {
            let site = match query.sites.first() {
                Some(&site) => clinic.site(site),
                None => clinic.sites().next(),
            }?;
            let service = clinic.service(query.service)?;
            let at = eligible.instant(&site.zone);
            let then = rules::screen(clinic, query.client?, service, site, at);
            matches!(then.outcome, Outcome::Incomplete { .. }).then(|| Cell::at_or_after(at))
        }
        Outcome::Clear | Outcome::NeedsReview | Outcome::Excluded => None,
    }
}

/// The first place after a window that has none.
fn next_available(
    clinic: &Clinic,
    walks: &mut [Walk<'_>],
    from: Cell,
    now: Timestamp,
) -> Option<Proposal> {
    let mut best: Option<Proposal> = None;
    let mut one = Vec::with_capacity(1);
    for walk in walks {
        let horizon = horizon(clinic, walk.zone(), now);
        let latest = best
            .as_ref()
            .map_or(horizon, |best| best.slot.start().min(horizon));
        walk.collect(from, latest, 1, &mut one);
        best = one.pop().or(best);
    }
    best
}

/// The first cell that is too far ahead to be booked at a site.
pub fn horizon(clinic: &Clinic, zone: &Zone, now: Timestamp) -> Cell {
    crate::time::horizon(zone, now, clinic.policy().horizon_days).plus_cells(1)
}

/// Settles room and therapist of a wish, in the order of assignment. Whatever the
/// wish names must exist. Whether its start is past or too far ahead is not judged.
pub fn choose(
    clinic: &Clinic,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
) -> Result<Proposal, NoPlace> {
    let query = Query::of_wish(wish, purpose, except);
    let none = NoPlace {
        nearest: None,
        faults: Vec::new(),
    };
    let Ok(mut walk) = Walk::new(clinic, &query, wish.site) else {
        return Err(none);
    };
    first_of(&mut walk, wish).ok_or_else(|| Explanation::of_walk(&walk, wish.start).nearest())
}

/// As [`choose`], for whoever does not ask why there is none.
pub(crate) fn first(
    clinic: &Clinic,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
) -> Option<Proposal> {
    let query = Query::of_wish(wish, purpose, except);
    first_of(&mut Walk::new(clinic, &query, wish.site).ok()?, wish)
}

/// The best place at a wish's start.
fn first_of(walk: &mut Walk<'_>, wish: &Wish) -> Option<Proposal> {
    let mut one = Vec::with_capacity(1);
    walk.collect(wish.start, wish.start.plus_cells(1), 1, &mut one);
    one.pop()
}

/// Up to `count` places that can be booked instead of a wish, nearest in time
/// first, with the wish's therapist where possible: on the same local date if it
/// has enough, and on later ones. A client who is excluded for longer than that is
/// offered places from the first eligible date on.
pub fn nearest(
    clinic: &Clinic,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
    now: Timestamp,
    count: usize,
) -> Vec<Proposal> {
    let query = Query {
        room: None,
        therapist: None,
        prefer: wish.therapist,
        ..Query::of_wish(wish, purpose, except)
    };
    let live = clinic.without_expired(now);
    let clinic = &*live;
    let Ok(mut walk) = Walk::new(clinic, &query, wish.site) else {
        return Vec::new();
    };
    let zone = walk.zone();
    let earliest = Cell::containing(now);
    let latest = horizon(clinic, zone, now);
    let Some(day) = zone.day(zone.date(wish.start.max(earliest))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // The wish's own start may lie off the grid.
    walk.collect(
        wish.start.max(earliest),
        wish.start.plus_cells(1).min(latest),
        1,
        &mut found,
    );
    walk.use_grid(clinic.policy().grid);
    let reached = collect_days(
        &mut walk,
        day.start().max(earliest),
        latest,
        count,
        &mut found,
    );
    let eligible = walk
        .client
        .as_ref()
        .and_then(|client| client.eligible(wish.start, zone));
    if let Some(eligible) = eligible.filter(|_| found.len() < count) {
        // The days looked at already may have ended on the eligible one.
        collect_days(&mut walk, eligible.max(reached), latest, count, &mut found);
    }
    let distance = |proposal: &Proposal| {
        let start = proposal.slot.start();
        (start.since(wish.start).max(wish.start.since(start)), start)
    };
    found.sort_by_key(distance);
    found.dedup_by_key(|proposal| proposal.slot.start());
    found.truncate(count);
    found
}

/// Adds every place of a local date from `from` on, and those of the days that follow
/// until there are `count` or a month has passed. Answers from where on nothing was
/// looked at.
fn collect_days(
    walk: &mut Walk<'_>,
    mut from: Cell,
    latest: Cell,
    count: usize,
    found: &mut Vec<Proposal>,
) -> Cell {
    for _ in 0..=limits::SEARCH_DAYS {
        let day = walk.zone().day(walk.zone().date(from));
        let until = day.map_or(latest, Interval::end).min(latest);
        walk.collect(from, until, usize::MAX, found);
        from = until;
        if found.len() >= count || from >= latest {
            break;
        }
    }
    from
}

impl Query {
    /// The search for a wish's one start.
    pub(crate) fn of_wish(wish: &Wish, purpose: Purpose, except: Option<Occupant>) -> Self {
        Self {
            sites: vec![wish.site],
            service: wish.service,
            extensions: wish.extensions.clone(),
            client: wish.client,
            therapist: wish.therapist,
            prefer: None,
            room: wish.room,
            from: wish.start,
            until: wish.start.plus_cells(1),
            grid: Minutes::new(crate::time::CELL_MINUTES),
            limit: 1,
            answer: Answer::BestPerStart,
            purpose,
            except,
        }
    }
}

fn check(query: &Query) -> Result<(), Refusal> {
    let mut violations = Vec::new();
    let mut expect = |holds: bool, field: &str, expected: String| {
        if !holds {
            violations.push(Violation {
                field: field.to_owned(),
                expected,
            });
        }
    };
    let days = limits::SEARCH_DAYS;
    // A day of 25 hours may be among them.
    let longest = u32::from(days) * 24 * 12 + 12;
    expect(
        query.from < query.until,
        "until",
        "later than `from`".to_owned(),
    );
    expect(
        query.until.since(query.from) <= longest,
        "until",
        format!("at most {days} days after `from`"),
    );
    let on_grid = |grid: Minutes| (5..=60).contains(&grid.get());
    expect(
        query.grid.is_none_or(on_grid),
        "grid",
        "5 to 60 minutes".to_owned(),
    );
    let most = limits::EXTENSIONS_BOOKED;
    expect(
        query.extensions.len() <= most,
        "extensions",
        format!("at most {most}"),
    );
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(violations))
    }
}

/// Refuses what names a client, a room or a therapist that does not exist.
pub(crate) fn check_ids(clinic: &Clinic, query: &Query) -> Result<(), Refusal> {
    let client = query
        .client
        .filter(|&id| clinic.client(id).is_none())
        .map(RecordId::Client);
    let room = query
        .room
        .filter(|&id| clinic.room(id).is_none())
        .map(RecordId::Room);
    let therapist = [query.therapist, query.prefer]
        .into_iter()
        .flatten()
        .find(|&id| clinic.therapist(id).is_none())
        .map(RecordId::Therapist);
    match client.or(room).or(therapist) {
        Some(what) => Err(Refusal::NotFound { what }),
        None => Ok(()),
    }
}

/// One walk for each site asked for.
fn walks<'a>(clinic: &'a Clinic, query: &'a Query) -> Result<Vec<Walk<'a>>, Refusal> {
    if query.sites.is_empty() {
        return clinic
            .sites()
            .map(|site| Walk::new(clinic, query, site.id))
            .collect();
    }
    query
        .sites
        .iter()
        .map(|&site| Walk::new(clinic, query, site))
        .collect()
}
