//! Reports: figures about days that were and days to come, by site and period.
//!
//! Each report is a function of the clinic as it is, one site and a [`Range`] of that site's local dates. It
//! gives one [`Row`] for every period of the range, or one for each thing that it counts, also where nothing was,
//! in order. Nothing is stored for
//! them: what a report can not know, because the records do not keep it, its own documentation says.
//!
//! Planned times are counted in whole cells, so that minutes are exact on days of 23 and 25 hours, too.
//! Unless a report says otherwise an appointment counts on the local date on which it is planned to start.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::clinic::Clinic;
use crate::id::SiteId;
use crate::limits;
use crate::model::{Appointment, CancelReason, Site, State};
use crate::time::{Cell, Interval, Zone, next_day};

mod attendance;
mod entitlements;
mod outcomes;
mod stock;
#[cfg(test)]
mod tests;
mod turnovers;
mod utilization;
mod waitlist;

pub use attendance::{Attendance, attendance};
pub use entitlements::{Education, Entitlement, Standing, education, entitlements};
pub use outcomes::{ScreeningOutcomes, screening_outcomes};
pub use stock::{StockUse, stock_use};
pub use turnovers::{TurnoverTimes, turnover_times};
pub use utilization::{Use, Utilization, utilization};
pub use waitlist::{WaitlistConversion, waitlist_conversion};

/// What the dates of a report are gathered into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A local date.
    Day,
    /// An ISO week, from Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

impl Period {
    /// The first date of the period in which `date` lies.
    pub fn start_of(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => {
                let since_monday = i32::from(date.weekday().to_monday_zero_offset());
                date.saturating_sub(since_monday.days())
            }
            Self::Month => date.first_of_month(),
        }
    }

    /// The first date of the period after the one that begins at `start`.
    fn after(self, start: Date) -> Date {
        let one = match self {
            Self::Day => Span::new().days(1),
            Self::Week => Span::new().weeks(1),
            Self::Month => Span::new().months(1),
        };
        start.saturating_add(one)
    }
}

/// The local dates that a report is about, and how they are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: Date,
    last: Date,
    by: Period,
}

impl Range {
    /// From `first` to `last`, both included. None when there is no such date, or when there are more than
    /// [`limits::REPORT_DAYS`].
    pub fn new(first: Date, last: Date, by: Period) -> Option<Self> {
        let latest = first.saturating_add(i32::from(limits::REPORT_DAYS - 1).days());
        (first <= last && last <= latest).then_some(Self { first, last, by })
    }

    /// How many periods, and so how many rows for each site: at least 1.
    pub fn count(&self) -> usize {
        self.periods().count()
    }

    /// The first date of each period, in order. That of the first one may lie before the range, of which no
    /// other date counts.
    fn periods(&self) -> impl Iterator<Item = Date> {
        let Self { first, last, by } = *self;
        let mut next = by.start_of(first);
        std::iter::from_fn(move || {
            let start = next;
            next = by.after(start);
            // At the end of the calendar there is none after it.
            (start <= last && start < next).then_some(start)
        })
    }

    /// The dates, in order.
    fn dates(&self) -> impl Iterator<Item = Date> {
        let last = self.last;
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let date = next?;
            next = (date < last).then(|| next_day(date));
            Some(date)
        })
    }

    /// The cells of the dates in a zone; none outside the range of cells.
    fn cells(&self, zone: &Zone) -> Option<Interval> {
        Interval::new(
            Cell::at_or_after(zone.start_of(self.first)),
            Cell::at_or_after(zone.end_of(self.last)),
        )
    }
}

/// The figures of one site in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<F> {
    /// The site.
    pub site: SiteId,
    /// The first date of the period, which may lie before the range.
    pub period: Date,
    /// What was counted on those dates of the period that are in the range.
    pub figures: F,
}

/// The rows of a site while they are being counted.
struct Rows<F> {
    range: Range,
    rows: Vec<Row<F>>,
}

impl<F: Copy> Rows<F> {
    /// Rows that all begin with the same figures.
    fn of(site: SiteId, range: Range, figures: F) -> Self {
        let row = |period| Row {
            site,
            period,
            figures,
        };
        Self {
            range,
            rows: range.periods().map(row).collect(),
        }
    }

    /// The figures of the period of a date; none when the date is not in the range.
    fn on(&mut self, date: Date) -> Option<&mut F> {
        let Range { first, last, by } = self.range;
        if date < first || last < date {
            return None;
        }
        let period = by.start_of(date);
        let found = self.rows.binary_search_by_key(&period, |row| row.period);
        found.ok().map(|at| &mut self.rows[at].figures)
    }
}

/// Counts the appointments that are planned to start at a site in a range, each on its own date. A booking
/// that was undone never was.
fn count_appointments<F: Copy + Default>(
    clinic: &Clinic,
    site: &Site,
    range: &Range,
    mut count: impl FnMut(&mut F, &Appointment),
) -> Vec<Row<F>> {
    let mut rows = Rows::of(site.id, *range, Default::default());
    let Some(cells) = range.cells(&site.zone) else {
        return rows.rows;
    };
    for appointment in clinic.appointments_at(site.id, cells) {
        let undone = matches!(
            &appointment.state,
            State::Cancelled(cancelled) if cancelled.reason == CancelReason::Undone
        );
        let date = site.zone.date(appointment.slot.start());
        if let Some(figures) = rows.on(date).filter(|_| !undone) {
            count(figures, appointment);
        }
    }
    rows.rows
}
