//! Those who work here and those who come, what they declare, and the keys.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::date;
use treadwell_clinic::id::{ClientId, DeclarationId, KeyId, TrainingId};
use treadwell_clinic::model::{
    Answer, Answered, Care, Client, Credential, Declaration, FootCare, Key, KeyHash, Learned,
    PassphraseHash, Record, Registration, Role, Sites, Therapist, Training, TrainingKind, When,
};

use super::{id, instant};

pub(super) fn people() -> Vec<Record> {
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
            expires: Some(date(2027, 3, 31)),
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
    let client = Client {
        id: ClientId::new(4_096),
        name: "Ada Lovelace".to_owned(),
        phone: "902 555 0100".to_owned(),
        email: "ada@example.org".to_owned(),
        born: Some(date(1985, 12, 10)),
        preferred: Some(therapist.id),
        note: "Stairs".to_owned(),
        external: "jane-17".to_owned(),
        since: Some(instant(2)),
    };
    let nobody = Client {
        born: None,
        preferred: None,
        phone: String::new(),
        external: String::new(),
        since: None,
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
        client.into(),
        nobody.into(),
    ]
}

pub(super) fn declaration() -> Declaration {
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

pub(super) fn keys() -> Vec<Record> {
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
        passphrase: Some(PassphraseHash("$argon2id$".into())),
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

pub(super) fn trainings() -> impl Iterator<Item = Record> {
    let kinds = [
        TrainingKind::Session,
        TrainingKind::Workshop,
        TrainingKind::Seminar,
        TrainingKind::Course,
        TrainingKind::Other,
    ];
    (1..).zip(kinds).map(|(number, kind)| {
        Training {
            id: TrainingId::new(number),
            what: Learned {
                participants: vec![id("chen"), id("roy")],
                kind,
                title: "Reflex zones".to_owned(),
                provider: "The college".to_owned(),
                subject: "reflexology".to_owned(),
                first: date(2026, 10, 1),
                last: date(2026, 10, 2),
                minutes: 90,
                education: number % 2 == 0,
                certificate: "C-1".to_owned(),
                note: "In two\nparts".to_owned(),
            },
            by: KeyId::new(5),
            at: instant(4),
        }
        .into()
    })
}
