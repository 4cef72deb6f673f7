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
    Service, SessionRecord, Shift, Site, StockItem, StockMovement, SupportInspection, Therapist,
    Training, Turnover, WaitlistEntry, WeekTemplate,
};

/// A record and the revision of its last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored<T> {
    pub(super) record: Arc<T>,
    pub(super) revision: Revision,
}

pub(super) type Table<I, T> = OrdMap<I, Stored<T>>;

/// Every record, one table for each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    /// Revision 0 is the default policy, which nobody has put and which is no record yet.
    pub(super) policy: Stored<Policy>,
    pub(super) sites: Table<SiteId, Site>,
    pub(super) rooms: Table<RoomId, Room>,
    pub(super) rule_sets: Table<RuleSetId, RuleSet>,
    pub(super) services: Table<ServiceId, Service>,
    pub(super) therapists: Table<TherapistId, Therapist>,
    pub(super) foot_care: Table<(TherapistId, Date), FootCare>,
    pub(super) templates: Table<TemplateId, WeekTemplate>,
    pub(super) absences: Table<AbsenceId, Absence>,
    pub(super) shifts: Table<ShiftId, Shift>,
    pub(super) clients: Table<ClientId, Client>,
    pub(super) declarations: Table<DeclarationId, Declaration>,
    pub(super) appointments: Table<AppointmentId, Appointment>,
    pub(super) holds: Table<HoldId, Hold>,
    pub(super) outages: Table<OutageId, Outage>,
    pub(super) turnovers: Table<RoomId, Turnover>,
    pub(super) business: Table<(), Business>,
    pub(super) price_lists: Table<ServiceId, PriceList>,
    pub(super) payments: Table<PaymentId, Payment>,
    pub(super) receipts: Table<ReceiptNumber, Receipt>,
    pub(super) keys: Table<KeyId, Key>,
    pub(super) noted: Table<AppointmentId, SessionRecord>,
    pub(super) aftercare: Table<AppointmentId, Aftercare>,
    pub(super) waitlist_entries: Table<WaitlistId, WaitlistEntry>,
    pub(super) stock: Table<(SiteId, StockItemId), StockItem>,
    pub(super) movements: Table<MovementId, StockMovement>,
    pub(super) inspections: Table<InspectionId, SupportInspection>,
    pub(super) hygiene: Table<AppointmentId, Hygiene>,
    pub(super) trainings: Table<TrainingId, Training>,
}

/// Does the same with the table and the key that belong to a record id; the policy has an arm of its
/// own, because there is one.
macro_rules! for_table {
    ($self:ident, $id:expr, $table:ident, $key:ident => $body:expr, policy => $policy:expr) => {
        match $id {
            RecordId::Policy => $policy,
            RecordId::Site($key) => for_table!(@ $self.sites, $table, $body),
            RecordId::Room($key) => for_table!(@ $self.rooms, $table, $body),
            RecordId::RuleSet($key) => for_table!(@ $self.rule_sets, $table, $body),
            RecordId::Service($key) => for_table!(@ $self.services, $table, $body),
            RecordId::Therapist($key) => for_table!(@ $self.therapists, $table, $body),
            RecordId::FootCare(therapist, date) => {
                let $key = &(*therapist, *date);
                for_table!(@ $self.foot_care, $table, $body)
            }
            RecordId::WeekTemplate($key) => for_table!(@ $self.templates, $table, $body),
            RecordId::Absence($key) => for_table!(@ $self.absences, $table, $body),
            RecordId::Shift($key) => for_table!(@ $self.shifts, $table, $body),
            RecordId::Client($key) => for_table!(@ $self.clients, $table, $body),
            RecordId::Declaration($key) => for_table!(@ $self.declarations, $table, $body),
            RecordId::Appointment($key) => for_table!(@ $self.appointments, $table, $body),
            RecordId::Hold($key) => for_table!(@ $self.holds, $table, $body),
            RecordId::Outage($key) => for_table!(@ $self.outages, $table, $body),
            RecordId::Turnover($key) => for_table!(@ $self.turnovers, $table, $body),
            RecordId::Business => {
                let $key = &();
                for_table!(@ $self.business, $table, $body)
            }
            RecordId::PriceList($key) => for_table!(@ $self.price_lists, $table, $body),
            RecordId::Payment($key) => for_table!(@ $self.payments, $table, $body),
            RecordId::Receipt($key) => for_table!(@ $self.receipts, $table, $body),
            RecordId::Key($key) => for_table!(@ $self.keys, $table, $body),
            RecordId::SessionRecord($key) => for_table!(@ $self.noted, $table, $body),
            RecordId::Aftercare($key) => for_table!(@ $self.aftercare, $table, $body),
            RecordId::WaitlistEntry($key) => for_table!(@ $self.waitlist_entries, $table, $body),
            RecordId::StockItem(site, item) => {
                let $key = &(*site, *item);
                for_table!(@ $self.stock, $table, $body)
            }
            RecordId::StockMovement($key) => for_table!(@ $self.movements, $table, $body),
            RecordId::SupportInspection($key) => for_table!(@ $self.inspections, $table, $body),
            RecordId::Hygiene($key) => for_table!(@ $self.hygiene, $table, $body),
            RecordId::Training($key) => for_table!(@ $self.trainings, $table, $body),
        }
    };
    (@ $self:ident.$field:ident, $table:ident, $body:expr) => {{
        let $table = &$self.$field;
        $body
    }};
}

impl Records {
    pub(super) fn get(&self, id: &RecordId) -> Option<Record> {
        for_table!(self, id, table, key =>
            table.get(key).map(|stored| Record::from(Arc::clone(&stored.record))),
            policy => (self.policy.revision > 0).then(|| Arc::clone(&self.policy.record).into()))
    }

    pub(super) fn revision_of(&self, id: &RecordId) -> Option<Revision> {
        for_table!(self, id, table, key => table.get(key).map(|stored| stored.revision),
            policy => (self.policy.revision > 0).then_some(self.policy.revision))
    }

    pub(super) fn insert(&mut self, record: Record, revision: Revision) {
        fn put<I: Ord + Clone, T: Clone>(
            table: &mut Table<I, T>,
            id: I,
            record: Arc<T>,
            revision: Revision,
        ) {
            table.insert(id, Stored { record, revision });
        }
        match record {
            Record::Policy(record) => self.policy = Stored { record, revision },
            Record::Site(r) => put(&mut self.sites, r.id, r, revision),
            Record::Room(r) => put(&mut self.rooms, r.id, r, revision),
            Record::RuleSet(r) => put(&mut self.rule_sets, r.id, r, revision),
            Record::Service(r) => put(&mut self.services, r.id, r, revision),
            Record::Therapist(r) => put(&mut self.therapists, r.id, r, revision),
            Record::FootCare(r) => put(&mut self.foot_care, (r.therapist, r.date), r, revision),
            Record::WeekTemplate(r) => put(&mut self.templates, r.id, r, revision),
            Record::Absence(r) => put(&mut self.absences, r.id, r, revision),
            Record::Shift(r) => put(&mut self.shifts, r.id, r, revision),
            Record::Client(r) => put(&mut self.clients, r.id, r, revision),
            Record::Declaration(r) => put(&mut self.declarations, r.id, r, revision),
            Record::Appointment(r) => put(&mut self.appointments, r.id, r, revision),
            Record::Hold(r) => put(&mut self.holds, r.id, r, revision),
            Record::Outage(r) => put(&mut self.outages, r.id, r, revision),
            Record::Turnover(r) => put(&mut self.turnovers, r.room, r, revision),
            Record::Business(r) => put(&mut self.business, (), r, revision),
            Record::PriceList(r) => put(&mut self.price_lists, r.service, r, revision),
            Record::Payment(r) => put(&mut self.payments, r.id, r, revision),
            Record::Receipt(r) => put(&mut self.receipts, r.number, r, revision),
            Record::Key(r) => put(&mut self.keys, r.id, r, revision),
            Record::SessionRecord(r) => put(&mut self.noted, r.appointment, r, revision),
            Record::Aftercare(r) => put(&mut self.aftercare, r.appointment, r, revision),
            Record::WaitlistEntry(r) => put(&mut self.waitlist_entries, r.id, r, revision),
            Record::StockItem(r) => put(&mut self.stock, (r.site, r.item), r, revision),
            Record::StockMovement(r) => put(&mut self.movements, r.id, r, revision),
            Record::SupportInspection(r) => put(&mut self.inspections, r.id, r, revision),
            Record::Hygiene(r) => put(&mut self.hygiene, r.appointment, r, revision),
            Record::Training(r) => put(&mut self.trainings, r.id, r, revision),
        }
    }

    pub(super) fn remove(&mut self, id: &RecordId) {
        match id {
            RecordId::Policy => self.policy = Stored::default(),
            RecordId::Site(id) => drop(self.sites.remove(id)),
            RecordId::Room(id) => drop(self.rooms.remove(id)),
            RecordId::RuleSet(id) => drop(self.rule_sets.remove(id)),
            RecordId::Service(id) => drop(self.services.remove(id)),
            RecordId::Therapist(id) => drop(self.therapists.remove(id)),
            RecordId::FootCare(id, date) => drop(self.foot_care.remove(&(*id, *date))),
            RecordId::WeekTemplate(id) => drop(self.templates.remove(id)),
            RecordId::Absence(id) => drop(self.absences.remove(id)),
            RecordId::Shift(id) => drop(self.shifts.remove(id)),
            RecordId::Client(id) => drop(self.clients.remove(id)),
            RecordId::Declaration(id) => drop(self.declarations.remove(id)),
            RecordId::Appointment(id) => drop(self.appointments.remove(id)),
            RecordId::Hold(id) => drop(self.holds.remove(id)),
            RecordId::Outage(id) => drop(self.outages.remove(id)),
            RecordId::Turnover(id) => drop(self.turnovers.remove(id)),
            RecordId::Business => drop(self.business.remove(&())),
            RecordId::PriceList(id) => drop(self.price_lists.remove(id)),
            RecordId::Payment(id) => drop(self.payments.remove(id)),
            RecordId::Receipt(number) => drop(self.receipts.remove(number)),
            RecordId::Key(id) => drop(self.keys.remove(id)),
            RecordId::SessionRecord(id) => drop(self.noted.remove(id)),
            RecordId::Aftercare(id) => drop(self.aftercare.remove(id)),
            RecordId::WaitlistEntry(id) => drop(self.waitlist_entries.remove(id)),
            RecordId::StockItem(site, item) => drop(self.stock.remove(&(*site, *item))),
            RecordId::StockMovement(id) => drop(self.movements.remove(id)),
            RecordId::SupportInspection(id) => drop(self.inspections.remove(id)),
            RecordId::Hygiene(id) => drop(self.hygiene.remove(id)),
            RecordId::Training(id) => drop(self.trainings.remove(id)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Record, Revision)> + '_ {
        fn all<I: Ord + Clone, T>(
            table: &Table<I, T>,
        ) -> impl Iterator<Item = (Record, Revision)> + '_
        where
            Record: From<Arc<T>>,
        {
            table
                .values()
                .map(|stored| (Arc::clone(&stored.record).into(), stored.revision))
        }
        self.get(&RecordId::Policy)
            .map(|policy| (policy, self.policy.revision))
            .into_iter()
            .chain(all(&self.sites))
            .chain(all(&self.rooms))
            .chain(all(&self.rule_sets))
            .chain(all(&self.services))
            .chain(all(&self.therapists))
            .chain(all(&self.foot_care))
            .chain(all(&self.templates))
            .chain(all(&self.absences))
            .chain(all(&self.shifts))
            .chain(all(&self.clients))
            .chain(all(&self.declarations))
            .chain(all(&self.appointments))
            .chain(all(&self.holds))
            .chain(all(&self.outages))
            .chain(all(&self.turnovers))
            .chain(all(&self.business))
            .chain(all(&self.price_lists))
            .chain(all(&self.payments))
            .chain(all(&self.receipts))
            .chain(all(&self.keys))
            .chain(all(&self.noted))
            .chain(all(&self.aftercare))
            .chain(all(&self.waitlist_entries))
            .chain(all(&self.stock))
            .chain(all(&self.movements))
            .chain(all(&self.inspections))
            .chain(all(&self.hygiene))
            .chain(all(&self.trainings))
    }
}
