use jiff::Timestamp;

use crate::id::{KeyId, OutageId, RoomId, SiteId};
use crate::time::{Cell, Interval};

/// What is out of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageTarget {
    /// The room as a whole.
    Room,
    /// The room's parallel bars alone; the room still takes work that needs none.
    Bars,
}

/// A time in which a room, or its bars alone, can not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The outage's id.
    pub id: OutageId,
    /// The site of the room.
    pub site: SiteId,
    /// The room.
    pub room: RoomId,
    /// What of the room.
    pub target: OutageTarget,
    /// From when on.
    pub from: Cell,
    /// Until when; `None` means all later dates.
    pub until: Option<Cell>,
    /// Why, for people.
    pub reason: String,
    /// Who reported it.
    pub opened_by: KeyId,
    /// When it was reported.
    pub opened_at: Timestamp,
    /// How it was closed, once it was; `until` is then set.
    pub closed: Option<Closing>,
}

/// How an outage was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Who closed it.
    pub by: KeyId,
    /// When it was closed.
    pub at: Timestamp,
}

impl Outage {
    /// Whether it covers any part of `time`. One that was closed before it began covers nothing.
    pub fn touches(&self, time: Interval) -> bool {
        self.within(time).is_some()
    }

    /// The cells of `window` that it covers.
    pub fn within(&self, window: Interval) -> Option<Interval> {
        let end = self.until.map_or(window.end(), |end| end.min(window.end()));
        Interval::new(self.from.max(window.start()), end)
    }
}
