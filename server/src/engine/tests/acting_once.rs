use std::time::Duration;

use super::support::*;
use crate::engine::{EngineError, Write};
use treadwell_clinic::command::{Cancel, Move, MoveTo, NewPlace, Step};
use treadwell_clinic::model::{CancelReason, RecordId, Role};
use treadwell_clinic::{Command, CommandKind, Refusal};

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let world = World::new().await;
    let client = world.clients()[0];
    let first = world
        .submit(book(client, at(1)), request("a", 1))
        .await
        .unwrap();
    let cancel = Command::Cancel(Cancel {
        step: Step {
            appointment: appointment(&first),
            etag: None,
        },
        reason: CancelReason::ClientRequest,
        note: String::new(),
    });
    world.done(cancel).await;
    let revision = world.revision();

    for world in [&world, &world.again().await] {
        let again = world
            .submit(book(client, at(1)), request("a", 1))
            .await
            .unwrap();
        assert!(again.repeated);
        assert_eq!(again.revision, first.revision);
        assert_eq!(again.at, first.at);
        assert_eq!(again.reply.records, first.reply.records);
        // As it was then: booked, although it is cancelled now.
        let id = RecordId::Appointment(appointment(&first));
        assert_eq!(again.record(id), first.record(id));
        assert_eq!(world.revision(), revision, "nothing was done again");
    }
}

#[tokio::test]
async fn another_payload_under_the_same_id_is_refused() {
    let world = World::new().await;
    let client = world.clients()[0];
    world
        .submit(book(client, at(1)), request("a", 1))
        .await
        .unwrap();
    for world in [&world, &world.again().await] {
        let other = world.submit(book(client, at(3)), request("a", 2)).await;
        assert_eq!(other.unwrap_err(), EngineError::RequestIdReused);
    }
}

#[tokio::test]
async fn a_repeat_that_overtakes_the_disk_waits_for_it() {
    let world = World::new().await;
    world.journal.close_gate();
    let command = book(world.clients()[0], at(1));
    let first = world.begin(command.clone(), request("a", 1)).await;
    let second = world.begin(command, request("a", 1)).await;
    assert!(!second.is_finished());
    world.journal.let_through(1);
    let first = first.await.unwrap().unwrap();
    let second = second.await.unwrap().unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!(first.revision, second.revision);
}

#[tokio::test]
async fn a_repeat_is_answered_although_what_it_was_about_has_changed() {
    let world = World::new().await;
    let made = world.done(Command::Hold(wish(None, at(1)))).await;
    let Some(&RecordId::Hold(hold)) = made.reply.records.first() else {
        panic!("expected a hold, got {:?}", made.reply.records);
    };
    let release = |revision, id| Write {
        unchanged: Some((RecordId::Hold(hold), revision)),
        ..request(id, 1)
    };
    let command = Command::ReleaseHold { hold };
    let stale = world
        .submit(command.clone(), release(made.revision - 1, "a"))
        .await;
    assert!(matches!(
        stale,
        Err(EngineError::Refused(ref no)) if matches!(no.refusal, Refusal::Stale { .. })
    ));
    let first = world
        .submit(command.clone(), release(made.revision, "b"))
        .await
        .unwrap();
    let again = world
        .submit(command, release(made.revision, "b"))
        .await
        .unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.revision, again.revision);
}

#[tokio::test]
async fn request_ids_belong_to_their_key() {
    let world = World::new().await;
    let client = world.clients()[0];
    world
        .submit(book(client, at(1)), request("a", 1))
        .await
        .unwrap();
    let (other, _) = world.somebody(Role::FrontDesk, None).await;
    let answer = world
        .engine
        .submit(other, book(client, at(3)), request("a", 2))
        .await;
    assert!(!answer.unwrap().repeated);
}

#[tokio::test]
async fn refusals_are_not_kept() {
    let world = World::new().await;
    let clients = world.clients();
    let first = world.done(book(clients[0], at(1))).await;
    let wanted = book(clients[1], at(1));
    let refused = world.submit(wanted.clone(), request("b", 1)).await;
    assert!(matches!(
        refused,
        Err(EngineError::Refused(ref no)) if matches!(no.refusal, Refusal::Slot(_))
    ));
    let cancel = Command::Cancel(Cancel {
        step: Step {
            appointment: appointment(&first),
            etag: None,
        },
        reason: CancelReason::Mistake,
        note: String::new(),
    });
    world.done(cancel).await;
    assert!(
        !world
            .submit(wanted, request("b", 1))
            .await
            .unwrap()
            .repeated
    );
}

#[tokio::test]
async fn requests_are_forgotten_after_seven_days() {
    let world = World::new().await;
    let command = new_client("Twice");
    world
        .submit(command.clone(), request("a", 1))
        .await
        .unwrap();
    world.clock.advance(Duration::from_hours(7 * 24 - 1));
    // What is newer pushes out what is too old, here and when the journal is read again.
    world
        .submit(new_client("Other"), request("b", 1))
        .await
        .unwrap();
    assert!(
        world
            .submit(command.clone(), request("a", 1))
            .await
            .unwrap()
            .repeated
    );
    world.clock.advance(Duration::from_hours(2));
    assert!(
        !world
            .again()
            .await
            .submit(command, request("a", 1))
            .await
            .unwrap()
            .repeated
    );
}

#[tokio::test]
async fn what_changes_nothing_is_remembered_all_the_same() {
    let world = World::new().await;
    let same = put_therapist(false);
    world
        .submit(same.clone(), request("same", 1))
        .await
        .unwrap();
    let again = world.submit(same, request("same", 1)).await.unwrap();
    assert!(again.repeated);
}

#[tokio::test]
async fn an_operation_can_be_undone_after_a_restart() {
    let world = World::new().await;
    let (actor, _) = world.somebody(Role::FrontDesk, None).await;
    let booked = world
        .engine
        .submit(
            actor.clone(),
            book(world.clients()[0], at(1)),
            Write::default(),
        )
        .await
        .unwrap();
    // To where it is already: kept for its id, and nothing to take back.
    let idle = Command::Move(Move {
        step: Step {
            appointment: appointment(&booked),
            etag: None,
        },
        to: MoveTo::Place(NewPlace::default()),
    });
    let idle = world
        .engine
        .submit(actor.clone(), idle, request("idle", 1))
        .await
        .unwrap();
    assert!(idle.changes.is_empty() && idle.revision > booked.revision);
    world.engine.close().await;
    let after = world.again().await;
    let undone = after
        .engine
        .submit(actor, Command::Undo, Write::default())
        .await
        .unwrap();
    let id = RecordId::Appointment(appointment(&booked));
    assert_ne!(undone.record(id), booked.record(id));
}

#[tokio::test]
async fn a_repeated_undo_still_says_what_it_took_back() {
    let world = World::new().await;
    let client = world.clients()[0];
    world.done(book(client, at(1))).await;
    let first = world
        .submit(Command::Undo, request("undo", 1))
        .await
        .unwrap();
    assert_eq!(first.undone, Some(CommandKind::Book));
    world.done(Command::Hold(wish(None, at(3)))).await;
    for world in [&world, &world.again().await] {
        let again = world
            .submit(Command::Undo, request("undo", 1))
            .await
            .unwrap();
        assert!(again.repeated);
        assert_eq!(again.undone, Some(CommandKind::Book));
    }
}

#[tokio::test]
async fn undo_takes_back_the_operation_that_was_named_or_none() {
    let world = World::new().await;
    let first = world.done(book(world.clients()[0], at(1))).await;
    let second = world.done(book(world.clients()[1], at(3))).await;
    let undo = |latest| Write {
        latest: Some(latest),
        ..Write::default()
    };
    let refused = world.submit(Command::Undo, undo(first.revision)).await;
    assert!(
        matches!(refused, Err(EngineError::Refused(ref no)) if matches!(no.refusal, Refusal::Stale { .. })),
        "{refused:?}"
    );
    let undone = world.submit(Command::Undo, undo(second.revision)).await;
    let id = RecordId::Appointment(appointment(&second));
    assert_ne!(undone.unwrap().record(id), second.record(id));
}
