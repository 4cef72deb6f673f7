use crate::command::{AttestFootCare, Cancel, Command, OpenOutage, Put, ReviewScreening};
use crate::decide::desk::{DAY, Desk, actor, cell, item, span, step, wish, with};
use crate::fixture::{local, massage, minutes, room_id, site_id, therapist_id};
use crate::id::{AppointmentId, ClientId};
use crate::model::{
    Blocker, CancelReason, Care, Fault, Occupant, OutageTarget, Phase, ReviewDecision, Role,
    Service, State, When,
};
use crate::refusal::Refusal;

fn attest(who: &str, polish_free: bool) -> Command {
    Command::AttestFootCare(AttestFootCare {
        therapist: therapist_id(who),
        site: site_id("halifax"),
        care: Care::default(),
        polish_free,
    })
}

/// A session of ann's in h1 with bars that goes on from 10:00 to 11:00.
fn barefoot(desk: &mut Desk, client: ClientId) -> AppointmentId {
    let id = desk.book(client, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 50).done(&attest("ann", true));
    desk.done(&Command::CheckIn(step(id)));
    desk.at(10, 0).done(&Command::Start(step(id)));
    id
}

#[track_caller]
fn blocked(desk: &mut Desk, id: AppointmentId) -> Vec<&'static str> {
    match desk.refused(&Command::Start(step(id))) {
        Refusal::StartBlocked(blockers) => blockers.iter().map(Blocker::reason).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_starts_when_nothing_stands_against_it() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 29).done(&Command::CheckIn(step(id)));
    assert_eq!(
        blocked(&mut desk, id),
        ["TOO_EARLY", "FOOT_CARE_NOT_ATTESTED"]
    );
    desk.at(9, 30);
    assert_eq!(blocked(&mut desk, id), ["FOOT_CARE_NOT_ATTESTED"]);
    desk.done(&attest("ann", false));
    assert_eq!(blocked(&mut desk, id), ["FOOT_CARE_NOT_ATTESTED"]);
    desk.done(&attest("ann", true));
    desk.done(&Command::Start(step(id)));
    assert_eq!(desk.appointment(id).state.phase(), Phase::InSession);
    assert_eq!(
        desk.clinic.session_in(room_id("h1")).map(|a| a.id),
        Some(id)
    );
}

#[test]
fn bars_are_judged_at_the_minute() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 55).done(&attest("ann", true));
    desk.done(&Command::CheckIn(step(id)));
    let out = desk.done(&Command::OpenOutage(OpenOutage {
        room: room_id("h1"),
        target: OutageTarget::Bars,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    }));
    assert_eq!(blocked(&mut desk, id), ["BARS_UNSOUND"]);
    let crate::model::RecordId::Outage(outage) = out.reply.records[0] else {
        panic!("{out:?}");
    };
    desk.done(&Command::CloseOutage { outage, etag: None });
    desk.done(&Command::Start(step(id)));
}

#[test]
fn a_declaration_made_at_the_desk_counts_at_once() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 55).done(&attest("ann", true));
    desk.done(&Command::CheckIn(step(id)));
    desk.declare(clients.clear, Some(("phlebitis", When::Unknown)));
    assert_eq!(desk.flags(id), ["SCREENING_EXCLUDED"]);
    assert_eq!(blocked(&mut desk, id), ["SCREENING_EXCLUDED"]);
}

#[test]
fn other_work_waits_for_a_therapists_review() {
    let (mut desk, clients) = Desk::open();
    desk.declare(clients.silent, Some(("phlebitis", When::Unknown)));
    let id = desk.book(clients.silent, wish("massage-60", 10, 0));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    assert_eq!(blocked(&mut desk, id), ["REVIEW_NEEDED"]);
    let review = |decision| {
        Command::ReviewScreening(ReviewScreening {
            step: step(id),
            decision,
            note: "no pressure on the left leg".to_owned(),
        })
    };
    let mut therapist = actor(5, Role::Therapist);
    therapist.therapist = Some(therapist_id("cas"));
    desk.act_as(therapist);
    desk.done(&review(ReviewDecision::Decline));
    assert_eq!(blocked(&mut desk, id), ["REVIEW_DECLINED"]);
    desk.done(&review(ReviewDecision::Modify));
    assert_eq!(desk.flags(id), [""; 0]);
    desk.done(&Command::Start(step(id)));
}

#[test]
fn one_session_a_room_and_a_therapist() {
    let (mut desk, clients) = Desk::open();
    let first = barefoot(&mut desk, clients.clear);
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let same_room = desk.book(other, with(wish("ashiatsu-60", 11, 15), "h1", "ann"));
    desk.at(11, 15).done(&Command::CheckIn(step(same_room)));
    assert_eq!(
        desk.refused(&Command::Start(step(same_room))),
        Refusal::StartBlocked(vec![
            Blocker::RoomInSession { appointment: first },
            Blocker::TherapistInSession { appointment: first },
        ])
    );
    let finish = |id| Command::Finish {
        step: step(id),
        stopped: None,
    };
    desk.done(&finish(first));
    assert_eq!(
        desk.refused(&Command::Start(step(same_room))),
        Refusal::StartBlocked(vec![Blocker::RoomInTurnover {
            appointment: first,
            left: vec![item("towels"), item("mats")],
        }])
    );
    desk.done(&Command::CompleteTurnover {
        room: room_id("h1"),
    });
    desk.done(&Command::Start(step(same_room)));
}

#[test]
fn a_session_is_extended_into_free_time_only() {
    let (mut desk, clients) = Desk::open();
    let id = barefoot(&mut desk, clients.clear);
    let other = desk.new_client("Other");
    let next = desk.book(other, with(wish("massage-60", 11, 45), "h1", "cas"));
    let by = |by| Command::Extend {
        step: step(id),
        by: minutes(by),
    };
    assert_eq!(
        desk.refused(&by(45)),
        Refusal::CannotExtend {
            faults: vec![Fault::RoomTaken {
                room: room_id("h1"),
                by: Occupant::Appointment(next),
            }],
            latest: cell(11, 30),
            free_rooms: vec![room_id("h2"), room_id("h3"), room_id("h5")],
        }
    );
    desk.done(&by(30));
    let slot = &desk.appointment(id).slot;
    assert_eq!(slot.planned, span((10, 0), (11, 30)));
    assert_eq!(slot.occupies.therapist, span((10, 0), (11, 40)));
    assert_eq!(slot.occupies.room, span((10, 0), (11, 45)));
    desk.done(&Command::Cancel(Cancel {
        step: step(next),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    }));
    for _ in 0..3 {
        desk.done(&by(120));
    }
    assert_eq!(
        desk.refused(&by(120)),
        Refusal::CannotExtend {
            faults: vec![],
            latest: cell(18, 0),
            free_rooms: vec![],
        }
    );
    assert_eq!(desk.refused(&by(0)).reason(), "INVALID");
    assert_eq!(desk.refused(&by(125)).reason(), "INVALID");
}

#[test]
fn a_session_is_not_extended_past_closing() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 19, 30), "h3", "cas"));
    desk.at(19, 30).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    let extend = |by| Command::Extend {
        step: step(id),
        by: minutes(by),
    };
    let Refusal::CannotExtend {
        faults,
        latest,
        free_rooms,
    } = desk.refused(&extend(60))
    else {
        panic!("not refused as an extension");
    };
    let reasons: Vec<_> = faults.iter().map(Fault::reason).collect();
    assert_eq!(reasons, ["SITE_CLOSED", "OFF_SHIFT"]);
    assert_eq!((latest, free_rooms), (cell(21, 0), vec![]));
    desk.done(&extend(30));
    let refusal = desk.refused(&extend(5));
    assert!(
        matches!(refusal, Refusal::CannotExtend { latest, .. } if latest == cell(21, 0)),
        "{refusal:?}"
    );
}

#[test]
fn what_is_unsound_already_does_not_end_a_session_that_goes_on() {
    let (mut desk, clients) = Desk::open();
    let id = barefoot(&mut desk, clients.clear);
    let out = |target, from: i8, until: i8| {
        Command::OpenOutage(OpenOutage {
            room: room_id("h1"),
            target,
            from: Some(cell(from, 0)),
            until: Some(cell(until, 0)),
            reason: "loose".to_owned(),
        })
    };
    let extend = Command::Extend {
        step: step(id),
        by: minutes(15),
    };
    desk.done(&out(OutageTarget::Bars, 11, 12));
    assert_eq!(desk.refused(&extend).reason(), "CANNOT_EXTEND");
    desk.done(&out(OutageTarget::Bars, 10, 21));
    desk.done(&extend);
}

#[test]
fn without_a_checklist_an_early_finish_frees_the_room_at_once() {
    let (mut desk, clients) = Desk::open();
    let resource = Service {
        checklist: Vec::new(),
        ..massage()
    };
    desk.done(&Command::PutService(Put {
        resource,
        etag: None,
    }));
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    desk.at(10, 22).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    assert!(desk.clinic.turnover_in(room_id("h3")).is_none());
    let occupies = desk.appointment(id).slot.occupies;
    assert_eq!(occupies.room, span((10, 0), (10, 25)));
    let other = desk.new_client("Other");
    desk.book(other, with(wish("massage-60", 10, 25), "h3", "ann"));
}

#[test]
fn an_early_finish_frees_people_at_once_and_the_room_when_it_is_ready() {
    let (mut desk, clients) = Desk::open();
    let id = barefoot(&mut desk, clients.clear);
    desk.now = local(DAY, 10, 22);
    let stopped = |why: &str| Command::Finish {
        step: step(id),
        stopped: Some(why.to_owned()),
    };
    let unsaid = desk.refused(&stopped(""));
    assert!(matches!(unsaid, Refusal::Invalid(it) if it[0].field == "stopped"));
    desk.done(&stopped("felt unwell"));
    let slot = &desk.appointment(id).slot;
    assert_eq!(slot.planned, span((10, 0), (11, 0)));
    assert_eq!(slot.occupies.client, span((10, 0), (10, 25)));
    assert_eq!(slot.occupies.therapist, span((10, 0), (10, 35)));
    assert_eq!(slot.occupies.room, span((10, 0), (11, 15)));
    let State::Completed(session) = &desk.appointment(id).state else {
        panic!("{:?}", desk.appointment(id).state);
    };
    assert_eq!(session.started, local(DAY, 10, 0));
    assert_eq!(session.stopped.as_deref(), Some("felt unwell"));
    let turnover = desk.clinic.turnover_in(room_id("h1")).unwrap();
    assert_eq!(turnover.due, local(DAY, 10, 37));

    desk.now = local(DAY, 10, 31);
    desk.done(&Command::CompleteTurnover {
        room: room_id("h1"),
    });
    let slot = &desk.appointment(id).slot;
    assert_eq!(slot.occupies.room, span((10, 0), (10, 35)));
    let other = desk.new_client("Other");
    desk.book(other, with(wish("massage-60", 10, 35), "h1", "ann"));
}

#[test]
fn a_late_finish_leaves_the_plan_alone() {
    let (mut desk, clients) = Desk::open();
    let id = barefoot(&mut desk, clients.clear);
    let planned = desk.appointment(id).slot.clone();
    desk.at(11, 40).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    assert_eq!(desk.appointment(id).slot, planned);
    desk.done(&Command::CompleteTurnover {
        room: room_id("h1"),
    });
    assert_eq!(desk.appointment(id).slot, planned);
}

#[test]
fn an_early_start_leaves_others_their_place() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 9, 0), "h3", "cas"));
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let next = desk.book(other, with(wish("massage-60", 10, 15), "h3", "ann"));
    desk.at(10, 10).done(&Command::CheckIn(step(next)));
    // Whoever is booked before might still come; the room is theirs until 10:15.
    assert_eq!(blocked(&mut desk, next), ["ROOM_TAKEN"]);
    desk.done(&Command::NoShow(step(first)));
    desk.done(&Command::Start(step(next)));
}
