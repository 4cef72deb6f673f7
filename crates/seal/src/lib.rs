//! Sealing bytes with a key, and wrapping keys with another: the only place that calls a cipher.
//!
//! [`Sealing`] seals bodies, as a function of key, place and body; [`Wrapping`] wraps the keys themselves; [`stream`] seals what is
//! too long for memory. All are XChaCha20-Poly1305 with keys derived by blake3, each for one use.
//!
//! What it deliberately is not: it knows no records, no files and no randomness. It is a crate of its own so that the ciphers,
//! which are generic, are made fast in every profile, tests included.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

pub mod stream;

/// Names a key of the ring: random, so that a client who is given a number again is never given a key again.
pub type KeyId = [u8; 16];

/// The bytes of a key.
pub type Secret = Zeroizing<[u8; 32]>;

/// The bytes of a nonce.
pub type Nonce = [u8; 24];

/// Bodies are padded to a multiple of this, so that their length tells little.
const PAD: usize = 32;

/// What is derived from a key is for one use each.
const CIPHER: &str = "treadwell 2026-11-26 seal: cipher";
const NONCE: &str = "treadwell 2026-11-26 seal: nonce";

/// A key, ready to seal and to open. What it holds is overwritten when it is dropped.
pub struct Sealing {
    cipher: XChaCha20Poly1305,
    nonce: Zeroizing<[u8; 32]>,
}

impl Sealing {
    /// The key of these bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
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
    pub fn seal(&self, place: &[u8], beside: &[u8], body: Vec<u8>) -> (Nonce, Vec<u8>) {
        let body = padded(body);
        let nonce = self.nonce_of(place, &body);
        let payload = Payload {
            msg: &body,
            aad: beside,
        };
        let sealed = self.cipher.encrypt((&nonce).into(), payload);
        // It refuses only what is longer than a quarter of a terabyte.
        (nonce, sealed.expect("a body fits into memory"))
    }

    /// The nonce with which [`Sealing::seal`] would seal a body. Whoever has opened what is sealed knows by it, and by what lies
    /// beside, that sealing it again gives the same bytes.
    pub fn nonce(&self, place: &[u8], body: Vec<u8>) -> Nonce {
        self.nonce_of(place, &padded(body))
    }

    fn nonce_of(&self, place: &[u8], body: &[u8]) -> Nonce {
        let mut hasher = blake3::Hasher::new_keyed(&self.nonce);
        hasher.update(&(place.len() as u64).to_le_bytes());
        hasher.update(place);
        hasher.update(body);
        let mut nonce = Nonce::default();
        hasher.finalize_xof().fill(&mut nonce);
        nonce
    }

    /// The body, if it and `beside` are what was sealed.
    pub fn open(&self, nonce: &[u8], beside: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
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

fn padded(mut body: Vec<u8>) -> Zeroizing<Vec<u8>> {
    body.push(0x80);
    body.resize(body.len().next_multiple_of(PAD), 0);
    Zeroizing::new(body)
}

/// What wraps keys, so that they can lie on a disk.
pub struct Wrapping(XChaCha20Poly1305);

impl Wrapping {
    /// What a file's secret and a salt make, and by what the secret is known to be the right one.
    pub fn new(secret: &Secret, salt: &[u8]) -> (Self, [u8; 32]) {
        let key = |what| {
            let mut hasher = blake3::Hasher::new_derive_key(what);
            hasher.update(&**secret);
            hasher.update(salt);
            *hasher.finalize().as_bytes()
        };
        let wrap = Zeroizing::new(key("treadwell 2026-11-26 ring: wrap"));
        let check = key("treadwell 2026-11-26 ring: check");
        (Self(XChaCha20Poly1305::new((&*wrap).into())), check)
    }

    /// Wraps a key, and its name with it. The nonce has to be drawn for it.
    pub fn wrap(&self, id: &KeyId, nonce: &Nonce, secret: &Secret) -> [u8; 48] {
        let payload = Payload {
            msg: &**secret,
            aad: id,
        };
        let wrapped = self.0.encrypt(nonce.into(), payload);
        let wrapped = wrapped.expect("32 bytes are not too many");
        wrapped.try_into().expect("a tag has 16 bytes")
    }

    /// The key, if it is what was wrapped under this name.
    pub fn unwrap(&self, id: &KeyId, nonce: &Nonce, wrapped: &[u8]) -> Option<Secret> {
        let payload = Payload {
            msg: wrapped,
            aad: id,
        };
        let secret = Zeroizing::new(self.0.decrypt(nonce.into(), payload).ok()?);
        Some(Secret::new(secret.as_slice().try_into().ok()?))
    }
}

/// 32 bytes derived from a secret, for this one use.
pub fn derived(what: &str, secret: &Secret) -> [u8; 32] {
    blake3::derive_key(what, &**secret)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_again_and_nothing_else_is(
            body in prop::collection::vec(any::<u8>(), 0..200),
            beside in any::<[u8; 9]>(),
            at in any::<usize>(),
            bits in 1..=u8::MAX,
        ) {
            let sealing = Sealing::new(&[5; 32]);
            let (nonce, sealed) = sealing.seal(b"place", &beside, body.clone());
            prop_assert_eq!(sealed.len() % PAD, 16, "its length tells little");
            prop_assert_eq!(sealing.open(&nonce, &beside, &sealed), Some(body.clone()));
            prop_assert_eq!(sealing.nonce(b"place", body.clone()), nonce);
            prop_assert_eq!(sealing.open(&nonce, b"other", &sealed), None);
            prop_assert_eq!(Sealing::new(&[6; 32]).open(&nonce, &beside, &sealed), None);
            let mut changed = sealed.clone();
            changed[at % sealed.len()] ^= bits;
            prop_assert_eq!(sealing.open(&nonce, &beside, &changed), None);
            // The same again gives the same; elsewhere, or otherwise, has another nonce.
            prop_assert_eq!(sealing.seal(b"place", &beside, body.clone()), (nonce, sealed));
            prop_assert_ne!(sealing.seal(b"other", &beside, body.clone()).0, nonce);
            let mut longer = body;
            longer.push(0);
            prop_assert_ne!(sealing.seal(b"place", &beside, longer).0, nonce);
        }
    }

    #[test]
    fn a_key_is_unwrapped_by_its_own_name_and_secret() {
        let (secret, key) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let (wrapping, check) = Wrapping::new(&secret, b"salt");
        let wrapped = wrapping.wrap(&[3; 16], &[4; 24], &key);
        let (again, same) = Wrapping::new(&secret, b"salt");
        assert_eq!(check, same);
        assert_eq!(again.unwrap(&[3; 16], &[4; 24], &wrapped), Some(key));
        assert_eq!(again.unwrap(&[9; 16], &[4; 24], &wrapped), None);
        let (other, differs) = Wrapping::new(&secret, b"pepper");
        assert_ne!(check, differs);
        assert_eq!(other.unwrap(&[3; 16], &[4; 24], &wrapped), None);
    }
}
