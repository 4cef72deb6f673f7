//! The contract of [`Journal`] without a disk, for the tests of those who use it.
//!
//! It forgets everything when it is dropped. It is strict where a slip of the caller would only show
//! later on disk: [`Journal::verify`] compares every before-image with the fold.

use std::collections::BTreeMap;
use std::path::PathBuf;
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

    fn fold(commits: &[Commit]) -> BTreeMap<Bytes, Bytes> {
        let mut records = BTreeMap::new();
        for change in commits.iter().flat_map(|commit| &commit.changes) {
            match &change.after {
                Some(after) => records.insert(change.key.clone(), after.clone()),
                None => records.remove(&change.key),
            };
        }
        records
    }
}

fn head_of(commits: &[Commit]) -> Revision {
    commits.last().map_or(0, |commit| commit.revision)
}

#[async_trait]
impl Journal for Memory {
    async fn load(&self) -> Result<Loaded, Error> {
        self.with(|commits| Loaded {
            head: head_of(commits),
            records: Memory::fold(commits).into_iter().collect(),
        })
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        let appended = self.with(|commits| {
            let head = head_of(commits);
            if head != after {
                return Appended::Conflict { head };
            }
            commits.extend((after + 1..).zip(group).map(|(revision, new)| Commit {
                revision,
                meta: new.meta,
                changes: new.changes,
            }));
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
            let mut records: BTreeMap<&Bytes, &Bytes> = BTreeMap::new();
            let mut verified = Verified {
                head: head_of(commits),
                ..Verified::default()
            };
            for commit in commits.iter() {
                verified.commits += 1;
                for change in &commit.changes {
                    verified.changes += 1;
                    if records.get(&change.key).copied() != change.before.as_ref() {
                        return Err(Error::Damaged {
                            file: PathBuf::from("(in memory)"),
                            revision: commit.revision,
                            what: format!(
                                "the before-image of {:?} is not what the record was",
                                change.key
                            ),
                            remedy: "correct the caller that appended it".to_owned(),
                        });
                    }
                    match &change.after {
                        Some(after) => records.insert(&change.key, after),
                        None => records.remove(&change.key),
                    };
                }
            }
            verified.records = records.len() as u64;
            Ok(verified)
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
