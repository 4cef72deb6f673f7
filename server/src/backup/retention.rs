//! Which backups are kept. Pure: it counts those that are there, and asks no clock, so that one that has jumped removes nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::Keep;

/// Which of the backups taken at these instants, the newest first, are to be kept; and whether somebody asked for it. What was asked for does
/// not make room for what the schedule takes, nor the other way round: it was asked for because of what comes next.
pub(super) fn kept(taken: &[(Timestamp, bool)], keep: Keep) -> Vec<bool> {
    let mut kept = vec![false; taken.len()];
    if let Some(newest) = kept.first_mut() {
        *newest = true;
    }
    let asked = |of: bool| (0..taken.len()).filter(move |at| taken[*at].1 == of);
    for at in asked(true).take(keep.days as usize) {
        kept[at] = true;
    }
    let scheduled: Vec<_> = asked(false).map(|at| (at, taken[at].0)).collect();
    mark(&mut kept, &scheduled, keep.hours, hour);
    mark(&mut kept, &scheduled, keep.days, day);
    mark(&mut kept, &scheduled, keep.months, month);
    kept
}

/// Keeps the newest of each of the last `count` stretches that have one.
fn mark<T: PartialEq>(
    kept: &mut [bool],
    taken: &[(usize, Timestamp)],
    count: u32,
    stretch: impl Fn(Timestamp) -> T,
) {
    let mut last = None;
    let mut left = count;
    for (place, at) in taken {
        let this = Some(stretch(*at));
        if this == last {
            continue;
        }
        if left == 0 {
            return;
        }
        left -= 1;
        kept[*place] = true;
        last = this;
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn month(at: Timestamp) -> (i16, i8) {
    let date = day(at);
    (date.year(), date.month())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    const KEEP: Keep = Keep {
        hours: 3,
        days: 2,
        months: 2,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_of_the_last_hours_days_and_months_are_kept() {
        let taken = [
            ("2026-11-26T10:40:00Z", true), // the newest, of this hour, day and month
            ("2026-11-26T10:05:00Z", false), // the same hour
            ("2026-11-26T09:59:59Z", true), // the second hour
            ("2026-11-26T07:00:00Z", true), // the third hour that has one
            ("2026-11-26T06:00:00Z", false), // no hour any more
            ("2026-11-25T23:00:00Z", true), // the second day
            ("2026-11-25T01:00:00Z", false),
            ("2026-11-24T23:00:00Z", false), // no day any more
            ("2026-10-31T23:59:59Z", true),  // the second month
            ("2026-09-30T23:00:00Z", false),
        ];
        let instants: Vec<_> = taken.iter().map(|(text, _)| (at(text), false)).collect();
        let expected: Vec<_> = taken.iter().map(|(_, kept)| *kept).collect();
        assert_eq!(kept(&instants, KEEP), expected);
        assert!(kept(&[], KEEP).is_empty());
        let none = Keep {
            hours: 0,
            days: 0,
            months: 0,
        };
        let newest_alone: Vec<_> = (0..taken.len()).map(|at| at == 0).collect();
        assert_eq!(kept(&instants, none), newest_alone);
    }

    /// A clock that is ten years ahead makes one backup that is new, and none that is too old.
    #[test]
    fn a_clock_that_jumps_removes_none() {
        let mut taken: Vec<_> = (0..3)
            .map(|hours| at("2026-11-26T10:40:00Z") - SignedDuration::from_hours(hours))
            .map(|at| (at, false))
            .collect();
        let mut before = kept(&taken, KEEP);
        assert_eq!(before, [true; 3]);
        taken.insert(0, (at("2036-11-26T10:40:00Z"), false));
        before = kept(&taken, KEEP);
        assert_eq!(
            before,
            [true, true, true, false],
            "three hours have one still"
        );
    }

    /// One that is taken before an update is there when the schedule has taken others after it.
    #[test]
    fn what_was_asked_for_is_kept_beside_what_the_schedule_takes() {
        let minutes = |minute: i64| at("2026-11-26T10:00:00Z") + SignedDuration::from_mins(minute);
        let taken = [
            (minutes(50), false),
            (minutes(40), true),
            (minutes(30), true),
            (minutes(20), true),
            (minutes(10), false),
        ];
        assert_eq!(
            kept(&taken, KEEP),
            [true, true, true, false, false],
            "two days, two of them"
        );
    }

    proptest! {
        /// Against the same said otherwise: by sets of the stretches that are kept.
        #[test]
        fn as_many_stretches_are_kept_as_are_asked_for(
            minutes in prop::collection::btree_set(0_i64..200_000, 0..60),
            (hours, days, months) in (0_u32..6, 0_u32..6, 0_u32..4),
        ) {
            let first = at("2026-01-01T00:00:00Z").as_second();
            let taken: Vec<_> = minutes
                .iter()
                .rev()
                .map(|minute| (Timestamp::from_second(first + minute * 60).unwrap(), false))
                .collect();
            let keep = Keep { hours, days, months };
            let found = kept(&taken, keep);
            let key = |length: usize| taken.iter().map(move |it| it.0.to_string()[..length].to_owned());
            let mut expected = BTreeSet::new();
            // By the text of the instant: its first characters name the hour, the day, the month.
            for (length, count) in [(13, hours), (10, days), (7, months)] {
                let stretches: BTreeSet<_> = key(length).collect();
                for stretch in stretches.iter().rev().take(count as usize) {
                    expected.insert(key(length).position(|it| it == *stretch).unwrap());
                }
            }
            if !taken.is_empty() {
                expected.insert(0);
            }
            let found: BTreeSet<_> = (0..taken.len()).filter(|at| found[*at]).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
