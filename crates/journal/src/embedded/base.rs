//! A base: every record as of a revision, from where the journal's segments go on after a compaction.
//!
//! `journal/<revision>.base` is a header and blocks of records:
//!
//! ```text
//!   0  4  magic                          88  8  bytes of the blocks
//!   4  4  crc32 of bytes 8..200          96 32  blake3 of the blocks
//!   8  8  revision                      128 32  what the stripped frames up to there add up to
//!  16 32  link of the frame that ends   160  8  revision at which the chain begins
//!  48 40  count and hash sum            168 32  link there
//!
//! block:  0 4 bytes that follow   4 4 records   8 4 crc32 of what follows   12 4 zero
//! record: 0 4 bytes of key, the key, 4 bytes of the value, the value
//! note:   0 8 revision, then the meta of the commit there
//! ```
//!
//! The first block has no records but the note: what the newest commit that was known says of itself, for a journal that goes on
//! from the base without a commit of its own. Bases were first written without one, under another magic number.
//!
//! It is renamed into place when everything it stands for is durable and was read back: whoever finds one may
//! drop what came before. The chain begins at revision 0, or at the base that a salvage made.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::{Buf, BufMut, Bytes};

use super::frame::{Link, genesis};
use super::segment::Reader;
use super::verify::Pace;
use super::walk::damaged;
use crate::disk::{Disk, File};
use crate::{Error, MAX_KEY_BYTES, Newest, RecordSum, Revision};

/// Bytes of the header.
pub(crate) const BASE_HEADER_BYTES: usize = 200;

/// Far from the one of bases without a note, so that a changed bit does not make one of the other.
const MAGIC: u32 = u32::from_le_bytes(*b"TWb2");
const MAGIC_WITHOUT_NOTE: u32 = u32::from_le_bytes(*b"TWjB");

/// A block is ended when it has this many bytes.
const BLOCK_BYTES: usize = 1024 * 1024;

/// Bytes of a block before its records.
const BLOCK_HEADER_BYTES: usize = 16;

/// What no block is longer than: one record of the longest group may exceed [`BLOCK_BYTES`].
const MAX_BLOCK_BYTES: u64 = 160 << 20;

/// The end of a chain, and the records' sum there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// The segments go on after this revision.
    pub(crate) revision: Revision,
    pub(crate) link: Link,
    pub(crate) sum: RecordSum,
    /// What the stripped frames before it add up to.
    pub(crate) accounts: [u8; 32],
    /// Where the chain begins, from which the stripped frames lead here.
    pub(crate) root: (Revision, Link),
}

impl Start {
    /// The start of a journal that was never compacted.
    pub(crate) fn genesis(clinic_id: [u8; 16]) -> Start {
        let link = genesis(clinic_id);
        Start {
            revision: 0,
            link,
            sum: RecordSum::EMPTY,
            accounts: [0; 32],
            root: (0, link),
        }
    }

    /// Whether it can be one of this clinic's journal: a chain begins with the clinic, or with a salvage.
    pub(crate) fn is_of(&self, clinic_id: [u8; 16]) -> bool {
        self.root.0 > 0 || self.root.1 == genesis(clinic_id)
    }

    /// Whether there is a base file.
    pub(crate) fn is_base(&self) -> bool {
        self.revision > 0
    }
}

/// A base's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) start: Start,
    has_note: bool,
    body_bytes: u64,
    body_hash: [u8; 32],
}

/// The file name of the base at a revision.
pub(crate) fn base_name(revision: Revision) -> String {
    format!("{revision:020}.base")
}

/// The revision that a file name with this ending stands for.
pub(crate) fn number_in(name: &str, ending: &str) -> Option<Revision> {
    let digits = name.strip_suffix(ending)?;
    let revision = digits.parse().ok()?;
    (digits.len() == 20 && revision > 0).then_some(revision)
}

/// Writes a base under this path and syncs it. `newest` is the last commit before it, as far as one is known.
pub(crate) fn write(
    disk: &dyn Disk,
    path: &Path,
    start: Start,
    newest: Option<&Newest>,
    records: &BTreeMap<Bytes, Bytes>,
) -> Result<(), Error> {
    let io = |error| Error::io("write", path, error);
    let file = disk.create(path).map_err(io)?;
    let mut hasher = blake3::Hasher::new();
    let mut offset = BASE_HEADER_BYTES as u64;
    let mut put = |block: &[u8], count: u32| {
        let mut head = Vec::with_capacity(BLOCK_HEADER_BYTES);
        head.put_u32_le(u32::try_from(block.len()).unwrap_or(u32::MAX));
        head.put_u32_le(count);
        head.put_u32_le(crc32fast::hash(block));
        head.put_u32_le(0);
        for bytes in [&head[..], block] {
            file.write_at(bytes, offset).map_err(io)?;
            hasher.update(bytes);
            offset += bytes.len() as u64;
        }
        Ok(())
    };
    put(&note(newest), 0)?;
    let (mut block, mut count) = (Vec::new(), 0);
    for (key, value) in records {
        for bytes in [key, value] {
            block.put_u32_le(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            block.put_slice(bytes);
        }
        count += 1;
        if block.len() >= BLOCK_BYTES {
            put(&block, count)?;
            (block, count) = (Vec::new(), 0);
        }
    }
    if count > 0 {
        put(&block, count)?;
    }
    let head = Head {
        start,
        has_note: true,
        body_bytes: offset - BASE_HEADER_BYTES as u64,
        body_hash: *hasher.finalize().as_bytes(),
    };
    file.write_at(&head.encode(), 0).map_err(io)?;
    file.sync().map_err(io)
}

fn note(newest: Option<&Newest>) -> Vec<u8> {
    let mut note = Vec::new();
    if let Some(newest) = newest {
        note.put_u64_le(newest.revision);
        note.put_slice(&newest.meta);
    }
    note
}

/// What a note says; `None` when it is not one.
fn noted(mut note: Bytes) -> Option<Block> {
    if note.is_empty() {
        return Some(Block::Note(None));
    }
    let revision = (note.remaining() >= 8).then(|| note.get_u64_le())?;
    let meta = Bytes::copy_from_slice(&note);
    Some(Block::Note(Some(Newest { revision, meta })))
}

impl Head {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BASE_HEADER_BYTES);
        bytes.put_u32_le(MAGIC);
        bytes.put_u32_le(0);
        bytes.put_u64_le(self.start.revision);
        bytes.put_slice(&self.start.link);
        bytes.put_slice(&self.start.sum.to_bytes());
        bytes.put_u64_le(self.body_bytes);
        bytes.put_slice(&self.body_hash);
        bytes.put_slice(&self.start.accounts);
        bytes.put_u64_le(self.start.root.0);
        bytes.put_slice(&self.start.root.1);
        let crc = crc32fast::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(whole: &[u8]) -> Option<Head> {
        let mut bytes = whole.get(..BASE_HEADER_BYTES)?;
        let has_note = match bytes.get_u32_le() {
            MAGIC => true,
            MAGIC_WITHOUT_NOTE => false,
            _ => return None,
        };
        if bytes.get_u32_le() != crc32fast::hash(&whole[8..]) {
            return None;
        }
        let revision = bytes.get_u64_le();
        let link = take(&mut bytes);
        let sum = RecordSum::from_bytes(&take(&mut bytes));
        let body_bytes = bytes.get_u64_le();
        let body_hash = take(&mut bytes);
        let accounts = take(&mut bytes);
        let root = (bytes.get_u64_le(), take(&mut bytes));
        Some(Head {
            start: Start {
                revision,
                link,
                sum,
                accounts,
                root,
            },
            has_note,
            body_bytes,
            body_hash,
        })
    }

    /// Reads the header of the base at `revision`.
    pub(crate) fn read(file: &dyn File, path: &Path, revision: Revision) -> Result<Head, Error> {
        let mut bytes = vec![0; BASE_HEADER_BYTES];
        let read = file
            .read_at(&mut bytes, 0)
            .map_err(|error| Error::io("read", path, error))?;
        bytes.truncate(read);
        Head::decode(&bytes)
            .filter(|head| head.start.revision == revision)
            .ok_or_else(|| damaged(path, revision, "the header of the base is not whole"))
    }
}

/// What lies in one place of a base.
pub(crate) enum Block {
    /// What the newest commit said of itself, if one was known.
    Note(Option<Newest>),
    /// Its records.
    Sound(Vec<(Bytes, Bytes)>),
    /// Not what was written: where, and how many records there were if that can be told.
    Bad { offset: u64, records: Option<u32> },
}

/// A block as it lies there.
struct Raw {
    head: Bytes,
    count: u32,
    /// None when its checksum does not hold.
    sound: Option<Bytes>,
    content: Bytes,
}

/// The block at an offset; none when its length is not to be trusted, so that nothing behind it is found either.
fn block_at(reader: &mut Reader<'_>, offset: u64, end: u64) -> Result<Option<Raw>, Error> {
    let head = reader.bytes(offset, BLOCK_HEADER_BYTES as u64)?;
    let mut fields = head.clone();
    if fields.len() < BLOCK_HEADER_BYTES {
        return Ok(None);
    }
    let bytes = u64::from(fields.get_u32_le());
    let (count, crc) = (fields.get_u32_le(), fields.get_u32_le());
    let content_at = offset + BLOCK_HEADER_BYTES as u64;
    if bytes > MAX_BLOCK_BYTES || content_at + bytes > end {
        return Ok(None);
    }
    let content = reader.bytes(content_at, bytes)?;
    let sound = (crc32fast::hash(&content) == crc).then(|| content.clone());
    Ok(Some(Raw {
        head,
        count,
        sound,
        content,
    }))
}

/// Reads the blocks of a base, sound or not; says whether all together are what was written.
pub(crate) fn read_blocks(
    file: &dyn File,
    path: &Path,
    head: &Head,
    pace: &mut Pace<'_>,
    visit: &mut dyn FnMut(Block),
) -> Result<bool, Error> {
    let end = BASE_HEADER_BYTES as u64 + head.body_bytes;
    let mut reader = Reader::until(file, path, end);
    let mut hasher = blake3::Hasher::new();
    let mut offset = BASE_HEADER_BYTES as u64;
    let mut is_note = head.has_note;
    while offset < end {
        let Some(raw) = block_at(&mut reader, offset, end)? else {
            let records = None;
            visit(Block::Bad { offset, records });
            return Ok(false);
        };
        hasher.update(&raw.head);
        hasher.update(&raw.content);
        let count = raw.count;
        let block = if std::mem::take(&mut is_note) {
            raw.sound.and_then(noted)
        } else {
            let records = raw.sound.and_then(|content| records_in(content, count));
            records.map(Block::Sound)
        };
        let records = Some(count);
        visit(block.unwrap_or(Block::Bad { offset, records }));
        let bytes = (raw.head.len() + raw.content.len()) as u64;
        offset += bytes;
        pace(bytes)?;
    }
    Ok(offset == end && *hasher.finalize().as_bytes() == head.body_hash)
}

/// What the base at `start` says of the newest commit.
pub(crate) fn read_newest(
    disk: &dyn Disk,
    journal_dir: &Path,
    start: &Start,
) -> Result<Option<Newest>, Error> {
    if !start.is_base() {
        return Ok(None);
    }
    let path = journal_dir.join(base_name(start.revision));
    let file = disk
        .open(&path)
        .map_err(|error| Error::io("open", &path, error))?;
    newest_of(&*file, &path, start)
}

/// What a base's file says of the newest commit.
pub(crate) fn newest_of(
    file: &dyn File,
    path: &Path,
    start: &Start,
) -> Result<Option<Newest>, Error> {
    let head = Head::read(file, path, start.revision)?;
    if !head.has_note {
        return Ok(None);
    }
    let end = BASE_HEADER_BYTES as u64 + head.body_bytes;
    let mut reader = Reader::until(file, path, end);
    let block = block_at(&mut reader, BASE_HEADER_BYTES as u64, end)?;
    match block.and_then(|raw| raw.sound).and_then(noted) {
        Some(Block::Note(newest)) => Ok(newest),
        _ => Err(damaged(
            path,
            start.revision,
            "the note of the base is not whole",
        )),
    }
}

pub(super) fn records_in(mut content: Bytes, count: u32) -> Option<Vec<(Bytes, Bytes)>> {
    let mut take = |most: usize| {
        let len = (content.remaining() >= 4).then(|| content.get_u32_le())? as usize;
        // A copy: a slice would keep the whole block in memory for as long as the record lives.
        let whole = len <= most && len <= content.remaining();
        whole.then(|| Bytes::copy_from_slice(&content.split_to(len)))
    };
    let mut records = Vec::new();
    for _ in 0..count {
        records.push((take(MAX_KEY_BYTES)?, take(usize::MAX)?));
    }
    content.is_empty().then_some(records)
}

/// Every record of the base at `start`, which must be what was written.
pub(crate) fn read_records(
    disk: &dyn Disk,
    journal_dir: &Path,
    start: &Start,
    pace: &mut Pace<'_>,
) -> Result<BTreeMap<Bytes, Bytes>, Error> {
    if !start.is_base() {
        return Ok(BTreeMap::new());
    }
    let path = journal_dir.join(base_name(start.revision));
    let file = disk
        .open(&path)
        .map_err(|error| Error::io("open", &path, error))?;
    records_of(&*file, &path, start, pace)
}

/// Every record of a base's file.
pub(crate) fn records_of(
    file: &dyn File,
    path: &Path,
    start: &Start,
    pace: &mut Pace<'_>,
) -> Result<BTreeMap<Bytes, Bytes>, Error> {
    let mut records = BTreeMap::new();
    let head = Head::read(file, path, start.revision)?;
    let whole = read_blocks(file, path, &head, pace, &mut |block| {
        if let Block::Sound(some) = block {
            records.extend(some);
        }
    })?;
    let pairs = records.iter().map(|(key, value)| (&key[..], &value[..]));
    if whole && head.start == *start && RecordSum::of(pairs) == start.sum {
        return Ok(records);
    }
    let what = "the records of the base are not those that were written";
    Err(damaged(path, start.revision, what))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    bytes.copy_to_slice(&mut taken);
    taken
}
