//! What is said about appointments and about refusals.

use std::collections::BTreeMap;

use treadwell_client::{Error, Refusal, RuleViolation, Violation, v1};

use super::fixture::{appointment, names};
use crate::cli::{
    failure::Failure,
    present,
    report::{Form, Report},
};

#[test]
fn an_appointment_is_said_with_all_that_matters() {
    let full = v1::Appointment {
        state: v1::AppointmentState::Cancelled.into(),
        cancellation: Some(v1::Cancellation {
            reason: v1::CancelReason::ClientUnwell.into(),
            late: true,
            ..v1::Cancellation::default()
        }),
        screening: Some(v1::Screening {
            outcome: v1::ScreeningOutcome::Clear.into(),
            rule_set_id: "barefoot".to_owned(),
            ..v1::Screening::default()
        }),
        flags: vec![v1::Flag {
            kind: v1::FlagKind::OffShift.into(),
            text: "Chen has no shift then".to_owned(),
        }],
        note: "parking\nat the back".to_owned(),
        ..appointment("apt-1", "h1", "Joan Moss", "15:00", "16:00")
    };
    let mut report = Report::default();
    present::one(&mut report, "Cancelled.", &full, &names());
    insta::assert_snapshot!("appointment", report.render(Form::Text));
    insta::assert_snapshot!("appointment_json", report.render(Form::Json));
}

#[test]
fn where_the_name_must_not_show_the_id_does() {
    let hidden = v1::Appointment {
        client_name: String::new(),
        ..appointment("apt-1", "h1", "", "15:00", "16:00")
    };
    let sentence = present::sentence(&hidden, &names());
    assert_eq!(
        sentence,
        "apt-1: Ashiatsu 60 for cli-7, Wed 14 Oct 15:00-16:00, Halifax room H1 with Chen."
    );
}

fn refusal() -> Failure {
    let alternative = |start: &str| v1::Alternative {
        start: start.to_owned(),
        site_id: "halifax".to_owned(),
        room_id: "h1".to_owned(),
        therapist_id: "chen".to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        extension_ids: Vec::new(),
    };
    let other_service = v1::Alternative {
        service_id: "hands-on-60".to_owned(),
        ..alternative("2026-10-14T18:00:00Z")
    };
    Error::Refused(Box::new(Refusal {
        code: tonic::Code::FailedPrecondition,
        reason: Some(v1::Reason::ScreeningExcludedUntil),
        message: "Screening excludes the client at that time.".to_owned(),
        metadata: BTreeMap::from([("eligible".to_owned(), "2026-12-02".to_owned())]),
        fields: Vec::new(),
        rules: vec![RuleViolation {
            kind: "ROOM_TAKEN".to_owned(),
            subject: "room/h1".to_owned(),
            description: "Room H1 is taken.".to_owned(),
        }],
        booking: Some(v1::BookingRefusal {
            reasons: vec![
                v1::Reason::ScreeningExcludedUntil.into(),
                v1::Reason::RoomTaken.into(),
            ],
            clashing_ids: vec!["apt-3".to_owned()],
            alternatives: vec![alternative("2026-12-02T13:00:00Z"), other_service],
            ..v1::BookingRefusal::default()
        }),
    }))
    .into()
}

#[test]
fn a_refused_booking_says_why_what_is_in_the_way_and_what_else_there_is() {
    let names = names();
    insta::assert_snapshot!("refusal", refusal().text(Some(&names)));
    insta::assert_snapshot!("refusal_json", refusal().json());
    let bare = refusal().text(None);
    assert!(
        bare.contains("2026-12-02T13:00:00Z, halifax, room h1, with chen"),
        "{bare}"
    );
}

#[test]
fn wrong_fields_are_all_named() {
    let field = |field: &str, description: &str| Violation {
        field: field.to_owned(),
        description: description.to_owned(),
    };
    let failure = Failure::from(Error::Refused(Box::new(Refusal {
        code: tonic::Code::InvalidArgument,
        reason: Some(v1::Reason::FieldsInvalid),
        message: "2 fields are wrong".to_owned(),
        metadata: BTreeMap::new(),
        fields: vec![
            field("client.name", "1 to 80 characters"),
            field("client.phone", "at most 32"),
        ],
        rules: Vec::new(),
        booking: None,
    })));
    assert_eq!(
        failure.text(None),
        "treadwell: 2 fields are wrong\n  client.name: 1 to 80 characters\n  client.phone: at most 32\n"
    );
    assert_eq!(failure.class.exit_code(), 2);
}
