//! Notes on sessions and aftercare, as they are typed.

use treadwell_api::v1;

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    call::{Answer, Call},
    failure::Failure,
};

/// What the stand-in answers about notes; it keeps those on one session.
pub(super) fn answer(
    record: &mut Option<v1::SessionRecord>,
    call: Call,
) -> Result<Answer, Failure> {
    let missing = || refusal("NOT_FOUND", "there is no session_record");
    Ok(match call {
        Call::GetSessionRecord(_) => Answer::GetSessionRecord(v1::GetSessionRecordResponse {
            record: Some(record.clone().ok_or_else(missing)?),
            ..v1::GetSessionRecordResponse::default()
        }),
        Call::ListSessionRecords(_) => Answer::ListSessionRecords(v1::ListSessionRecordsResponse {
            records: record.iter().cloned().collect(),
            ..v1::ListSessionRecordsResponse::default()
        }),
        Call::SaveSessionNotes(asked) => {
            *record = Some(v1::SessionRecord {
                appointment_id: asked.appointment_id,
                notes: asked.notes,
                etag: "7".to_owned(),
                ..v1::SessionRecord::default()
            });
            v1::SaveSessionNotesResponse::default().into()
        }
        Call::SignSessionNotes(_) => {
            let signed = record.as_mut().ok_or_else(missing)?;
            signed.signed_by = "key-1".to_owned();
            signed.signed_by_name = "Chen".to_owned();
            v1::SignSessionNotesResponse::default().into()
        }
        Call::AddSessionAddendum(asked) => {
            let addenda = &mut record.as_mut().ok_or_else(missing)?.addenda;
            addenda.push(v1::Addendum {
                text: asked.text,
                signed_by_name: "Chen".to_owned(),
                ..v1::Addendum::default()
            });
            v1::AddSessionAddendumResponse::default().into()
        }
        Call::GetAftercare(_) => Answer::GetAftercare(v1::GetAftercareResponse {
            text: "Drink plenty of water.\nNo heavy lifting until Thu 14:10.".to_owned(),
            aftercare: Some(v1::Aftercare::default()),
            ..v1::GetAftercareResponse::default()
        }),
        _ => v1::IssueAftercareResponse::default().into(),
    })
}

/// A desk with a guide and a completed session, in front of which somebody of this role stands.
fn desk(role: v1::Role) -> Desk {
    let mut desk = Desk::new();
    if let Some(me) = &mut desk.model.me {
        me.role = role.into();
    }
    let policy = desk.model.catalog.policy.get_or_insert_default();
    policy.guide = Some(v1::Guide {
        areas: vec![v1::BodyArea {
            id: "calves".to_owned(),
            name: "Calves".to_owned(),
        }],
        techniques: vec![v1::Technique {
            id: "kneading".to_owned(),
            name: "Kneading".to_owned(),
        }],
        zones: vec![v1::ReflexZone {
            id: "heel".to_owned(),
            name: "Heel".to_owned(),
            reflex: "pelvic area".to_owned(),
        }],
        ..v1::Guide::default()
    });
    let mut over = crate::tui::sample::sheet().appointments.remove(0);
    over.set_state(v1::AppointmentState::Completed);
    over.id = "apt-over".to_owned();
    desk.fake.booked.push(over);
    desk
}

/// Opens the list of what can be done with the session that is over.
fn open(desk: &mut Desk) -> &mut Desk {
    let effects = crate::tui::visit::read_then(
        &mut desk.model,
        crate::tui::keys::Command::Record,
        "apt-over".to_owned(),
    );
    desk.perform(effects)
}

#[test]
fn notes_are_written_signed_and_added_to() {
    let mut desk = desk(v1::Role::Therapist);
    open(&mut desk).sees("Write notes");
    desk.keys("<down><enter>")
        .sees("AREA=1 to 5")
        .sees("calves");
    desk.keys("<down>").sees("With commas: kneading");
    desk.keys("<up>");
    // A wrong area is named, and the form stays.
    desk.keys("tail=2<enter><enter><enter><enter><enter><enter><enter><enter>");
    desk.sees("is no area: calves");
    desk.keys("<up><up><up><up><up><up><up><ctrl-u>calves=2-4: it let go<enter>kneading<enter><enter>heel<enter>");
    desk.keys("heel: left<enter>Good<enter><enter><enter>");
    let Some(Call::SaveSessionNotes(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let notes = asked.notes.expect("notes");
    assert_eq!(asked.appointment_id, "apt-over");
    assert_eq!((notes.pressure[0].began, notes.pressure[0].ended), (2, 4));
    assert_eq!(
        (notes.technique_ids, notes.zone_ids),
        (vec!["kneading".to_owned()], vec!["heel".to_owned()])
    );
    assert_eq!(notes.feedback, "Good");
    desk.sees("a draft until it is signed");

    // The draft comes back into the form, and what is not touched stays.
    open(&mut desk)
        .keys("<down><enter>")
        .sees("calves=2-4: it let go");
    desk.keys("<enter><enter><enter><enter><enter><enter>Lightly<enter><enter>");
    let Some(Call::SaveSessionNotes(again)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let again_notes = again.notes.expect("notes");
    assert_eq!(again_notes.pressure, notes.pressure);
    assert_eq!(again_notes.modifications, "Lightly");
    assert_eq!(again.write.expect("options").etag, "7");

    open(&mut desk)
        .keys("<down><down><enter>")
        .sees("can not be changed");
    desk.keys("y").sees("The notes are signed.");
    open(&mut desk).keys("<down><down><down><enter>It was the right leg<enter>");
    desk.sees("Added to the notes.");
    open(&mut desk).keys("<enter>").sees("Signed by Chen");
    desk.sees("It was the right leg");
    desk.keys("<esc>");
    // Signed notes are shown, not opened for writing.
    open(&mut desk).keys("<down><enter>").sees("Signed notes");
}

#[test]
fn the_desk_is_shown_aftercare_and_no_notes() {
    let mut desk = desk(v1::Role::FrontDesk);
    open(&mut desk).sees("Show the aftercare sheet");
    desk.misses("Write notes")
        .misses("Read the notes")
        .misses("earlier notes");
    desk.keys("<enter>")
        .sees("until Thu 14:10.")
        .sees("Not given to the client yet.");
    desk.keys("<esc>");
    open(&mut desk).keys("<down><enter>").sees("has been given");
    desk.keys("y");
    assert!(matches!(desk.last_write(), Some(Call::IssueAftercare(_))));
    assert!(!desk.fake.log.iter().any(|call| matches!(
        call,
        Call::GetSessionRecord(_) | Call::ListSessionRecords(_)
    )));
}

#[test]
fn nothing_noted_is_no_mistake() {
    let mut desk = desk(v1::Role::Manager);
    open(&mut desk)
        .keys("<enter>")
        .sees("Nothing is noted on this session.");
    open(&mut desk).keys("<down><down><down><down><enter>");
    desk.sees("There are no notes on this client's sessions.");
}
