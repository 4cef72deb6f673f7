//! The records folder in every state sled or a person may leave it in: the journal makes it good.

mod common;

use std::path::Path;

use common::{Model, Store, copy_dir, runtime};
use treadwell_journal::Journal;
use treadwell_journal::embedded::OpenReport;
use treadwell_journal::simulation::Rng;

/// Opens a closed store after `harm` was done to its records; checks that nothing is missing.
async fn after(harm: impl FnOnce(&Path, &Path)) -> OpenReport {
    let store = Store::new();
    let mut model = Model::default();
    let mut rng = Rng::new(8);
    let (engine, _) = store.create().await.expect("a store");
    let earlier = store.scratch("earlier");
    for step in 0..40 {
        if step == 20 {
            engine.checkpoint().await.expect("a checkpoint");
            copy_dir(&store.records(), &earlier);
        }
        let group = model.next_group(&mut rng, "records");
        assert!(model.append(&engine, group).await);
    }
    engine.close().await.expect("a clean close");
    drop(engine);
    harm(&store.records(), &earlier);

    let (engine, report) = store.open().await.expect("a store that opens");
    model.check(&engine).await;
    let group = model.next_group(&mut rng, "after");
    assert!(model.append(&engine, group).await);
    engine.verify().await.expect("a sound store");
    engine.close().await.expect("a clean close");
    drop(engine);
    let (engine, again) = store.open().await.expect("a store that opens");
    assert_eq!(again.records_rebuilt, None, "rebuilt once is enough");
    model.check(&engine).await;
    for name in &report.set_aside {
        assert!(
            store.dir().join("quarantine").join(name).exists(),
            "{name} is gone"
        );
    }
    report
}

fn names(dir: &Path, prefix: &str) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
        })
        .collect()
}

#[test]
fn left_alone_nothing_is_rebuilt() {
    runtime().block_on(async {
        let report = after(|_, _| {}).await;
        assert_eq!(report.records_rebuilt, None);
        assert_eq!(report.replayed_commits, 0);
        assert!(report.set_aside.is_empty());
    });
}

#[test]
fn an_earlier_checkpoint_is_caught_up() {
    runtime().block_on(async {
        let report = after(|records, earlier| {
            std::fs::remove_dir_all(records).expect("a removal");
            copy_dir(earlier, records);
        })
        .await;
        assert_eq!(report.records_rebuilt, None);
        assert!(report.replayed_commits > 10, "{report:?}");
    });
}

#[test]
fn a_missing_or_empty_folder_is_rebuilt() {
    runtime().block_on(async {
        let missing =
            after(|records, _| std::fs::remove_dir_all(records).expect("a removal")).await;
        assert!(missing.records_rebuilt.is_some() && missing.set_aside.is_empty());
        let empty = after(|records, _| {
            std::fs::remove_dir_all(records).expect("a removal");
            std::fs::create_dir(records).expect("a folder");
        })
        .await;
        assert!(empty.records_rebuilt.is_some() && empty.set_aside.len() == 1);
    });
}

#[test]
fn a_truncated_log_is_rebuilt_or_caught_up() {
    runtime().block_on(async {
        for keep in [0, 10, 1_000, 20_000] {
            let report = after(|records, _| {
                let log = std::fs::OpenOptions::new()
                    .write(true)
                    .open(records.join("db"))
                    .expect("a log");
                log.set_len(keep).expect("a cut");
            })
            .await;
            let noticed = report.records_rebuilt.is_some() || report.replayed_commits > 0;
            assert!(noticed, "{keep}: {report:?}");
        }
    });
}

#[test]
fn a_half_written_snapshot_is_set_aside() {
    runtime().block_on(async {
        let report = after(|records, _| {
            std::fs::write(records.join("snap.00.generating"), "half").expect("a file");
        })
        .await;
        assert_eq!(report.records_rebuilt, None);
        assert_eq!(report.set_aside.len(), 1, "{report:?}");
    });
}

#[test]
fn a_torn_snapshot_is_set_aside() {
    runtime().block_on(async {
        let report = after(|records, _| {
            // One that sled prefers to any it wrote itself.
            std::fs::write(records.join("snap.7fffffffffffffff"), "torn and torn").expect("a file");
            assert!(!names(records, "snap.").is_empty());
        })
        .await;
        assert!(!report.set_aside.is_empty(), "{report:?}");
        assert_eq!(report.records_rebuilt, None, "its log is whole");
    });
}

#[test]
fn a_store_with_blobs_is_rebuilt() {
    runtime().block_on(async {
        let report = after(|records, _| {
            std::fs::write(records.join("blobs/17"), "nobody syncs me").expect("a file");
        })
        .await;
        assert!(report.records_rebuilt.expect("a reason").contains("blob"));
    });
}

#[test]
fn no_blob_is_ever_written() {
    runtime().block_on(async {
        after(|records, earlier| {
            for folder in [records, earlier] {
                assert!(names(&folder.join("blobs"), "").is_empty());
            }
        })
        .await;
    });
}
