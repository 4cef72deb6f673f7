//! Changes as the audit trail tells of them: who, when, what and why, without what they changed.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use jiff::Timestamp;
use treadwell_clinic::id::{ClientId, KeyId};
use treadwell_clinic::{Clinic, CommandKind, Revision};
use treadwell_journal::Error;

use super::history::{History, HistoryError, is_of};
use crate::audit::{self, Mark};
use crate::convert::store;
use crate::convert::store::commit::Meta;

/// So many commits are looked at in one go.
const LOOK: usize = 256;

/// Whose changes are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Theirs {
    pub(crate) client: ClientId,
    owner: String,
    /// The keys of the records that are theirs now.
    records: HashSet<Bytes>,
}

impl Theirs {
    /// The records of a client, as far as they are on file.
    pub(crate) fn of(clinic: &Clinic, client: ClientId) -> Self {
        let records = clinic.records_of(client).into_iter();
        Self {
            client,
            owner: client.to_string(),
            records: records
                .map(|(record, _)| store::key(&record.id()))
                .collect(),
        }
    }
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) revision: Revision,
    pub(crate) at: Timestamp,
    pub(crate) by: KeyId,
    pub(crate) address: String,
    pub(crate) kind: CommandKind,
    pub(crate) reason: String,
}

impl Trace {
    /// None of a commit that only vouches for the trail.
    fn if_told(self, is_empty: bool) -> Option<Self> {
        (!is_empty || self.kind != CommandKind::Rewrite).then_some(self)
    }
}

impl History {
    /// What was changed by the next commits after a revision and up to `until`, which is published, of this client's records only if
    /// one is named; and the revision up to which was looked, which is `after` when there are no more.
    ///
    /// Of commits that were compacted it is known which records they changed, and not whose those were: they are the client's when
    /// they still are now.
    pub(crate) async fn trail(
        &self,
        client: Option<&Theirs>,
        after: Revision,
        until: Revision,
    ) -> Result<(Vec<Trace>, Revision), HistoryError> {
        if after >= until {
            return Ok((Vec::new(), after));
        }
        let oldest = self.journal.oldest();
        if after < oldest {
            return self.compacted(client, after, until.min(oldest)).await;
        }
        let commits = self.journal.read(after, LOOK).await;
        let commits = commits.map_err(|error| HistoryError::Unreadable(error.to_string()))?;
        if commits.first().map(|first| first.revision) != Some(after + 1) {
            // They were compacted meanwhile.
            let oldest = self.journal.oldest();
            return self.compacted(client, after, until.min(oldest)).await;
        }
        let mut looked = after;
        let mut found = Vec::new();
        for commit in commits.into_iter().take_while(|it| it.revision <= until) {
            looked = commit.revision;
            if client.is_none_or(|client| is_of(&commit, &client.owner)) {
                let is_empty = commit.changes.is_empty();
                let trace = self.trace(commit.revision, commit.meta)?;
                found.extend(trace.if_told(is_empty));
            }
        }
        Ok((found, looked))
    }

    /// The same of commits that are compacted up to `until`.
    async fn compacted(
        &self,
        client: Option<&Theirs>,
        after: Revision,
        until: Revision,
    ) -> Result<(Vec<Trace>, Revision), HistoryError> {
        let accounts = self.journal.accounts(after, LOOK).await;
        let accounts = accounts.map_err(|error| HistoryError::Unreadable(error.to_string()))?;
        let accounts: Vec<_> = accounts
            .into_iter()
            .take_while(|it| it.revision <= until)
            .collect();
        // A salvaged store begins without any.
        let looked = accounts.last().map_or(until, |last| last.revision);
        let mut found = Vec::new();
        for account in accounts {
            let is_theirs =
                client.is_none_or(|it| account.keys.iter().any(|key| it.records.contains(key)));
            if is_theirs {
                let is_empty = account.keys.is_empty();
                let trace = self.trace(account.revision, account.meta)?;
                found.extend(trace.if_told(is_empty));
            }
        }
        Ok((found, looked))
    }

    /// The client whose records alone a published change changed, if it was one's. Of one that was compacted only those count that are still
    /// on file.
    pub(crate) async fn owner(
        &self,
        clinic: &Clinic,
        revision: Revision,
    ) -> Result<Option<ClientId>, HistoryError> {
        let unreadable = |error: Error| HistoryError::Unreadable(error.to_string());
        let before = revision.saturating_sub(1);
        let commits = self.journal.read(before, 1).await.map_err(unreadable)?;
        let owners: BTreeSet<String> = match commits.first() {
            Some(commit) if commit.revision == revision => {
                let changes = commit.changes.iter();
                let images = changes.flat_map(|change| change.before.iter().chain(&change.after));
                images.filter_map(store::owner).collect()
            }
            _ => {
                let accounts = self.journal.accounts(before, 1).await.map_err(unreadable)?;
                let account = accounts.into_iter().find(|it| it.revision == revision);
                let keys: HashSet<Bytes> = account.into_iter().flat_map(|it| it.keys).collect();
                let records = clinic.records().map(|(record, _)| record);
                let changed = records.filter(|it| keys.contains(&store::key(&it.id())));
                let owners = changed.filter_map(|record| record.owner());
                owners.map(|client| client.to_string()).collect()
            }
        };
        let mut owners = owners.into_iter();
        let (first, more) = (owners.next(), owners.next());
        Ok(first
            .filter(|_| more.is_none())
            .and_then(|it| it.parse().ok()))
    }

    /// How far the audit trail of reads had come as of the newest commit, if that says so.
    pub(crate) async fn trail_mark(&self) -> Result<Option<Mark>, HistoryError> {
        let known = audit::known(&*self.journal).await;
        known.map_err(|error| HistoryError::Unreadable(error.to_string()))
    }

    pub(super) fn trace(&self, revision: Revision, meta: Bytes) -> Result<Trace, HistoryError> {
        let meta = Meta::decode(&self.keys, revision, meta);
        let meta = meta.map_err(|error| HistoryError::Unreadable(error.to_string()))?;
        Ok(Trace {
            revision,
            at: meta.at,
            by: meta.by,
            address: meta.address,
            kind: meta.kind,
            reason: meta.reason,
        })
    }

    /// The revision after which everything is that was done at an instant or later.
    pub(crate) async fn before(
        &self,
        since: Timestamp,
        head: Revision,
    ) -> Result<Revision, HistoryError> {
        let first = super::open::first_since(&*self.journal, &self.keys, head, since).await;
        let first = first.map_err(|error| HistoryError::Unreadable(error.to_string()))?;
        let before = first.saturating_sub(1);
        // Of compacted changes it is not known when they were until they are read.
        if before <= self.journal.oldest() {
            return Ok(0);
        }
        Ok(before)
    }
}
