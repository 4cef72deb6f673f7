use jiff::civil::{Date, date};

use crate::command::{BookSeries, BookSource, Command, OnImpossible, PutShift};
use crate::decide::Decision;
use crate::decide::desk::{Clients, DAY, Desk, shift, wish, with};
use crate::fixture::{self, room_id, therapist_id};
use crate::id::{AppointmentId, ClientId};
use crate::model::{Fault, Occupant, OutcomeKind, RecordId, When, Wish};
use crate::refusal::{Impossible, Refusal, WhyNot};
use crate::time::Interval;

mod moves;

const WEEKS: i32 = 6;

/// A desk whose therapists also work on each Monday of the next weeks.
fn open() -> (Desk, Clients) {
    let (mut desk, clients) = Desk::open();
    let later = (1..=WEEKS).flat_map(|week| {
        ["ann", "bea", "cas"].map(|who| on(day(week), shift(who, "halifax", (9, 0), (21, 0))))
    });
    desk.done(&Command::PutShifts(later.collect()));
    (desk, clients)
}

/// The Monday so many weeks after the first.
fn day(week: i32) -> Date {
    DAY.saturating_add(jiff::Span::new().weeks(week))
}

fn on(date: Date, shift: PutShift) -> PutShift {
    let time = Interval::new(fixture::cell(date, 9, 0), fixture::cell(date, 21, 0));
    PutShift {
        time: time.expect("a shift is not empty"),
        ..shift
    }
}

fn series(client: ClientId, wish: Wish, times: u16, on_impossible: OnImpossible) -> Command {
    let wish = Wish {
        client: Some(client),
        ..wish
    };
    of(BookSource::Wish(wish), times, on_impossible)
}

fn of(first: BookSource, times: u16, on_impossible: OnImpossible) -> Command {
    Command::BookSeries(Box::new(BookSeries {
        first,
        every_days: 7,
        times,
        on_impossible,
        note: String::new(),
    }))
}

fn ids(decision: &Decision) -> Vec<AppointmentId> {
    let records = decision.reply.records.iter();
    records
        .filter_map(|record| match record {
            RecordId::Appointment(id) => Some(*id),
            _ => None,
        })
        .collect()
}

/// Each appointment's number in its series and local date.
fn numbers(desk: &Desk, ids: &[AppointmentId]) -> Vec<(u16, Date)> {
    ids.iter()
        .map(|&id| {
            let it = desk.appointment(id);
            let zone = &desk.clinic.site(it.slot.site).unwrap().zone;
            (it.series.unwrap().number, zone.date(it.slot.start()))
        })
        .collect()
}

fn reasons(impossible: &[Impossible]) -> Vec<(u16, &'static str)> {
    let reason = |one: &Impossible| (one.number, one.why.reason());
    impossible.iter().map(reason).collect()
}

#[track_caller]
fn impossible(refusal: Refusal) -> Vec<Impossible> {
    match refusal {
        Refusal::Series(impossible) => impossible,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_is_booked_at_the_same_local_time_across_the_change_of_the_clock() {
    let (mut desk, clients) = Desk::open();
    // Monday 2 November 2026 and the weeks before: the clock goes back on Sunday 1 November.
    desk.now = fixture::local(date(2026, 10, 19), 8, 0);
    let mondays = [(10, 19), (10, 26), (11, 2)].map(|(month, day)| date(2026, month, day));
    let shifts = mondays.map(|date| on(date, shift("cas", "halifax", (9, 0), (21, 0))));
    desk.done(&Command::PutShifts(shifts.to_vec()));
    let first = Wish {
        start: fixture::cell(mondays[0], 14, 0),
        ..wish("massage-60", 14, 0)
    };
    let booked = desk.done(&series(clients.clear, first, 3, OnImpossible::FailAll));
    let starts: Vec<_> = ids(&booked)
        .iter()
        .map(|&id| desk.appointment(id).slot.start())
        .collect();
    assert_eq!(starts, mondays.map(|date| fixture::cell(date, 14, 0)));
    assert_eq!(
        starts[2].since(starts[1]),
        (7 * 24 + 1) * 12,
        "an hour more lies between"
    );
    let places: Vec<_> = ids(&booked)
        .iter()
        .map(|&id| desk.appointment(id).series.unwrap())
        .collect();
    assert!(
        places
            .iter()
            .all(|place| place.id == places[0].id && place.of == 3)
    );
    let listed: Vec<_> = desk.clinic.series(places[0].id).map(|it| it.id).collect();
    assert_eq!(listed, ids(&booked));
}

#[test]
fn what_can_not_be_had_fails_all_or_is_skipped_with_its_reason_and_the_nearest_other_place() {
    let (mut desk, clients) = open();
    let other = desk.new_client("Other");
    let third = Wish {
        start: fixture::cell(day(2), 10, 0),
        ..with(wish("massage-60", 10, 0), "h3", "cas")
    };
    let taken = desk.book(other, third);
    let wanted = with(wish("massage-60", 10, 0), "h3", "cas");
    // The eighth is on a day without shifts.
    let times = 8;
    let all = series(clients.clear, wanted.clone(), times, OnImpossible::FailAll);
    let expected = [(3, "ROOM_TAKEN"), (8, "OFF_SHIFT")];
    assert_eq!(reasons(&impossible(desk.refused(&all))), expected);
    let skip = series(clients.clear, wanted, times, OnImpossible::Skip);
    let done = desk.done(&skip);
    assert_eq!(reasons(&done.reply.impossible), expected);
    let booked = numbers(&desk, &ids(&done));
    assert_eq!(
        booked,
        [1, 2, 4, 5, 6, 7].map(|number: u16| (number, day(i32::from(number) - 1)))
    );
    let WhyNot::Slot(third) = &done.reply.impossible[0].why else {
        panic!("{:?}", done.reply.impossible);
    };
    assert_eq!(third.clashes(), [Occupant::Appointment(taken)]);
    // The client would go to another room rather than to another time.
    let nearest = &third.alternatives[..];
    assert_eq!(nearest.len(), 1);
    assert_eq!(nearest[0].start(), fixture::cell(day(2), 10, 0));
}

#[test]
fn a_series_of_which_nothing_can_be_had_is_refused_whatever_may_be_skipped() {
    let (mut desk, clients) = Desk::open();
    let late = wish("massage-60", 22, 30);
    let refused = desk.refused(&series(clients.clear, late, 2, OnImpossible::Skip));
    assert_eq!(
        reasons(&impossible(refused)),
        [(1, "SITE_CLOSED"), (2, "SITE_CLOSED")]
    );
}

#[test]
fn those_of_one_series_do_not_take_each_others_place() {
    let (mut desk, clients) = open();
    let daily = Command::BookSeries(Box::new(BookSeries {
        first: BookSource::Wish(Wish {
            client: Some(clients.clear),
            ..wish("massage-60", 10, 0)
        }),
        every_days: 1,
        times: 8,
        on_impossible: OnImpossible::Skip,
        note: "each".to_owned(),
    }));
    let done = desk.done(&daily);
    assert_eq!(numbers(&desk, &ids(&done)), [(1, DAY), (8, day(1))]);
    for id in ids(&done) {
        assert_eq!(desk.appointment(id).note.as_deref(), Some("each"));
    }
}

#[test]
fn screening_and_credentials_are_those_of_each_day() {
    let (mut desk, clients) = open();
    // Eligible from 7 December on, the third Monday.
    desk.declare(
        clients.clear,
        Some(("joint-surgery", When::Date(date(2026, 10, 26)))),
    );
    let ashiatsu = with(wish("ashiatsu-60", 10, 0), "h1", "ann");
    let book = series(clients.clear, ashiatsu.clone(), 4, OnImpossible::Skip);
    let done = desk.done(&book);
    let excluded = "SCREENING_EXCLUDED_UNTIL";
    assert_eq!(
        reasons(&done.reply.impossible),
        [(1, excluded), (2, excluded)]
    );
    // The commit of the others keeps no more than that; a refusal, which is not kept, says what one alone is told.
    for one in &done.reply.impossible {
        assert_eq!(one.why, WhyNot::Screening(OutcomeKind::ExcludedUntil));
    }
    let all = series(clients.clear, ashiatsu.clone(), 4, OnImpossible::FailAll);
    let refused = impossible(desk.refused(&all));
    let WhyNot::Slot(slot) = &refused[0].why else {
        panic!("{refused:?}");
    };
    assert!(matches!(&slot.faults[..], [Fault::Screening(found), ..] if !found.reasons.is_empty()));
    assert!(!slot.other_services.is_empty());
    let mut expiring = fixture::certified("ann", &["halifax"]);
    expiring.credentials[0].expires = Some(day(4));
    desk.done(&Command::PutTherapist(crate::command::Put {
        resource: expiring,
        etag: None,
    }));
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let later = Wish {
        start: fixture::cell(day(3), 14, 0),
        ..ashiatsu
    };
    let done = desk.done(&series(other, later, 3, OnImpossible::Skip));
    assert_eq!(reasons(&done.reply.impossible), [(3, "NO_CREDENTIAL")]);
}

#[test]
fn what_lies_beyond_the_horizon_is_one_of_the_impossible() {
    let (mut desk, clients) = open();
    desk.done(&Command::PutPolicy(crate::command::Put {
        resource: crate::model::Policy {
            horizon_days: 10,
            ..crate::model::Policy::default()
        },
        etag: None,
    }));
    let done = desk.done(&series(
        clients.clear,
        wish("massage-60", 10, 0),
        3,
        OnImpossible::Skip,
    ));
    assert_eq!(reasons(&done.reply.impossible), [(3, "TOO_FAR_AHEAD")]);
}

#[test]
fn a_hold_becomes_the_first_and_the_others_keep_its_room_and_therapist_if_they_can() {
    let (mut desk, clients) = open();
    let hold = desk.hold(with(wish("massage-60", 10, 0), "h5", "bea"));
    let other = desk.new_client("Other");
    let second = Wish {
        start: fixture::cell(day(1), 10, 0),
        ..with(wish("massage-60", 10, 0), "h3", "bea")
    };
    desk.book(other, second);
    let client = Some(clients.clear);
    let done = desk.done(&of(
        BookSource::Hold { hold, client },
        3,
        OnImpossible::FailAll,
    ));
    let places: Vec<_> = ids(&done)
        .iter()
        .map(|&id| {
            let slot = &desk.appointment(id).slot;
            (slot.room, slot.therapist)
        })
        .collect();
    let kept = (room_id("h5"), therapist_id("bea"));
    assert_eq!((places[0], places[2]), (kept, kept));
    assert_eq!(places[1].0, room_id("h5"));
    assert_ne!(places[1].1, therapist_id("bea"));
    assert!(desk.clinic.hold(hold).is_none());
}

#[test]
fn bounds_are_told_as_fields() {
    let (mut desk, clients) = Desk::open();
    for (every_days, times, field) in [
        (0, 2, "every_days"),
        (367, 2, "every_days"),
        (7, 1, "times"),
        (7, 53, "times"),
    ] {
        let book = Command::BookSeries(Box::new(BookSeries {
            first: BookSource::Wish(Wish {
                client: Some(clients.clear),
                ..wish("massage-60", 10, 0)
            }),
            every_days,
            times,
            on_impossible: OnImpossible::Skip,
            note: String::new(),
        }));
        match desk.refused(&book) {
            Refusal::Invalid(violations) => assert_eq!(violations[0].field, field),
            other => panic!("{other:?}"),
        }
    }
}
