//! What a search answers besides the places themselves.

use jiff::civil::date;

use super::*;
use crate::fixture::*;
use crate::model::{Appointment, Equipment, Session, State, When};
use crate::rank::{Favour, Scarcity};
use crate::time::Interval;

pub(super) const DAY: jiff::civil::Date = date(2027, 1, 4);

fn query(service: ServiceId, from: Cell, until: Cell) -> Query {
    Query {
        sites: vec![site_id("halifax")],
        service,
        extensions: Vec::new(),
        client: None,
        therapist: None,
        prefer: None,
        room: None,
        from,
        until,
        grid: None,
        limit: 20,
        answer: Answer::BestPerStart,
        purpose: Purpose::Book,
        except: None,
    }
}

/// All of the day.
fn today(service: &crate::model::Service) -> Query {
    query(service.id, cell(DAY, 0, 0), cell(date(2027, 1, 5), 0, 0))
}

fn found(records: &Records, query: &Query, hour: i8, minute: i8) -> Found {
    search(&records.clinic(), query, local(DAY, hour, minute)).expect("all ids exist")
}

/// `09:00 h1 ann`, and so on.
pub(super) fn shown(proposals: &[Proposal]) -> Vec<String> {
    let show = |it: &Proposal| {
        let time = halifax()
            .time(it.slot.start())
            .strftime("%H:%M")
            .to_string();
        format!("{time} {} {}", it.slot.room, it.slot.therapist)
    };
    proposals.iter().map(show).collect()
}

pub(super) fn slot(service: &crate::model::Service, room: &str, who: &str, start: Cell) -> Slot {
    let room = self::room(room, "halifax", &BAR_ROOM);
    Slot::plan(service, &[], &room, therapist_id(who), start).expect("fits")
}

#[test]
fn starts_lie_on_the_policys_grid_from_the_present_cell_on() {
    let first = |hour, minute| {
        let records = Records::small(DAY);
        shown(&found(&records, &today(&ashiatsu()), hour, minute).proposals)[0].clone()
    };
    assert_eq!(first(8, 0), "09:00 h1 ann");
    assert_eq!(first(9, 4), "09:00 h1 ann", "the present cell is not past");
    assert_eq!(first(9, 5), "09:15 h1 ann");
    let walk_in = Query {
        grid: Minutes::new(5),
        ..today(&ashiatsu())
    };
    let found = found(&Records::small(DAY), &walk_in, 9, 9);
    assert_eq!(shown(&found.proposals)[0], "09:05 h1 ann");
    assert!(found.proposals[0].why.is_some_and(|why| why.earliest));
    assert!(found.proposals[1].why.is_some_and(|why| !why.earliest));
}

#[test]
fn rooms_with_bars_are_spared() {
    let why = |service: &crate::model::Service| {
        let found = found(&Records::small(DAY), &today(service), 8, 0);
        let first = found.proposals[0].clone();
        (
            first.slot.room.to_string(),
            first.why.expect("best of its start"),
            first.bars,
        )
    };
    let (room, reasons, bars) = why(&foot());
    assert_eq!(
        (room.as_str(), reasons.scarcity, bars),
        ("h6", Scarcity::Chair, false)
    );
    let (room, reasons, _) = why(&massage());
    assert_eq!(
        (room.as_str(), reasons.scarcity, reasons.spares),
        ("h3", Scarcity::Plain, true)
    );
    let (room, reasons, bars) = why(&ashiatsu());
    assert_eq!(
        (room.as_str(), reasons.scarcity, bars),
        ("h1", Scarcity::Bars, true)
    );
    assert!(!reasons.spares);
}

#[test]
fn a_bar_room_serves_plain_work_when_no_other_can_and_first_when_its_bars_are_out() {
    let start = cell(DAY, 9, 0);
    let records = Records::small(DAY)
        .with(appointment(1, 7, slot(&massage(), "h3", "ann", start)))
        .with(appointment(2, 8, slot(&massage(), "h5", "bea", start)));
    let first =
        |records: &Records| shown(&found(records, &today(&massage()), 8, 0).proposals)[0].clone();
    assert_eq!(first(&records), "09:00 h1 cas");
    let h2 = room("h2", "halifax", &BAR_ROOM);
    let out = outage(1, &h2, crate::model::OutageTarget::Bars, start, None);
    assert_eq!(first(&records.with(out)), "09:00 h2 cas");
}

#[test]
fn the_clients_therapist_comes_first() {
    let visit = |n: u64, who: &str, day| {
        let room = room("h3", "halifax", &[Equipment::Table]);
        let start = cell(day, 9, 0);
        let slot = Slot::plan(&massage(), &[], &room, therapist_id(who), start).expect("fits");
        let at = start.timestamp();
        let session = Session {
            arrived: at,
            started: at,
            finished: at,
            stopped: None,
            ready: None,
        };
        Appointment {
            state: State::Completed(Box::new(session)),
            ..appointment(n, 2, slot)
        }
    };
    let records = Records::small(DAY)
        .with(visit(1, "ann", date(2026, 12, 1)))
        .with(visit(2, "cas", date(2026, 12, 2)))
        .with(visit(3, "cas", date(2026, 12, 3)));
    let first = |records: &Records, query: Query| {
        let client = Some(ClientId::new(2));
        let first = found(records, &Query { client, ..query }, 8, 0).proposals[0].clone();
        (
            shown(std::slice::from_ref(&first))[0].clone(),
            first.why.and_then(|why| why.favour),
        )
    };
    assert_eq!(
        first(&records, today(&massage())),
        ("09:00 h3 cas".to_owned(), Some(Favour::Usual))
    );
    // One visit each: whom the client saw last.
    let even = records.clone().with(visit(4, "ann", date(2026, 12, 4)));
    assert_eq!(first(&even, today(&massage())).0, "09:00 h3 ann");
    let mut likes_bea = client(2);
    likes_bea.preferred = Some(therapist_id("bea"));
    let preferring = records.clone().with(likes_bea);
    let bea = ("09:00 h3 bea".to_owned(), Some(Favour::Preferred));
    assert_eq!(first(&preferring, today(&massage())), bea);
    let asked = Query {
        prefer: Some(therapist_id("ann")),
        ..today(&massage())
    };
    assert_eq!(first(&preferring, asked).0, "09:00 h3 ann");
    let only = Query {
        therapist: Some(therapist_id("ann")),
        ..today(&massage())
    };
    assert_eq!(first(&preferring, only).0, "09:00 h3 ann");
}

#[test]
fn short_gaps_are_avoided() {
    // h1 is free from 9 to 10:15, h2 all day: a session in h1 leaves nothing over.
    let taken = slot(&ashiatsu(), "h1", "bea", cell(DAY, 10, 15));
    let records = Records::small(DAY).with(appointment(1, 7, taken));
    let all = found(&records, &today(&ashiatsu()), 8, 0).proposals;
    assert_eq!(shown(&all)[0], "09:00 h1 ann");
    // At 9:00 in h1 with half an hour left over, h2 is better.
    let taken = slot(&ashiatsu(), "h1", "bea", cell(DAY, 10, 45));
    let records = Records::small(DAY).with(appointment(1, 7, taken));
    let all = found(&records, &today(&ashiatsu()), 8, 0).proposals;
    assert_eq!(shown(&all)[0], "09:00 h2 ann");
    assert_eq!(all[0].why.expect("best of its start").short_gaps, 0);
}

#[test]
fn a_window_without_a_place_names_the_next_one() {
    let later = date(2027, 1, 20);
    let shift_of = |day| Interval::new(cell(day, 9, 0), cell(day, 21, 0)).expect("12 hours");
    let records = Records::small(DAY).with(shift(9, "bea", "halifax", shift_of(later)));
    let evening = query(
        ashiatsu().id,
        cell(DAY, 20, 5),
        cell(date(2027, 1, 10), 0, 0),
    );
    let answer = found(&records, &evening, 8, 0);
    assert_eq!(answer.proposals, []);
    let next = answer.next.expect("within the horizon");
    assert_eq!(next.slot.start(), cell(later, 9, 0));
    let near = records.with(policy(15));
    assert_eq!(
        found(&near, &evening, 8, 0).next,
        None,
        "beyond the horizon"
    );
}

/// The local times at which massage can start each hour of a night, when a shift of
/// 12 hours from 21:00 on crosses it and the site never closes.
fn night_of(eve: jiff::civil::Date) -> Vec<String> {
    let mut site = site("halifax");
    site.hours = crate::model::WeekHours::daily(opening(0, 24));
    let night = Interval::new(cell(eve, 21, 0), cell(crate::time::next_day(eve), 9, 0));
    let records = Records::new()
        .with(site)
        .with(room("h3", "halifax", &[Equipment::Table]))
        .with(therapist("cas", &["halifax"]))
        .with(shift(1, "cas", "halifax", night.expect("not empty")));
    let query = Query {
        grid: Minutes::new(60),
        ..query(
            massage().id,
            cell(eve, 12, 0),
            cell(crate::time::next_day(eve), 12, 0),
        )
    };
    let found = search(&records.clinic(), &query, local(eve, 8, 0)).expect("all ids exist");
    let time = |it: &Proposal| halifax().time(it.slot.start()).strftime("%H").to_string();
    found.proposals.iter().map(time).collect()
}

#[test]
fn nights_have_their_own_number_of_hours() {
    let usual = [
        "21", "22", "23", "00", "01", "02", "03", "04", "05", "06", "07", "08",
    ];
    assert_eq!(night_of(date(2027, 6, 1)), usual);
    let spring = [
        "21", "22", "23", "00", "01", "03", "04", "05", "06", "07", "08",
    ];
    assert_eq!(night_of(date(2027, 3, 13)), spring);
    let autumn = [
        "21", "22", "23", "00", "01", "01", "02", "03", "04", "05", "06", "07", "08",
    ];
    assert_eq!(night_of(date(2027, 11, 6)), autumn);
}

#[test]
fn nothing_is_offered_beyond_the_horizon() {
    let tomorrow = date(2027, 1, 5);
    let times = Interval::new(cell(tomorrow, 9, 0), cell(tomorrow, 21, 0)).expect("12 hours");
    let records = Records::small(DAY).with(shift(9, "bea", "halifax", times));
    let two_days = query(
        ashiatsu().id,
        cell(DAY, 12, 0),
        cell(date(2027, 1, 6), 0, 0),
    );
    let two_days = Query {
        limit: 1000,
        ..two_days
    };
    let last = |records: &Records| {
        let found = found(records, &two_days, 8, 0);
        found
            .proposals
            .last()
            .map(|last| halifax().date(last.slot.start()))
    };
    assert_eq!(last(&records), Some(tomorrow));
    assert_eq!(last(&records.with(policy(0))), Some(DAY));
}

#[test]
fn an_excluded_client_is_offered_what_lies_after() {
    let fracture = Some(("fracture", When::Date(date(2026, 7, 5))));
    let tomorrow = date(2027, 1, 5);
    let times = Interval::new(cell(tomorrow, 9, 0), cell(tomorrow, 21, 0)).expect("12 hours");
    let records = Records::small(DAY)
        .with(shift(9, "bea", "halifax", times))
        .with(declaration(2, 2, local(DAY, 0, 0), fracture));
    let both = query(ashiatsu().id, cell(DAY, 0, 0), cell(date(2027, 1, 6), 0, 0));
    let excluded = Query {
        client: Some(ClientId::new(2)),
        ..both.clone()
    };
    let answer = found(&records, &excluded, 8, 0);
    assert_eq!(answer.proposals[0].slot.start(), cell(tomorrow, 9, 0));
    let clear = answer.screening.expect("a client is named");
    assert_eq!(
        clear.outcome,
        crate::model::Outcome::Clear,
        "as of the first proposal"
    );
    // Nobody asked client 1 anything yet: nothing to book, but to hold.
    let incomplete = Query {
        client: Some(ClientId::new(1)),
        ..both
    };
    let answer = found(&records, &incomplete, 8, 0);
    assert_eq!((answer.proposals.len(), answer.next), (0, None));
    assert!(
        answer
            .screening
            .is_some_and(|it| it.outcome.refuses_barefoot())
    );
    let to_hold = Query {
        purpose: Purpose::Hold,
        ..incomplete
    };
    assert!(!found(&records, &to_hold, 8, 0).proposals.is_empty());
}

#[test]
fn while_questions_are_open_places_are_offered_to_be_held() {
    let tomorrow = date(2027, 1, 5);
    let times = Interval::new(cell(tomorrow, 9, 0), cell(tomorrow, 21, 0)).expect("12 hours");
    // Excluded until tomorrow, and one question was never asked.
    let fracture = Some(("fracture", When::Date(date(2026, 7, 5))));
    let mut declared = declaration(2, 2, local(DAY, 0, 0), fracture);
    declared.answers.pop();
    let records = Records::small(DAY)
        .with(shift(9, "bea", "halifax", times))
        .with(declared);
    let offered = |number: u64, until: Cell| {
        let asked = Query {
            client: Some(ClientId::new(number)),
            ..query(ashiatsu().id, cell(DAY, 0, 0), until)
        };
        let found = offer(&records.clinic(), &asked, local(DAY, 8, 0)).expect("all ids exist");
        let start = |proposal: &Proposal| proposal.slot.start();
        let incomplete = found
            .screening
            .is_some_and(|it| matches!(it.outcome, Outcome::Incomplete { .. }));
        (
            found.proposals.first().map(start),
            found.next.as_ref().map(start),
            incomplete,
        )
    };
    let (first, after) = (cell(tomorrow, 9, 0), cell(date(2027, 1, 6), 0, 0));
    assert_eq!(offered(1, after), (Some(cell(DAY, 9, 0)), None, true));
    assert_eq!(offered(2, after), (Some(first), None, true));
    let midnight = cell(tomorrow, 0, 0);
    assert_eq!(offered(2, midnight), (None, Some(first), true));
}

#[test]
fn sites_are_merged_in_the_order_of_starts() {
    let all_day = Interval::new(cell(DAY, 9, 10), cell(DAY, 21, 0)).expect("not empty");
    let records = Records::small(DAY)
        .with(site("dartmouth"))
        .with(room("d3", "dartmouth", &[Equipment::Table]))
        .with(therapist("dan", &["dartmouth"]))
        .with(shift(9, "dan", "dartmouth", all_day));
    let everywhere = Query {
        sites: Vec::new(),
        limit: 4,
        ..today(&massage())
    };
    let answer = found(&records, &everywhere, 8, 0);
    assert_eq!(
        shown(&answer.proposals),
        [
            "09:00 h3 ann",
            "09:15 d3 dan",
            "09:15 h3 ann",
            "09:30 d3 dan"
        ]
    );
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let records = Records::small(DAY);
    let clinic = records.clinic();
    let refused = |query: Query| {
        search(&clinic, &query, local(DAY, 8, 0))
            .expect_err("out of bounds")
            .reason()
    };
    let from = cell(DAY, 0, 0);
    let month = query(ashiatsu().id, from, cell(date(2027, 2, 4), 0, 0));
    assert!(search(&clinic, &month, local(DAY, 8, 0)).is_ok(), "31 days");
    assert_eq!(
        refused(Query {
            until: cell(date(2027, 2, 4), 1, 5),
            ..month.clone()
        }),
        "INVALID"
    );
    assert_eq!(
        refused(Query {
            until: from,
            ..month.clone()
        }),
        "INVALID"
    );
    assert_eq!(
        refused(Query {
            grid: Some(Minutes::ZERO),
            ..month.clone()
        }),
        "INVALID"
    );
    let extensions = vec![ExtensionId::parse("calf").expect("a slug")];
    assert_eq!(
        refused(Query {
            extensions,
            ..month.clone()
        }),
        "NOT_AN_EXTENSION"
    );
    for unknown in [
        Query {
            sites: vec![site_id("atlantis")],
            ..month.clone()
        },
        Query {
            service: service_id("none"),
            ..month.clone()
        },
        Query {
            client: Some(ClientId::new(99)),
            ..month.clone()
        },
        Query {
            room: Some(room_id("h9")),
            ..month.clone()
        },
        Query {
            prefer: Some(therapist_id("zoe")),
            ..month.clone()
        },
    ] {
        assert_eq!(refused(unknown), "NOT_FOUND");
    }
}
