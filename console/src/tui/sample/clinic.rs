//! What the sample clinic has: sites, rooms, services, rules, therapists, clients.

use treadwell_api::v1::{self, Equipment, rule::Effect};

const ZONE: &str = "America/Halifax";

/// Sites, rooms, services, rule sets and policy.
pub(crate) fn catalog() -> v1::GetCatalogResponse {
    v1::GetCatalogResponse {
        revision: 4711,
        sites: [("dartmouth", "Dartmouth"), ("halifax", "Halifax")]
            .map(site)
            .to_vec(),
        rooms: rooms(),
        services: services(),
        rule_sets: vec![
            rule_set("barefoot", "Barefoot work"),
            rule_set("general", "Other work"),
        ],
        policy: Some(v1::Policy {
            proposal_grid_minutes: 15,
            hold_minutes: 5,
            cancel_notice_hours: 24,
            ..v1::Policy::default()
        }),
    }
}

fn site((id, name): (&str, &str)) -> v1::Site {
    v1::Site {
        id: id.to_owned(),
        name: name.to_owned(),
        time_zone: ZONE.to_owned(),
        ..v1::Site::default()
    }
}

fn rooms() -> Vec<v1::Room> {
    use Equipment::{FootChair, ParallelBars, Rope, Table};
    let room = |id: &str, equipment: &[Equipment]| v1::Room {
        id: id.to_owned(),
        site_id: if id.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        name: id.to_uppercase(),
        equipment: equipment.iter().map(|piece| (*piece).into()).collect(),
        inspection: equipment.contains(&ParallelBars).then(inspection),
        ..v1::Room::default()
    };
    vec![
        room("d1", &[Table, ParallelBars]),
        room("d2", &[Table, ParallelBars]),
        room("d3", &[Table]),
        room("d4", &[FootChair]),
        room("h1", &[Table, ParallelBars]),
        room("h2", &[Table, ParallelBars]),
        room("h3", &[Table]),
        room("h4", &[Table, ParallelBars]),
        room("h5", &[Table, Rope]),
        room("h6", &[FootChair]),
    ]
}

fn inspection() -> v1::Inspection {
    let day = |year| {
        Some(v1::LocalDate {
            year,
            month: 3,
            day: 31,
        })
    };
    v1::Inspection {
        passed_on: day(2026),
        good_through: day(2027),
        months: 12,
    }
}

fn services() -> Vec<v1::Service> {
    let service = |id: &str, name: &str, minutes, price_cents, barefoot: bool| v1::Service {
        id: id.to_owned(),
        name: name.to_owned(),
        minutes,
        price_cents,
        credential_ids: if barefoot {
            vec!["ashiatsu".to_owned()]
        } else {
            Vec::new()
        },
        rule_set_id: if barefoot { "barefoot" } else { "general" }.to_owned(),
        ..v1::Service::default()
    };
    let mut foot = service("foot-45", "Reflex foot massage 45", 45, 7000, false);
    foot.extensions = ["Acupressure calf", "Calf release", "Leg and thigh"]
        .map(|name| v1::Extension {
            id: name.to_lowercase().replace(' ', "-"),
            name: name.to_owned(),
            minutes: 15,
            price_cents: 2500,
        })
        .to_vec();
    vec![
        service("ashiatsu-60", "Ashiatsu 60", 60, 11500, true),
        service("ashiatsu-90", "Ashiatsu 90", 90, 16500, true),
        service("combination-90", "Combination 90", 90, 17500, true),
        foot,
        service("hands-on-60", "Hands-on therapeutic 60", 60, 10500, false),
        service("hands-on-90", "Hands-on therapeutic 90", 90, 15000, false),
    ]
}

const RULES: [(&str, &str, Effect); 5] = [
    (
        "breast-implants",
        "Breast implants: a surgery in the last 9 months?",
        Effect::ExcludedMonths(9),
    ),
    (
        "joint-surgery",
        "Major joint surgery in the last 6 weeks?",
        Effect::ExcludedWeeks(6),
    ),
    (
        "eye-procedure",
        "Eye procedure or LASIK in the last 72 hours?",
        Effect::ExcludedHours(72),
    ),
    (
        "thrombosis",
        "Thrombosis, ever?",
        Effect::ExcludedAlways(true),
    ),
    (
        "osteoporosis",
        "Osteoporosis?",
        Effect::ExcludedAlways(true),
    ),
];

fn rule_set(id: &str, name: &str) -> v1::RuleSet {
    let review = id == "general";
    let rules = RULES.map(|(condition, question, effect)| v1::Rule {
        condition_id: condition.to_owned(),
        question: question.to_owned(),
        effect: Some(if review { Effect::Review(true) } else { effect }),
    });
    v1::RuleSet {
        id: id.to_owned(),
        version: 1,
        name: name.to_owned(),
        rules: rules.to_vec(),
        ..v1::RuleSet::default()
    }
}

/// Every question, as screening asks it of somebody who was never asked.
pub(crate) fn unanswered() -> Vec<v1::Question> {
    RULES
        .map(|(condition, text, effect)| v1::Question {
            condition_id: condition.to_owned(),
            text: text.to_owned(),
            asks_when: !matches!(effect, Effect::ExcludedAlways(_)),
        })
        .to_vec()
}

/// The therapists.
pub(crate) fn therapists() -> Vec<v1::Therapist> {
    let therapist = |name: &str, certified: bool| {
        let short = name.rsplit(' ').next().unwrap_or(name);
        v1::Therapist {
            id: short.to_lowercase(),
            name: name.to_owned(),
            short_name: short.to_owned(),
            credentials: certified
                .then(|| v1::Credential {
                    id: "ashiatsu".to_owned(),
                    ..v1::Credential::default()
                })
                .into_iter()
                .collect(),
            ..v1::Therapist::default()
        }
    };
    vec![
        therapist("Mei Chen", true),
        therapist("Ada Okafor", true),
        therapist("Luc Roy", true),
        therapist("Ines Silva", true),
        therapist("Omar Haddad", true),
        therapist("Priya Singh", false),
        therapist("Tom Walsh", false),
        therapist("Eva Novak", false),
    ]
}

/// Some clients, two of them with the same name.
pub(crate) fn clients() -> Vec<v1::Client> {
    let client = |id: &str, name: &str, phone: &str, year| v1::Client {
        id: format!("cli-{id}"),
        name: name.to_owned(),
        phone: phone.to_owned(),
        born: Some(v1::LocalDate {
            year,
            month: 3,
            day: 2,
        }),
        ..v1::Client::default()
    };
    vec![
        client("anna1", "Anna Lee", "902-555-0101", 1980),
        client("anna2", "Anna Lee", "902-555-0177", 1954),
        client("bea", "Bea Moreau", "902-555-0102", 1991),
        client("jon", "Jon Marsh", "902-555-0103", 1975),
    ]
}

/// A client by name.
pub(crate) fn client_named(name: &str) -> Option<v1::Client> {
    clients().into_iter().find(|client| client.name == name)
}
