//! The folder of backups: which are there, which of them is the newest, which go, and whether there is room for one more.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use treadwell_journal::disk::{Disk as _, RealDisk};

use super::file::{self, ENDING};
use super::retention::{self, Taken};
use super::{Asked, Backup, NotTaken, failed};
use crate::clock::{Clock as _, System};
use crate::config::Keep;

/// Whether the folder is there, and has so much room. A folder that is not there is not made: its disk may not be mounted.
pub(super) fn has_room(folder: &Path, needed: u64) -> Result<(), NotTaken> {
    if !folder.is_dir() {
        return Err(NotTaken::Missing(folder.to_owned()));
    }
    let free = RealDisk.free_bytes(folder).map_err(failed(folder))?;
    if free < needed {
        return Err(NotTaken::Full {
            folder: folder.to_owned(),
            free,
            needed,
        });
    }
    Ok(())
}

/// When the newest backup in a folder was begun, whosever it is.
pub(crate) fn newest(folder: &Path) -> Result<Option<Timestamp>, NotTaken> {
    let mut backups = read(folder)?;
    sort(&mut backups, System::new().now());
    Ok(backups.first().map(|it| it.header.taken_at))
}

/// A clinic's backups in a folder, the newest first. What is not one is passed over. Those that are stamped ahead of `now` come last: the
/// clock was wrong when they were taken, or is now.
pub(super) fn list(
    folder: &Path,
    clinic_id: [u8; 16],
    now: Timestamp,
) -> Result<Vec<Backup>, NotTaken> {
    let mut backups = read(folder)?;
    backups.retain(|it| it.header.clinic_id == clinic_id);
    sort(&mut backups, now);
    Ok(backups)
}

fn sort(backups: &mut [Backup], now: Timestamp) {
    backups.sort_unstable_by_key(|it| {
        let at = it.header.taken_at;
        std::cmp::Reverse((at <= now, at, it.header.revision))
    });
}

fn read(folder: &Path) -> Result<Vec<Backup>, NotTaken> {
    let mut backups = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let file = entry.file_name();
        let Some(name) = file.to_str().and_then(|name| name.strip_suffix(ENDING)) else {
            continue;
        };
        match file::header(&entry.path()) {
            Ok(header) => backups.push(Backup {
                name: name.to_owned(),
                header,
                bytes: entry.metadata().map_err(failed(folder))?.len(),
            }),
            Err(error) => {
                let path = entry.path();
                tracing::warn!(path = %path.display(), %error, "a file among the backups can not be read");
            }
        }
    }
    Ok(backups)
}

/// Removes what is not to be kept. With the instant of a backup for `now` that one is the newest, and stays.
pub(super) fn prune(
    folder: &Path,
    clinic_id: [u8; 16],
    now: Timestamp,
    keep: Keep,
) -> Result<(), NotTaken> {
    let backups = list(folder, clinic_id, now)?;
    let taken = backups.iter().map(|it| Taken {
        at: it.header.taken_at,
        revision: it.header.revision,
        is_asked_for: it.header.asked != Asked::No,
    });
    let kept = retention::kept(&taken.collect::<Vec<_>>(), now, keep);
    for (backup, kept) in backups.iter().zip(kept) {
        if !kept {
            let path = folder.join(format!("{}{ENDING}", backup.name));
            fs::remove_file(&path).map_err(failed(folder))?;
            tracing::info!(name = backup.name, "an old backup was removed");
        }
    }
    Ok(())
}
