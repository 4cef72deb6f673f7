use std::fmt;

use super::room::Room;
use super::service::Service;
use crate::id::{
    AppointmentId, ClientId, ExtensionId, HoldId, RoomId, ServiceId, SiteId, TherapistId,
};
use crate::time::{Cell, Interval, Minutes};

/// A place in the clinic's calendar: what, where, by whom, from when, and what it keeps from others.
///
/// Appointments and holds have one each, a search proposes them. Client, therapist and room are
/// occupied from the same start for different times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The service.
    pub service: ServiceId,
    /// The extensions booked with it.
    pub extensions: Box<[ExtensionId]>,
    /// The site.
    pub site: SiteId,
    /// The room, at that site.
    pub room: RoomId,
    /// The therapist.
    pub therapist: TherapistId,
    /// When the session is planned.
    pub planned: Interval,
    /// What it keeps from others, by plan.
    pub occupies: Occupancies,
}

/// When a slot occupies those who meet in it. All three begin with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancies {
    /// The client: until the planned end, or an early finish.
    pub client: Interval,
    /// The therapist: until the planned end and the service's reset.
    pub therapist: Interval,
    /// The room: until the planned end and its turnover.
    pub room: Interval,
}

impl Occupancies {
    /// What a session planned for `planned` occupies.
    pub fn after(planned: Interval, reset: Minutes, turnover: Minutes) -> Self {
        let and =
            |more| Interval::new(planned.start(), planned.end().plus(more)).unwrap_or(planned);
        Self {
            client: planned,
            therapist: and(reset),
            room: and(turnover),
        }
    }
}

impl Slot {
    /// The slot of a service in a room by a therapist, with everything that it occupies by plan.
    /// None when the service does not have one of the extensions, or at the end of time.
    pub fn plan(
        service: &Service,
        extensions: &[ExtensionId],
        room: &Room,
        therapist: TherapistId,
        start: Cell,
    ) -> Option<Self> {
        let minutes = service.minutes_with(extensions).ok()?;
        let planned = Interval::lasting(start, minutes)?;
        let turnover = service.turnover.max(room.turnover);
        Some(Self {
            service: service.id,
            extensions: extensions.into(),
            site: room.site,
            room: room.id,
            therapist,
            planned,
            occupies: Occupancies::after(planned, service.reset, turnover),
        })
    }

    /// When it begins.
    pub const fn start(&self) -> Cell {
        self.planned.start()
    }
}

/// What somebody wants booked, before a room and a therapist are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Who it is for. Without a client nothing about one is judged.
    pub client: Option<ClientId>,
    /// The service.
    pub service: ServiceId,
    /// The extensions wanted with it.
    pub extensions: Vec<ExtensionId>,
    /// The site.
    pub site: SiteId,
    /// When it shall begin.
    pub start: Cell,
    /// The room, or `None` to let the clinic choose.
    pub room: Option<RoomId>,
    /// The therapist, or `None` to let the clinic choose.
    pub therapist: Option<TherapistId>,
}

/// What occupies a client, a therapist or a room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occupant {
    /// An appointment.
    Appointment(AppointmentId),
    /// A live hold.
    Hold(HoldId),
}

impl Occupant {
    /// Not after any other, and itself none: where a range begins.
    pub(crate) const FIRST: Self = Self::Appointment(AppointmentId::new(0));
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appointment(id) => id.fmt(f),
            Self::Hold(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
