//! From the records as of a mark, and the journal after it, to the records as of the head.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::base::Start;
use super::frame::{Frame, Link};
use super::known::Known;
use super::records::{Mark, Slot, Touched};
use super::segment::{Segment, Trailer};
use super::walk::{Expected, Extent, Walked, damaged, walk};
use super::writer::End;
use crate::disk::Disk;
use crate::{Change, Error, RecordSum, Revision};

/// The segments of a journal, in order, at least one, and what they go on from.
pub(crate) struct Journal<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) segments: &'a [Arc<Segment>],
    pub(crate) start: Start,
}

/// What a replay arrived at.
pub(crate) struct Replayed {
    pub(crate) records: BTreeMap<Bytes, Slot>,
    /// The records that changed after the mark.
    pub(crate) touched: BTreeMap<Bytes, Touched>,
    pub(crate) end: End,
    /// Commits after the mark.
    pub(crate) commits: u64,
    /// Where the last segment's good frames end.
    pub(crate) last: Walked,
}

impl Replayed {
    /// The records by hash, if they are what the journal says they are.
    pub(crate) fn adds_up(&self) -> Option<Known> {
        if self.records.values().any(|slot| *slot == Slot::Torn) {
            return None;
        }
        let whole = self.records.iter().filter_map(|(key, slot)| match slot {
            Slot::Whole(value) => Some((key, value)),
            Slot::Torn => None,
        });
        let (known, sum) = Known::of(whole);
        (sum == self.end.sum).then_some(known)
    }
}

impl Journal<'_> {
    /// Applies what came after `mark` to the records as of `mark`.
    pub(crate) fn replay(
        &self,
        mark: Mark,
        records: BTreeMap<Bytes, Slot>,
    ) -> Result<Replayed, Error> {
        let start = self
            .segments
            .partition_point(|segment| segment.first <= mark.revision)
            .saturating_sub(1);
        let mut replay = Replay {
            mark,
            records,
            touched: BTreeMap::new(),
            sum: self.start.sum,
            commits: 0,
        };
        if mark.revision == self.start.revision && mark.link != self.start.link {
            return Err(self.foreign(0, mark.revision));
        }
        let mut expected = Expected {
            next: self.segments[start].first,
            link: self.link_before(start)?,
        };
        let last = self.walk_from(start, &mut expected, &mut |segment, frame| {
            replay.take(segment, frame)
        })?;
        let head = expected.next - 1;
        if head < mark.revision {
            let what = format!(
                "the journal ends there, before the checkpoint at revision {}",
                mark.revision
            );
            let segment = &self.segments[self.segments.len() - 1];
            return Err(damaged(&segment.path, head, what));
        }
        Ok(Replayed {
            records: replay.records,
            touched: replay.touched,
            end: End {
                head,
                // Only an empty journal has no frame from its start on.
                link: expected.link.unwrap_or(self.start.link),
                sum: replay.sum,
            },
            commits: replay.commits,
            last,
        })
    }

    /// Walks the segments from `start` to the end; gives what was found in the last.
    pub(crate) fn walk_from(
        &self,
        start: usize,
        expected: &mut Expected,
        visit: &mut dyn FnMut(&Segment, &Frame) -> Result<(), Error>,
    ) -> Result<Walked, Error> {
        let count = self.segments.len();
        for (at, segment) in self.segments.iter().enumerate().skip(start) {
            let last = at + 1 == count;
            let file = self.open(segment)?;
            let extent = if last { Extent::Last } else { Extent::Sealed };
            let walked = walk(segment, &*file, expected, extent, &mut |frame| {
                visit(segment, frame)
            })?;
            if last {
                // Sealed, and the next segment's name did not survive: then nothing of it is lost.
                let sealed = Trailer::read(&*file)
                    .map_err(|error| Error::io("read", &segment.path, error))?;
                if sealed.is_some_and(|trailer| trailer.next != expected.next) {
                    let what = "the segment was sealed further on than its frames reach";
                    return Err(damaged(&segment.path, expected.next, what));
                }
                return Ok(walked);
            }
            segment.set_index(walked.index);
            let next = &self.segments[at + 1];
            if next.first != expected.next {
                let what = format!(
                    "a gap: the next segment begins with revision {}",
                    next.first
                );
                return Err(damaged(&segment.path, expected.next, what));
            }
        }
        let what = "the journal has no segment";
        Err(damaged(&self.segments[0].path, expected.next, what))
    }

    /// The link before a segment; `None` when the segment before it has no sound trailer.
    fn link_before(&self, at: usize) -> Result<Option<Link>, Error> {
        if at == 0 {
            return Ok(Some(self.start.link));
        }
        let sealed = &self.segments[at - 1];
        let file = self.open(sealed)?;
        let trailer =
            Trailer::read(&*file).map_err(|error| Error::io("read", &sealed.path, error))?;
        Ok(trailer.map(|trailer| trailer.link))
    }

    /// Checks that no segment is missing, by the trailers; a segment with a bad one is read instead.
    /// Gives the number of bad trailers.
    pub(crate) fn check_sealed(&self) -> Result<u64, Error> {
        let mut bad_trailers = 0;
        let mut link = Some(self.start.link);
        for pair in self.segments.windows(2) {
            let (sealed, next) = (&pair[0], &pair[1]);
            let file = self.open(sealed)?;
            let trailer =
                Trailer::read(&*file).map_err(|error| Error::io("read", &sealed.path, error))?;
            let mut expected = Expected {
                next: sealed.first,
                link,
            };
            if let Some(trailer) = trailer {
                expected = Expected {
                    next: trailer.next,
                    link: Some(trailer.link),
                };
            } else {
                bad_trailers += 1;
                walk(sealed, &*file, &mut expected, Extent::Sealed, &mut |_| {
                    Ok(())
                })?;
            }
            if expected.next != next.first {
                let what = format!(
                    "a gap: the next segment begins with revision {}",
                    next.first
                );
                return Err(damaged(&sealed.path, expected.next, what));
            }
            link = expected.link;
        }
        Ok(bad_trailers)
    }

    fn open(&self, segment: &Segment) -> Result<Arc<dyn crate::disk::File>, Error> {
        self.disk
            .open(&segment.path)
            .map_err(|error| Error::io("open", &segment.path, error))
    }

    fn foreign(&self, at: usize, revision: Revision) -> Error {
        let what = "the records are of another journal (wrong hash)";
        damaged(&self.segments[at].path, revision, what)
    }
}

/// A replay under way.
struct Replay {
    mark: Mark,
    records: BTreeMap<Bytes, Slot>,
    touched: BTreeMap<Bytes, Touched>,
    sum: RecordSum,
    commits: u64,
}

impl Replay {
    fn take(&mut self, segment: &Segment, frame: &Frame) -> Result<(), Error> {
        self.sum = frame.header.sum_after;
        let last = frame.header.last();
        if last < self.mark.revision {
            return Ok(());
        }
        if last == self.mark.revision || frame.header.first <= self.mark.revision {
            let same = last == self.mark.revision && frame.link == self.mark.link;
            let what = "the records are of another journal (wrong hash)";
            return if same {
                Ok(())
            } else {
                Err(damaged(&segment.path, self.mark.revision, what))
            };
        }
        let commits = frame.commits().ok_or_else(|| {
            damaged(
                &segment.path,
                frame.header.first,
                "the frame's content does not fit its header",
            )
        })?;
        for commit in &commits {
            self.commits += 1;
            commit.changes.iter().for_each(|change| self.apply(change));
        }
        Ok(())
    }

    fn apply(&mut self, change: &Change) {
        // Copies: slices would keep whole frames in memory for as long as the records live.
        let key = Bytes::copy_from_slice(&change.key);
        let after = change.after.as_deref().map(Bytes::copy_from_slice);
        self.touched
            .entry(key.clone())
            .or_default()
            .note(change.before.as_ref(), after.as_ref());
        match after {
            Some(after) => self.records.insert(key, Slot::Whole(after)),
            None => self.records.remove(&key),
        };
    }
}
