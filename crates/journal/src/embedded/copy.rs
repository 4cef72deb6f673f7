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

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};

use super::frame::Link;
use super::{Embedded, blocking};
use crate::{Commit, Error, Newest, RecordSum, Revision};

mod fuzz;
mod read;
mod restore;
mod write;

pub(crate) use fuzz::try_copy;
use read::{Piece, read};
use write::{Out, beginning, write};

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
    /// What the newest commit up to [`Copied::oldest`] says of itself, where one is known: it comes first.
    Newest(&'a Newest),
    /// A record as of [`Copied::oldest`]: all of these come before the commits.
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
            Piece::Base {
                newest, records, ..
            } => {
                let newest = newest.iter().map(Item::Newest);
                let records = records.iter();
                let records = records.map(|(key, value)| Item::Record(key, value));
                newest.chain(records).try_for_each(&mut *visit)
            }
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
