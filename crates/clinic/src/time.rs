//! The clinic's time: 5-minute UTC cells, half-open intervals of them, and a
//! site's local calendar.
//!
//! Planned times are [`Cell`]s; what really happened is a `jiff::Timestamp`.
//! Local dates and times of day are `jiff::civil` types and become cells only
//! through a [`Zone`], which decides what daylight saving does to them. Nothing
//! here reads a clock: "now" is always handed in.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp, ToSpan};

#[cfg(test)]
mod tests;

/// Seconds in a cell.
const CELL_SECONDS: i64 = 300;

/// Minutes in a cell, the unit of every planned time.
pub const CELL_MINUTES: u16 = 5;

/// A 5-minute stretch of time, counted in UTC from 1970-01-01T00:00Z. As a
/// point in time it means the stretch's beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(u32);

impl Cell {
    /// The epoch, and the earliest cell.
    pub const MIN: Self = Self(0);
    /// 2200-01-01T00:00Z, the latest cell: later times are refused as mistakes,
    /// and a cell plus any duration of the clinic's fits its integer.
    pub const MAX: Self = Self(24_193_728);

    /// The cell numbered `number`, if it is not after [`Cell::MAX`].
    pub const fn new(number: u32) -> Option<Self> {
        if number <= Self::MAX.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The cell's number, counted from the epoch.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The cell that begins exactly at `instant`; none off the 5-minute grid or
    /// outside [`Cell::MIN`]..=[`Cell::MAX`].
    pub fn exactly(instant: Timestamp) -> Option<Self> {
        let whole = instant.subsec_nanosecond() == 0 && instant.as_second() % CELL_SECONDS == 0;
        if whole {
            Self::checked(instant.as_second() / CELL_SECONDS)
        } else {
            None
        }
    }

    /// The cell in which `instant` lies; clamped to the range of cells.
    pub fn containing(instant: Timestamp) -> Self {
        let before_epoch = instant < Timestamp::UNIX_EPOCH;
        let number = if before_epoch {
            0
        } else {
            instant.as_second() / CELL_SECONDS
        };
        Self::checked(number).unwrap_or(Self::MAX)
    }

    /// The first cell that does not begin before `instant`; clamped to the range
    /// of cells.
    pub fn at_or_after(instant: Timestamp) -> Self {
        let floor = Self::containing(instant);
        if floor.timestamp() < instant {
            floor.plus_cells(1)
        } else {
            floor
        }
    }

    /// The instant at which the cell begins.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * CELL_SECONDS)
            .expect("a cell ends before the year 2201, inside Timestamp's range")
    }

    /// The cell `minutes` later, at most [`Cell::MAX`].
    #[must_use]
    pub const fn plus(self, minutes: Minutes) -> Self {
        self.plus_cells(minutes.cells())
    }

    /// The cell `minutes` earlier, at least [`Cell::MIN`].
    #[must_use]
    pub const fn minus(self, minutes: Minutes) -> Self {
        self.minus_cells(minutes.cells())
    }

    /// The cell `cells` later, at most [`Cell::MAX`].
    #[must_use]
    pub const fn plus_cells(self, cells: u32) -> Self {
        let number = self.0.saturating_add(cells);
        if number < Self::MAX.0 {
            Self(number)
        } else {
            Self::MAX
        }
    }

    /// The cell `cells` earlier, at least [`Cell::MIN`].
    #[must_use]
    pub const fn minus_cells(self, cells: u32) -> Self {
        Self(self.0.saturating_sub(cells))
    }

    /// How many cells `earlier` lies before this one; 0 when it does not.
    pub const fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    fn checked(number: i64) -> Option<Self> {
        u32::try_from(number).ok().and_then(Self::new)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cell({})", self.timestamp())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

/// A duration on the 5-minute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(u16);

impl Minutes {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `minutes`, if it is a multiple of 5.
    pub const fn new(minutes: u16) -> Option<Self> {
        if minutes.is_multiple_of(CELL_MINUTES) {
            Some(Self(minutes))
        } else {
            None
        }
    }

    /// The number of minutes, a multiple of 5.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The number of cells.
    pub const fn cells(self) -> u32 {
        (self.0 / CELL_MINUTES) as u32
    }

    /// Both together, at most the largest duration there is (some 45 days).
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        // 65,535 is itself a multiple of 5.
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} min", self.0)
    }
}

/// A stretch of cells that is never empty; `start` belongs to it, `end` does
/// not, so 10:00-11:00 and 11:00-12:00 do not overlap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    start: Cell,
    end: Cell,
}

impl Interval {
    /// From `start` up to `end`, if that is not empty.
    pub const fn new(start: Cell, end: Cell) -> Option<Self> {
        if start.0 < end.0 {
            Some(Self { start, end })
        } else {
            None
        }
    }

    /// `minutes` from `start` on; none for no minutes (or at the end of time).
    pub const fn lasting(start: Cell, minutes: Minutes) -> Option<Self> {
        Self::new(start, start.plus(minutes))
    }

    /// The first cell.
    pub const fn start(self) -> Cell {
        self.start
    }

    /// The first cell that no longer belongs to it.
    pub const fn end(self) -> Cell {
        self.end
    }

    /// Its length in cells, at least 1.
    pub const fn cells(self) -> u32 {
        self.end.0 - self.start.0
    }

    /// Its length in minutes, at least 5.
    pub const fn minutes(self) -> u32 {
        self.cells() * CELL_MINUTES as u32
    }

    /// Whether `cell` belongs to it.
    pub const fn contains(self, cell: Cell) -> bool {
        self.start.0 <= cell.0 && cell.0 < self.end.0
    }

    /// Whether all of `other` belongs to it.
    pub const fn covers(self, other: Self) -> bool {
        self.start.0 <= other.start.0 && other.end.0 <= self.end.0
    }

    /// Whether both share a cell.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start.0 < other.end.0 && other.start.0 < self.end.0
    }

    /// The cells that both share, if any.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interval({}..{})", self.start, self.end)
    }
}

/// A time zone of the bundled IANA database: how a site's local dates and
/// times of day relate to cells.
#[derive(Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this IANA name, such as `America/Halifax`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZoneDatabase::bundled().get(name).ok().map(Self)
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0
            .iana_name()
            .expect("a Zone is only ever made from the database, by name")
    }

    /// Local date and time of day at an instant.
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.0.to_datetime(instant)
    }

    /// Local date at the beginning of a cell.
    pub fn date(&self, cell: Cell) -> Date {
        self.local(cell.timestamp()).date()
    }

    /// Local time of day at the beginning of a cell.
    pub fn time(&self, cell: Cell) -> Time {
        self.local(cell.timestamp()).time()
    }

    /// The instant of a local date and time of day. A time that does not exist
    /// (the clock jumped forward over it) means the instant later by as much as
    /// the clock jumped; one that exists twice means the first.
    pub fn instant(&self, date: Date, time: Time) -> Timestamp {
        self.0
            .to_ambiguous_timestamp(date.to_datetime(time))
            .compatible()
            .unwrap_or_else(|_| {
                // Only within a day of the ends of the calendar, years -9999 and 9999.
                if date.year() > 0 {
                    Timestamp::MAX
                } else {
                    Timestamp::MIN
                }
            })
    }

    /// The instant at which a local date begins: midnight, or the first instant
    /// after it where daylight saving skips midnight.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.instant(date, Time::midnight())
    }

    /// The instant at which a local date ends, which is when the next begins.
    pub fn end_of(&self, date: Date) -> Timestamp {
        self.start_of(date.saturating_add(1.day()))
    }

    /// The cell that begins at a local date and time of day; none when that is
    /// off the 5-minute grid or out of range.
    pub fn cell(&self, date: Date, time: Time) -> Option<Cell> {
        Cell::exactly(self.instant(date, time))
    }

    /// The cells of a local date: 24 hours of them, or 23 or 25 when daylight
    /// saving begins or ends. None outside the range of cells.
    pub fn day(&self, date: Date) -> Option<Interval> {
        Interval::new(
            Cell::at_or_after(self.start_of(date)),
            Cell::at_or_after(self.end_of(date)),
        )
    }

    /// The cells between two local times of a date, `until` midnight meaning the
    /// day's end. None when nothing is left of it.
    pub fn between(&self, date: Date, from: Time, until: Time) -> Option<Interval> {
        let end = if until == Time::midnight() {
            self.end_of(date)
        } else {
            self.instant(date, until)
        };
        Interval::new(
            Cell::at_or_after(self.instant(date, from)),
            Cell::at_or_after(end),
        )
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

/// The same day of the month `months` later, or that month's last day where it
/// has no such day: 31 August and 6 months are 28 or 29 February.
#[must_use]
pub fn months_after(date: Date, months: u16) -> Date {
    date.saturating_add(Span::new().months(months))
}

/// The same day of the week `weeks` later.
#[must_use]
pub fn weeks_after(date: Date, weeks: u16) -> Date {
    date.saturating_add(Span::new().weeks(weeks))
}

/// The day after.
#[must_use]
pub fn next_day(date: Date) -> Date {
    date.saturating_add(1.day())
}

/// The last cell of the local date that is `days` after that of `now`.
pub fn horizon(zone: &Zone, now: Timestamp, days: u16) -> Cell {
    let last = zone
        .local(now)
        .date()
        .saturating_add(i32::from(days).days());
    Cell::at_or_after(zone.end_of(last)).minus_cells(1)
}
