use crate::command::{BookSource, CommandKind};
use crate::command::{
    Cancel, Command, Move, MoveTo, NewPlace, OpenOutage, Patch, Put, PutShift, UpdateClient,
};
use crate::decide::desk::{
    DAY, Desk, actor, book, book_from, cell, limited_to, shift, span, step, wish, with,
};
use crate::fixture::{certified, local, room_id, therapist_id};
use crate::id::AppointmentId;
use crate::model::{CancelReason, OutageTarget, Phase, RecordId, Role, State, When};
use crate::refusal::Refusal;

fn cancel(id: AppointmentId) -> Command {
    Command::Cancel(Cancel {
        step: step(id),
        reason: CancelReason::Weather,
        note: String::new(),
    })
}

fn finish(id: AppointmentId) -> Command {
    Command::Finish {
        step: step(id),
        stopped: None,
    }
}

/// The records without the revisions of their last change, the history of bookings left out.
fn records(desk: &Desk) -> Vec<crate::model::Record> {
    desk.clinic.records().map(|(record, _)| record).collect()
}

#[test]
fn undo_restores_what_was() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let hold = desk.hold(wish("foot-30", 15, 0));
    let shift_id = desk
        .clinic
        .shifts_of(therapist_id("bea"), span((0, 0), (23, 0)))
        .next()
        .unwrap()
        .id;
    desk.at(9, 59);
    let commands = [
        Command::Confirm(step(id)),
        cancel(id),
        Command::Move(Move {
            step: step(id),
            to: MoveTo::Place(NewPlace {
                start: Some(cell(12, 0)),
                room: Some(room_id("h5")),
                ..NewPlace::default()
            }),
        }),
        Command::CheckIn(step(id)),
        Command::Hold(wish("foot-30", 16, 0)),
        Command::OpenOutage(OpenOutage {
            room: room_id("h3"),
            target: OutageTarget::Room,
            from: None,
            until: None,
            reason: "wet".to_owned(),
        }),
        Command::PutShifts(vec![shift("bea", "dartmouth", (21, 30), (22, 0))]),
        Command::PutShifts(vec![PutShift {
            shift: Some(shift_id),
            ..shift("bea", "halifax", (9, 0), (12, 0))
        }]),
        Command::RemoveShift {
            shift: shift_id,
            etag: None,
        },
        Command::UpdateClient(UpdateClient {
            client: clients.clear,
            name: Patch::Set("Clearer".to_owned()),
            phone: Patch::Keep,
            email: Patch::Keep,
            born: Patch::Keep,
            preferred: Patch::Keep,
            note: Patch::Keep,
            etag: None,
        }),
    ];
    // Releasing has a test of its own, for the clock stands still here.
    assert!(desk.clinic.hold(hold).is_some());
    for command in commands {
        let before = records(&desk);
        desk.done(&command);
        assert_ne!(records(&desk), before, "{:?}", command.kind());
        desk.done(&Command::Undo);
        assert_eq!(records(&desk), before, "{:?}", command.kind());
    }
}

#[test]
fn undo_takes_a_session_back_step_by_step() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    let steps = [
        Command::Start(step(id)),
        Command::Extend {
            step: step(id),
            by: crate::fixture::minutes(15),
        },
        finish(id),
        Command::CompleteItems {
            room: room_id("h3"),
            items: vec!["mats".parse().unwrap()],
        },
        Command::CompleteTurnover {
            room: room_id("h3"),
        },
    ];
    desk.at(10, 20);
    for command in steps {
        let before = records(&desk);
        desk.done(&command);
        desk.done(&Command::Undo);
        assert_eq!(records(&desk), before, "{:?}", command.kind());
        desk.done(&command);
    }
}

#[test]
fn an_undone_booking_stays_cancelled() {
    let (mut desk, clients) = Desk::open();
    let hold = desk.hold(wish("massage-60", 10, 0));
    desk.done(&book_from(BookSource::Hold {
        hold,
        client: Some(clients.clear),
    }));
    let decision = desk.done(&Command::Undo);
    let RecordId::Appointment(id) = decision.reply.records[0] else {
        panic!("{decision:?}");
    };
    let State::Cancelled(cancellation) = &desk.appointment(id).state else {
        panic!("{:?}", desk.appointment(id).state);
    };
    assert_eq!(cancellation.reason, CancelReason::Undone);
    assert!(
        desk.clinic.hold(hold).is_none(),
        "a consumed hold stays consumed"
    );
}

#[test]
fn undo_is_ones_own_latest_operation_within_its_time() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    desk.act_as(actor(2, Role::FrontDesk));
    assert_eq!(desk.refused(&Command::Undo), Refusal::NothingToUndo);
    desk.done(&Command::Confirm(step(id)));
    desk.now = local(DAY, 8, 10);
    desk.done(&Command::Undo);
    assert_eq!(desk.refused(&Command::Undo), Refusal::NothingToUndo);
    desk.done(&Command::Confirm(step(id)));
    let until = local(DAY, 8, 20);
    desk.now = until + jiff::SignedDuration::from_secs(1);
    assert_eq!(desk.refused(&Command::Undo), Refusal::UndoTooLate { until });
    let new = crate::command::NewClient {
        name: "New".to_owned(),
        ..crate::command::NewClient::default()
    };
    desk.done(&Command::CreateClient(new));
    let kind = CommandKind::CreateClient;
    assert_eq!(desk.refused(&Command::Undo), Refusal::NotUndoable { kind });
}

#[test]
fn what_others_changed_since_is_not_undone() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&Command::Confirm(step(id)));
    desk.act_as(actor(1, Role::Owner));
    let what = RecordId::Appointment(id);
    assert_eq!(desk.refused(&Command::Undo), Refusal::UndoChanged { what });
}

#[test]
fn the_clinics_own_judgement_is_nobodys_change() {
    let (mut desk, clients) = Desk::open();
    let out = Command::OpenOutage(OpenOutage {
        room: room_id("h1"),
        target: OutageTarget::Bars,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    });
    let (manager, front) = (actor(1, Role::Manager), actor(2, Role::FrontDesk));
    desk.act_as(front.clone());
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.act_as(manager.clone()).done(&out);
    assert_eq!(desk.flags(id), ["BARS_UNSOUND"]);
    desk.act_as(front.clone()).done(&Command::Undo);
    assert_eq!(desk.appointment(id).state.phase(), Phase::Cancelled);

    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h2", "ann"));
    desk.done(&Command::Confirm(step(id)));
    desk.act_as(manager)
        .declare(clients.clear, Some(("phlebitis", When::Unknown)));
    assert_eq!(desk.flags(id), ["SCREENING_EXCLUDED"]);
    desk.act_as(front).done(&Command::Undo);
    assert_eq!(desk.appointment(id).state.phase(), Phase::Booked);
    assert_eq!(desk.flags(id), ["SCREENING_EXCLUDED"], "still judged");
}

#[test]
fn what_found_everything_as_asked_is_not_undone() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    let known = desk.clinic.client(clients.clear).unwrap().name.clone();
    let same = Command::UpdateClient(UpdateClient {
        client: clients.clear,
        name: Patch::Set(known),
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Keep,
        etag: None,
    });
    assert_eq!(desk.done(&same).changes, []);
    desk.done(&Command::Undo);
    assert_eq!(desk.appointment(id).state.phase(), Phase::Cancelled);
}

#[test]
fn what_stands_in_the_way_by_now_refuses_the_undo() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.done(&cancel(id));
    desk.act_as(actor(2, Role::FrontDesk));
    let other = desk.new_client("Other");
    desk.book(other, with(wish("massage-60", 10, 30), "h3", "ann"));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "ROOM_TAKEN");
    assert_eq!(desk.appointment(id).state.phase(), Phase::Cancelled);
}

#[test]
fn an_unsound_booking_does_not_come_back() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.done(&Command::Confirm(step(id)));
    desk.done(&cancel(id));
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&Command::OpenOutage(OpenOutage {
        room: room_id("h1"),
        target: OutageTarget::Bars,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    }));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "BARS_UNSOUND");
}

#[test]
fn a_client_who_left_early_may_be_elsewhere_when_a_checklist_is_taken_back() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(first)));
    desk.done(&Command::Start(step(first)));
    desk.at(10, 10).done(&finish(first));
    desk.done(&Command::CompleteTurnover {
        room: room_id("h3"),
    });
    desk.act_as(actor(2, Role::FrontDesk));
    desk.book(clients.clear, with(wish("massage-60", 10, 30), "h5", "ann"));
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::Undo);
    assert!(desk.clinic.turnover_in(room_id("h3")).is_some());
}

#[test]
fn a_room_in_use_does_not_go_back_into_turnover() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let second = desk.book(other, with(wish("massage-60", 11, 15), "h3", "ann"));
    desk.at(10, 0).done(&Command::CheckIn(step(first)));
    desk.done(&Command::Start(step(first)));
    desk.at(11, 0).done(&finish(first));
    desk.done(&Command::CompleteTurnover {
        room: room_id("h3"),
    });
    desk.act_as(actor(2, Role::FrontDesk));
    desk.at(11, 5).done(&Command::CheckIn(step(second)));
    desk.done(&Command::Start(step(second)));
    desk.act_as(actor(1, Role::Owner));
    let what = RecordId::Appointment(second);
    assert_eq!(desk.refused(&Command::Undo), Refusal::UndoChanged { what });
}

#[test]
fn a_therapist_in_another_session_does_not_go_back_into_one() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let second = desk.book(other, with(wish("massage-60", 11, 5), "h5", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(first)));
    desk.done(&Command::Start(step(first)));
    desk.at(10, 59).done(&finish(first));
    desk.act_as(actor(2, Role::FrontDesk));
    desk.at(11, 5).done(&Command::CheckIn(step(second)));
    desk.done(&Command::Start(step(second)));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(
        desk.refused(&Command::Undo).reason(),
        "THERAPIST_IN_SESSION"
    );
}

#[test]
fn a_released_hold_comes_back_for_the_rest_of_its_time() {
    let (mut desk, clients) = Desk::open();
    let hold = desk.hold(with(wish("massage-60", 10, 0), "h3", "cas"));
    let release = Command::ReleaseHold { hold };
    desk.done(&release);
    desk.done(&Command::Undo);
    let at = desk.clinic.hold(hold).unwrap().expires_at;
    desk.done(&release);
    desk.act_as(actor(2, Role::FrontDesk));
    desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "ann"));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "ROOM_TAKEN");
    desk.now = at;
    assert_eq!(
        desk.refused(&Command::Undo),
        Refusal::HoldExpired { hold, at }
    );
}

#[test]
fn a_shift_in_the_way_refuses_the_undo() {
    let (mut desk, _) = Desk::open();
    let removed = desk
        .clinic
        .shifts_of(therapist_id("cas"), span((0, 0), (23, 0)))
        .next()
        .unwrap()
        .id;
    desk.done(&Command::RemoveShift {
        shift: removed,
        etag: None,
    });
    desk.act_as(actor(2, Role::Manager));
    desk.done(&Command::PutShifts(vec![shift(
        "cas",
        "halifax",
        (20, 0),
        (22, 0),
    )]));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "SHIFT_OVERLAPS");
}

#[test]
fn a_shift_does_not_come_back_to_a_site_that_the_therapist_has_left() {
    let (mut desk, _) = Desk::open();
    let day = span((0, 0), (23, 0));
    let first = desk.clinic.shifts_of(therapist_id("bea"), day).next();
    let removed = first.unwrap().id;
    desk.done(&Command::RemoveShift {
        shift: removed,
        etag: None,
    });
    desk.act_as(actor(2, Role::Manager));
    desk.done(&Command::PutTherapist(Put {
        resource: certified("bea", &["dartmouth"]),
        etag: None,
    }));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(
        desk.refused(&Command::Undo).reason(),
        "THERAPIST_OF_ANOTHER_SITE"
    );
}

#[test]
fn whoever_loses_a_shift_by_an_undo_is_judged_again() {
    let (mut desk, clients) = Desk::open();
    let [ann, cas] = ["ann", "cas"].map(|who| {
        let day = span((0, 0), (23, 0));
        let mut shifts = desk.clinic.shifts_of(therapist_id(who), day);
        shifts.next().unwrap().id
    });
    desk.done(&Command::RemoveShift {
        shift: ann,
        etag: None,
    });
    desk.done(&Command::PutShifts(vec![PutShift {
        shift: Some(cas),
        ..shift("ann", "halifax", (9, 0), (20, 0))
    }]));
    desk.act_as(actor(2, Role::FrontDesk));
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "ann"));
    assert!(desk.flags(id).is_empty());
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::Undo);
    assert_eq!(desk.flags(id), ["OFF_SHIFT"]);
}

#[test]
fn undo_stays_at_the_keys_own_sites() {
    let (mut desk, clients) = Desk::open();
    desk.done(&book(clients.clear, wish("massage-60", 10, 0)));
    desk.act_as(limited_to(1, Role::FrontDesk, "dartmouth"));
    assert_eq!(desk.refused(&Command::Undo).reason(), "SITE_NOT_ALLOWED");
}
