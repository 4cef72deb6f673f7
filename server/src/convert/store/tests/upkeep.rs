//! Records of stock and hygiene, in which every variant of the model occurs.

use jiff::civil::date;
use treadwell_clinic::id::{AppointmentId, InspectionId, KeyId, MovementId, OutageId};
use treadwell_clinic::model::{
    Done, Finding, FinishedTurnover, Hygiene, MovementCause, OwnDone, OwnItem, Record, StockItem,
    StockKind, StockMovement, SupportInspection, TurnoverItem,
};

use super::samples::{id, instant};

fn done() -> Done {
    Done {
        by: KeyId::new(5),
        at: instant(1),
    }
}

pub(super) fn records() -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for (kind, retired) in [(StockKind::Consumable, false), (StockKind::Washable, true)] {
        records.push(
            StockItem {
                site: id("halifax"),
                item: id(if retired { "towels" } else { "lotion" }),
                name: "Lotion".to_owned(),
                unit: "ml".to_owned(),
                kind,
                par: 500,
                level: 480,
                retired,
            }
            .into(),
        );
    }
    records.extend(movements());
    records.extend(inspections());
    let hygiene = Hygiene {
        appointment: AppointmentId::new(4),
        site: id("halifax"),
        room: id("h1"),
        therapist: id("chen"),
        own: [
            OwnItem::WashedBefore,
            OwnItem::SockettesOn,
            OwnItem::SockettesBackOn,
            OwnItem::WashedAfter,
        ]
        .map(|item| OwnDone { item, done: done() })
        .into(),
        turnover: Some(FinishedTurnover {
            since: instant(0),
            due: instant(900_000),
            finished: instant(800_000),
            items: vec![TurnoverItem {
                id: id("mats"),
                text: "Mats".to_owned(),
                done: Some(done()),
            }],
        }),
    };
    records.push(
        Hygiene {
            appointment: AppointmentId::new(5),
            own: Vec::new(),
            turnover: None,
            ..hygiene.clone()
        }
        .into(),
    );
    records.push(hygiene.into());
    records
}

fn movements() -> impl Iterator<Item = Record> {
    let causes = [
        MovementCause::Receive,
        MovementCause::Use,
        MovementCause::Waste,
        MovementCause::SentTo(id("dartmouth")),
        MovementCause::CameFrom(id("dartmouth")),
        MovementCause::Count,
        MovementCause::Session(AppointmentId::new(4)),
        MovementCause::TakenBack(MovementId::new(1)),
    ];
    (1..).zip(causes).map(|(number, cause)| {
        StockMovement {
            id: MovementId::new(number),
            site: id("halifax"),
            item: id("lotion"),
            cause,
            change: -20,
            level: 480,
            short: 10,
            reason: "spilled".to_owned(),
            by: KeyId::new(5),
            at: instant(2),
        }
        .into()
    })
}

fn inspections() -> impl Iterator<Item = Record> {
    let findings = [
        Finding::Passed { months: 12 },
        Finding::Failed { outage: None },
        Finding::Failed {
            outage: Some(OutageId::new(0)),
        },
    ];
    (1..).zip(findings).map(|(number, finding)| {
        SupportInspection {
            id: InspectionId::new(number),
            site: id("halifax"),
            room: id("h1"),
            date: date(2026, 10, 14),
            inspector: "Bluenose Rigging".to_owned(),
            finding,
            note: "Bolt 3\nloose".to_owned(),
            by: KeyId::new(5),
            at: instant(3),
        }
        .into()
    })
}
