//! Utilization once more: a brute-force count that looks at each cell of each record, and knows no mask and no
//! index.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::id::{AbsenceId, InspectionId, OutageId, TherapistId};
use crate::model::{
    Absence, Closure, Equipment, Finding, Inspection, Opening, Shift, SupportInspection, WeekHours,
};

/// The days over which records are spread.
const DAYS: u32 = 9;
const CELLS: u32 = DAYS * 288;

/// Everything there is, as plain lists.
#[derive(Clone, Debug)]
struct World {
    first: Date,
    sites: Vec<Site>,
    rooms: Vec<Room>,
    inspections: Vec<SupportInspection>,
    outages: Vec<Outage>,
    shifts: Vec<Shift>,
    off: Vec<Absence>,
    appointments: Vec<Appointment>,
}

/// What is left to chance of a session.
type Session = (u32, usize, usize, u32, u32, u32);

impl World {
    fn clinic(&self) -> Clinic {
        let mut records = Records::new();
        macro_rules! add {
            ($($list:ident)*) => {
                $(for record in &self.$list { records = records.with(record.clone()); })*
            };
        }
        add!(sites rooms inspections outages shifts off appointments);
        records.clinic()
    }

    fn taken(
        &self,
        cell: Cell,
        site: &Site,
        by: impl Fn(&Slot) -> Option<Interval>,
    ) -> Option<bool> {
        let here = self.appointments.iter().filter(|it| {
            it.slot.site == site.id
                && !matches!(it.state, State::Cancelled(_) | State::NoShow { .. })
        });
        let mut here = here.filter(|it| by(&it.slot).is_some_and(|time| time.contains(cell)));
        here.next().map(|it| it.slot.planned.contains(cell))
    }

    fn is_open(site: &Site, cell: Cell) -> bool {
        let now = site.zone.local(cell.timestamp());
        let open = |it: &Opening| {
            it.opens <= now.time()
                && (now.time() < it.closes || it.closes == jiff::civil::Time::midnight())
        };
        let closed = |it: &Closure| it.first <= now.date() && now.date() <= it.last;
        !site.closures.iter().any(closed) && site.hours.on(now.date().weekday()).iter().any(open)
    }

    fn is_out(&self, room: &Room, target: OutageTarget, cell: Cell) -> bool {
        self.outages.iter().any(|it| {
            it.room == room.id
                && it.target == target
                && it.from <= cell
                && it.until.is_none_or(|until| cell < until)
        })
    }

    /// Goes through the days one by one, and through what was found on each.
    fn was_good(&self, room: &Room, on: Date) -> bool {
        let own = room.inspection.filter(|own| {
            let logged = |it: &SupportInspection| it.room == room.id && it.passed() == Some(*own);
            !self.inspections.iter().any(logged)
        });
        let mut good_until = None;
        let mut today = date(2026, 1, 1);
        while today <= on {
            let found = self.inspections.iter();
            for it in found.filter(|it| it.room == room.id && it.date == today) {
                match it.finding {
                    Finding::Passed { months } => {
                        good_until = Some(today + i64::from(months).months());
                    }
                    Finding::Failed { outage: None } => good_until = None,
                    Finding::Failed { outage: Some(_) } => {}
                }
            }
            if let Some(own) = own.filter(|own| own.passed == today) {
                good_until = Some(today + i64::from(own.months).months());
            }
            today = next_day(today);
        }
        good_until.is_some_and(|until| on < until)
    }

    fn count(&self, site: &Site, range: &Range) -> BTreeMap<Date, Utilization> {
        let mut found: BTreeMap<Date, Utilization> = BTreeMap::new();
        let from = Cell::exactly(site.zone.start_of(range.first)).unwrap();
        let until = Cell::exactly(site.zone.end_of(range.last)).unwrap();
        for number in from.number()..until.number() {
            let cell = Cell::new(number).unwrap();
            let today = site.zone.date(cell);
            let start = match range.by {
                Period::Day => today,
                Period::Week => (0..7)
                    .map(|back| today - back.days())
                    .find(|day| day.weekday() == jiff::civil::Weekday::Monday)
                    .unwrap(),
                Period::Month => date(today.year(), today.month(), 1),
            };
            let figures = found.entry(start).or_default();
            let open = Self::is_open(site, cell);
            for room in self.rooms.iter().filter(|room| room.site == site.id) {
                let usable = open && !room.retired && !self.is_out(room, OutageTarget::Room, cell);
                let taken = self.taken(cell, site, |slot| {
                    (slot.room == room.id).then_some(slot.occupies.room)
                });
                tally(&mut figures.rooms, usable, taken);
                let sound =
                    self.was_good(room, today) && !self.is_out(room, OutageTarget::Bars, cell);
                if room.equipment.has(Equipment::ParallelBars) && sound {
                    tally(&mut figures.bar_rooms, usable, taken);
                }
            }
            for therapist in ["ann", "bea"].map(therapist_id) {
                let working = self.is_working(therapist, site, cell);
                let taken = self.taken(cell, site, |slot| {
                    (slot.therapist == therapist).then_some(slot.occupies.therapist)
                });
                tally(&mut figures.therapists, open && working, taken);
            }
        }
        found
    }

    fn is_working(&self, therapist: TherapistId, site: &Site, cell: Cell) -> bool {
        let mut off = self.off.iter();
        let away = off.any(|it| it.therapist == therapist && it.time.contains(cell));
        let mut shifts = self.shifts.iter();
        !away
            && shifts.any(|it| {
                it.therapist == therapist
                    && it.site == site.id
                    && it.time.contains(cell)
                    && !it.breaks.iter().any(|pause| pause.contains(cell))
            })
    }
}

/// Counts a cell: whether it is offered, and whether it is taken by a session or by what follows one.
fn tally(figures: &mut Use, offered: bool, taken: Option<bool>) {
    let mut add = |figure: fn(&mut Use) -> &mut u64| *figure(figures) += 5;
    if offered {
        add(|it| &mut it.offered);
    }
    match taken {
        Some(true) => add(|it| &mut it.booked),
        Some(false) => add(|it| &mut it.turnover),
        None if offered => add(|it| &mut it.idle),
        None => {}
    }
    if taken.is_some() && !offered {
        add(|it| &mut it.beyond);
    }
}

/// Sites, rooms, and what hangs in them.
fn places() -> impl Strategy<Value = (Vec<Site>, Vec<Room>)> {
    let hours = prop::sample::select(vec![
        WeekHours::daily(opening(9, 21)),
        WeekHours::daily(opening(0, 24)),
        {
            let mut split = WeekHours::daily(opening(8, 20));
            let day = jiff::civil::Weekday::Sunday;
            split.set(day, vec![opening(6, 11), opening(14, 24)]);
            split.set(jiff::civil::Weekday::Tuesday, Vec::new());
            split
        },
    ]);
    let support = (prop::option::of(1..9i8), any::<bool>());
    (hours, prop::option::of(1..9i8), support).prop_map(|(hours, closed, (lapses, retired))| {
        let here = Site {
            hours,
            closures: Vec::from_iter(closed.map(|day| Closure {
                first: date(2027, 3, day),
                last: date(2027, 3, day + 6),
                reason: String::new(),
            })),
            ..site("halifax")
        };
        let there = Site {
            zone: Zone::named("Europe/Berlin").unwrap(),
            ..site("berlin")
        };
        let swinging = Room {
            inspection: lapses.map(|day| Inspection {
                passed: date(2026, 11, 5 + day),
                months: if day < 5 { 4 } else { 12 },
            }),
            ..room("h1", "halifax", &BAR_ROOM)
        };
        let plain = Room {
            retired,
            ..room("h3", "halifax", &[Equipment::Table])
        };
        let rooms = vec![swinging, plain, room("b1", "berlin", &BAR_ROOM)];
        (vec![here, there], rooms)
    })
}

/// Inspections of the first room on these days from November 2026 on, passed for so many months or failed: a
/// failure opened an outage, or was recorded too late for that.
fn inspections(room: &Room, found: &[(i64, u16)]) -> Vec<SupportInspection> {
    let one = |(number, &(day, months)): (u64, &(i64, u16))| SupportInspection {
        id: InspectionId::new(number),
        site: room.site,
        room: room.id,
        date: date(2026, 11, 1) + day.days(),
        inspector: "Rigging".to_owned(),
        finding: match months {
            0 => Finding::Failed { outage: None },
            1 => Finding::Failed {
                outage: Some(OutageId::new(1)),
            },
            _ => Finding::Passed { months: months - 1 },
        },
        note: String::new(),
        by: KeyId::new(1),
        at: local(DAY, 9, 0),
    };
    (1..).zip(found).map(one).collect()
}

fn interval(origin: Cell, from: u32, length: u32) -> Interval {
    let start = origin.plus_cells(from);
    Interval::new(start, start.plus_cells(length)).unwrap()
}

fn world() -> impl Strategy<Value = World> {
    // Clocks go forward on the 14th in Halifax and on the 28th in Berlin, and back on the first of November in
    // Halifax of the year before.
    let first = prop::sample::select(vec![
        date(2026, 10, 28),
        date(2027, 3, 8),
        date(2027, 3, 24),
    ]);
    let outage = (
        0..3usize,
        any::<bool>(),
        0..CELLS,
        prop::option::of(1..400u32),
    );
    let shift = (
        0..2usize,
        0..2usize,
        0..CELLS,
        12..288u32,
        prop::option::of(1..10u32),
    );
    let off = (0..2usize, 0..CELLS, 1..400u32);
    let session = (0..CELLS, 0..3usize, 0..2usize, 6..96u32, 1..24u32, 0..10u32);
    (
        first,
        places(),
        prop::collection::vec(outage, 0..4),
        prop::collection::vec(shift, 0..12),
        prop::option::of(off),
        prop::collection::vec(session, 0..40),
        prop::collection::vec((0..150_i64, 0..6_u16), 0..6),
    )
        .prop_map(
            |(first, (sites, rooms), outages, shifts, off, sessions, found)| {
                let origin = Cell::exactly(halifax().start_of(first)).unwrap();
                let outages = (1..)
                    .zip(outages)
                    .map(|(number, (of, bars, from, length))| {
                        let target = if bars {
                            OutageTarget::Bars
                        } else {
                            OutageTarget::Room
                        };
                        let from = origin.plus_cells(from);
                        let until = length.map(|length| from.plus_cells(length));
                        outage_of(number, &rooms[of], target, from, until)
                    });
                let outages = outages.collect();
                let shifts = (1..)
                    .zip(shifts)
                    .map(|(number, (who, at, from, length, pause))| Shift {
                        breaks: Vec::from_iter(
                            pause.map(|pause| interval(origin, from + 1, pause)),
                        ),
                        ..super::shift(
                            number,
                            ["ann", "bea"][who],
                            sites[at].id.as_str(),
                            interval(origin, from, length),
                        )
                    });
                let shifts = apart(shifts);
                let off = off.map(|(who, from, length)| Absence {
                    id: AbsenceId::new(1),
                    therapist: crate::fixture::therapist_id(["ann", "bea"][who]),
                    time: interval(origin, from, length),
                    reason: String::new(),
                });
                let appointments = sessions_in(origin, &rooms, &sessions);
                World {
                    first,
                    sites,
                    inspections: inspections(&rooms[0], &found),
                    rooms,
                    outages,
                    shifts,
                    off: off.into_iter().collect(),
                    appointments,
                }
            },
        )
}

fn outage_of(
    number: u64,
    room: &Room,
    target: OutageTarget,
    from: Cell,
    until: Option<Cell>,
) -> Outage {
    outage(number, room, target, from, until)
}

/// The shifts that do not overlap an earlier one of the same therapist.
fn apart(shifts: impl Iterator<Item = Shift>) -> Vec<Shift> {
    let mut kept: Vec<Shift> = Vec::new();
    for shift in shifts {
        let clash = |it: &Shift| it.therapist == shift.therapist && it.time.overlaps(shift.time);
        if !kept.iter().any(clash) {
            kept.push(shift);
        }
    }
    kept
}

/// Sessions that share no room and no therapist. Of each the room and the therapist are free some time after its end,
/// or before it, as after an early finish; some were not kept and keep nothing from others.
fn sessions_in(origin: Cell, rooms: &[Room], sessions: &[Session]) -> Vec<Appointment> {
    let mut kept: Vec<Appointment> = Vec::new();
    for (number, &(from, room, who, length, room_for, kind)) in (1..).zip(sessions) {
        let planned = interval(origin, from, length);
        let early = kind == 1;
        let cut = |more: u32| {
            interval(
                origin,
                from,
                if early {
                    (length / 2).max(1)
                } else {
                    length + more
                },
            )
        };
        let mut slot = slot(&massage(), &rooms[room], ["ann", "bea"][who], DAY, 9);
        slot.planned = planned;
        slot.occupies = crate::model::Occupancies {
            client: planned,
            therapist: cut(room_for / 2),
            room: cut(room_for),
        };
        let state = if kind == 0 {
            State::NoShow {
                at: planned.end().timestamp(),
            }
        } else {
            State::Booked
        };
        let made = Appointment {
            state,
            ..appointment(number, number, slot)
        };
        let clash = |it: &Appointment| {
            let (a, b) = (&it.slot, &made.slot);
            a.room == b.room && a.occupies.room.overlaps(b.occupies.room)
                || a.therapist == b.therapist && a.occupies.therapist.overlaps(b.occupies.therapist)
        };
        if !made.occupies() || !kept.iter().filter(|it| it.occupies()).any(clash) {
            kept.push(made);
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn utilization_is_what_a_count_of_each_cell_gives(
        world in world(),
        (skip, days) in (0..DAYS, 1..DAYS + 2),
        by in prop::sample::select(vec![Period::Day, Period::Week, Period::Month]),
    ) {
        let clinic = world.clinic();
        let first = world.first + i64::from(skip).days();
        let range = Range::new(first, first + (i64::from(days) - 1).days(), by).unwrap();
        for site in &world.sites {
            let rows = utilization(&clinic, site, &range);
            let counted = world.count(site, &range);
            prop_assert_eq!(rows.len(), counted.len());
            for (row, (period, figures)) in rows.iter().zip(&counted) {
                prop_assert_eq!(row.period, *period);
                prop_assert_eq!(row.figures, *figures, "{} {}", site.id, period);
                for it in [figures.rooms, figures.bar_rooms, figures.therapists] {
                    prop_assert_eq!(it.booked + it.turnover + it.idle, it.offered + it.beyond);
                }
            }
        }
    }
}
