use std::time::Instant;

use super::*;
use crate::cli::tests::fixture::{appointment, names};

fn event(revision: u64, resource: v1::watch_event::Resource) -> v1::WatchEvent {
    v1::WatchEvent {
        revision,
        resource: Some(resource),
    }
}

fn told(form: Form, count: Option<u64>) -> (String, Vec<bool>) {
    let names = names();
    let mut out = Vec::new();
    let mut printer = Printer {
        names: &names,
        form,
        live: false,
        left: count,
        out: &mut out,
    };
    let room = v1::Room {
        id: "h1".to_owned(),
        ..v1::Room::default()
    };
    let gone = v1::Tombstone {
        kind: v1::ResourceKind::Hold.into(),
        id: "hold-1".to_owned(),
    };
    let heard = Instant::now();
    let booked = appointment("apt-1", "h1", "Joan\u{1b}[2J Moss", "15:00", "16:00");
    let events = [
        Event::Link(Link::Connecting {
            failed: 0,
            problem: None,
        }),
        Event::Snapshot(Change {
            revision: 40,
            events: vec![event(12, v1::watch_event::Resource::Room(room))],
        }),
        Event::Link(Link::Live { heard }),
        Event::Link(Link::Live { heard }),
        Event::Commit(Change {
            revision: 41,
            events: vec![
                event(41, v1::watch_event::Resource::Appointment(booked)),
                event(41, v1::watch_event::Resource::Tombstone(gone)),
            ],
        }),
        Event::Link(Link::Stale {
            since: heard,
            failed: 0,
            problem: "connection reset".to_owned(),
        }),
    ];
    let goes_on = events
        .iter()
        .map(|event| printer.event(event).expect("memory does not fail"))
        .collect();
    (String::from_utf8(out).expect("text"), goes_on)
}

#[test]
fn changes_are_told_a_line_each_and_the_link_only_when_it_changes() {
    insta::assert_snapshot!("watch", told(Form::Text, None).0);
    insta::assert_snapshot!("watch_json", told(Form::Json, None).0);
}

#[test]
fn a_count_ends_it() {
    let (_, goes_on) = told(Form::Text, Some(2));
    assert_eq!(goes_on[..5], [true, true, true, true, false]);
}
