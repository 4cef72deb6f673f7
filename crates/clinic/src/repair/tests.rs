use jiff::civil::{Date, date};

use super::*;
use crate::fixture::{
    Records, appointment, cell, client, local, massage, opening, outage, room, room_id, service_id,
    shift, site, therapist, therapist_id,
};
use crate::id::CredentialId;
use crate::model::{Credential, Equipment, Room, RuleSet, Service, Site, Therapist, WeekHours};

/// A Monday.
const DAY: Date = date(2026, 11, 23);
/// How many rooms and therapists there are: more pairs of them than are looked at.
const MANY: usize = 17;

fn named(what: &str, number: usize) -> String {
    format!("{what}{number}")
}

fn table(number: usize) -> Room {
    room(&named("r", number), "halifax", &[Equipment::Table])
}

/// Work for which only the therapist of the same number has the credential.
fn work_of(number: usize) -> Service {
    Service {
        id: service_id(&named("work-", number)),
        credentials: vec![CredentialId::parse(&named("c", number)).unwrap()],
        ..massage()
    }
}

fn master(number: usize) -> Therapist {
    let credential = Credential {
        kind: CredentialId::parse(&named("c", number)).unwrap(),
        issuer: "School".to_owned(),
        number: "1".to_owned(),
        expires: None,
    };
    Therapist {
        credentials: vec![credential],
        ..therapist(&named("t", number), &["halifax"])
    }
}

fn booked(number: usize, service: &Service) -> Appointment {
    let by = therapist_id(&named("t", number));
    let slot = Slot::plan(service, &[], &table(number), by, cell(DAY, 10, 0)).unwrap();
    appointment(number as u64 + 1, number as u64 + 1, slot)
}

/// A site that is open for so many hours from ten on, with a room and a therapist of each number on shift.
fn rooms_and_therapists(hours: i8) -> Records {
    let open = Site {
        hours: WeekHours::daily(opening(10, 10 + hours)),
        ..site("halifax")
    };
    let mut records = Records::default()
        .with(RuleSet::general())
        .with(massage())
        .with(open);
    let time = Interval::new(cell(DAY, 9, 0), cell(DAY, 21, 0)).unwrap();
    for number in 0..MANY {
        let id = number as u64 + 1;
        records = records
            .with(table(number))
            .with(master(number))
            .with(client(id))
            .with(shift(id, &named("t", number), "halifax", time));
    }
    records
}

fn first_therapist_is_absent() -> [Disruption; 1] {
    let time = Interval::new(cell(DAY, 9, 0), cell(DAY, 21, 0)).unwrap();
    let therapist = therapist_id("t0");
    [Disruption::Absent { therapist, time }]
}

fn plan_of(records: &Records, disruptions: &[Disruption], work: u64) -> Plan {
    let now = local(DAY, 8, 0);
    let (plan, spent) =
        plan_within(&records.clinic(), disruptions, &Sites::All, now, work).unwrap();
    // What is begun is finished: finding when each could have each work, or the places of one class.
    assert!(spent <= work + work / 10 + 500_000, "{spent} of {work}");
    plan
}

#[test]
fn a_plan_that_left_places_out_is_not_said_to_be_the_best() {
    // One may go to anybody else in any room, each of whom is the only one who can do what they have to do then.
    let mut records = rooms_and_therapists(1).with(booked(0, &massage()));
    for number in 1..MANY {
        let work = work_of(number);
        records = records.with(booked(number, &work)).with(work);
    }
    let found = plan_of(&records, &first_therapist_is_absent(), limits::REPAIR_WORK);
    assert_eq!((found.mends.len(), found.cost.unplaced), (1, 1));
    assert!(!found.proven);
}

#[test]
fn what_costs_the_least_that_is_possible_is_the_best_whatever_was_left_out() {
    let records = rooms_and_therapists(1).with(booked(0, &massage()));
    let found = plan_of(&records, &first_therapist_is_absent(), limits::REPAIR_WORK);
    let expected = Cost {
        therapist: 1,
        ..Cost::default()
    };
    assert_eq!((found.cost, found.proven), (expected, true));
}

#[test]
fn whoever_is_being_called_takes_up_no_room_among_those_who_are_planned_for() {
    // One is called about another place; as many more are hit as one plan mends.
    let called = booked(0, &massage());
    let to = Slot::plan(
        &massage(),
        &[],
        &table(1),
        therapist_id("t1"),
        cell(DAY, 10, 0),
    )
    .unwrap();
    let call = Hold {
        id: HoldId::new(1),
        client: Some(called.client),
        slot: to,
        moves: Some(called.id),
        expires_at: local(DAY, 12, 0),
        made_by: KeyId::new(1),
    };
    let mut records = rooms_and_therapists(1).with(called.clone()).with(call);
    for number in 1..=limits::REPAIR_HITS {
        let later = i64::try_from(number).unwrap();
        let start = cell(DAY.saturating_add(later.days()), 10, 0);
        let slot = Slot::plan(&massage(), &[], &table(0), therapist_id("t0"), start).unwrap();
        let id = 100 + number as u64;
        records = records.with(client(id)).with(appointment(id, id, slot));
    }
    let time = Interval::new(cell(DAY, 9, 0), Cell::MAX).unwrap();
    let therapist = therapist_id("t0");
    let found = plan_of(&records, &[Disruption::Absent { therapist, time }], 0);
    assert_eq!(
        (found.mends.len(), found.more),
        (limits::REPAIR_HITS, false)
    );
    assert!(
        found
            .mends
            .iter()
            .all(|mend| mend.appointment.id != called.id)
    );
}

#[test]
fn a_plan_takes_no_more_work_than_it_may_and_places_whom_it_can() {
    // Sixteen rooms are out for the day, and one is left for everybody.
    let mut records = rooms_and_therapists(11);
    let mut out = Vec::new();
    for number in 0..MANY - 1 {
        let (from, until) = (cell(DAY, 9, 0), Some(cell(DAY, 22, 0)));
        let target = OutageTarget::Room;
        records = records.with(booked(number, &massage())).with(outage(
            number as u64 + 1,
            &table(number),
            target,
            from,
            until,
        ));
        out.push(Disruption::Outage(OutageId::new(number as u64 + 1)));
    }
    let placed = |plan: &Plan| {
        let mended = plan.mends.iter().filter_map(|mend| mend.to.as_ref());
        mended.filter(|to| to.room == room_id("r16")).count()
    };
    let none = plan_of(&records, &out, 0);
    assert_eq!(
        (none.mends.len(), placed(&none), none.proven),
        (16, 0, false)
    );
    let plans = (17..=24).map(|twos| plan_of(&records, &out, 1 << twos));
    let found: Vec<_> = plans
        .map(|plan| (plan.mends.len(), placed(&plan), plan.proven))
        .collect();
    assert!(
        found.iter().all(|&(hit, _, proven)| hit == 16 && !proven),
        "{found:?}"
    );
    // With what it may take at most it places as many as the day has room for.
    assert!(found.last().is_some_and(|last| last.1 >= 8), "{found:?}");
}

/// Work of the therapist who is absent at these times, each in a room of its own.
fn booked_at(times: &[(i8, i8)]) -> Records {
    let mut records = rooms_and_therapists(11);
    for (number, &(hour, minute)) in times.iter().enumerate() {
        let start = cell(DAY, hour, minute);
        let room = table(number);
        let slot = Slot::plan(&massage(), &[], &room, therapist_id("t0"), start).unwrap();
        let id = number as u64 + 1;
        records = records.with(appointment(id, id, slot));
    }
    records
}

/// How many are left without a place on their own day, which may do this part of so much work; how much it did, and whether
/// nothing costs less.
fn on_the_day(records: &Records, work: u64, part: u32) -> (usize, u64, bool) {
    let now = local(DAY, 8, 0);
    let mut world = records.clinic();
    let hits = hits::of(&mut world, &first_therapist_is_absent(), &Sites::All, now).unwrap();
    let mut planner = Planner {
        world,
        reach: &Sites::All,
        now,
        fine: false,
        work,
        spent: Counter::new(0),
        plan: Plan {
            proven: true,
            ..Plan::default()
        },
    };
    let steps = limits::REPAIR_TRIED_PER_DAY;
    let left = planner.day(DAY, hits, true, (steps, part));
    (left.len(), planner.spent.get(), planner.plan.proven)
}

/// What it takes to find the places of one in any room with anybody else at their own time.
const OTHERS: u64 = 100 * (MANY * (MANY - 1)) as u64;

#[test]
fn what_one_round_finds_no_time_for_is_left_to_the_next() {
    let records = booked_at(&[(10, 0), (12, 0), (14, 0), (16, 0), (18, 0)]);
    // In one round the places of three can be looked for, and in the next those of the other two.
    let work = 2 * 5 * 3 * OTHERS;
    let (left, spent, proven) = on_the_day(&records, work, 2);
    assert_eq!((left, proven), (0, true));
    assert!(spent <= work / 2, "{spent} of {work}");
}

#[test]
fn whether_it_is_the_least_is_not_found_out_at_the_cost_of_other_days() {
    let times = [
        (10, 0),
        (11, 15),
        (12, 30),
        (13, 45),
        (15, 0),
        (16, 15),
        (17, 30),
        (18, 45),
    ];
    // Each round, and the look for what is free, ends with the first places that are found.
    let (work, days) = (1_000_000, 100);
    let (left, spent, proven) = on_the_day(&booked_at(&times), work, days);
    assert_eq!((left, proven), (times.len(), false));
    let walks = 2_000 * times.len() as u64;
    assert!(spent <= walks + 5 * OTHERS + 1_000, "{spent}");
}
