//! The exclusion table, row by row.

use super::*;

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
