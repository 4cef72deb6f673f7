//! What the audit trail is told of changes: each once, also while the history is compacted, and none before it is published.

use treadwell_clinic::model::RecordId;
use treadwell_clinic::{Command, Revision};
use treadwell_journal::{Appended, Journal as _, NewCommit};

use super::support::*;

/// All that is told of changes up to `until`, by revision.
async fn told(world: &World, until: Revision) -> Vec<Revision> {
    let (mut found, mut looked) = (Vec::new(), 0);
    loop {
        let history = world.engine.history();
        let (traces, at) = history.trail(None, looked, until).await.unwrap();
        found.extend(traces.iter().map(|trace| trace.revision));
        if at == looked {
            return found;
        }
        looked = at;
    }
}

#[tokio::test]
async fn what_is_compacted_while_it_is_read_is_told_all_the_same() {
    let world = World::new().await;
    for number in 0..300 {
        world.client(&format!("Somebody {number}")).await;
    }
    let head = world.revision();
    let all: Vec<_> = (1..=head).collect();
    assert_eq!(told(&world, head).await, all);
    for to in [3, head - 40, head] {
        world.journal.compact_at_next_read(to);
        assert_eq!(told(&world, head).await, all, "compacted up to {to}");
        assert_eq!(world.journal.oldest(), to);
    }
}

#[tokio::test]
async fn a_change_is_of_the_client_whose_records_alone_it_changed_compacted_too() {
    let world = World::new().await;
    let both = world.clients();
    let of_nobody = world.revision() - 3;
    let of_the_second = world.revision();
    let written_again = both.iter().copied().map(RecordId::Client).collect();
    world.done(Command::Rewrite(written_again)).await;
    let of_both = world.revision();
    let owner = async |revision| {
        let (history, published) = (world.engine.history(), world.engine.snapshot());
        history.owner(&published.clinic, revision).await.unwrap()
    };
    for compacted in [0, of_both] {
        world.journal.compact_at_next_read(compacted);
        assert_eq!(owner(of_nobody).await, None);
        assert_eq!(owner(of_the_second).await, Some(both[1]));
        assert_eq!(owner(of_both).await, None);
        assert_eq!(owner(of_both + 1).await, None, "there is none");
        assert_eq!(owner(0).await, None);
    }
    assert_eq!(world.journal.oldest(), of_both);
}

#[tokio::test]
async fn nothing_is_told_before_it_is_published() {
    let world = World::new().await;
    let head = world.revision();
    let newest = world.journal.commits().await.pop().unwrap();
    let commit = NewCommit {
        meta: newest.meta,
        changes: Vec::new(),
    };
    let appended = world.journal.append(head, vec![commit]).await;
    assert!(matches!(appended, Appended::Durable { .. }));
    assert_eq!(told(&world, head).await, (1..=head).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_commit_that_only_vouches_is_not_told_and_a_record_written_again_is() {
    let world = World::new().await;
    let before = world.revision();
    world.done(Command::Rewrite(Vec::new())).await;
    let record = RecordId::Client(world.clients()[0]);
    world.done(Command::Rewrite(vec![record])).await;
    world.done(Command::Rewrite(Vec::new())).await;
    let head = world.revision();
    assert_eq!(head, before + 3);
    let expected: Vec<_> = (1..=before).chain([before + 2]).collect();
    assert_eq!(told(&world, head).await, expected);
    world.journal.compact_at_next_read(head - 1);
    assert_eq!(told(&world, head).await, expected, "compacted");
    world.journal.compact_at_next_read(head);
    assert_eq!(told(&world, head).await, expected, "compacted to the end");
}
