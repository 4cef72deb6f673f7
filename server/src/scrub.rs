//! What is done for the store while it serves, soon after it was opened and then once a day of the clinic's clock: what is older than
//! has to be kept is compacted, and everything is read and checked, slowly.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use treadwell_clinic::Revision;
use treadwell_journal::embedded::Embedded;
use treadwell_journal::{Commit, Journal};

use crate::condition::stopped;
use crate::convert::store::account::sealed_account;
use crate::engine::{self, Engine};
use crate::lock::locked;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// So much more than has to be kept is let grow before it is compacted, because each time all records are written.
const SLACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many bytes are read a second: a year's work of two sites in some ten seconds, and most of the disk's time left to others.
const BYTES_A_SECOND: u64 = 32 << 20;

/// What the last check of the whole store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// Up to where all was read; 0 when it could not be.
    pub(crate) revision: Revision,
    /// What is wrong; empty when all is sound.
    pub(crate) problem: String,
}

/// The checks in the background. Clones share what they found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrub(Arc<Mutex<Option<Found>>>);

impl Scrub {
    /// What the last one found; none until one has ended.
    pub(crate) fn last(&self) -> Option<Found> {
        locked(&self.0).clone()
    }

    /// What whoever runs the server has to see to, if anything.
    pub(crate) fn warning(&self) -> Option<String> {
        let found = self.last().filter(|found| !found.problem.is_empty())?;
        Some(format!("The store is not sound: {}", found.problem))
    }

    /// Does what has to be done, until the server stops.
    pub(crate) async fn keep_up(
        self,
        engine: Engine,
        journal: Arc<Embedded>,
        keep_days: u32,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut due = engine.now();
        let mut looks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = stopped(&mut stopping) => return,
            }
            let now = engine.now();
            // A clock that was set back is not waited for.
            if now < due && due.duration_since(now) <= DAY {
                continue;
            }
            due = now.saturating_add(DAY).unwrap_or(Timestamp::MAX);
            if let Err(why) = compact(&engine, &journal, keep_days).await {
                tracing::error!(
                    why,
                    "the history could not be compacted; it is tried again in a day"
                );
            }
            self.check(&engine, &journal).await;
        }
    }

    async fn check(&self, engine: &Engine, journal: &Embedded) {
        let checked = journal.verify_slowly(BYTES_A_SECOND).await;
        let (revision, problem) = match checked {
            Ok(verified) => (verified.head, String::new()),
            // It has stopped, and says so itself.
            Err(treadwell_journal::Error::Failed { .. }) => return,
            Err(error) => (0, error.to_string()),
        };
        if problem.is_empty() {
            tracing::info!(revision, "the whole store was read and is sound");
        } else {
            tracing::error!(problem, "THE STORE IS NOT SOUND");
        }
        let at = engine.now();
        *locked(&self.0) = Some(Found {
            at,
            revision,
            problem,
        });
    }
}

/// Lets what is older than has to be kept give way to the records it adds up to.
async fn compact(engine: &Engine, journal: &Embedded, keep_days: u32) -> Result<(), String> {
    let head = journal.head();
    let kept = SignedDuration::from_hours(i64::from(keep_days) * 24);
    let until = engine.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let early = until.saturating_sub(SLACK).unwrap_or(Timestamp::MIN);
    let first_since = async |since| {
        let first = engine::first_since(journal, engine.keys(), head, since).await;
        first.map_err(|error| error.to_string())
    };
    let oldest = journal.oldest();
    if first_since(early).await?.saturating_sub(1) <= oldest {
        return Ok(());
    }
    // The newest commit stays: it says what time it was.
    let to = first_since(until).await?.min(head).saturating_sub(1);
    let keys = Arc::clone(engine.keys());
    let telling = Arc::new(move |commit: &Commit| sealed_account(&keys, commit));
    let reached = journal
        .compact_telling(to, telling)
        .await
        .map_err(|error| error.to_string())?;
    if reached > oldest {
        tracing::info!(from = oldest, to = reached, "the history was compacted");
    }
    Ok(())
}
