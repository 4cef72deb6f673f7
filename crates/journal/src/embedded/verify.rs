//! The full check: every frame read, folded and compared.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::base::{self, Start};
use super::frame::Frame;
use super::segment::Segment;
use super::shared::Shared;
use super::stripped::Accounts;
use super::walk::{Expected, Extent, damaged, walk};
use crate::sum::record_hash;
use crate::{Change, Error, Loaded, RecordSum, Revision, Verified};

/// How fast is read: called with each piece's bytes, it takes the time that they may cost, or ends it all.
pub(crate) type Pace<'a> = dyn FnMut(u64) -> Result<(), Error> + 'a;

/// As fast as can be.
#[expect(clippy::unnecessary_wraps, reason = "it is one of many paces")]
pub(crate) fn unhurried(_: u64) -> Result<(), Error> {
    Ok(())
}

/// Reads the journal up to the revision of `loaded` and compares its fold with those records.
pub(crate) fn verify(
    shared: &Shared,
    loaded: &Loaded,
    pace: &mut Pace<'_>,
) -> Result<Verified, Error> {
    // Nothing is compacted away while it is read.
    let _kept = shared.kept();
    let (start, segments) = shared.begin_and_segments();
    let (disk, dir) = (&*shared.disk, &shared.layout.journal);
    let accounts = Accounts::check(disk, dir, &start, pace)?.commits;
    let records = base::read_records(disk, dir, &start, pace)?;
    let mut check = Check::begin(loaded.head, &start, &records);
    drop(records);
    check.verified.accounts = accounts;
    let mut expected = Expected {
        next: start.revision + 1,
        link: Some(start.link),
    };
    for (at, segment) in segments.iter().enumerate() {
        if segment.first > loaded.head && at > 0 {
            break;
        }
        check.segment(shared, segment, &mut expected, pace)?;
        check.verified.segments += 1;
    }
    let last: &Arc<Segment> = &segments[segments.len() - 1];
    if expected.next <= loaded.head {
        return Err(damaged(
            &last.path,
            expected.next,
            "the journal ends too early",
        ));
    }
    check.compare(shared, loaded)?;
    Ok(check.verified)
}

/// The fold of frames, each compared with what it says of it.
pub(crate) struct Check {
    head: Revision,
    /// The hash of every record, as the journal makes it.
    fold: HashMap<Bytes, [u8; 32]>,
    sum: RecordSum,
    verified: Verified,
}

impl Check {
    /// Begins at `start` with the records there.
    pub(crate) fn begin(head: Revision, start: &Start, records: &BTreeMap<Bytes, Bytes>) -> Check {
        let hashed = |(key, value): (&Bytes, &Bytes)| (key.clone(), record_hash(key, value));
        Check {
            head,
            fold: records.iter().map(hashed).collect(),
            sum: start.sum,
            verified: Verified {
                head,
                oldest: start.revision,
                ..Verified::default()
            },
        }
    }

    /// The sum of the records where the fold is.
    pub(crate) fn sum(&self) -> RecordSum {
        self.sum
    }

    fn segment(
        &mut self,
        shared: &Shared,
        segment: &Segment,
        expected: &mut Expected,
        pace: &mut Pace<'_>,
    ) -> Result<(), Error> {
        let file = shared
            .disk
            .open(&segment.path)
            .map_err(|error| Error::io("open", &segment.path, error))?;
        // What lies past the head may be half written as we read.
        let extent = Extent::Until(self.head);
        walk(segment, &*file, expected, extent, &mut |frame| {
            pace(frame.header.frame_bytes())?;
            self.frame(&segment.path, frame)
        })
        .map(|_| ())
    }

    /// Folds a frame, which lies in `path`, and compares.
    pub(crate) fn frame(&mut self, path: &Path, frame: &Frame) -> Result<(), Error> {
        let first = frame.header.first;
        let commits = frame.commits().ok_or_else(|| {
            let what = "the frame's content does not fit its header";
            damaged(path, first, what)
        })?;
        for commit in &commits {
            self.verified.commits += 1;
            for change in &commit.changes {
                self.verified.changes += 1;
                if !self.apply(change) {
                    let what = "a before-image is not what the record was";
                    return Err(damaged(path, commit.revision, what));
                }
            }
        }
        self.verified.frames += 1;
        self.verified.bytes += frame.header.frame_bytes();
        if self.sum == frame.header.sum_after {
            Ok(())
        } else {
            let what = "the records do not add up to the frame's count and hash sum";
            Err(damaged(path, first, what))
        }
    }

    /// Folds a change; says whether its before-image was true.
    fn apply(&mut self, change: &Change) -> bool {
        self.sum.apply(change);
        let hash = |value: &Bytes| record_hash(&change.key, value);
        let found = match &change.after {
            Some(after) => self
                .fold
                .insert(Bytes::copy_from_slice(&change.key), hash(after)),
            None => self.fold.remove(&change.key),
        };
        found == change.before.as_ref().map(hash)
    }

    fn compare(&mut self, shared: &Shared, loaded: &Loaded) -> Result<(), Error> {
        let same = |(key, value): &(Bytes, Bytes)| {
            self.fold.get(key).copied() == Some(record_hash(key, value))
        };
        let differs = loaded.records.iter().find(|record| !same(record));
        if differs.is_some() || loaded.records.len() != self.fold.len() {
            return Err(Error::Damaged {
                file: shared.layout.records.clone(),
                revision: loaded.head,
                what: "the records are not the fold of the journal".to_owned(),
                remedy: "stop, remove the records folder and start: it is rebuilt".to_owned(),
            });
        }
        self.verified.records = self.fold.len() as u64;
        Ok(())
    }
}
