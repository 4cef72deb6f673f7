//! A small clinic, and a journal that does what a test tells it to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use treadwell_clinic::command::{
    Book, BookSource, Command, EarlierAnswers, NewClient, Put, RecordDeclaration,
};
use treadwell_clinic::id::{AppointmentId, ClientId};
use treadwell_clinic::model::{Answer, RecordId, RuleSet, Therapist, Wish};
use treadwell_clinic::time::Cell;
use treadwell_clinic::{Actor, Revision};
use treadwell_journal::memory::Memory;
use treadwell_journal::{
    Account, Appended, Commit, Error, Journal, Loaded, NewCommit, Newest, Verified,
};

use super::house::{catalog, shift, therapist};
use crate::clock::{Clock, Injected};
use crate::engine::{Committed, Engine, EngineError, InDoubt, Options, Request, Write};
use crate::keyring::Keyring;

/// What the journal does with the next group.
#[derive(Debug)]
pub(crate) enum Fate {
    /// Refuses it: the disk is full.
    Full,
    /// Writes it, and does not say so.
    WrittenUnknown,
    /// Loses it, and does not say so.
    LostUnknown,
    /// Panics.
    Panics,
    /// Another writer appends these first.
    Overtaken(Vec<NewCommit>),
}

/// A journal in memory that waits for a permit before each append. Closing it is not the end: a test
/// opens it again, as one opens a disk.
pub(crate) struct Gate {
    memory: Memory,
    /// The keys with which it is sealed.
    pub(crate) keys: Arc<Keyring>,
    permits: Semaphore,
    fates: Mutex<VecDeque<Fate>>,
    groups: Mutex<Vec<usize>>,
    /// The disk is full until a test says otherwise.
    full: AtomicBool,
    /// How many groups a full disk refused.
    refused: AtomicU64,
    /// Up to where it is compacted before the next read, or 0.
    compacted_meanwhile: AtomicU64,
    /// Why the journal has stopped, once it has.
    stopped: watch::Sender<Option<String>>,
}

impl Gate {
    pub(crate) fn open() -> Arc<Self> {
        let gate = Self::shut();
        gate.permits.add_permits(1_000_000);
        gate
    }

    /// An open one that is sealed with keys that are there.
    pub(crate) fn sealed_with(keys: Arc<Keyring>) -> Arc<Self> {
        let gate = Self::with(keys);
        gate.permits.add_permits(1_000_000);
        gate
    }

    pub(crate) fn shut() -> Arc<Self> {
        Self::with(Arc::new(Keyring::in_memory().unwrap()))
    }

    fn with(keys: Arc<Keyring>) -> Arc<Self> {
        Arc::new(Self {
            memory: Memory::new(),
            keys,
            permits: Semaphore::new(0),
            fates: Mutex::default(),
            groups: Mutex::default(),
            full: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            compacted_meanwhile: AtomicU64::new(0),
            stopped: watch::Sender::new(None),
        })
    }

    /// Takes every permit: appends wait from now on.
    pub(crate) fn close_gate(&self) {
        self.permits.forget_permits(usize::MAX);
    }

    /// Lets so many appends through.
    pub(crate) fn let_through(&self, appends: usize) {
        self.permits.add_permits(appends);
    }

    pub(crate) fn next_fate(&self, fate: Fate) {
        self.fates.lock().unwrap().push_back(fate);
    }

    /// Fills the disk, or makes room on it.
    pub(crate) fn fill(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// Compacts up to a revision before the next read: as if it had happened between two looks.
    pub(crate) fn compact_at_next_read(&self, to: Revision) {
        self.compacted_meanwhile.store(to, Ordering::Relaxed);
    }

    /// How many groups a full disk refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Stops the journal, as a fault behind it does.
    pub(crate) fn stop(&self, why: &str) {
        self.stopped.send_replace(Some(why.to_owned()));
    }

    /// The sizes of the groups that were written.
    pub(crate) fn groups(&self) -> Vec<usize> {
        self.groups.lock().unwrap().clone()
    }

    pub(crate) async fn commits(&self) -> Vec<Commit> {
        self.memory.read(0, usize::MAX).await.unwrap()
    }

    /// Checks every before-image, and that the records are the fold of the commits.
    pub(crate) async fn assert_sound(&self) -> Verified {
        self.memory.verify().await.unwrap()
    }

    async fn write(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        let size = group.len();
        let appended = self.memory.append(after, group).await;
        if let Appended::Durable { .. } = appended {
            self.groups.lock().unwrap().push(size);
        }
        appended
    }
}

fn unknown() -> Appended {
    Appended::Unknown(Error::Failed {
        reason: "the test says so".to_owned(),
    })
}

#[async_trait]
impl Journal for Gate {
    async fn load(&self) -> Result<Loaded, Error> {
        self.memory.load().await
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        self.permits.acquire().await.unwrap().forget();
        if self.full.load(Ordering::Relaxed) {
            // Another number each time, as on a disk that others use too.
            let free = self.refused.fetch_add(1, Ordering::Relaxed);
            return Appended::Unknown(Error::Full { free, needed: 999 });
        }
        let fate = self.fates.lock().unwrap().pop_front();
        match fate {
            None => self.write(after, group).await,
            Some(Fate::Full) => Appended::Unknown(Error::Full { free: 1, needed: 2 }),
            Some(Fate::LostUnknown) => unknown(),
            Some(Fate::Panics) => panic!("the test says so"),
            Some(Fate::WrittenUnknown) => {
                self.write(after, group).await;
                unknown()
            }
            Some(Fate::Overtaken(others)) => {
                self.write(after, others).await;
                self.write(after, group).await
            }
        }
    }

    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
        let to = self.compacted_meanwhile.swap(0, Ordering::Relaxed);
        if to > 0 {
            self.memory.compact(to).await?;
        }
        self.memory.read(after, limit).await
    }

    async fn newest(&self) -> Result<Option<Newest>, Error> {
        self.memory.newest().await
    }

    async fn changed(&self, after: Revision) -> Result<Revision, Error> {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            changed = self.memory.changed(after) => changed,
            reason = stopped.wait_for(Option::is_some) => Err(Error::Failed {
                reason: reason.unwrap().clone().unwrap(),
            }),
        }
    }

    async fn verify(&self) -> Result<Verified, Error> {
        self.memory.verify().await
    }
    fn oldest(&self) -> Revision {
        self.memory.oldest()
    }
    async fn compact(&self, to: Revision) -> Result<Revision, Error> {
        self.memory.compact(to).await
    }
    async fn accounts(&self, after: Revision, limit: usize) -> Result<Vec<Account>, Error> {
        self.memory.accounts(after, limit).await
    }
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// What is logged while it lives, on a test's one thread.
pub(crate) struct Logged {
    lines: Arc<Mutex<Vec<u8>>>,
    _while: tracing::subscriber::DefaultGuard,
}

impl Logged {
    pub(crate) fn begin() -> Self {
        #[derive(Clone)]
        struct Lines(Arc<Mutex<Vec<u8>>>);

        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        let lines = Arc::default();
        let writer = Lines(Arc::clone(&lines));
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self {
            lines,
            _while: tracing::subscriber::set_default(subscriber),
        }
    }

    /// The lines that hold a text.
    pub(crate) fn with(&self, text: &str) -> Vec<String> {
        let lines = String::from_utf8(self.lines.lock().unwrap().clone()).unwrap();
        let holding = lines.lines().filter(|line| line.contains(text));
        holding.map(str::to_owned).collect()
    }
}

/// Wed 2026-10-14 09:00 in Halifax.
pub(crate) fn morning() -> Timestamp {
    "2026-10-14T12:00:00Z".parse().unwrap()
}

pub(crate) fn options() -> Options {
    Options {
        // Time passes when a test says so.
        tick: Duration::from_hours(1),
        ..Options::default()
    }
}

/// An engine with its journal and clock.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) journal: Arc<Gate>,
    pub(crate) clock: Arc<Injected>,
}

impl World {
    /// A clinic with one site, a room, a therapist on shift all day, and two clients.
    pub(crate) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let world = Self::open(Gate::open(), morning(), options).await;
        world
            .done(Command::ImportCatalog(Box::new(catalog())))
            .await;
        world.done(Command::PutShifts(vec![shift()])).await;
        world.client("Ada Lovelace").await;
        world.client("Grace Hopper").await;
        world
    }

    pub(crate) async fn open(journal: Arc<Gate>, now: Timestamp, options: Options) -> Self {
        let clock = Arc::new(Injected::standing(now));
        let keys = Arc::clone(&journal.keys);
        let engine = Engine::open(
            Arc::clone(&journal) as _,
            keys,
            Arc::clone(&clock) as _,
            options,
        )
        .await
        .unwrap();
        Self {
            engine,
            journal,
            clock,
        }
    }

    /// The same journal, opened again at the same time.
    pub(crate) async fn again(&self) -> Self {
        Self::open(Arc::clone(&self.journal), self.clock.now(), options()).await
    }

    pub(crate) async fn submit(
        &self,
        command: Command,
        write: Write,
    ) -> Result<Committed, EngineError> {
        self.engine.submit(Actor::system(), command, write).await
    }

    pub(crate) async fn done(&self, command: Command) -> Committed {
        self.submit(command, Write::default()).await.unwrap()
    }

    pub(crate) async fn client(&self, name: &str) -> ClientId {
        let committed = self.done(new_client(name)).await;
        match committed.reply.records[..] {
            [RecordId::Client(id)] => id,
            ref other => panic!("expected a client, got {other:?}"),
        }
    }

    pub(crate) fn clients(&self) -> Vec<ClientId> {
        let published = self.engine.snapshot();
        published.clinic.clients().map(|client| client.id).collect()
    }

    pub(crate) fn revision(&self) -> Revision {
        self.engine.snapshot().revision
    }

    /// Begins a submission and lets the writer see it.
    pub(crate) async fn begin(
        &self,
        command: Command,
        write: Write,
    ) -> tokio::task::JoinHandle<Result<Committed, EngineError>> {
        let engine = self.engine.clone();
        let task =
            tokio::spawn(async move { engine.submit(Actor::system(), command, write).await });
        settle().await;
        task
    }
}

/// Lets every task that can go on do so. The runtime of a test has one thread and nothing outside of
/// it to wait for, so this is not a matter of time.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn request(id: &str, payload: u8) -> Write {
    Write {
        request: Some(Request {
            id: id.to_owned(),
            payload_hash: [payload; 32],
        }),
        ..Write::default()
    }
}

pub(crate) fn reread() -> Options {
    Options {
        in_doubt: InDoubt::Reread,
        ..options()
    }
}

pub(crate) fn new_client(name: &str) -> Command {
    Command::CreateClient(NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    })
}

/// A client declares that nothing stands against any work.
pub(crate) fn declare(client: ClientId) -> Command {
    let rules = RuleSet::general().rules;
    Command::RecordDeclaration(RecordDeclaration {
        client,
        answers: rules
            .iter()
            .map(|rule| (rule.condition, Answer::No))
            .collect(),
        earlier: EarlierAnswers::Keep,
        asked_at: None,
    })
}

/// The cell `hours` after nine in the morning.
pub(crate) fn at(hours: u32) -> Cell {
    Cell::containing(morning()).plus_cells(hours * 12)
}

pub(crate) fn wish(client: Option<ClientId>, start: Cell) -> Wish {
    Wish {
        client,
        service: "massage-60".parse().unwrap(),
        extensions: Vec::new(),
        site: "halifax".parse().unwrap(),
        start,
        room: None,
        therapist: None,
    }
}

pub(crate) fn book(client: ClientId, start: Cell) -> Command {
    Command::Book(Book {
        source: BookSource::Wish(wish(Some(client), start)),
        walk_in: false,
        note: String::new(),
    })
}

pub(crate) fn appointment(committed: &Committed) -> AppointmentId {
    match committed.reply.records.first() {
        Some(RecordId::Appointment(id)) => *id,
        other => panic!("expected an appointment, got {other:?}"),
    }
}

pub(crate) fn put_therapist(retired: bool) -> Command {
    Command::PutTherapist(Put {
        resource: Therapist {
            retired,
            ..therapist()
        },
        etag: None,
    })
}
