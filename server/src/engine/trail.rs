//! Changes as the audit trail tells of them: who, when, what and why, without what they changed.

use jiff::Timestamp;
use treadwell_clinic::id::{ClientId, KeyId};
use treadwell_clinic::{CommandKind, Revision};

use super::history::{History, HistoryError};
use crate::convert::store;
use crate::convert::store::commit::Meta;

/// So many commits are looked at in one go.
const LOOK: usize = 256;

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

impl History {
    /// What was changed by the next commits after a revision, of this client's records only if one is named; and the revision up to
    /// which was looked, which is `after` when there are no more.
    pub(crate) async fn trail(
        &self,
        client: Option<ClientId>,
        after: Revision,
    ) -> Result<(Vec<Trace>, Revision), HistoryError> {
        let unreadable = |error: String| HistoryError::Unreadable(error);
        let commits = self.journal.read(after, LOOK).await;
        let commits = commits.map_err(|error| unreadable(error.to_string()))?;
        let looked = commits.last().map_or(after, |last| last.revision);
        let owner = client.map(|client| client.to_string());
        let mut found = Vec::new();
        for commit in commits {
            let images = commit.changes.iter();
            let mut images = images.flat_map(|change| change.before.iter().chain(&change.after));
            let theirs = owner.as_ref().is_none_or(|owner| {
                images.any(|image| store::owner(image).is_some_and(|it| it == *owner))
            });
            if !theirs {
                continue;
            }
            let meta = Meta::decode(&self.keys, commit.revision, commit.meta);
            let meta = meta.map_err(|error| unreadable(error.to_string()))?;
            found.push(Trace {
                revision: commit.revision,
                at: meta.at,
                by: meta.by,
                address: meta.address,
                kind: meta.kind,
                reason: meta.reason,
            });
        }
        Ok((found, looked))
    }

    /// The revision after which everything is that was done at an instant or later.
    pub(crate) async fn before(
        &self,
        since: Timestamp,
        head: Revision,
    ) -> Result<Revision, HistoryError> {
        let first = super::open::first_since(&*self.journal, &self.keys, head, since).await;
        let first = first.map_err(|error| HistoryError::Unreadable(error.to_string()))?;
        Ok(first - 1)
    }
}
