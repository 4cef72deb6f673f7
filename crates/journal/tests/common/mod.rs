//! What the test files share: a store on a simulated disk, and the model it is compared with.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::print_stderr, reason = "a seed that failed must be seen")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use treadwell_journal::embedded::{Embedded, OpenReport, Options};
use treadwell_journal::simulation::{Rng, SimDisk};
use treadwell_journal::{Account, Appended, Change, Commit, Error, Journal, NewCommit, Revision};

pub(crate) const CLINIC: [u8; 16] = *b"treadwell-clinic";

/// Small, so that a short run crosses every bound; checkpoints only when a test asks for them.
pub(crate) fn options() -> Options {
    Options {
        segment_bytes: 8 * 1024,
        checkpoint_interval: Duration::from_hours(1),
        recent_bytes: 4 * 1024,
        ballast_bytes: 4 * 1024,
        watermark_bytes: 64 * 1024,
        records_timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

/// The seed and number of rounds of a campaign: `TREADWELL_SEED`, `TREADWELL_ROUNDS`.
pub(crate) fn campaign(default_rounds: u64) -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let seed = number("TREADWELL_SEED").unwrap_or(1);
    (seed, number("TREADWELL_ROUNDS").unwrap_or(default_rounds))
}

/// Runs a round and says with which seed it failed.
pub(crate) fn round(seed: u64, number: u64, run: impl FnOnce(Rng)) {
    let round_seed = seed.wrapping_mul(1_000_003).wrapping_add(number);
    let named = SeedOnPanic { seed, number };
    run(Rng::new(round_seed));
    std::mem::forget(named);
}

/// Runs something again and again, with the power cut at its first operation, its second, and so on, until it comes to its end; gives how
/// many operations it has. `once` is told the operation, and says whether it came to its end.
pub(crate) fn at_every_operation(mut once: impl AsyncFnMut(&mut Rng, u64) -> bool) -> u64 {
    let (seed, _) = campaign(0);
    let runtime = runtime();
    for cut_at in 0.. {
        let mut finished = false;
        round(seed, cut_at, |mut rng| {
            finished = runtime.block_on(once(&mut rng, cut_at));
        });
        if finished {
            return cut_at;
        }
    }
    unreachable!("it comes to its end before the numbers do");
}

struct SeedOnPanic {
    seed: u64,
    number: u64,
}

impl Drop for SeedOnPanic {
    fn drop(&mut self) {
        eprintln!(
            "failed in round {} of seed {}: set TREADWELL_SEED={} and TREADWELL_ROUNDS={} to see it again",
            self.number,
            self.seed,
            self.seed,
            self.number + 1
        );
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime")
}

/// A data folder: the journal's files on a simulated disk, the records in a real folder.
pub(crate) struct Store {
    temp: TempDir,
    boots: u32,
    pub(crate) disk: SimDisk,
}

impl Store {
    pub(crate) fn new() -> Store {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let disk = SimDisk::new(temp.path().join("0"));
        std::fs::create_dir(temp.path().join("0")).expect("a folder");
        Store {
            temp,
            boots: 0,
            disk,
        }
    }

    /// The store that the first release left, as on a disk that has kept all of it.
    pub(crate) fn of_format_1() -> Store {
        let store = Store::new();
        let fixture =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/store/format-1");
        let read = |path: &Path| std::fs::read(path).expect("a file of the fixture");
        store.disk.tamper("FORMAT", read(&fixture.join("FORMAT")));
        for entry in std::fs::read_dir(fixture.join("journal")).expect("a folder of the fixture") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name");
            store
                .disk
                .tamper(Path::new("journal").join(name), read(&path));
        }
        store
    }

    /// The folder of the present boot.
    pub(crate) fn dir(&self) -> PathBuf {
        self.temp.path().join(self.boots.to_string())
    }

    /// A folder for the test's own use.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.dir().join("records")
    }

    pub(crate) async fn create(&self) -> Result<(Embedded, OpenReport), Error> {
        Embedded::create_on(Arc::new(self.disk.clone()), self.dir(), CLINIC, options()).await
    }

    pub(crate) async fn open(&self) -> Result<(Embedded, OpenReport), Error> {
        Embedded::open_on(Arc::new(self.disk.clone()), self.dir(), options()).await
    }

    /// Cuts the power: the next boot has another folder, with whatever records the caller puts there.
    pub(crate) fn lose_power(&mut self, rng: &mut Rng, records: Option<&Path>) {
        let next = self.next_dir();
        if let Some(records) = records.filter(|records| records.exists()) {
            copy_dir(records, &next.join("records"));
        }
        self.disk = self.disk.lose_power(rng, next);
        self.boots += 1;
    }

    /// Kills the process: the next boot finds all that was written.
    pub(crate) fn kill(&mut self) {
        let next = self.next_dir();
        if self.records().exists() {
            copy_dir(&self.records(), &next.join("records"));
        }
        self.disk = self.disk.kill(next);
        self.boots += 1;
    }

    fn next_dir(&self) -> PathBuf {
        let next = self.temp.path().join((self.boots + 1).to_string());
        std::fs::create_dir(&next).expect("a folder");
        next
    }
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// What a store must hold: every acknowledged commit, and perhaps the one group in doubt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) commits: Vec<NewCommit>,
    pub(crate) in_doubt: Vec<NewCommit>,
    /// Up to where commits were compacted, and up to where that was asked for at most.
    compacted: Revision,
    asked: Revision,
    records: BTreeMap<Bytes, Bytes>,
}

impl Model {
    pub(crate) fn head(&self) -> Revision {
        self.commits.len() as u64
    }

    /// Makes up a group on top of the present records.
    pub(crate) fn next_group(&self, rng: &mut Rng, tag: &str) -> Vec<NewCommit> {
        let mut records = self.records.clone();
        let commits = 1 + rng.below(3);
        (0..commits)
            .map(|_| next_commit(rng, &mut records, tag))
            .collect()
    }

    pub(crate) fn accept(&mut self, group: Vec<NewCommit>) {
        for commit in group {
            fold(&mut self.records, &commit);
            self.commits.push(commit);
        }
    }

    /// Appends a group and notes what became of it; gives whether the engine goes on.
    pub(crate) async fn append(&mut self, journal: &dyn Journal, group: Vec<NewCommit>) -> bool {
        let count = group.len() as u64;
        match journal.append(self.head(), group.clone()).await {
            Appended::Durable { head } => {
                assert_eq!(head, self.head() + count);
                self.accept(group);
                true
            }
            Appended::Conflict { head } => panic!("conflict at {head}, expected {}", self.head()),
            Appended::Unknown(error) => {
                if !error.nothing_was_written() {
                    self.in_doubt = group;
                }
                false
            }
        }
    }

    /// The records as they were at a revision.
    pub(crate) fn as_of(&self, revision: Revision) -> BTreeMap<Bytes, Bytes> {
        let mut records = BTreeMap::new();
        for (_, commit) in (1..=revision).zip(&self.commits) {
            fold(&mut records, commit);
        }
        records
    }

    /// What a store that was restored to a revision must hold.
    pub(crate) fn until(&self, revision: Revision) -> Model {
        let mut model = self.clone();
        model.records = self.as_of(revision);
        let commits = usize::try_from(revision).expect("a count");
        model.commits.truncate(commits);
        model
    }

    /// The last commit up to a revision that changed a record, or 0.
    pub(crate) fn last_change(&self, key: &Bytes, until: Revision) -> Revision {
        let commits = (1..=until).zip(&self.commits);
        let changed = commits.filter(|(_, it)| it.changes.iter().any(|it| it.key == *key));
        changed.last().map_or(0, |(revision, _)| revision)
    }

    /// Takes over a store that begins with these records.
    pub(crate) fn begin_at(&mut self, head: Revision, records: BTreeMap<Bytes, Bytes>) {
        self.commits = vec![NewCommit::default(); usize::try_from(head).expect("a count")];
        self.records = records;
    }

    /// Compacts up to a revision and notes what became of it; gives whether the engine goes on.
    pub(crate) async fn compact(&mut self, journal: &dyn Journal, to: Revision) -> bool {
        self.asked = self.asked.max(to);
        match journal.compact(to).await {
            Ok(oldest) => {
                assert!((self.compacted..=self.asked).contains(&oldest), "{oldest}");
                assert_eq!(journal.oldest(), oldest);
                self.compacted = oldest;
                true
            }
            Err(_) => journal.load().await.is_ok(),
        }
    }

    /// Checks that the journal has everything acknowledged, at most the group in doubt more, and
    /// records that are their fold; adopts what is there.
    pub(crate) async fn check(&mut self, journal: &dyn Journal) {
        let loaded = journal.load().await.expect("a load");
        let with_doubt = self.head() + self.in_doubt.len() as u64;
        assert!(
            loaded.head == self.head() || loaded.head == with_doubt,
            "head {} is neither {} nor {with_doubt}",
            loaded.head,
            self.head()
        );
        let in_doubt = std::mem::take(&mut self.in_doubt);
        if loaded.head > self.head() {
            self.accept(in_doubt);
        }
        let records: Vec<_> = self.records.clone().into_iter().collect();
        assert_eq!(loaded.records, records, "the records are not the fold");
        self.check_compacted(journal).await;
        assert_eq!(self.read_all(journal).await, self.as_read());
    }

    /// Checks that the journal knows what the newest commit says of itself.
    pub(crate) async fn check_newest(&self, journal: &dyn Journal) {
        let newest = journal.newest().await.expect("it is known");
        let told = newest.map(|it| (it.revision, it.meta));
        let last = self.commits.last().map(|last| last.meta.clone());
        assert_eq!(told, last.map(|meta| (self.head(), meta)));
    }

    /// Of what was compacted who, when and why are there, and it never comes back.
    async fn check_compacted(&mut self, journal: &dyn Journal) {
        let oldest = journal.oldest();
        assert!((self.compacted..=self.asked).contains(&oldest), "{oldest}");
        self.compacted = oldest;
        let told = journal.accounts(0, usize::MAX).await.expect("accounts");
        let gone = (1..=oldest).zip(&self.commits);
        let expected: Vec<_> = gone
            .map(|(revision, commit)| Account {
                revision,
                meta: commit.meta.clone(),
                keys: commit.changes.iter().map(|it| it.key.clone()).collect(),
            })
            .collect();
        assert_eq!(told, expected);
    }

    /// As [`Model::check`], but old commits may be refused when they are read, also because the disk does not give them: never
    /// wrong, never left out.
    pub(crate) async fn check_or_refusal(&mut self, journal: &dyn Journal) {
        let loaded = journal.load().await.expect("a load");
        assert_eq!(loaded.head, self.head());
        let records: Vec<_> = self.records.clone().into_iter().collect();
        assert_eq!(loaded.records, records, "the records are not the fold");
        self.compacted = journal.oldest();
        let expected = self.as_read();
        let mut at = 0;
        while at < expected.len() {
            match journal.read(self.compacted + at as Revision, 5).await {
                Ok(commits) => {
                    assert!(!commits.is_empty(), "nothing after {at}");
                    assert_eq!(commits, expected[at..at + commits.len()]);
                    at += commits.len();
                }
                Err(error) if is_damage(&error) => at += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    /// Every commit, read in uneven steps.
    async fn read_all(&self, journal: &dyn Journal) -> Vec<Commit> {
        let mut read: Vec<Commit> = Vec::new();
        loop {
            let after = read.last().map_or(0, |commit| commit.revision);
            let more = journal.read(after, 7).await.expect("a read");
            if more.is_empty() {
                return read;
            }
            read.extend(more);
        }
    }

    fn as_read(&self) -> Vec<Commit> {
        (1..)
            .zip(self.commits.clone())
            .filter(|(revision, _)| *revision > self.compacted)
            .map(|(revision, new)| Commit {
                revision,
                meta: new.meta,
                changes: new.changes,
            })
            .collect()
    }
}

/// A refusal for what lies on the disk, or what the disk does not give.
pub(crate) fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. }) || unreadable_file(error).is_some()
}

/// The file that the disk did not give, named in the sentence.
pub(crate) fn unreadable_file(error: &Error) -> Option<&Path> {
    /// What systems call it, by number: no kind of error is stable for it.
    const EIO: i32 = 5;
    let Error::Io { file, source, .. } = error else {
        return None;
    };
    let is_named = error.to_string().contains(&file.display().to_string());
    (source.raw_os_error() == Some(EIO) && is_named).then_some(file)
}

fn fold(records: &mut BTreeMap<Bytes, Bytes>, commit: &NewCommit) {
    for change in &commit.changes {
        match &change.after {
            Some(after) => records.insert(change.key.clone(), after.clone()),
            None => records.remove(&change.key),
        };
    }
}

fn next_commit(rng: &mut Rng, records: &mut BTreeMap<Bytes, Bytes>, tag: &str) -> NewCommit {
    let mut commit = NewCommit {
        meta: Bytes::from(format!("{tag}-{:016x}", rng.next_u64())),
        changes: Vec::new(),
    };
    for _ in 0..rng.below(4) {
        let key = Bytes::from(format!("record/{:02}", rng.below(24)));
        let before = records.get(&key).cloned();
        let after = (!rng.one_in(4)).then(|| next_value(rng));
        match &after {
            Some(after) => records.insert(key.clone(), after.clone()),
            None => records.remove(&key),
        };
        commit.changes.push(Change { key, before, after });
    }
    commit
}

/// Mostly a few hundred bytes, at times several chunks, seldom more than a segment.
fn next_value(rng: &mut Rng) -> Bytes {
    let len = match rng.below(40) {
        0 => 9_000 + rng.index(3_000),
        1..4 => 3_300 + rng.index(200),
        4 => 0,
        _ => rng.index(300),
    };
    let seed = rng.next_u64().to_le_bytes();
    seed.iter().copied().cycle().take(len).collect()
}
