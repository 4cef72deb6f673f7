//! How much of what was on offer was used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Range, Row, Rows};
use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{RoomId, TherapistId};
use crate::limits;
use crate::model::{OutageTarget, Room, Site};
use crate::time::{CELL_MINUTES, Interval};

/// Hours of one kind, in minutes by plan, all rooms or therapists of a site together.
/// `booked + turnover + idle = offered + beyond`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// When work was possible.
    pub offered: u64,
    /// Sessions by plan: of appointments that stand or were held, not of cancelled ones and no-shows. An
    /// early finish frees the rest of a session, which then does not count.
    pub booked: u64,
    /// What follows a session by plan: a room's turnover, a therapist's reset.
    pub turnover: u64,
    /// What of the offered time was neither.
    pub idle: u64,
    /// What of sessions and turnover lay outside the offered time: a turnover after closing, a session whose
    /// room went out of service or whose shift was taken away.
    pub beyond: u64,
}

/// The use of a site's rooms and therapists. Time counts on the local date on which it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utilization {
    /// Rooms; offered are opening hours without outages of the room. One that is retired offers nothing, as
    /// it is not known since when it is.
    pub rooms: Use,
    /// Bar rooms, counted only while their parallel bars are sound, whatever the room is used for: without
    /// outages of the bars, and on the dates on which they had passed an inspection that was still good.
    pub bar_rooms: Use,
    /// Therapists; offered are their shifts at the site without breaks and time off, within opening hours. Their turnover
    /// is the reset: washing feet or hands.
    pub therapists: Use,
}

/// Utilization at a site. Opening hours and closures are those in force now.
pub fn utilization(clinic: &Clinic, site: &Site, range: &Range) -> Vec<Row<Utilization>> {
    let mut rows = Rows::of(site.id, *range, Utilization::default());
    for date in range.dates() {
        if let (Some(day), Some(figures)) = (Day::new(clinic, site, date), rows.on(date)) {
            day.count(figures);
        }
    }
    rows.rows
}

/// One local date of a site. All masks begin with it.
struct Day<'a> {
    clinic: &'a Clinic,
    site: &'a Site,
    date: Date,
    time: Interval,
    open: Mask,
}

/// What somebody or something was taken for on one date; the two never share a cell.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    booked: Mask,
    turnover: Mask,
}

impl<'a> Day<'a> {
    fn new(clinic: &'a Clinic, site: &'a Site, date: Date) -> Option<Self> {
        let time = site.zone.day(date)?;
        let mut day = Self {
            clinic,
            site,
            date,
            time,
            open: Mask::NONE,
        };
        for opening in site.openings(date) {
            day.open = day.open | day.mask(opening);
        }
        Some(day)
    }

    /// The bits of a time, as far as it lies on the date.
    fn mask(&self, time: Interval) -> Mask {
        time.intersection(self.time)
            .map_or(Mask::NONE, |time| Mask::of(self.time.start(), time))
    }

    fn count(&self, figures: &mut Utilization) {
        let (rooms, mut therapists) = self.taken();
        for room in self.clinic.rooms_at(self.site.id) {
            let taken = rooms.get(&room.id).copied().unwrap_or_default();
            let (usable, sound) = self.usable(room);
            figures.rooms.add(usable, taken);
            if room.has_bars() {
                let under_bars = Taken {
                    booked: taken.booked & sound,
                    turnover: taken.turnover & sound,
                };
                figures.bar_rooms.add(usable & sound, under_bars);
            }
        }
        for therapist in self.on_shift() {
            let shifts = self.clinic.shift_occupancy(therapist, self.site.id);
            let away = self.clinic.absent_occupancy(therapist);
            let start = self.time.start();
            let offered = shifts.window(start) & !away.window(start) & self.open;
            let taken = therapists.remove(&therapist).unwrap_or_default();
            figures.therapists.add(offered, taken);
        }
        for taken in therapists.into_values() {
            figures.therapists.add(Mask::NONE, taken);
        }
    }

    /// What occupies each room and each therapist here.
    fn taken(&self) -> (BTreeMap<RoomId, Taken>, BTreeMap<TherapistId, Taken>) {
        let mut rooms: BTreeMap<RoomId, Taken> = BTreeMap::new();
        let mut therapists: BTreeMap<TherapistId, Taken> = BTreeMap::new();
        let start = self.time.start();
        let first = start.minus(limits::SESSION.plus(limits::AFTERWARDS));
        let near = Interval::new(first, self.time.end()).unwrap_or(self.time);
        for appointment in self.clinic.appointments_at(self.site.id, near) {
            if !appointment.occupies() {
                continue;
            }
            let slot = &appointment.slot;
            let planned = self.mask(slot.planned);
            let room = rooms.entry(slot.room).or_default();
            room.take(planned, self.mask(slot.occupies.room));
            let therapist = therapists.entry(slot.therapist).or_default();
            therapist.take(planned, self.mask(slot.occupies.therapist));
        }
        (rooms, therapists)
    }

    /// When a room could be used, and when its bars are sound.
    fn usable(&self, room: &Room) -> (Mask, Mask) {
        let mut usable = if room.retired { Mask::NONE } else { self.open };
        let mut sound = if self.clinic.was_inspected(room, self.date) {
            self.mask(self.time)
        } else {
            Mask::NONE
        };
        for outage in self.clinic.outages_in(room.id, self.time) {
            let out = outage
                .within(self.time)
                .map_or(Mask::NONE, |it| self.mask(it));
            match outage.target {
                OutageTarget::Room => usable = usable & !out,
                OutageTarget::Bars => sound = sound & !out,
            }
        }
        (usable, sound)
    }

    /// Who has a shift here that touches the date.
    fn on_shift(&self) -> BTreeSet<TherapistId> {
        let first = self.time.start().minus(limits::SHIFT);
        let near = Interval::new(first, self.time.end()).unwrap_or(self.time);
        let shifts = self.clinic.shifts_at(self.site.id, near);
        shifts.map(|shift| shift.therapist).collect()
    }
}

impl Taken {
    fn take(&mut self, planned: Mask, occupied: Mask) {
        self.booked = self.booked | planned & occupied;
        self.turnover = self.turnover | occupied & !planned;
    }
}

impl Use {
    fn add(&mut self, offered: Mask, taken: Taken) {
        let busy = taken.booked | taken.turnover;
        self.offered += minutes(offered);
        self.booked += minutes(taken.booked);
        self.turnover += minutes(taken.turnover);
        self.idle += minutes(offered & !busy);
        self.beyond += minutes(busy & !offered);
    }
}

fn minutes(cells: Mask) -> u64 {
    u64::from(cells.count()) * u64::from(CELL_MINUTES)
}
