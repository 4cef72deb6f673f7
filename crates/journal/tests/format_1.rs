//! What becomes of the commits of a store of format 1 when they give way: their accounts are told anew, and nothing of what they said
//! lies in any file any more.

mod common;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use common::{Store, at_every_operation, runtime};
use treadwell_journal::embedded::Embedded;
use treadwell_journal::simulation::Fault;
use treadwell_journal::{Appended, Change, Commit, Error, Journal, Loaded, NewCommit, Revision};

/// A reason that the fixture's commits give in the clear, and texts of the commits that follow.
const OLD: &[u8] = b"the time is over";
const CLEAR: &[u8] = b"a record in the clear, a record in the clear";
const NEW: &[u8] = b"a record that is sealed";

fn retold(commit: &Commit) -> Bytes {
    Bytes::from(format!("the account of {}", commit.revision))
}

fn holds(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|part| part == text)
}

/// Whether a text lies in the journal's files, and in those of the records.
fn lies(store: &Store, text: &[u8]) -> (bool, bool) {
    let files = store.disk.files();
    let mut files = files.iter().map(|(path, _)| store.disk.content(path));
    let in_journal = files.any(|content| content.is_some_and(|it| holds(&it, text)));
    (in_journal, in_folder(&store.records(), text))
}

fn in_folder(folder: &Path, text: &[u8]) -> bool {
    let mut entries = std::fs::read_dir(folder).expect("a folder");
    entries.any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return in_folder(&path, text);
        }
        holds(&std::fs::read(&path).expect("a file"), text)
    })
}

/// Opens it, and writes a record in the clear and then otherwise.
async fn work(store: &Store) -> (Embedded, Revision, Loaded) {
    let (engine, report) = store.open().await.expect("a store that opens");
    let mut before = None;
    for (at, value) in (0..).zip([CLEAR, NEW]) {
        let after = Some(Bytes::from_static(value));
        let change = Change {
            key: Bytes::from_static(b"\x7fnew"),
            before: before.clone(),
            after: after.clone(),
        };
        let commit = NewCommit {
            meta: Bytes::from_static(b"who"),
            changes: vec![change],
        };
        let appended = engine.append(report.head + at, vec![commit]).await;
        assert!(matches!(appended, Appended::Durable { .. }));
        engine.checkpoint().await.expect("a checkpoint");
        before = after;
    }
    let loaded = engine.load().await.expect("a load");
    (engine, report.head, loaded)
}

async fn compact(engine: &Embedded, to: Revision) -> Result<Revision, Error> {
    engine.compact_telling(to, Arc::new(retold)).await
}

#[test]
fn what_the_commits_said_in_the_clear_is_gone_when_they_are_compacted() {
    runtime().block_on(async {
        let store = Store::of_format_1();
        let (engine, head, loaded) = work(&store).await;
        assert_eq!(lies(&store, OLD), (true, false));
        assert_eq!(lies(&store, CLEAR), (true, true));
        let middle = compact(&engine, head / 2).await.expect("a compaction");
        assert!(middle > 0);
        let newest = engine.newest().await.expect("it is known").expect("one");
        assert_eq!((newest.revision, &newest.meta[..]), (head + 2, &b"who"[..]));
        assert_eq!(
            lies(&store, CLEAR),
            (true, false),
            "the records are new, and the commit that says so is not compacted"
        );
        let oldest = compact(&engine, Revision::MAX).await.expect("a compaction");
        assert_eq!(oldest, head + 2);
        for text in [OLD, CLEAR] {
            assert_eq!(lies(&store, text), (false, false));
        }
        for account in engine.accounts(0, usize::MAX).await.expect("accounts") {
            let commit = Commit {
                revision: account.revision,
                meta: Bytes::new(),
                changes: Vec::new(),
            };
            let is_old = account.revision <= head;
            let expected = if is_old {
                retold(&commit)
            } else {
                "who".into()
            };
            assert_eq!(account.meta, expected);
        }
        engine.verify().await.expect("a sound store");
        engine.close().await.expect("a clean close");
        drop(engine);
        let (engine, report) = store.open().await.expect("a store that opens");
        assert_eq!(report.records_rebuilt, None);
        assert_eq!(engine.load().await.expect("a load"), loaded);
    });
}

/// The newest commit that a base tells of is told anew, too.
#[test]
fn the_note_of_a_base_is_told_anew() {
    runtime().block_on(async {
        let store = Store::of_format_1();
        let (engine, report) = store.open().await.expect("a store that opens");
        compact(&engine, Revision::MAX).await.expect("a compaction");
        let newest = engine.newest().await.expect("it is known").expect("one");
        assert_eq!(newest.revision, report.head);
        assert_eq!(newest.meta, format!("the account of {}", report.head));
        assert_eq!(lies(&store, OLD), (false, false));
    });
}

#[test]
fn cut_power_at_every_operation_of_its_compaction() {
    let operations = at_every_operation(async |rng, cut_at| {
        let mut store = Store::of_format_1();
        let (engine, head, loaded) = work(&store).await;
        let at = store.disk.operations() + cut_at;
        store.disk.plan(at, Fault::PowerCut);
        let finished = compact(&engine, head).await.is_ok();
        drop(engine);
        let records = store.records();
        store.lose_power(rng, Some(&records));
        let (engine, _) = store.open().await.expect("a store that opens");
        assert_eq!(engine.load().await.expect("a load"), loaded);
        engine.verify().await.expect("a sound store");
        // And then it is done.
        compact(&engine, Revision::MAX).await.expect("a compaction");
        for text in [OLD, CLEAR] {
            assert_eq!(lies(&store, text), (false, false));
        }
        finished
    });
    assert!(
        operations > 10,
        "a compaction has only {operations} operations"
    );
}
