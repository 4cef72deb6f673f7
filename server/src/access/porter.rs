//! What is remembered of those who come in, and of those who tried.

use std::sync::Arc;

use treadwell_clinic::id::KeyId;

use super::attempts::{AtWork, Attempts, Origin, TooMany, Wait};

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No key has this secret.
    Unknown,
    /// The key has expired or was revoked.
    Dead(KeyId),
}

/// Keeps the door. One for a server.
#[derive(Debug)]
pub struct Porter {
    attempts: Arc<Attempts>,
}

impl Porter {
    /// One who has seen nobody yet; `free_failures` of an address are answered at once.
    pub fn new(free_failures: u32) -> Self {
        Self {
            attempts: Arc::new(Attempts::new(free_failures)),
        }
    }

    /// Somebody was not let in: they wait for their answer as long as this says.
    pub fn failed(&self, origin: Origin, why: Failure) -> Result<Wait, TooMany> {
        let wait = self.attempts.count(origin, || false);
        self.record(origin, why);
        wait
    }

    /// Leaves a line in the audit trail. This is the one place where failures get there.
    fn record(&self, origin: Origin, why: Failure) {
        let Some(others) = self.attempts.tell(origin) else {
            return;
        };
        match why {
            Failure::Unknown => {
                tracing::warn!(target: "audit", from = %origin, others, "a key that nobody has was refused");
            }
            Failure::Dead(key) => {
                tracing::warn!(target: "audit", from = %origin, %key, others, "an expired or revoked key was refused");
            }
        }
    }
}

/// How somebody came in.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// Who let them in.
    pub porter: Arc<Porter>,
    /// Where from.
    pub origin: Origin,
}

impl Entrance {
    /// The caller is at work where they are, until this is dropped.
    pub fn at_work(&self) -> AtWork {
        self.porter.attempts.at_work(self.origin)
    }

    /// An entrance in a test that calls nobody.
    #[cfg(test)]
    pub(crate) fn in_a_test() -> Self {
        Self {
            porter: Arc::new(Porter::new(10)),
            origin: Origin::default(),
        }
    }
}
