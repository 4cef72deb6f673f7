use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;

use super::agenda::Agenda;
use crate::cells::Occupancy;
use crate::id::{
    AppointmentId, ClientId, DeclarationId, HoldId, KeyId, OutageId, RoomId, ShiftId, SiteId,
    TherapistId,
};
use crate::model::{
    Appointment, Hold, KeyHash, Occupant, Outage, Record, Shift, Slot, State, Therapist,
};
use crate::time::Cell;

/// What is derived from the records. Two clinics with the same records have equal indexes: nothing
/// empty is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes {
    pub(super) rooms_by_site: OrdSet<(SiteId, RoomId)>,
    pub(super) therapists_by_site: OrdSet<(SiteId, TherapistId)>,

    pub(super) rooms: OrdMap<RoomId, Resource>,
    pub(super) therapists: OrdMap<TherapistId, Agenda>,
    /// The therapist's work at one site: what takes time there, and when there is any.
    pub(super) therapist_sites: OrdMap<(TherapistId, SiteId), AtSite>,
    /// Flat, because most clients have few appointments and there are many clients.
    pub(super) clients: OrdMap<(ClientId, Cell), (Cell, Occupant)>,

    pub(super) by_site: OrdMap<SiteId, OrdSet<(Cell, AppointmentId)>>,
    pub(super) by_client: OrdSet<(ClientId, Cell, AppointmentId)>,
    /// Those that are still to come and have flags.
    pub(super) flagged: OrdSet<(SiteId, Cell, AppointmentId)>,
    pub(super) room_sessions: OrdMap<RoomId, AppointmentId>,
    pub(super) therapist_sessions: OrdMap<TherapistId, AppointmentId>,

    pub(super) holds_by_expiry: OrdSet<(Timestamp, HoldId)>,
    pub(super) holds_by_key: OrdSet<(KeyId, HoldId)>,
    pub(super) declarations: OrdSet<(ClientId, DeclarationId)>,
    /// By end, so that those which are over need not be looked at; an open end is the end of time.
    pub(super) outages: OrdSet<(RoomId, Cell, OutageId)>,
    pub(super) shifts_by_therapist: OrdSet<(TherapistId, Cell, ShiftId)>,
    pub(super) shifts_by_site: OrdSet<(SiteId, Cell, ShiftId)>,
    pub(super) keys_by_hash: OrdMap<KeyHash, KeyId>,
}

/// What occupies a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) agenda: Agenda,
    pub(super) occupancy: Occupancy,
}

/// A therapist at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AtSite {
    /// Taken by appointments and holds, reset included.
    pub(super) occupancy: Occupancy,
    /// On shift, breaks left out.
    pub(super) shifts: Occupancy,
}

impl Indexes {
    pub(super) fn add(&mut self, record: &Record) {
        match record {
            Record::Room(r) => drop(self.rooms_by_site.insert((r.site, r.id))),
            Record::Therapist(r) => self.add_therapist(r),
            Record::Shift(r) => self.add_shift(r),
            Record::Declaration(r) => drop(self.declarations.insert((r.client, r.id))),
            Record::Appointment(r) => self.add_appointment(r),
            Record::Hold(r) => self.add_hold(r),
            Record::Outage(r) => drop(self.outages.insert(outage_key(r))),
            Record::Key(r) => drop(self.keys_by_hash.insert(r.hash, r.id)),
            Record::Policy(_)
            | Record::Site(_)
            | Record::RuleSet(_)
            | Record::Service(_)
            | Record::FootCare(_)
            | Record::Client(_)
            | Record::Turnover(_) => {}
        }
    }

    pub(super) fn remove(&mut self, record: &Record) {
        match record {
            Record::Room(r) => drop(self.rooms_by_site.remove(&(r.site, r.id))),
            Record::Therapist(r) => self.remove_therapist(r),
            Record::Shift(r) => self.remove_shift(r),
            Record::Declaration(r) => drop(self.declarations.remove(&(r.client, r.id))),
            Record::Appointment(r) => self.remove_appointment(r),
            Record::Hold(r) => self.remove_hold(r),
            Record::Outage(r) => drop(self.outages.remove(&outage_key(r))),
            Record::Key(r) => drop(self.keys_by_hash.remove(&r.hash)),
            Record::Policy(_)
            | Record::Site(_)
            | Record::RuleSet(_)
            | Record::Service(_)
            | Record::FootCare(_)
            | Record::Client(_)
            | Record::Turnover(_) => {}
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
        let at_site = self
            .therapist_sites
            .entry((shift.therapist, shift.site))
            .or_default();
        for time in shift.working() {
            at_site.shifts.set(time);
        }
    }

    fn remove_shift(&mut self, shift: &Shift) {
        let start = shift.time.start();
        self.shifts_by_therapist
            .remove(&(shift.therapist, start, shift.id));
        self.shifts_by_site.remove(&(shift.site, start, shift.id));
        self.change_at_site(shift.therapist, shift.site, |at_site| {
            at_site.shifts.clear(shift.time);
        });
    }

    fn add_appointment(&mut self, appointment: &Appointment) {
        let Appointment {
            id, client, slot, ..
        } = appointment;
        self.by_site
            .entry(slot.site)
            .or_default()
            .insert((slot.start(), *id));
        self.by_client.insert((*client, slot.start(), *id));
        if appointment.is_ahead() && !appointment.flags.is_empty() {
            self.flagged.insert((slot.site, slot.start(), *id));
        }
        if let State::InSession { .. } = appointment.state {
            self.room_sessions.insert(slot.room, *id);
            self.therapist_sessions.insert(slot.therapist, *id);
        }
        if appointment.occupies() {
            self.occupy(slot, Some(*client), Occupant::Appointment(*id));
        }
    }

    fn remove_appointment(&mut self, appointment: &Appointment) {
        let Appointment {
            id, client, slot, ..
        } = appointment;
        remove_from(&mut self.by_site, &slot.site, &(slot.start(), *id));
        self.by_client.remove(&(*client, slot.start(), *id));
        self.flagged.remove(&(slot.site, slot.start(), *id));
        if let State::InSession { .. } = appointment.state {
            self.room_sessions.remove(&slot.room);
            self.therapist_sessions.remove(&slot.therapist);
        }
        if appointment.occupies() {
            self.vacate(slot, Some(*client));
        }
    }

    fn add_hold(&mut self, hold: &Hold) {
        self.holds_by_expiry.insert((hold.expires_at, hold.id));
        self.holds_by_key.insert((hold.made_by, hold.id));
        self.occupy(&hold.slot, hold.client, Occupant::Hold(hold.id));
    }

    fn remove_hold(&mut self, hold: &Hold) {
        self.holds_by_expiry.remove(&(hold.expires_at, hold.id));
        self.holds_by_key.remove(&(hold.made_by, hold.id));
        self.vacate(&hold.slot, hold.client);
    }

    fn occupy(&mut self, slot: &Slot, client: Option<ClientId>, by: Occupant) {
        let times = slot.occupies;
        let room = self.rooms.entry(slot.room).or_default();
        room.agenda.insert(times.room, by);
        room.occupancy.set(times.room);
        self.therapists
            .entry(slot.therapist)
            .or_default()
            .insert(times.therapist, by);
        self.therapist_sites
            .entry((slot.therapist, slot.site))
            .or_default()
            .occupancy
            .set(times.therapist);
        if let Some(client) = client {
            self.clients
                .insert((client, times.client.start()), (times.client.end(), by));
        }
    }

    fn vacate(&mut self, slot: &Slot, client: Option<ClientId>) {
        let times = slot.occupies;
        if let Some(room) = self.rooms.get_mut(&slot.room) {
            room.agenda.remove(times.room);
            room.occupancy.clear(times.room);
            if room.agenda.is_empty() {
                self.rooms.remove(&slot.room);
            }
        }
        if let Some(agenda) = self.therapists.get_mut(&slot.therapist) {
            agenda.remove(times.therapist);
            if agenda.is_empty() {
                self.therapists.remove(&slot.therapist);
            }
        }
        self.change_at_site(slot.therapist, slot.site, |at_site| {
            at_site.occupancy.clear(times.therapist);
        });
        if let Some(client) = client {
            self.clients.remove(&(client, times.client.start()));
        }
    }

    fn change_at_site(
        &mut self,
        therapist: TherapistId,
        site: SiteId,
        change: impl FnOnce(&mut AtSite),
    ) {
        let Some(at_site) = self.therapist_sites.get_mut(&(therapist, site)) else {
            return;
        };
        change(at_site);
        if at_site.occupancy.is_empty() && at_site.shifts.is_empty() {
            self.therapist_sites.remove(&(therapist, site));
        }
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
