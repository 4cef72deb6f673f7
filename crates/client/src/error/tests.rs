use std::collections::HashMap;

use prost_types::Any;
use tonic_types::{ErrorDetails, pb};
use treadwell_api::v1::Alternative;

use super::*;

fn refused(error: &Error) -> &Refusal {
    error.refusal().expect("the server answered")
}

#[test]
fn every_standard_detail_is_read() {
    let mut details = ErrorDetails::new();
    details
        .set_error_info(
            "FIELDS_INVALID",
            DOMAIN,
            HashMap::from([("kind".to_owned(), "room".to_owned())]),
        )
        .add_bad_request_violation("hold.start", "not on the 5-minute grid")
        .add_bad_request_violation("hold.site_id", "must be given")
        .add_precondition_failure_violation("ROOM_OUT", "h2", "h2 is out until Friday");
    let status = Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", details);
    let error = Error::from_status("desk", &status);
    let refusal = refused(&error);
    assert_eq!(refusal.reason, Some(Reason::FieldsInvalid));
    assert_eq!(refusal.metadata["kind"], "room");
    assert_eq!(refusal.fields.len(), 2);
    assert_eq!(refusal.rules[0].subject, "h2");
    assert_eq!(error.class(), Class::Usage);
    assert_eq!(
        error.to_string(),
        "2 fields are wrong\n  hold.start: not on the 5-minute grid\n  hold.site_id: must be given"
    );
}

#[test]
fn a_refused_booking_names_what_clashes_and_what_else_there_is() {
    let refusal = BookingRefusal {
        reasons: vec![Reason::RoomTaken.into(), Reason::TherapistTaken.into()],
        clashing_ids: vec!["apt-1".to_owned()],
        alternatives: vec![Alternative {
            start: "2026-10-14T18:30:00Z".to_owned(),
            site_id: "halifax".to_owned(),
            ..Alternative::default()
        }],
        ..BookingRefusal::default()
    };
    let info = pb::ErrorInfo {
        reason: "ROOM_TAKEN".to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: HashMap::new(),
    };
    let any = |name: &str, value: Vec<u8>| Any {
        type_url: format!("type.googleapis.com/{name}"),
        value,
    };
    let status = pb::Status {
        code: Code::FailedPrecondition.into(),
        message: "h1 is taken".to_owned(),
        details: vec![
            any("google.rpc.ErrorInfo", info.encode_to_vec()),
            any(BOOKING_REFUSAL, refusal.encode_to_vec()),
        ],
    };
    let status = Status::with_details(
        Code::FailedPrecondition,
        "h1 is taken",
        status.encode_to_vec().into(),
    );
    let error = Error::from_status("desk", &status);
    assert_eq!(refused(&error).booking.as_ref(), Some(&refusal));
    assert_eq!(error.reason(), Some(Reason::RoomTaken));
    assert_eq!(error.class(), Class::Conflict);
}

#[test]
fn details_that_can_not_be_read_leave_the_code_and_the_words() {
    let status = Status::with_details(Code::NotFound, "no such room", vec![0xff, 0xff].into());
    let error = Error::from_status("desk", &status);
    assert_eq!(refused(&error).reason, None);
    assert_eq!(error.class(), Class::Usage);
    assert_eq!(error.to_string(), "no such room");
}

#[test]
fn a_reason_of_another_domain_is_not_ours() {
    let details = ErrorDetails::with_error_info("ROOM_TAKEN", "example.com", HashMap::new());
    let status = Status::with_error_details(Code::FailedPrecondition, "no", details);
    assert_eq!(Error::from_status("desk", &status).reason(), None);
}

#[test]
fn only_a_server_that_says_why_counts_as_an_answer_when_it_is_unavailable() {
    let bare = Error::from_status("desk", &Status::unavailable("going away"));
    assert!(matches!(
        &bare,
        Error::Unreachable {
            timed_out: false,
            ..
        }
    ));
    assert_eq!(bare.to_string(), "desk does not answer: going away");
    let details = ErrorDetails::with_error_info("WRITES_STOPPED", DOMAIN, HashMap::new());
    let told = Error::from_status(
        "desk",
        &Status::with_error_details(Code::Unavailable, "disk full", details),
    );
    assert_eq!(told.reason(), Some(Reason::WritesStopped));
    for error in [bare, told] {
        assert_eq!(error.class().exit_code(), 6);
    }
}

#[test]
fn a_deadline_that_ran_out_counts_as_no_answer_whoever_says_so() {
    let bare = Error::from_status("desk", &Status::deadline_exceeded("too late"));
    let told = refusal(Code::DeadlineExceeded, Reason::DeadlineExceeded);
    for late in [bare, told] {
        assert!(
            matches!(
                &late,
                Error::Unreachable {
                    timed_out: true,
                    ..
                }
            ),
            "{late:?}"
        );
        assert_eq!(late.class().exit_code(), 6);
    }
}

/// A refusal as the server sends it: the reason in `ErrorInfo`, with its code.
fn refusal(code: Code, reason: Reason) -> Error {
    let name = reason.as_str_name().trim_start_matches("REASON_");
    let details = ErrorDetails::with_error_info(name, DOMAIN, HashMap::new());
    Error::from_status("desk", &Status::with_error_details(code, "no", details))
}

#[test]
fn reasons_and_codes_become_the_exit_codes_of_the_command_line() {
    for (code, reason, exit_code) in [
        (Code::InvalidArgument, Reason::FieldsInvalid, 2),
        (Code::InvalidArgument, Reason::TooLarge, 2),
        (Code::NotFound, Reason::NotFound, 2),
        (Code::FailedPrecondition, Reason::NothingFree, 3),
        (Code::FailedPrecondition, Reason::SiteClosed, 3),
        (Code::FailedPrecondition, Reason::ScreeningIncomplete, 4),
        (Code::FailedPrecondition, Reason::RoomTaken, 5),
        (Code::InvalidArgument, Reason::RequestIdReused, 5),
        (Code::Aborted, Reason::StaleEtag, 5),
        (Code::AlreadyExists, Reason::AlreadyExists, 5),
        (Code::ResourceExhausted, Reason::Overloaded, 6),
        (Code::Unavailable, Reason::WritesStopped, 6),
        (Code::Unauthenticated, Reason::KeyInvalid, 7),
        (Code::PermissionDenied, Reason::NotATherapist, 7),
        (Code::FailedPrecondition, Reason::TooEarly, 1),
        (Code::ResourceExhausted, Reason::TooManyHolds, 1),
        (Code::OutOfRange, Reason::RevisionOutOfRange, 1),
    ] {
        let error = refusal(code, reason);
        assert_eq!(error.reason(), Some(reason));
        assert_eq!(error.class().exit_code(), exit_code, "{reason:?}");
    }
}

#[test]
fn a_reason_newer_than_this_client_leaves_the_code() {
    let details = ErrorDetails::with_error_info("INVENTED_LATER", DOMAIN, HashMap::new());
    let status = Status::with_error_details(Code::PermissionDenied, "no", details);
    let error = Error::from_status("desk", &status);
    assert_eq!((error.reason(), error.class()), (None, Class::NotAllowed));
}
