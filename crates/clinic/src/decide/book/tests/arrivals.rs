//! Bookings from holds, and of clients who are here already.

use jiff::ToSpan;
use jiff::civil::date;

use crate::command::{Book, BookSource, Command, Move, MoveTo, Put, PutShift};
use crate::decide::desk::{Desk, book_from, cell, shift, step, wish, with};
use crate::fixture::{self, foot, opening, site};
use crate::id::{AppointmentId, ClientId, HoldId};
use crate::model::{Phase, Policy, RecordId, WeekHours, Wish};
use crate::refusal::Refusal;

fn from_hold(hold: HoldId, client: ClientId, walk_in: bool) -> Command {
    let client = Some(client);
    Command::Book(Book {
        source: BookSource::Hold { hold, client },
        walk_in,
        note: String::new(),
    })
}

fn walk_in(client: ClientId, wish: Wish) -> Command {
    let client = Some(client);
    Command::Book(Book {
        source: BookSource::Wish(Wish { client, ..wish }),
        walk_in: true,
        note: String::new(),
    })
}

#[track_caller]
fn booked(desk: &mut Desk, command: &Command) -> AppointmentId {
    match desk.done(command).reply.records[..] {
        [RecordId::Appointment(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_walk_in_is_booked_and_checked_in() {
    let (mut desk, clients) = Desk::open();
    desk.at(10, 4);
    let id = booked(
        &mut desk,
        &walk_in(clients.clear, wish("massage-60", 10, 0)),
    );
    assert_eq!(desk.appointment(id).state.phase(), Phase::Arrived);
    let next_day = fixture::cell(date(2026, 11, 24), 10, 0);
    desk.done(&Command::PutShifts(vec![PutShift {
        time: crate::time::Interval::new(next_day, next_day.plus_cells(24)).unwrap(),
        ..shift("cas", "halifax", (9, 0), (21, 0))
    }]));
    let tomorrow = Wish {
        start: next_day,
        ..wish("massage-60", 10, 0)
    };
    let not_yet = walk_in(clients.clear, tomorrow.clone());
    assert_eq!(desk.refused(&not_yet).reason(), "TOO_FAR_AHEAD");
    let hold = desk.hold(tomorrow);
    let not_yet = from_hold(hold, clients.clear, true);
    assert_eq!(desk.refused(&not_yet).reason(), "TOO_FAR_AHEAD");
}

#[test]
fn a_walk_in_across_midnight_is_here() {
    let (mut desk, clients) = Desk::open();
    let all_day = Put {
        resource: crate::model::Site {
            hours: WeekHours::daily(opening(0, 24)),
            ..site("halifax")
        },
        etag: None,
    };
    desk.done(&Command::PutSite(all_day));
    let midnight = fixture::cell(date(2026, 11, 24), 0, 0);
    desk.done(&Command::PutShifts(vec![PutShift {
        time: crate::time::Interval::new(midnight.minus_cells(24), midnight.plus_cells(24))
            .unwrap(),
        ..shift("cas", "halifax", (9, 0), (21, 0))
    }]));
    desk.at(23, 55);
    let after = Wish {
        start: midnight.plus_cells(1),
        ..wish("massage-60", 10, 0)
    };
    let id = booked(&mut desk, &walk_in(clients.clear, after));
    assert_eq!(desk.appointment(id).state.phase(), Phase::Arrived);
}

#[test]
fn a_live_hold_is_taken_after_its_start() {
    let (mut desk, clients) = Desk::open();
    let other = desk.new_client("Other");
    let later = desk.book(other, with(wish("foot-30", 12, 0), "h6", "ann"));
    desk.at(10, 9);
    let first = desk.hold(with(wish("massage-60", 10, 5), "h3", "cas"));
    let second = desk.hold(with(wish("foot-30", 10, 5), "h6", "ann"));
    desk.at(10, 12);
    let id = booked(&mut desk, &from_hold(first, clients.clear, true));
    let appointment = desk.appointment(id);
    assert_eq!(appointment.state.phase(), Phase::Arrived);
    assert_eq!(appointment.slot.start(), cell(10, 5));
    desk.done(&Command::Move(Move {
        step: step(later),
        to: MoveTo::Hold(second),
    }));
    assert_eq!(desk.appointment(later).slot.start(), cell(10, 5));
}

#[test]
fn a_hold_whose_time_is_over_holds_nothing() {
    let (mut desk, clients) = Desk::open();
    let resource = Policy {
        hold_minutes: 120,
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource,
        etag: None,
    }));
    desk.at(10, 0);
    let hold = desk.hold(wish("foot-30", 10, 0));
    let over = cell(10, 0).plus(foot().minutes);
    desk.now = over.timestamp();
    let take = from_hold(hold, clients.clear, false);
    let past = Refusal::Past {
        at: cell(10, 0),
        earliest: over,
    };
    assert_eq!(desk.refused(&take), past);
    desk.now -= 1.second();
    desk.done(&take);
}

#[test]
fn a_hold_is_booked_by_whom_it_is_for_and_in_time() {
    let (mut desk, clients) = Desk::open();
    let other = desk.new_client("Other");
    let hold = desk.hold(Wish {
        client: Some(clients.clear),
        ..wish("massage-60", 10, 0)
    });
    let for_other = book_from(BookSource::Hold {
        hold,
        client: Some(other),
    });
    assert_eq!(
        desk.refused(&for_other),
        Refusal::HoldOfAnotherClient {
            hold,
            client: clients.clear
        }
    );
    let anonymous = desk.hold(wish("massage-60", 12, 0));
    let unnamed = book_from(BookSource::Hold {
        hold: anonymous,
        client: None,
    });
    assert_eq!(desk.refused(&unnamed).reason(), "INVALID");
    let expires = desk.clinic.hold(hold).unwrap().expires_at;
    let named = book_from(BookSource::Hold { hold, client: None });
    desk.now = expires;
    assert_eq!(
        desk.refused(&named),
        Refusal::HoldExpired { hold, at: expires }
    );
    desk.done(&Command::Expire);
    let what = RecordId::Hold(hold);
    assert_eq!(desk.refused(&named), Refusal::NotFound { what });
}
