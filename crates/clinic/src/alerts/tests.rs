use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::{Alert, AlertMatter, Expiry, alerts};
use crate::attention::{Matter, attention};
use crate::clinic::Clinic;
use crate::fixture::{
    BAR_ROOM, appointment, ashiatsu, ashiatsu_certificate, cell, certified, local, massage, room,
    room_id, site, site_id, therapist_id,
};
use crate::id::{AppointmentId, StockItemId};
use crate::model::{
    Appointment, Equipment, Inspection, Record, Registration, Room, Service, Site, Slot, State,
    StockItem, StockKind, Therapist, Turnover,
};

const TODAY: Date = date(2026, 11, 23);

fn bars(slug: &str, inspection: Option<Inspection>) -> Record {
    Room {
        inspection,
        ..room(slug, "halifax", &BAR_ROOM)
    }
    .into()
}

/// Good through the day before this date.
fn until(date: Date) -> Inspection {
    let passed = date.saturating_sub(1.year());
    Inspection { passed, months: 12 }
}

fn expiring(slug: &str, on: Date) -> Record {
    let mut therapist: Therapist = certified(slug, &["halifax", "dartmouth"]);
    therapist.credentials[0].expires = Some(on);
    therapist.into()
}

fn certificate(who: &str, last: Date, beyond: u32) -> AlertMatter {
    AlertMatter::Credential {
        therapist: therapist_id(who),
        kind: ashiatsu_certificate(),
        expiry: Expiry {
            last,
            expired: last < TODAY,
            beyond,
        },
    }
}

fn lotion(site: &str, level: u32, retired: bool) -> Record {
    StockItem {
        site: site_id(site),
        item: StockItemId::parse("lotion").unwrap(),
        name: "Lotion".to_owned(),
        unit: "ml".to_owned(),
        kind: StockKind::Consumable,
        par: 10,
        level,
        retired,
    }
    .into()
}

fn all(records: Vec<Record>) -> Vec<Alert> {
    let sites = [site("halifax"), site("dartmouth")];
    let places = sites.iter().cloned().map(Record::from);
    let records = places.chain(records).map(|record| (record, 1));
    let clinic = Clinic::from_records(records, 1);
    alerts(&clinic, &sites, local(TODAY, 12, 0))
}

fn matters(records: Vec<Record>) -> Vec<AlertMatter> {
    all(records).into_iter().map(|alert| alert.matter).collect()
}

#[test]
fn inspections_are_warned_of_thirty_days_ahead_and_credentials_sixty() {
    let (near, far) = (date(2026, 12, 23), date(2026, 12, 24));
    let (soon, later) = (date(2027, 1, 22), date(2027, 1, 23));
    let found = matters(vec![
        bars("h1", Some(until(near))),
        bars("h2", Some(until(far))),
        bars("h3", None),
        room("h4", "halifax", &[Equipment::Table]).into(),
        expiring("ann", soon),
        expiring("bea", later),
    ]);
    let inspection = |slug, lapses| AlertMatter::Inspection {
        room: room_id(slug),
        lapses,
    };
    assert_eq!(
        found,
        [
            inspection("h3", None),
            inspection("h1", Some(near)),
            certificate("ann", soon, 0),
        ],
        "of two sites' therapist there is one warning"
    );
}

#[test]
fn what_has_expired_comes_before_inspections_with_what_lies_beyond() {
    let yesterday = date(2026, 11, 22);
    let mut bea: Therapist = certified("bea", &["dartmouth", "halifax"]);
    bea.registration = Some(Registration {
        association: "Association".to_owned(),
        number: "7".to_owned(),
        expires: Some(date(2026, 11, 25)),
    });
    let planned = |number, service: &Service, who: &str, day, hour| -> Record {
        let room = room("h1", "halifax", &BAR_ROOM);
        let start = cell(day, hour, 0);
        let slot = Slot::plan(service, &[], &room, therapist_id(who), start).unwrap();
        appointment(number, 2, slot).into()
    };
    let cancelled = {
        let room = room("h1", "halifax", &BAR_ROOM);
        let start = cell(date(2026, 12, 2), 10, 0);
        let slot = Slot::plan(&ashiatsu(), &[], &room, therapist_id("ann"), start).unwrap();
        let at = local(TODAY, 9, 0);
        Appointment {
            state: State::NoShow { at },
            ..appointment(9, 2, slot)
        }
    };
    let found = matters(vec![
        ashiatsu().into(),
        massage().into(),
        bars("h1", Some(until(date(2026, 11, 1)))),
        expiring("ann", yesterday),
        bea.into(),
        planned(1, &ashiatsu(), "ann", yesterday, 20),
        planned(2, &ashiatsu(), "ann", TODAY, 15),
        planned(3, &massage(), "ann", TODAY, 18),
        cancelled.into(),
        // The last hour of bea's last day, and the next one.
        planned(4, &massage(), "bea", date(2026, 11, 25), 23),
        planned(5, &massage(), "bea", date(2026, 11, 26), 0),
    ]);
    let registration = AlertMatter::Registration {
        therapist: therapist_id("bea"),
        expiry: Expiry {
            last: date(2026, 11, 25),
            expired: false,
            beyond: 1,
        },
    };
    let inspection = AlertMatter::Inspection {
        room: room_id("h1"),
        lapses: Some(date(2026, 11, 1)),
    };
    let expired = certificate("ann", yesterday, 1);
    assert_eq!(found, [expired, inspection, registration]);
}

#[test]
fn what_lies_beyond_is_counted_at_the_sites_asked_about() {
    let soon = date(2026, 12, 1);
    let planned = |number, room: &str, at: &str, hour| -> Record {
        let room = self::room(room, at, &BAR_ROOM);
        let start = cell(date(2026, 12, 2), hour, 0);
        let slot = Slot::plan(&ashiatsu(), &[], &room, therapist_id("ann"), start).unwrap();
        appointment(number, 2, slot).into()
    };
    let (halifax, dartmouth) = (site("halifax"), site("dartmouth"));
    let records = vec![
        halifax.clone().into(),
        dartmouth.clone().into(),
        ashiatsu().into(),
        expiring("ann", soon),
        planned(1, "h1", "halifax", 10),
        planned(2, "d1", "dartmouth", 14),
        planned(3, "d1", "dartmouth", 18),
    ];
    let records = records.into_iter().map(|record| (record, 1));
    let clinic = Clinic::from_records(records, 1);
    let beyond = |sites: &[&Site]| {
        let told = alerts(&clinic, sites.iter().copied(), local(TODAY, 12, 0));
        told.into_iter().map(|it| it.matter).collect::<Vec<_>>()
    };
    assert_eq!(beyond(&[&halifax]), [certificate("ann", soon, 1)]);
    assert_eq!(beyond(&[&dartmouth]), [certificate("ann", soon, 2)]);
    assert_eq!(
        beyond(&[&halifax, &dartmouth]),
        [certificate("ann", soon, 3)]
    );
}

#[test]
fn stock_is_low_below_its_par_and_at_each_site_by_itself() {
    let low = |level| AlertMatter::StockLow {
        item: StockItemId::parse("lotion").unwrap(),
        level,
        par: 10,
    };
    assert_eq!(matters(vec![lotion("halifax", 10, false)]), []);
    assert_eq!(matters(vec![lotion("halifax", 9, true)]), []);
    let both = vec![lotion("halifax", 9, false), lotion("dartmouth", 9, false)];
    assert_eq!(matters(both), [low(9), low(9)]);
}

#[test]
fn a_turnover_is_late_from_its_due_time_on() {
    let turnover = |minute| Turnover {
        room: room_id("h1"),
        site: site_id("halifax"),
        appointment: AppointmentId::new(7),
        since: local(TODAY, 11, 0),
        due: local(TODAY, 11, minute),
        items: Vec::new(),
    };
    let late = matters(vec![turnover(59).into()]);
    let due = local(TODAY, 11, 59);
    assert_eq!(
        late,
        [AlertMatter::TurnoverLate {
            room: room_id("h1"),
            appointment: AppointmentId::new(7),
            due
        }]
    );
    let on_time = Turnover {
        due: local(TODAY, 12, 0),
        ..turnover(0)
    };
    assert_eq!(matters(vec![on_time.into()]), []);
}

#[test]
fn the_board_tells_the_most_urgent_of_a_site_once() {
    let site = site("halifax");
    let near = date(2026, 12, 1);
    let records = vec![
        site.clone().into(),
        bars("h1", Some(until(near))),
        expiring("ann", near),
        lotion("halifax", 9, false),
        lotion("dartmouth", 9, false),
    ];
    let records = records.into_iter().map(|record| (record, 1));
    let clinic = Clinic::from_records(records, 1);
    let told = attention(&clinic, &site, local(TODAY, 12, 0));
    let matters: Vec<_> = told.iter().map(|item| item.matter).collect();
    let first = AlertMatter::Inspection {
        room: room_id("h1"),
        lapses: Some(near),
    };
    assert_eq!(matters, [Matter::Upkeep { first, count: 3 }]);
}
