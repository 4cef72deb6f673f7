//! The ledger of erasures: what is left of each client who was erased, for a store from before the erasure.
//!
//! Frames of {length, checksum, link, entry}, appended and synced; each link hashes the one before and the entry. The last
//! frame may be torn: its commit was not written then. It holds nothing personal, and names nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use prost::Message as _;
use treadwell_api::store::v1 as stored;
use treadwell_journal::disk::{Disk, File};

use super::KeysError;
use super::ring::read;

const HEAD: usize = 4 + 4 + 32;

/// The open ledger.
pub(super) struct Ledger {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// Not there before the first erasure.
    file: Option<Arc<dyn File>>,
    end: u64,
    link: [u8; 32],
    /// How many erasures it has.
    pub(super) erasures: u64,
}

impl Ledger {
    /// Opens the ledger of a folder of keys. Gives its erasures in their order, and whether something after them can not be
    /// read.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        keys: &Path,
    ) -> Result<(Self, Vec<stored::Erasure>, bool), KeysError> {
        let path = keys.join("erasures");
        let file = super::opened(&*disk, &path)?;
        let bytes = match &file {
            Some(file) => read(&**file).map_err(|error| KeysError::io("read", &path, error))?,
            None => Vec::new(),
        };
        let mut ledger = Self {
            disk,
            path,
            file,
            end: 0,
            link: [0; 32],
            erasures: 0,
        };
        let mut found = Vec::new();
        let mut rest = &bytes[..];
        while let Some((erasure, link, length)) = frame(rest, &ledger.link) {
            ledger.link = link;
            ledger.end += length as u64;
            ledger.erasures += 1;
            found.push(erasure);
            rest = &rest[length..];
        }
        // What was preallocated or torn may be zeros.
        let more = rest.iter().any(|&byte| byte != 0);
        Ok((ledger, found, more))
    }

    /// Adds an erasure. It survives a power loss when this is done; when it fails, doing it again is right.
    pub(super) fn append(&mut self, erasure: &stored::Erasure) -> Result<(), KeysError> {
        let entry = erasure.encode_to_vec();
        let link = linked(&self.link, &entry);
        let mut bytes = Vec::with_capacity(HEAD + entry.len());
        let length = u32::try_from(entry.len()).expect("a client has less than 4 GiB of records");
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&entry).to_le_bytes());
        bytes.extend_from_slice(&link);
        bytes.extend_from_slice(&entry);
        let io = |error| KeysError::io("write", &self.path, error);
        let file = if let Some(file) = &self.file {
            Arc::clone(file)
        } else {
            let created = self.disk.create(&self.path).map_err(io)?;
            if let Some(keys) = self.path.parent() {
                self.disk.sync_dir(keys).map_err(io)?;
            }
            created
        };
        file.write_at(&bytes, self.end)
            .and_then(|()| file.sync())
            .map_err(io)?;
        self.file = Some(file);
        self.end += bytes.len() as u64;
        self.link = link;
        self.erasures += 1;
        Ok(())
    }
}

/// What of a ledger's file is whole: the erasures from the first on, up to one that was torn.
pub(super) fn whole(bytes: &[u8]) -> &[u8] {
    let (mut end, mut link) = (0, [0; 32]);
    while let Some((_, next, length)) = frame(&bytes[end..], &link) {
        (end, link) = (end + length, next);
    }
    &bytes[..end]
}

/// For the fuzzer: what the frames in some bytes hold, when lengths, checksums and links hold.
pub(super) fn try_frames(bytes: &[u8]) -> String {
    let raw = frame(bytes, &[0; 32]).is_some();
    let mut framed = Vec::new();
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    framed.extend(length.to_le_bytes());
    framed.extend(crc32fast::hash(bytes).to_le_bytes());
    framed.extend(linked(&[0; 32], bytes));
    framed.extend(bytes);
    let whole = frame(&framed, &[0; 32]);
    if let Some((erasure, link, end)) = &whole {
        assert_eq!((*link, *end), (linked(&[0; 32], bytes), framed.len()));
        let again = stored::Erasure::decode(&*erasure.encode_to_vec());
        assert_eq!(again.as_ref(), Ok(erasure));
    }
    format!("as it is: {raw}, framed: {}", whole.is_some())
}

fn linked(link: &[u8; 32], entry: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(link);
    hasher.update(entry);
    *hasher.finalize().as_bytes()
}

/// The next erasure with its link and the length of its frame, if it is whole and follows the one before.
fn frame(bytes: &[u8], before: &[u8; 32]) -> Option<(stored::Erasure, [u8; 32], usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let number = |at: usize| Some(u32::from_le_bytes(head[at..at + 4].try_into().ok()?));
    let entry = rest.get(..usize::try_from(number(0)?).ok()?)?;
    let link = linked(before, entry);
    if number(4)? != crc32fast::hash(entry) || head[8..] != link {
        return None;
    }
    Some((
        stored::Erasure::decode(entry).ok()?,
        link,
        HEAD + entry.len(),
    ))
}
