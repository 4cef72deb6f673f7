//! Reading TOML so that every mistake is found, with its line.
//!
//! A [`Table`] hands out its fields by name, notes what is missing or not as expected, and at the end
//! what it has never been asked for.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use jiff::civil::{Date, Time};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use treadwell_clinic::id::ParseIdError;
use treadwell_clinic::time::Minutes;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The field, as a path: `room[2].equipment`. Empty where the file is no TOML at all.
    pub field: String,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "line {}: {}", self.line, self.expected)
        } else {
            write!(f, "line {}: {}: {}", self.line, self.field, self.expected)
        }
    }
}

/// Everything that is wrong with a file; at least one mistake, in the order of lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

/// The file, and what is wrong with it so far.
pub(super) struct Source<'t> {
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            mistakes: RefCell::default(),
        }
    }

    /// Notes a mistake.
    pub(super) fn mistake(&self, at: usize, field: String, expected: impl Into<String>) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = before.split(|&byte| byte == b'\n').count();
        self.mistakes.borrow_mut().push(Mistake {
            line,
            field,
            expected: expected.into(),
        });
    }

    /// What was found wrong, in the order of lines.
    pub(super) fn finish(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| mistake.line);
        mistakes
    }
}

/// A table of the file.
pub(super) struct Table<'s, 't> {
    source: &'s Source<'t>,
    entries: &'s DeTable<'t>,
    path: String,
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

/// A value of the file.
type Value<'t> = Spanned<DeValue<'t>>;

impl<'s, 't> Table<'s, 't> {
    pub(super) fn root(source: &'s Source<'t>, table: &'s DeTable<'t>) -> Self {
        Self {
            source,
            entries: table,
            path: String::new(),
            at: 0,
            asked: RefCell::default(),
        }
    }

    fn inner(&self, path: String, span: &Range<usize>, table: &'s DeTable<'t>) -> Self {
        Self {
            source: self.source,
            entries: table,
            path,
            at: span.start,
            asked: RefCell::default(),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Whether the file says anything of a field.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &'static str) -> Option<&'s Value<'t>> {
        self.asked.borrow_mut().push(name);
        self.entries.get(name)
    }

    /// Notes that a field is not as expected, where it stands, or else where its table begins.
    pub(super) fn wrong<T>(&self, name: &str, expected: impl Into<String>) -> Option<T> {
        let at = self
            .entries
            .get(name)
            .map_or(self.at, |value| value.span().start);
        self.source.mistake(at, self.path(name), expected);
        None
    }

    fn required(&self, name: &'static str, expected: &str) -> Option<&'s Value<'t>> {
        match self.find(name) {
            Some(value) => Some(value),
            None => self.wrong(name, format!("is missing: {expected}")),
        }
    }

    /// Text. One that may be empty may be missing.
    pub(super) fn text(&self, name: &'static str, chars: RangeInclusive<usize>) -> Option<String> {
        let expected = format!("text of {} to {} characters", chars.start(), chars.end());
        if *chars.start() == 0 && !self.has(name) {
            return Some(String::new());
        }
        let text = self
            .required(name, &expected)?
            .get_ref()
            .as_str()
            .map(str::trim);
        match text {
            Some(text)
                if chars.contains(&text.chars().count()) && !text.chars().any(char::is_control) =>
            {
                Some(text.to_owned())
            }
            _ => self.wrong(name, expected),
        }
    }

    /// An id.
    pub(super) fn id<I: FromStr<Err = ParseIdError>>(&self, name: &'static str) -> Option<I> {
        let value = self.required(name, "an id of a-z, 0-9 and hyphens")?;
        self.parse_id(name, value)
    }

    fn parse_id<I: FromStr<Err = ParseIdError>>(&self, name: &str, value: &Value<'t>) -> Option<I> {
        let found = match value.get_ref().as_str() {
            Some(text) => text
                .parse()
                .map_err(|error: ParseIdError| error.to_string()),
            None => Err("an id, as text".to_owned()),
        };
        match found {
            Ok(id) => Some(id),
            Err(expected) => {
                self.source
                    .mistake(value.span().start, self.path(name), expected);
                None
            }
        }
    }

    /// A list of ids, none twice. An empty one may be missing.
    pub(super) fn ids<I: FromStr<Err = ParseIdError> + PartialEq>(
        &self,
        name: &'static str,
        count: RangeInclusive<usize>,
    ) -> Option<Vec<I>> {
        let mut ids = Vec::new();
        let mut good = true;
        for value in self.list(name, count)? {
            match self.parse_id(name, value) {
                Some(id) if ids.contains(&id) => {
                    good = false;
                    self.source
                        .mistake(value.span().start, self.path(name), "is there twice");
                }
                Some(id) => ids.push(id),
                None => good = false,
            }
        }
        good.then_some(ids)
    }

    /// The values of a list. One that may be empty may be missing.
    pub(super) fn list(
        &self,
        name: &'static str,
        count: RangeInclusive<usize>,
    ) -> Option<Vec<&'s Value<'t>>> {
        let expected = format!("a list of {} to {}", count.start(), count.end());
        let Some(value) = self.find(name) else {
            if *count.start() == 0 {
                return Some(Vec::new());
            }
            return self.wrong(name, format!("is missing: {expected}"));
        };
        match value.get_ref().as_array() {
            Some(list) if count.contains(&list.len()) => Some(list.iter().collect()),
            _ => self.wrong(name, expected),
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let value = self.required(name, &one_of(words))?;
        self.parse_word(name, value, words)
    }

    /// The word that a value of field `name` is.
    pub(super) fn parse_word<T: Copy>(
        &self,
        name: &str,
        value: &Value<'t>,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = value.get_ref().as_str();
        let found = words.iter().find(|(word, _)| Some(*word) == text);
        if found.is_none() {
            self.source
                .mistake(value.span().start, self.path(name), one_of(words));
        }
        found.map(|&(_, meaning)| meaning)
    }

    /// A whole number; `default` when it is missing and there is a default.
    pub(super) fn number<N: TryFrom<i64>>(
        &self,
        name: &'static str,
        range: RangeInclusive<i64>,
        default: Option<N>,
    ) -> Option<N> {
        let expected = format!("a whole number, {} to {}", range.start(), range.end());
        if let (Some(default), false) = (default, self.has(name)) {
            return Some(default);
        }
        let value = self.required(name, &expected)?.get_ref().as_integer();
        let number = value
            .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .and_then(|number| N::try_from(number).ok());
        match number {
            Some(number) => Some(number),
            None => self.wrong(name, expected),
        }
    }

    /// Minutes, a multiple of 5; `default` when missing and there is a default.
    pub(super) fn minutes(
        &self,
        name: &'static str,
        range: RangeInclusive<u16>,
        default: Option<Minutes>,
    ) -> Option<Minutes> {
        let bounds = i64::from(*range.start())..=i64::from(*range.end());
        let number: u16 = self.number(name, bounds, default.map(Minutes::get))?;
        match Minutes::new(number) {
            Some(minutes) => Some(minutes),
            None => self.wrong(name, "minutes, a multiple of 5"),
        }
    }

    /// Yes or no; no when missing.
    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        match self.find(name) {
            None => Some(false),
            Some(value) => match value.get_ref().as_bool() {
                Some(flag) => Some(flag),
                None => self.wrong(name, "true or false"),
            },
        }
    }

    /// A date that has to be there.
    pub(super) fn date(&self, name: &'static str) -> Option<Date> {
        self.required(name, "a date such as 2026-10-14")?;
        self.optional_date(name)?
    }

    /// A date, or none when it is missing.
    #[expect(
        clippy::option_option,
        reason = "as with every field, none of it when it is wrong"
    )]
    pub(super) fn optional_date(&self, name: &'static str) -> Option<Option<Date>> {
        let Some(value) = self.find(name) else {
            return Some(None);
        };
        let date = value
            .get_ref()
            .as_datetime()
            .filter(|moment| moment.time.is_none() && moment.offset.is_none())
            .and_then(|moment| moment.date)
            .and_then(|date| {
                Date::new(
                    i16::try_from(date.year).ok()?,
                    i8::try_from(date.month).ok()?,
                    i8::try_from(date.day).ok()?,
                )
                .ok()
            })
            .filter(|date| (1900..=2200).contains(&date.year()));
        match date {
            Some(date) => Some(Some(date)),
            None => self.wrong(name, "a date without quotes, such as 2026-10-14"),
        }
    }

    /// Spans of a day such as `"09:00-17:00"`: one, or a list of them, in order and apart.
    pub(super) fn spans(&self, name: &'static str, most: usize) -> Option<Vec<(Time, Time)>> {
        const EXPECTED: &str = "times such as \"09:00-17:30\", on the 5-minute grid";
        let Some(value) = self.find(name) else {
            return Some(Vec::new());
        };
        let values: Vec<&str> = match value.get_ref() {
            DeValue::String(text) => vec![text.as_ref()],
            DeValue::Array(list) => {
                let texts: Vec<_> = list
                    .iter()
                    .filter_map(|value| value.get_ref().as_str())
                    .collect();
                if texts.len() != list.len() {
                    return self.wrong(name, EXPECTED);
                }
                texts
            }
            _ => return self.wrong(name, EXPECTED),
        };
        let spans: Option<Vec<_>> = values.into_iter().map(parse_span).collect();
        let Some(spans) = spans else {
            return self.wrong(name, EXPECTED);
        };
        let apart = spans
            .windows(2)
            .all(|pair| pair[0].1 != Time::midnight() && pair[0].1 <= pair[1].0);
        if !apart {
            return self.wrong(name, "spans in order that do not overlap");
        }
        if spans.len() > most {
            return self.wrong(name, format!("at most {most} spans"));
        }
        Some(spans)
    }

    /// Money such as `"95.00"`, in cents.
    pub(super) fn money(&self, name: &'static str, most: u32) -> Option<u32> {
        const EXPECTED: &str = "an amount as text, such as \"95.00\"";
        let value = self.required(name, EXPECTED)?.get_ref().as_str();
        match value.and_then(parse_money).filter(|&cents| cents <= most) {
            Some(cents) => Some(cents),
            None => self.wrong(name, EXPECTED),
        }
    }

    /// A table within this one; none when it is missing.
    pub(super) fn table(&self, name: &'static str) -> Option<Self> {
        let value = self.find(name)?;
        match value.get_ref().as_table() {
            Some(table) => Some(self.inner(self.path(name), &value.span(), table)),
            None => self.wrong(name, format!("a table [{}]", self.path(name))),
        }
    }

    /// The tables of a list such as `[[room]]`; none when it is missing.
    pub(super) fn tables(&self, name: &'static str, most: usize) -> Vec<Self> {
        let Some(list) = self.list(name, 0..=most) else {
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(list.len());
        for (at, value) in list.into_iter().enumerate() {
            let path = format!("{}[{at}]", self.path(name));
            match value.get_ref().as_table() {
                Some(table) => tables.push(self.inner(path, &value.span(), table)),
                None => self.source.mistake(value.span().start, path, "a table"),
            }
        }
        tables
    }

    /// Notes every field that was never asked for: most likely a misspelt one.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries {
            let name = key.get_ref().as_ref();
            if !asked.contains(&name) {
                let mut known = asked.clone();
                known.sort_unstable();
                known.dedup();
                self.source.mistake(
                    key.span().start,
                    self.path(name),
                    format!("no such field; known here: {}", known.join(", ")),
                );
            }
        }
    }
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|(word, _)| format!("\"{word}\""))
        .collect();
    format!("one of {}", words.join(", "))
}

/// A span such as `09:00-17:30`; `24:00` ends a day.
pub(super) fn parse_span(text: &str) -> Option<(Time, Time)> {
    let (from, until) = text.split_once('-')?;
    let from = parse_time(from.trim())?;
    let until = match until.trim() {
        "24:00" => Time::midnight(),
        until => parse_time(until).filter(|until| *until > from)?,
    };
    Some((from, until))
}

fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let minute: i8 = minute.parse().ok().filter(|minute| minute % 5 == 0)?;
    Time::new(hour.parse().ok()?, minute, 0, 0).ok()
}

fn parse_money(text: &str) -> Option<u32> {
    let (whole, cents) = text.split_once('.')?;
    if cents.len() != 2 || !(whole.bytes().chain(cents.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    whole.checked_mul(100)?.checked_add(cents.parse().ok()?)
}
