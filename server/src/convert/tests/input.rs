//! What is refused on the way in, and where it is said to be.

use prost_types::{FieldMask, Timestamp};

use super::*;

fn at(seconds: i64, nanos: i32) -> Timestamp {
    Timestamp { seconds, nanos }
}

/// 2026-10-14T18:00:00Z, on the grid.
const START: i64 = 1_791_828_000;

fn booking() -> v1::Appointment {
    v1::Appointment {
        client_id: "cli-10".to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: Some(at(START, 0)),
        ..v1::Appointment::default()
    }
}

#[test]
fn a_booking_is_refused_for_each_wrong_field() {
    type Change = fn(&mut v1::Appointment);
    let table: [(&str, Change); 12] = [
        ("client_id", |it| it.client_id.clear()),
        ("client_id", |it| it.client_id = "apt-10".to_owned()),
        ("client_id", |it| it.client_id = "cli-010".to_owned()),
        ("service_id", |it| it.service_id = "Ashiatsu 60".to_owned()),
        ("site_id", |it| it.site_id.clear()),
        ("room_id", |it| it.room_id = "x".repeat(25)),
        ("therapist_id", |it| it.therapist_id = "-chen".to_owned()),
        ("start", |it| it.start = None),
        ("start", |it| it.start = Some(at(START + 60, 0))),
        ("start", |it| it.start = Some(at(START, 1))),
        ("start", |it| it.start = Some(at(-300, 0))),
        ("extension_ids[1]", |it| {
            it.extension_ids = vec!["calf".to_owned(); 2];
        }),
    ];
    assert!(wrong(|f| hold::read_booking(&booking(), f)).is_empty());
    for (field, change) in table {
        let mut appointment = booking();
        change(&mut appointment);
        assert_eq!(wrong(|f| hold::read_booking(&appointment, f)), [field]);
    }
    let nothing = v1::Appointment::default();
    let all = ["client_id", "service_id", "site_id", "start"];
    assert_eq!(wrong(|f| hold::read_booking(&nothing, f)), all);
}

#[test]
fn instants_outside_the_calendar_are_refused() {
    for wrong_one in [
        at(i64::MAX, 0),
        at(0, -1),
        at(0, 1_000_000_000),
        at(7_258_118_400 + 300, 0),
    ] {
        let found = wrong(|f| f.cell("start", Some(&wrong_one)));
        assert_eq!(found, ["start"], "{wrong_one:?}");
    }
}

#[test]
fn dates_have_to_be_of_the_calendar() {
    let good = [
        date(2026, 10, 14),
        date(2028, 2, 29),
        date(1900, 1, 1),
        date(2200, 12, 31),
    ];
    for date in good {
        assert!(wrong(|f| f.date("born", Some(&date))).is_empty());
    }
    assert_eq!(wrong(|f| f.date("born", None)), ["born"]);
    let bad = [
        date(2026, 2, 29),
        date(2026, 13, 1),
        date(2026, 0, 1),
        date(2026, 4, 31),
        date(1899, 12, 31),
        date(2201, 1, 1),
        date(i32::MAX, 1, 1),
    ];
    for date in bad {
        assert_eq!(wrong(|f| f.date("born", Some(&date))), ["born"], "{date:?}");
    }
}

#[test]
fn text_has_its_bounds_and_no_control_characters() {
    let longest = "\u{e9}".repeat(80);
    assert_eq!(
        read(|f| f.text("name", &format!(" {longest} "), 1..=80)),
        Ok(longest.clone())
    );
    for bad in [
        String::new(),
        "  ".to_owned(),
        longest + "x",
        "a\u{1b}[31m".to_owned(),
    ] {
        assert_eq!(wrong(|f| f.text("name", &bad, 1..=80)), ["name"], "{bad:?}");
    }
    assert!(wrong(|f| f.note("note", "one\ntwo", 0..=80)).is_empty());
    assert_eq!(wrong(|f| f.text("name", "one\ntwo", 0..=80)), ["name"]);
}

fn answer(condition: &str, kind: v1::AnswerKind) -> v1::Answer {
    v1::Answer {
        condition_id: condition.to_owned(),
        kind: kind.into(),
        ..v1::Answer::default()
    }
}

#[test]
fn answers_are_yes_or_no_with_a_date_only_beside_a_yes() {
    use v1::event_time::Precision;
    let when = |precision| {
        Some(v1::EventTime {
            precision: Some(precision),
        })
    };
    let month = |year, month, day| Precision::Month(v1::LocalDate { year, month, day });
    let mut no_with_date = answer("fracture", v1::AnswerKind::No);
    no_with_date.when = when(month(2026, 3, 0));
    let mut day_in_month = answer("fracture", v1::AnswerKind::Yes);
    day_in_month.when = when(month(2026, 3, 4));
    let mut no_month = answer("fracture", v1::AnswerKind::Yes);
    no_month.when = when(month(2026, 13, 0));
    let mut unknown = answer("fracture", v1::AnswerKind::No);
    unknown.kind = 9;
    let unset = answer("fracture", v1::AnswerKind::Unspecified);
    let not_asked = answer("fracture", v1::AnswerKind::NotAsked);
    let yes = answer("fracture", v1::AnswerKind::Yes);
    let read_one = |answer: &v1::Answer, replace| {
        wrong(|f| declaration::read_answers(std::slice::from_ref(answer), replace, f))
    };
    assert!(
        read_one(&yes, false).is_empty(),
        "a yes without a date is the safe kind of doubt"
    );
    assert!(read_one(&not_asked, true).is_empty());
    assert_eq!(read_one(&not_asked, false), ["answers[0].kind"]);
    assert_eq!(read_one(&no_with_date, false), ["answers[0].when"]);
    assert_eq!(
        read_one(&day_in_month, false),
        ["answers[0].when.month.day"]
    );
    assert_eq!(read_one(&no_month, false), ["answers[0].when.month"]);
    assert_eq!(read_one(&unknown, false), ["answers[0].kind"]);
    assert_eq!(read_one(&unset, false), ["answers[0].kind"]);
    let twice = [yes.clone(), yes];
    assert_eq!(
        wrong(|f| declaration::read_answers(&twice, false, f)),
        ["answers[1].condition_id"]
    );
    assert_eq!(
        wrong(|f| declaration::read_answers(&[], false, f)),
        ["answers"]
    );
}

#[test]
fn masks_name_known_fields_and_not_ten_thousand() {
    let mask = |paths: &[&str]| FieldMask {
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
    };
    let update = v1::Client {
        id: "cli-10".to_owned(),
        phone: "902-555-0101".to_owned(),
        ..v1::Client::default()
    };
    let read_with = |mask: &FieldMask| wrong(|f| client::read_update(&update, Some(mask), None, f));
    assert!(
        read_with(&mask(&["phone"])).is_empty(),
        "the empty name is not asked about"
    );
    assert_eq!(
        read_with(&mask(&[])),
        ["client.name"],
        "an empty mask means all fields"
    );
    assert_eq!(
        read_with(&mask(&["phone", "initials"])),
        ["update_mask.paths[1]"]
    );
    assert_eq!(
        read_with(&mask(&vec!["name"; 10_000])),
        ["update_mask.paths"]
    );
}

#[test]
fn long_lists_are_refused_before_they_are_read() {
    let many = vec!["halifax".to_owned(); 10_000];
    assert_eq!(
        wrong(|f| f.ids::<treadwell_clinic::id::SiteId>("site_ids", &many, 200)),
        ["site_ids"]
    );
    let twice = vec!["halifax".to_owned(); 2];
    assert_eq!(
        wrong(|f| f.ids::<treadwell_clinic::id::SiteId>("site_ids", &twice, 200)),
        ["site_ids[1]"]
    );
}

#[test]
fn no_more_than_a_hundred_mistakes_are_noted() {
    let set = v1::RuleSet {
        id: "barefoot".to_owned(),
        rules: vec![v1::Rule::default(); 100],
        ..v1::RuleSet::default()
    };
    assert_eq!(wrong(|f| rule_set::read(&set, f)).len(), Violations::MAX);
}

#[test]
fn opening_hours_lie_within_a_day_and_apart() {
    let time = |hour, minute| Some(v1::TimeOfDay { hour, minute });
    let hours = |weekday: v1::Weekday, start, end| v1::OpeningHours {
        weekday: weekday.into(),
        hours: Some(v1::TimeRange { start, end }),
    };
    let monday = v1::Weekday::Monday;
    let good = [
        hours(monday, time(9, 0), time(12, 0)),
        hours(monday, time(12, 0), time(24, 0)),
    ];
    let with = |opening_hours: &[v1::OpeningHours]| {
        let site = v1::Site {
            opening_hours: opening_hours.to_vec(),
            ..site::show(&catalog().sites[0], 1)
        };
        wrong(|f| site::read(&site, f))
    };
    assert!(with(&good).is_empty());
    let overlap = [good[0], hours(monday, time(11, 55), time(13, 0))];
    assert_eq!(with(&overlap), ["opening_hours"]);
    let table = [
        (
            hours(monday, time(17, 0), time(9, 0)),
            "opening_hours[0].hours.end",
        ),
        (
            hours(monday, time(9, 0), time(9, 0)),
            "opening_hours[0].hours.end",
        ),
        (
            hours(monday, time(24, 0), time(24, 0)),
            "opening_hours[0].hours.start",
        ),
        (
            hours(monday, time(9, 1), time(10, 0)),
            "opening_hours[0].hours.start",
        ),
        (
            hours(monday, time(9, 0), time(24, 5)),
            "opening_hours[0].hours.end",
        ),
        (
            hours(monday, None, time(10, 0)),
            "opening_hours[0].hours.start",
        ),
        (
            hours(v1::Weekday::Unspecified, time(9, 0), time(10, 0)),
            "opening_hours[0].weekday",
        ),
    ];
    for (entry, field) in table {
        assert_eq!(with(&[entry]), [field]);
    }
}

#[test]
fn a_key_of_a_therapist_says_whose() {
    let key = v1::Key {
        name: "Rana Haddad".to_owned(),
        role: v1::Role::Therapist.into(),
        ..v1::Key::default()
    };
    assert_eq!(wrong(|f| key::read(&key, HASH, f)), ["therapist_id"]);
    let none = v1::Key::default();
    assert_eq!(wrong(|f| key::read(&none, HASH, f)), ["name", "role"]);
}
