//! Writing a copy.

use std::io::{self, Write};
use std::path::Path;

use bytes::BufMut;

use super::super::base::base_name;
use super::super::frame::Link;
use super::super::segment::{Found, Reader};
use super::super::shared::Shared;
use super::super::stripped;
use super::super::verify::Pace;
use super::super::walk::{Expected, Extent, damaged, walk};
use super::{BASE, Copied, END, FRAME, Header, PIECE_HEADER_BYTES, READ_BYTES, STRIPPED};
use crate::disk::File;
use crate::{Error, RecordSum, Revision};

/// Where a copy goes.
pub(super) struct Out<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) to: &'a Path,
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
pub(super) fn beginning(shared: &Shared, clinic_id: [u8; 16]) -> Result<(Header, Copied), Error> {
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

pub(super) fn write(shared: &Shared, header: &Header, out: &mut Out<'_>) -> Result<(), Error> {
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
