//! The heartbeat of work that may take long, by which whoever waits for it tells slow from stuck.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts the steps of some work; clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beat(Arc<AtomicU64>);

impl Beat {
    /// Another step is done.
    pub(crate) fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Steps by now.
    pub(crate) fn steps(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How much longer somebody waits: until nothing was done for some time, however long all of it takes.
#[derive(Debug)]
pub(crate) struct Patience {
    /// Without a step.
    longest: Duration,
    steps: u64,
    /// When that many were first seen.
    since: Instant,
}

impl Patience {
    pub(crate) fn begin(longest: Duration, steps: u64, now: Instant) -> Patience {
        Patience {
            longest,
            steps,
            since: now,
        }
    }

    /// What is left of it when so many steps are done; none when it is at its end.
    pub(crate) fn left(&mut self, steps: u64, now: Instant) -> Option<Duration> {
        if steps != self.steps {
            (self.steps, self.since) = (steps, now);
        }
        self.longest.checked_sub(now.duration_since(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_begins_anew_with_each_step_and_ends_without_one() {
        let second = Duration::from_secs(1);
        let begun = Instant::now();
        let mut patience = Patience::begin(10 * second, 5, begun);
        assert_eq!(patience.left(5, begun + 4 * second), Some(6 * second));
        for step in 1..100 {
            let now = begun + 9 * step * second;
            let left = patience.left(5 + u64::from(step), now);
            assert_eq!(left, Some(10 * second), "step {step}");
        }
        let last = begun + 9 * 99 * second;
        assert_eq!(patience.left(104, last + 10 * second), Some(Duration::ZERO));
        assert_eq!(patience.left(104, last + 11 * second), None);
    }

    #[test]
    fn clones_count_together() {
        let beat = Beat::default();
        beat.clone().step();
        beat.step();
        assert_eq!((beat.steps(), Beat::default().steps()), (2, 0));
    }
}
