use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{Api, World, day, stamp, undone};

/// Takes something back, and says in words what; a dry run says the same before.
async fn words_of_undo(api: &mut Api) -> String {
    let before = undone(api, true).await;
    let done = undone(api, false).await;
    assert_eq!(before.text, done.text);
    done.text
}

#[tokio::test]
async fn what_is_taken_back_is_told_by_name() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let booking = v1::BookAppointmentRequest {
        appointment: Some(v1::Appointment {
            client_id: world.client("Jude Conrad"),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            room_id: "h3".to_owned(),
            therapist_id: "haddad".to_owned(),
            start: stamp(day(27, 14, 0)),
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    };
    api.appointment.book_appointment(booking).await.unwrap();
    assert_eq!(
        words_of_undo(&mut api).await,
        "booking of Jude Conrad, Therapeutic massage 60, Tue 27 Oct 14:00-15:00 in H3 with Haddad"
    );

    let outage = v1::OpenOutageRequest {
        outage: Some(v1::Outage {
            room_id: "h2".to_owned(),
            support_only: true,
            start: stamp(day(27, 9, 0)),
            end: stamp(day(27, 12, 0)),
            reason: "a loose bolt".to_owned(),
            ..v1::Outage::default()
        }),
        ..v1::OpenOutageRequest::default()
    };
    api.catalog.open_outage(outage).await.unwrap();
    assert_eq!(
        words_of_undo(&mut api).await,
        "outage of the bars in H2, Tue 27 Oct 09:00 to Tue 27 Oct 12:00"
    );

    let (room, name) = {
        let clinic = &world.server.engine().snapshot().clinic;
        let turning = clinic.turnovers().next().unwrap().room;
        (turning, clinic.room(turning).unwrap().name.clone())
    };
    let tick = v1::TickTurnoverRequest {
        room_id: room.to_string(),
        ..v1::TickTurnoverRequest::default()
    };
    api.floor.tick_turnover(tick).await.unwrap();
    assert_eq!(
        words_of_undo(&mut api).await,
        format!("finished checklist of {name}")
    );

    let received = v1::RecordMovementRequest {
        site_id: "halifax".to_owned(),
        item_id: "oil".to_owned(),
        kind: v1::MovementKind::Receive.into(),
        quantity: 50,
        ..v1::RecordMovementRequest::default()
    };
    api.stock.record_movement(received).await.unwrap();
    assert_eq!(
        words_of_undo(&mut api).await,
        "movement of Foot oil at Halifax"
    );

    let washed = v1::RecordOwnItemsRequest {
        appointment_id: world.appointment("h4", 13, 0),
        items: vec![v1::OwnItem::WashedBefore.into()],
        ..v1::RecordOwnItemsRequest::default()
    };
    api.hygiene.record_own_items(washed).await.unwrap();
    let own = words_of_undo(&mut api).await;
    assert!(
        own.starts_with("own items of ") && own.ends_with(" in H4"),
        "{own}"
    );
    world.server.stop().await;
}
