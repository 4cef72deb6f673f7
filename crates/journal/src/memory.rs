//! The contract of [`Journal`] without a disk, for the tests of those who use it.
//!
//! It forgets everything when it is dropped, and folds all commits at every append: it is for short
//! runs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use crate::{
    Account, Appended, Commit, Error, Journal, Loaded, NewCommit, Newest, Revision, Verified,
};

/// A journal in memory.
#[derive(Debug)]
pub struct Memory {
    kept: Mutex<Option<Kept>>,
    head: watch::Sender<Option<Revision>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// What is left of the compacted commits, and the records they add up to.
    accounts: Vec<Account>,
    base: BTreeMap<Bytes, Bytes>,
    commits: Vec<Commit>,
}

impl Kept {
    fn oldest(&self) -> Revision {
        self.accounts.last().map_or(0, |last| last.revision)
    }

    fn head(&self) -> Revision {
        let last = self.commits.last();
        last.map_or_else(|| self.oldest(), |last| last.revision)
    }

    /// The records, or the first key whose before-image is not what the record was.
    fn fold(&self) -> Result<BTreeMap<Bytes, Bytes>, Bytes> {
        let mut records = self.base.clone();
        for change in self.commits.iter().flat_map(|commit| &commit.changes) {
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

impl Default for Memory {
    fn default() -> Self {
        Memory::new()
    }
}

impl Memory {
    /// An empty journal.
    pub fn new() -> Memory {
        Memory {
            kept: Mutex::new(Some(Kept::default())),
            head: watch::Sender::new(Some(0)),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> Result<T, Error> {
        let mut kept = self
            .kept
            .lock()
            .map_err(|_| Error::failed("a test panicked while it held the journal"))?;
        kept.as_mut()
            .map(act)
            .ok_or_else(|| Error::failed("it was closed"))
    }
}

#[async_trait]
impl Journal for Memory {
    async fn load(&self) -> Result<Loaded, Error> {
        self.with(|kept| {
            let records = kept.fold().map_err(|key| Error::false_before(&key))?;
            Ok(Loaded {
                head: kept.head(),
                records: records.into_iter().collect(),
            })
        })?
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        let appended = self.with(|kept| {
            let head = kept.head();
            if head != after {
                return Appended::Conflict { head };
            }
            let known = kept.commits.len();
            kept.commits
                .extend((after + 1..).zip(group).map(|(revision, new)| Commit {
                    revision,
                    meta: new.meta,
                    changes: new.changes,
                }));
            if let Err(key) = kept.fold() {
                kept.commits.truncate(known);
                return Appended::Unknown(Error::false_before(&key));
            }
            let head = kept.head();
            self.head.send_replace(Some(head));
            Appended::Durable { head }
        });
        appended.unwrap_or_else(Appended::Unknown)
    }

    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
        self.with(|kept| {
            let wanted = kept.commits.iter().skip_while(|it| it.revision <= after);
            wanted.take(limit).cloned().collect()
        })
    }

    async fn newest(&self) -> Result<Option<Newest>, Error> {
        self.with(|kept| {
            let commit = kept.commits.last().map(|it| (it.revision, &it.meta));
            let account = kept.accounts.last().map(|it| (it.revision, &it.meta));
            commit.or(account).map(|(revision, meta)| Newest {
                revision,
                meta: meta.clone(),
            })
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
        self.with(|kept| {
            let records = kept.fold().map_err(|key| Error::false_before(&key))?;
            let commits = kept.commits.iter();
            let changes = commits.map(|commit| commit.changes.len() as u64);
            Ok(Verified {
                head: kept.head(),
                oldest: kept.oldest(),
                accounts: kept.accounts.len() as u64,
                commits: kept.commits.len() as u64,
                changes: changes.sum(),
                records: records.len() as u64,
                ..Verified::default()
            })
        })?
    }

    fn oldest(&self) -> Revision {
        self.with(|kept| kept.oldest()).unwrap_or_default()
    }

    async fn compact(&self, to: Revision) -> Result<Revision, Error> {
        self.with(|kept| {
            let gone = kept.commits.partition_point(|it| it.revision <= to);
            let rest = kept.commits.split_off(gone);
            let base = kept.fold().map_err(|key| Error::false_before(&key))?;
            let gone = std::mem::replace(&mut kept.commits, rest);
            kept.accounts.extend(gone.into_iter().map(|commit| Account {
                revision: commit.revision,
                meta: commit.meta,
                keys: commit.changes.into_iter().map(|it| it.key).collect(),
            }));
            kept.base = base;
            Ok(kept.oldest())
        })?
    }

    async fn accounts(&self, after: Revision, limit: usize) -> Result<Vec<Account>, Error> {
        self.with(|kept| {
            let wanted = kept.accounts.iter().filter(|it| it.revision > after);
            wanted.take(limit).cloned().collect()
        })
    }

    async fn close(&self) -> Result<(), Error> {
        if let Ok(mut kept) = self.kept.lock() {
            *kept = None;
        }
        self.head.send_replace(None);
        Ok(())
    }
}
