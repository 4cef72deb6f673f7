//! Durable, ordered commits and the current records.
//!
//! A [`Journal`] keeps two things: the *commits*, densely numbered from 1, each with the records it
//! changed, and the *records* themselves, which are nothing but the fold of those commits. What
//! [`Journal::append`] calls durable survives `kill -9`, a power loss, a full disk and a restart.
//!
//! What it deliberately is not: it knows no clinic. Keys, values, metadata and the times inside them
//! are opaque bytes; it neither decides nor converts anything, and it reads no clock.
//!
//! Start at [`Journal`], then [`embedded`], the engine that keeps log files in the write path and
//! sled behind them. [`memory`] is the same contract without a disk, for the tests of callers.
//!
//! # Promises, each with the test that holds it
//!
//! | promise | test |
//! |---|---|
//! | what was acknowledged survives a power cut at any moment, also during recovery | `tests/power_loss.rs` `cut_power_again_and_again` |
//! | a power cut at *every* disk operation of a script loses nothing | `tests/power_loss.rs` `cut_power_at_every_operation` |
//! | the records folder may come back old, empty or damaged: it is rebuilt | `tests/power_loss.rs` (every round), `tests/records_folder.rs` |
//! | whichever disk operation fails, nothing is acknowledged that is not there afterwards | `tests/faults.rs` `fail_every_operation` |
//! | a torn last group is all there or not at all, and set aside, at every byte | `tests/torn_tail.rs` |
//! | flipped bits anywhere: everything acknowledged, or a refusal; never silently less | `tests/bit_flips.rs`, `tests/salvage.rs` |
//! | a sector that can not be read is refused and the file named, never served wrong, and it is salvaged around | `tests/refusals.rs`, `tests/salvage.rs` |
//! | what is salvaged of a damaged folder is true, and what is listed is all that is missing | `tests/salvage.rs` |
//! | what the newest commit says of itself is known, whatever was compacted or salvaged | `tests/compaction.rs`, `tests/salvage.rs` |
//! | compaction keeps the records, who and when and why, and the chain; cut at any operation, it is done or not | `tests/compaction.rs`, `tests/power_loss.rs`, `tests/faults.rs` |
//! | replay = records = reload | `tests/reopen.rs` `replay_records_and_reload_agree` |
//! | a store of format 1 is raised and has every record as it was | the workspace's `tests/tests/upgrade` |
//! | a newer format, a folder in use, a read-only folder, a foreign folder: one clear refusal | `tests/refusals.rs` |
//! | a full disk refuses writes, keeps serving reads, and comes back | `tests/full_disk.rs` |
//! | frames decode to what was encoded, and nothing else decodes | `src/embedded/frame/tests.rs` |
//! | only `embedded` names sled | the dependency rule in the workspace's `tests` |

use async_trait::async_trait;
use bytes::Bytes;

pub mod answered;
pub mod disk;
pub mod embedded;
mod error;
pub mod memory;
#[cfg(feature = "simulation")]
pub mod simulation;
mod sum;
pub mod throttle;

pub use error::Error;
pub use sum::RecordSum;

/// The number of a commit: dense, from 1; 0 is the empty journal.
pub type Revision = u64;

/// The longest key of a record, in bytes.
pub const MAX_KEY_BYTES: usize = 512;

/// One record as a commit found it and left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The record's key, 1 to [`MAX_KEY_BYTES`] bytes.
    pub key: Bytes,
    /// What the record was before this commit; `None` when there was none.
    ///
    /// The bytes as they were appended: the running count and hash sum are kept from them. A group
    /// with a false before-image is refused ([`Error::FalseBefore`]).
    pub before: Option<Bytes>,
    /// What the record is from this commit on; `None` removes it.
    pub after: Option<Bytes>,
}

/// A commit that has no revision yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewCommit {
    /// The caller's own account of the commit (who, when, why), opaque here.
    pub meta: Bytes,
    /// The changed records, applied in this order.
    pub changes: Vec<Change>,
}

/// A commit as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its number.
    pub revision: Revision,
    /// The caller's own account of the commit, opaque here.
    pub meta: Bytes,
    /// The changed records, in the order they were given.
    pub changes: Vec<Change>,
}

/// What is left of a commit whose content was compacted away: who, when and why, and which records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub revision: Revision,
    /// The caller's own account of the commit, opaque here.
    pub meta: Bytes,
    /// The keys of the changed records, in the order they were given.
    pub keys: Vec<Bytes>,
}

/// What the newest commit that is known of says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its number: the head's, unless commits were lost before a salvage.
    pub revision: Revision,
    /// The caller's own account of the commit, opaque here.
    pub meta: Bytes,
}

/// Every live record as of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The revision the records reflect.
    pub head: Revision,
    /// Key and value of every live record, sorted by key.
    pub records: Vec<(Bytes, Bytes)>,
}

/// What became of an appended group.
#[derive(Debug)]
pub enum Appended {
    /// The whole group is on disk and survives what may come.
    Durable {
        /// The revision of the group's last commit.
        head: Revision,
    },
    /// Nothing was appended: the head is not the revision the caller decided on.
    Conflict {
        /// The head as it is.
        head: Revision,
    },
    /// It can not be said whether the group will be there after a restart, unless
    /// [`Error::nothing_was_written`] says that it will not.
    Unknown(Error),
}

/// What a full check of a journal has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// The revision up to which everything was checked.
    pub head: Revision,
    /// Segment files read.
    pub segments: u64,
    /// Frames (groups) read, their checksums, hashes and chain checked.
    pub frames: u64,
    /// The revision up to which commits are compacted, 0 when none are.
    pub oldest: Revision,
    /// Compacted commits whose accounts were read, their hashes and chain checked.
    pub accounts: u64,
    /// Commits read, dense from the one after `oldest` to `head`.
    pub commits: u64,
    /// Changes folded, each before-image compared with the fold.
    pub changes: u64,
    /// Live records, the fold compared with the records store and with the count and hash sum.
    pub records: u64,
    /// Bytes of journal frames read.
    pub bytes: u64,
}

/// Durable, ordered commits and the records they add up to.
///
/// The trait is narrow and async so that a replicated engine can serve the same caller. One caller
/// appends at a time, in the sense that a group names the head it was decided on; groups may be sent
/// ahead of the answers to earlier ones.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Every live record and the head they reflect.
    async fn load(&self) -> Result<Loaded, Error>;

    /// Appends a group whole or not at all; its commits become the revisions `after + 1` onward.
    ///
    /// An empty group is durable at once when `after` is the head.
    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended;

    /// At most `limit` commits in order, from the first whose revision is greater than `after`.
    /// Empty when `after` is the head (or beyond it), or `limit` is 0. Of an `after` before
    /// [`Journal::oldest`], the first that are kept.
    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error>;

    /// The newest commit's own account, also when a compaction or a salvage has left none of its commits. `None` when none is
    /// known: of an empty journal, and of what was salvaged without a sound commit in it.
    async fn newest(&self) -> Result<Option<Newest>, Error>;

    /// The head, as soon as it is greater than `after`.
    async fn changed(&self, after: Revision) -> Result<Revision, Error>;

    /// Reads everything and compares: chain, checksums, dense revisions, and the fold of the
    /// commits against the records and their count and hash sum.
    async fn verify(&self) -> Result<Verified, Error>;

    /// The earliest revision after which commits are kept: 0 until something is compacted.
    fn oldest(&self) -> Revision;

    /// Lets commits up to `to`, or up to somewhat before it, give way to the records they add up to: their changes are
    /// not kept any more, only their accounts. Gives the oldest revision from then on; it never goes back.
    async fn compact(&self, to: Revision) -> Result<Revision, Error>;

    /// At most `limit` accounts of compacted commits in order, from the first whose revision is greater than
    /// `after`. Those of commits that are kept are not among them, nor those from before a salvage.
    async fn accounts(&self, after: Revision, limit: usize) -> Result<Vec<Account>, Error>;

    /// Brings everything to rest and gives the store up; every later call fails.
    async fn close(&self) -> Result<(), Error>;
}
