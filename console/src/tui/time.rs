//! Instants of the API shown on a site's clock, and what people type turned into instants.

use jiff::{Timestamp, ToSpan as _, Zoned, civil, tz::TimeZone};
use prost_types::Timestamp as Wire;
use treadwell_api::v1;

/// A walk-in takes the place now, not at the next start of the policy's grid.
pub(crate) const WALK_IN_GRID_MINUTES: i32 = 5;

/// The instant of an API timestamp; the epoch for one that is out of range, which the server never sends.
pub(crate) fn instant(wire: &Wire) -> Timestamp {
    Timestamp::new(wire.seconds, wire.nanos).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The first instant of a local day, or with `after` of the next one.
pub(crate) fn day_start(day: civil::Date, after: bool, zone: &TimeZone) -> Option<Wire> {
    let day = if after { day.tomorrow().ok()? } else { day };
    let start = zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
    start.compatible().ok().map(wire)
}

/// The API's form of an instant.
pub(crate) fn wire(instant: Timestamp) -> Wire {
    Wire {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    }
}

/// The zone of an IANA name; UTC for one that the bundled database does not know.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `14:45`.
pub(crate) fn clock(instant: Timestamp, zone: &TimeZone) -> String {
    let at = zone.to_datetime(instant);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `14:45`, or nothing.
pub(crate) fn clock_of(wire: Option<&Wire>, zone: &TimeZone) -> String {
    wire.map(|at| clock(instant(at), zone)).unwrap_or_default()
}

/// `Wed 14 Oct`.
pub(crate) fn day(date: civil::Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

/// `Wed 14 Oct 14:45`.
pub(crate) fn day_and_clock(instant: Timestamp, zone: &TimeZone) -> String {
    let at = zone.to_datetime(instant);
    format!("{} {:02}:{:02}", day(at.date()), at.hour(), at.minute())
}

/// `14:45` on the day of `now`, otherwise `Thu 15 Oct 14:45`.
pub(crate) fn near(instant: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    if zone.to_datetime(instant).date() == zone.to_datetime(now).date() {
        clock(instant, zone)
    } else {
        day_and_clock(instant, zone)
    }
}

/// `Wed 14 Oct 14:45` in the year of `now`, otherwise `2025-10-14 14:45`.
pub(crate) fn dated(instant: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = zone.to_datetime(instant);
    if at.year() == zone.to_datetime(now).year() {
        day_and_clock(instant, zone)
    } else {
        at.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// `14:45` on the day of `now`, otherwise `16Oct`: never wider than five columns.
pub(crate) fn short(instant: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = zone.to_datetime(instant);
    if at.date() == zone.to_datetime(now).date() {
        clock(instant, zone)
    } else {
        at.strftime("%-d%b").to_string()
    }
}

/// The Monday of a date's week.
pub(crate) fn monday(date: civil::Date) -> civil::Date {
    let since = i64::from(date.weekday().to_monday_zero_offset());
    date.saturating_sub(since.days())
}

/// The API's form of a date.
pub(crate) fn local_date(date: civil::Date) -> v1::LocalDate {
    v1::LocalDate {
        year: i32::from(date.year()),
        month: i32::from(date.month()),
        day: i32::from(date.day()),
    }
}

/// The date of the API's form; none when it is no date.
pub(crate) fn date_of(date: &v1::LocalDate) -> Option<civil::Date> {
    let year = i16::try_from(date.year).ok()?;
    let month = i8::try_from(date.month).ok()?;
    let day = i8::try_from(date.day).ok()?;
    civil::Date::new(year, month, day).ok()
}

/// `2026-10-14`.
pub(crate) fn iso(date: &v1::LocalDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `2 Mar 1980`.
pub(crate) fn birthday(date: &v1::LocalDate) -> String {
    date_of(date).map_or_else(String::new, |date| date.strftime("%-d %b %Y").to_string())
}

/// Whole minutes from `now` to `then`, rounded up; 0 when it is past.
pub(crate) fn minutes_until(then: Timestamp, now: Timestamp) -> i64 {
    let seconds = then.as_second() - now.as_second();
    (seconds.max(0) + 59) / 60
}

/// When an event happened, as people type it: `2026-03`, `2026-03-02` or `2026-03-02 14:30`.
pub(crate) fn event_time(text: &str, zone: &TimeZone) -> Option<v1::EventTime> {
    use v1::event_time::Precision;
    let text = text.trim();
    let precision = match text.len() {
        7 => {
            let first: civil::Date = format!("{text}-01").parse().ok()?;
            Precision::Month(v1::LocalDate {
                day: 0,
                ..local_date(first)
            })
        }
        10 => Precision::Date(local_date(text.parse().ok()?)),
        _ => {
            let (date, time) = text.split_once([' ', 'T'])?;
            let date: civil::Date = date.parse().ok()?;
            let time: civil::Time = format!("{}:00", time.trim()).parse().ok()?;
            let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
            Precision::Instant(wire(zoned.timestamp()))
        }
    };
    Some(v1::EventTime {
        precision: Some(precision),
    })
}

/// How a stored event time reads.
pub(crate) fn event_words(event: &v1::EventTime, zone: &TimeZone) -> String {
    use v1::event_time::Precision;
    match &event.precision {
        Some(Precision::Instant(at)) => day_and_clock(instant(at), zone),
        Some(Precision::Date(date)) => birthday(date),
        Some(Precision::Month(month)) => format!("{:04}-{:02}", month.year, month.month),
        None => "date not known".to_owned(),
    }
}

/// The start of the 5-minute cell of an instant: the earliest start that is not past.
pub(crate) fn this_mark(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(300) * 300).unwrap_or(at)
}

/// The instant shown on a site's clock.
pub(crate) fn zoned(at: Timestamp, zone: &TimeZone) -> Zoned {
    at.to_zoned(zone.clone())
}
