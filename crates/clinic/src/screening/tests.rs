//! What follows from several answers together. `table` has each row of the exclusion
//! table at its boundary; `oracle` knows none of the code above.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

use super::*;
use crate::id::{ClientId, DeclarationId, KeyId};
use crate::model::{Answer, Answered, When};

mod edits;
mod oracle;
mod table;

fn halifax() -> Zone {
    Zone::named("America/Halifax").expect("bundled")
}

/// A local time at Halifax, such as `2027-01-04 09:00:00`.
fn local(text: &str) -> Timestamp {
    let text: DateTime = text.parse().expect("a local date and time");
    halifax().instant(text.date(), text.time())
}

fn condition(slug: &str) -> ConditionId {
    ConditionId::parse(slug).expect("a slug")
}

/// A declaration that says no to everything but `yes`.
fn declared(rules: &RuleSet, yes: &[(&str, When)], asked_at: Timestamp) -> Declaration {
    let mut answers: Vec<Answered> = rules
        .rules
        .iter()
        .map(|rule| {
            let when = yes
                .iter()
                .find(|(slug, _)| condition(slug) == rule.condition);
            let answer = when.map_or(Answer::No, |&(_, when)| Answer::Yes(when));
            Answered {
                condition: rule.condition,
                answer,
                asked_at,
            }
        })
        .collect();
    answers.sort_by_key(|answered| answered.condition);
    Declaration {
        id: DeclarationId::new(1),
        client: ClientId::new(1),
        at: asked_at,
        by: KeyId::new(1),
        answers,
    }
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Clear => "clear".to_owned(),
        Outcome::NeedsReview => "review".to_owned(),
        Outcome::Incomplete { unanswered } => format!("ask {}", unanswered.len()),
        Outcome::ExcludedUntil(Eligible::Date(date)) => format!("until {date}"),
        Outcome::ExcludedUntil(Eligible::Instant(at)) => {
            format!("until {}", halifax().local(*at).strftime("%Y-%m-%d %H:%M"))
        }
        Outcome::Excluded => "excluded".to_owned(),
    }
}

fn on(year: i16, month: i8, day: i8) -> When {
    When::Date(date(year, month, day))
}

/// Judges a declaration with several yeses.
fn judge(rules: &RuleSet, yes: &[(&str, When)], asked: &str, at: &str) -> Screening {
    let declaration = declared(rules, yes, local(asked));
    evaluate(rules, Some(&declaration), &halifax(), 12, local(at))
}

#[test]
fn the_latest_window_counts_and_a_planned_one_that_joins_it() {
    let rules = RuleSet::barefoot();
    let two = [
        ("fracture", on(2026, 9, 1)),
        ("breast-implants", on(2026, 8, 1)),
    ];
    let screening = judge(&rules, &two, "2026-10-01 09:00:00", "2027-01-04 09:00:00");
    assert_eq!(show(&screening.outcome), "until 2027-05-01");
    assert_eq!(screening.reasons.len(), 2);
    // The fracture's window ends inside that of a surgery planned before its end.
    let joined = [
        ("fracture", on(2026, 9, 1)),
        ("joint-surgery", on(2027, 2, 20)),
    ];
    let screening = judge(
        &rules,
        &joined,
        "2026-10-01 09:00:00",
        "2027-01-04 09:00:00",
    );
    assert_eq!(show(&screening.outcome), "until 2027-04-03");
    assert_eq!(
        screening.outcome.alternatives(),
        [
            Alternative::SameWork(Eligible::Date(date(2027, 4, 3))),
            Alternative::OtherWork
        ]
    );
    // One planned for later does not.
    let apart = [
        ("fracture", on(2026, 9, 1)),
        ("joint-surgery", on(2027, 3, 20)),
    ];
    let screening = judge(&rules, &apart, "2026-10-01 09:00:00", "2027-01-04 09:00:00");
    assert_eq!(show(&screening.outcome), "until 2027-03-01");
}

#[test]
fn the_worst_outcome_wins() {
    let rules = RuleSet::barefoot();
    let both = [
        ("fracture", on(2026, 9, 1)),
        ("osteoporosis", When::Unknown),
    ];
    let screening = judge(&rules, &both, "2026-10-01 09:00:00", "2027-01-04 09:00:00");
    assert_eq!(screening.outcome, Outcome::Excluded);
    assert_eq!(screening.outcome.alternatives(), [Alternative::OtherWork]);
    let mut declaration = declared(&rules, &both[..1], local("2026-10-01 09:00:00"));
    declaration
        .answers
        .retain(|answered| answered.condition != condition("phlebitis"));
    let at = local("2027-01-04 09:00:00");
    let screening = evaluate(&rules, Some(&declaration), &halifax(), 12, at);
    assert_eq!(show(&screening.outcome), "until 2027-03-01");
    assert_eq!(screening.unanswered(), [condition("phlebitis")]);
    // Once the window is over, the question is what is left.
    let screening = evaluate(
        &rules,
        Some(&declaration),
        &halifax(),
        12,
        local("2027-03-01 00:00:00"),
    );
    assert_eq!(
        screening.outcome,
        Outcome::Incomplete {
            unanswered: vec![condition("phlebitis")]
        }
    );
    // Who does not want to answer may have other work all the same.
    assert_eq!(screening.outcome.alternatives(), [Alternative::OtherWork]);
}

#[test]
fn not_asked_is_not_no_and_answers_grow_old() {
    let rules = RuleSet::barefoot();
    let at = local("2027-01-04 09:00:00");
    let nothing = evaluate(&rules, None, &halifax(), 12, at);
    assert_eq!(show(&nothing.outcome), "ask 11");
    let order: Vec<_> = rules.rules.iter().map(|rule| rule.condition).collect();
    assert_eq!(nothing.unanswered(), order);
    let asked = "2026-03-31 23:59:00";
    for (at, outcome) in [
        ("2027-03-30 23:55:00", "clear"),
        ("2027-03-31 00:00:00", "ask 11"),
    ] {
        assert_eq!(
            show(&judge(&rules, &[], asked, at).outcome),
            outcome,
            "{at}"
        );
    }
    let asked = "2028-02-29 12:00:00";
    for (at, outcome) in [
        ("2029-02-27 23:55:00", "clear"),
        ("2029-02-28 00:00:00", "ask 11"),
    ] {
        assert_eq!(
            show(&judge(&rules, &[], asked, at).outcome),
            outcome,
            "{at}"
        );
    }
    // An old yes still excludes: in doubt the answer is the safe one.
    let old = judge(
        &rules,
        &[("phlebitis", When::Unknown)],
        asked,
        "2029-06-01 09:00:00",
    );
    assert_eq!(old.outcome, Outcome::Excluded);
    assert_eq!(old.unanswered().len(), 11);
}

#[test]
fn other_work_needs_review_for_any_yes() {
    let rules = RuleSet::general();
    for rule in &RuleSet::barefoot().rules {
        let yes = [(rule.condition.as_str(), on(1990, 1, 1))];
        let screening = judge(&rules, &yes, "2026-10-01 09:00:00", "2027-01-04 09:00:00");
        assert_eq!(
            screening.outcome,
            Outcome::NeedsReview,
            "{}",
            rule.condition
        );
    }
    let screening = judge(&rules, &[], "2026-10-01 09:00:00", "2027-01-04 09:00:00");
    assert_eq!(screening.outcome, Outcome::Clear);
}

#[test]
fn judged_in_the_zone_of_the_site() {
    let rules = RuleSet::barefoot();
    let declaration = declared(
        &rules,
        &[("fracture", on(2026, 7, 15))],
        local("2026-10-01 09:00:00"),
    );
    let at: Timestamp = "2027-01-15T04:00:00Z".parse().expect("midnight at Halifax");
    let vancouver = Zone::named("America/Vancouver").expect("bundled");
    assert_eq!(
        evaluate(&rules, Some(&declaration), &halifax(), 12, at).outcome,
        Outcome::Clear
    );
    let there = evaluate(&rules, Some(&declaration), &vancouver, 12, at);
    assert_eq!(show(&there.outcome), "until 2027-01-15");
}
