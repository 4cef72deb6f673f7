//! What stands against a slot, and against the fields of a command.

use std::fmt;

use super::reasons;
use crate::id::{RoomId, TherapistId};
use crate::model::{Fault, Occupant, Slot};

/// Why a slot can not be taken, and what could be instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRefusal {
    /// The room and therapist that the faults are about: those that were asked for, or the ones
    /// that came nearest when the clinic was to choose. None when the site has nobody to choose.
    pub nearest: Option<(RoomId, TherapistId)>,
    /// What stands against it, in order of precedence. At least one, unless `nearest` is none.
    pub faults: Vec<Fault>,
    /// The nearest slots that can be booked as they are, at most
    /// [`crate::limits::ALTERNATIVES`].
    pub alternatives: Vec<Slot>,
    /// Places of other services of the site that can be booked as they are at that time in spite of the screening,
    /// subject to a therapist's review, one a service.
    pub other_services: Vec<Slot>,
}

impl SlotRefusal {
    /// Everything that clashes, each once, in order.
    pub fn clashes(&self) -> Vec<Occupant> {
        clashes(&self.faults)
    }

    /// The stable code.
    pub fn reason(&self) -> &'static str {
        self.faults.first().map_or("NOBODY_OFFERS", Fault::reason)
    }
}

/// Everything that clashes among what stands against something, each once, in order.
pub fn clashes(faults: &[Fault]) -> Vec<Occupant> {
    let mut clashes: Vec<_> = faults.iter().filter_map(Fault::clash).collect();
    clashes.sort_unstable();
    clashes.dedup();
    clashes
}

impl fmt::Display for SlotRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearest {
            None => f.write_str("no room and therapist of the site offer the service"),
            Some((room, therapist)) => write!(
                f,
                "room {room} with therapist {therapist} can not be booked: {}",
                reasons(self.faults.iter().map(Fault::reason))
            ),
        }
    }
}

/// One thing in a command that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: the path of the field, such as `hours.monday[1].closes`.
    pub field: String,
    /// What is expected there.
    pub expected: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.expected)
    }
}
