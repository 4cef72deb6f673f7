//! Whether anything has changed, what can be had instead, and the rules, as a person at the desk meets them.

use treadwell_api::v1;

use super::{
    ahead::{due, is},
    booking::BOOK,
    desk::Desk,
    fake::refusal,
};
use crate::tui::{
    call::Call,
    dialogs::health::open_instead,
    event::Event,
    failure::Failure,
    keys::Keymap,
    screens::{
        Screen,
        book::{Stop, open_for},
    },
};

const SINCE: v1::LocalDate = v1::LocalDate {
    year: 2026,
    month: 3,
    day: 2,
};

/// The history of a rule set: two versions of the sample's rules.
pub(super) fn versions(asked: &v1::ListRuleSetVersionsRequest) -> v1::ListRuleSetVersionsResponse {
    let version = |version, reason: &str| v1::RuleSetVersion {
        rule_set: Some(v1::RuleSet {
            id: asked.rule_set_id.clone(),
            version,
            ..v1::RuleSet::default()
        }),
        edited_by_name: "Morgan".to_owned(),
        edited_at: Some(prost_types::Timestamp::default()),
        reason: reason.to_owned(),
        ..v1::RuleSetVersion::default()
    };
    v1::ListRuleSetVersionsResponse {
        // Who wrote the first is not known.
        versions: vec![
            version(2, "as decided in May"),
            v1::RuleSetVersion {
                edited_by_name: String::new(),
                edited_at: None,
                ..version(1, "")
            },
            v1::RuleSetVersion {
                edited_by_name: String::new(),
                ..version(0, "loaded from a file")
            },
        ],
        ..v1::ListRuleSetVersionsResponse::default()
    }
}

#[test]
fn one_key_more_says_that_nothing_has_changed() {
    let mut desk = due();
    desk.fake.ask_since = Some(SINCE);
    desk.keys("i");
    desk.sees("Has anything changed since 2 Mar 2026?");
    assert_eq!(desk.writes(), 1, "the client is here whatever they say");
    desk.keys("n");
    let Some(Call::CheckIn(said)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert!(said.nothing_changed && said.appointment_id == "apt-h3");
    desk.misses("Has anything changed");
}

#[test]
fn what_has_changed_is_asked_on_the_page_of_the_client() {
    let mut desk = due();
    desk.fake.ask_since = Some(SINCE);
    desk.keys("ic");
    assert_eq!(desk.model.screen, Screen::Client);
    desk.sees("DECLARATION (").sees("<not asked>");
    assert_eq!(desk.writes(), 1, "nothing is said for the client");
}

#[test]
fn of_one_who_is_here_already_it_is_asked_too() {
    let mut desk = due();
    desk.fake.ask_since = Some(SINCE);
    is(&mut desk, "arrived");
    let revision = desk.model.revision + 1;
    desk.fake.pass(revision);
    desk.event(Event::Changed(revision));
    desk.keys("i")
        .sees("Has anything changed since 2 Mar 2026?");
    assert_eq!(desk.writes(), 0);
    desk.keys("n");
    assert!(matches!(desk.last_write(), Some(Call::CheckIn(said)) if said.nothing_changed));
}

/// A booking that screening refuses, with what can be had instead.
fn excluded() -> Failure {
    let place = |start: &str, service_id: &str| v1::Alternative {
        start: start.to_owned(),
        site_id: "halifax".to_owned(),
        room_id: "h3".to_owned(),
        therapist_id: "chen".to_owned(),
        service_id: service_id.to_owned(),
        extension_ids: Vec::new(),
    };
    Failure {
        alternatives: vec![
            place("2026-10-20T17:00:00Z", "ashiatsu-60"),
            place("2026-10-14T18:00:00Z", "foot-45"),
        ],
        ..refusal("SCREENING_EXCLUDED_UNTIL", "Screening excludes the client.")
    }
}

/// The booking that was sent last.
fn sent(desk: &Desk) -> v1::BookAppointmentRequest {
    match desk.last_write() {
        Some(Call::BookAppointment(asked)) => asked,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_key_books_what_is_offered_instead() {
    let mut desk = Desk::new();
    desk.keys(BOOK.strip_suffix("<enter>").expect("it ends so"));
    desk.fake.refuse_next = Some(excluded());
    desk.keys("<enter>");
    desk.sees("Book one of these instead:")
        .sees("1    Tue 20 Oct 14:00, H3 with Chen: Ashiatsu 60")
        .sees("2    Wed 14 Oct 15:00, H3 with Chen: Reflex foot massage 45");
    desk.keys("2");
    let asked = sent(&desk);
    let place = asked.appointment.expect("a place");
    assert_eq!(
        (asked.hold_id.as_str(), place.client_id.as_str()),
        ("", "cli-anna2")
    );
    assert_eq!(
        (place.service_id.as_str(), place.room_id.as_str()),
        ("foot-45", "h3")
    );
    assert!(desk.fake.holds.is_empty(), "the hold is given back first");
    assert_eq!(desk.model.screen, Screen::Board, "it is booked");
}

#[test]
fn what_could_not_be_booked_instead_without_a_link_is_not_booked_later() {
    let mut desk = Desk::new();
    desk.keys(BOOK.strip_suffix("<enter>").expect("it ends so"));
    desk.fake.refuse_next = Some(excluded());
    desk.keys("<enter>").sees("Book one of these instead:");
    let held = desk.fake.holds.clone();
    desk.lose_server();
    desk.keys("2").sees("No connection for");
    let hold = desk.model.book.hold.clone();
    assert_eq!(
        hold.map(|hold| hold.id),
        Some(held[0].id.clone()),
        "the draft is kept"
    );
    desk.find_server();
    assert_eq!(desk.fake.holds, held, "its place is still held");
    // Another place is chosen: the hold is given back, and the next one made.
    desk.model.book.stop = Stop::Places;
    desk.keys("<down><down><enter>");
    assert_eq!(desk.fake.booked.len(), 0, "nothing is booked unasked");
    assert_eq!(desk.fake.holds.len(), 1);
    assert_ne!(desk.fake.holds, held);
}

/// On a slow line the first of the places is chosen that are offered instead of a refused one.
fn chosen_on_a_slow_line() -> Desk {
    let mut desk = Desk::new();
    desk.keys(BOOK.strip_suffix("<enter>").expect("it ends so"));
    desk.fake.refuse_next = Some(excluded());
    desk.keys("<enter>").sees("Book one of these instead:");
    desk.slow().keys("1");
    assert!(matches!(
        desk.on_the_way.back(),
        Some((_, Call::ReleaseHold(_)))
    ));
    desk
}

#[test]
fn of_two_places_chosen_instead_the_later_one_is_booked() {
    let mut desk = chosen_on_a_slow_line();
    let opened = open_instead(&mut desk.model, "Not this, but", "cli-anna2", &excluded());
    desk.perform(opened).keys("2");
    let booked = |desk: &Desk| {
        let mut calls = desk.on_the_way.iter().map(|(_, call)| call);
        calls.any(|call| matches!(call, Call::BookAppointment(_)))
    };
    assert!(!booked(&desk), "its hold would be in the way");
    desk.arrive();
    let services: Vec<&str> = desk
        .fake
        .booked
        .iter()
        .map(|it| it.service_id.as_str())
        .collect();
    assert_eq!(services, ["foot-45"], "and the first one is not");
}

#[test]
fn a_place_chosen_on_the_list_takes_that_of_one_chosen_instead() {
    let mut desk = chosen_on_a_slow_line();
    desk.model.book.stop = Stop::Places;
    desk.keys("<down><down><enter>");
    desk.arrive();
    assert!(desk.fake.booked.is_empty(), "{:?}", desk.fake.booked);
    assert_eq!(desk.fake.holds.len(), 1);
}

#[test]
fn a_place_chosen_instead_is_not_booked_for_a_draft_that_was_given_up() {
    let mut desk = chosen_on_a_slow_line();
    let other = v1::Client {
        id: "cli-other".to_owned(),
        name: "Somebody Else".to_owned(),
        ..v1::Client::default()
    };
    let asked = open_for(&mut desk.model, other);
    desk.perform(asked).sees("Another booking");
    desk.keys("y").arrive();
    assert!(desk.fake.booked.is_empty(), "{:?}", desk.fake.booked);
}

#[test]
fn a_place_chosen_instead_waits_for_one_that_is_being_held() {
    let mut desk = Desk::new();
    desk.keys("bAnna<down><enter><enter>")
        .slow()
        .keys("<enter>");
    let held = |call: &Call| matches!(call, Call::CreateHold(_));
    assert!(desk.on_the_way.iter().any(|(_, call)| held(call)));
    let opened = open_instead(&mut desk.model, "Not this, but", "cli-anna2", &excluded());
    desk.perform(opened).keys("1").arrive();
    assert_eq!(desk.fake.booked.len(), 1);
    assert!(desk.fake.holds.is_empty(), "{:?}", desk.fake.holds);
}

#[test]
fn what_was_chosen_instead_while_the_line_broke_is_told_and_not_booked_later() {
    let mut desk = chosen_on_a_slow_line();
    desk.lose_server().arrive();
    desk.sees("Enter at Confirm shows the places again.");
    desk.find_server();
    assert!(desk.fake.booked.is_empty(), "{:?}", desk.fake.booked);
}

#[test]
fn enter_at_an_exclusion_looks_for_what_can_be_had() {
    let mut desk = Desk::new();
    desk.keys("bAnna<down><enter><enter><enter>");
    desk.model.book.screening = Some(v1::Screening {
        outcome: v1::ScreeningOutcome::Excluded.into(),
        ..v1::Screening::default()
    });
    desk.model.book.stop = Stop::Confirm;
    desk.slow().keys("<enter>");
    let at = desk
        .on_the_way
        .iter()
        .position(|(_, call)| matches!(call, Call::BookAppointment(_)));
    let (ticket, call) = desk
        .on_the_way
        .remove(at.expect("it is tried"))
        .expect("there");
    let Call::BookAppointment(asked) = call else {
        panic!("{call:?}");
    };
    assert!(asked.write.expect("options").validate_only, "only tried");
    desk.event(Event::Answer(ticket, Err(excluded())));
    desk.sees("Book one of these instead:");
}

#[test]
fn the_rules_are_shown_with_who_edited_them_and_how_to() {
    let mut desk = Desk::new();
    desk.keys("Q").sees("Screening rules");
    desk.keys("<enter>");
    desk.sees("I writes them into a file")
        .misses("V edits them")
        .misses("History");
    let me = desk.model.me.as_mut().expect("signed in");
    me.set_role(v1::Role::Manager);
    desk.keys("<esc>Q<enter>");
    desk.keys("<end>")
        .sees("version 2")
        .sees("by Morgan: as decided in May")
        .sees("V edits them")
        .sees("version 1")
        .misses("version 1,")
        .sees(": loaded from a file")
        .misses(" by :");
}

#[test]
fn the_rules_that_are_read_are_edited_and_written_into_a_file() {
    let mut desk = Desk::new();
    let me = desk.model.me.as_mut().expect("signed in");
    me.set_role(v1::Role::Manager);
    // Something was typed about others before.
    desk.keys("V<ctrl-u>mine.toml<esc>");
    desk.keys("Q<down><enter>").sees("Other work, version");
    desk.keys("V").sees("New version of rules");
    desk.sees("general.toml").misses("mine.toml");
    desk.keys("<esc>Q<down><enter>I")
        .sees("Questions into a file")
        .sees("general.html");
    desk.keys("<esc>Q<enter>V").sees("barefoot.toml");
    // Other keys of the screens mean nothing there.
    desk.keys("<esc>Q<enter>f").sees("Barefoot work, version");
    assert_eq!(desk.model.screen, Screen::Board);
}

#[test]
fn a_key_that_was_taken_for_something_else_is_not_announced() {
    let mut desk = Desk::new();
    let keys = [("day".to_owned(), "I".to_owned())].into();
    desk.model.keymap = Keymap::new(&keys).expect("the default gives way");
    desk.keys("Q<enter>").sees("On the command line");
    desk.misses("writes them into a file");
    desk.keys("I").sees("Barefoot work, version");
    desk.keys("<esc>?");
    let listed = (0..9).any(|_| desk.keys("<pgdn>").screen().contains(":intake-form"));
    assert!(listed, "help says how to go on");
    desk.keys("<esc>:intake-form<enter>")
        .sees("Questions into a file");
}
