//! Opening a clinic: its records, the requests of the last days, what each key did last.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Record, RecordId};
use treadwell_clinic::{Actor, Clinic, Command, Revision};
use treadwell_journal::{Error, Journal};

use super::erasing::{self, Outlived};
use super::group::Group;
use super::history::History;
use super::judging::Judging;
use super::late::Late;
use super::recovery::Holding;
use super::requests::{KEPT, Requests};
use super::writer::{StoredOtherwise, Writer};
use super::{Engine, Health, Options, Published, Shared, Write};
use crate::audit::Mark;
use crate::clock::Clock;
use crate::convert::store::commit::{Meta, read_commit, trail_mark};
use crate::convert::store::{self, Opened, Unreadable};
use crate::keyring::{Keyring, KeysError};

/// Why a clinic can not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The journal can not be read.
    #[error(transparent)]
    Journal(#[from] Error),
    /// The journal holds what this release can not read.
    #[error("{0}; use the release that wrote it, or a newer one")]
    Unreadable(String),
    /// What is sealed can not be opened.
    #[error(
        "{0}: the ring is older than the store, or of another clinic; put the newest copy of the folder `keys` back"
    )]
    NoKey(String),
    /// The ledger of erasures does not have what the ring says that it has.
    #[error(
        "the store holds records of a client who was erased, and the ledger of erasures does not say what is left of them; put the \
         newest copy of the folder `keys` back"
    )]
    NoLedger,
    /// The audit trail can not be read.
    #[error("the audit trail can not be read: {0}")]
    Trail(String),
    /// The key ring can not be written.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The system has no randomness to give.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl From<Unreadable> for OpenError {
    fn from(error: Unreadable) -> Self {
        if error.no_key {
            Self::NoKey(error.to_string())
        } else {
            Self::Unreadable(error.to_string())
        }
    }
}

/// So many records are sealed in one commit.
const SEALED_AT_ONCE: usize = 500;

/// So many commits are read at once.
const READ_COMMITS: usize = 1_024;

/// What a key did last is recalled for longer than any policy lets it be undone.
const RECALLED: SignedDuration = SignedDuration::from_hours(2);

pub(super) async fn open(
    journal: Arc<dyn Journal>,
    keys: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    options: Options,
) -> Result<Engine, OpenError> {
    let unsaid = erasing::finish(&*journal, &keys).await?;
    let mut loaded = load(&*journal, &keys).await?;
    erasing::finish_by_records(&keys, unsaid).await?;
    // Every record was opened: nothing needs what of the ring can not be read.
    keys.mend().await?;
    let newest = newest(&*journal, &keys, &*clock, loaded.head).await?;
    if !loaded.outlived.is_empty() {
        let outlived = std::mem::take(&mut loaded.outlived);
        erasing::apply(&*journal, &keys, outlived, newest, loaded.head).await?;
        loaded = load(&*journal, &keys).await?;
    }
    let head = loaded.head;
    let mut clinic = Clinic::from_records(loaded.records, head);
    let recent = recent(&*journal, &keys, head, clock.now()).await?;
    for revision in recent.last_by_key.into_values() {
        for commit in journal.read(revision - 1, 1).await? {
            let read = read_commit(&keys, &commit)?;
            if read.erased.is_empty() {
                clinic.recall(&read.commit);
            } else {
                clinic.recall_on_erased(&read.commit);
            }
        }
    }
    let mut judging = Judging::default();
    if newest.judging {
        judging.begin_anew();
    }

    let (queue, queued) = mpsc::channel(options.queue_commands.max(1));
    let (control, controls) = mpsc::unbounded_channel();
    let published = watch::Sender::new(Arc::new(Published::new(clinic.clone())));
    let health = watch::Sender::new(Health::Writing);
    let history = History::new(
        Arc::clone(&journal),
        Arc::clone(&keys),
        options.history_commits,
    );
    let history = Arc::new(history);
    let engine = Engine(Arc::new(Shared {
        queue,
        control,
        published: published.subscribe(),
        health: health.subscribe(),
        history: Arc::clone(&history),
        keys: Arc::clone(&keys),
        clock: Arc::clone(&clock),
    }));
    let writer = Writer {
        journal,
        keys,
        clock,
        options,
        queue: queued,
        control: controls,
        published,
        health,
        history,
        tip: clinic,
        requests: recent.requests,
        stored_otherwise: loaded.otherwise,
        latest: newest.at,
        next_ticket: getrandom::u64()
            .map_err(|error| OpenError::NoRandomness(error.to_string()))?,
        next: Group::default(),
        judging,
        holding: Holding::default(),
        late: Late::default(),
    };
    tokio::spawn(writer.run());
    seal(&engine, loaded.in_the_clear).await;
    Ok(engine)
}

/// What the newest commit says.
#[derive(Clone, Copy)]
pub(super) struct Newest {
    /// When it was decided.
    pub(super) at: Timestamp,
    pub(super) ticket: u64,
    /// Whether appointments are still to be judged.
    pub(super) judging: bool,
    /// How far the audit trail had come, if it says so.
    pub(super) trail: Option<Mark>,
}

/// What the newest commit says, by which the clock goes on. Where none is known it is now, and all is still to be judged.
async fn newest(
    journal: &dyn Journal,
    keys: &Keyring,
    clock: &dyn Clock,
    head: Revision,
) -> Result<Newest, OpenError> {
    let Some(newest) = journal.newest().await? else {
        let at = if head == 0 {
            Timestamp::MIN
        } else {
            clock.now()
        };
        return Ok(Newest {
            at,
            ticket: 0,
            judging: head > 0,
            trail: None,
        });
    };
    let trail = trail_mark(&newest)?;
    let meta = Meta::decode(keys, newest.revision, newest.meta)?;
    clock.resume(meta.at);
    Ok(Newest {
        at: meta.at,
        ticket: meta.ticket,
        // What came after it, and was lost before a salvage, may have left more to judge.
        judging: meta.judging || newest.revision < head,
        trail,
    })
}

/// Brings a store from before erasures up to them, as a start does before it serves; gives how many records that changes.
pub(crate) async fn erase_again(
    journal: &dyn Journal,
    keys: &Arc<Keyring>,
    clock: &dyn Clock,
) -> Result<u64, OpenError> {
    let unsaid = erasing::finish(journal, keys).await?;
    let loaded = load(journal, keys).await?;
    erasing::finish_by_records(keys, unsaid).await?;
    // Every record was opened: nothing needs what of the ring can not be read.
    keys.mend().await?;
    let count = loaded.outlived.len() as u64;
    if count > 0 {
        let newest = newest(journal, keys, clock, loaded.head).await?;
        erasing::apply(journal, keys, loaded.outlived, newest, loaded.head).await?;
    }
    Ok(count)
}

/// Writes again what belongs to clients and is not sealed yet, in a store of format 1. Nobody else is at work yet. When it is cut
/// short the next start goes on with it.
async fn seal(engine: &Engine, records: Vec<RecordId>) {
    let count = records.len();
    for some in records.chunks(SEALED_AT_ONCE) {
        let command = Command::Rewrite(some.to_vec());
        let written = engine.submit(Actor::system(), command, Write::default());
        if let Err(error) = written.await {
            tracing::error!(%error, "what belongs to clients is not sealed on disk yet; the next start goes on with it");
            return;
        }
    }
    if count > 0 {
        tracing::warn!(
            records = count,
            "what belongs to clients was sealed. The journal still has it in the clear from before, until it is compacted, and so \
             have old copies"
        );
    }
}

/// The records that the journal has.
#[derive(Default)]
struct Read {
    head: Revision,
    records: Vec<(Record, Revision)>,
    /// Those that this release would store otherwise.
    otherwise: StoredOtherwise,
    /// Those that belong to clients and are not sealed yet.
    in_the_clear: Vec<RecordId>,
    /// Those of clients who were erased after the journal was as it is.
    outlived: Vec<Outlived>,
}

async fn load(journal: &dyn Journal, keys: &Arc<Keyring>) -> Result<Read, OpenError> {
    let loaded = journal.load().await?;
    let keys = Arc::clone(keys);
    let read = tokio::task::spawn_blocking(move || {
        let head = loaded.head;
        read(&loaded.records, &keys).map(|read| Read { head, ..read })
    });
    let read = read.await;
    Ok(read.map_err(|error| OpenError::Unreadable(error.to_string()))??)
}

/// Reads what is stored, in two threads.
fn read(records: &[(Bytes, Bytes)], keys: &Keyring) -> Result<Read, Unreadable> {
    let half = records.len().div_ceil(2);
    let (first, second) = records.split_at(half);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| read_all(second, keys));
        (read_all(first, keys), second.join())
    });
    let second = second.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let (mut read, more) = (first?, second?);
    read.records.extend(more.records);
    read.otherwise.extend(more.otherwise);
    read.in_the_clear.extend(more.in_the_clear);
    read.outlived.extend(more.outlived);
    Ok(read)
}

fn read_all(records: &[(Bytes, Bytes)], keys: &Keyring) -> Result<Read, Unreadable> {
    let mut read = Read {
        records: Vec::with_capacity(records.len()),
        ..Read::default()
    };
    for (key, value) in records {
        let (opened, is_same) = store::decode_compared(keys, key, value)?;
        match opened {
            Opened::Whole(record, revision) => {
                // The journal compares before-images byte by byte with what lies there.
                let in_the_clear = store::is_in_the_clear(value);
                let id = record.id();
                if !is_same {
                    read.otherwise.insert(id, (revision, value.clone()));
                }
                if in_the_clear {
                    read.in_the_clear.push(id);
                }
                read.records.push((record, revision));
            }
            Opened::Erased(erased) => read.outlived.push(Outlived {
                key: key.clone(),
                value: value.clone(),
                sealed_by: erased.key,
            }),
        }
    }
    Ok(read)
}

/// What the commits of the last days say.
struct RecentCommits {
    requests: Requests,
    last_by_key: BTreeMap<KeyId, Revision>,
}

async fn recent(
    journal: &dyn Journal,
    keys: &Keyring,
    head: Revision,
    now: Timestamp,
) -> Result<RecentCommits, OpenError> {
    let oldest = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    let recalled = now.saturating_sub(RECALLED).unwrap_or(Timestamp::MIN);
    let mut requests = Requests::default();
    let mut last_by_key = BTreeMap::new();
    let mut after = first_since(journal, keys, head, oldest)
        .await?
        .saturating_sub(1);
    loop {
        let commits = journal.read(after, READ_COMMITS).await?;
        let Some(last) = commits.last() else { break };
        after = last.revision;
        for commit in &commits {
            let meta = Meta::decode(keys, commit.revision, commit.meta.clone())?;
            // A request that changed nothing is kept for its id, and was nothing that its key did.
            let changes = !commit.changes.is_empty();
            if changes && meta.at >= recalled && meta.kind.is_operation() {
                last_by_key.insert(meta.by, commit.revision);
            }
            if let Some(request) = meta.request.filter(|_| meta.at >= oldest) {
                requests.insert(&request, commit.revision, meta.at);
            }
        }
    }
    Ok(RecentCommits {
        requests,
        last_by_key,
    })
}

/// The first commit that is not older than `oldest`, or the one after the head. Commits are in the
/// order of time, save where a person accepted a clock that went back.
pub(crate) async fn first_since(
    journal: &dyn Journal,
    keys: &Keyring,
    head: Revision,
    oldest: Timestamp,
) -> Result<Revision, OpenError> {
    let (mut low, mut high) = (1, head + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match meta_at(journal, keys, middle).await? {
            Some(meta) if meta.at < oldest => low = middle + 1,
            // What is compacted can not be looked at; it is older than what is kept.
            None => low = middle + 1,
            Some(_) => high = middle,
        }
    }
    Ok(low)
}

/// What the commit at a revision says, if it is there.
pub(super) async fn meta_at(
    journal: &dyn Journal,
    keys: &Keyring,
    revision: Revision,
) -> Result<Option<Meta>, OpenError> {
    let Some(after) = revision.checked_sub(1) else {
        return Ok(None);
    };
    let commits = journal.read(after, 1).await?;
    let commit = commits.first().filter(|commit| commit.revision == revision);
    let meta = commit.map(|commit| Meta::decode(keys, revision, commit.meta.clone()));
    Ok(meta.transpose()?)
}
