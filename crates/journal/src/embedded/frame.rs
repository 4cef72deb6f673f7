//! The bytes of one group: encoded before it is written, checked when it is read.
//!
//! ```text
//!   0  4  magic                         28  4  commits
//!   4  4  crc32 of bytes 8..176         32  8  first revision
//!   8  4  crc32 of what follows         40 32  link of the predecessor
//!  12  4  bytes of keys                 72 32  blake3 of the metas
//!  16  4  bytes of metas               104 32  blake3 of the images
//!  20  4  bytes of images              136 40  count and hash sum of all records after it
//!  24  4  zero                         176  …  keys: per commit the number of changes, then flags
//!                                              and key of each
//!                                        …  …  metas: per commit one
//!                                        …  …  images: per change before- and after-image
//! ```
//!
//! Numbers are little endian; a frame is padded with zeros to a multiple of 8. The *link* of a frame
//! is the hash of its header from byte 12 on and of its keys: it covers metas and images by their
//! hashes only, so that a compaction may drop the images while the chain, and who did what when and
//! why, still verifies. Frames of format 1 (`header` reads both) have metas and images mixed, under one hash.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::known::Step;
use crate::{Account, Change, Commit, Error, MAX_KEY_BYTES, NewCommit, RecordSum, Revision};

mod header;
#[cfg(test)]
mod tests;

pub(crate) use header::{HEADER_BYTES, Header, LEAST_HEADER_BYTES, Payload};

/// A hash that names a frame and everything before it.
pub(crate) type Link = [u8; 32];

/// What is kept of a commit's own account instead of it.
pub type Retell = dyn Fn(&Commit) -> Bytes + Send + Sync;

/// Frames begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 8;

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
            put_bytes(&commit.meta, &mut frame);
        }
        let meta_end = frame.len();
        for change in group.iter().flat_map(|commit| &commit.changes) {
            for image in [&change.before, &change.after].into_iter().flatten() {
                put_bytes(image, &mut frame);
            }
            steps.push(Step::new(change, &mut delta));
        }
        let header = Header {
            body_crc: crc32fast::hash(&frame[HEADER_BYTES..]),
            key_bytes: small(key_end - HEADER_BYTES),
            commits: small(group.len()),
            first: 0,
            predecessor: [0; 32],
            payload: Payload::Apart {
                meta_bytes: small(meta_end - key_end),
                image_bytes: small(frame.len() - meta_end),
                meta_hash: *blake3::hash(&frame[key_end..meta_end]).as_bytes(),
                image_hash: *blake3::hash(&frame[meta_end..]).as_bytes(),
            },
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

    /// For the fuzzer: a frame around any bytes, of which so many are keys and so many metas, with checksums that hold.
    pub(super) fn around(
        parts: &[u8],
        keys: usize,
        metas: usize,
        commits: u32,
    ) -> Option<(Header, Bytes)> {
        let (metas, images) = parts[keys..].split_at(metas);
        let header = Header {
            body_crc: crc32fast::hash(parts),
            key_bytes: small(keys),
            commits,
            first: 1,
            predecessor: [7; 32],
            payload: Payload::Apart {
                meta_bytes: small(metas.len()),
                image_bytes: small(images.len()),
                meta_hash: *blake3::hash(metas).as_bytes(),
                image_hash: *blake3::hash(images).as_bytes(),
            },
            sum_after: RecordSum::EMPTY,
        };
        let mut frame = BytesMut::zeroed(HEADER_BYTES);
        header.write(&mut frame);
        frame.put_slice(parts);
        let frame = frame.freeze();
        Some((Header::parse(&frame)?, frame))
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

fn put_bytes(bytes: &[u8], out: &mut BytesMut) {
    out.put_u32_le(small(bytes.len()));
    out.put_slice(bytes);
}

/// A frame read from disk whose checksums hold.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) link: Link,
    /// The header and the keys as they lie on disk, from which the link is made.
    head: Bytes,
    keys: Bytes,
    metas: Bytes,
    images: Images,
}

#[derive(Debug, Clone)]
enum Images {
    Apart(Bytes),
    /// Among the metas, as in format 1.
    Mixed,
    /// Dropped by a compaction.
    Gone,
}

impl Frame {
    /// A frame from all of its bytes, padding included; `None` when they are not the ones that were written.
    pub(crate) fn whole(bytes: &Bytes) -> Option<Frame> {
        let header = Header::parse(bytes)?;
        let content = header.header_bytes() as u64 + header.body_bytes();
        let padding = bytes.get(usize::try_from(content).ok()?..)?;
        let is_its_own =
            bytes.len() as u64 == header.frame_bytes() && padding.iter().all(|&byte| byte == 0);
        let body = is_its_own.then(|| bytes.slice(header.header_bytes()..))?;
        Frame::from_parts(header, bytes, body)
    }

    /// The bytes as they lie on disk, in parts; of a stripped frame, what is left of them.
    pub(crate) fn parts(&self) -> [&[u8]; 5] {
        let images = match &self.images {
            Images::Apart(images) => &images[..],
            Images::Mixed | Images::Gone => &[],
        };
        let bytes = self.header.header_bytes() as u64 + self.header.body_bytes();
        let padding = bytes.next_multiple_of(ALIGNMENT as u64) - bytes;
        let padding = &[0; ALIGNMENT][..usize::try_from(padding).unwrap_or(0)];
        [&self.head, &self.keys, &self.metas, images, padding]
    }

    /// Takes the bytes after the header, `header.body_bytes()` of them or more.
    /// `None` when they are not the ones that were written.
    pub(crate) fn from_parts(header: Header, head: &Bytes, mut body: Bytes) -> Option<Frame> {
        let body_bytes = usize::try_from(header.body_bytes()).ok()?;
        if body.len() < body_bytes {
            return None;
        }
        body.truncate(body_bytes);
        if crc32fast::hash(&body) != header.body_crc {
            return None;
        }
        let keys = body.split_to(header.key_bytes as usize);
        let (metas, images) = match header.payload {
            Payload::Mixed { hash, .. } => {
                is_hash(&body, &hash).then_some((body, Images::Mixed))?
            }
            Payload::Apart {
                meta_bytes,
                meta_hash,
                image_hash,
                ..
            } => {
                let metas = body.split_to(meta_bytes as usize);
                let whole = is_hash(&metas, &meta_hash) && is_hash(&body, &image_hash);
                whole.then_some((metas, Images::Apart(body)))?
            }
        };
        Some(Frame::of(header, head, keys, metas, images))
    }

    fn of(header: Header, head: &Bytes, keys: Bytes, metas: Bytes, images: Images) -> Frame {
        let head = head.slice(..header.header_bytes());
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head[12..]);
        hasher.update(&keys);
        Frame {
            header,
            link: *hasher.finalize().as_bytes(),
            head,
            keys,
            metas,
            images,
        }
    }

    /// Takes a frame without its images: header, keys and metas apart. `None` when the metas are not those
    /// that the header names; of a frame of format 1, whose hash covers the images too, nothing here can tell.
    pub(crate) fn stripped(head: &Bytes, keys: Bytes, metas: Bytes) -> Option<Frame> {
        let header = Header::parse(head)?;
        let named = match header.payload {
            Payload::Mixed { .. } => true,
            Payload::Apart { meta_hash, .. } => is_hash(&metas, &meta_hash),
        };
        let whole = named && keys.len() == header.key_bytes as usize;
        whole.then(|| Frame::of(header, head, keys, metas, Images::Gone))
    }

    /// Whether metas and images lie under one hash, as in format 1.
    pub(crate) fn is_mixed(&self) -> bool {
        matches!(self.images, Images::Mixed)
    }

    /// Header, keys and metas, as [`Frame::stripped`] takes them back; `None` when keys and payload do not fit. The metas of format
    /// 1, which no hash in the header covers by themselves, are those that `retell` gives.
    pub(crate) fn strip(&self, retell: &Retell) -> Option<(Bytes, Bytes, Bytes)> {
        let metas = match self.images {
            Images::Apart(_) | Images::Gone => self.metas.clone(),
            Images::Mixed => {
                let mut metas = BytesMut::new();
                for commit in self.commits()? {
                    put_bytes(&retell(&commit), &mut metas);
                }
                metas.freeze()
            }
        };
        Some((self.head.clone(), self.keys.clone(), metas))
    }

    /// The commits of the group; `None` when keys and payload do not fit each other, or the images are gone.
    pub(crate) fn commits(&self) -> Option<Vec<Commit>> {
        let mut keys = self.keys.clone();
        let mut metas = self.metas.clone();
        let (mut apart, mixed) = match &self.images {
            Images::Apart(images) => (images.clone(), false),
            Images::Mixed => (Bytes::new(), true),
            Images::Gone => return None,
        };
        let mut commits = Vec::new();
        for revision in self.header.first..=self.header.last() {
            let count = get_u32(&mut keys)?;
            let meta = get_bytes(&mut metas)?;
            let mut changes = Vec::new();
            for _ in 0..count {
                let (flags, key) = get_key(&mut keys)?;
                let images = if mixed { &mut metas } else { &mut apart };
                changes.push(Change {
                    key,
                    before: get_image(flags & HAS_BEFORE, images).ok()?,
                    after: get_image(flags & HAS_AFTER, images).ok()?,
                });
            }
            commits.push(Commit {
                revision,
                meta,
                changes,
            });
        }
        let whole = keys.is_empty() && metas.is_empty() && apart.is_empty();
        whole.then_some(commits)
    }

    /// What is left of each commit of a stripped frame; `None` when keys and metas do not fit each other.
    pub(crate) fn accounts(&self) -> Option<Vec<Account>> {
        let mut keys = self.keys.clone();
        let mut metas = self.metas.clone();
        let mut accounts = Vec::new();
        for revision in self.header.first..=self.header.last() {
            let count = get_u32(&mut keys)?;
            let changed = (0..count).map(|_| get_key(&mut keys).map(|(_, key)| key));
            accounts.push(Account {
                revision,
                keys: changed.collect::<Option<_>>()?,
                meta: get_bytes(&mut metas)?,
            });
        }
        let whole = keys.is_empty() && metas.is_empty();
        whole.then_some(accounts)
    }
}

fn is_hash(bytes: &[u8], hash: &[u8; 32]) -> bool {
    blake3::hash(bytes).as_bytes() == hash
}

/// The keys that a frame's keys part names, of a frame whose payload may be damaged; as many as can be read.
pub(crate) fn keys_in(mut keys: Bytes, commits: u32) -> Vec<Bytes> {
    let mut found = Vec::new();
    for _ in 0..commits {
        let Some(count) = get_u32(&mut keys) else {
            return found;
        };
        for _ in 0..count {
            let Some((_, key)) = get_key(&mut keys) else {
                return found;
            };
            found.push(key);
        }
    }
    found
}

fn get_u32(bytes: &mut Bytes) -> Option<u32> {
    (bytes.remaining() >= 4).then(|| bytes.get_u32_le())
}

fn get_bytes(bytes: &mut Bytes) -> Option<Bytes> {
    let len = get_u32(bytes)? as usize;
    (bytes.remaining() >= len).then(|| bytes.split_to(len))
}

/// Flags and key of a change.
fn get_key(keys: &mut Bytes) -> Option<(u8, Bytes)> {
    let flags = keys.has_remaining().then(|| keys.get_u8())?;
    let known = flags & !(HAS_BEFORE | HAS_AFTER) == 0;
    known.then(|| get_bytes(keys).map(|key| (flags, key)))?
}

/// The bytes end before the image does.
struct Short;

fn get_image(present: u8, payload: &mut Bytes) -> Result<Option<Bytes>, Short> {
    if present == 0 {
        return Ok(None);
    }
    get_bytes(payload).map(Some).ok_or(Short)
}
