//! The small values that many resources share, on their way out.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::time::Cell;

/// A client's id, or nothing for one who was erased.
pub fn client_id(client: treadwell_clinic::id::ClientId) -> String {
    if client.is_erased() {
        String::new()
    } else {
        client.to_string()
    }
}

/// An instant.
pub fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}

/// The instant at which a cell begins.
pub fn cell(at: Cell) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: i64::from(at.number()) * 300,
        nanos: 0,
    }
}

/// A calendar date.
pub fn date(of: Date) -> v1::LocalDate {
    v1::LocalDate {
        year: of.year().into(),
        month: of.month().into(),
        day: of.day().into(),
    }
}

/// A time of day; midnight is 24:00 when it ends something.
pub fn time(of: Time, end: bool) -> v1::TimeOfDay {
    if end && of == Time::midnight() {
        return v1::TimeOfDay {
            hour: 24,
            minute: 0,
        };
    }
    v1::TimeOfDay {
        hour: of.hour().into(),
        minute: of.minute().into(),
    }
}

/// A stretch of a day, which may end with it.
pub fn range(from: Time, until: Time) -> v1::TimeRange {
    v1::TimeRange {
        start: Some(time(from, false)),
        end: Some(time(until, true)),
    }
}

/// What is shown of a revision as a resource's etag. A resource that is not stored has none.
pub fn etag(revision: Revision) -> String {
    if revision == 0 {
        String::new()
    } else {
        revision.to_string()
    }
}

/// What the board shows of a therapist: the last word of the name, at most 12 characters.
pub fn short_name(name: &str) -> String {
    name.split_whitespace()
        .next_back()
        .unwrap_or_default()
        .chars()
        .take(12)
        .collect()
}

/// A slug as a title for people: `reflex-foot` is `Reflex foot`.
pub fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Initials for places where the name must not show: the first letter of the first and of the last
/// word, as `A.L.`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let mut text = String::with_capacity(8);
    for letter in first.into_iter().chain(last) {
        text.extend(letter.to_uppercase());
        text.push('.');
    }
    text
}
