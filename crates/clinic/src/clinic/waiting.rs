//! Who waits, and what is offered to them.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;

use super::Clinic;
use crate::id::{ClientId, HoldId, WaitlistId};
use crate::model::{WaitState, WaitlistEntry};

/// What is derived from the entries of the waitlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Those that are live, in the order in which they are served.
    queue: OrdSet<(Timestamp, WaitlistId)>,
    /// All of them, the ended ones too.
    by_client: OrdSet<(ClientId, WaitlistId)>,
    offers: OrdMap<HoldId, WaitlistId>,
}

impl Waiting {
    pub(super) fn add(&mut self, entry: &WaitlistEntry) {
        self.by_client.insert((entry.client, entry.id));
        if !entry.is_live() {
            return;
        }
        self.queue.insert((entry.since, entry.id));
        if let WaitState::Offered(offer) = &entry.state {
            self.offers.insert(offer.hold, entry.id);
        }
    }

    pub(super) fn remove(&mut self, entry: &WaitlistEntry) {
        self.queue.remove(&(entry.since, entry.id));
        self.by_client.remove(&(entry.client, entry.id));
        if let WaitState::Offered(offer) = &entry.state {
            self.offers.remove(&offer.hold);
        }
    }
}

/// The waitlist.
impl Clinic {
    /// The live entries, who has waited longest first; with `after`, those that come after it.
    pub fn waiting(
        &self,
        after: Option<(Timestamp, WaitlistId)>,
    ) -> impl Iterator<Item = &Arc<WaitlistEntry>> {
        let queue = &self.indexes.waiting.queue;
        let first = after.unwrap_or((Timestamp::MIN, WaitlistId::new(0)));
        queue
            .range(first..)
            .filter(move |&&place| Some(place) != after)
            .filter_map(|&(_, id)| self.waitlist_entry(id))
    }

    /// A client's live entries, by id.
    pub fn waiting_of(&self, client: ClientId) -> impl Iterator<Item = &Arc<WaitlistEntry>> {
        self.wishes_of(client).filter(|entry| entry.is_live())
    }

    /// All of a client's entries, the ended ones too, by id.
    pub fn wishes_of(&self, client: ClientId) -> impl Iterator<Item = &Arc<WaitlistEntry>> {
        let (first, last) = (WaitlistId::new(0), WaitlistId::new(u64::MAX));
        self.indexes
            .waiting
            .by_client
            .range((client, first)..=(client, last))
            .filter_map(|&(_, id)| self.waitlist_entry(id))
    }

    /// The entry to which a hold is offered.
    pub fn offered_by(&self, hold: HoldId) -> Option<&Arc<WaitlistEntry>> {
        self.waitlist_entry(*self.indexes.waiting.offers.get(&hold)?)
    }
}
