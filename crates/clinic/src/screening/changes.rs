//! What a declaration says that the one before it did not, and how long it is good.

use jiff::civil::Date;

use crate::id::ConditionId;
use crate::model::{Answer, Declaration, RuleSet};
use crate::time::{Zone, months_after};

/// A condition about which two declarations differ. Health information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerChange {
    /// The condition.
    pub condition: ConditionId,
    /// What was answered before; none when it was not asked.
    pub before: Option<Answer>,
    /// What is answered; none when it is not asked any more.
    pub after: Option<Answer>,
}

/// How a declaration differs from the one before it, by condition. That the same was answered again is no difference.
pub fn changes(before: Option<&Declaration>, after: &Declaration) -> Vec<AnswerChange> {
    let answers = |of: &Declaration| of.answers.iter().map(|it| it.condition).collect::<Vec<_>>();
    let mut conditions = before.map(answers).unwrap_or_default();
    conditions.extend(answers(after));
    conditions.sort_unstable();
    conditions.dedup();
    let change = |condition| AnswerChange {
        condition,
        before: before
            .and_then(|it| it.answer(condition))
            .map(|it| it.answer),
        after: after.answer(condition).map(|it| it.answer),
    };
    let all = conditions.into_iter().map(change);
    all.filter(|it| it.before != it.after).collect()
}

/// The first local date on which an answer of a declaration has become too old, of those that rules without which the
/// work may not begin ask about; of all answers without rules. None when there is none.
pub fn ceases(
    declaration: &Declaration,
    rules: Option<&RuleSet>,
    zone: &Zone,
    validity_months: u16,
) -> Option<Date> {
    let counts = |condition: ConditionId| match rules {
        None => true,
        Some(rules) => rules.decides_by(condition),
    };
    let counting = declaration.answers.iter();
    let asked = counting
        .filter(|it| counts(it.condition))
        .map(|it| it.asked_at);
    let oldest = asked.min()?;
    Some(months_after(zone.local(oldest).date(), validity_months))
}
