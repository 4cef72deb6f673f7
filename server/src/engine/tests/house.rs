//! The small clinic's catalog: one site, a room, a therapist on shift all day.

use jiff::civil::time;
use treadwell_clinic::command::{Catalog, PutShift};
use treadwell_clinic::model::{
    ChecklistItem, Equipment, EquipmentSet, Modality, Opening, Policy, Room, RuleSet, Service,
    Site, Therapist, WeekHours,
};
use treadwell_clinic::time::{Interval, Minutes, Zone};

use super::support::at;

fn minutes(n: u16) -> Minutes {
    Minutes::new(n).unwrap()
}

pub(super) fn therapist() -> Therapist {
    Therapist {
        id: "chen".parse().unwrap(),
        name: "Lin Chen".to_owned(),
        sites: vec!["halifax".parse().unwrap()],
        credentials: Vec::new(),
        registration: None,
        retired: false,
    }
}

pub(super) fn shift() -> PutShift {
    PutShift {
        shift: None,
        therapist: "chen".parse().unwrap(),
        site: "halifax".parse().unwrap(),
        time: Interval::new(at(0), at(12)).unwrap(),
        breaks: Vec::new(),
        etag: None,
    }
}

pub(super) fn catalog() -> Catalog {
    let site = Site {
        id: "halifax".parse().unwrap(),
        name: "Halifax".to_owned(),
        address: "1 Quay Street".to_owned(),
        phone: String::new(),
        zone: Zone::named("America/Halifax").unwrap(),
        hours: WeekHours::daily(Opening {
            opens: time(9, 0, 0, 0),
            closes: time(21, 0, 0, 0),
        }),
        closures: Vec::new(),
    };
    let room = Room {
        id: "h1".parse().unwrap(),
        site: site.id,
        name: "H1".to_owned(),
        equipment: EquipmentSet::of([Equipment::Table]),
        turnover: Minutes::ZERO,
        checklist: Vec::new(),
        inspection: None,
        retired: false,
    };
    let service = Service {
        id: "massage-60".parse().unwrap(),
        name: "Massage".to_owned(),
        modality: Modality::HandsOn,
        minutes: minutes(60),
        turnover: minutes(15),
        reset: minutes(5),
        accepts: vec![EquipmentSet::of([Equipment::Table])],
        credentials: Vec::new(),
        rule_set: "general".parse().unwrap(),
        checklist: vec![ChecklistItem {
            id: "linen".parse().unwrap(),
            text: "Table linen changed".to_owned(),
        }],
        extensions: Vec::new(),
        consumes: Vec::new(),
        price_cents: 9_000,
        retired: false,
    };
    Catalog {
        business: None,
        price_lists: Vec::new(),
        policy: Some(Policy::default()),
        sites: vec![site],
        rooms: vec![room],
        rule_sets: vec![RuleSet::general()],
        services: vec![service],
        therapists: vec![therapist()],
        stock: Vec::new(),
    }
}
