//! Policy, site, rooms, rules and services.

use jiff::civil::{Time, Weekday, date, time};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{
    ChecklistItem, Closure, Consumption, Effect, Equipment, EquipmentSet, Extension, Inspection,
    Mark, Modality, Opening, Policy, Record, Room, Rule, RuleSet, RuleSetVersion, Service, Site,
    TravelGap, WeekHours, Window,
};
use treadwell_clinic::time::{Minutes, Zone};

use super::{id, instant, minutes};

pub(super) fn policy() -> Policy {
    Policy {
        travel_between: vec![TravelGap {
            a: id("halifax"),
            b: id("dartmouth"),
            minutes: minutes(45),
        }],
        hold_minutes: 7,
        ..Policy::default()
    }
}

pub(super) fn site() -> Site {
    let mut hours = WeekHours::default();
    let opening = |opens, closes| Opening { opens, closes };
    hours.set(
        Weekday::Monday,
        vec![
            opening(time(9, 0, 0, 0), time(12, 30, 0, 0)),
            opening(time(13, 0, 0, 0), Time::midnight()),
        ],
    );
    hours.set(
        Weekday::Sunday,
        vec![opening(Time::midnight(), time(23, 55, 0, 0))],
    );
    Site {
        id: id("halifax"),
        name: "Halifax".to_owned(),
        address: "1 Quay Street".to_owned(),
        phone: String::new(),
        zone: Zone::named("America/Halifax").unwrap(),
        hours,
        closures: vec![Closure {
            first: date(2026, 8, 3),
            last: date(2026, 8, 4),
            reason: "Natal Day".to_owned(),
        }],
    }
}

pub(in crate::convert::store::tests) fn rooms() -> Vec<Record> {
    let plain = Room {
        id: id("h3"),
        site: id("halifax"),
        name: "H3".to_owned(),
        equipment: EquipmentSet::of(Equipment::ALL),
        turnover: Minutes::ZERO,
        checklist: vec![ChecklistItem {
            id: id("rope"),
            text: "Wipe the rope".to_owned(),
        }],
        inspection: None,
        retired: true,
    };
    let bars = Room {
        inspection: Some(Inspection {
            passed: date(2026, 2, 28),
            months: 12,
        }),
        turnover: minutes(20),
        equipment: EquipmentSet::EMPTY,
        checklist: Vec::new(),
        retired: false,
        ..plain.clone()
    };
    vec![plain.into(), bars.into()]
}

pub(super) fn rule_set_version() -> RuleSetVersion {
    RuleSetVersion {
        rule_set: rule_set(),
        edited: Some(Mark {
            by: KeyId::new(5),
            at: instant(9),
        }),
    }
}

pub(super) fn rule_set() -> RuleSet {
    let effects = [
        Effect::Review,
        Effect::Caution,
        Effect::Exclude(Window::Ever),
        Effect::Exclude(Window::WhilePresent),
        Effect::Exclude(Window::Months(9)),
        Effect::Exclude(Window::Weeks(6)),
        Effect::Exclude(Window::Hours(72)),
    ];
    RuleSet {
        id: id("barefoot"),
        version: 3,
        rules: effects
            .into_iter()
            .map(|effect| Rule {
                condition: id("fracture"),
                question: "A fracture?".to_owned(),
                effect,
            })
            .collect(),
    }
}

pub(super) fn services() -> Vec<Record> {
    let of = |modality| Service {
        id: id("ashiatsu-60"),
        name: "Ashiatsu".to_owned(),
        modality,
        minutes: minutes(60),
        turnover: minutes(15),
        reset: minutes(10),
        accepts: vec![
            EquipmentSet::of([Equipment::Table, Equipment::ParallelBars]),
            EquipmentSet::of([Equipment::Rope]),
        ],
        credentials: vec![id("ashiatsu")],
        rule_set: id("barefoot"),
        checklist: vec![ChecklistItem {
            id: id("mats"),
            text: "Floor mats changed".to_owned(),
        }],
        extensions: vec![Extension {
            id: id("calf"),
            name: "Calf release".to_owned(),
            minutes: minutes(15),
            price_cents: 2_500,
        }],
        consumes: vec![Consumption {
            item: id("lotion"),
            quantity: 30,
        }],
        price_cents: 12_000,
        retired: false,
    };
    [
        Modality::Barefoot,
        Modality::HandsOn,
        Modality::Foot,
        Modality::Combination,
    ]
    .map(|modality| of(modality).into())
    .into()
}
