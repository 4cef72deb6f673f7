//! How long a repair of a day with 40 rooms takes to plan: `cargo run --release --package treadwell-clinic
//! --example repair [days]`.
//!
//! Prints, for each kind of disruption, the median, the 99th percentile and the longest of the plans of some random
//! days, how many are proven to be the cheapest, and the sum of what they cost, which two builds can be compared by.

#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::{date, time};
use treadwell_clinic::Clinic;
use treadwell_clinic::id::{
    AppointmentId, ClientId, CredentialId, KeyId, RoomId, RuleSetId, ServiceId, ShiftId, SiteId,
    TherapistId,
};
use treadwell_clinic::model::{
    Appointment, Charges, Client, Credential, Equipment, EquipmentSet, Inspection, Modality,
    Opening, OutageTarget, Record, Room, RuleSet, Service, Shift, Site, Sites, Slot, State,
    Therapist, WeekHours,
};
use treadwell_clinic::repair::{Cost, Disruption, plan};
use treadwell_clinic::time::{Cell, Interval, Minutes, Zone};

const SEED: u64 = 20_270_104;
/// At each of two sites.
const ROOMS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let days = std::env::args()
        .nth(1)
        .map_or(Ok(100), |text| text.parse())?;
    println!("{days} days of 40 rooms at two sites, seed {SEED}");
    for (name, rooms, therapists) in [
        ("the bars of one room", 1, 0),
        ("one therapist", 0, 1),
        ("three rooms and two therapists", 3, 2),
        ("five rooms", 5, 0),
        ("eight rooms and four therapists", 8, 4),
    ] {
        measure(name, days, rooms, therapists)?;
    }
    Ok(())
}

fn measure(name: &str, days: u64, rooms: usize, therapists: usize) -> Result<(), Box<dyn Error>> {
    let mut took = Vec::new();
    let (mut hits, mut proven) = (0, 0);
    let mut cost = Cost::default();
    for day in 0..days {
        let mut random = Random(SEED + day);
        let clinic = clinic(&mut random)?;
        let now: Timestamp = "2027-01-04T12:00:00Z".parse()?;
        let whole = Interval::new(open(9)?, open(21)?).ok_or("12 hours")?;
        let mut disruptions = Vec::new();
        for at in 0..rooms {
            let target = if rooms == 1 {
                OutageTarget::Bars
            } else {
                OutageTarget::Room
            };
            disruptions.push(Disruption::Out {
                room: room_id(at % 2, 2 * random.below(10))?,
                target,
                from: whole.start(),
                until: Some(whole.end()),
            });
        }
        for at in 0..therapists {
            disruptions.push(Disruption::Absent {
                therapist: therapist_id(at % 2, random.below(20))?,
                time: whole,
            });
        }
        let began = Instant::now();
        let plan = plan(&clinic, &disruptions, &Sites::All, now)?;
        took.push(began.elapsed());
        hits += plan.mends.iter().filter(|it| !it.faults.is_empty()).count();
        proven += u64::from(plan.proven);
        cost = cost + plan.cost;
    }
    took.sort_unstable();
    let at = |per_mille: usize| took.get(took.len() * per_mille / 1000).copied();
    let (median, tail) = (at(500).unwrap_or_default(), at(990).unwrap_or_default());
    let longest = took.last().copied().unwrap_or_default();
    println!(
        "{name}: {hits} hit, median {median:?}, p99 {tail:?}, longest {longest:?}; {proven} proven"
    );
    println!("    {cost:?}");
    Ok(())
}

/// splitmix64.
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

/// An hour of the day.
fn open(hour: i8) -> Result<Cell, Box<dyn Error>> {
    let zone = Zone::named("America/Halifax").ok_or("the zone is not bundled")?;
    let cell = zone.cell(date(2027, 1, 4), time(hour, 0, 0, 0));
    Ok(cell.ok_or("on the grid")?)
}

fn minutes(minutes: u16) -> Result<Minutes, &'static str> {
    Minutes::new(minutes).ok_or("a multiple of 5")
}

fn room_id(site: usize, number: usize) -> Result<RoomId, Box<dyn Error>> {
    Ok(RoomId::parse(&format!("s{site}-r{number}"))?)
}

fn therapist_id(site: usize, number: usize) -> Result<TherapistId, Box<dyn Error>> {
    Ok(TherapistId::parse(&format!("s{site}-t{number}"))?)
}

/// Two sites, every second room with bars and every second therapist certified, two thirds of the day taken.
fn clinic(random: &mut Random) -> Result<Clinic, Box<dyn Error>> {
    let services = services()?;
    let mut records: Vec<Record> = vec![RuleSet::barefoot().into(), RuleSet::general().into()];
    records.extend(services.iter().cloned().map(Record::from));
    let mut serial = 0;
    for site in 0..2 {
        add_site(site, &services, random, &mut serial, &mut records)?;
    }
    Ok(Clinic::from_records(
        records.into_iter().map(|record| (record, 1)),
        1,
    ))
}

fn services() -> Result<[Service; 2], Box<dyn Error>> {
    let table = EquipmentSet::of([Equipment::Table]);
    // Without questions, so that every client may have it.
    let ashiatsu = Service {
        consumes: Vec::new(),
        id: ServiceId::parse("ashiatsu-60")?,
        name: "Ashiatsu".to_owned(),
        modality: Modality::Foot,
        minutes: minutes(60)?,
        turnover: minutes(15)?,
        reset: minutes(10)?,
        accepts: vec![table.with(Equipment::ParallelBars)],
        credentials: vec![CredentialId::parse("ashiatsu")?],
        rule_set: RuleSetId::parse("general")?,
        checklist: Vec::new(),
        extensions: Vec::new(),
        price_cents: 11_000,
        retired: false,
    };
    let massage = Service {
        consumes: Vec::new(),
        id: ServiceId::parse("massage-60")?,
        name: "Massage".to_owned(),
        modality: Modality::HandsOn,
        accepts: vec![table],
        credentials: Vec::new(),
        reset: minutes(5)?,
        ..ashiatsu.clone()
    };
    Ok([ashiatsu, massage])
}

fn add_site(
    number: usize,
    services: &[Service; 2],
    random: &mut Random,
    serial: &mut u64,
    records: &mut Vec<Record>,
) -> Result<(), Box<dyn Error>> {
    let site = SiteId::parse(&format!("s{number}"))?;
    let hours = Opening {
        opens: time(9, 0, 0, 0),
        closes: time(21, 0, 0, 0),
    };
    records.push(
        Site {
            id: site,
            name: format!("Site {number}"),
            address: String::new(),
            phone: String::new(),
            zone: Zone::named("America/Halifax").ok_or("the zone is not bundled")?,
            hours: WeekHours::daily(hours),
            closures: Vec::new(),
        }
        .into(),
    );
    let mut rooms = Vec::new();
    for index in 0..ROOMS {
        rooms.push(room(site, number, index)?);
        *serial += 1;
        records.push(therapist(site, number, index)?.into());
        records.push(
            Shift {
                template: None,
                id: ShiftId::new(*serial),
                therapist: therapist_id(number, index)?,
                site,
                time: Interval::new(open(9)?, open(21)?).ok_or("12 hours")?,
                breaks: Vec::new(),
            }
            .into(),
        );
    }
    let mut taken: Vec<Slot> = Vec::new();
    for room in &rooms {
        for quarter in (0..44).step_by(5) {
            if random.below(3) == 0 {
                continue;
            }
            let barefoot = room.has_bars() && random.below(3) > 0;
            let start = open(9)?.plus_cells(3 * quarter);
            // The first who is free, from somebody on.
            let first = random.below(20);
            for by in (0..ROOMS).map(|it| (first + it) % ROOMS) {
                if barefoot && by % 2 == 1 {
                    continue;
                }
                let by = therapist_id(number, by)?;
                let service = &services[usize::from(!barefoot)];
                let slot = Slot::plan(service, &[], room, by, start).ok_or("it fits")?;
                let free = |it: &Slot| {
                    it.therapist != by || !it.occupies.therapist.overlaps(slot.occupies.therapist)
                };
                if taken.iter().all(free) {
                    *serial += 1;
                    records.push(client(*serial).into());
                    records.push(appointment(*serial, slot.clone()).into());
                    taken.push(slot);
                    break;
                }
            }
        }
    }
    records.extend(rooms.into_iter().map(Record::from));
    Ok(())
}

fn room(site: SiteId, number: usize, index: usize) -> Result<Room, Box<dyn Error>> {
    let table = EquipmentSet::of([Equipment::Table]);
    let has_bars = index.is_multiple_of(2);
    let bars = Inspection {
        passed: date(2026, 1, 1),
        months: 120,
    };
    Ok(Room {
        checklist: Vec::new(),
        id: room_id(number, index)?,
        site,
        name: format!("Room {number}-{index}"),
        equipment: if has_bars {
            table.with(Equipment::ParallelBars)
        } else {
            table
        },
        turnover: Minutes::ZERO,
        inspection: has_bars.then_some(bars),
        retired: false,
    })
}

fn therapist(site: SiteId, number: usize, index: usize) -> Result<Therapist, Box<dyn Error>> {
    let credential = Credential {
        kind: CredentialId::parse("ashiatsu")?,
        issuer: String::new(),
        number: String::new(),
        expires: None,
    };
    Ok(Therapist {
        id: therapist_id(number, index)?,
        name: format!("Therapist {number}-{index}"),
        sites: vec![site],
        credentials: index
            .is_multiple_of(2)
            .then_some(credential)
            .into_iter()
            .collect(),
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

fn appointment(number: u64, slot: Slot) -> Appointment {
    Appointment {
        series: None,
        external: None,
        id: AppointmentId::new(number),
        client: ClientId::new(number),
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
    }
}
