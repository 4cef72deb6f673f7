//! `update`, event by event: link, clock, answers, sizes.

use std::time::Duration;

use treadwell_api::v1;

use super::{next_tick, update};
use crate::tui::{
    call::{Answer, Call},
    event::{Effect, Event, LinkChange, Purpose, Ticket},
    failure::{Failure, FailureKind},
    model::Link,
    sample::{self, model},
    screens::Screen,
    theme::Theme,
};

fn calls(effects: &[Effect]) -> Vec<Purpose> {
    let purposes = effects.iter().filter_map(|effect| match effect {
        Effect::Call(ticket, _) => Some(ticket.purpose),
        _ => None,
    });
    purposes.collect()
}

fn ticket(effects: &[Effect]) -> Ticket {
    effects
        .iter()
        .find_map(|effect| {
            if let Effect::Call(ticket, _) = effect {
                Some(*ticket)
            } else {
                None
            }
        })
        .expect("a call")
}

#[test]
fn the_link_goes_through_its_labels() {
    let mut model = model((80, 24), Theme::Sixteen);
    let table: [(u64, Option<LinkChange>, &str); 9] = [
        (0, Some(LinkChange::Connecting(None)), "connecting"),
        (1, Some(LinkChange::Live), "LIVE <1m"),
        (70, None, "LIVE 1m"),
        (71, Some(LinkChange::Live), "LIVE <1m"),
        (75, Some(LinkChange::Lost("reset".to_owned())), "STALE <10s"),
        (82, None, "STALE 10s"),
        (
            200,
            Some(LinkChange::Lost("refused".to_owned())),
            "STALE 2m",
        ),
        (201, Some(LinkChange::Live), "LIVE <1m"),
        (
            202,
            Some(LinkChange::Refused("revoked".to_owned())),
            "NO ACCESS",
        ),
    ];
    for (at, change, label) in table {
        update(&mut model, Event::Tick(Duration::from_secs(at)));
        if let Some(change) = change {
            update(&mut model, Event::Link(change));
        }
        assert_eq!(model.link.label(model.clock.elapsed), label, "at {at} s");
    }
}

#[test]
fn a_link_that_comes_back_reads_everything_anew() {
    let mut model = model((80, 24), Theme::Sixteen);
    update(
        &mut model,
        Event::Link(LinkChange::Lost("reset".to_owned())),
    );
    let effects = update(&mut model, Event::Link(LinkChange::Live));
    assert_eq!(
        calls(&effects),
        [
            Purpose::WhoAmI,
            Purpose::Catalog,
            Purpose::Therapists,
            Purpose::Board
        ]
    );
    let again = update(&mut model, Event::Link(LinkChange::Live));
    assert!(again.is_empty(), "a checkpoint asks for nothing");
}

#[test]
fn changes_are_coalesced_into_one_question_under_way_and_one_waiting() {
    let mut model = model((80, 24), Theme::Sixteen);
    let first = update(&mut model, Event::Changed(4712));
    assert_eq!(calls(&first), [Purpose::Board]);
    for revision in 4713..4800 {
        assert!(update(&mut model, Event::Changed(revision)).is_empty());
    }
    let second = update(
        &mut model,
        Event::Answer(ticket(&first), Ok(sample::live().into())),
    );
    assert_eq!(
        calls(&second),
        [Purpose::Board],
        "once more for all that changed meanwhile"
    );
    let third = update(
        &mut model,
        Event::Answer(ticket(&second), Ok(sample::live().into())),
    );
    assert!(third.is_empty());
}

#[test]
fn an_old_revision_rings_no_bell() {
    let mut model = model((80, 24), Theme::Sixteen);
    assert!(update(&mut model, Event::Changed(4711)).is_empty());
    assert!(update(&mut model, Event::Changed(12)).is_empty());
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let mut model = model((80, 24), Theme::Sixteen);
    let effects = update(&mut model, Event::Changed(4712));
    model.calls.forget();
    model.live = None;
    update(
        &mut model,
        Event::Answer(ticket(&effects), Ok(sample::live().into())),
    );
    assert!(model.live.is_none(), "another person has signed in since");
}

#[test]
fn a_sheet_of_another_day_is_not_shown() {
    let mut model = model((80, 24), Theme::Sixteen);
    let first = update(
        &mut model,
        Event::Key(crate::tui::keys::Chord::parse("d").expect("a key").event()),
    );
    update(
        &mut model,
        Event::Key(crate::tui::keys::Chord::parse(">").expect("a key").event()),
    );
    assert!(model.day.sheet.is_none());
    let second = update(
        &mut model,
        Event::Answer(ticket(&first), Ok(sample::sheet().into())),
    );
    assert!(model.day.sheet.is_none(), "that was yesterday's");
    let Some(Effect::Call(_, call)) = second.first() else {
        panic!("{second:?}");
    };
    assert!(
        matches!(&**call, Call::GetDaySheet(asked) if asked.date == Some(v1::LocalDate { year: 2026, month: 10, day: 15 }))
    );
}

/// Fast fingers: Enter before the list is there chooses from the list, and does not add a new client.
#[test]
fn enter_waits_for_the_clients_that_were_typed() {
    let mut model = model((80, 24), Theme::Sixteen);
    model.screen = Screen::Book;
    let key = |name: &str| Event::Key(crate::tui::keys::Chord::parse(name).expect("a key").event());
    let first = ["B", "e"]
        .map(|letter| update(&mut model, key(letter)))
        .concat();
    assert_eq!(calls(&first), [Purpose::BookFind]);
    assert!(update(&mut model, key("a")).is_empty(), "the newest waits");
    update(&mut model, key("enter"));
    assert!(model.dialog.is_none(), "no new client yet");
    let found = |clients| {
        Ok(Answer::ListClients(v1::ListClientsResponse {
            clients,
            ..v1::ListClientsResponse::default()
        }))
    };
    let second = update(
        &mut model,
        Event::Answer(ticket(&first), found(sample::clients())),
    );
    assert!(
        model.book.client.is_none(),
        "that was the answer to less than was typed"
    );
    update(
        &mut model,
        Event::Answer(
            ticket(&second),
            found(sample::client_named("Bea Moreau").into_iter().collect()),
        ),
    );
    assert_eq!(
        model.book.client.map(|client| client.name).as_deref(),
        Some("Bea Moreau")
    );
}

#[test]
fn an_idle_console_wakes_once_a_minute_and_paints_only_then() {
    let mut model = model((80, 24), Theme::Sixteen);
    let mut paints = 0;
    let mut wakes = 0;
    model.dirty = false;
    let end = Duration::from_mins(10);
    while model.clock.elapsed < end {
        let wake = next_tick(&model).expect("the clock ticks");
        assert!(wake > model.clock.elapsed, "time goes on");
        wakes += 1;
        update(&mut model, Event::Tick(wake));
        // The server is heard every few seconds; that alone paints nothing.
        update(&mut model, Event::Link(LinkChange::Live));
        paints += usize::from(std::mem::take(&mut model.dirty));
    }
    assert_eq!((wakes, paints), (10, 10));
}

#[test]
fn a_tick_that_changes_nothing_shown_paints_nothing() {
    let mut model = model((80, 24), Theme::Sixteen);
    model.dirty = false;
    for second in 1..50 {
        update(&mut model, Event::Tick(Duration::from_secs(second)));
        update(&mut model, Event::Link(LinkChange::Live));
    }
    assert!(!model.dirty);
}

#[test]
fn a_lost_link_wakes_when_its_age_means_more() {
    let mut model = model((80, 24), Theme::Sixteen);
    update(
        &mut model,
        Event::Link(LinkChange::Lost("reset".to_owned())),
    );
    assert_eq!(next_tick(&model), Some(Duration::from_secs(10)));
    assert!(matches!(model.link, Link::Stale(..)));
}

#[test]
fn the_clock_follows_the_server_and_not_its_messages_jitter() {
    let mut model = model((80, 24), Theme::Sixteen);
    let before = model.now();
    update(&mut model, Event::Tick(Duration::from_secs(30)));
    assert_eq!(model.now().as_second() - before.as_second(), 30);
    let told = |model: &mut crate::tui::model::Model, ahead: i64| {
        let mut live = sample::live();
        live.now = Some(prost_types::Timestamp {
            seconds: before.as_second() + ahead,
            nanos: 0,
        });
        let effects = update(model, Event::Changed(model.revision + 1));
        update(
            model,
            Event::Answer(ticket(&effects), Ok(Answer::GetBoard(live))),
        );
        model.now().as_second() - before.as_second()
    };
    assert_eq!(
        told(&mut model, 31),
        30,
        "a second is the way of the message"
    );
    assert_eq!(
        told(&mut model, 3600),
        3600,
        "an hour is a clock that was set"
    );
}

#[test]
fn a_small_terminal_takes_only_ctrl_c() {
    let mut model = model((40, 10), Theme::Sixteen);
    let key = |name: &str| Event::Key(crate::tui::keys::Chord::parse(name).expect("a key").event());
    assert!(update(&mut model, key("b")).is_empty());
    assert_eq!(model.screen, Screen::Board);
    assert!(matches!(
        update(&mut model, key("ctrl-c"))[..],
        [Effect::Quit]
    ));
    update(&mut model, Event::Resize(80, 24));
    update(&mut model, key("b"));
    assert_eq!(model.screen, Screen::Book);
}

#[test]
fn a_paste_never_presses_a_key() {
    let mut model = model((80, 24), Theme::Sixteen);
    update(&mut model, Event::Paste("q\nx\r".to_owned()));
    assert!(model.dialog.is_none(), "nothing has a text field here");
    model.screen = Screen::Book;
    update(&mut model, Event::Paste("Anna\nLee\u{1b}[31m".to_owned()));
    assert_eq!(model.book.finder.input.value(), "AnnaLee[31m");
    assert_eq!(model.screen, Screen::Book);
}

#[test]
fn a_click_focuses_and_a_second_one_opens() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut model = model((80, 24), Theme::Sixteen);
    let click = |column, row| {
        Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    update(&mut model, click(50, 5));
    assert_eq!((model.board.site, model.board.room), (1, 2));
    assert!(model.dialog.is_none());
    update(&mut model, click(50, 5));
    assert!(model.dialog.is_some());
    model.dialog = None;
    update(&mut model, click(2, 22));
    assert_eq!(model.screen, Screen::FreeRooms, "the footer can be clicked");
}

#[test]
fn what_a_key_asked_for_and_may_not_be_read_is_said() {
    let mut model = model((80, 24), Theme::Sixteen);
    update(&mut model, Event::Link(LinkChange::Live));
    let denied = Failure {
        kind: FailureKind::NotAllowed,
        message: "the role of this key may not do that".to_owned(),
        ..Failure::default()
    };
    let log = model.ask(Purpose::Hygiene, v1::GetHygieneLogRequest::default());
    let told = model.notice.clone();
    update(&mut model, Event::Answer(ticket(&log), Err(denied.clone())));
    let notice = model.notice.clone().expect("it is said");
    assert!(
        notice.text.contains("may not do that") && notice.warning,
        "{notice:?}"
    );
    assert_ne!(Some(notice.clone()), told);
    // What a screen reads by itself may be no business of the role's: that is no news.
    let alerts = model.ask(Purpose::Alerts, v1::ListAlertsRequest::default());
    update(&mut model, Event::Answer(ticket(&alerts), Err(denied)));
    assert_eq!(model.notice, Some(notice));
}
