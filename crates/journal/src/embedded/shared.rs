//! What the engine's threads and its callers share.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use tokio::sync::watch;

use super::backlog::Backlog;
use super::base::Start;
use super::options::Options;
use super::reached::Reach;
use super::segment::Segment;
use crate::disk::{Disk, Lock};
use crate::{Commit, Error, Revision};

/// The paths of a store.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
    pub(crate) journal: PathBuf,
    pub(crate) records: PathBuf,
    pub(crate) quarantine: PathBuf,
}

impl Layout {
    pub(crate) fn new(dir: PathBuf) -> Layout {
        Layout {
            journal: dir.join("journal"),
            records: dir.join("records"),
            quarantine: dir.join("quarantine"),
            dir,
        }
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("LOCK")
    }

    pub(crate) fn format(&self) -> PathBuf {
        self.dir.join("FORMAT")
    }

    pub(crate) fn format_new(&self) -> PathBuf {
        self.dir.join("FORMAT.new")
    }

    pub(crate) fn reached(&self) -> PathBuf {
        self.dir.join("REACHED")
    }

    pub(crate) fn reached_new(&self) -> PathBuf {
        self.dir.join("REACHED.new")
    }

    pub(crate) fn ballast(&self) -> PathBuf {
        self.dir.join("ballast")
    }

    pub(crate) fn spare(&self) -> PathBuf {
        self.journal.join("spare.new")
    }
}

/// How far the journal is durable, and whether the engine still serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) head: Revision,
    pub(crate) stopped: bool,
}

pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) layout: Layout,
    pub(crate) options: Options,
    pub(crate) tip: watch::Sender<Tip>,
    pub(crate) backlog: Backlog,
    pub(crate) reach: Reach,
    extent: RwLock<Extent>,
    compacting: RwLock<()>,
    /// Held by a compaction that writes.
    writing: Mutex<()>,
    recent: Mutex<Recent>,
    stopped: OnceLock<String>,
    /// The store's lock, until everything that could still write has gone.
    lock: Mutex<Option<Arc<Lock>>>,
}

/// Leave for a compaction to write.
pub(crate) struct Writing<'a> {
    _alone: MutexGuard<'a, ()>,
    /// Of an engine that is given up meanwhile, nobody else may take it.
    _lock: Arc<Lock>,
}

impl Shared {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        layout: Layout,
        options: Options,
        extent: Extent,
        head: Revision,
        reach: Reach,
        lock: Lock,
    ) -> Shared {
        Shared {
            disk,
            layout,
            tip: watch::Sender::new(Tip {
                head,
                stopped: false,
            }),
            backlog: Backlog::new(options.backlog_bytes),
            reach,
            extent: RwLock::new(extent),
            compacting: RwLock::default(),
            writing: Mutex::default(),
            recent: Mutex::new(Recent::new(head)),
            options,
            stopped: OnceLock::new(),
            lock: Mutex::new(Some(Arc::new(lock))),
        }
    }

    pub(crate) fn head(&self) -> Revision {
        self.tip.borrow().head
    }

    /// Fails once the engine has stopped.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.stopped.get() {
            Some(reason) => Err(Error::failed(reason)),
            None => Ok(()),
        }
    }

    /// Stops the engine for good; the first reason is the one that is told.
    pub(crate) fn fail(&self, reason: String) -> Error {
        tracing::error!(%reason, "the journal stops");
        self.stop(reason)
    }

    /// Stops the engine without calling it an error.
    pub(crate) fn stop(&self, reason: String) -> Error {
        let reason = self.stopped.get_or_init(|| reason);
        self.tip.send_modify(|tip| tip.stopped = true);
        self.backlog.close();
        Error::failed(reason)
    }

    /// Gives up the store's lock; nothing of this engine may write any more, but a compaction that keeps it until it ends.
    pub(crate) fn release(&self) {
        self.lock().take();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Lock>>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave for a compaction to write, which keeps the store's lock; none once the engine has stopped.
    pub(crate) fn writing(&self) -> Result<Writing<'_>, Error> {
        let alone = self.writing.lock();
        let alone = alone.unwrap_or_else(PoisonError::into_inner);
        self.check()?;
        let lock = self.lock().clone();
        Ok(Writing {
            _alone: alone,
            _lock: lock.ok_or_else(|| Error::failed("it was closed"))?,
        })
    }

    /// Waits until no compaction writes; after a stop none begins to.
    pub(crate) fn settle(&self) {
        drop(self.writing.lock());
    }

    /// Makes commits that are durable visible.
    pub(crate) fn publish(&self, commits: Arc<Vec<Commit>>, bytes: u64, head: Revision) {
        self.recent()
            .push(commits, bytes, self.options.recent_bytes);
        self.tip.send_modify(|tip| tip.head = head);
    }

    pub(crate) fn recent(&self) -> MutexGuard<'_, Recent> {
        // Commits go in and out whole: a panic elsewhere leaves the cache sound.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the segments begin, and the segments, as they are now.
    pub(crate) fn begin_and_segments(&self) -> (Start, Vec<Arc<Segment>>) {
        let extent = self.extent.read().unwrap_or_else(PoisonError::into_inner);
        (extent.start, extent.segments.clone())
    }

    pub(crate) fn start(&self) -> Start {
        let extent = self.extent.read().unwrap_or_else(PoisonError::into_inner);
        extent.start
    }

    pub(crate) fn add_segment(&self, segment: Arc<Segment>) {
        let mut extent = self.extent.write().unwrap_or_else(PoisonError::into_inner);
        // One that holds nothing yet, and is too short for the group, gives way to a longer one of the same name.
        extent.segments.retain(|it| it.first != segment.first);
        extent.segments.push(segment);
    }

    /// After a compaction: the store begins there, and `kept` are those of the segments there were that it keeps.
    pub(crate) fn begin_at(&self, start: Start, mut kept: Vec<Arc<Segment>>) {
        let mut extent = self.extent.write().unwrap_or_else(PoisonError::into_inner);
        // The writer may have added some since.
        let known = kept.last().map_or(start.revision, |segment| segment.first);
        let newer = extent.segments.iter().filter(|it| it.first > known);
        kept.extend(newer.cloned());
        *extent = Extent {
            start,
            segments: kept,
        };
    }

    /// Held while the journal is compacted: one at a time, and not while somebody reads all of it.
    pub(crate) fn compacting(&self) -> RwLockWriteGuard<'_, ()> {
        // Nothing is in it that a panic could leave half done.
        let lock = self.compacting.write();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// As long as it is held, nothing is compacted.
    pub(crate) fn kept(&self) -> RwLockReadGuard<'_, ()> {
        let lock = self.compacting.read();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of the journal is there.
pub(crate) struct Extent {
    pub(crate) start: Start,
    /// Every segment after the start, by first revision.
    pub(crate) segments: Vec<Arc<Segment>>,
}

/// The newest commits, for readers that follow the head.
pub(crate) struct Recent {
    /// Groups of commits, oldest first, with their size on disk.
    groups: VecDeque<(Arc<Vec<Commit>>, u64)>,
    bytes: u64,
    /// Every commit after this one is here.
    after: Revision,
}

impl Recent {
    fn new(head: Revision) -> Recent {
        Recent {
            groups: VecDeque::new(),
            bytes: 0,
            after: head,
        }
    }

    fn push(&mut self, commits: Arc<Vec<Commit>>, bytes: u64, limit_bytes: u64) {
        self.bytes += bytes;
        self.groups.push_back((commits, bytes));
        while self.bytes > limit_bytes {
            let Some((commits, bytes)) = self.groups.pop_front() else {
                return;
            };
            self.bytes -= bytes;
            if let Some(last) = commits.last() {
                self.after = last.revision;
            }
        }
    }

    /// The commits after `after`, if they are all here.
    pub(crate) fn read(&self, after: Revision, limit: usize) -> Option<Vec<Commit>> {
        if after < self.after {
            return None;
        }
        let start = self.groups.partition_point(|(commits, _)| {
            commits.last().is_none_or(|last| last.revision <= after)
        });
        let commits = self
            .groups
            .range(start..)
            .flat_map(|(commits, _)| commits.iter());
        Some(
            commits
                .filter(|commit| commit.revision > after)
                .take(limit)
                .cloned()
                .collect(),
        )
    }
}
