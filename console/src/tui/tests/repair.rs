//! The Repair screen, with plans that the sample clinic is too small for.

use treadwell_api::v1;

use super::desk::Desk;
use crate::tui::{
    screens::{Screen, repair},
    words,
};

fn plan(appointments: &[v1::Appointment]) -> v1::PlanRepairResponse {
    let hit = |appointment: &v1::Appointment| v1::Repair {
        appointment: Some(appointment.clone()),
        r#move: Some(v1::RepairMove {
            appointment_id: appointment.id.clone(),
            site_id: appointment.site_id.clone(),
            room_id: "h2".to_owned(),
            start: appointment.start,
            ..v1::RepairMove::default()
        }),
        at_once: true,
        ..v1::Repair::default()
    };
    v1::PlanRepairResponse {
        repairs: appointments.iter().map(hit).collect(),
        best: true,
        more: true,
        ..v1::PlanRepairResponse::default()
    }
}

#[test]
fn it_says_when_more_is_hit_than_is_shown() {
    let mut desk = Desk::new();
    desk.keys("M");
    assert_eq!(desk.model.screen, Screen::Repair);
    repair::planned(&mut desk.model, plan(&[]));
    desk.sees(words::MORE_IS_HIT);
    let hit = v1::Appointment {
        id: "a1".to_owned(),
        client_name: "Ann".to_owned(),
        site_id: "halifax".to_owned(),
        ..v1::Appointment::default()
    };
    repair::planned(&mut desk.model, plan(&[hit]));
    desk.sees("Ann").sees(words::MORE_IS_HIT);
    desk.keys("<enter>");
    desk.sees("Apply the repair")
        .sees("repair again afterwards");
}
