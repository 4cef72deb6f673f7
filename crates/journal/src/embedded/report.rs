//! What the engine tells of itself.

use crate::Revision;

/// What an open found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// The store's format version.
    pub format: u32,
    /// The revision it opened at.
    pub head: Revision,
    /// Live records.
    pub records: u64,
    /// Commits that the records store did not have yet.
    pub replayed_commits: u64,
    /// The last group was torn; it was never acknowledged, or its loss can not be told from that.
    pub torn_tail: Option<TornTail>,
    /// How many last groups were ever set aside: after each the revisions from its predecessor on were given again.
    pub torn_tails: u64,
    /// Why the records store was rebuilt from the journal, if it was.
    pub records_rebuilt: Option<String>,
    /// Names in the quarantine of what was set aside, the torn tail apart.
    pub set_aside: Vec<String>,
    /// Sealed segments whose trailer was bad; they were read in full instead, and are sound.
    pub bad_trailers: u64,
    /// The disk was below the watermark: this run refuses writes.
    pub writes_refused: bool,
}

/// A last group that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The last revision before it, which is the head now.
    pub after: Revision,
    /// Its bytes.
    pub bytes: u64,
    /// Its name in the quarantine.
    pub file: String,
}

/// How much room the disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeSpace {
    /// Bytes free.
    pub free: u64,
    /// Bytes below which writes are refused.
    pub watermark: u64,
    /// Whether writes are refused now: below the watermark, or opened below it.
    pub writes_refused: bool,
    /// Whether the store was opened below it: then only another start helps, however much is free by now.
    pub opened_full: bool,
}
