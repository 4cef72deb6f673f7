//! The small clinic on which random commands are tried: two sites, every kind of room, therapists who share sites, and few
//! enough clients that everything collides.

use jiff::civil::{Date, Time, date, time};
use treadwell_clinic::command::Catalog;
use treadwell_clinic::id::{
    ClientId, ConditionId, CredentialId, ExtensionId, ItemId, RoomId, RuleSetId, ServiceId, SiteId,
    TherapistId,
};
use treadwell_clinic::model::{
    ChecklistItem, Credential, Effect, Equipment, EquipmentSet, Extension, Inspection, Modality,
    Opening, Policy, Room, Rule, RuleSet, Service, Site, Therapist, WeekHours, Window,
};
use treadwell_clinic::time::{Minutes, Zone};

/// The first local day of the run; daylight saving time ends on its 13th day.
pub(crate) const FIRST_DAY: Date = date(2026, 10, 20);

/// Whole local days on which things are booked.
pub(crate) const DAYS: u32 = 16;

pub(crate) fn site(id: &str) -> SiteId {
    SiteId::parse(id).expect("a slug")
}

pub(crate) fn room(id: &str) -> RoomId {
    RoomId::parse(id).expect("a slug")
}

pub(crate) fn therapist(id: &str) -> TherapistId {
    TherapistId::parse(id).expect("a slug")
}

pub(crate) fn service(id: &str) -> ServiceId {
    ServiceId::parse(id).expect("a slug")
}

pub(crate) fn extension(id: &str) -> ExtensionId {
    ExtensionId::parse(id).expect("a slug")
}

pub(crate) fn condition(id: &str) -> ConditionId {
    ConditionId::parse(id).expect("a slug")
}

pub(crate) fn rule_set(id: &str) -> RuleSetId {
    RuleSetId::parse(id).expect("a slug")
}

pub(crate) fn item(id: &str) -> ItemId {
    ItemId::parse(id).expect("a slug")
}

pub(crate) fn ashiatsu() -> CredentialId {
    CredentialId::parse("ashiatsu").expect("a slug")
}

fn minutes(n: u16) -> Minutes {
    Minutes::new(n).expect("a multiple of 5")
}

fn clock(hour: i8) -> Time {
    time(hour, 0, 0, 0)
}

/// A client that was never created.
pub(crate) const NOBODY: ClientId = ClientId::new(77);

pub(crate) fn policy() -> Policy {
    Policy {
        horizon_days: 14,
        holds_per_key: 1,
        no_show_after_minutes: 10,
        travel: minutes(60),
        waitlist_auto_offer: true,
        ..Policy::default()
    }
}

/// Everything that the run begins with.
pub(crate) fn catalog() -> Catalog {
    Catalog {
        business: None,
        price_lists: Vec::new(),
        policy: Some(policy()),
        sites: sites(),
        rooms: rooms(),
        rule_sets: vec![barefoot_rules(1), general_rules()],
        services: services(),
        therapists: therapists(),
        stock: super::upkeep::stock(),
    }
}

/// Two sites at work, and one that has neither rooms nor therapists yet.
fn sites() -> Vec<Site> {
    ["halifax", "dartmouth", "truro"]
        .map(|id| Site {
            id: site(id),
            name: id.to_owned(),
            address: String::new(),
            phone: String::new(),
            zone: Zone::named("America/Halifax").expect("bundled"),
            hours: WeekHours::daily(Opening {
                opens: clock(9),
                closes: clock(18),
            }),
            closures: Vec::new(),
        })
        .into()
}

/// A room of the world, with an inspection that lapses inside the run if `months` says so.
pub(crate) fn room_of(id: &str, months: u16) -> Room {
    use Equipment::{FootChair, ParallelBars, Rope, Table};
    let (at, equipment): (_, &[Equipment]) = match id {
        "h1" | "h2" => ("halifax", &[Table, ParallelBars]),
        "h3" => ("halifax", &[Table]),
        "h4" => ("halifax", &[Table, Rope]),
        "h5" => ("halifax", &[FootChair]),
        "d1" => ("dartmouth", &[Table, ParallelBars]),
        _ => ("dartmouth", &[Table]),
    };
    Room {
        id: room(id),
        site: site(at),
        name: id.to_uppercase(),
        equipment: EquipmentSet::of(equipment.iter().copied()),
        turnover: minutes(if id == "h2" { 25 } else { 0 }),
        // The linen is in the services' lists too: it is changed once.
        checklist: match id {
            "h1" | "h5" => checklist(&["linen", "window"]),
            _ => Vec::new(),
        },
        inspection: equipment.contains(&ParallelBars).then_some(Inspection {
            passed: date(2026, 1, 26),
            months,
        }),
        retired: false,
    }
}

pub(crate) const ROOMS: [&str; 7] = ["h1", "h2", "h3", "h4", "h5", "d1", "d2"];

fn rooms() -> Vec<Room> {
    // Of one the bars lapse within the run.
    let months = |id| if id == "h2" { 9 } else { 12 };
    ROOMS.map(|id| room_of(id, months(id))).into()
}

/// Conditions and windows: one of each kind.
pub(crate) const CONDITIONS: [(&str, Window); 6] = [
    ("implants", Window::Months(9)),
    ("joint", Window::Weeks(6)),
    ("eye", Window::Hours(72)),
    ("tuberculosis", Window::Ever),
    ("phlebitis", Window::WhilePresent),
    ("osteoporosis", Window::WhilePresent),
];

/// The rules for barefoot work. An even version does not ask about the last condition.
pub(crate) fn barefoot_rules(version: u32) -> RuleSet {
    let asked = if version.is_multiple_of(2) { 5 } else { 6 };
    rules_of("barefoot", &CONDITIONS[..asked], Effect::Exclude)
}

fn general_rules() -> RuleSet {
    rules_of("general", &CONDITIONS, |_| Effect::Review)
}

fn rules_of(id: &str, of: &[(&str, Window)], effect: impl Fn(Window) -> Effect) -> RuleSet {
    let rules = of.iter().map(|&(name, window)| Rule {
        condition: condition(name),
        question: format!("Do you have, or had you, {name}?"),
        effect: effect(window),
    });
    RuleSet {
        id: rule_set(id),
        version: 1,
        rules: rules.collect(),
    }
}

pub(crate) const SERVICES: [&str; 4] = ["ashiatsu-60", "hands-60", "combo-90", "foot-30"];

fn services() -> Vec<Service> {
    use Equipment::{FootChair, ParallelBars, Table};
    let set = |kinds: &[Equipment]| EquipmentSet::of(kinds.iter().copied());
    let base = Service {
        id: service("hands-60"),
        name: "Hands-on".to_owned(),
        modality: Modality::HandsOn,
        minutes: minutes(60),
        turnover: minutes(15),
        reset: minutes(5),
        accepts: vec![set(&[Table])],
        credentials: Vec::new(),
        rule_set: rule_set("general"),
        checklist: checklist(&["linen", "mats"]),
        extensions: Vec::new(),
        consumes: super::upkeep::consumes(),
        price_cents: 10_000,
        retired: false,
    };
    let barefoot = Service {
        modality: Modality::Barefoot,
        reset: minutes(10),
        accepts: vec![set(&[Table, ParallelBars])],
        credentials: vec![ashiatsu()],
        rule_set: rule_set("barefoot"),
        checklist: checklist(&["stools", "mats", "pumps"]),
        ..base.clone()
    };
    vec![
        Service {
            id: service("ashiatsu-60"),
            ..barefoot.clone()
        },
        base.clone(),
        Service {
            id: service("combo-90"),
            modality: Modality::Combination,
            minutes: minutes(90),
            ..barefoot
        },
        Service {
            id: service("foot-30"),
            modality: Modality::Foot,
            minutes: minutes(30),
            turnover: minutes(10),
            accepts: vec![set(&[FootChair]), set(&[Table])],
            checklist: Vec::new(),
            extensions: vec![Extension {
                id: extension("calf-release"),
                name: "Calf release".to_owned(),
                minutes: minutes(15),
                price_cents: 2_000,
            }],
            ..base
        },
    ]
}

fn checklist(items: &[&str]) -> Vec<ChecklistItem> {
    let item_of = |&id: &&str| ChecklistItem {
        id: item(id),
        text: id.to_owned(),
    };
    items.iter().map(item_of).collect()
}

pub(crate) const THERAPISTS: [&str; 5] = ["ada", "ben", "cho", "dev", "eve"];

/// A therapist of the world, with the given last day of the certificate; only the first three have one.
pub(crate) fn therapist_of(id: &str, expires: Option<Date>) -> Therapist {
    let certified = ["ada", "ben", "cho"].contains(&id);
    let at: &[&str] = match id {
        "ada" | "cho" => &["halifax", "dartmouth"],
        "ben" | "dev" => &["halifax"],
        _ => &["dartmouth"],
    };
    Therapist {
        id: therapist(id),
        name: id.to_owned(),
        sites: at.iter().map(|&at| site(at)).collect(),
        credentials: certified
            .then(|| Credential {
                kind: ashiatsu(),
                issuer: "Ashiatsu Canada".to_owned(),
                number: "1".to_owned(),
                expires,
            })
            .into_iter()
            .collect(),
        registration: None,
        retired: false,
    }
}

fn therapists() -> Vec<Therapist> {
    THERAPISTS.map(|id| therapist_of(id, None)).into()
}
