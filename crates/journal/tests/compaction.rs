//! Commits give way to the records they add up to, and everything else stays as it was.

mod common;

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use common::{CLINIC, Model, Store, options, runtime};
use treadwell_journal::disk::{Disk, File};
use treadwell_journal::embedded::Embedded;
use treadwell_journal::memory::Memory;
use treadwell_journal::simulation::{Fault, Over, Rng, SimDisk};
use treadwell_journal::{Change, Error, Journal, NewCommit, Revision};

async fn work(model: &mut Model, journal: &dyn Journal, groups: u64, rng: &mut Rng) {
    for _ in 0..groups {
        let group = model.next_group(rng, "work");
        assert!(model.append(journal, group).await);
    }
}

#[test]
fn records_accounts_and_what_is_kept_stay_as_they_were() {
    runtime().block_on(async {
        let mut store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(5));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 40, &mut rng).await;
        for share in [4, 3, 2] {
            let to = model.head() - model.head() / share;
            assert!(model.compact(&engine, to).await);
            assert!(engine.oldest() + 3 > to, "{} of {to}", engine.oldest());
            model.check(&engine).await;
            work(&mut model, &engine, 5, &mut rng).await;
            let verified = engine.verify().await.expect("a sound store");
            assert_eq!(verified.oldest, engine.oldest());
            assert_eq!(verified.accounts, engine.oldest());
            assert_eq!(verified.accounts + verified.commits, model.head());
        }
        // All of it: what follows begins a new segment.
        let head = model.head();
        assert!(model.compact(&engine, Revision::MAX).await);
        assert_eq!(engine.oldest(), head);
        model.check(&engine).await;
        model.check_newest(&engine).await;
        drop(engine);
        for records in [true, false] {
            store.kill();
            if !records {
                std::fs::remove_dir_all(store.records()).expect("a removal");
            }
            let (engine, report) = store.open().await.expect("a store that opens");
            assert_eq!(report.records_rebuilt.is_none(), records);
            model.check(&engine).await;
            model.check_newest(&engine).await;
            work(&mut model, &engine, 3, &mut rng).await;
            engine.verify().await.expect("a sound store");
        }
    });
}

/// The journal in memory does the same, save that it compacts to the very revision.
#[test]
fn the_journal_in_memory_keeps_to_the_same() {
    runtime().block_on(async {
        let (mut model, mut rng) = (Model::default(), Rng::new(6));
        let memory = Memory::new();
        work(&mut model, &memory, 20, &mut rng).await;
        for to in [7, 3, 15] {
            assert!(model.compact(&memory, to).await);
            assert_eq!(memory.oldest(), if to == 3 { 7 } else { to });
            model.check(&memory).await;
            model.check_newest(&memory).await;
        }
        assert_eq!(Memory::new().newest().await.expect("none"), None);
        work(&mut model, &memory, 3, &mut rng).await;
        model.check(&memory).await;
        let verified = memory.verify().await.expect("a sound journal");
        assert_eq!((verified.accounts, verified.oldest), (15, 15));
    });
}

/// Readers that are at it while it is compacted get the commits or what is kept of them, never a gap within.
#[test]
fn who_reads_meanwhile_reads_on() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(7));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 120, &mut rng).await;
        let head = model.head();
        let reader = async {
            let mut reads = 0;
            while engine.oldest() < head - 20 {
                for after in (0..head).step_by(11) {
                    let commits = engine.read(after, 9).await.expect("a read");
                    assert!(!commits.is_empty());
                    assert!(commits[0].revision == after + 1 || engine.oldest() > after);
                    let dense = commits
                        .windows(2)
                        .all(|it| it[1].revision == it[0].revision + 1);
                    assert!(dense, "after {after}");
                    reads += 1;
                }
            }
            reads
        };
        let compactor = async {
            for to in (10..head).step_by(10) {
                engine.compact(to).await.expect("a compaction");
            }
        };
        let (reads, ()) = tokio::join!(reader, compactor);
        assert!(reads > 0);
    });
}

/// How the name ends of the file at which somebody waits, whom they tell that they do, and who lets them go on.
type Wait = (&'static str, Sender<()>, Receiver<()>);

/// A disk on which the next who opens or creates a file whose name ends so waits, once, until he is let go on.
struct Waiting {
    disk: SimDisk,
    next: Mutex<Option<Wait>>,
}

impl Waiting {
    /// A store on such a disk.
    async fn store(store: &Store) -> (Arc<Waiting>, Arc<Embedded>) {
        let disk = Arc::new(Waiting {
            disk: store.disk.clone(),
            next: Mutex::default(),
        });
        let made = Embedded::create_on(Arc::clone(&disk) as _, store.dir(), CLINIC, options());
        (disk, Arc::new(made.await.expect("a store").0))
    }

    /// Lets the next wait; gives what tells that he does, and what lets him go on.
    fn let_wait(&self, ending: &'static str) -> (Receiver<()>, Sender<()>) {
        let (here, is_here) = channel();
        let (go_on, goes_on) = channel();
        *self.next.lock().expect("no panic") = Some((ending, here, goes_on));
        (is_here, go_on)
    }

    fn pass(&self, path: &Path) {
        let name = path.to_string_lossy();
        // Others pass meanwhile.
        let mut waiting = self.next.lock().expect("no panic");
        let next = waiting.take_if(|(ending, ..)| name.ends_with(*ending));
        drop(waiting);
        if let Some((_, here, go_on)) = next {
            here.send(()).expect("somebody waits");
            go_on.recv().expect("somebody lets it go on");
        }
    }
}

impl Over for Waiting {
    fn under(&self) -> &dyn Disk {
        &self.disk
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.pass(path);
        self.disk.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.pass(path);
        self.disk.create(path)
    }
}

/// Between the look at the segments and the opening of one, a compaction moves what is left of it to another, or takes all of it.
#[test]
fn a_segment_that_goes_before_it_is_opened_is_looked_for_again() {
    for to in [25, 120] {
        runtime().block_on(async {
            let store = Store::new();
            let (mut model, mut rng) = (Model::default(), Rng::new(9));
            let (disk, engine) = Waiting::store(&store).await;
            work(&mut model, &*engine, 120, &mut rng).await;
            let (is_here, go_on) = disk.let_wait(".log");
            let reading = tokio::spawn({
                let engine = Arc::clone(&engine);
                async move { engine.read(25, 3).await }
            });
            let waited = tokio::task::spawn_blocking(move || is_here.recv());
            waited.await.expect("no panic").expect("it is opened");
            engine.compact(to).await.expect("a compaction");
            go_on.send(()).expect("it waits");
            let read = reading.await.expect("no panic").expect("a read");
            let first = read.first().expect("a commit").revision;
            assert_eq!(first, engine.oldest().max(25) + 1);
            assert!(engine.oldest() > 0);
        });
    }
}

/// Nobody else opens a store in which a compaction still writes: who closes it waits for its end, which comes soon.
#[test]
fn a_compaction_ends_before_its_store_is_let_go() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(10));
        let (disk, engine) = Waiting::store(&store).await;
        work(&mut model, &*engine, 60, &mut rng).await;
        let (is_here, go_on) = disk.let_wait(".stripped.new");
        let compacting = tokio::spawn({
            let engine = Arc::clone(&engine);
            async move { engine.compact(50).await }
        });
        let waited = tokio::task::spawn_blocking(move || is_here.recv());
        waited.await.expect("no panic").expect("it is created");
        let closing = tokio::spawn({
            let engine = Arc::clone(&engine);
            async move { engine.close().await }
        });
        // Once it has stopped, nothing is left to do but to let go of the store.
        let stopped = engine.changed(Revision::MAX).await;
        assert!(matches!(stopped, Err(Error::Failed { .. })), "{stopped:?}");
        for _ in 0..50 {
            let second = store.open().await;
            assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        }
        go_on.send(()).expect("it waits");
        let compacted = compacting.await.expect("no panic");
        assert!(
            matches!(compacted, Err(Error::Failed { .. })),
            "{compacted:?}"
        );
        closing.await.expect("no panic").expect("a clean close");
        let (engine, _) = store.open().await.expect("a store that opens");
        model.check(&engine).await;
    });
}

/// Whichever operation of a compaction fails, nothing is lost, and the next is done; at once, or, where the engine has stopped, after a
/// start. That a file is not there is a failure like any other.
#[test]
fn a_compaction_that_fails_stands_in_nobodys_way() {
    let faults = [
        Fault::Once(io::ErrorKind::NotFound),
        Fault::FromThenOn(io::ErrorKind::Other),
    ];
    let runtime = runtime();
    let (mut stopped, mut went_on) = (0, 0);
    for fault in faults {
        for at in 0.. {
            let (operations, goes_on) = runtime.block_on(fail_a_compaction(at, fault));
            if operations <= at {
                break;
            }
            if goes_on {
                went_on += 1;
            } else {
                stopped += 1;
            }
        }
    }
    assert!(stopped > 0 && went_on > 0, "{stopped}, {went_on}");
}

/// Gives how many operations the compaction had, and whether the engine went on after it.
async fn fail_a_compaction(at: u64, fault: Fault) -> (u64, bool) {
    let mut store = Store::new();
    let (mut model, mut rng) = (Model::default(), Rng::new(11));
    let (mut engine, _) = store.create().await.expect("a store");
    work(&mut model, &engine, 25, &mut rng).await;
    let begun = store.disk.operations();
    store.disk.plan(begun + at, fault);
    let goes_on = model.compact(&engine, 6).await;
    let operations = store.disk.operations() - begun;
    // Whatever it was, it is over.
    store.disk.plan(u64::MAX, fault);
    let is_done = goes_on && model.compact(&engine, Revision::MAX).await;
    if !is_done {
        assert!(engine.load().await.is_err(), "{at}, {fault:?}: it goes on");
        drop(engine);
        store.kill();
        engine = store.open().await.expect("a store that opens").0;
        assert!(model.compact(&engine, Revision::MAX).await);
    }
    assert_eq!(engine.oldest(), model.head(), "{at}, {fault:?}");
    model.check(&engine).await;
    engine.verify().await.expect("a sound store");
    (operations, goes_on)
}

/// Whatever of the base or the stripped frames is changed is found when all is read, and refused when it is needed.
#[test]
fn a_changed_base_is_found() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(8));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 20, &mut rng).await;
        assert!(model.compact(&engine, 12).await);
        engine.close().await.expect("a clean close");
        drop(engine);
        let files = store.disk.files();
        let mut found = 0;
        for ending in [".base", ".stripped"] {
            let is_it = |path: &std::path::PathBuf| path.to_string_lossy().ends_with(ending);
            let mut files = files.iter().map(|(path, _)| path);
            let path = files.find(|path| is_it(path)).expect("a file");
            let sound = store.disk.content(path).expect("content");
            for at in (0..sound.len()).step_by(37) {
                let mut content = sound.clone();
                content[at] ^= 0x40;
                store.disk.tamper(path, content);
                match store.open().await {
                    Ok((engine, _)) => {
                        let said = engine.verify().await;
                        assert!(matches!(said, Err(Error::Damaged { .. })), "{at}: {said:?}");
                    }
                    Err(Error::Damaged { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
                found += 1;
            }
            store.disk.tamper(path, sound);
        }
        assert!(found > 20);
        std::fs::remove_dir_all(store.records()).expect("a removal");
        let (engine, _) = store.open().await.expect("a store that opens");
        model.check(&engine).await;
    });
}

/// What the newest commit said of itself, when only the base tells it: a changed byte is refused, and never taken for a base that says
/// nothing.
#[test]
fn a_changed_note_is_refused() {
    runtime().block_on(async {
        let store = Store::new();
        let (mut model, mut rng) = (Model::default(), Rng::new(9));
        let (engine, _) = store.create().await.expect("a store");
        work(&mut model, &engine, 5, &mut rng).await;
        assert!(model.compact(&engine, Revision::MAX).await);
        assert_eq!(engine.oldest(), model.head());
        engine.close().await.expect("a clean close");
        drop(engine);
        let files = store.disk.files();
        let is_base = |path: &std::path::PathBuf| path.to_string_lossy().ends_with(".base");
        let mut paths = files.iter().map(|(path, _)| path);
        let path = paths.find(|path| is_base(path)).expect("a base");
        let sound = store.disk.content(path).expect("content");
        let note = 16 + 8 + model.commits.last().expect("a commit").meta.len();
        let mut refused = 0;
        for at in (0..200 + note).step_by(3) {
            // Of the block's header, the length and the checksum bear on the note.
            if (204..208).contains(&at) || (212..216).contains(&at) {
                continue;
            }
            for bit in [1, 0x80] {
                let mut content = sound.clone();
                content[at] ^= bit;
                store.disk.tamper(path, content);
                let said = match store.open().await {
                    Ok((engine, _)) => engine.newest().await.map(drop),
                    Err(error) => Err(error),
                };
                let is_refused = matches!(said, Err(Error::Damaged { .. }));
                assert!(is_refused, "{at}: {said:?}");
                refused += 1;
            }
        }
        assert!(refused > 100);
        store.disk.tamper(path, sound);
        let (engine, _) = store.open().await.expect("a store that opens");
        model.check_newest(&engine).await;
    });
}

/// More records than fit one block of a base, and one that does not fit a block at all.
#[test]
fn a_base_of_many_blocks_reads_back() {
    runtime().block_on(async {
        let mut store = Store::new();
        let mut model = Model::default();
        let (engine, _) = store.create().await.expect("a store");
        for (at, len) in [(0, 900_000), (1, 300_000), (2, 2_500_000), (3, 10)] {
            let change = Change {
                key: Bytes::from(format!("large/{at}")),
                before: None,
                after: Some(Bytes::from(vec![at; len])),
            };
            let commit = NewCommit {
                meta: Bytes::new(),
                changes: vec![change],
            };
            assert!(model.append(&engine, vec![commit]).await);
        }
        assert!(model.compact(&engine, 4).await);
        assert_eq!(engine.oldest(), 4);
        engine.verify().await.expect("a sound store");
        drop(engine);
        store.kill();
        std::fs::remove_dir_all(store.records()).expect("a removal");
        let (engine, _) = store.open().await.expect("a store that opens");
        model.check(&engine).await;
    });
}
