//! The file `REACHED`: how far the store has come at least, said apart from the journal and the records.
//!
//! The journal alone can not tell that its end is gone, and the records, which know a revision it has to reach, may come back as they were
//! some time ago, too. What both have lost is told by this file. It is said again by every checkpoint and before anything is written to
//! a new segment, as far as the disk has room, and never says more than what is durable, so that an older one is no error.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::format::{hex, unhex};
use super::segment::Segment;
use super::shared::Layout;
use super::walk::damaged;
use crate::disk::{Disk, File};
use crate::{Error, Revision};

#[cfg(test)]
mod tests;

const PREFIX: &str = "treadwell journal reached\n";

/// It lies there twice, in blocks of the disk that a torn write does not damage both.
const PLACES: [u64; 2] = [0, 4096];

/// How far a store has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Which store's it is: its incarnation. A file that was left behind by another one says nothing.
    of: [u8; 16],
    /// Commits up to this one are durable.
    pub(crate) revision: Revision,
    /// The journal has the segment that begins with this revision, or newer ones.
    pub(crate) segment: Revision,
}

impl Reached {
    /// Of the same length always.
    ///
    /// ```text
    /// treadwell journal reached
    /// incarnation 101112131415161718191a1b1c1d1e1f
    /// revision 00000000000000000123
    /// segment 00000000000000000098
    /// check 8d7a1c09
    /// ```
    pub(super) fn encode(self) -> String {
        let Reached {
            of,
            revision,
            segment,
        } = self;
        let of = hex(&of);
        let text =
            format!("{PREFIX}incarnation {of}\nrevision {revision:020}\nsegment {segment:020}\n");
        let check = crc32fast::hash(text.as_bytes());
        format!("{text}check {check:08x}\n")
    }

    /// What it says, if it is whole.
    pub(crate) fn decode(text: &str) -> Option<Reached> {
        let mut lines = text.strip_prefix(PREFIX)?.lines();
        let reached = Reached {
            of: unhex(lines.next()?.strip_prefix("incarnation ")?)?,
            revision: lines.next()?.strip_prefix("revision ")?.parse().ok()?,
            segment: lines.next()?.strip_prefix("segment ")?.parse().ok()?,
        };
        (reached.encode() == text).then_some(reached)
    }

    /// The furthest that the file says of this incarnation, or of any where it is not known.
    ///
    /// Nothing where it can not be read: it says twice what nothing but damage to everything else makes necessary, so that by itself it
    /// costs nobody a store. A store that was last opened by an older release has none.
    pub(crate) fn read(disk: &dyn Disk, layout: &Layout, of: Option<[u8; 16]>) -> Reached {
        let path = layout.reached();
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, file = %path.display(), "how far the store has come can not be read");
                }
                return Reached::default();
            }
        };
        let mut furthest = Reached::default();
        for place in PLACES {
            let mut bytes = vec![0; Reached::default().encode().len()];
            let read = file.read_at(&mut bytes, place).ok();
            let text = read.and_then(|_| std::str::from_utf8(&bytes).ok());
            match text.and_then(Reached::decode) {
                Some(said) if of.is_none_or(|of| of == said.of) => {
                    furthest = furthest.or_further(said.revision, said.segment);
                }
                Some(_) => {
                    tracing::warn!(file = %path.display(), "how far another store had come is no matter here");
                }
                None => {
                    tracing::warn!(file = %path.display(), place, "how far the store has come is damaged there");
                }
            }
        }
        furthest
    }

    fn or_further(self, revision: Revision, segment: Revision) -> Reached {
        Reached {
            revision: self.revision.max(revision),
            segment: self.segment.max(segment),
            ..self
        }
    }

    /// Refuses a journal whose newest segment is gone.
    pub(crate) fn check_segments(
        self,
        layout: &Layout,
        segments: &[Arc<Segment>],
    ) -> Result<(), Error> {
        let newest = segments.last().map_or(0, |segment| segment.first);
        if newest >= self.segment {
            return Ok(());
        }
        let first = self.segment;
        let what = format!("the segment that begins with revision {first} is missing");
        Err(damaged(&layout.journal, first, what))
    }

    /// Refuses a journal that ends earlier.
    pub(crate) fn check_head(self, layout: &Layout, head: Revision) -> Result<(), Error> {
        if head >= self.revision {
            return Ok(());
        }
        let reached = self.revision;
        let what = format!("the journal ends there, but had come to revision {reached}");
        Err(damaged(&layout.journal, head, what))
    }
}

/// The file of a store that is being written.
pub(crate) struct Reach {
    layout: Layout,
    /// None while nothing is written.
    open: Mutex<Option<Open>>,
}

struct Open {
    file: Arc<dyn File>,
    said: Reached,
    /// Which of the places is written next.
    next: usize,
}

impl Reach {
    /// Of a store in which nothing is written.
    pub(crate) fn closed(layout: Layout) -> Reach {
        Reach {
            layout,
            open: Mutex::default(),
        }
    }

    /// Puts the file in place, or another one in place of it: what was read of the old one may have been in the page cache only.
    pub(crate) fn begin(
        disk: &dyn Disk,
        layout: Layout,
        of: [u8; 16],
        revision: Revision,
        segment: Revision,
    ) -> Result<Reach, Error> {
        let said = Reached {
            of,
            revision,
            segment,
        };
        let new = layout.reached_new();
        let begin = || -> io::Result<Arc<dyn File>> {
            let file = disk.create(&new)?;
            for place in PLACES {
                file.write_at(said.encode().as_bytes(), place)?;
            }
            file.sync()?;
            disk.rename(&new, &layout.reached())?;
            disk.sync_dir(&layout.dir)?;
            Ok(file)
        };
        let file = begin().map_err(|error| Error::io("write", &new, error))?;
        let open = Open {
            file,
            said,
            next: 0,
        };
        Ok(Reach {
            layout,
            open: Mutex::new(Some(open)),
        })
    }

    /// Says that the store has come to this revision, all of which has to be durable, and has this segment; less than was said says nothing.
    /// On a disk that is full it goes on saying what it said.
    pub(crate) fn say(&self, revision: Revision, segment: Revision) -> Result<(), Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = &mut *open else {
            return Ok(());
        };
        let further = open.said.or_further(revision, segment);
        if further == open.said {
            return Ok(());
        }
        self.write(open, further)
    }

    /// Says in both places what was said last.
    pub(crate) fn end(&self) -> Result<(), Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *open {
            Some(open) => self.write(open, open.said),
            None => Ok(()),
        }
    }

    fn write(&self, open: &mut Open, reached: Reached) -> Result<(), Error> {
        let text = reached.encode();
        let written = open.file.write_at(text.as_bytes(), PLACES[open.next]);
        match written.and_then(|()| open.file.sync()) {
            Ok(()) => {
                open.said = reached;
                open.next = 1 - open.next;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
            Err(error) => Err(Error::io("write", self.layout.reached(), error)),
        }
    }
}
