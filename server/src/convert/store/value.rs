//! The small values that the stored forms share: ids, dates, instants, cells and minutes.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AppointmentId, HoldId};
use treadwell_clinic::model::{Equipment, EquipmentSet, Occupant};
use treadwell_clinic::time::{Cell, Interval, Minutes};

use super::{Bad, Stored};

/// Texts of ids.
pub(super) fn texts<T: ToString>(ids: impl IntoIterator<Item = T>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

/// An id from its text.
pub(super) fn id<T: FromStr>(field: &'static str, text: &str) -> Result<T, Bad> {
    text.parse().map_err(|_| Bad(field))
}

/// An id that may be missing.
pub(super) fn id_or_none<T: FromStr>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, Bad> {
    text.map(|text| id(field, text)).transpose()
}

/// Ids from their texts, as whatever collection is wanted.
pub(super) fn ids<T: FromStr, C: FromIterator<T>>(
    field: &'static str,
    texts: &[String],
) -> Result<C, Bad> {
    texts.iter().map(|text| id(field, text)).collect()
}

/// Every part of a list, read.
pub(super) fn list<T: Stored>(forms: Vec<T::Form>) -> Result<Vec<T>, Bad> {
    forms.into_iter().map(T::read).collect()
}

/// Every part of a list, as it is stored.
pub(super) fn forms<T: Stored>(parts: &[T]) -> Vec<T::Form> {
    parts.iter().map(Stored::form).collect()
}

/// A part that has to be there.
pub(super) fn part<T: Stored>(field: &'static str, form: Option<T::Form>) -> Result<T, Bad> {
    T::read(form.ok_or(Bad(field))?)
}

/// A date as the number yyyymmdd.
pub(super) fn date_form(date: Date) -> i32 {
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

/// A date from the number yyyymmdd.
pub(super) fn date(field: &'static str, number: i32) -> Result<Date, Bad> {
    let bad = Bad(field);
    let year = i16::try_from(number.div_euclid(10_000)).map_err(|_| bad)?;
    let month = i8::try_from(number.rem_euclid(10_000) / 100).map_err(|_| bad)?;
    let day = i8::try_from(number.rem_euclid(100)).map_err(|_| bad)?;
    Date::new(year, month, day).map_err(|_| bad)
}

/// An instant; the nanoseconds always count forward, as protobuf asks.
pub(super) fn instant_form(instant: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp {
            seconds: seconds - 1,
            nanos: nanos + 1_000_000_000,
        }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

/// An instant that has to be there.
pub(super) fn instant(
    field: &'static str,
    form: Option<prost_types::Timestamp>,
) -> Result<Timestamp, Bad> {
    instant_or_none(field, form)?.ok_or(Bad(field))
}

/// An instant that may be missing.
pub(super) fn instant_or_none(
    field: &'static str,
    form: Option<prost_types::Timestamp>,
) -> Result<Option<Timestamp>, Bad> {
    form.map(|form| Timestamp::new(form.seconds, form.nanos).map_err(|_| Bad(field)))
        .transpose()
}

/// A cell from its number.
pub(super) fn cell(field: &'static str, number: u32) -> Result<Cell, Bad> {
    Cell::new(number).ok_or(Bad(field))
}

/// An interval from the numbers of its cells.
pub(super) fn interval(field: &'static str, start: u32, end: u32) -> Result<Interval, Bad> {
    Interval::new(cell(field, start)?, cell(field, end)?).ok_or(Bad(field))
}

/// A duration on the grid.
pub(super) fn minutes(field: &'static str, number: u32) -> Result<Minutes, Bad> {
    Minutes::new(small(field, number)?).ok_or(Bad(field))
}

/// A number of 16 bits.
pub(super) fn small(field: &'static str, number: u32) -> Result<u16, Bad> {
    u16::try_from(number).map_err(|_| Bad(field))
}

impl Stored for Interval {
    type Form = stored::Span;

    fn form(&self) -> stored::Span {
        stored::Span {
            start: self.start().number(),
            end: self.end().number(),
        }
    }

    fn read(form: stored::Span) -> Result<Self, Bad> {
        interval("time", form.start, form.end)
    }
}

/// Kinds of equipment.
pub(super) fn equipment_forms(set: EquipmentSet) -> Vec<i32> {
    set.iter()
        .map(|kind| match kind {
            Equipment::Table => stored::Equipment::Table,
            Equipment::FootChair => stored::Equipment::FootChair,
            Equipment::ParallelBars => stored::Equipment::ParallelBars,
            Equipment::Rope => stored::Equipment::Rope,
        })
        .map(Into::into)
        .collect()
}

/// A set of kinds of equipment.
pub(super) fn equipment(field: &'static str, forms: &[i32]) -> Result<EquipmentSet, Bad> {
    forms.iter().try_fold(EquipmentSet::EMPTY, |set, &form| {
        let kind = match stored::Equipment::try_from(form) {
            Ok(stored::Equipment::Table) => Equipment::Table,
            Ok(stored::Equipment::FootChair) => Equipment::FootChair,
            Ok(stored::Equipment::ParallelBars) => Equipment::ParallelBars,
            Ok(stored::Equipment::Rope) => Equipment::Rope,
            Ok(stored::Equipment::Unspecified) | Err(_) => return Err(Bad(field)),
        };
        Ok(set.with(kind))
    })
}

impl Stored for Occupant {
    type Form = stored::Occupant;

    fn form(&self) -> stored::Occupant {
        use stored::occupant::Occupant as Form;
        stored::Occupant {
            occupant: Some(match self {
                Self::Appointment(id) => Form::Appointment(id.number()),
                Self::Hold(id) => Form::Hold(id.number()),
            }),
        }
    }

    fn read(form: stored::Occupant) -> Result<Self, Bad> {
        use stored::occupant::Occupant as Form;
        match form.occupant {
            Some(Form::Appointment(id)) => Ok(Self::Appointment(AppointmentId::new(id))),
            Some(Form::Hold(id)) => Ok(Self::Hold(HoldId::new(id))),
            None => Err(Bad("occupant")),
        }
    }
}
