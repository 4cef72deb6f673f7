//! Who holds a place among the connections, and who has to give it up.
//!
//! There are so many places. A connection is *known* once a call with a good key came by it. When all places are taken, whoever comes
//! next takes the place of one that is not known: of the address that has most of these, the one that came first. When all are known it
//! is the one that has had nothing under way for longest, whose client connects again when it has something to ask. So whoever has no key
//! shuts nobody out, not even those behind the same address, as all consoles of a site are; and a console that watches is never sent away.
//!
//! What it deliberately is not: a fixed number of connections for an address. Behind a proxy everybody has the same one.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use futures::task::AtomicWaker;

use crate::lock::locked;

#[cfg(test)]
mod tests;

/// The places. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    taken: Mutex<HashMap<SocketAddr, Arc<Holder>>>,
    begun: Instant,
}

/// A connection's place; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    holder: Arc<Holder>,
}

/// Who holds a place.
#[derive(Debug)]
pub(super) struct Holder {
    peer: SocketAddr,
    came: Instant,
    begun: Instant,
    known: AtomicBool,
    /// Calls under way, watches included.
    calls: AtomicUsize,
    /// When the last of its calls ended, in milliseconds since the server began.
    idle_since: AtomicUsize,
    given_up: AtomicBool,
    reader: AtomicWaker,
}

impl Places {
    /// So many places.
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            limit,
            taken: Mutex::default(),
            begun: Instant::now(),
        }))
    }

    /// A place for a connection that speaks as it should; somebody may have to give up theirs for it.
    pub(super) fn take(&self, peer: SocketAddr) -> io::Result<Place> {
        let mut taken = locked(&self.0.taken);
        if taken.len() >= self.0.limit {
            let goes = unknown(&taken).or_else(|| idle(&taken));
            let goes = goes.ok_or_else(|| {
                io::Error::other("there are as many as may be, all with calls under way")
            })?;
            taken.remove(&goes.peer);
            goes.give_up();
        }
        let holder = Arc::new(Holder {
            peer,
            came: Instant::now(),
            begun: self.0.begun,
            known: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            idle_since: AtomicUsize::new(0),
            given_up: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        taken.insert(peer, Arc::clone(&holder));
        Ok(Place {
            places: self.clone(),
            holder,
        })
    }

    /// Who holds the place of the connection from there; nobody when it has given it up.
    pub(super) fn holder(&self, peer: SocketAddr) -> Option<Arc<Holder>> {
        locked(&self.0.taken).get(&peer).cloned()
    }
}

/// Among those that are not known the one that came first from the address that has most of them.
fn unknown(taken: &HashMap<SocketAddr, Arc<Holder>>) -> Option<Arc<Holder>> {
    let unknown = || taken.values().filter(|it| !it.is_known());
    let mut of: HashMap<IpAddr, usize> = HashMap::new();
    for holder in unknown() {
        *of.entry(holder.peer.ip()).or_default() += 1;
    }
    let most = of.values().copied().max()?;
    unknown()
        .filter(|it| of[&it.peer.ip()] == most)
        .min_by_key(|it| it.came)
        .cloned()
}

/// The one that has had nothing under way for longest.
fn idle(taken: &HashMap<SocketAddr, Arc<Holder>>) -> Option<Arc<Holder>> {
    taken
        .values()
        .filter(|it| it.calls.load(Ordering::Acquire) == 0)
        .min_by_key(|it| it.idle_since.load(Ordering::Relaxed))
        .cloned()
}

impl Place {
    /// Whether its holder is to close; wakes the task when that becomes so.
    pub(super) fn poll_given_up(&self, cx: &Context<'_>) -> Poll<()> {
        self.holder.reader.register(cx.waker());
        if self.holder.is_given_up() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = locked(&self.places.0.taken);
        // Somebody else may have come from the same port since it was given up.
        if taken
            .get(&self.holder.peer)
            .is_some_and(|it| Arc::ptr_eq(it, &self.holder))
        {
            taken.remove(&self.holder.peer);
        }
    }
}

impl Holder {
    /// A call with a good key came by it.
    pub(super) fn knows_a_key(&self) {
        if !self.is_known() {
            self.known.store(true, Ordering::Release);
        }
    }

    /// Whether one did.
    pub(super) fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// A call begins. Gives how many are under way with it.
    pub(super) fn begins(&self) -> usize {
        self.calls.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// A call has ended.
    pub(super) fn ends(&self) {
        let since = usize::try_from(self.begun.elapsed().as_millis()).unwrap_or(usize::MAX);
        self.idle_since.store(since, Ordering::Relaxed);
        self.calls.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether its connection is to close.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Has its connection closed.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        self.reader.wake();
    }
}
