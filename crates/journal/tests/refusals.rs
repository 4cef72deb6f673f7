//! Folders that are in use, foreign, unfinished, newer, read-only or put together wrongly: each one
//! clear refusal, and nothing changed.

mod common;

use std::io::ErrorKind;

use common::{CLINIC, Model, Store, copy_dir, options, runtime, unreadable_file};
use treadwell_journal::embedded::Embedded;
use treadwell_journal::simulation::{Fault, Rng};
use treadwell_journal::{Error, Journal};

/// A closed store of several segments.
async fn filled(seed: u64) -> (Store, Model) {
    filled_for(CLINIC, seed).await
}

async fn filled_for(clinic_id: [u8; 16], seed: u64) -> (Store, Model) {
    let store = Store::new();
    let mut model = Model::default();
    let mut rng = Rng::new(seed);
    let disk = std::sync::Arc::new(store.disk.clone());
    let (engine, _) = Embedded::create_on(disk, store.dir(), clinic_id, options())
        .await
        .expect("a store");
    while segments(&store).len() < 4 {
        let group = model.next_group(&mut rng, "filled");
        assert!(model.append(&engine, group).await);
    }
    engine.close().await.expect("a clean close");
    (store, model)
}

fn segments(store: &Store) -> Vec<String> {
    let files = store.disk.files().into_iter();
    files
        .map(|(path, _)| path.to_string_lossy().into_owned())
        .filter(|path| path.starts_with("journal/0"))
        .collect()
}

async fn refusal(store: &Store) -> Error {
    let error = store.open().await.expect_err("a refusal");
    let sentence = error.to_string();
    assert!(
        !sentence.contains('\n') && sentence.contains("; "),
        "{sentence}"
    );
    error
}

#[test]
fn a_folder_in_use_is_refused_until_it_is_free() {
    runtime().block_on(async {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let (engine, _) = Embedded::create(temp.path(), CLINIC, options())
            .await
            .expect("a store");
        let second = Embedded::open(temp.path(), options()).await;
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        let again = Embedded::create(temp.path(), CLINIC, options()).await;
        assert!(matches!(again, Err(Error::Exists { .. })), "{again:?}");
        engine.close().await.expect("a clean close");
        let (engine, _) = Embedded::open(temp.path(), options())
            .await
            .expect("a free store");
        drop(engine);
        Embedded::open(temp.path(), options())
            .await
            .expect("a free store");
    });
}

#[test]
fn a_newer_format_is_refused_and_says_which() {
    runtime().block_on(async {
        let (store, _) = filled(1).await;
        let newer = b"treadwell journal format 7\nwho knows\n".to_vec();
        store.disk.tamper("FORMAT", newer.clone());
        let error = refusal(&store).await;
        assert!(
            matches!(
                error,
                Error::NewerFormat {
                    found: 7,
                    supported: 2
                }
            ),
            "{error:?}"
        );
        assert_eq!(store.disk.content("FORMAT"), Some(newer));
    });
}

#[test]
fn every_changed_byte_of_format_is_refused() {
    runtime().block_on(async {
        let (store, _) = filled(1).await;
        let sound = store.disk.content("FORMAT").expect("a file");
        for at in 0..sound.len() {
            let mut content = sound.clone();
            content[at] ^= 0x04;
            store.disk.tamper("FORMAT", content);
            let error = refusal(&store).await;
            assert!(
                matches!(error, Error::Damaged { .. } | Error::NewerFormat { .. }),
                "byte {at}: {error:?}"
            );
        }
        store.disk.tamper("FORMAT", sound);
        store.open().await.expect("a sound store");
    });
}

#[test]
fn what_is_no_store_is_refused() {
    runtime().block_on(async {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let missing = temp.path().join("missing");
        let file = temp.path().join("file");
        std::fs::write(&file, "text").expect("a file");
        for dir in [&missing, &file, &temp.path().to_owned()] {
            let error = Embedded::open(dir, options()).await.expect_err("a refusal");
            assert!(matches!(error, Error::NotAStore { .. }), "{error:?}");
        }
        assert!(!missing.exists() && !temp.path().join("LOCK").exists());

        // And what has other files in it does not become one.
        let error = Embedded::create(temp.path(), CLINIC, options())
            .await
            .expect_err("a refusal");
        assert!(matches!(error, Error::Exists { .. }), "{error:?}");
        assert!(!temp.path().join("journal").exists());
    });
}

#[test]
fn a_read_only_folder_is_refused() {
    runtime().block_on(async {
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            let (store, _) = filled(1).await;
            store.disk.plan(store.disk.operations(), Fault::Once(kind));
            let error = refusal(&store).await;
            assert!(matches!(error, Error::NotWritable { .. }), "{error:?}");
        }
    });
}

#[test]
fn a_lost_format_does_not_cost_the_journal() {
    runtime().block_on(async {
        let (store, mut model) = filled(1).await;
        let format = store.disk.content("FORMAT").expect("a file");
        store.disk.lose("FORMAT");
        assert!(matches!(refusal(&store).await, Error::NotAStore { .. }));
        let error = store.create().await.expect_err("a refusal");
        assert!(matches!(error, Error::Exists { .. }), "{error:?}");
        assert!(
            error.to_string().contains("FORMAT alone is missing"),
            "{error}"
        );
        store.disk.tamper("FORMAT", format);
        let (engine, _) = store.open().await.expect("a sound store");
        model.check(&engine).await;
    });
}

#[test]
fn a_missing_segment_is_refused() {
    runtime().block_on(async {
        let (store, mut model) = filled(2).await;
        for segment in segments(&store) {
            let content = store.disk.content(&segment).expect("a segment");
            store.disk.lose(&segment);
            let error = refusal(&store).await;
            assert!(
                matches!(error, Error::Damaged { .. }),
                "{segment}: {error:?}"
            );
            store.disk.tamper(&segment, content);
        }
        let (engine, _) = store.open().await.expect("a sound store");
        model.check(&engine).await;
    });
}

#[test]
fn a_bad_trailer_is_made_up_for_by_reading_the_segment() {
    runtime().block_on(async {
        let (store, mut model) = filled(2).await;
        let segment = &segments(&store)[1];
        let mut content = store.disk.content(segment).expect("a segment");
        let at = content.len() - 50;
        content[at] ^= 1;
        store.disk.tamper(segment, content);
        let (engine, report) = store.open().await.expect("a sound store");
        assert_eq!(report.bad_trailers, 1);
        model.check(&engine).await;
        engine.verify().await.expect("a sound store");
    });
}

/// A disk that does not give a sector of the newest segment, of which all is read, or of where an older one is sealed.
#[test]
fn a_sector_that_can_not_be_read_is_refused_and_the_file_is_named() {
    runtime().block_on(async {
        let (store, mut model) = filled(2).await;
        let segments = segments(&store);
        let newest = segments.last().expect("a segment");
        for (segment, from_end) in [(newest, false), (newest, true), (&segments[1], true)] {
            let content = store.disk.content(segment).expect("a segment");
            let len = content.len() as u64;
            let sector = if from_end { len - 512..len } else { 0..512 };
            store.disk.make_unreadable(segment, sector);
            let error = refusal(&store).await;
            let file = unreadable_file(&error).unwrap_or_else(|| panic!("{error:?}"));
            assert!(file.ends_with(segment), "{error}");
            store.disk.tamper(segment, content);
        }
        let (engine, _) = store.open().await.expect("a sound store");
        model.check(&engine).await;
    });
}

/// Nothing of an older one has to be read to open it: then it is whoever needs it that is refused.
#[test]
fn a_sector_of_an_old_segment_that_can_not_be_read_is_never_served_wrong() {
    runtime().block_on(async {
        let (store, mut model) = filled(2).await;
        let old = &segments(&store)[1];
        let content = store.disk.content(old).expect("a segment");
        store.disk.make_unreadable(old, 0..512);
        let (engine, _) = store.open().await.expect("a store that opens");
        model.check_or_refusal(&engine).await;
        let first: u64 = old[8..28].parse().expect("a revision");
        let read = engine.read(first - 1, 1).await.expect_err("a refusal");
        let verified = engine.verify().await.expect_err("a refusal");
        drop(engine);
        std::fs::remove_dir_all(store.records()).expect("a removal");
        for error in [read, verified, refusal(&store).await] {
            let file = unreadable_file(&error).unwrap_or_else(|| panic!("{error:?}"));
            assert!(file.ends_with(old), "{error}");
        }
        store.disk.tamper(old, content);
        let (engine, _) = store.open().await.expect("a sound store");
        model.check(&engine).await;
    });
}

#[test]
fn a_segment_of_another_store_is_refused() {
    runtime().block_on(async {
        let (store, _) = filled(2).await;
        // The same commits, of another clinic: only the chain tells them apart.
        let (other, _) = filled_for([9; 16], 2).await;
        assert_eq!(segments(&store), segments(&other));
        for segment in segments(&store) {
            let own = store.disk.content(&segment).expect("a segment");
            let foreign = other.disk.content(&segment).expect("a segment");
            store.disk.tamper(&segment, foreign);
            match store.open().await {
                Err(Error::Damaged { .. }) => {}
                // One that nothing had to be read from is found by the full check.
                Ok((engine, _)) => {
                    let found = engine.verify().await;
                    assert!(
                        matches!(found, Err(Error::Damaged { .. })),
                        "{segment}: {found:?}"
                    );
                }
                Err(error) => panic!("{error:?}"),
            }
            store.disk.tamper(&segment, own);
        }
    });
}

#[test]
fn records_ahead_of_the_journal_are_refused() {
    runtime().block_on(async {
        let (store, _) = filled(2).await;
        let ahead = store.scratch("ahead");
        copy_dir(&store.records(), &ahead);
        let segments = segments(&store);
        let last = segments.last().expect("a segment");
        // The journal as of an older backup, the records as of now.
        store.disk.lose(last);
        store.disk.lose("REACHED");
        let error = refusal(&store).await;
        let Error::Damaged { file, revision, .. } = error else {
            panic!("{error:?}");
        };
        assert!(file.ends_with(&segments[segments.len() - 2]) && revision > 0);
    });
}

/// A closed store whose records were put back to what they were many commits ago.
async fn set_back(seed: u64) -> (Store, Model) {
    let store = Store::new();
    let (mut model, mut rng) = (Model::default(), Rng::new(seed));
    let (engine, _) = store.create().await.expect("a store");
    let saved = store.scratch("saved");
    for step in 0..40 {
        if step == 5 {
            engine.checkpoint().await.expect("a checkpoint");
            copy_dir(&store.records(), &saved);
        }
        let group = model.next_group(&mut rng, "set back");
        assert!(model.append(&engine, group).await);
    }
    engine.close().await.expect("a clean close");
    std::fs::remove_dir_all(store.records()).expect("a removal");
    copy_dir(&saved, &store.records());
    (store, model)
}

/// The records are older, and what would contradict them is gone from the journal: `REACHED` alone still knows.
#[test]
fn an_end_that_journal_and_records_have_both_lost_is_refused() {
    runtime().block_on(async {
        let (store, mut model) = set_back(3).await;
        let segments = segments(&store);
        let last = segments.last().expect("a segment");
        let content = store.disk.content(last).expect("a segment");
        let reached = store.disk.content("REACHED").expect("a file");
        let damaged = |place: usize| {
            let mut damaged = reached.clone();
            damaged[place + 40] ^= 1;
            damaged
        };
        for said in [reached.clone(), damaged(0), damaged(4096)] {
            store.disk.tamper("REACHED", said);
            store.disk.lose(last);
            let error = refusal(&store).await;
            assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
            assert!(error.to_string().contains("is missing"), "{error}");
            store.disk.tamper(last, vec![0; content.len()]);
            let error = refusal(&store).await;
            assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
            let head = model.head();
            let says = format!("had come to revision {head}");
            assert!(error.to_string().contains(&says), "{error}");
            store.disk.tamper(last, content.clone());
        }
        // Nothing but the file itself is lost with it.
        for said in [None, Some(Vec::new()), Some(vec![0xa5; 9000])] {
            match said {
                Some(said) => store.disk.tamper("REACHED", said),
                None => store.disk.lose("REACHED"),
            }
            let (engine, _) = store.open().await.expect("a sound store");
            model.check(&engine).await;
            engine.close().await.expect("a clean close");
            assert_eq!(store.disk.content("REACHED"), Some(reached.clone()));
        }
    });
}

/// Commits that no checkpoint covers are known by their segment alone.
#[test]
fn a_lost_segment_that_no_checkpoint_covers_is_refused() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(4));
        let (engine, _) = store.create().await.expect("a store");
        while segments(&store).len() < 3 {
            let group = model.next_group(&mut rng, "uncovered");
            assert!(model.append(&engine, group).await);
        }
        drop(engine);
        let segments = segments(&store);
        let last = segments.last().expect("a segment");
        let content = store.disk.content(last).expect("a segment");
        store.disk.lose(last);
        let error = refusal(&store).await;
        assert!(error.to_string().contains("is missing"), "{error}");
        store.disk.tamper(last, content);
        let (engine, _) = store.open().await.expect("a sound store");
        model.check(&engine).await;
    });
}

#[test]
fn records_of_another_store_are_refused() {
    runtime().block_on(async {
        let (store, _) = filled(2).await;
        // The same commits again: the same records, but for the mark's hash.
        let (other, _) = filled_for([9; 16], 2).await;
        std::fs::remove_dir_all(store.records()).expect("a removal");
        copy_dir(&other.records(), &store.records());
        let error = refusal(&store).await;
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    });
}
