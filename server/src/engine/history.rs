//! What was published: the clinic at a revision, and the commits that led to it.
//!
//! Recent commits are kept in a bounded ring, so that a thousand watches share them; older ones are
//! read from the journal again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::{Clinic, Commit, Revision, limits};
use treadwell_journal::Journal;

use crate::convert::store::{
    self,
    commit::{ErasedChange, read_commit},
};
use crate::keyring::Keyring;
use crate::watch::Seen;

/// A clinic that is durable.
#[derive(Clone, Debug)]
pub struct Published {
    /// The clinic.
    pub clinic: Clinic,
    /// Its revision.
    pub revision: Revision,
}

impl Published {
    /// A clinic at its own revision.
    pub fn new(clinic: Clinic) -> Self {
        Self {
            revision: clinic.revision(),
            clinic,
        }
    }
}

/// A published commit, with the room in which watches keep what they encoded of it.
#[derive(Debug)]
pub struct Recent {
    /// The commit; of one that was read from the journal, the changes on those who were erased since are apart.
    pub commit: Commit,
    /// Its changes on those who were erased since.
    pub(crate) erased: Vec<ErasedChange>,
    /// What each class of view sees of it.
    pub(crate) seen: Seen,
}

impl Recent {
    fn new(commit: Commit, erased: Vec<ErasedChange>) -> Arc<Self> {
        Arc::new(Self {
            commit,
            erased,
            seen: Seen::default(),
        })
    }
}

/// Why commits can not be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// They are not kept any more.
    #[error("the history begins after revision {oldest}")]
    Gone {
        /// The earliest revision after which everything is kept.
        oldest: Revision,
    },
    /// The journal can not be read.
    #[error("the journal can not be read: {0}")]
    Unreadable(String),
}

/// The published commits.
pub struct History {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) keys: Arc<Keyring>,
    ring: RwLock<VecDeque<Arc<Recent>>>,
    limit: usize,
}

/// At most so many commits are read from the journal at once.
const READ_COMMITS: usize = 256;

impl History {
    pub(super) fn new(journal: Arc<dyn Journal>, keys: Arc<Keyring>, limit: usize) -> Self {
        Self {
            journal,
            keys,
            ring: RwLock::default(),
            limit: limit.max(1),
        }
    }

    /// The earliest revision after which commits are kept.
    pub fn oldest(&self) -> Revision {
        self.journal.oldest()
    }

    /// The commits after a revision up to `published`, in order and without a gap; at most `limit`.
    pub async fn read(
        &self,
        after: Revision,
        published: &Published,
        limit: usize,
    ) -> Result<Vec<Arc<Recent>>, HistoryError> {
        if let Some(recent) = self.recent(after, published.revision, limit) {
            return Ok(recent);
        }
        let unreadable = |error: &dyn fmt::Display| HistoryError::Unreadable(error.to_string());
        let commits = self
            .journal
            .read(after, limit.min(READ_COMMITS))
            .await
            .map_err(|error| unreadable(&error))?;
        if commits
            .first()
            .is_some_and(|first| first.revision != after + 1)
        {
            return Err(HistoryError::Gone {
                oldest: commits[0].revision - 1,
            });
        }
        commits
            .iter()
            .take_while(|commit| commit.revision <= published.revision)
            .map(|commit| {
                let read = read_commit(&self.keys, commit).map_err(|error| unreadable(&error))?;
                Ok(Recent::new(read.commit, read.erased))
            })
            .collect()
    }

    /// Why a published change was made, as its caller said; empty when nobody did.
    pub async fn reason(&self, revision: Revision) -> Result<String, HistoryError> {
        let Some(before) = revision.checked_sub(1) else {
            return Ok(String::new());
        };
        let unreadable = |error: &dyn fmt::Display| HistoryError::Unreadable(error.to_string());
        let commits = self.journal.read(before, 1).await;
        let commits = commits.map_err(|error| unreadable(&error))?;
        match commits.first() {
            Some(commit) if commit.revision == revision => {
                let read = read_commit(&self.keys, commit).map_err(|error| unreadable(&error))?;
                Ok(read.meta.reason)
            }
            _ => self.reason_of_compacted(revision).await,
        }
    }

    /// As [`History::reason`], of a change of which only that and the like is kept.
    async fn reason_of_compacted(&self, revision: Revision) -> Result<String, HistoryError> {
        let unreadable = |error: &dyn fmt::Display| HistoryError::Unreadable(error.to_string());
        let accounts = self.journal.accounts(revision.saturating_sub(1), 1).await;
        let accounts = accounts.map_err(|error| unreadable(&error))?;
        match accounts.first().filter(|it| it.revision == revision) {
            Some(account) => Ok(self.trace(revision, account.meta.clone())?.reason),
            None => Ok(String::new()),
        }
    }

    /// Among the next commits after a revision those that changed a client's records, each with the reason that was
    /// given, and the revision up to which was looked; at most up to `until`, and about as far as [`limits::RECORD_COMMITS`]
    /// and [`limits::RECORD_CHANGES`] say.
    pub async fn of_client(
        &self,
        client: ClientId,
        after: Revision,
        until: Revision,
    ) -> Result<(Vec<(Commit, String)>, Revision), HistoryError> {
        let unreadable = |error: &dyn fmt::Display| HistoryError::Unreadable(error.to_string());
        let owner = client.to_string();
        let (mut found, mut looked) = (Vec::new(), after);
        while looked < until
            && looked - after < limits::RECORD_COMMITS
            && found.len() < limits::RECORD_CHANGES
        {
            let read = self.journal.read(looked, READ_COMMITS).await;
            let commits = read.map_err(|error| unreadable(&error))?;
            let within = commits.iter().filter(|commit| commit.revision <= until);
            for commit in within.filter(|commit| is_of(commit, &owner)) {
                let read = read_commit(&self.keys, commit).map_err(|error| unreadable(&error))?;
                found.push((read.commit, read.meta.reason));
            }
            let last = commits.last().map_or(until, |last| last.revision);
            looked = last.min(until);
        }
        Ok((found, looked))
    }

    /// The commits from the ring, if it reaches back that far.
    fn recent(&self, after: Revision, until: Revision, limit: usize) -> Option<Vec<Arc<Recent>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front()?.commit.revision;
        let skip = usize::try_from((after + 1).checked_sub(first)?).ok()?;
        let wanted = ring.iter().skip(skip).take(limit);
        Some(
            wanted
                .take_while(|recent| recent.commit.revision <= until)
                .cloned()
                .collect(),
        )
    }

    /// Adds commits that are durable now.
    pub(super) fn push(&self, commits: Vec<Commit>) {
        let recent: Vec<_> = commits
            .into_iter()
            .map(|commit| Recent::new(commit, Vec::new()))
            .collect();
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(recent);
        let excess = ring.len().saturating_sub(self.limit);
        let forgotten: Vec<_> = ring.drain(..excess).collect();
        // What is forgotten is dropped when nobody waits for the ring any more.
        drop(ring);
        drop(forgotten);
    }
}

/// Whether a commit changed a record of this owner's.
pub(super) fn is_of(commit: &treadwell_journal::Commit, owner: &str) -> bool {
    let changes = commit.changes.iter();
    let mut images = changes.flat_map(|change| change.before.iter().chain(&change.after));
    images.any(|image| store::owner(image).is_some_and(|it| it == owner))
}
