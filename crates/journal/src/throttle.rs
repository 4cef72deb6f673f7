//! Taking the time that a disk is to be left to others.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Shorter pauses are not worth a system call.
const LEAST_PAUSE: Duration = Duration::from_millis(5);

/// Lets at most so many bytes pass a second, from the first on. It blocks the thread.
#[derive(Debug)]
pub struct Throttle {
    bytes_a_second: u64,
    begun: Option<Instant>,
    passed: u64,
}

impl Throttle {
    /// One through which nothing has passed.
    pub fn new(bytes_a_second: u64) -> Throttle {
        Throttle {
            bytes_a_second: bytes_a_second.max(1),
            begun: None,
            passed: 0,
        }
    }

    /// So many bytes have passed: waits until as much time has, too.
    pub fn pass(&mut self, bytes: u64) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.passed = self.passed.saturating_add(bytes);
        let due = Duration::from_millis(self.passed.saturating_mul(1_000) / self.bytes_a_second);
        let ahead = due.saturating_sub(begun.elapsed());
        if ahead > LEAST_PAUSE {
            sleep(ahead);
        }
    }
}
