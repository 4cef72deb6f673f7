//! The writer of the trail: one task, which makes durable together what waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use treadwell_journal::{Appended, Journal, NewCommit};

use super::ledger::NotWritten;
use super::repeats::Repeats;
use super::{Entry, Mark};
use crate::convert::store::audit;
use crate::keyring::Keyring;

/// So many entries become durable together.
const TOGETHER: usize = 256;

/// Counts whose minute is over are written so often.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// What the writer is told.
pub(super) enum Order {
    /// Write these, and say with which number the last one was written.
    Write(Vec<Entry>, oneshot::Sender<Result<u64, NotWritten>>),
    /// Write the counts, and end.
    Close(oneshot::Sender<()>),
}

/// The writer's state.
pub(super) struct Writer {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) keys: Arc<Keyring>,
    pub(super) orders: mpsc::Receiver<Order>,
    /// How far the trail is durable.
    pub(super) mark: watch::Sender<Mark>,
    pub(super) failed: watch::Sender<Option<String>>,
    pub(super) repeats: Repeats,
}

impl Writer {
    /// Works until it is closed, or nobody is left who could write.
    pub(super) async fn run(mut self) {
        let mut count = tokio::time::interval(COUNT_EVERY);
        loop {
            tokio::select! {
                order = self.orders.recv() => {
                    let close = match order {
                        Some(Order::Write(entries, done)) => self.take(entries, done).await,
                        Some(Order::Close(done)) => Some(done),
                        None => return self.end().await,
                    };
                    if let Some(done) = close {
                        self.end().await;
                        let _nobody_waits = done.send(());
                        return;
                    }
                }
                _ = count.tick() => {
                    let counts = self.repeats.over(Some(Instant::now()));
                    if self.append(&counts).await.is_err() {
                        // There may be room later.
                        self.repeats.put_back(counts, Instant::now());
                    }
                }
            }
        }
    }

    async fn end(&mut self) {
        let counts = self.repeats.over(None);
        // What can not be counted now is lost as a count only: its first entry is there.
        let _lost = self.append(&counts).await;
        if let Err(error) = self.journal.close().await {
            tracing::error!(%error, "the audit trail could not be closed in order");
        }
    }

    /// Writes these, and what waits behind them; gives who waits for the end when that came to its turn.
    async fn take(
        &mut self,
        entries: Vec<Entry>,
        done: oneshot::Sender<Result<u64, NotWritten>>,
    ) -> Option<oneshot::Sender<()>> {
        let now = Instant::now();
        let (mut together, mut waiting) = (Vec::new(), Vec::new());
        let mut add = |entries: Vec<Entry>, repeats: &mut Repeats| {
            let new = entries.into_iter().filter(|it| !repeats.absorb(it, now));
            together.extend(new);
            together.len()
        };
        let head = self.mark.borrow().entries;
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
        if written.is_err() {
            self.repeats.unwritten(&together, now);
        }
        for (done, length) in waiting {
            let number = head + u64::try_from(length).unwrap_or(u64::MAX);
            let _nobody_waits = done.send(written.clone().map(|()| number));
        }
        close
    }

    /// Makes entries durable, all of them or none.
    async fn append(&mut self, entries: &[Entry]) -> Result<(), NotWritten> {
        if entries.is_empty() {
            return Ok(());
        }
        let head = self.mark.borrow().entries;
        let mut mark = *self.mark.borrow();
        let commits = entries.iter().map(|entry| {
            let meta = audit::encode(&self.keys, &mark, entry);
            mark = Mark::at(mark.entries + 1, &meta);
            NewCommit {
                meta,
                changes: Vec::new(),
            }
        });
        let group = commits.collect();
        let why = match self.journal.append(head, group).await {
            Appended::Durable { .. } => {
                self.mark.send_replace(mark);
                return Ok(());
            }
            Appended::Unknown(error) if error.nothing_was_written() => error.to_string(),
            Appended::Unknown(error) => self.fail(error.to_string()),
            Appended::Conflict { head } => {
                self.fail(format!("somebody else has written up to {head}"))
            }
        };
        tracing::error!(why, "the audit trail could not be written");
        Err(NotWritten(why))
    }

    /// Only a restart helps: what the trail has on disk has to be read again.
    fn fail(&self, why: String) -> String {
        self.failed.send_replace(Some(why.clone()));
        why
    }
}
