//! A read of health data leaves a line, and a read of anything else leaves none.

use std::sync::Arc;

use tonic::Request;
use treadwell_api::v1::appointment_service_server::AppointmentService as _;
use treadwell_clinic::command::{Cancel, Command, ReviewScreening, Step};
use treadwell_clinic::model::{
    Appointment, CancelReason, Outcome, Phase, ReviewDecision, Role, Sites, State,
};
use treadwell_clinic::rules;

use super::*;
use crate::access::View;
use crate::convert::values;
use crate::engine::tests::support::Logged;
use crate::engine::{Engine, Write};
use crate::grpc::appointment::Service;
use crate::grpc::turn::Turn;
use crate::sample::told;

const ROLES: [Role; 5] = [
    Role::Owner,
    Role::Manager,
    Role::Therapist,
    Role::FrontDesk,
    Role::Integration,
];

/// A request of somebody of this role.
fn ask<T>(engine: &Engine, role: Role, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let caller = Caller::in_a_test(engine, role);
    request.extensions_mut().insert(caller);
    request
}

async fn done(engine: &Engine, role: Role, command: Command) {
    let actor = Caller::in_a_test(engine, role).actor;
    let submitted = engine.submit(actor, command, Write::default());
    submitted.await.unwrap();
}

/// The story's clinic, with something noted about somebody's health in each way that there is.
async fn noted() -> Engine {
    let (engine, _) = told().await;
    let published = engine.snapshot();
    let find = |room: &str, wanted: fn(&Appointment) -> bool| {
        let mut all = published.clinic.appointments();
        let found = all.find(|it| it.slot.room.as_str() == room && wanted(it));
        let appointment = found.unwrap().id;
        Step {
            appointment,
            etag: None,
        }
    };
    let undecided = ReviewScreening {
        step: find("h3", |it| it.is_ahead() && !it.flags.is_empty()),
        decision: ReviewDecision::Modify,
        note: "gently".to_owned(),
    };
    done(
        &engine,
        Role::Therapist,
        Command::ReviewScreening(undecided),
    )
    .await;
    let stopped = Command::Finish {
        step: find("h1", |it| it.state.phase() == Phase::InSession),
        stopped: Some("a cramp".to_owned()),
    };
    done(&engine, Role::FrontDesk, stopped).await;
    let ill = Cancel {
        step: find("h2", Appointment::is_ahead),
        reason: CancelReason::Illness,
        note: "a fever".to_owned(),
    };
    done(&engine, Role::FrontDesk, Command::Cancel(ill)).await;
    engine
}

/// Whether the model itself says that an appointment tells something of its client's health.
fn tells(engine: &Engine, appointment: &Appointment) -> bool {
    let published = engine.snapshot();
    let noted = match &appointment.state {
        State::Completed(session) => session.stopped.is_some(),
        State::Cancelled(it) => {
            let about = [CancelReason::Illness, CancelReason::Screening].contains(&it.reason);
            about && !it.note.is_empty()
        }
        _ => false,
    };
    let reviewed = appointment.review.as_ref();
    let (clinic, slot) = (&published.clinic, &appointment.slot);
    let screened = appointment.is_ahead() && {
        let service = clinic.service(slot.service).unwrap();
        let site = clinic.site(slot.site).unwrap();
        let at = slot.start().timestamp();
        let found = rules::screen(clinic, appointment.client, service, site, at);
        found.outcome != Outcome::Clear && !found.reasons.is_empty()
    };
    noted || screened || reviewed.is_some_and(|it| !it.note.is_empty())
}

/// How many lines the audit has by now.
fn lines(logged: &Logged) -> usize {
    let audit = logged.with(" read");
    audit.iter().filter(|line| line.contains("audit")).count()
}

#[tokio::test]
async fn a_read_of_an_appointment_leaves_a_line_when_and_only_when_it_tells_of_health() {
    let engine = noted().await;
    let service = Service::new(engine.clone(), Turn::default(), String::new());
    let logged = Logged::begin();
    let published = engine.snapshot();
    let (mut told, mut silent) = (0, 0);
    for role in ROLES {
        let health = View::of(role, Sites::All).health();
        for appointment in published.clinic.appointments() {
            let get = v1::GetAppointmentRequest {
                appointment_id: appointment.id.to_string(),
            };
            let before = lines(&logged);
            let asked = ask(&engine, role, get);
            service.get_appointment(asked).await.unwrap();
            let expected = usize::from(health && tells(&engine, appointment));
            assert_eq!(
                lines(&logged) - before,
                expected,
                "{role:?}: {appointment:?}"
            );
            if expected == 1 {
                told += 1;
            } else {
                silent += 1;
            }
        }
    }
    assert!(told >= 12 && silent > 100, "{told} told, {silent} silent");
}

#[tokio::test]
async fn a_list_and_a_day_leave_a_line_for_each_that_tells_of_health() {
    let engine = noted().await;
    let service = Service::new(engine.clone(), Turn::default(), String::new());
    let logged = Logged::begin();
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let site = clinic.site("halifax".parse().unwrap()).unwrap();
    let date = site.zone.local(engine.now()).date();
    let day = site.zone.day(date).unwrap();
    for role in ROLES {
        let health = View::of(role, Sites::All).health();
        let before = lines(&logged);
        let list = v1::ListAppointmentsRequest {
            site_ids: vec!["halifax".to_owned()],
            from: Some(values::cell(day.start())),
            until: Some(values::cell(day.end())),
            page_size: 500,
            ..v1::ListAppointmentsRequest::default()
        };
        let listed = service.list_appointments(ask(&engine, role, list)).await;
        let listed = listed.unwrap().into_inner().appointments;
        let shown = |it: &v1::Appointment| {
            let screened = it.screening.iter().any(|it| !it.reasons.is_empty());
            let reviewed = it.review.iter().any(|it| !it.note.is_empty());
            screened
                || reviewed
                || !it.stopped_early_reason.is_empty()
                || health && it.cancellation.iter().any(|it| it.note == "a fever")
        };
        let expected = listed.iter().filter(|it| shown(it)).count();
        assert_eq!(expected > 0, health, "{role:?}");
        assert_eq!(lines(&logged) - before, expected, "{role:?}");
        let before = lines(&logged);
        let sheet = v1::GetDaySheetRequest {
            site_id: "halifax".to_owned(),
            date: Some(values::date(date)),
        };
        service
            .get_day_sheet(ask(&engine, role, sheet))
            .await
            .unwrap();
        assert_eq!(lines(&logged) - before, expected, "{role:?}");
    }
}

#[tokio::test]
async fn a_hold_leaves_a_line_when_it_says_why_somebody_is_excluded() {
    let engine = noted().await;
    let service = Service::new(engine.clone(), Turn::default(), String::new());
    let logged = Logged::begin();
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let barefoot = clinic.rule_set("barefoot".parse().unwrap()).unwrap();
    let site = clinic.site("halifax".parse().unwrap()).unwrap();
    // A day on which the story has nothing booked.
    let start = jiff::civil::date(2026, 11, 2).at(11, 0, 0, 0);
    let start = start.in_tz("America/Halifax").unwrap().timestamp();
    let reasons = |client| {
        let declaration = clinic.declaration_of(client).map(Arc::as_ref);
        let months = clinic.policy().declaration_months;
        let found =
            treadwell_clinic::screening::evaluate(barefoot, declaration, &site.zone, months, start);
        !found.reasons.is_empty()
    };
    let clients = || clinic.clients().map(|client| client.id);
    let excluded = clients().find(|&client| reasons(client)).unwrap();
    let clear = clients().find(|&client| !reasons(client)).unwrap();
    for role in ROLES {
        let health = View::of(role, Sites::All).health();
        for (client, expected) in [
            (Some(excluded), usize::from(health)),
            (Some(clear), 0),
            (None, 0),
        ] {
            let hold = v1::Hold {
                client_id: client.map(|id| id.to_string()).unwrap_or_default(),
                service_id: "ashiatsu-60".to_owned(),
                site_id: "halifax".to_owned(),
                start: Some(values::instant(start)),
                ..v1::Hold::default()
            };
            let request = v1::CreateHoldRequest {
                write: None,
                hold: Some(hold),
            };
            let before = lines(&logged);
            let held = service.create_hold(ask(&engine, role, request)).await;
            let held = held.unwrap().into_inner().hold.unwrap();
            assert_eq!(lines(&logged) - before, expected, "{role:?} {client:?}");
            let release = v1::ReleaseHoldRequest {
                write: None,
                hold_id: held.id,
            };
            let release = ask(&engine, role, release);
            service.release_hold(release).await.unwrap();
        }
    }
}
