//! A session whose notes hold canaries.

use treadwell_api::v1::{
    AddSessionAddendumRequest, Appointment, AreaPressure, BookAppointmentRequest, CheckInRequest,
    FinishSessionRequest, Review, ReviewDecision, ReviewScreeningRequest, Role,
    SaveSessionNotesRequest, SessionNotes, SignSessionNotesRequest, StartSessionRequest,
    TenderPlace, tender_place,
};
use treadwell_tests::clinic_day::named;

use crate::bodies::ask;
use crate::clinic::{Clinic, book, said, today};

/// Every text of the notes on a session, of what was added to them, and of why it was stopped early.
pub(super) const SESSION: [&str; 7] = [
    "canary-pressure-7319",
    "canary-tender-7319",
    "canary-feedback-7319",
    "canary-modifications-7319",
    "canary-referral-7319",
    "canary-addendum-7319",
    "canary-stopped-7319",
];
/// A session of the client's with Chen that was held, stopped, noted, signed and added to.
pub(super) async fn session(clinic: &Clinic, client: &str) -> String {
    let chen = clinic.of(Role::Therapist);
    let wish = BookAppointmentRequest {
        write: named("session"),
        appointment: Some(Appointment {
            client_id: client.to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            room_id: "h3".to_owned(),
            therapist_id: "chen".to_owned(),
            start: today(9 * 60),
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    };
    let id = said(book(&clinic.owner, &wish).await).id;
    let appointment_id = || id.clone();
    let review = ReviewScreeningRequest {
        write: named("session review"),
        appointment_id: appointment_id(),
        review: Some(Review {
            decision: ReviewDecision::Proceed.into(),
            ..Review::default()
        }),
    };
    let step = |what: &str| named(format!("session {what}"));
    let steps = ask! {
        review;
        CheckInRequest { write: step("arrives"), appointment_id: appointment_id(), nothing_changed: true };
        StartSessionRequest { write: step("begins"), appointment_id: appointment_id() };
        SaveSessionNotesRequest { write: step("notes"), appointment_id: appointment_id(), notes: Some(notes()) };
        FinishSessionRequest {
            write: step("ends"),
            appointment_id: appointment_id(),
            stopped_early_reason: SESSION[6].to_owned(),
        };
        SignSessionNotesRequest { write: step("signed"), appointment_id: appointment_id() };
        AddSessionAddendumRequest {
            write: step("addendum"),
            appointment_id: appointment_id(),
            text: SESSION[5].to_owned(),
        };
    };
    for (method, body) in steps {
        said(chen.bytes(&method, body).await);
    }
    id
}

fn notes() -> SessionNotes {
    SessionNotes {
        pressure: vec![AreaPressure {
            area_id: "calves".to_owned(),
            began: 2,
            change: SESSION[0].to_owned(),
            ..AreaPressure::default()
        }],
        tender: vec![TenderPlace {
            place: Some(tender_place::Place::ZoneId("heel".to_owned())),
            note: SESSION[1].to_owned(),
        }],
        feedback: SESSION[2].to_owned(),
        modifications: SESSION[3].to_owned(),
        referral: SESSION[4].to_owned(),
        ..SessionNotes::default()
    }
}
