//! Which backups are kept. Pure: it counts those that are there. What it takes for now is told to it, so that a clock that was wrong
//! takes the place of none that is right.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::Keep;

/// What of a backup says whether it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) at: Timestamp,
    pub(super) revision: u64,
    /// Whether somebody asked for it.
    pub(super) is_asked_for: bool,
}

/// Which of these backups, the newest first, are to be kept. The newest one is, and the one of the highest revision.
///
/// Those that are stamped ahead of `now` were taken by a clock that was wrong then, or is now. They are judged by themselves, as they
/// were when they were taken, and with the others once their time has come.
pub(super) fn kept(taken: &[Taken], now: Timestamp, keep: Keep) -> Vec<bool> {
    let mut kept = vec![false; taken.len()];
    let places = 0..taken.len();
    for is_ahead in [false, true] {
        let judged = places
            .clone()
            .filter(|at| (taken[*at].at > now) == is_ahead);
        let judged: Vec<_> = judged.map(|at| (at, taken[at])).collect();
        keep_of(&judged, keep, &mut kept);
    }
    if let Some(highest) = places.rev().max_by_key(|at| taken[*at].revision) {
        kept[highest] = true;
    }
    kept
}

/// What was asked for does not make room for what the schedule takes, nor the other way round: it was asked for because of what comes next.
fn keep_of(taken: &[(usize, Taken)], keep: Keep, kept: &mut [bool]) {
    if let Some((newest, _)) = taken.first() {
        kept[*newest] = true;
    }
    let asked = |of: bool| taken.iter().filter(move |it| it.1.is_asked_for == of);
    for (at, _) in asked(true).take(keep.days as usize) {
        kept[*at] = true;
    }
    let scheduled: Vec<_> = asked(false).map(|(at, it)| (*at, it.at)).collect();
    mark(kept, &scheduled, keep.hours, hour);
    mark(kept, &scheduled, keep.days, day);
    mark(kept, &scheduled, keep.months, month);
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

    use proptest::prelude::*;

    use super::*;

    const KEEP: Keep = Keep {
        hours: 3,
        days: 2,
        months: 2,
    };

    const NONE: Keep = Keep {
        hours: 0,
        days: 0,
        months: 0,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn scheduled(at: Timestamp) -> Taken {
        Taken {
            at,
            revision: 0,
            is_asked_for: false,
        }
    }

    /// One of the schedule's on this day, of a quiet clinic.
    fn on_the_day(clock: &str) -> Taken {
        scheduled(at(&format!("2026-11-26T{clock}:00Z")))
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
        let instants: Vec<_> = taken.iter().map(|(text, _)| scheduled(at(text))).collect();
        let expected: Vec<_> = taken.iter().map(|(_, kept)| *kept).collect();
        let now = instants[0].at;
        assert_eq!(kept(&instants, now, KEEP), expected);
        assert!(kept(&[], now, KEEP).is_empty());
        let newest_alone: Vec<_> = (0..taken.len()).map(|at| at == 0).collect();
        assert_eq!(kept(&instants, now, NONE), newest_alone);
    }

    /// A clock that is ten years ahead stamps what is as of another hour, as long as nobody knows better. When it is right again, what
    /// it stamped has the place of nobody.
    #[test]
    fn a_clock_that_jumps_removes_none() {
        let [three, four, five] = ["08:40", "09:40", "10:40"].map(on_the_day);
        assert_eq!(kept(&[five, four, three], five.at, KEEP), [true; 3]);
        let wrong = ["2036-11-26T12:40:00Z", "2036-11-26T11:40:00Z"].map(|it| scheduled(at(it)));
        let later = on_the_day("11:40");
        for next in [wrong[1], later] {
            let taken = [next, five, four, three];
            assert_eq!(kept(&taken, next.at, KEEP), [true, true, true, false]);
        }
        let taken = [later, five, four, wrong[0], wrong[1]];
        assert_eq!(kept(&taken, later.at, KEEP), [true; 5]);
        // Nor does a clock that went ten years back: all but the new one are ahead of it.
        let back = scheduled(at("2016-11-26T11:40:00Z"));
        assert_eq!(kept(&[back, five, four, three], back.at, KEEP), [true; 4]);
    }

    /// Whatever is to be kept, and whatever clock stamped the others.
    #[test]
    fn the_newest_and_the_one_of_the_highest_revision_stay() {
        let of = |clock: &str, revision| Taken {
            revision,
            ..on_the_day(clock)
        };
        // Taken after the clock was put back two hours: the highest revision is not the newest by its stamp.
        let taken = [
            of("10:40", 7),
            of("10:20", 9),
            of("12:30", 8),
            of("12:00", 6),
        ];
        let expected = [true, true, true, false];
        assert_eq!(kept(&taken, at("2026-11-26T10:40:00Z"), NONE), expected);
    }

    /// One that is taken before an update is there when the schedule has taken others after it.
    #[test]
    fn what_was_asked_for_is_kept_beside_what_the_schedule_takes() {
        let asked = |clock: &str| Taken {
            is_asked_for: true,
            ..on_the_day(clock)
        };
        let taken = [
            on_the_day("10:50"),
            asked("10:40"),
            asked("10:30"),
            asked("10:20"),
            on_the_day("10:10"),
        ];
        assert_eq!(
            kept(&taken, taken[0].at, KEEP),
            [true, true, true, false, false],
            "two days, two of them"
        );
    }

    /// Backups of these minutes, the newest first.
    fn of_minutes<'a>(minutes: impl DoubleEndedIterator<Item = &'a i64>) -> Vec<Taken> {
        let first = at("2026-01-01T00:00:00Z").as_second();
        let instant = |minute: &i64| Timestamp::from_second(first + minute * 60).unwrap();
        minutes
            .rev()
            .map(|minute| scheduled(instant(minute)))
            .collect()
    }

    proptest! {
        /// Against the same said otherwise: by sets of the stretches that are kept.
        #[test]
        fn as_many_stretches_are_kept_as_are_asked_for(
            minutes in prop::collection::btree_set(0_i64..200_000, 0..60),
            (hours, days, months) in (0_u32..6, 0_u32..6, 0_u32..4),
        ) {
            let taken = of_minutes(minutes.iter());
            let keep = Keep { hours, days, months };
            let found = kept(&taken, Timestamp::MAX, keep);
            let key = |length: usize| taken.iter().map(move |it| it.at.to_string()[..length].to_owned());
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

        /// Those stamped ahead, and those that are not, are kept as if the others were not there.
        #[test]
        fn what_is_stamped_ahead_takes_the_place_of_none(
            minutes in prop::collection::btree_set(0_i64..10_000, 2..60),
            now in 0_i64..10_000,
            (hours, days, months) in (0_u32..6, 0_u32..6, 0_u32..4),
        ) {
            let keep = Keep { hours, days, months };
            let right = of_minutes(minutes.range(..=now));
            let ahead = of_minutes(minutes.range(now + 1..));
            let now = of_minutes([now].iter())[0].at;
            let found = kept(&[&*right, &*ahead].concat(), now, keep);
            let apart = [kept(&right, now, keep), kept(&ahead, Timestamp::MAX, keep)].concat();
            prop_assert_eq!(found, apart);
        }
    }
}
