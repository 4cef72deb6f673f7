//! The count and the order-free hash sum by which records are compared without being sorted.

use crate::Change;

/// How many records there are, and the sum of their hashes.
///
/// Adding and removing commute, so the sum can be kept from before- and after-images alone, and the
/// records can be summed in whatever order a store yields them. It guards against accidents (lost,
/// stale or flipped records); it is no defence against somebody who can choose the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordSum {
    count: u64,
    lanes: [u64; 4],
}

impl RecordSum {
    /// Bytes of the encoded form.
    pub(crate) const BYTES: usize = 40;

    /// The sum of no records.
    pub const EMPTY: RecordSum = RecordSum {
        count: 0,
        lanes: [0; 4],
    };

    /// The number of records.
    pub fn count(self) -> u64 {
        self.count
    }

    /// The sum over the given records.
    pub fn of<'a>(records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> RecordSum {
        let mut sum = RecordSum::EMPTY;
        for (key, value) in records {
            sum.add(key, value);
        }
        sum
    }

    /// Takes a record in.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        self.add_hash(&record_hash(key, value));
    }

    /// Takes a record out.
    pub fn remove(&mut self, key: &[u8], value: &[u8]) {
        self.remove_hash(&record_hash(key, value));
    }

    pub(crate) fn add_hash(&mut self, hash: &[u8; 32]) {
        self.count = self.count.wrapping_add(1);
        for (lane, part) in self.lanes.iter_mut().zip(lanes(hash)) {
            *lane = lane.wrapping_add(part);
        }
    }

    pub(crate) fn remove_hash(&mut self, hash: &[u8; 32]) {
        self.count = self.count.wrapping_sub(1);
        for (lane, part) in self.lanes.iter_mut().zip(lanes(hash)) {
            *lane = lane.wrapping_sub(part);
        }
    }

    /// Takes the change's before-image out and its after-image in.
    pub fn apply(&mut self, change: &Change) {
        if let Some(before) = &change.before {
            self.remove(&change.key, before);
        }
        if let Some(after) = &change.after {
            self.add(&change.key, after);
        }
    }

    /// The sum of two sums; `delta` may stand for a difference, as changes from [`RecordSum::EMPTY`] do.
    pub(crate) fn plus(self, delta: RecordSum) -> RecordSum {
        let mut sum = self;
        sum.count = sum.count.wrapping_add(delta.count);
        for (lane, part) in sum.lanes.iter_mut().zip(delta.lanes) {
            *lane = lane.wrapping_add(part);
        }
        sum
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let words = [self.count].into_iter().chain(self.lanes);
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> RecordSum {
        let mut words = [0u64; 5];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = le_u64(chunk);
        }
        let [count, a, b, c, d] = words;
        RecordSum {
            count,
            lanes: [a, b, c, d],
        }
    }
}

fn le_u64(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// The hash of one record, as four words.
fn lanes(hash: &[u8; 32]) -> [u64; 4] {
    let mut lanes = [0; 4];
    for (lane, chunk) in lanes.iter_mut().zip(hash.chunks_exact(8)) {
        *lane = le_u64(chunk);
    }
    lanes
}

/// The hash of one record. The key's length comes first, so that no two records share an input by
/// shifting bytes between key and value.
pub(crate) fn record_hash(key: &[u8], value: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    *hasher.finalize().as_bytes()
}
