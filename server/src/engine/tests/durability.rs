use super::support::*;
use crate::convert::store::commit::{ReadCommit, read_commit};
use crate::engine::{EngineError, Write};
use treadwell_clinic::command::{Cancel, Move, MoveTo, NewPlace, Step};
use treadwell_clinic::model::{CancelReason, Phase, Record, RecordId, Role};
use treadwell_clinic::{Command, CommandKind};

#[tokio::test]
async fn no_answer_comes_before_its_group_is_durable() {
    let world = World::new().await;
    let before = world.revision();
    let clients = world.clients();
    world.journal.close_gate();

    let booking = world.begin(book(clients[0], at(1)), Write::default()).await;
    // Decided on a clinic in which that booking is there already: a refusal that could be wrong.
    let refused = world.begin(book(clients[1], at(1)), Write::default()).await;
    let dry = Write {
        validate_only: true,
        ..Write::default()
    };
    let judged = world.begin(book(clients[1], at(3)), dry).await;
    assert!(!booking.is_finished() && !refused.is_finished() && !judged.is_finished());
    assert_eq!(world.revision(), before, "nothing is published early");

    world.journal.let_through(1);
    let booked = booking.await.unwrap().unwrap();
    assert_eq!(booked.revision, before + 1);
    assert!(
        booked
            .published
            .clinic
            .appointment(appointment(&booked))
            .is_some()
    );
    assert!(matches!(
        refused.await.unwrap(),
        Err(EngineError::Refused(_))
    ));
    assert!(judged.await.unwrap().unwrap().dry);
    assert_eq!(world.revision(), before + 1);
}

#[tokio::test]
async fn an_answer_tells_of_the_moment_at_which_it_was_decided() {
    let world = World::new().await;
    let clients = world.clients();
    let booked = world.done(book(clients[0], at(1))).await;
    let id = appointment(&booked);
    let step = || Step {
        appointment: id,
        etag: None,
    };
    world.journal.close_gate();
    world.begin(new_client("Somebody"), Write::default()).await;

    // All in one group, and answered when it is durable.
    let stays = Command::Move(Move {
        step: step(),
        to: MoveTo::Place(NewPlace::default()),
    });
    let named = world.begin(stays.clone(), request("a", 1)).await;
    let unnamed = world.begin(stays, Write::default()).await;
    let refused = world.begin(book(clients[1], at(1)), Write::default()).await;
    let cancel = Command::Cancel(Cancel {
        step: step(),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    });
    let cancelled = world.begin(cancel, Write::default()).await;
    world.journal.let_through(2);

    let record = RecordId::Appointment(id);
    for stayed in [named, unnamed] {
        let stayed = stayed.await.unwrap().unwrap();
        assert_eq!(stayed.record(record), booked.record(record));
    }
    let Err(EngineError::Refused(no)) = refused.await.unwrap() else {
        panic!("two in one room");
    };
    let in_the_way = no.clinic.appointment(id).unwrap();
    assert_eq!(in_the_way.state.phase(), Phase::Booked);
    let cancelled = cancelled.await.unwrap().unwrap();
    assert_ne!(cancelled.record(record), booked.record(record));
}

#[tokio::test]
async fn what_comes_while_a_group_is_written_makes_one_group() {
    let world = World::new().await;
    world.journal.close_gate();
    let mut tasks = Vec::new();
    for number in 0..20 {
        tasks.push(
            world
                .begin(new_client(&format!("Client {number}")), Write::default())
                .await,
        );
    }
    let groups = world.journal.groups().len();
    world.journal.let_through(2);
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap().unwrap().revision);
    }
    assert_eq!(world.journal.groups()[groups..], [1, 19]);
    assert!(
        revisions.is_sorted(),
        "answers are in the order of the questions"
    );
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn a_crash_before_the_disk_loses_only_what_nobody_was_told() {
    let world = World::new().await;
    let told = world.client("Told").await;
    let clients = world.clients().len();
    world.journal.close_gate();
    let untold = world.begin(new_client("Untold"), Write::default()).await;

    // Opened again while the old writer waits for its disk for ever.
    let after = World::open(std::sync::Arc::clone(&world.journal), morning(), options()).await;
    assert_eq!(after.clients().len(), clients);
    assert!(after.engine.snapshot().clinic.client(told).is_some());
    assert!(!untold.is_finished());
}

#[tokio::test]
async fn a_clinic_is_opened_as_it_was_left() {
    let world = World::new().await;
    let client = world.clients()[0];
    world.done(book(client, at(1))).await;
    world.engine.close().await;

    let after = world.again().await;
    let (left, found) = (world.engine.snapshot(), after.engine.snapshot());
    assert_eq!(found.revision, left.revision);
    assert!(found.clinic.records().eq(left.clinic.records()));
    after.done(book(client, at(3))).await;
    after.journal.assert_sound().await;
}

#[tokio::test]
async fn every_change_is_kept_with_who_when_what_and_why() {
    let world = World::new().await;
    let client = world.clients()[0];
    let booked = world.done(book(client, at(1))).await;
    let step = Step {
        appointment: appointment(&booked),
        etag: None,
    };
    let why = Write {
        reason: "asked for on the phone".to_owned(),
        ..Write::default()
    };
    let (desk, _) = world.somebody(Role::FrontDesk, None).await;
    let confirm = Command::Confirm(step);
    world
        .engine
        .submit(desk.clone(), confirm, why)
        .await
        .unwrap();
    let commits = world.journal.commits().await;
    let read = read_commit(&world.journal.keys, commits.last().unwrap());
    let ReadCommit { meta, commit, .. } = read.unwrap();
    assert_eq!(
        (meta.by, meta.at, meta.kind, meta.reason.as_str()),
        (
            desk.key,
            morning(),
            CommandKind::Confirm,
            "asked for on the phone"
        )
    );
    let [change] = &commit.changes[..] else {
        panic!("one appointment: {commit:?}");
    };
    let phase = |record: Option<&Record>| match record {
        Some(Record::Appointment(kept)) => kept.state.phase(),
        other => panic!("an appointment, not {other:?}"),
    };
    assert_eq!(phase(change.before()), Phase::Booked);
    assert_eq!(phase(change.after()), Phase::Confirmed);
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    let world = World::with(crate::engine::Options {
        queue_commands: 4,
        ..options()
    })
    .await;
    world.journal.close_gate();
    let engine = world.engine.clone();
    // The writer takes no turn between these: all of them stand in the queue.
    let submissions: Vec<_> = (0..10)
        .map(|number| {
            let command = new_client(&format!("Client {number}"));
            engine.submit(treadwell_clinic::Actor::system(), command, Write::default())
        })
        .map(|submission| {
            let mut submission = Box::pin(submission);
            let now = futures::FutureExt::now_or_never(&mut submission);
            (submission, now)
        })
        .collect();
    let refused = submissions
        .iter()
        .filter(|(_, now)| matches!(now, Some(Err(EngineError::Overloaded))))
        .count();
    assert_eq!(refused, 6);
    world.journal.let_through(100);
    for (submission, now) in submissions {
        if now.is_none() {
            submission.await.unwrap();
        }
    }
}

#[tokio::test]
async fn who_has_gone_is_not_decided_for() {
    let world = World::new().await;
    let clients = world.clients().len();
    let mut submission = Box::pin(world.submit(new_client("Gone"), Write::default()));
    assert!(futures::FutureExt::now_or_never(&mut submission).is_none());
    drop(submission);
    world.client("Here").await;
    assert_eq!(world.clients().len(), clients + 1);
}

#[tokio::test]
async fn closing_lets_what_was_decided_become_durable() {
    let world = World::new().await;
    world.journal.close_gate();
    let booking = world
        .begin(book(world.clients()[0], at(1)), Write::default())
        .await;
    let engine = world.engine.clone();
    let closing = tokio::spawn(async move { engine.close().await });
    settle().await;
    let late = world.submit(new_client("Late"), Write::default()).await;
    assert!(matches!(late, Err(EngineError::Stopped(_))));
    world.journal.let_through(1);
    closing.await.unwrap();
    assert!(booking.await.unwrap().is_ok());
    assert!(world.engine.writable().is_err());
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_and_changes_nothing() {
    let world = World::new().await;
    let before = world.revision();
    let dry = Write {
        validate_only: true,
        ..request("dry", 1)
    };
    let client = world.clients()[0];
    let judged = world
        .submit(book(client, at(1)), dry.clone())
        .await
        .unwrap();
    assert!(judged.dry);
    assert!(judged.clinic().appointment(appointment(&judged)).is_some());
    assert_eq!(world.revision(), before);
    // Its request id is still free.
    let really = world.submit(book(client, at(1)), request("dry", 2)).await;
    assert!(!really.unwrap().repeated);
}

#[tokio::test]
async fn closing_answers_who_waits_for_a_judging() {
    let world = World::new().await;
    world.done(book(world.clients()[0], at(1))).await;
    world.journal.close_gate();
    let retiring = world.begin(put_therapist(true), Write::default()).await;
    let engine = world.engine.clone();
    let closing = tokio::spawn(async move { engine.close().await });
    settle().await;
    world.journal.let_through(1_000);
    closing.await.unwrap();
    let retired = retiring.await.unwrap();
    assert!(retired.is_ok(), "it is done: {retired:?}");
}
