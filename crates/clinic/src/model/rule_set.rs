use super::Mark;
use crate::id::{ConditionId, RuleSetId};

/// The screening rules for one kind of work.
///
/// The rules are data that a manager edits; every edit raises the version, and judgements name the
/// version they were made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The rule set's id.
    pub id: RuleSetId,
    /// The version, from 1.
    pub version: u32,
    /// One rule for each condition, in the order in which they are asked.
    pub rules: Vec<Rule>,
}

/// What one condition means for the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The condition.
    pub condition: ConditionId,
    /// The question put to the client.
    pub question: String,
    /// What a "yes" leads to.
    pub effect: Effect,
}

/// What a "yes" leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The client is excluded from the work for a time.
    Exclude(Window),
    /// A therapist decides before the session starts.
    Review,
    /// The therapist is shown it. It refuses nothing and asks for no decision, answered or not.
    Caution,
}

/// A rule set as it was from one edit to the next. Kept for good: judgements name the version they were made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetVersion {
    /// The rule set, with the version.
    pub rule_set: RuleSet,
    /// Who edited it so, and when. None for one that was there before versions were kept, which is known by its successor.
    pub edited: Option<Mark>,
}

/// For how long a condition excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Any history excludes.
    Ever,
    /// Excludes as long as the condition is present or ongoing.
    WhilePresent,
    /// Excludes until the same local date this many calendar months after the event.
    Months(u16),
    /// Excludes until the same weekday this many weeks after the event.
    Weeks(u16),
    /// Excludes until this many elapsed hours after the event.
    Hours(u16),
}

impl Window {
    /// Whether the date of the event matters, so that it has to be asked for.
    pub const fn is_dated(self) -> bool {
        matches!(self, Self::Months(_) | Self::Weeks(_) | Self::Hours(_))
    }
}

/// The conditions of the clinic's published exclusions, their questions and windows.
const EXCLUSIONS: [(&str, &str, Window); 11] = [
    (
        "breast-implants",
        "Do you have breast implants? When was the surgery?",
        Window::Months(9),
    ),
    (
        "joint-surgery",
        "Have you had major joint surgery? When?",
        Window::Weeks(6),
    ),
    (
        "eye-procedure",
        "Have you had an eye procedure or LASIK? When, at what time?",
        Window::Hours(72),
    ),
    (
        "tuberculosis",
        "Have you ever had tuberculosis?",
        Window::Ever,
    ),
    (
        "thrombosis",
        "Have you ever had a thrombosis?",
        Window::Ever,
    ),
    (
        "kidney-disorder",
        "Do you have an ongoing kidney disorder?",
        Window::WhilePresent,
    ),
    (
        "fracture",
        "Have you had a rib or any other bone fracture or break? When?",
        Window::Months(6),
    ),
    ("phlebitis", "Do you have phlebitis?", Window::WhilePresent),
    (
        "cellulitis",
        "Do you have cellulitis?",
        Window::WhilePresent,
    ),
    (
        "spondylolisthesis",
        "Do you have spondylolisthesis?",
        Window::WhilePresent,
    ),
    (
        "osteoporosis",
        "Do you have osteoporosis?",
        Window::WhilePresent,
    ),
];

impl RuleSet {
    /// Whether an answer about a condition leads to something: a rule is about it, and it is no mere caution.
    pub fn decides_by(&self, condition: ConditionId) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| rule.condition == condition && rule.effect != Effect::Caution)
    }

    /// The rules for barefoot work, version 1: the exclusions for ashiatsu as the clinic of
    /// Halifax and Dartmouth publishes them.
    pub fn barefoot() -> Self {
        Self::shipped("barefoot", Effect::Exclude)
    }

    /// The rules for every other work, version 1: no source calls it safe with these conditions,
    /// so each "yes" asks for a therapist's review.
    pub fn general() -> Self {
        Self::shipped("general", |_| Effect::Review)
    }

    fn shipped(id: &str, effect: impl Fn(Window) -> Effect) -> Self {
        let rules = EXCLUSIONS
            .iter()
            .map(|&(condition, question, window)| Rule {
                condition: ConditionId::parse(condition).expect("a shipped condition is a slug"),
                question: question.to_owned(),
                effect: effect(window),
            })
            .collect();
        Self {
            id: RuleSetId::parse(id).expect("a shipped rule set's name is a slug"),
            version: 1,
            rules,
        }
    }
}
