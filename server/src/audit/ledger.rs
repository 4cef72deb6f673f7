//! The trail on disk: one writer, which makes durable together what waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use treadwell_journal::{Appended, Journal, NewCommit};

use super::Entry;
use super::repeats::Repeats;
use crate::convert::store::audit;
use crate::keyring::Keyring;

/// So many calls may wait for their entries to be durable; more are refused at once.
const WAITING: usize = 1_024;

/// So many entries become durable together.
const TOGETHER: usize = 256;

/// Counts whose minute is over are written so often.
const COUNT_EVERY: Duration = Duration::from_secs(10);

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
    /// How many entries are durable.
    written: Arc<AtomicU64>,
    /// Why it can not be written any more.
    failed: watch::Receiver<Option<String>>,
}

enum Order {
    Write(Vec<Entry>, oneshot::Sender<Result<u64, NotWritten>>),
    Close(oneshot::Sender<()>),
}

struct Writer {
    journal: Arc<dyn Journal>,
    keys: Arc<Keyring>,
    orders: mpsc::Receiver<Order>,
    written: Arc<AtomicU64>,
    failed: watch::Sender<Option<String>>,
    repeats: Repeats,
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
        let (send, orders) = mpsc::channel(WAITING);
        let written = Arc::new(AtomicU64::new(head));
        let (fail, failed) = watch::channel(None);
        let writer = Writer {
            journal: Arc::clone(&journal),
            keys: Arc::clone(&keys),
            orders,
            written: Arc::clone(&written),
            failed: fail,
            repeats: Repeats::default(),
        };
        tokio::spawn(writer.run());
        Ok(Self {
            journal,
            keys,
            orders: send,
            written,
            failed,
        })
    }

    /// Resolves when nothing can be noted any more, with the reason; never when it is closed in order.
    pub(crate) async fn failed(&self) -> String {
        let mut failed = self.failed.clone();
        let why = failed.wait_for(Option::is_some).await;
        let why = why.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u64 {
        self.written.load(Ordering::Acquire)
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
        written.await.unwrap_or_else(|_| Err(closed()))
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

    /// Entries after the one of this number, with their numbers; none when there are no more.
    pub(crate) async fn read(&self, after: u64) -> Result<Vec<(u64, Entry)>, String> {
        let read = self.journal.read(after, READ).await;
        let read = read.map_err(|error| error.to_string())?;
        let entries = read.into_iter().map(|commit| {
            let entry = audit::decode(&self.keys, commit.revision, commit.meta);
            let entry = entry.map_err(|why| format!("entry {}: {why}", commit.revision))?;
            Ok((commit.revision, entry))
        });
        entries.collect()
    }

    /// The number after which everything is that happened at an instant or later. Entries are in the order of time, save where a
    /// person accepted a clock that went back.
    pub(crate) async fn before(&self, since: Timestamp) -> Result<u64, String> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.read(middle).await?.first() {
                Some((_, entry)) if entry.at < since => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// Reads all of it, and gives how many entries there are and what is wrong.
    pub(crate) async fn verify(&self) -> Result<(u64, Vec<String>), String> {
        let verified = match self.journal.verify().await {
            Ok(verified) => verified,
            Err(error @ treadwell_journal::Error::Damaged { .. }) => {
                return Ok((0, vec![error.to_string()]));
            }
            Err(error) => return Err(error.to_string()),
        };
        let mut after = 0;
        while after < verified.head {
            match self.read(after).await {
                Ok(entries) => match entries.last() {
                    Some((last, _)) => after = *last,
                    None => break,
                },
                Err(problem) => return Ok((verified.commits, vec![problem])),
            }
        }
        Ok((verified.commits, Vec::new()))
    }

    /// Writes the counts of what was repeated, and closes the journal.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            let _closed = ended.await;
        }
    }
}

fn closed() -> NotWritten {
    NotWritten("it is closed".to_owned())
}

impl Writer {
    async fn run(mut self) {
        let mut count = tokio::time::interval(COUNT_EVERY);
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Write(entries, done)) => self.take(entries, done).await,
                    Some(Order::Close(done)) => {
                        self.end().await;
                        let _nobody_waits = done.send(());
                        return;
                    }
                    None => return self.end().await,
                },
                _ = count.tick() => {
                    let counts = self.repeats.over(Some(Instant::now()));
                    // What can not be counted is lost as a count only: its first entry is there.
                    let _lost = self.append(&counts).await;
                }
            }
        }
    }

    async fn end(&mut self) {
        let counts = self.repeats.over(None);
        let _lost = self.append(&counts).await;
        if let Err(error) = self.journal.close().await {
            tracing::error!(%error, "the audit trail could not be closed in order");
        }
    }

    /// Writes these, and what waits behind them.
    async fn take(&mut self, entries: Vec<Entry>, done: oneshot::Sender<Result<u64, NotWritten>>) {
        let now = Instant::now();
        let (mut together, mut waiting) = (Vec::new(), Vec::new());
        let mut add = |entries: Vec<Entry>, repeats: &mut Repeats| {
            let new = entries.into_iter().filter(|it| !repeats.absorb(it, now));
            together.extend(new);
            together.len()
        };
        let head = self.written.load(Ordering::Acquire);
        let mut length = add(entries, &mut self.repeats);
        waiting.push((done, length));
        let mut close = None;
        while length < TOGETHER && close.is_none() {
            match self.orders.try_recv() {
                Ok(Order::Write(entries, done)) => {
                    length = add(entries, &mut self.repeats);
                    waiting.push((done, length));
                }
                Ok(Order::Close(done)) => close = Some(done),
                Err(_) => break,
            }
        }
        let written = self.append(&together).await;
        for (done, length) in waiting {
            let number = head + u64::try_from(length).unwrap_or(u64::MAX);
            let _nobody_waits = done.send(written.clone().map(|()| number));
        }
        if let Some(done) = close {
            self.orders.close();
            self.end().await;
            let _nobody_waits = done.send(());
        }
    }

    /// Makes entries durable, all of them or none.
    async fn append(&mut self, entries: &[Entry]) -> Result<(), NotWritten> {
        if entries.is_empty() {
            return Ok(());
        }
        let head = self.written.load(Ordering::Acquire);
        let commit = |(number, entry)| NewCommit {
            meta: audit::encode(&self.keys, number, entry),
            changes: Vec::new(),
        };
        let group = (head + 1..).zip(entries).map(commit).collect();
        let why = match self.journal.append(head, group).await {
            Appended::Durable { head } => {
                self.written.store(head, Ordering::Release);
                return Ok(());
            }
            Appended::Unknown(error) if error.nothing_was_written() => error.to_string(),
            Appended::Unknown(error) => self.fail(error.to_string()),
            Appended::Conflict { head } => {
                self.fail(format!("somebody else has written up to {head}"))
            }
        };
        tracing::error!(why, "the audit trail could not be written");
        self.repeats.forget();
        Err(NotWritten(why))
    }

    /// Only a restart helps: what the trail has on disk has to be read again.
    fn fail(&self, why: String) -> String {
        self.failed.send_replace(Some(why.clone()));
        why
    }
}
