//! Screening: what a client's declaration says about work at a given moment.
//!
//! A [`RuleSet`] and a [`Declaration`] give [`Findings`], which do not depend on
//! any moment: each says from when until when it holds. [`Findings::at`] is the
//! [`Screening`] at one moment, the appointment's start, never "today".
//!
//! Nothing here decides what an outcome means for a booking (`rules` does), and
//! nothing here knows who may see the reasons (the server does).

use jiff::Timestamp;

use crate::id::ConditionId;
use crate::model::{Declaration, Eligible, Outcome, RuleSet, Screening, Verdict};
use crate::time::Zone;

mod changes;
mod findings;
mod preview;
#[cfg(test)]
mod tests;

pub use changes::{AnswerChange, ceases, changes};
pub use findings::Findings;
pub use preview::{OutcomeChange, Preview, RuleChange, preview};

/// Judges a client's declaration by a rule set, for work that starts at `at` in
/// the site's `zone`. Answers count for `validity_months` calendar months from
/// the local date on which they were given; no declaration is one in which
/// nothing has been asked.
pub fn evaluate(
    rules: &RuleSet,
    declaration: Option<&Declaration>,
    zone: &Zone,
    validity_months: u16,
    at: Timestamp,
) -> Screening {
    Findings::new(rules, declaration, zone, validity_months).at(at)
}

/// What a client whose barefoot work screening refuses may have instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// The same work from the first eligible date or instant on.
    SameWork(Eligible),
    /// Work of another modality, subject to a therapist's review.
    OtherWork,
}

impl Outcome {
    /// Whether the work is excluded, for a time or for good.
    pub const fn is_excluded(&self) -> bool {
        matches!(self, Self::Excluded | Self::ExcludedUntil(_))
    }

    /// Whether this outcome refuses the booking of barefoot work: excluded or
    /// incomplete.
    pub const fn refuses_barefoot(&self) -> bool {
        matches!(
            self,
            Self::Excluded | Self::ExcludedUntil(_) | Self::Incomplete { .. }
        )
    }

    /// What the client may have instead of barefoot work; nothing where that is not refused.
    pub fn alternatives(&self) -> Vec<Alternative> {
        match self {
            Self::Excluded | Self::Incomplete { .. } => vec![Alternative::OtherWork],
            Self::ExcludedUntil(from) => vec![Alternative::SameWork(*from), Alternative::OtherWork],
            Self::Clear | Self::NeedsReview => Vec::new(),
        }
    }
}

impl Screening {
    /// The conditions to ask the client about (again), in the rule set's order:
    /// not asked, asked too long ago, or lacking a date. It does not say which of
    /// these, so that it tells nobody an answer.
    pub fn unanswered(&self) -> Vec<ConditionId> {
        let mut unanswered = Vec::new();
        for reason in &self.reasons {
            let asks = matches!(
                reason.verdict,
                Verdict::NotAsked | Verdict::Outdated | Verdict::DateUnknown
            );
            // Both findings about one condition follow each other.
            if asks && unanswered.last() != Some(&reason.condition) {
                unanswered.push(reason.condition);
            }
        }
        unanswered
    }
}

impl Eligible {
    /// The instant from which on the client is eligible, at a site in `zone`.
    pub fn instant(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Date(date) => zone.start_of(date),
            Self::Instant(instant) => instant,
        }
    }
}
