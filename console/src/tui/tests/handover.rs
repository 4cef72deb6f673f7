//! Handing the desk over: nothing of the one before stays, whatever the model has.

use std::{collections::BTreeMap, time::Duration};

use treadwell_api::v1;

use super::desk::Desk;
use crate::tui::{
    dialogs::{Dialog, rules::Source},
    event::{Event, LinkChange, Purpose},
    keys::{Command, Keymap},
    locked::Came,
    model::{Model, Start},
    screens::{Lost, Screen, connection, reports, roster},
    theme::Theme,
};

/// What a console keeps, whoever uses it.
const KEPT: [&str; 13] = [
    "size",
    "clock",
    "server",
    "home_site",
    "lock_after",
    "heard",
    "told",
    "keymap",
    "theme",
    "mouse",
    "plain",
    "calls",
    "dirty",
];

/// The fields of a model, by their names.
fn fields(model: &Model) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut name = String::new();
    for line in format!("{model:#?}").lines() {
        let top = line.strip_prefix("    ");
        let top = top.filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase()));
        if let Some((field, _)) = top.and_then(|rest| rest.split_once(": ")) {
            field.clone_into(&mut name);
        }
        let field: &mut String = fields.entry(name.clone()).or_default();
        field.push_str(line);
    }
    fields.remove("");
    fields
}

fn new() -> Model {
    Model::new(Start {
        size: (80, 24),
        server: String::new(),
        site: None,
        theme: Theme::Sixteen,
        keymap: Keymap::new(&BTreeMap::new()).expect("no conflict"),
        mouse: false,
        lock_after: None,
        plain: false,
        request_prefix: String::new(),
    })
}

/// A locked desk with something of somebody in every field.
fn used() -> Desk {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><esc>cBea<enter><esc>f25:99<esc>");
    desk.keys("x<tab><tab>leak<esc><down><f7>");
    let model = &mut desk.model;
    model.status = Some(v1::GetStatusResponse::default());
    model.waitlist.revision = 7;
    let _ = roster::on(model, Command::LaterDay);
    let _ = reports::on(model, Command::EarlierDay);
    model.repair.plan = Some(v1::PlanRepairResponse::default());
    model.stock.revision = 7;
    model.alerts.revision = 7;
    model.staff.revision = 7;
    let _ = connection::switch_person(model);
    model.screen = Screen::Client;
    model.dialog = Some(Dialog::Help(1));
    model.pending = Some((Command::Undo, String::new()));
    model.rules_from = Some(Source::default());
    model.noting = Some(Box::default());
    model.shifted = Some((Duration::ZERO, Lost::Row));
    model.ahead.made(7);
    model.filter.open = true;
    model.say("Somebody's news.");
    model.denied.insert(Purpose::Report);
    desk
}

#[test]
fn what_is_not_listed_is_forgotten_by_whoever_comes_next_and_for_a_key_that_is_refused() {
    let other = v1::Key {
        id: "key-other".to_owned(),
        ..v1::Key::default()
    };
    let came = Came::With(Box::new(other), "tw_theirs".to_owned());
    let revoked = LinkChange::Refused("revoked.".to_owned());
    let ways: [(Event, &[&str]); 2] = [
        (Event::Came(Ok(came)), &[]),
        (Event::Link(revoked), &["link", "lock"]),
    ];
    let fresh = fields(&new());
    for (event, tells) in ways {
        let mut desk = used();
        let before = fields(&desk.model);
        assert!(KEPT.iter().all(|name| before.contains_key(*name)));
        desk.event(event);
        let after = fields(&desk.model);
        for (name, was) in before {
            if KEPT.contains(&name.as_str()) || tells.contains(&name.as_str()) {
                continue;
            }
            assert_ne!(was, fresh[&name], "{name}: there is nothing to forget");
            assert_eq!(after[&name], fresh[&name], "{name} is not forgotten");
        }
    }
}

#[test]
fn a_console_stays_as_it_is_set_up() {
    let mut desk = Desk::new();
    desk.model.lock_after = Some(Duration::from_mins(5));
    desk.keys("<f9>");
    let (theme, sent) = (desk.model.theme, desk.fake.log.len());
    desk.model.forget();
    let model = &desk.model;
    assert_eq!(model.lock_after, Some(Duration::from_mins(5)));
    assert_eq!((model.mouse, model.theme), (true, theme));
    assert_eq!(model.server, "127.0.0.1:7450");
    // It shows its own site first again, when it knows it.
    assert_eq!(model.home_site.as_deref(), Some("halifax"));
    desk.event(Event::Link(LinkChange::Live)).sees("HALIFAX");
    assert!(desk.fake.log.len() > sent);
}
