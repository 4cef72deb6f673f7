use jiff::Timestamp;

use crate::id::{AppointmentId, KeyId, MovementId, SiteId, StockItemId};

/// Something that one site keeps in stock, and how much of it is there.
///
/// The level is always the sum of the item's movements, and never negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockItem {
    /// The site that keeps it.
    pub site: SiteId,
    /// The item's id, unique within its site. Several sites may keep the same item.
    pub item: StockItemId,
    /// The name that people see.
    pub name: String,
    /// In what it is counted, such as `pair` or `ml`.
    pub unit: String,
    /// What becomes of it when it is used.
    pub kind: StockKind,
    /// Fewer than this raise an alert, in units; 0 never does.
    pub par: u32,
    /// How much is there, in units.
    pub level: u32,
    /// Whether the site keeps it no longer. It raises no alert then, and its history stays.
    pub retired: bool,
}

impl StockItem {
    /// Whether there is less than there should be.
    pub const fn is_low(&self) -> bool {
        !self.retired && self.level < self.par
    }
}

/// What becomes of an item when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockKind {
    /// It is used up: sockettes, lotion, oil.
    Consumable,
    /// It is washed and comes back: towels, floor mats. Counted, and never consumed.
    Washable,
}

/// One change of a level. Movements are only ever added: a mistake is corrected by another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockMovement {
    /// The movement's id.
    pub id: MovementId,
    /// The site whose level changed.
    pub site: SiteId,
    /// The item.
    pub item: StockItemId,
    /// Why the level changed.
    pub cause: MovementCause,
    /// By how much, in units: positive for what came in. 0 for a count that was as expected, or a
    /// session that found nothing left.
    pub change: i32,
    /// The level afterwards, in units.
    pub level: u32,
    /// How much a session wanted and did not find, in units.
    pub short: u32,
    /// Why, in words, or empty.
    pub reason: String,
    /// Who did it.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
}

/// Why a level changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementCause {
    /// Goods came in.
    Receive,
    /// It was used by hand, outside of what sessions consume.
    Use,
    /// It was thrown away: broken, spilled, out of date.
    Waste,
    /// It went to another site. That site has the other half, made in the same commit.
    SentTo(SiteId),
    /// It came from another site.
    CameFrom(SiteId),
    /// A stock-take found another level, or the same.
    Count,
    /// A session consumed it.
    Session(AppointmentId),
    /// An operation was undone; this takes its movement back.
    TakenBack(MovementId),
}

/// How much of an item a session of a service consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumption {
    /// The item. A site that does not keep it consumes none.
    pub item: StockItemId,
    /// How much, in units; at least 1.
    pub quantity: u32,
}
