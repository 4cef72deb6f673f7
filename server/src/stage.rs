//! A data folder in the making: whole at its place, or not there at all.
//!
//! It is made beside its place under a name of its own, and moved there when it is finished. What was cut
//! short is found by the next one who makes it, and thrown away.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;
use treadwell_journal::disk::{Disk as _, RealDisk};
use treadwell_journal::embedded::Embedded;

/// Why a folder can not be made, or thrown away. Each is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum StageError {
    /// Something is there already.
    #[error("a data folder can not be created at {folder} ({why}); name an empty or a new folder", folder = folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// What is there.
        why: &'static str,
    },
    /// Another process is making the same folder.
    #[error("another process is making {folder}; let it finish, or name another folder", folder = folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Nothing can be moved to where a disk is mounted.
    #[error("{folder} is where a disk is mounted; name a new folder in it", folder = folder.display())]
    Mounted {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder it is to lie in takes nothing.
    #[error("the folder {folder} can not be written; give this user write permission, or name another folder", folder = folder.display())]
    NotWritable {
        /// That folder.
        folder: PathBuf,
    },
    /// The system refuses.
    #[error("can not {doing} {path}: {error}", path = path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The folder that is to be thrown away is in use.
    #[error(transparent)]
    Journal(#[from] treadwell_journal::Error),
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> StageError {
    let path = path.to_owned();
    move |error| StageError::File {
        doing,
        path: path.clone(),
        error,
    }
}

/// A folder in the making. Dropping it unfinished throws it away.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: PathBuf,
    target: PathBuf,
    finished: bool,
    /// Holds the folder's lock: nobody else makes the same one.
    _lock: File,
}

impl Stage {
    /// Begins to make the folder at `target`, which has to be empty or not there.
    pub(crate) fn begin(target: &Path) -> Result<Self, StageError> {
        let target = by_own_name(target);
        refuse_occupied(&target)?;
        Self::beside(target)
    }

    /// An empty folder beside `target`, locked.
    fn beside(target: PathBuf) -> Result<Self, StageError> {
        let name = target
            .file_name()
            .ok_or_else(|| failed("create", &target)(io::ErrorKind::InvalidInput.into()))?;
        let folder = target.with_file_name(format!("{}.unfinished", name.display()));
        RealDisk
            .create_dir(&folder)
            .map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    let folder = target.parent().unwrap_or(&target).to_owned();
                    StageError::NotWritable { folder }
                }
                _ => failed("create", &folder)(error),
            })?;
        let lock = lock(&folder)?;
        clear(&folder)?;
        Ok(Self {
            folder,
            target,
            finished: false,
            _lock: lock,
        })
    }

    /// Where it is made.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves it to its place, for good.
    pub(crate) fn finish(mut self) -> Result<(), StageError> {
        let target = &self.target;
        refuse_occupied(target)?;
        sync(&self.folder)?;
        fs::rename(&self.folder, target).map_err(failed("create", target))?;
        self.finished = true;
        match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
            _ => sync(Path::new(".")),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.finished {
            // It would be thrown away by the next one anyway.
            let _later = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Throws a finished folder away, unless somebody is at work in it.
pub(crate) fn discard(target: &Path) -> Result<(), StageError> {
    let target = by_own_name(target);
    let _lock = Embedded::lock(&target)?;
    // Moved out of its place first: who looks for it meanwhile finds none, and not half of one.
    let stage = Stage::beside(target.clone())?;
    fs::rename(&target, stage.folder()).map_err(failed("remove", &target))?;
    fs::remove_dir_all(stage.folder()).map_err(failed("remove", stage.folder()))
}

/// A folder that is there may be named in many ways; only its own name has a place beside it.
fn by_own_name(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

fn refuse_occupied(target: &Path) -> Result<(), StageError> {
    let occupied = |why| StageError::Occupied {
        folder: target.to_owned(),
        why,
    };
    if Embedded::is_in(target) {
        return Err(occupied("there is one already"));
    }
    match fs::read_dir(target).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(occupied("other files lie there")),
        Ok(false) if is_mounted(target) => Err(StageError::Mounted {
            folder: target.to_owned(),
        }),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("read", target)(error)),
    }
}

fn is_mounted(folder: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).ok();
    let outside = folder.parent().and_then(device);
    outside.is_some() && outside != device(folder)
}

/// Takes a folder's lock, which the system gives back with the process.
fn lock(folder: &Path) -> Result<File, StageError> {
    let busy = || StageError::Busy {
        folder: folder.to_owned(),
    };
    let opened = File::open(folder).map_err(failed("open", folder))?;
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Err(busy()),
        Err(errno) => return Err(failed("lock", folder)(errno.into())),
    }
    // Whoever had it may have moved it to its place meanwhile.
    let which = |folder: io::Result<fs::Metadata>| folder.map(|it| (it.dev(), it.ino())).ok();
    let ours = which(opened.metadata());
    if ours.is_some() && ours == which(fs::metadata(folder)) {
        Ok(opened)
    } else {
        Err(busy())
    }
}

/// Throws away what is left of one that was cut short.
fn clear(folder: &Path) -> Result<(), StageError> {
    let entries = fs::read_dir(folder).map_err(failed("read", folder))?;
    for entry in entries {
        let entry = entry.map_err(failed("read", folder))?;
        let path = entry.path();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(failed("remove", &path))?;
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<(), StageError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed("sync", folder))
}

#[cfg(test)]
mod tests;
