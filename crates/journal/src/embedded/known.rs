//! What every record is, by hash alone, so that a false before-image is refused before it is written.
//!
//! The count and hash sum in every frame are kept from before-images. A false one (of a caller that
//! encodes a record anew instead of keeping its bytes, say) would make every later open find a sum
//! that nothing adds up to, and refuse the store. Some 30 bytes a record prevent that.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

use crate::sum::record_hash;
use crate::{Change, RecordSum};

/// One change, by the hashes of key and images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    key: u64,
    before: Option<u64>,
    after: Option<u64>,
}

impl Step {
    /// Hashes a change, and adds it to `delta` by the way.
    pub(crate) fn new(change: &Change, delta: &mut RecordSum) -> Step {
        let before = change.before.as_ref().map(|before| {
            let hash = record_hash(&change.key, before);
            delta.remove_hash(&hash);
            short(&hash)
        });
        let after = change.after.as_ref().map(|after| {
            let hash = record_hash(&change.key, after);
            delta.add_hash(&hash);
            short(&hash)
        });
        Step {
            key: key_hash(&change.key),
            before,
            after,
        }
    }
}

/// The hash of every record.
#[derive(Debug, Default)]
pub(crate) struct Known {
    records: HashMap<u64, u64>,
}

impl Known {
    /// The records as they were opened, and their sum.
    pub(crate) fn of<'a>(
        records: impl Iterator<Item = (&'a Bytes, &'a Bytes)>,
    ) -> (Known, RecordSum) {
        let mut known = Known::default();
        let mut sum = RecordSum::EMPTY;
        for (key, value) in records {
            let hash = record_hash(key, value);
            sum.add_hash(&hash);
            known.records.insert(key_hash(key), short(&hash));
        }
        (known, sum)
    }

    /// Takes the steps of a group in; at the first that does not fit, takes all back and gives its
    /// index.
    pub(crate) fn advance(&mut self, steps: &[Step]) -> Result<(), usize> {
        for (at, step) in steps.iter().enumerate() {
            if self.records.get(&step.key).copied() != step.before {
                for done in steps[..at].iter().rev() {
                    self.set(done.key, done.before);
                }
                return Err(at);
            }
            self.set(step.key, step.after);
        }
        Ok(())
    }

    fn set(&mut self, key: u64, record: Option<u64>) {
        match record {
            Some(hash) => self.records.insert(key, hash),
            None => self.records.remove(&key),
        };
    }
}

fn key_hash(key: &[u8]) -> u64 {
    // Kept in memory only, so that another release may hash otherwise.
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}

fn short(hash: &[u8; 32]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(first)
}
