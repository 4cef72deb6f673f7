//! Backups: an encrypted file for each, taken while the server runs, read back before it counts, by schedule and when asked.
//!
//! A backup is one file that needs no other but the key ring: all of the journal from its base on, as of one revision, and the
//! audit trail. So it can be restored to any revision from its base on ([`restore()`]). The ring is not in it: beside the files lies one copy
//! of the ring, which follows it. So whoever is erased is erased from every backup, too.
//!
//! What it deliberately is not: it carries nothing to another machine. Whatever copies files does.

mod file;
mod folder;
mod follow;
mod restore;
mod retention;
mod schedule;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::task::JoinHandle;
use treadwell_journal::disk::{Disk as _, RealDisk};
use treadwell_journal::embedded::{Copied, Embedded};

pub(crate) use file::{Asked, Header, try_header};
pub(crate) use folder::newest;
pub use restore::{Order, Restored, Until, restore};

use crate::config;
use crate::convert::store::hex;
use crate::engine::Engine;
use crate::keyring::{Keyring, KeysError};
use crate::lock::locked;
use file::{ENDING, In, Out, UNFINISHED};
use follow::Following;

/// So many bytes are written, and read back, a second at most. See `docs/trust.md` for what that costs those who book.
const BYTES_A_SECOND: u64 = 32 << 20;

/// So much is left free by a backup, beside what the clinic needs to go on: it writes on while one is taken.
const ROOM: u64 = 64 << 20;

/// The folder of the ring's copy, among the backups.
const KEYS: &str = "keys";

/// A backup that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backup {
    /// Its file's name, without the ending.
    pub(crate) name: String,
    pub(crate) header: Header,
    /// Bytes of its file.
    pub(crate) bytes: u64,
}

/// Why a backup was not taken. What was begun of it is gone.
#[derive(Debug, Error)]
pub(crate) enum NotTaken {
    /// There is nowhere to put one.
    #[error(
        "no backups are taken: name a folder for them in the configuration ([backup], folder), and restart the server"
    )]
    NoFolder,
    /// The folder is not there.
    #[error("the backup folder {folder} is not there; mount its disk, or make it", folder = .0.display())]
    Missing(PathBuf),
    /// There is too little room.
    #[error("the disk of the backup folder {folder} has {free} bytes free, and {needed} are needed; make room, or let fewer be kept ([backup], keep_hours and others)", folder = folder.display())]
    Full {
        /// The folder.
        folder: PathBuf,
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// What was written is not what is read.
    #[error("the backup {path} does not read back as it was written ({1}); look at its disk", path = .0.display())]
    NotSound(PathBuf, String),
    /// The system refuses.
    #[error("can not write to the backup folder {folder}: {error}", folder = folder.display())]
    File {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The journal can not be copied.
    #[error(transparent)]
    Journal(#[from] treadwell_journal::Error),
    /// The ring can not be copied.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What became of the last ones.
#[derive(Debug, Default)]
struct State {
    newest: Option<Backup>,
    /// Why the last one was not taken; empty when it was.
    problem: String,
    taken: u64,
    failed: u64,
    /// When the next one is due.
    due: Option<Timestamp>,
    /// Since when the schedule is at work, if it is.
    begun: Option<Timestamp>,
}

/// The backups of a running server. Clones share them.
#[derive(Clone)]
pub(crate) struct Backups(Arc<Parts>);

struct Parts {
    config: Option<config::Backup>,
    engine: Engine,
    journal: Arc<Embedded>,
    trail: Arc<Embedded>,
    /// Held while one is taken.
    taking: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    following: Mutex<Following>,
}

impl Backups {
    /// Those of a server with these journals.
    pub(crate) fn new(
        config: Option<config::Backup>,
        engine: Engine,
        journal: Arc<Embedded>,
        trail: Arc<Embedded>,
    ) -> Self {
        Self(Arc::new(Parts {
            config,
            engine,
            journal,
            trail,
            taking: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            following: Mutex::default(),
        }))
    }

    /// The newest one.
    pub(crate) fn newest(&self) -> Option<Backup> {
        locked(&self.0.state).newest.clone()
    }

    /// When the next one is due by the schedule.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        locked(&self.0.state).due
    }

    /// Why the last one was not taken, or is not although it was begun long ago; empty when it was.
    pub(crate) fn problem(&self) -> String {
        let late = self.late();
        late.unwrap_or_else(|| locked(&self.0.state).problem.clone())
    }

    /// How many were taken, and how many could not be, since the server was started.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let state = locked(&self.0.state);
        (state.taken, state.failed)
    }

    /// What whoever runs the server has to see to, a sentence each.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        let problem = Some(self.problem()).filter(|problem| !problem.is_empty());
        let not_taken = problem.map(|why| format!("The last backup was not taken: {why}"));
        let of_keys = [self.not_followed(), self.put_aside()];
        not_taken.into_iter().chain(of_keys.into_iter().flatten())
    }

    /// Looks whether one could be taken.
    pub(crate) async fn check(&self) -> Result<(), NotTaken> {
        let config = self.0.config.clone().ok_or(NotTaken::NoFolder)?;
        let (journal, trail) = (&self.0.journal, &self.0.trail);
        // On whatever disk: whether two folders share their room is not told by the names of their devices.
        let left = ROOM.saturating_add(journal.free_space()?.watermark);
        let needed = left.saturating_add(journal.size()? + trail.size()?);
        blocking(move || folder::has_room(&config.folder, needed)).await
    }

    /// As [`Backups::check`]; where there is too little room, what is not to be kept any more makes some first.
    async fn make_room(&self, config: &config::Backup) -> Result<(), NotTaken> {
        match self.check().await {
            Err(NotTaken::Full { .. }) => {
                self.prune(config, self.0.engine.now()).await;
                self.check().await
            }
            checked => checked,
        }
    }

    /// Removes what is not to be kept as of `now`. What could not be removed takes room, and is tried again with the next one.
    async fn prune(&self, config: &config::Backup, now: Timestamp) {
        let (folder, keep) = (config.folder.clone(), config.keep);
        let clinic_id = self.0.journal.clinic_id();
        let pruned = blocking(move || folder::prune(&folder, clinic_id, now, keep)).await;
        if let Err(error) = pruned {
            tracing::warn!(%error, "old backups could not be removed");
        }
    }

    /// Takes one now, after the one that is under way; for a request that has one already, gives that.
    ///
    /// It comes to its end whoever waits for it: the next one writes to the same file.
    pub(crate) async fn take(&self, asked: Asked) -> Result<Backup, NotTaken> {
        let backups = self.clone();
        ended(tokio::spawn(
            async move { backups.take_in_turn(asked).await },
        ))
        .await
    }

    async fn take_in_turn(&self, asked: Asked) -> Result<Backup, NotTaken> {
        let _alone = self.0.taking.lock().await;
        if matches!(asked, Asked::For(Some(_)))
            && let Some(taken) = self
                .list()
                .await?
                .into_iter()
                .find(|it| it.header.asked == asked)
        {
            return Ok(taken);
        }
        let taken = self.take_alone(asked).await;
        let mut state = locked(&self.0.state);
        match &taken {
            Ok(backup) => {
                tracing::info!(
                    name = backup.name,
                    revision = backup.header.revision,
                    bytes = backup.bytes,
                    "a backup was taken and read back"
                );
                state.taken += 1;
                state.problem.clear();
                state.newest = Some(backup.clone());
            }
            Err(error) => {
                tracing::error!(%error, "NO BACKUP WAS TAKEN");
                state.failed += 1;
                state.problem = error.to_string();
            }
        }
        drop(state);
        taken
    }

    async fn take_alone(&self, asked: Asked) -> Result<Backup, NotTaken> {
        let config = self.0.config.as_ref().ok_or(NotTaken::NoFolder)?;
        self.make_room(config).await?;
        let clinic_id = hex(&self.0.journal.clinic_id());
        // Clinics that were given one folder by mistake do not write over each other: the second one finds the first one's keys there.
        let unfinished = config.folder.join(format!("{clinic_id}{UNFINISHED}"));
        let taken = match self.put(&unfinished, &config.folder, asked).await {
            Ok(taken) => taken,
            Err(error) => {
                // It would only take room. The next one is written over it.
                let _later = fs::remove_file(&unfinished);
                return Err(error);
            }
        };
        self.prune(config, taken.header.taken_at).await;
        Ok(taken)
    }

    /// Writes a backup, and gives it its name in the folder when it counts.
    async fn put(
        &self,
        unfinished: &Path,
        folder: &Path,
        asked: Asked,
    ) -> Result<Backup, NotTaken> {
        let written = self.write(unfinished, self.0.engine.keys(), asked).await?;
        // Before the backup counts: whatever opens one has to be there.
        self.follow(folder).await?;
        let (unfinished, folder) = (unfinished.to_owned(), folder.to_owned());
        blocking(move || {
            let path = folder.join(format!("{}{ENDING}", written.name));
            let put = || {
                fs::rename(&unfinished, &path)?;
                RealDisk.sync_dir(&folder)
            };
            put().map_err(failed(&folder))?;
            Ok(written)
        })
        .await
    }

    /// Writes a backup to a file, and reads it back.
    async fn write(
        &self,
        path: &Path,
        keys: &Arc<Keyring>,
        asked: Asked,
    ) -> Result<Backup, NotTaken> {
        let (of, to, taken_at) = (Arc::clone(keys), path.to_owned(), self.0.engine.now());
        let begin = move |copied: &Copied| {
            let header = Header {
                clinic_id: copied.clinic_id,
                house: *of.house().0,
                taken_at,
                revision: copied.head,
                oldest: copied.oldest,
                records: copied.records,
                asked,
            };
            Out::create(&to, of.backups(), &header, BYTES_A_SECOND)
        };
        let (out, copied) = self.0.journal.copy(path, begin).await?;
        // After the journal: a commit says how far the trail had come.
        let (out, trail) = self.0.trail.copy(path, move |_| Ok(out)).await?;
        let (path, keys) = (path.to_owned(), Arc::clone(keys));
        blocking(move || {
            out.finish().map_err(failed(&path))?;
            let not_sound = |why: String| NotTaken::NotSound(path.clone(), why);
            let read = read_back(&path, &keys).map_err(not_sound)?;
            if (read.journal, read.trail) != (copied, trail) {
                return Err(not_sound("it holds something else".to_owned()));
            }
            let bytes = fs::metadata(&path).map_err(failed(&path))?.len();
            Ok(Backup {
                name: read.header.name(),
                header: read.header,
                bytes,
            })
        })
        .await
    }

    /// Those that are there, the newest first; behind them those that are stamped ahead of now.
    pub(crate) async fn list(&self) -> Result<Vec<Backup>, NotTaken> {
        let Some(config) = self.0.config.clone() else {
            return Ok(Vec::new());
        };
        let (clinic_id, now) = (self.0.journal.clinic_id(), self.0.engine.now());
        blocking(move || folder::list(&config.folder, clinic_id, now)).await
    }
}

impl fmt::Debug for Backups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backups").finish_non_exhaustive()
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NotTaken> + Send + 'static,
) -> Result<T, NotTaken> {
    ended(tokio::task::spawn_blocking(work)).await
}

async fn ended<T>(work: JoinHandle<Result<T, NotTaken>>) -> Result<T, NotTaken> {
    match work.await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn failed(folder: &Path) -> impl Fn(io::Error) -> NotTaken {
    let folder = folder.to_owned();
    move |error| match error.kind() {
        io::ErrorKind::NotFound => NotTaken::Missing(folder.clone()),
        _ => NotTaken::File {
            folder: folder.clone(),
            error,
        },
    }
}

/// What a backup holds.
struct ReadBack {
    header: Header,
    journal: Copied,
    trail: Copied,
}

/// Reads a backup to its end.
fn read_back(path: &Path, keys: &Keyring) -> Result<ReadBack, String> {
    let sentence = |error: io::Error| error.to_string();
    let secret = |_: &Header| Ok(keys.backups().clone());
    let (header, mut content) = In::open(path, secret, BYTES_A_SECOND).map_err(sentence)?;
    let mut copied = || {
        let read = Embedded::read_copy(&mut content, path, &mut |_| Ok(()));
        read.map_err(|error| error.to_string())
    };
    let (journal, trail) = (copied()?, copied()?);
    content.end().map_err(sentence)?;
    Ok(ReadBack {
        header,
        journal,
        trail,
    })
}

#[cfg(test)]
mod tests;
