use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{ConditionId, DeclarationId, RuleSetId};

/// The result of judging a client's declaration for one service at one time.
///
/// `reasons` are health information: they are for those who treat or manage, never for the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screening {
    /// The outcome, the worst that any rule led to.
    pub outcome: Outcome,
    /// What led to it, in the rule set's order; when clear no more than cautions and questions about them.
    pub reasons: Vec<Reason>,
    /// The rules that were applied.
    pub rule_set: RuleSetId,
    /// Their version.
    pub version: u32,
    /// The declaration that was judged, if the client has one.
    pub declaration: Option<DeclarationId>,
}

/// What screening says, from best to worst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing stands against the work.
    Clear,
    /// A therapist has to decide before the session starts.
    NeedsReview,
    /// Something was not asked, or was asked too long ago.
    Incomplete {
        /// What is to be asked, in the rule set's order.
        unanswered: Vec<ConditionId>,
    },
    /// Excluded, and eligible from then on.
    ExcludedUntil(Eligible),
    /// Excluded with no end in sight.
    Excluded,
}

/// An outcome without its date and questions, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// See [`Outcome::Clear`].
    Clear,
    /// See [`Outcome::NeedsReview`].
    NeedsReview,
    /// See [`Outcome::Incomplete`].
    Incomplete,
    /// See [`Outcome::ExcludedUntil`].
    ExcludedUntil,
    /// See [`Outcome::Excluded`].
    Excluded,
}

impl OutcomeKind {
    /// The stable code of the refusal or the flag that it leads to.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Clear | Self::NeedsReview => "SCREENING_NEEDS_REVIEW",
            Self::Incomplete => "SCREENING_INCOMPLETE",
            Self::ExcludedUntil => "SCREENING_EXCLUDED_UNTIL",
            Self::Excluded => "SCREENING_EXCLUDED",
        }
    }
}

impl Outcome {
    /// The outcome without its date and questions.
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Clear => OutcomeKind::Clear,
            Self::NeedsReview => OutcomeKind::NeedsReview,
            Self::Incomplete { .. } => OutcomeKind::Incomplete,
            Self::ExcludedUntil(_) => OutcomeKind::ExcludedUntil,
            Self::Excluded => OutcomeKind::Excluded,
        }
    }
}

/// From when on a client is eligible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eligible {
    /// From the beginning of this local date.
    Date(Date),
    /// From this instant.
    Instant(Timestamp),
}

/// One rule's part in an outcome. Health information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The condition that the rule is about.
    pub condition: ConditionId,
    /// What the rule alone led to.
    pub verdict: Verdict,
}

/// What one rule alone led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The therapist is to be shown it; it leads to nothing.
    Caution,
    /// A therapist has to decide.
    NeedsReview,
    /// The question was not asked.
    NotAsked,
    /// The question was asked too long ago.
    Outdated,
    /// Excluded for a time.
    ExcludedUntil(Eligible),
    /// Excluded because the date of the event is not known.
    DateUnknown,
    /// Excluded with no end in sight.
    Excluded,
}
