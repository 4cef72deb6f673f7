//! What the audit trail is told of changes: each once, also while the history is compacted, and none before it is published.

use treadwell_clinic::Revision;
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
