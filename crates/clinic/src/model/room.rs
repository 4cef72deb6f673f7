use jiff::civil::Date;

use super::equipment::{Equipment, EquipmentSet};
use super::service::ChecklistItem;
use crate::id::{RoomId, SiteId};
use crate::time::{Minutes, months_after};

/// A room at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The room's id.
    pub id: RoomId,
    /// The site the room belongs to. A room never changes its site.
    pub site: SiteId,
    /// The name that people see.
    pub name: String,
    /// What is fixed in the room, sound or not.
    pub equipment: EquipmentSet,
    /// The room's own turnover; the larger of this and the service's counts.
    pub turnover: Minutes,
    /// What is to be done in this room after every session, beside what the service lists; what both list
    /// is done once.
    pub checklist: Vec<ChecklistItem>,
    /// The last passed inspection of the overhead support, if there is any support.
    pub inspection: Option<Inspection>,
    /// Whether the room is no longer used for new work.
    pub retired: bool,
}

impl Room {
    /// Whether the room's support has a passed inspection that is good on a local date.
    pub fn is_inspected(&self, date: Date) -> bool {
        self.inspection
            .is_some_and(|inspection| inspection.is_good(date))
    }

    /// Whether anything hangs overhead that serves only while it is sound.
    pub fn has_overhead(&self) -> bool {
        SUPPORT.iter().any(|&kind| self.equipment.has(kind))
    }

    /// What serves whether that is sound or not.
    pub fn without_overhead(&self) -> EquipmentSet {
        SUPPORT
            .into_iter()
            .fold(self.equipment, EquipmentSet::without)
    }

    /// Whether the room has parallel bars, sound or not.
    pub fn has_bars(&self) -> bool {
        self.equipment.has(Equipment::ParallelBars)
    }
}

/// What of a room hangs overhead, and serves only while it is sound.
const SUPPORT: [Equipment; 2] = [Equipment::ParallelBars, Equipment::Rope];

/// A passed inspection of a room's overhead support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The local date on which it passed.
    pub passed: Date,
    /// For how many months it is good, 1 to 120.
    pub months: u16,
}

impl Inspection {
    /// The first local date on which it is no longer good.
    pub fn lapses(self) -> Date {
        months_after(self.passed, self.months)
    }

    /// Whether it is good on a local date.
    pub fn is_good(self, date: Date) -> bool {
        self.passed <= date && date < self.lapses()
    }
}
