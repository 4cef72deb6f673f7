//! The trail on disk: what is read of it, and what is handed to its writer.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use treadwell_journal::{Commit, Journal, answered};

use super::repeats::Repeats;
use super::times::Times;
use super::writer::{Order, Writer};
use super::{Entry, Mark};
use crate::convert::store::audit::{self, Decoded};
use crate::keyring::Keyring;

/// So many calls may wait for their entries to be durable; more are refused at once.
const WAITING: usize = 1_024;

/// So many entries are read at once.
const READ: usize = 256;

/// Why something could not be noted. It must not be shown then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the audit trail can not be written: {0}")]
pub(crate) struct NotWritten(pub(crate) String);

/// A handle on the trail. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct Ledger {
    journal: Arc<dyn Journal>,
    keys: Arc<Keyring>,
    orders: mpsc::Sender<Order>,
    /// How far it is durable.
    mark: watch::Receiver<Mark>,
    times: Arc<Mutex<Times>>,
    /// Why it can not be written any more.
    failed: watch::Receiver<Option<String>>,
    /// What was found to be wrong with it at the start.
    gap: Arc<OnceLock<String>>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("written", &self.len())
            .finish()
    }
}

impl Ledger {
    /// Goes on with the trail that is in this journal.
    pub(crate) async fn open(
        journal: Arc<dyn Journal>,
        keys: Arc<Keyring>,
    ) -> Result<Self, treadwell_journal::Error> {
        let head = journal.load().await?.head;
        let last = match head.checked_sub(1) {
            Some(before) => journal.read(before, 1).await?.pop(),
            None => None,
        };
        let mark = last.map_or_else(Mark::default, |last| Mark::at(last.revision, &last.meta));
        let (send, orders) = mpsc::channel(WAITING);
        let (write, mark) = watch::channel(mark);
        let (fail, failed) = watch::channel(None);
        let writer = Writer {
            journal: Arc::clone(&journal),
            keys: Arc::clone(&keys),
            orders,
            mark: write,
            failed: fail,
            repeats: Repeats::default(),
        };
        tokio::spawn(writer.run());
        Ok(Self {
            journal,
            keys,
            orders: send,
            mark,
            times: Arc::default(),
            failed,
            gap: Arc::default(),
        })
    }

    /// From now on what is wrong with it is told to whoever runs the server.
    pub(crate) fn tell(&self, gap: String) {
        // The first stays.
        let _told = self.gap.set(gap);
    }

    /// What whoever runs the server has to see to, if anything.
    pub(crate) fn warning(&self) -> Option<String> {
        self.gap.get().cloned()
    }

    /// Resolves when nothing can be noted any more, with the reason.
    pub(crate) async fn failed(&self) -> String {
        let mut failed = self.failed.clone();
        let why = failed.wait_for(Option::is_some).await;
        let why = why.ok().and_then(|why| why.clone());
        // A writer that was not closed is gone without a word when it has panicked.
        why.unwrap_or_else(|| "its writer has ended".to_owned())
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u64 {
        self.mark.borrow().entries
    }

    /// How far it is durable, now and later.
    pub(crate) fn mark(&self) -> watch::Receiver<Mark> {
        self.mark.clone()
    }

    /// Notes what was done, all of it or none; returns when it is durable, with the number, from 1, of the
    /// last entry that was written by then.
    pub(crate) async fn write(&self, entries: Vec<Entry>) -> Result<u64, NotWritten> {
        let (done, written) = oneshot::channel();
        let order = self.orders.try_send(Order::Write(entries, done));
        order.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotWritten("too many wait already".to_owned()),
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        let answer = answered::unless(self.orders.closed(), written).await;
        answer.unwrap_or_else(|| Err(closed()))
    }

    /// Notes what nobody waits for any more. It is written when its turn comes; when it can not be, nobody was shown anything.
    pub(crate) fn write_unheard(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let (done, _unheard) = oneshot::channel();
        let order = self.orders.try_send(Order::Write(entries, done));
        if let Err(mpsc::error::TrySendError::Full(order)) = order
            && let Ok(runtime) = Handle::try_current()
        {
            let orders = self.orders.clone();
            runtime.spawn(async move { drop(orders.send(order).await) });
        }
    }

    /// Entries after the one of this number, with their numbers, or why one can not be read; none when there are no more.
    pub(crate) async fn read(
        &self,
        after: u64,
    ) -> Result<Vec<(u64, Result<Entry, String>)>, String> {
        let read = self.commits(after).await?.into_iter();
        let entries = read.map(|commit| {
            let decoded = audit::decode(&self.keys, commit.revision, commit.meta);
            (commit.revision, decoded.map(|decoded| decoded.entry))
        });
        Ok(entries.collect())
    }

    /// The entry of this number, if it is there and can be read.
    pub(crate) async fn entry(&self, number: u64) -> Result<Option<Entry>, String> {
        let Some(before) = number.checked_sub(1) else {
            return Ok(None);
        };
        let read = self.journal.read(before, 1).await;
        let read = read.map_err(|error| error.to_string())?.pop();
        let found = read.filter(|commit| commit.revision == number);
        let decoded = found.map(|commit| audit::decode(&self.keys, number, commit.meta));
        Ok(decoded.and_then(Result::ok).map(|decoded| decoded.entry))
    }

    async fn commits(&self, after: u64) -> Result<Vec<Commit>, String> {
        let read = self.journal.read(after, READ).await;
        read.map_err(|error| error.to_string())
    }

    /// A number up to which nothing happened at an instant or later. The first time all of the trail is read for it.
    pub(crate) async fn before(&self, since: Timestamp) -> Result<u64, String> {
        let mut times = self.times.lock().await;
        loop {
            let entries = self.read(times.looked()).await?;
            if entries.is_empty() {
                return Ok(times.before(since));
            }
            for (number, entry) in entries {
                times.look(number, entry.ok().map(|entry| entry.at));
            }
        }
    }

    /// What is missing of the trail as a commit of the clinic knew it; none when it is all there.
    pub(crate) async fn missing(&self, known: &Mark) -> Result<Option<String>, String> {
        let (has, knew) = (self.len(), known.entries);
        if has < knew {
            return Ok(Some(format!(
                "the audit trail has {has} entries, and the newest change knew of {knew}: the others were lost or removed"
            )));
        }
        let Some(before) = knew.checked_sub(1) else {
            return Ok(None);
        };
        let read = self.journal.read(before, 1).await;
        let read = read.map_err(|error| error.to_string())?.pop();
        let is_it = read.is_some_and(|it| Mark::at(it.revision, &it.meta) == *known);
        Ok((!is_it).then(|| {
            format!(
                "entry {knew} of the audit trail is not the one that the newest change knew: up to there it is another trail"
            )
        }))
    }

    /// Reads all of it, and gives how many entries there are and what is wrong, `known` being how far the newest commit of the clinic
    /// knew it.
    pub(crate) async fn verify(&self, known: Option<Mark>) -> Result<(u64, Vec<String>), String> {
        let verified = match self.journal.verify().await {
            Ok(verified) => verified,
            Err(error @ treadwell_journal::Error::Damaged { .. }) => {
                return Ok((0, vec![error.to_string()]));
            }
            Err(error) => return Err(error.to_string()),
        };
        let mut problems = Vec::new();
        if let Some(known) = known {
            problems.extend(self.missing(&known).await?);
        }
        let mut mark = Mark::default();
        while mark.entries < verified.head && problems.len() < PROBLEMS {
            let read = match self.commits(mark.entries).await {
                Ok(read) if read.is_empty() => break,
                Ok(read) => read,
                Err(problem) => {
                    problems.push(problem);
                    break;
                }
            };
            for commit in read {
                let number = commit.revision;
                problems.extend(self.wrong_with(&mark, &commit));
                mark = Mark::at(number, &commit.meta);
            }
        }
        problems.truncate(PROBLEMS);
        Ok((verified.commits, problems))
    }

    /// What is wrong with an entry, by itself or as the next one of a trail that had come so far.
    fn wrong_with(&self, after: &Mark, commit: &Commit) -> Option<String> {
        let number = commit.revision;
        let decoded = audit::decode(&self.keys, number, commit.meta.clone());
        let why = match decoded {
            Err(why) => why,
            Ok(Decoded { before, .. }) if before != after.hash() => {
                "it was not written after the one before it".to_owned()
            }
            Ok(Decoded { problem, .. }) => problem?.to_owned(),
        };
        Some(format!("entry {number}: {why}"))
    }

    /// Writes the counts of what was repeated, and closes the journal.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            let _closed = answered::unless(self.orders.closed(), ended).await;
        }
    }
}

/// The most problems that are told.
const PROBLEMS: usize = 100;

fn closed() -> NotWritten {
    NotWritten("it is closed".to_owned())
}
