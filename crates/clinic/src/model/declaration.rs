use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{ClientId, ConditionId, DeclarationId, KeyId};

/// What a client declared about their health, at one time.
///
/// A client's current declaration is the latest one; earlier ones stay for the audit. A condition
/// without an answer was not asked about, and that is never a "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The declaration's id.
    pub id: DeclarationId,
    /// Whose health it is about.
    pub client: ClientId,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: KeyId,
    /// The answers, ordered by condition, at most one for each.
    pub answers: Vec<Answered>,
}

impl Declaration {
    /// The answer for a condition, or `None` when it was not asked.
    pub fn answer(&self, condition: ConditionId) -> Option<&Answered> {
        self.answers
            .binary_search_by_key(&condition, |answered| answered.condition)
            .ok()
            .map(|at| &self.answers[at])
    }
}

/// An answer, and when it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The condition asked about.
    pub condition: ConditionId,
    /// What the client answered.
    pub answer: Answer,
    /// When the client answered. An answer grows old by itself: completing a declaration does not
    /// make its other answers young again.
    pub asked_at: Timestamp,
}

/// The answer to a question about a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client does not have the condition.
    No,
    /// The client has, or had, the condition.
    Yes(When),
}

/// When a condition's event (a surgery, a fracture) happened, as precisely as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Not known: it excludes until it is.
    Unknown,
    /// In this month; counted from its last day.
    Month {
        /// The year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// On this local date; counted from its end where the window is in hours.
    Date(Date),
    /// At this instant.
    Instant(Timestamp),
}
