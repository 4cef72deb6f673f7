//! What is durable in the journal and not yet in the records store.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::beat::{Beat, Patience};
use super::records::{Mark, Touched};
use crate::Commit;

#[cfg(test)]
mod tests;

/// The work of one checkpoint.
#[derive(Debug)]
pub(crate) struct Work {
    groups: Vec<Arc<Vec<Commit>>>,
    /// The end of the last group.
    pub(crate) mark: Mark,
    bytes: u64,
}

impl Work {
    /// The records the groups touched, each as the last of them left it.
    pub(crate) fn fold(&self) -> BTreeMap<Bytes, Touched> {
        let mut touched: BTreeMap<Bytes, Touched> = BTreeMap::new();
        let commits = self.groups.iter().flat_map(|group| group.iter());
        for change in commits.flat_map(|commit| &commit.changes) {
            touched
                .entry(change.key.clone())
                .or_default()
                .note(change.before.as_ref(), change.after.as_ref());
        }
        touched
    }
}

/// Groups waiting for a checkpoint, bounded in bytes.
pub(crate) struct Backlog {
    state: Mutex<State>,
    room: Condvar,
    limit_bytes: u64,
}

#[derive(Default)]
struct State {
    groups: Vec<Arc<Vec<Commit>>>,
    mark: Option<Mark>,
    /// Bytes waiting or being written.
    bytes: u64,
    /// Counts finished checkpoints, so that a waiter can tell slow from stuck.
    finished: u64,
    closed: bool,
}

/// Why there was no room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// No checkpoint came on in the time given.
    Stuck,
    /// The engine has stopped.
    Closed,
}

impl Backlog {
    pub(crate) fn new(limit_bytes: u64) -> Backlog {
        Backlog {
            state: Mutex::default(),
            room: Condvar::new(),
            limit_bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section here leaves the state whole, whatever panics elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the backlog is within its bound; gives up when for `patience` no checkpoint ends, and none comes on by `beat`.
    pub(crate) fn wait_for_room(&self, patience: Duration, beat: &Beat) -> Result<(), NoRoom> {
        let mut state = self.lock();
        let steps = |state: &State| state.finished + beat.steps();
        let mut patience = Patience::begin(patience, steps(&state), Instant::now());
        loop {
            if state.closed {
                return Err(NoRoom::Closed);
            }
            if state.bytes < self.limit_bytes {
                return Ok(());
            }
            let Some(left) = patience.left(steps(&state), Instant::now()) else {
                return Err(NoRoom::Stuck);
            };
            state = self
                .room
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Adds a durable group; says whether a checkpoint should start now rather than at its time.
    pub(crate) fn push(&self, group: Arc<Vec<Commit>>, bytes: u64, mark: Mark) -> bool {
        let mut state = self.lock();
        let half = self.limit_bytes / 2;
        let crossed = state.bytes < half && state.bytes + bytes >= half;
        state.groups.push(group);
        state.mark = Some(mark);
        state.bytes += bytes;
        crossed
    }

    /// Whether so much waits that a checkpoint should follow at once.
    pub(crate) fn is_half_full(&self) -> bool {
        self.lock().bytes >= self.limit_bytes / 2
    }

    /// Everything that waits; its bytes count until [`Backlog::finish`].
    pub(crate) fn take(&self) -> Option<Work> {
        let mut state = self.lock();
        let mark = state.mark.take()?;
        let groups = std::mem::take(&mut state.groups);
        Some(Work {
            groups,
            mark,
            bytes: state.bytes,
        })
    }

    pub(crate) fn finish(&self, work: &Work) {
        let mut state = self.lock();
        state.bytes -= work.bytes;
        state.finished += 1;
        self.room.notify_all();
    }

    /// Lets nobody wait any longer.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
    }
}
