//! Scripts of keys about bookings, as a person at the desk would type them.

use treadwell_api::v1::{self, AnswerKind};

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    call::Call,
    screens::{Screen, book::Stop},
};

/// Who, what, when, questions, confirm: Anna Lee, the older one, for Ashiatsu 60 at the first place offered.
pub(super) const BOOK: &str = "bAnna<down><enter><enter><enter>nnnnn<enter><enter>";

#[test]
fn a_booking_from_the_board_and_back() {
    let mut desk = Desk::new();
    desk.keys("f<esc>bAnna");
    desk.sees("902-555-0101")
        .sees("902-555-0177")
        .sees("born 2 Mar 1954")
        .sees("+ a new client: Anna");
    desk.keys("<down><enter>");
    desk.sees("Anna Lee                 902-555-0177");
    desk.keys("<enter>");
    desk.sees("Silva (ashiatsu)").sees("earliest, usual");
    desk.keys("<enter>");
    desk.sees("[?] HELD until 14:12 (5 min)")
        .sees("<not asked>");
    assert_eq!(desk.fake.holds.len(), 1);
    desk.keys("nnnnn<enter>");
    desk.sees("ready: Enter books");
    desk.keys("<enter>");
    desk.sees("Booked: Anna Lee, Wed 14 Oct 14:30")
        .sees("u undoes");
    assert_eq!(desk.model.screen, Screen::Board);
    let booked = desk.fake.booked.first().expect("it is booked");
    assert_eq!(
        (booked.client_id.as_str(), booked.room_id.as_str()),
        ("cli-anna2", "h2")
    );
    assert!(desk.fake.holds.is_empty(), "the hold is consumed");
    assert!(
        desk.fake
            .answers
            .iter()
            .all(|answer| answer.kind() == AnswerKind::No)
    );
}

#[test]
fn not_asked_is_the_default_and_never_a_no() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>");
    assert_eq!(desk.model.book.stop, Stop::Questions);
    assert_eq!(desk.model.book.questions.open(), 5);
    desk.keys("<ctrl-r>");
    desk.sees("Nothing is answered yet");
    assert!(desk.fake.answers.is_empty());
    desk.keys("n<ctrl-r>");
    assert_eq!(
        desk.fake.answers.len(),
        1,
        "only what was answered is recorded"
    );
    desk.keys("<tab><tab><tab>");
    desk.model.book.stop = Stop::Confirm;
    desk.keys("<enter>");
    desk.sees("Not booked. Questions: 4 not asked");
    assert!(desk.fake.booked.is_empty());
}

#[test]
fn a_yes_takes_a_date_and_a_wrong_one_is_not_sent() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>y2026-13<ctrl-r>");
    desk.sees("The date is not readable");
    assert!(desk.fake.answers.is_empty());
    desk.keys("<backspace><backspace>03<ctrl-r>");
    let answer = desk.fake.answers.first().expect("recorded");
    assert_eq!(answer.kind(), AnswerKind::Yes);
    let Some(v1::event_time::Precision::Month(month)) =
        answer.when.as_ref().and_then(|when| when.precision)
    else {
        panic!("{answer:?} has no month");
    };
    assert_eq!((month.year, month.month), (2026, 3));
}

#[test]
fn the_draft_survives_esc_a_lost_link_and_a_restart() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nn<esc>");
    assert_eq!(desk.model.screen, Screen::Board);
    desk.lose_server();
    desk.sees("[STALE").sees("[#] IN SESSION");
    desk.keys("b");
    desk.sees("Anna Lee")
        .sees("[?] HELD")
        .sees("INCOMPLETE: 3 questions not asked");
    desk.keys("nnn<ctrl-r>");
    desk.sees("No connection for")
        .sees("what you typed is kept");
    assert_eq!(desk.fake.answers.len(), 0, "nothing is sent without a link");
    desk.find_server().keys("<ctrl-r>");
    assert_eq!(desk.fake.answers.len(), 5);
    desk.keys("<enter>");
    assert_eq!(desk.fake.booked.len(), 1);
}

#[test]
fn a_repeat_after_a_lost_answer_carries_the_same_request_id() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.fake.down = true;
    desk.keys("<enter>");
    desk.sees("It is not known whether it was booked");
    desk.fake.down = false;
    desk.keys("<enter>");
    let ids: Vec<String> = desk
        .fake
        .log
        .iter()
        .filter_map(|call| match call {
            Call::BookAppointment(asked) => {
                asked.write.as_ref().map(|write| write.request_id.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "so that the server books once");
    assert!(!ids[0].is_empty());
}

#[test]
fn a_booking_whose_answer_was_lost_is_asked_for_again_and_booked_once() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.fake.loses_next = true;
    desk.keys("<enter>").lose_server();
    desk.wait(400).misses("The hold has lapsed");
    desk.sees("It is not known whether it was booked");
    desk.find_server().sees("Booked: Anna Lee");
    assert_eq!(desk.fake.booked.len(), 1);
    assert!(desk.model.book.client.is_none(), "the draft is done");
}

#[test]
fn a_booking_that_never_came_to_the_server_is_refused_and_the_draft_kept() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.fake.down = true;
    desk.keys("<enter>").lose_server();
    desk.wait(400);
    let mut failure = refusal("HOLD_GONE", "the hold has expired");
    failure.lines = vec!["the room is taken".to_owned()];
    desk.fake.refuse_next = Some(failure);
    desk.find_server().sees("Not booked");
    desk.keys("<esc>").sees("the hold has lapsed; choose again");
    assert!(desk.model.book.client.is_some() && desk.fake.booked.is_empty());
}

#[test]
fn no_second_place_is_taken_while_a_booking_is_open() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.fake.loses_next = true;
    desk.keys("<enter>").sees("[ Enter: ask again ]");
    desk.model.book.stop = Stop::Places;
    let holds = desk.fake.holds.clone();
    desk.keys("<down><down><enter>");
    desk.sees("It is not known whether it was booked");
    assert_eq!(desk.fake.holds, holds);
    desk.model.book.stop = Stop::Confirm;
    desk.keys("<enter>").sees("Booked: Anna Lee");
    assert_eq!(desk.fake.booked.len(), 1);
}

#[test]
fn what_a_lost_link_left_open_is_asked_when_it_is_back() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter>").lose_server();
    desk.keys("<enter>");
    assert!(desk.model.book.screening.is_none());
    desk.find_server().sees("14:30");
    assert!(
        desk.model.book.screening.is_some(),
        "or Book would be stuck"
    );
}

#[test]
fn the_screening_of_another_client_is_not_shown() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter>");
    let asked = desk.fake.log.iter().rev().find_map(|call| match call {
        Call::Screen(asked) => Some(asked.clone()),
        _ => None,
    });
    let before = desk.model.book.screening.clone().expect("answered");
    let other = v1::ScreenRequest {
        client_id: "cli-bea".to_owned(),
        ..asked.expect("asked")
    };
    let excluded = v1::Screening {
        outcome: v1::ScreeningOutcome::Excluded.into(),
        ..v1::Screening::default()
    };
    let answer = v1::ScreenResponse {
        screenings: vec![excluded],
        ..v1::ScreenResponse::default()
    };
    crate::tui::screens::book::screened(&mut desk.model, &other, answer);
    assert_eq!(desk.model.book.screening, Some(before));
}

#[test]
fn a_hold_lapses_and_says_so() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    desk.wait(240).sees("(1 min)");
    desk.wait(61);
    desk.sees("The hold has lapsed");
    desk.keys("<enter>");
    desk.sees("Not booked. When: the hold has lapsed");
    assert!(desk.fake.booked.is_empty());
}

#[test]
fn a_place_can_be_held_before_the_client_is_known() {
    let mut desk = Desk::new();
    desk.keys("b<tab><enter><enter>");
    assert_eq!(desk.fake.holds.len(), 1);
    assert!(desk.fake.holds[0].client_id.is_empty());
    assert_eq!(desk.model.book.stop, Stop::Who);
    desk.sees("blocked").sees("[?] HELD");
    desk.keys("Bea<enter>");
    desk.sees("Bea Moreau");
    assert_eq!(desk.fake.holds.len(), 1, "the same hold");
}

#[test]
fn another_place_gives_the_first_hold_back() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>");
    desk.model.book.stop = Stop::Places;
    desk.keys("<down><down><enter>");
    assert_eq!(desk.fake.holds.len(), 1);
    assert_eq!(desk.fake.holds[0].room_id, "d1");
}

#[test]
fn a_new_client_with_a_known_phone_is_named_not_refused() {
    let mut desk = Desk::new();
    desk.keys("bZoe Park<enter><tab>902-555-0103<tab>1990-01-31<tab><enter>");
    desk.sees("perhaps here already")
        .sees("Jon Marsh                902-555-0103")
        .sees("Tab goes on with the new one");
    assert_eq!(
        desk.model
            .book
            .client
            .as_ref()
            .map(|client| client.name.as_str()),
        Some("Zoe Park")
    );
}

#[test]
fn a_walk_in_takes_the_first_free_place() {
    let mut desk = Desk::new();
    desk.keys("W<enter>");
    assert_eq!(desk.fake.holds.len(), 1, "held without asking");
    let fine = desk.fake.log.iter().any(|call| matches!(call, Call::SearchAvailability(asked) if asked.grid_minutes == 5 && asked.from.is_none()));
    assert!(fine, "from now on, to 5 minutes");
    desk.sees("Book > walk-in");
}

#[test]
fn a_room_is_booked_from_now_on_whatever_was_looked_for_before() {
    let mut desk = Desk::new();
    desk.keys("b<tab><enter><shift-tab><shift-tab><shift-tab>25:99<esc>");
    desk.keys("<enter>").click("Book in this room");
    desk.click("Book in this room");
    desk.misses("25:99");
    let asked = desk.fake.log.iter().rev().find_map(|call| match call {
        Call::SearchAvailability(asked) => Some(asked.clone()),
        _ => None,
    });
    let asked = asked.expect("it searches");
    assert_eq!((asked.room_id.as_str(), asked.from), ("h1", None));
}

#[test]
fn why_not_is_answered_in_words() {
    let mut desk = Desk::new();
    desk.keys("b<tab><enter><ctrl-e>14:00<enter>");
    desk.sees("Why not Wed 14 Oct 14:00?")
        .sees("H1: taken until 15:00, turnover included")
        .sees("The nearest that can be booked");
    desk.keys("<esc>").misses("Why not Wed");
}

#[test]
fn why_not_asks_about_the_time_at_the_site_that_it_is_about() {
    let mut desk = Desk::new();
    let sites = desk.fake.live.sites.iter_mut();
    for site in sites.filter(|site| site.site_id == "dartmouth") {
        "America/Toronto".clone_into(&mut site.time_zone);
    }
    desk.keys("gb<tab><enter><shift-tab><shift-tab><right><right>");
    desk.keys("<ctrl-e>14:00<enter>");
    let asked = desk.fake.log.iter().rev().find_map(|call| match call {
        Call::ExplainSlot(asked) => Some(asked.clone()),
        _ => None,
    });
    let asked = asked.expect("it asks");
    assert_eq!(asked.site_id, "dartmouth");
    assert_eq!(asked.start, Some(crate::tui::sample::at(15, 0)));
    desk.sees("Why not Wed 14 Oct 14:00?");
}

#[test]
fn a_refused_booking_shows_the_rules_and_keeps_the_draft() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnnn<enter>");
    let mut failure = refusal("HOLD_GONE", "the hold has expired");
    failure.lines = vec!["the room is taken".to_owned()];
    desk.fake.refuse_next = Some(failure);
    desk.keys("<enter>");
    desk.sees("Not booked")
        .sees("the hold has expired")
        .sees("the room is taken");
    assert!(desk.model.book.client.is_some() && desk.model.book.hold.is_none());
    desk.keys("<esc><enter>");
    assert!(
        desk.model.book.hold.is_some(),
        "Enter on the place holds it again"
    );
}
