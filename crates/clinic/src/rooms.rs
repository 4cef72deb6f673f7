//! The rooms: how they are now, and which are free now or at a time.
//!
//! Two questions that must not be mixed up. [`board`] and "free now" answer from
//! what goes on: a room is *vacant* when nobody is in it, nothing is left to do in it
//! and nobody is due in it. "Free at three", "for 75 minutes" answer from the plan.

use jiff::Timestamp;

use crate::clinic::{Clinic, Entry};
use crate::id::{AppointmentId, OutageId, RoomId, SiteId};
use crate::model::{Appointment, BarsFault, Occupant, OutageTarget, RecordId, Room, Site};
use crate::refusal::Refusal;
use crate::rules::{outages_in, span, support_fault};
use crate::time::{Cell, Interval, Minutes, next_day};

#[cfg(test)]
mod tests;

/// The live state of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// Free and ready.
    Vacant,
    /// Kept for a hold, or for an appointment that is due.
    Held(Occupant),
    /// A session goes on.
    InSession(AppointmentId),
    /// A session goes on past its planned end.
    Over(AppointmentId),
    /// Being made ready after a session, until its checklist is done.
    Turnover {
        /// The session that ended.
        appointment: AppointmentId,
        /// When the room is to be ready.
        due: Timestamp,
        /// Whether that has passed.
        late: bool,
    },
    /// Out of service.
    Out(OutageId),
}

/// The state of a room's parallel bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarsState {
    /// The room has none; a rope never counts.
    None,
    /// Sound.
    Sound,
    /// Not to be used.
    Unsound(BarsFault),
}

/// A room on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStatus {
    /// The room.
    pub room: RoomId,
    /// Its site.
    pub site: SiteId,
    /// Its state.
    pub state: RoomState,
    /// Its bars.
    pub bars: BarsState,
    /// Until when the state lasts, as planned; none when it is past that, or when
    /// nothing limits it today.
    pub until: Option<Timestamp>,
    /// What follows in the room on the same local date.
    pub next: Option<Entry>,
}

/// Every room of a site that is in use, as it is at `now`, by id.
pub fn board(clinic: &Clinic, site: &Site, now: Timestamp) -> Vec<RoomStatus> {
    let live = clinic.without_expired(now);
    let clinic = &*live;
    let cell = Cell::containing(now);
    let rest = rest_of_day(site, cell);
    let closes = opening(site, cell).map(Interval::end);
    clinic
        .rooms_at(site.id)
        .filter(|room| !room.retired)
        .map(|room| {
            let state = state(clinic, room, now);
            let next = rest.and_then(|rest| {
                let mut agenda = clinic.room_agenda(room.id, rest);
                agenda.find(|entry| entry.time.start() > cell && !state.is_of(entry.by))
            });
            RoomStatus {
                room: room.id,
                site: site.id,
                state,
                bars: bars(clinic, room, site, cell),
                until: until(clinic, room, state, cell, next, closes),
                next,
            }
        })
        .collect()
}

impl RoomState {
    /// Whether the state is about this appointment or hold.
    fn is_of(self, other: Occupant) -> bool {
        match self {
            Self::Held(by) => by == other,
            Self::InSession(id)
            | Self::Over(id)
            | Self::Turnover {
                appointment: id, ..
            } => Occupant::Appointment(id) == other,
            Self::Vacant | Self::Out(_) => false,
        }
    }
}

/// The live state of a room. A session counts even in a room that is out.
pub fn state(clinic: &Clinic, room: &Room, now: Timestamp) -> RoomState {
    let cell = Cell::containing(now);
    if let Some(session) = clinic.session_in(room.id) {
        return if is_over(session, now) {
            RoomState::Over(session.id)
        } else {
            RoomState::InSession(session.id)
        };
    }
    let Some(present) = span(cell, 1) else {
        return RoomState::Vacant;
    };
    if let Some(outage) = outages_in(clinic, room, OutageTarget::Room, present).next() {
        return RoomState::Out(outage.id);
    }
    if let Some(turnover) = clinic.turnover_in(room.id) {
        return RoomState::Turnover {
            appointment: turnover.appointment,
            due: turnover.due,
            late: turnover.is_late(now),
        };
    }
    let due = clinic
        .room_agenda(room.id, present)
        .find(|entry| is_due(clinic, entry.by, cell));
    due.map_or(RoomState::Vacant, |entry| RoomState::Held(entry.by))
}

/// Whether a session goes on past its planned end, if it goes on.
pub(crate) fn is_over(session: &Appointment, now: Timestamp) -> bool {
    session.slot.planned.end().timestamp() <= now
}

/// Whether a hold or an appointment that has not started keeps its room in a cell.
/// The time planned to clean up after it does not count: nobody has been there.
fn is_due(clinic: &Clinic, by: Occupant, cell: Cell) -> bool {
    match by {
        Occupant::Hold(id) => clinic
            .hold(id)
            .is_some_and(|it| it.slot.planned.contains(cell)),
        Occupant::Appointment(id) => clinic
            .appointment(id)
            .is_some_and(|it| it.is_ahead() && it.slot.planned.contains(cell)),
    }
}

/// The state of a room's bars in a cell.
fn bars(clinic: &Clinic, room: &Room, site: &Site, cell: Cell) -> BarsState {
    let Some(present) = span(cell, 1).filter(|_| room.has_bars()) else {
        return BarsState::None;
    };
    support_fault(clinic, room, &site.zone, present).map_or(BarsState::Sound, BarsState::Unsound)
}

fn until(
    clinic: &Clinic,
    room: &Room,
    state: RoomState,
    cell: Cell,
    next: Option<Entry>,
    closes: Option<Cell>,
) -> Option<Timestamp> {
    let planned_end = |by| {
        clinic
            .slot_of(by)
            .map(|slot| slot.planned.end().timestamp())
    };
    match state {
        RoomState::Vacant => {
            let limits = [
                next.map(|entry| entry.time.start()),
                next_outage(clinic, room, cell),
                closes,
            ];
            limits.into_iter().flatten().min().map(Cell::timestamp)
        }
        RoomState::Held(by @ Occupant::Hold(id)) => {
            let expires = clinic.hold(id).map(|hold| hold.expires_at);
            expires.into_iter().chain(planned_end(by)).min()
        }
        RoomState::Held(by) => planned_end(by),
        RoomState::InSession(id) => planned_end(Occupant::Appointment(id)),
        RoomState::Over(_) => None,
        RoomState::Turnover { due, late, .. } => (!late).then_some(due),
        RoomState::Out(id) => clinic.outage(id)?.until.map(Cell::timestamp),
    }
}

/// When the next outage of the whole room begins after `cell`.
fn next_outage(clinic: &Clinic, room: &Room, cell: Cell) -> Option<Cell> {
    let later = Interval::new(cell.plus_cells(1), Cell::MAX)?;
    let outages = outages_in(clinic, room, OutageTarget::Room, later);
    outages
        .map(|outage| outage.from)
        .filter(|&from| from > cell)
        .min()
}

/// The stretch of opening hours in which a cell lies. Hours that meet are one stretch,
/// across midnight too, up to the end of the next local date.
pub fn opening(site: &Site, cell: Cell) -> Option<Interval> {
    let date = site.zone.date(cell);
    let mut open: Option<Interval> = None;
    for next in site.openings(date).chain(site.openings(next_day(date))) {
        open = match open {
            Some(open) if open.end() == next.start() => Interval::new(open.start(), next.end()),
            Some(open) if open.contains(cell) => return Some(open),
            _ => Some(next),
        };
    }
    open.filter(|open| open.contains(cell))
}

/// From a cell to the end of its local date.
fn rest_of_day(site: &Site, cell: Cell) -> Option<Interval> {
    Interval::new(cell, site.zone.day(site.zone.date(cell))?.end())
}

/// Which rooms are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeQuery {
    /// Only at these sites; empty means at every one.
    pub sites: Vec<SiteId>,
    /// When; none means now.
    pub at: Option<Cell>,
    /// Free for so long at least, within opening hours; none means for any time.
    pub minutes: Option<Minutes>,
    /// Only rooms with bars that are sound for all of that time.
    pub bars: bool,
}

/// A room that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeRoom {
    /// The room.
    pub room: RoomId,
    /// Its site.
    pub site: SiteId,
    /// Whether it has bars that are sound for all of the time asked about.
    pub bars: bool,
    /// Free until then; none when nothing follows before the site closes.
    pub until: Option<Cell>,
    /// When the site closes; none when it is closed at the time asked about.
    pub closes: Option<Cell>,
    /// How the room is now; [`RoomState::Vacant`] when a later time was asked for.
    pub state: RoomState,
}

/// Which rooms are free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeRooms {
    /// The time that is answered about.
    pub at: Cell,
    /// The free rooms, by site and id. Asked about now: the vacant ones.
    pub rooms: Vec<FreeRoom>,
    /// Asked about now: rooms that are free by plan and not vacant yet, because a
    /// session is over time or the room is in turnover.
    pub not_ready: Vec<FreeRoom>,
}

/// Which rooms are free, and until when. Refused when a site does not exist.
///
/// Now is answered from what goes on, and later times from the plan; so is for how
/// long, in both cases.
pub fn free(clinic: &Clinic, query: &FreeQuery, now: Timestamp) -> Result<FreeRooms, Refusal> {
    let live = clinic.without_expired(now);
    let clinic = &*live;
    let at = query.at.unwrap_or(Cell::containing(now));
    let mut found = FreeRooms {
        at,
        rooms: Vec::new(),
        not_ready: Vec::new(),
    };
    let sites: Vec<SiteId> = if query.sites.is_empty() {
        clinic.sites().map(|site| site.id).collect()
    } else {
        query.sites.clone()
    };
    for id in sites {
        let site = clinic.site(id).ok_or(Refusal::NotFound {
            what: RecordId::Site(id),
        })?;
        for room in clinic.rooms_at(id).filter(|room| !room.retired) {
            let state = match query.at {
                None => state(clinic, room, now),
                Some(_) => RoomState::Vacant,
            };
            let Some(free) = free_room(clinic, query, site, room, at, state) else {
                continue;
            };
            match state {
                RoomState::Vacant => found.rooms.push(free),
                RoomState::Over(_) | RoomState::Turnover { .. } => found.not_ready.push(free),
                RoomState::Held(_) | RoomState::InSession(_) | RoomState::Out(_) => {}
            }
        }
    }
    Ok(found)
}

/// The room as free at `at`; none when the plan, or what is asked, stands against
/// it. What is in the room now does not count.
fn free_room(
    clinic: &Clinic,
    query: &FreeQuery,
    site: &Site,
    room: &Room,
    at: Cell,
    state: RoomState,
) -> Option<FreeRoom> {
    let time = span(
        at,
        query.minutes.map_or(1, |minutes| minutes.cells().max(1)),
    )?;
    let open = opening(site, at);
    // A vacant room is vacant, open or closed; a time that is asked for has to be one to work in.
    let planned = query.at.is_some() || query.minutes.is_some();
    if planned && !open.is_some_and(|open| open.covers(time)) {
        return None;
    }
    let rest = Interval::new(at, Cell::MAX)?;
    let mut agenda = clinic.room_agenda(room.id, rest).filter(|entry| {
        let unused = query.at.is_none() && entry.time.contains(at) && !is_due(clinic, entry.by, at);
        !unused && !state.is_of(entry.by)
    });
    let taken = agenda.next().map(|entry| entry.time.start());
    let out = outages_in(clinic, room, OutageTarget::Room, rest)
        .map(|outage| outage.from)
        .min();
    let until = taken.into_iter().chain(out).min();
    if until.is_some_and(|until| until < time.end()) {
        return None;
    }
    let bars = room.has_bars() && support_fault(clinic, room, &site.zone, time).is_none();
    if query.bars && !bars {
        return None;
    }
    let closes = open.map(Interval::end);
    let until = until.filter(|&until| closes.is_none_or(|closes| until < closes));
    Some(FreeRoom {
        room: room.id,
        site: site.id,
        bars,
        until,
        closes,
        state,
    })
}
