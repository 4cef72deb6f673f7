//! What is decided and not durable yet: commits to append at once, and answers that wait for them.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::model::Change;
use treadwell_clinic::{CommandKind, Commit, Reply, Revision};
use treadwell_journal::NewCommit;

use super::writer::Job;
use super::{EngineError, Published};
use crate::keyring::KeyId;

/// A group takes no more commands from here on.
const FULL_COMMITS: usize = 256;
const FULL_BYTES: usize = 1 << 20;

/// Commits that become durable together, and who waits for that.
#[derive(Default)]
pub(super) struct Group {
    /// The commits, for whoever publishes them.
    pub(super) commits: Vec<Commit>,
    /// The same, for the journal.
    pub(super) appends: Vec<NewCommit>,
    /// Jobs with their answers, in the order in which they came.
    pub(super) waiting: Vec<Waiting>,
    /// Judgings that ended with this group: the revision that caused each, and how many
    /// appointments it flagged.
    pub(super) judged: Vec<(Revision, u32)>,
    /// Who wants to know that the group is durable, and nothing else.
    pub(super) observers: Vec<oneshot::Sender<()>>,
    /// What the ledger of erasures has to say before the group is appended.
    pub(super) erasures: Vec<stored::Erasure>,
    /// The keys to destroy when it is durable.
    pub(super) erased: Vec<KeyId>,
    bytes: usize,
}

/// A job with its answer.
pub(super) struct Waiting {
    /// The job, kept because it may have to be decided again.
    pub(super) job: Job,
    /// The number by which its commit is known again.
    pub(super) ticket: u64,
    /// What the answer will be.
    pub(super) prepared: Prepared,
}

/// An answer, as soon as it may be given.
pub(super) enum Prepared {
    /// The command was done, or would be.
    Done(Done),
    /// The request was acted on earlier, in the commit of this revision.
    Repeat(Revision),
    /// The command was refused.
    Refused(EngineError),
}

/// What a command did, or would have done.
pub(super) struct Done {
    pub(super) revision: Revision,
    pub(super) at: Timestamp,
    pub(super) reply: Reply,
    /// Of an undo, what it took back.
    pub(super) undone: Option<CommandKind>,
    pub(super) changes: Arc<[Change]>,
    /// Appointments are judged again because of it, and the answer says how many were flagged.
    pub(super) judging: bool,
    /// The clinic that the answer tells of; none when the one that is published by then will do.
    pub(super) as_of: Option<Arc<Published>>,
    /// Nothing was changed.
    pub(super) dry: bool,
}

impl Group {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.commits.is_empty()
            && self.waiting.is_empty()
            && self.judged.is_empty()
            && self.observers.is_empty()
    }

    /// Whether it takes another command.
    pub(super) fn has_room(&self) -> bool {
        self.commits.len() < FULL_COMMITS && self.bytes < FULL_BYTES
    }

    /// Adds a commit.
    pub(super) fn push(&mut self, commit: Commit, append: NewCommit) {
        self.bytes += append.meta.len();
        for change in &append.changes {
            self.bytes += change.key.len();
            self.bytes += change.before.as_ref().map_or(0, bytes::Bytes::len);
            self.bytes += change.after.as_ref().map_or(0, bytes::Bytes::len);
        }
        self.commits.push(commit);
        self.appends.push(append);
    }
}

/// A group whose append is under way, with the clinic to publish when it is durable.
pub(super) struct InFlight {
    pub(super) group: Group,
    pub(super) published: Arc<Published>,
}
