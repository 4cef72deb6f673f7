use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;

use super::{
    Absence, Aftercare, Appointment, Business, Client, Declaration, FootCare, Hold, Hygiene, Key,
    Outage, Payment, Policy, PriceList, Receipt, ReceiptNumber, Room, RuleSet, RuleSetVersion,
    Service, SessionRecord, Shift, Site, StockItem, StockMovement, SupportInspection, Therapist,
    Training, Turnover, WaitlistEntry, WeekTemplate,
};
use crate::id::{
    AbsenceId, AppointmentId, ClientId, DeclarationId, HoldId, InspectionId, KeyId, MovementId,
    OutageId, Part, PaymentId, RoomId, RuleSetId, ServiceId, ShiftId, SiteId, StockItemId,
    TemplateId, TherapistId, TrainingId, WaitlistId,
};

/// The one registry of kinds of record. It calls the macro `$then` with a line for each, in the order in
/// which [`Clinic::records`](crate::Clinic::records) gives them, what refers after what is referred to:
///
/// ```text
/// Kind = "name", table (the fields that are its id), the client it is about, the sites it belongs to;
/// ```
///
/// A field of the id that lies within another is written `field of other`.
///
/// The name is what errors and the journal write. A kind that is about no client says so with `nobody`, and
/// one that belongs to the clinic as a whole with `everywhere`, so that neither can be forgotten.
#[macro_export]
macro_rules! records {
    ($then:ident) => {
        $then! {
            /// The policy, of which there is one.
            Policy = "policy", policy, nobody, everywhere;
            /// A site.
            Site = "site", sites (id: SiteId), nobody, |r| vec![r.id];
            /// A room.
            Room = "room", rooms (id: RoomId), nobody, |r| vec![r.site];
            /// A rule set.
            RuleSet = "rule_set", rule_sets (id: RuleSetId), nobody, everywhere;
            /// A version of a rule set.
            RuleSetVersion = "rule_set_version", rule_set_versions (id of rule_set: RuleSetId, version of rule_set: u32), nobody, everywhere;
            /// A service.
            Service = "service", services (id: ServiceId), nobody, everywhere;
            /// A therapist.
            Therapist = "therapist", therapists (id: TherapistId), nobody, |r| r.sites.clone();
            /// A therapist's entry of the foot-care log for a date.
            FootCare = "foot_care", foot_care (therapist: TherapistId, date: Date), nobody, everywhere;
            /// A weekly template.
            WeekTemplate = "week_template", templates (id: TemplateId), nobody, |r| vec![r.site];
            /// A therapist's time off.
            Absence = "absence", absences (id: AbsenceId), nobody, everywhere;
            /// A shift.
            Shift = "shift", shifts (id: ShiftId), nobody, |r| vec![r.site];
            /// A client.
            Client = "client", clients (id: ClientId), |r| Some(r.id), everywhere;
            /// A declaration.
            Declaration = "declaration", declarations (id: DeclarationId), |r| Some(r.client), everywhere;
            /// An appointment.
            Appointment = "appointment", appointments (id: AppointmentId), |r| Some(r.client), |r| vec![r.slot.site];
            /// A hold.
            Hold = "hold", holds (id: HoldId), |r| r.client, |r| vec![r.slot.site];
            /// An outage.
            Outage = "outage", outages (id: OutageId), nobody, |r| vec![r.site];
            /// The turnover of a room.
            Turnover = "turnover", turnovers (room: RoomId), nobody, |r| vec![r.site];
            /// The clinic as a business, of which there is one.
            Business = "business", business, nobody, everywhere;
            /// The dated prices of a service.
            PriceList = "price_list", price_lists (service: ServiceId), nobody, everywhere;
            /// A payment or a refund.
            Payment = "payment", payments (id: PaymentId), |r| Some(r.client), |r| vec![r.site];
            /// A receipt.
            Receipt = "receipt", receipts (number: ReceiptNumber), |r| Some(r.client), |r| vec![r.site];
            /// A key.
            Key = "key", keys (id: KeyId), nobody, |r| r.sites.named();
            /// The notes on an appointment's session.
            SessionRecord = "session_record", noted (appointment: AppointmentId), |r| Some(r.client), |r| vec![r.site];
            /// The aftercare advice given after an appointment's session.
            Aftercare = "aftercare", aftercare (appointment: AppointmentId), |r| Some(r.client), |r| vec![r.site];
            /// An entry of the waitlist.
            WaitlistEntry = "waitlist_entry", waitlist_entries (id: WaitlistId), |r| Some(r.client), |r| r.wanted.sites.clone();
            /// Something that a site keeps in stock.
            StockItem = "stock_item", stock (site: SiteId, item: StockItemId), nobody, |r| vec![r.site];
            /// A movement of stock.
            StockMovement = "stock_movement", movements (id: MovementId), nobody, |r| vec![r.site];
            /// An inspection of overhead support.
            SupportInspection = "inspection", inspections (id: InspectionId), nobody, |r| vec![r.site];
            /// The hygiene of an appointment's session.
            Hygiene = "hygiene", hygiene (appointment: AppointmentId), nobody, |r| vec![r.site];
            /// An entry of the training log.
            Training = "training", trainings (id: TrainingId), nobody, everywhere;
        }
    };
}

/// What is about no client.
const fn nobody<T>(_: &T) -> Option<ClientId> {
    None
}

/// What belongs to the clinic as a whole.
const fn everywhere<T>(_: &T) -> Vec<SiteId> {
    Vec::new()
}

/// Asks a record of a kind.
fn ask<T, A>(question: impl FnOnce(&T) -> A, record: &T) -> A {
    question(record)
}

macro_rules! define {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $name:literal, $table:ident $(($($field:ident $(of $inner:ident)?: $part:ty),+))?,
        $owner:expr, $sites:expr;
    )*) => {
        /// The kinds of record, in the order in which [`crate::Clinic::records`] gives them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The kind's name, in lower case, as errors and the journal write it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        /// Which record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RecordId {
            $($(#[$doc])* $kind $(($($part),+))?,)*
        }

        impl RecordId {
            /// What kind of record it is.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind { .. } => Kind::$kind,)*
                }
            }

            /// What the id is made of within its kind; nothing for the policy and the business.
            pub fn parts(&self) -> Vec<Part<'_>> {
                match self {
                    $(Self::$kind $(($($field),+))? => vec![$($($field.into()),+)?],)*
                }
            }

            /// The id of a kind with this [name](Self::name); none when it is no such name.
            pub fn parse(kind: Kind, name: &str) -> Option<Self> {
                fn next<'a, T: FromStr>(parts: &mut impl Iterator<Item = &'a str>) -> Option<T> {
                    parts.next()?.parse().ok()
                }
                let parts = &mut name.split('/');
                let id = match kind {
                    $(Kind::$kind => Self::$kind $(($(next::<$part>(parts)?),+))?,)*
                };
                // One id has one name: nothing is left over, no date is written in another way.
                (id.name() == name).then_some(id)
            }
        }

        /// One resource, whole. Cheap to clone.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Record {
            $($(#[$doc])* $kind(Arc<$kind>),)*
        }

        impl Record {
            /// Which record it is.
            pub fn id(&self) -> RecordId {
                match self {
                    $(Self::$kind(_r) => RecordId::$kind $(($(_r$(.$inner)?.$field),+))?,)*
                }
            }

            /// The client whom the record is about, if it is about one who was not erased.
            ///
            /// What is a client's belongs to the client's complete record, and goes with the client.
            pub fn owner(&self) -> Option<ClientId> {
                let owner = match self {
                    $(Self::$kind(record) => ask::<$kind, _>($owner, record),)*
                };
                owner.filter(|owner| !owner.is_erased())
            }

            /// The sites that the record belongs to; empty when it belongs to the clinic as a whole.
            pub fn sites(&self) -> Vec<SiteId> {
                match self {
                    $(Self::$kind(record) => ask::<$kind, _>($sites, record),)*
                }
            }
        }

        $(
            impl From<$kind> for Record {
                fn from(resource: $kind) -> Self {
                    Self::$kind(Arc::new(resource))
                }
            }

            impl From<Arc<$kind>> for Record {
                fn from(resource: Arc<$kind>) -> Self {
                    Self::$kind(resource)
                }
            }
        )*
    };
}

records!(define);

impl RecordId {
    /// The id's text within its kind; empty for the policy and the business.
    pub fn name(&self) -> String {
        let parts: Vec<String> = self.parts().iter().map(ToString::to_string).collect();
        parts.join("/")
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy | Self::Business => f.write_str(self.kind().name()),
            _ => write!(f, "{} {}", self.kind().name(), self.name()),
        }
    }
}

/// One record before and after a commit. At least one side is there, and both are the same record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    id: RecordId,
    before: Option<Record>,
    after: Option<Record>,
}

impl Change {
    /// The record from before to after, or `None` when there is neither, or two different records.
    pub fn new(before: Option<Record>, after: Option<Record>) -> Option<Self> {
        let id = match (&before, &after) {
            (Some(one), None) | (None, Some(one)) => one.id(),
            (Some(old), Some(new)) if old.id() == new.id() => new.id(),
            (None, None) | (Some(_), Some(_)) => return None,
        };
        Some(Self { id, before, after })
    }

    /// A record that comes into being.
    pub fn create(record: impl Into<Record>) -> Self {
        let record = record.into();
        Self {
            id: record.id(),
            before: None,
            after: Some(record),
        }
    }

    /// A record that takes another's place under the same id.
    ///
    /// # Panics
    /// When the two are not the same record, which is a mistake of the program.
    pub fn update(before: impl Into<Record>, after: impl Into<Record>) -> Self {
        Self::new(Some(before.into()), Some(after.into()))
            .expect("an update keeps the id of its record")
    }

    /// A record that ceases to be.
    pub fn remove(record: impl Into<Record>) -> Self {
        let record = record.into();
        Self {
            id: record.id(),
            before: Some(record),
            after: None,
        }
    }

    /// Which record.
    pub const fn id(&self) -> RecordId {
        self.id
    }

    /// The record before the commit, if it was there.
    pub const fn before(&self) -> Option<&Record> {
        self.before.as_ref()
    }

    /// The record after the commit, if it is there.
    pub const fn after(&self) -> Option<&Record> {
        self.after.as_ref()
    }
}
