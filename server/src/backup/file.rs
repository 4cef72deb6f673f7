//! A backup's file: a header in the clear, and a sealed stream with the journals' copies.
//!
//! ```text
//!   0  8  magic                     12  n  the header (`store.v1.BackupHeader`)
//!   8  4  n, bytes of the header     …  4  crc32 of all of that
//! ```
//!
//! Then the stream ([`treadwell_seal::stream`]), with a key made from the house's and all of the above. What is in the clear
//! can be listed without a key, and is believed only when the stream was opened, which vouches for it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use prost::Message as _;
use treadwell_api::store::v1 as stored;
use treadwell_journal::throttle::Throttle;
use treadwell_seal::Secret;
use treadwell_seal::stream::{SealReader, SealWriter};

use crate::keyring::KeyId;

const MAGIC: &[u8; 8] = b"TWback 1";
const FORMAT: u32 = 1;

/// Longer than any header.
const MOST_HEADER_BYTES: u32 = 4096;

/// The ending of a backup's file.
pub(super) const ENDING: &str = ".treadwell-backup";

/// The ending of one that is being written.
pub(super) const UNFINISHED: &str = ".unfinished";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) clinic_id: [u8; 16],
    pub(crate) house: KeyId,
    /// When it was begun.
    pub(crate) taken_at: Timestamp,
    /// The revision that it is of.
    pub(crate) revision: u64,
    /// The first revision to which it can be restored.
    pub(crate) oldest: u64,
    pub(crate) records: u64,
    /// Who asked for it.
    pub(crate) asked: Asked,
}

/// Why a backup was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// By the schedule.
    No,
    /// Somebody asked for it, with this name of the request if it had an id.
    For(Option<[u8; 16]>),
}

impl Header {
    /// The name of its file, without the ending: when, in UTC, and of which revision.
    pub(crate) fn name(&self) -> String {
        let at = self.taken_at.strftime("%Y%m%dT%H%M%SZ");
        format!("{at}-r{}", self.revision)
    }

    fn encode(&self, salt: &[u8; 32]) -> Vec<u8> {
        let form = stored::BackupHeader {
            format: FORMAT,
            clinic_id: self.clinic_id.to_vec().into(),
            house: self.house.to_vec().into(),
            salt: salt.to_vec().into(),
            taken_at: Some(prost_types::Timestamp {
                seconds: self.taken_at.as_second(),
                nanos: self.taken_at.subsec_nanosecond(),
            }),
            revision: self.revision,
            oldest: self.oldest,
            records: self.records,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            request: match self.asked {
                Asked::For(Some(request)) => request.to_vec().into(),
                Asked::For(None) | Asked::No => Vec::new().into(),
            },
            asked_for: self.asked != Asked::No,
        };
        framed(&form.encode_to_vec())
    }

    /// Reads a header, and gives its bytes, which the stream vouches for.
    fn read(from: &mut dyn Read) -> io::Result<(Self, Vec<u8>)> {
        let mut bytes = vec![0; MAGIC.len() + 4];
        from.read_exact(&mut bytes).map_err(short)?;
        let length = u32::from_le_bytes(bytes[8..].try_into().expect("four bytes"));
        if &bytes[..8] != MAGIC || length > MOST_HEADER_BYTES {
            return Err(wrong("it is not a backup"));
        }
        let end = bytes.len() + length as usize;
        bytes.resize(end + 4, 0);
        from.read_exact(&mut bytes[12..]).map_err(short)?;
        if bytes[end..] != crc32fast::hash(&bytes[..end]).to_le_bytes() {
            return Err(wrong("its header was changed"));
        }
        let form = stored::BackupHeader::decode(&bytes[12..end])
            .map_err(|_| wrong("its header was changed"))?;
        if form.format != FORMAT {
            return Err(wrong("a newer release made it; use that one"));
        }
        let header = Self::of(&form).ok_or_else(|| wrong("its header was changed"))?;
        Ok((header, bytes))
    }

    fn of(form: &stored::BackupHeader) -> Option<Self> {
        let at = form.taken_at.as_ref()?;
        Some(Self {
            clinic_id: form.clinic_id.as_ref().try_into().ok()?,
            house: form.house.as_ref().try_into().ok()?,
            taken_at: Timestamp::new(at.seconds, at.nanos).ok()?,
            revision: form.revision,
            oldest: form.oldest,
            records: form.records,
            asked: match (form.asked_for, form.request.len()) {
                (false, _) => Asked::No,
                (true, 0) => Asked::For(None),
                (true, _) => Asked::For(Some(form.request.as_ref().try_into().ok()?)),
            },
        })
    }
}

/// A header as it lies in a file.
fn framed(header: &[u8]) -> Vec<u8> {
    let length = u32::try_from(header.len()).expect("a header is short");
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// For the fuzzer: what comes of some bytes as a file, and as a header whose length and checksum hold.
pub(crate) fn try_header(bytes: &[u8]) -> String {
    let read = |mut bytes: &[u8]| Header::read(&mut bytes);
    let raw = read(bytes).is_ok();
    let said = match read(&framed(bytes)) {
        Ok((header, whole)) => {
            assert_eq!(whole, framed(bytes));
            let again = read(&header.encode(&[0; 32])).map(|(again, _)| again);
            assert_eq!(again.ok().as_ref(), Some(&header));
            let _named = header.name();
            "a header".to_owned()
        }
        Err(error) => error.to_string(),
    };
    format!("as it is: {raw}, framed: {said}")
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn short(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return wrong("it is not a backup, or was cut short");
    }
    error
}

/// A backup that is being written.
pub(super) struct Out(SealWriter<Paced<BufWriter<File>>>);

impl Out {
    /// Begins a new file, for its owner alone.
    pub(super) fn create(
        path: &Path,
        secret: &Secret,
        header: &Header,
        bytes_a_second: u64,
    ) -> io::Result<Self> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        let mut out = Paced::new(BufWriter::new(file), bytes_a_second);
        let bytes = header.encode(&salt);
        out.write_all(&bytes)?;
        Ok(Self(SealWriter::new(secret, &bytes, out)))
    }

    /// Ends it; it survives a power loss under the name that it has.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self.0.finish()?.inner;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        // What is read back has to come from the disk, and not from what the system remembers of it. It may refuse.
        #[cfg(target_os = "linux")]
        let _forgotten = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        Ok(())
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What a backup's file says in the clear. To be believed when it was read to its end.
pub(crate) fn header(path: &Path) -> io::Result<Header> {
    Header::read(&mut BufReader::new(File::open(path)?)).map(|(header, _)| header)
}

/// A backup's sealed content.
pub(super) struct In(SealReader<Paced<BufReader<File>>>);

impl In {
    /// Opens a backup with the secret that `of` has for its header.
    pub(super) fn open(
        path: &Path,
        of: impl FnOnce(&Header) -> io::Result<Secret>,
        bytes_a_second: u64,
    ) -> io::Result<(Header, Self)> {
        let mut from = Paced::new(BufReader::new(File::open(path)?), bytes_a_second);
        let (header, bytes) = Header::read(&mut from)?;
        let secret = of(&header)?;
        Ok((header, Self(SealReader::new(&secret, &bytes, from))))
    }

    /// Nothing may follow what was read.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(wrong("it goes on after its end")),
        }
    }
}

impl Read for In {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

/// Reads and writes at most so many bytes a second, so that others find the disk free.
struct Paced<T> {
    inner: T,
    throttle: Throttle,
}

impl<T> Paced<T> {
    fn new(inner: T, bytes_a_second: u64) -> Self {
        let throttle = Throttle::new(bytes_a_second);
        Self { inner, throttle }
    }
}

impl<T: Read> Read for Paced<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.throttle.pass(read as u64);
        Ok(read)
    }
}

impl<T: Write> Write for Paced<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.throttle.pass(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            clinic_id: [1; 16],
            house: [2; 16],
            taken_at: "2026-11-26T10:40:07.25Z".parse().unwrap(),
            revision: 12_345,
            oldest: 40,
            records: 900,
            asked: Asked::For(Some([3; 16])),
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_whatever_is_changed_is_seen() {
        let header = sample();
        assert_eq!(header.name(), "20261126T104007Z-r12345");
        let bytes = header.encode(&[9; 32]);
        let read = Header::read(&mut &bytes[..]).unwrap();
        assert_eq!(read, (header.clone(), bytes.clone()));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            let error = Header::read(&mut &changed[..]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "at {at}: {error}");
            Header::read(&mut &bytes[..at]).unwrap_err();
        }
    }

    #[test]
    fn a_file_is_opened_by_its_own_secret_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it");
        let secret = || Secret::new([5; 32]);
        let mut out = Out::create(&path, &secret(), &sample(), u64::MAX).unwrap();
        out.write_all(b"content").unwrap();
        out.finish().unwrap();
        assert_eq!(header(&path).unwrap(), sample());
        let read = |secret: Secret| {
            let (header, mut content) = In::open(&path, |_| Ok(secret), u64::MAX)?;
            let mut text = [0; 7];
            content.read_exact(&mut text)?;
            content.end()?;
            Ok::<_, io::Error>((header, text))
        };
        assert_eq!(read(secret()).unwrap(), (sample(), *b"content"));
        read(Secret::new([6; 32])).unwrap_err();
        // What is in the clear can not be made to say something else, not even with a checksum that holds.
        let bytes = std::fs::read(&path).unwrap();
        let (_, old) = Header::read(&mut &bytes[..]).unwrap();
        let other = Header {
            revision: 12_346,
            ..sample()
        };
        let mut forged = other.encode(&[9; 32]);
        forged.extend_from_slice(&bytes[old.len()..]);
        std::fs::write(&path, forged).unwrap();
        read(secret()).unwrap_err();
    }
}
