use jiff::civil::Date;

use super::Revision;
use crate::id::{CredentialId, TherapistId, TrainingId};
use crate::model::Learned;

/// See [`super::Command::Renew`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renew {
    /// Whose.
    pub therapist: TherapistId,
    /// What of theirs.
    pub what: Renewed,
    /// Its new number; empty when that stays.
    pub number: String,
    /// The last local date on which it is valid from now on; later than the one so far.
    pub expires: Date,
    /// The therapist's; see [`super::Command`].
    pub etag: Option<Revision>,
}

/// What is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// A credential, which they hold or held.
    Credential(CredentialId),
    /// The registration with an association.
    Registration,
}

/// See [`super::Command::PutTraining`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutTraining {
    /// Which entry to correct; `None` makes one.
    pub training: Option<TrainingId>,
    /// What is entered.
    pub what: Learned,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}
