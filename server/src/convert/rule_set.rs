//! Screening rules.

use treadwell_api::v1;
use treadwell_api::v1::rule::Effect as Shown;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Effect, Rule, RuleSet, Window};
use treadwell_clinic::screening::RuleChange;

use super::fields::Fields;
use super::values;

/// The longest window of each unit: twenty years, or a thousand hours.
const MONTHS: i64 = 240;
const WEEKS: i64 = 1_040;
const HOURS: i64 = 1_000;

/// Reads a rule set. Its version is read as it stands; the clinic sets the next one by itself.
pub fn read(rule_set: &v1::RuleSet, f: &mut Fields<'_>) -> Option<RuleSet> {
    let id = f.id("id", &rule_set.id);
    let version = f.number("version", rule_set.version, 0..=i64::from(i32::MAX));
    let rules = read_rules(&rule_set.rules, f);
    Some(RuleSet {
        id: id?,
        version: version?,
        rules: rules?,
    })
}

fn read_rules(rules: &[v1::Rule], f: &mut Fields<'_>) -> Option<Vec<Rule>> {
    f.count("rules", rules.len(), 0..=limits::RULES)?;
    let mut read: Vec<Rule> = Vec::with_capacity(rules.len());
    for (at, rule) in rules.iter().enumerate() {
        let mut f = f.item("rules", at);
        let condition = f.id("condition_id", &rule.condition_id);
        let question = f.text("question", &rule.question, 1..=limits::REASON_CHARS);
        let effect = read_effect(rule.effect.as_ref(), &mut f);
        let (Some(condition), Some(question), Some(effect)) = (condition, question, effect) else {
            continue;
        };
        if read.iter().any(|other| other.condition == condition) {
            f.wrong::<()>("condition_id", "is there twice");
        }
        read.push(Rule {
            condition,
            question,
            effect,
        });
    }
    (read.len() == rules.len()).then_some(read)
}

fn read_effect(effect: Option<&Shown>, f: &mut Fields<'_>) -> Option<Effect> {
    match f.required("effect", effect)? {
        Shown::ExcludedMonths(n) => {
            let months = f.number("excluded_months", *n, 1..=MONTHS)?;
            Some(Effect::Exclude(Window::Months(months)))
        }
        Shown::ExcludedWeeks(n) => {
            let weeks = f.number("excluded_weeks", *n, 1..=WEEKS)?;
            Some(Effect::Exclude(Window::Weeks(weeks)))
        }
        Shown::ExcludedHours(n) => {
            let hours = f.number("excluded_hours", *n, 1..=HOURS)?;
            Some(Effect::Exclude(Window::Hours(hours)))
        }
        Shown::ExcludedAlways(true) => Some(Effect::Exclude(Window::Ever)),
        Shown::ExcludedWhilePresent(true) => Some(Effect::Exclude(Window::WhilePresent)),
        Shown::Review(true) => Some(Effect::Review),
        Shown::Caution(true) => Some(Effect::Caution),
        Shown::ExcludedAlways(false) => f.wrong("excluded_always", "true, or another effect"),
        Shown::ExcludedWhilePresent(false) => {
            f.wrong("excluded_while_present", "true, or another effect")
        }
        Shown::Caution(false) => f.wrong("caution", "true, or another effect"),
        Shown::Review(false) => f.wrong("review", "true, or another effect"),
    }
}

/// Shows a rule set.
pub fn show(rule_set: &RuleSet, revision: Revision) -> v1::RuleSet {
    v1::RuleSet {
        id: rule_set.id.to_string(),
        version: i32::try_from(rule_set.version).unwrap_or(i32::MAX),
        name: values::title(rule_set.id.as_str()),
        rules: rule_set.rules.iter().map(show_rule).collect(),
        etag: values::etag(revision),
    }
}

/// Shows what an edit does to a rule.
pub fn show_change(change: &RuleChange) -> v1::RuleChange {
    v1::RuleChange {
        condition_id: change.condition.to_string(),
        before: change.before.as_ref().map(show_rule),
        after: change.after.as_ref().map(show_rule),
        weaker: change.weaker,
        stricter: change.stricter,
    }
}

fn show_rule(rule: &Rule) -> v1::Rule {
    v1::Rule {
        condition_id: rule.condition.to_string(),
        question: rule.question.clone(),
        effect: Some(match rule.effect {
            Effect::Review => Shown::Review(true),
            Effect::Caution => Shown::Caution(true),
            Effect::Exclude(Window::Ever) => Shown::ExcludedAlways(true),
            Effect::Exclude(Window::WhilePresent) => Shown::ExcludedWhilePresent(true),
            Effect::Exclude(Window::Months(n)) => Shown::ExcludedMonths(n.into()),
            Effect::Exclude(Window::Weeks(n)) => Shown::ExcludedWeeks(n.into()),
            Effect::Exclude(Window::Hours(n)) => Shown::ExcludedHours(n.into()),
        }),
    }
}
