use std::sync::Arc;

use jiff::Timestamp;

use crate::id::{Ids, KeyId, TherapistId};
use crate::model::{Role, Sites};

/// The number of a commit: dense, from 1. 0 is the empty clinic.
pub type Revision = u64;

/// In what circumstances a command is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The time.
    pub now: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// Fresh ids: those of the commit that the decision will become.
    pub ids: Ids,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The key that was shown.
    pub key: KeyId,
    /// Whom or what it names.
    pub name: Arc<str>,
    /// What its holder is.
    pub role: Role,
    /// Where its holder may act.
    pub sites: Sites,
    /// The therapist that its holder is, if any.
    pub therapist: Option<TherapistId>,
}

impl Actor {
    /// The server itself: it expires holds, judges again, and creates the first key.
    pub fn system() -> Self {
        Self {
            key: Self::SYSTEM,
            name: "system".into(),
            role: Role::Owner,
            sites: Sites::All,
            therapist: None,
        }
    }

    /// The id under which the server itself acts. No key that is created ever has it.
    pub const SYSTEM: KeyId = KeyId::new(0);
}
