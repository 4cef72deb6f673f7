use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use jiff::civil::Date;

use super::agenda::Agenda;
use super::alike::Alike;
use super::external::External;
use super::waiting::Waiting;
use crate::cells::Occupancy;
use crate::id::{
    AbsenceId, AppointmentId, ClientId, DeclarationId, HoldId, InspectionId, KeyId, MovementId,
    OutageId, PaymentId, RoomId, SeriesId, ShiftId, SiteId, StockItemId, TherapistId,
};
use crate::model::{
    Absence, Appointment, Hold, KeyHash, Occupant, Outage, ReceiptNumber, Record, Shift, Slot,
    State, Therapist,
};
use crate::time::Cell;

/// What is derived from the records. Two clinics with the same records have equal indexes: nothing
/// empty is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes {
    pub(super) rooms_by_site: OrdSet<(SiteId, RoomId)>,
    pub(super) therapists_by_site: OrdSet<(SiteId, TherapistId)>,

    // Shared as wholes: copying a node of the map then copies pointers, not calendars.
    pub(super) rooms: OrdMap<RoomId, Arc<Calendar>>,
    pub(super) therapists: OrdMap<TherapistId, Arc<Hours>>,
    /// A client's appointments and holds by start, with the cell until which they occupy the client, if
    /// they do. Flat, because most clients have few appointments and there are many clients.
    pub(super) clients: OrdMap<(ClientId, Cell, Occupant), Option<Cell>>,

    pub(super) by_site: OrdMap<SiteId, OrdSet<(Cell, AppointmentId)>>,
    /// Those that are still to come and have flags.
    pub(super) flagged: OrdSet<(SiteId, Cell, AppointmentId)>,
    pub(super) series: OrdSet<(SeriesId, u16, AppointmentId)>,
    pub(super) room_sessions: OrdMap<RoomId, AppointmentId>,
    pub(super) therapist_sessions: OrdMap<TherapistId, AppointmentId>,

    pub(super) holds_by_expiry: OrdSet<(Timestamp, HoldId)>,
    pub(super) holds_by_key: OrdSet<(KeyId, HoldId)>,
    /// The hold that would move an appointment; there is one at most.
    pub(super) moving: OrdMap<AppointmentId, HoldId>,
    pub(super) declarations: OrdSet<(ClientId, DeclarationId)>,
    /// By end, so that those which are over need not be looked at; an open end is the end of time.
    pub(super) outages: OrdSet<(RoomId, Cell, OutageId)>,
    pub(super) absences: OrdSet<(TherapistId, Cell, AbsenceId)>,
    pub(super) shifts_by_therapist: OrdSet<(TherapistId, Cell, ShiftId)>,
    pub(super) shifts_by_site: OrdSet<(SiteId, Cell, ShiftId)>,
    pub(super) payments: OrdSet<(AppointmentId, PaymentId)>,
    pub(super) payments_by_site: OrdSet<(SiteId, Timestamp, PaymentId)>,
    pub(super) receipts: OrdSet<(AppointmentId, ReceiptNumber)>,
    pub(super) receipts_by_site: OrdSet<(SiteId, Timestamp, ReceiptNumber)>,
    pub(super) keys_by_hash: OrdMap<KeyHash, KeyId>,
    pub(super) waiting: Waiting,
    pub(super) alike: Alike,
    pub(super) external: External,
    pub(super) movements: OrdSet<(SiteId, StockItemId, MovementId)>,
    pub(super) inspections: OrdSet<(RoomId, Date, InspectionId)>,
}

/// What occupies a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) agenda: Agenda,
    pub(super) occupancy: Occupancy,
}

/// When a therapist works, and on what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hours {
    /// At every site.
    pub(super) agenda: Agenda,
    /// Time off.
    pub(super) absent: Occupancy,
    /// By site; only those where there is anything.
    sites: Vec<AtSite>,
}

/// A therapist at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AtSite {
    pub(super) site: SiteId,
    /// Taken by appointments and holds, reset included.
    pub(super) occupancy: Occupancy,
    /// On shift, breaks left out.
    pub(super) shifts: Occupancy,
}

impl Hours {
    pub(super) fn sites(&self) -> &[AtSite] {
        &self.sites
    }

    pub(super) fn at(&self, site: SiteId) -> Option<&AtSite> {
        self.sites.iter().find(|at_site| at_site.site == site)
    }

    fn at_mut(&mut self, site: SiteId) -> &mut AtSite {
        let at = match self
            .sites
            .binary_search_by_key(&site, |at_site| at_site.site)
        {
            Ok(at) => at,
            Err(at) => {
                let occupancy = Occupancy::default();
                let shifts = Occupancy::default();
                self.sites.insert(
                    at,
                    AtSite {
                        site,
                        occupancy,
                        shifts,
                    },
                );
                at
            }
        };
        &mut self.sites[at]
    }

    fn drop_empty(&mut self) {
        self.sites
            .retain(|at_site| !at_site.occupancy.is_empty() || !at_site.shifts.is_empty());
    }

    fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.absent.is_empty()
    }
}

impl Indexes {
    pub(super) fn add(&mut self, record: &Record) {
        match record {
            Record::Room(r) => drop(self.rooms_by_site.insert((r.site, r.id))),
            Record::Therapist(r) => self.add_therapist(r),
            Record::Absence(r) => self.add_absence(r),
            Record::Shift(r) => self.add_shift(r),
            Record::Declaration(r) => drop(self.declarations.insert((r.client, r.id))),
            Record::Appointment(r) => self.add_appointment(r),
            Record::Hold(r) => self.add_hold(r),
            Record::Outage(r) => drop(self.outages.insert(outage_key(r))),
            Record::Payment(r) => self.add_payment(r),
            Record::Receipt(r) => self.add_receipt(r),
            Record::Key(r) => drop(self.keys_by_hash.insert(r.hash, r.id)),
            Record::WaitlistEntry(r) => self.waiting.add(r),
            Record::Client(r) => {
                self.alike.add(r);
                self.external.add_client(r);
            }
            Record::StockMovement(r) => drop(self.movements.insert((r.site, r.item, r.id))),
            Record::SupportInspection(r) => {
                self.inspections.insert((r.room, r.date, r.id));
            }
            Record::Business(_)
            | Record::PriceList(_)
            | Record::Policy(_)
            | Record::Site(_)
            | Record::RuleSet(_)
            | Record::RuleSetVersion(_)
            | Record::Service(_)
            | Record::FootCare(_)
            | Record::WeekTemplate(_)
            | Record::SessionRecord(_)
            | Record::Aftercare(_)
            | Record::Turnover(_)
            | Record::StockItem(_)
            | Record::Hygiene(_)
            | Record::Training(_) => {}
        }
    }

    pub(super) fn remove(&mut self, record: &Record) {
        match record {
            Record::Room(r) => drop(self.rooms_by_site.remove(&(r.site, r.id))),
            Record::Therapist(r) => self.remove_therapist(r),
            Record::Absence(r) => self.remove_absence(r),
            Record::Shift(r) => self.remove_shift(r),
            Record::Declaration(r) => drop(self.declarations.remove(&(r.client, r.id))),
            Record::Appointment(r) => self.remove_appointment(r),
            Record::Hold(r) => self.remove_hold(r),
            Record::Outage(r) => drop(self.outages.remove(&outage_key(r))),
            Record::Payment(r) => self.remove_payment(r),
            Record::Receipt(r) => self.remove_receipt(r),
            Record::Key(r) => drop(self.keys_by_hash.remove(&r.hash)),
            Record::WaitlistEntry(r) => self.waiting.remove(r),
            Record::Client(r) => {
                self.alike.remove(r);
                self.external.remove_client(r);
            }
            Record::StockMovement(r) => drop(self.movements.remove(&(r.site, r.item, r.id))),
            Record::SupportInspection(r) => {
                self.inspections.remove(&(r.room, r.date, r.id));
            }
            Record::Business(_)
            | Record::PriceList(_)
            | Record::Policy(_)
            | Record::Site(_)
            | Record::RuleSet(_)
            | Record::RuleSetVersion(_)
            | Record::Service(_)
            | Record::FootCare(_)
            | Record::WeekTemplate(_)
            | Record::SessionRecord(_)
            | Record::Aftercare(_)
            | Record::Turnover(_)
            | Record::StockItem(_)
            | Record::Hygiene(_)
            | Record::Training(_) => {}
        }
    }

    fn add_therapist(&mut self, therapist: &Therapist) {
        for &site in &therapist.sites {
            self.therapists_by_site.insert((site, therapist.id));
        }
    }

    fn remove_therapist(&mut self, therapist: &Therapist) {
        for &site in &therapist.sites {
            self.therapists_by_site.remove(&(site, therapist.id));
        }
    }

    fn add_shift(&mut self, shift: &Shift) {
        let start = shift.time.start();
        self.shifts_by_therapist
            .insert((shift.therapist, start, shift.id));
        self.shifts_by_site.insert((shift.site, start, shift.id));
        let at_site = self.hours(shift.therapist).at_mut(shift.site);
        for time in shift.working() {
            at_site.shifts.set(time);
        }
    }

    fn remove_shift(&mut self, shift: &Shift) {
        let start = shift.time.start();
        self.shifts_by_therapist
            .remove(&(shift.therapist, start, shift.id));
        self.shifts_by_site.remove(&(shift.site, start, shift.id));
        let hours = self.hours(shift.therapist);
        hours.at_mut(shift.site).shifts.clear(shift.time);
        self.forget_if_idle(shift.therapist);
    }

    fn add_absence(&mut self, absence: &Absence) {
        let Absence {
            therapist, time, ..
        } = *absence;
        self.absences.insert((therapist, time.start(), absence.id));
        self.hours(therapist).absent.set(time);
    }

    fn remove_absence(&mut self, absence: &Absence) {
        let Absence {
            therapist, time, ..
        } = *absence;
        self.absences.remove(&(therapist, time.start(), absence.id));
        self.hours(therapist).absent.clear(time);
        self.forget_if_idle(therapist);
    }

    fn hours(&mut self, therapist: TherapistId) -> &mut Hours {
        Arc::make_mut(self.therapists.entry(therapist).or_default())
    }

    /// Drops what is empty of a therapist's hours, and the therapist if all of it is.
    fn forget_if_idle(&mut self, therapist: TherapistId) {
        let hours = self.hours(therapist);
        hours.drop_empty();
        if hours.is_empty() {
            self.therapists.remove(&therapist);
        }
    }

    fn add_appointment(&mut self, appointment: &Appointment) {
        self.external.add_appointment(appointment);
        let Appointment {
            id, client, slot, ..
        } = appointment;
        self.by_site
            .entry(slot.site)
            .or_default()
            .insert((slot.start(), *id));
        if appointment.is_ahead() && !appointment.flags.is_empty() {
            self.flagged.insert((slot.site, slot.start(), *id));
        }
        if let Some(place) = appointment.series {
            self.series.insert((place.id, place.number, *id));
        }
        if let State::InSession { .. } = appointment.state {
            self.room_sessions.insert(slot.room, *id);
            self.therapist_sessions.insert(slot.therapist, *id);
        }
        let by = Occupant::Appointment(*id);
        // Those who were erased are nobody: their appointments may overlap.
        if !client.is_erased() {
            let until = appointment.occupies().then_some(slot.occupies.client.end());
            self.clients.insert((*client, slot.start(), by), until);
        }
        if appointment.occupies() {
            self.occupy(slot, by);
        }
    }

    fn remove_appointment(&mut self, appointment: &Appointment) {
        self.external.remove_appointment(appointment);
        let Appointment {
            id, client, slot, ..
        } = appointment;
        remove_from(&mut self.by_site, &slot.site, &(slot.start(), *id));
        self.flagged.remove(&(slot.site, slot.start(), *id));
        if let Some(place) = appointment.series {
            self.series.remove(&(place.id, place.number, *id));
        }
        if let State::InSession { .. } = appointment.state {
            self.room_sessions.remove(&slot.room);
            self.therapist_sessions.remove(&slot.therapist);
        }
        let by = Occupant::Appointment(*id);
        self.clients.remove(&(*client, slot.start(), by));
        if appointment.occupies() {
            self.vacate(slot, by);
        }
    }

    fn add_hold(&mut self, hold: &Hold) {
        self.holds_by_expiry.insert((hold.expires_at, hold.id));
        self.holds_by_key.insert((hold.made_by, hold.id));
        let by = Occupant::Hold(hold.id);
        if let Some(client) = hold.client {
            let until = Some(hold.slot.occupies.client.end());
            self.clients.insert((client, hold.slot.start(), by), until);
        }
        if let Some(appointment) = hold.moves {
            self.moving.insert(appointment, hold.id);
        }
        self.occupy(&hold.slot, by);
    }

    fn remove_hold(&mut self, hold: &Hold) {
        self.holds_by_expiry.remove(&(hold.expires_at, hold.id));
        self.holds_by_key.remove(&(hold.made_by, hold.id));
        let by = Occupant::Hold(hold.id);
        if let Some(client) = hold.client {
            self.clients.remove(&(client, hold.slot.start(), by));
        }
        if let Some(appointment) = hold.moves {
            self.moving.remove(&appointment);
        }
        self.vacate(&hold.slot, by);
    }

    fn occupy(&mut self, slot: &Slot, by: Occupant) {
        let times = slot.occupies;
        let room = Arc::make_mut(self.rooms.entry(slot.room).or_default());
        room.agenda.insert(times.room, by, slot.site);
        room.occupancy.set(times.room);
        let hours = self.hours(slot.therapist);
        hours.agenda.insert(times.therapist, by, slot.site);
        hours.at_mut(slot.site).occupancy.set(times.therapist);
    }

    /// What the other of one party has of the time, it keeps.
    fn vacate(&mut self, slot: &Slot, by: Occupant) {
        let times = slot.occupies;
        let room = Arc::make_mut(self.rooms.entry(slot.room).or_default());
        room.agenda.remove(times.room, by);
        room.occupancy.clear(times.room);
        for kept in room.agenda.at_site(slot.site, times.room) {
            room.occupancy.set(kept);
        }
        if room.agenda.is_empty() {
            self.rooms.remove(&slot.room);
        }
        let hours = self.hours(slot.therapist);
        hours.agenda.remove(times.therapist, by);
        hours.at_mut(slot.site).occupancy.clear(times.therapist);
        let kept: Vec<_> = hours.agenda.at_site(slot.site, times.therapist).collect();
        for kept in kept {
            hours.at_mut(slot.site).occupancy.set(kept);
        }
        self.forget_if_idle(slot.therapist);
    }
}

fn outage_key(outage: &Outage) -> (RoomId, Cell, OutageId) {
    (outage.room, outage.until.unwrap_or(Cell::MAX), outage.id)
}

fn remove_from<K: Ord + Clone, V: Ord + Clone>(
    sets: &mut OrdMap<K, OrdSet<V>>,
    key: &K,
    value: &V,
) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
