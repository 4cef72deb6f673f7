//! The requests that were acted on in the last seven days, so that each is acted on once.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use treadwell_clinic::Revision;
use treadwell_clinic::id::KeyId;

use super::Request;

/// How long a request is remembered.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was acted on, in the commit of this revision.
    Done(Revision),
    /// Its id was used for another request.
    Reused,
}

/// A request's key and id, hashed: 128 bits are enough to tell requests of a week apart.
type Name = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Entry {
    revision: Revision,
    payload_hash: [u8; 32],
}

/// The requests of the last days, those included that are not durable yet.
#[derive(Debug, Default)]
pub(super) struct Requests {
    entries: HashMap<Name, Entry>,
    /// In the order of their commits.
    order: VecDeque<(Timestamp, Revision, Name)>,
}

impl Requests {
    /// What became of a request of this key.
    pub(super) fn find(&self, key: KeyId, request: &Request) -> Option<Known> {
        let entry = self.entries.get(&name(key, &request.id))?;
        Some(if entry.payload_hash == request.payload_hash {
            Known::Done(entry.revision)
        } else {
            Known::Reused
        })
    }

    /// Remembers a request that the commit at `revision` acted on, and forgets what is too old.
    pub(super) fn insert(
        &mut self,
        key: KeyId,
        id: &str,
        payload_hash: [u8; 32],
        revision: Revision,
        at: Timestamp,
    ) {
        self.forget_before(at.saturating_sub(KEPT).unwrap_or(Timestamp::MIN));
        let name = name(key, id);
        self.entries.insert(
            name,
            Entry {
                revision,
                payload_hash,
            },
        );
        self.order.push_back((at, revision, name));
    }

    /// Forgets what was decided after a revision and did not become durable.
    pub(super) fn forget_after(&mut self, revision: Revision) {
        while let Some((_, last, name)) = self.order.pop_back_if(|(_, last, _)| *last > revision) {
            self.remove(name, last);
        }
    }

    fn forget_before(&mut self, oldest: Timestamp) {
        while let Some((_, revision, name)) = self.order.pop_front_if(|(at, ..)| *at < oldest) {
            self.remove(name, revision);
        }
    }

    /// Removes an entry, unless a later commit has taken its place.
    fn remove(&mut self, name: Name, revision: Revision) {
        if self
            .entries
            .get(&name)
            .is_some_and(|entry| entry.revision == revision)
        {
            self.entries.remove(&name);
        }
    }
}

fn name(key: KeyId, id: &str) -> Name {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.number().to_le_bytes());
    hasher.update(id.as_bytes());
    let mut name = Name::default();
    name.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    name
}
