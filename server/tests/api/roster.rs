use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::model::Role;

use super::support::{World, because, date, day, etag, stamp, why};

fn dry() -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    })
}

/// Every second Saturday of Roy's at Dartmouth, from the new year on: the story's shifts end before.
fn saturdays() -> v1::WeekTemplate {
    let at = |hour| Some(v1::TimeOfDay { hour, minute: 0 });
    let range = |start, end| v1::TimeRange {
        start: at(start),
        end: at(end),
    };
    v1::WeekTemplate {
        therapist_id: "roy".to_owned(),
        site_id: "dartmouth".to_owned(),
        first: date(2027, 1, 1),
        every_weeks: 2,
        shifts: vec![v1::WeekdayShift {
            weekday: v1::Weekday::Saturday.into(),
            hours: Some(range(10, 16)),
            breaks: vec![range(12, 13)],
        }],
        ..v1::WeekTemplate::default()
    }
}

fn shifts_of(who: &str, from: (i32, i32, i32), days: i64) -> v1::ListShiftsRequest {
    let date = jiff::civil::date(
        i16::try_from(from.0).unwrap(),
        i8::try_from(from.1).unwrap(),
        i8::try_from(from.2).unwrap(),
    );
    let zone = jiff::tz::TimeZone::get("America/Halifax").unwrap();
    let midnight = |date: jiff::civil::Date| {
        let local = date.to_zoned(zone.clone()).unwrap();
        stamp(local.timestamp())
    };
    v1::ListShiftsRequest {
        therapist_ids: vec![who.to_owned()],
        from: midnight(date),
        until: midnight(date.saturating_add(jiff::Span::new().days(days))),
        page_size: 500,
        ..v1::ListShiftsRequest::default()
    }
}

#[tokio::test]
async fn a_week_makes_shifts_that_outlive_a_restart_and_go_with_it() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let put = |template, write| v1::PutWeekTemplateRequest {
        write,
        template: Some(template),
    };
    let tried = api.roster.put_week_template(put(saturdays(), dry())).await;
    let tried = tried.unwrap().into_inner().template.unwrap();
    assert_eq!(tried.shifts, saturdays().shifts);
    let asked = || shifts_of("roy", (2027, 1, 1), 31);
    let none = api.roster.list_shifts(asked()).await.unwrap().into_inner();
    assert!(none.shifts.is_empty(), "a dry run makes nothing");
    let made = api.roster.put_week_template(put(saturdays(), None)).await;
    let made = made.unwrap().into_inner().template.unwrap();
    let shifts = api.roster.list_shifts(asked()).await.unwrap().into_inner();
    let starts: Vec<_> = shifts.shifts.iter().map(|it| it.start.unwrap()).collect();
    let zone = jiff::tz::TimeZone::get("America/Halifax").unwrap();
    let local = |at: &prost_types::Timestamp| {
        let at = jiff::Timestamp::from_second(at.seconds).unwrap();
        at.to_zoned(zone.clone()).datetime().to_string()
    };
    let starts: Vec<_> = starts.iter().map(local).collect();
    // Every second Saturday, counted from the week of Friday 1 January.
    assert_eq!(
        starts,
        [
            "2027-01-02T10:00:00",
            "2027-01-16T10:00:00",
            "2027-01-30T10:00:00"
        ]
    );
    assert!(shifts.shifts.iter().all(|it| it.template_id == made.id));
    // One is taken out by hand; a desk may not do that.
    let remove = |write| v1::RemoveShiftRequest {
        write,
        shift_id: shifts.shifts[1].id.clone(),
    };
    let mut desk = world.api(Role::FrontDesk).await;
    assert_eq!(
        why(desk.roster.remove_shift(remove(None)).await),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let own = etag(&shifts.shifts[1].etag);
    api.roster.remove_shift(remove(own)).await.unwrap();

    let world = world.restarted().await;
    let mut api = world.api(Role::Manager).await;
    let listed = v1::ListWeekTemplatesRequest::default();
    let listed = api.roster.list_week_templates(listed).await.unwrap();
    let listed = listed.into_inner().templates;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].exceptions, [date(2027, 1, 16).unwrap()]);
    let left = api.roster.list_shifts(asked()).await.unwrap().into_inner();
    assert_eq!(left.shifts.len(), 2);
    let stale = v1::RemoveWeekTemplateRequest {
        write: etag("1"),
        template_id: made.id.clone(),
    };
    let stale = why(api.roster.remove_week_template(stale).await);
    assert_eq!(stale, because(Code::Aborted, "STALE_ETAG"));
    let gone = v1::RemoveWeekTemplateRequest {
        write: etag(&listed[0].etag),
        template_id: made.id,
    };
    api.roster.remove_week_template(gone).await.unwrap();
    let none = api.roster.list_shifts(asked()).await.unwrap().into_inner();
    assert!(none.shifts.is_empty());
    world.server.stop().await;
}

/// What is already as asked is in no change of its own, so that there is nothing to show of it when it is gone.
#[tokio::test]
async fn a_week_that_was_as_asked_and_is_gone_is_not_found_when_the_request_is_sent_again() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let put = |template, write| v1::PutWeekTemplateRequest {
        write,
        template: Some(template),
    };
    let made = api.roster.put_week_template(put(saturdays(), None)).await;
    let made = made.unwrap().into_inner().template.unwrap();
    let write = v1::WriteOptions {
        request_id: "as it is".to_owned(),
        ..etag(&made.etag).unwrap()
    };
    let again = || put(made.clone(), Some(write.clone()));
    let same = api.roster.put_week_template(again()).await.unwrap();
    assert_eq!(same.into_inner().template, Some(made.clone()));
    let same = api.roster.put_week_template(again()).await.unwrap();
    assert_eq!(same.into_inner().template, Some(made.clone()), "repeated");
    let gone = v1::RemoveWeekTemplateRequest {
        write: etag(&made.etag),
        template_id: made.id.clone(),
    };
    api.roster.remove_week_template(gone).await.unwrap();
    assert_eq!(
        why(api.roster.put_week_template(again()).await),
        because(Code::NotFound, "NOT_FOUND")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn time_off_names_whom_it_hits_before_it_is_entered_and_tells_its_reason_to_few() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let vacation = v1::TimeOff {
        therapist_id: "chen".to_owned(),
        start: stamp(day(15, 0, 0)),
        end: stamp(day(24, 0, 0)),
        reason: "A bad tooth".to_owned(),
        ..v1::TimeOff::default()
    };
    let put = |write| v1::PutTimeOffRequest {
        write,
        time_off: Some(vacation.clone()),
    };
    let tried = api.roster.put_time_off(put(dry())).await.unwrap();
    let tried = tried.into_inner();
    assert!(!tried.affected_appointment_ids.is_empty());
    assert_eq!(
        tried.affected_appointments.len(),
        tried.affected_appointment_ids.len()
    );
    assert!(
        tried
            .affected_appointments
            .iter()
            .all(|it| it.therapist_id == "chen" && !it.client_name.is_empty())
    );
    let done = api
        .roster
        .put_time_off(put(None))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        done.affected_appointment_ids,
        tried.affected_appointment_ids
    );
    let twice = why(api.roster.put_time_off(put(None)).await);
    assert_eq!(twice, because(Code::FailedPrecondition, "TIME_OFF_CLASH"));
    // Nobody books Chen meanwhile.
    let search = v1::SearchAvailabilityRequest {
        service_id: "ashiatsu-60".to_owned(),
        therapist_id: "chen".to_owned(),
        from: stamp(day(15, 0, 0)),
        until: stamp(day(24, 0, 0)),
        ..v1::SearchAvailabilityRequest::default()
    };
    let found = api.availability.search_availability(search.clone()).await;
    assert!(found.unwrap().into_inner().proposals.is_empty());
    let list = || v1::ListTimeOffRequest {
        from: stamp(day(14, 0, 0)),
        until: stamp(day(18, 0, 0)),
        ..v1::ListTimeOffRequest::default()
    };
    let mut desk = world.api(Role::FrontDesk).await;
    let seen = desk
        .roster
        .list_time_off(list())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.time_off.len(), 1);
    assert_eq!(seen.time_off[0].reason, "");
    let snapshot = v1::WatchRequest {
        kinds: vec![v1::ResourceKind::TimeOff.into()],
        ..v1::WatchRequest::default()
    };
    let mut watch = desk.watch.watch(snapshot).await.unwrap().into_inner();
    let reason = loop {
        let message = watch.message().await.unwrap().unwrap();
        let found = message.events.into_iter().find_map(|it| match it.resource {
            Some(Resource::TimeOff(off)) => Some(off.reason),
            _ => None,
        });
        if let Some(reason) = found {
            break reason;
        }
    };
    assert_eq!(reason, "");
    let world = world.restarted().await;
    let mut api = world.api(Role::Manager).await;
    let kept = api.roster.list_time_off(list()).await.unwrap().into_inner();
    assert_eq!(kept.time_off[0].reason, "A bad tooth");
    let gone = v1::RemoveTimeOffRequest {
        write: etag(&kept.time_off[0].etag),
        time_off_id: kept.time_off[0].id.clone(),
    };
    api.roster.remove_time_off(gone).await.unwrap();
    let found = api.availability.search_availability(search).await.unwrap();
    assert!(!found.into_inner().proposals.is_empty());
    world.server.stop().await;
}

#[tokio::test]
async fn two_sites_on_one_day_leave_time_for_the_way() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    // A Wednesday after the story's shifts.
    let at = |hour: i8, minute: i8| {
        let local = jiff::civil::date(2027, 1, 6).at(hour, minute, 0, 0);
        stamp(local.in_tz("America/Halifax").unwrap().timestamp())
    };
    let shift = |site: &str, start, end| v1::PutShiftRequest {
        write: None,
        shift: Some(v1::Shift {
            therapist_id: "leblanc".to_owned(),
            site_id: site.to_owned(),
            start,
            end,
            ..v1::Shift::default()
        }),
    };
    let there = shift("dartmouth", at(8, 0), at(9, 0));
    let there = api.roster.put_shift(there).await.unwrap();
    let there = there.into_inner().shift.unwrap();
    let near = api
        .roster
        .put_shift(shift("halifax", at(9, 25), at(12, 0)))
        .await;
    assert_eq!(
        why(near),
        because(Code::FailedPrecondition, "SHIFT_TOO_NEAR")
    );
    // Whoever has nothing to do with Dartmouth learns that there is one, and not which.
    let mut limited = world.api_at_halifax(v1::Role::Manager).await;
    for (start, reason) in [(at(9, 25), "SHIFT_TOO_NEAR"), (at(8, 30), "SHIFT_CLASH")] {
        for (api, named) in [(&mut api, there.id.as_str()), (&mut limited, "")] {
            let refused = api
                .roster
                .put_shift(shift("halifax", start, at(12, 0)))
                .await;
            let refused = refused.unwrap_err();
            let info = refused.get_details_error_info().unwrap();
            let shift = info.metadata.get("shift").map_or("", String::as_str);
            assert_eq!((info.reason.as_str(), shift), (reason, named));
            let told = format!("{refused:?}");
            assert_eq!(told.contains(&there.id), !named.is_empty(), "{told}");
        }
    }
    let time = |hour, minute| Some(v1::TimeOfDay { hour, minute });
    let week = |start| v1::PutWeekTemplateRequest {
        write: None,
        template: Some(v1::WeekTemplate {
            therapist_id: "leblanc".to_owned(),
            site_id: "halifax".to_owned(),
            first: date(2027, 1, 4),
            last: date(2027, 1, 20),
            shifts: vec![v1::WeekdayShift {
                weekday: v1::Weekday::Wednesday.into(),
                hours: Some(v1::TimeRange {
                    start,
                    end: time(12, 0),
                }),
                breaks: Vec::new(),
            }],
            ..v1::WeekTemplate::default()
        }),
    };
    let mut tried = week(time(9, 25));
    tried.write = dry();
    let hidden = limited.roster.put_week_template(tried.clone()).await;
    assert_eq!(
        hidden.unwrap().into_inner().left_out,
        [v1::LeftOutShift {
            date: date(2027, 1, 6),
            travel_minutes: 30,
            ..v1::LeftOutShift::default()
        }]
    );
    let tried = api.roster.put_week_template(tried).await.unwrap();
    let put = api.roster.put_week_template(week(time(9, 25))).await;
    let put = put.unwrap().into_inner();
    assert_eq!(tried.into_inner().left_out, put.left_out);
    assert_eq!(
        put.left_out,
        [v1::LeftOutShift {
            date: date(2027, 1, 6),
            shift_id: there.id,
            site_id: "dartmouth".to_owned(),
            travel_minutes: 30,
        }]
    );
    let asked = shifts_of("leblanc", (2027, 1, 4), 21);
    let shifts = api.roster.list_shifts(asked).await.unwrap().into_inner();
    assert_eq!(
        shifts.shifts.len(),
        3,
        "the two other Wednesdays, and there"
    );
    world.server.stop().await;
}
