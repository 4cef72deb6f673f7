use thiserror::Error;

use crate::id::{AppointmentId, OutageId, RoomId, SiteId, StockItemId};

/// Why something about stock or hygiene is refused. In order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Upkeep {
    /// The item is washed and comes back: it is not used up.
    #[error("{item} at site {site} is counted, not consumed")]
    NotConsumed {
        /// The site.
        site: SiteId,
        /// The item.
        item: StockItemId,
    },
    /// The sites count the item in different units.
    #[error("site {site} counts {item} in {unit}")]
    OtherUnit {
        /// The site that the item would go to.
        site: SiteId,
        /// The item.
        item: StockItemId,
        /// In what that site counts it.
        unit: String,
    },
    /// The site does not have as much of the item as would be taken.
    #[error("site {site} has {level} of {item}, not {wanted}")]
    StockShort {
        /// The site.
        site: SiteId,
        /// The item.
        item: StockItemId,
        /// How much is there, in units.
        level: u32,
        /// How much would be taken, in units.
        wanted: u32,
    },
    /// The site would have more of the item than can be kept.
    #[error("site {site} can not keep more than {most} of {item}")]
    StockFull {
        /// The site.
        site: SiteId,
        /// The item.
        item: StockItemId,
        /// The most that can be kept, in units.
        most: u32,
    },
    /// The room has no overhead support that could be inspected.
    #[error("room {room} has no overhead support")]
    NothingOverhead {
        /// The room.
        room: RoomId,
    },
    /// The bars failed their inspection: only one that they pass brings them back.
    #[error("outage {outage} of room {room} lasts until an inspection is passed")]
    InspectionFailed {
        /// The room.
        room: RoomId,
        /// The outage that the inspection opened.
        outage: OutageId,
    },
    /// Hygiene that belongs to a later stage of the session than it has reached, or to a session that is
    /// not held.
    #[error("appointment {appointment} has not come to that yet")]
    HygieneTooEarly {
        /// The appointment.
        appointment: AppointmentId,
    },
}

impl Upkeep {
    /// The stable code, for programs.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotConsumed { .. } => "NOT_CONSUMED",
            Self::OtherUnit { .. } => "OTHER_UNIT",
            Self::StockShort { .. } => "STOCK_SHORT",
            Self::StockFull { .. } => "STOCK_FULL",
            Self::NothingOverhead { .. } => "NOTHING_OVERHEAD",
            Self::InspectionFailed { .. } => "INSPECTION_FAILED",
            Self::HygieneTooEarly { .. } => "HYGIENE_TOO_EARLY",
        }
    }
}
