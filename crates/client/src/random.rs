//! Random numbers for request ids and for the jitter of waits; neither guards a secret.

use std::fmt::Write as _;

/// A new request id: 128 random bits in the form of a version 4 UUID.
///
/// Every change that is sent without an id gets one, so that it can be repeated safely.
pub fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    text
}

/// A number in `0.0..1.0`.
pub(crate) fn fraction() -> f64 {
    let mut bytes = [0_u8; 4];
    fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
