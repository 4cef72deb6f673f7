//! What happens often is said seldom: a line in the log tells of many.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::lock::locked;

/// Counts what is not said.
#[derive(Debug)]
pub(super) struct Seldom {
    every: Duration,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    silent: u64,
}

impl Seldom {
    /// Something that is said at most once in so much time.
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            said: Mutex::default(),
        }
    }

    /// It has happened. Gives how often it had since it was said last, if it is to be said now.
    pub(super) fn happened(&self) -> Option<u64> {
        let mut said = locked(&self.said);
        if said.last.is_some_and(|last| last.elapsed() < self.every) {
            said.silent += 1;
            return None;
        }
        said.last = Some(Instant::now());
        Some(std::mem::take(&mut said.silent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_one_is_said_and_the_others_are_counted() {
        let seldom = Seldom::new(Duration::from_hours(1));
        assert_eq!(seldom.happened(), Some(0));
        for _ in 0..3 {
            assert_eq!(seldom.happened(), None);
        }
        let seldom = Seldom {
            every: Duration::ZERO,
            ..seldom
        };
        assert_eq!(seldom.happened(), Some(3));
        assert_eq!(seldom.happened(), Some(0));
    }
}
