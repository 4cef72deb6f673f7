//! A full disk: writes are refused, reads go on, and writes come back when there is room.

mod common;

use common::{Model, Store, options, runtime};
use treadwell_journal::simulation::Rng;
use treadwell_journal::{Appended, Error, Journal};

const PLENTY_BYTES: u64 = 1 << 30;

async fn expect_full(journal: &impl Journal, model: &Model) {
    let mut rng = Rng::new(1);
    let group = model.next_group(&mut rng, "full");
    let refused = journal.append(model.head(), group).await;
    let Appended::Unknown(error) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        matches!(error, Error::Full { .. }) && error.nothing_was_written(),
        "{error:?}"
    );
}

#[test]
fn below_the_watermark_writes_are_refused_until_there_is_room() {
    runtime().block_on(async {
        let store = Store::new();
        let mut model = Model::default();
        let mut rng = Rng::new(4);
        let (engine, _) = store.create().await.expect("a store");
        let group = model.next_group(&mut rng, "room");
        assert!(model.append(&engine, group).await);
        assert!(!engine.free_space().expect("a look").writes_refused);

        store.disk.set_free_bytes(options().watermark_bytes - 1);
        assert!(engine.free_space().expect("a look").writes_refused);
        // The engine looks at intervals; it refuses before it could have filled the room left.
        let mut accepted = 0;
        loop {
            let group = model.next_group(&mut rng, "room");
            if !model.append(&engine, group).await {
                break;
            }
            accepted += 1;
            assert!(accepted < 1_000_000, "never refused");
        }
        assert!(model.in_doubt.is_empty());
        expect_full(&engine, &model).await;
        model.check(&engine).await;

        store.disk.set_free_bytes(PLENTY_BYTES);
        let group = model.next_group(&mut rng, "room");
        assert!(
            model.append(&engine, group).await,
            "refused although there is room"
        );
        model.check(&engine).await;
        engine.close().await.expect("a clean close");
    });
}

#[test]
fn a_start_on_a_full_disk_frees_the_ballast_and_serves_read_only() {
    runtime().block_on(async {
        let mut store = Store::new();
        let mut model = Model::default();
        let mut rng = Rng::new(4);
        let (engine, _) = store.create().await.expect("a store");
        for _ in 0..10 {
            let group = model.next_group(&mut rng, "room");
            assert!(model.append(&engine, group).await);
        }
        drop(engine);
        assert!(store.disk.content("ballast").is_some());
        store.kill();
        store.disk.set_free_bytes(1_000);
        // With the records or without: they are not needed to serve.
        for lost in [false, true] {
            if lost {
                std::fs::remove_dir_all(store.records()).expect("a removal");
            }
            let (engine, report) = store.open().await.expect("a store that opens");
            assert!(report.writes_refused);
            assert_eq!(store.disk.content("ballast"), None);
            assert!(engine.free_space().expect("a look").writes_refused);
            model.check(&engine).await;
            model.check(&engine).await;
            // Room that there is by now does not help this run, and nobody is told to make any.
            store.disk.set_free_bytes(PLENTY_BYTES);
            let mut rng = Rng::new(1);
            let group = model.next_group(&mut rng, "full");
            let refused = engine.append(model.head(), group).await;
            let Appended::Unknown(error) = refused else {
                panic!("{refused:?}");
            };
            assert!(
                matches!(error, Error::OpenedFull { .. }) && error.nothing_was_written(),
                "{error:?}"
            );
            assert!(error.to_string().contains("start again"), "{error}");
            assert!(engine.free_space().expect("a look").opened_full);
            let refused = engine.checkpoint().await;
            assert!(matches!(refused, Err(Error::OpenedFull { .. })));
            store.disk.set_free_bytes(1_000);
            engine.verify().await.expect("a sound store");
            engine.close().await.expect("a clean close");
        }
        store.disk.set_free_bytes(PLENTY_BYTES);
        let (engine, report) = store.open().await.expect("a store that opens");
        assert!(!report.writes_refused);
        assert!(store.disk.content("ballast").is_some());
        model.check(&engine).await;
        let group = model.next_group(&mut rng, "room");
        assert!(model.append(&engine, group).await);
        engine.verify().await.expect("a sound store");
    });
}

#[test]
fn no_room_for_a_segment_refuses_and_recovers() {
    runtime().block_on(async {
        let store = Store::new();
        let mut model = Model::default();
        let mut rng = Rng::new(4);
        let (engine, _) = store.create().await.expect("a store");
        store.disk.set_room_for_new_files(false);
        let mut accepted = 0;
        loop {
            let group = model.next_group(&mut rng, "room");
            if !model.append(&engine, group).await {
                break;
            }
            accepted += 1;
        }
        assert!(
            model.in_doubt.is_empty(),
            "the engine stopped after {accepted} groups"
        );
        expect_full(&engine, &model).await;
        model.check(&engine).await;

        store.disk.set_room_for_new_files(true);
        for _ in 0..40 {
            let group = model.next_group(&mut rng, "room");
            assert!(model.append(&engine, group).await);
        }
        model.check(&engine).await;
        engine.verify().await.expect("a sound store");
    });
}

/// How many groups fit before one needs a segment for which there is no room.
async fn fill_what_is_there(
    engine: &impl Journal,
    model: &mut Model,
    rng: &mut Rng,
    most: usize,
) -> usize {
    for accepted in 0..most {
        let group = model.next_group(rng, "room");
        if !model.append(engine, group).await {
            return accepted;
        }
    }
    most
}

#[test]
fn room_that_came_back_before_it_was_needed_refuses_nobody() {
    runtime().block_on(async {
        let mut fits = usize::MAX;
        // First to learn how much fits; then there is room again just before the next segment is needed.
        for has_room_again in [false, true] {
            let store = Store::new();
            let mut model = Model::default();
            let mut rng = Rng::new(4);
            let (engine, _) = store.create().await.expect("a store");
            store.disk.set_room_for_new_files(false);
            fits = fill_what_is_there(&engine, &mut model, &mut rng, fits).await;
            if has_room_again {
                store.disk.set_room_for_new_files(true);
                let group = model.next_group(&mut rng, "room");
                assert!(model.append(&engine, group).await, "refused after {fits}");
                model.check(&engine).await;
            }
        }
    });
}

/// A compaction that finds no room for its base leaves nothing of what it has written: it would take the room that is wanted.
#[test]
fn a_compaction_without_room_leaves_nothing_behind() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(5));
        let (engine, _) = store.create().await.expect("a store");
        for _ in 0..30 {
            let group = model.next_group(&mut rng, "room");
            assert!(model.append(&engine, group).await);
        }
        engine.checkpoint().await.expect("a checkpoint");
        let names = || {
            let files = store.disk.files();
            let names = files.into_iter().map(|(path, _)| path);
            let is_segment =
                |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "log");
            names.filter(|path| !is_segment(path)).collect::<Vec<_>>()
        };
        let before = names();
        store.disk.set_free_bytes(options().watermark_bytes + 1);
        let to = model.head() / 2;
        let refused = engine.compact(to).await;
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        assert_eq!(names(), before);
        store.disk.set_free_bytes(PLENTY_BYTES);
        assert!(model.compact(&engine, to).await && engine.oldest() > 0);
        model.check(&engine).await;
    });
}
