//! Opening a store: check, replay, compare, rebuild if need be, and make the tail durable again.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::base::{self, Start, number_in};
use super::compact;
use super::format::{FORMAT_VERSION, Format, Identity};
use super::keeper::{Keeper, Store, Stuck};
use super::known::Known;
use super::options::Options;
use super::reached::{Reach, Reached};
use super::records::{Mark, Slot, whole};
use super::replay::{Journal, Replayed};
use super::segment::{Segment, parse_name, preallocate};
use super::shared::{Extent, Layout, Shared};
use super::space::{Space, free_bytes};
use super::stripped;
use super::tail::Tail;
use super::verify::unhurried;
use super::walk::damaged;
use super::writer::{Active, Writer};
use super::{Embedded, OpenReport};
use crate::disk::{Disk, Lock};
use crate::{Error, Loaded};

mod records;

/// Takes the store's lock.
pub(crate) fn lock(disk: &dyn Disk, layout: &Layout) -> Result<Lock, Error> {
    let taken = disk.try_lock(&layout.lock());
    let taken = taken.map_err(|source| not_writable(layout, source))?;
    taken.ok_or_else(|| in_use(layout))
}

/// Keeps writers away from a store that is only looked at, and may lie where nothing can be written.
pub(crate) fn lock_to_look(disk: &dyn Disk, layout: &Layout) -> Result<Lock, Error> {
    let taken = disk.try_lock(&layout.lock());
    let taken = taken.map_err(|source| Error::io("look into", &layout.dir, source))?;
    taken.ok_or_else(|| in_use(layout))
}

fn in_use(layout: &Layout) -> Error {
    Error::InUse {
        dir: layout.dir.clone(),
    }
}

/// Tells a folder that may not be written from other trouble.
pub(crate) fn not_writable(layout: &Layout, source: io::Error) -> Error {
    let dir = layout.dir.clone();
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::NotWritable { dir, source }
        }
        _ => Error::io("use", dir, source),
    }
}

/// Opens a finished store.
pub(crate) fn open(
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    options: Options,
) -> Result<(Embedded, OpenReport), Error> {
    let layout = Layout::new(dir);
    refuse_unfinished(&*disk, &layout)?;
    let lock = lock(&*disk, &layout)?;
    open_locked(disk, layout, options, lock)
}

/// Calls a full disk by its name, whatever it was that did not fit.
fn name_full(disk: &dyn Disk, layout: &Layout, needed: u64, error: Error) -> Error {
    match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => Error::Full {
            free: disk.free_bytes(&layout.dir).unwrap_or(0),
            needed,
        },
        error => error,
    }
}

fn refuse_unfinished(disk: &dyn Disk, layout: &Layout) -> Result<(), Error> {
    let not_a_store = |why: &str| Error::NotAStore {
        dir: layout.dir.clone(),
        why: why.to_owned(),
    };
    let names = match disk.list(&layout.dir) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(not_a_store("there is no such folder"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_a_store("it is a file"));
        }
        Err(error) => return Err(not_writable(layout, error)),
    };
    let has = |name: &str| names.iter().any(|other| other == name);
    match (has("FORMAT"), has("LOCK") && has("journal")) {
        (true, _) => Ok(()),
        (false, true) => Err(not_a_store("its creation was not finished")),
        (false, false) => Err(not_a_store("it has no FORMAT file")),
    }
}

/// Opens a store whose lock is held.
pub(crate) fn open_locked(
    disk: Arc<dyn Disk>,
    layout: Layout,
    options: Options,
    lock: Lock,
) -> Result<(Embedded, OpenReport), Error> {
    let (same_disk, same_layout) = (Arc::clone(&disk), layout.clone());
    // What an open writes at least: the last segment anew, and a spare one.
    let needed = 2 * options.segment_bytes;
    recover_and_serve(disk, layout, options, lock)
        .map_err(|error| name_full(&*same_disk, &same_layout, needed, error))
}

fn recover_and_serve(
    disk: Arc<dyn Disk>,
    layout: Layout,
    options: Options,
    lock: Lock,
) -> Result<(Embedded, OpenReport), Error> {
    let format = Format::read(&*disk, &layout)?;
    let mut report = OpenReport {
        format: format.version,
        ..OpenReport::default()
    };
    report.writes_refused = !has_room(&*disk, &layout, &options)?;
    let incarnation = format.identity.map(|it| it.incarnation);
    let reached = Reached::read(&*disk, &layout, incarnation);
    // Written again for the reason the last segment is: its creation may have failed to sync it, and
    // what is read here may be in the page cache only.
    format.write(&*disk, &layout)?;
    let mut opening = Opening {
        disk,
        layout,
        options: options.within_bounds(),
        start: Start::genesis(format.clinic_id),
        format,
        reached,
        report,
    };
    let segments = opening.segments()?;
    reached.check_segments(&opening.layout, &segments)?;
    let keeper = opening.start_keeper()?;
    match opening.recover(&segments, &keeper).and_then(|recovered| {
        opening.raise()?;
        let reach = opening.reach(&recovered)?;
        Ok((recovered, reach))
    }) {
        Ok((recovered, reach)) => opening.serve(segments, keeper, recovered, reach, lock),
        Err(error) => {
            // The thread must be rid of sled's lock before somebody tries again.
            let _ = keeper.call(Store::abandon);
            Err(error)
        }
    }
}

/// Whether there is room for writes; if not, the ballast goes, so that this start gets through.
fn has_room(disk: &dyn Disk, layout: &Layout, options: &Options) -> Result<bool, Error> {
    let ballast = layout.ballast();
    let free = free_bytes(disk, &layout.dir)?;
    let missing = disk.open(&ballast).is_err();
    if free < options.watermark_bytes {
        if !missing {
            disk.remove(&ballast)
                .map_err(|error| Error::io("remove", &ballast, error))?;
        }
        tracing::warn!(
            free,
            "the disk is full: the ballast is freed, writes are refused"
        );
        return Ok(false);
    }
    if missing && free >= options.watermark_bytes + 2 * options.ballast_bytes {
        preallocate(disk, &ballast, options.ballast_bytes)
            .and_then(|_| disk.sync_dir(&layout.dir))
            .map_err(|error| Error::io("write", &ballast, error))?;
    }
    Ok(true)
}

/// Where an open arrives before it serves.
struct Recovered {
    replayed: Replayed,
    known: Known,
    active: Active,
}

/// An open under way.
struct Opening {
    disk: Arc<dyn Disk>,
    layout: Layout,
    options: Options,
    format: Format,
    reached: Reached,
    start: Start,
    report: OpenReport,
}

impl Opening {
    /// The journal's segments; what an interrupted run left behind is removed.
    fn segments(&mut self) -> Result<Vec<Arc<Segment>>, Error> {
        let dir = &self.layout.journal;
        let list = || {
            let names = self.disk.list(dir);
            names.map_err(|error| Error::io("list", dir, error))
        };
        let names = list()?;
        for name in names.iter().filter(|it| it.strip_suffix(".new").is_some()) {
            let path = dir.join(name);
            self.disk
                .remove(&path)
                .map_err(|error| Error::io("remove", &path, error))?;
        }
        self.start = compact::begin(&*self.disk, dir, self.start)?;
        let mut segments = Vec::new();
        for name in list()? {
            if let Some(first) = parse_name(&name) {
                segments.push(Arc::new(Segment::new(dir, first)));
            } else if ![".base", stripped::ENDING]
                .iter()
                .any(|ending| number_in(&name, ending).is_some())
            {
                let what = "it is not a segment of the journal";
                return Err(damaged(&dir.join(name), 0, what));
            }
        }
        let first = self.start.revision + 1;
        match segments.first() {
            Some(segment) if segment.first == first => Ok(segments),
            _ => Err(damaged(dir, first, "the first segment is missing")),
        }
    }

    /// Brings journal and records to the same, durable head.
    fn recover(&mut self, segments: &[Arc<Segment>], keeper: &Keeper) -> Result<Recovered, Error> {
        let disk = Arc::clone(&self.disk);
        let journal = Journal {
            disk: &*disk,
            segments,
            start: self.start,
        };
        self.report.bad_trailers = journal.check_sealed()?;
        let (mut replayed, known, fault) = match self.replay_records(&journal, keeper)? {
            Ok((replayed, known)) => (replayed, known, None),
            Err(fault) => {
                let (replayed, known) = self.refold(&journal)?;
                (replayed, known, Some(fault))
            }
        };
        self.reached.check_head(&self.layout, replayed.end.head)?;
        self.report.replayed_commits = replayed.commits;
        let tail = Tail {
            disk: &*disk,
            layout: &self.layout,
            options: &self.options,
            segment: &segments[segments.len() - 1],
        };
        let active = tail.renew(&replayed, &mut self.format, &mut self.report)?;
        // Only now: a mark must never be ahead of what is durable in the journal.
        if !self.report.writes_refused {
            match &fault {
                Some(fault) => self.rebuild(keeper, &mut replayed, fault)?,
                None => self.catch_up(keeper, &mut replayed)?,
            }
        }
        self.report.records_rebuilt = fault;
        Ok(Recovered {
            replayed,
            known,
            active,
        })
    }

    /// Folds the whole journal from its base on, which must then add up.
    fn refold(&self, journal: &Journal<'_>) -> Result<(Replayed, Known), Error> {
        let start = Mark {
            revision: self.start.revision,
            link: self.start.link,
        };
        let dir = &self.layout.journal;
        let records = base::read_records(&*self.disk, dir, &self.start, &mut unhurried)?;
        let records = records
            .into_iter()
            .map(|(key, value)| (key, Slot::Whole(value)))
            .collect::<BTreeMap<_, _>>();
        let replayed = journal.replay(start, records)?;
        if let Some(known) = replayed.adds_up() {
            return Ok((replayed, known));
        }
        let what = "the commits do not add up to their own count and hash sum";
        Err(damaged(&self.layout.journal, replayed.end.head, what))
    }

    /// Says last in `FORMAT` what has come of the store: that it is of this release's format, now that all of it was
    /// read and before anything is written in it; how many last groups were set aside.
    fn raise(&mut self) -> Result<(), Error> {
        let mut format = self.format;
        let is_written = !self.report.writes_refused && !self.options.keep_format;
        if is_written && format.identity.is_none() {
            format.version = FORMAT_VERSION;
            format.identity = Some(Identity::draw(self.report.torn_tails)?);
        }
        if format != self.format {
            format.write(&*self.disk, &self.layout)?;
            let from = self.format.version;
            tracing::info!(from, to = format.version, "the store's format was raised");
            self.format = format;
        }
        self.report.format = format.version;
        Ok(())
    }

    /// Says how far the store has come, now that it is of this release's format and before it goes further.
    fn reach(&self, recovered: &Recovered) -> Result<Reach, Error> {
        let layout = self.layout.clone();
        match self.format.identity {
            Some(identity) if !self.report.writes_refused => Reach::begin(
                &*self.disk,
                layout,
                identity.incarnation,
                recovered.replayed.end.head,
                recovered.active.segment.first,
            ),
            _ => Ok(Reach::closed(layout)),
        }
    }

    /// Puts everything to work.
    fn serve(
        self,
        segments: Vec<Arc<Segment>>,
        keeper: Keeper,
        recovered: Recovered,
        reach: Reach,
        lock: Lock,
    ) -> Result<(Embedded, OpenReport), Error> {
        let Opening {
            disk,
            layout,
            options,
            mut report,
            start,
            format,
            reached: _,
        } = self;
        let Recovered {
            replayed,
            known,
            active,
        } = recovered;
        let (mark, end) = (mark_of(&replayed), replayed.end);
        // A sum that adds up has no torn record in it.
        let records = whole(replayed.records).unwrap_or_default();
        report.head = end.head;
        report.records = records.len() as u64;
        // Nothing of this release's is written in a store of an older format.
        let read_only = report.writes_refused || format.identity.is_none();
        let space = Space::new(layout.dir.clone(), options.watermark_bytes, read_only);
        let extent = Extent { start, segments };
        let shared = Shared::new(disk, layout, options, extent, end.head, reach, lock);
        let shared = Arc::new(shared);
        let keeper = Arc::new(keeper);
        if !read_only {
            let serving = Arc::clone(&shared);
            keeper
                .call(move |store| store.serve(serving, mark))
                .map_err(|Stuck| Error::failed("the records store makes no progress"))?;
        }
        let writer = Writer::start(
            Arc::clone(&shared),
            Arc::clone(&keeper),
            active,
            end,
            known,
            space,
        )
        .map_err(|error| Error::io("start a thread for", &shared.layout.journal, error))?;
        let loaded = Loaded {
            head: end.head,
            records,
        };
        let mut engine = Embedded::new(shared, keeper, writer, format, loaded, read_only);
        engine.torn_tails = report.torn_tails;
        Ok((engine, report))
    }
}

fn mark_of(replayed: &Replayed) -> Mark {
    Mark {
        revision: replayed.end.head,
        link: replayed.end.link,
    }
}
