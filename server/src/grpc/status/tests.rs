use proptest::prelude::*;
use tonic::metadata::MetadataMap;
use tonic_types::StatusExt as _;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::{AppointmentId, ConditionId, HoldId};
use treadwell_clinic::model::{
    Eligible, Fault, Occupancies, Occupant, Outcome, Reason as Why, RecordId, Screening, Slot,
    Verdict,
};
use treadwell_clinic::refusal::{Refusal, SlotRefusal};
use treadwell_clinic::time::{Cell, Interval};

use super::*;
use crate::access::View;
use crate::convert::Violation;

/// What a status takes in the trailers of an answer.
fn trailer_bytes(status: &Status) -> usize {
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    let metadata = MetadataMap::from_headers(headers.clone());
    assert!(!metadata.is_empty());
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32)
        .sum()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

fn screening(outcome: Outcome) -> Fault {
    let condition: ConditionId = "thrombosis".parse().unwrap();
    Fault::Screening(Box::new(Screening {
        outcome,
        reasons: vec![Why {
            condition,
            verdict: Verdict::Excluded,
        }],
        rule_set: "barefoot".parse().unwrap(),
        version: 3,
        declaration: None,
    }))
}

/// A place of another service.
fn other_work() -> Slot {
    let planned = Interval::new(Cell::MIN, Cell::MIN.plus_cells(12)).unwrap();
    Slot {
        service: "hands-on-60".parse().unwrap(),
        extensions: Box::default(),
        site: "halifax".parse().unwrap(),
        room: "h3".parse().unwrap(),
        therapist: "chen".parse().unwrap(),
        planned,
        occupies: Occupancies {
            client: planned,
            therapist: planned,
            room: planned,
        },
    }
}

fn slot(faults: Vec<Fault>) -> Refusal {
    Refusal::Slot(Box::new(SlotRefusal {
        nearest: None,
        faults,
        alternatives: Vec::new(),
        other_services: vec![other_work()],
    }))
}

proptest! {
    #[test]
    fn a_status_fits_the_trailers(
        violations in prop::collection::vec(("[a-z\\[\\].]{1,300}", ".{0,300}"), 1..100),
    ) {
        let violations: Vec<_> = violations
            .into_iter()
            .map(|(field, expected)| Violation { field, expected })
            .collect();
        let first = violations[0].field.clone();
        let status = fields(Violations(violations));
        prop_assert!(trailer_bytes(&status) <= LIMIT, "{}", trailer_bytes(&status));
        let named = status.get_details_bad_request().unwrap().field_violations;
        prop_assert!(!named.is_empty());
        let clipped = named[0].field.trim_end_matches('\u{2026}');
        prop_assert!(first.starts_with(clipped));
        prop_assert_eq!(reason(&status), "FIELDS_INVALID");
    }
}

/// Byte by byte, so that it does not depend on luck whether the last bytes before the limit are met.
#[test]
fn a_status_of_any_length_fits_the_trailers() {
    let mut longest = 0;
    for count in 15..30 {
        for more in 0..160 {
            let violation = |at| Violation {
                field: format!("answers[{at}].when"),
                expected: "x".repeat(if at == 0 { more } else { 100 }),
            };
            let status = fields(Violations((0..count).map(violation).collect()));
            longest = longest.max(trailer_bytes(&status));
        }
    }
    assert!((LIMIT - 40..=LIMIT).contains(&longest), "{longest}");
}

#[test]
fn all_fields_are_named_while_they_fit() {
    let violations: Vec<_> = (0..20)
        .map(|at| Violation {
            field: format!("answers[{at}].when"),
            expected: "only beside a yes".to_owned(),
        })
        .collect();
    let status = fields(Violations(violations));
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status
            .get_details_bad_request()
            .unwrap()
            .field_violations
            .len(),
        20
    );
}

#[test]
fn a_refused_place_names_every_rule_the_first_one_first() {
    let taken = Fault::RoomTaken {
        room: "h1".parse().unwrap(),
        by: Occupant::Appointment(AppointmentId::new(4096)),
    };
    let off = Fault::OffShift {
        therapist: "chen".parse().unwrap(),
        site: "halifax".parse().unwrap(),
    };
    let status = refused(&slot(vec![off, taken]), &Clinic::default(), &View::whole());
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(reason(&status), "OFF_SHIFT");
    let rules = status
        .get_details_precondition_failure()
        .unwrap()
        .violations;
    let kinds: Vec<_> = rules.iter().map(|rule| rule.r#type.as_str()).collect();
    assert_eq!(kinds, ["OFF_SHIFT", "ROOM_TAKEN"]);
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.domain, "treadwell.v1");
    assert_eq!(
        info.metadata.get("therapist").map(String::as_str),
        Some("chen")
    );
    // What clashes is not in this clinic, so that nobody can be shown it.
    assert!(!String::from_utf8_lossy(status.details()).contains("apt-"));
}

#[test]
fn what_screening_found_is_in_no_status() {
    let date = jiff::civil::date(2026, 12, 2);
    let outcomes = [
        (Outcome::Excluded, "SCREENING_EXCLUDED"),
        (
            Outcome::ExcludedUntil(Eligible::Date(date)),
            "SCREENING_EXCLUDED_UNTIL",
        ),
        (
            Outcome::Incomplete {
                unanswered: vec!["thrombosis".parse().unwrap()],
            },
            "SCREENING_INCOMPLETE",
        ),
    ];
    for (outcome, expected) in outcomes {
        let refusal = slot(vec![screening(outcome.clone())]);
        let status = refused(&refusal, &Clinic::default(), &View::whole());
        assert_eq!(reason(&status), expected);
        let all = format!(
            "{} {}",
            status.message(),
            String::from_utf8_lossy(status.details())
        );
        assert!(!all.contains("thrombosis"), "{all}");
        assert!(all.contains("hands-on-60"), "what may be booked instead");
        if let Outcome::ExcludedUntil(_) = outcome {
            let info = status.get_details_error_info().unwrap();
            assert_eq!(info.metadata["eligible"], "2026-12-02");
        }
    }
}

#[test]
fn every_kind_of_refusal_has_its_code_and_reason() {
    let what = RecordId::Hold(HoldId::new(7));
    let apt = RecordId::Appointment(AppointmentId::new(7));
    let site = "halifax".parse().unwrap();
    let table = [
        (
            Refusal::SiteNotAllowed { site },
            Code::PermissionDenied,
            "SITE_NOT_ALLOWED",
        ),
        (Refusal::NotFound { what: apt }, Code::NotFound, "NOT_FOUND"),
        (
            Refusal::NotFound { what },
            Code::FailedPrecondition,
            "HOLD_GONE",
        ),
        (
            Refusal::AlreadyExists { what: apt },
            Code::AlreadyExists,
            "ALREADY_EXISTS",
        ),
        (
            Refusal::Stale {
                what: apt,
                expected: 3,
                found: 4,
            },
            Code::Aborted,
            "STALE_ETAG",
        ),
        (
            Refusal::TooManyHolds { limit: 20 },
            Code::ResourceExhausted,
            "TOO_MANY_HOLDS",
        ),
        (
            Refusal::NotATherapist,
            Code::PermissionDenied,
            "NOT_A_THERAPIST",
        ),
        (
            Refusal::NothingToUndo,
            Code::FailedPrecondition,
            "NOTHING_TO_UNDO",
        ),
        (
            Refusal::UndoChanged { what: apt },
            Code::FailedPrecondition,
            "UNDO_SUPERSEDED",
        ),
        (
            Refusal::OnlyForOwners,
            Code::PermissionDenied,
            "ROLE_NOT_ALLOWED",
        ),
        (Refusal::TooMany, Code::InvalidArgument, "TOO_LARGE"),
        (slot(Vec::new()), Code::FailedPrecondition, "NOTHING_FREE"),
    ];
    for (refusal, code, expected) in table {
        let status = refused(&refusal, &Clinic::default(), &View::whole());
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (code, expected),
            "{refusal:?}"
        );
        assert!(trailer_bytes(&status) <= LIMIT);
    }
}
