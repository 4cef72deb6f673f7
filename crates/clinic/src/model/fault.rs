use jiff::civil::Date;

use super::equipment::EquipmentSet;
use super::screening::Screening;
use super::slot::Occupant;
use crate::id::{AppointmentId, CredentialId, ItemId, OutageId, RoomId, SiteId, TherapistId};
use crate::time::{Cell, Minutes};

/// Something that stands against a slot. The rules find these; a booking is refused with them, an
/// appointment that becomes unsound is flagged with them.
///
/// The variants are in order of precedence: what lasts longest comes first, and names the refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service, the room or the therapist is retired.
    Retired(Retired),
    /// The room has none of the equipment sets that the service accepts, even with sound support.
    LacksEquipment {
        /// The room.
        room: RoomId,
        /// What it has.
        has: EquipmentSet,
    },
    /// The therapist does not hold a credential that the service needs, valid on the day.
    Credential {
        /// The therapist.
        therapist: TherapistId,
        /// The kind of credential.
        kind: CredentialId,
        /// What is wrong with it.
        fault: CredentialFault,
    },
    /// The site is not open for all of the session.
    Closed {
        /// The site.
        site: SiteId,
        /// The local date.
        date: Date,
    },
    /// The therapist is not on shift at the site for all of the session.
    OffShift {
        /// The therapist.
        therapist: TherapistId,
        /// The site.
        site: SiteId,
    },
    /// The whole room is out of service.
    RoomOut {
        /// The room.
        room: RoomId,
        /// The outage.
        outage: OutageId,
        /// Until when, if that is known.
        until: Option<Cell>,
    },
    /// The service needs bars, and the room's are not sound.
    BarsUnsound {
        /// The room.
        room: RoomId,
        /// Why not.
        fault: BarsFault,
    },
    /// The client's screening is not clear. Its reasons are health information.
    Screening(Box<Screening>),
    /// The room is taken.
    RoomTaken {
        /// The room.
        room: RoomId,
        /// What takes it.
        by: Occupant,
    },
    /// The therapist is taken.
    TherapistTaken {
        /// The therapist.
        therapist: TherapistId,
        /// What takes the therapist.
        by: Occupant,
    },
    /// The therapist would not have the time to come from, or to go to, another site.
    Travel {
        /// The therapist.
        therapist: TherapistId,
        /// The work at the other site.
        by: Occupant,
        /// The time needed between the sites.
        gap: Minutes,
    },
    /// The client is elsewhere at that time.
    ClientTaken {
        /// What takes the client.
        by: Occupant,
    },
}

/// What is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retired {
    /// The service.
    Service,
    /// The room.
    Room,
    /// The therapist.
    Therapist,
}

/// What is wrong with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// The therapist has none of the kind.
    Missing,
    /// It was valid until and including this date.
    Expired(Date),
}

/// Why a room's bars are not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarsFault {
    /// They have no passed inspection.
    NeverInspected,
    /// Their inspection is no longer good, from this date on.
    InspectionLapsed(Date),
    /// The inspection that would be good lies after the session.
    InspectedLater(Date),
    /// They are out of service.
    Outage(OutageId),
}

impl Fault {
    /// Where the fault stands in the order of precedence; the lowest names the refusal.
    pub const fn precedence(&self) -> u8 {
        match self {
            Self::Retired(_) => 0,
            Self::LacksEquipment { .. } => 1,
            Self::Credential { .. } => 2,
            Self::Closed { .. } => 3,
            Self::OffShift { .. } => 4,
            Self::RoomOut { .. } => 5,
            Self::BarsUnsound { .. } => 6,
            Self::Screening(_) => 7,
            Self::RoomTaken { .. } => 8,
            Self::TherapistTaken { .. } => 9,
            Self::Travel { .. } => 10,
            Self::ClientTaken { .. } => 11,
        }
    }

    /// The stable code of the refusal that the fault leads to.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Retired(_) => "RETIRED",
            Self::LacksEquipment { .. } => "ROOM_LACKS_EQUIPMENT",
            Self::Credential { .. } => "NO_CREDENTIAL",
            Self::Closed { .. } => "SITE_CLOSED",
            Self::OffShift { .. } => "OFF_SHIFT",
            Self::RoomOut { .. } => "ROOM_OUT",
            Self::BarsUnsound { .. } => "BARS_UNSOUND",
            Self::Screening(screening) => screening.outcome.kind().reason(),
            Self::RoomTaken { .. } => "ROOM_TAKEN",
            Self::TherapistTaken { .. } => "THERAPIST_TAKEN",
            Self::Travel { .. } => "TRAVEL_GAP",
            Self::ClientTaken { .. } => "CLIENT_TAKEN",
        }
    }

    /// What clashes, if the fault is a clash.
    pub const fn clash(&self) -> Option<Occupant> {
        match self {
            Self::RoomTaken { by, .. }
            | Self::TherapistTaken { by, .. }
            | Self::Travel { by, .. }
            | Self::ClientTaken { by } => Some(*by),
            _ => None,
        }
    }

    /// The same fault as seen from the other side of a clash.
    #[must_use]
    pub(crate) fn with_clash(mut self, other: Occupant) -> Self {
        if let Self::RoomTaken { by, .. }
        | Self::TherapistTaken { by, .. }
        | Self::Travel { by, .. }
        | Self::ClientTaken { by } = &mut self
        {
            *by = other;
        }
        self
    }
}

/// Something that keeps a session from being started now.
///
/// Check-in reports them, starting is refused with them. In order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// It is too early.
    TooEarly {
        /// The first cell in which it may start.
        earliest: Cell,
    },
    /// Another session is still going on in the room.
    RoomInSession {
        /// Whose.
        appointment: AppointmentId,
    },
    /// The therapist is still in another session.
    TherapistInSession {
        /// In which.
        appointment: AppointmentId,
    },
    /// The room's checklist is not done.
    RoomInTurnover {
        /// After which appointment.
        appointment: AppointmentId,
        /// What is left to do.
        left: Vec<ItemId>,
    },
    /// The therapist has not attested foot care on the day.
    FootCare {
        /// The therapist.
        therapist: TherapistId,
        /// The local date.
        date: Date,
    },
    /// A rule stands against it, judged now.
    Fault(Fault),
    /// The client was not asked whether anything has changed since the oldest of the answers was given.
    NotReconfirmed {
        /// The local date on which that was.
        since: Date,
    },
    /// The screening needs a therapist's review, which nobody has made on this declaration.
    ReviewNeeded(Box<Screening>),
    /// A therapist reviewed the screening and declined.
    ReviewDeclined,
}

impl Blocker {
    /// The stable code of the refusal that the blocker leads to.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooEarly { .. } => "TOO_EARLY",
            Self::RoomInSession { .. } => "ROOM_IN_SESSION",
            Self::TherapistInSession { .. } => "THERAPIST_IN_SESSION",
            Self::RoomInTurnover { .. } => "ROOM_IN_TURNOVER",
            Self::FootCare { .. } => "FOOT_CARE_NOT_ATTESTED",
            Self::Fault(fault) => fault.reason(),
            Self::NotReconfirmed { .. } => "NOT_RECONFIRMED",
            Self::ReviewNeeded(_) => "REVIEW_NEEDED",
            Self::ReviewDeclined => "REVIEW_DECLINED",
        }
    }
}
