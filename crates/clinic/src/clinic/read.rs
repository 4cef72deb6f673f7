use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::index::AtSite;
use super::records::{Stored, Table};
use super::{Clinic, Entry};
use crate::cells::Occupancy;
use crate::id::{
    AbsenceId, AppointmentId, ClientId, DeclarationId, HoldId, KeyId, OutageId, RoomId, RuleSetId,
    SeriesId, ServiceId, ShiftId, SiteId, TemplateId, TherapistId, TrainingId, WaitlistId,
};
use crate::limits;
use crate::model::{
    Absence, Aftercare, Appointment, Client, Declaration, FootCare, Hold, Key, KeyHash, Occupant,
    Outage, Policy, Room, RuleSet, Service, SessionRecord, Shift, Site, Slot, Therapist, Training,
    Turnover, WaitlistEntry, WeekTemplate,
};
use crate::time::{Cell, Interval};

/// Cells in which nothing is.
static NOTHING: std::sync::LazyLock<Occupancy> = std::sync::LazyLock::new(Occupancy::default);

fn find<'a, I: Ord, T>(table: &'a Table<I, T>, id: &I) -> Option<&'a Arc<T>> {
    table.get(id).map(|stored| &stored.record)
}

fn every<I: Ord, T>(table: &Table<I, T>) -> impl DoubleEndedIterator<Item = &Arc<T>> {
    table.values().map(|stored: &Stored<T>| &stored.record)
}

macro_rules! tables {
    ($($one:ident, $all:ident: $id:ty => $record:ty, $name:literal;)*) => {
        /// Records by id, and all of a kind in the order of their ids.
        impl Clinic {$(
            #[doc = concat!("The ", $name, " of this id.")]
            pub fn $one(&self, id: $id) -> Option<&Arc<$record>> {
                find(&self.records.$all, &id)
            }

            #[doc = concat!("Every ", $name, ", by id.")]
            pub fn $all(&self) -> impl DoubleEndedIterator<Item = &Arc<$record>> {
                every(&self.records.$all)
            }
        )*}
    };
}

tables! {
    site, sites: SiteId => Site, "site";
    room, rooms: RoomId => Room, "room";
    rule_set, rule_sets: RuleSetId => RuleSet, "rule set";
    service, services: ServiceId => Service, "service";
    therapist, therapists: TherapistId => Therapist, "therapist";
    template, templates: TemplateId => WeekTemplate, "weekly template";
    absence, absences: AbsenceId => Absence, "absence";
    shift, shifts: ShiftId => Shift, "shift";
    client, clients: ClientId => Client, "client";
    declaration, declarations: DeclarationId => Declaration, "declaration";
    appointment, appointments: AppointmentId => Appointment, "appointment";
    hold, holds: HoldId => Hold, "hold";
    outage, outages: OutageId => Outage, "outage";
    key, keys: KeyId => Key, "key";
    session_record, noted: AppointmentId => SessionRecord, "session record";
    training, trainings: TrainingId => Training, "entry of the training log";
    waitlist_entry, waitlist_entries: WaitlistId => WaitlistEntry, "waitlist entry";
}

/// The catalog and the people.
impl Clinic {
    /// The policy in force: the default one until somebody puts another.
    pub fn policy(&self) -> &Policy {
        static DEFAULT: LazyLock<Policy> = LazyLock::new(Policy::default);
        let put = self.records.policy.get(&());
        put.map_or(&DEFAULT, |stored| &stored.record)
    }

    /// The rooms of a site, by id.
    pub fn rooms_at(&self, site: SiteId) -> impl Iterator<Item = &Arc<Room>> {
        let first = RoomId::FIRST;
        self.indexes
            .rooms_by_site
            .range((site, first)..)
            .take_while(move |&&(at, _)| at == site)
            .filter_map(|&(_, room)| self.room(room))
    }

    /// The therapists who may have shifts at a site, by id.
    pub fn therapists_at(&self, site: SiteId) -> impl Iterator<Item = &Arc<Therapist>> {
        let first = TherapistId::FIRST;
        self.indexes
            .therapists_by_site
            .range((site, first)..)
            .take_while(move |&&(at, _)| at == site)
            .filter_map(|&(_, therapist)| self.therapist(therapist))
    }

    /// A therapist's foot-care entry for a local date.
    pub fn foot_care(&self, therapist: TherapistId, date: Date) -> Option<&Arc<FootCare>> {
        find(&self.records.foot_care, &(therapist, date))
    }

    /// A therapist's foot-care log, by date.
    pub fn foot_care_log(
        &self,
        therapist: TherapistId,
    ) -> impl DoubleEndedIterator<Item = &Arc<FootCare>> {
        self.records
            .foot_care
            .range((therapist, Date::MIN)..=(therapist, Date::MAX))
            .map(|(_, stored)| &stored.record)
    }

    /// The key whose secret has this hash.
    pub fn key_by_hash(&self, hash: &KeyHash) -> Option<&Arc<Key>> {
        self.key(*self.indexes.keys_by_hash.get(hash)?)
    }

    /// A client's current declaration, which is the latest.
    pub fn declaration_of(&self, client: ClientId) -> Option<&Arc<Declaration>> {
        self.declarations_of(client).next_back()
    }

    /// A client's declarations, the earliest first.
    pub fn declarations_of(
        &self,
        client: ClientId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Declaration>> {
        let (first, last) = (DeclarationId::new(0), DeclarationId::new(u64::MAX));
        self.indexes
            .declarations
            .range((client, first)..=(client, last))
            .filter_map(|&(_, id)| self.declaration(id))
    }
}

/// The calendar: what occupies whom, by plan.
impl Clinic {
    /// The cells in which a room is taken by appointments and holds, turnover included.
    pub fn room_occupancy(&self, room: RoomId) -> &Occupancy {
        match self.indexes.rooms.get(&room) {
            Some(calendar) => &calendar.occupancy,
            None => &NOTHING,
        }
    }

    /// The cells in which a therapist is taken at one site, reset included.
    pub fn therapist_occupancy(&self, therapist: TherapistId, site: SiteId) -> &Occupancy {
        self.at_site(therapist, site)
            .map_or(&NOTHING, |at_site| &at_site.occupancy)
    }

    /// The cells in which a therapist is taken, at each site where there are any, by site.
    pub fn therapist_occupancies(
        &self,
        therapist: TherapistId,
    ) -> impl Iterator<Item = (SiteId, &Occupancy)> {
        self.indexes
            .therapists
            .get(&therapist)
            .into_iter()
            .flat_map(|hours| hours.sites())
            .filter(|at_site| !at_site.occupancy.is_empty())
            .map(|at_site| (at_site.site, &at_site.occupancy))
    }

    /// The cells in which a therapist is on shift at one site, breaks left out.
    pub fn shift_occupancy(&self, therapist: TherapistId, site: SiteId) -> &Occupancy {
        self.at_site(therapist, site)
            .map_or(&NOTHING, |at_site| &at_site.shifts)
    }

    /// The cells in which a therapist has time off, at every site.
    pub fn absent_occupancy(&self, therapist: TherapistId) -> &Occupancy {
        match self.indexes.therapists.get(&therapist) {
            Some(hours) => &hours.absent,
            None => &NOTHING,
        }
    }

    /// A therapist's time off that overlaps a time, the earliest first.
    pub fn absences_of(
        &self,
        therapist: TherapistId,
        within: Interval,
    ) -> impl Iterator<Item = &Arc<Absence>> {
        let first = AbsenceId::new(0);
        self.indexes
            .absences
            .range((therapist, Cell::MIN, first)..(therapist, within.end(), first))
            .filter_map(|&(_, _, id)| self.absence(id))
            .filter(move |absence| absence.time.overlaps(within))
    }

    /// The last local date of a site for which the shifts of weekly templates are made.
    pub fn template_reach(&self, site: &Site, now: Timestamp) -> Date {
        let days = self.policy().horizon_days.min(limits::TEMPLATE_DAYS);
        let today = site.zone.local(now).date();
        today.saturating_add(i32::from(days).days())
    }

    /// The weekly templates that have shifts to make now.
    pub fn templates_to_roll(&self, now: Timestamp) -> impl Iterator<Item = &Arc<WeekTemplate>> {
        self.templates().filter(move |template| {
            let over = template
                .last
                .is_some_and(|last| last <= template.made_until);
            let works = self
                .therapist(template.therapist)
                .is_some_and(|it| !it.retired && it.sites.contains(&template.site));
            let site = self.site(template.site);
            !over
                && works
                && site.is_some_and(|it| template.made_until < self.template_reach(it, now))
        })
    }

    /// The coming shifts that a weekly template made, in order: those that begin at `from` or later.
    pub fn shifts_made_by<'a>(
        &'a self,
        template: &WeekTemplate,
        from: Cell,
    ) -> impl Iterator<Item = &'a Arc<Shift>> {
        let id = template.id;
        Interval::new(from, Cell::MAX)
            .into_iter()
            .flat_map(move |rest| self.shifts_of(template.therapist, rest))
            .filter(move |shift| shift.template == Some(id))
    }

    fn at_site(&self, therapist: TherapistId, site: SiteId) -> Option<&AtSite> {
        self.indexes.therapists.get(&therapist)?.at(site)
    }

    /// What occupies a room within a time, in order.
    pub fn room_agenda(&self, room: RoomId, within: Interval) -> impl Iterator<Item = Entry> + '_ {
        self.indexes
            .rooms
            .get(&room)
            .into_iter()
            .flat_map(move |calendar| calendar.agenda.within(within))
    }

    /// What occupies a therapist within a time, at any site, in order.
    pub fn therapist_agenda(
        &self,
        therapist: TherapistId,
        within: Interval,
    ) -> impl Iterator<Item = Entry> + '_ {
        self.indexes
            .therapists
            .get(&therapist)
            .into_iter()
            .flat_map(move |hours| hours.agenda.within(within))
    }

    /// What occupies a client within a time, in order.
    pub fn client_agenda(
        &self,
        client: ClientId,
        within: Interval,
    ) -> impl Iterator<Item = Entry> + '_ {
        let from = |start| (client, start, Occupant::FIRST);
        let clients = &self.indexes.clients;
        let entry = |(&(_, start, by), &until): (&(ClientId, Cell, Occupant), &Option<Cell>)| {
            let time = Interval::new(start, until?)?;
            Some(Entry { time, by })
        };
        // What occupies the client overlaps only within one party, so that only the last two before may reach into it.
        let mut before = clients
            .range(from(Cell::MIN)..from(within.start()))
            .rev()
            .filter_map(entry);
        let mut reaching = [before.next(), before.next()];
        reaching.reverse();
        let reaching = reaching.into_iter().flatten();
        let reaching = reaching.filter(move |earlier| within.start() < earlier.time.end());
        let inside = clients.range(from(within.start())..from(within.end()));
        reaching.chain(inside.filter_map(entry))
    }

    /// The slot of an appointment or a hold.
    pub fn slot_of(&self, occupant: Occupant) -> Option<&Slot> {
        match occupant {
            Occupant::Appointment(id) => self.appointment(id).map(|record| &record.slot),
            Occupant::Hold(id) => self.hold(id).map(|record| &record.slot),
        }
    }

    /// The shifts of a therapist that start within a time, by start.
    pub fn shifts_of(
        &self,
        therapist: TherapistId,
        starting: Interval,
    ) -> impl Iterator<Item = &Arc<Shift>> {
        let (first, last) = (ShiftId::new(0), starting.end());
        self.indexes
            .shifts_by_therapist
            .range((therapist, starting.start(), first)..(therapist, last, first))
            .filter_map(|&(_, _, id)| self.shift(id))
    }

    /// The shifts at a site that start within a time, by start.
    pub fn shifts_at(&self, site: SiteId, starting: Interval) -> impl Iterator<Item = &Arc<Shift>> {
        let (first, last) = (ShiftId::new(0), starting.end());
        self.indexes
            .shifts_by_site
            .range((site, starting.start(), first)..(site, last, first))
            .filter_map(|&(_, _, id)| self.shift(id))
    }

    /// The outages of a room, or of its bars, that touch a time.
    pub fn outages_in(&self, room: RoomId, time: Interval) -> impl Iterator<Item = &Arc<Outage>> {
        // The index is ordered by end: those that end at or before the time's start are left out.
        let first = (room, time.start().plus_cells(1), OutageId::new(0));
        self.indexes
            .outages
            .range(first..)
            .take_while(move |&&(at, ..)| at == room)
            .filter_map(|&(_, _, id)| self.outage(id))
            .filter(move |outage| outage.touches(time))
    }
}

/// Appointments, holds, and what goes on in the rooms.
impl Clinic {
    /// The appointments at a site, of every state, that are planned to start within a time, ordered by
    /// start and id.
    pub fn appointments_at(
        &self,
        site: SiteId,
        starting: Interval,
    ) -> impl DoubleEndedIterator<Item = &Arc<Appointment>> {
        self.appointments_after(
            site,
            starting.start(),
            AppointmentId::new(0),
            starting.end(),
        )
    }

    /// As [`Clinic::appointments_at`], from a place in that order on: the first is `start` with the
    /// id `first` or later.
    pub fn appointments_after(
        &self,
        site: SiteId,
        start: Cell,
        first: AppointmentId,
        end: Cell,
    ) -> impl DoubleEndedIterator<Item = &Arc<Appointment>> {
        self.indexes
            .by_site
            .get(&site)
            .into_iter()
            .flat_map(move |set| set.range((start, first)..(end, AppointmentId::new(0))))
            .filter_map(|&(_, id)| self.appointment(id))
    }

    /// The flagged appointments at a site that are still to come and start at `from` or later, ordered
    /// by start and id.
    pub fn flagged_at(&self, site: SiteId, from: Cell) -> impl Iterator<Item = &Arc<Appointment>> {
        self.indexes
            .flagged
            .range((site, from, AppointmentId::new(0))..)
            .take_while(move |&&(at, ..)| at == site)
            .filter_map(|&(_, _, id)| self.appointment(id))
    }

    /// A client's appointments, of every state, by planned start.
    pub fn appointments_of(
        &self,
        client: ClientId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Appointment>> {
        self.occupants_of(client).filter_map(|by| match by {
            Occupant::Appointment(id) => self.appointment(id),
            Occupant::Hold(_) => None,
        })
    }

    /// A client's appointments, of every state, and holds, by planned start.
    pub(super) fn occupants_of(
        &self,
        client: ClientId,
    ) -> impl DoubleEndedIterator<Item = Occupant> + '_ {
        let first = (client, Cell::MIN, Occupant::FIRST);
        let end = (
            ClientId::new(client.number().saturating_add(1)),
            Cell::MIN,
            Occupant::FIRST,
        );
        let own = self.indexes.clients.range(first..end);
        own.map(|(&(_, _, by), _)| by)
    }

    /// The appointments of a series, of every state, by number.
    pub fn series(&self, series: SeriesId) -> impl DoubleEndedIterator<Item = &Arc<Appointment>> {
        let (first, last) = (AppointmentId::new(0), AppointmentId::new(u64::MAX));
        self.indexes
            .series
            .range((series, 0, first)..=(series, u16::MAX, last))
            .filter_map(|&(_, _, id)| self.appointment(id))
    }

    /// The appointment whose session is going on in a room.
    pub fn session_in(&self, room: RoomId) -> Option<&Arc<Appointment>> {
        self.appointment(*self.indexes.room_sessions.get(&room)?)
    }

    /// The appointment in whose session a therapist is.
    pub fn session_of(&self, therapist: TherapistId) -> Option<&Arc<Appointment>> {
        self.appointment(*self.indexes.therapist_sessions.get(&therapist)?)
    }

    /// The sessions that are going on, by room.
    pub fn sessions(&self) -> impl Iterator<Item = &Arc<Appointment>> {
        self.indexes
            .room_sessions
            .values()
            .filter_map(|&id| self.appointment(id))
    }

    /// The aftercare advice that was given after an appointment's session, if it was.
    pub fn aftercare(&self, appointment: AppointmentId) -> Option<&Arc<Aftercare>> {
        find(&self.records.aftercare, &appointment)
    }

    /// The turnover of a room, while it is in turnover.
    pub fn turnover_in(&self, room: RoomId) -> Option<&Arc<Turnover>> {
        find(&self.records.turnovers, &room)
    }

    /// Every room that is in turnover, by room.
    pub fn turnovers(&self) -> impl Iterator<Item = &Arc<Turnover>> {
        every(&self.records.turnovers)
    }

    /// The holds that have expired at an instant and are not removed yet, the earliest first.
    pub fn holds_due(&self, at: Timestamp) -> impl Iterator<Item = &Arc<Hold>> {
        self.indexes
            .holds_by_expiry
            .range(..=(at, HoldId::new(u64::MAX)))
            .filter_map(|&(_, id)| self.hold(id))
    }

    /// When the next hold expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.indexes.holds_by_expiry.get_min().map(|&(at, _)| at)
    }

    /// The hold that moves an appointment if its client agrees.
    pub fn hold_moving(&self, appointment: AppointmentId) -> Option<&Arc<Hold>> {
        self.hold(*self.indexes.moving.get(&appointment)?)
    }

    /// Every such hold, by appointment.
    pub fn calls(&self) -> impl Iterator<Item = &Arc<Hold>> {
        self.indexes.moving.values().filter_map(|&id| self.hold(id))
    }

    /// The holds that a key made.
    pub fn holds_of(&self, key: KeyId) -> impl Iterator<Item = &Arc<Hold>> {
        self.indexes
            .holds_by_key
            .range((key, HoldId::new(0))..=(key, HoldId::new(u64::MAX)))
            .filter_map(|&(_, id)| self.hold(id))
    }
}
