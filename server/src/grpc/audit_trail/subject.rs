//! What annotations are about in the end, and whom that concerns.

use treadwell_clinic::id::ClientId;

use crate::access::Caller;
use crate::audit::{Deed, Ledger};
use crate::convert::audit::{self, Named};
use crate::engine::Engine;

/// What was done to somebody's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// It was read: whose, by the id.
    Read(String),
    /// It was changed, in this revision.
    Change(u64),
}

impl Subject {
    /// What this deed, the entry of this number, is about: itself, or what it was written about. None when that is nobody's record.
    pub(super) async fn of(
        ledger: &Ledger,
        number: u64,
        deed: &Deed,
    ) -> Result<Option<Self>, String> {
        let (mut number, mut deed) = (number, deed.clone());
        loop {
            let about = match deed {
                Deed::Read { client, .. } => return Ok(Some(Self::Read(client))),
                Deed::Annotated { about, .. } => about,
                Deed::Refused { .. }
                | Deed::SignedIn
                | Deed::SignedOut
                | Deed::Upkeep { .. }
                | Deed::Gap { .. } => return Ok(None),
            };
            deed = match audit::named(&about) {
                Some(Named::Change(revision)) => return Ok(Some(Self::Change(revision))),
                // Each is about an earlier one, so that this comes to an end.
                Some(Named::Entry(about)) if about < number => {
                    number = about;
                    match ledger.entry(about).await? {
                        Some(entry) => entry.deed,
                        None => return Ok(None),
                    }
                }
                _ => return Ok(None),
            };
        }
    }
}

/// The client with whose key something is sealed that is written about this: the one whom it concerns. Who has no key was erased, and what
/// is written about them since then is as what concerns nobody.
pub(super) async fn client(
    engine: &Engine,
    ledger: &Ledger,
    caller: &Caller,
    named: Named,
) -> Result<Option<ClientId>, String> {
    let subject = match named {
        Named::Change(revision) => Some(Subject::Change(revision)),
        Named::Entry(number) => match ledger.entry(number).await? {
            Some(entry) => Subject::of(ledger, number, &entry.deed).await?,
            None => None,
        },
    };
    let client = match subject {
        Some(Subject::Read(client)) => client.parse().ok(),
        Some(Subject::Change(revision)) => {
            let owner = engine.history().owner(caller.clinic(), revision).await;
            owner.map_err(|error| error.to_string())?
        }
        None => None,
    };
    Ok(client.filter(|client| engine.keys().live_of(*client).is_some()))
}
