//! The clinic's time, and the link to its server.

use std::time::Duration;

use jiff::Timestamp;

/// The clinic's time: what the server said last, carried on by a clock that never jumps.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Clock {
    /// What the server said, and when on the own clock.
    told: Option<(Timestamp, Duration)>,
    /// The own clock: time since the console started.
    pub(crate) elapsed: Duration,
}

/// Below this a difference is the way of the message, not a clock that was set.
const SAME_TIME_SECONDS: i64 = 2;

impl Clock {
    /// The clinic's now, once the server has told it.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        let (told, at) = self.told?;
        let passed = self.elapsed.saturating_sub(at);
        let passed = jiff::SignedDuration::try_from(passed).ok()?;
        told.checked_add(passed).ok()
    }

    /// The server says that it is `now`.
    pub(crate) fn told(&mut self, now: Timestamp) {
        let same = self
            .now()
            .is_some_and(|own| (own.as_second() - now.as_second()).abs() <= SAME_TIME_SECONDS);
        if !same {
            self.told = Some((now, self.elapsed));
        }
    }

    /// The own clock alone.
    pub(super) fn unheard(self) -> Self {
        Self { told: None, ..self }
    }

    /// Minutes since the epoch; what the header's clock shows changes with it.
    pub(crate) fn minute(&self) -> Option<i64> {
        self.now().map(|now| now.as_second().div_euclid(60))
    }
}

/// The link as the header shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing was heard yet; why the latest attempt failed.
    Connecting(Option<String>),
    /// The server was heard, when on the own clock.
    Live(Duration),
    /// Lost: when the server was heard last, and why.
    Stale(Duration, String),
    /// The server refuses the key.
    Refused(String),
}

impl Link {
    /// Changes can be sent.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// The server lets nobody in by what is used.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// When the server was heard last.
    pub(crate) fn heard(&self) -> Option<Duration> {
        match self {
            Self::Live(heard) | Self::Stale(heard, _) => Some(*heard),
            Self::Connecting(_) | Self::Refused(_) => None,
        }
    }

    /// `LIVE`, `STALE 30s`: coarse, so that an idle screen is not painted for it.
    pub(crate) fn label(&self, elapsed: Duration) -> String {
        match self {
            Self::Connecting(_) => "connecting".to_owned(),
            Self::Live(heard) => format!("LIVE {}", coarse(elapsed.saturating_sub(*heard), true)),
            Self::Stale(heard, _) => {
                format!("STALE {}", coarse(elapsed.saturating_sub(*heard), false))
            }
            Self::Refused(_) => "NO ACCESS".to_owned(),
        }
    }

    /// The link in a sentence.
    pub(crate) fn words(&self, elapsed: Duration) -> String {
        match self {
            Self::Connecting(None) => "Connecting to the server.".to_owned(),
            Self::Connecting(Some(problem)) => format!("No connection yet: {problem}."),
            Self::Live(_) => "The server did not answer.".to_owned(),
            Self::Stale(heard, problem) => {
                format!(
                    "No connection for {}: {problem}.",
                    coarse(elapsed.saturating_sub(*heard), false)
                )
            }
            Self::Refused(problem) => format!("The server refuses this key: {problem}"),
        }
    }
}

/// An age in steps that mean something to a person. While live only minutes count: the server is heard every few seconds.
fn coarse(age: Duration, live: bool) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 if live => "<1m".to_owned(),
        0..10 => "<10s".to_owned(),
        10..30 => "10s".to_owned(),
        30..60 => "30s".to_owned(),
        60..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}
