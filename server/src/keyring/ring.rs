//! The ring on disk: a header, then a place of 512 bytes for each key, the first one for the house's.
//!
//! A key lies in its place wrapped by the key file. It is made by appending, before anything is sealed with it, and destroyed by
//! overwriting it where it lies. Places are never given again. What a power loss left of places that were being appended is
//! passed over: nothing that is durable is sealed with those keys.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use treadwell_journal::disk::{Disk, File};
use treadwell_seal::{KeyId, Nonce, Secret, Wrapping};

use super::KeysError;

const MAGIC: &[u8; 8] = b"TWring 1";

/// The size of the header and of a place: a sector, so that a write that is cut short harms no other key.
pub(super) const PLACE: usize = 512;

/// Where the checksum of a place lies: at its end.
const SUM: usize = PLACE - 4;

const LIVE: u8 = 1;
const DESTROYED: u8 = 2;

/// The open ring.
pub(super) struct RingFile {
    file: Arc<dyn File>,
    path: PathBuf,
    wrap: Wrapping,
    /// How many places there are.
    pub(super) places: u64,
}

/// What a place holds.
pub(super) enum Place {
    /// A key.
    Live(KeyId, Secret),
    /// The name of a key that was destroyed.
    Destroyed(KeyId),
    /// Nothing that can be believed.
    Unreadable,
}

/// The ring of a folder of keys.
pub(super) fn path(keys: &Path) -> PathBuf {
    keys.join("ring")
}

impl RingFile {
    /// Makes a ring with the house's key in it, whole or not at all.
    pub(super) fn create(
        disk: &dyn Disk,
        keys: &Path,
        key_file: &Secret,
        house: &(KeyId, Secret),
    ) -> Result<Self, KeysError> {
        let made = || {
            disk.create_dir(keys)?;
            keys.parent().map_or(Ok(()), |data| disk.sync_dir(data))
        };
        made().map_err(|error| KeysError::io("create", keys, error))?;
        let (id, secret) = house;
        Self::rewrap(disk, keys, key_file, vec![Place::Live(*id, secret.clone())])
    }

    /// Writes a ring with these places, whole or not at all, in the place of the one that is there.
    pub(super) fn rewrap(
        disk: &dyn Disk,
        keys: &Path,
        key_file: &Secret,
        places: Vec<Place>,
    ) -> Result<Self, KeysError> {
        let path = path(keys);
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| KeysError::NoRandomness(error.to_string()))?;
        let (wrap, check) = Wrapping::new(key_file, &salt);
        let mut bytes = vec![0; PLACE];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..40].copy_from_slice(&salt);
        bytes[40..72].copy_from_slice(&check);
        sum(&mut bytes);
        let count = places.len() as u64;
        for it in places {
            bytes.extend_from_slice(&match it {
                Place::Live(id, secret) => place(&wrap, &(id, secret))?,
                Place::Destroyed(id) => destroyed(&id),
                Place::Unreadable => return Err(KeysError::RingDamaged(path)),
            });
        }
        let write = || -> io::Result<Arc<dyn File>> {
            let new = keys.join("ring.new");
            let file = disk.create(&new)?;
            file.write_at(&bytes, 0)?;
            file.sync()?;
            disk.rename(&new, &path)?;
            disk.sync_dir(keys)?;
            Ok(file)
        };
        let file = write().map_err(|error| KeysError::io("create", &path, error))?;
        Ok(Self {
            file,
            path,
            wrap,
            places: count,
        })
    }

    /// Opens the ring with what the key file holds, and gives what lies in each place.
    pub(super) fn open(
        file: Arc<dyn File>,
        path: PathBuf,
        key_file: &Secret,
        key_path: &Path,
    ) -> Result<(Self, Vec<Place>), KeysError> {
        let bytes = read(&*file).map_err(|error| KeysError::io("read", &path, error))?;
        let damaged = || KeysError::RingDamaged(path.clone());
        let (header, places) = bytes.split_at_checked(PLACE).ok_or_else(damaged)?;
        if &header[..8] != MAGIC || !is_sound(header) {
            return Err(damaged());
        }
        let (wrap, check) = Wrapping::new(key_file, &header[8..40]);
        if check != header[40..72] {
            return Err(KeysError::WrongKeyFile {
                key_file: key_path.to_owned(),
                ring: path,
            });
        }
        let read: Vec<_> = places
            .chunks(PLACE)
            .map(|it| read_place(&wrap, it))
            .collect();
        let ring = Self {
            file,
            path,
            wrap,
            places: read.len() as u64,
        };
        Ok((ring, read))
    }

    /// Adds keys, in places after the last one, and gives the first of these. They survive a power loss when this is done;
    /// when it fails, doing it again is right.
    pub(super) fn append(&mut self, keys: &[(KeyId, Secret)]) -> Result<u64, KeysError> {
        let mut bytes = Vec::with_capacity(keys.len() * PLACE);
        for key in keys {
            bytes.extend_from_slice(&place(&self.wrap, key)?);
        }
        let first = self.places;
        self.write(&bytes, first)?;
        self.places += keys.len() as u64;
        Ok(first)
    }

    /// Destroys keys where they lie. It survives a power loss when this is done.
    pub(super) fn destroy(&self, keys: &[(u64, KeyId)]) -> Result<(), KeysError> {
        for (at, id) in keys {
            self.write(&destroyed(id), *at)?;
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<(), KeysError> {
        let offset = (1 + at) * PLACE as u64;
        let written = self
            .file
            .write_at(bytes, offset)
            .and_then(|()| self.file.sync());
        written.map_err(|error| KeysError::io("write", &self.path, error))
    }
}

/// Everything in a file.
pub(super) fn read(file: &dyn File) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

fn place(wrap: &Wrapping, (id, secret): &(KeyId, Secret)) -> Result<[u8; PLACE], KeysError> {
    let mut nonce = Nonce::default();
    getrandom::fill(&mut nonce).map_err(|error| KeysError::NoRandomness(error.to_string()))?;
    let mut bytes = [0; PLACE];
    bytes[0] = LIVE;
    bytes[4..20].copy_from_slice(id);
    bytes[20..44].copy_from_slice(&nonce);
    bytes[44..92].copy_from_slice(&wrap.wrap(id, &nonce, secret));
    sum(&mut bytes);
    Ok(bytes)
}

fn destroyed(id: &KeyId) -> [u8; PLACE] {
    let mut bytes = [0; PLACE];
    bytes[0] = DESTROYED;
    bytes[4..20].copy_from_slice(id);
    sum(&mut bytes);
    bytes
}

fn read_place(wrap: &Wrapping, bytes: &[u8]) -> Place {
    if bytes.len() < PLACE || !is_sound(bytes) {
        return Place::Unreadable;
    }
    let mut id = KeyId::default();
    id.copy_from_slice(&bytes[4..20]);
    let secret = || {
        let nonce: &Nonce = bytes[20..44].try_into().ok()?;
        wrap.unwrap(&id, nonce, &bytes[44..92])
    };
    match bytes[0] {
        DESTROYED => Place::Destroyed(id),
        LIVE => secret().map_or(Place::Unreadable, |secret| Place::Live(id, secret)),
        _ => Place::Unreadable,
    }
}

/// The names of the keys in a ring's file, the house's apart, and whether each is live: all that is told without the seal key.
pub(super) fn names(ring: &[u8]) -> impl Iterator<Item = (KeyId, bool)> {
    let places = ring.chunks_exact(PLACE).skip(2);
    places.filter(|it| is_sound(it)).filter_map(|place| {
        let id = place[4..20].try_into().ok()?;
        match place[0] {
            LIVE => Some((id, true)),
            DESTROYED => Some((id, false)),
            _ => None,
        }
    })
}

/// The name of the house's key in a ring's file; none when its place can not be read.
pub(super) fn house(ring: &[u8]) -> Option<KeyId> {
    let place = ring.chunks_exact(PLACE).nth(1)?;
    is_sound(place).then(|| place[4..20].try_into().ok())?
}

/// For the fuzzer: what the places in some bytes hold, when their checksums hold.
pub(super) fn try_places(wrap: &Wrapping, bytes: &[u8]) -> String {
    let mut held = [0; 3];
    for chunk in bytes.chunks(PLACE) {
        let mut place = chunk.to_vec();
        if place.len() == PLACE {
            sum(&mut place);
        }
        let is = match read_place(wrap, &place) {
            Place::Live(..) => 0,
            Place::Destroyed(_) => 1,
            Place::Unreadable => 2,
        };
        held[is] += 1;
    }
    held.map(|count| if count > 0 { "some " } else { "none " })
        .concat()
}

fn sum(place: &mut [u8]) {
    let sum = crc32fast::hash(&place[..SUM]);
    place[SUM..].copy_from_slice(&sum.to_le_bytes());
}

fn is_sound(place: &[u8]) -> bool {
    place[SUM..] == crc32fast::hash(&place[..SUM]).to_le_bytes()
}
