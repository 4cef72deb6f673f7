use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{World, because, date, day, stamp, why};

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_done() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let before = world.server.engine().snapshot().revision;
    let request = v1::BookAppointmentRequest {
        write: Some(v1::WriteOptions {
            request_id: "x".repeat(65),
            etag: "abc".to_owned(),
            reason: "r".repeat(201),
            validate_only: false,
        }),
        appointment: Some(v1::Appointment {
            client_id: "cli-!".to_owned(),
            service_id: "Ashiatsu".to_owned(),
            note: "n".repeat(501),
            start: stamp(day(27, 9, 1)),
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    };
    let status = api.appointment.book_appointment(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let bad = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = bad.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "write.request_id",
            "write.reason",
            "write.etag",
            "appointment.client_id",
            "appointment.service_id",
            "appointment.site_id",
            "appointment.start",
            "appointment.note",
        ]
    );
    assert_eq!(world.server.engine().snapshot().revision, before);
    world.server.stop().await;
}

#[tokio::test]
async fn unknown_ids_and_wrong_times_have_reasons_of_their_own() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let not_found = because(Code::NotFound, "NOT_FOUND");
    let get = v1::GetAppointmentRequest {
        appointment_id: "apt-zzzz".to_owned(),
    };
    assert_eq!(why(api.appointment.get_appointment(get).await), not_found);
    let book = |service: &str, at| v1::BookAppointmentRequest {
        appointment: Some(v1::Appointment {
            client_id: world.client("Jude Conrad"),
            service_id: service.to_owned(),
            site_id: "halifax".to_owned(),
            start: stamp(at),
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    };
    let unknown = api
        .appointment
        .book_appointment(book("hot-stone", day(27, 9, 0)))
        .await;
    assert_eq!(why(unknown), not_found);
    let past = api
        .appointment
        .book_appointment(book("hands-on-60", day(13, 9, 0)))
        .await;
    assert_eq!(why(past), because(Code::FailedPrecondition, "IN_THE_PAST"));
    let far = jiff::civil::date(2028, 1, 12)
        .at(9, 0, 0, 0)
        .in_tz("America/Halifax")
        .unwrap();
    let far = api
        .appointment
        .book_appointment(book("hands-on-60", far.timestamp()))
        .await;
    assert_eq!(
        why(far),
        because(Code::FailedPrecondition, "BEYOND_HORIZON")
    );
    let night = api
        .appointment
        .book_appointment(book("hands-on-60", day(27, 3, 0)))
        .await;
    assert_eq!(why(night), because(Code::FailedPrecondition, "SITE_CLOSED"));
    let long = v1::SearchAvailabilityRequest {
        service_id: "hands-on-60".to_owned(),
        from: stamp(day(15, 0, 0)),
        until: stamp(day(15, 0, 0) + jiff::SignedDuration::from_hours(24 * 40)),
        ..v1::SearchAvailabilityRequest::default()
    };
    let refused = api.availability.search_availability(long).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let sheet = v1::GetDaySheetRequest {
        site_id: "halifax".to_owned(),
        date: date(2026, 2, 30),
    };
    let refused = api.appointment.get_day_sheet(sheet).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn an_oversize_message_is_refused() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let huge = v1::CreateClientRequest {
        write: None,
        client: Some(v1::Client {
            name: "x".repeat(2 << 20),
            ..v1::Client::default()
        }),
    };
    let status = api.client.create_client(huge).await.unwrap_err();
    assert_eq!(
        why(Err::<(), _>(status)),
        because(Code::InvalidArgument, "MESSAGE_TOO_LARGE")
    );
    world.server.stop().await;
}
