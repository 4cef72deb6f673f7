//! Why keys can not be had, each told apart.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the keys of a clinic can not be had. Each is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The ring is there, and what opens it is not.
    #[error("the seal key {key_file} is not there, and the clinic in {data} is sealed with it; put the copy of it back, or name it with --seal-key", key_file = key_file.display(), data = data.display())]
    NoKeyFile {
        /// Where it was looked for.
        key_file: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// Others than its owner can read or write the key file.
    #[error("the seal key {path} can be read by others than its owner; allow nobody else with `chmod 600 {path}`", path = .0.display())]
    KeyFileOpen(PathBuf),
    /// It is not what was written.
    #[error("{path} is not a seal key, or was changed; put the copy of the clinic's seal key back, or name it with --seal-key", path = .0.display())]
    KeyFileDamaged(PathBuf),
    /// It is sound, and of another ring.
    #[error("the seal key {key_file} does not open the key ring {ring}: it is another clinic's, or was changed for another since; name the right one with --seal-key", key_file = key_file.display(), ring = ring.display())]
    WrongKeyFile {
        /// The key file.
        key_file: PathBuf,
        /// The ring.
        ring: PathBuf,
    },
    /// The store is sealed, and its ring is gone.
    #[error("the key ring {path} is missing, and the clinic is sealed with it; put the newest copy of that folder back", path = .0.display())]
    NoRing(PathBuf),
    /// It is not what was written.
    #[error("the key ring {path} is damaged; put the newest copy of its folder back", path = .0.display())]
    RingDamaged(PathBuf),
    /// The ledger is not what was written.
    #[error("the ledger of erasures {path} is damaged or missing; put the newest copy of its folder back", path = .0.display())]
    LedgerDamaged(PathBuf),
    /// The store was sealed with a later state of the ring.
    #[error("the key ring {path} is older than the store: it lacks keys that were made since, or knows nothing of erasures; put the newest copy of its folder back", path = .0.display())]
    Older(PathBuf),
    /// The store was sealed with another ring.
    #[error("the key ring {path} is another clinic's; put the newest copy of this clinic's folder back", path = .0.display())]
    Foreign(PathBuf),
    /// The system refuses to read or make the key file.
    #[error("can not {doing} the seal key {path}: {error}; name another place for it with --seal-key, or allow this one", path = path.display())]
    KeyFile {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The key file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system refuses an operation on the ring or the ledger.
    #[error("can not {doing} {path}: {error}; check the disk, then start again", path = path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system has no randomness to give.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl KeysError {
    pub(super) fn io(doing: &'static str, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { doing, path, error }
    }

    /// Whether it is for want of room alone.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull)
    }
}
