use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{World, because, date, stamp, today, why};

#[tokio::test]
async fn lists_page_through_everything_once() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let whole = v1::ListAppointmentsRequest {
        page_size: 500,
        ..v1::ListAppointmentsRequest::default()
    };
    let all = api
        .appointment
        .list_appointments(whole)
        .await
        .unwrap()
        .into_inner();
    assert!(all.next_page_token.is_empty() && all.appointments.len() > 100);
    let starts: Vec<_> = all
        .appointments
        .iter()
        .map(|it| it.start.unwrap().seconds)
        .collect();
    assert!(starts.is_sorted());
    let mut paged = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = v1::ListAppointmentsRequest {
            page_size: 17,
            page_token,
            ..v1::ListAppointmentsRequest::default()
        };
        let page = api
            .appointment
            .list_appointments(page)
            .await
            .unwrap()
            .into_inner();
        paged.extend(page.appointments);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.appointments);
    world.server.stop().await;
}

#[tokio::test]
async fn a_list_is_filtered_and_its_token_is_its_own() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let theirs = |name: &str| v1::ListAppointmentsRequest {
        client_id: world.client(name),
        page_size: 1,
        ..v1::ListAppointmentsRequest::default()
    };
    let alma = theirs("Alma Corbett");
    let page = api
        .appointment
        .list_appointments(alma.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.appointments[0].client_id, alma.client_id);
    let foreign = v1::ListAppointmentsRequest {
        page_token: page.next_page_token,
        ..theirs("Jude Conrad")
    };
    let refused = api.appointment.list_appointments(foreign).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "PAGE_TOKEN_INVALID")
    );
    let flagged = v1::ListAppointmentsRequest {
        flagged: true,
        states: vec![v1::AppointmentState::Booked.into()],
        ..v1::ListAppointmentsRequest::default()
    };
    let flagged = api
        .appointment
        .list_appointments(flagged)
        .await
        .unwrap()
        .into_inner();
    assert!(flagged.appointments.iter().all(|it| !it.flags.is_empty()));
    assert!(flagged.appointments.len() >= 2);
    world.server.stop().await;
}

#[tokio::test]
async fn the_day_sheet_holds_the_whole_day() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let sheet = v1::GetDaySheetRequest {
        site_id: "dartmouth".to_owned(),
        date: None,
    };
    let sheet = api
        .appointment
        .get_day_sheet(sheet)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(sheet.date, date(2026, 10, 14));
    assert_eq!(sheet.opens_at, stamp(today(9, 0)));
    assert_eq!(sheet.closes_at, stamp(today(20, 0)));
    assert_eq!(
        sheet.free_bar_rooms.len(),
        44,
        "a number for each quarter of eleven hours"
    );
    // Until D2's bars went out in the morning they count, later they do not.
    assert!(sheet.free_bar_rooms.iter().all(|&free| free <= 1));
    assert!(sheet.appointments.len() > 8 && sheet.shifts.len() >= 3);
    assert!(
        sheet
            .outages
            .iter()
            .any(|it| it.room_id == "d2" && it.support_only)
    );
    let order: Vec<_> = sheet
        .appointments
        .iter()
        .map(|it| (it.start.unwrap().seconds, it.room_id.clone()))
        .collect();
    assert!(order.is_sorted());
    let closed = v1::GetDaySheetRequest {
        site_id: "halifax".to_owned(),
        date: date(2026, 10, 12),
    };
    let closed = api
        .appointment
        .get_day_sheet(closed)
        .await
        .unwrap()
        .into_inner();
    assert!(closed.opens_at.is_none() && closed.free_bar_rooms.is_empty());
    world.server.stop().await;
}

#[tokio::test]
async fn every_slot_not_offered_is_explained() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let slot = v1::ExplainSlotRequest {
        site_id: "dartmouth".to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        start: stamp(today(15, 0)),
        ..v1::ExplainSlotRequest::default()
    };
    let answer = api
        .availability
        .explain_slot(slot)
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.available);
    let reasons: Vec<_> = answer
        .obstacles
        .iter()
        .map(|it| (it.subject_id.as_str(), it.reason.as_str()))
        .collect();
    assert!(reasons.contains(&("d1", "ROOM_TAKEN")), "{reasons:?}");
    assert!(reasons.contains(&("d2", "BARS_NOT_SOUND")), "{reasons:?}");
    assert!(reasons.contains(&("d4", "ROOM_UNSUITABLE")), "{reasons:?}");
    assert!(reasons.contains(&("singh", "NOT_CERTIFIED")), "{reasons:?}");
    assert_eq!(answer.nearest.len(), 3);
    world.server.stop().await;
}
