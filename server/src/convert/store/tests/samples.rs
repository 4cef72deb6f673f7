//! Records of every kind, in which every variant of the model occurs.

mod catalog;
mod day;
mod money;
mod people;
mod roster;

use jiff::Timestamp;
use treadwell_clinic::model::Record;
use treadwell_clinic::time::{Cell, Interval, Minutes};

pub(super) use catalog::rooms;
pub(super) use day::{impossible, slot};

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn cell(number: u32) -> Cell {
    Cell::new(6_000_000 + number).unwrap()
}

fn span(start: u32, end: u32) -> Interval {
    Interval::new(cell(start), cell(end)).unwrap()
}

fn minutes(n: u16) -> Minutes {
    Minutes::new(n).unwrap()
}

pub(super) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

/// Records of every kind, in which every variant of the model occurs.
pub(super) fn everything() -> Vec<Record> {
    let mut records: Vec<Record> = vec![
        catalog::policy().into(),
        catalog::site().into(),
        catalog::rule_set().into(),
        catalog::rule_set_version().into(),
        people::declaration().into(),
    ];
    records.extend(rooms());
    records.extend(catalog::services());
    records.extend(people::people());
    records.extend(people::keys());
    records.extend(people::trainings());
    records.extend(roster::roster());
    records.extend(day::appointments());
    records.extend(day::floor());
    records.extend(money::records());
    records.extend(super::waitlist::waitlist());
    records.extend(super::upkeep::records());
    records
}
