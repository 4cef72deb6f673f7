use jiff::civil::Date;

use super::Revision;
use crate::id::{AppointmentId, RoomId, SiteId, StockItemId};
use crate::model::{OwnItem, StockKind};

/// See [`super::Command::PutStockItem`]. The fields are those of [`crate::model::StockItem`], but for
/// the level: only movements change that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutStockItem {
    /// The site.
    pub site: SiteId,
    /// The item.
    pub item: StockItemId,
    /// The name that people see.
    pub name: String,
    /// In what it is counted.
    pub unit: String,
    /// What becomes of it when it is used.
    pub kind: StockKind,
    /// Fewer than this raise an alert, in units.
    pub par: u32,
    /// Whether the site keeps it no longer.
    pub retired: bool,
    /// See [`super::Command`]. 0 asks that the site does not keep it yet.
    pub etag: Option<Revision>,
}

/// An item as a catalog brings it, with what is there to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningStock {
    /// The item.
    pub item: PutStockItem,
    /// How much is there when the site begins to keep it, in units. For an item that the site keeps
    /// already it says nothing.
    pub level: u32,
}

/// See [`super::Command::MoveStock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveStock {
    /// The site whose level changes.
    pub site: SiteId,
    /// The item, which the site has to keep.
    pub item: StockItemId,
    /// What happened to it.
    pub how: StockMove,
    /// How much, in units; at least 1.
    pub quantity: u32,
    /// Why, in words, or empty. Needed for waste.
    pub reason: String,
}

/// What can happen to stock by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockMove {
    /// It comes in.
    Receive,
    /// It is used.
    Use,
    /// It is thrown away.
    Waste,
    /// It goes to another site, which has to keep the item in the same unit.
    Transfer {
        /// Which.
        to: SiteId,
    },
}

/// See [`super::Command::TakeStock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeStock {
    /// The site.
    pub site: SiteId,
    /// What was counted, each item at most once, in units.
    pub counts: Vec<(StockItemId, u32)>,
    /// A remark, or empty.
    pub reason: String,
}

/// See [`super::Command::RecordInspection`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordInspection {
    /// The room, which has to have overhead support.
    pub room: RoomId,
    /// The local date on which it was made; not later than today.
    pub date: Date,
    /// Who inspected; not empty.
    pub inspector: String,
    /// For how many months the support is good, 1 to 120; `None` when it failed.
    pub passed: Option<u16>,
    /// What the inspector noted; not empty when it failed.
    pub note: String,
}

/// See [`super::Command::RecordOwnItems`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOwnItems {
    /// The session.
    pub appointment: AppointmentId,
    /// What was done; at least one thing.
    pub items: Vec<OwnItem>,
}
