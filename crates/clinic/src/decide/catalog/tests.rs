use jiff::civil::{Weekday, date, time};

use crate::command::{Catalog, Command, Put, RecordInspection};
use crate::decide::desk::{Desk, catalog, limited_to, wish, with};
use crate::fixture::{
    BAR_ROOM, ashiatsu, certified, minutes, room, room_id, site, site_id, therapist,
};
use crate::model::{
    Closure, Effect, EquipmentSet, Extension, Inspection, Opening, Policy, RecordId, Role, Room,
    RuleSet, Service, Site, Therapist, TravelGap, Window,
};
use crate::refusal::Refusal;

mod rule_sets;
mod sites;

fn put<T>(resource: T) -> Put<T> {
    Put {
        resource,
        etag: None,
    }
}

/// The fields that are refused, in order.
#[track_caller]
fn fields(refusal: Refusal) -> Vec<String> {
    match refusal {
        Refusal::Invalid(violations) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_site_is_well_formed() {
    let (mut desk, _) = Desk::open();
    let hours = |openings: &[(i8, i8, i8, i8)]| {
        let mut wrong = site("halifax");
        let openings = openings.iter().map(|&(h, m, until_h, until_m)| Opening {
            opens: time(h, m, 0, 0),
            closes: time(until_h, until_m, 0, 0),
        });
        wrong.hours.set(Weekday::Tuesday, openings.collect());
        wrong
    };
    let closed = Closure {
        first: date(2026, 12, 26),
        last: date(2026, 12, 25),
        reason: String::new(),
    };
    let cases: [(Site, &[&str]); 8] = [
        (
            Site {
                address: "x".repeat(201),
                ..site("halifax")
            },
            &["address"],
        ),
        (
            Site {
                name: String::new(),
                ..site("halifax")
            },
            &["name"],
        ),
        (hours(&[(12, 0, 11, 0)]), &["hours.tuesday[0].closes"]),
        (hours(&[(12, 0, 12, 0)]), &["hours.tuesday[0].closes"]),
        (hours(&[(9, 1, 12, 0)]), &["hours.tuesday[0].opens"]),
        (hours(&[(9, 0, 12, 0), (11, 55, 18, 0)]), &["hours.tuesday"]),
        (hours(&[(9, 0, 0, 0), (13, 0, 18, 0)]), &["hours.tuesday"]),
        (
            Site {
                closures: vec![closed],
                ..site("halifax")
            },
            &["closures[0].last"],
        ),
    ];
    for (wrong, expected) in cases {
        let refusal = desk.refused(&Command::PutSite(put(wrong)));
        assert_eq!(fields(refusal), expected);
    }
    desk.done(&Command::PutSite(put(hours(&[
        (9, 0, 12, 0),
        (12, 0, 0, 0),
    ]))));
}

#[test]
fn a_service_is_well_formed() {
    let (mut desk, _) = Desk::open();
    let cases: [(Service, &[&str]); 6] = [
        (
            Service {
                minutes: minutes(0),
                ..ashiatsu()
            },
            &["minutes"],
        ),
        (
            Service {
                accepts: vec![],
                ..ashiatsu()
            },
            &["accepts"],
        ),
        (
            Service {
                accepts: vec![EquipmentSet::EMPTY],
                ..ashiatsu()
            },
            &["accepts"],
        ),
        (
            Service {
                turnover: minutes(245),
                ..ashiatsu()
            },
            &["turnover"],
        ),
        (
            Service {
                price_cents: 10_000_001,
                ..ashiatsu()
            },
            &["price_cents"],
        ),
        (
            Service {
                credentials: ashiatsu().credentials.repeat(2),
                ..ashiatsu()
            },
            &["credentials"],
        ),
    ];
    for (wrong, expected) in cases {
        let refusal = desk.refused(&Command::PutService(put(wrong)));
        assert_eq!(fields(refusal), expected);
    }
    let endless = Service {
        extensions: vec![Extension {
            id: "more".parse().unwrap(),
            name: "More".to_owned(),
            minutes: minutes(425),
            price_cents: 0,
        }],
        ..ashiatsu()
    };
    let refusal = desk.refused(&Command::PutService(put(endless)));
    assert_eq!(fields(refusal), ["extensions"]);
    let rule_set = "gentle".parse().unwrap();
    let unknown = Service {
        rule_set,
        ..ashiatsu()
    };
    let what = RecordId::RuleSet(rule_set);
    let refusal = desk.refused(&Command::PutService(put(unknown)));
    assert_eq!(refusal, Refusal::NotFound { what });
}

#[test]
fn a_policy_is_well_formed() {
    let (mut desk, _) = Desk::open();
    let gap = |a: &str, b: &str| TravelGap {
        a: site_id(a),
        b: site_id(b),
        minutes: minutes(20),
    };
    let twice = vec![gap("halifax", "dartmouth"), gap("dartmouth", "halifax")];
    let cases: [(Policy, &[&str]); 5] = [
        (
            Policy {
                grid: minutes(25),
                ..Policy::default()
            },
            &["grid"],
        ),
        (
            Policy {
                hold_minutes: 0,
                ..Policy::default()
            },
            &["hold_minutes"],
        ),
        (
            Policy {
                horizon_days: 1_001,
                ..Policy::default()
            },
            &["horizon_days"],
        ),
        (
            Policy {
                travel_between: twice,
                ..Policy::default()
            },
            &["travel_between"],
        ),
        (
            Policy {
                travel_between: vec![gap("halifax", "halifax")],
                ..Policy::default()
            },
            &["travel_between[0].b"],
        ),
    ];
    for (wrong, expected) in cases {
        let refusal = desk.refused(&Command::PutPolicy(put(wrong)));
        assert_eq!(fields(refusal), expected);
    }
    let unknown = Policy {
        travel_between: vec![gap("halifax", "truro")],
        ..Policy::default()
    };
    assert_eq!(
        desk.refused(&Command::PutPolicy(put(unknown))).reason(),
        "NOT_FOUND"
    );
}

#[test]
fn a_room_stays_at_its_site() {
    let (mut desk, _) = Desk::open();
    let moved = Room {
        site: site_id("dartmouth"),
        ..room("h1", "halifax", &BAR_ROOM)
    };
    assert_eq!(
        desk.refused(&Command::PutRoom(put(moved))),
        Refusal::RoomOfAnotherSite {
            room: room_id("h1"),
            site: site_id("halifax")
        }
    );
    let nowhere = room("t1", "truro", &BAR_ROOM);
    assert_eq!(
        desk.refused(&Command::PutRoom(put(nowhere))).reason(),
        "NOT_FOUND"
    );
}

#[test]
fn a_lapsed_inspection_flags_barefoot_work() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let inspected = |months| {
        Command::RecordInspection(RecordInspection {
            room: room_id("h1"),
            date: date(2026, 5, 23),
            inspector: "Rigging Ltd".to_owned(),
            passed: Some(months),
            note: String::new(),
        })
    };
    // Good for six months: not any more on 23 November itself.
    desk.done(&inspected(6));
    assert_eq!(desk.flags(id), ["BARS_UNSOUND"]);
    desk.done(&inspected(7));
    assert_eq!(desk.flags(id), [""; 0]);
}

#[test]
fn only_the_log_of_inspections_gives_a_room_another_one() {
    let (mut desk, _) = Desk::open();
    let h1 = || room("h1", "halifax", &BAR_ROOM);
    let own = h1().inspection;
    let renamed = |inspection| Room {
        name: "By the window".to_owned(),
        inspection,
        ..h1()
    };
    let inspection = |desk: &Desk| desk.clinic.room(room_id("h1")).unwrap().inspection;
    desk.done(&Command::PutRoom(put(renamed(None))));
    assert_eq!(inspection(&desk), own, "whoever names none leaves it");
    assert_eq!(desk.done(&Command::PutRoom(put(renamed(own)))).changes, []);
    let other = Some(Inspection {
        passed: date(2026, 11, 1),
        months: 12,
    });
    let refused = desk.refused(&Command::PutRoom(put(renamed(other))));
    assert_eq!(fields(refused), ["inspection"]);
    let again = Command::ImportCatalog(Box::new(Catalog {
        rooms: vec![renamed(other)],
        ..Catalog::default()
    }));
    assert_eq!(fields(desk.refused(&again)), ["inspection"]);
    // What is known of a room that is new comes with it.
    let new = Room {
        inspection: other,
        ..room("h9", "halifax", &BAR_ROOM)
    };
    desk.done(&Command::PutRoom(put(new)));
    assert_eq!(desk.clinic.room(room_id("h9")).unwrap().inspection, other);
}

#[test]
fn a_rule_sets_version_rises_with_its_rules() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("ashiatsu-60", 10, 0));
    let version = |desk: &Desk| {
        desk.clinic
            .rule_set("barefoot".parse().unwrap())
            .unwrap()
            .version
    };
    let same = RuleSet {
        version: 9,
        ..RuleSet::barefoot()
    };
    assert_eq!(desk.done(&Command::PutRuleSet(put(same))).changes, []);
    assert_eq!(version(&desk), 1);
    let mut stricter = RuleSet::barefoot();
    stricter.rules.push(crate::model::Rule {
        condition: "gout".parse().unwrap(),
        question: "Do you have gout?".to_owned(),
        effect: Effect::Exclude(Window::WhilePresent),
    });
    desk.done(&Command::PutRuleSet(put(stricter.clone())));
    assert_eq!(version(&desk), 2);
    assert_eq!(desk.flags(id), ["SCREENING_INCOMPLETE"]);
    stricter.rules.push(stricter.rules[0].clone());
    assert_eq!(
        fields(desk.refused(&Command::PutRuleSet(put(stricter)))),
        ["rules"]
    );
}

#[test]
fn a_credential_that_ends_flags_later_work() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let valid_until = |day| {
        let mut ann = certified("ann", &["halifax"]);
        ann.credentials[0].expires = Some(day);
        Command::PutTherapist(put(ann))
    };
    desk.done(&valid_until(date(2026, 11, 22)));
    assert_eq!(desk.flags(id), ["NO_CREDENTIAL"]);
    desk.done(&valid_until(date(2026, 11, 23)));
    assert_eq!(desk.flags(id), [""; 0]);
}

#[test]
fn a_limited_manager_keeps_to_their_site() {
    let (mut desk, _) = Desk::open();
    desk.act_as(limited_to(2, Role::Manager, "halifax"));
    let dartmouth = Refusal::SiteNotAllowed {
        site: site_id("dartmouth"),
    };
    let cases = [
        Command::PutSite(put(site("dartmouth"))),
        Command::PutRoom(put(room("d2", "dartmouth", &BAR_ROOM))),
        Command::PutTherapist(put(therapist("dan", &["dartmouth"]))),
        // Neither sent there nor taken from there.
        Command::PutTherapist(put(therapist("cas", &["halifax", "dartmouth"]))),
        Command::PutTherapist(put(certified("bea", &["halifax"]))),
        // What every site goes by.
        Command::PutRuleSet(put(RuleSet::barefoot())),
        Command::PutService(put(desk.clinic.services().next().unwrap().as_ref().clone())),
        Command::PutPolicy(put(desk.clinic.policy().clone())),
        Command::ImportCatalog(Box::new(Catalog {
            rule_sets: vec![RuleSet::general()],
            ..Catalog::default()
        })),
    ];
    for command in cases {
        assert_eq!(desk.refused(&command), dartmouth);
    }
    let renamed = Therapist {
        name: "Beatrice".to_owned(),
        ..certified("bea", &["halifax", "dartmouth"])
    };
    desk.done(&Command::PutTherapist(put(renamed)));
}

#[test]
fn an_import_is_all_or_nothing() {
    let (mut desk, _) = Desk::open();
    let same = Command::ImportCatalog(Box::new(catalog()));
    assert_eq!(
        desk.done(&same).changes,
        [],
        "importing twice changes nothing"
    );

    let truro = Catalog {
        sites: vec![site("truro")],
        rooms: vec![room("t1", "truro", &BAR_ROOM)],
        ..Catalog::default()
    };
    let with_stranger = Catalog {
        therapists: vec![therapist("dan", &["amherst"])],
        ..truro.clone()
    };
    let refusal = desk.refused(&Command::ImportCatalog(Box::new(with_stranger)));
    let what = RecordId::Site(site_id("amherst"));
    assert_eq!(refusal, Refusal::NotFound { what });
    let twice = Catalog {
        rooms: [truro.rooms.clone(), truro.rooms.clone()].concat(),
        ..truro.clone()
    };
    let refusal = desk.refused(&Command::ImportCatalog(Box::new(twice)));
    assert_eq!(fields(refusal), ["rooms"]);
    let mut nameless = truro.clone();
    nameless.rooms[0].name.clear();
    let refusal = desk.refused(&Command::ImportCatalog(Box::new(nameless)));
    assert_eq!(fields(refusal), ["rooms[0].name"]);
    desk.done(&Command::ImportCatalog(Box::new(truro)));
    assert!(desk.clinic.room(room_id("t1")).is_some());
}

#[test]
fn creating_and_replacing_can_be_told_apart() {
    let (mut desk, _) = Desk::open();
    let what = RecordId::Room(room_id("h1"));
    let put = |etag| {
        Command::PutRoom(Put {
            resource: Room {
                turnover: minutes(20),
                ..room("h1", "halifax", &BAR_ROOM)
            },
            etag: Some(etag),
        })
    };
    assert_eq!(desk.refused(&put(0)), Refusal::AlreadyExists { what });
    let found = desk.clinic.revision_of(&what).unwrap();
    let expected = found + 1;
    assert_eq!(
        desk.refused(&put(expected)),
        Refusal::Stale {
            what,
            expected,
            found
        }
    );
    desk.done(&put(found));
}

#[test]
fn a_guide_is_well_formed() {
    use crate::model::{Guide, Lasting};

    type Change = fn(&mut Guide);
    let (mut desk, _) = Desk::open();
    let cases: [(Change, &str); 8] = [
        (|g| g.pressure[4].clear(), "guide.pressure[4].word"),
        (|g| g.areas.push(g.areas[0].clone()), "guide.areas"),
        (|g| g.zones[0].reflex.clear(), "guide.zones[0].reflex"),
        (|g| g.advice.push(g.advice[0].clone()), "guide.advice"),
        (|g| g.advice[0].items.clear(), "guide.advice[0].items"),
        // A restriction that says no time, and a time that nobody says.
        (
            |g| g.advice[0].items[4].text = "No heavy lifting.".to_owned(),
            "guide.advice[0].items[4].text",
        ),
        (
            |g| g.advice[0].items[0].text = "Water until {until}.".to_owned(),
            "guide.advice[0].items[0].text",
        ),
        (
            |g| g.advice[0].items[4].lasting = Lasting::Hours(145),
            "guide.advice[0].items[4].hours",
        ),
    ];
    for (change, field) in cases {
        let mut policy = Policy::default();
        change(&mut policy.guide);
        assert_eq!(
            fields(desk.refused(&Command::PutPolicy(put(policy)))),
            [field]
        );
    }
}

#[test]
fn the_first_policy_takes_no_other_ones_place() {
    let (mut desk, _) = Desk::open();
    let read_before_any = |hold_minutes| {
        Command::PutPolicy(Put {
            resource: Policy {
                hold_minutes,
                ..Policy::default()
            },
            etag: Some(0),
        })
    };
    desk.done(&read_before_any(7));
    assert_eq!(desk.refused(&read_before_any(9)).reason(), "STALE");
    assert_eq!(desk.clinic.policy().hold_minutes, 7);
}
