//! The measured work, as `../shared/workload/WORKLOAD.md` defines it: the data sets *clinic* (2 sites) and *chain* (200
//! sites), and the operations A (availability), B (book) and C (day sheet).
//!
//! It only computes what to load and what to ask, and what the right answer is; loading and asking is the benchmark's.
//! A test compares it with figures of the reference generator.

use jiff::{
    Timestamp,
    civil::{Date, date, time},
    tz::TimeZone,
};

use crate::seed::Random;

/// Local days of the calendar.
pub const DAYS: u32 = 90;
/// Rooms, and therapists, of a site. Those with an even index have bars, or the certificate.
pub const PER_SITE: u32 = 6;
/// Clients of a site.
pub const CLIENTS_PER_SITE: u32 = 1000;
/// Minutes that a session takes.
pub const SESSION_MINUTES: u32 = 60;
/// Minutes that a room is taken by a session, its turnover included.
pub const ROOM_MINUTES: u32 = 75;
/// Latest start, in minutes after opening.
pub const LAST_START: u32 = 660;
/// Days of the window that a search asks for.
pub const WINDOW_DAYS: u32 = 14;
/// Places that a search asks for.
pub const PLACES: usize = 20;

const SEED: u64 = 20_270_104;
const FULL_PERCENT: u32 = 26;
const DAY_0: Date = date(2027, 1, 4);
const ZONE: &str = "America/Halifax";

/// One of the two data sets; `Clinic` is the first two sites of `Chain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSet {
    /// Two sites.
    Clinic,
    /// Two hundred sites.
    Chain,
}

impl DataSet {
    /// How many sites it has.
    pub fn sites(self) -> u32 {
        match self {
            Self::Clinic => 2,
            Self::Chain => 200,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clinic => "clinic",
            Self::Chain => "chain",
        }
    }
}

/// One appointment of the calendar. Room, therapist and client are indices within the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Room, 0 to 5.
    pub room: u32,
    /// Therapist, 0 to 5.
    pub therapist: u32,
    /// Client, 0 to 999.
    pub client: u32,
    /// Start, in minutes after opening.
    pub minute: u32,
    /// Barefoot work; massage otherwise.
    pub ashiatsu: bool,
}

/// The appointments of one site (from 1) on one day (from 0), by room and start.
pub fn site_day(site: u32, day: u32) -> Vec<Appointment> {
    let mut random = Random::new(SEED + u64::from(site) * 1_000_003 + u64::from(day));
    let mut calendar: Vec<Appointment> = Vec::new();
    for room in 0..PER_SITE {
        let mut minute = 0;
        while minute <= LAST_START {
            match draw(&mut random, &calendar, room, minute) {
                Some(appointment) => {
                    calendar.push(appointment);
                    minute += ROOM_MINUTES;
                }
                None => minute += 15,
            }
        }
    }
    calendar
}

/// Whether a room gets an appointment at a minute, and which.
fn draw(
    random: &mut Random,
    calendar: &[Appointment],
    room: u32,
    minute: u32,
) -> Option<Appointment> {
    if random.below(100) >= FULL_PERCENT {
        return None;
    }
    let clear = |other: &Appointment| other.minute.abs_diff(minute) >= SESSION_MINUTES;
    let ashiatsu = room.is_multiple_of(2) && random.below(2) == 0;
    let free: Vec<u32> = (0..PER_SITE)
        .filter(|therapist| !ashiatsu || therapist.is_multiple_of(2))
        .filter(|therapist| {
            calendar
                .iter()
                .filter(|other| other.therapist == *therapist)
                .all(clear)
        })
        .collect();
    if free.is_empty() {
        return None;
    }
    let therapist = *random.choose(&free);
    let client = loop {
        let client = random.below(CLIENTS_PER_SITE);
        if calendar
            .iter()
            .filter(|other| other.client == client)
            .all(clear)
        {
            break client;
        }
    };
    Some(Appointment {
        room,
        therapist,
        client,
        minute,
        ashiatsu,
    })
}

/// The local date of a day; day 0 is Monday 2027-01-04.
pub fn local_date(day: u32) -> Date {
    DAY_0
        .checked_add(jiff::Span::new().days(i64::from(day)))
        .expect("a workload's day is within a few years")
}

/// Local midnight at which a day begins.
pub fn midnight(day: u32) -> Timestamp {
    instant(day, 0)
}

/// 09:00 local time, when the sites open.
pub fn open(day: u32) -> Timestamp {
    instant(day, 9)
}

fn instant(day: u32, hour: i8) -> Timestamp {
    let zone = TimeZone::get(ZONE).expect("the time zones are bundled");
    local_date(day)
        .to_datetime(time(hour, 0, 0, 0))
        .to_zoned(zone)
        .expect("the workload's days are in range")
        .timestamp()
}

/// Minutes after opening, as an instant.
pub fn at(day: u32, minute: u32) -> Timestamp {
    open(day)
        .checked_add(jiff::SignedDuration::from_mins(i64::from(minute)))
        .expect("the workload's days are in range")
}

/// A search of operation A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Site, from 1.
    pub site: u32,
    /// First day of the window.
    pub first_day: u32,
}

impl Search {
    /// A search drawn uniformly.
    pub fn draw(random: &mut Random, sites: u32) -> Self {
        Self {
            site: random.below(sites) + 1,
            first_day: random.below(DAYS - WINDOW_DAYS),
        }
    }

    /// The right answer by brute force: the first places with bars and certificate as (start, room, therapist), where starts
    /// lie on a grid of so many minutes and the calendar is the data set's, untouched.
    pub fn places(self, grid_minutes: u32) -> Vec<(Timestamp, u32, u32)> {
        let days = self.first_day..self.first_day + WINDOW_DAYS;
        days.flat_map(|day| places_of_day(self.site, day, grid_minutes))
            .take(PLACES)
            .collect()
    }
}

/// Every place of a site's day as (start, room, therapist), in that order.
fn places_of_day(site: u32, day: u32, grid_minutes: u32) -> Vec<(Timestamp, u32, u32)> {
    let calendar = site_day(site, day);
    let mut places = Vec::new();
    for minute in (0..=LAST_START).step_by(grid_minutes as usize) {
        let free = |index: fn(&Appointment) -> u32, length: u32| -> Vec<u32> {
            let taken = |wanted: u32| {
                calendar
                    .iter()
                    .any(|other| index(other) == wanted && minute.abs_diff(other.minute) < length)
            };
            (0..PER_SITE)
                .step_by(2)
                .filter(|wanted| !taken(*wanted))
                .collect()
        };
        let therapists = free(|other| other.therapist, SESSION_MINUTES);
        for room in free(|other| other.room, ROOM_MINUTES) {
            places.extend(
                therapists
                    .iter()
                    .map(|therapist| (at(day, minute), room, *therapist)),
            );
        }
    }
    places
}

/// The booking with number `k` of operation B1, which clashes with no other and with nothing of the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Site, from 1.
    pub site: u32,
    /// Room, 0 to 5; the therapist has the same index.
    pub room: u32,
    /// Client, 0 to 999.
    pub client: u32,
    /// Day, from [`FIRST_BOOKING_DAY`].
    pub day: u32,
    /// Start, in minutes after opening.
    pub minute: u32,
}

/// The first day of operation B1, 2027-04-04, as the number of a day.
pub const FIRST_BOOKING_DAY: u32 = 90;
/// Bookings of operation B1 in a room and a day.
pub const BOOKINGS_PER_ROOM_DAY: u32 = 9;

impl Booking {
    /// The booking with number `k`, from 0, over so many sites.
    pub fn number(k: u32, sites: u32) -> Self {
        let rooms = PER_SITE * sites;
        let cell = k / rooms;
        let room = k % rooms;
        Self {
            site: room / PER_SITE + 1,
            room: room % PER_SITE,
            client: room % PER_SITE + PER_SITE * (cell % 166),
            day: FIRST_BOOKING_DAY + cell / BOOKINGS_PER_ROOM_DAY,
            minute: ROOM_MINUTES * (cell % BOOKINGS_PER_ROOM_DAY),
        }
    }
}

#[cfg(test)]
mod tests;
