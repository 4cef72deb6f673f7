//! Compaction: commits up to a revision give way to the records they add up to.
//!
//! What is written, in this order, each synced and read back before the next: the stripped frames, the rest of
//! the segment in the midst of which the revision lies, and the base. The base's rename is the moment from
//! which the store begins there; what came before is removed after it, and by the next open if that is cut short.
//! One that fails before it leaves nothing behind. One that fails right after it stops the engine, as whatever is not
//! known to be on disk does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::base::{self, Start, base_name, number_in};
use super::frame::Retell;
use super::keeper::{Keeper, Store, Stuck};
use super::segment::{Reader, Segment, Trailer, name, parse_name};
use super::shared::Shared;
use super::stripped::{self, Accounts, Stripped, stripped_name};
use super::verify::unhurried;
use super::walk::{Expected, Extent, damaged, walk};
use super::writer::Request;
use super::{Embedded, blocking};
use crate::disk::Disk;
use crate::{Error, Journal as _, Newest, RecordSum, Revision};

/// The ending of what becomes a segment when the base is in place.
const REST: &str = ".rest";

fn rest_name(first: Revision) -> String {
    format!("{first:020}{REST}")
}

impl Embedded {
    /// As [`crate::Journal::compact`], with accounts of format 1 as `retell` gives them: for a caller who wrote there what is not to
    /// be kept as it was. Those of format 2 are proven by their hash, and stay what they are.
    ///
    /// When commits of format 1 give way, the records store is made anew as well, so that what it once held lies in none of its files.
    pub async fn compact_telling(
        &self,
        to: Revision,
        retell: Arc<Retell>,
    ) -> Result<Revision, Error> {
        self.shared.check()?;
        if self.read_only {
            return Err(self.opened_full());
        }
        let shared = Arc::clone(&self.shared);
        let Some((last, is_written)) = blocking(move || boundary(&shared, to)).await? else {
            return Ok(self.oldest());
        };
        // So that no start is left with records older than the base, which it would rebuild.
        self.checkpoint().await?;
        if is_written {
            self.ask(|answer| Request::Seal { answer }).await??;
        }
        let (shared, keeper) = (Arc::clone(&self.shared), Arc::clone(&self.keeper));
        blocking(move || compact(&shared, &keeper, last, &*retell)).await?;
        Ok(self.oldest())
    }
}

/// The last revision up to which commits can be compacted, at most `to`: the end of a frame. And whether it lies in the segment
/// that is being written. `None` when there is nothing to compact.
fn boundary(shared: &Shared, to: Revision) -> Result<Option<(Revision, bool)>, Error> {
    let (start, segments) = shared.begin_and_segments();
    let to = to.min(shared.head());
    let at = segments.partition_point(|segment| segment.first <= to);
    let Some(at) = at.checked_sub(1).filter(|_| to > start.revision) else {
        return Ok(None);
    };
    let segment = &segments[at];
    let file = open(&*shared.disk, &segment.path)?;
    let mut reader = Reader::new(&*file, &segment.path)?;
    let mut last = segment.first - 1;
    while last < to {
        match reader.skip_frame()? {
            Some((_, header)) if header.last() <= to => last = header.last(),
            _ => break,
        }
    }
    let is_written = at + 1 == segments.len() && last >= segment.first;
    Ok((last > start.revision).then_some((last, is_written)))
}

/// Compacts up to `last`, the end of a frame in a sealed segment.
fn compact(shared: &Shared, keeper: &Keeper, last: Revision, retell: &Retell) -> Result<(), Error> {
    let _alone = shared.compacting();
    let _writing = shared.writing()?;
    let (start, segments) = shared.begin_and_segments();
    if last <= start.revision {
        return Ok(());
    }
    let (disk, dir) = (&*shared.disk, &shared.layout.journal);
    let before = segments.partition_point(|segment| segment.first <= last);
    let work = Work {
        shared,
        disk,
        dir,
        start,
        last,
        retell,
    };
    // What an earlier one could not remove would lie in the way.
    work.clear()?;
    match work.write(keeper, &segments[..before]) {
        Ok((base, rest)) => {
            // From here on the store begins at the base, on disk; now also in memory, and then the rest goes.
            let mut kept: Vec<Arc<Segment>> = segments[before..].to_vec();
            if rest {
                kept.insert(0, Arc::new(Segment::new(dir, last + 1)));
            }
            shared.begin_at(base, kept);
            tidy(disk, dir, last)
        }
        Err(error) => {
            // What was written for it takes room that may be wanted. If it can not be removed, the next one does that, or the next open.
            if let Err(left) = work.clear() {
                tracing::warn!(%left, "what an unfinished compaction wrote is still there");
            }
            Err(error)
        }
    }
}

/// What a compaction makes of the commits that it takes.
struct Base {
    start: Start,
    newest: Option<Newest>,
    records: BTreeMap<Bytes, Bytes>,
    /// Some of them are of format 1.
    from_format_1: bool,
}

struct Work<'a> {
    shared: &'a Shared,
    disk: &'a dyn Disk,
    dir: &'a Path,
    start: Start,
    last: Revision,
    retell: &'a Retell,
}

impl Work<'_> {
    fn new_path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.new"))
    }

    /// As fast as can be, and not after the engine has stopped: whoever closes it waits for this.
    fn pace(&self) -> impl FnMut(u64) -> Result<(), Error> {
        move |_| self.shared.check()
    }

    /// Writes all of it, the base's name last; gives the new start, and whether there is a rest.
    fn write(&self, keeper: &Keeper, segments: &[Arc<Segment>]) -> Result<(Start, bool), Error> {
        let shared = self.shared;
        let base = self.strip(segments)?;
        let last = segments.last();
        let rest = last.map_or(Ok(false), |segment| self.rest(segment))?;
        let bytes: usize = base
            .records
            .iter()
            .map(|(key, value)| key.len() + value.len() + 8)
            .sum();
        let room = 2 * shared.options.segment_bytes + shared.options.watermark_bytes;
        let needed = room + bytes as u64;
        let free = super::space::free_bytes(self.disk, &shared.layout.dir)?;
        if free < needed {
            return Err(Error::Full { free, needed });
        }
        if base.from_format_1 {
            // Before the last of them goes: cut short, the next compaction does it again.
            let renewed = keeper.call(Store::renew);
            let hung = |Stuck| Err(shared.fail("the records store does not answer".to_owned()));
            renewed.unwrap_or_else(hung)?;
        }
        self.write_base(&base, rest)?;
        self.put_base(rest)?;
        Ok((base.start, rest))
    }

    /// Removes what one that failed has written. When that came so far that its base is in place, the store may begin there by now, or
    /// not: the next start sees, and nothing is done on it before.
    fn clear(&self) -> Result<(), Error> {
        let names = list(self.disk, self.dir)?;
        let after = self.start.revision;
        let is_beyond = |name: &str, ending| number_in(name, ending).is_some_and(|at| at > after);
        if names.iter().any(|name| is_beyond(name, ".base")) {
            let reason = "a compaction failed when its base was in place";
            return Err(self.shared.fail(reason.to_owned()));
        }
        let is_left = |name: &&String| {
            let made = name.strip_suffix(".new").unwrap_or(name);
            let mut endings = [".base", stripped::ENDING, REST].into_iter();
            endings.any(|ending| is_beyond(made, ending))
        };
        remove_all(self.disk, self.dir, names.iter().filter(is_left))
    }

    /// Writes the stripped frames; gives what the base will hold. Everything is checked on the way.
    fn strip(&self, segments: &[Arc<Segment>]) -> Result<Base, Error> {
        let mut records = base::read_records(self.disk, self.dir, &self.start, &mut self.pace())?;
        let name = stripped_name(self.last);
        let mut stripped = Stripped::begin(self.disk, self.new_path(&name), &self.start)?;
        let mut expected = Expected {
            next: self.start.revision + 1,
            link: Some(self.start.link),
        };
        let mut sum = self.start.sum;
        let (mut newest, mut from_format_1) = (None, false);
        for segment in segments {
            let file = open(self.disk, &segment.path)?;
            let extent = Extent::Until(self.last);
            walk(segment, &*file, &mut expected, extent, &mut |frame| {
                self.shared.check()?;
                sum = frame.header.sum_after;
                let what = "the frame's content does not fit its header";
                let commits = frame.commits();
                let commits =
                    commits.ok_or_else(|| damaged(&segment.path, frame.header.first, what))?;
                for change in commits.iter().flat_map(|commit| &commit.changes) {
                    let key = Bytes::copy_from_slice(&change.key);
                    match &change.after {
                        Some(after) => records.insert(key, Bytes::copy_from_slice(after)),
                        None => records.remove(&key),
                    };
                }
                let is_mixed = frame.is_mixed();
                newest = commits.last().map(|commit| Newest {
                    revision: commit.revision,
                    meta: if is_mixed {
                        (self.retell)(commit)
                    } else {
                        Bytes::copy_from_slice(&commit.meta)
                    },
                });
                from_format_1 |= is_mixed;
                stripped.add(frame, self.retell)
            })?;
        }
        let pairs = records.iter().map(|(key, value)| (&key[..], &value[..]));
        if expected.next != self.last + 1 || RecordSum::of(pairs) != sum {
            let what = "the commits do not add up to their own count and hash sum";
            return Err(damaged(self.dir, expected.next, what));
        }
        let start = Start {
            revision: self.last,
            link: expected.link.unwrap_or(self.start.link),
            sum,
            accounts: stripped.end(self.last)?,
            root: self.start.root,
        };
        Ok(Base {
            start,
            newest,
            records,
            from_format_1,
        })
    }

    /// Copies what comes after the revision in its segment, if anything does.
    fn rest(&self, segment: &Segment) -> Result<bool, Error> {
        let file = open(self.disk, &segment.path)?;
        let mut reader = Reader::new(&*file, &segment.path)?;
        let mut from = None;
        while let Some((offset, header)) = reader.skip_frame()? {
            if header.first > self.last && from.is_none() {
                from = Some(offset);
            }
        }
        let Some(from) = from else {
            return Ok(false);
        };
        let path = self.new_path(&rest_name(self.last + 1));
        let io = |error| Error::io("copy a segment to", &path, error);
        let trailer = Trailer::read(&*file).map_err(io)?;
        let what = "the segment is not sealed as it should be";
        let trailer = trailer.ok_or_else(|| damaged(&segment.path, self.last + 1, what))?;
        let copy = self.disk.create(&path).map_err(io)?;
        let bytes = reader.bytes(from, reader.offset() - from)?;
        copy.write_at(&bytes, 0).map_err(io)?;
        // As long as it has to be for the trailer to lie behind the frames.
        copy.write_at(&[0; 64], bytes.len() as u64).map_err(io)?;
        trailer
            .write(&*copy)
            .and_then(|()| copy.sync())
            .map_err(io)?;
        let mut expected = Expected {
            next: self.last + 1,
            link: None,
        };
        let copied = Segment::at(path.clone(), self.last + 1);
        walk(&copied, &*copy, &mut expected, Extent::Sealed, &mut |_| {
            Ok(())
        })?;
        if (expected.next, expected.link) != (trailer.next, Some(trailer.link)) {
            return Err(damaged(
                &path,
                self.last + 1,
                "the copy is not what was copied",
            ));
        }
        Ok(true)
    }

    /// Writes the base, and gives all others their names, when all were read back.
    fn write_base(&self, base: &Base, rest: bool) -> Result<(), Error> {
        let Base {
            start,
            newest,
            records,
            ..
        } = base;
        let new = self.new_path(&base_name(self.last));
        base::write(self.disk, &new, *start, newest.as_ref(), records)?;
        self.name_new(&stripped_name(self.last))?;
        if rest {
            self.name_new(&rest_name(self.last + 1))?;
        }
        sync(self.disk, self.dir)?;
        let file = open(self.disk, &new)?;
        let head = base::Head::read(&*file, &new, self.last)?;
        let (mut back, mut note) = (BTreeMap::new(), None);
        let whole =
            base::read_blocks(
                &*file,
                &new,
                &head,
                &mut self.pace(),
                &mut |block| match block {
                    base::Block::Sound(some) => back.extend(some),
                    base::Block::Note(newest) => note = newest,
                    base::Block::Bad { .. } => {}
                },
            )?;
        if !whole || head.start != *start || note != *newest || back != *records {
            return Err(damaged(
                &new,
                self.last,
                "the base does not read back as written",
            ));
        }
        Accounts::check(self.disk, self.dir, start, &mut self.pace())?;
        Ok(())
    }

    /// Puts the base in place, and then the rest of the segment that begins behind it.
    fn put_base(&self, rest: bool) -> Result<(), Error> {
        self.name_new(&base_name(self.last))?;
        sync(self.disk, self.dir)?;
        if rest {
            put_rest(self.disk, self.dir, self.last + 1)?;
        }
        Ok(())
    }

    /// Gives a file that was written its own name.
    fn name_new(&self, name: &str) -> Result<(), Error> {
        rename(self.disk, self.dir, &format!("{name}.new"), name)
    }
}

/// Where the journal begins, after what a compaction left undone is done.
pub(crate) fn begin(disk: &dyn Disk, dir: &Path, genesis: Start) -> Result<Start, Error> {
    let names = list(disk, dir)?;
    let Some(last) = names
        .iter()
        .filter_map(|name| number_in(name, ".base"))
        .max()
    else {
        // Nothing was renamed into place: what was written for it is of no use.
        tidy(disk, dir, 0)?;
        return Ok(genesis);
    };
    let path = dir.join(base_name(last));
    let start = base::Head::read(&*open(disk, &path)?, &path, last)?.start;
    if start.root.0 == 0 && start.root.1 != genesis.link {
        return Err(damaged(
            &path,
            last,
            "the base is of another clinic's journal",
        ));
    }
    let old = |name: &String| parse_name(name).is_some_and(|first| first <= last);
    if names.iter().any(|name| old(name) || name.ends_with(REST)) {
        // The names may be in the page cache only; and nothing goes before what replaces it was read.
        sync(disk, dir)?;
        base::read_records(disk, dir, &start, &mut unhurried)?;
        Accounts::check(disk, dir, &start, &mut unhurried)?;
        if names.contains(&rest_name(last + 1)) {
            put_rest(disk, dir, last + 1)?;
        }
    }
    tidy(disk, dir, last)?;
    Ok(start)
}

/// Makes the copied rest of a segment a segment.
fn put_rest(disk: &dyn Disk, dir: &Path, first: Revision) -> Result<(), Error> {
    rename(disk, dir, &rest_name(first), &name(first))?;
    sync(disk, dir)
}

/// Removes what the base at `last` replaces, and what an unfinished compaction beyond it left.
fn tidy(disk: &dyn Disk, dir: &Path, last: Revision) -> Result<(), Error> {
    let is_gone = |name: &&String| {
        parse_name(name).is_some_and(|first| first <= last)
            || number_in(name, ".base").is_some_and(|other| other != last)
            || number_in(name, stripped::ENDING).is_some_and(|other| other > last)
            || name.ends_with(REST)
    };
    remove_all(disk, dir, list(disk, dir)?.iter().filter(is_gone))
}

fn list(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, Error> {
    disk.list(dir)
        .map_err(|error| Error::io("list", dir, error))
}

fn open(disk: &dyn Disk, path: &Path) -> Result<Arc<dyn crate::disk::File>, Error> {
    disk.open(path)
        .map_err(|error| Error::io("open", path, error))
}

fn sync(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    disk.sync_dir(dir)
        .map_err(|error| Error::io("sync", dir, error))
}

/// Removes files for good.
fn remove_all<'a>(
    disk: &dyn Disk,
    dir: &Path,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    let mut removed = false;
    for name in names {
        let path = dir.join(name);
        disk.remove(&path)
            .map_err(|error| Error::io("remove", &path, error))?;
        removed = true;
    }
    if removed { sync(disk, dir) } else { Ok(()) }
}

/// Renames a file, which has to be there: what comes after relies on the name.
fn rename(disk: &dyn Disk, dir: &Path, from: &str, to: &str) -> Result<(), Error> {
    disk.rename(&dir.join(from), &dir.join(to))
        .map_err(|error| Error::io("rename", dir.join(from), error))
}
