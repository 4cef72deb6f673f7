//! What a site asks: that it is open for all of the session.

use super::{Demand, Frame, span};
use crate::cells::Mask;
use crate::model::{Fault, Site};
use crate::time::{Cell, next_day};

/// A site's part in the judgement.
pub(crate) struct SiteRule<'a> {
    site: &'a Site,
    session: u32,
}

impl<'a> SiteRule<'a> {
    pub(crate) fn new(demand: &Demand<'_>, site: &'a Site) -> Self {
        Self {
            site,
            session: demand.session,
        }
    }

    /// The cells at which the site is open on the frame's date, and on the next
    /// if it does not close in between.
    pub(crate) fn open(&self, frame: &Frame) -> Mask {
        let mut open = Mask::NONE;
        let mut until = frame.day.start();
        for opening in self.site.openings(frame.date) {
            open = open | frame.mask(opening);
            until = until.max(opening.end());
        }
        if until == frame.day.end() {
            for opening in self.site.openings(next_day(frame.date)) {
                open = open | frame.mask(opening);
            }
        }
        open
    }

    /// Where the site allows a session to start, given when it is open.
    pub(crate) fn starts_of(&self, frame: &Frame, open: Mask) -> Mask {
        open.starts(self.session) & frame.mask(frame.day)
    }

    /// Where the site allows a session to start.
    pub(crate) fn starts(&self, frame: &Frame) -> Mask {
        self.starts_of(frame, self.open(frame))
    }

    /// Names what stands against a start.
    pub(crate) fn faults(&self, start: Cell, faults: &mut Vec<Fault>) {
        let date = self.site.zone.date(start);
        let mut reached = start;
        let end = start.plus_cells(self.session);
        for opening in self
            .site
            .openings(date)
            .chain(self.site.openings(next_day(date)))
        {
            if opening.contains(reached) {
                reached = opening.end();
            }
        }
        if reached < end || span(start, self.session).is_none() {
            faults.push(Fault::Closed {
                site: self.site.id,
                date,
            });
        }
    }
}
