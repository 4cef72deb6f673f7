use tonic::Code;
use treadwell_api::v1::{self, MovementKind, OwnItem};
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, date, etag, request, why};

async fn level(api: &mut Api, site: &str, item: &str) -> i32 {
    let asked = v1::ListItemsRequest {
        site_ids: vec![site.to_owned()],
        ..v1::ListItemsRequest::default()
    };
    let items = api
        .stock
        .list_items(asked)
        .await
        .unwrap()
        .into_inner()
        .items;
    items.iter().find(|it| it.item_id == item).unwrap().level
}

fn movement(
    site: &str,
    item: &str,
    kind: MovementKind,
    quantity: i32,
) -> v1::RecordMovementRequest {
    v1::RecordMovementRequest {
        site_id: site.to_owned(),
        item_id: item.to_owned(),
        kind: kind.into(),
        quantity,
        reason: "because".to_owned(),
        ..v1::RecordMovementRequest::default()
    }
}

#[tokio::test]
async fn stock_moves_between_sites_and_is_counted() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let (here, there) = (
        level(&mut api, "halifax", "oil").await,
        level(&mut api, "dartmouth", "oil").await,
    );
    let send = v1::RecordMovementRequest {
        write: request("send"),
        to_site_id: "dartmouth".to_owned(),
        ..movement("halifax", "oil", MovementKind::Transfer, 100)
    };
    let sent = api
        .stock
        .record_movement(send.clone())
        .await
        .unwrap()
        .into_inner();
    let kinds: Vec<_> = sent.movements.iter().map(v1::StockMovement::kind).collect();
    assert_eq!(kinds, [MovementKind::Transfer, MovementKind::TransferIn]);
    let again = api.stock.record_movement(send).await.unwrap().into_inner();
    assert_eq!(
        again.movements, sent.movements,
        "the same request acts once"
    );
    assert_eq!(level(&mut api, "halifax", "oil").await, here - 100);
    assert_eq!(level(&mut api, "dartmouth", "oil").await, there + 100);

    let short = api
        .stock
        .record_movement(movement("halifax", "oil", MovementKind::Use, here))
        .await;
    assert_eq!(why(short), because(Code::FailedPrecondition, "STOCK_SHORT"));
    let counted = api
        .stock
        .record_movement(movement("halifax", "oil", MovementKind::Count, 1))
        .await;
    assert_eq!(
        why(counted),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let stale = v1::RecordMovementRequest {
        write: etag("1"),
        ..movement("halifax", "oil", MovementKind::Receive, 1)
    };
    let stale = api.stock.record_movement(stale).await;
    assert_eq!(why(stale), because(Code::Aborted, "STALE_ETAG"));

    let take = v1::StockTakeRequest {
        site_id: "halifax".to_owned(),
        counts: vec![v1::StockCount {
            item_id: "oil".to_owned(),
            level: 3,
        }],
        ..v1::StockTakeRequest::default()
    };
    let taken = api.stock.stock_take(take).await.unwrap().into_inner();
    assert_eq!(taken.movements[0].change, 3 - (here - 100));
    let listed = v1::ListMovementsRequest {
        item_id: "oil".to_owned(),
        page_size: 2,
        ..v1::ListMovementsRequest::default()
    };
    let first = api
        .stock
        .list_movements(listed.clone())
        .await
        .unwrap()
        .into_inner();
    let next = v1::ListMovementsRequest {
        page_token: first.next_page_token.clone(),
        ..listed
    };
    let second = api.stock.list_movements(next).await.unwrap().into_inner();
    let kinds: Vec<_> = first
        .movements
        .iter()
        .chain(&second.movements)
        .map(v1::StockMovement::kind)
        .take(3)
        .collect();
    assert_eq!(
        kinds,
        [
            MovementKind::Count,
            MovementKind::TransferIn,
            MovementKind::Transfer
        ]
    );
    world.server.stop().await;
}

#[tokio::test]
async fn what_is_low_or_due_raises_an_alert() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let mut owner = world.api(Role::Owner).await;
    let kinds = async |api: &mut Api| {
        let asked = v1::ListAlertsRequest::default();
        let alerts = api
            .stock
            .list_alerts(asked)
            .await
            .unwrap()
            .into_inner()
            .alerts;
        let told = |it: &v1::Alert| (it.kind(), it.site_id.clone(), it.subject_id.clone());
        alerts.iter().map(told).collect::<Vec<_>>()
    };
    let board = desk.floor.get_board(v1::GetBoardRequest::default()).await;
    let needs = board.unwrap().into_inner().attention;
    let told: Vec<_> = needs
        .iter()
        .filter(|it| it.kind() == v1::AttentionKind::Upkeep)
        .filter(|it| it.site_id == "dartmouth")
        .collect();
    assert_eq!(told.len(), 1, "one line a site: {told:?}");
    let low = |item: &str| {
        let kind = v1::AlertKind::StockLow;
        (kind, "dartmouth".to_owned(), item.to_owned())
    };
    let before = kinds(&mut desk).await;
    assert!(
        before.contains(&low("oil")) && before.contains(&low("floor-mats")),
        "{before:?}"
    );
    let asked = v1::ListItemsRequest {
        site_ids: vec!["dartmouth".to_owned()],
        low: true,
        retired: false,
    };
    let items = desk
        .stock
        .list_items(asked)
        .await
        .unwrap()
        .into_inner()
        .items;
    let oil = items.into_iter().find(|it| it.item_id == "oil").unwrap();
    let put = v1::PutItemRequest {
        write: etag(&oil.etag),
        item: Some(v1::StockItem { par: 1, ..oil }),
    };
    let denied = desk.stock.put_item(put.clone()).await;
    assert_eq!(
        why(denied),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let put = owner.stock.put_item(put).await.unwrap().into_inner();
    assert!(!put.item.unwrap().low);
    assert!(!kinds(&mut desk).await.contains(&low("oil")));
    world.server.stop().await;
}

#[tokio::test]
async fn a_completed_session_consumes_and_its_hygiene_is_in_the_days_log() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let lotion = level(&mut api, "halifax", "lotion").await;
    // H4 is over.
    let id = world.appointment("h4", 13, 0);
    let own = |items: &[OwnItem]| v1::RecordOwnItemsRequest {
        appointment_id: id.clone(),
        items: items.iter().map(|&item| item.into()).collect(),
        ..v1::RecordOwnItemsRequest::default()
    };
    let early = api
        .hygiene
        .record_own_items(own(&[OwnItem::WashedAfter]))
        .await;
    assert_eq!(
        why(early),
        because(Code::FailedPrecondition, "HYGIENE_TOO_EARLY")
    );
    let finish = v1::FinishSessionRequest {
        appointment_id: id.clone(),
        ..v1::FinishSessionRequest::default()
    };
    api.appointment.finish_session(finish).await.unwrap();
    let used = lotion - level(&mut api, "halifax", "lotion").await;
    assert!(used > 0, "the session consumed lotion");
    let washed = api
        .hygiene
        .record_own_items(own(&[OwnItem::WashedAfter]))
        .await;
    assert_eq!(washed.unwrap().into_inner().hygiene.unwrap().own.len(), 1);
    let asked = v1::GetHygieneLogRequest {
        site_id: "halifax".to_owned(),
        date: None,
    };
    let log = api.hygiene.get_hygiene_log(asked.clone()).await.unwrap();
    let session = |log: v1::HygieneLog| {
        let mut sessions = log.sessions.into_iter();
        sessions.find(|it| it.appointment_id == id).unwrap()
    };
    let open = session(log.into_inner().log.unwrap());
    assert!(open.ready_at.is_none() && open.turnover.is_some());
    assert!(
        open.missing().any(|it| it == OwnItem::WashedBefore),
        "{open:?}"
    );
    let tick = v1::TickTurnoverRequest {
        room_id: "h4".to_owned(),
        ..v1::TickTurnoverRequest::default()
    };
    api.floor.tick_turnover(tick).await.unwrap();
    let log = api
        .hygiene
        .get_hygiene_log(asked.clone())
        .await
        .unwrap()
        .into_inner()
        .log
        .unwrap();
    let names: Vec<_> = log.keys.iter().map(|key| key.id.clone()).collect();
    let done = session(log.clone());
    assert!(done.ready_at.is_some());
    let items = &done.turnover.as_ref().unwrap().items;
    assert!(
        items
            .iter()
            .all(|it| it.done_at.is_some() && names.contains(&it.done_by))
    );
    // Whose key it was is for those who give out keys.
    let told = |log: &v1::HygieneLog| {
        let names = log.keys.iter().map(|key| key.name.clone());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(told(&log).contains("front desk"), "{:?}", log.keys);
    assert!(!told(&log).contains("Front desk"), "{:?}", log.keys);
    let level_before = level(&mut api, "halifax", "lotion").await;

    let world = world.restarted().await;
    let mut api = world.api(Role::FrontDesk).await;
    let kept = api.hygiene.get_hygiene_log(asked.clone()).await.unwrap();
    assert_eq!(kept.into_inner().log.as_ref(), Some(&log));
    assert_eq!(level(&mut api, "halifax", "lotion").await, level_before);
    let mut owner = world.api(Role::Owner).await;
    let whole = owner.hygiene.get_hygiene_log(asked).await.unwrap();
    let whole = whole.into_inner().log.unwrap();
    assert!(told(&whole).contains("Front desk"), "{:?}", whole.keys);
    world.server.stop().await;
}

#[tokio::test]
async fn a_session_says_which_own_items_are_open() {
    use OwnItem::{SockettesBackOn, SockettesOn, WashedAfter, WashedBefore};
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let id = world.appointment("h4", 13, 0);
    let get = v1::GetSessionHygieneRequest {
        appointment_id: id.clone(),
    };
    let open = async |api: &mut Api| {
        let answer = api.hygiene.get_session_hygiene(get.clone()).await;
        let answer = answer.unwrap().into_inner();
        answer.open().collect::<Vec<_>>()
    };
    let before = open(&mut api).await;
    assert_eq!(before, [WashedBefore, SockettesOn, SockettesBackOn]);
    let own = v1::RecordOwnItemsRequest {
        appointment_id: id.clone(),
        items: before.into_iter().map(i32::from).collect(),
        ..v1::RecordOwnItemsRequest::default()
    };
    api.hygiene.record_own_items(own).await.unwrap();
    assert_eq!(open(&mut api).await, []);
    let finish = v1::FinishSessionRequest {
        appointment_id: id.clone(),
        ..v1::FinishSessionRequest::default()
    };
    api.appointment.finish_session(finish).await.unwrap();
    assert_eq!(open(&mut api).await, [WashedAfter]);
    world.server.stop().await;
}

#[tokio::test]
async fn a_failed_inspection_takes_the_bars_out_and_a_passed_one_brings_them_back() {
    let world = World::new().await;
    let mut api = world.api(Role::Owner).await;
    let inspection = |months: i32| v1::RecordInspectionRequest {
        inspection: Some(v1::SupportInspection {
            room_id: "h1".to_owned(),
            date: date(2026, 10, 14),
            inspector: "Bluenose Rigging".to_owned(),
            passed: months > 0,
            months,
            note: "bolt 3".to_owned(),
            ..v1::SupportInspection::default()
        }),
        ..v1::RecordInspectionRequest::default()
    };
    let bars = async |api: &mut Api| {
        let board = api.floor.get_board(v1::GetBoardRequest::default()).await;
        let sites = board.unwrap().into_inner().sites;
        let mut rooms = sites.iter().flat_map(|site| &site.rooms);
        rooms.find(|room| room.room_id == "h1").unwrap().bars()
    };
    let failed = api
        .hygiene
        .record_inspection(inspection(0))
        .await
        .unwrap()
        .into_inner();
    assert!(!failed.inspection.unwrap().outage_id.is_empty());
    assert!(!failed.affected_appointment_ids.is_empty());
    assert_eq!(bars(&mut api).await, v1::BarsState::Out);
    let passed = api
        .hygiene
        .record_inspection(inspection(12))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(passed.inspection.unwrap().next_due, date(2027, 10, 14));
    assert_eq!(bars(&mut api).await, v1::BarsState::Sound);
    let asked = v1::ListInspectionsRequest {
        room_id: "h1".to_owned(),
        ..v1::ListInspectionsRequest::default()
    };
    let log = api
        .hygiene
        .list_inspections(asked.clone())
        .await
        .unwrap()
        .into_inner()
        .inspections;
    let found: Vec<_> = log.iter().map(|it| it.passed).collect();
    // What the room was set up with is kept before another one takes its place.
    assert_eq!(found, [false, true, true]);
    assert_eq!(log[1].inspector, "Not recorded");
    let world = world.restarted().await;
    let mut api = world.api(Role::Owner).await;
    let kept = api.hygiene.list_inspections(asked).await.unwrap();
    assert_eq!(kept.into_inner().inspections, log);
    assert_eq!(bars(&mut api).await, v1::BarsState::Sound);
    world.server.stop().await;
}
