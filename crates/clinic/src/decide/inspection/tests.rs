use jiff::civil::{Date, date};

use crate::command::{Command, RecordInspection};
use crate::decide::desk::{DAY, Desk, cell, limited_to, wish, with};
use crate::fixture::{room_id, site_id};
use crate::id::OutageId;
use crate::model::{Finding, Inspection, OutageTarget, RecordId, Role, SupportInspection};
use crate::refusal::{Refusal, Upkeep};

fn inspected(room: &str, date: Date, passed: Option<u16>) -> Command {
    Command::RecordInspection(RecordInspection {
        room: room_id(room),
        date,
        inspector: "Bluenose Rigging".to_owned(),
        passed,
        note: "bolt 3".to_owned(),
    })
}

fn record(desk: &mut Desk, command: &Command) -> SupportInspection {
    match desk.done(command).reply.records[..] {
        [RecordId::SupportInspection(id)] => {
            SupportInspection::clone(desk.clinic.inspection(id).unwrap())
        }
        ref other => panic!("{other:?}"),
    }
}

fn opened(inspection: &SupportInspection) -> Option<OutageId> {
    match inspection.finding {
        Finding::Failed { outage } => outage,
        Finding::Passed { .. } => panic!("{inspection:?}"),
    }
}

#[test]
fn a_failed_inspection_takes_the_bars_out_until_one_passes() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let failed = record(&mut desk, &inspected("h1", DAY, None));
    let outage = opened(&failed).expect("it opens one");
    assert_eq!(desk.flags(id), ["BARS_UNSOUND"]);
    let open = desk.clinic.outage(outage).unwrap();
    assert_eq!(
        (open.target, open.from, open.until),
        (OutageTarget::Bars, cell(8, 0), None)
    );
    let again = record(&mut desk, &inspected("h1", DAY, None));
    assert_eq!(opened(&again), Some(outage), "one outage is enough");

    let earlier = DAY.yesterday().unwrap();
    desk.at(9, 0).done(&inspected("h1", earlier, Some(12)));
    assert_eq!(
        desk.flags(id),
        ["BARS_UNSOUND"],
        "it passed before it failed"
    );
    desk.done(&inspected("h1", DAY, Some(6)));
    assert_eq!(desk.flags(id), [""; 0]);
    assert!(desk.clinic.outage(outage).unwrap().closed.is_some());
    let room = desk.clinic.room(room_id("h1")).unwrap();
    let good = Inspection {
        passed: DAY,
        months: 6,
    };
    assert_eq!(room.inspection, Some(good));
    // Both that failed, both that passed, and what the room was set up with.
    let log: Vec<_> = desk.clinic.inspections_of(room_id("h1")).collect();
    assert_eq!(log.len(), 5);
    assert_eq!(
        (log[0].date, &*log[0].inspector),
        (date(2026, 1, 1), "Not recorded")
    );
}

#[test]
fn what_was_found_long_ago_changes_nothing_now() {
    let (mut desk, _) = Desk::open();
    let before = desk.clinic.room(room_id("h1")).unwrap().inspection;
    let old = date(2025, 6, 1);
    desk.done(&inspected("h1", old, Some(120)));
    assert_eq!(desk.clinic.room(room_id("h1")).unwrap().inspection, before);
    let failed = record(&mut desk, &inspected("h1", old, None));
    assert_eq!(opened(&failed), None);
    assert_eq!(desk.clinic.outages().count(), 0);
}

#[test]
fn an_inspection_is_of_something_overhead_and_not_in_the_future() {
    let (mut desk, _) = Desk::open();
    let room = room_id("h3");
    let refusal = Refusal::from(Upkeep::NothingOverhead { room });
    assert_eq!(desk.refused(&inspected("h3", DAY, Some(12))), refusal);
    desk.done(&inspected("h5", DAY, Some(12)));
    let tomorrow = DAY.tomorrow().unwrap();
    assert_eq!(
        desk.refused(&inspected("h1", tomorrow, Some(12))).reason(),
        "TOO_FAR_AHEAD"
    );
    assert_eq!(
        desk.refused(&inspected("h1", DAY, Some(0))).reason(),
        "INVALID"
    );
    assert_eq!(
        desk.refused(&inspected("h9", DAY, Some(1))).reason(),
        "NOT_FOUND"
    );
    let Command::RecordInspection(new) = inspected("h1", DAY, None) else {
        panic!("it is one");
    };
    let silent = Command::RecordInspection(RecordInspection {
        note: String::new(),
        ..new
    });
    assert_eq!(desk.refused(&silent).reason(), "INVALID");
    desk.act_as(limited_to(2, Role::Manager, "halifax"));
    let site = site_id("dartmouth");
    let refusal = Refusal::SiteNotAllowed { site };
    assert_eq!(desk.refused(&inspected("d1", DAY, Some(12))), refusal);
}

#[test]
fn only_an_inspection_that_passes_ends_what_a_failed_one_opened() {
    let (mut desk, _) = Desk::open();
    let failed = record(&mut desk, &inspected("h1", DAY, None));
    let outage = opened(&failed).unwrap();
    let close = Command::CloseOutage { outage, etag: None };
    desk.act_as(limited_to(2, Role::FrontDesk, "halifax"));
    let room = room_id("h1");
    let refusal = Refusal::from(Upkeep::InspectionFailed { room, outage });
    assert_eq!(desk.refused(&close), refusal);
    desk.done(&inspected("h1", DAY, Some(12)));
    assert_eq!(desk.refused(&close).reason(), "OUTAGE_CLOSED");
}
