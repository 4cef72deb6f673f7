//! The requests that were acted on in the last seven days, so that each is acted on once.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use treadwell_clinic::Revision;

use crate::convert::store::commit::RequestMeta;

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

/// A request's key and id, hashed by the key ring: 128 bits are enough to tell requests of a week apart.
pub(super) type Name = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Entry {
    revision: Revision,
    /// None when it went with a client who was erased: what was asked for can not be told then, and is answered so.
    payload_hash: Option<[u8; 32]>,
}

/// The requests of the last days, those included that are not durable yet.
#[derive(Debug, Default)]
pub(super) struct Requests {
    entries: HashMap<Name, Entry>,
    /// In the order of their commits.
    order: VecDeque<(Timestamp, Revision, Name)>,
}

impl Requests {
    /// What became of a request.
    pub(super) fn find(&self, name: &Name, payload_hash: [u8; 32]) -> Option<Known> {
        let entry = self.entries.get(name)?;
        let is_same = entry.payload_hash.is_none_or(|hash| hash == payload_hash);
        Some(if is_same {
            Known::Done(entry.revision)
        } else {
            Known::Reused
        })
    }

    /// Remembers a request that the commit at `revision` acted on, and forgets what is too old.
    pub(super) fn insert(&mut self, request: &RequestMeta, revision: Revision, at: Timestamp) {
        self.forget_before(at.saturating_sub(KEPT).unwrap_or(Timestamp::MIN));
        let RequestMeta { name, payload_hash } = *request;
        let entry = Entry {
            revision,
            payload_hash,
        };
        self.entries.insert(name, entry);
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
