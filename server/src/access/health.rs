//! Reads of health records.

use std::fmt::Display;

use super::Caller;
use crate::audit::Deed;

/// A read of a client's health record that is in the audit trail before anybody is shown it. What shows such a record asks for
/// one, and there is no other way to get one: so nothing is read that is not there.
#[derive(Debug)]
pub struct HealthRead(());

impl HealthRead {
    /// A read in a test that calls nobody.
    #[cfg(test)]
    pub(crate) const fn in_a_test() -> Self {
        Self(())
    }

    /// Notes that a caller reads everything of a client, and why, in the caller's words.
    pub fn because(caller: &Caller, client: impl Display, reason: &str) -> Self {
        Self::note(caller, client.to_string(), "complete record", reason)
    }

    /// Notes that a caller reads what is on file of a client: who, whose, and of what kind.
    pub fn of(caller: &Caller, client: impl Display, what: &'static str) -> Self {
        Self::note(caller, client.to_string(), what, "")
    }

    fn note(caller: &Caller, client: String, what: &'static str, reason: &str) -> Self {
        // The reason is the caller's own words, which a log is no place for.
        tracing::info!(target: "audit", key = %caller.actor.key, %client, "{what} read");
        let read = Deed::Read {
            client,
            what: what.to_owned(),
            reason: reason.to_owned(),
        };
        caller.noted.note(Some(caller.actor.key), read);
        Self(())
    }
}
