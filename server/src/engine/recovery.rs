//! What the writer does when a group did not become durable, or nobody knows.
//!
//! Three cases. The journal says that nothing was written (a full disk): everyone is told, and the
//! next command tries again, as does the writer by itself, ever more seldom. Nothing is known, and the
//! journal has this one writer: everyone is told, and the process ends, because only reading the disk
//! again tells. Nothing is known, and there are other writers: the journal is read from the published
//! head on, one's own commits are recognised by their tickets, and every other command is decided again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use treadwell_clinic::{Commit, Reply};

use super::group::{Done, Group, InFlight, Prepared, Waiting};
use super::writer::Writer;
use super::{EngineError, Health, Published, erasing};
use crate::convert::store::commit::{Meta, ReadCommit, read_commit};

/// How often the journal is asked, with pauses that double from the first on.
const READ_ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// So many commits are read at once.
const READ_COMMITS: usize = 256;

/// So many ticks pass at most between two attempts to write while nothing can be written.
const MOST_TICKS: u32 = 64;

/// Whether groups are refused at present, and how long the writer's own work waits for its next attempt.
/// What somebody asks for is always tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holding {
    /// How many ticks lie between this attempt and the next, doubled with each; 0 when nothing is held.
    ticks: u32,
    /// How many of them are still to come.
    left: u32,
}

impl Holding {
    /// Whether groups are refused at present.
    pub(super) const fn is_held(self) -> bool {
        self.ticks > 0
    }

    /// A tick has come: whether the writer's own work is to be tried with it.
    pub(super) const fn is_due(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// An attempt of the writer's own was refused, or the first one of all.
    fn refused(&mut self) {
        self.ticks = (self.ticks * 2).clamp(1, MOST_TICKS);
        self.left = self.ticks;
    }
}

impl Writer {
    /// Nothing of the group was written: takes it back, with what was decided on top of it.
    pub(super) fn hold(&mut self, flight: InFlight, why: &str) {
        // The reason counts the free bytes: that they are others now is nothing to log.
        if !self.holding.is_held() {
            tracing::error!(why, "writes are refused");
        }
        self.health.send_replace(Health::Held(why.to_owned()));
        if !self.holding.is_held() || self.holding.left == 0 {
            self.holding.refused();
        }
        for mut waiting in self.take_back(flight) {
            waiting
                .job
                .answer(Err(EngineError::Stopped(why.to_owned())));
        }
    }

    /// A group was written: if groups were refused, they are not any more.
    pub(super) fn released(&mut self) {
        if self.holding.is_held() {
            tracing::info!("writes are accepted again");
            self.holding = Holding::default();
            self.health.send_replace(Health::Writing);
        }
    }

    /// Nobody knows what became of the group, and this process will not find out.
    pub(super) fn give_up(&mut self, flight: InFlight, why: &str) {
        for mut waiting in self.take_back(flight) {
            waiting
                .job
                .answer(Err(EngineError::Stopped(why.to_owned())));
        }
    }

    /// Reads what the journal has, recognises what is one's own, decides the rest again.
    pub(super) async fn recover(&mut self, flight: InFlight) -> Result<(), String> {
        let waiting = self.take_back(flight);
        let read = self.read_on().await?;
        // Its own erasures, and those of a writer that ended amid one.
        let finished = erasing::finish(&*self.journal, &self.keys).await;
        finished.map_err(|error| error.to_string())?;
        let mut own = BTreeMap::new();
        let mut commits = Vec::with_capacity(read.len());
        for ReadCommit { meta, commit, .. } in read {
            if let Some(request) = &meta.request {
                self.requests.insert(request, commit.revision, commit.at);
            }
            if meta.judging {
                self.judging.begin_anew();
            }
            self.tip.apply(&commit);
            self.latest = self.latest.max(commit.at);
            own.insert(meta.ticket, done(&meta, &commit));
            commits.push(commit);
        }
        let published = Arc::new(Published::new(self.tip.clone()));
        self.history.push(commits);
        self.published.send_replace(Arc::clone(&published));
        tracing::warn!(revision = published.revision, "the journal was read again");
        for waiting in waiting {
            match own.remove(&waiting.ticket) {
                Some(done) => {
                    let prepared = Prepared::Done(done);
                    self.answer_one(
                        Waiting {
                            prepared,
                            ..waiting
                        },
                        &published,
                    );
                }
                None => self.consider(waiting.job, waiting.ticket),
            }
        }
        Ok(())
    }

    /// Goes back to the published clinic. Gives everyone who waits for what was decided after it, in
    /// order.
    fn take_back(&mut self, flight: InFlight) -> Vec<Waiting> {
        let published = Arc::clone(&self.published.borrow());
        let later = std::mem::take(&mut self.next);
        self.tip = published.clinic.clone();
        self.requests.forget_after(published.revision);
        self.keys.take_back();
        self.judging.take_back(published.revision);
        if !self.judging.is_idle() || !later.judged.is_empty() || !flight.group.judged.is_empty() {
            self.judging.begin_anew();
        }
        self.answer_the_judged();
        let Group {
            mut waiting,
            observers,
            ..
        } = flight.group;
        waiting.extend(later.waiting);
        self.next.observers.extend(observers);
        self.next.observers.extend(later.observers);
        waiting
    }

    async fn read_on(&self) -> Result<Vec<ReadCommit>, String> {
        let mut after = self.published.borrow().revision;
        let mut found = Vec::new();
        let mut pause = FIRST_PAUSE;
        let mut attempts = 0;
        loop {
            match self.journal.read(after, READ_COMMITS).await {
                Ok(commits) if commits.is_empty() => return Ok(found),
                Ok(commits) => {
                    for commit in &commits {
                        let read = read_commit(&self.keys, commit);
                        found.push(read.map_err(|error| error.to_string())?);
                        after = commit.revision;
                    }
                }
                Err(error) => {
                    attempts += 1;
                    if attempts == READ_ATTEMPTS {
                        return Err(error.to_string());
                    }
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }
}

fn done(meta: &Meta, commit: &Commit) -> Done {
    Done {
        revision: commit.revision,
        at: commit.at,
        reply: Reply {
            records: meta.outcome.clone(),
            flagged: meta.flagged,
            impossible: meta.impossible.clone(),
            ..Reply::default()
        },
        undone: meta.undone,
        changes: Arc::clone(&commit.changes),
        as_of: None,
        dry: false,
        judging: false,
    }
}
