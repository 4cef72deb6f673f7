//! What a call does that the audit trail tells of. It is written there before the call is answered: see `grpc::audited`.

use std::sync::{Arc, Mutex};

use http::Extensions;
use jiff::Timestamp;
use treadwell_clinic::id::KeyId;

use super::Origin;
use crate::audit::{Deed, Entry};
use crate::lock::locked;

/// What is noted of one call.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    at: Timestamp,
    origin: Origin,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Noted {
    /// Of a call that comes now; nothing yet.
    pub(crate) fn new(request: &Extensions, at: Timestamp) -> Self {
        Self {
            at,
            origin: Origin::of(request),
            entries: Arc::default(),
        }
    }

    /// Of the call that this is the request of.
    pub(crate) fn of(request: &Extensions) -> Self {
        request.get::<Self>().cloned().unwrap_or_default()
    }

    /// Where the call comes from.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// What somebody does in this call, or whose key it was tried with.
    pub(crate) fn entry(&self, key: Option<KeyId>, deed: Deed) -> Entry {
        Entry {
            at: self.at,
            key,
            address: self.origin.to_string(),
            deed,
            more: 0,
        }
    }

    /// Notes what somebody does, or whose key it was tried with.
    pub(crate) fn note(&self, key: Option<KeyId>, deed: Deed) {
        let entry = self.entry(key, deed);
        let mut entries = locked(&self.entries);
        // A page of appointments shows the same of a client many times.
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }

    /// What was noted since it was last asked for.
    pub(crate) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut locked(&self.entries))
    }
}
