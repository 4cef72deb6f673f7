//! What is left of the commits before a base: frames without their images.
//!
//! `journal/<last revision>.stripped` holds the frames that one compaction dropped the images of:
//!
//! ```text
//!   0  4  magic                       16  8  last revision
//!   4  4  crc32 of bytes 8..64        24 32  what the stripped frames before add up to
//!   8  8  revision before the first   56  8  bytes of the frames
//!
//! frame: 0 4 bytes of header   4 4 bytes of keys   8 4 bytes of metas   12 4 crc32 of what follows
//! ```
//!
//! From header and keys alone each frame's link is made, so that the chain leads from its beginning to the
//! base; a meta is checked by its hash in the header. What all the files add up to is in the base besides,
//! because in frames of format 1 one hash covered metas and images.

use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut, Bytes};

use super::base::{Start, number_in};
use super::frame::{Frame, Link, MAX_FRAME_BYTES, Retell};
use super::segment::Reader;
use super::verify::Pace;
use super::walk::damaged;
use crate::disk::{Disk, File};
use crate::{Account, Error, Revision};

const MAGIC: u32 = u32::from_le_bytes(*b"TWjS");
const HEADER_BYTES: usize = 64;
const FRAME_HEADER_BYTES: usize = 16;

/// The ending of such a file's name.
pub(crate) const ENDING: &str = ".stripped";

/// The file name for frames up to a revision.
pub(crate) fn stripped_name(last: Revision) -> String {
    format!("{last:020}{ENDING}")
}

/// A file of stripped frames being written.
pub(crate) struct Stripped {
    file: std::sync::Arc<dyn File>,
    path: PathBuf,
    after: Revision,
    before: [u8; 32],
    hasher: blake3::Hasher,
    offset: u64,
}

impl Stripped {
    /// Begins a file for the frames after `start`.
    pub(crate) fn begin(disk: &dyn Disk, path: PathBuf, start: &Start) -> Result<Stripped, Error> {
        let file = disk
            .create(&path)
            .map_err(|error| Error::io("write", &path, error))?;
        Ok(Stripped {
            file,
            path,
            after: start.revision,
            before: start.accounts,
            hasher: begin_hash(&start.accounts),
            offset: HEADER_BYTES as u64,
        })
    }

    /// Adds a frame; the accounts of one of format 1 as they are to be told from now on.
    pub(crate) fn add(&mut self, frame: &Frame, retell: &Retell) -> Result<(), Error> {
        let what = "the frame's content does not fit its header";
        let parts = frame
            .strip(retell)
            .ok_or_else(|| damaged(&self.path, frame.header.first, what))?;
        let (head, keys, metas) = parts;
        let mut bytes = Vec::new();
        for part in [&head, &keys, &metas] {
            bytes.put_u32_le(u32::try_from(part.len()).unwrap_or(u32::MAX));
        }
        bytes.put_u32_le(0);
        for part in [head, keys, metas] {
            bytes.put_slice(&part);
        }
        let crc = crc32fast::hash(&bytes[FRAME_HEADER_BYTES..]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        self.file
            .write_at(&bytes, self.offset)
            .map_err(|error| Error::io("write", &self.path, error))?;
        self.hasher.update(&bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file with the frame that ends with `last` and syncs it; gives what all of them add up to.
    pub(crate) fn end(self, last: Revision) -> Result<[u8; 32], Error> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.put_u32_le(MAGIC);
        bytes.put_u32_le(0);
        bytes.put_u64_le(self.after);
        bytes.put_u64_le(last);
        bytes.put_slice(&self.before);
        bytes.put_u64_le(self.offset - HEADER_BYTES as u64);
        let crc = crc32fast::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        self.file
            .write_at(&bytes, 0)
            .and_then(|()| self.file.sync())
            .map_err(|error| Error::io("write", &self.path, error))?;
        Ok(*self.hasher.finalize().as_bytes())
    }
}

fn begin_hash(before: &[u8; 32]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher
}

/// The way along the stripped frames.
pub(crate) struct Accounts {
    pub(crate) revision: Revision,
    link: Link,
    sum: [u8; 32],
    /// Commits read.
    pub(crate) commits: u64,
}

impl Accounts {
    /// Reads the frames from the beginning of the chain to the base, each by its hash, its link and its place.
    pub(crate) fn check(
        disk: &dyn Disk,
        journal_dir: &Path,
        start: &Start,
        pace: &mut Pace<'_>,
    ) -> Result<Accounts, Error> {
        let mut way = Accounts::begin(start);
        for last in files(disk, journal_dir)? {
            if last <= start.revision {
                let path = journal_dir.join(stripped_name(last));
                way.file(&*open(disk, &path)?, &path, last, pace)?;
            }
        }
        way.must_lead_to(start, journal_dir)?;
        Ok(way)
    }

    /// The way from the beginning of the chain to `start`, not gone yet.
    pub(crate) fn begin(start: &Start) -> Accounts {
        Accounts {
            revision: start.root.0,
            link: start.root.1,
            sum: [0; 32],
            commits: 0,
        }
    }

    /// Fails unless it has arrived at the base.
    pub(crate) fn must_lead_to(&self, start: &Start, path: &Path) -> Result<(), Error> {
        let arrived = (self.revision, self.link, self.sum);
        if arrived == (start.revision, start.link, start.accounts) {
            return Ok(());
        }
        let what = "the stripped frames do not lead to the base";
        Err(damaged(path, self.revision, what))
    }

    /// Goes along one file.
    pub(crate) fn file(
        &mut self,
        file: &dyn File,
        path: &Path,
        last: Revision,
        pace: &mut Pace<'_>,
    ) -> Result<(), Error> {
        let (mut hasher, expected) = (begin_hash(&self.sum), self.revision);
        read(file, path, last, &mut |after, before, frame, bytes| {
            pace(bytes.len() as u64)?;
            hasher.update(&bytes);
            let header = &frame.header;
            let follows = after == expected
                && *before == self.sum
                && header.first == self.revision + 1
                && header.predecessor == self.link;
            if !follows || frame.accounts().is_none() {
                let what = "a stripped frame does not follow the one before it";
                return Err(damaged(path, self.revision + 1, what));
            }
            self.revision = header.last();
            self.link = frame.link;
            self.commits += u64::from(header.commits);
            Ok(())
        })?;
        self.sum = *hasher.finalize().as_bytes();
        Ok(())
    }
}

/// The last revisions of the files of stripped frames, ascending.
pub(crate) fn files(disk: &dyn Disk, journal_dir: &Path) -> Result<Vec<Revision>, Error> {
    let names = disk
        .list(journal_dir)
        .map_err(|error| Error::io("list", journal_dir, error))?;
    let mut files: Vec<_> = names
        .iter()
        .filter_map(|name| number_in(name, ENDING))
        .collect();
    files.sort_unstable();
    Ok(files)
}

/// What is left of the commits after `after` and up to `until`, as far as it is there: at most `limit`.
pub(crate) fn accounts(
    disk: &dyn Disk,
    journal_dir: &Path,
    after: Revision,
    until: Revision,
    limit: usize,
) -> Result<Vec<Account>, Error> {
    let mut found = Vec::new();
    for last in files(disk, journal_dir)? {
        if last <= after || last > until || found.len() >= limit {
            continue;
        }
        let path = journal_dir.join(stripped_name(last));
        read(&*open(disk, &path)?, &path, last, &mut |_, _, frame, _| {
            if frame.header.last() > after && found.len() < limit {
                let bad = || damaged(&path, frame.header.first, "a stripped frame is not whole");
                let some = frame.accounts().ok_or_else(bad)?;
                found.extend(some.into_iter().filter(|it| it.revision > after));
            }
            Ok(())
        })?;
    }
    found.truncate(limit);
    Ok(found)
}

fn open(disk: &dyn Disk, path: &Path) -> Result<std::sync::Arc<dyn File>, Error> {
    let opened = disk.open(path);
    opened.map_err(|error| Error::io("open", path, error))
}

type Visit<'a> = dyn FnMut(Revision, &[u8; 32], &Frame, Bytes) -> Result<(), Error> + 'a;

/// Reads one file: shows each frame with the revision before the file, what the files before add up to, and the frame's bytes.
fn read(file: &dyn File, path: &Path, last: Revision, visit: &mut Visit<'_>) -> Result<(), Error> {
    let bad = |at: Revision| damaged(path, at, "the stripped frames are not whole");
    let len = file.len().map_err(|error| Error::io("read", path, error))?;
    let mut reader = Reader::until(file, path, len);
    let whole = reader.bytes(0, HEADER_BYTES as u64)?;
    let mut head = whole.clone();
    let sound = head.len() == HEADER_BYTES
        && head.get_u32_le() == MAGIC
        && head.get_u32_le() == crc32fast::hash(&whole[8..]);
    if !sound {
        return Err(bad(last));
    }
    let (after, named) = (head.get_u64_le(), head.get_u64_le());
    let mut before = [0; 32];
    head.copy_to_slice(&mut before);
    let end = HEADER_BYTES as u64 + head.get_u64_le();
    if named != last || end > len {
        return Err(bad(last));
    }
    let (mut offset, mut reached) = (HEADER_BYTES as u64, after);
    while offset < end {
        let mut fields = reader.bytes(offset, FRAME_HEADER_BYTES as u64)?;
        if fields.len() < FRAME_HEADER_BYTES {
            return Err(bad(reached + 1));
        }
        let [head, keys, metas] = [(); 3].map(|()| u64::from(fields.get_u32_le()));
        let crc = fields.get_u32_le();
        let content = head + keys + metas;
        let bytes = FRAME_HEADER_BYTES as u64 + content;
        if content > MAX_FRAME_BYTES || offset + bytes > end {
            return Err(bad(reached + 1));
        }
        let entry = reader.bytes(offset, bytes)?;
        let frame = frame_in(&entry, crc, head, keys).ok_or_else(|| bad(reached + 1))?;
        reached = frame.header.last();
        visit(after, &before, &frame, entry)?;
        offset += bytes;
    }
    if reached == last {
        Ok(())
    } else {
        Err(bad(reached + 1))
    }
}

/// The frame of an entry, if its bytes are those that were written.
fn frame_in(entry: &Bytes, crc: u32, head: u64, keys: u64) -> Option<Frame> {
    let mut content = entry.slice(FRAME_HEADER_BYTES..);
    if crc32fast::hash(&content) != crc {
        return None;
    }
    let head = content.split_to(usize::try_from(head).ok()?);
    let keys = content.split_to(usize::try_from(keys).ok()?);
    Frame::stripped(&head, keys, content)
}
