//! The last segment made good: a torn last group set aside, the rest copied to a file of its own.

use std::io;
use std::sync::Arc;

use super::format::Format;
use super::options::Options;
use super::quarantine::{count_torn, free_name, torn_name};
use super::replay::Replayed;
use super::segment::{Segment, TRAILER_BYTES, preallocate};
use super::shared::Layout;
use super::writer::Active;
use super::{OpenReport, TornTail};
use crate::disk::{Disk, File};
use crate::{Error, Revision};

/// What is needed to renew the last segment.
pub(crate) struct Tail<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) layout: &'a Layout,
    pub(crate) options: &'a Options,
    pub(crate) segment: &'a Arc<Segment>,
}

impl Tail<'_> {
    /// Copies the segment's good frames to a new file that takes its place.
    ///
    /// What was just read may be in the page cache only: after a failed sync the system calls pages
    /// clean that never reached the disk, and syncing them again does nothing.
    pub(crate) fn renew(
        &self,
        replayed: &Replayed,
        format: &mut Format,
        report: &mut OpenReport,
    ) -> Result<Active, Error> {
        let path = &self.segment.path;
        let old = self
            .disk
            .open(path)
            .map_err(|error| Error::io("open", path, error))?;
        let end = replayed.last.end;
        if replayed.last.torn_bytes > 0 {
            let torn = copy_bytes(&*old, end, replayed.last.torn_bytes)
                .map_err(|error| Error::io("read", path, error))?;
            report.torn_tail = Some(self.set_aside(replayed.end.head, &torn)?);
            // Before the group is gone from the journal, so that none is ever missing from the count.
            if let Some(identity) = &mut format.identity {
                identity.torn_tails += 1;
                format.write(self.disk, self.layout)?;
            }
        }
        report.torn_tails = match format.identity {
            Some(identity) => identity.torn_tails,
            None => self.count_set_aside()?,
        };
        let file = self
            .copy(&*old, end)
            .map_err(|error| Error::io("renew", path, error))?;
        self.segment.set_index(replayed.last.index.clone());
        let len = file.len().map_err(|error| Error::io("read", path, error))?;
        Ok(Active {
            segment: Arc::clone(self.segment),
            file,
            offset: end,
            limit: len - TRAILER_BYTES,
        })
    }

    fn copy(&self, old: &dyn File, end: u64) -> io::Result<Arc<dyn File>> {
        let path = &self.segment.path;
        let new_path = path.with_extension("new");
        let bytes = self.options.segment_bytes.max(end + TRAILER_BYTES);
        let new = preallocate(self.disk, &new_path, bytes)?;
        new.write_at(&copy_bytes(old, 0, end)?, 0)?;
        new.sync()?;
        self.disk.sync_dir(&self.layout.journal)?;
        self.disk.rename(&new_path, path)?;
        self.disk.sync_dir(&self.layout.journal)?;
        Ok(new)
    }

    /// How many a store of format 1 has set aside: it counts them nowhere else.
    fn count_set_aside(&self) -> Result<u64, Error> {
        let dir = &self.layout.quarantine;
        match self.disk.list(dir) {
            Ok(names) => Ok(count_torn(&names)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(Error::io("read", dir, error)),
        }
    }

    fn set_aside(&self, after: Revision, torn: &[u8]) -> Result<TornTail, Error> {
        let dir = &self.layout.quarantine;
        let write = || -> io::Result<String> {
            self.disk.create_dir(dir)?;
            let name = free_name(&self.disk.list(dir)?, &torn_name(after));
            let file = self.disk.create(&dir.join(&name))?;
            file.write_at(torn, 0)?;
            file.sync()?;
            self.disk.sync_dir(dir)?;
            Ok(name)
        };
        let name = write().map_err(|error| Error::io("write to", dir, error))?;
        tracing::warn!(after, bytes = torn.len(), file = %name, "a torn last group was set aside");
        Ok(TornTail {
            after,
            bytes: torn.len() as u64,
            file: name,
        })
    }
}

fn copy_bytes(file: &dyn File, offset: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    let read = file.read_at(&mut bytes, offset)?;
    if read < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}
