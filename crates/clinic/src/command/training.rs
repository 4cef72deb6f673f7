use jiff::civil::Date;

use super::Revision;
use crate::id::{CredentialId, TherapistId, TrainingId};
use crate::model::TrainingKind;

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

/// See [`super::Command::PutTraining`]. The fields are those of [`crate::model::Training`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutTraining {
    /// Which entry to correct; `None` makes one.
    pub training: Option<TrainingId>,
    /// Who took part.
    pub participants: Vec<TherapistId>,
    /// What it was.
    pub kind: TrainingKind,
    /// What it was called.
    pub title: String,
    /// Who gave it, or empty.
    pub provider: String,
    /// What it was about, or empty.
    pub subject: String,
    /// The first local date.
    pub first: Date,
    /// The last one.
    pub last: Date,
    /// How long it took each of them, in minutes.
    pub minutes: u32,
    /// Whether it counts as continuing education.
    pub education: bool,
    /// Where it is proven, or empty.
    pub certificate: String,
    /// A note, or empty.
    pub note: String,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}
