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
    let mark = mark(journal, head).await?;
    let path = ring::path(&data.join("keys"));
    if head > 0 && mark.is_none() && opened(&*disk, &path)?.is_none() {
        // Of what was compacted or salvaged no commit may be left that says so.
        let loaded = journal.load().await?;
        if loaded
            .records
            .iter()
            .any(|(_, value)| store::is_sealed(value))
        {
            return Err(KeysError::NoRing(path).into());
        }
    }
    let (data, key_file) = (data.to_owned(), key_file.to_owned());
    let open = move || Keyring::open(disk, &data, &key_file, mark);
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(|error| OpenError::Unreadable(error.to_string()))?;
    Ok(Arc::new(opened?))
}

/// As [`of`], for somebody who only looks: what is not there is not made.
pub(crate) async fn to_look(
    data: &Path,
    key_file: &Path,
    journal: &dyn Journal,
    head: Revision,
) -> Result<Arc<Keyring>, OpenError> {
    let disk = RealDisk;
    let is_there = opened(&disk, &ring::path(&data.join("keys")))?.is_some();
    if !is_there && mark(journal, head).await?.is_none() {
        return Ok(Arc::new(Keyring::in_memory()?));
    }
    of(Arc::new(disk), data, key_file, journal, head).await
}

async fn mark(journal: &dyn Journal, head: Revision) -> Result<Option<Mark>, OpenError> {
    let Some(before) = head.checked_sub(1) else {
        return Ok(None);
    };
    let commits = journal.read(before, 1).await?;
    let newest = commits.first().map(commit::mark).transpose()?;
    Ok(newest.flatten())
}
