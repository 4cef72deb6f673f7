use jiff::ToSpan;

use crate::command::{BookSource, Command, Move, MoveTo, Put};
use crate::decide::desk::{Desk, actor, book, book_from, step, wish, with};
use crate::id::HoldId;
use crate::model::{Occupant, Policy, RecordId, Role, Wish};
use crate::refusal::Refusal;

#[test]
fn a_hold_keeps_its_slot_until_it_expires_or_is_released() {
    let (mut desk, clients) = Desk::open();
    let wanted = with(wish("massage-60", 10, 0), "h3", "cas");
    let hold = desk.hold(wanted.clone());
    let expires = desk.clinic.hold(hold).unwrap().expires_at;
    assert_eq!(expires, desk.now + 5.minutes());
    assert_eq!(desk.clinic.next_expiry(), Some(expires));
    let refusal = desk.refused(&book(clients.clear, wanted.clone()));
    let Refusal::Slot(slot) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(slot.clashes(), [Occupant::Hold(hold)]);

    desk.done(&Command::ReleaseHold { hold });
    let second = desk.hold(wanted.clone());
    desk.now += 299.seconds();
    assert_eq!(desk.done(&Command::Expire).changes, []);
    desk.now += 1.second();
    assert_eq!(desk.done(&Command::Expire).changes.len(), 1);
    assert!(desk.clinic.hold(second).is_none());
    desk.book(clients.clear, wanted);
}

#[test]
fn a_hold_with_a_client_keeps_the_client_too() {
    let (mut desk, clients) = Desk::open();
    let hold = desk.hold(Wish {
        client: Some(clients.silent),
        ..with(wish("ashiatsu-60", 10, 0), "h1", "ann")
    });
    let elsewhere = with(wish("massage-60", 10, 30), "h3", "cas");
    let Refusal::Slot(slot) = desk.refused(&book(clients.silent, elsewhere)) else {
        panic!("the client is free");
    };
    assert_eq!(slot.clashes(), [Occupant::Hold(hold)]);
}

#[test]
fn a_key_has_a_bounded_number_of_holds() {
    let (mut desk, _) = Desk::open();
    let policy = Policy {
        holds_per_key: 2,
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource: policy,
        etag: None,
    }));
    for hour in [10, 12] {
        desk.hold(wish("massage-60", hour, 0));
    }
    let third = Command::Hold(wish("massage-60", 14, 0));
    assert_eq!(desk.refused(&third), Refusal::TooManyHolds { limit: 2 });
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&third);
}

#[test]
fn a_program_uses_its_own_holds_and_people_use_any() {
    let (mut desk, clients) = Desk::open();
    let (front, colleague) = (actor(2, Role::FrontDesk), actor(3, Role::Therapist));
    let (program, other) = (actor(4, Role::Integration), actor(5, Role::Integration));
    let appointment = desk.book(clients.clear, wish("massage-60", 18, 0));
    let uses = |hold| {
        [
            Command::ReleaseHold { hold },
            book_from(BookSource::Hold {
                hold,
                client: Some(clients.silent),
            }),
            Command::Move(Move {
                step: step(appointment),
                to: MoveTo::Hold(hold),
            }),
        ]
    };
    for (maker, foreign) in [(&front, &program), (&other, &program), (&program, &other)] {
        let hold = desk.act_as(maker.clone()).hold(wish("massage-60", 10, 0));
        for command in uses(hold) {
            desk.act_as(foreign.clone());
            assert_eq!(
                desk.refused(&command),
                Refusal::HoldOfAnotherKey { hold },
                "{foreign:?}"
            );
        }
        desk.act_as(maker.clone())
            .done(&Command::ReleaseHold { hold });
    }
    for (maker, user) in [
        (&front, &colleague),
        (&program, &front),
        (&program, &program),
    ] {
        for at in 0..3 {
            let hold = desk
                .act_as(maker.clone())
                .hold(wish("massage-60", 10 + 2 * at, 0));
            let command = &uses(hold)[usize::try_from(at).unwrap()];
            desk.act_as(user.clone()).done(command);
            desk.done(&Command::Undo);
        }
    }
}

#[test]
fn what_is_not_held_can_not_be_released() {
    let (mut desk, _) = Desk::open();
    let hold = HoldId::new(5);
    let what = RecordId::Hold(hold);
    let release = Command::ReleaseHold { hold };
    assert_eq!(desk.refused(&release), Refusal::NotFound { what });
}
