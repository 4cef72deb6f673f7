//! The words that dates and times are made of.

use jiff::{
    Span,
    civil::{Date, Time, Weekday},
};

/// One meaningful part of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Now,
    Day(Day),
    Time(Time),
    After(Relative),
}

/// A day by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// So many days from today.
    FromToday(i32),
    /// The next such weekday, today included.
    Coming(Weekday),
    /// The next such weekday after today.
    Next(Weekday),
    /// A calendar date.
    Exact(Date),
    /// A day and month, this year or, once that is past, the next.
    InYear { month: i8, day: i8 },
}

/// A signed number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Relative {
    pub(super) count: i32,
    pub(super) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
}

impl Unit {
    /// It moves the time of day, not only the date.
    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::Minutes | Self::Hours)
    }
}

impl Relative {
    pub(super) fn span(self) -> Option<Span> {
        let span = Span::new();
        match self.unit {
            Unit::Minutes => span.try_minutes(self.count),
            Unit::Hours => span.try_hours(self.count),
            Unit::Days => span.try_days(self.count),
            Unit::Weeks => span.try_weeks(self.count),
        }
        .ok()
    }
}

impl Day {
    pub(super) fn resolve(self, today: Date) -> Option<Date> {
        match self {
            Self::FromToday(days) => today.checked_add(Span::new().days(days)).ok(),
            Self::Coming(weekday) if today.weekday() == weekday => Some(today),
            Self::Coming(weekday) | Self::Next(weekday) => today.nth_weekday(1, weekday).ok(),
            Self::Exact(date) => Some(date),
            Self::InYear { month, day } => {
                let this_year = Date::new(today.year(), month, day)
                    .ok()
                    .filter(|date| *date >= today);
                // 29 February may be years away; four suffice but for 2100, which is beyond the calendar here.
                let mut later =
                    (1..=4).filter_map(|years| Date::new(today.year() + years, month, day).ok());
                this_year.or_else(|| later.next())
            }
        }
    }
}

/// Splits what was typed into its parts; `None` when a part means nothing.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let lower = text.to_lowercase().replace(',', " ");
    let words: Vec<&str> = lower
        .split_whitespace()
        .flat_map(split_date_time)
        .filter(|word| !matches!(*word, "at" | "on" | "the"))
        .collect();
    if let [alone] = words[..]
        && let Some(time) = digits(alone)
    {
        return Some(vec![Token::Time(time)]);
    }
    let mut tokens = Vec::new();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let (token, used) = next(rest)?;
        tokens.push(token);
        rest = &rest[used..];
    }
    Some(tokens)
}

/// `2026-10-14t14:00`, without an offset, is a day and a time.
fn split_date_time(word: &str) -> impl Iterator<Item = &str> {
    let split = word.split_once('t').filter(|(day, _)| date(day).is_some());
    let (first, second) = split.map_or((word, None), |(day, clock)| (day, Some(clock)));
    std::iter::once(first).chain(second)
}

/// `2026-10-14`, and nothing after it: jiff alone would read a date out of longer texts.
fn date(word: &str) -> Option<Date> {
    if word.len() == 10 {
        word.parse().ok()
    } else {
        None
    }
}

/// The first part, and of how many words it is; the longest reading wins.
fn next(words: &[&str]) -> Option<(Token, usize)> {
    if let ["next", name, ..] = words {
        return Some((Token::Day(Day::Next(weekday(name)?)), 2));
    }
    if let Some((day, used)) = month_and_day(words) {
        return Some((Token::Day(day), used));
    }
    if let [number, half @ ("am" | "pm"), ..] = words {
        return Some((Token::Time(time(&format!("{number}{half}"))?), 2));
    }
    let word = *words.first()?;
    one(word).map(|token| (token, 1))
}

fn one(word: &str) -> Option<Token> {
    let day = match word {
        "now" => return Some(Token::Now),
        "today" => Day::FromToday(0),
        "tomorrow" | "tmr" => Day::FromToday(1),
        "yesterday" => Day::FromToday(-1),
        _ => {
            if let Some(weekday) = weekday(word) {
                Day::Coming(weekday)
            } else if let Some(date) = date(word) {
                Day::Exact(date)
            } else if let Some(relative) = relative(word) {
                return Some(Token::After(relative));
            } else {
                return time(word).map(Token::Time);
            }
        }
    };
    Some(Token::Day(day))
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tues" | "tuesday" => Weekday::Tuesday,
        "wed" | "wednesday" => Weekday::Wednesday,
        "thu" | "thur" | "thurs" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches('.');
    let at = NAMES.iter().position(|name| {
        word == *name || word == &name[..3] || word == "sept" && *name == "september"
    })?;
    i8::try_from(at + 1).ok()
}

/// `14 oct`, `oct 14`, `14 oct 2027`, `oct 14 2027`.
fn month_and_day(words: &[&str]) -> Option<(Day, usize)> {
    let (first, second) = (words.first()?, words.get(1)?);
    let number = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ending = &word[digits.len()..];
        matches!(ending, "" | "st" | "nd" | "rd" | "th")
            .then(|| digits.parse::<i8>().ok())
            .flatten()
    };
    let (month, day) = match (month(first), month(second)) {
        (Some(month), None) => (month, number(second)?),
        (None, Some(month)) => (month, number(first)?),
        _ => return None,
    };
    if let Some(year) = words
        .get(2)
        .filter(|word| word.len() == 4)
        .and_then(|word| word.parse::<i16>().ok())
    {
        return Some((Day::Exact(Date::new(year, month, day).ok()?), 3));
    }
    (1..=31)
        .contains(&day)
        .then_some((Day::InYear { month, day }, 2))
}

/// `+2w`, `-3d`, `+90m`, `+2h`, `+90min`.
fn relative(word: &str) -> Option<Relative> {
    let (sign, rest) = match word.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &rest[digits.len()..] {
        "m" | "min" | "mins" => Unit::Minutes,
        "h" | "hour" | "hours" => Unit::Hours,
        "d" | "day" | "days" => Unit::Days,
        "w" | "week" | "weeks" => Unit::Weeks,
        _ => return None,
    };
    let count = unsigned(digits)?;
    Some(Relative {
        count: sign * count,
        unit,
    })
}

/// `15:00`, `3pm`, `3:30pm`, `noon`, `midnight` (the day's first minute).
fn time(word: &str) -> Option<Time> {
    match word {
        "noon" => return Time::new(12, 0, 0, 0).ok(),
        "midnight" => return Some(Time::midnight()),
        _ => {}
    }
    let (clock, half) = if let Some(clock) = word.strip_suffix("am") {
        (clock, Some(0))
    } else if let Some(clock) = word.strip_suffix("pm") {
        (clock, Some(12))
    } else {
        (word, None)
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (unsigned(hour)?, unsigned(minute)?),
        // A bare number is no time: "14" may as well be a day.
        None if half.is_some() => (unsigned(clock)?, 0),
        _ => return None,
    };
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// `1500`, alone: beside a day four digits may as well be a year.
fn digits(word: &str) -> Option<Time> {
    let (hour, minute) = word.split_at_checked(2).filter(|_| word.len() == 4)?;
    let (hour, minute) = (unsigned(hour)?, unsigned(minute)?);
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

pub(super) fn minutes(text: &str) -> Option<i32> {
    let text: String = text.to_lowercase().split_whitespace().collect();
    let minute_part = |part: &str| {
        unsigned(
            part.strip_suffix("min")
                .or_else(|| part.strip_suffix('m'))
                .unwrap_or(part),
        )
    };
    if let Some((hours, rest)) = text.split_once('h') {
        let rest = if rest.is_empty() {
            Some(0)
        } else {
            minute_part(rest).filter(|rest| *rest < 60)
        };
        return unsigned(hours)?.checked_mul(60)?.checked_add(rest?);
    }
    if let Some((hours, rest)) = text.split_once(':') {
        let rest = unsigned(rest).filter(|minutes| rest.len() == 2 && *minutes < 60)?;
        return unsigned(hours)?.checked_mul(60)?.checked_add(rest);
    }
    minute_part(&text)
}

/// Digits only: `parse` alone would take a sign.
fn unsigned(digits: &str) -> Option<i32> {
    let plain =
        !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}
