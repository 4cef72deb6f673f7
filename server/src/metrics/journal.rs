//! A journal whose appends are counted and timed, and say how far the audit trail had come.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::watch;
use treadwell_journal::{
    Account, Appended, Commit, Error, Journal, Loaded, NewCommit, Newest, Revision, Verified,
};

use super::Metrics;
use crate::audit::Mark;
use crate::convert::store::commit::vouching;

/// The journal, where its figures go, and how far the trail is durable.
pub(crate) struct Metered {
    journal: Arc<dyn Journal>,
    metrics: Metrics,
    trail: watch::Receiver<Mark>,
}

impl Metered {
    /// Counts what this journal does, and has its commits vouch for this trail.
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        metrics: Metrics,
        trail: watch::Receiver<Mark>,
    ) -> Self {
        Self {
            journal,
            metrics,
            trail,
        }
    }
}

#[async_trait]
impl Journal for Metered {
    async fn load(&self) -> Result<Loaded, Error> {
        self.journal.load().await
    }

    async fn append(&self, after: Revision, mut group: Vec<NewCommit>) -> Appended {
        if let Some(last) = group.last_mut() {
            last.meta = vouching(&last.meta, &self.trail.borrow());
        }
        let (begun, commits) = (Instant::now(), group.len());
        let appended = self.journal.append(after, group).await;
        let durable = matches!(appended, Appended::Durable { .. });
        self.metrics.appended(commits, begun.elapsed(), durable);
        appended
    }

    async fn read(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, Error> {
        self.journal.read(after, limit).await
    }

    async fn newest(&self) -> Result<Option<Newest>, Error> {
        self.journal.newest().await
    }

    async fn changed(&self, after: Revision) -> Result<Revision, Error> {
        self.journal.changed(after).await
    }

    async fn verify(&self) -> Result<Verified, Error> {
        self.journal.verify().await
    }

    fn oldest(&self) -> Revision {
        self.journal.oldest()
    }

    async fn compact(&self, to: Revision) -> Result<Revision, Error> {
        self.journal.compact(to).await
    }

    async fn accounts(&self, after: Revision, limit: usize) -> Result<Vec<Account>, Error> {
        self.journal.accounts(after, limit).await
    }

    async fn close(&self) -> Result<(), Error> {
        self.journal.close().await
    }
}
