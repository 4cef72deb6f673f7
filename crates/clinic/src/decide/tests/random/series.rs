//! Random series: a week apart, so that the second day has shifts too, and a third has none.

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Place, place, some_appointment, some_hold, wish};
use crate::command::{
    BookSeries, BookSource, Cancel, CancelSeries, Command, MoveSeries, NewPlace, OnImpossible,
    PutShift, SeriesScope,
};
use crate::decide::desk::{Desk, shift, step};
use crate::id::AppointmentId;
use crate::model::CancelReason;
use crate::time::Interval;

/// The cells of a week.
const WEEK: u32 = 7 * 24 * 12;

/// Something to ask of a series; the flags choose whether some may be skipped and all are meant.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Book(Index, Place, bool),
    BookHold(Index, bool),
    Move(Index, Place, bool, bool),
    Cancel(Index, bool),
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    let (index, flag) = (any::<Index>, any::<bool>);
    prop_oneof![
        4 => (index(), place(), flag()).prop_map(|(who, at, skip)| Ask::Book(who, at, skip)),
        1 => (index(), flag()).prop_map(|(which, skip)| Ask::BookHold(which, skip)),
        4 => (index(), place(), flag(), flag())
            .prop_map(|(which, to, all, skip)| Ask::Move(which, to, all, skip)),
        1 => (index(), flag()).prop_map(|(which, all)| Ask::Cancel(which, all)),
    ]
}

/// Everybody works a week later, too.
pub(super) fn open(desk: &mut Desk) {
    let shifts = super::THERAPISTS.map(|who| {
        let first = shift(who, "halifax", (9, 0), (21, 0));
        let time = Interval::new(
            first.time.start().plus_cells(WEEK),
            first.time.end().plus_cells(WEEK),
        );
        PutShift {
            time: time.expect("a shift is not empty"),
            ..first
        }
    });
    desk.done(&Command::PutShifts(shifts.to_vec()));
}

pub(super) fn command(desk: &Desk, ask: &Ask) -> Command {
    let on_impossible = |skip: bool| {
        if skip {
            OnImpossible::Skip
        } else {
            OnImpossible::FailAll
        }
    };
    let book = |first, skip: bool| {
        Command::BookSeries(Box::new(BookSeries {
            first,
            every_days: 7,
            times: if skip { 3 } else { 2 },
            on_impossible: on_impossible(skip),
            note: String::new(),
        }))
    };
    match ask {
        Ask::Book(who, at, skip) => book(BookSource::Wish(wish(desk, *who, at)), *skip),
        Ask::BookHold(which, skip) => {
            let hold = some_hold(desk, *which);
            book(BookSource::Hold { hold, client: None }, *skip)
        }
        Ask::Move(which, to, all, skip) => {
            let wish = wish(desk, *which, to);
            // Sometimes a week later or earlier: into the place that another of the series leaves.
            let start = if to.start % 4 == 0 {
                wish.start.plus_cells(WEEK)
            } else {
                wish.start
            };
            Command::MoveSeries(Box::new(MoveSeries {
                step: step(some_member(desk, *which)),
                scope: scope(*all),
                to: NewPlace {
                    start: Some(start),
                    therapist: wish.therapist,
                    ..NewPlace::default()
                },
                on_impossible: on_impossible(*skip),
            }))
        }
        Ask::Cancel(which, all) => Command::CancelSeries(CancelSeries {
            cancel: Cancel {
                step: step(some_member(desk, *which)),
                reason: CancelReason::ClientRequest,
                note: String::new(),
            },
            scope: scope(*all),
        }),
    }
}

fn scope(all: bool) -> SeriesScope {
    if all {
        SeriesScope::All
    } else {
        SeriesScope::Following
    }
}

/// One of a series, or any appointment when there is none.
fn some_member(desk: &Desk, which: Index) -> AppointmentId {
    let in_series = desk.clinic.appointments().filter(|a| a.series.is_some());
    let ids: Vec<_> = in_series.map(|a| a.id).collect();
    if ids.is_empty() {
        some_appointment(desk, which)
    } else {
        *which.get(&ids)
    }
}
