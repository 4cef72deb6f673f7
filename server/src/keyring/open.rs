//! Opening the ring that goes with a journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use treadwell_clinic::Revision;
use treadwell_journal::Journal;
use treadwell_journal::disk::{Disk, File, ReadOnly};

use super::ledger::Ledger;
use super::ring::RingFile;
use super::{Keyring, KeysError, Mark, OnDisk, believed, change, file, opened, ring};
use crate::convert::store::{self, commit};
use crate::engine::OpenError;

impl Keyring {
    /// Opens the ring of a data folder whose newest commit says `mark`, or nothing when it was never sealed. Makes a ring, and
    /// the key file, when there is none and nothing is sealed yet; of a ring that is there nothing is changed before
    /// [`Keyring::mend`]. Blocks.
    ///
    /// Whoever opens it holds the lock of the data folder.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        data: &Path,
        key_file: &Path,
        mark: Option<Mark>,
    ) -> Result<Self, KeysError> {
        let folder = data.join("keys");
        let path = ring::path(&folder);
        let Some(file) = opened(&*disk, &path)? else {
            if mark.is_some() {
                return Err(KeysError::NoRing(path));
            }
            return Self::create(disk, &folder, key_file);
        };
        let (ring, new_key_file) = Self::read_from(disk, file, data, key_file, mark)?;
        if let Some(new) = new_key_file {
            change::finish(&new, key_file)?;
        }
        Ok(ring)
    }

    /// As [`Keyring::open`], for whoever only looks: what is not there is not made, what was cut short is not finished, and what is
    /// there may be where nothing can be written. Blocks.
    pub(crate) fn to_look(
        data: &Path,
        key_file: &Path,
        mark: Option<Mark>,
    ) -> Result<Self, KeysError> {
        let path = ring::path(&data.join("keys"));
        let Some(file) = opened(&ReadOnly, &path)? else {
            return Err(KeysError::NoRing(path));
        };
        let (ring, _) = Self::read_from(Arc::new(ReadOnly), file, data, key_file, mark)?;
        Ok(ring)
    }

    /// The ring whose copy lies among backups, in the folder `keys` of `folder`: for whoever reads one. It is only read.
    pub(crate) fn of_copy(folder: &Path, key_file: &Path) -> Result<Self, KeysError> {
        Self::to_look(folder, key_file, None)
    }

    /// The ring in a file, and the new key file that opens it where a change of the seal key was cut short.
    fn read_from(
        disk: Arc<dyn Disk>,
        file: Arc<dyn File>,
        data: &Path,
        key_file: &Path,
        mark: Option<Mark>,
    ) -> Result<(Self, Option<PathBuf>), KeysError> {
        let folder = data.join("keys");
        let path = ring::path(&folder);
        let Some(secret) = file::read(key_file)? else {
            return Err(KeysError::NoKeyFile {
                key_file: key_file.to_owned(),
                data: data.to_owned(),
            });
        };
        let opened = RingFile::open(Arc::clone(&file), path.clone(), &secret, key_file);
        let ((ring, places), new_key_file) = match opened {
            Err(wrong @ KeysError::WrongKeyFile { .. }) => {
                let (opened, new) = change::cut_short(file, &path, key_file).ok_or(wrong)?;
                (opened, Some(new))
            }
            opened => (opened?, None),
        };
        let (ledger, erasures, more) = Ledger::open(disk, &folder)?;
        let (known, least) = mark.map_or((1, 0), |mark| (mark.places, mark.erasures));
        if ledger.erasures < least {
            return Err(if more {
                KeysError::LedgerDamaged(folder.join("erasures"))
            } else {
                KeysError::Older(path)
            });
        }
        let (house, keys) = believed::of(places, erasures, known, &path)?;
        if mark.is_some_and(|mark| mark.house != house.0) {
            return Err(KeysError::Foreign(path));
        }
        if ring.places < known {
            return Err(KeysError::Older(path));
        }
        let on_disk = OnDisk {
            folder,
            ring,
            ledger,
        };
        Ok((Self::with(&house, keys, Some(on_disk)), new_key_file))
    }
}

/// The ring of a data folder, whose journal is open and has come to `head`. Makes it, and the key file, when nothing is sealed
/// yet and they are not there.
pub(crate) async fn of(
    disk: Arc<dyn Disk>,
    data: &Path,
    key_file: &Path,
    journal: &dyn Journal,
    head: Revision,
) -> Result<Arc<Keyring>, OpenError> {
    let mark = mark(journal).await?;
    if head > 0 && mark.is_none() {
        refuse_missing(&*disk, data, journal).await?;
    }
    let (data, key_file) = (data.to_owned(), key_file.to_owned());
    opening(move || Keyring::open(disk, &data, &key_file, mark)).await
}

/// As [`of`], for somebody who only looks: what is not there is not made.
pub(crate) async fn to_look(
    data: &Path,
    key_file: &Path,
    journal: &dyn Journal,
) -> Result<Arc<Keyring>, OpenError> {
    let mark = mark(journal).await?;
    let is_there = opened(&ReadOnly, &ring::path(&data.join("keys")))?.is_some();
    if !is_there && mark.is_none() {
        refuse_missing(&ReadOnly, data, journal).await?;
        return Ok(Arc::new(Keyring::in_memory()?));
    }
    let (data, key_file) = (data.to_owned(), key_file.to_owned());
    opening(move || Keyring::to_look(&data, &key_file, mark)).await
}

async fn opening(
    open: impl FnOnce() -> Result<Keyring, KeysError> + Send + 'static,
) -> Result<Arc<Keyring>, OpenError> {
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(|error| OpenError::Unreadable(error.to_string()))?;
    Ok(Arc::new(opened?))
}

/// Refuses a store without a ring that has sealed records, and no commit that says so.
async fn refuse_missing(
    disk: &dyn Disk,
    data: &Path,
    journal: &dyn Journal,
) -> Result<(), OpenError> {
    let path = ring::path(&data.join("keys"));
    if opened(disk, &path)?.is_some() {
        return Ok(());
    }
    let loaded = journal.load().await?;
    let mut values = loaded.records.iter().map(|(_, value)| value);
    if values.any(store::is_sealed) {
        return Err(KeysError::NoRing(path).into());
    }
    Ok(())
}

/// How far the ring had come as of the newest commit that is known of; none in format 1.
async fn mark(journal: &dyn Journal) -> Result<Option<Mark>, OpenError> {
    let newest = journal.newest().await?;
    Ok(newest.as_ref().map(commit::mark).transpose()?.flatten())
}
