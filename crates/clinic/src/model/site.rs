use jiff::civil::{Date, Time, Weekday};

use crate::id::SiteId;
use crate::time::{Interval, Zone};

/// One address of the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The site's id.
    pub id: SiteId,
    /// The name that people see.
    pub name: String,
    /// The postal address, printed on receipts.
    pub address: String,
    /// The site's telephone number, or empty.
    pub phone: String,
    /// The zone in which the site's dates and times of day are meant.
    pub zone: Zone,
    /// The weekly opening hours.
    pub hours: WeekHours,
    /// Dates on which the site stays closed, whatever the weekly hours say.
    pub closures: Vec<Closure>,
}

impl Site {
    /// The intervals in which the site is open on one local date, in order.
    pub fn openings(&self, date: Date) -> impl Iterator<Item = Interval> + '_ {
        let closed = self.closures.iter().any(|closure| closure.covers(date));
        let hours = if closed {
            &[]
        } else {
            self.hours.on(date.weekday())
        };
        hours
            .iter()
            .filter_map(move |opening| self.zone.between(date, opening.opens, opening.closes))
    }
}

/// Opening hours for each day of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeekHours([Vec<Opening>; 7]);

impl WeekHours {
    /// The same hours on every day of the week.
    pub fn daily(opening: Opening) -> Self {
        Self(std::array::from_fn(|_| vec![opening]))
    }

    /// The hours of one day of the week, in order; empty when closed.
    pub fn on(&self, day: Weekday) -> &[Opening] {
        &self.0[Self::index(day)]
    }

    /// Replaces the hours of one day of the week.
    pub fn set(&mut self, day: Weekday, openings: Vec<Opening>) {
        self.0[Self::index(day)] = openings;
    }

    fn index(day: Weekday) -> usize {
        usize::try_from(day.to_monday_zero_offset()).expect("a weekday's offset is 0 to 6")
    }
}

/// One stretch of opening hours within a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// When the site opens.
    pub opens: Time,
    /// When the site closes, later than `opens`; midnight means the end of the day.
    pub closes: Time,
}

/// A stretch of dates on which a site stays closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The first closed date.
    pub first: Date,
    /// The last closed date, not before `first`.
    pub last: Date,
    /// Why, for people.
    pub reason: String,
}

impl Closure {
    /// Whether the site is closed on `date` by this closure.
    pub fn covers(&self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }
}
