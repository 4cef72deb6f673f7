//! What was done in sessions and said afterwards, in which every variant of the model occurs.

use treadwell_clinic::id::{AppointmentId, ClientId, KeyId};
use treadwell_clinic::model::{
    Addendum, Aftercare, Level, Mark, Notes, Place, Policy, Pressure, Record, SessionRecord, Sheet,
    SheetLine, Tender,
};

use super::samples::{id, instant};

fn mark(millis: i64) -> Mark {
    Mark {
        by: KeyId::new(5),
        at: instant(millis),
    }
}

fn notes() -> Notes {
    Notes {
        pressure: vec![Pressure {
            area: id("calves"),
            began: Level::new(1).unwrap(),
            ended: Level::new(5).unwrap(),
            change: "Tickles".to_owned(),
        }],
        techniques: vec![id("kneading")],
        areas: vec![id("feet")],
        zones: vec![id("ball")],
        tender: [Place::Area(id("feet")), Place::Zone(id("heel"))]
            .map(|place| Tender {
                place,
                note: "Tickles".to_owned(),
            })
            .into(),
        feedback: "Tickles".to_owned(),
        modifications: "Lightly".to_owned(),
        referral: "Stairs".to_owned(),
    }
}

pub(super) fn records() -> Vec<Record> {
    let draft = SessionRecord {
        appointment: AppointmentId::new(1_000_000),
        client: ClientId::new(4_096),
        site: id("halifax"),
        notes: Notes::default(),
        written: mark(1),
        signed: None,
        addenda: Vec::new(),
    };
    let signed = SessionRecord {
        notes: notes(),
        signed: Some(mark(2)),
        addenda: vec![Addendum {
            text: "Tickles".to_owned(),
            mark: mark(3),
        }],
        ..draft.clone()
    };
    let line = |until| SheetLine {
        text: "Rest.".to_owned(),
        until,
    };
    let aftercare = Aftercare {
        appointment: AppointmentId::new(1_000_000),
        client: ClientId::new(4_096),
        site: id("halifax"),
        sheet: Sheet {
            service: id("ashiatsu-60"),
            therapist: id("chen"),
            finished: instant(4),
            lines: vec![line(None), line(Some(instant(5)))],
        },
        issued: vec![mark(6), mark(7)],
    };
    // A guide without anything, beside the shipped one of the other policy.
    let mut policy = Policy::default();
    policy.guide.techniques.clear();
    policy.guide.advice.clear();
    policy.guide.foot.clear();
    vec![draft.into(), signed.into(), aftercare.into(), policy.into()]
}
