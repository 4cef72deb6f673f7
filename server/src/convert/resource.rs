//! Any record as the API's resource, as far as a view shows it.

use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Revision;
use treadwell_clinic::model::{Kind, Record, RecordId};

use super::{
    absence, aftercare, appointment, client, declaration, hold, hygiene, key, money, outage,
    policy, room, rule_set, service, session_record, shift, site, stock, template, therapist,
    training, turnover, waitlist,
};
use crate::access::{Class, Money, View};

/// The API's word for a kind of record. Foot care is shown with its therapist.
pub const fn kind(kind: Kind) -> v1::ResourceKind {
    match kind {
        Kind::Policy => v1::ResourceKind::Policy,
        Kind::Site => v1::ResourceKind::Site,
        Kind::Room => v1::ResourceKind::Room,
        Kind::RuleSet | Kind::RuleSetVersion => v1::ResourceKind::RuleSet,
        Kind::Service => v1::ResourceKind::Service,
        Kind::Therapist | Kind::FootCare => v1::ResourceKind::Therapist,
        Kind::WeekTemplate => v1::ResourceKind::WeekTemplate,
        Kind::Absence => v1::ResourceKind::TimeOff,
        Kind::Shift => v1::ResourceKind::Shift,
        Kind::Client => v1::ResourceKind::Client,
        Kind::Declaration => v1::ResourceKind::Declaration,
        Kind::Appointment => v1::ResourceKind::Appointment,
        Kind::Hold => v1::ResourceKind::Hold,
        Kind::Outage => v1::ResourceKind::Outage,
        Kind::Turnover => v1::ResourceKind::Turnover,
        Kind::Business => v1::ResourceKind::Business,
        Kind::PriceList => v1::ResourceKind::PriceList,
        Kind::Payment => v1::ResourceKind::Payment,
        Kind::Receipt => v1::ResourceKind::Receipt,
        Kind::Key => v1::ResourceKind::Key,
        Kind::SessionRecord => v1::ResourceKind::SessionRecord,
        Kind::Aftercare => v1::ResourceKind::Aftercare,
        Kind::WaitlistEntry => v1::ResourceKind::WaitlistEntry,
        Kind::StockItem => v1::ResourceKind::StockItem,
        Kind::StockMovement => v1::ResourceKind::StockMovement,
        Kind::SupportInspection => v1::ResourceKind::SupportInspection,
        Kind::Hygiene => v1::ResourceKind::SessionHygiene,
        Kind::Training => v1::ResourceKind::Training,
    }
}

/// Whether a view shows any record of a kind.
pub fn shows(view: &View, kind: Kind) -> bool {
    match kind {
        // What a display on the wall needs to show the floor.
        Kind::Site
        | Kind::Room
        | Kind::Service
        | Kind::Therapist
        | Kind::FootCare
        | Kind::Appointment
        | Kind::Hold
        | Kind::Outage
        | Kind::Turnover => true,
        Kind::Policy
        | Kind::RuleSet
        | Kind::WeekTemplate
        | Kind::Absence
        | Kind::Shift
        | Kind::Client
        | Kind::Aftercare
        | Kind::WaitlistEntry
        | Kind::StockItem
        | Kind::StockMovement
        | Kind::SupportInspection
        | Kind::Hygiene => view.class >= Class::Desk,
        Kind::Declaration | Kind::SessionRecord => view.health_records(),
        Kind::Business | Kind::PriceList => view.money >= Money::Prices,
        Kind::Payment | Kind::Receipt => view.money >= Money::Accounts,
        Kind::Key => view.keys,
        // What was is read by ListRuleSetVersions; a watch tells of the rule set itself.
        Kind::RuleSetVersion => false,
        Kind::Training => view.training(),
    }
}

/// The record as a resource. None when the view does not show it: its kind, or none of its sites.
///
/// Of declarations and of notes on sessions it is only that they are there: what they say is shown by those calls alone
/// which note that it was read.
/// `revision` is that of the record's last change.
pub fn resource(
    clinic: &Clinic,
    record: &Record,
    revision: Revision,
    view: &View,
) -> Option<Resource> {
    if !shows(view, record.id().kind()) || !within(record, view) {
        return None;
    }
    Some(match record {
        Record::Policy(policy) => Resource::Policy(policy::show(policy, revision)),
        Record::Site(site) => Resource::Site(site::show(site, revision)),
        Record::Room(room) => Resource::Room(room::show(room, revision)),
        Record::RuleSet(rule_set) => Resource::RuleSet(rule_set::show(rule_set, revision)),
        Record::Service(service) => Resource::Service(service::show(service, revision)),
        Record::Therapist(therapist) => {
            Resource::Therapist(therapist::show(therapist, revision, clinic, view))
        }
        Record::FootCare(entry) => {
            let therapist = clinic.therapist(entry.therapist)?;
            let changed = clinic
                .revision_of(&RecordId::Therapist(entry.therapist))
                .unwrap_or(0);
            Resource::Therapist(therapist::show(therapist, changed, clinic, view))
        }
        Record::WeekTemplate(it) => Resource::WeekTemplate(template::show(it, revision)),
        Record::Absence(it) => Resource::TimeOff(absence::show(it, revision, view)),
        Record::Shift(shift) => Resource::Shift(shift::show(shift, revision)),
        Record::Client(client) => Resource::Client(client::show(client, revision)),
        Record::Declaration(declaration) => Resource::Declaration(declaration::show(declaration)),
        Record::Appointment(appointment) => {
            Resource::Appointment(appointment::show(appointment, revision, clinic, view))
        }
        Record::Hold(hold) => Resource::Hold(hold::show(hold, revision, view)),
        Record::Outage(outage) => Resource::Outage(outage::show(outage, revision)),
        Record::Turnover(turnover) => Resource::Turnover(turnover::show(turnover, revision)),
        Record::Business(business) => Resource::Business(money::show_business(business, revision)),
        Record::PriceList(list) => Resource::PriceList(money::show_price_list(list, revision)),
        Record::Payment(payment) => Resource::Payment(money::show_payment(payment)),
        Record::Receipt(receipt) => Resource::Receipt(money::show_receipt(receipt, revision)),
        Record::Key(key) => Resource::Key(key::show(key, revision)),
        Record::SessionRecord(record) => {
            Resource::SessionRecord(session_record::show(record, revision, clinic))
        }
        Record::Aftercare(given) => Resource::Aftercare(aftercare::show(given, revision, clinic)),
        Record::WaitlistEntry(entry) => {
            Resource::WaitlistEntry(waitlist::show(entry, revision, clinic, view))
        }
        Record::StockItem(item) => Resource::StockItem(stock::show(item, revision)),
        Record::StockMovement(movement) => Resource::StockMovement(stock::show_movement(movement)),
        Record::SupportInspection(inspection) => {
            Resource::SupportInspection(hygiene::show_inspection(inspection))
        }
        Record::Hygiene(of) => Resource::SessionHygiene(hygiene::show(of, revision)),
        Record::RuleSetVersion(_) => return None,
        Record::Training(it) => Resource::Training(training::show(it, revision)),
    })
}

/// Whether the record belongs to the clinic as a whole or to a site within the view. A therapist is
/// in sight everywhere: clients prefer them, appointments name them.
pub fn within(record: &Record, view: &View) -> bool {
    if matches!(record, Record::Therapist(_)) {
        return true;
    }
    view.sites.see(&record.sites())
}

/// Whether records of a kind tell of several sites at once, so that they look otherwise to a view that does not reach all of
/// them.
pub const fn looks_otherwise_elsewhere(kind: Kind) -> bool {
    matches!(kind, Kind::WaitlistEntry)
}
