//! What an edit does to a rule, against what screening then finds of somebody at each moment.

use jiff::ToSpan as _;

use super::*;
use crate::model::{Effect, Rule, Window};
use crate::screening::preview::rule_changes;

const THING: &str = "a-thing";

fn rules(effect: Option<Effect>) -> RuleSet {
    let rule = |effect| Rule {
        condition: condition(THING),
        question: "Is it so?".to_owned(),
        effect,
    };
    RuleSet {
        rules: effect.map(rule).into_iter().collect(),
        ..RuleSet::barefoot()
    }
}

/// Whether the edit is weaker and stricter, as it is told.
fn told(before: Option<Effect>, after: Option<Effect>) -> (bool, bool) {
    let changes = rule_changes(Some(&rules(before)), &rules(after));
    let flags = |it: &RuleChange| (it.weaker, it.stricter);
    changes.first().map_or((false, false), flags)
}

/// How much is said of somebody to whom it happened on this day, every six hours for the next thirteen months.
fn said(effect: Option<Effect>, day: Date) -> Vec<u8> {
    let rules = rules(effect);
    let asked = halifax().start_of(day);
    let declaration = Declaration {
        answers: vec![Answered {
            condition: condition(THING),
            answer: Answer::Yes(When::Date(day)),
            asked_at: asked,
        }],
        ..declared(&rules, &[], asked)
    };
    let findings = Findings::new(&rules, Some(&declaration), &halifax(), 1000);
    let times = (0..400 * 4).map(|step: i64| asked + (step * 6).hours());
    let level = |found: Screening| match found.outcome {
        Outcome::Clear => u8::from(!found.reasons.is_empty()),
        Outcome::NeedsReview => 2,
        _ => 3,
    };
    times.map(|at| level(findings.at(at))).collect()
}

/// Effects whose reach screening itself knows. What a question about the present asks is up to the client.
fn effects() -> Vec<Option<Effect>> {
    let windows = [
        Window::Ever,
        Window::Months(1),
        Window::Months(2),
        Window::Months(9),
        Window::Months(12),
        Window::Weeks(4),
        Window::Weeks(6),
        Window::Weeks(39),
        Window::Weeks(52),
        Window::Hours(65),
        Window::Hours(72),
        Window::Hours(700),
    ];
    let windows = windows.map(|window| Some(Effect::Exclude(window)));
    let others = [None, Some(Effect::Caution), Some(Effect::Review)];
    windows.into_iter().chain(others).collect()
}

#[test]
fn an_edit_is_weaker_if_and_only_if_somebody_is_told_less() {
    // Ends of long and of short months, in a leap year and before it.
    let days = [
        "2027-01-31",
        "2027-02-01",
        "2027-02-28",
        "2027-07-01",
        "2027-11-30",
        "2028-02-29",
    ];
    let days = days.map(|day| day.parse::<Date>().expect("a date"));
    let unit = |effect: Option<Effect>| match effect {
        Some(Effect::Exclude(window)) if window.is_dated() => Some(std::mem::discriminant(&window)),
        _ => None,
    };
    let said: Vec<Vec<Vec<u8>>> = effects()
        .into_iter()
        .map(|effect| days.iter().map(|&day| said(effect, day)).collect())
        .collect();
    for (before, was) in effects().into_iter().zip(&said) {
        for (after, is) in effects().into_iter().zip(&said) {
            let all = || was.iter().flatten().zip(is.iter().flatten());
            let found = (
                all().any(|(was, is)| is < was),
                all().any(|(was, is)| is > was),
            );
            let told = told(before, after);
            let units = unit(before).zip(unit(after));
            if units.is_some_and(|(one, other)| one != other) {
                // Of months and weeks that are about as long it is said that they may be either.
                let covers = (told.0 || !found.0) && (told.1 || !found.1);
                assert!(covers, "{before:?} -> {after:?}: {told:?}, found {found:?}");
            } else {
                assert_eq!(told, found, "{before:?} -> {after:?}");
            }
        }
    }
}

#[test]
fn what_is_asked_about_the_present_and_other_units() {
    use Window::{Ever, Hours, Months, Weeks, WhilePresent};
    let exclude = |window| Some(Effect::Exclude(window));
    for (before, after, weaker, stricter) in [
        (exclude(Ever), exclude(WhilePresent), true, false),
        (exclude(WhilePresent), exclude(Ever), false, true),
        (exclude(WhilePresent), exclude(Months(9)), true, true),
        (exclude(WhilePresent), Some(Effect::Caution), true, true),
        (exclude(WhilePresent), None, true, false),
        (None, exclude(WhilePresent), false, true),
        (exclude(Weeks(6)), exclude(Months(9)), false, true),
        (exclude(Months(9)), exclude(Weeks(6)), true, false),
        (exclude(Hours(72)), exclude(Weeks(2)), false, true),
        // From the first of February four weeks are a month.
        (exclude(Weeks(4)), exclude(Months(1)), true, true),
    ] {
        assert_eq!(
            told(before, after),
            (weaker, stricter),
            "{before:?} -> {after:?}"
        );
    }
}

#[test]
fn each_rule_that_does_not_stay_is_named() {
    let before = RuleSet::barefoot();
    let mut after = before.clone();
    let gone = after.rules.remove(3);
    after.rules[0].question = "Implants? Since when?".to_owned();
    after.rules[1].effect = Effect::Caution;
    after.rules.extend(rules(Some(Effect::Review)).rules);
    let changes = rule_changes(Some(&before), &after);
    let named: Vec<_> = changes
        .iter()
        .map(|it| (it.condition.as_str(), it.weaker, it.stricter))
        .collect();
    let expected = [
        ("tuberculosis", true, false),
        // Asked in other words: whether that is more or less nobody can say.
        ("breast-implants", false, false),
        ("joint-surgery", true, true),
        (THING, false, true),
    ];
    assert_eq!(named, expected);
    assert_eq!(
        (changes[0].before.as_ref(), &changes[0].after),
        (Some(&gone), &None)
    );
    assert_eq!(changes[3].before, None);
    assert_eq!(rule_changes(Some(&after), &after), []);
    assert_eq!(rule_changes(None, &before).len(), before.rules.len());
}
