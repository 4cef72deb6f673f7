//! A copy that is taken while the store serves holds all of it, and gives it back as it was at any revision.

mod common;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use common::{CLINIC, Model, Store, campaign, options, round, runtime};
use treadwell_journal::embedded::{Copied, Embedded, Item};
use treadwell_journal::simulation::Rng;
use treadwell_journal::{Error, Journal, Newest, Revision};

const NAME: &str = "the copy";

async fn work(model: &mut Model, journal: &dyn Journal, groups: u64, rng: &mut Rng) {
    for _ in 0..groups {
        let group = model.next_group(rng, "work");
        assert!(model.append(journal, group).await);
    }
}

async fn copy(engine: &Embedded) -> (Vec<u8>, Copied) {
    let copied = engine.copy(Path::new(NAME), |_| Ok(Vec::new())).await;
    copied.expect("a copy")
}

/// What a copy shows: the records at its head, the revisions of its commits, what the newest one before those says of itself, and what
/// it says that it holds.
type Shown = (
    BTreeMap<Bytes, Bytes>,
    Vec<Revision>,
    Option<Newest>,
    Copied,
);

fn read(bytes: &[u8]) -> Result<Shown, Error> {
    let (mut records, mut revisions, mut newest) = (BTreeMap::new(), Vec::new(), None);
    let mut rest = bytes;
    let copied = Embedded::read_copy(&mut rest, Path::new(NAME), &mut |item| {
        match item {
            Item::Newest(told) => {
                assert!(records.is_empty() && revisions.is_empty(), "it comes first");
                newest = Some(told.clone());
            }
            Item::Record(key, value) => {
                records.insert(key.clone(), value.clone());
            }
            Item::Commit(commit) => {
                revisions.push(commit.revision);
                for change in &commit.changes {
                    match &change.after {
                        Some(after) => records.insert(change.key.clone(), after.clone()),
                        None => records.remove(&change.key),
                    };
                }
            }
        }
        Ok(())
    })?;
    Ok((records, revisions, newest, copied))
}

fn restore(bytes: &[u8], to: &Path, until: Option<Revision>) -> Result<Copied, Error> {
    Embedded::restore(&mut { bytes }, Path::new(NAME), to, until, &options())
}

/// Copies a store of a random past, and restores it to revisions of all kinds.
async fn copy_and_restore(rng: &mut Rng) {
    let store = Store::new();
    let mut model = Model::default();
    let (engine, _) = store.create().await.expect("a store");
    let incarnation = engine.incarnation();
    for _ in 0..rng.below(4) {
        let groups = 1 + rng.below(20);
        work(&mut model, &engine, groups, rng).await;
        if rng.one_in(2) {
            let to = rng.below(model.head() + 1);
            assert!(model.compact(&engine, to).await);
        }
    }
    let (bytes, copied) = copy(&engine).await;
    let told = Copied {
        clinic_id: CLINIC,
        head: model.head(),
        oldest: engine.oldest(),
        commits: model.head() - engine.oldest(),
        records: model.as_of(model.head()).len() as u64,
    };
    assert_eq!(copied, told);
    // What comes after it is not in it.
    let then = model.clone();
    work(&mut model, &engine, 2, rng).await;
    let (records, revisions, newest, read) = read(&bytes).expect("a sound copy");
    assert_eq!(read, copied);
    let last_before = then.until(copied.oldest).commits.pop();
    let told = last_before.map(|commit| Newest {
        revision: copied.oldest,
        meta: commit.meta,
    });
    assert_eq!(newest, told, "what it begins with has a time");
    assert_eq!(records, then.as_of(then.head()));
    assert_eq!(
        revisions,
        ((copied.oldest + 1)..=copied.head).collect::<Vec<_>>()
    );

    let mut untils = vec![None, Some(copied.oldest), Some(copied.head)];
    for _ in 0..4 {
        let span = copied.head - copied.oldest + 1;
        untils.push(Some(copied.oldest + rng.below(span)));
    }
    for (at, until) in untils.into_iter().enumerate() {
        let to = store.scratch(&format!("restored-{at}"));
        assert_eq!(restore(&bytes, &to, until).expect("a restore"), copied);
        let (engine, _) = Embedded::open(&to, options()).await.expect("a store");
        assert_eq!(engine.clinic_id(), CLINIC);
        assert_ne!(engine.incarnation(), incarnation);
        let mut model = then.until(until.unwrap_or(copied.head));
        model.check(&engine).await;
        let verified = engine.verify().await.expect("a sound store");
        assert_eq!(verified.oldest, copied.oldest);
        assert_eq!(verified.accounts + verified.commits, model.head());
        work(&mut model, &engine, 3, rng).await;
        model.check(&engine).await;
        engine.close().await.expect("a clean close");
    }
}

#[test]
fn a_copy_is_restored_to_any_revision() {
    let (seed, rounds) = campaign(6);
    for number in 0..rounds {
        round(seed, number, |mut rng| {
            runtime().block_on(copy_and_restore(&mut rng));
        });
    }
}

/// Revisions that it does not hold are refused, and nothing is left that could be taken for a store.
#[test]
fn what_a_copy_does_not_hold_is_refused() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(3));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 20, &mut rng).await;
        assert!(model.compact(&engine, 9).await);
        let (bytes, copied) = copy(&engine).await;
        for until in [0, copied.oldest - 1, copied.head + 1, Revision::MAX] {
            let to = store.scratch(&format!("to-{until}"));
            let refused = restore(&bytes, &to, Some(until)).expect_err("a refusal");
            assert_eq!(
                refused.to_string(),
                format!(
                    "the copy holds the revisions {} to {}, and not {until}; name one of these, or another copy",
                    copied.oldest, copied.head
                )
            );
            assert!(!Embedded::is_in(&to));
        }
        let dir = store.scratch("there");
        restore(&bytes, &dir, None).expect("a restore");
        let again = restore(&bytes, &dir, None).expect_err("a refusal");
        assert!(matches!(again, Error::Exists { .. }), "{again:?}");
    });
}

/// The copy of a clinic without a commit, and of a store that begins with a base alone.
#[test]
fn the_least_there_is_can_be_copied() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(4));
        let (engine, _) = store.create().await.expect("a store");
        let (bytes, copied) = copy(&engine).await;
        assert_eq!((copied.head, copied.records), (0, 0));
        let to = store.scratch("empty");
        restore(&bytes, &to, None).expect("a restore");
        let (restored, _) = Embedded::open(&to, options()).await.expect("a store");
        Model::default().check(&restored).await;
        work(&mut model, &engine, 12, &mut rng).await;
        assert!(model.compact(&engine, Revision::MAX).await);
        let (bytes, copied) = copy(&engine).await;
        assert_eq!((copied.oldest, copied.commits), (model.head(), 0));
        let to = store.scratch("base");
        restore(&bytes, &to, Some(copied.head)).expect("a restore");
        let (restored, _) = Embedded::open(&to, options()).await.expect("a store");
        model.check(&restored).await;
    });
}

/// Whatever byte of a copy is changed, and wherever it ends too early, it is refused.
#[test]
fn a_changed_or_short_copy_is_refused() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(9));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 16, &mut rng).await;
        assert!(model.compact(&engine, 10).await);
        let (bytes, _) = copy(&engine).await;
        read(&bytes).expect("a sound copy");
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << rng.below(8);
            let refused = read(&changed).expect_err("a refusal");
            assert!(
                matches!(refused, Error::Damaged { .. }),
                "{at}: {refused:?}"
            );
            let refused = read(&bytes[..at]).expect_err("a refusal");
            assert!(
                matches!(refused, Error::Damaged { .. }),
                "{at}: {refused:?}"
            );
        }
        let to = store.scratch("short");
        restore(&bytes[..bytes.len() - 1], &to, None).expect_err("a refusal");
        assert!(!Embedded::is_in(&to));
    });
}

/// Copies are of one revision each, whatever is appended and compacted meanwhile.
#[test]
fn a_copy_taken_under_load_is_of_one_revision() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(11));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 10, &mut rng).await;
        let begun = model.head();
        let over = Cell::new(false);
        let writing = async {
            for _ in 0..60 {
                work(&mut model, &engine, 3, &mut rng).await;
                if rng.one_in(5) {
                    let to = rng.below(model.head());
                    assert!(model.compact(&engine, to).await);
                }
            }
            over.set(true);
        };
        let copying = async {
            let mut copies = Vec::new();
            // The writer may be slow to begin.
            while copies.len() < 20 || !over.get() {
                copies.push(copy(&engine).await);
            }
            copies
        };
        let ((), copies) = tokio::join!(writing, copying);
        for (bytes, copied) in &copies {
            let (records, revisions, _, read) = read(bytes).expect("a sound copy");
            assert_eq!(read, *copied);
            assert_eq!(records, model.as_of(copied.head));
            assert_eq!(revisions.len() as u64, copied.commits);
        }
        let heads: Vec<_> = copies.iter().map(|(_, copied)| copied.head).collect();
        assert!(heads.is_sorted() && heads[0] >= begun && heads.last() > Some(&begun));
    });
}
