//! Replay, records and reload agree; reads come from memory and from files alike; groups may be sent
//! ahead of the answers.

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{CLINIC, Model, Store, options, runtime};
use treadwell_journal::embedded::{Embedded, Options};
use treadwell_journal::memory::Memory;
use treadwell_journal::simulation::Rng;
use treadwell_journal::{Appended, Change, Error, Journal, NewCommit};

#[test]
fn replay_records_and_reload_agree() {
    runtime().block_on(async {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let dir = temp.path().join("new/data");
        let mut model = Model::default();
        let mut rng = Rng::new(5);
        let (engine, report) = Embedded::create(&dir, CLINIC, options())
            .await
            .expect("a store");
        assert_eq!((report.head, report.records), (0, 0));
        assert_eq!(engine.clinic_id(), CLINIC);
        for _ in 0..60 {
            let group = model.next_group(&mut rng, "reopen");
            assert!(model.append(&engine, group).await);
        }
        // As loaded by a running engine, from a checkpoint made for it.
        model.check(&engine).await;
        let group = model.next_group(&mut rng, "last");
        assert!(model.append(&engine, group).await);
        engine.close().await.expect("a clean close");
        drop(engine);

        // From the records alone.
        let (engine, report) = Embedded::open(&dir, options()).await.expect("a store");
        assert_eq!(report.replayed_commits, 0);
        assert_eq!(report.records_rebuilt, None);
        model.check(&engine).await;
        for _ in 0..20 {
            let group = model.next_group(&mut rng, "reopen");
            assert!(model.append(&engine, group).await);
        }
        let head = model.head();
        drop(engine);

        // From the records and what came after their mark.
        let (engine, report) = Embedded::open(&dir, options()).await.expect("a store");
        assert!(report.replayed_commits > 0 && report.replayed_commits < head);
        model.check(&engine).await;
        engine.close().await.expect("a clean close");
        drop(engine);

        // From the journal alone.
        std::fs::remove_dir_all(dir.join("records")).expect("a removal");
        let (engine, report) = Embedded::open(&dir, options()).await.expect("a store");
        assert!(report.records_rebuilt.is_some());
        model.check(&engine).await;
        let verified = engine.verify().await.expect("a sound store");
        assert_eq!((verified.head, verified.commits), (head, head));
        assert!(verified.segments > 3, "{verified:?}");
    });
}

#[test]
fn the_records_catch_up_by_themselves_while_groups_go_on() {
    runtime().block_on(async {
        let store = Store::new();
        let options = Options {
            checkpoint_interval: Duration::from_millis(1),
            // Bounds that every few groups hit.
            backlog_bytes: 4 * 1024,
            ..options()
        };
        let disk = std::sync::Arc::new(store.disk.clone());
        let (engine, _) = Embedded::create_on(disk.clone(), store.dir(), CLINIC, options.clone())
            .await
            .expect("a store");
        let mut model = Model::default();
        let mut rng = Rng::new(9);
        for step in 0..200 {
            let group = model.next_group(&mut rng, "beside");
            assert!(model.append(&engine, group).await);
            if step % 50 == 0 {
                model.check(&engine).await;
            }
        }
        engine.verify().await.expect("a sound store");
        drop(engine);
        let (engine, report) = Embedded::open_on(disk, store.dir(), options)
            .await
            .expect("a store");
        assert!(
            report.replayed_commits < model.head(),
            "no checkpoint was made"
        );
        assert_eq!(report.records_rebuilt, None);
        model.check(&engine).await;
    });
}

fn put(key: &str, before: Option<&str>, after: &str) -> NewCommit {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    NewCommit {
        meta: bytes("put"),
        changes: vec![Change {
            key: bytes(key),
            before: before.map(bytes),
            after: Some(bytes(after)),
        }],
    }
}

/// What every journal promises, whatever it is made of.
async fn keeps_the_contract(journal: &dyn Journal) {
    assert_eq!(journal.load().await.expect("a load").head, 0);
    assert!(journal.read(0, 10).await.expect("a read").is_empty());
    assert!(matches!(
        journal.append(0, vec![]).await,
        Appended::Durable { head: 0 }
    ));

    // Sent ahead: the second group names the head that the first will make.
    let groups = tokio::join!(
        journal.changed(2),
        journal.append(0, vec![put("a", None, "1"), put("b", None, "2")]),
        journal.append(2, vec![put("a", Some("1"), "3")]),
    );
    assert!(matches!(groups.0, Ok(3)), "{groups:?}");
    assert!(
        matches!(groups.1, Appended::Durable { head: 2 }),
        "{groups:?}"
    );
    assert!(
        matches!(groups.2, Appended::Durable { head: 3 }),
        "{groups:?}"
    );

    for stale in [0, 2, 4] {
        let late = journal.append(stale, vec![put("c", None, "4")]).await;
        assert!(matches!(late, Appended::Conflict { head: 3 }), "{late:?}");
    }
    let read = journal.read(1, 1).await.expect("a read");
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].revision, 2);
    assert_eq!(read[0].changes, put("b", None, "2").changes);
    assert!(journal.read(3, 10).await.expect("a read").is_empty());
    assert!(journal.read(0, 0).await.expect("a read").is_empty());
    assert!(journal.read(u64::MAX, 10).await.expect("a read").is_empty());
    assert_eq!(journal.changed(0).await.expect("a head"), 3);

    let loaded = journal.load().await.expect("a load");
    let record = |key: &'static str, value: &'static str| {
        (
            Bytes::from_static(key.as_bytes()),
            Bytes::from_static(value.as_bytes()),
        )
    };
    assert_eq!(loaded.records, [record("a", "3"), record("b", "2")]);
    let verified = journal.verify().await.expect("a sound journal");
    assert_eq!(
        (verified.commits, verified.changes, verified.records),
        (3, 3, 2)
    );

    let (waiting, closed) = tokio::join!(journal.changed(3), journal.close());
    closed.expect("a clean close");
    assert!(matches!(waiting, Err(Error::Failed { .. })), "{waiting:?}");
    assert!(matches!(journal.load().await, Err(Error::Failed { .. })));
    assert!(matches!(
        journal.append(3, vec![put("c", None, "4")]).await,
        Appended::Unknown(Error::Failed { .. })
    ));
}

#[test]
fn both_journals_keep_the_contract() {
    runtime().block_on(async {
        let store = Store::new();
        let (engine, _) = store.create().await.expect("a store");
        keeps_the_contract(&engine).await;
        keeps_the_contract(&Memory::new()).await;
    });
}

#[test]
fn a_false_before_image_is_refused() {
    runtime().block_on(async {
        let store = Store::new();
        let (engine, _) = store.create().await.expect("a store");
        let memory = Memory::new();
        for journal in [&engine as &dyn Journal, &memory] {
            journal.append(0, vec![put("a", None, "1")]).await;
            for lie in [Some("lie"), None] {
                // The first commit of the group is true, and is taken back with the second.
                let group = vec![put("b", None, "1"), put("a", lie, "2")];
                let refused = journal.append(1, group).await;
                let Appended::Unknown(error) = refused else {
                    panic!("{refused:?}");
                };
                assert!(
                    matches!(&error, Error::FalseBefore { key } if key == "a"),
                    "{error:?}"
                );
                assert!(error.nothing_was_written());
            }
            let group = vec![
                put("b", None, "1"),
                put("a", Some("1"), "2"),
                put("a", Some("2"), "3"),
            ];
            let kept = journal.append(1, group).await;
            assert!(matches!(kept, Appended::Durable { head: 4 }), "{kept:?}");
            journal.verify().await.expect("a sound journal");
        }
    });
}

#[test]
fn keys_and_groups_have_bounds() {
    runtime().block_on(async {
        let store = Store::new();
        let options = Options {
            group_bytes: 64 * 1024,
            ..options()
        };
        let disk = std::sync::Arc::new(store.disk.clone());
        let (engine, _) = Embedded::create_on(disk, store.dir(), CLINIC, options)
            .await
            .expect("a store");
        let long_key = "k".repeat(513);
        let long_value = "v".repeat(70_000);
        for (key, value) in [
            ("", "v"),
            (long_key.as_str(), "v"),
            ("k", long_value.as_str()),
        ] {
            let refused = engine.append(0, vec![put(key, None, value)]).await;
            let Appended::Unknown(error) = refused else {
                panic!("{refused:?}");
            };
            assert!(matches!(error, Error::TooLarge { .. }) && error.nothing_was_written());
        }
        // At the bounds all is well, and a group larger than a segment gets one of its own.
        let value = "v".repeat(60_000);
        let kept = engine
            .append(0, vec![put(&"k".repeat(512), None, &value)])
            .await;
        assert!(matches!(kept, Appended::Durable { head: 1 }), "{kept:?}");
        assert_eq!(engine.read(0, 1).await.expect("a read").len(), 1);
        engine.verify().await.expect("a sound store");
    });
}
