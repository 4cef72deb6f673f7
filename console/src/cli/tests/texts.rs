//! What is said about appointments and about refusals.

use treadwell_client::v1;

use super::fixture::{appointment, names};
use crate::cli::{
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
