//! A journal whose appends are counted and timed.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use treadwell_journal::{
    Account, Appended, Commit, Error, Journal, Loaded, NewCommit, Newest, Revision, Verified,
};

use super::Metrics;

/// The journal, and where its figures go.
pub(crate) struct Metered {
    journal: Arc<dyn Journal>,
    metrics: Metrics,
}

impl Metered {
    /// Counts what this journal does.
    pub(crate) fn new(journal: Arc<dyn Journal>, metrics: Metrics) -> Self {
        Self { journal, metrics }
    }
}

#[async_trait]
impl Journal for Metered {
    async fn load(&self) -> Result<Loaded, Error> {
        self.journal.load().await
    }

    async fn append(&self, after: Revision, group: Vec<NewCommit>) -> Appended {
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
