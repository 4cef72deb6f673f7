use crate::command::{Command, Put};
use crate::decide::desk::{Desk, item, step, wish, with};
use crate::fixture::room_id;
use crate::id::{AppointmentId, ItemId};
use crate::model::{ChecklistItem, RecordId, Room, RoomReady, State};
use crate::refusal::Refusal;
use jiff::ToSpan;

fn finished() -> (Desk, AppointmentId) {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    desk.at(11, 0).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    (desk, id)
}

fn items(items: &[ItemId]) -> Command {
    Command::CompleteItems {
        room: room_id("h3"),
        items: items.to_vec(),
    }
}

#[test]
fn the_room_is_ready_with_the_last_item() {
    let (mut desk, _) = finished();
    let first = desk.done(&items(&[item("mats")]));
    assert_eq!(first.reply.records, [RecordId::Turnover(room_id("h3"))]);
    let turnover = desk.clinic.turnover_in(room_id("h3")).unwrap();
    assert_eq!(turnover.open_items().collect::<Vec<_>>(), [item("towels")]);
    let again = desk.done(&items(&[item("mats")]));
    assert_eq!(
        again.changes,
        [],
        "it was done already, by whoever did it first"
    );
    desk.done(&items(&[item("mats"), item("towels")]));
    assert!(desk.clinic.turnover_in(room_id("h3")).is_none());
}

#[test]
fn only_what_is_on_the_list_can_be_done() {
    let (mut desk, _) = finished();
    let room = room_id("h3");
    let item = item("windows");
    assert_eq!(
        desk.refused(&items(&[item])),
        Refusal::NotOnChecklist { room, item }
    );
    assert_eq!(desk.refused(&items(&[])).reason(), "INVALID");
    desk.done(&Command::CompleteTurnover { room });
    let again = Command::CompleteTurnover { room };
    assert_eq!(desk.refused(&again), Refusal::NotInTurnover { room });
    let room = room_id("h9");
    let what = RecordId::Room(room);
    let unknown = Command::CompleteTurnover { room };
    assert_eq!(desk.refused(&unknown), Refusal::NotFound { what });
}

#[test]
fn the_session_keeps_when_its_room_was_ready_and_whether_that_was_late() {
    for (minutes, late) in [(0_i64, false), (15, false), (16, true)] {
        let (mut desk, id) = finished();
        let ready = |desk: &Desk| match &desk.appointment(id).state {
            State::Completed(session) => session.ready,
            other => panic!("{other:?}"),
        };
        desk.now += minutes.minutes();
        desk.done(&items(&[item("mats")]));
        assert_eq!(ready(&desk), None, "one item is left");
        let room = room_id("h3");
        desk.done(&Command::CompleteTurnover { room });
        let at = desk.now;
        assert_eq!(ready(&desk), Some(RoomReady { at, late }), "{minutes} min");
        desk.done(&Command::Undo);
        assert_eq!(ready(&desk), None, "the checklist is open again");
    }
}

#[test]
fn what_is_asked_for_in_the_room_comes_after_what_the_service_asks() {
    let (mut desk, clients) = Desk::open();
    let room = desk.clinic.room(room_id("h3")).unwrap();
    let asked = |id: &str| ChecklistItem {
        id: item(id),
        text: format!("{id}, as the room says"),
    };
    let resource = Room {
        checklist: vec![asked("towels"), asked("window")],
        ..Room::clone(room)
    };
    let etag = None;
    desk.done(&Command::PutRoom(Put { resource, etag }));
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    desk.at(11, 0).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    let turnover = desk.clinic.turnover_in(room_id("h3")).unwrap();
    let open: Vec<ItemId> = turnover.open_items().collect();
    assert_eq!(open.len(), 3, "what both ask for is done once: {open:?}");
    assert_eq!(open.last(), Some(&item("window")));
    desk.done(&items(&[item("mats"), item("towels")]));
    assert!(desk.clinic.turnover_in(room_id("h3")).is_some());
    desk.done(&items(&[item("window")]));
    assert!(desk.clinic.turnover_in(room_id("h3")).is_none());
}
