//! What a walk through the screens has found: times that pass, places that close, words that mislead.

use treadwell_api::v1::{self, AppointmentState, RoomState, ScreeningOutcome};

use super::desk::Desk;
use crate::tui::{
    call::Call,
    event::Event,
    sample::{self, at},
    screens::Screen,
};

#[test]
fn an_outage_begins_with_the_yes_not_with_the_form() {
    let mut desk = Desk::new();
    desk.fake.live.now = None;
    desk.keys("x<tab><tab>leak<enter>");
    desk.sees("Out of service");
    desk.wait(4 * 60).keys("y");
    let Some(Call::OpenOutage(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let start = asked.outage.and_then(|outage| outage.start);
    assert_eq!(start, Some(at(14, 10)), "14:05 is past by 14:11");
}

#[test]
fn letters_choose_nothing_in_a_form() {
    let mut desk = Desk::new();
    desk.keys("x");
    desk.sees("< only its bars >");
    desk.keys("hollow");
    desk.sees("< only its bars >");
    desk.keys("<right>");
    desk.sees("< the room >");
}

#[test]
fn a_room_that_does_not_serve_gives_way_to_the_others_of_its_site() {
    let mut desk = Desk::new();
    desk.keys("f<enter>");
    assert_eq!(desk.model.screen, Screen::Book);
    desk.sees("no place chosen; looking in H3");
    desk.keys("<tab><enter><shift-tab><shift-tab>");
    desk.sees("only H3");
    desk.keys("<right>");
    desk.misses("only H3").sees("< Halifax >");
    desk.keys("<right>").sees("< Dartmouth >");
}

/// What a hold stands in the way of is not offered before it is given back.
#[test]
fn places_are_asked_for_after_the_old_hold_is_given_back() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>");
    desk.model.book.stop = crate::tui::screens::book::Stop::What;
    let before = desk.fake.log.len();
    desk.keys("<down><enter>");
    let names: Vec<&str> = desk.fake.log[before..]
        .iter()
        .filter_map(|call| match call {
            Call::ReleaseHold(_) => Some("release"),
            Call::SearchAvailability(_) => Some("search"),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["release", "search"]);
}

#[test]
fn a_time_that_can_not_be_read_books_nothing() {
    let mut desk = Desk::new();
    desk.keys("f25:99");
    desk.sees("is not a time");
    desk.keys("<down><enter>");
    assert_eq!(desk.model.screen, Screen::FreeRooms);
}

#[test]
fn the_time_in_focus_stays_when_another_site_opens_later() {
    let mut desk = Desk::new();
    desk.keys("d");
    desk.model.day.quarter = Some(24);
    desk.sees("14:00 H1");
    desk.keys("L");
    let mut sheet = sample::sheet();
    sheet.free_bar_rooms_from = Some(at(9, 0));
    let of = v1::GetDaySheetRequest {
        site_id: "dartmouth".to_owned(),
        date: sheet.date,
    };
    crate::tui::screens::day::loaded(&mut desk.model, &of, sheet);
    desk.sees("14:00 D1");
}

#[test]
fn a_session_past_its_end_is_found_where_it_is_drawn() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(24);
    desk.sees("14:00 H4: Jon Marsh");
    desk.keys("n")
        .sees("The session ends now")
        .sees("Jon Marsh");
}

#[test]
fn a_cell_without_an_appointment_says_what_is_there() {
    let mut desk = Desk::new();
    desk.keys("d");
    let sheet = desk.model.day.sheet.as_mut().expect("loaded");
    sheet.outages.push(v1::Outage {
        room_id: "h1".to_owned(),
        support_only: true,
        start: Some(at(18, 0)),
        reason: "loose clamp.".to_owned(),
        ..v1::Outage::default()
    });
    for (row, quarter, wanted) in [
        (5, 30, "out of service: chair is repaired"),
        (1, 26, "held until 14:12 for Ashiatsu 60 with Silva"),
        (0, 2, "no appointment, and past"),
        (0, 42, "bars out: loose clamp."),
        (2, 42, "no appointment. Enter books here."),
    ] {
        (desk.model.day.row, desk.model.day.quarter) = (row, Some(quarter));
        desk.sees(wanted);
    }
}

#[test]
fn a_hold_of_another_desk_opens_no_draft_here() {
    let mut desk = Desk::new();
    desk.fake.live.attention = vec![v1::Attention {
        kind: v1::AttentionKind::HoldEnding.into(),
        room_id: "h5".to_owned(),
        text: "The hold on H5 lapses at 14:12.".to_owned(),
        ..v1::Attention::default()
    }];
    let revision = desk.model.revision + 1;
    desk.fake.pass(revision);
    desk.event(Event::Changed(revision));
    desk.keys("<shift-tab><enter>");
    assert_eq!(desk.model.screen, Screen::Board);
    desk.sees("Another desk holds that place");
}

#[test]
fn a_room_offers_only_steps_that_its_next_client_can_take() {
    let mut desk = Desk::new();
    desk.keys("<down><down><enter>");
    let room = desk.model.live_room("h3").expect("on the board");
    assert_eq!(room.state(), RoomState::Vacant);
    desk.sees("next client 15:30").sees("check in");
    desk.misses("End the session");
}

#[test]
fn only_therapists_are_shown_the_key_to_decide() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.model.size = (200, 50);
    desk.sees("m Move").misses("R Review");
    let me = desk.model.me.as_mut().expect("signed in");
    me.set_role(v1::Role::Therapist);
    desk.sees("R Review");
}

#[test]
fn an_exclusion_says_what_can_be_booked_when() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>");
    desk.model.book.screening = Some(v1::Screening {
        outcome: ScreeningOutcome::ExcludedUntil.into(),
        eligible_on: Some(v1::LocalDate {
            year: 2026,
            month: 10,
            day: 17,
        }),
        rule_set_id: "barefoot".to_owned(),
        alternative_service_ids: vec!["ashiatsu-60".to_owned(), "foot-45".to_owned()],
        ..v1::Screening::default()
    });
    desk.sees("blocked: Screening: EXCLUDED until 17 Oct 2026");
    desk.model.book.stop = crate::tui::screens::book::Stop::Confirm;
    desk.sees("From 17 Oct 2026 on: Ashiatsu 60.")
        .sees("If a therapist agrees: Reflex foot massage 45.");
}

#[test]
fn an_undone_operation_is_named_in_the_words_of_the_desk() {
    let mut desk = Desk::new();
    desk.fake.undoable.0 = "check in".to_owned();
    desk.keys("u");
    desk.sees("Take this back: the check-in.");
    desk.keys("y");
    desk.sees("Undone: the check-in.");
}

#[test]
fn appointments_of_other_years_say_which() {
    let mut desk = Desk::new();
    let mut old = sample::visit_of_bea();
    let start = old.start.get_or_insert_default();
    start.seconds -= 400 * 86_400;
    old.set_state(AppointmentState::Completed);
    old.flags.clear();
    desk.fake.visits = vec![old];
    desk.keys("cBea<enter>");
    desk.sees(">2025-09-09 16:00 completed");
}
