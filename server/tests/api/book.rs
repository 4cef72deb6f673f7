use prost::Message as _;
use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, day, etag, request, stamp, today, why};

fn search(service: &str) -> v1::SearchAvailabilityRequest {
    v1::SearchAvailabilityRequest {
        service_id: service.to_owned(),
        ..v1::SearchAvailabilityRequest::default()
    }
}

#[tokio::test]
async fn what_is_offered_is_ranked_and_can_be_had() {
    let world = World::new().await;
    let mut api = world.api(Role::Integration).await;
    let found = api
        .availability
        .search_availability(v1::SearchAvailabilityRequest {
            client_id: world.client("Jude Conrad"),
            from: stamp(day(27, 8, 0)),
            ..search("ashiatsu-60")
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.proposals.len(), 20);
    assert_eq!(
        found.screening.unwrap().outcome(),
        v1::ScreeningOutcome::Clear
    );
    let first = &found.proposals[0];
    assert!(first.bars && first.credential_id == "ashiatsu");
    assert!(
        first
            .rank_reasons()
            .any(|it| it == v1::RankReason::Earliest)
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_place_is_held_and_then_booked() {
    let world = World::new().await;
    let mut api = world.api(Role::Integration).await;
    let held = api
        .appointment
        .create_hold(v1::CreateHoldRequest {
            write: request("hold-1"),
            hold: Some(v1::Hold {
                service_id: "ashiatsu-60".to_owned(),
                site_id: "halifax".to_owned(),
                start: stamp(day(27, 9, 0)),
                ..v1::Hold::default()
            }),
        })
        .await
        .unwrap()
        .into_inner();
    let hold = held.hold.unwrap();
    assert!(held.screening.is_none(), "nobody is held for yet");
    let listed = api
        .appointment
        .list_holds(v1::ListHoldsRequest::default())
        .await
        .unwrap();
    assert!(listed.into_inner().holds.contains(&hold));

    let booked = api
        .appointment
        .book_appointment(v1::BookAppointmentRequest {
            write: request("book-1"),
            appointment: Some(v1::Appointment {
                client_id: world.client("Jude Conrad"),
                note: "by the website".to_owned(),
                ..v1::Appointment::default()
            }),
            hold_id: hold.id.clone(),
            walk_in: false,
        })
        .await
        .unwrap()
        .into_inner();
    let appointment = booked.appointment.unwrap();
    assert_eq!(appointment.state(), v1::AppointmentState::Booked);
    assert_eq!(
        (appointment.start, &appointment.room_id),
        (hold.start, &hold.room_id)
    );
    assert_eq!(appointment.client_name, "Jude Conrad");
    assert_eq!(
        (appointment.price_cents, appointment.note.as_str()),
        (10_500, "by the website")
    );
    assert!(booked.revision > held.revision);
    // The hold is used up.
    let again = v1::ReleaseHoldRequest {
        write: None,
        hold_id: hold.id,
    };
    let gone = api.appointment.release_hold(again).await;
    assert_eq!(why(gone), because(Code::FailedPrecondition, "HOLD_GONE"));
    world.server.stop().await;
}

#[tokio::test]
async fn whoever_waited_at_the_desk_is_booked_from_the_hold_and_here() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let offered = api
        .availability
        .search_availability(v1::SearchAvailabilityRequest {
            grid_minutes: 5,
            ..search("reflex-foot-30")
        })
        .await
        .unwrap()
        .into_inner();
    let place = offered.proposals.into_iter().next().unwrap();
    let hold = v1::Hold {
        service_id: "reflex-foot-30".to_owned(),
        site_id: place.site_id,
        start: place.start,
        ..v1::Hold::default()
    };
    let held = api
        .appointment
        .create_hold(v1::CreateHoldRequest {
            write: None,
            hold: Some(hold),
        })
        .await
        .unwrap()
        .into_inner()
        .hold
        .unwrap();
    let booked = api
        .appointment
        .book_appointment(v1::BookAppointmentRequest {
            appointment: Some(v1::Appointment {
                client_id: world.client("Jude Conrad"),
                ..v1::Appointment::default()
            }),
            hold_id: held.id,
            walk_in: true,
            ..v1::BookAppointmentRequest::default()
        })
        .await
        .unwrap()
        .into_inner()
        .appointment
        .unwrap();
    assert_eq!(booked.state(), v1::AppointmentState::Arrived);
    assert_eq!((booked.start, booked.room_id), (held.start, held.room_id));
    world.server.stop().await;
}

/// An appointment with days to go, just booked.
async fn booked(world: &World, api: &mut Api) -> v1::Appointment {
    let mut request = book(&world.client("Jude Conrad"), "hands-on-60", "h3", 0, 0);
    request.appointment.as_mut().unwrap().start = stamp(day(27, 14, 0));
    let answer = api.appointment.book_appointment(request).await.unwrap();
    answer.into_inner().appointment.unwrap()
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_not_overwritten() {
    let world = World::new().await;
    let mut api = world.api(Role::Integration).await;
    let appointment = booked(&world, &mut api).await;
    let confirm = v1::ConfirmAppointmentRequest {
        write: etag(&appointment.etag),
        appointment_id: appointment.id.clone(),
    };
    let confirmed = api
        .appointment
        .confirm_appointment(confirm)
        .await
        .unwrap()
        .into_inner();
    assert_ne!(confirmed.appointment.unwrap().etag, appointment.etag);
    let stale = v1::CancelAppointmentRequest {
        write: etag(&appointment.etag),
        appointment_id: appointment.id,
        cancel_reason: v1::CancelReason::Client.into(),
        note: String::new(),
    };
    let refused = api.appointment.cancel_appointment(stale).await;
    assert_eq!(why(refused), because(Code::Aborted, "STALE_ETAG"));
    world.server.stop().await;
}

#[tokio::test]
async fn a_booking_is_moved_cancelled_and_brought_back() {
    let world = World::new().await;
    let mut api = world.api(Role::Integration).await;
    let appointment = booked(&world, &mut api).await;
    let moved = api
        .appointment
        .move_appointment(v1::MoveAppointmentRequest {
            write: etag(&appointment.etag),
            appointment_id: appointment.id.clone(),
            start: stamp(day(28, 15, 0)),
            site_id: "dartmouth".to_owned(),
            ..v1::MoveAppointmentRequest::default()
        })
        .await
        .unwrap()
        .into_inner()
        .appointment
        .unwrap();
    assert_eq!(
        (moved.start, moved.site_id.as_str()),
        (stamp(day(28, 15, 0)), "dartmouth")
    );
    let cancelled = api
        .appointment
        .cancel_appointment(v1::CancelAppointmentRequest {
            write: etag(&moved.etag),
            appointment_id: appointment.id,
            cancel_reason: v1::CancelReason::Client.into(),
            note: String::new(),
        })
        .await
        .unwrap()
        .into_inner()
        .appointment
        .unwrap();
    assert_eq!(cancelled.state(), v1::AppointmentState::Cancelled);
    assert!(!cancelled.cancellation.unwrap().late);
    let undo = v1::UndoLastOperationRequest {
        write: request("undo"),
    };
    let undone = api
        .appointment
        .undo_last_operation(undo.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(undone.undone, "cancel");
    let repeated = api.appointment.undo_last_operation(undo).await.unwrap();
    assert_eq!(repeated.into_inner(), undone);
    assert_eq!(undone.appointments[0].state(), v1::AppointmentState::Booked);
    world.server.stop().await;
}

fn book(
    client: &str,
    service: &str,
    room: &str,
    hour: i8,
    minute: i8,
) -> v1::BookAppointmentRequest {
    let site = if room.starts_with('d') {
        "dartmouth"
    } else {
        "halifax"
    };
    v1::BookAppointmentRequest {
        appointment: Some(v1::Appointment {
            client_id: client.to_owned(),
            service_id: service.to_owned(),
            site_id: site.to_owned(),
            room_id: room.to_owned(),
            start: stamp(today(hour, minute)),
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    }
}

/// The message beside the reason of a refused booking.
pub(super) fn booking_refusal(status: &tonic::Status) -> v1::BookingRefusal {
    let details = tonic_types::pb::Status::decode(status.details())
        .unwrap()
        .details;
    let name = "type.googleapis.com/treadwell.v1.BookingRefusal";
    let found = details.iter().find(|it| it.type_url == name).unwrap();
    v1::BookingRefusal::decode(found.value.as_slice()).unwrap()
}

#[tokio::test]
async fn a_refused_booking_says_why_and_what_can_be_had_instead() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let taken = book(&world.client("Jude Conrad"), "ashiatsu-60", "h1", 14, 30);
    let status = api
        .appointment
        .book_appointment(taken.clone())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "ROOM_TAKEN"
    );
    let refusal = booking_refusal(&status);
    assert!(
        refusal
            .clashing_ids
            .contains(&world.appointment("h1", 13, 30))
    );
    assert_eq!(refusal.alternatives.len(), 3);
    let place = &refusal.alternatives[0];
    // What is offered instead can be booked as it is.
    let mut instead = taken.appointment.unwrap();
    instead.start = stamp(place.start.parse().unwrap());
    instead.room_id.clone_from(&place.room_id);
    instead.therapist_id.clone_from(&place.therapist_id);
    let instead = v1::BookAppointmentRequest {
        appointment: Some(instead),
        ..v1::BookAppointmentRequest::default()
    };
    api.appointment.book_appointment(instead).await.unwrap();

    // Somebody who does not reach the other site is not told what is there.
    let mut dartmouth = world.api_of("Desk Dartmouth").await;
    let other_site = dartmouth
        .appointment
        .book_appointment(taken_at_halifax(&world))
        .await;
    assert_eq!(
        why(other_site),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
    world.server.stop().await;
}

fn taken_at_halifax(world: &World) -> v1::BookAppointmentRequest {
    book(&world.client("Jude Conrad"), "ashiatsu-60", "h1", 14, 30)
}

#[tokio::test]
async fn screening_refuses_barefoot_work_and_the_desk_does_not_learn_why() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    for (name, reason) in [
        ("Maren Solberg", "SCREENING_EXCLUDED_UNTIL"),
        ("Otto Brandt", "SCREENING_EXCLUDED"),
        ("Pia Novak", "SCREENING_INCOMPLETE"),
        ("Ravi Menon", "SCREENING_INCOMPLETE"),
    ] {
        let mut request = book(&world.client(name), "ashiatsu-60", "h1", 17, 0);
        request.appointment.as_mut().unwrap().start = stamp(day(27, 9, 0));
        let status = api.appointment.book_appointment(request).await.unwrap_err();
        assert_eq!(
            status.get_details_error_info().unwrap().reason,
            reason,
            "{name}"
        );
        let text = String::from_utf8_lossy(status.details());
        for condition in ["implant", "thrombosis", "Implant"] {
            assert!(!text.contains(condition) && !status.message().contains(condition));
        }
        let refusal = booking_refusal(&status);
        let reaches = refusal
            .alternatives
            .iter()
            .any(|it| it.service_id.starts_with("hands-on"));
        assert!(
            reaches || reason == "SCREENING_INCOMPLETE",
            "other work is offered: {refusal:?}"
        );
    }
    world.server.stop().await;
}

#[tokio::test]
async fn a_request_is_acted_on_once() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let mut request_one = book(&world.client("Jude Conrad"), "hands-on-60", "h3", 17, 0);
    request_one.appointment.as_mut().unwrap().start = stamp(day(27, 14, 0));
    request_one.write = request("one");
    let first = api
        .appointment
        .book_appointment(request_one.clone())
        .await
        .unwrap()
        .into_inner();
    let again = api
        .appointment
        .book_appointment(request_one.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    request_one.appointment.as_mut().unwrap().note = "something else".to_owned();
    let reused = api.appointment.book_appointment(request_one).await;
    assert_eq!(
        why(reused),
        because(Code::InvalidArgument, "REQUEST_ID_REUSED")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_dry_run_answers_and_changes_nothing() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let before = world.server.engine().snapshot().revision;
    let mut request = book(&world.client("Jude Conrad"), "hands-on-60", "h3", 17, 0);
    request.appointment.as_mut().unwrap().start = stamp(day(27, 14, 0));
    request.write = Some(v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    });
    let answer = api
        .appointment
        .book_appointment(request)
        .await
        .unwrap()
        .into_inner();
    let shown = answer.appointment.unwrap();
    assert_eq!(shown.room_id, "h3");
    assert_eq!(world.server.engine().snapshot().revision, before);
    let get = v1::GetAppointmentRequest {
        appointment_id: shown.id,
    };
    let absent = api.appointment.get_appointment(get).await;
    assert_eq!(why(absent), because(Code::NotFound, "NOT_FOUND"));
    world.server.stop().await;
}
