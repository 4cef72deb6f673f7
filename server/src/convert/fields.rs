//! Reading messages strictly: every field that is wrong is found, not only the first.
//!
//! A reader takes a [`Fields`], which knows where in the request it stands, and gives `None` for what
//! is wrong after noting it. [`read`] makes a value or all the [`Violations`] of it. The path is put
//! together only when something is wrong, so that a good request costs nothing.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::id::ParseIdError;
use treadwell_clinic::time::{Cell, Minutes};

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a path of field names: `appointment.start`, `answers[2].when`.
    pub field: String,
    /// What is wrong and what was expected. It never quotes the value, which may be health data.
    pub expected: String,
}

/// All fields of a request that are wrong; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// The most that are noted: what comes after is most likely the same mistake again.
    pub const MAX: usize = 100;

    /// One field that is wrong.
    pub fn one(field: &str, expected: impl Into<String>) -> Self {
        Self(vec![Violation {
            field: field.to_owned(),
            expected: expected.into(),
        }])
    }
}

/// Reads a whole value, or gives everything that is wrong with it.
pub fn read<T>(reader: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Result<T, Violations> {
    let mut found = Vec::new();
    let value = reader(&mut Fields {
        path: Path {
            parent: None,
            step: Step::Root,
        },
        found: &mut found,
    });
    match value {
        Some(value) if found.is_empty() => Ok(value),
        _ => {
            debug_assert!(
                !found.is_empty(),
                "a reader has to say why it gives nothing"
            );
            Err(Violations(found))
        }
    }
}

/// A place in a request, and the list of what is wrong.
pub struct Fields<'a> {
    path: Path<'a>,
    found: &'a mut Vec<Violation>,
}

#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Root,
    Field(&'static str),
    Item(&'static str, usize),
}

impl Path<'_> {
    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        if !matches!(self.step, Step::Root) && !text.is_empty() {
            text.push('.');
        }
        match self.step {
            Step::Root => {}
            Step::Field(name) => text.push_str(name),
            Step::Item(name, at) => write!(text, "{name}[{at}]").expect("a String takes all text"),
        }
    }
}

impl Fields<'_> {
    /// The fields of the message in field `name`.
    pub fn inside(&mut self, name: &'static str) -> Fields<'_> {
        self.step(Step::Field(name))
    }

    /// The fields of the message at position `at` of the list `name`.
    pub fn item(&mut self, name: &'static str, at: usize) -> Fields<'_> {
        self.step(Step::Item(name, at))
    }

    fn step(&mut self, step: Step) -> Fields<'_> {
        Fields {
            path: Path {
                parent: Some(&self.path),
                step,
            },
            found: self.found,
        }
    }

    /// Notes that the field `name` is wrong; an empty name means the message itself.
    pub fn wrong<T>(&mut self, name: &str, expected: impl Into<String>) -> Option<T> {
        if self.found.len() < Violations::MAX {
            let mut field = String::new();
            self.path.write(&mut field);
            if !name.is_empty() {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(name);
            }
            self.found.push(Violation {
                field,
                expected: expected.into(),
            });
        }
        None
    }

    /// One line of text of so many characters, without control characters.
    pub fn text(
        &mut self,
        name: &str,
        value: &str,
        chars: RangeInclusive<usize>,
    ) -> Option<String> {
        self.characters(name, value, chars, char::is_control)
    }

    /// Text of several lines, of so many characters in all.
    pub fn note(
        &mut self,
        name: &str,
        value: &str,
        chars: RangeInclusive<usize>,
    ) -> Option<String> {
        self.characters(name, value, chars, |c| c.is_control() && c != '\n')
    }

    fn characters(
        &mut self,
        name: &str,
        value: &str,
        chars: RangeInclusive<usize>,
        forbidden: impl Fn(char) -> bool,
    ) -> Option<String> {
        let value = value.trim();
        let length = value.chars().count();
        if !chars.contains(&length) {
            let expected = if length == 0 {
                format!("must not be empty; at most {} characters", chars.end())
            } else {
                format!("at most {} characters, not {length}", chars.end())
            };
            return self.wrong(name, expected);
        }
        if value.chars().any(forbidden) {
            return self.wrong(name, "must not hold control characters");
        }
        Some(value.to_owned())
    }

    /// An id that has to be there.
    pub fn id<T: std::str::FromStr<Err = ParseIdError>>(
        &mut self,
        name: &str,
        value: &str,
    ) -> Option<T> {
        match value.parse() {
            Ok(id) => Some(id),
            Err(error) => self.wrong(name, error.to_string()),
        }
    }

    /// An id, or `Some(None)` for an empty field.
    pub fn optional_id<T: std::str::FromStr<Err = ParseIdError>>(
        &mut self,
        name: &str,
        value: &str,
    ) -> Option<Option<T>> {
        if value.is_empty() {
            Some(None)
        } else {
            self.id(name, value).map(Some)
        }
    }

    /// An etag of what `expected` says; an empty one is none.
    pub fn etag(&mut self, value: &str, expected: &'static str) -> Option<Option<Revision>> {
        if value.is_empty() {
            return Some(None);
        }
        match value.parse() {
            Ok(revision) => Some(Some(revision)),
            Err(_) => self.wrong("etag", expected),
        }
    }

    /// A list of ids, at most `max` of them, none twice.
    pub fn ids<T: std::str::FromStr<Err = ParseIdError> + PartialEq>(
        &mut self,
        name: &'static str,
        values: &[String],
        max: usize,
    ) -> Option<Vec<T>> {
        let mut ids = Vec::with_capacity(self.count(name, values.len(), 0..=max)?);
        let mut good = true;
        for (at, value) in values.iter().enumerate() {
            let mut item = self.item(name, at);
            match item.id::<T>("", value) {
                Some(id) if ids.contains(&id) => {
                    item.wrong::<()>("", "is there twice");
                    good = false;
                }
                Some(id) => ids.push(id),
                None => good = false,
            }
        }
        good.then_some(ids)
    }

    /// Checks the length of a list before anything of it is read.
    pub fn count(
        &mut self,
        name: &str,
        count: usize,
        range: RangeInclusive<usize>,
    ) -> Option<usize> {
        if range.contains(&count) {
            return Some(count);
        }
        let expected = if count < *range.start() {
            format!("at least {} of them", range.start())
        } else {
            format!("at most {} of them, not {count}", range.end())
        };
        self.wrong(name, expected)
    }

    /// A whole number within a range.
    pub fn number<T: TryFrom<i64>>(
        &mut self,
        name: &str,
        value: impl Into<i64>,
        range: RangeInclusive<i64>,
    ) -> Option<T> {
        let value = value.into();
        if range.contains(&value)
            && let Ok(number) = T::try_from(value)
        {
            return Some(number);
        }
        self.wrong(
            name,
            format!("{} to {}, not {value}", range.start(), range.end()),
        )
    }

    /// A duration on the 5-minute grid, within a range of minutes.
    pub fn minutes(
        &mut self,
        name: &str,
        value: i32,
        range: RangeInclusive<u16>,
    ) -> Option<Minutes> {
        let range = i64::from(*range.start())..=i64::from(*range.end());
        let number: u16 = self.number(name, value, range)?;
        match Minutes::new(number) {
            Some(minutes) => Some(minutes),
            None => self.wrong(name, format!("a multiple of 5 minutes, not {number}")),
        }
    }

    /// Money in cents, from 0 to the limit.
    pub fn cents(&mut self, name: &str, value: i64) -> Option<u32> {
        self.number(
            name,
            value,
            0..=i64::from(treadwell_clinic::limits::PRICE_CENTS),
        )
    }

    /// A message that has to be there.
    pub fn required<'m, T>(&mut self, name: &str, value: Option<&'m T>) -> Option<&'m T> {
        match value {
            Some(value) => Some(value),
            None => self.wrong(name, "must be set"),
        }
    }

    /// An instant that has to be there.
    pub fn instant(
        &mut self,
        name: &str,
        value: Option<&prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let value = self.required(name, value)?;
        match Timestamp::new(value.seconds, value.nanos) {
            Ok(instant) if value.nanos >= 0 => Some(instant),
            _ => self.wrong(name, "a valid instant of the years 1 to 9999"),
        }
    }

    /// An instant, or `Some(None)` where it is unset.
    pub fn optional_instant(
        &mut self,
        name: &str,
        value: Option<&prost_types::Timestamp>,
    ) -> Option<Option<Timestamp>> {
        match value {
            None => Some(None),
            value => self.instant(name, value).map(Some),
        }
    }

    /// An instant on the 5-minute grid that has to be there.
    pub fn cell(&mut self, name: &str, value: Option<&prost_types::Timestamp>) -> Option<Cell> {
        let instant = self.instant(name, value)?;
        match Cell::exactly(instant) {
            Some(cell) => Some(cell),
            None if instant < Cell::MIN.timestamp() || instant > Cell::MAX.timestamp() => {
                self.wrong(name, "an instant of the years 1970 to 2199")
            }
            None => self.wrong(
                name,
                "an instant on the 5-minute grid: whole minutes, a multiple of 5",
            ),
        }
    }

    /// An instant on the 5-minute grid, or `Some(None)` where it is unset.
    pub fn optional_cell(
        &mut self,
        name: &str,
        value: Option<&prost_types::Timestamp>,
    ) -> Option<Option<Cell>> {
        match value {
            None => Some(None),
            value => self.cell(name, value).map(Some),
        }
    }

    /// A calendar date that has to be there.
    pub fn date(&mut self, name: &str, value: Option<&v1::LocalDate>) -> Option<Date> {
        let value = self.required(name, value)?;
        match civil_date(value) {
            Some(date) => Some(date),
            None => self.wrong(name, "a date of the calendar, of the years 1900 to 2200"),
        }
    }

    /// A calendar date, or `Some(None)` where it is unset.
    pub fn optional_date(
        &mut self,
        name: &str,
        value: Option<&v1::LocalDate>,
    ) -> Option<Option<Date>> {
        match value {
            None => Some(None),
            value => self.date(name, value).map(Some),
        }
    }

    /// A time of day; 24:00 is midnight at the end of the day and given as midnight when `end`.
    pub fn time(&mut self, name: &str, value: Option<&v1::TimeOfDay>, end: bool) -> Option<Time> {
        let value = self.required(name, value)?;
        if end && value.hour == 24 && value.minute == 0 {
            return Some(Time::midnight());
        }
        let parts = (i8::try_from(value.hour), i8::try_from(value.minute));
        let (Ok(hour), Ok(minute)) = parts else {
            return self.wrong(name, "a time of day, 00:00 to 24:00");
        };
        match Time::new(hour, minute, 0, 0) {
            Ok(time) if minute % 5 == 0 => Some(time),
            Ok(_) => self.wrong(name, "a time of day on the 5-minute grid"),
            Err(_) => self.wrong(name, "a time of day, 00:00 to 24:00"),
        }
    }

    /// A value of an enum that is known and not the unspecified one.
    pub fn choice<E: TryFrom<i32>, T>(
        &mut self,
        name: &str,
        value: i32,
        known: impl FnOnce(E) -> Option<T>,
    ) -> Option<T> {
        if value == 0 {
            return self.wrong(name, "must be set");
        }
        match E::try_from(value).ok().and_then(known) {
            Some(choice) => Some(choice),
            None => self.wrong(name, format!("no known value has the number {value}")),
        }
    }
}

/// The date that a message means, if the calendar has it and it is within the API's years.
pub fn civil_date(value: &v1::LocalDate) -> Option<Date> {
    if !(1900..=2200).contains(&value.year) {
        return None;
    }
    Date::new(
        i16::try_from(value.year).ok()?,
        i8::try_from(value.month).ok()?,
        i8::try_from(value.day).ok()?,
    )
    .ok()
}
