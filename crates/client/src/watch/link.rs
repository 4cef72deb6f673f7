//! The state of a watch's link, as a state machine without a clock of its own.

use std::time::{Duration, Instant};

/// How the link to the server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nothing has been heard yet.
    Connecting {
        /// The attempts that failed so far.
        failed: u32,
        /// Why the latest one did.
        problem: Option<String>,
    },
    /// The data shown is the server's, as old as the last message.
    Live {
        /// When the server was last heard.
        heard: Instant,
    },
    /// The link is lost; the data shown was good until `since`.
    Stale {
        /// When the server was last heard.
        since: Instant,
        /// The attempts that failed since then.
        failed: u32,
        /// Why the link was lost, or the latest attempt failed.
        problem: String,
    },
}

impl Link {
    /// Before the first attempt.
    pub(crate) const NEW: Self = Self::Connecting {
        failed: 0,
        problem: None,
    };

    /// The age of the data at `now`; `None` while there is none.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Connecting { .. } => None,
            Self::Live { heard } => Some(now.saturating_duration_since(*heard)),
            Self::Stale { since, .. } => Some(now.saturating_duration_since(*since)),
        }
    }

    /// Changes can be expected to arrive, and to be answered.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// After a message of the server's.
    #[must_use]
    pub(crate) fn heard(now: Instant) -> Self {
        Self::Live { heard: now }
    }

    /// After the link was lost, or an attempt to make it failed.
    #[must_use]
    pub(crate) fn lost(&self, problem: String) -> Self {
        match self {
            Self::Connecting { failed, .. } => Self::Connecting {
                failed: failed.saturating_add(1),
                problem: Some(problem),
            },
            Self::Live { heard } => Self::Stale {
                since: *heard,
                failed: 0,
                problem,
            },
            Self::Stale { since, failed, .. } => Self::Stale {
                since: *since,
                failed: failed.saturating_add(1),
                problem,
            },
        }
    }

    /// How many waits have been made since the last message; decides how long the next one is.
    pub(crate) fn failures(&self) -> u32 {
        match self {
            Self::Live { .. } => 0,
            Self::Connecting { failed, .. } => *failed,
            Self::Stale { failed, .. } => failed.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_goes_from_connecting_to_live_to_stale_and_back() {
        let start = Instant::now();
        let later = start + Duration::from_secs(9);
        let failed = Link::NEW.lost("refused".to_owned());
        assert_eq!(
            failed,
            Link::Connecting {
                failed: 1,
                problem: Some("refused".to_owned())
            }
        );
        assert_eq!(failed.age(later), None);
        let live = Link::heard(start);
        assert!(live.is_live());
        assert_eq!(live.age(later), Some(Duration::from_secs(9)));
        let stale = live.lost("reset".to_owned());
        let expected = |failed, problem: &str| Link::Stale {
            since: start,
            failed,
            problem: problem.to_owned(),
        };
        assert_eq!(stale, expected(0, "reset"));
        assert_eq!(stale.failures(), 1);
        assert_eq!(stale.lost("refused".to_owned()), expected(1, "refused"));
        assert_eq!(
            stale.age(later),
            Some(Duration::from_secs(9)),
            "the age counts from the last message"
        );
        assert_eq!(Link::heard(later), Link::Live { heard: later });
    }
}
