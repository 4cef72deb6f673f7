use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// A backup: what it begins with, when its commits were made, and when it was taken.
#[derive(Clone, Debug)]
struct Held {
    oldest: u64,
    /// The newest change that is known of what it begins with: its revision and time.
    newest: Option<(u64, i64)>,
    commits: Vec<i64>,
    taken_at: i64,
}

impl Held {
    fn choose(&self, until: Until) -> Result<Chosen, NotHeld> {
        let mut choice = Choice::begin(until, self.oldest);
        if let Some((revision, time)) = self.newest {
            choice.begins(revision, at(time));
        }
        let mut wanted = Vec::new();
        for (revision, time) in (self.oldest + 1..).zip(&self.commits) {
            if choice.see(revision, at(*time)) {
                wanted.push(revision);
            }
        }
        let chosen = choice.end(at(self.taken_at));
        if let (Ok(chosen), Some(last)) = (&chosen, wanted.last()) {
            assert_eq!(
                chosen.moment.revision, *last,
                "what was wanted last is chosen"
            );
        }
        chosen
    }

    /// The revision as of an instant, and the first before it that says a later time.
    fn as_of(&self, seconds: i64) -> Result<(u64, Option<u64>), String> {
        let chosen = self.choose(Until::Instant(at(seconds)));
        let chosen = chosen.map_err(|error| error.to_string())?;
        Ok((chosen.moment.revision, chosen.ahead))
    }

    fn head(&self) -> u64 {
        self.oldest + self.commits.len() as u64
    }

    fn time(&self, revision: u64) -> Option<i64> {
        let Some(number) = revision.checked_sub(self.oldest + 1) else {
            return self.newest.map(|(_, time)| time);
        };
        Some(self.commits[usize::try_from(number).unwrap()])
    }

    /// As [`Held::as_of`], by looking at all of it.
    fn oracle(&self, seconds: i64) -> Option<(u64, Option<u64>)> {
        let last = self.time(self.head()).unwrap_or(i64::MIN);
        if seconds > self.taken_at.max(last) {
            return None;
        }
        let all = || self.oldest..=self.head();
        let is_up_to = |it: &u64| self.time(*it).is_some_and(|time| time <= seconds);
        let chosen = match all().filter(is_up_to).max() {
            None if self.head() == 0 => 0,
            chosen => chosen?,
        };
        let mut before = all().take_while(|it| *it < chosen);
        let ahead = before.find(|it| self.time(*it).is_some_and(|time| time > seconds));
        Some((chosen, ahead))
    }
}

fn whole(commits: &[i64], taken_at: i64) -> Held {
    Held {
        oldest: 0,
        newest: None,
        commits: commits.to_vec(),
        taken_at,
    }
}

fn compacted(newest: (u64, i64), commits: &[i64], taken_at: i64) -> Held {
    Held {
        oldest: 7,
        newest: Some(newest),
        ..whole(commits, taken_at)
    }
}

fn refused(held: &Held, seconds: i64, why: &str) {
    let no = held.as_of(seconds).unwrap_err();
    assert!(no.contains(why), "{no}");
}

#[test]
fn an_instant_after_the_backup_is_not_held() {
    let held = whole(&[10, 20], 50);
    for seconds in [20, 30, 50] {
        assert_eq!(held.as_of(seconds), Ok((2, None)));
    }
    let why = "it holds what was until 1970-01-01T00:00:50Z, and not 1970-01-01T00:00:51Z; take a later backup, or leave --at away";
    refused(&held, 51, why);
    // One that was decided while it was begun is held, and nothing after that.
    let held = whole(&[10, 52], 50);
    assert_eq!(held.as_of(51), Ok((1, None)));
    assert_eq!(held.as_of(52), Ok((2, None)));
    refused(&held, 53, "it holds what was until 1970-01-01T00:00:52Z");
}

#[test]
fn of_commits_at_one_instant_it_is_the_last() {
    let held = whole(&[10, 20, 20, 20, 30], 50);
    assert_eq!(held.as_of(19), Ok((1, None)));
    assert_eq!(held.as_of(20), Ok((4, None)));
    assert_eq!(held.as_of(29), Ok((4, None)));
}

#[test]
fn a_commit_by_a_clock_that_was_ahead_does_not_hide_what_followed() {
    let held = whole(&[10, 900, 20, 30], 50);
    assert_eq!(held.as_of(10), Ok((1, None)));
    assert_eq!(held.as_of(19), Ok((1, None)));
    assert_eq!(held.as_of(20), Ok((3, Some(2))));
    assert_eq!(held.as_of(50), Ok((4, Some(2))));
    refused(&held, 900, "it holds what was until 1970-01-01T00:00:50Z");
}

#[test]
fn what_a_backup_begins_with_is_held_from_its_newest_change_on() {
    let before = "it begins with revision 7, and the newest change in that was made 1970-01-01T00:00:40Z, after 1970-01-01T00:00:39Z; take an \
                  older backup, or name a revision from 7 to";
    for commits in [&[60, 70][..], &[]] {
        let held = compacted((7, 40), commits, 80);
        refused(&held, 39, before);
        assert_eq!(held.as_of(40), Ok((7, None)));
        assert_eq!(held.as_of(59), Ok((7, None)));
        let chosen = held.choose(Until::Instant(at(59))).unwrap();
        assert_eq!(chosen.moment.made_at, Some(at(40)));
    }
    // A salvage that lost the last commits does not know when the last of them was made.
    let held = compacted((5, 40), &[], 80);
    refused(&held, 39, before);
    let chosen = held.choose(Until::Instant(at(80))).unwrap();
    assert_eq!((chosen.moment.revision, chosen.moment.made_at), (7, None));
    // What it begins with says a later time than what followed.
    let held = compacted((7, 900), &[60], 80);
    assert_eq!(held.as_of(60), Ok((8, Some(7))));
    // And where nothing is known of it, it is not guessed.
    let held = Held {
        newest: None,
        ..compacted((7, 40), &[60], 80)
    };
    refused(&held, 59, "nothing in it says a time up to");
    assert_eq!(held.as_of(60), Ok((8, None)));
}

#[test]
fn nothing_is_before_the_first_change() {
    let held = whole(&[10, 20], 50);
    refused(
        &held,
        9,
        "the first change in it was made 1970-01-01T00:00:10Z",
    );
    assert_eq!(whole(&[], 50).as_of(9), Ok((0, None)));
}

proptest! {
    #[test]
    fn every_choice_is_that_of_the_oracle(
        known in proptest::option::of((0_u64..4, 0_i64..9)),
        oldest in 0_u64..5,
        commits in proptest::collection::vec(0_i64..9, 0..8),
        taken_at in 0_i64..9,
    ) {
        // A base knows of a commit up to it; without a base there is none before the first.
        let newest = known.filter(|_| oldest > 0);
        let newest = newest.map(|(back, time)| (oldest.saturating_sub(back).max(1), time));
        let held = Held { oldest, newest, commits, taken_at };
        for seconds in -1..10 {
            prop_assert_eq!(held.as_of(seconds).ok(), held.oracle(seconds), "{}", seconds);
        }
        let end = held.choose(Until::End).unwrap();
        prop_assert_eq!((end.moment.revision, end.ahead), (held.head(), None));
        for revision in 0..20 {
            let is_held = (oldest..=held.head()).contains(&revision);
            let chosen = held.choose(Until::Revision(revision)).ok();
            let chosen = chosen.map(|it| (it.moment.revision, it.ahead));
            prop_assert_eq!(chosen, is_held.then_some((revision, None)));
        }
    }
}
