//! What a command is answered with.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use treadwell_clinic::model::{Change, Record, RecordId};
use treadwell_clinic::{Clinic, CommandKind, Refusal, Reply, Revision};

use super::{EngineError, Published};
use crate::convert::store::commit::ErasedChange;

/// What a command did, or would have done.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The revision of its commit; for a dry run, the revision that it was judged on.
    pub revision: Revision,
    /// When it was decided.
    pub at: Timestamp,
    /// What the caller is told. A repeated answer has no blockers: they were of their moment.
    pub reply: Reply,
    /// Of an undo, what it took back.
    pub undone: Option<CommandKind>,
    /// The records that it changed.
    pub changes: Arc<[Change]>,
    /// Of a repeated erasure, the records that can not be opened any more.
    pub(crate) erased: Vec<ErasedChange>,
    /// The published clinic, with this commit in it and perhaps later ones; the clinic that it was decided on, when the
    /// answer tells of more than the changes; for a dry run the clinic as it would have become.
    pub published: Arc<Published>,
    /// The request was acted on earlier, and this is the answer of then.
    pub repeated: bool,
    /// Nothing was changed: it was only judged.
    pub dry: bool,
}

impl Committed {
    /// The clinic that goes with the answer.
    pub fn clinic(&self) -> &Clinic {
        &self.published.clinic
    }

    /// A record as this commit left it, with the revision of its last change.
    ///
    /// Answers are made from this, so that a repeated one shows what the first one showed; only a record that the commit
    /// did not touch is shown as it is when the answer is repeated.
    pub fn record(&self, id: RecordId) -> Option<(Record, Revision)> {
        if let Some(change) = self.changes.iter().find(|change| change.id() == id) {
            return Some((change.after()?.clone(), self.revision));
        }
        let clinic = self.clinic();
        Some((clinic.get(&id)?, clinic.revision_of(&id)?))
    }
}

/// What the clinic refused, with the clinic that it was decided on: what was in the way may be gone by the time that somebody
/// is told of it.
#[derive(Clone, PartialEq, Error)]
#[error("{refusal}")]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The clinic that said no.
    pub clinic: Clinic,
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl EngineError {
    pub(super) fn refused(refusal: Refusal, clinic: &Clinic) -> Self {
        Self::Refused(Box::new(Refused {
            refusal,
            clinic: clinic.clone(),
        }))
    }
}
