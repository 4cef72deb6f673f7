use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use super::{
    Absence, Aftercare, Appointment, Business, Client, Declaration, FootCare, Hold, Hygiene, Key,
    Outage, Payment, Policy, PriceList, Receipt, ReceiptNumber, Room, RuleSet, Service,
    SessionRecord, Shift, Site, Sites, StockItem, StockMovement, SupportInspection, Therapist,
    Turnover, WaitlistEntry, WeekTemplate,
};
use crate::id::{
    AbsenceId, AppointmentId, ClientId, DeclarationId, HoldId, InspectionId, KeyId, MovementId,
    OutageId, PaymentId, RoomId, RuleSetId, ServiceId, ShiftId, SiteId, StockItemId, TemplateId,
    TherapistId, WaitlistId,
};

/// The kinds of record, in the order in which [`crate::Clinic::records`] gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The policy, of which there is one.
    Policy,
    /// A site.
    Site,
    /// A room.
    Room,
    /// A rule set.
    RuleSet,
    /// A service.
    Service,
    /// A therapist.
    Therapist,
    /// An entry of the foot-care log.
    FootCare,
    /// A weekly template.
    WeekTemplate,
    /// A therapist's time off.
    Absence,
    /// A shift.
    Shift,
    /// A client.
    Client,
    /// A declaration.
    Declaration,
    /// An appointment.
    Appointment,
    /// A hold.
    Hold,
    /// An outage.
    Outage,
    /// A room's turnover.
    Turnover,
    /// The clinic as a business.
    Business,
    /// The dated prices of a service.
    PriceList,
    /// A payment or a refund.
    Payment,
    /// A receipt.
    Receipt,
    /// A key.
    Key,
    /// The notes on a session.
    SessionRecord,
    /// The aftercare advice given after a session.
    Aftercare,
    /// An entry of the waitlist.
    WaitlistEntry,
    /// Something that a site keeps in stock.
    StockItem,
    /// A movement of stock.
    StockMovement,
    /// An inspection of overhead support.
    SupportInspection,
    /// The hygiene of one session.
    Hygiene,
}

impl Kind {
    /// The kind's name, in lower case, as errors and the journal write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Site => "site",
            Self::Room => "room",
            Self::RuleSet => "rule_set",
            Self::Service => "service",
            Self::Therapist => "therapist",
            Self::FootCare => "foot_care",
            Self::WeekTemplate => "week_template",
            Self::Absence => "absence",
            Self::Shift => "shift",
            Self::Client => "client",
            Self::Declaration => "declaration",
            Self::Appointment => "appointment",
            Self::Hold => "hold",
            Self::Outage => "outage",
            Self::Turnover => "turnover",
            Self::Business => "business",
            Self::PriceList => "price_list",
            Self::Payment => "payment",
            Self::Receipt => "receipt",
            Self::Key => "key",
            Self::SessionRecord => "session_record",
            Self::Aftercare => "aftercare",
            Self::WaitlistEntry => "waitlist_entry",
            Self::StockItem => "stock_item",
            Self::StockMovement => "stock_movement",
            Self::SupportInspection => "inspection",
            Self::Hygiene => "hygiene",
        }
    }
}

/// Which record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordId {
    /// The policy.
    Policy,
    /// A site.
    Site(SiteId),
    /// A room.
    Room(RoomId),
    /// A rule set.
    RuleSet(RuleSetId),
    /// A service.
    Service(ServiceId),
    /// A therapist.
    Therapist(TherapistId),
    /// A therapist's foot-care entry for a date.
    FootCare(TherapistId, Date),
    /// A weekly template.
    WeekTemplate(TemplateId),
    /// A therapist's time off.
    Absence(AbsenceId),
    /// A shift.
    Shift(ShiftId),
    /// A client.
    Client(ClientId),
    /// A declaration.
    Declaration(DeclarationId),
    /// An appointment.
    Appointment(AppointmentId),
    /// A hold.
    Hold(HoldId),
    /// An outage.
    Outage(OutageId),
    /// The turnover of a room.
    Turnover(RoomId),
    /// The clinic as a business.
    Business,
    /// The dated prices of a service.
    PriceList(ServiceId),
    /// A payment or a refund.
    Payment(PaymentId),
    /// A receipt.
    Receipt(ReceiptNumber),
    /// A key.
    Key(KeyId),
    /// The notes on an appointment's session.
    SessionRecord(AppointmentId),
    /// The aftercare advice given after an appointment's session.
    Aftercare(AppointmentId),
    /// An entry of the waitlist.
    WaitlistEntry(WaitlistId),
    /// An item that a site keeps in stock.
    StockItem(SiteId, StockItemId),
    /// A movement of stock.
    StockMovement(MovementId),
    /// An inspection of overhead support.
    SupportInspection(InspectionId),
    /// The hygiene of a session.
    Hygiene(AppointmentId),
}

impl RecordId {
    /// What kind of record it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Policy => Kind::Policy,
            Self::Site(_) => Kind::Site,
            Self::Room(_) => Kind::Room,
            Self::RuleSet(_) => Kind::RuleSet,
            Self::Service(_) => Kind::Service,
            Self::Therapist(_) => Kind::Therapist,
            Self::FootCare(..) => Kind::FootCare,
            Self::WeekTemplate(_) => Kind::WeekTemplate,
            Self::Absence(_) => Kind::Absence,
            Self::Shift(_) => Kind::Shift,
            Self::Client(_) => Kind::Client,
            Self::Declaration(_) => Kind::Declaration,
            Self::Appointment(_) => Kind::Appointment,
            Self::Hold(_) => Kind::Hold,
            Self::Outage(_) => Kind::Outage,
            Self::Turnover(_) => Kind::Turnover,
            Self::Business => Kind::Business,
            Self::PriceList(_) => Kind::PriceList,
            Self::Payment(_) => Kind::Payment,
            Self::Receipt(_) => Kind::Receipt,
            Self::Key(_) => Kind::Key,
            Self::SessionRecord(_) => Kind::SessionRecord,
            Self::Aftercare(_) => Kind::Aftercare,
            Self::WaitlistEntry(_) => Kind::WaitlistEntry,
            Self::StockItem(..) => Kind::StockItem,
            Self::StockMovement(_) => Kind::StockMovement,
            Self::SupportInspection(_) => Kind::SupportInspection,
            Self::Hygiene(_) => Kind::Hygiene,
        }
    }

    /// The id's text within its kind; empty for the policy and the business.
    pub fn name(&self) -> String {
        match self {
            Self::Policy | Self::Business => String::new(),
            Self::Site(id) => id.to_string(),
            Self::Room(id) | Self::Turnover(id) => id.to_string(),
            Self::RuleSet(id) => id.to_string(),
            Self::Service(id) | Self::PriceList(id) => id.to_string(),
            Self::Therapist(id) => id.to_string(),
            Self::FootCare(id, date) => format!("{id}/{date}"),
            Self::WeekTemplate(id) => id.to_string(),
            Self::Absence(id) => id.to_string(),
            Self::Shift(id) => id.to_string(),
            Self::Client(id) => id.to_string(),
            Self::Declaration(id) => id.to_string(),
            Self::Appointment(id)
            | Self::SessionRecord(id)
            | Self::Aftercare(id)
            | Self::Hygiene(id) => id.to_string(),
            Self::Hold(id) => id.to_string(),
            Self::Outage(id) => id.to_string(),
            Self::Payment(id) => id.to_string(),
            Self::Receipt(number) => number.to_string(),
            Self::Key(id) => id.to_string(),
            Self::WaitlistEntry(id) => id.to_string(),
            Self::StockItem(site, item) => format!("{site}/{item}"),
            Self::StockMovement(id) => id.to_string(),
            Self::SupportInspection(id) => id.to_string(),
        }
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

/// One resource, whole. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The policy.
    Policy(Arc<Policy>),
    /// A site.
    Site(Arc<Site>),
    /// A room.
    Room(Arc<Room>),
    /// A rule set.
    RuleSet(Arc<RuleSet>),
    /// A service.
    Service(Arc<Service>),
    /// A therapist.
    Therapist(Arc<Therapist>),
    /// An entry of the foot-care log.
    FootCare(Arc<FootCare>),
    /// A weekly template.
    WeekTemplate(Arc<WeekTemplate>),
    /// A therapist's time off.
    Absence(Arc<Absence>),
    /// A shift.
    Shift(Arc<Shift>),
    /// A client.
    Client(Arc<Client>),
    /// A declaration.
    Declaration(Arc<Declaration>),
    /// An appointment.
    Appointment(Arc<Appointment>),
    /// A hold.
    Hold(Arc<Hold>),
    /// An outage.
    Outage(Arc<Outage>),
    /// A room's turnover.
    Turnover(Arc<Turnover>),
    /// The clinic as a business.
    Business(Arc<Business>),
    /// The dated prices of a service.
    PriceList(Arc<PriceList>),
    /// A payment or a refund.
    Payment(Arc<Payment>),
    /// A receipt.
    Receipt(Arc<Receipt>),
    /// A key.
    Key(Arc<Key>),
    /// The notes on a session.
    SessionRecord(Arc<SessionRecord>),
    /// The aftercare advice given after a session.
    Aftercare(Arc<Aftercare>),
    /// An entry of the waitlist.
    WaitlistEntry(Arc<WaitlistEntry>),
    /// An item that a site keeps in stock.
    StockItem(Arc<StockItem>),
    /// A movement of stock.
    StockMovement(Arc<StockMovement>),
    /// An inspection of overhead support.
    SupportInspection(Arc<SupportInspection>),
    /// The hygiene of a session.
    Hygiene(Arc<Hygiene>),
}

impl Record {
    /// Which record it is.
    pub fn id(&self) -> RecordId {
        match self {
            Self::Policy(_) => RecordId::Policy,
            Self::Site(r) => RecordId::Site(r.id),
            Self::Room(r) => RecordId::Room(r.id),
            Self::RuleSet(r) => RecordId::RuleSet(r.id),
            Self::Service(r) => RecordId::Service(r.id),
            Self::Therapist(r) => RecordId::Therapist(r.id),
            Self::FootCare(r) => RecordId::FootCare(r.therapist, r.date),
            Self::WeekTemplate(r) => RecordId::WeekTemplate(r.id),
            Self::Absence(r) => RecordId::Absence(r.id),
            Self::Shift(r) => RecordId::Shift(r.id),
            Self::Client(r) => RecordId::Client(r.id),
            Self::Declaration(r) => RecordId::Declaration(r.id),
            Self::Appointment(r) => RecordId::Appointment(r.id),
            Self::Hold(r) => RecordId::Hold(r.id),
            Self::Outage(r) => RecordId::Outage(r.id),
            Self::Turnover(r) => RecordId::Turnover(r.room),
            Self::Business(_) => RecordId::Business,
            Self::PriceList(r) => RecordId::PriceList(r.service),
            Self::Payment(r) => RecordId::Payment(r.id),
            Self::Receipt(r) => RecordId::Receipt(r.number),
            Self::Key(r) => RecordId::Key(r.id),
            Self::SessionRecord(r) => RecordId::SessionRecord(r.appointment),
            Self::Aftercare(r) => RecordId::Aftercare(r.appointment),
            Self::WaitlistEntry(r) => RecordId::WaitlistEntry(r.id),
            Self::StockItem(r) => RecordId::StockItem(r.site, r.item),
            Self::StockMovement(r) => RecordId::StockMovement(r.id),
            Self::SupportInspection(r) => RecordId::SupportInspection(r.id),
            Self::Hygiene(r) => RecordId::Hygiene(r.appointment),
        }
    }

    /// The sites that the record belongs to; empty when it belongs to the clinic as a whole.
    pub fn sites(&self) -> Vec<SiteId> {
        match self {
            Self::Site(r) => vec![r.id],
            Self::Room(r) => vec![r.site],
            Self::Therapist(r) => r.sites.clone(),
            Self::WeekTemplate(r) => vec![r.site],
            Self::Shift(r) => vec![r.site],
            Self::Appointment(r) => vec![r.slot.site],
            Self::Hold(r) => vec![r.slot.site],
            Self::Outage(r) => vec![r.site],
            Self::Turnover(r) => vec![r.site],
            Self::SessionRecord(r) => vec![r.site],
            Self::Aftercare(r) => vec![r.site],
            Self::Payment(r) => vec![r.site],
            Self::Receipt(r) => vec![r.site],
            Self::WaitlistEntry(r) => r.wanted.sites.clone(),
            Self::StockItem(r) => vec![r.site],
            Self::StockMovement(r) => vec![r.site],
            Self::SupportInspection(r) => vec![r.site],
            Self::Hygiene(r) => vec![r.site],
            Self::Key(r) => match &r.sites {
                Sites::All => Vec::new(),
                Sites::Only(sites) => sites.iter().copied().collect(),
            },
            _ => Vec::new(),
        }
    }
}

macro_rules! from_resource {
    ($($kind:ident),* $(,)?) => {$(
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
    )*};
}

from_resource! {
    Absence, Aftercare, Appointment, Business, Client, Declaration, FootCare, Hold, Hygiene, Key, Outage, Payment, Policy, PriceList, Receipt, Room, RuleSet, Service, SessionRecord, Shift, Site, StockItem, StockMovement, SupportInspection, Therapist, Turnover, WaitlistEntry, WeekTemplate,
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
