//! The clinic's state: every record, and the indexes that answer questions about them quickly.
//!
//! A [`Clinic`] is a value. Records change only through [`Clinic::apply`], which folds one commit into
//! the state; the indexes are derived from the records, are never stored, and can be made again at any
//! time by [`Clinic::from_records`]. No rule is judged here.

mod agenda;
mod alike;
mod external;
mod hygiene;
mod index;
mod money;
mod owned;
mod read;
mod records;
mod rule_sets;
mod waiting;

use std::borrow::Cow;
use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;

pub use agenda::Entry;
use index::Indexes;
use records::Records;

use crate::command::{CommandKind, Revision};
use crate::id::KeyId;
use crate::model::{Change, Record, RecordId};

#[cfg(test)]
mod tests;

/// The state of the clinic at one revision. Cloning it is cheap, and the clone never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clinic {
    revision: Revision,
    records: Records,
    indexes: Indexes,
    operations: OrdMap<KeyId, Operation>,
}

/// A decision that became part of the clinic's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its number, one more than that of the commit before.
    pub revision: Revision,
    /// When it was decided.
    pub at: Timestamp,
    /// On whose behalf.
    pub by: KeyId,
    /// What was asked for.
    pub kind: CommandKind,
    /// What it changes, each record at most once.
    pub changes: Arc<[Change]>,
}

/// What a key did last, for undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The revision of the commit.
    pub revision: Revision,
    /// When it was done.
    pub at: Timestamp,
    /// What it was.
    pub kind: CommandKind,
    /// What it changed; nothing when some of that was a client's who has been erased since.
    pub changes: Arc<[Change]>,
}

impl Clinic {
    /// The clinic of these records, each with the revision of its last change.
    ///
    /// What was done last by whom is not part of the records; see [`Clinic::recall`].
    pub fn from_records(
        records: impl IntoIterator<Item = (Record, Revision)>,
        revision: Revision,
    ) -> Self {
        let mut clinic = Self {
            revision,
            ..Self::default()
        };
        for (record, changed) in records {
            clinic.put(record, changed);
        }
        clinic
    }

    /// Every record with the revision of its last change, ordered by kind and id.
    pub fn records(&self) -> impl Iterator<Item = (Record, Revision)> + '_ {
        self.records.iter()
    }

    /// The revision of the last commit that was applied; 0 for an empty clinic.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Folds a commit into the state.
    pub fn apply(&mut self, commit: &Commit) {
        self.revision = commit.revision;
        // Everything leaves the indexes before anything enters them: within one commit two
        // appointments may swap their places.
        for change in commit.changes.iter() {
            if let Some(old) = self.records.get(&change.id()) {
                self.indexes.remove(&old);
            }
        }
        for change in commit.changes.iter() {
            match change.after() {
                Some(new) => {
                    self.indexes.add(new);
                    self.records.insert(new.clone(), commit.revision);
                }
                None => self.records.remove(&change.id()),
            }
        }
        if commit.kind == CommandKind::EraseClient {
            self.forget_operations_on_erased();
        }
        self.recall(commit);
    }

    /// Takes note of a commit that is applied already, so that its actor can undo it. The server does
    /// this with the latest commits after [`Clinic::from_records`]. One that found everything as asked
    /// did nothing that could be taken back.
    pub fn recall(&mut self, commit: &Commit) {
        if self.are_on_erased(&commit.changes) {
            self.recall_on_erased(commit);
        } else if !commit.changes.is_empty() {
            self.recall_with(commit, Arc::clone(&commit.changes));
        }
    }

    /// As [`Clinic::recall`], of a commit on somebody who was erased: nobody is given back by taking it back.
    pub fn recall_on_erased(&mut self, commit: &Commit) {
        self.recall_with(commit, Arc::default());
    }

    fn recall_with(&mut self, commit: &Commit, changes: Arc<[Change]>) {
        if !commit.kind.is_operation() {
            return;
        }
        let operation = Operation {
            revision: commit.revision,
            at: commit.at,
            kind: commit.kind,
            changes,
        };
        self.operations.insert(commit.by, operation);
    }

    /// The clinic as it is at an instant: without the holds that have expired by then. They are removed
    /// when the next command is decided; while none is, nobody shall take them for live.
    pub fn without_expired(&self, now: Timestamp) -> Cow<'_, Self> {
        if self.next_expiry().is_none_or(|first| now < first) {
            return Cow::Borrowed(self);
        }
        let mut live = self.clone();
        for hold in self.holds_due(now) {
            live.leave_out(&RecordId::Hold(hold.id));
        }
        Cow::Owned(live)
    }

    /// Goes on as if a record were not there. Only for what is tried out: no commit says so.
    pub(crate) fn leave_out(&mut self, id: &RecordId) {
        if let Some(record) = self.records.get(id) {
            self.indexes.remove(&record);
            self.records.remove(id);
        }
    }

    /// Goes on as if a record were this one. Only for what is tried out: no commit says so.
    pub(crate) fn suppose(&mut self, record: impl Into<Record>) {
        self.put(record.into(), self.revision);
    }

    /// What a key did last.
    pub fn last_operation(&self, key: KeyId) -> Option<&Operation> {
        self.operations.get(&key)
    }

    /// The record of this id.
    pub fn get(&self, id: &RecordId) -> Option<Record> {
        self.records.get(id)
    }

    /// The revision of a record's last change. None when the record does not exist.
    pub fn revision_of(&self, id: &RecordId) -> Option<Revision> {
        self.records.revision_of(id)
    }

    fn put(&mut self, record: Record, changed: Revision) {
        if let Some(old) = self.records.get(&record.id()) {
            self.indexes.remove(&old);
        }
        self.indexes.add(&record);
        self.records.insert(record, changed);
    }
}
