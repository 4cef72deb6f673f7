use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::id::{KeyId, SiteId, TherapistId};

/// What one person, integration or display identifies itself with.
///
/// The secret itself is nowhere in the clinic, only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's id.
    pub id: KeyId,
    /// The hash of the secret.
    pub hash: KeyHash,
    /// Whom or what it names.
    pub name: String,
    /// What its holder is.
    pub role: Role,
    /// Where its holder may act.
    pub sites: Sites,
    /// The therapist that its holder is, if any.
    pub therapist: Option<TherapistId>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it no longer opens anything; `None` when it does not expire.
    pub expires: Option<Timestamp>,
    /// When it was revoked, once it was.
    pub revoked: Option<Timestamp>,
    /// What is kept of the passphrase with which its holder may sign in instead, if there is one.
    pub passphrase: Option<PassphraseHash>,
}

impl Key {
    /// Whether the key opens anything at an instant.
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| at < end)
    }
}

/// The hash of a key's secret. It is not shown in debug output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

/// What is kept of a passphrase: its hash, with its salt and how it was made, as a PHC string. It is not shown in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct PassphraseHash(pub Arc<str>);

impl fmt::Debug for PassphraseHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseHash(..)")
    }
}

/// What the holder of a key is. What each may do stands in the server's access table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The clinic's owner.
    Owner,
    /// A manager.
    Manager,
    /// The front desk.
    FrontDesk,
    /// A therapist.
    Therapist,
    /// A program.
    Integration,
    /// A display on a wall.
    Wallboard,
}

impl Role {
    /// Whether a person at the clinic holds the key, who goes on with what a colleague began.
    pub const fn is_person(self) -> bool {
        match self {
            Self::Owner | Self::Manager | Self::FrontDesk | Self::Therapist => true,
            Self::Integration | Self::Wallboard => false,
        }
    }
}

/// At which sites somebody may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sites {
    /// At every site, also at later ones.
    All,
    /// At these.
    Only(BTreeSet<SiteId>),
}

impl Sites {
    /// Whether `site` is one of them.
    pub fn allow(&self, site: SiteId) -> bool {
        match self {
            Self::All => true,
            Self::Only(sites) => sites.contains(&site),
        }
    }

    /// Whether something that belongs to the sites `at` is in sight: one of them is among these, or there are none, because it
    /// belongs to the clinic as a whole.
    pub fn see(&self, at: &[SiteId]) -> bool {
        at.is_empty() || at.iter().any(|&site| self.allow(site))
    }

    /// The sites by name; none when it is all of them.
    pub fn named(&self) -> Vec<SiteId> {
        match self {
            Self::All => Vec::new(),
            Self::Only(sites) => sites.iter().copied().collect(),
        }
    }
}
