//! Sealing what is too long for memory: blocks in their order, each vouched for, with the last one known as such.
//!
//! The STREAM construction over XChaCha20-Poly1305, with a key for each stream, made from a secret and the stream's header. The
//! header lies before the stream in the clear; of it, and of the blocks, nothing can be changed, left out, moved or cut off
//! without being seen.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use chacha20poly1305::aead::Payload;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

use crate::Secret;

/// Bytes of a block before it is sealed.
const BLOCK: usize = 64 * 1024;

/// Bytes by which a block grows.
const TAG: usize = 16;

const STREAM: &str = "treadwell 2026-11-26 stream: cipher";

/// The header has to be another one for each stream: random bytes are in it.
fn cipher(secret: &Secret, header: &[u8]) -> XChaCha20Poly1305 {
    let mut hasher = blake3::Hasher::new_derive_key(STREAM);
    hasher.update(&**secret);
    hasher.update(header);
    let key = Zeroizing::new(*hasher.finalize().as_bytes());
    XChaCha20Poly1305::new((&*key).into())
}

/// The key is for one stream alone, so the nonces need to differ within it only.
fn nonce() -> Nonce<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>> {
    Nonce::<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>::default()
}

/// Seals what is written to it. It is whole only after [`SealWriter::finish`].
pub struct SealWriter<W> {
    stream: EncryptorBE32<XChaCha20Poly1305>,
    header: Vec<u8>,
    block: Zeroizing<Vec<u8>>,
    out: W,
}

impl<W: Write> SealWriter<W> {
    /// Begins a stream to `out`, to which the header was written. No two streams may have the same header.
    pub fn new(secret: &Secret, header: &[u8], out: W) -> Self {
        Self {
            stream: EncryptorBE32::from_aead(cipher(secret, header), &nonce()),
            header: header.to_owned(),
            block: Zeroizing::new(Vec::with_capacity(BLOCK)),
            out,
        }
    }

    /// Ends the stream, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let payload = Payload {
            msg: &self.block,
            aad: &self.header,
        };
        let sealed = self.stream.encrypt_last(payload).map_err(too_long)?;
        self.out.write_all(&sealed)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full block is sealed only when something follows: the last one is sealed as such.
        if self.block.len() == BLOCK && !bytes.is_empty() {
            let payload = Payload {
                msg: &self.block,
                aad: &self.header,
            };
            let sealed = self.stream.encrypt_next(payload).map_err(too_long)?;
            self.out.write_all(&sealed)?;
            self.block.clear();
        }
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// What does not fill a block waits for more.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// After four billion blocks, which no stream has.
fn too_long(_: chacha20poly1305::aead::Error) -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

/// Opens what a [`SealWriter`] has sealed. It fails with [`io::ErrorKind::InvalidData`] where it is not what was sealed.
pub struct SealReader<R> {
    /// None after the last block.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    header: Vec<u8>,
    /// What was read and is not opened yet: a block at most, and the first byte of the next.
    sealed: Vec<u8>,
    block: Zeroizing<Vec<u8>>,
    at: usize,
    from: R,
}

impl<R: Read> SealReader<R> {
    /// Opens a stream from `from`, from which the header was read.
    pub fn new(secret: &Secret, header: &[u8], from: R) -> Self {
        Self {
            stream: Some(DecryptorBE32::from_aead(cipher(secret, header), &nonce())),
            header: header.to_owned(),
            sealed: Vec::with_capacity(BLOCK + TAG + 1),
            block: Zeroizing::default(),
            at: 0,
            from,
        }
    }

    /// Opens the next block; there is none after the last.
    fn next(&mut self) -> io::Result<()> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(());
        };
        let wanted = BLOCK + TAG + 1 - self.sealed.len();
        (&mut self.from)
            .take(wanted as u64)
            .read_to_end(&mut self.sealed)?;
        let is_last = self.sealed.len() <= BLOCK + TAG;
        let after = self.sealed.split_off(self.sealed.len().min(BLOCK + TAG));
        let payload = Payload {
            msg: &self.sealed,
            aad: &self.header,
        };
        let opened = if is_last {
            stream.decrypt_last(payload)
        } else {
            let opened = stream.decrypt_next(payload);
            self.stream = Some(stream);
            opened
        };
        let changed = |_| {
            let what = "it was changed or cut short, or is sealed with another key";
            io::Error::new(io::ErrorKind::InvalidData, what)
        };
        self.block = Zeroizing::new(opened.map_err(changed)?);
        self.at = 0;
        self.sealed = after;
        Ok(())
    }
}

impl<R: Read> Read for SealReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.next()?;
        }
        let read = into.len().min(self.block.len() - self.at);
        into[..read].copy_from_slice(&self.block[self.at..self.at + read]);
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: [u8; 32] = [3; 32];

    fn sealed(header: &[u8], content: &[u8], piece: usize) -> Vec<u8> {
        let mut writer = SealWriter::new(&Secret::new(SECRET), header, Vec::new());
        for piece in content.chunks(piece.max(1)) {
            writer.write_all(piece).unwrap();
        }
        writer.finish().unwrap()
    }

    fn opened(secret: [u8; 32], header: &[u8], sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        SealReader::new(&Secret::new(secret), header, sealed).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Around the ends of blocks, where a last one could be taken for another.
    fn length() -> impl Strategy<Value = usize> {
        (0_usize..4, 0_usize..40)
            .prop_map(|(blocks, more)| (blocks * BLOCK + more).saturating_sub(20))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_is_opened_again_and_nothing_else_is(
            length in length(),
            piece in 1_usize..100_000,
            at in any::<prop::sample::Index>(),
            bits in 1..=u8::MAX,
        ) {
            let content: Vec<_> = (0..=250).cycle().take(length).collect();
            let whole = sealed(b"header", &content, piece);
            prop_assert_eq!(opened(SECRET, b"header", &whole).unwrap(), content);
            prop_assert!(opened(SECRET, b"another", &whole).is_err());
            prop_assert!(opened([4; 32], b"header", &whole).is_err());
            let at = at.index(whole.len());
            let mut changed = whole.clone();
            changed[at] ^= bits;
            prop_assert!(opened(SECRET, b"header", &changed).is_err());
            prop_assert!(opened(SECRET, b"header", &whole[..at]).is_err(), "cut at {}", at);
        }

        /// Also where it ends with a block.
        #[test]
        fn blocks_can_not_be_left_out_or_moved(blocks in 2_usize..4, more in 0_usize..2) {
            let content = vec![7; blocks * BLOCK + more];
            let whole = sealed(b"header", &content, BLOCK);
            let block = BLOCK + TAG;
            prop_assert!(opened(SECRET, b"header", &whole[..block]).is_err());
            prop_assert!(opened(SECRET, b"header", &whole[block..]).is_err());
            let mut moved = whole.clone();
            moved.rotate_left(block);
            prop_assert!(opened(SECRET, b"header", &moved).is_err());
            let mut twice = whole.clone();
            twice.extend_from_slice(&whole);
            prop_assert!(opened(SECRET, b"header", &twice).is_err());
        }
    }
}
