use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::attention::{Matter, attention, became_late};
use crate::availability::{Purpose, Query, search};
use crate::explain::explain;
use crate::fixture::*;
use crate::id::{ClientId, ItemId};
use crate::model::{
    Appointment, FootCare, Inspection, Session, Slot, State, Turnover, TurnoverItem, Wish,
};

const DAY: jiff::civil::Date = date(2027, 1, 4);

fn at(hour: i8, minute: i8) -> Timestamp {
    local(DAY, hour, minute)
}

/// Ashiatsu in h1 by ann from noon, in this state.
fn noon(state: State) -> Appointment {
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = Slot::plan(&ashiatsu(), &[], &h1, therapist_id("ann"), cell(DAY, 12, 0));
    Appointment {
        state,
        ..appointment(7, 2, slot.expect("fits"))
    }
}

fn in_session() -> State {
    State::InSession {
        arrived: at(11, 50),
        started: at(12, 0),
    }
}

fn completed() -> State {
    State::Completed(Box::new(Session {
        arrived: at(11, 50),
        started: at(12, 0),
        finished: at(13, 0),
        stopped: None,
        ready: None,
    }))
}

fn turnover() -> Turnover {
    Turnover {
        room: room_id("h1"),
        site: site_id("halifax"),
        appointment: AppointmentId::new(7),
        since: at(13, 0),
        due: at(13, 15),
        items: vec![TurnoverItem {
            id: ItemId::parse("towels").expect("a slug"),
            text: "Towels".to_owned(),
            done: None,
        }],
    }
}

fn foot_care(who: &str) -> FootCare {
    FootCare {
        therapist: therapist_id(who),
        date: DAY,
        care: crate::model::Care::default(),
        polish_free: true,
        by: crate::id::KeyId::new(1),
        at: at(8, 0),
    }
}

/// The room h1 on the board.
fn h1(records: &Records, now: Timestamp) -> RoomStatus {
    let clinic = records.clinic();
    let site = clinic.site(site_id("halifax")).expect("exists");
    let board = board(&clinic, site, now);
    *board
        .iter()
        .find(|it| it.room == room_id("h1"))
        .expect("on the board")
}

#[test]
fn a_room_goes_through_its_day() {
    let small = Records::small(DAY);
    let id = AppointmentId::new(7);
    let due = small.clone().with(noon(State::Booked));
    let before = h1(&due, at(11, 59));
    assert_eq!(before.state, RoomState::Vacant);
    assert_eq!(before.until, Some(at(12, 0)));
    assert_eq!(
        before.next.map(|next| next.by),
        Some(Occupant::Appointment(id))
    );
    let held = h1(&due, at(12, 0));
    assert_eq!(held.state, RoomState::Held(Occupant::Appointment(id)));
    assert_eq!((held.until, held.next), (Some(at(13, 0)), None));
    // The time planned to clean up after somebody who never came is no reason to wait.
    assert_eq!(h1(&due, at(13, 5)).state, RoomState::Vacant);
    let running = small.clone().with(noon(in_session()));
    assert_eq!(h1(&running, at(12, 59)).state, RoomState::InSession(id));
    assert_eq!(h1(&running, at(12, 59)).until, Some(at(13, 0)));
    assert_eq!(h1(&running, at(13, 0)).state, RoomState::Over(id));
    assert_eq!(h1(&running, at(13, 0)).until, None);
    let cleaning = small.with(noon(completed())).with(turnover());
    let status = h1(&cleaning, at(13, 15));
    let state = RoomState::Turnover {
        appointment: id,
        due: at(13, 15),
        late: false,
    };
    assert_eq!((status.state, status.until), (state, Some(at(13, 15))));
    let late = at(13, 15) + SignedDuration::from_secs(1);
    let state = RoomState::Turnover {
        appointment: id,
        due: at(13, 15),
        late: true,
    };
    assert_eq!(
        (h1(&cleaning, late).state, h1(&cleaning, late).until),
        (state, None)
    );
}

#[test]
fn out_comes_before_everything_but_a_session() {
    let whole = |from| {
        outage(
            1,
            &room("h1", "halifax", &BAR_ROOM),
            OutageTarget::Room,
            from,
            None,
        )
    };
    let out = RoomState::Out(OutageId::new(1));
    let records = Records::small(DAY).with(whole(cell(DAY, 12, 30)));
    assert_eq!(
        h1(&records, at(12, 29)).until,
        Some(at(12, 30)),
        "vacant until then"
    );
    assert_eq!(h1(&records, at(12, 30)).state, out);
    let due = records.clone().with(noon(State::Booked));
    assert_eq!(h1(&due, at(12, 30)).state, out);
    let cleaning = records.clone().with(noon(completed())).with(turnover());
    assert_eq!(h1(&cleaning, at(13, 5)).state, out);
    let running = records.with(noon(in_session()));
    assert_eq!(
        h1(&running, at(12, 30)).state,
        RoomState::InSession(AppointmentId::new(7))
    );
}

#[test]
fn a_hold_keeps_a_room_until_it_lapses() {
    let slot = noon(State::Booked).slot;
    let records = Records::small(DAY).with(hold(9, None, slot, at(12, 3)));
    let held = h1(&records, at(12, 1));
    assert_eq!(
        held.state,
        RoomState::Held(Occupant::Hold(crate::id::HoldId::new(9)))
    );
    assert_eq!(held.until, Some(at(12, 3)));
}

#[test]
fn a_vacant_room_is_so_until_the_site_closes() {
    let records = Records::small(DAY);
    assert_eq!(h1(&records, at(20, 0)).until, Some(at(21, 0)));
    assert_eq!(h1(&records, at(22, 0)).until, None);
}

#[test]
fn bars_are_judged_on_the_day() {
    let lapsing = Room {
        inspection: Some(Inspection {
            passed: date(2026, 7, 5),
            months: 6,
        }),
        ..room("h1", "halifax", &BAR_ROOM)
    };
    let records = Records::small(DAY).with(lapsing);
    assert_eq!(h1(&records, at(23, 59)).bars, BarsState::Sound);
    let fault = BarsFault::InspectionLapsed(date(2027, 1, 5));
    assert_eq!(
        h1(&records, at(23, 59) + SignedDuration::from_mins(1)).bars,
        BarsState::Unsound(fault)
    );
    let clinic = records.clinic();
    let site = clinic.site(site_id("halifax")).expect("exists");
    let bars: Vec<_> = board(&clinic, site, at(12, 0))
        .iter()
        .map(|it| it.bars)
        .collect();
    let (sound, none) = (BarsState::Sound, BarsState::None);
    assert_eq!(bars, [sound, sound, none, none, none], "a rope is not bars");
}

fn free_ids(records: &Records, query: &FreeQuery, now: Timestamp) -> (Vec<String>, Vec<String>) {
    let found = free(&records.clinic(), query, now).expect("the sites exist");
    let ids = |rooms: &[FreeRoom]| rooms.iter().map(|it| it.room.to_string()).collect();
    (ids(&found.rooms), ids(&found.not_ready))
}

#[test]
fn free_now_needs_a_vacant_room() {
    let bars = FreeQuery {
        bars: true,
        ..FreeQuery::default()
    };
    let cleaning = Records::small(DAY).with(noon(completed())).with(turnover());
    let (rooms, not_ready) = free_ids(&cleaning, &bars, at(13, 5));
    assert_eq!(
        (rooms, not_ready),
        (vec!["h2".to_owned()], vec!["h1".to_owned()])
    );
    let due = Records::small(DAY).with(noon(State::Booked));
    assert_eq!(free_ids(&due, &bars, at(12, 0)).0, ["h2"]);
    assert_eq!(free_ids(&due, &bars, at(11, 0)).0, ["h1", "h2"]);
    let hour = FreeQuery {
        minutes: Minutes::new(60),
        ..bars.clone()
    };
    assert_eq!(free_ids(&due, &hour, at(11, 0)).0, ["h1", "h2"]);
    let longer = FreeQuery {
        minutes: Minutes::new(65),
        ..bars.clone()
    };
    assert_eq!(free_ids(&due, &longer, at(11, 0)).0, ["h2"]);
    let out = outage(
        1,
        &room("h2", "halifax", &BAR_ROOM),
        OutageTarget::Bars,
        cell(DAY, 8, 0),
        None,
    );
    assert_eq!(
        free_ids(&due.with(out), &bars, at(12, 0)).0,
        [] as [&str; 0]
    );
}

#[test]
fn free_at_a_time_is_answered_from_the_plan() {
    let records = Records::small(DAY).with(noon(in_session()));
    let query = |hour, minute, minutes| FreeQuery {
        at: Some(cell(DAY, hour, minute)),
        minutes: Minutes::new(minutes),
        bars: true,
        ..FreeQuery::default()
    };
    let rooms = |query| free_ids(&records, &query, at(12, 30)).0;
    assert_eq!(rooms(query(13, 10, 5)), ["h2"], "the turnover counts");
    assert_eq!(rooms(query(13, 15, 75)), ["h1", "h2"]);
    assert_eq!(rooms(query(19, 45, 75)), ["h1", "h2"]);
    assert_eq!(rooms(query(19, 50, 75)), [] as [&str; 0], "the site closes");
    let found = free(&records.clinic(), &query(10, 0, 30), at(9, 0)).expect("the sites exist");
    assert_eq!(found.rooms[0].until, Some(cell(DAY, 12, 0)));
    assert_eq!(found.rooms[1].until, None);
    assert_eq!(found.rooms[1].closes, Some(cell(DAY, 21, 0)));
}

#[test]
fn hours_that_meet_are_one_stretch() {
    let mut site = site("halifax");
    let stretch = |site: &Site, hour, minute| {
        let open = super::opening(site, cell(DAY, hour, minute))?;
        let clock = |cell| site.zone.time(cell).strftime("%H:%M").to_string();
        Some(format!("{}-{}", clock(open.start()), clock(open.end())))
    };
    let hours = vec![
        crate::fixture::opening(0, 2),
        crate::fixture::opening(9, 12),
        crate::fixture::opening(12, 15),
        crate::fixture::opening(20, 24),
    ];
    for day in jiff::civil::Weekday::Monday.cycle_forward().take(7) {
        site.hours.set(day, hours.clone());
    }
    assert_eq!(stretch(&site, 0, 0).as_deref(), Some("00:00-02:00"));
    assert_eq!(stretch(&site, 2, 0), None);
    assert_eq!(stretch(&site, 10, 0).as_deref(), Some("09:00-15:00"));
    assert_eq!(stretch(&site, 12, 0).as_deref(), Some("09:00-15:00"));
    assert_eq!(stretch(&site, 15, 0), None);
    assert_eq!(stretch(&site, 23, 55).as_deref(), Some("20:00-02:00"));
}

#[test]
fn an_unknown_site_is_refused() {
    let query = FreeQuery {
        sites: vec![site_id("atlantis")],
        ..FreeQuery::default()
    };
    let refused = free(&Records::small(DAY).clinic(), &query, at(9, 0));
    assert_eq!(refused.expect_err("no such site").reason(), "NOT_FOUND");
}

/// What needs a person at Halifax.
fn matters(records: &Records, now: Timestamp) -> Vec<Matter> {
    let clinic = records.clinic();
    let site = clinic.site(site_id("halifax")).expect("exists");
    attention(&clinic, site, now)
        .into_iter()
        .map(|it| it.matter)
        .collect()
}

#[test]
fn attention_names_what_needs_a_person() {
    let (appointment, room) = (AppointmentId::new(7), room_id("h1"));
    let records = Records::small(DAY).with(foot_care("ann"));
    assert_eq!(matters(&records, at(12, 30)), []);
    let running = records.clone().with(noon(in_session()));
    assert_eq!(matters(&running, at(12, 59)), []);
    assert_eq!(
        matters(&running, at(13, 0)),
        [Matter::Over { appointment, room }]
    );
    let cleaning = records.clone().with(noon(completed())).with(turnover());
    assert_eq!(matters(&cleaning, at(13, 15)), []);
    assert_eq!(
        matters(&cleaning, at(13, 16)),
        [Matter::TurnoverLate { room, appointment }]
    );
    let booked = records.clone().with(noon(State::Booked));
    assert_eq!(matters(&booked, at(12, 0)), []);
    assert_eq!(
        matters(&booked, at(12, 1)),
        [Matter::LateArrival { appointment, room }]
    );
    let arrived = records.with(noon(State::Arrived {
        arrived: at(11, 50),
    }));
    assert_eq!(matters(&arrived, at(12, 10)), []);
    let blocked = arrived.clone().with(turnover());
    assert_eq!(matters(&blocked, at(11, 55)), [], "before its time");
    let matter = Matter::BlockedArrival { appointment, room };
    assert_eq!(matters(&blocked, at(12, 0)), [matter]);
    let h1 = self::room("h1", "halifax", &BAR_ROOM);
    let out = outage(1, &h1, OutageTarget::Bars, cell(DAY, 12, 30), None);
    assert_eq!(
        matters(&arrived.with(out), at(11, 55)),
        [matter],
        "it will not pass by itself"
    );
}

#[test]
fn attention_names_what_is_not_ready_for_today() {
    let (id, room_id) = (AppointmentId::new(7), room_id("h1"));
    let records = Records::small(DAY).with(noon(State::Booked));
    let care = Matter::FootCare {
        therapist: therapist_id("ann"),
        date: DAY,
    };
    assert_eq!(matters(&records, at(9, 0)), [care]);
    let bars = outage(
        3,
        &room("h1", "halifax", &BAR_ROOM),
        OutageTarget::Bars,
        cell(DAY, 8, 0),
        None,
    );
    let out = Matter::Out {
        room: room_id,
        target: OutageTarget::Bars,
        outage: OutageId::new(3),
    };
    let mut flagged = noon(State::Booked);
    flagged.flags = crate::rules::judge(
        &records.clone().with(bars.clone()).clinic(),
        &flagged.slot,
        None,
        Some(Occupant::Appointment(id)),
    );
    assert_eq!(flagged.flags.len(), 1);
    let records = records.with(bars).with(flagged);
    let flag = Matter::Flagged {
        appointment: id,
        room: room_id,
    };
    assert_eq!(matters(&records, at(9, 0)), [flag, out, care]);
    let slot = Slot {
        room: crate::fixture::room_id("h2"),
        ..noon(State::Booked).slot
    };
    let records = records.with(hold(9, None, slot, at(9, 2)));
    assert_eq!(matters(&records, at(9, 1)).len(), 3, "a minute is left");
    let ending = Matter::HoldEnding {
        hold: crate::id::HoldId::new(9),
        room: crate::fixture::room_id("h2"),
    };
    assert_eq!(
        matters(&records, at(9, 1) + SignedDuration::from_secs(1)).last(),
        Some(&ending)
    );
}

#[test]
fn an_expired_hold_keeps_nothing_though_nothing_is_written() {
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = Slot::plan(&ashiatsu(), &[], &h1, therapist_id("ann"), cell(DAY, 12, 0));
    let records = Records::small(DAY).with(hold(5, Some(2), slot.expect("fits"), at(12, 5)));
    let clinic = records.clinic();
    let halifax = clinic.site(site_id("halifax")).expect("it is there");
    let seen = |now| {
        let query = Query {
            client: Some(ClientId::new(2)),
            room: Some(room_id("h1")),
            therapist: Some(therapist_id("ann")),
            until: cell(DAY, 12, 5).plus_cells(1),
            ..Query::of_wish(
                &wish(&ashiatsu(), "halifax", cell(DAY, 12, 0)),
                Purpose::Book,
                None,
            )
        };
        let wish = Wish {
            client: Some(ClientId::new(2)),
            ..wish(&ashiatsu(), "halifax", cell(DAY, 12, 5))
        };
        let free = free(&clinic, &FreeQuery::default(), now).expect("sites exist");
        let offered = search(&clinic, &query, now).expect("a sound query");
        let explained = explain(&clinic, &wish, Purpose::Book, None, now).expect("known");
        let ending = attention(&clinic, halifax, now)
            .iter()
            .any(|item| matches!(item.matter, Matter::HoldEnding { .. }));
        (
            board(&clinic, halifax, now)[0].state,
            free.rooms.iter().any(|free| free.room == h1.id),
            offered.proposals.len(),
            explained.is_available(),
            ending,
        )
    };
    let by = Occupant::Hold(crate::id::HoldId::new(5));
    let last = at(12, 5) - SignedDuration::from_nanos(1);
    assert_eq!(seen(last), (RoomState::Held(by), false, 0, false, true));
    assert_eq!(seen(at(12, 5)), (RoomState::Vacant, true, 1, true, false));
}

#[test]
fn what_becomes_late_is_told_once() {
    let over = Records::small(DAY).with(noon(in_session())).clinic();
    let tidying = Records::small(DAY)
        .with(noon(completed()))
        .with(turnover())
        .clinic();
    let second = SignedDuration::from_secs(1);
    let told = |clinic: &Clinic, times: &[Timestamp]| {
        let pairs = times.windows(2);
        pairs
            .map(|pair| became_late(clinic, pair[0], pair[1]).len())
            .collect::<Vec<_>>()
    };
    // A session is over time from its end on.
    let (end, due) = (at(13, 0), at(13, 15));
    let times = [at(12, 0), end - second, end, end + second, at(14, 0)];
    assert_eq!(told(&over, &times), [0, 1, 0, 0]);
    let [late] = became_late(&over, at(12, 0), at(14, 0))[..] else {
        panic!("one session is over");
    };
    assert_eq!(late.since, end);
    assert!(matches!(late.matter, Matter::Over { .. }));
    // A turnover is late from its time on.
    let times = [at(13, 0), due, due + second, due + second, at(14, 0)];
    assert_eq!(told(&tidying, &times), [0, 1, 0, 0]);
    let [late] = became_late(&tidying, at(12, 0), at(14, 0))[..] else {
        panic!("one turnover is late");
    };
    assert_eq!((late.site, late.since), (site_id("halifax"), due));
    assert!(matches!(late.matter, Matter::TurnoverLate { .. }));
}
