//! Where in the trail a time is.
//!
//! Entries are nearly in the order of time, and not quite: counts come after what followed them, calls are noted when they end, and a
//! person may accept a clock that went back. So what is remembered, for each stretch of the trail, is the latest time up to its end:
//! that never goes back.

use jiff::Timestamp;

/// So many entries are a stretch.
const STRETCH: u64 = 256;

/// The times of the entries that were looked at, a stretch at a time.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// The last entry that was looked at.
    looked: u64,
    latest: Timestamp,
    /// The ends of the stretches, each with the latest time up to there.
    ends: Vec<(u64, Timestamp)>,
}

impl Times {
    /// The last entry that was looked at.
    pub(super) const fn looked(&self) -> u64 {
        self.looked
    }

    /// The entry of this number is the next; when it was done, if that can be read.
    pub(super) fn look(&mut self, number: u64, at: Option<Timestamp>) {
        self.looked = number;
        self.latest = self.latest.max(at.unwrap_or(Timestamp::MIN));
        if number.is_multiple_of(STRETCH) {
            self.ends.push((number, self.latest));
        }
    }

    /// A number up to which nothing was done at that time or later.
    pub(super) fn before(&self, since: Timestamp) -> u64 {
        let early = self.ends.partition_point(|(_, latest)| *latest < since);
        let end = early.checked_sub(1).and_then(|at| self.ends.get(at));
        end.map_or(0, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Timestamp {
        Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
    }

    #[test]
    fn what_was_noted_late_is_not_passed_over() {
        let mut times = Times::default();
        for number in 1..=10 * STRETCH {
            // Each is noted in its second, but one of each stretch a hundred stretches late.
            let late = number % STRETCH == 7;
            let second = if late { number + 100 * STRETCH } else { number };
            times.look(number, Some(at(second)));
        }
        assert_eq!(times.looked(), 10 * STRETCH);
        assert_eq!(times.before(at(0)), 0);
        assert_eq!(
            times.before(at(5 * STRETCH)),
            0,
            "the first late one is there"
        );
        let after_it = at(100 * STRETCH + 8);
        assert_eq!(
            times.before(after_it),
            STRETCH,
            "and it ends in its stretch"
        );
    }

    #[test]
    fn what_can_not_be_read_is_no_time() {
        let mut times = Times::default();
        for number in 1..=3 * STRETCH {
            times.look(number, (number > STRETCH).then(|| at(number)));
        }
        assert_eq!(times.before(at(1)), STRETCH);
        assert_eq!(times.before(at(4 * STRETCH)), 3 * STRETCH);
    }
}
