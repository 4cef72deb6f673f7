//! The bytes of one group: encoded before it is written, checked when it is read.
//!
//! ```text
//!   0  4  magic                         24  8  first revision
//!   4  4  crc32 of bytes 8..136         32 32  link of the predecessor
//!   8  4  crc32 of keys and payload     64 32  blake3 of the payload
//!  12  4  bytes of keys                 96 40  count and hash sum of all records after it
//!  16  4  bytes of payload             136  …  keys: per commit the number of changes, then flags
//!  20  4  commits                              and key of each
//!                                        …  …  payload: per commit meta, before- and after-images
//! ```
//!
//! Numbers are little endian; a frame is padded with zeros to a multiple of 8. The *link* of a frame
//! is the hash of its header from byte 12 on and of its keys: it covers the payload by its hash only,
//! so that a later compaction may drop payloads while the chain still verifies.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::known::Step;
use crate::{Change, Commit, Error, MAX_KEY_BYTES, NewCommit, RecordSum, Revision};

#[cfg(test)]
mod tests;

/// A hash that names a frame and everything before it.
pub(crate) type Link = [u8; 32];

/// Bytes of a frame before its keys.
pub(crate) const HEADER_BYTES: usize = 136;

/// Frames begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 8;

/// The magic number doubles as the layout's version.
const MAGIC: u32 = u32::from_le_bytes(*b"TWj1");

/// No frame is longer, whatever the options say, so that a length read from disk is bounded.
pub(crate) const MAX_FRAME_BYTES: u64 = 128 << 20;

const HAS_BEFORE: u8 = 1;
const HAS_AFTER: u8 = 2;

/// The link before the first frame: it ties the journal to its clinic.
pub(crate) fn genesis(clinic_id: [u8; 16]) -> Link {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"treadwell journal genesis 1");
    hasher.update(&clinic_id);
    *hasher.finalize().as_bytes()
}

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) body_crc: u32,
    pub(crate) key_bytes: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) commits: u32,
    pub(crate) first: Revision,
    pub(crate) predecessor: Link,
    pub(crate) payload_hash: [u8; 32],
    pub(crate) sum_after: RecordSum,
}

impl Header {
    /// Reads a header whose own checksum holds; says nothing about what follows it.
    pub(crate) fn parse(mut bytes: &[u8]) -> Option<Header> {
        let whole = bytes.get(..HEADER_BYTES)?;
        if bytes.get_u32_le() != MAGIC || bytes.get_u32_le() != crc32fast::hash(&whole[8..]) {
            return None;
        }
        let header = Header {
            body_crc: bytes.get_u32_le(),
            key_bytes: bytes.get_u32_le(),
            payload_bytes: bytes.get_u32_le(),
            commits: bytes.get_u32_le(),
            first: bytes.get_u64_le(),
            predecessor: take(&mut bytes),
            payload_hash: take(&mut bytes),
            sum_after: RecordSum::from_bytes(&take(&mut bytes)),
        };
        let sane = (1..u64::MAX >> 1).contains(&header.first)
            && header.commits > 0
            && header.frame_bytes() <= MAX_FRAME_BYTES;
        sane.then_some(header)
    }

    /// Bytes of keys and payload.
    pub(crate) fn body_bytes(&self) -> u64 {
        u64::from(self.key_bytes) + u64::from(self.payload_bytes)
    }

    /// Bytes of the whole frame, padding included.
    pub(crate) fn frame_bytes(&self) -> u64 {
        (HEADER_BYTES as u64 + self.body_bytes()).next_multiple_of(ALIGNMENT as u64)
    }

    /// The revision of the group's last commit.
    pub(crate) fn last(&self) -> Revision {
        self.first + u64::from(self.commits) - 1
    }

    fn write(&self, frame: &mut [u8]) {
        let mut out = &mut frame[8..HEADER_BYTES];
        out.put_u32_le(self.body_crc);
        out.put_u32_le(self.key_bytes);
        out.put_u32_le(self.payload_bytes);
        out.put_u32_le(self.commits);
        out.put_u64_le(self.first);
        out.put_slice(&self.predecessor);
        out.put_slice(&self.payload_hash);
        out.put_slice(&self.sum_after.to_bytes());
        let crc = crc32fast::hash(&frame[8..HEADER_BYTES]);
        let mut out = &mut frame[..8];
        out.put_u32_le(MAGIC);
        out.put_u32_le(crc);
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    bytes.copy_to_slice(&mut taken);
    taken
}

/// The link of the frame that begins with `header_and_keys`.
fn link(header_and_keys: &[u8]) -> Link {
    *blake3::hash(&header_and_keys[12..]).as_bytes()
}

/// A group encoded as far as it can be without knowing its place: one buffer, written as it is.
#[derive(Debug)]
pub(crate) struct Encoded {
    frame: BytesMut,
    header: Header,
    /// What the group adds to the sum of the records.
    delta: RecordSum,
    steps: Vec<Step>,
}

impl Encoded {
    /// Encodes a group of at least one commit, within the given bound on the frame.
    pub(crate) fn new(group: &[NewCommit], max_bytes: u64) -> Result<Encoded, Error> {
        let size = measure(group)?;
        if size > max_bytes.min(MAX_FRAME_BYTES) {
            return Err(Error::TooLarge {
                what: "a group of commits",
                size,
                limit: max_bytes.min(MAX_FRAME_BYTES),
            });
        }
        let capacity = usize::try_from(size).unwrap_or(usize::MAX);
        let mut frame = BytesMut::with_capacity(capacity);
        frame.put_bytes(0, HEADER_BYTES);
        let mut delta = RecordSum::EMPTY;
        let mut steps = Vec::new();
        for commit in group {
            put_keys(commit, &mut frame);
        }
        let key_end = frame.len();
        for commit in group {
            put_payload(commit, &mut frame);
            let changes = commit.changes.iter();
            steps.extend(changes.map(|change| Step::new(change, &mut delta)));
        }
        let header = Header {
            body_crc: crc32fast::hash(&frame[HEADER_BYTES..]),
            key_bytes: small(key_end - HEADER_BYTES),
            payload_bytes: small(frame.len() - key_end),
            commits: small(group.len()),
            first: 0,
            predecessor: [0; 32],
            payload_hash: *blake3::hash(&frame[key_end..]).as_bytes(),
            sum_after: RecordSum::EMPTY,
        };
        let padding = frame.len().next_multiple_of(ALIGNMENT) - frame.len();
        frame.put_bytes(0, padding);
        Ok(Encoded {
            frame,
            header,
            delta,
            steps,
        })
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        self.frame.len() as u64
    }

    /// The number of commits in the group.
    pub(crate) fn commits(&self) -> u64 {
        u64::from(self.header.commits)
    }

    /// The group's changes, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Gives the frame its place in the chain: its bytes, its own link, and the sum after it.
    pub(crate) fn place(
        &mut self,
        first: Revision,
        predecessor: Link,
        sum_before: RecordSum,
    ) -> (&[u8], Link, RecordSum) {
        self.header.first = first;
        self.header.predecessor = predecessor;
        self.header.sum_after = sum_before.plus(self.delta);
        self.header.write(&mut self.frame);
        let key_end = HEADER_BYTES + self.header.key_bytes as usize;
        let link = link(&self.frame[..key_end]);
        (&self.frame, link, self.header.sum_after)
    }
}

/// Sizes were bounded by [`MAX_FRAME_BYTES`] before they come here.
fn small(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Bytes of the frame a group makes; refuses keys out of bounds.
fn measure(group: &[NewCommit]) -> Result<u64, Error> {
    let mut size = HEADER_BYTES as u64;
    for commit in group {
        size += 8 + commit.meta.len() as u64;
        for change in &commit.changes {
            if change.key.is_empty() || change.key.len() > MAX_KEY_BYTES {
                return Err(Error::TooLarge {
                    what: "a record's key (which may not be empty either)",
                    size: change.key.len() as u64,
                    limit: MAX_KEY_BYTES as u64,
                });
            }
            size += 5 + change.key.len() as u64;
            for image in [&change.before, &change.after].into_iter().flatten() {
                size += 4 + image.len() as u64;
            }
        }
    }
    Ok(size.next_multiple_of(ALIGNMENT as u64))
}

fn put_keys(commit: &NewCommit, out: &mut BytesMut) {
    out.put_u32_le(small(commit.changes.len()));
    for change in &commit.changes {
        let before = if change.before.is_some() {
            HAS_BEFORE
        } else {
            0
        };
        let after = if change.after.is_some() { HAS_AFTER } else { 0 };
        out.put_u8(before | after);
        put_bytes(&change.key, out);
    }
}

fn put_payload(commit: &NewCommit, out: &mut BytesMut) {
    put_bytes(&commit.meta, out);
    for change in &commit.changes {
        for image in [&change.before, &change.after].into_iter().flatten() {
            put_bytes(image, out);
        }
    }
}

fn put_bytes(bytes: &[u8], out: &mut BytesMut) {
    out.put_u32_le(small(bytes.len()));
    out.put_slice(bytes);
}

/// A frame read from disk whose checksums hold.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) link: Link,
    keys: Bytes,
    payload: Bytes,
}

impl Frame {
    /// Takes the bytes after the header, `header.body_bytes()` of them or more.
    /// `None` when they are not the ones that were written.
    pub(crate) fn from_parts(header: Header, head: &[u8], mut body: Bytes) -> Option<Frame> {
        let body_bytes = usize::try_from(header.body_bytes()).ok()?;
        if body.len() < body_bytes {
            return None;
        }
        body.truncate(body_bytes);
        if crc32fast::hash(&body) != header.body_crc {
            return None;
        }
        let payload = body.split_off(header.key_bytes as usize);
        if *blake3::hash(&payload).as_bytes() != header.payload_hash {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head[12..HEADER_BYTES]);
        hasher.update(&body);
        Some(Frame {
            header,
            link: *hasher.finalize().as_bytes(),
            keys: body,
            payload,
        })
    }

    /// The commits of the group; `None` when keys and payload do not fit each other.
    pub(crate) fn commits(&self) -> Option<Vec<Commit>> {
        let mut keys = self.keys.clone();
        let mut payload = self.payload.clone();
        let mut commits = Vec::new();
        for revision in self.header.first..=self.header.last() {
            let count = get_u32(&mut keys)?;
            let meta = get_bytes(&mut payload)?;
            let mut changes = Vec::new();
            for _ in 0..count {
                let flags = keys.has_remaining().then(|| keys.get_u8())?;
                if flags & !(HAS_BEFORE | HAS_AFTER) != 0 {
                    return None;
                }
                changes.push(Change {
                    key: get_bytes(&mut keys)?,
                    before: get_image(flags & HAS_BEFORE, &mut payload).ok()?,
                    after: get_image(flags & HAS_AFTER, &mut payload).ok()?,
                });
            }
            commits.push(Commit {
                revision,
                meta,
                changes,
            });
        }
        let whole = keys.is_empty() && payload.is_empty();
        whole.then_some(commits)
    }
}

fn get_u32(bytes: &mut Bytes) -> Option<u32> {
    (bytes.remaining() >= 4).then(|| bytes.get_u32_le())
}

fn get_bytes(bytes: &mut Bytes) -> Option<Bytes> {
    let len = get_u32(bytes)? as usize;
    (bytes.remaining() >= len).then(|| bytes.split_to(len))
}

/// The bytes end before the image does.
struct Short;

fn get_image(present: u8, payload: &mut Bytes) -> Result<Option<Bytes>, Short> {
    if present == 0 {
        return Ok(None);
    }
    get_bytes(payload).map(Some).ok_or(Short)
}
