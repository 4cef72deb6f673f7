use std::collections::BTreeMap;

use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::RoomState::{Held, InSession, Out, Over, Turnover, Vacant};
use treadwell_clinic::model::Role;

use super::book::booking_refusal;
use super::support::{World, because, request, stamp, today, why};

fn rooms(board: &v1::GetBoardResponse) -> BTreeMap<&str, &v1::RoomStatus> {
    let rooms = board.sites.iter().flat_map(|site| &site.rooms);
    rooms.map(|room| (room.room_id.as_str(), room)).collect()
}

#[tokio::test]
async fn the_board_shows_every_state_at_once() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let board = api
        .floor
        .get_board(v1::GetBoardRequest::default())
        .await
        .unwrap()
        .into_inner();
    let names: Vec<_> = board.sites.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(names, ["Dartmouth", "Halifax"]);
    assert_eq!(board.now, stamp(today(14, 7)));
    let rooms = rooms(&board);
    let states: Vec<_> = ["h1", "h2", "h3", "h4", "h5", "h6", "d1", "d2", "d3", "d4"]
        .iter()
        .map(|room| rooms[room].state())
        .collect();
    assert_eq!(
        states,
        [
            InSession, Turnover, Vacant, Over, Held, Out, Vacant, InSession, InSession, Held
        ]
    );
    assert_eq!(rooms["h1"].therapist_name, "Chen");
    assert_eq!(rooms["h1"].until, stamp(today(14, 45)));
    assert_eq!(rooms["h4"].late_minutes, 7);
    assert_eq!(rooms["h2"].turnover.as_ref().unwrap().items.len(), 5);
    assert_eq!(rooms["h3"].next_start, stamp(today(15, 30)));
    assert_eq!(
        rooms["h5"].bars(),
        v1::BarsState::None,
        "a rope never counts"
    );
    assert_eq!(rooms["d2"].bars(), v1::BarsState::Out);
    assert!(rooms["d2"].outage_reason.contains("bracket"));
    assert_eq!(rooms["h1"].inspected_through, "2027-03-01");
    assert_eq!(rooms["d4"].client_name, "Farid Nassar");

    let kinds: Vec<_> = board.attention.iter().map(v1::Attention::kind).collect();
    assert!(kinds.is_sorted(), "the most urgent first: {kinds:?}");
    assert_eq!(kinds[0], v1::AttentionKind::Over);
    let over = "H4 over by 7 min; next client A.L. 14:15.";
    assert_eq!(board.attention[0].text, over);
    for kind in [
        v1::AttentionKind::BlockedArrival,
        v1::AttentionKind::LateArrival,
        v1::AttentionKind::Flagged,
        v1::AttentionKind::Out,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    world.server.stop().await;
}

#[tokio::test]
async fn a_wallboard_shows_initials() {
    let world = World::new().await;
    let mut api = world.api(Role::Wallboard).await;
    let board = api
        .floor
        .get_board(v1::GetBoardRequest::default())
        .await
        .unwrap()
        .into_inner();
    let rooms = rooms(&board);
    assert_eq!(rooms["d4"].client_name, "F.N.");
    assert!(rooms.values().all(|room| room.screening.is_empty()));
    let sheet = v1::GetDaySheetRequest {
        site_id: "halifax".to_owned(),
        date: None,
    };
    let refused = api.appointment.get_day_sheet(sheet).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn free_rooms_are_told_now_and_for_later() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let now = v1::ListFreeRoomsRequest::default();
    let now = api
        .availability
        .list_free_rooms(now)
        .await
        .unwrap()
        .into_inner();
    let ids = |rooms: &[v1::FreeRoom]| -> Vec<String> {
        rooms.iter().map(|room| room.room_id.clone()).collect()
    };
    assert_eq!(ids(&now.rooms), ["d1", "h3"]);
    assert!(now.rooms[0].bars && now.rooms[0].free_until == stamp(today(15, 0)));
    let later = v1::ListFreeRoomsRequest {
        site_ids: vec!["halifax".to_owned()],
        at: stamp(today(15, 0)),
        minutes: 30,
        bars: false,
    };
    let later = api
        .availability
        .list_free_rooms(later)
        .await
        .unwrap()
        .into_inner();
    assert!(
        ids(&later.rooms).contains(&"h3".to_owned()),
        "{:?}",
        ids(&later.rooms)
    );
    assert!(!ids(&later.rooms).contains(&"h2".to_owned()) && later.not_ready.is_empty());
    let off_grid = v1::ListFreeRoomsRequest {
        at: stamp(today(15, 1)),
        ..v1::ListFreeRoomsRequest::default()
    };
    let refused = api.availability.list_free_rooms(off_grid).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    world.server.stop().await;
}

fn tick(room: &str, items: &[&str]) -> v1::TickTurnoverRequest {
    v1::TickTurnoverRequest {
        write: None,
        room_id: room.to_owned(),
        item_ids: items.iter().map(|&id| id.to_owned()).collect(),
    }
}

#[tokio::test]
async fn a_room_is_ready_when_its_checklist_is_done() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let some = api
        .floor
        .tick_turnover(tick("h2", &["lotion-pumps"]))
        .await
        .unwrap()
        .into_inner();
    let items = some.turnover.unwrap().items;
    let open = items.iter().filter(|it| it.done_at.is_none());
    assert!(!some.done && open.count() == 1);
    let unknown = api.floor.tick_turnover(tick("h2", &["windows"])).await;
    assert_eq!(
        why(unknown),
        because(Code::FailedPrecondition, "WRONG_STATE")
    );
    let rest = api
        .floor
        .tick_turnover(tick("h2", &[]))
        .await
        .unwrap()
        .into_inner();
    assert!(
        rest.done
            && rest
                .turnover
                .unwrap()
                .items
                .iter()
                .all(|it| it.done_at.is_some())
    );
    let listed = api
        .floor
        .list_turnovers(v1::ListTurnoversRequest::default())
        .await
        .unwrap();
    assert!(listed.into_inner().turnovers.is_empty());
    let again = api.floor.tick_turnover(tick("h2", &[])).await;
    assert_eq!(why(again), because(Code::FailedPrecondition, "WRONG_STATE"));
    world.server.stop().await;
}

#[tokio::test]
async fn a_tick_that_found_nothing_to_do_can_be_repeated_for_ever() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let listed = v1::ListTurnoversRequest::default();
    let listed = api.floor.list_turnovers(listed).await.unwrap().into_inner();
    let done = listed.turnovers[0].items.iter();
    let done = done
        .filter(|it| it.done_at.is_some())
        .map(|it| it.id.as_str());
    let idle = v1::TickTurnoverRequest {
        write: request("idle"),
        ..tick("h2", &done.take(1).collect::<Vec<_>>())
    };
    let first = api.floor.tick_turnover(idle.clone()).await.unwrap();
    assert!(!first.into_inner().done);
    api.floor.tick_turnover(tick("h2", &[])).await.unwrap();
    let again = api.floor.tick_turnover(idle).await.unwrap().into_inner();
    let turnover = again.turnover.unwrap();
    assert!(again.done && turnover.items.is_empty());
    assert_eq!(
        (turnover.room_id.as_str(), turnover.site_id.as_str()),
        ("h2", "halifax")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_waiting_client_starts_when_the_room_is_ready() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let waiting = world.appointment("h4", 14, 15);
    let start = v1::StartSessionRequest {
        write: None,
        appointment_id: waiting.clone(),
    };
    let blocked = api.appointment.start_session(start.clone()).await;
    assert_eq!(
        why(blocked),
        because(Code::FailedPrecondition, "SESSION_RUNNING")
    );
    let finish = v1::FinishSessionRequest {
        write: None,
        appointment_id: world.appointment("h4", 13, 0),
        stopped_early_reason: String::new(),
    };
    let finished = api
        .appointment
        .finish_session(finish)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        finished.appointment.unwrap().state(),
        v1::AppointmentState::Completed
    );
    assert_eq!(finished.turnover.unwrap().items.len(), 5);
    let blocked = api
        .appointment
        .start_session(start.clone())
        .await
        .unwrap_err();
    let info = blocked.get_details_error_info().unwrap();
    assert_eq!(info.reason, "TURNOVER_OPEN");
    assert_eq!(
        (
            info.metadata["room"].as_str(),
            info.metadata["open"].as_str()
        ),
        ("h4", "5")
    );
    api.floor.tick_turnover(tick("h4", &[])).await.unwrap();
    // Room and therapist are taken to the end of the present five minutes.
    world.clock.advance_to(today(14, 10));
    let started = api
        .appointment
        .start_session(start)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        started.appointment.unwrap().state(),
        v1::AppointmentState::InSession
    );
    let extend = v1::ExtendSessionRequest {
        write: None,
        appointment_id: waiting,
        minutes: 7,
    };
    let off_grid = api.appointment.extend_session(extend).await;
    assert_eq!(
        why(off_grid),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_session_is_lengthened_only_where_nothing_follows() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let extend = |appointment_id, minutes| v1::ExtendSessionRequest {
        write: None,
        appointment_id,
        minutes,
    };
    // The next client of H4 is due at 14:15.
    let over = world.appointment("h4", 13, 0);
    let refused = api
        .appointment
        .extend_session(extend(over, 15))
        .await
        .unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.reason, "CANNOT_EXTEND");
    assert_eq!(info.metadata["clash"], world.appointment("h4", 14, 15));
    assert_eq!(info.metadata["latest"], today(14, 0).to_string());
    let options = booking_refusal(&refused);
    let reasons: Vec<_> = options.reasons().collect();
    assert_eq!(
        reasons,
        [v1::Reason::CannotExtend, v1::Reason::RoomTaken],
        "{options:?}"
    );
    // The next client needs bars, and no other room with bars is free then.
    assert!(options.free_room_ids.is_empty(), "{options:?}");
    let running = world.appointment("d3", 13, 15);
    let longer = api
        .appointment
        .extend_session(extend(running, 15))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(longer.appointment.unwrap().end, stamp(today(14, 30)));
    world.server.stop().await;
}

#[tokio::test]
async fn check_in_says_what_blocks_the_start() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let undecided = world.appointment("h3", 15, 30);
    let answer = api
        .appointment
        .check_in(v1::CheckInRequest {
            write: None,
            appointment_id: undecided.clone(),
            nothing_changed: false,
        })
        .await
        .unwrap()
        .into_inner();
    let reasons: Vec<_> = answer
        .blocking
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert!(reasons.contains(&"SCREENING_NEEDS_REVIEW"), "{reasons:?}");
    let review = v1::ReviewScreeningRequest {
        write: None,
        appointment_id: undecided,
        review: Some(v1::Review {
            decision: v1::ReviewDecision::Proceed.into(),
            ..v1::Review::default()
        }),
    };
    let by_desk = api.client.review_screening(review.clone()).await;
    assert_eq!(
        why(by_desk),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let mut owner = world.api(Role::Owner).await;
    let by_owner = owner.client.review_screening(review.clone()).await;
    assert_eq!(
        why(by_owner),
        because(Code::PermissionDenied, "NOT_A_THERAPIST")
    );
    let mut therapist = world.api(Role::Therapist).await;
    let reviewed = therapist
        .client
        .review_screening(review)
        .await
        .unwrap()
        .into_inner();
    let decision = reviewed.appointment.unwrap().review.unwrap();
    assert_eq!(decision.therapist_id, "haddad");
    world.server.stop().await;
}
