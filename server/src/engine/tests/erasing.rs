//! Erasing a client destroys their key, whole or not at all, and a store from before it is brought up to it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use treadwell_clinic::command::{Cancel, Patch, Step, UpdateClient};
use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::{CancelReason, Record};
use treadwell_clinic::{Command, CommandKind, Refusal};
use treadwell_journal::{Appended, Journal as _, NewCommit};

use super::support::*;
use crate::audit::{self, Mark};
use crate::clock::Clock as _;
use crate::convert::store::account::sealed_account;
use crate::convert::store::commit::{Meta, Side, read_commit, vouching};
use crate::convert::store::tests::commit_as_format_1;
use crate::convert::store::{self, Opened};
use crate::engine::{EngineError, Write};
use crate::keyring::{Found, KeyId, Keyring};

/// Longer than anything is kept.
const AGES: Duration = Duration::from_hours(24 * 366 * 31);

const CANARY: &str = "Eve Canary";

/// A world with somebody whose time is over.
async fn world() -> (World, ClientId) {
    let world = World::new().await;
    let client = world.client(CANARY).await;
    world.done(declare(client)).await;
    let booked = world.done(book(client, at(1))).await;
    let cancel = Command::Cancel(Cancel {
        step: Step {
            appointment: appointment(&booked),
            etag: None,
        },
        reason: CancelReason::ClientRequest,
        note: CANARY.to_owned(),
    });
    world.done(cancel).await;
    world.clock.advance(AGES);
    let why = Write {
        reason: CANARY.to_owned(),
        ..request("update", 1)
    };
    world.submit(update(client), why).await.unwrap();
    (world, client)
}

fn update(client: ClientId) -> Command {
    Command::UpdateClient(UpdateClient {
        client,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Set(CANARY.to_owned()),
        etag: None,
    })
}

fn erase(client: ClientId) -> Command {
    Command::EraseClient {
        client,
        give_up: true,
    }
}

fn key_of(world: &World, client: ClientId) -> KeyId {
    world.journal.keys.key_of(client).unwrap()
}

fn is_destroyed(keys: &Keyring, id: &KeyId) -> bool {
    matches!(keys.find(id), Found::Destroyed)
}

/// Whether a text is anywhere in the journal or the records, opened by a ring as far as it opens anything.
async fn is_told(world: &World, text: &str) -> bool {
    let keys = &world.journal.keys;
    let mut told = String::new();
    for commit in world.journal.commits().await {
        let read = read_commit(keys, &commit).unwrap();
        write!(told, "{:?} {:?} {:?}", read.meta, read.commit, read.erased)
            .expect("a String takes all text");
    }
    for (key, value) in world.journal.load().await.unwrap().records {
        write!(told, "{:?}", store::decode(keys, &key, value).unwrap())
            .expect("a String takes all text");
    }
    told.contains(text)
}

#[tokio::test]
async fn whoever_is_erased_can_not_be_read_by_anybody_any_more() {
    let (world, client) = world().await;
    let key = key_of(&world, client);
    assert!(is_told(&world, CANARY).await, "it is there before");
    let before = world.revision();
    world
        .submit(erase(client), request("erase", 9))
        .await
        .unwrap();
    assert!(is_destroyed(&world.journal.keys, &key));
    assert!(!is_told(&world, CANARY).await);

    for world in [&world, &world.again().await] {
        assert!(world.engine.snapshot().clinic.client(client).is_none());
        // The appointment is nobody's.
        let clinic = &world.engine.snapshot().clinic;
        let left = clinic
            .appointments()
            .filter(|it| it.client == ClientId::ERASED);
        assert_eq!(left.count(), 1);
        // What was asked for can not be told any more, and is not done again.
        let again = world.submit(update(client), request("update", 1)).await;
        let erased = Refusal::Erasure(treadwell_clinic::refusal::ErasureRefusal::Erased);
        let Err(EngineError::Refused(no)) = again else {
            panic!("{again:?}");
        };
        assert_eq!(no.refusal, erased);
        let again = world
            .submit(erase(client), request("erase", 9))
            .await
            .unwrap();
        assert_eq!((again.repeated, again.revision), (true, before + 1));
        world.journal.assert_sound().await;
    }
    // The others are as they were.
    let report = crate::verify::verify(
        Arc::clone(&world.journal) as _,
        Arc::clone(&world.journal.keys),
        world.engine.snapshot(),
    );
    assert_eq!(report.await.unwrap().problems, Vec::<String>::new());
}

/// The commits before it, as whoever resumes reads them: that something went is told, what it was is not.
#[tokio::test]
async fn history_tells_of_the_erased_that_they_went_and_nothing_else() {
    let (world, client) = world().await;
    world.done(erase(client)).await;
    let keys = &world.journal.keys;
    let commits = world.journal.commits().await;
    let (last, earlier) = commits.split_last().unwrap();
    let read = read_commit(keys, last).unwrap();
    assert_eq!(read.meta.kind, CommandKind::EraseClient);
    for change in &read.erased {
        assert!(matches!(change.before, Side::Erased(_)));
        assert!(!matches!(change.after, Side::Erased(_)));
    }
    assert_eq!(read.erased.len(), 3, "client, declaration and appointment");
    let mut count = 0;
    for commit in earlier {
        let read = read_commit(keys, commit).unwrap();
        let of_them = read.commit.changes.iter().filter(|change| {
            let sides = change.before().into_iter().chain(change.after());
            sides.filter_map(Record::owner).any(|owner| owner == client)
        });
        assert_eq!(of_them.count(), 0);
        count += read.erased.len();
    }
    assert_eq!(count, 5);
}

#[tokio::test]
async fn an_erasure_that_was_cut_short_after_its_commit_is_finished_by_the_next_start() {
    let (world, client) = world().await;
    let key = key_of(&world, client);
    world.journal.next_fate(Fate::WrittenUnknown);
    let cut_short = world.submit(erase(client), request("erase", 9)).await;
    assert!(matches!(cut_short, Err(EngineError::Stopped(_))));
    assert!(!is_destroyed(&world.journal.keys, &key));

    let world = world.again().await;
    assert!(is_destroyed(&world.journal.keys, &key));
    assert!(!is_told(&world, CANARY).await);
    let again = world
        .submit(erase(client), request("erase", 9))
        .await
        .unwrap();
    assert!(again.repeated);
}

/// Of a journal that was compacted up to its very head the accounts tell what was committed.
#[tokio::test]
async fn an_erasure_that_was_cut_short_is_finished_also_when_its_commit_was_compacted() {
    let (world, client) = world().await;
    let key = key_of(&world, client);
    for fate in [Fate::LostUnknown, Fate::WrittenUnknown] {
        let is_written = matches!(fate, Fate::WrittenUnknown);
        let world = world.again().await;
        world.journal.next_fate(fate);
        let cut_short = world.submit(erase(client), request("erase", 9)).await;
        assert!(matches!(cut_short, Err(EngineError::Stopped(_))));
        let head = world.journal.load().await.unwrap().head;
        assert_eq!(world.journal.compact(head).await.unwrap(), head);
        let world = World::open(Arc::clone(&world.journal), morning(), options()).await;
        assert_eq!(is_destroyed(&world.journal.keys, &key), is_written);
        assert_eq!(is_told(&world, CANARY).await, !is_written);
        // Its time is known, too.
        assert!(world.engine.now() >= morning() + AGES);
    }
}

#[tokio::test]
async fn an_erasure_that_was_cut_short_before_its_commit_has_erased_nobody() {
    let (world, client) = world().await;
    let key = key_of(&world, client);
    for fate in [Fate::Full, Fate::LostUnknown] {
        world.journal.next_fate(fate);
        let cut_short = world.submit(erase(client), request("erase", 9)).await;
        assert!(matches!(cut_short, Err(EngineError::Stopped(_))));
    }
    let world = world.again().await;
    assert!(!is_destroyed(&world.journal.keys, &key));
    let there = world.engine.snapshot().clinic.client(client).cloned();
    assert_eq!(there.unwrap().name, CANARY);
    world
        .submit(erase(client), request("erase", 9))
        .await
        .unwrap();
    assert!(is_destroyed(&world.journal.keys, &key));
}

#[tokio::test]
async fn a_writer_that_reads_again_finishes_its_own_erasure() {
    let (world, client) = world().await;
    let key = key_of(&world, client);
    let journal = Arc::clone(&world.journal);
    let world = World::open(journal, world.clock.now(), reread()).await;
    world.journal.next_fate(Fate::WrittenUnknown);
    world
        .submit(erase(client), request("erase", 9))
        .await
        .unwrap();
    assert!(is_destroyed(&world.journal.keys, &key));
}

/// A journal with these commits, sealed with the keys of another.
async fn copy(of: &World, commits: impl IntoIterator<Item = NewCommit>) -> Arc<Gate> {
    let copy = Gate::sealed_with(Arc::clone(&of.journal.keys));
    for (after, commit) in (0..).zip(commits) {
        let appended = copy.append(after, vec![commit]).await;
        assert!(matches!(appended, Appended::Durable { .. }));
    }
    copy
}

#[tokio::test]
async fn a_store_from_before_an_erasure_is_brought_up_to_it() {
    let (world, client) = world().await;
    let older = world.journal.commits().await;
    world.done(erase(client)).await;
    let older = older.into_iter().map(|commit| NewCommit {
        meta: vouching(&commit.meta, &trail()),
        changes: commit.changes,
    });
    for is_compacted in [false, true] {
        brought_up(&world, client, older.clone().collect(), is_compacted).await;
    }
}

/// How far an audit trail had come.
fn trail() -> Mark {
    Mark::at(7, b"the seventh entry")
}

/// What a store from before an erasure is made of when it is opened, also when it was compacted up to its very head.
async fn brought_up(world: &World, client: ClientId, older: Vec<NewCommit>, is_compacted: bool) {
    let left = |world: &World| {
        let clinic = &world.engine.snapshot().clinic;
        let left = clinic
            .appointments()
            .filter(|it| it.client == ClientId::ERASED);
        left.map(|it| (**it).clone()).collect::<Vec<_>>()
    };
    let count = older.len();
    let restored = copy(world, older).await;
    if is_compacted {
        restored.compact(u64::MAX).await.unwrap();
    }
    let kept = restored.commits().await.len();
    let restored = World::open(restored, world.clock.now(), options()).await;
    assert!(restored.engine.snapshot().clinic.client(client).is_none());
    assert_eq!(left(&restored), left(world));
    assert!(!is_told(&restored, CANARY).await);
    let commits = restored.journal.commits().await;
    assert_eq!(commits.len(), kept + 1);
    assert_eq!(commits[kept].revision, count as u64 + 1);
    let applied = read_commit(&restored.journal.keys, &commits[kept]).unwrap();
    assert_eq!(applied.meta.kind, CommandKind::EraseClient);
    // What the store knew of the audit trail it knows on, although no trail is at work here.
    let known = audit::known(&*restored.journal).await.unwrap();
    assert_eq!(known, Some(trail()));
    restored.journal.assert_sound().await;
    // Once; and a new client gets a key of their own.
    let restored = restored.again().await;
    assert_eq!(restored.journal.commits().await.len(), kept + 1);
    let new = restored.client("Somebody else").await;
    let loaded = restored.journal.load().await.unwrap();
    for (key, value) in loaded.records {
        let opened = store::decode(&restored.journal.keys, &key, value).unwrap();
        assert!(matches!(opened, Opened::Whole(..)));
    }
    assert!(restored.journal.keys.key_of(new).is_some());
}

#[tokio::test]
async fn a_store_in_the_clear_is_sealed_when_it_is_opened() {
    let (world, client) = world().await;
    let commits = world.journal.commits().await;
    let clear = commits
        .iter()
        .map(|commit| commit_as_format_1(&world.journal.keys, commit));
    let journal = copy(&world, clear.collect::<Vec<_>>()).await;
    let clear = journal.commits().await;
    let holds = |values: Vec<bytes::Bytes>| {
        let has = |value: &bytes::Bytes| {
            let mut parts = value.windows(CANARY.len());
            parts.any(|part| part == CANARY.as_bytes())
        };
        values.iter().any(has)
    };
    let values = |loaded: treadwell_journal::Loaded| {
        let values = loaded.records.into_iter().map(|(_, value)| value);
        values.collect::<Vec<_>>()
    };
    assert!(holds(values(journal.load().await.unwrap())));
    let sealed = World::open(journal, world.clock.now(), options()).await;
    assert!(!holds(values(sealed.journal.load().await.unwrap())));
    let name = |world: &World| {
        let published = world.engine.snapshot();
        published.clinic.client(client).unwrap().name.clone()
    };
    assert_eq!(name(&sealed), name(&world));
    sealed.journal.assert_sound().await;
    accounts_are_sealed(&sealed, &clear, true);
    let after = sealed.revision();
    assert_eq!(after, commits.len() as u64 + 1);
    assert_eq!(sealed.again().await.revision(), after, "once");
    // And a request of before is known again.
    let again = sealed.submit(update(client), request("r-1", 1)).await;
    assert!(again.unwrap().repeated);
    sealed.done(erase(client)).await;
    accounts_are_sealed(&sealed, &clear, false);
    assert!(
        sealed
            .again()
            .await
            .engine
            .snapshot()
            .clinic
            .client(client)
            .is_none()
    );
}

/// Accounts of commits in the clear say the same when they are told anew, with nothing personal in their bytes; of somebody who was
/// erased since nothing personal at all.
fn accounts_are_sealed(world: &World, clear: &[treadwell_journal::Commit], is_on_file: bool) {
    let keys = &world.journal.keys;
    let mut reasons = 0;
    for commit in clear {
        let account = sealed_account(keys, commit);
        for personal in [CANARY.as_bytes(), b"r-1"] {
            let mut parts = account.windows(personal.len());
            assert!(parts.all(|part| part != personal));
        }
        let before = Meta::decode(keys, commit.revision, commit.meta.clone()).unwrap();
        let after = Meta::decode(keys, commit.revision, account).unwrap();
        reasons += usize::from(!after.reason.is_empty());
        if is_on_file {
            assert_eq!(after, before);
        } else {
            let names = [&before, &after].map(|it| it.request.as_ref().map(|it| it.name));
            assert_eq!(names[0], names[1]);
        }
    }
    assert_eq!(reasons, usize::from(is_on_file));
}
