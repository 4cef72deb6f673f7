//! What has become late: sessions past their planned end, and turnovers past their due time.
//!
//! Nothing is changed by that, and no commit tells of it: whoever shows the floor sees it by the clock. The
//! log says it once, when it happens, by room and appointment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::{AppointmentId, RoomId};
use treadwell_clinic::rooms::{self, RoomState};

/// What was late when it was looked at last.
#[derive(Debug, Default)]
pub(super) struct Late(BTreeMap<RoomId, (AppointmentId, What)>);

/// What is late in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Session,
    Turnover,
}

impl Late {
    /// Looks at the rooms that are in use, and says what has become late in them since the last time.
    pub(super) fn look(&mut self, clinic: &Clinic, now: Timestamp) {
        let in_session = clinic.sessions().map(|session| session.slot.room);
        let in_turnover = clinic.turnovers().map(|turnover| turnover.room);
        let late: BTreeMap<_, _> = in_session
            .chain(in_turnover)
            .filter_map(|room| Some((room, late_in(clinic, room, now)?)))
            .collect();
        for (room, found) in &late {
            if self.0.get(room) == Some(found) {
                continue;
            }
            let (appointment, what) = found;
            match what {
                What::Session => tracing::warn!(%room, %appointment, "a session is over its time"),
                What::Turnover => tracing::warn!(%room, %appointment, "a turnover is overdue"),
            }
        }
        self.0 = late;
    }
}

fn late_in(clinic: &Clinic, room: RoomId, now: Timestamp) -> Option<(AppointmentId, What)> {
    match rooms::state(clinic, clinic.room(room)?, now) {
        RoomState::Over(appointment) => Some((appointment, What::Session)),
        RoomState::Turnover {
            appointment,
            late: true,
            ..
        } => Some((appointment, What::Turnover)),
        _ => None,
    }
}
