//! A copy of the ring and the ledger beside backups: what opens them, and what was erased since they were taken.
//!
//! There is one copy, which follows the ring: a key that was destroyed is overwritten in the copy as well. It is written as the ring is,
//! a sector at a time where it lies, and so what a power loss leaves of it is what the ring itself may be left as.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ring::PLACE;
use super::{Keyring, KeysError};
use crate::lock::locked;

/// Where a ring names its house, whatever seal key wraps it.
const HOUSE: Range<usize> = PLACE + 4..PLACE + 20;

/// In this order: what the ring has destroyed, the ledger has to name.
const FILES: [&str; 2] = ["erasures", "ring"];

impl Keyring {
    /// Brings the copy of the ring in a folder of backups up to what is on disk; gives how far it has come. Only for one on disk.
    pub(crate) async fn mirror(self: &Arc<Self>, to: PathBuf) -> Result<u64, KeysError> {
        self.on_disk(move |ring| {
            let failed = |error| KeysError::io("copy the key ring to", &to, error);
            // One at a time: an older image must not be written over a newer one. It lasts as long as the work, whoever waits.
            let _alone = locked(&ring.mirroring);
            let disk = locked(&ring.disk);
            let (changes, image) = (
                ring.changes(),
                disk.as_ref().map(|it| Image::read(&it.folder)),
            );
            // A disk for backups that stands still must not hold up whoever needs a key.
            drop(disk);
            if let Some(image) = image {
                image.and_then(|image| image.write(&to)).map_err(failed)?;
            }
            Ok(changes)
        })
        .await
    }
}

/// What is in the folder of a ring, at one moment.
struct Image([Option<Vec<u8>>; 2]);

impl Image {
    /// Reads it. Nobody may write there meanwhile.
    fn read(from: &Path) -> io::Result<Self> {
        let [erasures, ring] = FILES.map(|name| content(&from.join(name)));
        Ok(Self([erasures?, ring?]))
    }

    /// Brings the copy in the folder `to` up to it, and reads it back. Fails when that is a copy of another ring.
    fn write(&self, to: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(to)?;
        for (name, content) in FILES.iter().zip(&self.0) {
            if let Some(content) = content {
                follow(&to.join(name), content)?;
            }
        }
        File::open(to)?.sync_all()
    }
}

/// What is in a file; none when it is not there.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        content => content.map(Some),
    }
}

fn follow(path: &Path, content: &[u8]) -> io::Result<()> {
    let copy = self::content(path)?.unwrap_or_default();
    if path.file_name().is_some_and(|name| name == "ring") {
        let house = |ring: &[u8]| ring.get(HOUSE).map(<[u8]>::to_vec);
        if copy.len() >= HOUSE.end && house(&copy) != house(content) {
            let what = "it has the keys of another clinic; name a folder for each clinic";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
        }
    }
    if copy.get(..PLACE) == content.get(..PLACE) && copy.len() >= PLACE {
        write_changed(path, &copy, content)?;
    } else {
        write_new(path, content)?;
    }
    if fs::read(path)? != content {
        let what = "it does not read back as written";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(())
}

/// Writes the sectors that differ where they lie, so that nothing is left of what they were.
fn write_changed(path: &Path, copy: &[u8], content: &[u8]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    for (at, sector) in content.chunks(PLACE).enumerate() {
        let from = at * PLACE;
        if copy.get(from..from + sector.len()) != Some(sector) {
            file.write_all_at(sector, from as u64)?;
        }
    }
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

/// Writes all of it: the first time, and when another seal key wraps it.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all_at(content, 0)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirror(from: &Path, to: &Path) -> io::Result<()> {
        Image::read(from)?.write(to)
    }

    fn ring(house: u8, places: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1; PLACE];
        bytes.extend(vec![house; PLACE]);
        for place in places {
            bytes.extend(vec![*place; PLACE]);
        }
        bytes
    }

    #[test]
    fn the_copy_follows_the_ring_and_keeps_nothing_of_what_it_was() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("data"), place.path().join("backups/keys"));
        fs::create_dir(&from).unwrap();
        let put = |name: &str, content: &[u8]| fs::write(from.join(name), content).unwrap();
        let is_there = |name: &str, content: &[u8]| {
            assert_eq!(fs::read(to.join(name)).unwrap(), content, "{name}");
        };
        put("ring", &ring(7, &[2, 3]));
        mirror(&from, &to).unwrap();
        is_there("ring", &ring(7, &[2, 3]));
        assert!(!to.join("erasures").exists());
        // A key more, one destroyed, where they lie.
        let inode =
            |name: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(to.join(name)).unwrap());
        let before = inode("ring");
        put("erasures", b"one");
        put("ring", &ring(7, &[0, 3, 4]));
        mirror(&from, &to).unwrap();
        is_there("ring", &ring(7, &[0, 3, 4]));
        is_there("erasures", b"one");
        assert_eq!(inode("ring"), before, "it is overwritten in its place");
        // What a restore from before has made shorter.
        put("ring", &ring(7, &[0]));
        mirror(&from, &to).unwrap();
        is_there("ring", &ring(7, &[0]));
        // Wrapped by another seal key.
        let mut rewrapped = ring(7, &[9, 9]);
        rewrapped[0] = 5;
        put("ring", &rewrapped);
        mirror(&from, &to).unwrap();
        is_there("ring", &rewrapped);
        let names = fs::read_dir(&to).unwrap().count();
        assert_eq!(names, 2, "nothing else is left there");
        // Another clinic's.
        put("ring", &ring(8, &[2]));
        let no = mirror(&from, &to).unwrap_err().to_string();
        assert!(no.contains("name a folder for each clinic"), "{no}");
        is_there("ring", &rewrapped);
    }
}
