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
            expect_full(&engine, &model).await;
            assert!(matches!(engine.checkpoint().await, Err(Error::Full { .. })));
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
