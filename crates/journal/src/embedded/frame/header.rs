//! The fixed part of a frame, of either format.

use bytes::{Buf, BufMut};

use super::{ALIGNMENT, Link, MAX_FRAME_BYTES};
use crate::{RecordSum, Revision};

/// Bytes of a frame before its keys, as they are written.
pub(crate) const HEADER_BYTES: usize = 176;

/// Bytes of a frame of format 1 before its keys: no header is shorter.
pub(crate) const LEAST_HEADER_BYTES: usize = 136;

/// The magic number doubles as the layout's version.
const MAGIC: u32 = u32::from_le_bytes(*b"TWj2");
const MAGIC_1: u32 = u32::from_le_bytes(*b"TWj1");

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) body_crc: u32,
    pub(crate) key_bytes: u32,
    pub(crate) commits: u32,
    pub(crate) first: Revision,
    pub(crate) predecessor: Link,
    pub(crate) payload: Payload,
    pub(crate) sum_after: RecordSum,
}

/// How metas and images lie behind the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Format 1: the images of a commit follow its meta, one hash over all.
    Mixed { bytes: u32, hash: [u8; 32] },
    /// All metas, then all images.
    Apart {
        meta_bytes: u32,
        image_bytes: u32,
        meta_hash: [u8; 32],
        image_hash: [u8; 32],
    },
}

impl Header {
    /// Reads a header whose own checksum holds; says nothing about what follows it.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Header> {
        let mut magic = bytes.get(..4)?;
        let header = match magic.get_u32_le() {
            MAGIC => Header::parse_apart(whole(bytes, HEADER_BYTES)?),
            MAGIC_1 => Header::parse_mixed(whole(bytes, LEAST_HEADER_BYTES)?),
            _ => return None,
        };
        let sane = (1..u64::MAX >> 1).contains(&header.first)
            && header.commits > 0
            && header.frame_bytes() <= MAX_FRAME_BYTES;
        sane.then_some(header)
    }

    fn parse_mixed(mut bytes: &[u8]) -> Header {
        let body_crc = bytes.get_u32_le();
        let key_bytes = bytes.get_u32_le();
        let payload_bytes = bytes.get_u32_le();
        Header {
            body_crc,
            key_bytes,
            commits: bytes.get_u32_le(),
            first: bytes.get_u64_le(),
            predecessor: take(&mut bytes),
            payload: Payload::Mixed {
                bytes: payload_bytes,
                hash: take(&mut bytes),
            },
            sum_after: RecordSum::from_bytes(&take(&mut bytes)),
        }
    }

    fn parse_apart(mut bytes: &[u8]) -> Header {
        let body_crc = bytes.get_u32_le();
        let key_bytes = bytes.get_u32_le();
        let meta_bytes = bytes.get_u32_le();
        let image_bytes = bytes.get_u32_le();
        bytes.advance(4);
        Header {
            body_crc,
            key_bytes,
            commits: bytes.get_u32_le(),
            first: bytes.get_u64_le(),
            predecessor: take(&mut bytes),
            payload: Payload::Apart {
                meta_bytes,
                image_bytes,
                meta_hash: take(&mut bytes),
                image_hash: take(&mut bytes),
            },
            sum_after: RecordSum::from_bytes(&take(&mut bytes)),
        }
    }

    /// Bytes of this header.
    pub(crate) fn header_bytes(&self) -> usize {
        match self.payload {
            Payload::Mixed { .. } => LEAST_HEADER_BYTES,
            Payload::Apart { .. } => HEADER_BYTES,
        }
    }

    /// Bytes of keys, metas and images.
    pub(crate) fn body_bytes(&self) -> u64 {
        let payload = match self.payload {
            Payload::Mixed { bytes, .. } => u64::from(bytes),
            Payload::Apart {
                meta_bytes,
                image_bytes,
                ..
            } => u64::from(meta_bytes) + u64::from(image_bytes),
        };
        u64::from(self.key_bytes) + payload
    }

    /// Bytes of the whole frame, padding included.
    pub(crate) fn frame_bytes(&self) -> u64 {
        (self.header_bytes() as u64 + self.body_bytes()).next_multiple_of(ALIGNMENT as u64)
    }

    /// The revision of the group's last commit.
    pub(crate) fn last(&self) -> Revision {
        self.first + u64::from(self.commits) - 1
    }

    /// Writes the header of a new frame; one of format 1 is never written, and becomes nothing.
    pub(super) fn write(&self, frame: &mut [u8]) {
        let Payload::Apart {
            meta_bytes,
            image_bytes,
            meta_hash,
            image_hash,
        } = self.payload
        else {
            return;
        };
        let mut out = &mut frame[8..HEADER_BYTES];
        out.put_u32_le(self.body_crc);
        out.put_u32_le(self.key_bytes);
        out.put_u32_le(meta_bytes);
        out.put_u32_le(image_bytes);
        out.put_u32_le(0);
        out.put_u32_le(self.commits);
        out.put_u64_le(self.first);
        out.put_slice(&self.predecessor);
        out.put_slice(&meta_hash);
        out.put_slice(&image_hash);
        out.put_slice(&self.sum_after.to_bytes());
        let crc = crc32fast::hash(&frame[8..HEADER_BYTES]);
        let mut out = &mut frame[..8];
        out.put_u32_le(MAGIC);
        out.put_u32_le(crc);
    }
}

/// The bytes of a header after its checksum, if that holds.
fn whole(bytes: &[u8], len: usize) -> Option<&[u8]> {
    let rest = bytes.get(8..len)?;
    let mut crc = &bytes[4..8];
    (crc.get_u32_le() == crc32fast::hash(rest)).then_some(rest)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    bytes.copy_to_slice(&mut taken);
    taken
}
