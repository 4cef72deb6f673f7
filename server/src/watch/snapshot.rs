//! Every record that a watch may see, at one revision.
//!
//! The records are taken at once, which is cheap, and encoded a chunk at a time as the watch is read.
//! While the clinic is not very large the chunks are kept and shared: a thousand displays that connect
//! together encode it once.

use std::sync::{Arc, Mutex, OnceLock};

use treadwell_clinic::Revision;
use treadwell_clinic::model::{Kind, Record};

use super::event::{Event, shown};
use super::filter::{CLASSES, ViewClass};
use crate::engine::Published;
use crate::lock::locked;

/// So many records are encoded at once.
const CHUNK_RECORDS: usize = 256;

/// A clinic with more records than this is encoded for each watch anew, and not kept.
const KEPT_RECORDS: usize = 50_000;

/// A kept snapshot serves until the clinic is so many revisions ahead.
const KEPT_REVISIONS: u64 = 512;

/// The records at one revision, as a class of view sees them.
pub(crate) struct Snapshot {
    published: Arc<Published>,
    class: ViewClass,
    records: Vec<(Record, Revision)>,
    /// Empty when the chunks are not kept.
    chunks: Box<[OnceLock<Arc<[Event]>>]>,
}

impl Snapshot {
    fn new(published: Arc<Published>, class: ViewClass) -> Self {
        let records: Vec<_> = published
            .clinic
            .records()
            // Foot care is shown with its therapist.
            .filter(|(record, _)| record.id().kind() != Kind::FootCare)
            .collect();
        let chunks = if records.len() <= KEPT_RECORDS {
            records.len().div_ceil(CHUNK_RECORDS)
        } else {
            0
        };
        Self {
            published,
            class,
            records,
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The revision that it shows.
    pub(crate) fn revision(&self) -> Revision {
        self.published.revision
    }

    /// The events of a chunk, or none after the last.
    pub(crate) fn chunk(&self, index: usize) -> Option<Arc<[Event]>> {
        let records = self.records.chunks(CHUNK_RECORDS).nth(index)?;
        let encode = || -> Arc<[Event]> {
            let clinic = &self.published.clinic;
            records
                .iter()
                .filter_map(|(record, last)| shown(record, *last, *last, clinic, self.class))
                .collect()
        };
        Some(match self.chunks.get(index) {
            Some(kept) => Arc::clone(kept.get_or_init(encode)),
            None => encode(),
        })
    }
}

/// The latest snapshot of each class, for watches that begin.
#[derive(Default)]
pub(crate) struct Snapshots([Mutex<Option<Arc<Snapshot>>>; CLASSES]);

impl Snapshots {
    /// A snapshot that is good to begin with: watching goes on after its revision.
    pub(crate) fn take(&self, published: &Arc<Published>, class: ViewClass) -> Arc<Snapshot> {
        let mut kept = locked(&self.0[class.index()]);
        if let Some(snapshot) = &*kept
            && published.revision.saturating_sub(snapshot.revision()) <= KEPT_REVISIONS
        {
            return Arc::clone(snapshot);
        }
        let snapshot = Arc::new(Snapshot::new(Arc::clone(published), class));
        *kept = (!snapshot.chunks.is_empty()).then(|| Arc::clone(&snapshot));
        snapshot
    }
}
