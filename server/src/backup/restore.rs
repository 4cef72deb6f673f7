//! Restoring a backup to a new data folder, as the clinic was at any revision that it holds.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use treadwell_clinic::model::{Key, Record};
use treadwell_journal::disk::RealDisk;
use treadwell_journal::embedded::{Embedded, Item, Options};
use treadwell_journal::{Commit, Error, Journal as _};

use super::file::In;
use super::{Header, KEYS};
use crate::audit::{self, Deed, Entry, Ledger};
use crate::clock::{Clock as _, System};
use crate::convert::store::commit::{time_of, time_of_newest};
use crate::convert::store::{self, Opened};
use crate::keyring::{self, Keyring};
use crate::salvage::{copy_file, copy_folder};
use crate::stage::Stage;
use crate::{engine, verify};

mod choice;

use choice::{Choice, Chosen};

/// Nobody waits for a restore but whoever makes it.
const UNHURRIED: u64 = u64::MAX;

/// The moment to which a clinic is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The end of the backup.
    End,
    /// A revision.
    Revision(u64),
    /// The last revision that says that it was made up to this instant, with all that came before it. Where a clock went back, a time
    /// came twice: it is the later one, and revisions before it may say a later time ([`Restored::ahead`]). An instant after the backup,
    /// or before the newest change in what it begins with, is none that it holds.
    Instant(Timestamp),
}

/// What a restore is made of.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The backup's file.
    pub backup: &'a Path,
    /// The folder to create; none when it is only to be said what would be restored.
    pub to: Option<&'a Path>,
    /// The folder in which the newest copy of the folder `keys` lies; that of the backup when it is not named.
    pub keys_in: Option<&'a Path>,
    /// The seal key.
    pub seal_key: &'a Path,
    /// To which moment.
    pub until: Until,
}

/// What was restored, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was taken.
    pub taken_at: Timestamp,
    /// The revisions to which it can be restored: the first and the last.
    pub holds: (u64, u64),
    /// The revision that it was restored to.
    pub revision: u64,
    /// When that was made; none when the backup does not say.
    pub made_at: Option<Timestamp>,
    /// The first revision up to there that says a later time than the instant that was asked for: a clock went back after it.
    pub ahead: Option<u64>,
    /// Records as of that revision. Each was compared, byte by byte, with what the backup's history adds up to.
    pub records: u64,
    /// Of these, records of clients who were erased since, which were replaced by what is left of them.
    pub erased: u64,
    /// Keys of access that were changed after that revision and are as they were before: a sentence for each.
    pub keys: Vec<String>,
    /// What is wrong with the new store; at most [`verify::PROBLEMS`].
    pub problems: Vec<String>,
}

/// Restores a backup. The new folder is there whole or not at all. Blocks, but for what the store's threads do; the error is a sentence for
/// a person.
pub async fn restore(order: &Order<'_>) -> Result<Restored, String> {
    let beside = order.backup.parent().unwrap_or(Path::new("."));
    let keys_in = order.keys_in.unwrap_or(beside);
    let keys = Keyring::of_copy(keys_in, order.seal_key).map_err(|error| error.to_string())?;
    let keys = Arc::new(keys);
    let (header, past, Chosen { moment, ahead }) = read(order, &keys)?;
    let mut restored = Restored {
        taken_at: header.taken_at,
        holds: (header.oldest, header.revision),
        revision: moment.revision,
        made_at: moment.made_at,
        ahead,
        records: past.records.len() as u64,
        erased: 0,
        keys: past.keys(&keys)?,
        problems: Vec::new(),
    };
    let Some(to) = order.to else {
        return Ok(restored);
    };
    let stage = Stage::begin(to).map_err(|error| error.to_string())?;
    let folder = stage.folder();
    write(order, &keys, folder, moment.revision)?;
    copy_folder(&keys_in.join(KEYS), &folder.join(KEYS))?;
    restored.erased = prove(folder, order.seal_key, past.records).await?;
    note(folder, keys, order, &restored).await?;
    let checked = verify::folder(folder, order.seal_key).await?;
    restored.problems = checked.problems;
    let new_key = keyring::beside(to);
    if order.seal_key != new_key && !new_key.exists() {
        copy_file(order.seal_key, &new_key)?;
    }
    stage.finish().map_err(|error| error.to_string())?;
    Ok(restored)
}

/// What a backup's history comes to.
struct Past {
    choice: Choice,
    /// Records as of the revision that is chosen so far.
    records: BTreeMap<Bytes, Bytes>,
    /// What came of records later.
    later: BTreeMap<Bytes, Option<Bytes>>,
}

impl Past {
    /// Takes a commit in, if it belongs to what is wanted.
    fn take(&mut self, commit: &Commit) -> Result<(), String> {
        let at = time_of(commit).map_err(|error| error.to_string())?;
        for change in &commit.changes {
            let value = change.after.as_ref().map(|it| Bytes::copy_from_slice(it));
            let key = Bytes::copy_from_slice(&change.key);
            self.later.insert(key, value);
        }
        if self.choice.see(commit.revision, at) {
            for (key, value) in std::mem::take(&mut self.later) {
                match value {
                    Some(value) => self.records.insert(key, value),
                    None => self.records.remove(&key),
                };
            }
        }
        Ok(())
    }

    /// The keys of access that open what they did not open any more.
    fn keys(&self, keys: &Keyring) -> Result<Vec<String>, String> {
        let read = |key: &Bytes, value: &Bytes| -> Result<Option<Arc<Key>>, String> {
            match store::decode(keys, key, value.clone()) {
                Ok(Opened::Whole(Record::Key(key), _)) => Ok(Some(key)),
                Ok(_) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        };
        let mut sentences = Vec::new();
        let later = self.later.iter();
        for (id, later) in later.filter(|(id, _)| store::is_access_key(id)) {
            let then = self
                .records
                .get(id)
                .map(|value| read(id, value))
                .transpose()?;
            let Some(then) = then.flatten() else {
                continue;
            };
            let later = later.as_ref().map(|value| read(id, value)).transpose()?;
            let what = match later.flatten() {
                Some(later) if later == then => continue,
                Some(later) if later.revoked.is_some() && then.revoked.is_none() => {
                    "was revoked after that, and opens again"
                }
                _ => "was changed after that, and is as it was before",
            };
            sentences.push(format!("{} ({}) {what}", then.id, then.name));
        }
        Ok(sentences)
    }
}

fn open(order: &Order<'_>, keys: &Keyring) -> Result<(Header, In), String> {
    let secret = |header: &Header| {
        if header.house == *keys.house().0 {
            return Ok(keys.backups().clone());
        }
        let what = "it is of another clinic than the key ring; name the folder where its own lies with --keys-in";
        Err(io::Error::new(io::ErrorKind::InvalidInput, what))
    };
    In::open(order.backup, secret, UNHURRIED).map_err(|error| unreadable(order, &error))
}

fn unreadable(order: &Order<'_>, error: &dyn std::fmt::Display) -> String {
    format!(
        "the backup {} can not be restored: {error}",
        order.backup.display()
    )
}

/// Reads a backup to its end, what it was at the moment that is wanted, and which that is.
fn read(order: &Order<'_>, keys: &Keyring) -> Result<(Header, Past, Chosen), String> {
    let (header, mut content) = open(order, keys)?;
    let mut past = Past {
        choice: Choice::begin(order.until, header.oldest),
        records: BTreeMap::new(),
        later: BTreeMap::new(),
    };
    let mut wrong = None;
    let copied = Embedded::read_copy(&mut content, order.backup, &mut |item| {
        match item {
            Item::Newest(newest) => {
                // One that can not be read tells nothing; what it stands for is there all the same.
                if let Ok(at) = time_of_newest(newest) {
                    past.choice.begins(newest.revision, at);
                }
            }
            Item::Record(key, value) => {
                past.records.insert(key.clone(), value.clone());
            }
            Item::Commit(commit) if wrong.is_none() => wrong = past.take(commit).err(),
            Item::Commit(_) => {}
        }
        Ok(())
    });
    copied.map_err(|error| unreadable(order, &error))?;
    if let Some(wrong) = wrong {
        return Err(unreadable(order, &wrong));
    }
    let trail = Embedded::read_copy(&mut content, order.backup, &mut |_| Ok(()));
    trail.map_err(|error| unreadable(order, &error))?;
    content.end().map_err(|error| unreadable(order, &error))?;
    let chosen = past.choice.end(header.taken_at);
    let chosen = chosen.map_err(|error| unreadable(order, &error))?;
    Ok((header, past, chosen))
}

/// Writes the journal up to a revision, and all of the audit trail.
fn write(order: &Order<'_>, keys: &Keyring, folder: &Path, revision: u64) -> Result<(), String> {
    let (_, mut content) = open(order, keys)?;
    let mut restore = |to: &Path, until| {
        let options = Options::default();
        let restored = Embedded::restore(&mut content, order.backup, to, until, &options);
        restored.map_err(|error| unreadable(order, &error))
    };
    restore(folder, Some(revision))?;
    restore(&folder.join(audit::FOLDER), None)?;
    Ok(())
}

/// Opens what was restored and compares it, record for record, with what it has to be; then erases from it whoever was erased since. Gives
/// how many records that were.
async fn prove(
    folder: &Path,
    seal_key: &Path,
    expected: BTreeMap<Bytes, Bytes>,
) -> Result<u64, String> {
    let sentence = |error: Error| error.to_string();
    let opened = Embedded::open(folder, Options::default()).await;
    let (journal, report) = opened.map_err(sentence)?;
    let loaded = journal.load().await.map_err(sentence)?;
    if loaded.records != expected.into_iter().collect::<Vec<_>>() {
        return Err(
            "what was restored is not, record for record, what the backup adds up to; keep both, and tell those who make Treadwell"
                .to_owned(),
        );
    }
    let disk = Arc::new(RealDisk);
    let keys = keyring::open::of(disk, folder, seal_key, &journal, report.head).await;
    let keys = keys.map_err(|error| error.to_string())?;
    let erased = engine::erase_again(&journal, &keys, &System::new()).await;
    let erased = erased.map_err(|error| error.to_string())?;
    journal.close().await.map_err(sentence)?;
    Ok(erased)
}

/// Notes in the audit trail that what followed is of another history.
async fn note(
    folder: &Path,
    keys: Arc<Keyring>,
    order: &Order<'_>,
    restored: &Restored,
) -> Result<(), String> {
    let sentence = |error: Error| error.to_string();
    let opened = Embedded::open(folder.join(audit::FOLDER), Options::default()).await;
    let (trail, _) = opened.map_err(sentence)?;
    let ledger = Ledger::open(Arc::new(trail), keys).await;
    let ledger = ledger.map_err(sentence)?;
    let name = order.backup.file_name().unwrap_or_default();
    let entry = Entry {
        at: System::new().now(),
        key: None,
        address: String::new(),
        deed: Deed::Annotated {
            about: format!("chg-{}", restored.revision),
            client: String::new(),
            text: format!(
                "Restored from the backup {} of revision {}: changes after {} are of another history",
                name.display(),
                restored.holds.1,
                restored.revision
            ),
        },
        more: 0,
    };
    let written = ledger.write(vec![entry]).await;
    ledger.close().await;
    written.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
