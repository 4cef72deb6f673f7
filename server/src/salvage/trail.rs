//! The audit trail of a damaged folder: as it lies there when it is whole, and otherwise what is sound of it.
//!
//! Its entries are commits without records, each sealed for its number. So those that are sound are written anew under their own
//! numbers, and in place of the others it is said that they were lost.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use treadwell_clinic::Revision;
use treadwell_journal::disk::copy_folder;
use treadwell_journal::embedded::{Embedded, Options, Sound};
use treadwell_journal::{Appended, Error, Journal as _, NewCommit};

use super::Lost;
use crate::convert::store::audit;
use crate::server::{AUDIT, trail_options};

/// So many entries are written at once.
const AT_ONCE: usize = 256;

/// Takes the trail of the data folder `from`, if there is one, into the data folder `to`; gives what of it was damaged.
pub(super) async fn take(
    from: &Path,
    to: &Path,
    clinic_id: [u8; 16],
) -> Result<Vec<Lost>, String> {
    let (from, to) = (from.join(AUDIT), to.join(AUDIT));
    if !from.is_dir() {
        return Ok(Vec::new());
    }
    let sentence = |error: Error| format!("the audit trail can not be taken along: {error}");
    let file = |error: std::io::Error| format!("{} can not be copied: {error}", from.display());
    copy_folder(&from, &to).map_err(file)?;
    match whole(&to).await {
        Ok(()) => return Ok(Vec::new()),
        Err(Error::Damaged { .. } | Error::NotAStore { .. }) => {}
        Err(error) => return Err(sentence(error)),
    }
    fs::remove_dir_all(&to).map_err(file)?;
    let sound = Embedded::sound(&from).await.map_err(sentence)?;
    write(&sound, &to, clinic_id).await.map_err(sentence)?;
    let lost = sound.lost.into_iter().map(|lost| Lost {
        file: lost.file,
        offset: lost.offset,
        revisions: lost.revisions,
        records: Some(Vec::new()),
        what: format!("of the audit trail: {}", lost.what),
    });
    Ok(lost.collect())
}

/// Opens and reads all of a trail.
async fn whole(trail: &Path) -> Result<(), Error> {
    let (journal, _) = Embedded::open(trail, trail_options(Options::default())).await?;
    let read = journal.verify().await;
    journal.close().await?;
    read.map(drop)
}

async fn write(sound: &Sound, to: &Path, clinic_id: [u8; 16]) -> Result<(), Error> {
    let options = trail_options(Options::default());
    let (journal, _) = Embedded::create(to, clinic_id, options).await?;
    let mut head = 0;
    for some in entries(sound).chunks(AT_ONCE) {
        let commit = |meta: &Bytes| NewCommit {
            meta: meta.clone(),
            changes: Vec::new(),
        };
        match journal.append(head, some.iter().map(commit).collect()).await {
            Appended::Durable { head: new } => head = new,
            Appended::Unknown(error) => return Err(error),
            Appended::Conflict { .. } => unreachable!("nobody else has the new trail"),
        }
    }
    journal.close().await
}

/// Each entry from the first to the last that anything speaks of.
fn entries(sound: &Sound) -> Vec<Bytes> {
    let mut entries: Vec<Bytes> = Vec::new();
    let lose = |entries: &mut Vec<Bytes>, until: Revision| {
        for number in entries.len() as u64 + 1..=until {
            let lost = audit::lost(number, entries.last());
            entries.push(lost);
        }
    };
    for commit in &sound.commits {
        lose(&mut entries, commit.revision - 1);
        entries.push(commit.meta.clone());
    }
    lose(&mut entries, sound.last);
    entries
}

#[cfg(test)]
mod tests;
