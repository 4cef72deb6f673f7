//! One watch: where it stands, and what it is given next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;
use treadwell_clinic::{Clinic, Revision};

use super::event::Event;
use super::filter::Filter;
use super::frame::{Frame, checkpoint};
use super::snapshot::Snapshot;
use crate::access::Pass;
use crate::engine::{Engine, HistoryError, Published, Recent};

/// A message is sent when its events have this many bytes; a larger commit spans messages.
const MESSAGE_BYTES: usize = 128 << 10;

/// At most so many commits are read at once, and at least.
const COMMITS_AT_ONCE: usize = 256;
const FEW_COMMITS: usize = 8;

/// What a watch is given, and why it ends.
#[derive(Debug)]
pub(crate) enum Next {
    /// An encoded answer.
    Message(Bytes),
    /// The server stops; the watch may go on elsewhere after the revision it was told last.
    Stopping,
    /// The key, or the session of it, opens nothing any more.
    KeyGone,
    /// The history does not reach back that far, or can not be read.
    Lost(HistoryError),
}

/// One watch.
pub(crate) struct Cursor {
    engine: Engine,
    filter: Filter,
    pass: Pass,
    bell: watch::Receiver<Arc<Published>>,
    stopping: watch::Receiver<bool>,
    /// How long nothing is sent before a checkpoint is.
    idle: Duration,
    /// When a checkpoint is due if nothing else is sent before.
    checkpoint_at: Instant,
    /// Everything up to here was given.
    after: Revision,
    begun: Option<Begun>,
    /// What one commit, or some small ones, became. No more is made before it is taken: a watch that is not read costs no memory.
    ready: VecDeque<Bytes>,
    /// How many commits are read next: about as many as make a message.
    at_once: usize,
    told_to_stop: bool,
}

/// A snapshot of which a part was given.
struct Begun {
    snapshot: Arc<Snapshot>,
    chunk: usize,
}

/// Where a watch begins.
pub(crate) enum Begin {
    /// With everything.
    Snapshot(Arc<Snapshot>),
    /// After a revision.
    After(Revision),
}

impl Cursor {
    /// A watch of whoever has this pass, not begun yet.
    pub(crate) fn new(
        engine: Engine,
        pass: Pass,
        filter: Filter,
        begin: Begin,
        stopping: watch::Receiver<bool>,
        idle: Duration,
    ) -> Self {
        let (after, snapshot) = match begin {
            Begin::After(revision) => (revision, None),
            Begin::Snapshot(snapshot) => {
                let revision = snapshot.revision();
                (revision, Some(Begun { snapshot, chunk: 0 }))
            }
        };
        Self {
            bell: engine.subscribe(),
            engine,
            filter,
            pass,
            stopping,
            idle,
            // At once: whoever has nothing to catch up with is told so.
            checkpoint_at: Instant::now(),
            after,
            begun: snapshot,
            ready: VecDeque::new(),
            at_once: COMMITS_AT_ONCE,
            told_to_stop: false,
        }
    }

    /// What comes next; waits for it.
    pub(crate) async fn next(&mut self) -> Next {
        let next = self.find().await;
        self.checkpoint_at = Instant::now() + self.idle;
        next
    }

    /// How many bytes lie ready to be taken.
    #[cfg(test)]
    pub(crate) fn in_hand(&self) -> usize {
        self.ready.iter().map(Bytes::len).sum()
    }

    async fn find(&mut self) -> Next {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Next::Message(message);
            }
            if *self.stopping.borrow() {
                return self.stop();
            }
            let published = Arc::clone(&self.bell.borrow_and_update());
            if !self.pass.is_good(&published.clinic, self.engine.now()) {
                return Next::KeyGone;
            }
            if let Some(message) = self.go_on_beginning(&published.clinic) {
                return Next::Message(message);
            }
            if self.after < published.revision {
                let read = self
                    .engine
                    .history()
                    .read(self.after, &published, self.at_once)
                    .await;
                match read {
                    Ok(commits) => self.prepare(&commits, &published.clinic),
                    Err(error) => return Next::Lost(error),
                }
                continue;
            }
            tokio::select! {
                biased;
                _ = self.stopping.changed() => {}
                _ = self.bell.changed() => {}
                () = tokio::time::sleep_until(self.checkpoint_at) => {
                    return Next::Message(checkpoint(self.after));
                }
            }
        }
    }

    /// The last thing a watch is told is where to go on.
    fn stop(&mut self) -> Next {
        if self.told_to_stop || self.begun.is_some() {
            return Next::Stopping;
        }
        self.told_to_stop = true;
        Next::Message(checkpoint(self.after))
    }

    /// The next message of the snapshot, while there is one. It may have been kept for some time.
    fn go_on_beginning(&mut self, clinic: &Clinic) -> Option<Bytes> {
        let begun = self.begun.as_mut()?;
        let revision = begun.snapshot.revision();
        let mut frame = Frame::default();
        while frame.len() < MESSAGE_BYTES {
            let Some(events) = begun.snapshot.chunk(begun.chunk) else {
                self.begun = None;
                return Some(frame.snapshot(revision, true));
            };
            begun.chunk += 1;
            for event in live(&events, clinic) {
                if let Some(bytes) = self.filter.pick(event, clinic) {
                    frame.push(&bytes);
                }
            }
        }
        Some(frame.snapshot(revision, false))
    }

    /// Makes messages of what the first of these commits changed, until there is one. Small commits share it, a large one has several.
    /// Commits of which the watch sees nothing are passed over; a checkpoint tells of them in time.
    /// Names that are shown with a record are those of `clinic`.
    fn prepare(&mut self, commits: &[Arc<Recent>], clinic: &Clinic) {
        let mut frame = Frame::default();
        let mut whole_until = self.after;
        let mut taken = 0;
        for recent in commits {
            if !self.ready.is_empty() {
                break;
            }
            let revision = recent.commit.revision;
            let class = self.filter.class;
            let events = recent
                .seen
                .by(class, &recent.commit, &recent.erased, clinic);
            let mut seen = false;
            for bytes in live(events, clinic).filter_map(|it| self.filter.pick(it, clinic)) {
                if frame.len() >= MESSAGE_BYTES {
                    // Earlier commits in it are whole only together with this one's rest.
                    self.ready.push_back(frame.commit(revision, false));
                }
                frame.push(&bytes);
                seen = true;
            }
            if seen {
                whole_until = revision;
            }
            if frame.len() >= MESSAGE_BYTES {
                self.ready.push_back(frame.commit(whole_until, true));
            }
            self.after = revision;
            taken += 1;
        }
        self.at_once = (2 * taken).clamp(FEW_COMMITS, COMMITS_AT_ONCE);
        if !frame.is_empty() {
            self.ready.push_back(frame.commit(whole_until, true));
        }
    }
}

/// What may still be told: what was about somebody who has been erased since is not, and what became of it comes with
/// the erasure.
fn live<'e>(events: &'e [Event], clinic: &Clinic) -> impl Iterator<Item = &'e Event> {
    events.iter().filter(|event| {
        let about = event.about;
        about.is_none_or(|client| clinic.client(client).is_some())
    })
}
