//! How records and the checkpoint mark lie in sled.
//!
//! A record is one or more chunks, keyed by its own key and a chunk number; the first chunk says how
//! many bytes the record has. The mark is a key no record can have.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes};

use super::{Fault, Link};
use crate::Revision;

/// Bytes of a record in one chunk: with its key and sled's own overhead it stays within 4 KiB.
pub(crate) const CHUNK_BYTES: usize = 3_400;

/// Where the mark lies; records have [`RECORD_TAG`] in its place.
pub(crate) const MARK_KEY: &[u8] = &[0];

const RECORD_TAG: u8 = 1;

/// Up to where the records store reflects the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) revision: Revision,
    /// The link of the frame that ends with `revision`.
    pub(crate) link: Link,
}

impl Mark {
    const BYTES: usize = 44;

    pub(crate) fn encode(&self) -> [u8; Mark::BYTES] {
        let mut bytes = [0; Mark::BYTES];
        let mut out = &mut bytes[..40];
        out.put_u64_le(self.revision);
        out.put_slice(&self.link);
        let crc = crc32fast::hash(&bytes[..40]);
        bytes[40..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Mark> {
        if bytes.len() != Mark::BYTES {
            return None;
        }
        let (mut body, mut crc) = bytes.split_at(40);
        if crc.get_u32_le() != crc32fast::hash(body) {
            return None;
        }
        let revision = body.get_u64_le();
        let mut link = [0; 32];
        body.copy_to_slice(&mut link);
        Some(Mark { revision, link })
    }
}

/// A record as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    /// All its chunks are there.
    Whole(Bytes),
    /// A checkpoint was cut short in the middle of it; the journal must overwrite it.
    Torn,
}

/// The number of chunks a value takes, at least 1.
pub(crate) fn chunks_of(value: &[u8]) -> u16 {
    // The first chunk carries the length.
    u16::try_from((value.len() + 4).div_ceil(CHUNK_BYTES)).unwrap_or(u16::MAX)
}

pub(crate) fn chunk_key(key: &[u8], index: u16) -> Vec<u8> {
    let mut chunk_key = Vec::with_capacity(key.len() + 3);
    chunk_key.put_u8(RECORD_TAG);
    chunk_key.put_slice(key);
    chunk_key.put_u16(index);
    chunk_key
}

/// Key and content of one chunk of a value.
pub(crate) fn chunk(key: &[u8], value: &[u8], index: u16) -> (Vec<u8>, Vec<u8>) {
    let start = (usize::from(index) * CHUNK_BYTES).saturating_sub(4);
    let end = ((usize::from(index) + 1) * CHUNK_BYTES - 4).min(value.len());
    let mut content = Vec::with_capacity(end - start + 4);
    if index == 0 {
        content.put_u32_le(u32::try_from(value.len()).unwrap_or(u32::MAX));
    }
    content.put_slice(&value[start..end]);
    (chunk_key(key, index), content)
}

/// Puts chunks, in whatever order sled yields them, together again.
#[derive(Default)]
pub(crate) struct Collector {
    stored: super::Stored,
    parts: BTreeMap<Bytes, BTreeMap<u16, Bytes>>,
}

impl Collector {
    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        if key == MARK_KEY {
            let mark =
                Mark::decode(value).ok_or_else(|| Fault("its mark is damaged".to_owned()))?;
            self.stored.mark = Some(mark);
            return Ok(());
        }
        let Some((record_key, mut index)) = record_key(key) else {
            return Err(Fault("it has a key nobody wrote".to_owned()));
        };
        let index = index.get_u16();
        let record_key = Bytes::copy_from_slice(record_key);
        if let Some(value) = whole(index, value) {
            // Nearly every record is one chunk; a stray further chunk of it turns up in `finish`.
            let slot = Slot::Whole(Bytes::copy_from_slice(value));
            self.stored.records.insert(record_key, slot);
        } else {
            let parts = self.parts.entry(record_key).or_default();
            parts.insert(index, Bytes::copy_from_slice(value));
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> super::Stored {
        for (key, parts) in self.parts {
            let slot = if self.stored.records.contains_key(&key) {
                Slot::Torn
            } else {
                join(&parts).map_or(Slot::Torn, Slot::Whole)
            };
            self.stored.records.insert(key, slot);
        }
        self.stored
    }
}

fn record_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&tag, rest) = key.split_first()?;
    let record_key_len = rest.len().checked_sub(2).filter(|&len| len > 0)?;
    (tag == RECORD_TAG).then(|| rest.split_at(record_key_len))
}

/// The value, when this chunk is all of it.
fn whole(index: u16, mut content: &[u8]) -> Option<&[u8]> {
    if index != 0 || content.len() < 4 {
        return None;
    }
    let len = content.get_u32_le() as usize;
    (len == content.len()).then_some(content)
}

fn join(parts: &BTreeMap<u16, Bytes>) -> Option<Bytes> {
    let dense = parts
        .keys()
        .copied()
        .eq(0..u16::try_from(parts.len()).ok()?);
    let mut first = parts.get(&0)?.clone();
    if !dense || first.len() < 4 {
        return None;
    }
    let len = first.get_u32_le() as usize;
    let mut value = Vec::with_capacity(len.min(parts.len() * CHUNK_BYTES));
    value.extend_from_slice(&first);
    for part in parts.values().skip(1) {
        value.extend_from_slice(part);
    }
    (value.len() == len).then(|| Bytes::from(value))
}

/// For the fuzzer: what entries of sled come to, each with the lengths of its key (1 byte) and its value (2 bytes) before both. A mark's
/// checksum is made good. What is whole is written and read again as it was.
pub(crate) fn try_entries(mut input: &[u8]) -> String {
    let mut raw = Collector::default();
    while let Some((key, mut value)) = entry(&mut input) {
        if key == MARK_KEY && value.len() == Mark::BYTES {
            let crc = crc32fast::hash(&value[..40]);
            value[40..].copy_from_slice(&crc.to_le_bytes());
        }
        if let Err(Fault(why)) = raw.take(key, &value) {
            return why;
        }
    }
    let stored = raw.finish();
    if let Some(mark) = stored.mark {
        assert_eq!(Mark::decode(&mark.encode()), Some(mark));
    }
    let mut is_torn = false;
    for (key, slot) in &stored.records {
        let Slot::Whole(value) = slot else {
            is_torn = true;
            continue;
        };
        let mut again = Collector::default();
        for index in 0..chunks_of(value) {
            let (key, chunk) = chunk(key, value, index);
            assert!(again.take(&key, &chunk).is_ok(), "somebody wrote it");
        }
        assert_eq!(again.finish().records.get(key), Some(slot));
    }
    let (has_mark, has_records) = (stored.mark.is_some(), !stored.records.is_empty());
    format!("a mark: {has_mark}, records: {has_records}, torn ones: {is_torn}")
}

/// The next entry of what the fuzzer gives.
fn entry<'a>(input: &mut &'a [u8]) -> Option<(&'a [u8], Vec<u8>)> {
    let whole: &'a [u8] = input;
    let (&[key, low, high], rest) = whole.split_first_chunk::<3>()?;
    let (key, rest) = rest.split_at_checked(usize::from(key))?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([low, high])))?;
    *input = rest;
    Some((key, value.to_vec()))
}
