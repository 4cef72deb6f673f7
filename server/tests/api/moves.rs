use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{World, because, day, request, stamp, why};

/// Asks for the very place of an appointment, as its move would.
#[tokio::test]
async fn what_is_moved_does_not_stand_in_its_own_way() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let appointment = v1::Appointment {
        client_id: world.client("Jude Conrad"),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        room_id: "h3".to_owned(),
        start: stamp(day(27, 14, 0)),
        ..v1::Appointment::default()
    };
    let booking = v1::BookAppointmentRequest {
        write: request("book"),
        appointment: Some(appointment),
        ..v1::BookAppointmentRequest::default()
    };
    let booked = api.appointment.book_appointment(booking).await.unwrap();
    let booked = booked.into_inner().appointment.unwrap();

    let wanted = v1::SearchAvailabilityRequest {
        site_ids: vec!["halifax".to_owned()],
        service_id: booked.service_id.clone(),
        from: stamp(day(27, 14, 0)),
        until: stamp(day(27, 15, 0)),
        therapist_id: booked.therapist_id.clone(),
        room_id: booked.room_id.clone(),
        ..v1::SearchAvailabilityRequest::default()
    };
    let starts = |answer: v1::SearchAvailabilityResponse| {
        let starts = answer.proposals.into_iter().map(|it| it.start);
        starts.collect::<Vec<_>>()
    };
    let others = api.availability.search_availability(wanted.clone()).await;
    assert_eq!(starts(others.unwrap().into_inner()), []);
    let moving = v1::SearchAvailabilityRequest {
        moving_appointment_id: booked.id.clone(),
        ..wanted
    };
    let own = api.availability.search_availability(moving.clone()).await;
    let own = own.unwrap().into_inner();
    assert!(own.screening.is_some(), "it is searched for its client");
    assert_eq!(starts(own).first(), Some(&booked.start));

    let slot = v1::ExplainSlotRequest {
        site_id: booked.site_id.clone(),
        service_id: booked.service_id.clone(),
        start: booked.start,
        therapist_id: booked.therapist_id.clone(),
        room_id: booked.room_id.clone(),
        client_id: booked.client_id.clone(),
        ..v1::ExplainSlotRequest::default()
    };
    let taken = api.availability.explain_slot(slot.clone()).await.unwrap();
    assert!(!taken.into_inner().available);
    let slot = v1::ExplainSlotRequest {
        moving_appointment_id: booked.id.clone(),
        ..slot
    };
    let free = api.availability.explain_slot(slot.clone()).await.unwrap();
    let free = free.into_inner();
    assert!(free.available, "{:?}", free.obstacles);
    assert_eq!(free.nearest[0].start, booked.start);

    let of_another = v1::ExplainSlotRequest {
        client_id: world.client("Maren Solberg"),
        ..slot
    };
    assert_eq!(
        why(api.availability.explain_slot(of_another).await),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let mut elsewhere = world.api_of("Desk Dartmouth").await;
    let unseen = v1::SearchAvailabilityRequest {
        site_ids: Vec::new(),
        room_id: String::new(),
        ..moving
    };
    assert_eq!(
        why(elsewhere.availability.search_availability(unseen).await),
        because(Code::NotFound, "NOT_FOUND")
    );
    world.server.stop().await;
}
