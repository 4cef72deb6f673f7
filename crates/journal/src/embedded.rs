//! The embedded engine: one process, one folder, log files in the write path and sled behind them.
//!
//! ```text
//! LOCK  FORMAT              one process; format version and clinic id, renamed into place last
//! REACHED                   how far the store has come at least
//! journal/<revision>.log    preallocated segments of frames, each a group of commits
//! journal/<revision>.base   every record as of a compaction; .stripped: who, when, why before it
//! records/                  sled: the records as of a checkpoint mark
//! quarantine/  ballast      what was set aside, never deleted; deletable, for a full disk
//! ```
//!
//! An append is one write and one `fdatasync` on the writer's thread (`writer`). The records
//! thread (`keeper`) folds what is durable into sled every 250 ms. Opening (`open`) loads sled,
//! replays the journal from the mark and compares count and hash sum; whatever sled did, the journal
//! decides. Where to start reading: `frame` (the bytes), `walk` (torn or damaged), `open`, `writer`.
//!
//! This module alone names sled, and of it only `records`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

mod backlog;
mod base;
mod beat;
mod compact;
mod copy;
mod create;
mod format;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod keeper;
mod known;
mod open;
mod options;
mod quarantine;
mod reached;
mod read;
mod records;
mod replay;
mod report;
mod salvage;
mod segment;
mod shared;
mod space;
mod spare;
mod stripped;
mod tail;
#[cfg(test)]
mod tests;
mod verify;
mod walk;
mod writer;

use format::Format;
use frame::Encoded;
use keeper::{Keeper, Store, Stuck};
use shared::Shared;
use writer::{Handle, Request};

use crate::answered;
use crate::disk::{Disk, Lock, ReadOnly, RealDisk};
use crate::throttle::Throttle;
use crate::{
    Account, Appended, Commit, Error, Journal, Loaded, NewCommit, Newest, Revision, Verified,
};

pub use copy::{Copied, Item};
pub use format::FORMAT_VERSION;
pub use frame::Retell;
pub use options::Options;
pub use report::{FreeSpace, OpenReport, TornTail};
pub use salvage::{Lost, Salvaged, Sound};

/// The embedded engine on one data folder.
///
/// Close it with [`Journal::close`]; dropping it is safe too, but waits for its threads (for that of the
/// records only while the engine has not failed) and leaves the records to be caught up at the next open.
pub struct Embedded {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
    /// `None` only while it is dropped.
    writer: Option<Handle>,
    format: Format,
    /// The records as they were opened: for the first load, or for all when it is read-only.
    opened: Mutex<Option<Loaded>>,
    read_only: bool,
    torn_tails: u64,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded")
            .field("dir", &self.shared.layout.dir)
            .field("head", &self.shared.head())
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Creates a store for the clinic `clinic_id` in a new or empty folder, and opens it.
    ///
    /// A creation that was cut short is made again; a folder with anything else in it is refused.
    pub async fn create(
        dir: impl Into<PathBuf>,
        clinic_id: [u8; 16],
        options: Options,
    ) -> Result<(Embedded, OpenReport), Error> {
        Embedded::create_on(Arc::new(RealDisk), dir, clinic_id, options).await
    }

    /// Opens a store, repairing what a crash may have left and refusing what it can not have.
    pub async fn open(
        dir: impl Into<PathBuf>,
        options: Options,
    ) -> Result<(Embedded, OpenReport), Error> {
        Embedded::open_on(Arc::new(RealDisk), dir, options).await
    }

    /// Whether a folder holds a store that was created to its end, whatever its state is.
    pub fn is_in(dir: &Path) -> bool {
        shared::Layout::new(dir.to_owned()).format().is_file()
    }

    /// Takes a data folder's lock without opening what is in it: as long as it is held, nobody can. For
    /// whoever throws a folder away.
    pub fn lock(dir: impl Into<PathBuf>) -> Result<Lock, Error> {
        open::lock(&RealDisk, &shared::Layout::new(dir.into()))
    }

    /// As [`Embedded::lock`], for whoever only looks: nothing is made, and the folder may be where nothing can be written.
    pub fn lock_to_look(dir: impl Into<PathBuf>) -> Result<Lock, Error> {
        open::lock_to_look(&ReadOnly, &shared::Layout::new(dir.into()))
    }

    /// The format that a store says it has, which is only looked at, whoever uses it; fails when this release does not read it.
    pub fn format_in(dir: impl Into<PathBuf>) -> Result<u32, Error> {
        let format = Format::read(&ReadOnly, &shared::Layout::new(dir.into()))?;
        Ok(format.version)
    }

    /// Takes what is sound in the folder `from` to a new store in `to`, an empty or new folder, and says what is not. `from` is
    /// only read, and may be damaged anywhere; nobody else may use it meanwhile.
    pub async fn salvage(
        from: impl Into<PathBuf>,
        to: impl Into<PathBuf>,
        options: Options,
    ) -> Result<Salvaged, Error> {
        Embedded::salvage_on(Arc::new(ReadOnly), from, to, options).await
    }

    /// [`Embedded::salvage`] with the journal's files of `from` on another disk (the records stay sled's).
    pub async fn salvage_on(
        disk: Arc<dyn Disk>,
        from: impl Into<PathBuf>,
        to: impl Into<PathBuf>,
        options: Options,
    ) -> Result<Salvaged, Error> {
        let (from, to) = (from.into(), to.into());
        blocking(move || salvage::salvage(&*disk, &from, &to, &options)).await
    }

    /// Reads every sound commit in the folder `from`, which may be damaged anywhere: for whoever keeps what commits say, and no
    /// records. As [`Embedded::salvage`] it changes nothing there.
    pub async fn sound(from: impl Into<PathBuf>) -> Result<Sound, Error> {
        let from = from.into();
        blocking(move || salvage::sound(&from)).await
    }

    /// [`Embedded::create`] with the journal's files on another disk (the records stay sled's).
    pub async fn create_on(
        disk: Arc<dyn Disk>,
        dir: impl Into<PathBuf>,
        clinic_id: [u8; 16],
        options: Options,
    ) -> Result<(Embedded, OpenReport), Error> {
        let dir = dir.into();
        blocking(move || create::create(disk, dir, clinic_id, options)).await
    }

    /// [`Embedded::open`] with the journal's files on another disk (the records stay sled's).
    pub async fn open_on(
        disk: Arc<dyn Disk>,
        dir: impl Into<PathBuf>,
        options: Options,
    ) -> Result<(Embedded, OpenReport), Error> {
        let dir = dir.into();
        blocking(move || open::open(disk, dir, options)).await
    }

    fn new(
        shared: Arc<Shared>,
        keeper: Arc<Keeper>,
        writer: Handle,
        format: Format,
        loaded: Loaded,
        read_only: bool,
    ) -> Embedded {
        Embedded {
            shared,
            keeper,
            writer: Some(writer),
            format,
            opened: Mutex::new(Some(loaded)),
            read_only,
            torn_tails: 0,
        }
    }

    /// How many last groups were ever set aside: see [`OpenReport::torn_tails`]. A revision and this number together
    /// name one state of the store.
    pub fn torn_tails(&self) -> u64 {
        self.torn_tails
    }

    /// The clinic the store was created for.
    pub fn clinic_id(&self) -> [u8; 16] {
        self.format.clinic_id
    }

    /// The format version that the store has on disk: an older one is raised when it is opened, save on a full disk
    /// and with [`Options::keep_format`].
    pub fn format_version(&self) -> u32 {
        self.format.version
    }

    /// Which of all histories of the clinic the revisions are of: 16 random bytes, drawn when the store was created, raised
    /// from format 1, restored or salvaged. Zeros in a store of format 1 that was not raised.
    pub fn incarnation(&self) -> [u8; 16] {
        let identity = self.format.identity;
        identity.map_or([0; 16], |identity| identity.incarnation)
    }

    /// The revision up to which everything is durable and published.
    pub fn head(&self) -> Revision {
        self.shared.head()
    }

    /// How much room the disk has, looked up now.
    pub fn free_space(&self) -> Result<FreeSpace, Error> {
        let shared = &self.shared;
        let free = space::free_bytes(&*shared.disk, &shared.layout.dir)?;
        let watermark = shared.options.watermark_bytes;
        Ok(FreeSpace {
            free,
            watermark,
            writes_refused: self.read_only || free < watermark,
            opened_full: self.read_only,
        })
    }

    /// Brings the records store up to what is durable now; gives the revision it reflects.
    ///
    /// The engine does so by itself; this is for a backup, and for tests.
    pub async fn checkpoint(&self) -> Result<Revision, Error> {
        self.shared.check()?;
        if self.read_only {
            return Err(self.opened_full());
        }
        let mark = self.on_records(Store::checkpoint).await?;
        Ok(mark.revision)
    }

    fn opened_full(&self) -> Error {
        let shared = &self.shared;
        Error::OpenedFull {
            free: shared.disk.free_bytes(&shared.layout.dir).unwrap_or(0),
            needed: shared.options.watermark_bytes,
        }
    }

    /// As [`Journal::verify`], reading at most so many bytes a second: for whoever has time.
    pub async fn verify_slowly(&self, bytes_a_second: u64) -> Result<Verified, Error> {
        let (shared, mut throttle) = (Arc::clone(&self.shared), Throttle::new(bytes_a_second));
        self.verify_at(move |bytes| {
            throttle.pass(bytes);
            shared.check()
        })
        .await
    }

    async fn verify_at(
        &self,
        mut pace: impl FnMut(u64) -> Result<(), Error> + Send + 'static,
    ) -> Result<Verified, Error> {
        self.shared.check()?;
        let loaded = if self.read_only {
            self.opened().unwrap_or_default()
        } else {
            self.on_records(Store::load).await?
        };
        let shared = Arc::clone(&self.shared);
        blocking(move || verify::verify(&shared, &loaded, &mut pace)).await
    }

    /// Runs a job on the records thread; one that hangs stops the engine.
    async fn on_records<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let keeper = Arc::clone(&self.keeper);
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            keeper.call(job).unwrap_or_else(|Stuck| {
                Err(shared.fail("the records store does not answer".to_owned()))
            })
        })
        .await
    }

    fn opened(&self) -> Option<Loaded> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if self.read_only {
            return opened.clone();
        }
        // Kept for the first load only: the caller has the records from then on.
        opened
            .take()
            .filter(|loaded| loaded.head == self.shared.head())
    }

    /// What the writer answers to a request.
    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Error> {
        let closed = || Error::failed("it was closed");
        let writer = self.writer.as_ref().ok_or_else(closed)?;
        let (answer, answered) = oneshot::channel();
        let sent = writer.requests.send(request(answer)).await;
        sent.map_err(|_| closed())?;
        let answer = answered::unless(writer.requests.closed(), answered).await;
        answer.ok_or_else(|| Error::failed("its writer is gone"))
    }
}

#[async_trait]
impl Journal for Embedded {
    async fn load(&self) -> Result<Loaded, Error> {
        self.shared.check()?;
        match self.opened() {
            Some(loaded) => Ok(loaded),
            None => self.on_records(Store::load).await,
        }
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
        if let Err(error) = self.shared.check() {
            return Appended::Unknown(error);
        }
        if group.is_empty() {
            let head = self.shared.head();
            return if head == after {
                Appended::Durable { head }
            } else {
                Appended::Conflict { head }
            };
        }
        // Encoded here and not on the writer's thread, which is busy syncing the group before.
        let encoded = match Encoded::new(&group, self.shared.options.group_bytes) {
            Ok(encoded) => Box::new(encoded),
            Err(error) => return Appended::Unknown(error),
        };
        let appended = self.ask(|answer| Request::Append {
            after,
            group,
            encoded,
            answer,
        });
        appended.await.unwrap_or_else(Appended::Unknown)
    }

    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
        self.shared.check()?;
        if let Some(commits) = self.shared.recent().read(after, limit) {
            return Ok(commits);
        }
        let shared = Arc::clone(&self.shared);
        blocking(move || read::read(&shared, after, limit)).await
    }

    async fn newest(&self) -> Result<Option<Newest>, Error> {
        self.shared.check()?;
        let shared = Arc::clone(&self.shared);
        blocking(move || read::newest(&shared)).await
    }

    async fn changed(&self, after: Revision) -> Result<Revision, Error> {
        let mut tip = self.shared.tip.subscribe();
        let seen = tip
            .wait_for(|tip| tip.stopped || tip.head > after)
            .await
            .map(|tip| *tip)
            .map_err(|_| Error::failed("it was dropped"))?;
        self.shared.check()?;
        Ok(seen.head)
    }

    async fn verify(&self) -> Result<Verified, Error> {
        self.verify_at(verify::unhurried).await
    }

    fn oldest(&self) -> Revision {
        self.shared.start().revision
    }

    async fn compact(&self, to: Revision) -> Result<Revision, Error> {
        self.compact_telling(to, Arc::new(|commit: &Commit| commit.meta.clone()))
            .await
    }

    async fn accounts(&self, after: Revision, limit: usize) -> Result<Vec<Account>, Error> {
        self.shared.check()?;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let (disk, dir) = (&*shared.disk, &shared.layout.journal);
            let start = shared.start();
            stripped::accounts(disk, dir, after, start.revision, limit)
        })
        .await
    }

    async fn close(&self) -> Result<(), Error> {
        self.ask(|answer| Request::Close { answer }).await?;
        let read_only = self.read_only;
        let closed = self
            .on_records(move |store| {
                if read_only {
                    store.abandon();
                    return Ok(());
                }
                store.close()
            })
            .await;
        self.shared.stop("it was closed".to_owned());
        closed?;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            shared.settle();
            shared.release();
            Ok(())
        })
        .await
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(Handle { requests, thread }) = self.writer.take() {
            drop(requests);
            // A panic there has been printed, and there is nothing left to stop.
            let _ = thread.join();
        }
        let shared = Arc::clone(&self.shared);
        let leave = move |store: &mut Store| {
            store.abandon();
            shared.stop("it was dropped".to_owned());
            shared.release();
        };
        if self.shared.check().is_ok() {
            // One that does not answer keeps the lock, as long as it could still write.
            let _ = self.keeper.call(leave);
        } else {
            // A store that has failed may hang, and whoever restarts from disk shall not wait for it.
            self.keeper.tell(leave);
        }
    }
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::failed(format!("a task was lost: {error}"))),
    }
}
