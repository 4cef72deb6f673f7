use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{self, World, because, date, request, why};

/// Both sites in the two weeks around the demo's day, by week.
fn fortnight() -> v1::ReportQuery {
    v1::ReportQuery {
        first: date(2026, 10, 12),
        last: date(2026, 10, 25),
        period: v1::ReportPeriod::Week.into(),
        ..v1::ReportQuery::default()
    }
}

fn attendance(query: v1::ReportQuery) -> v1::GetAttendanceRequest {
    v1::GetAttendanceRequest { query: Some(query) }
}

#[tokio::test]
async fn every_report_has_a_row_for_each_site_and_week() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await.report;
    let query = Some(fortnight());
    let expected: Vec<(String, Option<v1::LocalDate>)> = ["dartmouth", "halifax"]
        .into_iter()
        .flat_map(|site| [12, 19].map(|day| (site.to_owned(), date(2026, 10, day))))
        .collect();
    macro_rules! rows {
        ($method:ident, $request:ident) => {{
            let asked = v1::$request {
                query: query.clone(),
            };
            let rows = api.$method(asked).await.unwrap().into_inner().rows;
            let of: Vec<_> = rows
                .iter()
                .map(|row| (row.site_id.clone(), row.period_start))
                .collect();
            assert_eq!(of, expected, stringify!($method));
            rows
        }};
    }
    for row in rows!(get_utilization, GetUtilizationRequest) {
        for hours in [row.rooms, row.bar_rooms, row.therapists] {
            let it = hours.unwrap();
            assert!(it.offered_minutes > 0, "{it:?}");
            let (used, there) = (
                it.booked_minutes + it.turnover_minutes + it.idle_minutes,
                it.offered_minutes + it.beyond_minutes,
            );
            assert_eq!(used, there);
        }
    }
    let came = rows!(get_attendance, GetAttendanceRequest);
    assert!(came.iter().any(|row| row.completed > 0));
    let screened = rows!(get_screening_outcomes, GetScreeningOutcomesRequest);
    for (came, screened) in came.iter().zip(&screened) {
        assert_eq!(came.appointments, screened.appointments);
    }
    rows!(get_turnover_times, GetTurnoverTimesRequest);
    let waited = rows!(get_waitlist_conversion, GetWaitlistConversionRequest);
    assert!(waited.iter().any(|row| row.waiting > 0));
}

#[tokio::test]
async fn what_comes_and_goes_in_a_day_balances_also_when_it_was_undone() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let today = |site: &str| v1::GetStockUseRequest {
        query: Some(v1::ReportQuery {
            site_ids: vec![site.to_owned()],
            first: date(2026, 10, 14),
            last: date(2026, 10, 14),
            period: v1::ReportPeriod::Day.into(),
        }),
    };
    let of = |answer: &v1::GetStockUseResponse, item: &str| {
        let mut rows = answer.rows.iter();
        rows.find(|row| row.item_id == item).unwrap().clone()
    };
    let used = api.report.get_stock_use(today("halifax")).await;
    let before = of(&used.unwrap().into_inner(), "oil");
    let movement = |kind: v1::MovementKind, quantity| v1::RecordMovementRequest {
        site_id: "halifax".to_owned(),
        item_id: "oil".to_owned(),
        kind: kind.into(),
        quantity,
        reason: "because".to_owned(),
        ..v1::RecordMovementRequest::default()
    };
    let send = v1::RecordMovementRequest {
        to_site_id: "dartmouth".to_owned(),
        ..movement(v1::MovementKind::Transfer, 10)
    };
    for asked in [
        movement(v1::MovementKind::Receive, 500),
        movement(v1::MovementKind::Use, 30),
        movement(v1::MovementKind::Waste, 20),
        send,
    ] {
        api.stock.record_movement(asked).await.unwrap();
    }
    let take = v1::StockTakeRequest {
        site_id: "halifax".to_owned(),
        counts: vec![v1::StockCount {
            item_id: "oil".to_owned(),
            level: 5,
        }],
        ..v1::StockTakeRequest::default()
    };
    api.stock.stock_take(take).await.unwrap();
    let there = before.closing + 440;
    let used = api.report.get_stock_use(today("halifax")).await;
    let counted = of(&used.unwrap().into_inner(), "oil");
    assert_eq!(counted.counted_less - before.counted_less, there - 5);
    let undo = v1::UndoLastOperationRequest::default();
    api.appointment.undo_last_operation(undo).await.unwrap();

    let world = world.restarted().await;
    let mut api = world.api(Role::FrontDesk).await;
    let answer = api.report.get_stock_use(today("halifax")).await;
    let answer = answer.unwrap().into_inner();
    let expected = v1::StockUseRow {
        received: before.received + 500,
        used_by_hand: before.used_by_hand + 30,
        wasted: before.wasted + 20,
        transferred_out: before.transferred_out + 10,
        closing: before.closing + 440,
        ..before
    };
    assert_eq!(of(&answer, "oil"), expected);
    for row in &answer.rows {
        let item = |it: &&v1::StockItem| (&it.site_id, &it.item_id) == (&row.site_id, &row.item_id);
        let item = answer.items.iter().find(item).unwrap();
        assert_eq!(row.closing, i64::from(item.level), "{row:?}");
        let came = row.opening + row.received + row.transferred_in + row.counted_more;
        let gone = row.used_in_sessions + row.used_by_hand + row.wasted;
        let gone = gone + row.transferred_out + row.counted_less;
        assert_eq!(came, gone + row.closing, "{row:?}");
    }
    let there = api.report.get_stock_use(today("dartmouth")).await;
    assert!(of(&there.unwrap().into_inner(), "oil").transferred_in >= 10);
    // Five years of days of so many items are more than one answer holds.
    let long = v1::GetStockUseRequest {
        query: Some(v1::ReportQuery {
            first: date(2022, 1, 1),
            last: date(2026, 10, 14),
            period: v1::ReportPeriod::Day.into(),
            ..v1::ReportQuery::default()
        }),
    };
    let refused = api.report.get_stock_use(long).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
}

#[tokio::test]
async fn what_happens_in_a_day_is_in_its_reports_also_after_a_restart() {
    let world = World::new().await;
    let api = world.api(Role::FrontDesk).await;
    let (mut report, mut visits, mut floor) = (api.report, api.appointment, api.floor);
    let day = |site: &str| v1::ReportQuery {
        site_ids: vec![site.to_owned()],
        first: date(2026, 10, 14),
        last: date(2026, 10, 14),
        period: v1::ReportPeriod::Day.into(),
    };
    let before = report.get_attendance(attendance(day("halifax"))).await;
    let before = before.unwrap().into_inner().rows[0].clone();
    // Somebody who is to come later today says now that they will not.
    let published = world.server.engine().snapshot();
    let now = world.server.engine().now();
    let later = published
        .clinic
        .appointments()
        .find(|it| {
            it.slot.site.as_str() == "halifax"
                && it.is_ahead()
                && it.slot.start().timestamp() > now
                && it.slot.start().timestamp() < super::support::today(23, 0)
        })
        .unwrap()
        .clone();
    let cancel = v1::CancelAppointmentRequest {
        write: request("cancel"),
        appointment_id: later.id.to_string(),
        cancel_reason: v1::CancelReason::Client.into(),
        note: String::new(),
    };
    visits.cancel_appointment(cancel).await.unwrap();
    let mut turned = 0;
    let open = floor
        .list_turnovers(v1::ListTurnoversRequest::default())
        .await;
    for turnover in open.unwrap().into_inner().turnovers {
        let tick = v1::TickTurnoverRequest {
            write: request(&format!("tick {}", turnover.room_id)),
            room_id: turnover.room_id.clone(),
            ..v1::TickTurnoverRequest::default()
        };
        floor.tick_turnover(tick).await.unwrap();
        turned += i32::from(turnover.room_id.starts_with('h'));
    }
    assert!(turned > 0, "the story has rooms in turnover");

    let world = world.restarted().await;
    let mut report = world.api(Role::FrontDesk).await.report;
    let after = report.get_attendance(attendance(day("halifax"))).await;
    let after = after.unwrap().into_inner().rows[0].clone();
    let expected = v1::AttendanceRow {
        open: before.open - 1,
        cancelled_late: before.cancelled_late + 1,
        lost_minutes: before.lost_minutes + i64::from(later.slot.planned.minutes()),
        ..before
    };
    assert_eq!(after, expected);
    let query = Some(day("halifax"));
    let times = report
        .get_turnover_times(v1::GetTurnoverTimesRequest { query })
        .await;
    let times = times.unwrap().into_inner().rows;
    assert!(times[0].turnovers >= turned, "{times:?}");
}

#[tokio::test]
async fn sixteen_reports_over_five_years_and_one_who_goes_hold_up_nothing() {
    let world = World::new().await;
    let api = world.api(Role::Manager).await;
    let query = v1::ReportQuery {
        first: date(2022, 1, 1),
        last: date(2026, 12, 31),
        ..fortnight()
    };
    let ask = || {
        let mut report = api.report.clone();
        let query = Some(query.clone());
        tokio::spawn(async move {
            let asked = v1::GetUtilizationRequest { query };
            report
                .get_utilization(asked)
                .await
                .map(|it| it.into_inner().rows)
        })
    };
    let all: Vec<_> = (0..16).map(|_| ask()).collect();
    let goes = ask();
    let mut appointments = api.appointment.clone();
    let listed = appointments.list_appointments(v1::ListAppointmentsRequest {
        from: support::stamp(support::day(16, 8, 0)),
        ..v1::ListAppointmentsRequest::default()
    });
    let ahead = listed.await.unwrap().into_inner().appointments;
    let ahead = ahead
        .iter()
        .rfind(|it| it.state() == v1::AppointmentState::Booked);
    let cancel = v1::CancelAppointmentRequest {
        write: request("cancel"),
        appointment_id: ahead.unwrap().id.clone(),
        cancel_reason: v1::CancelReason::Client.into(),
        note: String::new(),
    };
    appointments.cancel_appointment(cancel).await.unwrap();
    goes.abort();
    let mut rows = Vec::new();
    for asked in all {
        rows.push(asked.await.unwrap().unwrap());
    }
    assert!(
        rows.iter().all(|of| of.len() == 2 * 262),
        "{}",
        rows[0].len()
    );
    assert_eq!(ask().await.unwrap().unwrap().len(), rows[0].len());
}

#[tokio::test]
async fn what_is_asked_is_bounded_and_stays_within_reach() {
    let world = World::new().await;
    let mut desk = world.api_of("Desk Halifax").await.report;
    let all = desk.get_attendance(attendance(fortnight())).await.unwrap();
    let sites: Vec<String> = all
        .into_inner()
        .rows
        .into_iter()
        .map(|row| row.site_id)
        .collect();
    assert_eq!(sites, ["halifax", "halifax"]);
    let elsewhere = v1::ReportQuery {
        site_ids: vec!["dartmouth".to_owned()],
        ..fortnight()
    };
    let denied = desk.get_attendance(attendance(elsewhere)).await;
    assert_eq!(
        why(denied),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
    let query = Some(fortnight());
    let denied = desk
        .get_utilization(v1::GetUtilizationRequest { query })
        .await;
    assert_eq!(
        why(denied),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );

    let wrong = because(Code::InvalidArgument, "FIELDS_INVALID");
    let refused = desk
        .get_attendance(v1::GetAttendanceRequest { query: None })
        .await;
    assert_eq!(why(refused), wrong);
    for query in [
        v1::ReportQuery {
            last: date(2026, 10, 11),
            ..fortnight()
        },
        v1::ReportQuery {
            last: date(2032, 10, 11),
            ..fortnight()
        },
        v1::ReportQuery {
            first: None,
            ..fortnight()
        },
        v1::ReportQuery {
            period: 0,
            ..fortnight()
        },
        v1::ReportQuery {
            period: 9,
            ..fortnight()
        },
    ] {
        assert_eq!(why(desk.get_attendance(attendance(query)).await), wrong);
    }
}
