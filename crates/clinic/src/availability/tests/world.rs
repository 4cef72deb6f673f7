//! Random clinics as plain lists of records, and random searches in them.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::fixture::*;
use crate::model::{
    Appointment, Closure, Equipment, Hold, Inspection, Outage, OutageTarget, Room, Service, Shift,
    Site, Therapist, When,
};
use crate::time::{Interval, next_day};

/// Local days that the records are spread over.
pub(super) const DAYS: u32 = 4;
/// The cells in which anything may begin, a little more than the days.
const CELLS: u32 = DAYS * 288 + 12;

/// Everything there is, as plain lists.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) first: Date,
    pub(super) gap: u16,
    pub(super) sites: Vec<Site>,
    pub(super) rooms: Vec<Room>,
    pub(super) therapists: Vec<Therapist>,
    pub(super) shifts: Vec<Shift>,
    pub(super) outages: Vec<Outage>,
    pub(super) appointments: Vec<Appointment>,
    pub(super) holds: Vec<Hold>,
}

pub(super) fn services() -> [Service; 3] {
    [ashiatsu(), massage(), foot()]
}

impl World {
    pub(super) fn origin(&self) -> Cell {
        halifax().day(self.first).expect("in range").start()
    }

    pub(super) fn clinic(&self) -> Clinic {
        let mut records =
            Records::new()
                .with(client(1))
                .with(client(2))
                .with(crate::model::Policy {
                    travel: minutes(self.gap),
                    ..policy(30)
                });
        records = records.with(self.declaration());
        macro_rules! add {
            ($($list:ident)*) => {
                $(for record in &self.$list { records = records.with(record.clone()); })*
            };
        }
        add!(sites rooms therapists shifts outages appointments holds);
        records.clinic()
    }

    /// Client 2 broke a rib six months before the third day.
    pub(super) fn declaration(&self) -> crate::model::Declaration {
        let third = next_day(next_day(self.first));
        let day = third.saturating_sub(jiff::Span::new().months(6));
        let asked = halifax().instant(self.first, jiff::civil::Time::midnight());
        declaration(
            1,
            2,
            asked - jiff::SignedDuration::from_hours(480),
            Some(("fracture", When::Date(day))),
        )
    }

    pub(super) fn occupants(&self) -> impl Iterator<Item = (Occupant, &Slot, Option<ClientId>)> {
        let appointments = self
            .appointments
            .iter()
            .map(|it| (Occupant::Appointment(it.id), &it.slot, Some(it.client)));
        appointments.chain(
            self.holds
                .iter()
                .map(|it| (Occupant::Hold(it.id), &it.slot, it.client)),
        )
    }
}

prop_compose! {
    fn rooms(first: Date)(
        rows in prop::collection::vec((0..4usize, 0..6usize, 0..8u16, 0..12i32, 0..12u8), 2..6)
    ) -> Vec<Room> {
        rows.into_iter().enumerate().map(|(n, (site_of, kind, turnover, lapses, retired))| {
            let equipment: &[Equipment] = match kind {
                0..3 => &BAR_ROOM,
                3 => &[Equipment::Table],
                4 => &[Equipment::Table, Equipment::Rope],
                _ => &[Equipment::FootChair],
            };
            let mut room = room(&format!("r{n}"), ["s0", "s0", "s0", "s1"][site_of], equipment);
            room.turnover = minutes(turnover * 5);
            room.retired = retired == 0;
            // Some inspections lapse, or were only made, on one of the days.
            let day = first.saturating_add(jiff::Span::new().days(lapses));
            room.inspection = match lapses {
                0..4 => Some(Inspection { passed: day.saturating_sub(jiff::Span::new().months(1)), months: 1 }),
                4 => None,
                5 => Some(Inspection { passed: next_day(first), months: 3 }),
                _ => room.inspection,
            };
            room
        }).collect()
    }
}

prop_compose! {
    fn therapists(first: Date)(
        rows in prop::collection::vec((0..4usize, 0..8i32, 0..10u8), 2..5)
    ) -> Vec<Therapist> {
        rows.into_iter().enumerate().map(|(n, (at, expires, retired))| {
            let sites: &[&str] = [&["s0"][..], &["s1"], &["s0", "s1"], &["s1", "s0"]][at];
            let mut one = certified(&format!("t{n}"), sites);
            match expires {
                0 => one.credentials.clear(),
                1..4 => one.credentials[0].expires = Some(first.saturating_add(jiff::Span::new().days(expires - 1))),
                _ => {}
            }
            one.retired = retired == 0;
            one
        }).collect()
    }
}

fn site_with(
    slug: &str,
    (opens, closes, second, holiday): (i8, i8, bool, u8),
    first: Date,
) -> Site {
    let mut site = site(slug);
    let mut hours = vec![opening(opens, closes)];
    if second && closes < 23 {
        hours.push(opening(closes + 1, 24));
    }
    for day in jiff::civil::Weekday::Monday.cycle_forward().take(7) {
        site.hours.set(day, hours.clone());
    }
    if holiday == 0 {
        let day = next_day(first);
        site.closures.push(Closure {
            first: day,
            last: day,
            reason: String::new(),
        });
    }
    site
}

fn hours() -> impl Strategy<Value = (i8, i8, bool, u8)> {
    (0..10i8, 5..16i8, any::<bool>(), 0..5u8)
        .prop_map(|(opens, long, second, closed)| (opens, (opens + long).min(24), second, closed))
}

type ShiftRow = (usize, u32, u32, u32);
type OutageRow = (usize, bool, u32, Option<u32>);
type BookingRow = (usize, usize, u64, u32, usize, bool);

fn world() -> impl Strategy<Value = World> {
    let days = vec![
        date(2027, 3, 12),
        date(2027, 11, 5),
        date(2028, 2, 27),
        date(2027, 6, 1),
    ];
    let lists = (
        // One row for each therapist and day.
        prop::collection::vec(
            (0..7usize, 50..150u32, 60..180u32, 0..200u32),
            5 * DAYS as usize,
        ),
        prop::collection::vec(
            (
                0..6usize,
                any::<bool>(),
                0..CELLS,
                prop::option::of(1..120u32),
            ),
            0..4,
        ),
        prop::collection::vec(
            (
                0..6usize,
                0..5usize,
                1..4u64,
                0..CELLS,
                0..3usize,
                any::<bool>(),
            ),
            0..40,
        ),
    );
    (prop::sample::select(days), 0..=36u16, hours(), hours()).prop_flat_map(
        move |(first, gap, a, b)| {
            let sites = vec![site_with("s0", a, first), site_with("s1", b, first)];
            (rooms(first), therapists(first), lists.clone()).prop_map(
                move |(rooms, therapists, (shifts, outages, bookings))| {
                    let mut world = World {
                        first,
                        gap: gap * 5,
                        sites: sites.clone(),
                        rooms,
                        therapists,
                        shifts: Vec::new(),
                        outages: Vec::new(),
                        appointments: Vec::new(),
                        holds: Vec::new(),
                    };
                    world.add_shifts(&shifts);
                    world.add_outages(&outages);
                    world.add_bookings(&bookings);
                    world
                },
            )
        },
    )
}

impl World {
    fn add_shifts(&mut self, rows: &[ShiftRow]) {
        for (n, &(at, start, len, pause)) in (0..).zip(rows) {
            let (who, day) = (n / u64::from(DAYS), n % u64::from(DAYS));
            let Some(therapist) = self.therapists.get(usize::try_from(who).expect("small")) else {
                continue;
            };
            let Some(site) = therapist.sites.get(at % 3 % 2).filter(|_| at > 0) else {
                continue;
            };
            let day = u32::try_from(day).expect("small") * 288;
            let start = self.origin().plus_cells(day + start);
            let time = Interval::new(start, start.plus_cells(len)).expect("not empty");
            let clash = |it: &Shift| it.therapist == therapist.id && it.time.overlaps(time);
            if self.shifts.iter().any(clash) {
                continue;
            }
            let mut shift = shift(n, therapist.id.as_str(), site.as_str(), time);
            let pause = Interval::new(start.plus_cells(pause), start.plus_cells(pause + 6));
            shift
                .breaks
                .extend(pause.filter(|pause| time.covers(*pause)));
            self.shifts.push(shift);
        }
    }

    fn add_outages(&mut self, rows: &[OutageRow]) {
        for (n, &(room, whole, from, len)) in (1..).zip(rows) {
            let room = &self.rooms[room % self.rooms.len()];
            let target = if whole {
                OutageTarget::Room
            } else {
                OutageTarget::Bars
            };
            let from = self.origin().plus_cells(from);
            self.outages.push(outage(
                n,
                room,
                target,
                from,
                len.map(|len| from.plus_cells(len)),
            ));
        }
    }

    /// Adds what does not clash with what is there.
    fn add_bookings(&mut self, rows: &[BookingRow]) {
        for (n, &(room, therapist, who, start, service, is_hold)) in (1..).zip(rows) {
            let room = &self.rooms[room % self.rooms.len()];
            let therapist = &self.therapists[therapist % self.therapists.len()];
            let start = self.origin().plus_cells(start);
            let slot =
                Slot::plan(&services()[service], &[], room, therapist.id, start).expect("fits");
            let client = Some(who).filter(|who| !is_hold || *who < 3);
            let clash = self.occupants().any(|(_, other, theirs)| {
                let same_client = theirs.is_some() && theirs == client.map(ClientId::new);
                other.room == slot.room && other.occupies.room.overlaps(slot.occupies.room)
                    || other.therapist == slot.therapist
                        && other.occupies.therapist.overlaps(slot.occupies.therapist)
                    || same_client && other.occupies.client.overlaps(slot.occupies.client)
            });
            if clash {
                continue;
            }
            if is_hold {
                let expires = start.timestamp();
                self.holds.push(hold(n, client, slot, expires));
            } else {
                self.appointments.push(appointment(n, who, slot));
            }
        }
    }
}

prop_compose! {
    pub(super) fn case()(world in world())(
        from in 0..CELLS / 2,
        len in 100..DAYS * 288,
        service in 0..3usize,
        client in prop::option::of(1..3u64),
        named in (prop::option::of(0..6usize), prop::option::of(0..5usize)),
        sites in prop::sample::select(vec![vec!["s0"], vec!["s0"], vec!["s1"], vec!["s0", "s1"]]),
        grid in prop::sample::select(vec![5u16, 15, 15, 30]),
        except in prop::option::of(0..20usize),
        world in Just(world),
    ) -> (World, Query) {
        let from = world.origin().plus_cells(from);
        let room = named.0.filter(|n| n % 3 == 0).map(|n| world.rooms[n % world.rooms.len()].id);
        let by = named.1.filter(|n| n % 3 == 0);
        let except = except.and_then(|n| world.occupants().nth(n)).map(|(by, ..)| by);
        let query = Query {
            sites: sites.into_iter().map(site_id).collect(),
            service: services()[service].id,
            extensions: Vec::new(),
            client: client.map(ClientId::new),
            therapist: by.map(|n| world.therapists[n % world.therapists.len()].id),
            prefer: None,
            room,
            from,
            until: from.plus_cells(len),
            grid: Minutes::new(grid),
            limit: usize::MAX,
            answer: Answer::EveryCombination,
            purpose: Purpose::Book,
            except,
        };
        (world, query)
    }
}
