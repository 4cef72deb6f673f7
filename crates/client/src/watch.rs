//! The watch: the clinic's state as one stream of events that survives lost links.
//!
//! A task reads the server's stream, puts messages together into whole commits ([`cursor`]), and keeps the state of the
//! link ([`link`]). When the link is lost it comes back after the last whole commit that was delivered: nothing is missed and
//! nothing comes twice. When the server no longer has that revision it sends a fresh snapshot.

mod cursor;
mod link;
mod run;

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use tokio::{sync::mpsc, task::JoinHandle};
use treadwell_api::v1::{ResourceKind, WatchEvent};

pub use link::Link;

use crate::{Client, Error, Retry};

/// Events that may wait for a slow reader; then the stream is not read further, which costs the server nothing.
const WAITING: usize = 64;

/// What to watch.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// Changes after this revision, of a state the caller holds already; `None` begins with a snapshot.
    pub after: Option<u64>,
    /// Only these sites; empty means all that the key reaches.
    pub site_ids: Vec<String>,
    /// Only these kinds; empty means all.
    pub kinds: Vec<ResourceKind>,
    /// A link that brings nothing for so long, not even a checkpoint, is given up. Default 20 s; the server sends a
    /// checkpoint at least every 5 s.
    pub silence: Duration,
    /// How long to wait before each new attempt; the number of attempts is not limited. Default 200 ms to 5 s.
    pub retry: Retry,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            after: None,
            site_ids: Vec::new(),
            kinds: Vec::new(),
            silence: Duration::from_secs(20),
            retry: Retry {
                attempts: u32::MAX,
                first_wait: Duration::from_millis(200),
                longest_wait: Duration::from_secs(5),
            },
        }
    }
}

/// One thing that a watch tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// The link changed, or the server was heard again: every snapshot, commit and checkpoint is followed by one.
    Link(Link),
    /// The whole state: it replaces all that came before.
    Snapshot(Change),
    /// One or more commits, whole: apply it at once.
    Commit(Change),
    /// The server refuses this watch for good (the key was revoked, a site is not allowed); nothing follows.
    Ended(Error),
}

/// Resources as they are at a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The state is whole at this revision.
    pub revision: u64,
    /// In order; whole resources or tombstones.
    pub events: Vec<WatchEvent>,
}

/// A running watch; dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<()>,
}

impl Client {
    /// Starts to watch. Must be called inside a Tokio runtime.
    pub fn watch(&self, options: WatchOptions) -> Watch {
        let (send, events) = mpsc::channel(WAITING);
        let task = tokio::spawn(run::run(self.clone(), options, send));
        Watch { events, task }
    }
}

impl Watch {
    /// The next event; `None` after [`Event::Ended`]. Cancel safe: nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Stream for Watch {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(context)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
