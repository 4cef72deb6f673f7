use jiff::civil::date;

use super::why;
use crate::command::{Command, Move, MoveTo, NewPlace, Put, PutShift, ReviewScreening};
use crate::decide::desk::{Desk, actor, cell, shift, span, step, wish, with};
use crate::fixture::{self, opening, room_id, site, therapist_id};
use crate::id::AppointmentId;
use crate::model::{Occupant, Phase, Policy, ReviewDecision, Role, Site, WeekHours, When, Wish};
use crate::refusal::Refusal;
use crate::time::Interval;

fn move_to(id: AppointmentId, hour: i8, minute: i8) -> Command {
    Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            start: Some(cell(hour, minute)),
            ..NewPlace::default()
        }),
    })
}

#[test]
fn an_appointment_does_not_stand_in_its_own_way() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h5", "cas"));
    desk.done(&Command::Confirm(step(id)));
    desk.done(&move_to(id, 10, 30));
    let moved = desk.appointment(id);
    assert_eq!(moved.slot.planned, span((10, 30), (11, 30)));
    assert_eq!(
        (moved.slot.room, moved.slot.therapist),
        (room_id("h5"), therapist_id("cas"))
    );
    assert_eq!(moved.state.phase(), Phase::Confirmed);
}

#[test]
fn a_move_keeps_the_therapist_when_the_room_is_taken() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let other = desk.new_client("Other");
    let by = desk.book(other, with(wish("massage-60", 13, 0), "h3", "ann"));
    desk.done(&move_to(id, 13, 0));
    let slot = &desk.appointment(id).slot;
    assert_eq!(
        (slot.room, slot.therapist),
        (room_id("h5"), therapist_id("cas"))
    );
    let into = Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            room: Some(room_id("h3")),
            ..NewPlace::default()
        }),
    });
    assert_eq!(
        why(desk.refused(&into)).clashes(),
        [Occupant::Appointment(by)]
    );
}

#[test]
fn a_move_without_a_start_keeps_the_one_that_somebody_else_gave_it() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let to_another_room = Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            room: Some(room_id("h5")),
            ..NewPlace::default()
        }),
    });
    desk.done(&move_to(id, 11, 0));
    desk.done(&to_another_room);
    let slot = &desk.appointment(id).slot;
    assert_eq!((slot.start(), slot.room), (cell(11, 0), room_id("h5")));
}

#[test]
fn a_move_takes_a_hold_even_over_its_own_old_place() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let to = |hold| {
        Command::Move(Move {
            step: step(id),
            to: MoveTo::Hold(hold),
        })
    };
    let other_service = desk.hold(wish("foot-30", 12, 0));
    assert_eq!(
        desk.refused(&to(other_service)),
        Refusal::HoldOfAnotherService {
            hold: other_service
        }
    );
    // At the same time as the old place, for the same client, elsewhere.
    let hold = desk.hold(with(wish("massage-60", 10, 30), "h5", "ann"));
    desk.done(&to(hold));
    assert_eq!(desk.appointment(id).slot.room, room_id("h5"));
    assert!(desk.clinic.hold(hold).is_none());
}

#[test]
fn moving_to_another_day_takes_the_arrival_back() {
    let (mut desk, clients) = Desk::open();
    let tomorrow = PutShift {
        time: crate::time::Interval::new(
            fixture::cell(date(2026, 11, 24), 9, 0),
            fixture::cell(date(2026, 11, 24), 21, 0),
        )
        .unwrap(),
        ..shift("cas", "halifax", (9, 0), (10, 0))
    };
    desk.done(&Command::PutShifts(vec![tomorrow]));
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.done(&Command::CheckIn(step(id)));
    desk.done(&move_to(id, 11, 0));
    assert_eq!(desk.appointment(id).state.phase(), Phase::Arrived);
    desk.done(&Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            start: Some(fixture::cell(date(2026, 11, 24), 10, 0)),
            ..NewPlace::default()
        }),
    }));
    assert_eq!(desk.appointment(id).state.phase(), Phase::Booked);
}

#[test]
fn whoever_is_here_stays_here_when_the_start_moves_past_midnight() {
    let (mut desk, clients) = Desk::open();
    let resource = Site {
        hours: WeekHours::daily(opening(0, 24)),
        ..site("halifax")
    };
    desk.done(&Command::PutSite(Put {
        resource,
        etag: None,
    }));
    let midnight = fixture::cell(date(2026, 11, 24), 0, 0);
    let night = PutShift {
        time: Interval::new(midnight.minus_cells(36), midnight.plus_cells(24)).unwrap(),
        ..shift("cas", "halifax", (9, 0), (21, 0))
    };
    desk.done(&Command::PutShifts(vec![night]));
    let late = Wish {
        start: midnight.minus_cells(9),
        ..with(wish("massage-60", 10, 0), "h3", "cas")
    };
    let id = desk.book(clients.clear, late);
    desk.at(23, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            start: Some(midnight.plus_cells(3)),
            ..NewPlace::default()
        }),
    }));
    assert_eq!(desk.appointment(id).slot.start(), midnight.plus_cells(3));
    assert_eq!(desk.appointment(id).state.phase(), Phase::Arrived);
}

#[test]
fn a_review_does_not_go_with_a_move_to_where_the_answers_are_too_old() {
    let (mut desk, _) = Desk::open();
    let after = date(2027, 11, 24);
    let next_year = PutShift {
        time: Interval::new(fixture::cell(after, 9, 0), fixture::cell(after, 21, 0)).unwrap(),
        ..shift("cas", "halifax", (9, 0), (10, 0))
    };
    let policy = Policy {
        horizon_days: 400,
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource: policy,
        etag: None,
    }));
    desk.done(&Command::PutShifts(vec![next_year]));
    let client = desk.new_client("Somebody");
    desk.declare(client, Some(("phlebitis", When::Unknown)));
    let id = desk.book(client, with(wish("massage-60", 10, 0), "h3", "cas"));
    let mut therapist = actor(5, Role::Therapist);
    therapist.therapist = Some(therapist_id("cas"));
    desk.act_as(therapist);
    desk.done(&Command::ReviewScreening(ReviewScreening {
        step: step(id),
        decision: ReviewDecision::Proceed,
        note: String::new(),
    }));
    desk.done(&move_to(id, 11, 0));
    assert_eq!(desk.flags(id), [""; 0], "the same answers say the same");
    desk.done(&Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            start: Some(fixture::cell(after, 10, 0)),
            ..NewPlace::default()
        }),
    }));
    assert_eq!(desk.flags(id), ["SCREENING_INCOMPLETE"]);
}
