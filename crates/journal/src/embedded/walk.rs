//! Walking the journal's frames in order, and telling a torn tail from damage.
//!
//! One write is in flight at a time and each is synced before the next begins. So a power cut can
//! tear the very last frame and nothing else: whatever is bad with something after it is damage, and
//! damage is refused, because serving what is left could hide acknowledged commits.

use std::path::Path;

use super::frame::{Frame, Header, Link};
use super::segment::{Found, Index, Reader, Segment};
use crate::disk::File;
use crate::{Error, Revision};

/// What to tell a person whose journal is damaged.
const REMEDY: &str = "restore a backup, or take what is sound into a new folder with `treadwell store repair`, and keep the damaged one";

/// What the next frame must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Its first revision.
    pub(crate) next: Revision,
    /// The link of its predecessor; `None` when that was not read.
    pub(crate) link: Option<Link>,
}

/// How far a segment is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Whole: another segment follows.
    Sealed,
    /// Whole: no segment follows, so that the last frame may be torn.
    Last,
    /// Up to the frame that ends with this revision, which is known to be there. What lies beyond is not looked at:
    /// it may be half written.
    Until(Revision),
}

/// Where the good frames of a segment end, and what lies there.
#[derive(Debug)]
pub(crate) struct Walked {
    /// Offset after the last good frame.
    pub(crate) end: u64,
    /// Bytes from `end` on that are not a frame, up to the last that is not zero.
    pub(crate) torn_bytes: u64,
    /// Frames read.
    pub(crate) frames: u64,
    pub(crate) index: Index,
}

pub(crate) fn damaged(path: &Path, revision: Revision, what: impl Into<String>) -> Error {
    Error::Damaged {
        file: path.to_owned(),
        revision,
        what: what.into(),
        remedy: REMEDY.to_owned(),
    }
}

/// Reads a segment from its start, moving `expected` along, and shows each frame to `visit`.
///
/// `extent` says what may be found at its end.
pub(crate) fn walk(
    segment: &Segment,
    file: &dyn File,
    expected: &mut Expected,
    extent: Extent,
    visit: &mut dyn FnMut(&Frame) -> Result<(), Error>,
) -> Result<Walked, Error> {
    let mut reader = Reader::new(file, &segment.path)?;
    let mut walked = Walked {
        end: 0,
        torn_bytes: 0,
        frames: 0,
        index: Index::default(),
    };
    loop {
        walked.end = reader.offset();
        if matches!(extent, Extent::Until(last) if expected.next > last) {
            return Ok(walked);
        }
        let bad = match reader.next()? {
            Found::Frame(frame) => {
                check_place(&segment.path, expected, &frame.header)?;
                walked.index.note(frame.header.first, walked.end);
                visit(&frame)?;
                expected.next = frame.header.last() + 1;
                expected.link = Some(frame.link);
                walked.frames += 1;
                continue;
            }
            Found::Bad(header) => header,
            Found::End => None,
        };
        let data_end = reader.end_of_data(walked.end)?;
        if data_end > walked.end {
            check_torn(segment, expected, &mut reader, bad, data_end, extent)?;
            walked.torn_bytes = data_end - walked.end;
        }
        return Ok(walked);
    }
}

/// A sound frame must be the one that follows.
pub(crate) fn check_place(path: &Path, expected: &Expected, header: &Header) -> Result<(), Error> {
    if header.first != expected.next {
        let what = format!(
            "a gap in the journal: revision {} is followed by {}",
            expected.next - 1,
            header.first
        );
        return Err(damaged(path, expected.next, what));
    }
    if expected.link.is_some_and(|link| link != header.predecessor) {
        let what = "the frame does not follow the one before it (wrong hash)";
        return Err(damaged(path, expected.next, what));
    }
    Ok(())
}

/// Refuses unless what lies at `reader.offset()` can be a write that power loss tore.
fn check_torn(
    segment: &Segment,
    expected: &Expected,
    reader: &mut Reader<'_>,
    bad: Option<Header>,
    data_end: u64,
    extent: Extent,
) -> Result<(), Error> {
    let offset = reader.offset();
    if extent != Extent::Last {
        let what = format!("a bad frame at byte {offset}, and sound ones after it");
        return Err(damaged(&segment.path, expected.next, what));
    }
    let after = match bad {
        Some(header) => {
            check_place(&segment.path, expected, &header)?;
            let extent = offset + header.frame_bytes();
            if data_end > extent {
                let what = format!("a bad frame at byte {offset}, and data after its end");
                return Err(damaged(&segment.path, expected.next, what));
            }
            // Everything that is there belongs to this frame's own, opaque bytes.
            None
        }
        None => reader.find_header_after(offset, expected.next)?,
    };
    match after {
        Some((_, header)) => {
            let what = format!(
                "a bad frame at byte {offset}, and a good one after it (revision {})",
                header.first
            );
            Err(damaged(&segment.path, expected.next, what))
        }
        None => Ok(()),
    }
}
