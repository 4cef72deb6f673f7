//! Restoring a copy: a new store with the copy's history up to a revision, and records as they were then.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::base::base_name;
use super::super::create;
use super::super::format::{FORMAT_VERSION, Format, Identity};
use super::super::frame::{Encoded, Frame, Link, MAX_FRAME_BYTES};
use super::super::segment::{TRAILER_BYTES, Trailer, name, preallocate};
use super::super::shared::Layout;
use super::super::stripped::stripped_name;
use super::super::{Embedded, Options};
use super::{Copied, Piece, read};
use crate::disk::{Disk, File, RealDisk};
use crate::{Error, NewCommit, RecordSum, Revision};

impl Embedded {
    /// Restores the copy `from`, which is called `path` where something is told of it, to a new store in `to`, an empty or new
    /// folder: as it was at the revision `until`, from [`Copied::oldest`] to [`Copied::head`], or at the head of the copy. The
    /// chain is the copy's, up to there; it has an incarnation of its own, because what follows is another history. Blocks.
    ///
    /// All of the copy is read and checked, as by [`Embedded::read_copy`]; when it fails, no store is in `to`.
    pub fn restore(
        from: &mut dyn Read,
        path: &Path,
        to: &Path,
        until: Option<Revision>,
        options: &Options,
    ) -> Result<Copied, Error> {
        let disk = RealDisk;
        let layout = Layout::new(to.to_owned());
        let _lock = create::claim(&disk, &layout)?;
        for dir in [&layout.journal, &layout.quarantine] {
            let made = disk.create_dir(dir);
            made.map_err(|error| Error::io("create", dir, error))?;
        }
        let mut restoring = Restoring {
            disk: &disk,
            layout: &layout,
            segment_bytes: options.clone().within_bounds().segment_bytes,
            until: until.unwrap_or(Revision::MAX),
            next: 1,
            link: [0; 32],
            sum: RecordSum::EMPTY,
            active: None,
        };
        let copied = read(from, path, &mut |piece| restoring.take(&piece))?;
        restoring.end(&copied, until)?;
        let format = Format {
            version: FORMAT_VERSION,
            clinic_id: copied.clinic_id,
            identity: Some(Identity::draw(0)?),
        };
        format.write(&disk, &layout)?;
        Ok(copied)
    }
}

struct Restoring<'a> {
    disk: &'a dyn Disk,
    layout: &'a Layout,
    segment_bytes: u64,
    until: Revision,
    /// The revision of the next frame.
    next: Revision,
    /// The records' sum before it.
    sum: RecordSum,
    /// The link of the frame before it, if one was written.
    link: Link,
    active: Option<Active>,
}

/// The segment that is being written.
struct Active {
    file: Arc<dyn File>,
    path: PathBuf,
    offset: u64,
    limit: u64,
}

impl Restoring<'_> {
    fn take(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        match piece {
            Piece::Base { start, bytes, .. } => {
                (self.next, self.sum) = (start.revision + 1, start.sum);
                self.file(&base_name(start.revision), bytes)
            }
            Piece::Stripped { last, bytes } => self.file(&stripped_name(*last), bytes),
            Piece::Frame(frame) => self.frame(frame),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.layout.journal.join(name);
        let write = || {
            let file = self.disk.create(&path)?;
            file.write_at(bytes, 0)?;
            file.sync()
        };
        write().map_err(|error| Error::io("write", &path, error))
    }

    /// Takes a frame as it is, or what of it is wanted.
    fn frame(&mut self, frame: &Frame) -> Result<(), Error> {
        let header = &frame.header;
        if header.first > self.until {
            return Ok(());
        }
        if header.last() <= self.until {
            let bytes = frame.parts().concat();
            self.put(&bytes)?;
            (self.link, self.sum) = (frame.link, header.sum_after);
            self.next = header.last() + 1;
            return Ok(());
        }
        let commits = frame.commits().unwrap_or_default();
        let wanted = commits
            .into_iter()
            .take_while(|it| it.revision <= self.until);
        let group: Vec<_> = wanted
            .map(|commit| NewCommit {
                meta: commit.meta,
                changes: commit.changes,
            })
            .collect();
        let mut encoded = Encoded::new(&group, MAX_FRAME_BYTES)?;
        let (bytes, link, sum) = encoded.place(header.first, header.predecessor, self.sum);
        self.put(bytes)?;
        (self.link, self.sum) = (link, sum);
        self.next = self.until + 1;
        Ok(())
    }

    fn put(&mut self, frame: &[u8]) -> Result<(), Error> {
        let bytes = frame.len() as u64;
        let fits = |it: &Active| it.offset + bytes <= it.limit;
        if !self.active.as_ref().is_some_and(fits) {
            self.rotate(bytes)?;
        }
        let active = self
            .active
            .as_mut()
            .expect("there is one since it was rotated");
        let written = active.file.write_at(frame, active.offset);
        written.map_err(|error| Error::io("write", &active.path, error))?;
        active.offset += bytes;
        Ok(())
    }

    /// Seals the segment that is being written, if there is one, and begins the next.
    fn rotate(&mut self, frame_bytes: u64) -> Result<(), Error> {
        if let Some(active) = self.active.take() {
            let trailer = Trailer {
                next: self.next,
                link: self.link,
            };
            let sealed = trailer
                .write(&*active.file)
                .and_then(|()| active.file.sync());
            sealed.map_err(|error| Error::io("write", &active.path, error))?;
        }
        let path = self.layout.journal.join(name(self.next));
        let bytes = self.segment_bytes.max(frame_bytes + TRAILER_BYTES);
        let file = preallocate(self.disk, &path, bytes);
        self.active = Some(Active {
            file: file.map_err(|error| Error::io("write", &path, error))?,
            path,
            offset: 0,
            limit: bytes - TRAILER_BYTES,
        });
        Ok(())
    }

    fn end(mut self, copied: &Copied, until: Option<Revision>) -> Result<(), Error> {
        let reached = until.unwrap_or(copied.head);
        if !(copied.oldest..=copied.head).contains(&reached) {
            return Err(Error::NoSuchRevision {
                asked: reached,
                oldest: copied.oldest,
                newest: copied.head,
            });
        }
        if self.active.is_none() {
            self.rotate(0)?;
        }
        let dir = &self.layout.journal;
        let synced = self.active.map_or(Ok(()), |active| active.file.sync());
        let synced = synced.and_then(|()| self.disk.sync_dir(dir));
        synced.map_err(|error| Error::io("sync", dir, error))
    }
}
