//! Answers that come late, links that are lost and bookings that cross: nothing is lost, and nothing is taken for another.

use treadwell_api::v1;

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    call::{Answer, Call},
    event::{Effect, Event, LinkChange},
    screens::{Screen, book::Stop},
};

/// Anna Lee, Ashiatsu 60, the places listed.
const PLACES: &str = "bAnna<enter><enter>";

#[test]
fn a_paste_asks_once_and_what_is_typed_after_it_is_asked_too() {
    let mut desk = Desk::new();
    desk.keys("b").slow();
    desk.event(Event::Paste("Bea Moreau".to_owned()));
    let asked: Vec<&Call> = desk.on_the_way.iter().map(|(_, call)| call).collect();
    assert!(
        matches!(asked[..], [Call::ListClients(asked)] if asked.query == "Bea Moreau"),
        "{asked:?}"
    );
    desk.arrive();
    desk.sees("902-555-0102");
    desk.keys("<ctrl-u>Jon");
    desk.sees("Jon Marsh");
}

#[test]
fn a_mistaken_yes_is_taken_back_while_its_date_is_empty() {
    let questions = "bAnna<enter><enter><enter>";
    for (key, open) in [("<backspace>", 5), ("<left>", 5), ("n", 4)] {
        let mut desk = Desk::new();
        desk.keys(questions).keys("y");
        desk.sees("<YES>");
        assert_eq!(desk.model.book.questions.open(), 4);
        desk.keys(key);
        desk.misses("<YES>");
        assert_eq!(desk.model.book.questions.open(), open, "after {key}");
        assert_eq!(desk.model.book.questions.at, 0, "to be looked at again");
    }
    let mut desk = Desk::new();
    desk.keys(questions)
        .keys("y2026<backspace><backspace><backspace>");
    desk.sees("<YES>");
    desk.keys("<backspace>");
    desk.sees("<YES>");
    desk.keys("<backspace>");
    desk.misses("<YES>");
}

#[test]
fn a_yes_without_a_date_goes_on_to_the_next_question() {
    use v1::AnswerKind::{No, Yes};

    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter>nnnyn<ctrl-r>");
    let kinds: Vec<v1::AnswerKind> = desk.fake.answers.iter().map(v1::Answer::kind).collect();
    assert_eq!(kinds, [No, No, No, Yes, No]);
}

#[test]
fn a_hold_that_comes_late_for_another_service_is_given_back() {
    let mut desk = Desk::new();
    desk.keys(PLACES).slow().keys("<enter>");
    desk.model.book.stop = Stop::What;
    desk.keys("<down><enter>");
    desk.arrive();
    assert!(desk.fake.holds.is_empty(), "{:?}", desk.fake.holds);
    assert!(desk.model.book.hold.is_none());
    assert_eq!(desk.model.book.service.as_deref(), Some("ashiatsu-90"));
}

#[test]
fn a_hold_that_comes_late_for_a_draft_thrown_away_is_given_back() {
    let mut desk = Desk::new();
    desk.keys(PLACES).slow().keys("<enter><ctrl-n>y");
    desk.arrive();
    assert!(desk.fake.holds.is_empty(), "{:?}", desk.fake.holds);
    assert!(desk.model.book.hold.is_none() && desk.model.book.client.is_none());
}

#[test]
fn of_two_places_chosen_quickly_the_second_is_held() {
    let mut desk = Desk::new();
    desk.keys(PLACES).slow().keys("<enter><down><down><enter>");
    desk.arrive();
    let held: Vec<&str> = desk
        .fake
        .holds
        .iter()
        .map(|hold| hold.room_id.as_str())
        .collect();
    assert_eq!(held, ["d1"]);
    desk.sees("D1 with Roy, [?] HELD");
}

#[test]
fn of_two_places_the_second_is_held_though_the_first_is_refused() {
    let mut desk = Desk::new();
    desk.keys(PLACES).slow().keys("<enter><down><down><enter>");
    desk.fake.refuse_next = Some(refusal("TAKEN", "somebody was faster"));
    desk.arrive();
    assert_eq!(desk.fake.holds[0].room_id, "d1");
}

#[test]
fn a_booking_that_ends_late_leaves_the_next_draft_alone() {
    let mut desk = Desk::new();
    desk.keys(PLACES).keys("<enter>nnnnn<enter>");
    desk.slow().keys("<enter><ctrl-n>yBea");
    desk.arrive();
    desk.sees("Booked: Anna Lee");
    assert_eq!(desk.model.book.finder.input.value(), "Bea");
}

#[test]
fn answers_recorded_late_leave_the_next_clients_questions_alone() {
    let mut desk = Desk::new();
    desk.keys(PLACES).keys("<enter>nn").slow().keys("<ctrl-r>");
    let (ticket, call) = desk.on_the_way.pop_front().expect("the answers");
    desk.on_the_way.clear();
    desk.model.book.client = crate::tui::sample::client_named("Bea Moreau");
    let answer = desk.fake.answer(call);
    desk.event(Event::Answer(ticket, answer));
    assert_eq!(desk.model.book.stop, Stop::Questions);
    assert_eq!(
        desk.model.book.questions.open(),
        3,
        "what was answered stays"
    );
}

#[test]
fn a_list_of_free_rooms_says_what_it_is_for() {
    let mut desk = Desk::new();
    desk.keys("f");
    desk.sees("Free rooms > now, 14:07");
    desk.lose_server().keys("15:00");
    desk.sees("Free rooms > now, 14:07")
        .sees("What you typed is not answered yet");
    desk.keys("<down><enter>");
    assert_eq!(desk.model.screen, Screen::FreeRooms);
    desk.find_server();
    desk.keys("<up>");
    desk.sees("Free rooms > 15:00").misses("not answered yet");
    desk.keys("<enter>");
    assert_eq!(desk.model.screen, Screen::Book);
}

#[test]
fn places_of_what_was_typed_before_are_not_held() {
    let mut desk = Desk::new();
    desk.keys(PLACES);
    desk.model.book.stop = Stop::From;
    desk.slow().keys("15:00<enter><enter>");
    desk.sees("these are from before");
    assert!(
        desk.on_the_way
            .iter()
            .all(|(_, call)| !matches!(call, Call::CreateHold(_)))
    );
    desk.arrive().keys("<enter>");
    assert_eq!(desk.fake.holds.len(), 1);
}

#[test]
fn a_walk_in_is_held_where_the_desk_is() {
    let mut desk = Desk::new();
    desk.keys("<right>W<enter>");
    let site_of = |desk: &Desk| {
        let asked = desk.fake.log.iter().rev().find_map(|call| match call {
            Call::SearchAvailability(asked) => Some(asked.site_ids.clone()),
            _ => None,
        });
        asked.expect("it searches")
    };
    assert_eq!(site_of(&desk), ["halifax"], "the configured site");
    let mut desk = Desk::new();
    desk.model.home_site = None;
    desk.keys("<right>W<enter>");
    assert_eq!(
        site_of(&desk),
        ["halifax"],
        "the second by name, which the board is on"
    );
}

/// The board's second site is the one in focus then; both ways into another booking ask.
#[test]
fn a_held_place_is_given_back_only_after_a_question() {
    let held = "bAnna<enter><enter><enter><esc>";
    for (keys, begins) in [
        ("d<end><enter>", "from the day"),
        ("f<enter>", "from free rooms"),
        ("W", "a walk-in"),
        ("cBea<enter>b", "for another client"),
        ("b<ctrl-n>", "anew"),
    ] {
        let mut desk = Desk::new();
        desk.keys(held).keys(keys);
        desk.sees("Anna Lee, Wed 14 Oct 14:30")
            .sees("Its hold is given back.");
        desk.keys("n");
        assert_eq!(desk.fake.holds.len(), 1, "{begins}");
        assert!(desk.model.book.hold.is_some(), "{begins}");
        if keys == "b<ctrl-n>" {
            desk.keys("<ctrl-n>");
        } else {
            desk.keys("<esc>").keys(keys);
        }
        desk.keys("y");
        assert!(desk.fake.holds.is_empty(), "{begins}");
        assert!(desk.model.book.hold.is_none(), "{begins}");
    }
}

#[test]
fn the_same_client_and_a_hold_without_one_need_no_question() {
    let mut desk = Desk::new();
    desk.keys("b<tab><enter><enter><esc>cBea<enter>b");
    assert!(desk.model.dialog.is_none());
    assert_eq!(desk.fake.holds.len(), 1);
    let client = desk.model.book.client.as_ref();
    assert_eq!(
        client.map(|client| client.name.as_str()),
        Some("Bea Moreau")
    );
    desk.keys("<esc>cBea<enter>b");
    assert!(desk.model.dialog.is_none());
}

#[test]
fn what_is_shown_is_read_anew_though_a_newer_answer_came_before_the_change() {
    let mut desk = Desk::new();
    let revision = desk.model.revision + 1;
    desk.fake.pass(revision);
    desk.slow().event(Event::ReferenceChanged);
    let (ticket, _) = desk
        .on_the_way
        .pop_front()
        .expect("the catalog is asked for");
    let catalog = v1::GetCatalogResponse {
        revision,
        ..crate::tui::sample::catalog()
    };
    desk.event(Event::Answer(ticket, Ok(Answer::GetCatalog(catalog))));
    desk.on_the_way.clear();
    desk.model.calls.forget();
    assert_eq!(desk.model.revision, revision);
    desk.event(Event::Changed(revision));
    assert!(
        desk.on_the_way
            .iter()
            .any(|(_, call)| matches!(call, Call::GetBoard(_))),
        "the board is still that of the revision before"
    );
}

#[test]
fn a_change_that_is_shown_already_asks_for_nothing() {
    for keys in ["", "f", "d", "t", "cBea<enter>", "<f2>"] {
        let mut desk = Desk::new();
        let revision = desk.model.revision + 1;
        desk.fake.pass(revision);
        desk.keys(keys).event(Event::Changed(revision));
        let asked = desk.fake.log.len();
        desk.event(Event::Changed(revision));
        assert_eq!(desk.fake.log.len(), asked, "after {keys:?}");
        desk.fake.pass(revision + 1);
        desk.event(Event::Changed(revision + 1));
        assert!(desk.fake.log.len() > asked, "after {keys:?}");
    }
}

#[test]
fn undo_takes_back_what_was_shown_or_nothing() {
    let mut desk = Desk::new();
    desk.keys("u");
    desk.sees("booked Anna Lee");
    desk.keys("y");
    let Some(Call::UndoLastOperation(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(asked.write.expect("options").etag, "4712");
    desk.keys("u");
    desk.fake.refuse_next = Some(refusal("STALE_ETAG", "appointment apt-1 has changed"));
    desk.keys("y");
    desk.sees("Not undone: something else was done since.");
}

#[test]
fn a_late_question_about_undo_does_not_open_over_something_else() {
    for keys in ["f", "d", "?", ":cl", "/ok"] {
        let mut desk = Desk::new();
        desk.slow().keys("u");
        desk.keys(keys).arrive();
        desk.misses("Take this back");
    }
    let mut desk = Desk::new();
    desk.slow().keys("u<down>").arrive();
    desk.sees("Take this back");
}

#[test]
fn upcoming_visits_of_a_long_standing_client_come_first() {
    let mut desk = Desk::new();
    let visit = |day: i64, id: String| {
        let mut visit = crate::tui::sample::visit_of_bea();
        let start = visit.start.get_or_insert_default();
        start.seconds += day * 86_400;
        visit.id = id;
        visit.flags.clear();
        visit
    };
    desk.fake.visits = (0..120)
        .map(|past| visit(past - 200, format!("apt-past-{past}")))
        .chain([
            visit(7, "apt-next".to_owned()),
            visit(14, "apt-later".to_owned()),
        ])
        .collect();
    desk.fake.page = 50;
    desk.keys("cBea<enter>");
    desk.sees("APPOINTMENTS (122)").sees(">Wed 21 Oct 16:00");
    desk.keys("<down><down>");
    desk.sees(">Sat 25 Jul 16:00");
    let asked = desk.fake.log.len();
    let revision = desk.model.revision + 1;
    desk.fake.pass(revision);
    desk.event(Event::Changed(revision));
    let lists = desk.fake.log[asked..]
        .iter()
        .filter(|call| matches!(call, Call::ListAppointments(_)));
    assert_eq!(lists.count(), 1, "what was is not read again");
}

#[test]
fn another_person_finds_no_form_and_no_question_of_the_one_before() {
    let mut desk = Desk::new();
    desk.keys("x<tab><tab>leak<esc><f4>");
    desk.event(Event::Paste("tw_secret".to_owned()))
        .keys("<enter>");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::SignIn(_)))
    );
    desk.event(Event::Link(LinkChange::Live)).keys("x");
    desk.sees("Out of service").misses("leak");
}
