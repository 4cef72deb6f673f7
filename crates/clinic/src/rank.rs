//! Assignment: which of the places that the rules allow is the best.
//!
//! In this order: the earliest start; the therapist whom the client prefers or
//! usually sees; the least scarce room that serves; the fewest gaps too short for
//! anything; the id. Room and therapist are chosen apart, because nothing that
//! ranks one depends on the other.

use std::collections::BTreeMap;

use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{ClientId, TherapistId};
use crate::model::{Equipment, Room, State};
use crate::time::Cell;

/// Why a therapist is put first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Favour {
    /// The client asks for them, now or always.
    Preferred,
    /// The client has completed the most visits with them.
    Usual,
}

/// How scarce a kind of room is; the least scarce one that serves is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scarcity {
    /// A foot chair and no table.
    Chair,
    /// A table, and no overhead support that could serve now.
    Plain,
    /// A table with a rope.
    Rope,
    /// A table with sound parallel bars.
    Bars,
}

impl Scarcity {
    /// That of a room whose overhead support is sound or not: while its bars are
    /// out, a bar room is nothing better than a plain one.
    pub(crate) fn of(room: &Room, sound: bool) -> Self {
        if room.has_bars() && sound {
            Self::Bars
        } else if room.equipment.has(Equipment::Rope) && sound {
            Self::Rope
        } else if room.equipment.has(Equipment::FootChair) && !room.equipment.has(Equipment::Table)
        {
            Self::Chair
        } else {
            Self::Plain
        }
    }
}

/// Why a proposal stands where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why {
    /// No other proposal starts earlier.
    pub earliest: bool,
    /// Why its therapist was put first, if they were.
    pub favour: Option<Favour>,
    /// How scarce its room is.
    pub scarcity: Scarcity,
    /// Whether a scarcer room was free too, and was spared.
    pub spares: bool,
    /// How many gaps it leaves, in the room's day and the therapist's, that are
    /// too short for the shortest service with its turnover.
    pub short_gaps: u32,
}

/// The therapist to put first: whoever is asked for, else whom the client always
/// asks for, else whom the client usually sees.
pub(crate) fn favourite(
    clinic: &Clinic,
    client: Option<ClientId>,
    asked: Option<TherapistId>,
) -> Option<(TherapistId, Favour)> {
    let preferred = || {
        client
            .and_then(|id| clinic.client(id))
            .and_then(|client| client.preferred)
    };
    if let Some(therapist) = asked.or_else(preferred) {
        return Some((therapist, Favour::Preferred));
    }
    usual(clinic, client?).map(|therapist| (therapist, Favour::Usual))
}

/// The therapist with whom a client has completed the most visits; of several the
/// one seen last.
fn usual(clinic: &Clinic, client: ClientId) -> Option<TherapistId> {
    let mut visits: BTreeMap<TherapistId, (u32, Cell)> = BTreeMap::new();
    for appointment in clinic.appointments_of(client) {
        if matches!(appointment.state, State::Completed(_)) {
            let slot = &appointment.slot;
            let (count, last) = visits.entry(slot.therapist).or_insert((0, Cell::MIN));
            *count += 1;
            *last = slot.start().max(*last);
        }
    }
    visits
        .into_iter()
        .max_by_key(|&(id, visits)| (visits, std::cmp::Reverse(id)))
        .map(|(id, _)| id)
}

/// The shortest time that any service takes up in a room, in cells: a gap shorter
/// than that is of no use.
pub(crate) fn shortest_use(clinic: &Clinic) -> u32 {
    clinic
        .services()
        .filter(|service| !service.retired)
        .map(|service| service.minutes.plus(service.turnover).cells())
        .min()
        .unwrap_or(0)
}

/// How many gaps shorter than `shortest` cells, and not empty, a use of the cells
/// `from..until` leaves of what is `free`: 0, 1 or 2.
pub(crate) fn short_gaps(free: &Mask, from: u32, until: u32, shortest: u32) -> u32 {
    let is_short = |gap: u32| u32::from(0 < gap && gap < shortest);
    is_short(free.run_before(from)) + is_short(free.run_from(until))
}
