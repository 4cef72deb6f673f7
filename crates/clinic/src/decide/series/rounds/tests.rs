use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::command::{BookSeries, BookSource, Command, Context, PutShift};
use crate::decide::desk::{DAY, Desk, shift, wish, with};
use crate::fixture::{self, room_id, therapist_id};
use crate::id::{ClientId, Ids};
use crate::refusal::Impossible;
use crate::time::Interval;

/// How many days after the first everybody works.
const DAYS: i64 = 20;

/// A desk with shifts on all days, and three clients.
fn open() -> (Desk, [ClientId; 3]) {
    let (mut desk, clients) = Desk::open();
    let later = (1..=DAYS).flat_map(|ahead| {
        let date = DAY.saturating_add(ahead.days());
        let time = Interval::new(fixture::cell(date, 9, 0), fixture::cell(date, 21, 0));
        ["ann", "bea", "cas"].map(|who| PutShift {
            time: time.expect("a shift is not empty"),
            ..shift(who, "halifax", (9, 0), (21, 0))
        })
    });
    desk.done(&Command::PutShifts(later.collect()));
    let others = ["Other", "Another"].map(|name| desk.new_client(name));
    (desk, [clients.clear, others[0], others[1]])
}

fn massage_at(client: ClientId, ahead: i64, hour: i8) -> Wish {
    Wish {
        client: Some(client),
        start: fixture::cell(DAY.saturating_add(ahead.days()), hour, 0),
        ..with(wish("massage-60", 10, 0), "h3", "cas")
    }
}

fn series(client: ClientId, every_days: u16, times: u16) -> Command {
    Command::BookSeries(Box::new(BookSeries {
        first: BookSource::Wish(massage_at(client, 0, 10)),
        every_days,
        times,
        on_impossible: OnImpossible::Skip,
        note: String::new(),
    }))
}

fn context(desk: &Desk) -> Context {
    Context {
        now: desk.now,
        actor: desk.actor.clone(),
        ids: Ids::new(desk.clinic.revision() + 1),
    }
}

/// The members of the only series, each to be moved by so many days and hours; with its room and therapist named or not.
fn moving(desk: &Desk, days: i64, hours: i64, named: (bool, bool)) -> Vec<Moving<'_>> {
    let all = desk.clinic.appointments();
    let mut members: Vec<_> = all.filter(|it| it.series.is_some()).collect();
    members.sort_by_key(|it| it.series.map(|place| place.number));
    let by = |before: &'_ Arc<Appointment>| {
        let cells = days * 288 + hours * 12;
        let start = before.slot.start();
        let by = u32::try_from(cells.unsigned_abs()).unwrap();
        NewPlace {
            start: Some(if cells < 0 {
                start.minus_cells(by)
            } else {
                start.plus_cells(by)
            }),
            room: named.0.then(|| room_id("h3")),
            therapist: named.1.then(|| therapist_id("cas")),
            ..NewPlace::default()
        }
    };
    let moving = members.into_iter().map(|it| Moving::new(it, by(it)));
    moving.collect()
}

type Found = (Vec<Appointment>, Vec<Impossible>);

fn told(work: &Work<'_>, moved: Rounds<'_>) -> Found {
    let judged = work.on(&moved.tip);
    let stuck = moved.stuck.into_iter();
    let impossible = stuck.map(|one| one.explain(&judged).unwrap()).collect();
    let after = moved.moved.into_iter().map(|(_, after)| after).collect();
    (after, impossible)
}

/// Every round looks at everybody again.
fn from_scratch<'a>(work: &Work<'_>, mut moving: Vec<Moving<'a>>) -> Rounds<'a> {
    let mut stuck = Vec::new();
    loop {
        for one in &mut moving {
            one.after = None;
        }
        let look = &mut book::new_place;
        let (tip, left) = round(work, &mut moving, &mut Vec::new(), look).unwrap();
        moving.retain(|one| one.after.is_some());
        let is_last = left.is_empty();
        stuck.extend(left);
        if is_last {
            let moved = moving.into_iter();
            let moved = moved.map(|one| (one.before, one.after.unwrap())).collect();
            return Rounds { tip, moved, stuck };
        }
    }
}

#[test]
fn when_one_after_the_other_is_stuck_each_is_looked_at_once_more() {
    let (mut desk, [client, other, _]) = open();
    desk.done(&series(client, 3, 6));
    desk.book(other, massage_at(other, 18, 10));
    let context = context(&desk);
    let work = Work::new(&desk.clinic, &context);
    let mut looks = 0;
    let mut look = |work: &Work<'_>, before: &Appointment, to: &NewPlace| {
        looks += 1;
        book::new_place(work, before, to)
    };
    let all = moving(&desk, 3, 0, (true, true));
    let moved = go(&work, all, OnImpossible::Skip, &mut look).unwrap();
    // The last finds no place, then the one before it, and so on.
    assert_eq!((moved.moved.len(), moved.stuck.len()), (0, 6));
    assert_eq!(looks, 6 + 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rounds_end_as_if_everybody_was_looked_at_in_each(
        (every_days, times) in (1..5_u16, 2..7_u16),
        blockers in prop::collection::vec((0..2_usize, 0..DAYS, 9..14_i8, 0..4_u8), 0..14),
        (days, hours) in (-3..6_i64, -1..2_i64),
        named in any::<(bool, bool)>(),
    ) {
        let (mut desk, [client, others @ ..]) = open();
        desk.done(&series(client, every_days, times));
        for (who, ahead, hour, kind) in blockers {
            let named = massage_at(others[who], ahead, hour);
            let wish = match kind {
                0 => named,
                1 => Wish { room: None, ..named },
                2 => Wish { therapist: None, ..named },
                _ => Wish { room: None, therapist: Some(therapist_id("bea")), ..named },
            };
            // Some have no place.
            let _ = desk.ask(&crate::decide::desk::book(others[who], wish));
        }
        let context = context(&desk);
        let work = Work::new(&desk.clinic, &context);
        let all = || moving(&desk, days, hours, named);
        let moved = go(&work, all(), OnImpossible::Skip, &mut book::new_place).unwrap();
        let found = told(&work, moved);
        prop_assert_eq!(found, told(&work, from_scratch(&work, all())));
    }
}
