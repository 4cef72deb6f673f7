//! A naive judge: it asks, for every day the event may have been on, whether
//! that day would exclude, with a calendar of its own.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::cells::Mask;
use crate::model::{Effect, Rule, Window};
use crate::time::Cell;

fn days_in(year: i16, month: i8) -> i8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn add_months(day: Date, months: u16) -> Date {
    let (mut year, mut month) = (day.year(), day.month());
    for _ in 0..months {
        month += 1;
        if month == 13 {
            (year, month) = (year + 1, 1);
        }
    }
    date(year, month, day.day().min(days_in(year, month)))
}

fn add_days(mut day: Date, days: u16) -> Date {
    for _ in 0..days {
        day = day.tomorrow().expect("not at the end of time");
    }
    day
}

/// Whether an event that may have been on `day` excludes at `at`.
fn day_excludes(window: Window, day: Date, instant: Option<Timestamp>, at: Timestamp) -> bool {
    let zone = halifax();
    let local_day = zone.local(at).date();
    let begun = instant.map_or(local_day >= day, |instant| at >= instant);
    begun
        && match window {
            Window::Months(n) => local_day < add_months(day, n),
            Window::Weeks(n) => local_day < add_days(day, 7 * n),
            Window::Hours(n) => {
                let latest = instant.unwrap_or_else(|| zone.start_of(add_days(day, 1)));
                at < latest + SignedDuration::from_hours(i64::from(n))
            }
            Window::Ever | Window::WhilePresent => true,
        }
}

/// Whether the event excludes at `at`; none when its date decides and is unknown.
fn excludes(window: Window, when: When, at: Timestamp) -> Option<bool> {
    if matches!(window, Window::Ever | Window::WhilePresent) {
        return None;
    }
    match when {
        When::Unknown => None,
        When::Date(day) => Some(day_excludes(window, day, None, at)),
        When::Instant(instant) => Some(day_excludes(
            window,
            halifax().local(instant).date(),
            Some(instant),
            at,
        )),
        When::Month { year, month } => {
            // A month of an unknown day: excluded from its first to what follows its last.
            let first_begun = halifax().local(at).date() >= date(year, month, 1);
            let last = date(year, month, days_in(year, month));
            let ended = halifax().local(at).date() >= last && !day_excludes(window, last, None, at);
            Some(first_begun && !ended)
        }
    }
}

#[derive(Clone, Debug)]
struct Case {
    rules: RuleSet,
    answers: Vec<Option<(Answer, Timestamp)>>,
    validity: u16,
    at: Timestamp,
}

/// What the oracle says, without an until: it is tested by what it claims.
fn naive(case: &Case, at: Timestamp) -> &'static str {
    let mut worst = 0;
    let rules = case.rules.rules.iter().zip(&case.answers);
    for (rule, answer) in rules.filter(|(rule, _)| rule.effect != Effect::Caution) {
        let Some((answer, asked)) = answer else {
            worst = worst.max(2);
            continue;
        };
        let asked_on = halifax().local(*asked).date();
        if halifax().local(at).date() >= add_months(asked_on, case.validity) {
            worst = worst.max(2);
        }
        if let Answer::Yes(when) = answer {
            worst = worst.max(match rule.effect {
                Effect::Caution => 0,
                Effect::Review => 1,
                Effect::Exclude(window) => match excludes(window, *when, at) {
                    None => 4,
                    Some(true) => 3,
                    Some(false) => 0,
                },
            });
        }
    }
    ["clear", "review", "ask", "until", "excluded"][worst]
}

fn declaration(case: &Case) -> Declaration {
    let mut declaration = declared(&case.rules, &[], case.at);
    declaration.answers = case
        .rules
        .rules
        .iter()
        .zip(&case.answers)
        .filter_map(|(rule, answer)| {
            answer.map(|(answer, asked_at)| Answered {
                condition: rule.condition,
                answer,
                asked_at,
            })
        })
        .collect();
    declaration
        .answers
        .sort_by_key(|answered| answered.condition);
    declaration
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // 2026-06 to 2028-12, in minutes, so that DST and a leap day are inside.
    (1_780_000_000i64..1_860_000_000)
        .prop_map(|second| Timestamp::from_second(second / 60 * 60).expect("in range"))
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        1 => Just(When::Unknown),
        3 => instant().prop_map(|at| When::Date(halifax().local(at).date())),
        2 => instant().prop_map(When::Instant),
        2 => instant().prop_map(|at| {
            let day = halifax().local(at).date();
            When::Month { year: day.year(), month: day.month() }
        }),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        1 => Just(Effect::Caution),
        1 => Just(Effect::Review),
        1 => Just(Effect::Exclude(Window::Ever)),
        4 => (0..20u16).prop_map(|n| Effect::Exclude(Window::Months(n))),
        3 => (0..30u16).prop_map(|n| Effect::Exclude(Window::Weeks(n))),
        3 => (0..200u16).prop_map(|n| Effect::Exclude(Window::Hours(n))),
    ]
}

fn answer() -> impl Strategy<Value = Option<(Answer, Timestamp)>> {
    prop_oneof![
        1 => Just(None),
        6 => (instant(), prop_oneof![2 => Just(Answer::No), 3 => when().prop_map(Answer::Yes)])
            .prop_map(|(asked, answer)| Some((answer, asked))),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (
        prop::collection::vec((effect(), answer()), 1..5),
        10..30u16,
        instant(),
    )
        .prop_map(|(rows, validity, at)| {
            let mut rules = RuleSet::general();
            rules.rules = rows
                .iter()
                .enumerate()
                .map(|(n, (effect, _))| Rule {
                    condition: condition(&format!("condition-{n}")),
                    question: String::new(),
                    effect: *effect,
                })
                .collect();
            Case {
                rules,
                answers: rows.into_iter().map(|(_, answer)| answer).collect(),
                validity,
                at,
            }
        })
}

/// Whether some window excludes at `at`, whatever else there is.
fn in_a_window(case: &Case, at: Timestamp) -> bool {
    case.rules
        .rules
        .iter()
        .zip(&case.answers)
        .any(|(rule, answer)| match (rule.effect, answer) {
            (Effect::Exclude(window), Some((Answer::Yes(when), _))) => {
                excludes(window, *when, at) == Some(true)
            }
            _ => false,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_the_naive_judge(case in case()) {
        let declaration = declaration(&case);
        let zone = halifax();
        let screening = evaluate(&case.rules, Some(&declaration), &zone, case.validity, case.at);
        let shown = show(&screening.outcome);
        prop_assert_eq!(shown.split(' ').next(), Some(naive(&case, case.at)), "{:?}", screening);
        if let Outcome::ExcludedUntil(eligible) = screening.outcome {
            let end = eligible.instant(&zone);
            prop_assert!(end > case.at);
            prop_assert!(!in_a_window(&case, end), "still excluded at {end}");
            // It is the earliest: every midnight before it, and the second before it, lie in a window.
            prop_assert!(in_a_window(&case, end - SignedDuration::from_secs(1)));
            let mut midnight = zone.end_of(zone.local(case.at).date());
            while midnight < end {
                prop_assert!(in_a_window(&case, midnight), "already eligible at {midnight}");
                midnight = zone.end_of(zone.local(midnight).date());
            }
        }
    }

    #[test]
    fn refused_cells_are_those_whose_outcome_refuses(case in case()) {
        let declaration = declaration(&case);
        let findings = Findings::new(&case.rules, Some(&declaration), &halifax(), case.validity);
        let base = Cell::containing(case.at);
        let refused = findings.refused(base);
        for bit in 0..Mask::CELLS {
            let outcome = findings.at(base.plus_cells(bit).timestamp()).outcome;
            prop_assert_eq!(refused.has(bit), outcome.refuses_barefoot(), "cell {}", bit);
        }
    }
}
