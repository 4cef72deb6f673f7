//! What can go wrong, told apart where a caller acts differently.

use std::io;
use std::path::PathBuf;

use crate::Revision;

/// Why a journal refuses or stopped. Each message is one sentence that says what to do; the cause is
/// in [`std::error::Error::source`] and never repeated in the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process (or another engine in this one) holds the data folder.
    #[error("the data folder {} is in use by another process; stop that one first, or name another folder", dir.display())]
    InUse {
        /// The data folder.
        dir: PathBuf,
    },

    /// The folder holds no finished store.
    #[error("{} is not a Treadwell data folder ({why}); create one with `init`, or name another folder", dir.display())]
    NotAStore {
        /// The folder that was named.
        dir: PathBuf,
        /// What was found instead.
        why: String,
    },

    /// A store can not be created where there is one, or where other files lie.
    #[error("a data folder can not be created at {} ({why}); name an empty or a new folder", dir.display())]
    Exists {
        /// The folder that was named.
        dir: PathBuf,
        /// What is in the way.
        why: String,
    },

    /// The store was written by a newer release.
    #[error(
        "the data folder has format {found} and this release reads up to format {supported}; use the release that wrote it, or a newer one"
    )]
    NewerFormat {
        /// The format version on disk.
        found: u32,
        /// The newest format version this release knows.
        supported: u32,
    },

    /// The folder or a file in it can not be written.
    #[error("the data folder {} can not be written; give this user write permission, or name another folder", dir.display())]
    NotWritable {
        /// The data folder.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// What is on disk contradicts itself, and serving it could hide lost commits.
    #[error("{} is damaged at revision {revision}: {what}; {remedy}", file.display())]
    Damaged {
        /// The file at fault.
        file: PathBuf,
        /// The revision at which the damage shows.
        revision: Revision,
        /// What was found.
        what: String,
        /// What to do about it.
        remedy: String,
    },

    /// There is too little free space to accept writes; reads go on.
    #[error(
        "the disk of the data folder is full ({free} bytes free, {needed} needed); free some space, writes are refused until then"
    )]
    Full {
        /// Bytes free now.
        free: u64,
        /// Bytes that must be free for writes to be accepted.
        needed: u64,
    },

    /// The disk was full when the store was opened, so that this run writes nothing; reads go on.
    #[error(
        "the disk of the data folder was full when it was opened ({free} bytes free now, {needed} needed); free some space if there is less, then start again"
    )]
    OpenedFull {
        /// Bytes free now.
        free: u64,
        /// Bytes that must be free at the start for writes to be accepted.
        needed: u64,
    },

    /// The system refused an operation on a file.
    #[error("can not {doing} {}; check the disk, then start again", file.display())]
    Io {
        /// What was being done, as a verb: "read", "write", "sync".
        doing: &'static str,
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A copy can not be restored to that revision.
    #[error(
        "the copy holds the revisions {oldest} to {newest}, and not {asked}; name one of these, or another copy"
    )]
    NoSuchRevision {
        /// The revision that was asked for.
        asked: Revision,
        /// The first to which it can be restored.
        oldest: Revision,
        /// The last.
        newest: Revision,
    },

    /// The engine stopped after an earlier storage error, or was closed; only a restart helps.
    #[error("the journal has stopped ({reason}); start again, it recovers from disk")]
    Failed {
        /// What stopped it.
        reason: String,
    },

    /// A commit's before-image is not what the record is; nothing was appended.
    #[error(
        "the before-image of record {key} is not what the record is; correct the caller, which must give the bytes as they are stored"
    )]
    FalseBefore {
        /// The record's key, escaped.
        key: String,
    },

    /// A key, value or group exceeds its bound.
    #[error("{what} has {size} bytes and may have at most {limit}; make it smaller")]
    TooLarge {
        /// What is too large: "a key", "a group".
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
}

impl Error {
    /// Whether an append that ended in this error is known to have written nothing, so that the
    /// engine stands and the caller may go on (refuse the request, try again later).
    pub fn nothing_was_written(&self) -> bool {
        matches!(
            self,
            Error::Full { .. }
                | Error::OpenedFull { .. }
                | Error::TooLarge { .. }
                | Error::FalseBefore { .. }
        )
    }

    pub(crate) fn io(doing: &'static str, file: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Io {
            doing,
            file: file.into(),
            source,
        }
    }

    pub(crate) fn false_before(key: &[u8]) -> Error {
        Error::FalseBefore {
            key: key.escape_ascii().to_string(),
        }
    }

    pub(crate) fn failed(reason: impl Into<String>) -> Error {
        Error::Failed {
            reason: reason.into(),
        }
    }
}
