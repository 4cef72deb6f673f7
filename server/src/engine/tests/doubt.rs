use std::sync::Arc;
use std::time::Duration;

use treadwell_clinic::Command;
use treadwell_journal::{Journal, NewCommit};

use super::support::*;
use crate::engine::{Engine, EngineError, Options, Write};

/// What another writer appends: the commits that it would make of a command on the same clinic.
async fn elsewhere(world: &World, command: Command) -> Vec<NewCommit> {
    let copy = Gate::sealed_with(Arc::clone(&world.journal.keys));
    for commit in world.journal.commits().await {
        let new = NewCommit {
            meta: commit.meta,
            changes: commit.changes,
        };
        copy.append(commit.revision - 1, vec![new]).await;
    }
    let other = World::open(copy, morning(), options()).await;
    let before = other.revision();
    other.done(command).await;
    let commits = other.journal.read(before, usize::MAX).await.unwrap();
    let news = commits.into_iter().map(|commit| NewCommit {
        meta: commit.meta,
        changes: commit.changes,
    });
    news.collect()
}

#[tokio::test]
async fn a_full_disk_refuses_and_takes_back_what_was_decided() {
    let world = World::new().await;
    let before = world.revision();
    let client = world.clients()[0];
    world.journal.next_fate(Fate::Full);
    let refused = world.submit(book(client, at(1)), request("a", 1)).await;
    assert!(
        matches!(refused, Err(EngineError::Stopped(_))),
        "{refused:?}"
    );
    assert_eq!(world.revision(), before);
    assert!(world.engine.writable().is_err());

    // Room again: the same request is done now, for the first time.
    let booked = world
        .submit(book(client, at(1)), request("a", 1))
        .await
        .unwrap();
    assert!(!booked.repeated);
    assert_eq!(world.engine.writable(), Ok(()));
    world.journal.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_judging_is_tried_ever_more_seldom_and_told_once() {
    let logged = Logged::begin();
    let world = World::with(Options::default()).await;
    world.done(declare(world.clients()[0])).await;
    let booked = world.done(book(world.clients()[0], at(1))).await;
    world.journal.close_gate();
    let retiring = world.begin(put_therapist(true), Write::default()).await;
    world.journal.let_through(1);
    settle().await;
    // The change is durable; what follows from it finds the disk full.
    world.journal.fill(true);
    world.journal.let_through(1_000_000);
    assert_eq!(retiring.await.unwrap().unwrap().reply.flagged, 0);
    tokio::time::sleep(Duration::from_mins(10)).await;
    let refused = world.journal.refused();
    assert!((5..40).contains(&refused), "{refused} attempts");
    assert_eq!(logged.with("writes are refused").len(), 1);
    assert!(world.engine.writable().unwrap_err().contains("999 needed"));

    world.journal.fill(false);
    let mut bell = world.engine.subscribe();
    let flagged = bell.wait_for(|published| {
        let found = published.clinic.appointment(appointment(&booked));
        found.is_some_and(|appointment| !appointment.flags.is_empty())
    });
    let soon = tokio::time::timeout(Duration::from_mins(1), flagged).await;
    assert!(soon.is_ok(), "it goes on by itself");
    assert_eq!(logged.with("writes are accepted again").len(), 1);
    assert_eq!(world.engine.writable(), Ok(()));
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn a_journal_that_stops_by_itself_stops_the_engine_at_once() {
    let world = World::new().await;
    world.journal.stop("the records store failed");
    let failed = tokio::time::timeout(Duration::from_secs(10), world.engine.failed());
    assert!(failed.await.unwrap().contains("the records store failed"));
    let why = world.engine.writable().unwrap_err();
    assert!(why.contains("the records store failed"), "{why}");
    let later = world.submit(new_client("Later"), Write::default()).await;
    assert!(matches!(later, Err(EngineError::Stopped(_))), "{later:?}");
}

#[tokio::test]
async fn what_was_decided_on_a_lost_group_is_lost_with_it() {
    let world = World::new().await;
    let clients = world.clients();
    world.journal.close_gate();
    world.journal.next_fate(Fate::Full);
    let first = world.begin(book(clients[0], at(1)), Write::default()).await;
    let refused = world.begin(book(clients[1], at(1)), Write::default()).await;
    world.journal.let_through(10);
    assert!(matches!(first.await.unwrap(), Err(EngineError::Stopped(_))));
    // Not "taken": by the time it is told, nothing takes the place.
    assert!(matches!(
        refused.await.unwrap(),
        Err(EngineError::Stopped(_))
    ));
    world.done(book(clients[1], at(1))).await;
}

#[tokio::test]
async fn in_doubt_the_embedded_engine_stops_and_says_why() {
    for fate in [Fate::WrittenUnknown, Fate::LostUnknown] {
        let world = World::new().await;
        let clients = world.clients();
        world.journal.next_fate(fate);
        let answer = world
            .submit(book(clients[0], at(1)), Write::default())
            .await;
        assert!(matches!(answer, Err(EngineError::Stopped(_))), "{answer:?}");
        let failed = tokio::time::timeout(Duration::from_secs(10), world.engine.failed());
        assert!(failed.await.unwrap().contains("the test says so"));
        let later = world.submit(new_client("Later"), Write::default()).await;
        assert!(matches!(later, Err(EngineError::Stopped(_))));
    }
}

/// Else the server would go on as one that reads only, and nobody would start it again.
#[tokio::test]
async fn a_writer_that_panics_is_a_failure_and_no_silence() {
    let world = World::new().await;
    world.journal.next_fate(Fate::Panics);
    let answer = world.submit(new_client("Late"), Write::default()).await;
    assert!(matches!(answer, Err(EngineError::Stopped(_))), "{answer:?}");
    let failed = tokio::time::timeout(Duration::from_secs(10), world.engine.failed());
    assert!(failed.await.unwrap().contains("a fault of the program"));
    let why = world.engine.writable().unwrap_err();
    assert!(why.contains("a fault of the program"), "{why}");
    world.engine.close().await;
}

#[tokio::test]
async fn an_engine_that_is_closed_in_order_has_not_failed() {
    let world = World::new().await;
    world.engine.close().await;
    assert_eq!(
        world.engine.writable(),
        Err("it is shutting down".to_owned())
    );
    let failed = tokio::time::timeout(Duration::from_millis(50), world.engine.failed());
    assert!(failed.await.is_err());
}

#[tokio::test]
async fn an_own_commit_is_recognised_and_not_made_twice() {
    let world = World::with(reread()).await;
    let before = world.revision();
    world.journal.next_fate(Fate::WrittenUnknown);
    let booked = world
        .submit(book(world.clients()[0], at(1)), request("a", 1))
        .await
        .unwrap();
    assert_eq!(booked.revision, before + 1);
    assert_eq!(world.journal.commits().await.len() as u64, before + 1);
    let again = world
        .submit(book(world.clients()[0], at(1)), request("a", 1))
        .await
        .unwrap();
    assert!(again.repeated);
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn a_lost_commit_is_decided_again() {
    let world = World::with(reread()).await;
    let before = world.revision();
    world.journal.next_fate(Fate::LostUnknown);
    let booked = world.done(book(world.clients()[0], at(1))).await;
    assert_eq!(booked.revision, before + 1);
    assert_eq!(world.journal.commits().await.len() as u64, before + 1);
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn after_a_conflict_commands_are_judged_by_what_others_did() {
    let world = World::with(reread()).await;
    let clients = world.clients();
    let before = world.revision();
    let theirs = elsewhere(&world, book(clients[0], at(1))).await;
    world.journal.close_gate();
    world.journal.next_fate(Fate::Overtaken(theirs));
    let same_place = world.begin(book(clients[1], at(1)), Write::default()).await;
    let elsewhere = world.begin(book(clients[1], at(5)), Write::default()).await;
    world.journal.let_through(10);

    let refused = same_place.await.unwrap();
    assert!(
        matches!(refused, Err(EngineError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(elsewhere.await.unwrap().unwrap().revision, before + 2);
    let published = world.engine.snapshot();
    assert_eq!(published.clinic.appointments().count(), 2);
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn others_commits_reach_those_who_watch() {
    let world = World::with(reread()).await;
    let before = world.revision();
    let theirs = elsewhere(&world, new_client("Theirs")).await;
    world.journal.next_fate(Fate::Overtaken(theirs));
    world.done(new_client("Ours")).await;
    let published = world.engine.snapshot();
    let history = world.engine.history();
    let commits = history.read(before, &published, 10).await.unwrap();
    let revisions: Vec<_> = commits
        .iter()
        .map(|recent| recent.commit.revision)
        .collect();
    assert_eq!(revisions, [before + 1, before + 2]);
}

#[tokio::test]
async fn history_goes_back_to_the_journal_when_the_ring_ends() {
    let world = World::with(crate::engine::Options {
        history_commits: 2,
        ..options()
    })
    .await;
    for name in ["A", "B", "C", "D"] {
        world.client(name).await;
    }
    let reopened: Engine = world.again().await.engine;
    for engine in [&world.engine, &reopened] {
        let published = engine.snapshot();
        let all = engine.history().read(0, &published, 1_000).await.unwrap();
        let revisions: Vec<_> = all.iter().map(|recent| recent.commit.revision).collect();
        assert_eq!(revisions, (1..=published.revision).collect::<Vec<_>>());
        let none = engine
            .history()
            .read(published.revision, &published, 10)
            .await
            .unwrap();
        assert!(none.is_empty());
    }
    assert!(Arc::strong_count(&world.journal) > 1);
}
