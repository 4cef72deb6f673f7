use jiff::Timestamp;

use crate::id::{AppointmentId, ItemId, KeyId, RoomId, SiteId};

/// A room that is being made ready after a session.
///
/// It exists from the session's finish until the last item is done; a room has at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnover {
    /// The room, which is also the record's id.
    pub room: RoomId,
    /// The site of the room.
    pub site: SiteId,
    /// The appointment whose session ended.
    pub appointment: AppointmentId,
    /// When the session ended.
    pub since: Timestamp,
    /// When the room should be ready. Later than this it is late, and still in turnover.
    pub due: Timestamp,
    /// The checklist.
    pub items: Vec<TurnoverItem>,
}

impl Turnover {
    /// The items that are still to be done, in order.
    pub fn open_items(&self) -> impl Iterator<Item = ItemId> + '_ {
        self.items
            .iter()
            .filter(|item| item.done.is_none())
            .map(|item| item.id)
    }

    /// Whether it should have been done by now.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.due < now
    }

    /// Whether every item is done.
    pub fn is_done(&self) -> bool {
        self.items.iter().all(|item| item.done.is_some())
    }
}

/// An item of a room's checklist. Its text is the service's or the room's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnoverItem {
    /// The item.
    pub id: ItemId,
    /// What is to be done, as it read when the session ended.
    pub text: String,
    /// Who did it, once it is done.
    pub done: Option<Done>,
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Who.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
}
