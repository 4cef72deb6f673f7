//! Forms lose nothing that was typed: neither to a refusal, nor to a lost link, nor to Esc.

use treadwell_api::v1;

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    call::Call,
    dialogs::{self, Dialog, form::CANCEL},
    event::{Effect, Event, LinkChange, Purpose},
};

/// On the flagged appointment of the day.
fn on_bea() -> Desk {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk
}

fn is_form(desk: &Desk) -> bool {
    matches!(desk.model.dialog, Some(Dialog::Form(_)))
}

#[test]
fn a_refused_form_stays_and_says_why() {
    let mut desk = Desk::new();
    desk.keys("c<ctrl-n>Zoe Park<tab>902-555-0999<tab><tab>");
    desk.fake.refuse_next = Some(refusal("INVALID", "the phone is too short"));
    desk.keys("<enter>");
    desk.sees("New client")
        .sees("Zoe Park")
        .sees("902-555-0999")
        .sees("the phone is too short");
    desk.keys("<enter>");
    desk.sees("Zoe Park added").misses("New client");
}

#[test]
fn a_form_waits_for_its_answer() {
    let mut desk = Desk::new();
    desk.keys("c<ctrl-n>Zoe Park<tab><tab><tab>");
    desk.slow().keys("<enter>");
    desk.sees("Zoe Park").sees("Sending.");
    desk.keys("<enter>");
    assert_eq!(desk.on_the_way.len(), 1, "it is sent once");
    desk.arrive();
    assert!(!is_form(&desk));
}

#[test]
fn without_a_link_a_form_stays_and_what_is_typed_with_it() {
    let mut desk = Desk::new();
    desk.keys("c<ctrl-n>Zoe Park<tab><tab><tab>");
    desk.lose_server().keys("<enter>");
    desk.sees("Zoe Park").sees("No connection for");
    desk.find_server().keys("<enter>");
    desk.sees("Zoe Park added");
}

#[test]
fn an_answer_that_was_lost_leaves_the_form_open() {
    let mut desk = Desk::new();
    desk.keys("c<ctrl-n>Zoe Park<tab><tab><tab>");
    desk.fake.down = true;
    desk.keys("<enter>");
    desk.sees("Zoe Park").sees("Nothing was confirmed");
    desk.fake.down = false;
    desk.keys("<enter>");
    desk.sees("Zoe Park added");
}

#[test]
fn esc_keeps_the_draft_for_the_same_appointment_only() {
    let mut desk = on_bea();
    desk.keys("C<right><enter>called twice<esc>");
    assert!(desk.model.dialog.is_none());
    desk.keys("C");
    desk.sees("< the client is unwell >").sees("called twice");
    desk.keys("<esc>");
    desk.model.day.quarter = Some(30);
    desk.keys("<up><up><up>C");
    desk.sees("Nora Blum").misses("called twice");
}

#[test]
fn a_refusal_after_the_question_brings_the_form_back() {
    let mut desk = on_bea();
    desk.keys("C<enter>called twice<enter>");
    desk.sees("Cancel this appointment?");
    desk.fake.refuse_next = Some(refusal("STALE", "it has changed since"));
    desk.keys("y");
    desk.sees("called twice").sees("it has changed since");
    desk.keys("<enter>y");
    assert!(
        matches!(desk.last_write(), Some(Call::CancelAppointment(asked)) if asked.note == "called twice")
    );
    desk.keys("C").misses("called twice");
}

#[test]
fn a_link_lost_before_the_question_is_answered_brings_the_form_back() {
    let mut desk = Desk::new();
    desk.keys("x<tab><tab>leak<enter>");
    desk.sees("Out of service");
    desk.event(Event::Link(LinkChange::Lost("reset".to_owned())));
    desk.keys("y");
    desk.sees("leak").sees("No connection for");
}

#[test]
fn a_move_that_finds_nothing_stays_open() {
    let mut desk = on_bea();
    desk.fake.no_places = true;
    desk.keys("m<tab><tab><enter>");
    desk.sees("No place was found there.").sees("from");
    desk.fake.no_places = false;
    desk.keys("<enter>");
    desk.sees("Move to:");
}

#[test]
fn a_form_that_was_left_opens_no_menu_later() {
    let mut desk = on_bea();
    desk.keys("m<tab><tab>");
    desk.slow().keys("<enter><esc>");
    desk.arrive();
    assert!(desk.model.dialog.is_none());
}

#[test]
fn another_persons_edit_is_not_written_over_with_an_old_draft() {
    let mut desk = Desk::new();
    desk.keys("cBea<enter>E<ctrl-u>Beatrice Moreau<esc>E");
    desk.sees("Beatrice Moreau");
    desk.keys("<esc>");
    desk.fake.change_client("cli-bea", "902-555-0444");
    desk.event(Event::Changed(desk.model.revision + 1));
    desk.keys("E");
    desk.sees("902-555-0444").misses("Beatrice");
}

#[test]
fn every_reason_of_a_cancellation_has_words_of_its_own() {
    let mut words: Vec<&str> = CANCEL.iter().map(|(_, words)| *words).collect();
    let mut reasons: Vec<i32> = CANCEL.iter().map(|(reason, _)| *reason as i32).collect();
    words.sort_unstable();
    words.dedup();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!((words.len(), reasons.len()), (CANCEL.len(), CANCEL.len()));
}

#[test]
fn a_record_that_was_written_closes_no_other_form() {
    let mut desk = Desk::new();
    desk.keys("cBea<enter>");
    let me = desk.model.me.as_mut().expect("signed in");
    me.set_role(v1::Role::Manager);
    desk.keys("Fthey asked<enter><enter><esc>");
    desk.keys("I<enter><enter>").sees("Sending.");
    let written = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Export(purpose, ..) => Some(*purpose),
        _ => None,
    });
    let written: Vec<Purpose> = written.collect();
    assert_eq!(written, [Purpose::Export, Purpose::Questions]);
    desk.event(Event::Exported(
        Purpose::Export,
        Ok("There it is.".to_owned()),
    ));
    desk.sees("Questions into a file").sees("There it is.");
    desk.event(Event::Exported(
        Purpose::Questions,
        Ok("And that.".to_owned()),
    ));
    desk.misses("Questions into a file").sees("And that.");
}

#[test]
fn a_removal_that_was_not_meant_is_not_kept() {
    let mut desk = Desk::new();
    let me = desk.model.me.as_mut().expect("signed in");
    me.set_role(v1::Role::Manager);
    let training = v1::Training {
        id: "trn-1".to_owned(),
        title: "Anatomy".to_owned(),
        minutes: 60,
        ..v1::Training::default()
    };
    let open = |desk: &mut Desk| {
        let opened = dialogs::training::open_entry(&mut desk.model, training.clone());
        desk.perform(opened);
    };
    open(&mut desk);
    desk.keys("<ctrl-u>Anatomy of the hip");
    desk.keys(&"<tab>".repeat(11)).keys("<right>");
    desk.sees("< remove it >");
    desk.keys("<enter>");
    desk.sees("Remove it from the training log of all of them?");
    desk.keys("n");
    open(&mut desk);
    desk.sees("< correct it >").sees("Anatomy of the hip");
}
