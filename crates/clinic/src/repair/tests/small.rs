//! Random small days, told once as plain numbers for the exact solution and once as a clinic for the planner.

use jiff::civil::date;

use super::exact::least;
use crate::clinic::Clinic;
use crate::command::{Actor, ApplyRepair, Command, Context, RepairMove, Step};
use crate::decide;
use crate::fixture::*;
use crate::id::{AppointmentId, Ids};
use crate::model::{Change, Equipment, OutageTarget, Record, Service, Sites, Slot};
use crate::repair::{Cost, Disruption, Plan, plan};
use crate::time::{Cell, Interval};

/// A place, in minutes after midnight. Numbers stand for the lists of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) client: usize,
    pub(super) service: usize,
    pub(super) site: usize,
    pub(super) room: usize,
    pub(super) therapist: usize,
    pub(super) start: u32,
}

#[derive(Clone, Debug)]
struct Room {
    site: usize,
    table: bool,
    bars: bool,
    turnover: u32,
}

#[derive(Clone, Debug)]
struct Therapist {
    certified: bool,
    site: usize,
    shift: (u32, u32),
    pause: (u32, u32),
}

/// What is out, in minutes after midnight.
#[derive(Clone, Copy, Debug)]
enum Out {
    Room(usize, u32, u32),
    Bars(usize, u32, u32),
    Therapist(usize, u32, u32),
}

/// A small day.
#[derive(Clone, Debug)]
pub(super) struct Small {
    rooms: Vec<Room>,
    therapists: Vec<Therapist>,
    /// Whether a client has answered all questions.
    declared: Vec<bool>,
    out: Vec<Out>,
    pub(super) booked: Vec<Place>,
}

const OPENS: u32 = 9 * 60;
const CLOSES: u32 = 15 * 60;
/// Length, turnover and reset of the three services.
const SERVICES: [(u32, u32, u32); 3] = [(60, 15, 10), (60, 15, 5), (30, 15, 5)];
const DAY: jiff::civil::Date = date(2027, 3, 2);
const GAP: u32 = 30;

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((z ^ (z >> 31)) % u64::from(n)).expect("below n")
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(u32::try_from(n).expect("few"))).expect("small")
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

fn overlap(a: (u32, u32), b: (u32, u32)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

impl Small {
    fn random(random: &mut Random) -> Self {
        let mut day = Self {
            rooms: Vec::new(),
            therapists: Vec::new(),
            declared: (0..12).map(|_| !random.one_in(4)).collect(),
            out: Vec::new(),
            booked: Vec::new(),
        };
        let sites = 1 + usize::from(random.one_in(3));
        for _ in 0..2 + random.below(3) {
            let kind = random.below(5);
            day.rooms.push(Room {
                site: random.index(sites),
                table: kind > 0,
                bars: kind > 2,
                turnover: 15 * random.below(2) + 5 * random.below(2),
            });
        }
        for _ in 0..2 + random.below(3) {
            let from = OPENS + 60 * random.below(3);
            let pause = 11 * 60 + 15 * random.below(8);
            day.therapists.push(Therapist {
                certified: !random.one_in(3),
                site: random.index(sites),
                shift: (from, CLOSES - 60 * random.below(2)),
                pause: (pause, pause + 30),
            });
        }
        for _ in 0..60 {
            let place = Place {
                client: random.index(day.declared.len()),
                service: random.index(3),
                site: 0,
                room: random.index(day.rooms.len()),
                therapist: random.index(day.therapists.len()),
                start: OPENS + 15 * random.below(22),
            };
            let place = Place {
                site: day.rooms[place.room].site,
                ..place
            };
            let clashes = |it: &Place| day.clash(it, &place);
            if day.booked.len() < 8 && day.may_be(&place) && !day.booked.iter().any(clashes) {
                day.booked.push(place);
            }
        }
        for _ in 0..1 + u32::from(random.one_in(4)) {
            let from = OPENS + 30 * random.below(8);
            let until = from + 60 * (1 + random.below(6));
            let room = random.index(day.rooms.len());
            day.out.push(match random.below(3) {
                0 => Out::Room(room, from, until),
                1 if day.rooms[room].bars => Out::Bars(room, from, until),
                _ => Out::Therapist(random.index(day.therapists.len()), from, until),
            });
        }
        day
    }

    fn times(&self, place: &Place) -> [(u32, u32); 3] {
        let (length, turnover, reset) = SERVICES[place.service];
        let end = place.start + length;
        let turnover = turnover.max(self.rooms[place.room].turnover);
        [
            (place.start, end),
            (place.start, end + reset),
            (place.start, end + turnover),
        ]
    }

    /// Whether a place is sound, whatever else is booked.
    pub(super) fn may_be(&self, place: &Place) -> bool {
        let room = &self.rooms[place.room];
        let therapist = &self.therapists[place.therapist];
        let [session, _, in_room] = self.times(place);
        let equipped = match place.service {
            0 => room.bars,
            1 => room.table,
            _ => true,
        };
        let entitled = place.service > 0 || therapist.certified && self.declared[place.client];
        let within = |(from, until): (u32, u32)| from <= session.0 && session.1 <= until;
        let out = self.out.iter().any(|out| match *out {
            Out::Room(which, from, until) => which == place.room && overlap((from, until), in_room),
            Out::Bars(which, from, until) => {
                place.service == 0 && which == place.room && overlap((from, until), session)
            }
            Out::Therapist(who, from, until) => {
                who == place.therapist && overlap((from, until), session)
            }
        });
        equipped
            && entitled
            && !out
            && room.site == place.site
            && therapist.site == place.site
            && within((OPENS, CLOSES))
            && within(therapist.shift)
            && !overlap(therapist.pause, session)
    }

    /// Whether two places can not both be taken.
    pub(super) fn clash(&self, a: &Place, b: &Place) -> bool {
        let ([a0, a1, a2], [b0, b1, b2]) = (self.times(a), self.times(b));
        let gap = if a.site == b.site { 0 } else { GAP };
        a.client == b.client && overlap(a0, b0)
            || a.therapist == b.therapist && overlap(a1, (b1.0.saturating_sub(gap), b1.1 + gap))
            || a.room == b.room && overlap(a2, b2)
    }

    /// Those that can not stay.
    pub(super) fn hits(&self) -> Vec<usize> {
        let all = 0..self.booked.len();
        all.filter(|&one| !self.may_be(&self.booked[one])).collect()
    }

    pub(super) fn is_swap(&self, from: &Place, to: &Place) -> bool {
        (from.service, from.site, from.start) == (to.service, to.site, to.start)
    }

    /// Every place of the day for somebody: the same work, or the longest of each other kind that is not longer.
    pub(super) fn every_place(&self, present: &Place) -> Vec<Place> {
        let services: &[usize] = match present.service {
            2 => &[2],
            _ => &[0, 1, 2],
        };
        let mut starts: Vec<u32> = (OPENS..CLOSES).step_by(30).collect();
        starts.push(present.start);
        starts.sort_unstable();
        starts.dedup();
        let mut places = Vec::new();
        for &service in services {
            for room in 0..self.rooms.len() {
                for therapist in 0..self.therapists.len() {
                    let site = self.rooms[room].site;
                    places.extend(starts.iter().map(|&start| Place {
                        service,
                        site,
                        room,
                        therapist,
                        start,
                        ..*present
                    }));
                }
            }
        }
        places
    }

    pub(super) fn cost(&self, from: &Place, to: &Place) -> Cost {
        Cost {
            modality: u32::from(from.service != to.service),
            site: u32::from(from.site != to.site),
            therapist: u32::from(from.therapist != to.therapist),
            minutes: from.start.abs_diff(to.start),
            ..Cost::default()
        }
    }

    fn services() -> [Service; 3] {
        [ashiatsu(), massage(), foot()]
    }

    fn at(minute: u32) -> Cell {
        cell(DAY, 0, 0).plus_cells(minute / 5)
    }

    fn between(from: u32, until: u32) -> Interval {
        Interval::new(Self::at(from), Self::at(until)).expect("not empty")
    }

    fn site(number: usize) -> String {
        format!("s{number}")
    }

    pub(super) fn clinic(&self) -> Clinic {
        let mut records = Records::new().with(crate::model::Policy {
            grid: minutes(30),
            travel: minutes(30),
            ..policy(30)
        });
        for number in 0..2 {
            let mut site = site(&Self::site(number));
            for day in jiff::civil::Weekday::Monday.cycle_forward().take(7) {
                site.hours.set(day, vec![opening(9, 15)]);
            }
            records = records.with(site);
        }
        for (number, declared) in (1..).zip(&self.declared) {
            records = records.with(client(number));
            if *declared {
                records = records.with(declaration(number, number, local(DAY, 0, 0), None));
            }
        }
        let rooms = self.rooms.iter().enumerate().map(|(number, it)| {
            let equipment: &[Equipment] = match (it.bars, it.table) {
                (true, _) => &BAR_ROOM,
                (_, true) => &[Equipment::Table],
                _ => &[Equipment::FootChair],
            };
            let mut room = room(&format!("r{number}"), &Self::site(it.site), equipment);
            room.turnover = minutes(u16::try_from(it.turnover).expect("small"));
            room
        });
        let rooms: Vec<crate::model::Room> = rooms.collect();
        for room in &rooms {
            records = records.with(room.clone());
        }
        for (number, it) in self.therapists.iter().enumerate() {
            let (slug, at) = (format!("t{number}"), Self::site(it.site));
            // Whoever works at one site only may still be on the list of both.
            let sites = ["s0", "s1"];
            records = if it.certified {
                records.with(certified(&slug, &sites))
            } else {
                records.with(therapist(&slug, &sites))
            };
            let time = Self::between(it.shift.0, it.shift.1);
            let serial = u64::try_from(number).expect("few") + 1;
            let mut shift = shift(serial, &slug, &at, time);
            shift
                .breaks
                .extend(Self::between(it.pause.0, it.pause.1).intersection(time));
            records = records.with(shift);
        }
        for (number, place) in (1..).zip(&self.booked) {
            let slot = Slot::plan(
                &Self::services()[place.service],
                &[],
                &rooms[place.room],
                therapist_id(&format!("t{}", place.therapist)),
                Self::at(place.start),
            );
            let client = u64::try_from(place.client).expect("few") + 1;
            records = records.with(appointment(number, client, slot.expect("fits")));
        }
        records.clinic()
    }

    pub(super) fn disruptions(&self) -> Vec<Disruption> {
        let out = self.out.iter().map(|out| match *out {
            Out::Room(room, from, until) | Out::Bars(room, from, until) => Disruption::Out {
                room: room_id(&format!("r{room}")),
                target: match out {
                    Out::Bars(..) => OutageTarget::Bars,
                    _ => OutageTarget::Room,
                },
                from: Self::at(from),
                until: Some(Self::at(until)),
            },
            Out::Therapist(who, from, until) => Disruption::Absent {
                therapist: therapist_id(&format!("t{who}")),
                time: Self::between(from, until),
            },
        });
        out.collect()
    }

    fn plan(&self, clinic: &Clinic) -> Plan {
        let now = local(DAY, 8, 0);
        plan(clinic, &self.disruptions(), &Sites::All, now).expect("all of it exists")
    }

    /// Applies a plan as it is, which nothing may stand against.
    fn apply(&self, plan: &Plan) {
        let moves: Vec<_> = plan
            .mends
            .iter()
            .filter_map(|mend| {
                let to = mend.to.as_ref()?;
                Some(RepairMove {
                    step: Step {
                        appointment: mend.appointment.id,
                        etag: Some(1),
                    },
                    service: (to.service != mend.appointment.slot.service).then_some(to.service),
                    site: to.site,
                    start: to.start(),
                    room: to.room,
                    therapist: to.therapist,
                })
            })
            .collect();
        if moves.is_empty() {
            return;
        }
        let swaps = plan.mends.iter().filter(|mend| mend.is_swap()).count();
        let calls = moves.len() - swaps;
        let context = Context {
            now: local(DAY, 8, 0),
            actor: Actor::system(),
            ids: Ids::new(2),
        };
        let command = Command::ApplyRepair(ApplyRepair { moves });
        let decision = decide(&self.clinic(), &command, &context);
        let changes = decision.expect("what is planned can be done").changes;
        let holds = |change: &&Change| matches!(change.after(), Some(Record::Hold(_)));
        assert_eq!(changes.iter().filter(holds).count(), calls);
        assert_eq!(changes.len() - calls, swaps);
    }

    /// The place of a slot, as this telling has it.
    fn place(&self, number: usize, slot: &Slot) -> Place {
        let number_of = |id: &str| id[1..].parse().expect("a number");
        let service = Self::services().iter().position(|it| it.id == slot.service);
        Place {
            client: self.booked[number].client,
            service: service.expect("one of them"),
            site: number_of(slot.site.as_str()),
            room: number_of(slot.room.as_str()),
            therapist: number_of(slot.therapist.as_str()),
            start: slot.start().since(Self::at(0)) * 5,
        }
    }

    /// The cost of a plan as this telling has it, when it is sound: nothing clashes, neither at once nor when all
    /// or some agree.
    fn judge(&self, plan: &Plan) -> Cost {
        let index = |id: AppointmentId| usize::try_from(id.number()).expect("small") - 1;
        let mut cost = Cost::default();
        let mut taken: Vec<(usize, Place)> = Vec::new();
        let hits = self.hits();
        let mut told: Vec<usize> = Vec::new();
        let mut stay: Vec<usize> = (0..self.booked.len()).collect();
        for mend in &plan.mends {
            let number = index(mend.appointment.id);
            let present = self.booked[number];
            if hits.contains(&number) {
                told.push(number);
                assert!(!mend.faults.is_empty());
            }
            let Some(to) = &mend.to else {
                cost.unplaced += 1;
                continue;
            };
            let place = self.place(number, to);
            assert!(self.may_be(&place), "{place:?} is not sound");
            assert!(place != present);
            let is_swap = self.is_swap(&present, &place);
            assert_eq!(mend.is_swap(), is_swap);
            if is_swap {
                stay.retain(|it| *it != number);
            }
            cost = cost + self.cost(&present, &place);
            if !hits.contains(&number) {
                assert!(is_swap, "nobody else is asked to come at another time");
                cost.others += 1;
            }
            taken.push((number, place));
        }
        told.sort_unstable();
        assert_eq!(told, hits);
        taken.extend(stay.into_iter().map(|it| (it, self.booked[it])));
        for (at, (one, a)) in taken.iter().enumerate() {
            for (other, b) in &taken[..at] {
                assert!(one == other || !self.clash(a, b), "{a:?} and {b:?} clash");
            }
        }
        cost
    }
}

/// By how much a cost exceeds another, in the first figure that differs.
fn more(cost: Cost, least: Cost) -> Cost {
    let figures = |it: Cost| {
        [
            it.unplaced,
            it.modality,
            it.site,
            it.therapist,
            it.minutes,
            it.others,
        ]
    };
    let mut both = figures(cost).into_iter().zip(figures(least));
    let first = both.position(|(more, less)| more != less);
    let only = |at: usize| match first {
        Some(first) if first == at => figures(cost)[at] - figures(least)[at],
        _ => 0,
    };
    Cost {
        unplaced: only(0),
        modality: only(1),
        site: only(2),
        therapist: only(3),
        minutes: only(4),
        others: only(5),
    }
}

/// How often the plan is the cheapest one that there is, on 1,000 random small days on which something is hit.
#[test]
fn plans_of_small_days_are_nearly_always_the_cheapest() {
    let seed = 20_270_302;
    let mut random = Random(seed);
    let (mut days, mut optimal, mut proven, mut hits) = (0u32, 0u32, 0u32, 0);
    let mut excess = Cost::default();
    let mut total = Cost::default();
    while days < 1000 {
        let day = Small::random(&mut random);
        if day.hits().is_empty() {
            continue;
        }
        days += 1;
        hits += day.hits().len();
        let plan = day.plan(&day.clinic());
        let cost = day.judge(&plan);
        assert_eq!(plan.cost, cost, "what the plan says that it costs: {day:?}");
        day.apply(&plan);
        let least = least(&day);
        assert!(least <= cost, "the exact solution is not: {day:?}");
        assert!(
            !plan.proven || cost == least,
            "{cost:?} > {least:?}: {day:?}"
        );
        total = total + least;
        proven += u32::from(plan.proven);
        optimal += u32::from(cost == least);
        excess = excess + more(cost, least);
    }
    println!("seed {seed}: {days} days, {hits} hit; {optimal} optimal, {proven} proven so");
    println!("least cost of all {total:?}");
    println!("in all more than that, in the first figure that differs: {excess:?}");
    assert!(optimal >= 950, "only {optimal} of 1000 are optimal");
}
