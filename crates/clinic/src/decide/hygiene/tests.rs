use crate::command::{
    AttestFootCare, Command, Move, MoveTo, NewPlace, RecordInspection, RecordOwnItems,
};
use crate::decide::desk::{DAY, Desk, actor, item, limited_to, step, wish, with};
use crate::fixture::{local, room_id, site_id, therapist_id};
use crate::hygiene_log::{day_log, hygiene_of};
use crate::id::AppointmentId;
use crate::model::{Care, Done, Hygiene, OwnItem, RecordId, Role};
use crate::refusal::{Refusal, Upkeep};

fn own(appointment: AppointmentId, items: &[OwnItem]) -> Command {
    Command::RecordOwnItems(RecordOwnItems {
        appointment,
        items: items.to_vec(),
    })
}

/// Ann is about to work barefoot in h1 at 10:00; the client is here.
fn arrived() -> (Desk, AppointmentId) {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let refusal = Refusal::from(Upkeep::HygieneTooEarly { appointment: id });
    assert_eq!(desk.refused(&own(id, &[OwnItem::WashedBefore])), refusal);
    desk.at(9, 50)
        .done(&Command::AttestFootCare(AttestFootCare {
            therapist: therapist_id("ann"),
            site: site_id("halifax"),
            care: Care::default(),
            polish_free: true,
        }));
    desk.done(&Command::CheckIn(step(id)));
    (desk, id)
}

fn finish(desk: &mut Desk, id: AppointmentId) {
    desk.at(11, 0).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
}

fn recorded(desk: &Desk, id: AppointmentId) -> Vec<OwnItem> {
    let hygiene = desk.clinic.hygiene_of(id);
    hygiene.map_or_else(Vec::new, |it| it.own.iter().map(|own| own.item).collect())
}

#[test]
fn each_thing_is_recorded_when_the_session_has_come_to_it() {
    use OwnItem::{SockettesBackOn, SockettesOn, WashedAfter, WashedBefore};
    let (mut desk, id) = arrived();
    let early = Refusal::from(Upkeep::HygieneTooEarly { appointment: id });
    assert_eq!(
        desk.refused(&own(id, &[SockettesOn, SockettesBackOn])),
        early
    );
    desk.done(&own(id, &[SockettesOn]));
    desk.done(&own(id, &[WashedBefore, SockettesOn]));
    desk.at(10, 0).done(&Command::Start(step(id)));
    desk.done(&own(id, &[SockettesBackOn]));
    assert_eq!(desk.refused(&own(id, &[WashedAfter])), early);
    finish(&mut desk, id);
    desk.done(&own(id, &[WashedAfter]));
    assert_eq!(
        recorded(&desk, id),
        [WashedBefore, SockettesOn, SockettesBackOn, WashedAfter]
    );
    let hygiene = desk.clinic.hygiene_of(id).unwrap();
    let at = local(DAY, 9, 50);
    let first = Done {
        by: desk.actor.key,
        at,
    };
    assert_eq!(hygiene.own[0].done, first);
    assert_eq!(desk.refused(&own(id, &[])).reason(), "INVALID");
    desk.act_as(limited_to(7, Role::FrontDesk, "dartmouth"));
    let what = RecordId::Appointment(id);
    assert_eq!(
        desk.refused(&own(id, &[WashedAfter])),
        Refusal::NotFound { what }
    );
}

#[test]
fn work_with_the_hands_asks_for_no_sockettes() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&own(id, &[OwnItem::WashedBefore]));
    assert_eq!(
        desk.refused(&own(id, &[OwnItem::SockettesOn])).reason(),
        "INVALID"
    );
}

#[test]
fn a_turnover_is_kept_when_it_is_done_and_undoing_leaves_what_others_did() {
    let (mut desk, id) = arrived();
    desk.at(10, 0).done(&Command::Start(step(id)));
    finish(&mut desk, id);
    let room = room_id("h1");
    let items = vec![item("towels")];
    desk.done(&Command::CompleteItems { room, items });
    desk.at(11, 16).done(&Command::CompleteTurnover { room });
    let kept = |desk: &Desk| desk.clinic.hygiene_of(id).map(|it| Hygiene::clone(it));
    let turnover = kept(&desk).unwrap().turnover.unwrap();
    assert!(turnover.is_late(), "it was due at 11:15");
    assert_eq!(turnover.finished, desk.now);
    let done_at = turnover.items.iter().map(|it| it.done.unwrap().at);
    assert_eq!(done_at.collect::<Vec<_>>(), [local(DAY, 11, 0), desk.now]);

    desk.act_as(actor(2, Role::Therapist));
    desk.done(&own(id, &[OwnItem::WashedAfter]));
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::Undo);
    assert!(desk.clinic.turnover_in(room).is_some());
    assert_eq!(kept(&desk).unwrap().turnover, None);
    assert_eq!(recorded(&desk, id), [OwnItem::WashedAfter]);
    desk.act_as(actor(2, Role::Therapist));
    desk.done(&Command::Undo);
    assert_eq!(kept(&desk), None);
}

#[test]
fn a_days_log_holds_sessions_feet_and_inspections() {
    use OwnItem::{SockettesBackOn, SockettesOn, WashedAfter, WashedBefore};
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 50)
        .done(&Command::AttestFootCare(AttestFootCare {
            therapist: therapist_id("ann"),
            site: site_id("halifax"),
            care: Care::default(),
            polish_free: true,
        }));
    desk.done(&Command::RecordInspection(RecordInspection {
        room: room_id("h2"),
        date: DAY,
        inspector: "Bluenose Rigging".to_owned(),
        passed: Some(12),
        note: String::new(),
    }));
    desk.done(&Command::CheckIn(step(id)));
    let log = |desk: &Desk| {
        let site = desk.clinic.site(site_id("halifax")).unwrap();
        day_log(&desk.clinic, site, DAY)
    };
    assert_eq!(log(&desk).sessions, [], "it has not begun");
    desk.at(10, 0).done(&Command::Start(step(id)));
    assert_eq!(log(&desk).sessions[0].missing, [WashedBefore, SockettesOn]);
    desk.done(&Command::RecordOwnItems(RecordOwnItems {
        appointment: id,
        items: vec![WashedBefore, SockettesOn],
    }));
    desk.at(11, 0).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    let present = log(&desk);
    assert_eq!(present.sessions[0].missing, [SockettesBackOn, WashedAfter]);
    assert!(present.sessions[0].open.is_some());
    let feet: Vec<_> = present
        .therapists
        .iter()
        .map(|it| (it.therapist, it.barefoot, it.is_ready()))
        .collect();
    assert_eq!(
        feet,
        [
            (therapist_id("ann"), true, true),
            (therapist_id("bea"), false, false),
            (therapist_id("cas"), false, false),
        ]
    );
    assert_eq!(present.inspections.len(), 1);
    desk.done(&Command::CompleteTurnover {
        room: room_id("h1"),
    });
    let done = log(&desk);
    assert_eq!(done.sessions[0].open, None);
    let turnover = done.sessions[0]
        .hygiene
        .as_ref()
        .and_then(|it| it.turnover.as_ref());
    assert!(turnover.is_some_and(|it| !it.is_late()));
}

#[test]
fn another_therapist_has_to_wash_too() {
    let (mut desk, id) = arrived();
    desk.done(&own(id, &[OwnItem::WashedBefore, OwnItem::SockettesOn]));
    let to = MoveTo::Place(NewPlace {
        room: Some(room_id("h2")),
        therapist: Some(therapist_id("bea")),
        ..NewPlace::default()
    });
    desk.done(&Command::Move(Move { step: step(id), to }));
    let moved = desk.clinic.appointment(id).unwrap();
    assert!(hygiene_of(&desk.clinic, moved).is_none());
    desk.done(&own(id, &[OwnItem::WashedBefore]));
    let now = desk.clinic.hygiene_of(id).unwrap();
    assert_eq!(
        (now.room, now.therapist),
        (room_id("h2"), therapist_id("bea"))
    );
    assert_eq!(recorded(&desk, id), [OwnItem::WashedBefore]);
}
