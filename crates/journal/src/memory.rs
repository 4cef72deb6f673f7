//! The contract of [`Journal`] without a disk, for the tests of those who use it.
//!
//! It forgets everything when it is dropped, and folds all commits at every append: it is for short
//! runs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use crate::{Appended, Commit, Error, Journal, Loaded, NewCommit, Revision, Verified};

/// A journal in memory.
#[derive(Debug)]
pub struct Memory {
    commits: Mutex<Option<Vec<Commit>>>,
    head: watch::Sender<Option<Revision>>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory::new()
    }
}

impl Memory {
    /// An empty journal.
    pub fn new() -> Memory {
        Memory {
            commits: Mutex::new(Some(Vec::new())),
            head: watch::Sender::new(Some(0)),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Commit>) -> T) -> Result<T, Error> {
        let mut commits = self
            .commits
            .lock()
            .map_err(|_| Error::failed("a test panicked while it held the journal"))?;
        commits
            .as_mut()
            .map(act)
            .ok_or_else(|| Error::failed("it was closed"))
    }

    /// The records, or the first key whose before-image is not what the record was.
    fn fold(commits: &[Commit]) -> Result<BTreeMap<Bytes, Bytes>, Bytes> {
        let mut records = BTreeMap::new();
        for change in commits.iter().flat_map(|commit| &commit.changes) {
            let found = match &change.after {
                Some(after) => records.insert(change.key.clone(), after.clone()),
                None => records.remove(&change.key),
            };
            if found != change.before {
                return Err(change.key.clone());
            }
        }
        Ok(records)
    }
}

fn head_of(commits: &[Commit]) -> Revision {
    commits.last().map_or(0, |commit| commit.revision)
}

#[async_trait]
impl Journal for Memory {
    async fn load(&self) -> Result<Loaded, Error> {
        self.with(|commits| {
            let records = Memory::fold(commits).map_err(|key| Error::false_before(&key))?;
            Ok(Loaded {
                head: head_of(commits),
                records: records.into_iter().collect(),
            })
        })?
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        let appended = self.with(|commits| {
            let head = head_of(commits);
            if head != after {
                return Appended::Conflict { head };
            }
            let known = commits.len();
            commits.extend((after + 1..).zip(group).map(|(revision, new)| Commit {
                revision,
                meta: new.meta,
                changes: new.changes,
            }));
            if let Err(key) = Memory::fold(commits) {
                commits.truncate(known);
                return Appended::Unknown(Error::false_before(&key));
            }
            let head = head_of(commits);
            self.head.send_replace(Some(head));
            Appended::Durable { head }
        });
        appended.unwrap_or_else(Appended::Unknown)
    }

    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
        self.with(|commits| {
            let start = usize::try_from(after).unwrap_or(usize::MAX);
            commits.iter().skip(start).take(limit).cloned().collect()
        })
    }

    async fn changed(&self, after: Revision) -> Result<Revision, Error> {
        let mut head = self.head.subscribe();
        let seen = head
            .wait_for(|head| head.is_none_or(|head| head > after))
            .await
            .map_err(|_| Error::failed("it was dropped"))?;
        (*seen).ok_or_else(|| Error::failed("it was closed"))
    }

    async fn verify(&self) -> Result<Verified, Error> {
        self.with(|commits| {
            let records = Memory::fold(commits).map_err(|key| Error::false_before(&key))?;
            let changes = commits.iter().map(|commit| commit.changes.len() as u64);
            Ok(Verified {
                head: head_of(commits),
                commits: commits.len() as u64,
                changes: changes.sum(),
                records: records.len() as u64,
                ..Verified::default()
            })
        })?
    }

    async fn close(&self) -> Result<(), Error> {
        if let Ok(mut commits) = self.commits.lock() {
            *commits = None;
        }
        self.head.send_replace(None);
        Ok(())
    }
}
