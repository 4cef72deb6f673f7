//! Reading commits: recent ones from memory, older ones from the segments.

use std::sync::Arc;

use super::base;
use super::segment::{Found, Reader, Segment};
use super::shared::Shared;
use super::walk::damaged;
use crate::{Commit, Error, Newest, Revision};

/// At most `limit` durable commits after `after`.
pub(crate) fn read(shared: &Shared, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
    let head = shared.head();
    let mut commits = Vec::new();
    let mut next = after.saturating_add(1);
    while next <= head && commits.len() < limit {
        let (start, segments) = shared.begin_and_segments();
        // What is compacted is left out, once: never a gap among what is given.
        if next <= start.revision && !commits.is_empty() {
            break;
        }
        next = next.max(start.revision + 1);
        let at = segments.partition_point(|segment| segment.first <= next);
        // The first segment begins after the start, so there is always one before.
        let segment: &Arc<Segment> = &segments[at.saturating_sub(1)];
        let last = segments
            .get(at)
            .map_or(head, |following| (following.first - 1).min(head));
        if next > head {
            break;
        }
        match read_segment(shared, segment, next, last, limit, &mut commits) {
            // Since the look at the segments it was compacted away, or what is left of it has moved to another one: look again.
            Err(Error::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound
                    && shared.start().revision > start.revision =>
            {
                continue;
            }
            read => read?,
        }
        next = last + 1;
    }
    Ok(commits)
}

/// What the newest commit says of itself, as far as one is known.
pub(crate) fn newest(shared: &Shared) -> Result<Option<Newest>, Error> {
    // The commit does not give way to the base between the two looks.
    let _kept = shared.kept();
    let (start, head) = (shared.start(), shared.head());
    if head == start.revision {
        return base::read_newest(&*shared.disk, &shared.layout.journal, &start);
    }
    let commits = read(shared, head - 1, 1)?;
    let newest = commits.into_iter().next().map(|commit| Newest {
        revision: commit.revision,
        meta: commit.meta,
    });
    Ok(newest)
}

/// Adds the commits `next..=last`, all of which lie in the segment, as far as the limit allows.
fn read_segment(
    shared: &Shared,
    segment: &Segment,
    next: Revision,
    last: Revision,
    limit: usize,
    commits: &mut Vec<Commit>,
) -> Result<(), Error> {
    let file = shared
        .disk
        .open(&segment.path)
        .map_err(|error| Error::io("open", &segment.path, error))?;
    let mut reader = Reader::new(&*file, &segment.path)?;
    reader.seek(segment.start_for(&*file, next)?);
    let mut reached = next - 1;
    let mut link = None;
    while reached < last && commits.len() < limit {
        let at = reader.offset();
        let bad = |what: &str| damaged(&segment.path, reached + 1, format!("{what} at byte {at}"));
        let Found::Frame(frame) = reader.next()? else {
            return Err(bad("a bad frame"));
        };
        let follows = link.is_none_or(|link| link == frame.header.predecessor);
        if frame.header.first > reached + 1 || !follows {
            return Err(bad("a frame that does not follow the one before it"));
        }
        link = Some(frame.link);
        if frame.header.last() < next {
            continue;
        }
        let group = frame
            .commits()
            .ok_or_else(|| bad("a frame whose content does not fit its header"))?;
        let room = limit - commits.len();
        let wanted = group.into_iter().filter(|commit| commit.revision > reached);
        commits.extend(wanted.take(room));
        reached = commits.last().map_or(reached, |commit| commit.revision);
    }
    Ok(())
}
