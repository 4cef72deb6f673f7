//! Moving, cancelling and taking back what is there of a series, and other extensions.

use super::*;
use crate::command::{Cancel, CancelSeries, Move, MoveSeries, MoveTo, NewPlace, SeriesScope};
use crate::decide::desk::{actor, cell, limited_to, step};
use crate::id::ExtensionId;
use crate::model::{Appointment, CancelReason, Phase, Role};

fn shifted(id: AppointmentId, scope: SeriesScope, to: NewPlace, skip: bool) -> Command {
    Command::MoveSeries(Box::new(MoveSeries {
        step: step(id),
        scope,
        to,
        on_impossible: if skip {
            OnImpossible::Skip
        } else {
            OnImpossible::FailAll
        },
    }))
}

fn starting(start: crate::time::Cell) -> NewPlace {
    NewPlace {
        start: Some(start),
        ..NewPlace::default()
    }
}

fn cancelled(id: AppointmentId, scope: SeriesScope) -> Command {
    Command::CancelSeries(CancelSeries {
        cancel: Cancel {
            step: step(id),
            reason: CancelReason::ClientRequest,
            note: String::new(),
        },
        scope,
    })
}

fn phases(desk: &Desk, ids: &[AppointmentId]) -> Vec<Phase> {
    let phase = |&id| desk.appointment(id).state.phase();
    ids.iter().map(phase).collect()
}

/// Four massages in h3 with cas at 10:00.
fn four(desk: &mut Desk, client: ClientId) -> Vec<AppointmentId> {
    let wanted = with(wish("massage-60", 10, 0), "h3", "cas");
    ids(&desk.done(&series(client, wanted, 4, OnImpossible::FailAll)))
}

#[test]
fn a_move_takes_along_those_that_follow_or_all() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    let to = starting(fixture::cell(day(1), 15, 30));
    desk.done(&shifted(booked[1], SeriesScope::Following, to, false));
    let expected = [(0, 10, 0), (1, 15, 30), (2, 15, 30), (3, 15, 30)];
    for (&id, (week, hour, minute)) in booked.iter().zip(expected) {
        let slot = &desk.appointment(id).slot;
        assert_eq!(slot.start(), fixture::cell(day(week), hour, minute));
        assert_eq!(slot.therapist, therapist_id("cas"));
    }
    // By a week: each into the place that the next one leaves. One by one none but the last could.
    let to = starting(fixture::cell(day(2), 15, 30));
    desk.done(&shifted(booked[1], SeriesScope::All, to, false));
    let weeks = numbers(&desk, &booked);
    assert_eq!(weeks, [(1, day(1)), (2, day(2)), (3, day(3)), (4, day(4))]);
    // Back into places that others still have when that is judged: nobody is flagged for it.
    desk.done(&Command::Undo);
    assert_eq!(numbers(&desk, &booked)[0], (1, DAY));
    assert!(booked.iter().all(|&id| desk.flags(id).is_empty()));
}

#[test]
fn one_that_can_not_be_moved_keeps_its_place_and_the_others_leave_it() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    let other = desk.new_client("Other");
    let in_the_way = Wish {
        start: fixture::cell(day(4), 10, 0),
        ..with(wish("massage-60", 10, 0), "h3", "cas")
    };
    desk.book(other, in_the_way);
    let by_a_week = || NewPlace {
        room: Some(room_id("h3")),
        therapist: Some(therapist_id("cas")),
        ..starting(fixture::cell(day(1), 10, 0))
    };
    let fail = shifted(booked[0], SeriesScope::All, by_a_week(), false);
    let refused = impossible(desk.refused(&fail));
    assert_eq!(reasons(&refused), [(4, "ROOM_TAKEN")]);
    assert_eq!(refused[0].appointment, Some(booked[3]));
    // The fourth stays, so that the third has no place to go, nor then have those before it.
    let skip = shifted(booked[0], SeriesScope::All, by_a_week(), true);
    let refused = impossible(desk.refused(&skip));
    assert_eq!(refused.len(), 4, "{refused:?}");
    // With whomever there is, the fourth can go along.
    let anybody = starting(fixture::cell(day(1), 10, 0));
    let done = desk.done(&shifted(booked[0], SeriesScope::All, anybody, true));
    assert_eq!(done.reply.impossible, []);
    // To a day without shifts only those before it move.
    let to = starting(fixture::cell(day(3), 10, 0));
    let done = desk.done(&shifted(booked[0], SeriesScope::All, to, true));
    assert_eq!(numbers(&desk, &booked)[0], (1, day(3)));
    let left: Vec<_> = done.reply.impossible.iter().map(|one| one.number).collect();
    assert_eq!(left.len() + ids(&done).len(), 4, "each has a result");
}

#[test]
fn only_what_has_not_begun_goes_along() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    desk.done(&Command::CheckIn(step(booked[0])));
    desk.done(&Command::Confirm(step(booked[1])));
    desk.done(&Command::Cancel(Cancel {
        step: step(booked[2]),
        reason: CancelReason::Weather,
        note: String::new(),
    }));
    desk.done(&cancelled(booked[3], SeriesScope::All));
    assert_eq!(
        phases(&desk, &booked),
        [
            Phase::Arrived,
            Phase::Cancelled,
            Phase::Cancelled,
            Phase::Cancelled
        ]
    );
    desk.done(&Command::Undo);
    assert_eq!(
        phases(&desk, &booked),
        [
            Phase::Arrived,
            Phase::Confirmed,
            Phase::Cancelled,
            Phase::Booked
        ]
    );
    // The one that is named is cancelled although its client is here.
    desk.done(&cancelled(booked[0], SeriesScope::Following));
    assert!(
        phases(&desk, &booked)
            .iter()
            .all(|it| *it == Phase::Cancelled)
    );
}

#[test]
fn an_appointment_alone_is_all_of_its_series() {
    let (mut desk, clients) = Desk::open();
    let alone = desk.book(clients.clear, wish("massage-60", 10, 0));
    let to = starting(cell(12, 0));
    desk.done(&shifted(alone, SeriesScope::All, to, false));
    assert_eq!(desk.appointment(alone).slot.start(), cell(12, 0));
    desk.done(&cancelled(alone, SeriesScope::Following));
    assert_eq!(phases(&desk, &[alone]), [Phase::Cancelled]);
}

#[test]
fn undo_takes_back_all_of_a_series_or_nothing() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    desk.done(&Command::Undo);
    assert!(
        phases(&desk, &booked)
            .iter()
            .all(|it| *it == Phase::Cancelled)
    );
    let booked = four(&mut desk, clients.clear);
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&Command::Confirm(step(booked[3])));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(
        desk.refused(&Command::Undo),
        Refusal::UndoChanged {
            what: RecordId::Appointment(booked[3])
        }
    );
}

#[test]
fn a_cancelled_series_does_not_come_back_over_somebody_else() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    desk.done(&cancelled(booked[0], SeriesScope::All));
    desk.act_as(actor(2, Role::FrontDesk));
    let other = desk.new_client("Other");
    let place = Wish {
        start: desk.appointment(booked[2]).slot.start(),
        ..with(wish("massage-60", 10, 0), "h3", "cas")
    };
    desk.book(other, place);
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "ROOM_TAKEN");
}

#[test]
fn whoever_is_limited_to_a_site_moves_no_member_elsewhere() {
    let (mut desk, clients) = open();
    let booked = four(&mut desk, clients.clear);
    desk.act_as(limited_to(7, Role::FrontDesk, "dartmouth"));
    let refusals = [
        desk.refused(&cancelled(booked[0], SeriesScope::All)),
        desk.refused(&series(
            clients.clear,
            wish("massage-60", 15, 0),
            2,
            OnImpossible::Skip,
        )),
    ];
    let reasons = refusals.map(|refusal| refusal.reason());
    assert_eq!(reasons, ["NOT_FOUND", "SITE_NOT_ALLOWED"]);
}

#[test]
fn extensions_are_added_to_and_taken_from_what_is_booked_at_the_prices_of_then() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("foot-30", 10, 0));
    let calf: ExtensionId = "calf".parse().unwrap();
    let with = |extensions: Vec<ExtensionId>| {
        Command::Move(Move {
            step: step(id),
            to: MoveTo::Place(NewPlace {
                extensions: Some(extensions),
                ..NewPlace::default()
            }),
        })
    };
    let told = |it: &Appointment| {
        let planned = it.slot.planned;
        let parts = it.charges.extensions.to_vec();
        (planned.start(), planned.minutes(), it.price_cents, parts)
    };
    let plain = told(desk.appointment(id));
    assert_eq!(plain, (cell(10, 0), 30, 11_000, vec![]));
    desk.done(&with(vec![calf]));
    assert_eq!(
        told(desk.appointment(id)),
        (cell(10, 0), 45, 13_000, vec![2_000])
    );
    desk.done(&with(vec![]));
    assert_eq!(told(desk.appointment(id)), plain);
    desk.done(&Command::Undo);
    assert_eq!(told(desk.appointment(id)).2, 13_000);
    assert!(matches!(
        desk.refused(&with(vec!["scalp".parse().unwrap()])),
        Refusal::NotAnExtension { .. }
    ));
    // A longer session has to fit, too.
    desk.done(&with(vec![]));
    let next = desk.book(clients.clear, wish("foot-30", 10, 30));
    let Refusal::Slot(refused) = desk.refused(&with(vec![calf])) else {
        panic!("something comes next");
    };
    assert_eq!(refused.clashes(), [Occupant::Appointment(next)]);
}
