use jiff::Timestamp;
use jiff::civil::Date;

use super::appointment::Phase;
use super::room::Inspection;
use super::service::Modality;
use super::turnover::{Done, TurnoverItem};
use crate::id::{AppointmentId, InspectionId, KeyId, OutageId, RoomId, SiteId, TherapistId};

/// What was done for hygiene around one session: by its therapist, and in its room afterwards.
///
/// It comes into being with the first thing that is recorded, and goes only when that is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hygiene {
    /// The session, whose id is also the record's.
    pub appointment: AppointmentId,
    /// The site.
    pub site: SiteId,
    /// The room.
    pub room: RoomId,
    /// The therapist.
    pub therapist: TherapistId,
    /// What the therapist did for themselves, each thing at most once, in order.
    pub own: Vec<OwnDone>,
    /// How the room was made ready, once it was.
    pub turnover: Option<FinishedTurnover>,
}

/// One of the therapist's own things, done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnDone {
    /// What.
    pub item: OwnItem,
    /// Who recorded it, and when.
    pub done: Done,
}

/// What a therapist does for themselves around a session, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnItem {
    /// Feet, or hands, washed before the session.
    WashedBefore,
    /// Fresh sockettes put on before treatment begins.
    SockettesOn,
    /// Sockettes put back on before leaving the room, so that bare feet never touch the floor.
    SockettesBackOn,
    /// Feet, or hands, washed after the session.
    WashedAfter,
}

impl OwnItem {
    /// What is to be done around a session of this kind: feet and sockettes where the therapist works
    /// barefoot, else hands.
    pub const fn of(modality: Modality) -> &'static [Self] {
        if modality.is_barefoot() {
            &[
                Self::WashedBefore,
                Self::SockettesOn,
                Self::SockettesBackOn,
                Self::WashedAfter,
            ]
        } else {
            &[Self::WashedBefore, Self::WashedAfter]
        }
    }

    /// Whether a session in this phase has come to where it is done.
    pub const fn has_come(self, phase: Phase) -> bool {
        match self {
            Self::WashedBefore | Self::SockettesOn => {
                matches!(phase, Phase::Arrived | Phase::InSession | Phase::Completed)
            }
            Self::SockettesBackOn => matches!(phase, Phase::InSession | Phase::Completed),
            Self::WashedAfter => matches!(phase, Phase::Completed),
        }
    }

    /// Whether a session in this phase should have it behind it: what precedes the session once that goes on, the
    /// rest once it is over.
    const fn is_due(self, phase: Phase) -> bool {
        match self {
            Self::WashedBefore | Self::SockettesOn => {
                matches!(phase, Phase::InSession | Phase::Completed)
            }
            Self::SockettesBackOn | Self::WashedAfter => matches!(phase, Phase::Completed),
        }
    }

    /// What a session of this kind, in this phase, has come to and nobody has recorded.
    pub fn open(modality: Modality, phase: Phase, done: &[OwnDone]) -> impl Iterator<Item = Self> {
        Self::not_in(done, modality).filter(move |item| item.has_come(phase))
    }

    /// What should have been done by now around a session of this kind, in this phase, and nobody has recorded.
    pub fn missing(
        modality: Modality,
        phase: Phase,
        done: &[OwnDone],
    ) -> impl Iterator<Item = Self> {
        Self::not_in(done, modality).filter(move |item| item.is_due(phase))
    }

    fn not_in(done: &[OwnDone], modality: Modality) -> impl Iterator<Item = Self> {
        let all = Self::of(modality).iter().copied();
        all.filter(|&item| done.iter().all(|own| own.item != item))
    }
}

/// How a room was made ready after a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedTurnover {
    /// When the session ended.
    pub since: Timestamp,
    /// When the room should have been ready.
    pub due: Timestamp,
    /// When it was.
    pub finished: Timestamp,
    /// The checklist, every item done.
    pub items: Vec<TurnoverItem>,
}

impl FinishedTurnover {
    /// Whether the room was ready later than it should have been.
    pub fn is_late(&self) -> bool {
        self.due < self.finished
    }
}

/// An inspection of a room's overhead support. Inspections are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportInspection {
    /// The inspection's id.
    pub id: InspectionId,
    /// The site of the room.
    pub site: SiteId,
    /// The room.
    pub room: RoomId,
    /// The local date on which it was made.
    pub date: Date,
    /// Who inspected.
    pub inspector: String,
    /// What was found.
    pub finding: Finding,
    /// What the inspector noted, or empty.
    pub note: String,
    /// Who recorded it.
    pub by: KeyId,
    /// When it was recorded.
    pub at: Timestamp,
}

impl SupportInspection {
    /// What it says of a room, if it passed.
    pub const fn passed(&self) -> Option<Inspection> {
        match self.finding {
            Finding::Passed { months } => Some(Inspection {
                passed: self.date,
                months,
            }),
            Finding::Failed { .. } => None,
        }
    }
}

/// What an inspection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The support is sound.
    Passed {
        /// For how many months it is good, 1 to 120.
        months: u16,
    },
    /// It is not.
    Failed {
        /// The outage that it opened, or found open. None when a later inspection had passed already.
        outage: Option<OutageId>,
    },
}
