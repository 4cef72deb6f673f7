//! A copy of the ring and the ledger beside backups: what opens them, and what was erased since they were taken.
//!
//! There is one copy, which follows the ring: a key that was destroyed is overwritten in the copy as well. It is written as the ring is,
//! a sector at a time where it lies, and so what a power loss leaves of it is what the ring itself may be left as.
//!
//! It never loses what it knows. When the ring is older than its copy, as after a data folder was put back, the copy is put aside whole,
//! and another one begun.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use treadwell_seal::KeyId;

use super::believed::GIVEN_UP;
use super::ring::PLACE;
use super::{Keyring, KeysError, ledger, ring};
use crate::lock::locked;

/// So many copies are put aside at most: two servers of one clinic that share a folder would fill its disk with them.
const MOST_ASIDE: u32 = 9;

/// What became of the copy.
#[derive(Debug)]
pub(crate) struct Mirrored {
    /// How far the ring had come that it is of.
    pub(crate) changes: u64,
    /// The folder in which a copy was put aside, as long as one is there.
    pub(crate) aside: Option<PathBuf>,
}

impl Keyring {
    /// Brings the copy of the ring in a folder of backups up to what is on disk. Only for one on disk.
    pub(crate) async fn mirror(self: &Arc<Self>, to: PathBuf) -> Result<Mirrored, KeysError> {
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
            let aside = aside(&to).map_err(failed)?;
            Ok(Mirrored { changes, aside })
        })
        .await
    }
}

/// What is in the folder of a ring, at one moment.
#[derive(Default)]
struct Image {
    erasures: Option<Vec<u8>>,
    ring: Option<Vec<u8>>,
}

impl Image {
    /// Reads it. Nobody may write there meanwhile.
    fn read(from: &Path) -> io::Result<Self> {
        let content = |name| match fs::read(from.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            content => content.map(Some),
        };
        let (erasures, ring) = (content("erasures")?, content("ring")?);
        Ok(Self { erasures, ring })
    }

    /// Brings the copy in the folder `to` up to it, and reads it back. Fails, and writes nothing, when that is a copy of another
    /// clinic's ring.
    fn write(&self, to: &Path) -> io::Result<()> {
        if self.ring.is_none() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the ring itself is missing",
            ));
        }
        let mut copy = Self::read(to)?;
        let house = |image: &Self| image.ring.as_deref().and_then(ring::house);
        if house(&copy).is_some_and(|other| house(self) != Some(other)) {
            let what = "it has the keys of another clinic; name a folder for each clinic";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
        }
        if copy.is_ahead_of(self) {
            let aside = put_aside(to)?;
            copy = Self::default();
            tracing::error!(
                aside = %aside.display(),
                "THIS DATA FOLDER IS OLDER THAN ITS BACKUPS: the copy of the key ring among them had keys or erasures of which its own \
                 ring does not know. It was put aside, and another one is begun. Restore the newest backup with --keys-in and that \
                 folder, or remove the folder when no backup needs it: whoever is erased from now on is not erased from there"
            );
        }
        new_folder(to)?;
        // In this order: what the ring has destroyed, the ledger has to name.
        for (name, copy, content) in [
            ("erasures", copy.erasures, &self.erasures),
            ("ring", copy.ring, &self.ring),
        ] {
            if let Some(content) = content {
                follow(&to.join(name), &copy.unwrap_or_default(), content)?;
            }
        }
        File::open(to)?.sync_all()
    }

    /// Whether it knows what the other does not: a key, that one was destroyed, or an erasure. By name: a place that could not be read
    /// may have got the name that was in another one. What a power loss has torn says nothing.
    fn is_ahead_of(&self, other: &Self) -> bool {
        let others: HashMap<_, _> = other.names().collect();
        let knows_more = |(id, is_live): (KeyId, bool)| match others.get(&id) {
            Some(is_live_there) => *is_live_there && !is_live,
            None => id != GIVEN_UP,
        };
        self.names().any(knows_more) || !other.whole_ledger().starts_with(self.whole_ledger())
    }

    fn names(&self) -> impl Iterator<Item = (KeyId, bool)> {
        ring::names(self.ring.as_deref().unwrap_or_default())
    }

    fn whole_ledger(&self) -> &[u8] {
        ledger::whole(self.erasures.as_deref().unwrap_or_default())
    }
}

/// The folders for copies that are put aside. Each holds one as a folder of backups does, so that a restore finds it.
fn places_aside(to: &Path) -> impl DoubleEndedIterator<Item = PathBuf> {
    (1..=MOST_ASIDE).map(|count| to.with_extension(format!("before-{count}")))
}

/// Whether a copy lies in one of these.
fn is_taken(place: &Path, to: &Path) -> io::Result<bool> {
    place.join(to.file_name().unwrap_or_default()).try_exists()
}

/// The last of the folders in which a copy was put aside.
fn aside(to: &Path) -> io::Result<Option<PathBuf>> {
    for place in places_aside(to).rev() {
        if is_taken(&place, to)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Puts a copy aside, whole; gives the folder in which it lies then. It survives a power loss when this is done.
fn put_aside(to: &Path) -> io::Result<PathBuf> {
    for place in places_aside(to) {
        if is_taken(&place, to)? {
            continue;
        }
        new_folder(&place)?;
        fs::rename(to, place.join(to.file_name().unwrap_or_default()))?;
        File::open(&place)?.sync_all()?;
        if let Some(backups) = to.parent() {
            File::open(backups)?.sync_all()?;
        }
        return Ok(place);
    }
    Err(io::Error::other(
        "it knows keys or erasures that this clinic's ring does not, as those in the folders keys.before-* beside it; see whether two \
         servers of this clinic have one backup folder, and remove those folders that no backup needs",
    ))
}

/// Makes a folder for its owner alone, if it is not there.
fn new_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

/// Brings a file, in which `copy` was found, up to `content`.
fn follow(path: &Path, copy: &[u8], content: &[u8]) -> io::Result<()> {
    if copy.get(..PLACE) == content.get(..PLACE) && copy.len() >= PLACE {
        write_changed(path, copy, content)?;
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
    use std::os::unix::fs::MetadataExt as _;

    use tempfile::TempDir;
    use treadwell_api::store::v1 as stored;
    use treadwell_clinic::id::ClientId;
    use treadwell_journal::disk::RealDisk;

    use super::*;
    use crate::keyring::{Found, change_seal_key};
    use crate::salvage::copy_folder;

    /// Data folders of one seal key, and a folder for backups.
    struct Place(TempDir);

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("backups")).unwrap();
            Self(folder)
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        /// The ring of a data folder, which is made if it is not there.
        fn open(&self, data: &str) -> Arc<Keyring> {
            let (disk, key_file) = (Arc::new(RealDisk), self.at("clinic.key"));
            let ring = Keyring::open(disk, &self.at(data), &key_file, None);
            Arc::new(ring.unwrap())
        }

        /// The copy follows the ring of a data folder. Gives the name of the folder with one that was put aside.
        async fn follows(&self, ring: &Arc<Keyring>, data: &str) -> Option<String> {
            let mirrored = ring.mirror(self.at("backups/keys")).await.unwrap();
            assert_eq!(mirrored.changes, ring.changes());
            self.assert_same("backups", data);
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            mirrored.aside.map(name)
        }

        fn content(&self, folder: &str) -> [Option<Vec<u8>>; 2] {
            let folder = self.at(folder).join("keys");
            ["erasures", "ring"].map(|name| fs::read(folder.join(name)).ok())
        }

        /// The same keys lie in both folders, byte by byte.
        fn assert_same(&self, one: &str, other: &str) {
            assert!(self.content(one) == self.content(other), "{one}, {other}");
        }
    }

    async fn add(ring: &Arc<Keyring>, client: u64) -> KeyId {
        let (id, _) = ring.of(ClientId::new(client));
        ring.write(Vec::new()).await.unwrap();
        id
    }

    async fn erase(ring: &Arc<Keyring>, id: KeyId) {
        let erasure = stored::Erasure {
            key_ids: vec![id.to_vec().into()],
            ..stored::Erasure::default()
        };
        ring.announce();
        ring.write(vec![erasure]).await.unwrap();
        ring.destroy(vec![id]).await.unwrap();
    }

    #[tokio::test]
    async fn the_copy_follows_the_ring_and_keeps_nothing_of_what_it_was() {
        let place = Place::new();
        let ring = place.open("data");
        let gone = add(&ring, 1).await;
        add(&ring, 2).await;
        assert_eq!(place.follows(&ring, "data").await, None);
        let copy = place.at("backups/keys");
        assert!(!copy.join("erasures").exists());
        // A key more, one destroyed, where they lie.
        let inode = || fs::metadata(copy.join("ring")).unwrap().ino();
        let before = inode();
        add(&ring, 3).await;
        erase(&ring, gone).await;
        assert_eq!(place.follows(&ring, "data").await, None);
        assert_eq!(inode(), before, "it is overwritten in its place");
        // What a power loss has left of the copy is made whole: places and an erasure that are torn say nothing.
        let mut torn = fs::read(copy.join("ring")).unwrap();
        torn[3 * PLACE + 40] ^= 1;
        torn.extend([7; PLACE + 9]);
        fs::write(copy.join("ring"), torn).unwrap();
        let mut torn = fs::read(copy.join("erasures")).unwrap();
        torn.extend([7; 60]);
        fs::write(copy.join("erasures"), torn).unwrap();
        assert_eq!(place.follows(&ring, "data").await, None);
        // Wrapped by another seal key.
        drop(ring);
        change_seal_key(&place.at("data"), &place.at("clinic.key")).unwrap();
        let ring = place.open("data");
        assert_eq!(place.follows(&ring, "data").await, None);
        let names = fs::read_dir(&copy).unwrap().count();
        assert_eq!(names, 2, "nothing else is left there");
    }

    /// What was made and destroyed since the data folder was as it is now, and what that folder made itself before it was seen.
    #[tokio::test]
    async fn a_ring_that_is_older_than_its_copy_takes_nothing_from_it() {
        for (added, erased, own) in [
            (1, 0, 0),
            (0, 1, 0),
            (1, 1, 0),
            (1, 0, 1),
            (1, 0, 2),
            (0, 1, 1),
        ] {
            let place = Place::new();
            let ring = place.open("data");
            let [first, second] = [add(&ring, 1).await, add(&ring, 2).await];
            assert_eq!(place.follows(&ring, "data").await, None);
            copy_folder(&place.at("data"), &place.at("old")).unwrap();
            for client in 0..added {
                add(&ring, 3 + client).await;
            }
            if erased > 0 {
                erase(&ring, first).await;
            }
            assert_eq!(place.follows(&ring, "data").await, None);
            let old = place.open("old");
            for client in 0..own {
                add(&old, 5 + client).await;
            }
            let aside = Some("keys.before-1".to_owned());
            assert_eq!(
                place.follows(&old, "old").await,
                aside,
                "{added} {erased} {own}"
            );
            place.assert_same("backups/keys.before-1", "data");
            // It is what a restore takes for a folder with keys.
            let kept =
                Keyring::of_copy(&place.at("backups/keys.before-1"), &place.at("clinic.key"));
            let found = kept.unwrap().find(&first);
            assert_eq!(matches!(found, Found::Destroyed), erased > 0);
            // The new copy follows from there on.
            erase(&old, second).await;
            assert_eq!(place.follows(&old, "old").await, aside);
            place.assert_same("backups/keys.before-1", "data");
            fs::remove_dir_all(place.at("backups/keys.before-1")).unwrap();
            assert_eq!(place.follows(&old, "old").await, None);
        }
    }

    /// A restore takes the newest copy, to whatever moment it goes: that is no older ring.
    #[tokio::test]
    async fn a_ring_that_was_restored_from_its_copy_goes_on_with_it() {
        let place = Place::new();
        let ring = place.open("data");
        let gone = add(&ring, 1).await;
        erase(&ring, gone).await;
        assert_eq!(place.follows(&ring, "data").await, None);
        copy_folder(&place.at("backups"), &place.at("restored")).unwrap();
        let restored = place.open("restored");
        assert_eq!(place.follows(&restored, "restored").await, None);
        let gone = add(&restored, 2).await;
        erase(&restored, gone).await;
        assert_eq!(place.follows(&restored, "restored").await, None);
    }

    #[tokio::test]
    async fn two_servers_of_one_clinic_do_not_fill_the_disk() {
        let place = Place::new();
        let ring = place.open("data");
        assert_eq!(place.follows(&ring, "data").await, None);
        copy_folder(&place.at("data"), &place.at("twin")).unwrap();
        let both = [(ring, "data"), (place.open("twin"), "twin")];
        let mut turns = (1..).zip(both.iter().cycle());
        for (client, (ring, data)) in turns.by_ref().take(10) {
            add(ring, client).await;
            place.follows(ring, data).await;
        }
        let before = place.content("backups");
        let (client, (ring, _)) = turns.next().unwrap();
        add(ring, client).await;
        let no = ring.mirror(place.at("backups/keys")).await.unwrap_err();
        assert!(
            no.to_string().contains("two servers of this clinic"),
            "{no}"
        );
        assert!(place.content("backups") == before);
        assert_eq!(fs::read_dir(place.at("backups")).unwrap().count(), 10);
    }

    /// Nothing of it is written, not even what is written first.
    #[tokio::test]
    async fn the_copy_of_another_clinic_is_left_alone() {
        let place = Place::new();
        let (ring, other) = (place.open("data"), place.open("other"));
        for (client, ring) in [(1, &ring), (2, &other)] {
            let gone = add(ring, client).await;
            erase(ring, gone).await;
        }
        assert_eq!(place.follows(&ring, "data").await, None);
        assert_ne!(place.content("data")[0], place.content("other")[0]);
        let no = other.mirror(place.at("backups/keys")).await.unwrap_err();
        assert!(
            no.to_string().contains("name a folder for each clinic"),
            "{no}"
        );
        place.assert_same("backups", "data");
        assert_eq!(fs::read_dir(place.at("backups")).unwrap().count(), 1);
    }
}
