//! The records store: sled, and everything one has to know to live with it.
//!
//! Nothing here is trusted. Records are as of a checkpoint mark, whole or half written; the journal
//! overwrites what came after the mark, and the count and hash sum say whether the result is right.
//! What sled needs, measured on 0.34.7, is told in `docs/adr/0001-sled-and-its-durability.md`:
//!
//! - `flush` does not sync: the `db` file is synced here after each, and never more than one
//!   sub-batch of 48 KiB is left unsynced.
//! - A torn snapshot makes every later open fail: `.generating` ones are set aside before opening,
//!   `snap.*` when opening fails.
//! - Values beyond the inline bound become files nobody syncs: values are chunked below it.
//! - A damaged store panics: every call is contained.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::beat::Beat;
use super::frame::Link;
use super::quarantine;

mod codec;
#[cfg(test)]
mod tests;

use codec::{CHUNK_BYTES, MARK_KEY};
pub(crate) use codec::{Mark, Slot, chunks_of, try_entries};

/// A sub-batch of records is flushed and synced when it has this many bytes of keys and values.
const BATCH_BYTES: usize = 48 * 1024;

/// sled's page cache; the server keeps every record in memory itself.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// sled reclaims dead space in its background thread only, at this interval.
const RECLAIM_INTERVAL_MS: u64 = 1_000;

/// Why sled could not do what it was asked to; it says no more than this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub(crate) String);

/// What a checkpoint does to one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// The record as it is now.
    pub(crate) after: Option<Bytes>,
    /// The most chunks any of its versions had since the last mark: those beyond the present
    /// version's are removed.
    pub(crate) most_chunks: u16,
}

impl Touched {
    /// Takes another version of the record into account, `after` being the newest.
    pub(crate) fn note(&mut self, before: Option<&Bytes>, after: Option<&Bytes>) {
        for image in [before, after].into_iter().flatten() {
            self.most_chunks = self.most_chunks.max(chunks_of(image));
        }
        self.after = after.cloned();
    }
}

/// What the store held when it was opened.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) records: BTreeMap<Bytes, Slot>,
    pub(crate) mark: Option<Mark>,
}

impl Stored {
    /// The records, sorted by key, if none of them is torn.
    pub(crate) fn whole(self) -> Option<Vec<(Bytes, Bytes)>> {
        whole(self.records)
    }
}

/// The records, sorted by key, if none of them is torn.
pub(crate) fn whole(records: BTreeMap<Bytes, Slot>) -> Option<Vec<(Bytes, Bytes)>> {
    records
        .into_iter()
        .map(|(key, slot)| match slot {
            Slot::Whole(value) => Some((key, value)),
            Slot::Torn => None,
        })
        .collect()
}

/// An open records store. Owned by one thread.
pub(crate) struct Records {
    db: sled::Db,
    /// sled's own log file, opened a second time to sync it.
    db_file: fs::File,
    dir: PathBuf,
    /// A step for each entry that is read, and each sub-batch that is on disk.
    beat: Beat,
}

impl Records {
    /// Creates an empty store whose files and names are on disk when this returns.
    pub(crate) fn create(dir: &Path) -> Result<Records, Fault> {
        let records = Records::open_db(dir)?;
        records.flush()?;
        for file in ["db", "conf"] {
            sync(&dir.join(file))?;
        }
        records.sync_snapshots()?;
        sync(dir)?;
        if let Some(parent) = dir.parent() {
            sync(parent)?;
        }
        Ok(records)
    }

    /// Opens a store, setting aside what would keep sled from opening it; gives the names set aside.
    pub(crate) fn open(dir: &Path, quarantine: &Path) -> Result<(Records, Vec<String>), Fault> {
        if !dir.join("db").is_file() {
            return Err(Fault("it has no log file".to_owned()));
        }
        refuse_blobs(dir)?;
        let mut aside = set_aside(dir, quarantine, |name| name.ends_with(".generating"))?;
        let records = match Records::open_db(dir) {
            Ok(records) => records,
            Err(fault) => {
                let snapshots = set_aside(dir, quarantine, |name| name.starts_with("snap."))?;
                if snapshots.is_empty() {
                    return Err(fault);
                }
                aside.extend(snapshots);
                Records::open_db(dir)?
            }
        };
        refuse_blobs(dir)?;
        // What sled wrote while opening, snapshots above all, it did not sync.
        records.sync()?;
        records.sync_snapshots()?;
        sync(dir)?;
        Ok((records, aside))
    }

    fn open_db(dir: &Path) -> Result<Records, Fault> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(RECLAIM_INTERVAL_MS));
        let db = contain("open", || config.open())?;
        let db_file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(dir.join("db"))
            .map_err(|error| Fault(format!("opening its log file again: {error}")))?;
        Ok(Records {
            db,
            db_file,
            dir: dir.to_owned(),
            beat: Beat::default(),
        })
    }

    /// Lets this one tell that work comes on.
    pub(crate) fn beating(self, beat: &Beat) -> Records {
        let beat = beat.clone();
        Records { beat, ..self }
    }

    /// Reads everything. Only ever called by the thread that also writes: sled's iterators have been
    /// seen to show halves of what another thread was writing.
    pub(crate) fn load(&self) -> Result<Stored, Fault> {
        let mut raw = codec::Collector::default();
        let mut entries = self.db.iter();
        while let Some(entry) = contain("read", || entries.next().transpose())? {
            raw.take(&entry.0, &entry.1)?;
            self.beat.step();
        }
        Ok(raw.finish())
    }

    /// Brings the store to `mark`: the touched records in small synced batches, then the mark alone.
    pub(crate) fn write(
        &self,
        touched: &BTreeMap<Bytes, Touched>,
        mark: &Mark,
    ) -> Result<(), Fault> {
        let mut batch_bytes = 0;
        for (key, record) in touched {
            let value = record.after.as_deref().unwrap_or_default();
            let chunks = record.after.as_deref().map_or(0, chunks_of);
            for index in 0..chunks {
                let (chunk_key, chunk) = codec::chunk(key, value, index);
                let size = chunk_key.len() + chunk.len();
                if batch_bytes > 0 && batch_bytes + size > BATCH_BYTES {
                    self.flush()?;
                    batch_bytes = 0;
                }
                batch_bytes += size;
                contain("write", || self.db.insert(chunk_key, chunk))?;
            }
            for index in chunks..record.most_chunks {
                batch_bytes += key.len();
                contain("remove", || self.db.remove(codec::chunk_key(key, index)))?;
            }
            if batch_bytes > BATCH_BYTES - CHUNK_BYTES {
                self.flush()?;
                batch_bytes = 0;
            }
        }
        if batch_bytes > 0 {
            self.flush()?;
        }
        contain("write the mark", || {
            self.db.insert(MARK_KEY, &mark.encode()[..])
        })?;
        self.flush()
    }

    fn flush(&self) -> Result<(), Fault> {
        contain("flush", || self.db.flush())?;
        self.sync()?;
        self.beat.step();
        Ok(())
    }

    fn sync(&self) -> Result<(), Fault> {
        self.db_file
            .sync_data()
            .map_err(|error| Fault(format!("syncing its log file: {error}")))
    }

    fn sync_snapshots(&self) -> Result<(), Fault> {
        for name in names(&self.dir)? {
            if name.starts_with("snap.") {
                sync(&self.dir.join(name))?;
            }
        }
        Ok(())
    }

    /// Gives the store up. sled flushes when it is dropped, so that too can panic.
    pub(crate) fn close(self) -> Result<(), Fault> {
        let Records { db, .. } = self;
        contain("close", || {
            drop(db);
            Ok(())
        })
    }
}

/// Removes a half-created store, or one the journal replaces, by setting the folder aside.
pub(crate) fn set_folder_aside(dir: &Path, quarantine: &Path) -> io::Result<Option<String>> {
    if !dir.exists() {
        return Ok(None);
    }
    fs::create_dir_all(quarantine)?;
    let existing = fs::read_dir(quarantine)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    let name = quarantine::free_name(&existing, "records");
    fs::rename(dir, quarantine.join(&name))?;
    for folder in [Some(quarantine), dir.parent()].into_iter().flatten() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(Some(name))
}

/// Removes a store with all that its files hold, for good.
pub(crate) fn remove_folder(dir: &Path) -> Result<(), Fault> {
    let gone = |error: io::Error| Fault(format!("removing {}: {error}", dir.display()));
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(gone(error)),
        _ => {}
    }
    dir.parent().map_or(Ok(()), sync)
}

/// Runs one call into sled; a panic in it becomes a fault like any other.
fn contain<T>(doing: &str, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    // Whatever state sled is left in is not used again: a fault ends the store or the engine.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Fault(format!("sled could not {doing}: {error}"))),
        Err(panic) => {
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("nothing");
            Err(Fault(format!("sled panicked ({doing}): {said}")))
        }
    }
}

fn refuse_blobs(dir: &Path) -> Result<(), Fault> {
    let blobs = dir.join("blobs");
    if blobs.is_dir() && !names(&blobs)?.is_empty() {
        return Err(Fault("it has blob files, which nobody syncs".to_owned()));
    }
    Ok(())
}

fn names(dir: &Path) -> Result<Vec<String>, Fault> {
    let read = || -> io::Result<Vec<String>> {
        fs::read_dir(dir)?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect()
    };
    read().map_err(|error| Fault(format!("listing {}: {error}", dir.display())))
}

/// Moves files of the store to the quarantine; gives their names.
fn set_aside(
    dir: &Path,
    quarantine: &Path,
    which: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Fault> {
    let mut moved = Vec::new();
    for name in names(dir)?.into_iter().filter(|name| which(name)) {
        let existing = names(quarantine).unwrap_or_default();
        let aside = quarantine::free_name(&existing, &format!("records-{name}"));
        fs::create_dir_all(quarantine)
            .and_then(|()| fs::rename(dir.join(&name), quarantine.join(&aside)))
            .map_err(|error| Fault(format!("setting {name} aside: {error}")))?;
        moved.push(aside);
    }
    if !moved.is_empty() {
        sync(quarantine)?;
        sync(dir)?;
    }
    Ok(moved)
}

fn sync(path: &Path) -> Result<(), Fault> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| Fault(format!("syncing {}: {error}", path.display())))
}
