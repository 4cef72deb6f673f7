//! Why a start is not offered: everything that stands against it, by name.
//!
//! The reasons are the rules' own [`Fault`]s. Those of a room do not depend on the
//! therapist nor the other way round, so they are told apart: a start can be booked
//! when nothing stands against it as such, and some room and some therapist have
//! nothing against them.

use jiff::Timestamp;

use crate::availability::{self, Purpose, Query, Walk};
use crate::clinic::Clinic;
use crate::id::{RoomId, TherapistId};
use crate::model::{Fault, Occupant, Retired, Wish};
use crate::refusal::Refusal;
use crate::time::Cell;

#[cfg(test)]
mod tests;

/// What stands against a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong with the time itself.
    pub time: Option<TimeFault>,
    /// What stands against the start in whatever room and with whomever: the
    /// service, the site's hours, the client. In order of precedence.
    pub common: Vec<Fault>,
    /// What stands against each room that was asked about, by id.
    pub rooms: Vec<(RoomId, Vec<Fault>)>,
    /// What stands against each therapist who was asked about, by id.
    pub therapists: Vec<(TherapistId, Vec<Fault>)>,
}

/// Why a time can not be booked, whatever is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFault {
    /// It is past.
    Past {
        /// The earliest possible start: the present cell.
        earliest: Cell,
    },
    /// It lies beyond the booking horizon.
    TooFarAhead {
        /// The first start that is too far ahead.
        horizon: Cell,
    },
}

/// Why no place could be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlace {
    /// The room and therapist that the faults are about: those that were asked
    /// for, or the ones that came nearest. None when the site has none at all.
    pub nearest: Option<(RoomId, TherapistId)>,
    /// What stands against them, in order of precedence.
    pub faults: Vec<Fault>,
}

/// Explains why a wish can or can not be booked. Refused when something is named
/// that does not exist.
pub fn explain(
    clinic: &Clinic,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
    now: Timestamp,
) -> Result<Explanation, Refusal> {
    let query = Query::of_wish(wish, purpose, except);
    let live = clinic.without_expired(now);
    let clinic = &*live;
    availability::check_ids(clinic, &query)?;
    let walk = Walk::new(clinic, &query, wish.site)?;
    let mut explanation = Explanation::of_walk(&walk, wish.start);
    let earliest = Cell::containing(now);
    let horizon = availability::horizon(clinic, &walk.site.zone, now);
    explanation.time = if wish.start < earliest {
        Some(TimeFault::Past { earliest })
    } else if wish.start >= horizon {
        Some(TimeFault::TooFarAhead { horizon })
    } else {
        None
    };
    Ok(explanation)
}

impl Explanation {
    /// What stands against a start, the time itself left out.
    pub(crate) fn of_walk(walk: &Walk<'_>, start: Cell) -> Self {
        let mut common = Vec::new();
        if walk.demand.service.retired {
            common.push(Fault::Retired(Retired::Service));
        }
        walk.hours().faults(start, &mut common);
        if let Some(client) = &walk.client {
            client.faults(start, &mut common);
        }
        common.sort_by_key(Fault::precedence);
        let rooms = walk.rooms_asked().map(|room| {
            let faults = sorted(|faults| walk.room_rule(room).faults(start, faults));
            (room.id, faults)
        });
        let therapists = walk.therapists_asked().map(|therapist| {
            let faults = sorted(|faults| walk.therapist_rule(therapist).faults(start, faults));
            (therapist.id, faults)
        });
        Self {
            time: None,
            common,
            rooms: rooms.collect(),
            therapists: therapists.collect(),
        }
    }

    /// Whether the start can be booked.
    pub fn is_available(&self) -> bool {
        self.time.is_none()
            && self.common.is_empty()
            && self.rooms.iter().any(|(_, faults)| faults.is_empty())
            && self.therapists.iter().any(|(_, faults)| faults.is_empty())
    }

    /// The room and the therapist that come nearest to serving, and what stands
    /// against the start with them.
    pub(crate) fn nearest(self) -> NoPlace {
        let mut faults = self.common;
        let room = nearest(self.rooms);
        let therapist = nearest(self.therapists);
        let nearest = room
            .as_ref()
            .zip(therapist.as_ref())
            .map(|(room, by)| (room.0, by.0));
        faults.extend(room.into_iter().flat_map(|(_, faults)| faults));
        faults.extend(therapist.into_iter().flat_map(|(_, faults)| faults));
        faults.sort_by_key(Fault::precedence);
        NoPlace { nearest, faults }
    }
}

/// The candidate whose worst fault would pass soonest; of several the one with
/// the fewest faults, then the first.
fn nearest<T>(candidates: Vec<(T, Vec<Fault>)>) -> Option<(T, Vec<Fault>)> {
    candidates.into_iter().min_by_key(|(_, faults)| {
        // Precedence runs from what lasts longest to what passes soonest.
        let worst = faults
            .first()
            .map(|fault| std::cmp::Reverse(fault.precedence()));
        (worst, faults.len())
    })
}

fn sorted(add: impl FnOnce(&mut Vec<Fault>)) -> Vec<Fault> {
    let mut faults = Vec::new();
    add(&mut faults);
    faults.sort_by_key(Fault::precedence);
    faults
}
