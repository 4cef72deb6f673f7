//! The next segment, full of zeros before it is needed.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;

use super::segment::preallocate;
use super::shared::Shared;
use crate::Error;
use crate::disk::File;

type Made = io::Result<Arc<dyn File>>;

/// Makes spare segments on a thread of its own, one at a time.
pub(crate) struct Spares {
    /// `None` only while it is dropped.
    orders: Option<Sender<u64>>,
    made: Receiver<Made>,
    ordered_bytes: Option<u64>,
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Spares {
    /// Starts the thread and orders the first spare.
    pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<Spares> {
        let (orders, order_inbox) = channel();
        let (outbox, made) = channel();
        let weak = Arc::downgrade(shared);
        let thread = thread::Builder::new()
            .name("journal-spare".to_owned())
            .spawn(move || make(&weak, &order_inbox, &outbox))?;
        let mut spares = Spares {
            orders: Some(orders),
            made,
            ordered_bytes: None,
            shared: Arc::clone(shared),
            thread: Some(thread),
        };
        spares.prepare(shared.options.segment_bytes);
        Ok(spares)
    }

    /// Orders a spare, unless one is there or being made.
    pub(crate) fn prepare(&mut self, bytes: u64) {
        if self.ordered_bytes.is_some() {
            return;
        }
        if let Some(orders) = &self.orders
            && orders.send(bytes).is_ok()
        {
            self.ordered_bytes = Some(bytes);
        }
    }

    /// The spare, lying at the layout's spare path, at least `bytes` long; waits until it is made.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<Arc<dyn File>, Error> {
        let bytes = bytes.max(self.shared.options.segment_bytes);
        loop {
            // One that was ordered earlier may have met a full disk which has room again by now.
            let ordered_earlier = self.ordered_bytes.is_some();
            self.prepare(bytes);
            let ordered_bytes = self.ordered_bytes.take();
            let made = self
                .made
                .recv()
                .map_err(|_| Error::failed("the thread that makes segments is gone"))?;
            let file = match made {
                Ok(file) => file,
                Err(error) => match self.refuse(bytes, error) {
                    Error::Full { .. } if ordered_earlier => continue,
                    error => return Err(error),
                },
            };
            if ordered_bytes.is_some_and(|ordered| ordered >= bytes) {
                return Ok(file);
            }
            // Too short for this group: the next order replaces it.
        }
    }

    /// A disk without room for a segment refuses writes; anything else stops the engine.
    fn refuse(&self, needed: u64, error: io::Error) -> Error {
        let path = self.shared.layout.spare();
        if error.kind() != io::ErrorKind::StorageFull {
            return Error::io("preallocate", path, error);
        }
        let disk = &self.shared.disk;
        // What was written of it is of no use, and the room is wanted.
        if let Err(error) = disk.remove(&path) {
            tracing::warn!(%error, "an unfinished spare segment could not be removed");
        }
        Error::Full {
            free: disk.free_bytes(&self.shared.layout.dir).unwrap_or(0),
            needed,
        }
    }
}

impl Drop for Spares {
    /// Waits for the thread, so that nothing is written once the writer has gone.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn make(shared: &Weak<Shared>, orders: &Receiver<u64>, made: &Sender<Made>) {
    while let Ok(bytes) = orders.recv() {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let spare = preallocate(&*shared.disk, &shared.layout.spare(), bytes);
        if made.send(spare).is_err() {
            return;
        }
    }
}
