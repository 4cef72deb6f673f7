use jiff::Timestamp;

use crate::id::{KeyId, TherapistId};
use crate::model::{KeyHash, PassphraseHash, Role, Sites};

/// See [`super::Command::CreateKey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateKey {
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
    /// From when on it opens nothing any more.
    pub expires: Option<Timestamp>,
}

/// See [`super::Command::SetPassphrase`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPassphrase {
    /// The key.
    pub key: KeyId,
    /// What is kept of the passphrase; `None` takes it away.
    pub passphrase: Option<PassphraseHash>,
}
