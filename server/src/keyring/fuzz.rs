//! What reads the key file, the ring and the ledger of erasures, for the fuzzer: see [`crate::fuzz`]. Checksums are made good first.

use treadwell_seal::{Secret, Wrapping};

use super::{file, ledger, ring};

/// The key file.
pub(crate) fn seal_key(input: &[u8]) -> String {
    file::try_parse(&String::from_utf8_lossy(input))
}

/// The places of a ring.
pub(crate) fn ring(input: &[u8]) -> String {
    let (wrap, _) = Wrapping::new(&Secret::default(), &[1; 32]);
    ring::try_places(&wrap, input)
}

/// The ledger.
pub(crate) fn erasures(input: &[u8]) -> String {
    ledger::try_frames(input)
}
