//! What can be set about the embedded engine.

use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Settings of the embedded engine; [`Options::default`] suits a clinic of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Size of a journal segment, written full of zeros before it is used. Default 16 MiB.
    ///
    /// An open copies the last segment, and a running engine keeps one spare: twice this is the
    /// least a store takes. A group that does not fit gets a segment of its own.
    pub segment_bytes: u64,

    /// How often the records store catches up with the journal. Default 250 ms.
    ///
    /// Longer means more to replay after a crash, shorter more records written than need be.
    pub checkpoint_interval: Duration,

    /// Commits that may wait for a checkpoint, in bytes of journal. Default 64 MiB.
    ///
    /// Beyond it appends wait, so that neither memory nor the next start grows without bound.
    pub backlog_bytes: u64,

    /// Recent commits kept in memory for [`crate::Journal::read`], in bytes. Default 8 MiB.
    pub recent_bytes: u64,

    /// The longest group, in bytes of journal; a longer one is refused. Default 8 MiB.
    pub group_bytes: u64,

    /// Size of the file that a start on a full disk deletes to get its work done. Default 48 MiB.
    ///
    /// It must hold a copy of a segment and what sled writes when it opens.
    pub ballast_bytes: u64,

    /// Free space below which writes are refused. Default 128 MiB.
    ///
    /// Well above what is written between two looks at the disk, so that neither the journal nor
    /// sled ever meets a disk that is really full.
    pub watermark_bytes: u64,

    /// How long the records store may take to open, or to make no progress. Default 60 s.
    ///
    /// sled has been seen to hang on a damaged store and when a thread of its own dies; a start that
    /// says so is better than one that never ends.
    pub records_timeout: Duration,

    /// Leaves a store of an older format at it, so that the release that made it can go on, and refuses writes as one that was
    /// opened on a full disk does. For somebody who only looks. Default false.
    pub keep_format: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            segment_bytes: 16 * MIB,
            checkpoint_interval: Duration::from_millis(250),
            backlog_bytes: 64 * MIB,
            recent_bytes: 8 * MIB,
            group_bytes: 8 * MIB,
            ballast_bytes: 48 * MIB,
            watermark_bytes: 128 * MIB,
            records_timeout: Duration::from_mins(1),
            keep_format: false,
        }
    }
}

impl Options {
    /// The least a segment can be and still be one.
    const LEAST_SEGMENT_BYTES: u64 = 4 * KIB;

    /// Less, and every group would wait for a checkpoint of the one before.
    const LEAST_BACKLOG_BYTES: u64 = 4 * KIB;

    /// The options as the engine can keep them.
    pub(crate) fn within_bounds(mut self) -> Options {
        self.segment_bytes = self.segment_bytes.max(Options::LEAST_SEGMENT_BYTES);
        self.backlog_bytes = self.backlog_bytes.max(Options::LEAST_BACKLOG_BYTES);
        self
    }
}
