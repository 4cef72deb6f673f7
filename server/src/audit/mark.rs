//! How far the trail has come.

/// How far the trail has come, and what it says up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many entries there are.
    pub(crate) entries: u64,
    hash: [u8; 32],
}

impl Mark {
    /// What a commit has kept of one; none when that is no mark.
    pub(crate) fn new(entries: u64, hash: &[u8]) -> Option<Self> {
        if entries == 0 && hash.is_empty() {
            return Some(Self::default());
        }
        let hash = hash.try_into().ok()?;
        Some(Self { entries, hash })
    }

    /// Of the trail that ends with the entry of this number, which lies on disk as these bytes.
    pub(crate) fn at(number: u64, bytes: &[u8]) -> Self {
        Self {
            entries: number,
            hash: *blake3::hash(bytes).as_bytes(),
        }
    }

    /// The hash of the last entry, which has that of the one before it; empty when there are none.
    pub(crate) fn hash(&self) -> &[u8] {
        if self.entries == 0 { &[] } else { &self.hash }
    }
}
