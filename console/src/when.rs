//! Dates, times and lengths as people type them, in a site's zone and relative to the clinic's now.
//!
//! Pure: the caller brings the now, which is the *server's*, never this machine's. What is understood:
//!
//! - days: `today`, `tomorrow`, `yesterday`, `fri`, `next fri`, `+2w`, `-3d`, `2026-10-14`, `14 oct`, `oct 14 2027`;
//! - times: `15:00`, `3pm`, `3:30 pm`, `noon`, `midnight`;
//! - both in either order (`tomorrow 2pm`, `2pm fri`, `fri at 14:00`), a time alone means today;
//! - instants: `now`, `+90m`, `+2h` (rounded up to 5 minutes), `2026-10-14T14:00:00-03:00`.

mod words;

#[cfg(test)]
mod tests;

use jiff::{
    Span, Timestamp, Zoned,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use words::{Relative, Token};

/// Why a text is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Not understood.
    #[error(
        "{text:?} is not a time; try \"tomorrow 2pm\", \"fri 15:00\", \"+2w\" or \"2026-10-14 14:00\""
    )]
    Unreadable {
        /// What was typed.
        text: String,
    },
    /// A day or a time is named twice.
    #[error("{text:?} names {what} twice")]
    Twice {
        /// What was typed.
        text: String,
        /// "the day" or "the time".
        what: &'static str,
    },
    /// A day without a time where a moment is needed.
    #[error("{text:?} is a day; say the time too, for example \"{text} 14:00\"")]
    NoTime {
        /// What was typed.
        text: String,
    },
    /// A time or an instant where a day is needed.
    #[error("{text:?} names a time; only a day is wanted here")]
    NoDay {
        /// What was typed.
        text: String,
    },
    /// The clocks go forward over it.
    #[error("{} does not exist in {zone}: the clocks go forward then; try {}", minute(*at), minute(*after))]
    Gap {
        /// The local time.
        at: DateTime,
        /// The zone.
        zone: String,
        /// The first local time after the gap that is as far behind the change.
        after: DateTime,
    },
    /// The clocks go back over it.
    #[error("{} happens twice in {zone}: the clocks go back then; write {first} or {second}", minute(*at))]
    Fold {
        /// The local time.
        at: DateTime,
        /// The zone.
        zone: String,
        /// The earlier of the two, with its offset.
        first: String,
        /// The later one.
        second: String,
    },
    /// Outside the years that a calendar here covers.
    #[error("{text:?} is too far away")]
    TooFar {
        /// What was typed.
        text: String,
    },
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// A local day.
    Day(Date),
    /// A moment.
    Moment(Timestamp),
}

/// Reads a day, a time or both, at a place where it is `now`.
pub fn parse(text: &str, now: &Zoned) -> Result<When, WhenError> {
    let trimmed = text.trim();
    if let Ok(instant) = trimmed.parse::<Timestamp>() {
        return Ok(When::Moment(instant));
    }
    let unreadable = || WhenError::Unreadable {
        text: text.to_owned(),
    };
    let tokens = words::tokens(trimmed).ok_or_else(unreadable)?;
    let mut day = None;
    let mut time = None;
    for token in tokens {
        let (twice, what) = match token {
            Token::Now if day.is_none() && time.is_none() => {
                return alone(trimmed, floor_to_grid(now.timestamp()));
            }
            Token::Now => (true, "the time"),
            Token::After(relative) if relative.unit.is_time() => {
                if day.is_some() || time.is_some() {
                    return Err(unreadable());
                }
                return alone(trimmed, after(now, relative).ok_or_else(|| too_far(text))?);
            }
            Token::After(relative) => {
                let date = relative
                    .span()
                    .and_then(|span| now.date().checked_add(span).ok());
                (
                    day.replace(date.ok_or_else(|| too_far(text))?).is_some(),
                    "the day",
                )
            }
            Token::Day(relative) => {
                let date = relative.resolve(now.date()).ok_or_else(unreadable)?;
                (day.replace(date).is_some(), "the day")
            }
            Token::Time(at) => (time.replace(at).is_some(), "the time"),
        };
        if twice {
            return Err(WhenError::Twice {
                text: text.to_owned(),
                what,
            });
        }
    }
    match (day, time) {
        (Some(day), None) => Ok(When::Day(day)),
        (day, Some(time)) => {
            resolve(day.unwrap_or(now.date()), time, now.time_zone()).map(When::Moment)
        }
        (None, None) => Err(unreadable()),
    }
}

/// Reads a moment; a day alone is not enough.
pub fn moment(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    match parse(text, now)? {
        When::Moment(at) => Ok(at),
        When::Day(_) => Err(WhenError::NoTime {
            text: text.trim().to_owned(),
        }),
    }
}

/// Reads a day; a time beside it is refused rather than dropped.
pub fn day(text: &str, now: &Zoned) -> Result<Date, WhenError> {
    match parse(text, now)? {
        When::Day(day) => Ok(day),
        When::Moment(_) => Err(WhenError::NoDay {
            text: text.to_owned(),
        }),
    }
}

/// Reads a moment, or a day as its first instant, but never one before now when the day is today.
pub fn from(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    match parse(text, now)? {
        When::Moment(at) => Ok(at),
        When::Day(day) if day == now.date() => Ok(now.timestamp()),
        When::Day(day) => start_of(day, now.time_zone()).ok_or_else(|| too_far(text)),
    }
}

/// Reads the end of a span: a moment, or a day as its last instant, so that `--until fri` has Friday in it.
pub fn until(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    match parse(text, now)? {
        When::Moment(at) => Ok(at),
        When::Day(day) => {
            let next = day.tomorrow().map_err(|_| too_far(text))?;
            start_of(next, now.time_zone()).ok_or_else(|| too_far(text))
        }
    }
}

/// Not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a length of time; try 75m, 1h15m, 1h or 75")]
pub struct MinutesError(String);

/// Reads a length in minutes: `75m`, `75 min`, `75`, `1h`, `1h15`, `1h15m`, `1:15`. From 1 minute to a day.
pub fn minutes(text: &str) -> Result<i32, MinutesError> {
    words::minutes(text)
        .filter(|minutes| (1..=24 * 60).contains(minutes))
        .ok_or_else(|| MinutesError(text.to_owned()))
}

/// A local day and time as an instant. A time that the clocks skip or repeat is an error: a booking an hour off is worse
/// than a question.
pub fn resolve(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    let at = date.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(at);
    let name = || zone.iana_name().unwrap_or("this zone").to_owned();
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            ambiguous.compatible().map_err(|_| WhenError::TooFar {
                text: at.to_string(),
            })
        }
        AmbiguousOffset::Gap { .. } => {
            let after = ambiguous.later().map_err(|_| WhenError::TooFar {
                text: at.to_string(),
            })?;
            Err(WhenError::Gap {
                at,
                zone: name(),
                after: after.to_zoned(zone.clone()).datetime(),
            })
        }
        AmbiguousOffset::Fold { before, after } => Err(WhenError::Fold {
            at,
            zone: name(),
            first: with_offset(at, before),
            second: with_offset(at, after),
        }),
    }
}

fn with_offset(at: DateTime, offset: jiff::tz::Offset) -> String {
    let fixed = TimeZone::fixed(offset).to_timestamp(at);
    fixed.map_or_else(
        |_| at.to_string(),
        |at| at.display_with_offset(offset).to_string(),
    )
}

/// A local time as it may be typed.
fn minute(at: DateTime) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M")
}

fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?;
    Some(start.timestamp())
}

fn too_far(text: &str) -> WhenError {
    WhenError::TooFar {
        text: text.to_owned(),
    }
}

/// `now` and `+2h` stand alone: "now tomorrow" means nothing.
fn alone(text: &str, at: Timestamp) -> Result<When, WhenError> {
    if text.split_whitespace().count() == 1 {
        Ok(When::Moment(at))
    } else {
        Err(WhenError::Unreadable {
            text: text.to_owned(),
        })
    }
}

/// The 5-minute cell that the instant lies in begins then; a walk-in may start in the current one.
fn floor_to_grid(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(300)).unwrap_or(at)
}

fn after(now: &Zoned, relative: Relative) -> Option<Timestamp> {
    let exact = now.timestamp().checked_add(relative.span()?).ok()?;
    let floor = floor_to_grid(exact);
    if floor == exact {
        Some(exact)
    } else {
        floor.checked_add(Span::new().minutes(5)).ok()
    }
}

/// The days of `2w`, `10d` or `week`: how long it is from one of a series to the next.
pub(crate) fn every(text: &str) -> Option<i32> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: i32 = if number.is_empty() {
        1
    } else {
        number.parse().ok()?
    };
    match unit.trim() {
        "d" | "day" | "days" => Some(number),
        "w" | "week" | "weeks" => number.checked_mul(7),
        _ => None,
    }
}

/// The days and the number of `2w 6`, also written `2w x6` or `every 2 weeks 6 times`.
pub(crate) fn repeat(text: &str) -> Option<(i32, i32)> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("every ").unwrap_or(&text);
    let text = text.strip_suffix(" times").unwrap_or(text);
    let (rest, times) = text.rsplit_once([' ', 'x'])?;
    let every = rest.trim_end_matches([' ', 'x', ',']);
    Some((self::every(every)?, times.parse().ok()?))
}
