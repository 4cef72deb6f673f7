use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::embedded::keeper::{Keeper, Store, Stuck};
use crate::embedded::{Embedded, Options};
use crate::{Appended, Change, Journal, NewCommit};

const MARK: Mark = Mark {
    revision: 7,
    link: [3; 32],
};

struct Folder {
    _temp: TempDir,
    records: PathBuf,
    quarantine: PathBuf,
}

fn folder() -> Folder {
    let temp = tempfile::tempdir().expect("a temporary folder");
    Folder {
        records: temp.path().join("records"),
        quarantine: temp.path().join("quarantine"),
        _temp: temp,
    }
}

fn value(len: usize, seed: u8) -> Bytes {
    (0..len)
        .map(|at| seed.wrapping_add(u8::try_from(at % 251).expect("small")))
        .collect()
}

fn touch(
    touched: &mut BTreeMap<Bytes, Touched>,
    key: &'static [u8],
    before: Option<&Bytes>,
    after: Option<&Bytes>,
) {
    let record = touched.entry(Bytes::from_static(key)).or_default();
    record.note(before, after);
}

/// Lengths on both sides of every chunk's end.
#[test]
fn records_of_every_length_come_back() {
    let folder = folder();
    let records = Records::create(&folder.records).expect("a store");
    let edges = [
        0,
        1,
        CHUNK_BYTES - 5,
        CHUNK_BYTES - 4,
        CHUNK_BYTES - 3,
        2 * CHUNK_BYTES - 4,
        60_000,
    ];
    let mut touched = BTreeMap::new();
    let mut expected = Vec::new();
    for (at, len) in edges.into_iter().enumerate() {
        // Keys that end in what chunk numbers look like.
        let key = Bytes::from(vec![b'k', 0, u8::try_from(at).expect("small")]);
        let mut record = Touched::default();
        record.note(None, Some(&value(len, 1)));
        touched.insert(key.clone(), record);
        expected.push((key, value(len, 1)));
    }
    records.write(&touched, &MARK).expect("a write");
    records.close().expect("a close");

    let (records, aside) = Records::open(&folder.records, &folder.quarantine).expect("a store");
    assert!(aside.is_empty());
    let stored = records.load().expect("a load");
    assert_eq!(stored.mark, Some(MARK));
    assert_eq!(stored.whole(), Some(expected));
}

#[test]
fn chunks_of_a_longer_version_do_not_outlive_it() {
    let folder = folder();
    let records = Records::create(&folder.records).expect("a store");
    let (long, longer, short) = (value(9_000, 1), value(30_000, 2), value(10, 3));
    let mut touched = BTreeMap::new();
    touch(&mut touched, b"a", None, Some(&long));
    touch(&mut touched, b"b", None, Some(&long));
    records.write(&touched, &MARK).expect("a write");

    // Longer in between, within one checkpoint; and removed altogether.
    let mut touched = BTreeMap::new();
    touch(&mut touched, b"a", Some(&long), Some(&longer));
    touch(&mut touched, b"a", Some(&longer), Some(&short));
    touch(&mut touched, b"b", Some(&long), None);
    records.write(&touched, &MARK).expect("a write");
    let stored = records.load().expect("a load");
    assert_eq!(
        stored.whole(),
        Some(vec![(Bytes::from_static(b"a"), short)])
    );
    assert_eq!(records.db.len(), 2, "a chunk was left behind");
}

#[test]
fn half_a_record_is_seen_as_torn() {
    let folder = folder();
    let records = Records::create(&folder.records).expect("a store");
    let mut touched = BTreeMap::new();
    touch(&mut touched, b"a", None, Some(&value(9_000, 1)));
    touch(&mut touched, b"b", None, Some(&value(9, 1)));
    records.write(&touched, &MARK).expect("a write");
    records
        .db
        .remove(codec::chunk_key(b"a", 1))
        .expect("a removal");
    records
        .db
        .insert(codec::chunk_key(b"b", 1), &b"stray"[..])
        .expect("an insert");
    let stored = records.load().expect("a load");
    assert_eq!(stored.records.get(&b"a"[..]), Some(&Slot::Torn));
    assert_eq!(stored.records.get(&b"b"[..]), Some(&Slot::Torn));
    assert_eq!(stored.whole(), None);
}

#[test]
fn a_damaged_mark_is_a_fault() {
    let folder = folder();
    let records = Records::create(&folder.records).expect("a store");
    let mut mark = MARK.encode();
    mark[3] ^= 1;
    records.db.insert(MARK_KEY, &mark[..]).expect("an insert");
    assert!(records.load().is_err());
}

#[test]
fn a_panic_becomes_a_fault() {
    let fault = contain("panic", || -> sled::Result<()> { panic!("of the store") });
    let Fault(said) = fault.expect_err("a fault");
    assert!(said.contains("of the store"), "{said}");
}

fn keeper(folder: &Folder, patience: Duration) -> Keeper {
    let interval = Duration::from_hours(1);
    Keeper::start(&folder.records, &folder.quarantine, interval, patience).expect("a thread")
}

#[test]
fn a_store_that_hangs_is_given_up() {
    let folder = folder();
    let patience = Duration::from_millis(50);
    let keeper = keeper(&folder, patience);
    let (release, hang) = std::sync::mpsc::channel::<()>();
    let stuck = keeper.call(move |_| hang.recv().is_ok());
    assert!(matches!(stuck, Err(Stuck)));
    release.send(()).expect("the thread still waits");
}

/// All of it takes longer than anybody waits for a step of it.
#[test]
fn a_job_that_comes_on_is_waited_for() {
    let folder = folder();
    let patience = Duration::from_millis(250);
    let keeper = keeper(&folder, patience);
    let done = keeper.call(move |store| {
        let begun = std::time::Instant::now();
        while begun.elapsed() < 4 * patience {
            store.beat.step();
            std::thread::yield_now();
        }
        "done"
    });
    assert!(matches!(done, Ok("done")), "{done:?}");
}

/// Making the store anew is one job, and so is reading all of it.
#[test]
fn each_batch_written_and_each_entry_read_is_a_step() {
    let folder = folder();
    let keeper = Keeper::start(
        &folder.records,
        &folder.quarantine,
        Duration::from_hours(1),
        Duration::from_mins(1),
    )
    .expect("a thread");
    let steps = || keeper.beat().steps();
    keeper
        .call(Store::create)
        .expect("an answer")
        .expect("a store");
    let before = steps();
    let records = (0..20_u8).map(|at| (Bytes::from(vec![at]), Slot::Whole(value(20_000, at))));
    let records: BTreeMap<_, _> = records.collect();
    keeper
        .call(move |store| store.fill(records, MARK))
        .expect("an answer")
        .expect("a write");
    let written = steps() - before;
    let batches = 20 * 20_000 / BATCH_BYTES as u64;
    assert!(written >= batches, "{written} steps of {batches} batches");
    keeper.call(Store::abandon).expect("an answer");
    let before = steps();
    keeper
        .call(Store::open)
        .expect("an answer")
        .expect("a store");
    let read = steps() - before;
    let entries = 20 * u64::from(chunks_of(&value(20_000, 0)));
    assert!(read > entries, "{read} steps of {entries} entries");
}

/// A record that sled holds in good order, but that is not what the journal says.
#[test]
fn a_wrong_record_is_found_by_the_sum_and_rebuilt() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let options = Options {
            segment_bytes: 64 * 1024,
            ballast_bytes: 4 * 1024,
            watermark_bytes: 0,
            ..Options::default()
        };
        let (engine, _) = Embedded::create(temp.path(), [1; 16], options.clone())
            .await
            .expect("a store");
        let truth = Bytes::from_static(b"truth");
        let commit = NewCommit {
            meta: Bytes::new(),
            changes: vec![Change {
                key: Bytes::from_static(b"a"),
                before: None,
                after: Some(truth.clone()),
            }],
        };
        let appended = engine.append(0, vec![commit]).await;
        assert!(matches!(appended, Appended::Durable { head: 1 }));
        engine.close().await.expect("a clean close");

        let quarantine = temp.path().join("quarantine");
        let (records, _) =
            Records::open(&temp.path().join("records"), &quarantine).expect("a store");
        let mark = records.load().expect("a load").mark.expect("a mark");
        let mut touched = BTreeMap::new();
        touch(
            &mut touched,
            b"a",
            None,
            Some(&Bytes::from_static(b"a lie")),
        );
        records.write(&touched, &mark).expect("a write");
        records.close().expect("a close");

        let (engine, report) = Embedded::open(temp.path(), options).await.expect("a store");
        assert!(report.records_rebuilt.is_some());
        let loaded = engine.load().await.expect("a load");
        assert_eq!(loaded.records, [(Bytes::from_static(b"a"), truth)]);
    });
}
