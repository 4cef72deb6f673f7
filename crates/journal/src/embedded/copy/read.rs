//! Reading a copy, and checking it.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use bytes::{Buf, Bytes};

use super::super::base::{self, Start};
use super::super::frame::{Frame, MAX_FRAME_BYTES};
use super::super::stripped::Accounts;
use super::super::verify::{Check, unhurried};
use super::super::walk::{Expected, check_place, damaged};
use super::{
    BASE, Copied, END, FRAME, HEADER_BYTES, Header, PIECE_HEADER_BYTES, READ_BYTES, STRIPPED,
};
use crate::disk::File;
use crate::{Error, Newest, Revision};

/// What is read of a copy, each checked.
pub(super) enum Piece<'a> {
    /// A file of stripped frames, up to that revision.
    Stripped { last: Revision, bytes: &'a Bytes },
    /// The base, as the file that it is, and what is in it.
    Base {
        start: Start,
        bytes: &'a Bytes,
        newest: Option<Newest>,
        records: &'a BTreeMap<Bytes, Bytes>,
    },
    /// A frame that follows the one before it.
    Frame(&'a Frame),
}

/// Reads a copy and checks it; shows each piece, when it is known to follow the one before it.
pub(super) fn read(
    from: &mut dyn Read,
    path: &Path,
    visit: &mut Visit<'_>,
) -> Result<Copied, Error> {
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

pub(super) type Visit<'a> = dyn FnMut(Piece<'_>) -> Result<(), Error> + 'a;

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
        let newest = base::newest_of(&file, path, &start)?;
        self.start = start;
        self.way = Some(Accounts::begin(&start));
        self.frames = Some(self.first(&records));
        visit(Piece::Base {
            start,
            bytes: &file.0,
            newest,
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
