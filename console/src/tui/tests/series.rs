//! Series: what would become of each is shown before it is done.

use treadwell_api::v1;

use super::desk::Desk;
use crate::tui::{
    call::{Answer, Call},
    sample,
    screens::{Screen, book::Stop},
};

/// What the stand-in answers about series: of three the second can not be had.
pub(super) fn answer(revision: u64, call: &Call) -> Answer {
    let visit = || v1::Appointment {
        series: Some(place(1)),
        ..sample::visit_of_bea()
    };
    let done = |number| v1::SeriesResult {
        number,
        start: Some(sample::at(16, 0)),
        appointment: Some(visit()),
        ..v1::SeriesResult::default()
    };
    let results = vec![
        done(1),
        v1::SeriesResult {
            number: 2,
            start: Some(sample::at(16, 0)),
            obstacles: vec![v1::Obstacle {
                reason: "ROOM_TAKEN".to_owned(),
                text: "H2 is taken.".to_owned(),
                ..v1::Obstacle::default()
            }],
            alternatives: vec![v1::Alternative {
                start: "2026-10-28T17:30:00Z".to_owned(),
                site_id: "halifax".to_owned(),
                room_id: "h1".to_owned(),
                ..v1::Alternative::default()
            }],
            ..v1::SeriesResult::default()
        },
        done(3),
    ];
    match call {
        Call::BookSeries(_) => v1::BookSeriesResponse { revision, results }.into(),
        Call::MoveSeries(_) => v1::MoveSeriesResponse { revision, results }.into(),
        _ => v1::CancelSeriesResponse {
            revision,
            appointments: vec![visit(), visit()],
        }
        .into(),
    }
}

fn place(number: i32) -> v1::SeriesPlace {
    v1::SeriesPlace {
        series_id: "ser-1".to_owned(),
        number,
        of: 3,
    }
}

/// A booking that is ready, with the focus on how it repeats.
fn ready() -> Desk {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.model.book.stop = Stop::Repeat;
    desk
}

#[test]
fn a_series_shows_what_becomes_of_each_before_it_is_booked() {
    let mut desk = ready();
    desk.keys("2w");
    desk.sees("Repeat: like 2w 6");
    desk.keys(" 3");
    desk.sees("and every 2 weeks, 3 times");
    desk.model.book.stop = Stop::Confirm;
    let before = desk.writes();
    desk.keys("<enter>");
    desk.sees("Book a series")
        .sees("2. ! Wed 14 Oct 16:00: H2 is taken. Instead: Wed 28 Oct 14:30, H1.")
        .sees("1 of 3 can not be had and is left out.");
    assert_eq!(desk.writes(), before, "it is only tried out");
    desk.keys("y");
    let Some(Call::BookSeries(asked)) = desk.last_write() else {
        panic!("a series is booked");
    };
    assert_eq!((asked.every_days, asked.times), (14, 3));
    assert_eq!(asked.on_impossible(), v1::OnImpossible::Skip);
    assert!(!asked.hold_id.is_empty());
    desk.sees("Booked: 2 of 3; the first is");
    assert_eq!(desk.model.screen, Screen::Board);
}

#[test]
fn a_no_books_nothing_and_keeps_the_draft() {
    let mut desk = ready();
    desk.keys("1w 3");
    desk.model.book.stop = Stop::Confirm;
    let before = desk.writes();
    desk.keys("<enter>n");
    assert_eq!(desk.writes(), before);
    desk.sees("and every week, 3 times");
}

/// On the second of a series.
fn on_a_member() -> Desk {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    let sheet = sample::sheet();
    let found = sheet.appointments.iter().find(|it| it.id == "apt-h4-14");
    desk.fake.booked.push(v1::Appointment {
        series: Some(place(2)),
        ..found.cloned().expect("the sample has it")
    });
    desk
}

#[test]
fn a_cancellation_asks_which_of_the_series_are_meant() {
    let mut desk = on_a_member();
    desk.keys("C<enter><enter><right>");
    desk.sees("< this and those that follow >");
    desk.keys("<enter>");
    desk.sees("Cancel this and those that follow?");
    desk.keys("y");
    let Some(Call::CancelSeries(asked)) = desk.last_write() else {
        panic!("a series is cancelled");
    };
    assert_eq!(asked.appointment_id, "apt-h4-14");
    assert_eq!(asked.scope(), v1::SeriesScope::Following);
    desk.sees("2 appointments of the series cancelled.");
}

#[test]
fn a_move_of_a_series_is_tried_out_first() {
    let mut desk = on_a_member();
    desk.keys("m<tab><tab><tab><right><right>");
    desk.sees("< all of the series >");
    let before = desk.writes();
    desk.keys("<enter>");
    desk.sees("Move to:");
    desk.keys("<down><enter>");
    desk.sees("Move a series").sees("H2 is taken.");
    assert_eq!(desk.writes(), before, "it is only tried out");
    desk.keys("y");
    let Some(Call::MoveSeries(asked)) = desk.last_write() else {
        panic!("a series is moved");
    };
    assert_eq!(asked.start, Some(sample::at(14, 45)));
    assert_eq!(asked.scope(), v1::SeriesScope::All);
    desk.sees("Moved: 2 of 3");
}
