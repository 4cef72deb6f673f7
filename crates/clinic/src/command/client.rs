//! What is asked about clients and their health.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Revision, Step};
use crate::id::{ClientId, ConditionId, TherapistId};
use crate::model::{Answer, ReviewDecision};

/// See [`super::Command::CreateClient`]. The fields are those of [`crate::model::Client`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewClient {
    /// The client's name.
    pub name: String,
    /// The telephone number, or empty.
    pub phone: String,
    /// The e-mail address, or empty.
    pub email: String,
    /// The date of birth, where known.
    pub born: Option<Date>,
    /// The therapist whom the client asks for.
    pub preferred: Option<TherapistId>,
    /// A note for the desk, or empty.
    pub note: String,
}

/// A field that an update may leave alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field stays.
    #[default]
    Keep,
    /// The field becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// The field after the update.
    pub fn onto(self, field: &mut T) {
        if let Self::Set(value) = self {
            *field = value;
        }
    }
}

/// See [`super::Command::UpdateClient`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateClient {
    /// Which client.
    pub client: ClientId,
    /// The name.
    pub name: Patch<String>,
    /// The telephone number.
    pub phone: Patch<String>,
    /// The e-mail address.
    pub email: Patch<String>,
    /// The date of birth.
    pub born: Patch<Option<Date>>,
    /// The therapist whom the client asks for.
    pub preferred: Patch<Option<TherapistId>>,
    /// The note for the desk.
    pub note: Patch<String>,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}

/// See [`super::Command::RecordDeclaration`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDeclaration {
    /// Who declares.
    pub client: ClientId,
    /// The answers, at most one for each condition.
    pub answers: Vec<(ConditionId, Answer)>,
    /// What becomes of earlier answers.
    pub earlier: EarlierAnswers,
    /// When the client answered, if not just now (a form filled in at home).
    pub asked_at: Option<Timestamp>,
}

/// What becomes of a client's earlier answers when a new declaration is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierAnswers {
    /// Conditions without a new answer keep the earlier one, with its age.
    Keep,
    /// The declaration stands by itself.
    Drop,
}

/// See [`super::Command::ReviewScreening`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewScreening {
    /// The appointment.
    pub step: Step,
    /// The decision.
    pub decision: ReviewDecision,
    /// The therapist's note; not empty when the session is modified.
    pub note: String,
}
