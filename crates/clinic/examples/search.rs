//! How long a search takes, on the measured workload's data set: `cargo run --release
//! --package treadwell-clinic --example search [sites]`. Two sites are the data set
//! `clinic`, two hundred are `chain`.
//!
//! Prints the median and the 99th percentile of single searches, and a sum over the
//! answers that two builds can be compared by.

#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date, time};
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::Clinic;
use treadwell_clinic::availability::{Answer, Purpose, Query, choose, nearest, search};
use treadwell_clinic::id::{
    AppointmentId, ClientId, CredentialId, KeyId, RoomId, RuleSetId, ServiceId, ShiftId, SiteId,
    TherapistId,
};
use treadwell_clinic::model::{
    Appointment, Charges, Client, Credential, Equipment, EquipmentSet, Inspection, Modality,
    Opening, Record, Room, RuleSet, Service, Shift, Site, Slot, State, Therapist, WeekHours, Wish,
};
use treadwell_clinic::time::{Cell, Interval, Minutes, Zone};

const SEED: u64 = 20_270_104;
const DAYS: u32 = 90;
const ROOMS: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let sites = std::env::args().nth(1).map_or(Ok(2), |text| text.parse())?;
    let workload = Workload::new()?;
    let began = Instant::now();
    let clinic = workload.clinic(sites)?;
    println!(
        "{} appointments in {:?}",
        clinic.appointments().count(),
        began.elapsed()
    );
    let now = "2027-01-01T12:00:00Z".parse()?;
    for (name, grid, answer) in [
        ("A15", 15, Answer::EveryCombination),
        ("A5", 5, Answer::EveryCombination),
        ("best per start, 15", 15, Answer::BestPerStart),
    ] {
        let queries = workload.queries(sites, grid, answer)?;
        measure(name, &clinic, &queries, now)?;
        if answer == Answer::BestPerStart {
            measure_wishes(&clinic, &queries, now);
        }
    }
    Ok(())
}

fn measure(
    name: &str,
    clinic: &Clinic,
    queries: &[Query],
    now: Timestamp,
) -> Result<(), Box<dyn Error>> {
    let mut took = Vec::with_capacity(queries.len());
    let mut sum = 0u64;
    for query in queries {
        let start = Instant::now();
        let found = search(clinic, query, now)?;
        took.push(start.elapsed());
        for proposal in &found.proposals {
            sum = sum
                .wrapping_mul(31)
                .wrapping_add(u64::from(proposal.slot.start().number()));
        }
    }
    report(name, &mut took);
    println!("    sum {sum:016x}");
    Ok(())
}

/// What a booking asks of the search: to settle a wish, and when that can not be, the
/// reasons and the nearest alternatives.
fn measure_wishes(clinic: &Clinic, queries: &[Query], now: Timestamp) {
    let (mut settled, mut refused) = (Vec::new(), Vec::new());
    for (query, n) in queries.iter().zip(0..) {
        // From 9:00 on, every quarter of an hour until 20:00.
        let start = query.from.plus_cells(9 * 12 + n % 45 * 3);
        let wish = Wish {
            client: None,
            service: query.service,
            extensions: Vec::new(),
            site: query.sites[0],
            start,
            room: None,
            therapist: None,
        };
        let began = Instant::now();
        if choose(clinic, &wish, Purpose::Book, None).is_ok() {
            settled.push(began.elapsed());
        } else {
            nearest(clinic, &wish, Purpose::Book, None, now, 3);
            refused.push(began.elapsed());
        }
    }
    report("a wish settled", &mut settled);
    report("a wish refused, with alternatives", &mut refused);
}

fn report(name: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let at = |per_mille: usize| took.get(took.len() * per_mille / 1000).copied();
    let (median, tail) = (at(500).unwrap_or_default(), at(990).unwrap_or_default());
    println!(
        "{name}: {} times, median {median:?}, p99 {tail:?}",
        took.len()
    );
}

/// splitmix64, as the workload's generator uses it.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % n).expect("small numbers")
    }
}

/// A generated appointment: indexes of room, therapist and client at the site, the
/// minute after opening, and whether it is ashiatsu.
struct Booking {
    room: usize,
    therapist: usize,
    client: usize,
    minute: u32,
    ashiatsu: bool,
}

/// The appointments of one site, counted from 1, and day, counted from 0.
fn bookings(site: u64, day: u64) -> Vec<Booking> {
    let mut random = Random(SEED + site * 1_000_003 + day);
    let mut busy: [Vec<u32>; ROOMS] = Default::default();
    let mut clients: Vec<(usize, u32)> = Vec::new();
    let mut bookings = Vec::new();
    for room in 0..ROOMS {
        let mut minute = 0u32;
        while minute <= 660 {
            if random.below(100) >= 26 {
                minute += 15;
                continue;
            }
            let ashiatsu = room % 2 == 0 && random.below(2) == 0;
            let free = |at: &u32| minute.abs_diff(*at) >= 60;
            let candidates: Vec<usize> = (0..ROOMS)
                .filter(|who| (!ashiatsu || who % 2 == 0) && busy[*who].iter().all(free))
                .collect();
            if candidates.is_empty() {
                minute += 15;
                continue;
            }
            let therapist = candidates[random.below(candidates.len() as u64)];
            let client = loop {
                let client = random.below(1000);
                if clients.iter().all(|(who, at)| *who != client || free(at)) {
                    break client;
                }
            };
            busy[therapist].push(minute);
            clients.push((client, minute));
            bookings.push(Booking {
                room,
                therapist,
                client,
                minute,
                ashiatsu,
            });
            minute += 75;
        }
    }
    bookings
}

struct Workload {
    zone: Zone,
    services: [Service; 2],
}

impl Workload {
    fn new() -> Result<Self, Box<dyn Error>> {
        let zone = Zone::named("America/Halifax").ok_or("the zone is not bundled")?;
        let table = EquipmentSet::of([Equipment::Table]);
        let ashiatsu = Service {
            id: ServiceId::parse("ashiatsu-60")?,
            name: "Ashiatsu".to_owned(),
            modality: Modality::Barefoot,
            minutes: minutes(60)?,
            turnover: minutes(15)?,
            reset: Minutes::ZERO,
            accepts: vec![table.with(Equipment::ParallelBars)],
            credentials: vec![CredentialId::parse("ashiatsu")?],
            rule_set: RuleSetId::parse("barefoot")?,
            checklist: Vec::new(),
            extensions: Vec::new(),
            consumes: Vec::new(),
            price_cents: 11_000,
            retired: false,
        };
        let massage = Service {
            id: ServiceId::parse("massage-60")?,
            name: "Massage".to_owned(),
            modality: Modality::HandsOn,
            accepts: vec![table],
            credentials: Vec::new(),
            rule_set: RuleSetId::parse("general")?,
            ..ashiatsu.clone()
        };
        Ok(Self {
            zone,
            services: [ashiatsu, massage],
        })
    }

    /// 09:00 of a day.
    fn open(&self, day: u32) -> Result<Cell, Box<dyn Error>> {
        let date: Date = date(2027, 1, 4).checked_add(i64::from(day).days())?;
        Ok(self
            .zone
            .cell(date, time(9, 0, 0, 0))
            .ok_or("09:00 is on the grid")?)
    }

    fn clinic(&self, sites: u64) -> Result<Clinic, Box<dyn Error>> {
        let mut records: Vec<Record> = vec![RuleSet::barefoot().into(), RuleSet::general().into()];
        records.extend(self.services.iter().cloned().map(Record::from));
        for site in 1..=sites {
            self.add_site(site, &mut records)?;
        }
        Ok(Clinic::from_records(
            records.into_iter().map(|record| (record, 1)),
            1,
        ))
    }

    fn add_site(&self, number: u64, records: &mut Vec<Record>) -> Result<(), Box<dyn Error>> {
        let opening = Opening {
            opens: time(9, 0, 0, 0),
            closes: time(21, 0, 0, 0),
        };
        let site = Site {
            id: site_id(number)?,
            name: format!("Site {number}"),
            address: String::new(),
            phone: String::new(),
            zone: self.zone.clone(),
            hours: WeekHours::daily(opening),
            closures: Vec::new(),
        };
        let mut rooms = Vec::new();
        let mut therapists = Vec::new();
        for index in 0..ROOMS {
            rooms.push(room(&site, number, index)?);
            therapists.push(therapist(&site, number, index)?);
        }
        for index in 1..=1000 {
            records.push(client((number - 1) * 1000 + index).into());
        }
        let mut serial = number * 1_000_000;
        for day in 0..DAYS {
            let open = self.open(day)?;
            for therapist in &therapists {
                serial += 1;
                let time = Interval::lasting(open, minutes(720)?).ok_or("not empty")?;
                let (id, site, breaks) = (ShiftId::new(serial), site.id, Vec::new());
                records.push(
                    Shift {
                        id,
                        therapist: therapist.id,
                        site,
                        time,
                        breaks,
                        template: None,
                    }
                    .into(),
                );
            }
            for booking in bookings(number, u64::from(day)) {
                serial += 1;
                let service = &self.services[usize::from(!booking.ashiatsu)];
                let (room, by) = (&rooms[booking.room], therapists[booking.therapist].id);
                let start = open.plus_cells(booking.minute / 5);
                let slot = Slot::plan(service, &[], room, by, start).ok_or("it fits")?;
                let client = (number - 1) * 1000 + booking.client as u64 + 1;
                records.push(appointment(serial, client, slot).into());
            }
        }
        records.extend(rooms.into_iter().map(Record::from));
        records.extend(therapists.into_iter().map(Record::from));
        records.push(site.into());
        Ok(())
    }

    /// Searches for 60 minutes of ashiatsu within 14 days.
    fn queries(&self, sites: u64, grid: u16, answer: Answer) -> Result<Vec<Query>, Box<dyn Error>> {
        let mut random = Random(SEED);
        let mut queries = Vec::new();
        for _ in 0..20_000 {
            let site = site_id(random.below(sites) as u64 + 1)?;
            let first = date(2027, 1, 4).checked_add(i64::try_from(random.below(77))?.days())?;
            let midnight = |date| self.zone.cell(date, time(0, 0, 0, 0)).ok_or("on the grid");
            queries.push(Query {
                sites: vec![site],
                service: self.services[0].id,
                extensions: Vec::new(),
                client: None,
                therapist: None,
                prefer: None,
                room: None,
                from: midnight(first)?,
                until: midnight(first.checked_add(14.days())?)?,
                grid: Minutes::new(grid),
                limit: 20,
                answer,
                purpose: Purpose::Book,
                except: None,
            });
        }
        Ok(queries)
    }
}

fn minutes(minutes: u16) -> Result<Minutes, &'static str> {
    Minutes::new(minutes).ok_or("a multiple of 5")
}

fn site_id(number: u64) -> Result<SiteId, Box<dyn Error>> {
    Ok(SiteId::parse(&format!("s{number:03}"))?)
}

fn room(site: &Site, number: u64, index: usize) -> Result<Room, Box<dyn Error>> {
    let bars = Inspection {
        passed: date(2026, 1, 1),
        months: 120,
    };
    let table = EquipmentSet::of([Equipment::Table]);
    let has_bars = index.is_multiple_of(2);
    Ok(Room {
        id: RoomId::parse(&format!("s{number:03}-r{index}"))?,
        site: site.id,
        name: format!("Room {number}-{index}"),
        equipment: if has_bars {
            table.with(Equipment::ParallelBars)
        } else {
            table
        },
        turnover: Minutes::ZERO,
        checklist: Vec::new(),
        inspection: has_bars.then_some(bars),
        retired: false,
    })
}

fn therapist(site: &Site, number: u64, index: usize) -> Result<Therapist, Box<dyn Error>> {
    let credential = Credential {
        kind: CredentialId::parse("ashiatsu")?,
        issuer: String::new(),
        number: String::new(),
        expires: None,
    };
    Ok(Therapist {
        id: TherapistId::parse(&format!("s{number:03}-t{index}"))?,
        name: format!("Therapist {number}-{index}"),
        sites: vec![site.id],
        credentials: if index.is_multiple_of(2) {
            vec![credential]
        } else {
            Vec::new()
        },
        registration: None,
        retired: false,
    })
}

fn client(number: u64) -> Client {
    Client {
        id: ClientId::new(number),
        name: format!("Client {number}"),
        phone: String::new(),
        email: String::new(),
        born: None,
        preferred: None,
        note: String::new(),
        external: String::new(),
        since: None,
    }
}

fn appointment(serial: u64, client: u64, slot: Slot) -> Appointment {
    Appointment {
        id: AppointmentId::new(serial),
        client: ClientId::new(client),
        slot,
        state: State::Booked,
        review: None,
        reconfirmed: None,
        flags: Vec::new(),
        price_cents: 11_000,
        charges: Charges::default(),
        note: None,
        booked_by: KeyId::new(1),
        booked_at: Timestamp::UNIX_EPOCH,
        series: None,
        external: None,
    }
}
