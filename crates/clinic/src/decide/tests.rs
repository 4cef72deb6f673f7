mod random;

use super::desk::{DAY, Desk, actor, book, cell, limited_to, step, wish};
use crate::command::{Cancel, Command};
use crate::fixture::{local, site_id};
use crate::id::{AppointmentId, ClientId};
use crate::model::{CancelReason, RecordId, Role};
use crate::refusal::Refusal;

#[test]
fn deciding_changes_nothing_and_is_repeatable() {
    let (desk, clients) = Desk::open();
    let command = book(clients.clear, wish("ashiatsu-60", 10, 0));
    let context = super::Context {
        now: desk.now,
        actor: desk.actor.clone(),
        ids: super::Ids::new(desk.clinic.revision() + 1),
    };
    let first = super::decide(&desk.clinic, &command, &context);
    assert!(first.is_ok());
    assert_eq!(first, super::decide(&desk.clinic, &command, &context));
}

#[test]
fn what_does_not_exist_is_named() {
    let (mut desk, _) = Desk::open();
    let appointment = AppointmentId::new(7);
    for command in [
        Command::Confirm(step(appointment)),
        Command::CheckIn(step(appointment)),
        Command::Start(step(appointment)),
        Command::NoShow(step(appointment)),
    ] {
        let what = RecordId::Appointment(appointment);
        assert_eq!(desk.refused(&command), Refusal::NotFound { what });
    }
    let client = ClientId::new(9);
    let what = RecordId::Client(client);
    let command = book(client, wish("massage-60", 10, 0));
    assert_eq!(desk.refused(&command), Refusal::NotFound { what });
}

#[test]
fn a_key_acts_at_its_own_sites_only() {
    let (mut desk, clients) = Desk::open();
    let appointment = desk.book(clients.clear, wish("massage-60", 10, 0));
    let site = site_id("halifax");
    desk.act_as(limited_to(2, Role::FrontDesk, "dartmouth"));
    for command in [
        book(clients.clear, wish("massage-60", 12, 0)),
        Command::Hold(wish("massage-60", 12, 0)),
        Command::CompleteTurnover {
            room: desk.appointment(appointment).slot.room,
        },
    ] {
        assert_eq!(desk.refused(&command), Refusal::SiteNotAllowed { site });
    }
    // Nor is it told what there is elsewhere.
    let what = RecordId::Appointment(appointment);
    let confirm = Command::Confirm(step(appointment));
    assert_eq!(desk.refused(&confirm), Refusal::NotFound { what });
    desk.act_as(limited_to(2, Role::FrontDesk, "halifax"));
    desk.done(&Command::Confirm(step(appointment)));
}

#[test]
fn a_stale_etag_is_refused_and_a_fresh_one_taken() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    let what = RecordId::Appointment(id);
    let booked = desk.clinic.revision_of(&what).unwrap();
    desk.done(&Command::Confirm(step(id)));
    let confirmed = desk.clinic.revision_of(&what).unwrap();
    let cancel = |etag| {
        Command::Cancel(Cancel {
            step: crate::command::Step {
                appointment: id,
                etag: Some(etag),
            },
            reason: CancelReason::Weather,
            note: String::new(),
        })
    };
    assert_eq!(
        desk.refused(&cancel(booked)),
        Refusal::Stale {
            what,
            expected: booked,
            found: confirmed
        }
    );
    desk.done(&cancel(confirmed));
}

#[test]
fn past_is_what_lies_before_the_current_cell() {
    let (mut desk, clients) = Desk::open();
    desk.act_as(actor(1, Role::FrontDesk));
    desk.now = local(DAY, 10, 4);
    let earliest = cell(10, 0);
    assert_eq!(
        desk.refused(&book(clients.clear, wish("massage-60", 9, 55))),
        Refusal::Past {
            at: cell(9, 55),
            earliest
        }
    );
    desk.done(&book(clients.clear, wish("massage-60", 10, 0)));
}
