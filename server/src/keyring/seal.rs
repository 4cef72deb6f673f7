//! Sealing bytes with one key.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

/// Names a key of the ring: random, so that a client who is given a number again is never given a key again.
pub(crate) type KeyId = [u8; 16];

/// The bytes of a key.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// The bytes of a nonce.
pub(crate) type Nonce = [u8; 24];

/// Bodies are padded to a multiple of this, so that their length tells little.
const PAD: usize = 32;

/// What is derived from a key is for one use each.
const CIPHER: &str = "treadwell 2026-11-26 seal: cipher";
const NONCE: &str = "treadwell 2026-11-26 seal: nonce";

/// A key, ready to seal and to open. What it holds is overwritten when it is dropped.
pub(crate) struct Sealing {
    cipher: XChaCha20Poly1305,
    nonce: Zeroizing<[u8; 32]>,
}

impl Sealing {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let key = Zeroizing::new(blake3::derive_key(CIPHER, secret));
        Self {
            cipher: XChaCha20Poly1305::new((&*key).into()),
            nonce: Zeroizing::new(blake3::derive_key(NONCE, secret)),
        }
    }

    /// Pads and seals a body, and vouches for `beside` with it. What is sealed is named by `place`.
    ///
    /// The same place and body give the same bytes, always, because before-images are compared byte by byte. So the nonce is
    /// made from both: a place is written again with another body after a torn write or a restore, and must not be with the
    /// same nonce. It is a keyed hash, because it lies in the clear beside bodies that can be guessed.
    pub(crate) fn seal(&self, place: &[u8], beside: &[u8], mut body: Vec<u8>) -> (Nonce, Vec<u8>) {
        body.push(0x80);
        body.resize(body.len().next_multiple_of(PAD), 0);
        let body = Zeroizing::new(body);
        let mut hasher = blake3::Hasher::new_keyed(&self.nonce);
        hasher.update(&(place.len() as u64).to_le_bytes());
        hasher.update(place);
        hasher.update(&body);
        let mut nonce = Nonce::default();
        hasher.finalize_xof().fill(&mut nonce);
        let payload = Payload {
            msg: &body,
            aad: beside,
        };
        let sealed = self.cipher.encrypt((&nonce).into(), payload);
        // It refuses only what is longer than a quarter of a terabyte.
        (nonce, sealed.expect("a body fits into memory"))
    }

    /// The body, if it and `beside` are what was sealed.
    pub(crate) fn open(&self, nonce: &[u8], beside: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let nonce: &Nonce = nonce.try_into().ok()?;
        let payload = Payload {
            msg: sealed,
            aad: beside,
        };
        let mut body = self.cipher.decrypt(nonce.into(), payload).ok()?;
        let end = body.iter().rposition(|&byte| byte != 0)?;
        if body[end] != 0x80 {
            return None;
        }
        body.truncate(end);
        Some(body)
    }
}
