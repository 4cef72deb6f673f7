use jiff::civil::date;

use super::*;
use crate::fixture::*;
use crate::id::OutageId;
use crate::model::{
    BarsFault, CredentialFault, Equipment, Inspection, OutageTarget, Room, Slot, When,
};
use crate::time::Interval;

const DAY: jiff::civil::Date = date(2027, 1, 4);

fn noon() -> Cell {
    cell(DAY, 12, 0)
}

/// Explains ashiatsu at a site of the records, at an hour of the day.
fn why(records: &Records, client: Option<u64>, hour: i8, minute: i8) -> Explanation {
    let clinic = records.clinic();
    let mut wish = wish(&ashiatsu(), "halifax", cell(DAY, hour, minute));
    wish.client = client.map(crate::id::ClientId::new);
    let explained = explain(&clinic, &wish, Purpose::Book, None, local(DAY, 8, 2));
    explained.expect("all ids exist")
}

/// The reasons, each with what clashes.
fn names(faults: &[Fault]) -> Vec<String> {
    let name = |fault: &Fault| match fault.clash() {
        Some(by) => format!("{} {by}", fault.reason()),
        None => fault.reason().to_owned(),
    };
    faults.iter().map(name).collect()
}

fn of_room(explained: &Explanation, slug: &str) -> Vec<Fault> {
    let found = explained.rooms.iter().find(|(id, _)| *id == room_id(slug));
    found.expect("a room of the site").1.clone()
}

fn of_therapist(explained: &Explanation, slug: &str) -> Vec<Fault> {
    let found = explained
        .therapists
        .iter()
        .find(|(id, _)| *id == therapist_id(slug));
    found.expect("a therapist of the site").1.clone()
}

#[test]
fn each_room_and_therapist_has_its_own_reasons() {
    let explained = why(&Records::small(DAY), None, 12, 0);
    assert!(explained.is_available());
    assert_eq!(of_room(&explained, "h1"), []);
    for plain in ["h3", "h5", "h6"] {
        let reasons = names(&of_room(&explained, plain));
        assert_eq!(reasons, ["ROOM_LACKS_EQUIPMENT"]);
    }
    let reasons = names(&of_therapist(&explained, "cas"));
    assert_eq!(reasons, ["NO_CREDENTIAL"]);
}

#[test]
fn each_clash_is_named() {
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = |who: &str, start| {
        Slot::plan(&ashiatsu(), &[], &h1, therapist_id(who), start).expect("fits")
    };
    let records = Records::small(DAY)
        .with(appointment(7, 2, slot("ann", noon())))
        .with(hold(
            9,
            None,
            slot("bea", cell(DAY, 14, 0)),
            local(DAY, 9, 0),
        ));
    let explained = why(&records, Some(2), 13, 5);
    assert_eq!(
        names(&of_room(&explained, "h1")),
        ["ROOM_TAKEN apt-7", "ROOM_TAKEN hold-9"]
    );
    assert_eq!(
        names(&of_therapist(&explained, "ann")),
        ["THERAPIST_TAKEN apt-7"]
    );
    // The hold begins when the session ends, before the reset does.
    assert_eq!(
        names(&of_therapist(&explained, "bea")),
        ["THERAPIST_TAKEN hold-9"]
    );
    assert_eq!(names(&explained.common), [] as [&str; 0]);
    let explained = why(&records, Some(2), 12, 55);
    assert_eq!(names(&explained.common), ["CLIENT_TAKEN apt-7"]);
}

#[test]
fn hours_shifts_and_time_itself() {
    let records = Records::small(DAY);
    let explained = why(&records, None, 20, 15);
    assert_eq!(names(&explained.common), ["SITE_CLOSED"]);
    assert_eq!(names(&of_therapist(&explained, "ann")), ["OFF_SHIFT"]);
    let explained = why(&records, None, 8, 0);
    assert_eq!(explained.time, None, "the present cell is not past");
    let explained = why(&records, None, 7, 55);
    assert_eq!(
        explained.time,
        Some(TimeFault::Past {
            earliest: cell(DAY, 8, 0)
        })
    );
    let explained = why(&records.with(policy(0)), None, 23, 55);
    assert_eq!(explained.time, None, "today is within a horizon of no days");
}

#[test]
fn beyond_the_horizon_is_too_far_ahead() {
    let clinic = Records::small(DAY).with(policy(3)).clinic();
    let fault = |day, hour, minute| {
        let wish = wish(&ashiatsu(), "halifax", cell(day, hour, minute));
        let explained = explain(&clinic, &wish, Purpose::Book, None, local(DAY, 23, 0));
        explained.expect("all ids exist").time
    };
    let horizon = cell(date(2027, 1, 8), 0, 0);
    assert_eq!(fault(date(2027, 1, 7), 23, 55), None);
    assert_eq!(
        fault(date(2027, 1, 8), 0, 0),
        Some(TimeFault::TooFarAhead { horizon })
    );
}

#[test]
fn rooms_out_and_bars_unsound() {
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let h2 = room("h2", "halifax", &BAR_ROOM);
    let lapsed = Room {
        inspection: Some(Inspection {
            passed: date(2026, 7, 4),
            months: 6,
        }),
        ..h2.clone()
    };
    let bars = |fault| Fault::BarsUnsound { room: h2.id, fault };
    let records = Records::small(DAY)
        .with(outage(
            1,
            &h1,
            OutageTarget::Room,
            cell(DAY, 13, 10),
            Some(cell(DAY, 17, 0)),
        ))
        .with(outage(2, &h2, OutageTarget::Bars, cell(DAY, 15, 0), None));
    let explained = why(&records, None, 12, 0);
    // The outage begins in the turnover.
    assert_eq!(
        of_room(&explained, "h1"),
        [Fault::RoomOut {
            room: h1.id,
            outage: OutageId::new(1),
            until: Some(cell(DAY, 17, 0)),
        }]
    );
    assert_eq!(of_room(&explained, "h2"), []);
    let explained = why(&records, None, 14, 5);
    assert_eq!(
        of_room(&explained, "h2"),
        [bars(BarsFault::Outage(OutageId::new(2)))]
    );
    let explained = why(&records, None, 14, 0);
    assert_eq!(
        of_room(&explained, "h2"),
        [],
        "bars are not needed in the turnover"
    );
    let explained = why(&records.with(lapsed), None, 12, 0);
    assert_eq!(
        of_room(&explained, "h2"),
        [bars(BarsFault::InspectionLapsed(DAY))]
    );
}

#[test]
fn a_credential_is_judged_on_the_day_of_the_session() {
    let mut ann = certified("ann", &["halifax"]);
    ann.credentials[0].expires = Some(date(2027, 1, 3));
    let explained = why(&Records::small(DAY).with(ann.clone()), None, 12, 0);
    let fault = CredentialFault::Expired(date(2027, 1, 3));
    let kind = ashiatsu_certificate();
    assert_eq!(
        of_therapist(&explained, "ann"),
        [Fault::Credential {
            therapist: ann.id,
            kind,
            fault
        }]
    );
    ann.credentials[0].expires = Some(DAY);
    let explained = why(&Records::small(DAY).with(ann), None, 12, 0);
    assert_eq!(of_therapist(&explained, "ann"), []);
}

#[test]
fn screening_is_named_by_its_outcome() {
    let fracture = Some(("fracture", When::Date(date(2026, 9, 1))));
    let records = Records::small(DAY).with(declaration(2, 2, local(DAY, 0, 0), fracture));
    let explained = why(&records, Some(2), 12, 0);
    assert_eq!(names(&explained.common), ["SCREENING_EXCLUDED_UNTIL"]);
    let explained = why(&records, Some(1), 12, 0);
    assert_eq!(names(&explained.common), ["SCREENING_INCOMPLETE"]);
    // A hold may be made while they are asked.
    let clinic = records.clinic();
    let mut wish = wish(&ashiatsu(), "halifax", noon());
    wish.client = Some(crate::id::ClientId::new(1));
    let explained = explain(&clinic, &wish, Purpose::Hold, None, local(DAY, 8, 0));
    assert!(explained.expect("all ids exist").is_available());
}

#[test]
fn travel_between_sites_is_named() {
    let d1 = room("d1", "dartmouth", &[Equipment::Table]);
    let there = Slot::plan(&massage(), &[], &d1, therapist_id("ann"), noon()).expect("fits");
    let records = Records::small(DAY)
        .with(site("dartmouth"))
        .with(d1)
        .with(certified("ann", &["halifax", "dartmouth"]))
        .with(appointment(7, 2, there));
    // At Dartmouth until 13:05, then half an hour.
    let explained = why(&records, None, 13, 30);
    assert_eq!(
        names(&of_therapist(&explained, "ann")),
        ["TRAVEL_GAP apt-7"]
    );
    let explained = why(&records, None, 13, 35);
    assert_eq!(of_therapist(&explained, "ann"), []);
    // Before: the session, the reset of 10 minutes and the way.
    let explained = why(&records, None, 10, 25);
    assert_eq!(of_therapist(&explained, "ann").len(), 1);
    let explained = why(&records, None, 10, 20);
    assert_eq!(of_therapist(&explained, "ann"), []);
}

#[test]
fn who_comes_nearest_names_the_refusal() {
    let all_day = Interval::new(cell(DAY, 9, 0), cell(DAY, 21, 0)).expect("12 hours");
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = Slot::plan(&ashiatsu(), &[], &h1, therapist_id("ann"), noon()).expect("fits");
    let records = Records::small(DAY)
        .with(appointment(7, 2, slot))
        .with(outage(
            1,
            &room("h2", "halifax", &BAR_ROOM),
            OutageTarget::Room,
            all_day.start(),
            None,
        ));
    let clinic = records.clinic();
    let wish = wish(&ashiatsu(), "halifax", noon());
    let none = availability::choose(&clinic, &wish, Purpose::Book, None).expect_err("all taken");
    // h1 is free again soon, h2 is not; bea is free and comes before cas, who never may.
    assert_eq!(none.nearest, Some((room_id("h1"), therapist_id("bea"))));
    assert_eq!(none.faults.len(), 1);
    assert_eq!(none.faults[0].reason(), "ROOM_TAKEN");
}

#[test]
fn unknown_ids_are_refused() {
    let clinic = Records::small(DAY).clinic();
    let mut wish = wish(&ashiatsu(), "halifax", noon());
    wish.room = Some(room_id("h9"));
    let refused = explain(&clinic, &wish, Purpose::Book, None, local(DAY, 8, 0));
    assert_eq!(refused.expect_err("no such room").reason(), "NOT_FOUND");
}
