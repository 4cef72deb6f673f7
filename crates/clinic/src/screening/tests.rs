//! Each row of the exclusion table at its boundary, and an oracle that knows
//! none of the code above.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

use super::*;
use crate::id::{ClientId, DeclarationId, KeyId};
use crate::model::{Answer, Answered, When};

mod oracle;

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

/// Judges barefoot work for a client who said yes to one condition, at each local
/// time, by answers given ten days before it.
fn check(slug: &str, when: When, expected: &[(&str, &str)]) {
    let rules = RuleSet::barefoot();
    for (at, outcome) in expected {
        let at_instant = local(at);
        let asked = at_instant - jiff::SignedDuration::from_hours(240);
        let declaration = declared(&rules, &[(slug, when)], asked);
        let screening = evaluate(&rules, Some(&declaration), &halifax(), 12, at_instant);
        assert_eq!(
            show(&screening.outcome),
            *outcome,
            "{slug} {when:?} at {at}"
        );
        let reasons: Vec<_> = screening
            .reasons
            .iter()
            .map(|reason| reason.condition)
            .collect();
        let expected = if *outcome == "clear" {
            vec![]
        } else {
            vec![condition(slug)]
        };
        assert_eq!(reasons, expected, "{slug} at {at}");
    }
}

fn on(year: i16, month: i8, day: i8) -> When {
    When::Date(date(year, month, day))
}

#[test]
fn breast_implants_exclude_for_nine_months() {
    check(
        "breast-implants",
        on(2026, 4, 15),
        &[
            ("2026-04-14 23:55:00", "clear"),
            ("2026-04-15 00:00:00", "until 2027-01-15"),
            ("2027-01-14 23:55:00", "until 2027-01-15"),
            ("2027-01-14 23:59:59", "until 2027-01-15"),
            ("2027-01-15 00:00:00", "clear"),
        ],
    );
    // 31 May and 9 months: the month's end, in a leap year too.
    check(
        "breast-implants",
        on(2026, 5, 31),
        &[
            ("2027-02-27 23:55:00", "until 2027-02-28"),
            ("2027-02-28 00:00:00", "clear"),
        ],
    );
    check(
        "breast-implants",
        on(2027, 5, 31),
        &[
            ("2028-02-28 23:55:00", "until 2028-02-29"),
            ("2028-02-29 00:00:00", "clear"),
        ],
    );
}

#[test]
fn joint_surgery_excludes_for_six_weeks() {
    check(
        "joint-surgery",
        on(2027, 2, 1),
        &[
            ("2027-03-14 23:55:00", "until 2027-03-15"),
            ("2027-03-15 00:00:00", "clear"),
        ],
    );
    // Six weeks that hold a leap day.
    check(
        "joint-surgery",
        on(2028, 2, 1),
        &[
            ("2028-03-13 23:55:00", "until 2028-03-14"),
            ("2028-03-14 00:00:00", "clear"),
        ],
    );
}

#[test]
fn an_eye_procedure_excludes_for_72_elapsed_hours() {
    check(
        "eye-procedure",
        When::Instant(local("2027-01-04 10:20:00")),
        &[
            ("2027-01-04 10:19:00", "clear"),
            ("2027-01-04 10:20:00", "until 2027-01-07 10:20"),
            ("2027-01-07 10:19:59", "until 2027-01-07 10:20"),
            ("2027-01-07 10:20:00", "clear"),
        ],
    );
    // A bare date counts from the end of that day.
    check(
        "eye-procedure",
        on(2027, 1, 4),
        &[
            ("2027-01-03 23:59:00", "clear"),
            ("2027-01-04 00:00:00", "until 2027-01-08 00:00"),
            ("2027-01-07 23:59:00", "until 2027-01-08 00:00"),
            ("2027-01-08 00:00:00", "clear"),
        ],
    );
    // Elapsed hours, not wall-clock days: the clock jumps an hour on 14 March and back on 7 November.
    check(
        "eye-procedure",
        When::Instant(local("2027-03-12 10:00:00")),
        &[
            ("2027-03-15 10:59:00", "until 2027-03-15 11:00"),
            ("2027-03-15 11:00:00", "clear"),
        ],
    );
    check(
        "eye-procedure",
        When::Instant(local("2027-11-05 10:00:00")),
        &[
            ("2027-11-08 08:59:00", "until 2027-11-08 09:00"),
            ("2027-11-08 09:00:00", "clear"),
        ],
    );
    check(
        "eye-procedure",
        on(2027, 3, 13),
        &[
            ("2027-03-17 00:59:00", "until 2027-03-17 01:00"),
            ("2027-03-17 01:00:00", "clear"),
        ],
    );
}

#[test]
fn fractures_exclude_for_six_months() {
    check(
        "fracture",
        on(2026, 8, 31),
        &[
            ("2026-08-30 12:00:00", "clear"),
            ("2027-02-27 23:55:00", "until 2027-02-28"),
            ("2027-02-28 00:00:00", "clear"),
        ],
    );
    check(
        "fracture",
        on(2028, 2, 29),
        &[
            ("2028-08-28 23:55:00", "until 2028-08-29"),
            ("2028-08-29 00:00:00", "clear"),
        ],
    );
    // By the calendar, whatever the clock did in between.
    check(
        "fracture",
        on(2026, 9, 14),
        &[
            ("2027-03-13 23:59:00", "until 2027-03-14"),
            ("2027-03-14 00:00:00", "clear"),
        ],
    );
}

#[test]
fn any_history_excludes_for_ever() {
    for slug in ["tuberculosis", "thrombosis"] {
        for when in [
            When::Unknown,
            on(1950, 1, 1),
            When::Month {
                year: 1999,
                month: 2,
            },
        ] {
            check(
                slug,
                when,
                &[
                    ("2027-01-04 09:00:00", "excluded"),
                    ("2090-01-04 09:00:00", "excluded"),
                ],
            );
        }
    }
}

#[test]
fn what_is_present_excludes() {
    for slug in [
        "kidney-disorder",
        "phlebitis",
        "cellulitis",
        "spondylolisthesis",
        "osteoporosis",
    ] {
        for when in [When::Unknown, on(2020, 1, 1)] {
            check(slug, when, &[("2027-01-04 09:00:00", "excluded")]);
        }
    }
}

#[test]
fn a_month_counts_from_its_last_day() {
    check(
        "fracture",
        When::Month {
            year: 2026,
            month: 8,
        },
        &[
            ("2026-07-31 23:59:00", "clear"),
            ("2026-08-01 00:00:00", "until 2027-02-28"),
            ("2027-02-27 23:55:00", "until 2027-02-28"),
            ("2027-02-28 00:00:00", "clear"),
        ],
    );
    check(
        "eye-procedure",
        When::Month {
            year: 2027,
            month: 1,
        },
        &[
            ("2027-02-03 23:59:00", "until 2027-02-04 00:00"),
            ("2027-02-04 00:00:00", "clear"),
        ],
    );
    check(
        "joint-surgery",
        When::Month {
            year: 2028,
            month: 2,
        },
        &[
            ("2028-04-10 23:59:00", "until 2028-04-11"),
            ("2028-04-11 00:00:00", "clear"),
        ],
    );
}

#[test]
fn an_unknown_date_excludes_until_it_is_known() {
    for slug in [
        "breast-implants",
        "joint-surgery",
        "eye-procedure",
        "fracture",
    ] {
        check(slug, When::Unknown, &[("2027-01-04 09:00:00", "excluded")]);
        let rules = RuleSet::barefoot();
        let declaration = declared(
            &rules,
            &[(slug, When::Unknown)],
            local("2027-01-01 09:00:00"),
        );
        let screening = evaluate(
            &rules,
            Some(&declaration),
            &halifax(),
            12,
            local("2027-01-04 09:00:00"),
        );
        assert_eq!(screening.unanswered(), [condition(slug)]);
    }
}

#[test]
fn an_instant_counts_on_its_local_date() {
    // 01:00 UTC is still the evening before at Halifax.
    let when = When::Instant("2026-07-16T01:00:00Z".parse().expect("an instant"));
    check(
        "fracture",
        when,
        &[
            ("2026-07-15 21:59:00", "clear"),
            ("2026-07-15 22:00:00", "until 2027-01-15"),
            ("2027-01-14 23:55:00", "until 2027-01-15"),
            ("2027-01-15 00:00:00", "clear"),
        ],
    );
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
