//! The answer to a request that was acted on earlier, rebuilt from its commit.

use std::sync::Arc;

use treadwell_clinic::refusal::ErasureRefusal;
use treadwell_clinic::{CommandKind, Refusal, Reply, Revision};
use treadwell_journal::Journal;

use super::{Committed, EngineError, Published};
use crate::convert::store::commit::{Meta, ReadCommit, read_commit};
use crate::keyring::Keyring;

/// So many commits after the first are searched for what its judging flagged.
const JUDGING_COMMITS: usize = 4_096;
const READ_COMMITS: usize = 64;

/// What the commit at `revision` was answered with.
pub(super) async fn committed(
    journal: &dyn Journal,
    keys: &Keyring,
    revision: Revision,
    published: Arc<Published>,
) -> Result<Committed, EngineError> {
    let stopped = |why: String| EngineError::Stopped(why);
    let read = journal
        .read(revision.saturating_sub(1), 1)
        .await
        .map_err(|error| stopped(error.to_string()))?;
    let found = read
        .first()
        .filter(|commit| commit.revision == revision)
        .ok_or_else(|| stopped(format!("revision {revision} is not in the journal")))?;
    let read = read_commit(keys, found).map_err(|error| stopped(error.to_string()))?;
    let ReadCommit {
        meta,
        commit,
        erased,
    } = read;
    let erases = meta.kind == CommandKind::EraseClient;
    if !erases && (!erased.is_empty() || published.clinic.are_on_erased(&commit.changes)) {
        let erased = Refusal::Erasure(ErasureRefusal::Erased);
        return Err(EngineError::refused(erased, &published.clinic));
    }
    let judged = if meta.judging {
        flagged_by(journal, keys, revision)
            .await
            .map_err(|error| stopped(error.to_string()))?
    } else {
        0
    };
    Ok(Committed {
        revision,
        at: commit.at,
        reply: Reply {
            records: meta.outcome,
            flagged: meta.flagged.saturating_add(judged),
            impossible: meta.impossible,
            ..Reply::default()
        },
        undone: meta.undone,
        changes: commit.changes,
        erased,
        published,
        repeated: true,
        dry: false,
    })
}

/// How many appointments the judging that the commit at `cause` began has flagged.
async fn flagged_by(
    journal: &dyn Journal,
    keys: &Keyring,
    cause: Revision,
) -> Result<u32, treadwell_journal::Error> {
    let mut flagged = 0_u32;
    let mut after = cause;
    for _ in 0..JUDGING_COMMITS / READ_COMMITS {
        let commits = journal.read(after, READ_COMMITS).await?;
        let Some(last) = commits.last() else { break };
        after = last.revision;
        for commit in &commits {
            let Ok(meta) = Meta::decode(keys, commit.revision, commit.meta.clone()) else {
                return Ok(flagged);
            };
            if meta.cause == cause {
                flagged = flagged.saturating_add(meta.flagged);
            }
            if !meta.judging {
                return Ok(flagged);
            }
        }
    }
    Ok(flagged)
}
