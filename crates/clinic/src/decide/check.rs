//! Checks of what a command holds, wherever it is sent. All violations are collected before the command
//! is refused, so that a form can show them at once.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::limits;
use crate::refusal::{Refusal, Violation};
use crate::time::Minutes;

/// Collects what is not as it has to be.
#[derive(Debug, Default)]
pub(super) struct Checks {
    prefix: String,
    violations: Vec<Violation>,
}

impl Checks {
    /// Checks of something inside the command: its fields' paths begin with `prefix`.
    pub(super) fn inside(&mut self, prefix: impl Into<String>, check: impl FnOnce(&mut Self)) {
        let outer = self.prefix.len();
        self.prefix.push_str(&prefix.into());
        self.prefix.push('.');
        check(self);
        self.prefix.truncate(outer);
    }

    /// The same for each of a list, whose elements are written `field[0]`, `field[1]`.
    pub(super) fn each<T>(
        &mut self,
        field: &str,
        items: &[T],
        mut check: impl FnMut(&mut Self, &T),
    ) {
        for (at, item) in items.iter().enumerate() {
            self.inside(format!("{field}[{at}]"), |checks| check(checks, item));
        }
    }

    /// Notes a violation unless `holds`.
    pub(super) fn expect(&mut self, holds: bool, field: &str, expected: impl Display) {
        if !holds {
            let field = format!("{}{field}", self.prefix);
            let expected = expected.to_string();
            self.violations.push(Violation { field, expected });
        }
    }

    /// A name: one line, not empty, of at most [`limits::NAME_CHARS`].
    pub(super) fn name(&mut self, field: &str, text: &str) {
        self.line(field, text, limits::NAME_CHARS);
        self.expect(!text.is_empty(), field, "not empty");
    }

    /// One line of text, which may be empty: no control characters, no space around it.
    pub(super) fn line(&mut self, field: &str, text: &str, most: usize) {
        self.length(field, text, most);
        let clean = !text.chars().any(char::is_control);
        self.expect(clean, field, "one line without control characters");
        self.expect(text.trim() == text, field, "no space at its ends");
    }

    /// Text of several lines, which may be empty.
    pub(super) fn text(&mut self, field: &str, text: &str, most: usize) {
        self.length(field, text, most);
        let clean = !text.chars().any(|c| c.is_control() && c != '\n');
        self.expect(clean, field, "no control characters but line breaks");
    }

    /// At most so many of something.
    pub(super) fn at_most(&mut self, field: &str, count: usize, most: usize) {
        self.expect(count <= most, field, format_args!("at most {most}"));
    }

    /// A number between two bounds, both included.
    pub(super) fn between<N: PartialOrd + Display + Copy>(
        &mut self,
        field: &str,
        number: N,
        least: N,
        most: N,
    ) {
        let holds = least <= number && number <= most;
        self.expect(holds, field, format_args!("{least} to {most}"));
    }

    /// A duration between two bounds, both included.
    pub(super) fn minutes(&mut self, field: &str, number: Minutes, least: u16, most: Minutes) {
        self.between(field, number.get(), least, most.get());
    }

    /// No two of the keys are the same.
    pub(super) fn unique<K: Ord>(&mut self, field: &str, keys: impl IntoIterator<Item = K>) {
        let mut seen = BTreeSet::new();
        let unique = keys.into_iter().all(|key| seen.insert(key));
        self.expect(unique, field, "each one once");
    }

    fn length(&mut self, field: &str, text: &str, most: usize) {
        // Characters, not bytes: a limit that a person can count.
        let fits = text.len() <= most || text.chars().count() <= most;
        self.expect(fits, field, format_args!("at most {most} characters"));
    }

    /// Refuses if anything was noted.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(self.violations))
        }
    }
}

/// Refuses for one thing alone.
pub(super) fn invalid(field: &str, expected: impl Display) -> Refusal {
    Refusal::Invalid(vec![Violation {
        field: field.to_owned(),
        expected: expected.to_string(),
    }])
}
