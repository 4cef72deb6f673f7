use imbl::OrdMap;

use crate::model::Occupant;
use crate::time::{Cell, Interval};

/// What occupies somebody or something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub time: Interval,
    /// By what.
    pub by: Occupant,
}

/// What occupies one room or one therapist: entries that never overlap, by their start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agenda(OrdMap<Cell, (Cell, Occupant)>);

impl Agenda {
    pub(super) fn insert(&mut self, time: Interval, by: Occupant) {
        self.0.insert(time.start(), (time.end(), by));
    }

    pub(super) fn remove(&mut self, time: Interval) {
        self.0.remove(&time.start());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries that overlap `window`, in order. At most one of them began before it.
    pub(super) fn within(&self, window: Interval) -> impl Iterator<Item = Entry> + '_ {
        let first = match self.0.get_prev(&window.start()) {
            Some((&start, &(end, _))) if window.start() < end => start,
            _ => window.start(),
        };
        self.0
            .range(first..window.end())
            .filter_map(|(&start, &(end, by))| {
                Some(Entry {
                    time: Interval::new(start, end)?,
                    by,
                })
            })
    }
}
