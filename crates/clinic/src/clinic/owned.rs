//! What belongs to one client.

use std::sync::Arc;

use super::Clinic;
use crate::command::Revision;
use crate::id::ClientId;
use crate::model::{Change, Occupant, Record};

/// A client's own.
impl Clinic {
    /// Every record that is about a client, with the revision of its last change: the client, then declarations,
    /// waitlist entries, holds, and appointments with what hangs on each. Those are all whose [`Record::owner`] it is.
    pub fn records_of(&self, client: ClientId) -> Vec<(Record, Revision)> {
        let mut found: Vec<Record> = Vec::new();
        found.extend(self.client(client).cloned().map(Record::from));
        found.extend(self.declarations_of(client).cloned().map(Record::from));
        found.extend(self.wishes_of(client).cloned().map(Record::from));
        for by in self.occupants_of(client) {
            let appointment = match by {
                Occupant::Hold(hold) => {
                    found.extend(self.hold(hold).cloned().map(Record::from));
                    continue;
                }
                Occupant::Appointment(appointment) => appointment,
            };
            found.extend(self.appointment(appointment).cloned().map(Record::from));
            found.extend(self.session_record(appointment).cloned().map(Record::from));
            found.extend(self.aftercare(appointment).cloned().map(Record::from));
            found.extend(self.payments_of(appointment).cloned().map(Record::from));
            found.extend(self.receipts_of(appointment).cloned().map(Record::from));
        }
        let with_revision = |record: Record| {
            let revision = self.revision_of(&record.id()).unwrap_or(0);
            (record, revision)
        };
        found.into_iter().map(with_revision).collect()
    }

    /// Whether a record is about a client who has been erased. Nobody else ever leaves the clinic's clients.
    pub fn is_of_erased(&self, record: &Record) -> bool {
        record
            .owner()
            .is_some_and(|owner| self.client(owner).is_none())
    }

    /// Whether any of these changes was about a client who has been erased since.
    pub fn are_on_erased(&self, changes: &[Change]) -> bool {
        changes
            .iter()
            .flat_map(|change| change.before().into_iter().chain(change.after()))
            .any(|record| self.is_of_erased(record))
    }

    /// Forgets what keys did last to those who are erased, so that nothing gives it back.
    pub(super) fn forget_operations_on_erased(&mut self) {
        let on_erased = self
            .operations
            .iter()
            .filter(|(_, operation)| self.are_on_erased(&operation.changes));
        let keys: Vec<_> = on_erased.map(|(&key, _)| key).collect();
        for key in keys {
            if let Some(operation) = self.operations.get_mut(&key) {
                operation.changes = Arc::default();
            }
        }
    }
}
