use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, day, request, stamp, undone, why};

fn massage(world: &World, hour: i8) -> v1::Appointment {
    v1::Appointment {
        client_id: world.client("Jude Conrad"),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: stamp(day(27, hour, 0)),
        ..v1::Appointment::default()
    }
}

/// An instant of November, when the clock has gone back.
fn november(date: i8, hour: i8, minute: i8) -> jiff::Timestamp {
    jiff::civil::date(2026, 11, date)
        .at(hour, minute, 0, 0)
        .in_tz("America/Halifax")
        .unwrap()
        .timestamp()
}

fn weekly(appointment: v1::Appointment, choice: v1::OnImpossible) -> v1::BookSeriesRequest {
    v1::BookSeriesRequest {
        write: None,
        appointment: Some(appointment),
        hold_id: String::new(),
        every_days: 7,
        times: 4,
        on_impossible: choice.into(),
    }
}

async fn book(
    api: &mut Api,
    request: v1::BookSeriesRequest,
) -> Result<v1::BookSeriesResponse, tonic::Status> {
    let booked = api.appointment.book_series(request).await;
    booked.map(tonic::Response::into_inner)
}

/// Makes the second of a weekly series impossible: its room is out then.
async fn take_room_out(api: &mut Api, room: &str) {
    let outage = v1::OpenOutageRequest {
        write: None,
        outage: Some(v1::Outage {
            room_id: room.to_owned(),
            start: stamp(november(3, 13, 0)),
            end: stamp(november(3, 17, 0)),
            reason: "Painting".to_owned(),
            ..v1::Outage::default()
        }),
    };
    api.catalog.open_outage(outage).await.unwrap();
}

fn had(results: &[v1::SeriesResult]) -> Vec<(i32, bool)> {
    let had = |it: &v1::SeriesResult| (it.number, it.appointment.is_some());
    results.iter().map(had).collect()
}

/// Of the first that can not be had as much is told as of a single one.
#[tokio::test]
async fn a_refused_series_says_when_it_could_begin() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let past = stamp(day(1, 14, 0));
    let far = past.map(|at| prost_types::Timestamp {
        seconds: at.seconds + 700 * 86_400,
        ..at
    });
    let told: [(_, _, &[&str]); 2] = [
        (past, "IN_THE_PAST", &["earliest", "number"]),
        (far, "BEYOND_HORIZON", &["horizon_days", "latest", "number"]),
    ];
    for (start, reason, expected) in told {
        let first = v1::Appointment {
            start,
            ..massage(&world, 14)
        };
        let refused = book(&mut desk, weekly(first, v1::OnImpossible::FailAll)).await;
        let info = refused.unwrap_err().get_details_error_info().unwrap();
        assert_eq!(info.reason, reason);
        let mut names: Vec<&str> = info.metadata.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(info.metadata["number"], "1");
    }
}

#[tokio::test]
async fn a_series_tells_what_becomes_of_each_and_again_after_a_restart() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    take_room_out(&mut desk, "h3").await;
    let in_h3 = v1::Appointment {
        room_id: "h3".to_owned(),
        note: "Each week".to_owned(),
        ..massage(&world, 14)
    };
    let all = weekly(in_h3.clone(), v1::OnImpossible::FailAll);
    let refused = book(&mut desk, all).await.unwrap_err();
    assert!(
        refused.message().starts_with("2, Tue 3 Nov 14:00: "),
        "{refused:?}"
    );
    assert_eq!(
        why::<()>(Err(refused)),
        because(Code::FailedPrecondition, "ROOM_OUT")
    );

    let before = world.server.engine().snapshot().revision;
    let mut skip = weekly(in_h3, v1::OnImpossible::Skip);
    skip.write = Some(v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    });
    let tried = book(&mut desk, skip.clone()).await.unwrap();
    assert_eq!(world.server.engine().snapshot().revision, before);
    assert_eq!(
        had(&tried.results),
        [(1, true), (2, false), (3, true), (4, true)]
    );

    skip.write = request("series");
    let booked = book(&mut desk, skip.clone()).await.unwrap();
    assert_eq!(had(&booked.results), had(&tried.results));
    let left = &booked.results[1];
    assert_eq!(left.start, stamp(november(3, 14, 0)));
    assert_eq!(left.obstacles[0].reason, "ROOM_OUT");
    assert_eq!(left.obstacles[0].subject_id, "h3");
    assert_eq!(left.alternatives.len(), 1);
    let ids: Vec<_> = booked
        .results
        .iter()
        .map(|it| it.appointment_id.clone())
        .collect();
    let first = booked.results[0].appointment.clone().unwrap();
    let series = first.series.clone().unwrap();
    assert_eq!((series.number, series.of), (1, 4));
    assert_eq!(first.note, "Each week");

    let list = v1::ListAppointmentsRequest {
        series_id: series.series_id.clone(),
        page_size: 2,
        ..v1::ListAppointmentsRequest::default()
    };
    let page = desk
        .appointment
        .list_appointments(list.clone())
        .await
        .unwrap();
    let page = page.into_inner();
    assert_eq!(page.appointments.len(), 2);
    let rest = v1::ListAppointmentsRequest {
        page_token: page.next_page_token,
        ..list
    };
    let rest = desk
        .appointment
        .list_appointments(rest)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(rest.appointments[0].id, ids[3]);
    assert_eq!(rest.next_page_token, "");

    let again = book(&mut desk, skip.clone()).await.unwrap();
    assert_eq!(again, booked);
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let again = book(&mut desk, skip).await.unwrap();
    assert_eq!(again, booked, "acted on once, and answered alike");

    // Undo takes all of it back.
    let undone = undone(&mut desk, false).await;
    assert_eq!(undone.appointments.len(), 3);
    assert!(undone.text.ends_with(", and 2 more"), "{}", undone.text);
    let cancelled = undone.appointments.iter();
    assert!(
        cancelled
            .into_iter()
            .all(|it| it.state() == v1::AppointmentState::Cancelled)
    );
    world.server.stop().await;
}

#[tokio::test]
async fn members_are_moved_and_cancelled_together_and_a_watch_shows_their_place() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let revision = world.server.engine().snapshot().revision;
    let booked = book(
        &mut desk,
        weekly(massage(&world, 14), v1::OnImpossible::FailAll),
    )
    .await
    .unwrap();
    let ids: Vec<_> = booked
        .results
        .iter()
        .map(|it| it.appointment_id.clone())
        .collect();
    let mut watch = desk
        .watch
        .watch(v1::WatchRequest {
            after_revision: Some(revision),
            kinds: vec![v1::ResourceKind::Appointment.into()],
            ..v1::WatchRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    let mut numbers = Vec::new();
    while numbers.len() < 4 {
        let message = watch.message().await.unwrap().unwrap();
        numbers.extend(
            message
                .events
                .into_iter()
                .filter_map(|it| match it.resource {
                    Some(Resource::Appointment(it)) => it.series.map(|place| place.number),
                    _ => None,
                }),
        );
    }
    assert_eq!(numbers, [1, 2, 3, 4]);
    // The clock goes back between the first and the second: the local time stays.
    assert_eq!(booked.results[1].start, stamp(november(3, 14, 0)));

    let etag = booked.results[1].appointment.clone().unwrap().etag;
    let to = v1::MoveSeriesRequest {
        write: super::support::etag(&etag),
        appointment_id: ids[1].clone(),
        scope: v1::SeriesScope::Following.into(),
        start: stamp(november(4, 15, 0)),
        on_impossible: v1::OnImpossible::FailAll.into(),
        ..v1::MoveSeriesRequest::default()
    };
    let moved = desk
        .appointment
        .move_series(to.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(had(&moved.results), [(2, true), (3, true), (4, true)]);
    assert_eq!(moved.results[0].start, stamp(november(4, 15, 0)));
    assert_eq!(moved.results[1].start, stamp(november(11, 15, 0)));
    assert_eq!(
        why(desk.appointment.move_series(to.clone()).await),
        because(Code::Aborted, "STALE_ETAG")
    );
    let unsaid = v1::MoveSeriesRequest {
        write: None,
        scope: 0,
        on_impossible: 0,
        ..to
    };
    assert_eq!(
        why(desk.appointment.move_series(unsaid).await),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );

    let cancel = v1::CancelSeriesRequest {
        write: None,
        appointment_id: ids[2].clone(),
        scope: v1::SeriesScope::All.into(),
        cancel_reason: v1::CancelReason::Client.into(),
        note: "Moves away".to_owned(),
    };
    let cancelled = desk
        .appointment
        .cancel_series(cancel)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(cancelled.appointments.len(), 4);
    let reasons = cancelled.appointments.iter();
    assert!(
        reasons
            .into_iter()
            .all(|it| it.cancellation.as_ref().unwrap().note == "Moves away")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_hold_begins_a_series_and_its_extensions_change_later() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let hold = v1::CreateHoldRequest {
        write: None,
        hold: Some(v1::Hold {
            service_id: "reflex-foot-30".to_owned(),
            extension_ids: vec!["calf-release".to_owned()],
            site_id: "halifax".to_owned(),
            start: stamp(day(27, 14, 0)),
            ..v1::Hold::default()
        }),
    };
    let held = desk
        .appointment
        .create_hold(hold)
        .await
        .unwrap()
        .into_inner();
    let held = held.hold.unwrap();
    let from_hold = v1::BookSeriesRequest {
        hold_id: held.id.clone(),
        ..weekly(
            v1::Appointment {
                client_id: world.client("Jude Conrad"),
                ..v1::Appointment::default()
            },
            v1::OnImpossible::FailAll,
        )
    };
    let booked = book(&mut desk, from_hold.clone()).await.unwrap();
    let first = booked.results[0].appointment.clone().unwrap();
    assert_eq!(first.room_id, held.room_id);
    assert_eq!(first.extension_ids, ["calf-release"]);
    assert_eq!(
        why(book(&mut desk, from_hold).await),
        because(Code::FailedPrecondition, "HOLD_GONE")
    );

    let moved = |extension_ids: &[&str]| v1::MoveAppointmentRequest {
        appointment_id: first.id.clone(),
        extensions: Some(v1::ExtensionList {
            extension_ids: extension_ids.iter().map(ToString::to_string).collect(),
        }),
        ..v1::MoveAppointmentRequest::default()
    };
    let asked = moved(&["calf-release", "leg-and-thigh"]);
    let longer = desk
        .appointment
        .move_appointment(asked)
        .await
        .unwrap()
        .into_inner();
    let longer = longer.appointment.unwrap();
    assert_eq!(longer.end, stamp(day(27, 15, 0)));
    assert_eq!(longer.price_cents, first.price_cents + 2_000);
    let plain = desk
        .appointment
        .move_appointment(moved(&[]))
        .await
        .unwrap()
        .into_inner();
    let plain = plain.appointment.unwrap();
    assert_eq!(plain.end, stamp(day(27, 14, 30)));
    assert_eq!(plain.price_cents, first.price_cents - 2_000);
    assert_eq!(
        why(desk
            .appointment
            .move_appointment(moved(&["hot-stones"]))
            .await),
        because(Code::FailedPrecondition, "EXTENSION_NOT_OFFERED")
    );
    world.server.stop().await;
}
