//! A copy of the journal as one stream of bytes: taken while the store serves, checked as it is read, restored to any revision.
//!
//! ```text
//!   0  4  magic                       24  8  the revision that it was taken at
//!   4  4  crc32 of bytes 8..104       32 32  link of the frame that ends there
//!   8 16  the clinic's id             64 40  count and hash sum of all records there
//!
//! piece: 0 4 kind   4 4 zero   8 8 revision   16 8 bytes that follow
//! ```
//!
//! Pieces are, in this order: the base, the files of stripped frames before it, each frame after it, and one that ends it all. They are as
//! they lie on disk, so that the chain is the same, and a copy is verified by what verifies the store. What it deliberately is
//! not: it is neither sealed nor compressed, and does not know where it goes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};

use super::base::{self, Start, base_name};
use super::frame::{Frame, Link, MAX_FRAME_BYTES};
use super::segment::{Found, Reader};
use super::shared::Shared;
use super::stripped::{self, Accounts};
use super::verify::{Check, Pace, unhurried};
use super::walk::{Expected, Extent, check_place, damaged, walk};
use super::{Embedded, blocking};
use crate::disk::File;
use crate::{Commit, Error, RecordSum, Revision};

mod restore;

const MAGIC: u32 = u32::from_le_bytes(*b"TWjC");
const HEADER_BYTES: usize = 104;
const PIECE_HEADER_BYTES: usize = 24;

/// Files are copied in pieces of this size.
const READ_BYTES: usize = 256 * 1024;

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// The clinic that it is of.
    pub clinic_id: [u8; 16],
    /// The revision that it was taken at.
    pub head: Revision,
    /// The first revision to which it can be restored: commits up to there are compacted.
    pub oldest: Revision,
    /// Commits in it, compacted ones apart.
    pub commits: u64,
    /// Records at its head.
    pub records: u64,
}

/// What is shown of a copy to whoever reads it.
#[derive(Debug)]
pub enum Item<'a> {
    /// A record as of [`Copied::oldest`]: all of these come first.
    Record(&'a Bytes, &'a Bytes),
    /// A commit, in order.
    Commit(&'a Commit),
}

impl Embedded {
    /// Writes a copy of the journal as it is now to what `begin` opens for it, which is called `to` where something is told of it;
    /// gives that back, with what it holds. Nobody waits for it, but a compaction.
    ///
    /// What was written is verified by reading it: [`Embedded::read_copy`].
    pub async fn copy<W: Write + Send + 'static>(
        &self,
        to: &Path,
        begin: impl FnOnce(&Copied) -> io::Result<W> + Send + 'static,
    ) -> Result<(W, Copied), Error> {
        self.shared.check()?;
        let (shared, to) = (Arc::clone(&self.shared), to.to_owned());
        let clinic_id = self.clinic_id();
        blocking(move || {
            // Nothing is compacted away while it is copied.
            let _kept = shared.kept();
            let (header, copied) = beginning(&shared, clinic_id)?;
            let mut out = begin(&copied).map_err(|error| Error::io("write", &to, error))?;
            write(
                &shared,
                &header,
                &mut Out {
                    out: &mut out,
                    to: &to,
                },
            )?;
            Ok((out, copied))
        })
        .await
    }

    /// Bytes that a copy would have at most, looked up now.
    pub fn size(&self) -> Result<u64, Error> {
        let shared = &self.shared;
        let dir = &shared.layout.journal;
        let size = |name: &String| {
            let path = dir.join(name);
            let len = shared.disk.open(&path).and_then(|file| file.len());
            match len {
                // It was compacted away since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
                len => len.map_err(|error| Error::io("read", &path, error)),
            }
        };
        let names = shared.disk.list(dir);
        let names = names.map_err(|error| Error::io("list", dir, error))?;
        names.iter().map(size).sum()
    }

    /// Reads a copy to its end, which is called `path` where something is told of it, and shows what is in it. Fails when it is
    /// not what was written, whole: every checksum, hash, link and before-image is compared, and the sum of the records at each
    /// frame. What it shows before it fails is not to be trusted. Blocks.
    pub fn read_copy(
        from: &mut dyn Read,
        path: &Path,
        visit: &mut dyn FnMut(Item<'_>) -> Result<(), Error>,
    ) -> Result<Copied, Error> {
        read(from, path, &mut |piece| match piece {
            Piece::Stripped { .. } => Ok(()),
            Piece::Base { records, .. } => records
                .iter()
                .try_for_each(|(key, value)| visit(Item::Record(key, value))),
            Piece::Frame(frame) => frame
                .commits()
                .unwrap_or_default()
                .iter()
                .try_for_each(|commit| visit(Item::Commit(commit))),
        })
    }
}

/// The kinds of pieces.
const END: u32 = 0;
const STRIPPED: u32 = 1;
const BASE: u32 = 2;
const FRAME: u32 = 3;

/// What the header says.
#[derive(Clone, Copy)]
struct Header {
    clinic_id: [u8; 16],
    head: Revision,
    link: Link,
    sum: RecordSum,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.put_u32_le(MAGIC);
        bytes.put_u32_le(0);
        bytes.put_slice(&self.clinic_id);
        bytes.put_u64_le(self.head);
        bytes.put_slice(&self.link);
        bytes.put_slice(&self.sum.to_bytes());
        let crc = crc32fast::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(whole: &[u8; HEADER_BYTES]) -> Option<Header> {
        let mut bytes = &whole[..];
        if bytes.get_u32_le() != MAGIC || bytes.get_u32_le() != crc32fast::hash(&whole[8..]) {
            return None;
        }
        let (mut clinic_id, mut link, mut sum) = ([0; 16], [0; 32], [0; RecordSum::BYTES]);
        bytes.copy_to_slice(&mut clinic_id);
        let head = bytes.get_u64_le();
        bytes.copy_to_slice(&mut link);
        bytes.copy_to_slice(&mut sum);
        Some(Header {
            clinic_id,
            head,
            link,
            sum: RecordSum::from_bytes(&sum),
        })
    }
}

/// Where a copy goes.
struct Out<'a> {
    out: &'a mut dyn Write,
    to: &'a Path,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.out.write_all(bytes);
        written.map_err(|error| Error::io("write", self.to, error))
    }

    fn piece(&mut self, kind: u32, revision: Revision, bytes: u64) -> Result<(), Error> {
        let mut head = Vec::with_capacity(PIECE_HEADER_BYTES);
        head.put_u32_le(kind);
        head.put_u32_le(0);
        head.put_u64_le(revision);
        head.put_u64_le(bytes);
        self.put(&head)
    }

    /// A file that nobody writes to any more.
    fn file(
        &mut self,
        kind: u32,
        revision: Revision,
        (file, path): (&dyn File, &Path),
        pace: &mut Pace<'_>,
    ) -> Result<(), Error> {
        let io = |error| Error::io("read", path, error);
        let len = file.len().map_err(io)?;
        self.piece(kind, revision, len)?;
        let mut buffer = vec![0; READ_BYTES];
        let mut offset = 0;
        while offset < len {
            let read = file.read_at(&mut buffer, offset).map_err(io)?;
            if read == 0 {
                return Err(io(io::ErrorKind::UnexpectedEof.into()));
            }
            self.put(&buffer[..read])?;
            offset += read as u64;
            pace(read as u64)?;
        }
        Ok(())
    }
}

/// What a copy of the journal as it is now begins with.
fn beginning(shared: &Shared, clinic_id: [u8; 16]) -> Result<(Header, Copied), Error> {
    let (head, start) = (shared.head(), shared.start());
    let (link, sum) = end_at(shared, head)?;
    let header = Header {
        clinic_id,
        head,
        link,
        sum,
    };
    let copied = Copied {
        clinic_id,
        head,
        oldest: start.revision,
        commits: head - start.revision,
        records: sum.count(),
    };
    Ok((header, copied))
}

fn write(shared: &Shared, header: &Header, out: &mut Out<'_>) -> Result<(), Error> {
    let (head, (start, segments)) = (header.head, shared.begin_and_segments());
    let (disk, dir) = (&*shared.disk, &shared.layout.journal);
    let open = |path: &Path| {
        let opened = disk.open(path);
        opened.map_err(|error| Error::io("open", path, error))
    };
    let mut goes_on = |_| shared.check();
    out.put(&header.encode())?;
    if start.is_base() {
        let path = dir.join(base_name(start.revision));
        out.file(BASE, start.revision, (&*open(&path)?, &path), &mut goes_on)?;
        for last in stripped::files(disk, dir)? {
            if last <= start.revision {
                let path = dir.join(stripped::stripped_name(last));
                out.file(STRIPPED, last, (&*open(&path)?, &path), &mut goes_on)?;
            }
        }
    }
    let mut expected = Expected {
        next: start.revision + 1,
        link: Some(start.link),
    };
    for segment in segments.iter().take_while(|it| it.first <= head) {
        let (file, extent) = (open(&segment.path)?, Extent::Until(head));
        walk(segment, &*file, &mut expected, extent, &mut |frame| {
            let bytes = frame.header.frame_bytes();
            out.piece(FRAME, frame.header.first, bytes)?;
            frame.parts().iter().try_for_each(|part| out.put(part))?;
            goes_on(bytes)
        })?;
    }
    if expected.next != head + 1 {
        let what = "the journal ends too early";
        return Err(damaged(dir, expected.next, what));
    }
    out.piece(END, head, 0)
}

/// The link and the sum at the end of the frame that ends with `head`.
fn end_at(shared: &Shared, head: Revision) -> Result<(Link, RecordSum), Error> {
    let (start, segments) = shared.begin_and_segments();
    if head == start.revision {
        return Ok((start.link, start.sum));
    }
    let at = segments.partition_point(|segment| segment.first <= head);
    // The first segment begins after the start, so there is always one before.
    let segment = &segments[at.saturating_sub(1)];
    let file = shared
        .disk
        .open(&segment.path)
        .map_err(|error| Error::io("open", &segment.path, error))?;
    let mut reader = Reader::new(&*file, &segment.path)?;
    reader.seek(segment.start_for(&*file, head)?);
    loop {
        match reader.next()? {
            Found::Frame(frame) if frame.header.last() == head => {
                return Ok((frame.link, frame.header.sum_after));
            }
            Found::Frame(_) => {}
            _ => return Err(damaged(&segment.path, head, "the journal ends too early")),
        }
    }
}

/// What is read of a copy, each checked.
enum Piece<'a> {
    /// A file of stripped frames, up to that revision.
    Stripped { last: Revision, bytes: &'a Bytes },
    /// The base, as the file that it is and as the records in it.
    Base {
        start: Start,
        bytes: &'a Bytes,
        records: &'a BTreeMap<Bytes, Bytes>,
    },
    /// A frame that follows the one before it.
    Frame(&'a Frame),
}

/// Reads a copy and checks it; shows each piece, when it is known to follow the one before it.
fn read(from: &mut dyn Read, path: &Path, visit: &mut Visit<'_>) -> Result<Copied, Error> {
    read_pieces(from, path, visit).map_err(|error| match error {
        // What is told of a damaged store is of no use here.
        Error::Damaged {
            file,
            revision,
            what,
            ..
        } => Error::Damaged {
            file,
            revision,
            what,
            remedy: "take another copy, and keep this one".to_owned(),
        },
        error => error,
    })
}

fn read_pieces(from: &mut dyn Read, path: &Path, visit: &mut Visit<'_>) -> Result<Copied, Error> {
    let mut source = Source { from, path };
    let mut bytes = [0; HEADER_BYTES];
    source.fill(&mut bytes)?;
    let header = Header::decode(&bytes).ok_or_else(|| source.bad(0, "it does not begin as one"))?;
    let mut reading = Reading::begin(header);
    loop {
        let (kind, revision, len) = source.piece()?;
        if kind == FRAME && len > MAX_FRAME_BYTES {
            return Err(source.bad(revision, "a frame is too long"));
        }
        let bytes = source.bytes(len)?;
        match kind {
            BASE => reading.base(path, revision, bytes, visit)?,
            STRIPPED => reading.stripped(path, revision, bytes, visit)?,
            FRAME => reading.frame(path, revision, &bytes, visit)?,
            END => {
                let copied = reading.end(path)?;
                let ends = revision == copied.head && len == 0;
                let what = "it does not end as one";
                return ends
                    .then_some(copied)
                    .ok_or_else(|| source.bad(revision, what));
            }
            _ => return Err(source.bad(revision, "a piece is of no known kind")),
        }
    }
}

/// How far a copy was read.
struct Reading {
    header: Header,
    start: Start,
    /// The way along the stripped frames, until it has led to the base.
    way: Option<Accounts>,
    /// What the next frame has to be, and what the frames add up to; none before the first piece.
    frames: Option<(Expected, Check)>,
}

type Visit<'a> = dyn FnMut(Piece<'_>) -> Result<(), Error> + 'a;

impl Reading {
    fn begin(header: Header) -> Reading {
        Reading {
            header,
            start: Start::genesis(header.clinic_id),
            way: None,
            frames: None,
        }
    }

    fn base(
        &mut self,
        path: &Path,
        revision: Revision,
        bytes: Bytes,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let file = InMemory(bytes);
        let start = base::Head::read(&file, path, revision)?.start;
        let is_first = self.way.is_none() && self.frames.is_none();
        if !is_first || !start.is_of(self.header.clinic_id) {
            return Err(damaged(path, revision, "the base is not this copy's"));
        }
        let records = base::records_of(&file, path, &start, &mut unhurried)?;
        self.start = start;
        self.way = Some(Accounts::begin(&start));
        self.frames = Some(self.first(&records));
        visit(Piece::Base {
            start,
            bytes: &file.0,
            records: &records,
        })
    }

    fn first(&self, records: &BTreeMap<Bytes, Bytes>) -> (Expected, Check) {
        let expected = Expected {
            next: self.start.revision + 1,
            link: Some(self.start.link),
        };
        (
            expected,
            Check::begin(self.header.head, &self.start, records),
        )
    }

    fn stripped(
        &mut self,
        path: &Path,
        last: Revision,
        bytes: Bytes,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let file = InMemory(bytes);
        let Some(way) = &mut self.way else {
            return Err(damaged(
                path,
                last,
                "stripped frames are not before their base",
            ));
        };
        way.file(&file, path, last, &mut unhurried)?;
        visit(Piece::Stripped {
            last,
            bytes: &file.0,
        })
    }

    /// Goes on to the frames: the stripped ones must have led to the base.
    fn frames(&mut self, path: &Path) -> Result<&mut (Expected, Check), Error> {
        if let Some(way) = self.way.take() {
            way.must_lead_to(&self.start, path)?;
        }
        let first = self.frames.take();
        let first = first.unwrap_or_else(|| self.first(&BTreeMap::new()));
        Ok(self.frames.insert(first))
    }

    fn frame(
        &mut self,
        path: &Path,
        revision: Revision,
        bytes: &Bytes,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let bad = || damaged(path, revision, "a frame is not what was written");
        let frame = Frame::whole(bytes).filter(|it| it.header.first == revision);
        let frame = frame.ok_or_else(bad)?;
        let (expected, check) = self.frames(path)?;
        check_place(path, expected, &frame.header)?;
        check.frame(path, &frame)?;
        *expected = Expected {
            next: frame.header.last() + 1,
            link: Some(frame.link),
        };
        visit(Piece::Frame(&frame))
    }

    fn end(mut self, path: &Path) -> Result<Copied, Error> {
        let (header, oldest) = (self.header, self.start.revision);
        let (expected, check) = self.frames(path)?;
        let arrived = (expected.next, expected.link, check.sum());
        if arrived != (header.head + 1, Some(header.link), header.sum) {
            let what = "it does not end with what it says";
            return Err(damaged(path, expected.next, what));
        }
        Ok(Copied {
            clinic_id: header.clinic_id,
            head: header.head,
            oldest,
            commits: header.head - oldest,
            records: header.sum.count(),
        })
    }
}

/// What a copy is read from.
struct Source<'a> {
    from: &'a mut dyn Read,
    path: &'a Path,
}

impl Source<'_> {
    fn bad(&self, revision: Revision, what: &str) -> Error {
        damaged(self.path, revision, what)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.from
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => self.bad(0, "it ends too early"),
                io::ErrorKind::InvalidData => self.bad(0, &error.to_string()),
                _ => Error::io("read", self.path, error),
            })
    }

    /// Kind, revision and length of what follows.
    fn piece(&mut self) -> Result<(u32, Revision, u64), Error> {
        let mut head = [0; PIECE_HEADER_BYTES];
        self.fill(&mut head)?;
        let mut head = &head[..];
        let (kind, zero) = (head.get_u32_le(), head.get_u32_le());
        if zero != 0 {
            return Err(self.bad(0, "a piece does not begin as one"));
        }
        Ok((kind, head.get_u64_le(), head.get_u64_le()))
    }

    /// As many bytes, which are not believed to be there until they are.
    fn bytes(&mut self, len: u64) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < len {
            let more = (len - bytes.len() as u64).min(READ_BYTES as u64);
            let from = bytes.len();
            bytes.resize(from + usize::try_from(more).unwrap_or(READ_BYTES), 0);
            self.fill(&mut bytes[from..])?;
        }
        Ok(bytes.into())
    }
}

/// A file of a copy, to be read as those on disk are.
struct InMemory(Bytes);

impl File for InMemory {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.0.len());
        let read = buf.len().min(self.0.len() - from);
        buf[..read].copy_from_slice(&self.0[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
