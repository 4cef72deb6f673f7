//! When a failed call may be sent again, and how long to wait before.

use std::time::Duration;

use tonic::Code;
use treadwell_api::v1::Reason;

use crate::{error::Error, random};

/// How often and how patiently calls are repeated.
///
/// Only what is safe is repeated: reads, and changes that carry a request id, which the server acts on once. Only
/// failures that may pass are: a lost link, UNAVAILABLE, an overloaded queue. The whole call with its repeats stays
/// within the deadline of [`crate::Options::timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a call is sent at most; 1 never repeats. Default 4.
    pub attempts: u32,
    /// The wait before the first repeat; each further one doubles it. Default 100 ms.
    pub first_wait: Duration,
    /// No wait is longer. Default 2 s.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(2),
        }
    }
}

impl Retry {
    /// Sends everything once.
    pub const NEVER: Self = Self {
        attempts: 1,
        first_wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
    };

    /// The wait before the repeat number `repeat`, counted from 1: between half and all of the doubled wait, so that
    /// clients which lost the same server do not come back in step.
    pub(crate) fn wait(&self, repeat: u32) -> Duration {
        self.wait_with(repeat, random::fraction())
    }

    fn wait_with(&self, repeat: u32, fraction: f64) -> Duration {
        let doublings = repeat.saturating_sub(1).min(20);
        let whole = self
            .first_wait
            .saturating_mul(1 << doublings)
            .min(self.longest_wait);
        whole.mul_f64(0.5 + fraction / 2.0)
    }
}

/// Whether a call may be sent a second time at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or its request id makes sure that it is acted on once.
    Safe,
    /// Its answer can be had once only (the secret of a new key).
    Never,
}

/// Whether this failure may pass by itself, so that the same call can succeed a moment later.
pub(crate) fn may_pass(error: &Error) -> bool {
    match error {
        // A deadline that ran out has used up the whole call's time, and a certificate does not change in a moment.
        Error::Unreachable {
            timed_out,
            unsafe_link,
            ..
        } => !timed_out && !unsafe_link,
        Error::Refused(refusal) => match refusal.code {
            Code::Unavailable => true,
            Code::ResourceExhausted => refusal.reason == Some(Reason::Overloaded),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_jitter_within_the_upper_half() {
        let retry = Retry::default();
        for (repeat, least, most) in [
            (1, 50, 100),
            (2, 100, 200),
            (3, 200, 400),
            (6, 1000, 2000),
            (90, 1000, 2000),
        ] {
            assert_eq!(retry.wait_with(repeat, 0.0), Duration::from_millis(least));
            assert_eq!(retry.wait_with(repeat, 1.0), Duration::from_millis(most));
            let wait = retry.wait(repeat);
            assert!(
                wait >= Duration::from_millis(least) && wait <= Duration::from_millis(most),
                "{wait:?}"
            );
        }
        assert_eq!(Retry::NEVER.wait(3), Duration::ZERO);
    }
}
