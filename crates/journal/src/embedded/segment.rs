//! One segment file: its name, the frames in it, and the trailer that seals it.
//!
//! A segment is `journal/<first revision>.log`, preallocated with zeros. Frames lie one after the
//! other from offset 0; a header of zeros ends them. When the next segment takes over, a trailer in
//! the last bytes of the file says which revision and link follow, so that an open can check that no
//! segment is missing without reading them all.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, BufMut, Bytes};

use super::frame::{ALIGNMENT, Frame, HEADER_BYTES, Header, LEAST_HEADER_BYTES, Link};
use crate::disk::{Disk, File};
use crate::{Error, Revision};

/// Bytes of the trailer at the end of every segment file.
pub(crate) const TRAILER_BYTES: u64 = TRAILER_LEN as u64;
pub(super) const TRAILER_LEN: usize = 64;

/// One entry of the index for this many bytes of frames.
const INDEX_STRIDE_BYTES: u64 = 16 * 1024;

/// Segments are read in pieces of this size.
const READ_BYTES: usize = 256 * 1024;

const TRAILER_MAGIC: u32 = u32::from_le_bytes(*b"TWjE");

/// A segment and what is known of where its frames lie.
#[derive(Debug)]
pub(crate) struct Segment {
    /// The revision of its first commit, written or to come.
    pub(crate) first: Revision,
    pub(crate) path: PathBuf,
    index: Mutex<Index>,
}

/// Where some of the frames begin, ascending; complete when every stride has an entry.
#[derive(Debug, Default, Clone)]
pub(crate) struct Index {
    entries: Vec<(Revision, u64)>,
    complete: bool,
}

impl Index {
    /// Notes the frame that begins with revision `first` at `offset`, if the last note is far enough.
    pub(crate) fn note(&mut self, first: Revision, offset: u64) {
        let far = self
            .entries
            .last()
            .is_none_or(|&(_, last)| offset >= last + INDEX_STRIDE_BYTES);
        if far {
            self.entries.push((first, offset));
        }
    }

    /// The last noted offset whose frame begins at or before `revision`.
    fn offset_before(&self, revision: Revision) -> u64 {
        let after = self
            .entries
            .partition_point(|&(first, _)| first <= revision);
        self.entries[..after]
            .last()
            .map_or(0, |&(_, offset)| offset)
    }
}

impl Segment {
    pub(crate) fn new(journal_dir: &Path, first: Revision) -> Segment {
        Segment::at(journal_dir.join(name(first)), first)
    }

    /// A segment under another name than its own.
    pub(crate) fn at(path: PathBuf, first: Revision) -> Segment {
        Segment {
            first,
            path,
            index: Mutex::default(),
        }
    }

    pub(crate) fn note(&self, first: Revision, offset: u64) {
        self.lock().note(first, offset);
    }

    /// Says that the index covers the whole segment (further frames are noted as they are written).
    pub(crate) fn set_index(&self, mut index: Index) {
        index.complete = true;
        *self.lock() = index;
    }

    /// Where to start reading for `revision`; reads the segment once if it has no index yet.
    pub(crate) fn start_for(&self, file: &dyn File, revision: Revision) -> Result<u64, Error> {
        let known = {
            let index = self.lock();
            index.complete.then(|| index.offset_before(revision))
        };
        if let Some(offset) = known {
            return Ok(offset);
        }
        let mut index = Index::default();
        let mut reader = Reader::new(file, &self.path)?;
        while let Some((offset, header)) = reader.skip_frame()? {
            index.note(header.first, offset);
        }
        let offset = index.offset_before(revision);
        self.set_index(index);
        Ok(offset)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Index> {
        // The index only ever grows by whole entries: a panic elsewhere leaves it sound.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file name of the segment that begins with `first`.
pub(crate) fn name(first: Revision) -> String {
    format!("{first:020}.log")
}

/// The first revision a segment's file name stands for.
pub(crate) fn parse_name(name: &str) -> Option<Revision> {
    let digits = name.strip_suffix(".log")?;
    let first = digits.parse().ok()?;
    (digits.len() == 20 && first > 0).then_some(first)
}

/// What follows a sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trailer {
    pub(crate) next: Revision,
    pub(crate) link: Link,
}

impl Trailer {
    pub(crate) fn write(&self, file: &dyn File) -> io::Result<()> {
        let len = file.len()?;
        file.write_at(&self.encode(), len.saturating_sub(TRAILER_BYTES))
    }

    /// The trailer, if the segment has a sound one.
    pub(crate) fn read(file: &dyn File) -> io::Result<Option<Trailer>> {
        let mut bytes = [0; TRAILER_LEN];
        let Some(offset) = file.len()?.checked_sub(TRAILER_BYTES) else {
            return Ok(None);
        };
        file.read_at(&mut bytes, offset)?;
        Ok(Trailer::decode(&bytes))
    }

    pub(crate) fn encode(&self) -> [u8; TRAILER_LEN] {
        let mut bytes = [0; TRAILER_LEN];
        let mut out = &mut bytes[..];
        out.put_u32_le(TRAILER_MAGIC);
        out.put_u32_le(0);
        out.put_u64_le(self.next);
        out.put_slice(&self.link);
        let crc = crc32fast::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(whole: &[u8; TRAILER_LEN]) -> Option<Trailer> {
        let mut bytes = &whole[..];
        if bytes.get_u32_le() != TRAILER_MAGIC || bytes.get_u32_le() != crc32fast::hash(&whole[8..])
        {
            return None;
        }
        let next = bytes.get_u64_le();
        let mut link = [0; 32];
        bytes.copy_to_slice(&mut link);
        Some(Trailer { next, link })
    }
}

/// What lies at an offset of a segment.
pub(crate) enum Found {
    /// A frame whose checksums hold.
    Frame(Frame),
    /// Not a frame; the header, if that much is sound.
    Bad(Option<Header>),
    /// No room for a frame, or a header of zeros.
    End,
}

/// Reads a segment's frames in order.
pub(crate) struct Reader<'a> {
    file: &'a dyn File,
    path: &'a Path,
    /// Offset of the next frame.
    offset: u64,
    /// Where frames may lie: up to the trailer.
    limit: u64,
    piece: Bytes,
    piece_offset: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a dyn File, path: &'a Path) -> Result<Reader<'a>, Error> {
        let len = file.len().map_err(|error| Error::io("read", path, error))?;
        Ok(Reader::until(file, path, len.saturating_sub(TRAILER_BYTES)))
    }

    /// As [`Reader::new`], for a file of another kind: up to `limit`.
    pub(crate) fn until(file: &'a dyn File, path: &'a Path, limit: u64) -> Reader<'a> {
        Reader {
            file,
            path,
            offset: 0,
            limit,
            piece: Bytes::new(),
            piece_offset: 0,
        }
    }

    pub(crate) fn seek(&mut self, offset: u64) {
        self.offset = offset;
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// What lies at the present offset; moves on when it is a frame.
    pub(crate) fn next(&mut self) -> Result<Found, Error> {
        let head = self.bytes(self.offset, HEADER_BYTES as u64)?;
        if head.len() < LEAST_HEADER_BYTES || head.iter().all(|&byte| byte == 0) {
            return Ok(Found::End);
        }
        let Some(header) = Header::parse(&head) else {
            return Ok(Found::Bad(None));
        };
        let body_offset = self.offset + header.header_bytes() as u64;
        let body = self.bytes(body_offset, header.body_bytes())?;
        let Some(frame) = Frame::from_parts(header, &head, body) else {
            return Ok(Found::Bad(Some(header)));
        };
        self.offset += header.frame_bytes();
        Ok(Found::Frame(frame))
    }

    /// Moves past the frame at the present offset by its header alone; `None` at the end, or where
    /// no sound header lies.
    pub(crate) fn skip_frame(&mut self) -> Result<Option<(u64, Header)>, Error> {
        let offset = self.offset;
        let head = self.bytes(offset, HEADER_BYTES as u64)?;
        let Some(header) = Header::parse(&head) else {
            return Ok(None);
        };
        self.offset += header.frame_bytes();
        Ok(Some((offset, header)))
    }

    /// The first sound header at or after `from` whose revision is greater than `revision`, and where it lies.
    pub(crate) fn find_header_after(
        &mut self,
        from: u64,
        revision: Revision,
    ) -> Result<Option<(u64, Header)>, Error> {
        let mut offset = from.next_multiple_of(ALIGNMENT as u64);
        while offset + LEAST_HEADER_BYTES as u64 <= self.limit {
            let head = self.bytes(offset, HEADER_BYTES as u64)?;
            match Header::parse(&head) {
                Some(header) if header.first > revision => return Ok(Some((offset, header))),
                _ => offset += ALIGNMENT as u64,
            }
        }
        Ok(None)
    }

    /// The offset after the last byte in `from..limit` that is not zero; `from` when all are.
    pub(crate) fn end_of_data(&mut self, from: u64) -> Result<u64, Error> {
        let mut end = from;
        let mut offset = from;
        while offset < self.limit {
            let piece = self.bytes(offset, (self.limit - offset).min(READ_BYTES as u64))?;
            if piece.is_empty() {
                break;
            }
            if let Some(last) = piece.iter().rposition(|&byte| byte != 0) {
                end = offset + last as u64 + 1;
            }
            offset += piece.len() as u64;
        }
        Ok(end)
    }

    /// Up to `len` bytes at `offset`, fewer where the frames' part of the file ends.
    pub(crate) fn bytes(&mut self, offset: u64, len: u64) -> Result<Bytes, Error> {
        let len = len.min(self.limit.saturating_sub(offset));
        let wanted = offset..offset + len;
        if !contains(&self.piece_range(), &wanted) {
            self.fill(offset, len)?;
        }
        let have = self.piece_range();
        if !contains(&have, &(offset..offset)) {
            return Ok(Bytes::new());
        }
        let start = in_memory(offset - have.start);
        let end = in_memory(wanted.end.min(have.end) - have.start);
        Ok(self.piece.slice(start..end))
    }

    fn piece_range(&self) -> Range<u64> {
        self.piece_offset..self.piece_offset + self.piece.len() as u64
    }

    fn fill(&mut self, offset: u64, len: u64) -> Result<(), Error> {
        let room = self.limit.saturating_sub(offset);
        let mut piece = vec![0; in_memory(len.max(READ_BYTES as u64).min(room))];
        let read = self
            .file
            .read_at(&mut piece, offset)
            .map_err(|error| Error::io("read", self.path, error))?;
        piece.truncate(read);
        self.piece = Bytes::from(piece);
        self.piece_offset = offset;
        Ok(())
    }
}

fn contains(outer: &Range<u64>, inner: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Lengths here are bounded by the frame bound, which fits the memory of any supported machine.
fn in_memory(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// Writes zeros over a new file, so that later syncs of its content need no metadata, and syncs it.
pub(crate) fn preallocate(disk: &dyn Disk, path: &Path, bytes: u64) -> io::Result<Arc<dyn File>> {
    const PIECE_BYTES: u64 = 256 * 1024;
    let zeros = vec![0; in_memory(PIECE_BYTES.min(bytes))];
    let file = disk.create(path)?;
    let mut offset = 0;
    while offset < bytes {
        let len = PIECE_BYTES.min(bytes - offset);
        file.write_at(&zeros[..in_memory(len)], offset)?;
        offset += len;
        // In pieces, so that a commit's own sync never waits behind a whole segment.
        if offset % (8 * PIECE_BYTES) == 0 {
            file.sync()?;
        }
    }
    file.sync()?;
    Ok(file)
}
