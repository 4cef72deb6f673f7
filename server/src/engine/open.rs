//! Opening a clinic: its records, the requests of the last days, what each key did last.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::Record;
use treadwell_clinic::{Clinic, Revision};
use treadwell_journal::{Error, Journal};

use super::group::Group;
use super::history::History;
use super::judging::Judging;
use super::late::Late;
use super::recovery::Holding;
use super::requests::{KEPT, Requests};
use super::writer::{StoredOtherwise, Writer};
use super::{Engine, Health, Options, Published, Shared};
use crate::clock::Clock;
use crate::convert::store::commit::{Meta, read_commit};
use crate::convert::store::{self, Unreadable};

/// Why a clinic can not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The journal can not be read.
    #[error(transparent)]
    Journal(#[from] Error),
    /// The journal holds what this release can not read.
    #[error("{0}; use the release that wrote it, or a newer one")]
    Unreadable(String),
    /// The system has no randomness to give.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl From<Unreadable> for OpenError {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// So many commits are read at once.
const READ_COMMITS: usize = 1_024;

/// What a key did last is recalled for longer than any policy lets it be undone.
const RECALLED: SignedDuration = SignedDuration::from_hours(2);

pub(super) async fn open(
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    options: Options,
) -> Result<Engine, OpenError> {
    let loaded = journal.load().await?;
    let head = loaded.head;
    let (mut clinic, stored_otherwise) =
        tokio::task::spawn_blocking(move || clinic(&loaded.records, head))
            .await
            .map_err(|error| OpenError::Unreadable(error.to_string()))??;
    let newest = meta_at(&*journal, head).await?;
    if let Some(newest) = &newest {
        clock.resume(newest.at);
    }
    let recent = recent(&*journal, head, clock.now()).await?;
    for revision in recent.last_by_key.into_values() {
        for commit in journal.read(revision - 1, 1).await? {
            clinic.recall(&read_commit(&commit)?.1);
        }
    }
    let mut judging = Judging::default();
    // A store that begins with a base alone, after a salvage, does not say what is left to judge.
    if newest.as_ref().map_or(head > 0, |newest| newest.judging) {
        judging.begin_anew();
    }

    let (queue, queued) = mpsc::channel(options.queue_commands.max(1));
    let (control, controls) = mpsc::unbounded_channel();
    let published = watch::Sender::new(Arc::new(Published::new(clinic.clone())));
    let health = watch::Sender::new(Health::Writing);
    let history = Arc::new(History::new(Arc::clone(&journal), options.history_commits));
    let engine = Engine(Arc::new(Shared {
        queue,
        control,
        published: published.subscribe(),
        health: health.subscribe(),
        history: Arc::clone(&history),
        clock: Arc::clone(&clock),
    }));
    let writer = Writer {
        journal,
        clock,
        options,
        queue: queued,
        control: controls,
        published,
        health,
        history,
        tip: clinic,
        requests: recent.requests,
        stored_otherwise,
        latest: newest.map_or(Timestamp::MIN, |newest| newest.at),
        next_ticket: getrandom::u64()
            .map_err(|error| OpenError::NoRandomness(error.to_string()))?,
        next: Group::default(),
        judging,
        holding: Holding::default(),
        late: Late::default(),
    };
    tokio::spawn(writer.run());
    Ok(engine)
}

/// The clinic of the stored records, and the records that this release would store otherwise.
fn clinic(
    records: &[(Bytes, Bytes)],
    head: Revision,
) -> Result<(Clinic, StoredOtherwise), Unreadable> {
    let half = records.len().div_ceil(2);
    let (first, second) = records.split_at(half);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| read_all(second));
        (read_all(first), second.join())
    });
    let second = second.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let (mut read, mut otherwise) = first?;
    let (more, more_otherwise) = second?;
    read.extend(more);
    otherwise.extend(more_otherwise);
    Ok((Clinic::from_records(read, head), otherwise))
}

type ReadRecords = (Vec<(Record, Revision)>, StoredOtherwise);

fn read_all(records: &[(Bytes, Bytes)]) -> Result<ReadRecords, Unreadable> {
    let mut read = Vec::with_capacity(records.len());
    let mut otherwise = StoredOtherwise::new();
    for (key, value) in records {
        let (record, revision) = store::decode(key, value.clone())?;
        // The journal compares before-images byte by byte with what lies there.
        if store::encode(&record, revision) != *value {
            otherwise.insert(record.id(), (revision, value.clone()));
        }
        read.push((record, revision));
    }
    Ok((read, otherwise))
}

/// What the commits of the last days say.
struct RecentCommits {
    requests: Requests,
    last_by_key: BTreeMap<KeyId, Revision>,
}

async fn recent(
    journal: &dyn Journal,
    head: Revision,
    now: Timestamp,
) -> Result<RecentCommits, OpenError> {
    let oldest = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    let recalled = now.saturating_sub(RECALLED).unwrap_or(Timestamp::MIN);
    let mut requests = Requests::default();
    let mut last_by_key = BTreeMap::new();
    let mut after = first_since(journal, head, oldest).await?.saturating_sub(1);
    loop {
        let commits = journal.read(after, READ_COMMITS).await?;
        let Some(last) = commits.last() else { break };
        after = last.revision;
        for commit in &commits {
            let meta = Meta::decode(commit.revision, commit.meta.clone())?;
            // A request that changed nothing is kept for its id, and was nothing that its key did.
            let changes = !commit.changes.is_empty();
            if changes && meta.at >= recalled && meta.kind.is_operation() {
                last_by_key.insert(meta.by, commit.revision);
            }
            if let Some(request) = meta.request.filter(|_| meta.at >= oldest) {
                let hash = request.payload_hash;
                requests.insert(meta.by, &request.id, hash, commit.revision, meta.at);
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
    head: Revision,
    oldest: Timestamp,
) -> Result<Revision, OpenError> {
    let (mut low, mut high) = (1, head + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match meta_at(journal, middle).await? {
            Some(meta) if meta.at < oldest => low = middle + 1,
            // What is compacted can not be looked at; it is older than what is kept.
            None => low = middle + 1,
            Some(_) => high = middle,
        }
    }
    Ok(low)
}

async fn meta_at(journal: &dyn Journal, revision: Revision) -> Result<Option<Meta>, OpenError> {
    let Some(after) = revision.checked_sub(1) else {
        return Ok(None);
    };
    let commits = journal.read(after, 1).await?;
    let commit = commits.first().filter(|commit| commit.revision == revision);
    let meta = commit.map(|commit| Meta::decode(revision, commit.meta.clone()));
    Ok(meta.transpose()?)
}
