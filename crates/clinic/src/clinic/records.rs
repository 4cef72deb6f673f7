use std::sync::Arc;

use imbl::OrdMap;
use jiff::civil::Date;

use crate::command::Revision;
use crate::id::{
    AbsenceId, AppointmentId, ClientId, DeclarationId, HoldId, InspectionId, KeyId, MovementId,
    OutageId, PaymentId, RoomId, RuleSetId, ServiceId, ShiftId, SiteId, StockItemId, TemplateId,
    TherapistId, TrainingId, WaitlistId,
};
use crate::model::{
    Absence, Aftercare, Appointment, Business, Client, Declaration, FootCare, Hold, Hygiene, Key,
    Outage, Payment, Policy, PriceList, Receipt, ReceiptNumber, Record, RecordId, Room, RuleSet,
    RuleSetVersion, Service, SessionRecord, Shift, Site, StockItem, StockMovement,
    SupportInspection, Therapist, Training, Turnover, WaitlistEntry, WeekTemplate,
};

/// A record and the revision of its last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored<T> {
    pub(super) record: Arc<T>,
    pub(super) revision: Revision,
}

pub(super) type Table<I, T> = OrdMap<I, Stored<T>>;

/// What a table is sorted by: an id of one part is that part, of more a tuple.
macro_rules! key {
    ($one:ty) => { $one };
    ($($part:ty),*) => { ($($part),*) };
}

macro_rules! tables {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $name:literal, $table:ident $(($($field:ident $(of $inner:ident)?: $part:ty),+))?,
        $owner:expr, $sites:expr;
    )*) => {
        /// Every record, one table for each kind.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(super) struct Records {
            $(pub(super) $table: Table<key!($($($part),+)?), $kind>,)*
        }

        impl Records {
            pub(super) fn get(&self, id: &RecordId) -> Option<Record> {
                match *id {
                    $(RecordId::$kind $(($($field),+))? => {
                        let stored = self.$table.get(&($($($field),+)?))?;
                        Some(Arc::clone(&stored.record).into())
                    })*
                }
            }

            pub(super) fn revision_of(&self, id: &RecordId) -> Option<Revision> {
                match *id {
                    $(RecordId::$kind $(($($field),+))? => {
                        Some(self.$table.get(&($($($field),+)?))?.revision)
                    })*
                }
            }

            pub(super) fn insert(&mut self, record: Record, revision: Revision) {
                match record {
                    $(Record::$kind(record) => {
                        let key = ($($(record$(.$inner)?.$field),+)?);
                        self.$table.insert(key, Stored { record, revision });
                    })*
                }
            }

            pub(super) fn remove(&mut self, id: &RecordId) {
                match *id {
                    $(RecordId::$kind $(($($field),+))? => drop(self.$table.remove(&($($($field),+)?))),)*
                }
            }

            pub(super) fn iter(&self) -> impl Iterator<Item = (Record, Revision)> + '_ {
                std::iter::empty() $(.chain(all(&self.$table)))*
            }
        }
    };
}

crate::records!(tables);

fn all<I: Ord + Clone, T>(table: &Table<I, T>) -> impl Iterator<Item = (Record, Revision)> + '_
where
    Record: From<Arc<T>>,
{
    table
        .values()
        .map(|stored| (Arc::clone(&stored.record).into(), stored.revision))
}
