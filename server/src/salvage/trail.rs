//! The audit trail of a damaged folder: as it lies there when it is whole, and otherwise what is sound of it.
//!
//! Its entries are commits without records, each sealed for its number. So those that are sound are written anew under their own
//! numbers, and in place of the others it is said that they were lost. That the chain is broken there a check goes on telling.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use treadwell_clinic::Revision;
use treadwell_journal::disk::{Disk, RealDisk};
use treadwell_journal::embedded::{Embedded, Options, Sound};
use treadwell_journal::{Appended, Error, Journal as _, NewCommit};

use super::{Lost, copy};
use crate::audit::{self, Deed, Entry, Mark};
use crate::convert::store;
use crate::keyring::{Keyring, KeysError};

/// So many entries are written at once.
const AT_ONCE: usize = 256;

/// Takes the trail of the data folder `data`, if there is one, into the data folder `to`; gives what of it was damaged, or could not be
/// read from the disk.
pub(super) async fn take(
    disk: &dyn Disk,
    data: &Path,
    to: &Path,
    clinic_id: [u8; 16],
) -> Result<Vec<Lost>, String> {
    let (from, copy) = (data.join(audit::FOLDER), to.join(audit::FOLDER));
    let sentence = |error: Error| format!("the audit trail can not be taken along: {error}");
    let mut lost = copy::folder(disk, &from, &copy)?;
    let is_read = lost.is_empty();
    if !copy.is_dir() || (is_read && is_whole(to, clinic_id).await.map_err(sentence)?) {
        return Ok(named(lost));
    }
    // To look whether it is whole may have changed the copy; but only that can be read where the disk is failing.
    let sound = Embedded::sound(if is_read { &from } else { &copy }).await;
    fs::remove_dir_all(&copy)
        .map_err(|error| format!("{} can not be removed: {error}", copy.display()))?;
    match sound {
        Ok(sound) => {
            let entries = entries(&sound).map_err(|error| error.to_string())?;
            write(&entries, to, clinic_id).await.map_err(sentence)?;
            lost.extend(sound.lost.into_iter().map(|lost| Lost {
                file: match lost.file.strip_prefix(&copy) {
                    Ok(file) => from.join(file),
                    Err(_) => lost.file,
                },
                offset: lost.offset,
                revisions: lost.revisions,
                records: Some(Vec::new()),
                what: lost.what,
            }));
        }
        // The clinic's data need not wait for it. What of it the next start misses it says.
        Err(error) => lost.push(Lost {
            file: from,
            offset: 0,
            revisions: None,
            records: Some(Vec::new()),
            what: format!("nothing of it can be read ({error})"),
        }),
    }
    Ok(named(lost))
}

/// The same, and that it is of the trail.
fn named(mut lost: Vec<Lost>) -> Vec<Lost> {
    for it in &mut lost {
        it.what = format!("of the audit trail: {}", it.what);
    }
    lost
}

/// Opens the trail in a data folder.
async fn open(data: &Path, clinic_id: [u8; 16]) -> Result<Embedded, Error> {
    audit::journal(Arc::new(RealDisk), data, clinic_id, Options::default()).await
}

/// Whether the trail in a data folder opens, and all of it can be read.
async fn is_whole(data: &Path, clinic_id: [u8; 16]) -> Result<bool, Error> {
    if !Embedded::is_in(&data.join(audit::FOLDER)) {
        return Ok(false);
    }
    let read = match open(data, clinic_id).await {
        Ok(journal) => {
            let read = journal.verify().await;
            journal.close().await?;
            read.map(drop)
        }
        Err(error) => Err(error),
    };
    match read {
        Err(Error::Damaged { .. } | Error::NotAStore { .. }) => Ok(false),
        read => read.map(|()| true),
    }
}

async fn write(entries: &[Bytes], data: &Path, clinic_id: [u8; 16]) -> Result<(), Error> {
    let journal = open(data, clinic_id).await?;
    let mut head = 0;
    for some in entries.chunks(AT_ONCE) {
        let commit = |meta: &Bytes| NewCommit {
            meta: meta.clone(),
            changes: Vec::new(),
        };
        match journal
            .append(head, some.iter().map(commit).collect())
            .await
        {
            Appended::Durable { head: new } => head = new,
            Appended::Unknown(error) => return Err(error),
            Appended::Conflict { .. } => unreachable!("nobody else has the new trail"),
        }
    }
    journal.close().await
}

/// Each entry from the first to the last that anything speaks of.
fn entries(sound: &Sound) -> Result<Vec<Bytes>, KeysError> {
    let keys = Keyring::in_memory()?;
    let mut entries: Vec<Bytes> = Vec::new();
    let mut at = Timestamp::UNIX_EPOCH;
    let lose = |entries: &mut Vec<Bytes>, at: Timestamp, until: Revision| {
        for number in entries.len() as u64..until {
            let after = entries.last();
            let after = after.map_or_else(Mark::default, |last| Mark::at(number, last));
            let gap = Entry {
                at,
                key: None,
                address: String::new(),
                deed: Deed::Gap {
                    what: "this entry was damaged, and lost when the store was repaired".to_owned(),
                },
                more: 0,
            };
            entries.push(store::audit::encode(&keys, &after, &gap));
        }
    };
    for commit in &sound.commits {
        lose(&mut entries, at, commit.revision - 1);
        let decoded = store::audit::decode(&keys, commit.revision, commit.meta.clone());
        at = decoded.map_or(at, |it| it.entry.at);
        entries.push(commit.meta.clone());
    }
    lose(&mut entries, at, sound.last);
    Ok(entries)
}

#[cfg(test)]
mod tests;
