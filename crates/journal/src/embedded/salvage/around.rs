//! Reading a disk that fails in places. What it does not give is damage like any other: rubbish stands for it, which no checksum takes
//! for what was written, and what lies behind it is read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Lost;
use crate::disk::{Disk, File, RealDisk, is_unreadable};

/// So much is given up where a byte can not be read: what systems read of a file at least.
const BLOCK_BYTES: u64 = 4096;

/// What stands for a byte that can not be read. Not zero, which would pass for room that nothing was written in.
const RUBBISH: u8 = 0xa5;

/// A disk of which every file is read around what can not be.
pub(super) struct Around<'a> {
    disk: &'a dyn Disk,
    holes: RefCell<BTreeMap<PathBuf, Holes>>,
}

impl Around<'_> {
    pub(super) fn new(disk: &dyn Disk) -> Around<'_> {
        Around {
            disk,
            holes: RefCell::default(),
        }
    }

    /// The disk itself, of which every read fails that can not be done.
    pub(super) fn disk(&self) -> &dyn Disk {
        self.disk
    }

    pub(super) fn open(&self, path: &Path) -> io::Result<Pieces> {
        let mut all = self.holes.borrow_mut();
        let holes = all.entry(path.to_owned()).or_default();
        Ok(Pieces {
            file: self.disk.open(path)?,
            holes: holes.clone(),
        })
    }

    /// Whether something there could not be read.
    pub(super) fn has_hole(&self, path: &Path, place: Range<u64>) -> bool {
        let all = self.holes.borrow();
        all.get(path).is_some_and(|it| it.meet(place))
    }

    /// What could not be read by now. Of the commits that lay there others tell: here it holds none.
    pub(super) fn lost(&self) -> Vec<Lost> {
        let all = self.holes.borrow();
        let holes = all
            .iter()
            .flat_map(|(file, holes)| holes.joined().into_iter().map(move |hole| (file, hole)));
        let lost = holes.map(|(file, hole)| Lost {
            file: file.clone(),
            offset: hole.start,
            revisions: None,
            keys: Some(Vec::new()),
            what: format!("{} bytes that can not be read", hole.end - hole.start),
        });
        lost.collect()
    }

    /// Copies a folder of the system's, whatever of it can be read.
    pub(super) fn copy_folder(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (path, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                self.copy_folder(&path, &target)?;
            } else {
                copy_file(&self.open(&path)?, &*RealDisk.create(&target)?)?;
            }
        }
        Ok(())
    }
}

fn copy_file(from: &dyn File, to: &dyn File) -> io::Result<()> {
    let mut piece = vec![0; 64 * index(BLOCK_BYTES)];
    let mut offset = 0;
    loop {
        let read = from.read_at(&mut piece, offset)?;
        if read == 0 {
            return Ok(());
        }
        to.write_at(&piece[..read], offset)?;
        offset += read as u64;
    }
}

/// What of a file can not be read: where each block begins and ends.
#[derive(Debug, Clone, Default)]
struct Holes(Arc<Mutex<BTreeMap<u64, u64>>>);

impl Holes {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        // Blocks go in whole: a panic elsewhere leaves them sound.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, range: Range<u64>) -> bool {
        let blocks = self.lock();
        let before = blocks.range(..range.end).next_back();
        before.is_some_and(|(_, end)| *end > range.start)
    }

    /// Blocks that lie side by side are one hole.
    fn joined(&self) -> Vec<Range<u64>> {
        let mut joined: Vec<Range<u64>> = Vec::new();
        for (start, end) in &*self.lock() {
            match joined.last_mut() {
                Some(last) if last.end == *start => last.end = *end,
                _ => joined.push(*start..*end),
            }
        }
        joined
    }
}

/// A file that is read in pieces where it can not be read at once.
pub(super) struct Pieces {
    file: Arc<dyn File>,
    holes: Holes,
}

impl Pieces {
    /// Reads a part of one block; rubbish, where that can not be.
    fn read_block(&self, piece: &mut [u8], offset: u64) -> io::Result<()> {
        // A disk tries for seconds before it gives a place up: once is enough.
        let known = self.holes.meet(offset..offset + piece.len() as u64);
        if !known {
            match self.file.read_at(piece, offset) {
                Ok(read) if read == piece.len() => return Ok(()),
                Err(error) if !is_unreadable(&error) => return Err(error),
                _ => {}
            }
            let start = offset - offset % BLOCK_BYTES;
            let end = (start + BLOCK_BYTES).min(self.file.len()?);
            self.holes.lock().insert(start, end);
        }
        piece.fill(RUBBISH);
        Ok(())
    }
}

impl File for Pieces {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let wanted = offset..offset.saturating_add(buf.len() as u64);
        if !self.holes.meet(wanted.clone()) {
            match self.file.read_at(buf, offset) {
                Err(error) if is_unreadable(&error) => {}
                read => return read,
            }
        }
        let end = wanted.end.min(self.file.len()?);
        let mut at = offset;
        while at < end {
            let next = (at - at % BLOCK_BYTES + BLOCK_BYTES).min(end);
            let piece = &mut buf[index(at - offset)..index(next - offset)];
            self.read_block(piece, at)?;
            at = next;
        }
        Ok(index(at - offset))
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

/// An offset into what is in memory.
fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
