//! Creating a store, so that a cut at any moment leaves a creation that can be made again.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::base::number_in;
use super::format::{FORMAT_VERSION, Format, Identity};
use super::frame::genesis;
use super::keeper::{Keeper, Store, Stuck};
use super::open::{lock, not_writable, open_locked};
use super::options::Options;
use super::records::{Mark, set_folder_aside};
use super::segment::{Reader, name, preallocate};
use super::shared::Layout;
use super::stripped;
use super::{Embedded, OpenReport};
use crate::Error;
use crate::disk::{Disk, Lock};

/// What a creation makes; anything else in the folder belongs to somebody.
const OWN_NAMES: [&str; 8] = [
    "FORMAT.new",
    "LOCK",
    "REACHED",
    "REACHED.new",
    "ballast",
    "journal",
    "quarantine",
    "records",
];

/// Creates a store and opens it.
pub(crate) fn create(
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    clinic_id: [u8; 16],
    options: Options,
) -> Result<(Embedded, OpenReport), Error> {
    let layout = Layout::new(dir);
    let options = options.within_bounds();
    let lock = claim(&*disk, &layout)?;
    create_journal(&*disk, &layout, &options).map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull => Error::Full {
            free: disk.free_bytes(&layout.dir).unwrap_or(0),
            needed: 2 * options.segment_bytes + options.ballast_bytes,
        },
        _ => Error::io("create a store in", &layout.dir, error),
    })?;
    create_records(&layout, &options, clinic_id)?;
    let format = Format {
        version: FORMAT_VERSION,
        clinic_id,
        identity: Some(Identity::draw(0)?),
    };
    format.write(&*disk, &layout)?;
    open_locked(disk, layout, options, lock)
}

/// Makes the folder if it has to, and takes its lock; refuses one in which anything lies that a creation does not make.
pub(crate) fn claim(disk: &dyn Disk, layout: &Layout) -> Result<Lock, Error> {
    disk.create_dir(&layout.dir)
        .map_err(|error| not_writable(layout, error))?;
    refuse_occupied(disk, layout)?;
    let lock = lock(disk, layout)?;
    // Again, under the lock: another process may have finished a store in between.
    refuse_occupied(disk, layout)?;
    Ok(lock)
}

fn refuse_occupied(disk: &dyn Disk, layout: &Layout) -> Result<(), Error> {
    let exists = |why: &str| Error::Exists {
        dir: layout.dir.clone(),
        why: why.to_owned(),
    };
    let names = disk
        .list(&layout.dir)
        .map_err(|error| not_writable(layout, error))?;
    if names.iter().any(|name| name == "FORMAT") {
        return Err(exists("there is one already"));
    }
    if names.iter().any(|name| !OWN_NAMES.contains(&name.as_str())) {
        return Err(exists("other files lie there"));
    }
    // A FORMAT that was deleted must not cost the journal beside it. Any frame in it tells: bytes that
    // are none are what a creation cut short may leave of its zeros.
    for segment in disk.list(&layout.journal).unwrap_or_default() {
        let compacted = [".base", stripped::ENDING]
            .iter()
            .any(|ending| number_in(&segment, ending).is_some());
        let path = layout.journal.join(segment);
        let file = disk
            .open(&path)
            .map_err(|error| Error::io("open", &path, error))?;
        let mut reader = Reader::new(&*file, &path)?;
        if compacted || reader.find_header_after(0, 0)?.is_some() {
            return Err(exists("it has commits, and FORMAT alone is missing"));
        }
    }
    Ok(())
}

fn create_journal(disk: &dyn Disk, layout: &Layout, options: &Options) -> io::Result<()> {
    for dir in [&layout.journal, &layout.quarantine] {
        disk.create_dir(dir)?;
    }
    for leftover in disk.list(&layout.journal)? {
        disk.remove(&layout.journal.join(leftover))?;
    }
    match disk.remove(&layout.reached()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    preallocate(disk, &layout.journal.join(name(1)), options.segment_bytes)?;
    preallocate(disk, &layout.ballast(), options.ballast_bytes)?;
    disk.sync_dir(&layout.journal)?;
    disk.sync_dir(&layout.quarantine)?;
    disk.sync_dir(&layout.dir)?;
    match layout
        .dir
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}

fn create_records(layout: &Layout, options: &Options, clinic_id: [u8; 16]) -> Result<(), Error> {
    let records = &layout.records;
    let error = |error| Error::io("create", records, error);
    set_folder_aside(records, &layout.quarantine).map_err(error)?;
    let keeper = Keeper::start(
        records,
        &layout.quarantine,
        options.checkpoint_interval,
        options.records_timeout,
    )
    .map_err(error)?;
    let mark = Mark {
        revision: 0,
        link: genesis(clinic_id),
    };
    let made = keeper.call(move |store: &mut Store| {
        store.create()?;
        let made = store.fill(std::collections::BTreeMap::new(), mark);
        store.abandon();
        made
    });
    match made {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(error(io::Error::other(fault))),
        Err(Stuck) => Err(error(io::ErrorKind::TimedOut.into())),
    }
}
