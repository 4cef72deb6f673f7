use jiff::civil::{Date, date};

use super::kept_until;
use crate::model::Policy;

/// Born, first on file, last visit, and until when the records are kept by the shipped figures.
const TABLE: &[(Option<Date>, Date, Date, Date)] = &[
    // Grown up: ten years after the last visit.
    (
        Some(date(1980, 5, 1)),
        date(2015, 1, 10),
        date(2016, 3, 1),
        date(2026, 3, 1),
    ),
    // A child at the last visit: ten years after the eighteenth birthday.
    (
        Some(date(2010, 6, 15)),
        date(2018, 1, 1),
        date(2019, 2, 2),
        date(2038, 6, 15),
    ),
    // Eighteen on the very day of the last visit.
    (
        Some(date(2001, 3, 1)),
        date(2018, 1, 1),
        date(2019, 3, 1),
        date(2029, 3, 1),
    ),
    // The birthday one day after the last visit is the later one.
    (
        Some(date(2001, 3, 2)),
        date(2018, 1, 1),
        date(2019, 3, 1),
        date(2029, 3, 2),
    ),
    // Nobody knows when they were born: on the day on which they came on file, for all one knows.
    (None, date(2015, 1, 10), date(2016, 3, 1), date(2043, 1, 10)),
    (None, date(2000, 1, 10), date(2025, 3, 1), date(2035, 3, 1)),
    // A last visit on a leap day; ten years later there is none, and eight more later there is.
    (
        Some(date(1980, 5, 1)),
        date(2015, 1, 10),
        date(2016, 2, 29),
        date(2026, 3, 1),
    ),
    // Born on a leap day: of age on 1 March 2026, and ten years after that.
    (
        Some(date(2008, 2, 29)),
        date(2018, 1, 1),
        date(2019, 3, 1),
        date(2036, 3, 1),
    ),
];

#[test]
fn records_are_kept_by_calendar_arithmetic() {
    for &(born, first, last, until) in TABLE {
        let found = kept_until(&Policy::default(), born, first, last);
        assert_eq!(
            found, until,
            "born {born:?}, on file from {first}, last {last}"
        );
    }
}

#[test]
fn the_figures_are_the_policys() {
    let policy = Policy {
        retention_years: 2,
        retention_age: 20,
        ..Policy::default()
    };
    let (first, last) = (date(2020, 1, 1), date(2026, 4, 5));
    let until = |born| kept_until(&policy, Some(born), first, last);
    assert_eq!(until(date(1990, 1, 1)), date(2028, 4, 5));
    // 2028 has a 29 February, and 2030 has none.
    assert_eq!(until(date(2008, 2, 29)), date(2030, 3, 1));
    assert_eq!(until(date(2006, 4, 6)), date(2028, 4, 6));
}

#[test]
fn more_is_never_kept_shorter() {
    let policy = Policy::default();
    let days = (0..1_500).map(|day| date(2004, 1, 1).saturating_add(jiff::Span::new().days(day)));
    let last = date(2010, 2, 28);
    let kept: Vec<Date> = days
        .map(|born| kept_until(&policy, Some(born), born, last))
        .collect();
    assert!(kept.is_sorted(), "a later birth is kept as long or longer");
}
