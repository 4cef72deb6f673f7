//! What of a ring can be believed after a power loss, and what is damage.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use treadwell_api::store::v1 as stored;
use treadwell_seal::{KeyId, Sealing, Secret};

use super::ring::Place;
use super::{Keyring, Keys, KeysError, Known};
use crate::lock::locked;

/// In place of the name of a key that was never used.
pub(super) const GIVEN_UP: KeyId = [0; 16];

/// What of the places of a ring can be believed, and the house's key. A destruction that was cut short is to be finished, and places
/// that no commit knows of (there are `known` others) are to be given up: when it is proven that nothing needs them.
pub(super) fn of(
    places: Vec<Place>,
    erasures: Vec<stored::Erasure>,
    known: u64,
    path: &Path,
) -> Result<((KeyId, Secret), Keys), KeysError> {
    let count = places.len() as u64;
    let mut places = (0..).zip(places);
    let Some((_, Place::Live(id, secret))) = places.next() else {
        return Err(KeysError::RingDamaged(path.to_owned()));
    };
    let house = (id, secret);
    let mut keys = Keys {
        places: count,
        announced: erasures.len() as u64,
        erasures: erasures.into_iter().map(Arc::new).collect(),
        ..Keys::default()
    };
    let erased: HashSet<KeyId> = keys
        .erasures
        .iter()
        .flat_map(|erasure| &erasure.key_ids)
        .filter_map(|id| KeyId::try_from(&**id).ok())
        .collect();
    let mut unreadable = Vec::new();
    for (at, place) in places {
        match place {
            Place::Live(id, secret) => {
                let sealing = Arc::new(Sealing::new(&secret));
                keys.known.insert(id, Known::Live(sealing, Some(at)));
            }
            Place::Destroyed(id) if id == GIVEN_UP => {}
            Place::Destroyed(id) if !erased.contains(&id) => {
                return Err(KeysError::LedgerDamaged(path.with_file_name("erasures")));
            }
            Place::Destroyed(id) => {
                keys.known.insert(id, Known::Destroyed);
            }
            Place::Unreadable => unreadable.push(at),
        }
    }
    // What was being destroyed is in no place that can be read. Were it another key's place, what is sealed with that one would
    // be refused for want of it.
    let mut cut_short = erased.iter().filter(|id| !keys.known.contains_key(*id));
    for at in unreadable {
        match cut_short.next() {
            Some(id) => keys.unmended.push((at, *id)),
            None if at < known => return Err(KeysError::RingDamaged(path.to_owned())),
            // A later mark will count it; then it has to be sound.
            None => keys.unmended.push((at, GIVEN_UP)),
        }
    }
    let destroyed = keys.unmended.iter().filter(|(_, id)| *id != GIVEN_UP);
    keys.known
        .extend(destroyed.map(|(_, id)| (*id, Known::Destroyed)));
    Ok((house, keys))
}

impl Keyring {
    /// Finishes in the ring what a power loss cut short there: a destruction, or places of keys that nothing was sealed with. To be
    /// done before anything is written, as from then on each place counts; and when every record was opened, so that no place is
    /// given up that a record needs.
    pub(crate) async fn mend(self: &Arc<Self>) -> Result<(), KeysError> {
        if self.read().unmended.is_empty() {
            return Ok(());
        }
        self.on_disk(Self::mend_now).await
    }

    fn mend_now(&self) -> Result<(), KeysError> {
        let disk = locked(&self.disk);
        let unmended = self.read().unmended.clone();
        if let Some(disk) = &*disk {
            disk.ring.destroy(&unmended)?;
        }
        self.write_keys().unmended.clear();
        self.changes.fetch_add(1, Ordering::Release);
        Ok(())
    }
}
