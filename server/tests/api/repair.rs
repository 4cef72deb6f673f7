use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::disruption::What;
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, day, request, stamp, why};

async fn book(api: &mut Api, client_id: String, service: &str, room: &str) -> v1::Appointment {
    let appointment = v1::Appointment {
        client_id,
        service_id: service.to_owned(),
        site_id: "halifax".to_owned(),
        room_id: room.to_owned(),
        start: stamp(day(27, 10, 0)),
        ..v1::Appointment::default()
    };
    let booking = v1::BookAppointmentRequest {
        write: None,
        appointment: Some(appointment),
        ..v1::BookAppointmentRequest::default()
    };
    let booked = api.appointment.book_appointment(booking).await.unwrap();
    booked.into_inner().appointment.unwrap()
}

async fn get(api: &mut Api, id: &str) -> v1::Appointment {
    let request = v1::GetAppointmentRequest {
        appointment_id: id.to_owned(),
    };
    let found = api.appointment.get_appointment(request).await.unwrap();
    found.into_inner().appointment.unwrap()
}

/// A room would be out for a part of the morning of the 27th.
fn out(room: &str, support_only: bool, until: i8) -> v1::Disruption {
    let what = What::Outage(v1::Outage {
        room_id: room.to_owned(),
        support_only,
        start: stamp(day(27, 9, 0)),
        end: stamp(day(27, until, 0)),
        ..v1::Outage::default()
    });
    v1::Disruption { what: Some(what) }
}

async fn plan(api: &mut Api, disruptions: Vec<v1::Disruption>) -> v1::PlanRepairResponse {
    let request = v1::PlanRepairRequest { disruptions };
    api.floor.plan_repair(request).await.unwrap().into_inner()
}

fn apply(plan: &v1::PlanRepairResponse, write: Option<v1::WriteOptions>) -> v1::ApplyRepairRequest {
    let moves = plan.repairs.iter().filter_map(|it| it.r#move.clone());
    v1::ApplyRepairRequest {
        write,
        moves: moves.collect(),
    }
}

async fn calls(api: &mut Api) -> Vec<v1::Call> {
    let request = v1::ListCallsRequest::default();
    api.floor
        .list_calls(request)
        .await
        .unwrap()
        .into_inner()
        .calls
}

#[tokio::test]
async fn whoever_keeps_the_time_moves_at_once_and_all_together() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let jude = book(&mut desk, world.client("Jude Conrad"), "ashiatsu-60", "h1").await;
    let plan = plan(&mut desk, vec![out("h1", true, 18)]).await;
    let his = plan
        .repairs
        .iter()
        .find(|it| it.appointment.as_ref() == Some(&jude));
    let his = his.unwrap_or_else(|| panic!("{plan:?}"));
    assert!(his.at_once && plan.best, "{plan:?}");
    assert_eq!(his.problems[0].kind(), v1::FlagKind::BarsNotSound);
    let to = his.r#move.clone().unwrap();
    assert_ne!(to.room_id, "h1");
    assert_eq!((to.start, &to.etag), (jude.start, &jude.etag));

    // A dry run changes nothing; the same request again acts once.
    let dry = v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    };
    let only = desk
        .floor
        .apply_repair(apply(&plan, Some(dry)))
        .await
        .unwrap();
    assert_eq!(only.into_inner().appointments[0].room_id, to.room_id);
    assert_eq!(get(&mut desk, &jude.id).await.room_id, "h1");
    let applied = apply(&plan, request("repair"));
    let done = desk
        .floor
        .apply_repair(applied.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((done.appointments.len(), done.calls.len()), (1, 0));
    let again = desk.floor.apply_repair(applied).await.unwrap().into_inner();
    assert_eq!(again.revision, done.revision);
    assert_eq!(get(&mut desk, &jude.id).await.room_id, to.room_id);
    // What was planned has moved since.
    assert_eq!(
        why(desk.floor.apply_repair(apply(&plan, None)).await),
        because(Code::Aborted, "STALE_ETAG")
    );
}

#[tokio::test]
async fn whoever_has_to_come_at_another_time_is_called_and_answers() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let jude = book(&mut desk, world.client("Jude Conrad"), "ashiatsu-60", "h1").await;
    // No bars at all at Halifax until noon.
    let gone = ["h1", "h2", "h4"].map(|room| out(room, true, 12)).to_vec();
    let plan = plan(&mut desk, gone).await;
    let his = plan
        .repairs
        .iter()
        .find(|it| it.appointment.as_ref() == Some(&jude));
    let his = his.unwrap_or_else(|| panic!("{plan:?}"));
    assert!(!his.at_once, "{plan:?}");
    let to = his.r#move.clone().unwrap();
    let cost = plan.cost.unwrap();
    assert_eq!(
        (cost.unplaced, cost.modality_changed, cost.site_changed),
        (0, 0, 0)
    );
    assert!(cost.minutes_moved >= 120, "{cost:?}");

    let done = desk
        .floor
        .apply_repair(apply(&plan, None))
        .await
        .unwrap()
        .into_inner();
    let hold = done
        .calls
        .iter()
        .find(|it| it.moves_appointment_id == jude.id)
        .unwrap()
        .clone();
    assert_eq!((hold.start, &hold.room_id), (to.start, &to.room_id));
    assert_eq!(
        get(&mut desk, &jude.id).await.start,
        jude.start,
        "not before he agrees"
    );

    // It survives a restart, and the list tells whom to call.
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let listed = calls(&mut desk).await;
    let call = listed
        .iter()
        .find(|it| it.hold.as_ref() == Some(&hold))
        .unwrap();
    let shown = call.appointment.as_ref().unwrap();
    assert_eq!(shown.client_name, "Jude Conrad");
    assert!(!shown.client_phone.is_empty());

    // Nobody else gets the place, and it is for him alone.
    let taken = v1::BookAppointmentRequest {
        appointment: Some(v1::Appointment {
            client_id: world.client("Iris Melanson"),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            room_id: hold.room_id.clone(),
            start: hold.start,
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    };
    let refusal = why(desk.appointment.book_appointment(taken).await);
    assert_eq!(refusal, because(Code::FailedPrecondition, "ROOM_TAKEN"));
    let from_hold = v1::BookAppointmentRequest {
        hold_id: hold.id.clone(),
        ..v1::BookAppointmentRequest::default()
    };
    let refusal = why(desk.appointment.book_appointment(from_hold).await);
    assert_eq!(refusal, because(Code::FailedPrecondition, "HOLD_MISMATCH"));

    // Declined, taken back, accepted.
    let release = v1::ReleaseHoldRequest {
        write: None,
        hold_id: hold.id.clone(),
    };
    desk.appointment.release_hold(release).await.unwrap();
    assert_eq!(get(&mut desk, &jude.id).await.start, jude.start);
    let undo = v1::UndoLastOperationRequest::default();
    desk.appointment.undo_last_operation(undo).await.unwrap();
    let accept = v1::MoveAppointmentRequest {
        appointment_id: jude.id.clone(),
        hold_id: hold.id.clone(),
        ..v1::MoveAppointmentRequest::default()
    };
    let moved = desk.appointment.move_appointment(accept).await.unwrap();
    let moved = moved.into_inner().appointment.unwrap();
    assert_eq!((moved.start, &moved.room_id), (to.start, &to.room_id));
    assert!(
        calls(&mut desk)
            .await
            .iter()
            .all(|it| it.hold.as_ref().unwrap().id != hold.id)
    );
}

/// The clients of a new key of the front desk that reaches one site.
async fn desk_at(world: &World, site: &str) -> Api {
    let request = v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: format!("desk of {site}"),
            role: v1::Role::FrontDesk.into(),
            site_ids: vec![site.to_owned()],
            ..v1::Key::default()
        }),
    };
    let mut owner = world.api(Role::Owner).await;
    let made = owner.access.create_key(request).await.unwrap().into_inner();
    world.api_with(Some(&made.secret)).await
}

#[tokio::test]
async fn a_call_is_listed_at_both_its_sites_and_the_client_only_at_their_own() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let jude = book(&mut desk, world.client("Jude Conrad"), "ashiatsu-60", "h1").await;
    // No bars at Halifax until nobody knows when.
    let gone = ["h1", "h2", "h4"].map(|room| {
        let mut gone = out(room, true, 12);
        if let Some(What::Outage(outage)) = &mut gone.what {
            // From before opening on, so that nobody comes earlier instead.
            outage.start = stamp(day(27, 6, 0));
            outage.end = None;
        }
        gone
    });
    let plan = plan(&mut desk, gone.to_vec()).await;
    let his = plan
        .repairs
        .iter()
        .filter(|it| it.appointment.as_ref() == Some(&jude));
    let moves = his.filter_map(|it| it.r#move.clone()).collect();
    let request = v1::ApplyRepairRequest { write: None, moves };
    let done = desk.floor.apply_repair(request).await.unwrap();
    let hold = done.into_inner().calls.remove(0);
    assert_eq!(hold.site_id, "dartmouth");

    let mut listed = Vec::new();
    for site in ["halifax", "dartmouth"] {
        let mut desk = desk_at(&world, site).await;
        let calls = calls(&mut desk).await;
        let call = calls.iter().find(|it| it.hold.as_ref() == Some(&hold));
        let client = call.map(|call| {
            let appointment = call.appointment.as_ref();
            appointment.map(|it| it.client_name.clone())
        });
        listed.push((site, client));
    }
    assert_eq!(
        listed,
        [
            ("halifax", Some(Some("Jude Conrad".to_owned()))),
            ("dartmouth", Some(None)),
        ]
    );
    // One that stays at Halifax is nobody's business at Dartmouth.
    let iris = book(
        &mut desk,
        world.client("Iris Melanson"),
        "hands-on-60",
        "h3",
    )
    .await;
    let held = v1::RepairMove {
        appointment_id: iris.id.clone(),
        service_id: iris.service_id.clone(),
        site_id: iris.site_id.clone(),
        room_id: iris.room_id.clone(),
        therapist_id: iris.therapist_id.clone(),
        start: stamp(day(27, 15, 0)),
        etag: iris.etag.clone(),
        ..v1::RepairMove::default()
    };
    let request = v1::ApplyRepairRequest {
        write: None,
        moves: vec![held],
    };
    desk.floor.apply_repair(request).await.unwrap();
    for (site, expected) in [("halifax", 2), ("dartmouth", 1)] {
        let mut desk = desk_at(&world, site).await;
        assert_eq!(calls(&mut desk).await.len(), expected, "{site}");
    }
}

#[tokio::test]
async fn bad_input_is_named_and_others_are_denied() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let nothing = v1::PlanRepairRequest::default();
    let wrong = because(Code::InvalidArgument, "FIELDS_INVALID");
    assert_eq!(why(desk.floor.plan_repair(nothing).await), wrong);
    let published = world.server.engine().snapshot();
    let session = published.clinic.sessions().next().unwrap().id.to_string();
    let what = Some(What::Overrun(v1::Overrun {
        appointment_id: session,
        minutes: 121,
    }));
    let too_long = v1::PlanRepairRequest {
        disruptions: vec![v1::Disruption { what }],
    };
    assert_eq!(why(desk.floor.plan_repair(too_long).await), wrong);
    let nobody = v1::ApplyRepairRequest::default();
    assert_eq!(why(desk.floor.apply_repair(nobody).await), wrong);
    let elsewhere = v1::PlanRepairRequest {
        disruptions: vec![out("h1", false, 12)],
    };
    let mut dartmouth = world.api_of("Desk Dartmouth").await;
    assert_eq!(
        why(dartmouth.floor.plan_repair(elsewhere).await),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
}

/// What a session that runs longer does to the day, without anything being changed.
#[tokio::test]
async fn an_overrun_is_a_question_about_the_rest_of_the_day() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let published = world.server.engine().snapshot();
    let session = published.clinic.sessions().next().unwrap().id.to_string();
    let what = Some(What::Overrun(v1::Overrun {
        appointment_id: session,
        minutes: 60,
    }));
    let before = published.revision;
    let plan = plan(&mut desk, vec![v1::Disruption { what }]).await;
    assert_eq!(world.server.engine().snapshot().revision, before);
    for repair in &plan.repairs {
        let appointment = repair.appointment.as_ref().unwrap();
        let screening = appointment.screening.as_ref();
        assert!(
            screening.is_none_or(|it| it.reasons.is_empty()),
            "not for the desk"
        );
    }
}
