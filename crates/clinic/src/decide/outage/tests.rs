use crate::command::{Command, OpenOutage};
use crate::decide::desk::{Desk, cell, span, wish, with};
use crate::fixture::room_id;
use crate::id::OutageId;
use crate::model::{OutageTarget, RecordId};
use crate::refusal::Refusal;

fn bars(room: &str) -> OpenOutage {
    OpenOutage {
        room: room_id(room),
        target: OutageTarget::Bars,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    }
}

fn open(desk: &mut Desk, outage: OpenOutage) -> OutageId {
    match desk.done(&Command::OpenOutage(outage)).reply.records[..] {
        [RecordId::Outage(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn an_outage_flags_what_needs_the_bars_and_its_end_unflags_it() {
    let (mut desk, clients) = Desk::open();
    let barefoot = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let by_hand = desk.book(clients.clear, with(wish("massage-60", 12, 0), "h1", "ann"));
    let outage = open(&mut desk, bars("h1"));
    assert_eq!(desk.flags(barefoot), ["BARS_UNSOUND"]);
    assert_eq!(desk.flags(by_hand), [""; 0]);
    desk.at(9, 7);
    let close = Command::CloseOutage { outage, etag: None };
    desk.done(&close);
    assert_eq!(desk.flags(barefoot), [""; 0]);
    assert_eq!(desk.clinic.outage(outage).unwrap().until, Some(cell(9, 5)));
    assert_eq!(desk.refused(&close), Refusal::OutageClosed { outage });
}

#[test]
fn an_outage_closed_before_it_began_never_was() {
    let (mut desk, _) = Desk::open();
    let outage = open(
        &mut desk,
        OpenOutage {
            from: Some(cell(12, 0)),
            ..bars("h1")
        },
    );
    desk.done(&Command::CloseOutage { outage, etag: None });
    let day = span((0, 0), (23, 0));
    assert_eq!(desk.clinic.outages_in(room_id("h1"), day).count(), 0);
}

#[test]
fn an_outage_that_is_over_is_closed() {
    let (mut desk, _) = Desk::open();
    let outage = open(
        &mut desk,
        OpenOutage {
            until: Some(cell(9, 0)),
            ..bars("h1")
        },
    );
    desk.at(9, 0);
    let close = Command::CloseOutage { outage, etag: None };
    assert_eq!(desk.refused(&close), Refusal::OutageClosed { outage });
}

#[test]
fn an_outage_has_a_reason_a_time_and_something_to_be_out() {
    let (mut desk, _) = Desk::open();
    let cases = [
        (
            OpenOutage {
                reason: String::new(),
                ..bars("h1")
            },
            "INVALID",
        ),
        (bars("h3"), "INVALID"),
        (
            OpenOutage {
                until: Some(cell(8, 0)),
                ..bars("h1")
            },
            "INVALID",
        ),
        (
            OpenOutage {
                from: Some(cell(7, 55)),
                ..bars("h1")
            },
            "PAST",
        ),
        (bars("h9"), "NOT_FOUND"),
    ];
    for (outage, reason) in cases {
        let command = Command::OpenOutage(outage);
        assert_eq!(desk.refused(&command).reason(), reason, "{command:?}");
    }
    let far = cell(8, 0).plus_cells(1_100 * 24 * 12);
    let beyond = OpenOutage {
        until: Some(far),
        ..bars("h1")
    };
    assert_eq!(
        desk.refused(&Command::OpenOutage(beyond)).reason(),
        "TOO_FAR_AHEAD"
    );
}
