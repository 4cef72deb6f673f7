//! The file `FORMAT`: which format the store has and whose it is. It is renamed into place last, so
//! a folder without it is a creation that was not finished.

use std::path::Path;

use super::shared::Layout;
use super::walk::damaged;
use crate::Error;
use crate::disk::Disk;

/// The format this release writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 2;

/// Longer than any `FORMAT` there will be.
const MAX_BYTES: usize = 4096;

/// What `FORMAT` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) version: u32,
    pub(crate) clinic_id: [u8; 16],
    /// None in format 1.
    pub(crate) identity: Option<Identity>,
}

/// Which of all histories of the clinic the store's revisions are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Drawn when the store was created, raised from format 1, or made by a salvage.
    pub(crate) incarnation: [u8; 16],
    /// How many last groups were set aside since.
    pub(crate) torn_tails: u64,
}

impl Identity {
    /// One that no other store has.
    pub(crate) fn draw(torn_tails: u64) -> Result<Identity, Error> {
        let mut incarnation = [0; 16];
        getrandom::fill(&mut incarnation).map_err(|error| {
            Error::failed(format!("the system gives no random numbers: {error}"))
        })?;
        Ok(Identity {
            incarnation,
            torn_tails,
        })
    }
}

impl Format {
    /// ```text
    /// treadwell journal format 2
    /// clinic 000102030405060708090a0b0c0d0e0f
    /// incarnation 101112131415161718191a1b1c1d1e1f
    /// torn 0
    /// check 8d7a1c09
    /// ```
    pub(super) fn encode(self) -> String {
        use std::fmt::Write as _;

        let clinic = hex(&self.clinic_id);
        let mut text = format!("{}{}\nclinic {clinic}\n", PREFIX, self.version);
        if let Some(identity) = self.identity {
            let (incarnation, torn) = (hex(&identity.incarnation), identity.torn_tails);
            // Writing to a String can not fail.
            let _ = write!(text, "incarnation {incarnation}\ntorn {torn}\n");
        }
        let check = hex(&crc32fast::hash(text.as_bytes()).to_be_bytes());
        format!("{text}check {check}\n")
    }

    pub(crate) fn decode(text: &str, file: &Path) -> Result<Format, Error> {
        let bad = |what: &str| damaged(file, 0, what);
        // The first line is for ever: a release that knows nothing else of a newer format reads it.
        let version = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix(PREFIX)?.parse().ok())
            .ok_or_else(|| bad("it does not say a format version"))?;
        if version > FORMAT_VERSION {
            return Err(Error::NewerFormat {
                found: version,
                supported: FORMAT_VERSION,
            });
        }
        let clinic_id = Format::clinic_in(text).ok_or_else(|| bad("it does not name a clinic"))?;
        let identity = Identity::read(text);
        if version > 1 && identity.is_none() {
            return Err(bad("it does not name its incarnation"));
        }
        let format = Format {
            version,
            clinic_id,
            identity,
        };
        if version == 0 || format.encode() != text {
            return Err(bad("its checksum does not hold"));
        }
        Ok(format)
    }

    /// The clinic that the text names, whether or not the rest of it is sound.
    pub(crate) fn clinic_in(text: &str) -> Option<[u8; 16]> {
        let mut lines = text.lines();
        lines.find_map(|line| unhex(line.strip_prefix("clinic ")?))
    }

    pub(crate) fn read(disk: &dyn Disk, layout: &Layout) -> Result<Format, Error> {
        Format::decode(&Format::text(disk, layout)?, &layout.format())
    }

    /// What lies there as the file.
    pub(crate) fn text(disk: &dyn Disk, layout: &Layout) -> Result<String, Error> {
        let path = layout.format();
        let read = || -> std::io::Result<Vec<u8>> {
            let mut bytes = vec![0; MAX_BYTES];
            let len = disk.open(&path)?.read_at(&mut bytes, 0)?;
            bytes.truncate(len);
            Ok(bytes)
        };
        let bytes = read().map_err(|error| Error::io("read", &path, error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Puts the file in place; the store exists from then on.
    pub(crate) fn write(self, disk: &dyn Disk, layout: &Layout) -> Result<(), Error> {
        let path = layout.format_new();
        let write = || -> std::io::Result<()> {
            let file = disk.create(&path)?;
            file.write_at(self.encode().as_bytes(), 0)?;
            file.sync()?;
            disk.rename(&path, &layout.format())?;
            disk.sync_dir(&layout.dir)
        };
        write().map_err(|error| Error::io("write", &path, error))
    }
}

impl Identity {
    fn read(text: &str) -> Option<Identity> {
        let mut lines = text.lines().skip(2);
        Some(Identity {
            incarnation: unhex(lines.next()?.strip_prefix("incarnation ")?)?,
            torn_tails: lines.next()?.strip_prefix("torn ")?.parse().ok()?,
        })
    }
}

const PREFIX: &str = "treadwell journal format ";

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn unhex(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(id)
}
