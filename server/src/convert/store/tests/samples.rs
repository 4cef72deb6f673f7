//! Records of every kind, in which every variant of the model occurs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday, date, time};
use treadwell_clinic::id::{
    AppointmentId, ClientId, DeclarationId, HoldId, KeyId, OutageId, ShiftId,
};
use treadwell_clinic::model::{
    Answer, Answered, Appointment, BarsFault, CancelReason, Cancellation, Care, ChecklistItem,
    Client, Closing, Closure, Consumption, Credential, CredentialFault, Declaration, Done, Effect,
    Eligible, Equipment, EquipmentSet, Extension, Fault, FootCare, Hold, Inspection, Key, KeyHash,
    Modality, Occupancies, Occupant, Opening, Outage, OutageTarget, Outcome, Policy, Reason,
    Record, Registration, Retired, Review, ReviewDecision, Role, Room, Rule, RuleSet, Screening,
    Service, Session, Shift, Site, Sites, Slot, State, Therapist, TravelGap, Turnover,
    TurnoverItem, Verdict, WeekHours, When, Window,
};
use treadwell_clinic::time::{Cell, Interval, Minutes, Zone};

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn cell(number: u32) -> Cell {
    Cell::new(6_000_000 + number).unwrap()
}

fn span(start: u32, end: u32) -> Interval {
    Interval::new(cell(start), cell(end)).unwrap()
}

fn minutes(n: u16) -> Minutes {
    Minutes::new(n).unwrap()
}

pub(super) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

fn policy() -> Policy {
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

fn site() -> Site {
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

pub(super) fn rooms() -> Vec<Record> {
    let plain = Room {
        id: id("h3"),
        site: id("halifax"),
        name: "H3".to_owned(),
        equipment: EquipmentSet::of(Equipment::ALL),
        turnover: Minutes::ZERO,
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
        retired: false,
        ..plain.clone()
    };
    vec![plain.into(), bars.into()]
}

fn rule_set() -> RuleSet {
    let effects = [
        Effect::Review,
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

fn services() -> Vec<Record> {
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

fn people() -> Vec<Record> {
    let therapist = Therapist {
        id: id("chen"),
        name: "Lin Chen".to_owned(),
        sites: vec![id("halifax"), id("dartmouth")],
        credentials: vec![
            Credential {
                kind: id("ashiatsu"),
                issuer: "School".to_owned(),
                number: "7".to_owned(),
                expires: Some(date(2027, 1, 31)),
            },
            Credential {
                kind: id("massage"),
                issuer: String::new(),
                number: String::new(),
                expires: None,
            },
        ],
        registration: Some(Registration {
            association: "MTANS".to_owned(),
            number: "12".to_owned(),
        }),
        retired: false,
    };
    let foot_care = FootCare {
        therapist: therapist.id,
        date: date(2026, 10, 14),
        care: Care {
            soak: true,
            scrub: false,
            pedicure: true,
        },
        polish_free: true,
        by: KeyId::new(5),
        at: instant(1),
    };
    let shift = Shift {
        id: ShiftId::new(2_048),
        therapist: therapist.id,
        site: id("halifax"),
        time: span(0, 144),
        breaks: vec![span(40, 46), span(90, 93)],
    };
    let client = Client {
        id: ClientId::new(4_096),
        name: "Ada Lovelace".to_owned(),
        phone: "902 555 0100".to_owned(),
        email: "ada@example.org".to_owned(),
        born: Some(date(1985, 12, 10)),
        preferred: Some(therapist.id),
        note: "Stairs".to_owned(),
    };
    let nobody = Client {
        born: None,
        preferred: None,
        phone: String::new(),
        ..client.clone()
    };
    vec![
        Therapist {
            registration: None,
            retired: true,
            ..therapist.clone()
        }
        .into(),
        therapist.into(),
        foot_care.into(),
        shift.into(),
        client.into(),
        nobody.into(),
    ]
}

fn declaration() -> Declaration {
    let answers = [
        ("a", Answer::No),
        ("b", Answer::Yes(When::Unknown)),
        (
            "c",
            Answer::Yes(When::Month {
                year: 2026,
                month: 2,
            }),
        ),
        ("d", Answer::Yes(When::Date(date(1999, 12, 31)))),
        ("e", Answer::Yes(When::Instant(instant(-5)))),
        // Before the epoch, with a part of a second: both count backwards there.
        (
            "f",
            Answer::Yes(When::Instant(Timestamp::from_millisecond(-1_500).unwrap())),
        ),
    ];
    Declaration {
        id: DeclarationId::new(9),
        client: ClientId::new(4_096),
        at: instant(3),
        by: KeyId::new(5),
        answers: answers
            .into_iter()
            .map(|(condition, answer)| Answered {
                condition: id(condition),
                answer,
                asked_at: instant(2),
            })
            .collect(),
    }
}

fn keys() -> Vec<Record> {
    let key = |role, sites, therapist: Option<&str>| Key {
        id: KeyId::new(1_024),
        hash: KeyHash([7; 32]),
        name: "Front desk".to_owned(),
        role,
        sites,
        therapist: therapist.map(id),
        created: instant(0),
        expires: therapist.map(|_| instant(100)),
        revoked: therapist.map(|_| instant(50)),
    };
    vec![
        key(Role::Owner, Sites::All, None).into(),
        key(Role::Manager, Sites::Only(BTreeSet::new()), None).into(),
        key(
            Role::Therapist,
            Sites::Only(BTreeSet::from([id("dartmouth"), id("halifax")])),
            Some("chen"),
        )
        .into(),
        key(Role::FrontDesk, Sites::All, None).into(),
        key(Role::Integration, Sites::All, None).into(),
        key(Role::Wallboard, Sites::All, None).into(),
    ]
}

fn slot() -> Slot {
    Slot {
        service: id("ashiatsu-60"),
        extensions: vec![id("calf")].into(),
        site: id("halifax"),
        room: id("h1"),
        therapist: id("chen"),
        planned: span(10, 22),
        occupies: Occupancies {
            client: span(10, 20),
            therapist: span(10, 24),
            room: span(10, 25),
        },
    }
}

fn faults() -> Vec<Fault> {
    let by = Occupant::Hold(HoldId::new(3));
    let mut faults = vec![
        Fault::Retired(Retired::Service),
        Fault::Retired(Retired::Room),
        Fault::Retired(Retired::Therapist),
        Fault::LacksEquipment {
            room: id("h1"),
            has: EquipmentSet::of([Equipment::Table]),
        },
        Fault::Closed {
            site: id("halifax"),
            date: date(2026, 8, 3),
        },
        Fault::OffShift {
            therapist: id("chen"),
            site: id("halifax"),
        },
        Fault::RoomTaken { room: id("h1"), by },
        Fault::TherapistTaken {
            therapist: id("chen"),
            by: Occupant::Appointment(AppointmentId::new(4)),
        },
        Fault::Travel {
            therapist: id("chen"),
            by,
            gap: minutes(30),
        },
        Fault::ClientTaken { by },
    ];
    faults.extend(
        [
            CredentialFault::Missing,
            CredentialFault::Expired(date(2026, 1, 1)),
        ]
        .map(|fault| Fault::Credential {
            therapist: id("chen"),
            kind: id("ashiatsu"),
            fault,
        }),
    );
    faults.extend([None, Some(cell(4))].map(|until| Fault::RoomOut {
        room: id("h1"),
        outage: OutageId::new(8),
        until,
    }));
    faults.extend(
        [
            BarsFault::NeverInspected,
            BarsFault::InspectionLapsed(date(2026, 1, 1)),
            BarsFault::InspectedLater(date(2026, 1, 2)),
            BarsFault::Outage(OutageId::new(8)),
        ]
        .map(|fault| Fault::BarsUnsound {
            room: id("h1"),
            fault,
        }),
    );
    faults.extend(screenings().map(|screening| Fault::Screening(Box::new(screening))));
    faults
}

fn screenings() -> impl Iterator<Item = Screening> {
    let until = Eligible::Date(date(2026, 12, 2));
    let outcomes = [
        Outcome::Clear,
        Outcome::NeedsReview,
        Outcome::Incomplete {
            unanswered: vec![id("fracture"), id("phlebitis")],
        },
        Outcome::ExcludedUntil(until),
        Outcome::ExcludedUntil(Eligible::Instant(instant(9))),
        Outcome::Excluded,
    ];
    let verdicts = [
        Verdict::NeedsReview,
        Verdict::NotAsked,
        Verdict::Outdated,
        Verdict::ExcludedUntil(until),
        Verdict::DateUnknown,
        Verdict::Excluded,
    ];
    outcomes.into_iter().map(move |outcome| Screening {
        outcome,
        reasons: verdicts
            .map(|verdict| Reason {
                condition: id("fracture"),
                verdict,
            })
            .into(),
        rule_set: id("barefoot"),
        version: 2,
        declaration: Some(DeclarationId::new(0)),
    })
}

fn states() -> Vec<State> {
    let cancelled = |reason| {
        State::Cancelled(Box::new(Cancellation {
            at: instant(4),
            by: KeyId::new(5),
            reason,
            note: "".into(),
            late: true,
        }))
    };
    let mut states = vec![
        State::Booked,
        State::Confirmed,
        State::Arrived {
            arrived: instant(1),
        },
        State::InSession {
            arrived: instant(1),
            started: instant(2),
        },
        State::NoShow { at: instant(3) },
    ];
    states.extend(
        [None, Some("".into()), Some("Cramp".into())].map(|stopped| {
            State::Completed(Box::new(Session {
                arrived: instant(1),
                started: instant(2),
                finished: instant(3),
                stopped,
            }))
        }),
    );
    states.extend(
        [
            CancelReason::ClientRequest,
            CancelReason::Illness,
            CancelReason::Screening,
            CancelReason::TherapistAbsent,
            CancelReason::RoomUnavailable,
            CancelReason::Weather,
            CancelReason::Mistake,
            CancelReason::Other,
            CancelReason::Undone,
        ]
        .map(cancelled),
    );
    states
}

fn appointments() -> Vec<Record> {
    let review = |decision| {
        Some(Box::new(Review {
            decision,
            note: "Lightly".to_owned(),
            by: KeyId::new(5),
            at: instant(8),
            declaration: None,
            rule_set: id("general"),
            version: 1,
        }))
    };
    let plain = Appointment {
        id: AppointmentId::new(1_000_000),
        client: ClientId::new(4_096),
        slot: slot(),
        state: State::Booked,
        review: None,
        flags: faults(),
        price_cents: 14_500,
        note: Some("Window seat".into()),
        booked_by: KeyId::new(5),
        booked_at: instant(0),
    };
    let by_state = states().into_iter().map(|state| Appointment {
        state,
        flags: Vec::new(),
        note: None,
        ..plain.clone()
    });
    let by_review = [
        ReviewDecision::Proceed,
        ReviewDecision::Modify,
        ReviewDecision::Decline,
    ]
    .map(|decision| Appointment {
        review: review(decision),
        ..plain.clone()
    });
    std::iter::once(plain.clone())
        .chain(by_state)
        .chain(by_review)
        .map(Record::from)
        .collect()
}

fn floor() -> Vec<Record> {
    let hold = Hold {
        id: HoldId::new(77),
        client: None,
        slot: slot(),
        expires_at: instant(300_000),
        made_by: KeyId::new(5),
    };
    let outage = Outage {
        id: OutageId::new(8),
        site: id("halifax"),
        room: id("h1"),
        target: OutageTarget::Room,
        from: cell(0),
        until: None,
        reason: "Leak".to_owned(),
        opened_by: KeyId::new(5),
        opened_at: instant(0),
        closed: None,
    };
    let turnover = Turnover {
        room: id("h1"),
        site: id("halifax"),
        appointment: AppointmentId::new(4),
        since: instant(0),
        due: instant(900_000),
        items: [
            None,
            Some(Done {
                by: KeyId::new(5),
                at: instant(1),
            }),
        ]
        .map(|done| TurnoverItem {
            id: id("mats"),
            text: "Mats".to_owned(),
            done,
        })
        .into(),
    };
    vec![
        Hold {
            client: Some(ClientId::new(0)),
            ..hold.clone()
        }
        .into(),
        hold.into(),
        Outage {
            target: OutageTarget::Bars,
            until: Some(cell(3)),
            closed: Some(Closing {
                by: KeyId::new(5),
                at: instant(7),
            }),
            ..outage.clone()
        }
        .into(),
        outage.into(),
        turnover.into(),
    ]
}

/// Records of every kind, in which every variant of the model occurs.
pub(super) fn everything() -> Vec<Record> {
    let mut records: Vec<Record> = vec![
        policy().into(),
        site().into(),
        rule_set().into(),
        declaration().into(),
    ];
    records.extend(rooms());
    records.extend(services());
    records.extend(people());
    records.extend(keys());
    records.extend(appointments());
    records.extend(floor());
    records.extend(super::upkeep::records());
    records
}
