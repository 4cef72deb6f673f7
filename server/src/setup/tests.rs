mod money;

use std::sync::Arc;

use jiff::civil::{Weekday, date};
use treadwell_clinic::model::{Equipment, EquipmentSet, Guide, Modality, RuleSet, Sites};
use treadwell_clinic::time::Zone;
use treadwell_journal::memory::Memory;

use super::*;
use crate::clock::{Clock, Injected};
use crate::engine::Options;
use crate::keyring::Keyring;
use crate::sample;

/// A small file that is right, to be made wrong.
const SMALL: &str = r#"[policy]
hold_minutes = 7

[[site]]
id = "pier"
name = "Pier"
time_zone = "America/Halifax"

[site.hours]
monday = ["09:00-12:00", "13:00-24:00"]

[[room]]
id = "p1"
site = "pier"
name = "P1"
equipment = ["table", "parallel-bars"]
inspected = 2026-03-02

[[rule_set]]
id = "barefoot"

[[rule_set.rule]]
condition = "fracture"
question = "Have you broken a bone? When?"
yes_means = "6 months"

[[service]]
id = "ashi"
name = "Ashiatsu"
modality = "barefoot"
minutes = 60
rooms = [["table", "parallel-bars"]]
rule_set = "barefoot"
price = "105.00"

[[therapist]]
id = "chen"
name = "Mei Chen"
sites = ["pier"]

[roster]
weeks = 2

[[roster.shift]]
therapist = "chen"
site = "pier"
days = ["monday"]
hours = "09:00-17:00"
breaks = ["12:00-12:30"]
"#;

#[test]
fn a_small_file_is_read_with_its_defaults() {
    let setup = load(SMALL).unwrap();
    let catalog = &setup.catalog;
    let policy = catalog.policy.as_ref().unwrap();
    assert_eq!((policy.hold_minutes, policy.holds_per_key), (7, 20));
    let service = &catalog.services[0];
    assert_eq!((service.turnover.get(), service.reset.get()), (15, 10));
    assert_eq!(service.price_cents, 10_500);
    assert!(catalog.rooms[0].equipment.has(Equipment::ParallelBars));
    assert_eq!(
        catalog.rooms[0].inspection.unwrap().lapses(),
        date(2027, 3, 2)
    );
    assert_eq!(catalog.sites[0].hours.on(Weekday::Monday).len(), 2);
    assert_eq!(setup.roster.patterns.len(), 1);
}

/// What is found wrong when `from` becomes `to`: lines and fields.
fn mistakes(from: &str, to: &str) -> Vec<(usize, String, String)> {
    assert_eq!(SMALL.matches(from).count(), 1, "{from}");
    let Mistakes(found) = load(&SMALL.replace(from, to)).unwrap_err();
    let parts = found.into_iter().map(|it| (it.line, it.field, it.expected));
    parts.collect()
}

/// What is changed into what, and where it is found wrong.
const WRONG: [(&str, &str, usize, &str, &str); 25] = [
    (
        "breaks = [\"12:00-12:30\"]\n",
        "\n[[roster.shift]]\ntherapist = \"chen\"\nsite = \"pier\"\ndays = [\"monday\"]\nhours = \"16:55-18:00\"\n",
        54,
        "roster.shift[1].hours",
        "shift[0]",
    ),
    (
        "hold_minutes = 7",
        "hold_minutes = 0",
        2,
        "policy.hold_minutes",
        "1 to 1440",
    ),
    (
        "hold_minutes = 7",
        "hold_minuts = 7",
        2,
        "policy.hold_minuts",
        "no such field",
    ),
    (
        "hold_minutes = 7",
        "hold_minutes = \"7\"",
        2,
        "policy.hold_minutes",
        "whole number",
    ),
    ("America/Halifax", "Halifax", 7, "site[0].time_zone", "IANA"),
    (
        "\"13:00-24:00\"",
        "\"11:00-24:00\"",
        10,
        "site[0].hours.monday",
        "overlap",
    ),
    (
        "\"13:00-24:00\"",
        "\"13:00-25:00\"",
        10,
        "site[0].hours.monday",
        "09:00-17:30",
    ),
    (
        "\"13:00-24:00\"",
        "\"13:02-14:00\"",
        10,
        "site[0].hours.monday",
        "5-minute grid",
    ),
    (
        "monday = [",
        "mondays = [",
        10,
        "site[0].hours.mondays",
        "monday",
    ),
    ("id = \"p1\"", "id = \"P 1\"", 13, "room[0].id", "a-z"),
    (
        "site = \"pier\"\nname",
        "site = \"quay\"\nname",
        14,
        "room[0].site",
        "there is no quay",
    ),
    (
        "[\"table\", \"parallel-bars\"]\nins",
        "[\"bars\"]\nins",
        16,
        "room[0].equipment",
        "rope",
    ),
    (
        "inspected = 2026-03-02",
        "inspected = \"soon\"",
        17,
        "room[0].inspected",
        "2026-10-14",
    ),
    (
        "inspected = 2026-03-02",
        "inspected = 2026-02-30",
        17,
        "",
        "invalid",
    ),
    (
        "\"6 months\"",
        "\"6 moons\"",
        25,
        "rule_set[0].rule[0].yes_means",
        "9 months",
    ),
    (
        "minutes = 60",
        "minutes = 61",
        31,
        "service[0].minutes",
        "multiple of 5",
    ),
    (
        "minutes = 60",
        "minutes = 1000",
        31,
        "service[0].minutes",
        "480",
    ),
    (
        "rule_set = \"barefoot\"",
        "rule_set = \"x\"",
        33,
        "service[0].rule_set",
        "no x",
    ),
    ("\"105.00\"", "105.00", 34, "service[0].price", "as text"),
    (
        "sites = [\"pier\"]",
        "sites = []",
        39,
        "therapist[0].sites",
        "list of 1",
    ),
    (
        "name = \"Mei Chen\"\n",
        "",
        36,
        "therapist[0].name",
        "is missing",
    ),
    (
        "therapist = \"chen\"",
        "therapist = \"xen\"",
        45,
        "roster.shift[0].therapist",
        "no xen",
    ),
    (
        "days = [\"monday\"]",
        "days = [\"mon\"]",
        47,
        "roster.shift[0].days",
        "\"monday\"",
    ),
    (
        "\"12:00-12:30\"",
        "\"08:00-09:30\"",
        49,
        "roster.shift[0].breaks",
        "within",
    ),
    ("[policy]", "[policies]", 1, "policies", "no such field"),
];

#[test]
fn a_mistake_is_named_by_line_field_and_what_was_expected() {
    for (from, to, line, field, expected) in WRONG {
        let found = mistakes(from, to);
        assert!(
            found.iter().any(|(at, name, text)| {
                *at == line && name == field && text.contains(expected)
            }),
            "{from} -> {to}: {found:?}"
        );
    }
}

#[test]
fn all_mistakes_are_found_at_once_and_in_order() {
    let wrong = SMALL
        .replace("hold_minutes = 7", "hold_minutes = 0")
        .replace("\"6 months\"", "\"6 moons\"")
        .replace("minutes = 60", "minutes = 61");
    let Mistakes(found) = load(&wrong).unwrap_err();
    let lines: Vec<_> = found.iter().map(|it| it.line).collect();
    assert_eq!(lines, [2, 25, 31]);
    let text = Mistakes(found).to_string();
    assert_eq!(text.lines().count(), 3);
    assert!(text.starts_with("line 2: policy.hold_minutes: "), "{text}");
}

#[test]
fn what_is_no_toml_is_said_with_its_line() {
    let found = load("[policy]\nhold_minutes = = 3\n").unwrap_err();
    assert_eq!(found.0[0].line, 2);
    assert!(load("").unwrap_err().to_string().contains("[policy]"));
}

#[test]
fn shifts_are_made_for_the_weeks_asked_for_and_not_on_closed_days() {
    let closed = "[[site.closure]]\nfirst = 2026-10-19\nreason = \"Inventory\"\n\n[[room]]";
    let setup = load(&SMALL.replace("[[room]]", closed)).unwrap();
    let zone = Zone::named("America/Halifax").unwrap();
    // A Wednesday: the two weeks hold the Mondays 19th and 26th.
    let now = zone.start_of(date(2026, 10, 14));
    let shifts = setup.roster.shifts(&setup.catalog.sites, now);
    let days: Vec<_> = shifts
        .iter()
        .map(|shift| zone.date(shift.time.start()))
        .collect();
    assert_eq!(days, [date(2026, 10, 26)]);
    assert_eq!(shifts[0].time.minutes(), 8 * 60);
    assert_eq!(shifts[0].breaks.len(), 1);
}

#[test]
fn the_sample_file_is_the_sample_clinic() {
    let setup = load(sample::CLINIC).unwrap();
    let catalog = &setup.catalog;
    assert_eq!((catalog.sites.len(), catalog.rooms.len()), (2, 10));
    assert_eq!((catalog.services.len(), catalog.therapists.len()), (8, 8));
    // The published exclusions are version 1 of the rules, word for word those of the clinic.
    assert_eq!(catalog.rule_sets, [RuleSet::barefoot(), RuleSet::general()]);
    // And so is what therapists note by, and what clients are told.
    let policy = catalog.policy.as_ref().unwrap();
    assert_eq!(policy.guide, Guide::default());
    let bars = catalog.rooms.iter().filter(|room| room.has_bars());
    assert_eq!(
        bars.map(|room| room.id.to_string()).collect::<Vec<_>>(),
        ["h1", "h2", "h4", "d1", "d2"]
    );
    let certified = catalog
        .therapists
        .iter()
        .filter(|it| it.credential("ashiatsu".parse().unwrap()).is_some());
    assert_eq!(certified.clone().count(), 5);
    assert_eq!(certified.filter(|it| it.sites.len() == 2).count(), 2);
}

#[test]
fn the_samples_services_ask_for_rooms_and_hygiene_as_the_clinic_does() {
    let catalog = load(sample::CLINIC).unwrap().catalog;
    let room = [
        "stool-towels",
        "floor-mats",
        "table-linen",
        "lotion-pumps",
        "sockettes",
    ];
    let foot = ["towel", "footrest", "room"];
    let table = EquipmentSet::of([Equipment::Table]);
    let bars = EquipmentSet::of([Equipment::Table, Equipment::ParallelBars]);
    let chair = EquipmentSet::of([Equipment::FootChair]);
    for service in &catalog.services {
        let (items, reset, accepts) = match service.modality {
            Modality::Foot => (&foot[..], 5, vec![chair, table]),
            Modality::HandsOn => (&room[..], 5, vec![table]),
            _ => (&room[..], 10, vec![bars]),
        };
        let asked: Vec<_> = service.checklist.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(asked, items, "{}", service.id);
        let minutes = (service.turnover.get(), service.reset.get());
        assert_eq!(minutes, (15, reset), "{}", service.id);
        assert_eq!(service.accepts, accepts, "{}", service.id);
    }
}

fn keys() -> Arc<Keyring> {
    Arc::new(Keyring::in_memory().unwrap())
}

#[tokio::test]
async fn what_is_exported_is_what_was_loaded() {
    // A guide of which a clinic has emptied what can be empty.
    let empty = format!("{SMALL}\n[guide]\ntechniques = []\nfoot = \"\"\nadvice = []\n");
    for text in [SMALL, sample::CLINIC, &empty] {
        let mut setup = load(text).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Injected::standing(sample::begins()));
        let engine = Engine::open(Arc::new(Memory::new()), keys(), clock, Options::default())
            .await
            .unwrap();
        import(&engine, &Actor::system(), setup.clone())
            .await
            .unwrap();
        let exported = export(&engine.snapshot().clinic, &Sites::All);
        let again = load(&exported).unwrap_or_else(|wrong| panic!("{wrong}\n{exported}"));
        // A clinic gives its records by id.
        let catalog = &mut setup.catalog;
        catalog.sites.sort_by_key(|it| it.id);
        catalog.rooms.sort_by_key(|it| it.id);
        catalog.rule_sets.sort_by_key(|it| it.id);
        catalog.services.sort_by_key(|it| it.id);
        catalog.therapists.sort_by_key(|it| it.id);
        catalog.stock.sort_by_key(|it| (it.item.site, it.item.item));
        assert_eq!(again.catalog, setup.catalog);
        assert!(engine.snapshot().clinic.shifts().count() > 0);
    }
}

#[test]
fn a_guide_that_is_wrong_says_where() {
    let advice = "[[guide.advice]]\nmodality = \"foot\"\n";
    let cases = [
        ("[guide]\npressure = [\"soft\"]", "guide.pressure"),
        (
            "[guide]\nareas = [{ id = \"feet\", name = \"Feet\" }, { id = \"feet\", name = \"Foot\" }]",
            "guide.areas[1].id",
        ),
        (
            "[guide]\nzones = [{ id = \"heel\", name = \"Heel\" }]",
            "guide.zones[0].reflex",
        ),
        ("[guide]\nchart = 3", "guide.chart"),
        (&format!("{advice}say = []"), "guide.advice[0].say"),
        (
            &format!("{advice}say = [{{ text = \"Rest.\", hours = 24 }}]"),
            "guide.advice[0].say[0].text",
        ),
        (
            &format!("{advice}say = [{{ text = \"Rest until {{until}}.\", hours = 145 }}]"),
            "guide.advice[0].say[0].hours",
        ),
        (
            &format!("{advice}say = [{{ text = \"Rest until {{until}}.\", until = \"noon\" }}]"),
            "guide.advice[0].say[0].until",
        ),
    ];
    for (guide, field) in cases {
        let Mistakes(found) = load(&format!("{SMALL}\n{guide}\n")).unwrap_err();
        let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, [field], "{guide}");
    }
}

#[tokio::test]
async fn nothing_is_half_loaded() {
    let clock: Arc<dyn Clock> = Arc::new(Injected::standing(sample::begins()));
    let engine = Engine::open(Arc::new(Memory::new()), keys(), clock, Options::default())
        .await
        .unwrap();
    let mut setup = load(SMALL).unwrap();
    // Only the clinic can find this: the file's own checks are past.
    setup.catalog.services[0].minutes = treadwell_clinic::time::Minutes::ZERO;
    assert!(import(&engine, &Actor::system(), setup).await.is_err());
    assert_eq!(engine.snapshot().clinic.sites().count(), 0);
    assert_eq!(engine.snapshot().clinic.shifts().count(), 0);
}
