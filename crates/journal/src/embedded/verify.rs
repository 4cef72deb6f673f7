//! The full check: every frame read, folded and compared.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::frame::{Frame, Link};
use super::segment::Segment;
use super::shared::Shared;
use super::walk::{Expected, damaged, walk};
use crate::sum::record_hash;
use crate::{Change, Error, Loaded, RecordSum, Revision, Verified};

/// Reads the journal up to the revision of `loaded` and compares its fold with those records.
pub(crate) fn verify(shared: &Shared, genesis: Link, loaded: &Loaded) -> Result<Verified, Error> {
    let segments = shared.segments();
    let mut check = Check {
        head: loaded.head,
        fold: HashMap::new(),
        sum: RecordSum::EMPTY,
        verified: Verified {
            head: loaded.head,
            ..Verified::default()
        },
    };
    let mut expected = Expected {
        next: 1,
        link: Some(genesis),
    };
    for (at, segment) in segments.iter().enumerate() {
        if segment.first > loaded.head && at > 0 {
            break;
        }
        check.segment(shared, segment, &mut expected)?;
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

struct Check {
    head: Revision,
    /// The hash of every record, as the journal makes it.
    fold: HashMap<Bytes, [u8; 32]>,
    sum: RecordSum,
    verified: Verified,
}

/// Ends a walk at the head; never shown to anybody.
const PAST_HEAD: &str = "past the head";

impl Check {
    fn segment(
        &mut self,
        shared: &Shared,
        segment: &Segment,
        expected: &mut Expected,
    ) -> Result<(), Error> {
        let file = shared
            .disk
            .open(&segment.path)
            .map_err(|error| Error::io("open", &segment.path, error))?;
        let head = self.head;
        let walked = walk(segment, &*file, expected, false, &mut |frame| {
            if frame.header.first > head {
                return Err(Error::failed(PAST_HEAD));
            }
            self.frame(segment, frame)
        });
        match walked {
            // What lies past the head may be half written as we read.
            Err(_) if expected.next > head => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    fn frame(&mut self, segment: &Segment, frame: &Frame) -> Result<(), Error> {
        let first = frame.header.first;
        let commits = frame.commits().ok_or_else(|| {
            let what = "the frame's content does not fit its header";
            damaged(&segment.path, first, what)
        })?;
        for commit in &commits {
            self.verified.commits += 1;
            for change in &commit.changes {
                self.verified.changes += 1;
                if !self.apply(change) {
                    let what = "a before-image is not what the record was";
                    return Err(damaged(&segment.path, commit.revision, what));
                }
            }
        }
        self.verified.frames += 1;
        self.verified.bytes += frame.header.frame_bytes();
        if self.sum == frame.header.sum_after {
            Ok(())
        } else {
            let what = "the records do not add up to the frame's count and hash sum";
            Err(damaged(&segment.path, first, what))
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
