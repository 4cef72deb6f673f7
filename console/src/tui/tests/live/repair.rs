//! The Repair screen.

use treadwell_api::v1::{self, RoomState};

use super::{Desk, open};
use crate::tui::screens::{Screen, board};

#[tokio::test]
async fn what_an_outage_hits_is_mended_and_who_is_called_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    // The room of somebody who is still to come today goes out.
    let all = desk.model.sites().flat_map(|site| &site.rooms);
    let room = all
        .filter(|room| room.state() == RoomState::Vacant)
        .find(|room| !room.next_appointment_id.is_empty())
        .expect("somebody is to come")
        .clone();
    let request = v1::OpenOutageRequest {
        outage: Some(v1::Outage {
            room_id: room.room_id.clone(),
            reason: "Leak".to_owned(),
            ..v1::Outage::default()
        }),
        ..v1::OpenOutageRequest::default()
    };
    desk.client
        .open_outage(request)
        .await
        .expect("it is accepted");
    desk.keys("g").await;
    board::focus_on(&mut desk.model, Some(&room.room_id));
    desk.keys("M").await;
    assert_eq!(desk.model.screen, Screen::Repair);
    desk.sees(&format!("The outage in {}", room.name));
    let plan = desk.model.repair.plan.clone().expect("it has come");
    let whose = |it: &&v1::Repair| {
        let appointment = it.appointment.as_ref();
        appointment.is_some_and(|it| it.id == room.next_appointment_id)
    };
    assert!(plan.repairs.iter().any(|it| whose(&it)), "{plan:?}");
    desk.sees("Cost: ");
    desk.keys("n").await;
    desk.sees("Nobody is asked about that yet");
    desk.keys("<enter>").await;
    desk.sees("Apply the repair");
    desk.keys("y").await;
    let calls = desk.model.repair.calls.clone();
    let moved = plan.repairs.iter().filter(|it| it.at_once).count();
    let placed = plan.repairs.iter().filter(|it| it.r#move.is_some());
    assert_eq!(calls.len(), placed.count() - moved);
    assert!(!calls.is_empty(), "somebody has to be called: {plan:?}");
    desk.keys("<home>a").await;
    assert_eq!(desk.model.repair.calls.len(), calls.len() - 1);
    demo.handle.stop().await;
}
