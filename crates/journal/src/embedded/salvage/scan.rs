//! Reading a journal that may be damaged anywhere: everything in it that is whole, and where something is not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::super::base::{Block, Head, Start, base_name, number_in, read_blocks};
use super::super::format::Format;
use super::super::frame::{Frame, HEADER_BYTES, Header, Link, keys_in};
use super::super::reached::Reached;
use super::super::records::Mark;
use super::super::segment::{Found, Reader, Trailer, name, parse_name};
use super::super::shared::Layout;
use super::super::verify::unhurried;
use super::around::{Around, Pieces};
use super::{Lost, Records};
use crate::disk::is_unreadable;
use crate::{Error, Newest, RecordSum, Revision};

/// A frame that is whole, and where it lies.
pub(super) struct Place {
    path: Arc<PathBuf>,
    offset: u64,
    pub(super) header: Header,
    link: Link,
}

impl Place {
    /// The frame, read again; what is lost, where a disk that fails does not give it any more.
    pub(super) fn read(&self, disk: &Around<'_>) -> Result<Result<Frame, Lost>, Error> {
        if let Some(file) = open(disk, &self.path)? {
            let mut reader = Reader::new(&file, &self.path)?;
            reader.seek(self.offset);
            if let Found::Frame(frame) = reader.next()?
                && frame.link == self.link
            {
                return Ok(Ok(frame));
            }
        }
        Ok(Err(Lost {
            file: PathBuf::clone(&self.path),
            offset: self.offset,
            revisions: Some((self.header.first, self.header.last())),
            keys: None,
            what: "a group of commits that reads otherwise than a moment ago".to_owned(),
        }))
    }
}

/// The base, as far as it is whole.
pub(super) struct Base {
    pub(super) start: Start,
    pub(super) records: Records,
}

/// What a journal holds.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) base: Option<Base>,
    /// Sound frames after the base, by their first revision.
    pub(super) places: BTreeMap<Revision, Place>,
    pub(super) lost: Vec<Lost>,
    /// The highest revision that anything speaks of.
    pub(super) last_seen: Revision,
    /// What the newest sound commit says of itself.
    pub(super) told: Option<Newest>,
    /// Frames whose headers alone are whole, with the link and the keys as they read, and which of the lost it is.
    damaged: Vec<(Header, Link, Bytes, usize)>,
    /// The newest segment, or its end, is gone, and nothing says what was in it.
    pub(super) lacks_newest: bool,
    /// The newest sound commit that changed a record.
    newest: BTreeMap<Bytes, Revision>,
}

impl Scanned {
    /// Reads the newest base and every segment, around what can not be read, and how far the store had come.
    pub(super) fn read(around: &Around<'_>, layout: &Layout) -> Result<Scanned, Error> {
        let (disk, dir) = (around.disk(), &layout.journal);
        let names = disk
            .list(dir)
            .map_err(|error| Error::io("list", dir, error))?;
        let mut scanned = Scanned::default();
        for revision in names.iter().filter_map(|name| number_in(name, ".base")) {
            scanned.base(around, &dir.join(base_name(revision)), revision)?;
        }
        let segments: Vec<_> = names.iter().filter_map(|name| parse_name(name)).collect();
        for first in &segments {
            // Nobody begins a segment before what its name says is durable.
            scanned.last_seen = scanned.last_seen.max(first - 1);
            let path = Arc::new(dir.join(name(*first)));
            let end = scanned.segment(around, &path)?;
            // A group that follows begins right there. Behind that of the newest nothing comes any more that would tell of it.
            scanned.lacks_newest =
                end.is_none_or(|end| around.has_hole(&path, end..end + HEADER_BYTES as u64));
        }
        let format = Format::read(disk, layout).ok();
        let incarnation = format.and_then(|it| it.identity).map(|it| it.incarnation);
        let reached = Reached::read(disk, layout, incarnation);
        scanned.last_seen = scanned.last_seen.max(reached.revision);
        if segments.last().copied().unwrap_or(0) < reached.segment {
            scanned.lacks_newest = true;
            let what = "the newest segment, with whatever was in it".to_owned();
            scanned.lose(&dir.join(name(reached.segment)), 0, None, what);
        }
        Ok(scanned)
    }

    /// The revision from which the segments go on.
    pub(super) fn after(&self) -> Revision {
        self.base.as_ref().map_or(0, |base| base.start.revision)
    }

    /// The sum that the chain has at a mark, if its frame, or the base, is there and says so.
    pub(super) fn sum_at(&self, mark: Mark) -> Option<RecordSum> {
        let base = self.base.iter().map(|base| base.start);
        let base = base.map(|it| (it.revision, it.link, it.sum));
        let of = |header: &Header, link: &Link| (header.last(), *link, header.sum_after);
        let sound = self.places.values().map(|it| of(&it.header, &it.link));
        let damaged = self.damaged.iter();
        let damaged = damaged.map(|(header, link, ..)| of(header, link));
        base.chain(sound)
            .chain(damaged)
            .find(|(last, link, _)| (*last, *link) == (mark.revision, mark.link))
            .map(|(.., sum)| sum)
    }

    /// Whether the chain begins with this link.
    pub(super) fn begins_with(&self, genesis: &Link) -> bool {
        let first = self.places.get(&1).map(|it| it.header.predecessor);
        let root = self.base.as_ref().map(|base| base.start.root);
        first == Some(*genesis) || root == Some((0, *genesis))
    }

    /// The records that lost commits are known to have changed, and no sound one later.
    pub(super) fn doubtful(&self) -> Vec<Bytes> {
        let mut doubtful = Vec::new();
        for lost in &self.lost {
            let last = lost.revisions.map_or(0, |(_, last)| last);
            let keys = lost.keys.iter().flatten();
            let older = keys.filter(|key| self.newest.get(*key).is_none_or(|at| *at <= last));
            doubtful.extend(older.cloned());
        }
        doubtful.sort_unstable();
        doubtful.dedup();
        doubtful
    }

    fn base(&mut self, disk: &Around<'_>, path: &Path, revision: Revision) -> Result<(), Error> {
        self.last_seen = self.last_seen.max(revision);
        let Some(file) = open(disk, path)? else {
            let what = "the base can not be opened".to_owned();
            self.lose(path, 0, Some((1, revision)), what);
            return Ok(());
        };
        let head = match Head::read(&file, path, revision) {
            Ok(head) => head,
            Err(Error::Damaged { what, .. }) => {
                self.lose(path, 0, Some((1, revision)), what);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut records = Records::new();
        let (mut bad, mut note) = (Vec::new(), None);
        let whole = read_blocks(
            &file,
            path,
            &head,
            &mut unhurried,
            &mut |block| match block {
                Block::Note(newest) => note = newest,
                Block::Sound(some) => records.extend(some),
                Block::Bad { offset, records } => bad.push((offset, records)),
            },
        )?;
        self.tell(note);
        if !whole && bad.is_empty() {
            bad.push((0, None));
        }
        for (offset, count) in bad {
            let what = match count {
                None => "records of the base, from there to its end".to_owned(),
                Some(0) => "what the base says of the newest commit".to_owned(),
                Some(count) => format!("{count} records of the base"),
            };
            self.lose(path, offset, Some((1, revision)), what);
        }
        self.base = Some(Base {
            start: head.start,
            records,
        });
        Ok(())
    }

    /// Reads a segment; gives where the last group in it ends that anything is known of.
    fn segment(&mut self, disk: &Around<'_>, path: &Arc<PathBuf>) -> Result<Option<u64>, Error> {
        let Some(file) = open(disk, path)? else {
            let what = "the segment can not be opened".to_owned();
            self.lose(path, 0, None, what);
            return Ok(None);
        };
        if let Ok(Some(trailer)) = Trailer::read(&file) {
            self.last_seen = self.last_seen.max(trailer.next.saturating_sub(1));
        }
        let mut reader = Reader::new(&file, path)?;
        loop {
            let offset = reader.offset();
            let mut known_end = offset;
            let known = self.lost.len();
            match reader.next()? {
                Found::Frame(frame) => {
                    self.sound(path, offset, &frame);
                    continue;
                }
                Found::Bad(Some(header)) => {
                    known_end += header.frame_bytes();
                    self.damaged(&mut reader, path, header)?;
                }
                Found::Bad(None) | Found::End => {}
            }
            // Whatever lies behind may be whole again.
            let next = reader.find_header_after(offset + 8, 0)?;
            let end = match next {
                Some((next, _)) => next,
                None => reader.end_of_data(offset)?,
            };
            if end > offset && self.lost.len() == known {
                let what = format!("{} bytes that are not a group of commits", end - offset);
                self.lose(path, offset, None, what);
            }
            if next.is_none() {
                return Ok(Some(known_end));
            }
            reader.seek(end);
        }
    }

    fn sound(&mut self, path: &Arc<PathBuf>, offset: u64, frame: &Frame) {
        let header = frame.header;
        self.last_seen = self.last_seen.max(header.last());
        let Some(commits) = frame.commits() else {
            let revisions = Some((header.first, header.last()));
            let what = "a group of commits that does not fit its header".to_owned();
            return self.lose(path, offset, revisions, what);
        };
        self.tell(commits.last().map(|commit| Newest {
            revision: commit.revision,
            meta: Bytes::copy_from_slice(&commit.meta),
        }));
        if header.last() <= self.after() {
            return;
        }
        for commit in commits {
            for change in commit.changes {
                let newest = self.newest.entry(Bytes::copy_from_slice(&change.key));
                let newest = newest.or_default();
                *newest = (*newest).max(commit.revision);
            }
        }
        let place = Place {
            path: Arc::clone(path),
            offset,
            header,
            link: frame.link,
        };
        self.places.insert(header.first, place);
    }

    /// Notes what a commit says of itself, if it is newer than what is noted.
    fn tell(&mut self, commit: Option<Newest>) {
        let known = self.told.as_ref().map_or(0, |told| told.revision);
        if let Some(commit) = commit.filter(|it| it.revision > known) {
            self.told = Some(commit);
        }
    }

    /// Of a frame whose header alone is whole the revisions are known, and its keys if the next frame vouches for them.
    fn damaged(
        &mut self,
        reader: &mut Reader<'_>,
        path: &Path,
        header: Header,
    ) -> Result<(), Error> {
        let offset = reader.offset();
        let head_bytes = header.header_bytes() as u64;
        let head = reader.bytes(offset, head_bytes)?;
        let keys = reader.bytes(offset + head_bytes, header.key_bytes.into())?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(head.get(12..).unwrap_or_default());
        hasher.update(&keys);
        let link = *hasher.finalize().as_bytes();
        let keys = Bytes::copy_from_slice(&keys);
        self.last_seen = self.last_seen.max(header.last());
        self.damaged.push((header, link, keys, self.lost.len()));
        let revisions = Some((header.first, header.last()));
        self.lose(
            path,
            offset,
            revisions,
            "a damaged group of commits".to_owned(),
        );
        Ok(())
    }

    pub(super) fn lose(
        &mut self,
        file: &Path,
        offset: u64,
        revisions: Option<(Revision, Revision)>,
        what: String,
    ) {
        self.lost.push(Lost {
            file: file.to_owned(),
            offset,
            revisions,
            keys: None,
            what,
        });
    }

    /// Finds the revisions that nothing speaks of, and which records the damaged frames changed.
    pub(super) fn judge(&mut self, dir: &Path) {
        let sound = self.places.values().map(|it| &it.header);
        let headers: Vec<Header> = sound
            .chain(self.damaged.iter().map(|(header, ..)| header))
            .copied()
            .collect();
        for (header, link, keys, lost) in &self.damaged {
            let vouches = |it: &&Header| it.first == header.last() + 1 && it.predecessor == *link;
            if headers.iter().any(|it| vouches(&it)) {
                self.lost[*lost].keys = Some(keys_in(keys.clone(), header.commits));
            }
        }
        let mut seen: Vec<_> = headers.iter().map(|it| (it.first, it.last())).collect();
        seen.sort_unstable();
        seen.push((self.last_seen + 1, self.last_seen + 1));
        let mut next = self.after() + 1;
        for (first, last) in seen {
            if first > next {
                let what = "no sound group of commits".to_owned();
                self.lose(dir, 0, Some((next, first - 1)), what);
            }
            next = next.max(last + 1);
        }
    }
}

/// None when the disk does not give so much as what it knows of the file.
fn open(disk: &Around<'_>, path: &Path) -> Result<Option<Pieces>, Error> {
    match disk.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_unreadable(&error) => Ok(None),
        Err(error) => Err(Error::io("open", path, error)),
    }
}
