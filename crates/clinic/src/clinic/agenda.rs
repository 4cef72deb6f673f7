use imbl::OrdMap;

use crate::id::SiteId;
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

/// What occupies one room or one therapist, by its start. Entries overlap only where one is an appointment
/// and the other the hold that would move it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agenda(OrdMap<(Cell, Occupant), (Cell, SiteId)>);

impl Agenda {
    pub(super) fn insert(&mut self, time: Interval, by: Occupant, site: SiteId) {
        self.0.insert((time.start(), by), (time.end(), site));
    }

    pub(super) fn remove(&mut self, time: Interval, by: Occupant) {
        self.0.remove(&(time.start(), by));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries that overlap `window`, in order.
    pub(super) fn within(&self, window: Interval) -> impl Iterator<Item = Entry> + '_ {
        self.with_sites(window).map(|(entry, _)| entry)
    }

    /// The times at one site that overlap `window`, in order.
    pub(super) fn at_site(
        &self,
        site: SiteId,
        window: Interval,
    ) -> impl Iterator<Item = Interval> + '_ {
        let here = self.with_sites(window).filter(move |(_, at)| *at == site);
        here.map(|(entry, _)| entry.time)
    }

    fn with_sites(&self, window: Interval) -> impl Iterator<Item = (Entry, SiteId)> + '_ {
        let from = (window.start(), Occupant::FIRST);
        let entry = |(&(start, by), &(end, site)): (&(Cell, Occupant), &(Cell, SiteId))| {
            let time = Interval::new(start, end)?;
            Some((Entry { time, by }, site))
        };
        // At most two began before it and reach into it: the two of one party.
        let mut before = self.0.range(..from).rev().take(2).filter_map(entry);
        let mut reaching = [before.next(), before.next()];
        reaching.reverse();
        let reaching = reaching.into_iter().flatten();
        let reaching = reaching.filter(move |(entry, _)| window.start() < entry.time.end());
        let inside = self.0.range(from..(window.end(), Occupant::FIRST));
        reaching.chain(inside.filter_map(entry))
    }
}
