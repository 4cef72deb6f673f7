//! Hours as people type them: `mon-fri 9:00-17:00/12:00-12:30`.

use jiff::{
    Timestamp, Zoned,
    civil::{DateTime, Time},
    tz::TimeZone,
};
use treadwell_client::v1;

use crate::{
    tui::time,
    when::{self, WhenError},
};

/// The days of the week, as people type them.
const DAYS: [(&str, v1::Weekday); 7] = [
    ("mon", v1::Weekday::Monday),
    ("tue", v1::Weekday::Tuesday),
    ("wed", v1::Weekday::Wednesday),
    ("thu", v1::Weekday::Thursday),
    ("fri", v1::Weekday::Friday),
    ("sat", v1::Weekday::Saturday),
    ("sun", v1::Weekday::Sunday),
];

/// The three letters of a weekday.
pub(crate) fn day_name(day: v1::Weekday) -> &'static str {
    let found = DAYS.iter().find(|(_, known)| *known == day);
    found.map_or("?", |(name, _)| name)
}

/// The shifts of a week: each text is days, hours, and breaks behind slashes.
pub(crate) fn week(texts: &[String]) -> Result<Vec<v1::WeekdayShift>, String> {
    let mut shifts = Vec::new();
    for text in texts {
        let unreadable = || {
            format!(
                "{text:?} is not hours of a week; try \"mon-fri 9:00-17:00\", or with a break \"sat 10-16/12:30-13\""
            )
        };
        let (days, rest) = text.trim().split_once(' ').ok_or_else(unreadable)?;
        let mut ranges = rest
            .split('/')
            .map(|part| range(part).ok_or_else(unreadable));
        let hours = ranges.next().ok_or_else(unreadable)??;
        let breaks = ranges.collect::<Result<Vec<_>, _>>()?;
        for weekday in weekdays(days).ok_or_else(unreadable)? {
            shifts.push(v1::WeekdayShift {
                weekday: weekday.into(),
                hours: Some(hours),
                breaks: breaks.clone(),
            });
        }
    }
    Ok(shifts)
}

/// The shifts of a week as [`week`] reads them, a text each.
pub(crate) fn week_words(shifts: &[v1::WeekdayShift]) -> Vec<String> {
    let words = |shift: &v1::WeekdayShift| {
        let breaks = shift.breaks.iter().map(|pause| shown(Some(pause)));
        let hours = std::iter::once(shown(shift.hours.as_ref()));
        let all: Vec<String> = hours.chain(breaks).collect();
        format!("{} {}", day_name(shift.weekday()), all.join("/"))
    };
    shifts.iter().map(words).collect()
}

/// `mon`, `mon-fri`, `sat,sun`.
fn weekdays(text: &str) -> Option<Vec<v1::Weekday>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day_index(first)?, day_index(last)?);
        if last < first {
            return None;
        }
        days.extend(DAYS[first..=last].iter().map(|&(_, day)| day));
    }
    Some(days)
}

/// A weekday by its first three letters or more.
pub(crate) fn day_index(text: &str) -> Option<usize> {
    const FULL: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let text = text.trim().to_lowercase();
    FULL.iter()
        .position(|full| text.len() >= 3 && full.starts_with(text.as_str()))
}

/// `9:00-17:00`, `9-17`; the end of a day is 24:00.
fn range(text: &str) -> Option<v1::TimeRange> {
    let (start, end) = text.trim().split_once('-')?;
    Some(v1::TimeRange {
        start: Some(time_of_day(start)?),
        end: Some(time_of_day(end)?),
    })
}

/// `9`, `9:30` or `24` as a time of day.
pub(crate) fn time_of_day(text: &str) -> Option<v1::TimeOfDay> {
    let text = text.trim();
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let time = v1::TimeOfDay {
        hour: hour.parse().ok()?,
        minute: minute.parse().ok()?,
    };
    let last = time.hour == 24 && time.minute == 0;
    let within = (0..24).contains(&time.hour) && (0..60).contains(&time.minute);
    (last || within).then_some(time)
}

/// The end of something that begins at `start`: a time alone is the next such time.
pub(crate) fn end_after(text: &str, start: &Zoned) -> Result<Timestamp, WhenError> {
    let end = when::moment(text, start)?;
    if end > start.timestamp() {
        return Ok(end);
    }
    match start.tomorrow() {
        Ok(tomorrow) => when::moment(text, &tomorrow),
        Err(_) => Ok(end),
    }
}

/// A break within a shift that begins at `start`.
pub(crate) fn pause(text: &str, start: &Zoned) -> Result<v1::Break, String> {
    let unreadable = || format!("{text:?} is not a break; try \"12:00-12:30\"");
    let (from, until) = text.split_once('-').ok_or_else(unreadable)?;
    let from = end_after(from, start).map_err(|it| it.to_string())?;
    let until =
        end_after(until, &from.to_zoned(start.time_zone().clone())).map_err(|it| it.to_string())?;
    Ok(v1::Break {
        start: Some(time::wire(from)),
        end: Some(time::wire(until)),
    })
}

/// The hours of a shift on one day, and its breaks behind slashes: `9-17/12:00-12:30`. One that ends before it begins is
/// refused: "9-5" is meant to end in the afternoon.
pub(crate) fn shift(
    text: &str,
    day: &Zoned,
) -> Result<(Timestamp, Timestamp, Vec<v1::Break>), String> {
    let unreadable = || {
        format!("{text:?} is not hours; try \"9:00-17:00\", or with a break \"9-17/12:00-12:30\"")
    };
    let mut parts = text
        .split('/')
        .map(|part| range(part).ok_or_else(unreadable));
    let hours = parts.next().ok_or_else(unreadable)??;
    let zone = day.time_zone();
    let local = |at: DateTime| {
        when::resolve(at.date(), at.time(), zone).map_err(|problem| problem.to_string())
    };
    let start = time_of(hours.start).ok_or_else(unreadable)?;
    let start = day.date().to_datetime(start);
    let end = next_time(hours.end, start, false).ok_or_else(unreadable)?;
    if end.date() > start.date() && end.time() != Time::midnight() {
        return Err(format!(
            "{text:?} ends before it begins; in the afternoon, 5 is 17"
        ));
    }
    let mut breaks = Vec::new();
    for pause in parts {
        let pause = pause?;
        let from = next_time(pause.start, start, true).ok_or_else(unreadable)?;
        let until = next_time(pause.end, from, false).ok_or_else(unreadable)?;
        breaks.push(v1::Break {
            start: Some(time::wire(local(from)?)),
            end: Some(time::wire(local(until)?)),
        });
    }
    Ok((local(start)?, local(end)?, breaks))
}

/// A time of day; 24:00 is the midnight after it.
fn time_of(time: Option<v1::TimeOfDay>) -> Option<Time> {
    let time = time?;
    let hour = i8::try_from(time.hour % 24).ok()?;
    Time::new(hour, i8::try_from(time.minute).ok()?, 0, 0).ok()
}

/// The next such time of day after another moment; with `or_same` that one itself counts.
fn next_time(time: Option<v1::TimeOfDay>, after: DateTime, or_same: bool) -> Option<DateTime> {
    let time = time_of(time)?;
    if time > after.time() || (or_same && time == after.time()) {
        return Some(after.date().to_datetime(time));
    }
    Some(after.date().tomorrow().ok()?.to_datetime(time))
}

/// The clock times of a shift or a break: `09:00-17:00`.
pub(crate) fn clocks(
    start: Option<&prost_types::Timestamp>,
    end: Option<&prost_types::Timestamp>,
    zone: &TimeZone,
) -> String {
    format!(
        "{}-{}",
        time::clock_of(start, zone),
        time::clock_of(end, zone)
    )
}

/// Hours for people: `09:00-17:00`.
pub(crate) fn shown(range: Option<&v1::TimeRange>) -> String {
    let time = |time: Option<&v1::TimeOfDay>| {
        let time = time.copied().unwrap_or_default();
        let midnight = time.hour == 24;
        let hour = i8::try_from(time.hour % 24).unwrap_or(0);
        let minute = i8::try_from(time.minute).unwrap_or(0);
        match Time::new(hour, minute, 0, 0) {
            Ok(_) if midnight => "24:00".to_owned(),
            Ok(time) => time.strftime("%H:%M").to_string(),
            Err(_) => "?".to_owned(),
        }
    };
    range.map_or_else(String::new, |range| {
        format!(
            "{}-{}",
            time(range.start.as_ref()),
            time(range.end.as_ref())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(texts: &[&str]) -> Option<Vec<String>> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let shifts = week(&texts).ok()?;
        Some(
            shifts
                .iter()
                .map(|shift| {
                    let breaks: Vec<_> = shift.breaks.iter().map(|it| shown(Some(it))).collect();
                    let day = day_name(shift.weekday());
                    format!("{day} {} {}", shown(shift.hours.as_ref()), breaks.join(" "))
                })
                .collect(),
        )
    }

    #[test]
    fn hours_of_a_week_are_read_as_they_are_typed() {
        let week = said(&["mon-wed 9:00-17:00/12:00-12:30", "sat,sun 10-24"]).unwrap();
        assert_eq!(
            week,
            [
                "mon 09:00-17:00 12:00-12:30",
                "tue 09:00-17:00 12:00-12:30",
                "wed 09:00-17:00 12:00-12:30",
                "sat 10:00-24:00 ",
                "sun 10:00-24:00 ",
            ]
        );
        assert_eq!(said(&["Monday 9-10"]).unwrap(), ["mon 09:00-10:00 "]);
        for wrong in [
            "mon",
            "9-17",
            "fri-mon 9-17",
            "mo 9-17",
            "mon 9",
            "mon 25-26",
            "mon 9-17/noon",
        ] {
            assert_eq!(said(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn a_shift_of_a_day_has_its_breaks_behind_slashes() {
        let day: Zoned = "2026-10-14T15:20[America/Halifax]".parse().unwrap();
        let local = |at: Timestamp| at.to_zoned(day.time_zone().clone()).datetime().to_string();
        let (start, end, breaks) = shift("9-17:30/12-12:30/15:00-15:15", &day).unwrap();
        assert_eq!(local(start), "2026-10-14T09:00:00");
        assert_eq!(local(end), "2026-10-14T17:30:00");
        let starts: Vec<_> = breaks
            .iter()
            .map(|it| local(time::instant(&it.start.unwrap())))
            .collect();
        assert_eq!(starts, ["2026-10-14T12:00:00", "2026-10-14T15:00:00"]);
        let (start, end, _) = shift("0:00-24:00", &day).unwrap();
        assert_eq!(local(start), "2026-10-14T00:00:00");
        assert_eq!(local(end), "2026-10-15T00:00:00");
        for wrong in ["9-5", "20-2", "", "9", "17", "9-17/", "9-25", "9-17/noon"] {
            assert!(shift(wrong, &day).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shift_may_end_on_the_next_day() {
        let start: Zoned = "2026-10-14T22:00[America/Halifax]".parse().unwrap();
        let local = |at: Timestamp| {
            at.to_zoned(start.time_zone().clone())
                .datetime()
                .to_string()
        };
        assert_eq!(
            local(end_after("2:00", &start).unwrap()),
            "2026-10-15T02:00:00"
        );
        assert_eq!(
            local(end_after("23:30", &start).unwrap()),
            "2026-10-14T23:30:00"
        );
        let pause = pause("0:30-1:00", &start).unwrap();
        let start = time::instant(&pause.start.unwrap());
        assert_eq!(local(start), "2026-10-15T00:30:00");
    }
}
