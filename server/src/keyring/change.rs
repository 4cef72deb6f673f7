//! Changing the seal key: the same keys, wrapped anew.
//!
//! The order is: the new key file is made beside the old one; the ring that it wraps takes the place of the old ring; the new file
//! takes the place of the old one. Cut short between the last two, the next start finds the new file beside the old and goes on with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use treadwell_journal::disk::{Disk as _, File, RealDisk};
use treadwell_journal::embedded::Embedded;
use treadwell_seal::Secret;

use super::ring::{self, Place, RingFile};
use super::{KeysError, file, opened};

/// The new key file, until it takes the place of the old one.
pub(super) fn next(key_file: &Path) -> PathBuf {
    let mut name = key_file.as_os_str().to_owned();
    name.push(".next");
    PathBuf::from(name)
}

/// Makes a new seal key in the place of the one in `key_file`, and wraps the ring of a data folder with it, which no server may be using.
/// The error is a sentence for a person.
pub fn change_seal_key(data: &Path, key_file: &Path) -> Result<(), String> {
    let _lock = Embedded::lock(data).map_err(|error| error.to_string())?;
    change(&data.join("keys"), data, key_file).map_err(|error| error.to_string())
}

fn change(keys: &Path, data: &Path, key_file: &Path) -> Result<(), KeysError> {
    let (new_file, new) = begin(keys, data, key_file)?;
    let _new_ring = RingFile::rewrap(&RealDisk, keys, &new.0, new.1)?;
    put(&new_file, key_file)
}

/// The new key file, what is in it, and the places that it is to wrap.
type Begun = (PathBuf, (Secret, Vec<Place>));

/// All that comes before the ring is wrapped anew.
fn begin(keys: &Path, data: &Path, key_file: &Path) -> Result<Begun, KeysError> {
    let path = ring::path(keys);
    let Some(old) = opened(&RealDisk, &path)? else {
        return Err(KeysError::NoRing(path));
    };
    let secret = file::read(key_file)?.ok_or_else(|| KeysError::NoKeyFile {
        key_file: key_file.to_owned(),
        data: data.to_owned(),
    })?;
    let (_, places) = match RingFile::open(Arc::clone(&old), path.clone(), &secret, key_file) {
        Err(wrong) => {
            let (opened, new) = cut_short(old, &path, key_file).ok_or(wrong)?;
            finish(&new, key_file)?;
            opened
        }
        Ok(opened) => opened,
    };
    let new_file = next(key_file);
    if let Err(error) = fs::remove_file(&new_file)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(KeysError::io("remove", &new_file, error));
    }
    let new = file::create(&new_file)?;
    Ok((new_file, (new, places)))
}

/// What a ring and its places are read as.
type Opened = (RingFile, Vec<Place>);

/// A ring whose change was cut short after it was wrapped anew, and the new key file; none when there is no such file, or it does not
/// open the ring either.
pub(super) fn cut_short(
    ring: Arc<dyn File>,
    path: &Path,
    key_file: &Path,
) -> Option<(Opened, PathBuf)> {
    let new = next(key_file);
    let secret = file::read(&new).ok()??;
    let opened = RingFile::open(ring, path.to_owned(), &secret, &new).ok()?;
    Some((opened, new))
}

/// Finishes a change that was cut short: the new key file opens the ring.
pub(super) fn finish(new: &Path, key_file: &Path) -> Result<(), KeysError> {
    tracing::warn!("a change of the seal key that was cut short is finished");
    put(new, key_file)
}

/// Lets the new key file take the place of the old one.
fn put(new: &Path, key_file: &Path) -> Result<(), KeysError> {
    let folder = key_file.parent().filter(|it| !it.as_os_str().is_empty());
    let put = || {
        fs::rename(new, key_file)?;
        RealDisk.sync_dir(folder.unwrap_or(Path::new(".")))
    };
    put().map_err(|error| KeysError::io("rename", new, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{Found, Keyring, Mark, beside};
    use treadwell_clinic::id::ClientId;

    /// A ring with keys of two clients, one of which is destroyed.
    async fn ring(data: &Path, key_file: &Path) -> ([[u8; 16]; 2], Mark) {
        let ring = Keyring::open(Arc::new(RealDisk), data, key_file, None).unwrap();
        let ring = Arc::new(ring);
        let ids = [1, 2].map(|number| ring.of(ClientId::new(number)).0);
        let erasure = treadwell_api::store::v1::Erasure {
            key_ids: vec![ids[1].to_vec().into()],
            ..Default::default()
        };
        ring.announce();
        ring.write(vec![erasure]).await.unwrap();
        ring.destroy(vec![ids[1]]).await.unwrap();
        (ids, ring.mark())
    }

    fn opens(data: &Path, key_file: &Path, ids: &[[u8; 16]; 2], mark: Mark) {
        let ring = Keyring::open(Arc::new(RealDisk), data, key_file, Some(mark)).unwrap();
        assert_eq!(ring.mark(), mark);
        assert!(matches!(ring.find(&ids[0]), Found::Live(_)));
        assert!(matches!(ring.find(&ids[1]), Found::Destroyed));
    }

    #[tokio::test]
    async fn the_new_key_opens_everything_and_the_old_one_nothing() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::create_dir(&data).unwrap();
        let key_file = beside(&data);
        let (ids, mark) = ring(&data, &key_file).await;
        let old = fs::read(&key_file).unwrap();
        change_seal_key(&data, &key_file).unwrap();
        assert_ne!(fs::read(&key_file).unwrap(), old);
        assert!(!next(&key_file).exists());
        opens(&data, &key_file, &ids, mark);
        let new = fs::read(&key_file).unwrap();
        fs::write(&key_file, &old).unwrap();
        let no = Keyring::open(Arc::new(RealDisk), &data, &key_file, Some(mark)).unwrap_err();
        assert!(matches!(no, KeysError::WrongKeyFile { .. }), "{no}");
        let no = change_seal_key(&data, &key_file).unwrap_err();
        assert!(no.contains("does not open the key ring"), "{no}");
        fs::write(&key_file, &new).unwrap();
        opens(&data, &key_file, &ids, mark);
    }

    /// Wherever it is cut short, the clinic opens: with the old key, or with the new one, which then takes its place.
    #[tokio::test]
    async fn a_change_that_was_cut_short_is_finished_or_was_never_begun() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::create_dir(&data).unwrap();
        let key_file = beside(&data);
        let (ids, mark) = ring(&data, &key_file).await;
        let keys = data.join("keys");
        let old = fs::read(&key_file).unwrap();
        let _cut_short = begin(&keys, &data, &key_file).unwrap();
        opens(&data, &key_file, &ids, mark);
        assert_eq!(fs::read(&key_file).unwrap(), old);
        let (new_file, (new, places)) = begin(&keys, &data, &key_file).unwrap();
        let _new_ring = RingFile::rewrap(&RealDisk, &keys, &new, places).unwrap();
        assert!(new_file.exists());
        opens(&data, &key_file, &ids, mark);
        assert_ne!(fs::read(&key_file).unwrap(), old);
        assert!(!new_file.exists());
        // The same, and then it is changed again without a start in between.
        let (_, (new, places)) = begin(&keys, &data, &key_file).unwrap();
        let _new_ring = RingFile::rewrap(&RealDisk, &keys, &new, places).unwrap();
        change_seal_key(&data, &key_file).unwrap();
        opens(&data, &key_file, &ids, mark);
    }

    /// A disk that can not be written takes neither a key nor another name of a file.
    #[tokio::test]
    async fn whoever_only_looks_writes_nothing_and_finishes_nothing() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::create_dir(&data).unwrap();
        let key_file = beside(&data);
        let (ids, mark) = ring(&data, &key_file).await;
        let keys = data.join("keys");
        let looks = || {
            let looked = [
                Keyring::to_look(&data, &key_file, Some(mark)),
                Keyring::of_copy(&data, &key_file),
            ];
            looked.map(|ring| Arc::new(ring.unwrap()))
        };
        let in_ring = || fs::read(ring::path(&keys)).unwrap();
        let before = in_ring();
        for ring in looks() {
            assert!(matches!(ring.find(&ids[0]), Found::Live(_)));
            ring.of(ClientId::new(3));
            ring.write(Vec::new()).await.unwrap_err();
            assert!(in_ring() == before, "it was written");
        }
        let (new_file, (new, places)) = begin(&keys, &data, &key_file).unwrap();
        let _new_ring = RingFile::rewrap(&RealDisk, &keys, &new, places).unwrap();
        let old = fs::read(&key_file).unwrap();
        for ring in looks() {
            assert_eq!(ring.mark(), mark);
            assert!(matches!(ring.find(&ids[1]), Found::Destroyed));
        }
        assert!(new_file.exists());
        assert_eq!(fs::read(&key_file).unwrap(), old);
        // Nor is anything made where nothing is.
        let nowhere = place.path().join("nowhere");
        let none = Keyring::of_copy(&nowhere, &key_file).unwrap_err();
        assert!(matches!(none, KeysError::NoRing(_)), "{none}");
        assert!(!nowhere.exists());
        opens(&data, &key_file, &ids, mark);
        assert!(!new_file.exists());
    }
}
