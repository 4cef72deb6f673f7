use crate::command::{Cancel, Command, PutAbsence};
use crate::decide::desk::{Desk, actor, cell, span, step, wish, with};
use crate::fixture::{site_id, therapist_id};
use crate::id::AbsenceId;
use crate::model::{CancelReason, RecordId, Role, Sites};
use crate::refusal::Refusal;
use crate::time::Interval;

fn away(who: &str, from: (i8, i8), until: (i8, i8)) -> PutAbsence {
    PutAbsence {
        absence: None,
        therapist: therapist_id(who),
        time: span(from, until),
        reason: "dentist".to_owned(),
        etag: None,
    }
}

fn put(desk: &mut Desk, absence: PutAbsence) -> AbsenceId {
    let decision = desk.done(&Command::PutAbsence(absence));
    match decision.reply.records[..] {
        [RecordId::Absence(id)] => id,
        ref other => panic!("time off was made, not {other:?}"),
    }
}

#[test]
fn who_is_away_is_not_booked_and_whoever_was_is_flagged() {
    let (mut desk, clients) = Desk::open();
    let at_ten = || with(wish("massage-60", 10, 0), "h3", "ann");
    let visit = desk.book(clients.clear, at_ten());
    let id = put(&mut desk, away("ann", (10, 30), (12, 0)));
    assert_eq!(desk.flags(visit), ["OFF_SHIFT"]);
    desk.done(&Command::Cancel(Cancel {
        step: step(visit),
        reason: CancelReason::TherapistAbsent,
        note: String::new(),
    }));
    let hold = Command::Hold(at_ten());
    assert_eq!(desk.refused(&hold).reason(), "OFF_SHIFT");
    // Time off ends when it ends, and begins when it begins: half-open, like everything.
    desk.done(&Command::Hold(with(wish("massage-60", 12, 0), "h3", "ann")));
    desk.done(&Command::Hold(with(wish("massage-60", 9, 30), "h5", "ann")));
    desk.done(&Command::RemoveAbsence {
        absence: id,
        etag: None,
    });
    assert!(desk.clinic.absences().next().is_none());
}

#[test]
fn what_is_shortened_frees_and_undo_brings_back() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, away("ann", (10, 0), (20, 0)));
    let shorter = PutAbsence {
        absence: Some(id),
        ..away("ann", (10, 0), (11, 0))
    };
    put(&mut desk, shorter);
    let afternoon = with(wish("massage-60", 15, 0), "h3", "ann");
    desk.done(&Command::Hold(afternoon.clone()));
    desk.done(&Command::Undo);
    put(
        &mut desk,
        PutAbsence {
            absence: Some(id),
            ..away("ann", (10, 0), (20, 0))
        },
    );
    assert_eq!(
        desk.refused(&Command::Hold(afternoon.clone())).reason(),
        "OFF_SHIFT"
    );
    desk.done(&Command::Undo);
    desk.done(&Command::Hold(afternoon));
}

#[test]
fn time_off_is_well_formed_once_and_for_those_who_reach_all_sites() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, away("bea", (10, 0), (12, 0)));
    assert_eq!(
        desk.refused(&Command::PutAbsence(away("bea", (11, 0), (13, 0)))),
        Refusal::AbsenceOverlaps {
            therapist: therapist_id("bea"),
            absence: id
        }
    );
    put(&mut desk, away("bea", (12, 0), (13, 0)));
    let past = desk.refused(&Command::PutAbsence(away("ann", (6, 0), (7, 0))));
    assert_eq!(past.reason(), "PAST");
    let long = PutAbsence {
        time: Interval::new(cell(9, 0), cell(9, 0).plus_cells(401 * 288)).unwrap(),
        ..away("ann", (9, 0), (10, 0))
    };
    assert_eq!(desk.refused(&Command::PutAbsence(long)).reason(), "INVALID");
    let another = PutAbsence {
        absence: Some(id),
        ..away("ann", (10, 0), (12, 0))
    };
    assert_eq!(
        desk.refused(&Command::PutAbsence(another)).reason(),
        "INVALID"
    );
    // Bea works at both sites.
    let mut limited = actor(2, Role::Manager);
    limited.sites = Sites::Only([site_id("halifax")].into());
    desk.act_as(limited);
    let gone = Command::RemoveAbsence {
        absence: id,
        etag: None,
    };
    assert_eq!(desk.refused(&gone).reason(), "SITE_NOT_ALLOWED");
    put(&mut desk, away("ann", (10, 0), (12, 0)));
}

#[test]
fn taking_time_off_back_judges_again_and_keeps_clear_of_other_time_off() {
    let (mut desk, clients) = Desk::open();
    let visit = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "ann"));
    let id = put(&mut desk, away("ann", (10, 30), (12, 0)));
    desk.done(&Command::Undo);
    assert!(desk.flags(visit).is_empty());
    assert!(desk.clinic.absence(id).is_none());
    let id = put(&mut desk, away("ann", (10, 30), (12, 0)));
    desk.done(&Command::RemoveAbsence {
        absence: id,
        etag: None,
    });
    assert!(desk.flags(visit).is_empty());
    // While it is gone somebody else enters other time off.
    let remover = actor(1, Role::Owner);
    desk.act_as(actor(2, Role::Manager));
    let other = put(&mut desk, away("ann", (11, 0), (13, 0)));
    desk.act_as(remover);
    assert_eq!(
        desk.refused(&Command::Undo),
        Refusal::AbsenceOverlaps {
            therapist: therapist_id("ann"),
            absence: other
        }
    );
}
