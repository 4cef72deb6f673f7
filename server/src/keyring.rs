//! The keys with which what belongs to clients is sealed, and how they are kept and destroyed.
//!
//! Each client has a key of their own, and the house has one for what belongs to nobody or to several. They lie in a ring beside
//! the journal (`<data>/keys/ring`), each wrapped by the *seal key*, a file that lies elsewhere. To erase a client is to destroy
//! their key: whatever is sealed with it, in the journal, in copies of it and in backups, can not be opened any more. Of a key
//! that was destroyed the ring keeps the name, so that *erased* is never taken for *the key is missing*: what is sealed with a
//! key of which the ring has never heard is a refusal to open.
//!
//! Beside the ring lies the ledger of erasures (`<data>/keys/erasures`). It says, before an erasure is committed, what will be
//! left of the client. So an erasure that was cut short is finished by the next start, and a store from before an erasure is
//! brought up to it before anything is served from it.
//!
//! What it deliberately is not: it knows no records, and of the journal only how far the ring had come. What is sealed, and what goes beside it, is said by
//! `convert::store`; when keys are made and destroyed, by the writer.

mod believed;
mod change;
mod error;
mod file;
pub(crate) mod fuzz;
mod ledger;
mod mirror;
pub(crate) mod open;
mod ring;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::Revision;
use treadwell_clinic::id::ClientId;
use treadwell_journal::disk::{Disk, File};

use crate::lock::locked;
pub use change::change_seal_key;
pub use error::KeysError;
pub use file::{beside, is_sound};
use ledger::Ledger;
pub(crate) use mirror::Mirrored;
use ring::RingFile;
use treadwell_seal::Secret;
pub(crate) use treadwell_seal::{KeyId, Sealing};

/// How far a ring has come, as a commit says it: by this an older or a foreign ring is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The house's key.
    pub(crate) house: KeyId,
    /// How many places there are at least.
    pub(crate) places: u64,
    /// How many erasures the ledger has at least.
    pub(crate) erasures: u64,
}

/// What the ring knows of a key.
pub(crate) enum Found {
    /// Here it is.
    Live(Arc<Sealing>),
    /// It was destroyed: whoever it belonged to was erased.
    Destroyed,
    /// Nothing.
    Unknown,
}

/// The keys of a clinic.
pub struct Keyring {
    house: (KeyId, Sealing),
    /// Hashes what callers name their requests.
    names: Secret,
    /// From which the keys of backups are made.
    backups: Secret,
    keys: RwLock<Keys>,
    /// None when it is kept in memory alone.
    disk: Mutex<Option<OnDisk>>,
    /// Held while the copy among the backups is brought up to it.
    mirroring: Mutex<()>,
    is_on_disk: bool,
    changes: AtomicU64,
}

struct OnDisk {
    folder: PathBuf,
    ring: RingFile,
    ledger: Ledger,
}

#[derive(Default)]
struct Keys {
    known: HashMap<KeyId, Known>,
    /// The key with which a client's records are sealed.
    of: HashMap<ClientId, (KeyId, Arc<Sealing>)>,
    /// Made, and not on disk yet.
    unwritten: Vec<(KeyId, Secret)>,
    /// How many places there will be when those are written.
    places: u64,
    /// How many erasures the ledger will have when those are written that were announced.
    announced: u64,
    /// In their order.
    erasures: Vec<Arc<stored::Erasure>>,
    /// Places that can not be read, with what is to be written there: see [`Keyring::mend`].
    unmended: Vec<(u64, KeyId)>,
}

enum Known {
    /// With its place, once it has one.
    Live(Arc<Sealing>, Option<u64>),
    Destroyed,
}

impl Keyring {
    /// A ring that is forgotten with the process: for journals in memory.
    pub fn in_memory() -> Result<Self, KeysError> {
        let house = drawn()?;
        Ok(Self::with(
            &house,
            Keys {
                places: 1,
                ..Keys::default()
            },
            None,
        ))
    }

    fn create(disk: Arc<dyn Disk>, folder: &Path, key_file: &Path) -> Result<Self, KeysError> {
        let secret = if let Some(secret) = file::read(key_file)? {
            secret
        } else {
            let made = file::create(key_file)?;
            tracing::warn!(
                file = %key_file.display(),
                "a seal key was made: what belongs to clients is sealed with it, and is lost without it. Keep a copy of it \
                 elsewhere, and apart from copies of the data folder"
            );
            made
        };
        let house = drawn()?;
        let ring = RingFile::create(&*disk, folder, &secret, &house)?;
        let (ledger, ..) = Ledger::open(disk, folder)?;
        let keys = Keys {
            places: 1,
            ..Keys::default()
        };
        let on_disk = OnDisk {
            folder: folder.to_owned(),
            ring,
            ledger,
        };
        Ok(Self::with(&house, keys, Some(on_disk)))
    }

    fn with((id, secret): &(KeyId, Secret), keys: Keys, disk: Option<OnDisk>) -> Self {
        Self {
            house: (*id, Sealing::new(secret)),
            names: of_house("treadwell 2026-11-26 house: names", secret),
            backups: of_house("treadwell 2026-11-26 house: backups", secret),
            keys: RwLock::new(keys),
            is_on_disk: disk.is_some(),
            disk: Mutex::new(disk),
            mirroring: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }

    /// The house's key: for what belongs to nobody, or to several clients.
    pub(crate) const fn house(&self) -> (&KeyId, &Sealing) {
        (&self.house.0, &self.house.1)
    }

    /// What the ring knows of a key.
    pub(crate) fn find(&self, id: &KeyId) -> Found {
        match self.read().known.get(id) {
            Some(Known::Live(sealing, _)) => Found::Live(Arc::clone(sealing)),
            Some(Known::Destroyed) => Found::Destroyed,
            None => Found::Unknown,
        }
    }

    /// From which the keys of backups are made.
    pub(crate) const fn backups(&self) -> &Secret {
        &self.backups
    }

    /// The key of a client; made if they have none.
    ///
    /// # Panics
    ///
    /// When the system has no randomness to give: then nothing can be sealed, and so nothing can be written.
    pub(crate) fn of(&self, client: ClientId) -> (KeyId, Arc<Sealing>) {
        if let Some((id, sealing)) = self.read().of.get(&client) {
            return (*id, Arc::clone(sealing));
        }
        let (id, secret) = drawn().expect("the system gave randomness when the ring was opened");
        let sealing = Arc::new(Sealing::new(&secret));
        let mut keys = self.write_keys();
        keys.known
            .insert(id, Known::Live(Arc::clone(&sealing), None));
        keys.of.insert(client, (id, Arc::clone(&sealing)));
        keys.unwritten.push((id, secret));
        keys.places += 1;
        (id, sealing)
    }

    /// The key of a client who has one.
    pub(crate) fn key_of(&self, client: ClientId) -> Option<KeyId> {
        Some(self.read().of.get(&client)?.0)
    }

    /// As [`Keyring::of`], of a client who has a key; makes none.
    pub(crate) fn live_of(&self, client: ClientId) -> Option<(KeyId, Arc<Sealing>)> {
        self.read().of.get(&client).cloned()
    }

    /// Notes with which key a client's records are sealed, as they were found.
    pub(crate) fn bind(&self, client: ClientId, id: &KeyId) {
        let keys = self.read();
        if keys.of.contains_key(&client) {
            return;
        }
        let Some(Known::Live(sealing, _)) = keys.known.get(id) else {
            return;
        };
        let bound = (*id, Arc::clone(sealing));
        drop(keys);
        self.write_keys().of.insert(client, bound);
    }

    /// A request as it is kept: by a hash that tells nothing without the house's key.
    pub(crate) fn request_name(
        &self,
        actor: treadwell_clinic::id::KeyId,
        request: &str,
    ) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.names);
        hasher.update(&actor.number().to_le_bytes());
        hasher.update(request.as_bytes());
        let mut name = [0; 16];
        hasher.finalize_xof().fill(&mut name);
        name
    }

    /// How far the ring has come, with what is announced.
    pub(crate) fn mark(&self) -> Mark {
        let keys = self.read();
        Mark {
            house: self.house.0,
            places: keys.places,
            erasures: keys.announced,
        }
    }

    /// Notes that an erasure will be written before the group that is being decided.
    pub(crate) fn announce(&self) {
        self.write_keys().announced += 1;
    }

    /// Forgets what was announced and not written: its group was taken back.
    pub(crate) fn take_back(&self) {
        let mut keys = self.write_keys();
        keys.announced = keys.erasures.len() as u64;
    }

    /// Makes keys durable that were made, and the intention of these erasures. To be done before what is sealed with those
    /// keys, or erases, is appended.
    pub(crate) async fn write(
        self: &Arc<Self>,
        erasures: Vec<stored::Erasure>,
    ) -> Result<(), KeysError> {
        if erasures.is_empty() && self.read().unwritten.is_empty() {
            return Ok(());
        }
        self.on_disk(move |ring| ring.write_now(erasures)).await
    }

    fn write_now(&self, erasures: Vec<stored::Erasure>) -> Result<(), KeysError> {
        let mut disk = locked(&self.disk);
        let batch: Vec<_> = self.read().unwritten.clone();
        let first = match &mut *disk {
            Some(disk) if !batch.is_empty() => Some(disk.ring.append(&batch)?),
            _ => None,
        };
        let mut keys = self.write_keys();
        keys.unwritten.drain(..batch.len());
        for ((id, _), at) in batch.iter().zip(first.unwrap_or_default()..) {
            if let Some(Known::Live(_, place)) = keys.known.get_mut(id) {
                *place = Some(at);
            }
        }
        drop(keys);
        for erasure in erasures {
            if let Some(disk) = &mut *disk {
                disk.ledger.append(&erasure)?;
            }
            self.write_keys().erasures.push(Arc::new(erasure));
        }
        self.changes.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Destroys keys, durably: their erasure is durable.
    pub(crate) async fn destroy(self: &Arc<Self>, ids: Vec<KeyId>) -> Result<(), KeysError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.on_disk(move |ring| ring.destroy_now(&ids)).await
    }

    fn destroy_now(&self, ids: &[KeyId]) -> Result<(), KeysError> {
        let disk = locked(&self.disk);
        if let Some(disk) = &*disk {
            let keys = self.read();
            let places = ids.iter().filter_map(|id| match keys.known.get(id) {
                Some(Known::Live(_, place)) => Some(((*place)?, *id)),
                _ => None,
            });
            let places: Vec<_> = places.collect();
            drop(keys);
            disk.ring.destroy(&places)?;
        }
        let mut keys = self.write_keys();
        for id in ids {
            keys.known.insert(*id, Known::Destroyed);
        }
        keys.of.retain(|_, (id, _)| !ids.contains(id));
        self.changes.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// How often the ring has changed on disk since it was opened.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// The erasures of which a key is still there: they were cut short, before or after their commit.
    pub(crate) fn unfinished(&self) -> Vec<Arc<stored::Erasure>> {
        let keys = self.read();
        let is_live = |id: &Bytes| matches!(keys.known.get(&**id), Some(Known::Live(..)));
        let unfinished = keys
            .erasures
            .iter()
            .filter(|it| it.key_ids.iter().any(is_live));
        unfinished.cloned().collect()
    }

    /// Whether a client's records are sealed with a key, as far as they were found.
    pub(crate) fn is_bound(&self, id: &KeyId) -> bool {
        self.read().of.values().any(|(bound, _)| bound == id)
    }

    /// The erasure with which a key was destroyed.
    pub(crate) fn erasure_of(&self, id: &KeyId) -> Option<Arc<stored::Erasure>> {
        let keys = self.read();
        let erases = |it: &&Arc<stored::Erasure>| it.key_ids.iter().any(|key| **key == *id);
        keys.erasures.iter().rev().find(erases).cloned()
    }

    async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, KeysError> + Send + 'static,
    ) -> Result<T, KeysError> {
        if !self.is_on_disk {
            return work(self);
        }
        let ring = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&ring)).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_keys(&self) -> std::sync::RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is made of the house's key for this one use.
fn of_house(what: &str, house: &Secret) -> Secret {
    Secret::new(treadwell_seal::derived(what, house))
}

/// A new key with its name.
fn drawn() -> Result<(KeyId, Secret), KeysError> {
    let mut id = KeyId::default();
    let mut secret = Secret::default();
    let filled = getrandom::fill(&mut id).and_then(|()| getrandom::fill(&mut *secret));
    filled.map_err(|error| KeysError::NoRandomness(error.to_string()))?;
    Ok((id, secret))
}

/// A file that may not be there.
fn opened(disk: &dyn Disk, path: &Path) -> Result<Option<Arc<dyn File>>, KeysError> {
    match disk.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeysError::io("open", path, error)),
    }
}

/// The revision of an erasure's commit, and the number by which it is known.
pub(crate) const fn commit_of(erasure: &stored::Erasure) -> (Revision, u64) {
    (erasure.revision, erasure.ticket)
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
