use jiff::civil::date;

use crate::command::{AttestFootCare, Command, PutShift};
use crate::decide::desk::{DAY, Desk, cell, shift, span, wish, with};
use crate::fixture::{local, minutes, site_id, therapist_id};
use crate::id::ShiftId;
use crate::model::{Care, RecordId};
use crate::refusal::Refusal;
use crate::time::Interval;

fn put(shifts: &[PutShift]) -> Command {
    Command::PutShifts(shifts.to_vec())
}

fn shift_of(desk: &Desk, who: &str) -> ShiftId {
    desk.clinic
        .shifts_of(therapist_id(who), span((0, 0), (23, 55)))
        .next()
        .unwrap()
        .id
}

#[test]
fn a_therapist_has_one_shift_at_a_time() {
    let (mut desk, _) = Desk::open();
    let existing = shift_of(&desk, "bea");
    let overlaps = |shift| Refusal::ShiftOverlaps {
        therapist: therapist_id("bea"),
        shift,
    };
    let early = shift("bea", "dartmouth", (8, 0), (9, 5));
    assert_eq!(desk.refused(&put(&[early])), overlaps(existing));
    desk.done(&put(&[shift("bea", "halifax", (8, 0), (9, 0))]));
    let one = shift("bea", "halifax", (21, 0), (22, 0));
    let two = shift("bea", "halifax", (21, 55), (23, 0));
    assert_eq!(desk.refused(&put(&[one, two])).reason(), "SHIFT_OVERLAPS");
    // What is replaced does not stand in the way.
    let shorter = PutShift {
        shift: Some(existing),
        ..shift("bea", "halifax", (9, 0), (12, 0))
    };
    desk.done(&put(&[shift("bea", "halifax", (12, 0), (13, 0)), shorter]));
}

#[test]
fn between_shifts_at_two_sites_there_is_time_for_the_way() {
    let (mut desk, _) = Desk::open();
    let existing = shift_of(&desk, "bea");
    let too_near = |shift| Refusal::ShiftTooNear {
        therapist: therapist_id("bea"),
        shift,
        gap: minutes(30),
    };
    // Halifax from 9 to 21, half an hour away.
    let early = |until| shift("bea", "dartmouth", (8, 0), until);
    assert_eq!(desk.refused(&put(&[early((9, 0))])), too_near(existing));
    assert_eq!(desk.refused(&put(&[early((8, 35))])), too_near(existing));
    desk.done(&put(&[early((8, 30))]));
    let late = |from| shift("bea", "dartmouth", from, (23, 0));
    assert_eq!(desk.refused(&put(&[late((21, 25))])), too_near(existing));
    desk.done(&put(&[late((21, 30))]));
    // What goes is not in the way, and what comes with it is.
    let shorter = PutShift {
        shift: Some(existing),
        ..shift("bea", "halifax", (9, 0), (12, 0))
    };
    let noon = |from| put(&[shorter.clone(), shift("bea", "dartmouth", from, (13, 30))]);
    assert_eq!(desk.refused(&noon((12, 25))), too_near(existing));
    desk.done(&noon((12, 30)));
}

#[test]
fn a_shift_is_well_formed_and_lies_ahead() {
    let (mut desk, _) = Desk::open();
    let night = shift("cas", "halifax", (21, 0), (23, 0));
    let with_breaks = |breaks: &[Interval]| PutShift {
        breaks: breaks.to_vec(),
        ..night.clone()
    };
    let long = PutShift {
        time: Interval::new(cell(21, 0), cell(21, 0).plus_cells(24 * 12 + 1)).unwrap(),
        ..night.clone()
    };
    let far = PutShift {
        time: Interval::new(
            cell(21, 0).plus_cells(1_101 * 24 * 12),
            cell(22, 0).plus_cells(1_101 * 24 * 12),
        )
        .unwrap(),
        ..night.clone()
    };
    let cases = [
        (vec![], "INVALID"),
        (vec![long], "INVALID"),
        (vec![with_breaks(&[span((20, 0), (21, 30))])], "INVALID"),
        (
            vec![with_breaks(&[
                span((22, 0), (22, 10)),
                span((22, 5), (22, 30)),
            ])],
            "INVALID",
        ),
        (
            vec![shift("cas", "dartmouth", (21, 0), (22, 0))],
            "THERAPIST_OF_ANOTHER_SITE",
        ),
        (vec![shift("dan", "halifax", (21, 0), (22, 0))], "NOT_FOUND"),
        (vec![shift("cas", "truro", (21, 0), (22, 0))], "NOT_FOUND"),
        (vec![shift("cas", "halifax", (7, 0), (8, 0))], "PAST"),
        (vec![far], "TOO_FAR_AHEAD"),
    ];
    for (shifts, reason) in cases {
        assert_eq!(desk.refused(&put(&shifts)).reason(), reason, "{shifts:?}");
    }
    desk.done(&put(&[with_breaks(&[
        span((21, 0), (21, 15)),
        span((21, 15), (21, 30)),
    ])]));
}

#[test]
fn work_outside_its_shift_is_flagged_until_there_is_one_again() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let shift_id = shift_of(&desk, "cas");
    let pause = PutShift {
        shift: Some(shift_id),
        breaks: vec![span((10, 30), (10, 35))],
        ..shift("cas", "halifax", (9, 0), (21, 0))
    };
    desk.done(&put(&[pause]));
    assert_eq!(desk.flags(id), ["OFF_SHIFT"]);
    desk.done(&Command::RemoveShift {
        shift: shift_id,
        etag: None,
    });
    assert_eq!(desk.flags(id), ["OFF_SHIFT"]);
    desk.done(&put(&[shift("cas", "halifax", (9, 30), (11, 0))]));
    assert_eq!(desk.flags(id), [""; 0]);
    let gone = Command::RemoveShift {
        shift: shift_id,
        etag: None,
    };
    let what = RecordId::Shift(shift_id);
    assert_eq!(desk.refused(&gone), Refusal::NotFound { what });
}

#[test]
fn foot_care_is_attested_for_the_sites_today() {
    let (mut desk, _) = Desk::open();
    let attest = |site: &str, who: &str, polish_free| {
        Command::AttestFootCare(AttestFootCare {
            therapist: therapist_id(who),
            site: site_id(site),
            care: Care::default(),
            polish_free,
        })
    };
    // Half an hour before midnight at Halifax it is the next day in UTC.
    desk.now = local(DAY, 23, 30);
    desk.done(&attest("halifax", "ann", false));
    desk.done(&attest("halifax", "ann", true));
    let entry = desk.clinic.foot_care(therapist_id("ann"), DAY).unwrap();
    assert!(entry.polish_free);
    assert!(
        desk.clinic
            .foot_care(therapist_id("ann"), date(2026, 11, 24))
            .is_none()
    );
    let elsewhere = attest("dartmouth", "ann", true);
    assert_eq!(
        desk.refused(&elsewhere).reason(),
        "THERAPIST_OF_ANOTHER_SITE"
    );
}
