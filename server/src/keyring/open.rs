//! Opening the ring that goes with a journal.

use std::path::Path;
use std::sync::Arc;

use treadwell_clinic::Revision;
use treadwell_journal::Journal;
use treadwell_journal::disk::{Disk, RealDisk};

use super::{Keyring, KeysError, Mark, opened, ring};
use crate::convert::store::{self, commit};
use crate::engine::OpenError;

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
    opening(disk, data, key_file, mark).await
}

/// As [`of`], for somebody who only looks: what is not there is not made.
pub(crate) async fn to_look(
    data: &Path,
    key_file: &Path,
    journal: &dyn Journal,
) -> Result<Arc<Keyring>, OpenError> {
    let disk = RealDisk;
    let mark = mark(journal).await?;
    let is_there = opened(&disk, &ring::path(&data.join("keys")))?.is_some();
    if !is_there && mark.is_none() {
        refuse_missing(&disk, data, journal).await?;
        return Ok(Arc::new(Keyring::in_memory()?));
    }
    opening(Arc::new(disk), data, key_file, mark).await
}

async fn opening(
    disk: Arc<dyn Disk>,
    data: &Path,
    key_file: &Path,
    mark: Option<Mark>,
) -> Result<Arc<Keyring>, OpenError> {
    let (data, key_file) = (data.to_owned(), key_file.to_owned());
    let open = move || Keyring::open(disk, &data, &key_file, mark);
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
