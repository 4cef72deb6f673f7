//! The audit trail of what changes no record: who read whose health record, who came, went and was not let in, what was done with the
//! server itself, and what was written about any of it.
//!
//! Changes are in the clinic's journal, with who, when, from where and why. This is a journal of its own beside it, with commits that
//! change no record: chained, torn tails told from damage, verified like the clinic's. Nothing is shown before its entry is durable
//! ([`Ledger::write`]), and many that wait become durable together.
//!
//! Each entry has the hash of the one before it, so that the last one vouches for all; and the clinic's commits say how far the trail has
//! come ([`Mark`]), with a commit of their own when there is no change for a while. A trail that somebody has removed or shortened is
//! noticed by the next start.
//!
//! What somebody does again within a minute has no entry of its own: it is counted, and the count becomes one entry when the minute is
//! over. So the trail grows with what people do, not with how often a console asks.

mod ledger;
mod mark;
mod open;
mod repeats;
mod times;
pub(crate) mod vouch;
mod writer;

use jiff::Timestamp;
use treadwell_clinic::id::KeyId;

pub(crate) use ledger::{Ledger, NotWritten};
pub(crate) use mark::Mark;
pub(crate) use open::{journal, known, look_for_gap, verify_in};

/// The folder of the trail, within the data folder.
pub(crate) const FOLDER: &str = "audit";

#[cfg(test)]
mod tests;

/// Something that somebody did, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When, by the clinic's clock.
    pub(crate) at: Timestamp,
    /// Who; nobody who is known, when no good key was shown.
    pub(crate) key: Option<KeyId>,
    /// From where; empty when that is not known.
    pub(crate) address: String,
    /// What.
    pub(crate) deed: Deed,
    /// So many more of the same followed within a minute.
    pub(crate) more: u64,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    /// A client's health record was shown.
    Read {
        /// Whose, by the id.
        client: String,
        /// What of it.
        what: String,
        /// Why, in the caller's words; empty when that was not said.
        reason: String,
    },
    /// Somebody was not let in.
    Refused {
        /// Why.
        why: String,
    },
    /// Somebody opened a session with a passphrase.
    SignedIn,
    /// Somebody closed a session.
    SignedOut,
    /// Somebody did something with the server itself.
    Upkeep {
        /// What.
        what: String,
        /// The id of what it was done to; empty when that is the server.
        about: String,
        /// Why, in the caller's words; empty when that was not said.
        reason: String,
    },
    /// Something was written about an entry, or a change.
    Annotated {
        /// The id of what it is about.
        about: String,
        /// Whom that is about, by the id; empty when it is not one client who is on file.
        client: String,
        /// What. Empty when it went with the client.
        text: String,
    },
    /// The trail was found shorter than the clinic's commits say, or another one.
    Gap {
        /// What is missing.
        what: String,
    },
}

impl Deed {
    /// Whether doing it again is the same thing once more.
    const fn repeats(&self) -> bool {
        !matches!(
            self,
            Self::Upkeep { .. } | Self::Annotated { .. } | Self::Gap { .. }
        )
    }
}
