//! Erasing and the key ring: what makes the destruction of a client's key one with the commit that erases them.
//!
//! The order is: the ledger says what the erasure will leave; the commit becomes durable; the key is destroyed; the answer is
//! given. What is cut short after the first step is finished by the next start if the commit is there, and was never begun
//! otherwise. A store from before an erasure, which somebody has put back, is brought up to it before anything is served.

use std::sync::Arc;

use bytes::Bytes;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::model::Record;
use treadwell_clinic::{Actor, CommandKind, Commit, Revision};
use treadwell_journal::{Appended, Change, Journal, NewCommit};

use super::OpenError;
use super::group::InFlight;
use super::open::{Newest, meta_at};
use super::writer::Writer;
use crate::convert::store::commit::{Meta, vouching};
use crate::convert::store::{self, Opened};
use crate::keyring::{self, KeyId, Keyring};

/// At most so many records of erased clients are replaced in one commit.
const AT_ONCE: usize = 500;

impl Writer {
    /// What the ledger has to say before a commit that erases a client, if this one does and they have a key. Nothing else ever
    /// removes a client.
    pub(super) fn erasure(&self, commit: &Commit) -> Option<KeyId> {
        let removed = commit
            .changes
            .iter()
            .find_map(|change| match change.before() {
                Some(Record::Client(client)) if change.after().is_none() => Some(client.id),
                _ => None,
            });
        let key = self.keys.key_of(removed?)?;
        self.keys.announce();
        Some(key)
    }

    /// Destroys the keys of those whom a group erased, which is durable. Fails when only a restart helps, which goes on with it.
    pub(super) async fn destroy_keys(&self, flight: &InFlight) -> Result<(), String> {
        let keys = flight.group.erased.clone();
        self.keys.destroy(keys).await.map_err(|error| {
            format!("a client was erased, and their key is still to be destroyed, which the next start does: {error}")
        })
    }
}

/// What the ledger says of an erasure.
pub(super) fn entry(
    key: KeyId,
    revision: Revision,
    ticket: u64,
    changes: &[Change],
) -> stored::Erasure {
    let rest = changes.iter().filter_map(|change| {
        Some(stored::Rest {
            key: change.key.clone(),
            value: change.after.clone()?,
        })
    });
    stored::Erasure {
        revision,
        ticket,
        key_ids: vec![Bytes::copy_from_slice(&key)],
        rest: rest.collect(),
    }
}

/// Finishes the erasures that were cut short after their commit. Gives those of which no commit says any more whether it was made.
pub(super) async fn finish(
    journal: &dyn Journal,
    keys: &Arc<Keyring>,
) -> Result<Vec<Arc<stored::Erasure>>, OpenError> {
    let mut unsaid = Vec::new();
    for erasure in keys.unfinished() {
        match is_committed(journal, keys, &erasure).await? {
            // And it will not be.
            Some(false) => {}
            Some(true) => destroy(keys, &erasure).await?,
            None => unsaid.push(erasure),
        }
    }
    Ok(unsaid)
}

/// Of erasures whose commits are in no history that is kept, as after a salvage, the records tell: whoever was not erased has some
/// that are sealed with their key.
pub(super) async fn finish_by_records(
    keys: &Arc<Keyring>,
    unsaid: Vec<Arc<stored::Erasure>>,
) -> Result<(), OpenError> {
    for erasure in unsaid {
        if !ids(&erasure).any(|id| keys.is_bound(&id)) {
            destroy(keys, &erasure).await?;
        }
    }
    Ok(())
}

/// Whether the commit of an erasure was made, if anything says so.
async fn is_committed(
    journal: &dyn Journal,
    keys: &Keyring,
    erasure: &stored::Erasure,
) -> Result<Option<bool>, OpenError> {
    let (revision, ticket) = keyring::commit_of(erasure);
    let mut meta = meta_at(journal, keys, revision).await?;
    if meta.is_none() && revision <= journal.oldest() {
        let found = journal.accounts(revision.saturating_sub(1), 1).await?;
        let account = found.into_iter().find(|it| it.revision == revision);
        let newest = journal.newest().await?;
        let newest = newest.filter(|it| it.revision == revision);
        let told = account.map(|it| it.meta).or(newest.map(|it| it.meta));
        let Some(told) = told else { return Ok(None) };
        meta = Some(Meta::decode(keys, revision, told)?);
    }
    let is_it = |meta: Meta| meta.kind == CommandKind::EraseClient && meta.ticket == ticket;
    Ok(Some(meta.is_some_and(is_it)))
}

fn ids(erasure: &stored::Erasure) -> impl Iterator<Item = KeyId> {
    let ids = erasure.key_ids.iter();
    ids.filter_map(|id| KeyId::try_from(&**id).ok())
}

async fn destroy(keys: &Arc<Keyring>, erasure: &stored::Erasure) -> Result<(), OpenError> {
    keys.destroy(ids(erasure).collect()).await?;
    let revision = erasure.revision;
    tracing::warn!(revision, "an erasure that was cut short was finished");
    Ok(())
}

/// A record of somebody who was erased after this store was as it is.
pub(super) struct Outlived {
    pub(super) key: Bytes,
    pub(super) value: Bytes,
    pub(super) sealed_by: KeyId,
}

/// Replaces the records of those who were erased since by what the ledger says is left of them, in commits of the system's.
/// `newest` is what the newest commit says.
pub(super) async fn apply(
    journal: &dyn Journal,
    keys: &Keyring,
    outlived: Vec<Outlived>,
    newest: Newest,
    mut head: Revision,
) -> Result<(), OpenError> {
    let count = outlived.len();
    let mut ticket = newest.ticket;
    for some in outlived.chunks(AT_ONCE) {
        ticket = ticket.wrapping_add(1);
        let changes = some
            .iter()
            .map(|record| {
                Ok(Change {
                    key: record.key.clone(),
                    before: Some(record.value.clone()),
                    after: rest(keys, record, head + 1)?,
                })
            })
            .collect::<Result<_, OpenError>>()?;
        let meta = Meta {
            at: newest.at,
            by: Actor::SYSTEM,
            kind: CommandKind::EraseClient,
            address: String::new(),
            reason: String::new(),
            request: None,
            outcome: Vec::new(),
            flagged: 0,
            ticket,
            judging: newest.judging,
            cause: 0,
            undone: None,
            impossible: Vec::new(),
        };
        let mut meta = meta.encode(keys, head + 1, None);
        // In a restore nothing else says how far the trail had come.
        if let Some(trail) = &newest.trail {
            meta = vouching(&meta, trail);
        }
        match journal
            .append(head, vec![NewCommit { meta, changes }])
            .await
        {
            Appended::Durable { head: new } => head = new,
            Appended::Unknown(error) => return Err(error.into()),
            Appended::Conflict { head } => {
                let why = format!("the journal is at revision {head}");
                return Err(OpenError::Unreadable(why));
            }
        }
    }
    tracing::warn!(
        records = count,
        "the store is from before clients were erased: what belonged to them was erased from it"
    );
    Ok(())
}

fn rest(keys: &Keyring, of: &Outlived, revision: Revision) -> Result<Option<Bytes>, OpenError> {
    let erasure = keys.erasure_of(&of.sealed_by).ok_or(OpenError::NoLedger)?;
    let Some(rest) = erasure.rest.iter().find(|rest| rest.key == of.key) else {
        return Ok(None);
    };
    match store::decode(keys, &rest.key, rest.value.clone())? {
        Opened::Whole(record, _) => Ok(Some(store::encode(keys, &record, revision))),
        Opened::Erased(_) => Ok(None),
    }
}
