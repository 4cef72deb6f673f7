//! Calendars, and files from other products.

use tonic::Code;
use treadwell_api::v1::get_calendar_request::Of;
use treadwell_api::v1::{self, LineOutcome};
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, day, request, stamp, today, undone, why};

fn dry() -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    })
}

async fn calendar(api: &mut Api, of: Of) -> Result<v1::GetCalendarResponse, tonic::Status> {
    let request = v1::GetCalendarRequest {
        of: Some(of),
        from: None,
        until: None,
    };
    let answer = api.appointment.get_calendar(request).await;
    answer.map(tonic::Response::into_inner)
}

/// The entries of a calendar, each with its lines unfolded.
fn events(calendar: &str) -> Vec<Vec<String>> {
    let unfolded = calendar.replace("\r\n ", "");
    let all = unfolded.split("BEGIN:VEVENT\r\n").skip(1);
    let lines = |event: &str| event.lines().map(str::to_owned).collect();
    all.map(lines).collect()
}

fn value<'e>(event: &'e [String], name: &str) -> &'e str {
    let line = event.iter().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("{name} of {event:?}"))
}

fn of<'e>(events: &'e [Vec<String>], id: &str) -> Option<&'e Vec<String>> {
    let uid = format!("UID:{id}@");
    events
        .iter()
        .find(|event| event.iter().any(|line| line.starts_with(&uid)))
}

fn massage(client: &str, date: i8, hour: i8) -> v1::Appointment {
    v1::Appointment {
        client_id: client.to_owned(),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        room_id: "h3".to_owned(),
        start: stamp(day(date, hour, 0)),
        ..v1::Appointment::default()
    }
}

#[tokio::test]
async fn a_calendar_names_a_client_by_initials_and_says_what_is_off() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let asked = v1::BookAppointmentRequest {
        write: None,
        appointment: Some(v1::Appointment {
            note: "Ask for the knee".to_owned(),
            ..massage(&world.client("Jude Conrad"), 27, 14)
        }),
        hold_id: String::new(),
        walk_in: false,
    };
    let booked = owner.appointment.book_appointment(asked).await.unwrap();
    let booked = booked.into_inner().appointment.unwrap();
    let room = || Of::RoomId("h3".to_owned());
    let first = calendar(&mut owner, room()).await.unwrap();
    assert_eq!(first.file_name, "room-h3.ics");
    assert!(
        first
            .calendar
            .starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    );
    assert!(first.calendar.ends_with("END:VCALENDAR\r\n"));
    for secret in ["Jude", "Conrad", "knee", "902"] {
        assert!(!first.calendar.contains(secret), "{secret}");
    }
    let all = events(&first.calendar);
    let event = of(&all, &booked.id).expect("it is in the calendar");
    assert_eq!(value(event, "DTSTART:"), "20261027T170000Z");
    assert_eq!(value(event, "DTEND:"), "20261027T180000Z");
    assert_eq!(value(event, "STATUS:"), "CONFIRMED");
    assert_eq!(value(event, "TRANSP:"), "OPAQUE");
    assert!(value(event, "SUMMARY:").ends_with("\\, J.C."), "{event:?}");
    let sequence: u64 = value(event, "SEQUENCE:").parse().unwrap();
    assert_eq!(booked.etag, sequence.to_string());
    // The therapist's has it under the same name, beside shifts in which there is time for more.
    let therapist = Of::TherapistId(booked.therapist_id.clone());
    let theirs = events(
        &calendar(&mut owner, therapist.clone())
            .await
            .unwrap()
            .calendar,
    );
    let own = of(&theirs, &booked.id).expect("it is in the therapist's, too");
    assert_eq!(value(own, "UID:"), value(event, "UID:"));
    let shift = theirs
        .iter()
        .find(|it| value(it, "SUMMARY:").starts_with("Shift"));
    assert_eq!(value(shift.expect("a shift"), "TRANSP:"), "TRANSPARENT");

    let cancel = v1::CancelAppointmentRequest {
        write: None,
        appointment_id: booked.id.clone(),
        cancel_reason: v1::CancelReason::ClientUnwell.into(),
        note: "Flu".to_owned(),
    };
    owner.appointment.cancel_appointment(cancel).await.unwrap();
    let world = world.restarted().await;
    let mut owner = world.api(Role::Owner).await;
    let after = calendar(&mut owner, room()).await.unwrap();
    assert!(!after.calendar.contains("Flu"));
    let all = events(&after.calendar);
    let off = of(&all, &booked.id).expect("whoever has it is told that it is off");
    assert_eq!(value(off, "STATUS:"), "CANCELLED");
    assert_eq!(value(off, "TRANSP:"), "TRANSPARENT");
    assert!(value(off, "SEQUENCE:").parse::<u64>().unwrap() > sequence);
    assert_eq!(value(off, "UID:"), value(event, "UID:"));
}

#[tokio::test]
async fn a_calendar_shows_no_more_than_the_key_reaches() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let key = v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: "Dartmouth's screen".to_owned(),
            role: v1::Role::Integration.into(),
            site_ids: vec!["dartmouth".to_owned()],
            ..v1::Key::default()
        }),
    };
    let secret = owner
        .access
        .create_key(key)
        .await
        .unwrap()
        .into_inner()
        .secret;
    let mut limited = world.api_with(Some(&secret)).await;
    let there = calendar(&mut limited, Of::RoomId("d1".to_owned()))
        .await
        .unwrap();
    assert!(!events(&there.calendar).is_empty());
    let elsewhere = calendar(&mut limited, Of::RoomId("h1".to_owned())).await;
    assert_eq!(
        why(elsewhere),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
    let nobody = calendar(&mut owner, Of::TherapistId("nobody".to_owned())).await;
    assert_eq!(why(nobody), because(Code::NotFound, "NOT_FOUND"));
    // Who works at both sites is shown where the key reaches.
    let published = world.server.engine().snapshot();
    let both = published
        .clinic
        .therapists()
        .find(|it| it.sites.len() == 2)
        .unwrap();
    let theirs = Of::TherapistId(both.id.to_string());
    let whole = events(&calendar(&mut owner, theirs.clone()).await.unwrap().calendar);
    let part = events(&calendar(&mut limited, theirs).await.unwrap().calendar);
    assert!(part.len() < whole.len());
    assert!(
        part.iter()
            .all(|it| !it.iter().any(|line| line.contains("Halifax,"))),
        "{part:?}"
    );
    let too_long = v1::GetCalendarRequest {
        of: Some(Of::RoomId("h1".to_owned())),
        from: stamp(today(0, 0)),
        until: stamp(today(0, 0) + jiff::SignedDuration::from_hours(367 * 24)),
    };
    let refused = owner.appointment.get_calendar(too_long).await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let mut wall = world.api(Role::Wallboard).await;
    let refused = calendar(&mut wall, Of::RoomId("h1".to_owned())).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
}

fn person(line: i32, external: &str, name: &str, phone: &str) -> v1::ClientLine {
    v1::ClientLine {
        line,
        client: Some(v1::Client {
            name: name.to_owned(),
            phone: phone.to_owned(),
            external_id: external.to_owned(),
            ..v1::Client::default()
        }),
    }
}

fn told(results: &[v1::LineResult]) -> Vec<(i32, LineOutcome)> {
    results.iter().map(|it| (it.line, it.outcome())).collect()
}

#[tokio::test]
async fn a_file_of_clients_comes_in_whole_or_not_at_all() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let file = |write, lines: Vec<v1::ClientLine>| v1::ImportClientsRequest {
        write,
        lines,
        skip_existing: false,
    };
    let wrong = vec![
        person(2, "j-1", "Ann Bell", "902 555 0991"),
        person(3, "j-2", "", "\u{7}"),
        person(4, "j-1", "Somebody Else", ""),
        person(5, "", "Jude Conrad", "no number"),
    ];
    let before = world.server.engine().snapshot().revision;
    let tried = desk.client.import_clients(file(dry(), wrong.clone())).await;
    let tried = tried.unwrap().into_inner().results;
    assert_eq!(
        told(&tried),
        [(3, LineOutcome::Refused), (4, LineOutcome::Refused)]
    );
    let fields: Vec<_> = tried[0]
        .problems
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(fields, ["client.name", "client.phone"], "all that is wrong");
    assert_eq!(tried[1].problems[0].reason, "LINE_REPEATED");
    let refused = desk
        .client
        .import_clients(file(request("wrong"), wrong))
        .await;
    let status = refused.unwrap_err();
    assert!(
        status.message().starts_with("line 3: client.name: "),
        "{status:?}"
    );
    assert_eq!(
        why::<()>(Err(status)),
        because(Code::FailedPrecondition, "IMPORT_REFUSED")
    );
    assert_eq!(
        world.server.engine().snapshot().revision,
        before,
        "nothing changed"
    );

    let good = vec![
        person(2, "j-1", "Ann Bell", "902 555 0991"),
        person(3, "j-2", "Ben Cole", ""),
    ];
    let tried = desk
        .client
        .import_clients(file(dry(), good.clone()))
        .await
        .unwrap();
    assert_eq!(
        told(&tried.into_inner().results),
        [(2, LineOutcome::New), (3, LineOutcome::New)]
    );
    let named = file(request("good"), good.clone());
    let done = desk
        .client
        .import_clients(named.clone())
        .await
        .unwrap()
        .into_inner();
    let again = desk
        .client
        .import_clients(named)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        done, again,
        "one request is acted on once and answered alike"
    );
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let later = desk
        .client
        .import_clients(file(None, good))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        told(&later.results),
        [(2, LineOutcome::Existing), (3, LineOutcome::Existing)]
    );
    assert_eq!(later.results[0].id, done.results[0].id);
    let get = v1::GetClientRequest {
        client_id: done.results[0].id.clone(),
        at: None,
    };
    let read = desk
        .client
        .get_client(get)
        .await
        .unwrap()
        .into_inner()
        .client
        .unwrap();
    assert_eq!(
        (read.name.as_str(), read.external_id.as_str()),
        ("Ann Bell", "j-1")
    );
    let mut therapist = world.api(Role::Therapist).await;
    let refused = therapist
        .client
        .import_clients(file(None, Vec::new()))
        .await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let many = (1..=501).map(|n| person(n, "", &format!("Client {n}"), ""));
    let refused = desk
        .client
        .import_clients(file(dry(), many.collect()))
        .await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
}

fn visit(line: i32, appointment: v1::Appointment) -> v1::AppointmentLine {
    v1::AppointmentLine {
        line,
        appointment: Some(appointment),
        ..v1::AppointmentLine::default()
    }
}

#[tokio::test]
async fn a_file_of_appointments_is_booked_by_the_rules_and_undone_whole() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let jude = world.client("Jude Conrad");
    let file = |write, lines: Vec<v1::AppointmentLine>| v1::ImportAppointmentsRequest {
        write,
        lines,
        skip_existing: false,
    };
    let line = |line, external: &str, date, hour| {
        let appointment = v1::Appointment {
            external_id: external.to_owned(),
            ..massage(&jude, date, hour)
        };
        visit(line, appointment)
    };
    let wrong = vec![
        line(2, "a-1", 27, 14),
        line(3, "a-2", 27, 14),
        line(4, "a-3", 13, 14),
        visit(
            5,
            v1::Appointment {
                start: None,
                ..massage("", 27, 10)
            },
        ),
    ];
    let tried = desk
        .appointment
        .import_appointments(file(dry(), wrong))
        .await;
    let tried = tried.unwrap().into_inner().results;
    let reasons: Vec<_> = tried
        .iter()
        .map(|it| (it.line, it.problems[0].reason.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            (3, "LINE_REPEATED"),
            (4, "IN_THE_PAST"),
            (5, "FIELDS_INVALID")
        ]
    );
    let fields: Vec<_> = tried[2]
        .problems
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(fields, ["client_name", "appointment.start"]);

    let mut good = vec![line(2, "a-1", 27, 14), line(3, "a-2", 28, 14)];
    good[0].confirmed = true;
    let done = desk
        .appointment
        .import_appointments(file(request("i"), good.clone()))
        .await;
    let done = done.unwrap().into_inner();
    let get = |id: &str| v1::GetAppointmentRequest {
        appointment_id: id.to_owned(),
    };
    let first = desk
        .appointment
        .get_appointment(get(&done.results[0].id))
        .await
        .unwrap();
    let first = first.into_inner().appointment.unwrap();
    assert_eq!(first.state(), v1::AppointmentState::Confirmed);
    assert_eq!(first.external_id, "a-1");
    let undone = undone(&mut desk, false).await;
    assert_eq!(undone.appointments.len(), 2);
    assert!(undone.text.starts_with("import of "), "{}", undone.text);
    let again = desk
        .appointment
        .import_appointments(file(request("j"), good))
        .await;
    assert_eq!(
        told(&again.unwrap().into_inner().results),
        [(2, LineOutcome::New), (3, LineOutcome::New)]
    );
}
