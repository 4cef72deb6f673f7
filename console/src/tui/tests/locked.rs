//! The lock: what it hides, what it keeps, and who opens it.

use std::time::Duration;

use treadwell_api::v1;

use super::desk::Desk;
use crate::tui::{
    call::{Answer, Call},
    event::{Effect, Event, LinkChange, Purpose},
    failure::Failure,
    locked::Came,
    screens::Screen,
    update::next_tick,
};

fn minutes(count: u64) -> Event {
    Event::Tick(Duration::from_mins(count))
}

fn person(id: &str) -> Box<v1::Key> {
    Box::new(v1::Key {
        id: id.to_owned(),
        name: "Somebody".to_owned(),
        ..v1::Key::default()
    })
}

fn is_locked(desk: &mut Desk) {
    desk.sees("This console is locked.");
    for shown in [
        "Board",
        "HALIFAX",
        "NEEDS YOU",
        "Anna",
        "LIVE",
        "quit",
        "Book",
    ] {
        desk.misses(shown);
    }
}

#[test]
fn it_locks_after_some_minutes_without_a_key_and_a_display_never_does() {
    let mut desk = Desk::new();
    desk.model.lock_after = Some(Duration::from_mins(5));
    desk.event(minutes(4)).keys("<down>");
    let at = next_tick(&desk.model).expect("it has a clock");
    assert!(at <= Duration::from_mins(9), "{at:?}");
    desk.event(minutes(8)).sees("HALIFAX");
    desk.event(minutes(9));
    is_locked(&mut desk);
    let mut wall = Desk::new();
    wall.model.lock_after = Some(Duration::from_mins(5));
    if let Some(me) = &mut wall.model.me {
        me.role = v1::Role::Wallboard.into();
    }
    wall.event(minutes(600)).sees("HALIFAX");
    let mut never = Desk::new();
    never.event(minutes(600)).sees("HALIFAX");
}

#[test]
fn drafts_stay_for_whoever_comes_back() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter>").sees("Anna Lee");
    desk.keys("<f7>");
    is_locked(&mut desk);
    // No key means what it meant before, and no answer shows through.
    desk.keys("q<esc>x");
    desk.event(Event::Changed(9_999))
        .event(Event::Link(LinkChange::Lost("gone".to_owned())));
    is_locked(&mut desk);
    desk.effects.clear();
    desk.keys("tw_mine<enter>");
    assert!(
        matches!(&desk.effects[..], [Effect::Present(shown)] if shown.secret == "xtw_mine"),
        "what is typed is shown, not judged here: {:?}",
        desk.effects
    );
    let wrong = Failure {
        message: "the name and the passphrase do not belong together".to_owned(),
        ..Failure::default()
    };
    desk.event(Event::Came(Err(wrong)))
        .sees("The name and the passphrase do not belong together.");
    desk.event(Event::Came(Ok(Came::SameKey))).sees("Anna Lee");
    assert_eq!(desk.model.screen, Screen::Book);
}

#[test]
fn the_same_person_by_passphrase_keeps_what_they_are_signed_in_by_unless_it_is_over() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><f7>");
    desk.effects.clear();
    let mine = || Came::With(person("key-desk"), "tw_session_1".to_owned());
    desk.event(Event::Came(Ok(mine()))).sees("Anna Lee");
    let closes =
        |effect: &Effect| matches!(effect, Effect::SignOut(secret) if secret == "tw_session_1");
    assert!(desk.effects.iter().any(closes), "{:?}", desk.effects);
    desk.event(Event::Link(LinkChange::SessionOver));
    is_locked(&mut desk);
    desk.sees("The server refuses this key: the session is over.");
    desk.effects.clear();
    desk.event(Event::Came(Ok(mine()))).sees("Anna Lee");
    let adopts =
        |effect: &Effect| matches!(effect, Effect::SignIn(secret) if secret == "tw_session_1");
    assert!(desk.effects.iter().any(adopts), "{:?}", desk.effects);
}

#[test]
fn another_person_finds_nothing_of_the_one_before() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter>").sees("Anna Lee");
    desk.keys("<f7>");
    desk.effects.clear();
    let other = Came::With(person("key-other"), "tw_theirs".to_owned());
    desk.event(Event::Came(Ok(other)));
    assert!(matches!(&desk.effects[..], [Effect::SignIn(key)] if key == "tw_theirs"));
    desk.event(Event::Link(LinkChange::Live));
    desk.keys("b").misses("Anna");
    assert!(desk.model.dialog.is_none() && desk.model.notice.is_none());
}

#[test]
fn the_lock_key_works_in_a_dialog_and_in_a_field() {
    for script in ["?", ":lo", "x", "/H", "cAn"] {
        let mut desk = Desk::new();
        desk.keys(script).keys("<f7>");
        is_locked(&mut desk);
    }
}

#[test]
fn while_it_is_locked_nothing_is_asked_but_whose_key_it_is() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter>").sees("Anna Lee");
    desk.keys("<f7>");
    let asked = desk.fake.log.len();
    desk.event(Event::Changed(9_999))
        .event(Event::ReferenceChanged)
        .wait(600)
        .lose_server()
        .find_server();
    let since = &desk.fake.log[asked..];
    let is_known = |call: &Call| matches!(call, Call::WhoAmI(_));
    assert!(since.iter().all(is_known), "{since:?}");
    is_locked(&mut desk);
    desk.event(Event::Came(Ok(Came::SameKey))).sees("Anna Lee");
    let since = &desk.fake.log[asked..];
    let board = |call: &Call| matches!(call, Call::GetBoard(_));
    assert!(since.iter().any(board), "what was held is asked: {since:?}");
}

#[test]
fn what_waits_behind_a_question_when_it_locks_is_asked_when_it_opens() {
    let mut desk = Desk::new();
    desk.keys("b").slow().keys("Anna").keys("<f7>");
    let asked = desk.fake.log.len();
    let finds = |call: &&Call| matches!(call, Call::ListClients(_));
    desk.arrive();
    assert_eq!(desk.fake.log[asked..].iter().filter(finds).count(), 1);
    desk.event(Event::Came(Ok(Came::SameKey))).sees("Anna Lee");
    assert!(desk.fake.log[asked..].iter().filter(finds).count() > 1);
}

#[test]
fn nobody_leaves_a_locked_console() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><f7><ctrl-c>");
    assert!(
        !desk.effects.iter().any(|it| matches!(it, Effect::Quit)),
        "{:?}",
        desk.effects
    );
    is_locked(&mut desk);
    desk.sees("Unlock it to leave.");
}

#[test]
fn it_locks_also_while_it_is_not_known_whose_key_it_is_and_a_display_opens_again() {
    for (role, opens) in [(v1::Role::FrontDesk, false), (v1::Role::Wallboard, true)] {
        let mut desk = Desk::new();
        desk.model.lock_after = Some(Duration::from_mins(5));
        desk.model.me = None;
        desk.lose_server().event(minutes(6));
        is_locked(&mut desk);
        desk.slow().find_server();
        let (ticket, _) = desk
            .on_the_way
            .pop_front()
            .expect("it asks whose key it is");
        assert_eq!(ticket.purpose, Purpose::WhoAmI);
        let mut key = *person("key-7");
        key.role = role.into();
        let known = v1::WhoAmIResponse {
            key: Some(key),
            ..v1::WhoAmIResponse::default()
        };
        desk.event(Event::Answer(ticket, Ok(Answer::WhoAmI(known))));
        assert_eq!(desk.model.lock.is_none(), opens, "{role:?}");
    }
}

#[test]
fn whoever_has_a_key_that_is_refused_sees_nothing_and_does_not_come_in_by_it() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter>").sees("Anna Lee");
    let revoked = || Event::Link(LinkChange::Refused("it was revoked".to_owned()));
    desk.event(revoked());
    is_locked(&mut desk);
    desk.sees("The server refuses this key: it was revoked.");
    desk.effects.clear();
    desk.keys("tw_mine<enter>");
    assert!(
        matches!(&desk.effects[..], [Effect::Present(shown)] if shown.ask && shown.secret == "tw_mine"),
        "the server is asked: {:?}",
        desk.effects
    );
    // What was shown before the server refused it is judged too late.
    desk.event(Event::Came(Ok(Came::SameKey)));
    is_locked(&mut desk);
    desk.sees("The server refuses that key.");
    desk.event(Event::Came(Ok(Came::With(
        person("key-other"),
        "tw_theirs".to_owned(),
    ))));
    assert!(desk.model.lock.is_none(), "another key opens");
    assert!(matches!(desk.effects.last(), Some(Effect::SignIn(key)) if key == "tw_theirs"));
}

#[test]
fn the_key_that_is_used_opens_while_the_link_is_lost() {
    let mut desk = Desk::new();
    desk.keys("<f7>").lose_server();
    desk.effects.clear();
    desk.keys("tw_mine<enter>");
    assert!(matches!(&desk.effects[..], [Effect::Present(shown)] if !shown.ask));
    desk.event(Event::Came(Ok(Came::SameKey))).sees("HALIFAX");
}

#[test]
fn what_is_being_typed_at_the_lock_stays_hidden_when_the_key_is_refused() {
    let mut desk = Desk::new();
    desk.keys("<f7>correct horse");
    desk.event(Event::Link(LinkChange::Refused("no.".to_owned())));
    desk.effects.clear();
    desk.keys(" staple<enter>").misses("staple");
    assert!(
        matches!(&desk.effects[..], [Effect::Present(shown)] if shown.secret == "correct horse staple"),
        "{:?}",
        desk.effects
    );
    // Nor is what was going somewhere else.
    let mut desk = Desk::new();
    desk.keys("bAn");
    desk.event(Event::Link(LinkChange::Refused("no.".to_owned())));
    desk.keys("na Lee").misses("na Lee");
}

#[test]
fn a_console_that_has_not_heard_the_time_locks_too() {
    let mut desk = Desk::new();
    desk.model.lock_after = Some(Duration::from_mins(5));
    desk.model.forget();
    assert_eq!(next_tick(&desk.model), Some(Duration::from_mins(5)));
}
