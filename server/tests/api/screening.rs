//! Screening in full: rules with their history, what is asked again on arriving, what therapists mind, and what can be
//! booked instead.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::rule::Effect;
use treadwell_clinic::model::Role;

use super::book::booking_refusal;
use super::support::{Api, World, because, date, stamp, today, why};

pub(super) async fn rule_set(api: &mut Api, id: &str) -> v1::RuleSet {
    let catalog = api.catalog.get_catalog(v1::GetCatalogRequest {}).await;
    let mut sets = catalog.unwrap().into_inner().rule_sets.into_iter();
    sets.find(|set| set.id == id).unwrap()
}

/// The rule set with one rule more.
pub(super) fn asking(mut set: v1::RuleSet, condition: &str, effect: Effect) -> v1::RuleSet {
    set.rules.push(v1::Rule {
        condition_id: condition.to_owned(),
        question: format!("Is there {condition}?"),
        effect: Some(effect),
    });
    set
}

pub(super) async fn put(
    api: &mut Api,
    set: &v1::RuleSet,
    validate_only: bool,
) -> Result<v1::PutRuleSetResponse, Status> {
    let request = v1::PutRuleSetRequest {
        write: Some(v1::WriteOptions {
            validate_only,
            etag: set.etag.clone(),
            reason: "as the clinic decided in May".to_owned(),
            ..v1::WriteOptions::default()
        }),
        rule_set: Some(set.clone()),
    };
    api.catalog
        .put_rule_set(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn versions(api: &mut Api, version: i32) -> Result<Vec<v1::RuleSetVersion>, Status> {
    let request = v1::ListRuleSetVersionsRequest {
        rule_set_id: "barefoot".to_owned(),
        version,
        ..v1::ListRuleSetVersionsRequest::default()
    };
    let answer = api.catalog.list_rule_set_versions(request).await?;
    Ok(answer.into_inner().versions)
}

/// A new client, who answers every question of the barefoot rules with "no" but this one.
pub(super) async fn client(api: &mut Api, name: &str, yes: Option<v1::Answer>) -> String {
    let create = v1::CreateClientRequest {
        client: Some(v1::Client {
            name: name.to_owned(),
            ..v1::Client::default()
        }),
        ..v1::CreateClientRequest::default()
    };
    let made = api.client.create_client(create).await.unwrap();
    let client_id = made.into_inner().client.unwrap().id;
    declare(api, &client_id, yes).await;
    client_id
}

pub(super) async fn declare(api: &mut Api, client_id: &str, yes: Option<v1::Answer>) {
    let rules = rule_set(api, "barefoot").await.rules;
    let mut answers: Vec<_> = rules
        .into_iter()
        .map(|rule| v1::Answer {
            condition_id: rule.condition_id,
            kind: v1::AnswerKind::No.into(),
            ..v1::Answer::default()
        })
        .collect();
    if let Some(yes) = yes {
        answers.retain(|answer| answer.condition_id != yes.condition_id);
        answers.push(yes);
    }
    let request = v1::RecordDeclarationRequest {
        client_id: client_id.to_owned(),
        answers,
        replace: true,
        ..v1::RecordDeclarationRequest::default()
    };
    api.client.record_declaration(request).await.unwrap();
}

pub(super) fn yes(condition: &str) -> Option<v1::Answer> {
    Some(v1::Answer {
        condition_id: condition.to_owned(),
        kind: v1::AnswerKind::Yes.into(),
        ..v1::Answer::default()
    })
}

pub(super) async fn book(
    api: &mut Api,
    wished: v1::Appointment,
) -> Result<v1::Appointment, Status> {
    let request = v1::BookAppointmentRequest {
        appointment: Some(wished),
        ..v1::BookAppointmentRequest::default()
    };
    let answer = api.appointment.book_appointment(request).await?;
    Ok(answer.into_inner().appointment.unwrap())
}

/// An instant of a day on which the story has nothing booked, on the clinic's clock.
fn later(hour: i8, minute: i8) -> jiff::Timestamp {
    let at = jiff::civil::date(2026, 11, 2).at(hour, minute, 0, 0);
    at.in_tz("America/Halifax").unwrap().timestamp()
}

pub(super) fn wished(client_id: &str, service_id: &str) -> v1::Appointment {
    v1::Appointment {
        client_id: client_id.to_owned(),
        service_id: service_id.to_owned(),
        site_id: "halifax".to_owned(),
        start: stamp(later(11, 0)),
        ..v1::Appointment::default()
    }
}

#[tokio::test]
async fn rules_are_edited_with_a_preview_and_what_was_stays_to_be_read() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let mut desk = world.api(Role::FrontDesk).await;
    let clear = client(&mut desk, "Clara Claire", None).await;
    let booked = book(&mut desk, wished(&clear, "ashiatsu-60"))
        .await
        .unwrap();
    let old = rule_set(&mut owner, "barefoot").await;
    let edited = asking(old.clone(), "new-thing", Effect::ExcludedMonths(3));

    // Tried, it says whom it affects, and changes nothing.
    let tried = put(&mut owner, &edited, true).await.unwrap();
    let preview = tried.preview.unwrap();
    assert_eq!(preview.newly_asked_condition_ids, ["new-thing"]);
    assert!(preview.incomplete_client_count > 1);
    let hit = |it: &&v1::OutcomeChange| it.appointment.as_ref().unwrap().id == booked.id;
    let change = preview.changes.iter().find(hit).unwrap();
    let before = change
        .appointment
        .as_ref()
        .unwrap()
        .screening
        .as_ref()
        .unwrap();
    assert_eq!(before.outcome(), v1::ScreeningOutcome::Clear);
    let after = change.after.as_ref().unwrap();
    assert_eq!(after.outcome(), v1::ScreeningOutcome::Incomplete);
    assert_eq!(after.unanswered[0].condition_id, "new-thing");
    let counted: i32 = preview.counts.iter().map(|it| it.count).sum();
    assert_eq!(usize::try_from(counted).unwrap(), preview.changes.len());
    assert!(preview.judged_count >= counted && tried.flagged_count > 0);
    let [added] = &preview.rule_changes[..] else {
        panic!("{:?}", preview.rule_changes);
    };
    assert_eq!(
        (&added.before, added.after.as_ref()),
        (&None, edited.rules.last())
    );
    assert!(added.stricter && !added.weaker);
    assert_eq!(rule_set(&mut owner, "barefoot").await, old);
    // What is dropped or weakened is named too, although it may affect nobody who is booked.
    let mut laxer = old.clone();
    let gone = laxer.rules.remove(3);
    laxer.rules[0].effect = Some(Effect::Caution(true));
    let laxer = put(&mut owner, &laxer, true)
        .await
        .unwrap()
        .preview
        .unwrap();
    let changes = laxer.rule_changes.iter();
    let changes: Vec<_> = changes
        .map(|it| (it.condition_id.as_str(), it.after.is_some(), it.weaker))
        .collect();
    assert_eq!(
        changes,
        [
            (gone.condition_id.as_str(), false, true),
            ("breast-implants", true, true)
        ]
    );

    // It is for those who run the clinic, and every mistake is told at once.
    let role = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    assert_eq!(why(put(&mut desk, &edited, true).await), role);
    assert_eq!(why(versions(&mut desk, 0).await), role);
    let mut wrong = asking(edited.clone(), "Not a slug", Effect::ExcludedWeeks(0));
    wrong.rules[0].question.clear();
    let status = put(&mut owner, &wrong, true).await.unwrap_err();
    let fields = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(fields.len(), 3, "{fields:?}");

    let done = put(&mut owner, &edited, false).await.unwrap();
    assert_eq!(done.preview, None);
    assert_eq!(done.flagged_count, tried.flagged_count);
    // Whoever knew the version before is told that it has changed.
    let stale = because(Code::Aborted, "STALE_ETAG");
    assert_eq!(why(put(&mut owner, &edited, false).await), stale);

    let world = world.restarted().await;
    let mut therapist = world.api(Role::Therapist).await;
    let all = versions(&mut therapist, 0).await.unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|it| (it.rule_set.as_ref().unwrap().version, it.reason.as_str()))
        .collect();
    assert_eq!(told[0], (2, "as the clinic decided in May"));
    assert_eq!((told.len(), told[1].0), (2, 1));
    assert_eq!(all[0].rule_set.as_ref().unwrap().rules, edited.rules);
    assert!(!all[0].edited_by_name.is_empty() && all[0].edited_at == stamp(today(14, 7)));
    // The version that a judgement names.
    let first = versions(&mut therapist, 1).await.unwrap();
    assert_eq!(first[0].rule_set.as_ref().unwrap().rules, old.rules);
    let missing = because(Code::NotFound, "NOT_FOUND");
    assert_eq!(why(versions(&mut therapist, 3).await), missing);
    world.server.stop().await;
}

#[tokio::test]
async fn who_arrives_is_asked_whether_anything_has_changed() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let client_id = client(&mut desk, "Clara Claire", None).await;
    let booked = book(&mut desk, wished(&client_id, "hands-on-60"))
        .await
        .unwrap();
    world.clock.advance_to(later(10, 55));
    let arrive = |nothing_changed| v1::CheckInRequest {
        appointment_id: booked.id.clone(),
        nothing_changed,
        write: None,
    };
    let here = desk
        .appointment
        .check_in(arrive(false))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(here.ask_since, date(2026, 10, 14));
    assert!(
        here.blocking
            .iter()
            .any(|it| it.reason == "NOT_RECONFIRMED")
    );
    let start = v1::StartSessionRequest {
        appointment_id: booked.id.clone(),
        write: None,
    };
    let status = desk
        .appointment
        .start_session(start.clone())
        .await
        .unwrap_err();
    assert_eq!(
        status.get_details_error_info().unwrap().metadata["since"],
        "2026-10-14"
    );
    assert_eq!(
        why::<()>(Err(status)),
        because(Code::FailedPrecondition, "NOT_RECONFIRMED")
    );

    let said = desk
        .appointment
        .check_in(arrive(true))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((said.ask_since, said.blocking), (None, Vec::new()));
    let said = said.appointment.unwrap().reconfirmation.unwrap();
    assert_eq!(said.recorded_at, stamp(later(10, 55)));
    // It is recorded for good.
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let started = desk.appointment.start_session(start).await.unwrap();
    let started = started.into_inner().appointment.unwrap();
    assert_eq!(started.reconfirmation, Some(said));

    // Of somebody who has declared nothing the questions are asked.
    let unasked = v1::CheckInRequest {
        appointment_id: world.appointment("h3", 15, 30),
        nothing_changed: true,
        write: None,
    };
    world.clock.advance_to(later(11, 0));
    let refused = why(desk.appointment.check_in(unasked).await);
    assert_eq!(refused.0, Code::FailedPrecondition);
    world.server.stop().await;
}

#[tokio::test]
async fn each_place_offered_instead_is_booked_as_it_is() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let mut broken = yes("fracture").unwrap();
    broken.when = Some(v1::EventTime {
        precision: Some(v1::event_time::Precision::Date(date(2026, 6, 1).unwrap())),
    });
    let client_id = client(&mut desk, "Bruno Broken", Some(broken)).await;
    let status = book(&mut desk, wished(&client_id, "ashiatsu-60"))
        .await
        .unwrap_err();
    let details = booking_refusal(&status);
    let places = details.alternatives;
    let barefoot = places
        .iter()
        .filter(|it| it.service_id == "ashiatsu-60")
        .count();
    assert!(barefoot > 0 && places.len() > barefoot, "{places:?}");
    for place in places {
        let start: jiff::Timestamp = place.start.parse().unwrap();
        if place.service_id == "ashiatsu-60" {
            assert!(start > later(11, 0), "not while excluded");
        }
        let booked = book(
            &mut desk,
            v1::Appointment {
                client_id: client_id.clone(),
                service_id: place.service_id,
                extension_ids: place.extension_ids,
                site_id: place.site_id,
                room_id: place.room_id.clone(),
                therapist_id: place.therapist_id.clone(),
                start: stamp(start),
                ..v1::Appointment::default()
            },
        )
        .await
        .unwrap();
        assert_eq!(
            (booked.room_id, booked.therapist_id),
            (place.room_id, place.therapist_id)
        );
        let cancel = v1::CancelAppointmentRequest {
            appointment_id: booked.id,
            cancel_reason: v1::CancelReason::Client.into(),
            ..v1::CancelAppointmentRequest::default()
        };
        desk.appointment.cancel_appointment(cancel).await.unwrap();
    }
    world.server.stop().await;
}

async fn screen(api: &mut Api, client_id: &str) -> v1::Screening {
    let request = v1::ScreenRequest {
        client_id: client_id.to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        site_id: "halifax".to_owned(),
        at: stamp(later(11, 0)),
    };
    let answer = api.client.screen(request).await.unwrap().into_inner();
    answer.screenings.into_iter().next().unwrap()
}

#[tokio::test]
async fn cautions_are_for_those_who_treat_or_manage_and_refuse_nothing() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let mut desk = world.api(Role::FrontDesk).await;
    let set = rule_set(&mut owner, "barefoot").await;
    put(
        &mut owner,
        &asking(set, "canary-thing", Effect::Caution(true)),
        false,
    )
    .await
    .unwrap();
    let client_id = client(&mut desk, "Clara Claire", yes("canary-thing")).await;
    let appointment = book(&mut desk, wished(&client_id, "ashiatsu-60"))
        .await
        .unwrap();
    let get = v1::GetAppointmentRequest {
        appointment_id: appointment.id.clone(),
    };
    for role in [
        Role::Owner,
        Role::Manager,
        Role::Therapist,
        Role::FrontDesk,
        Role::Integration,
    ] {
        let mut api = world.api(role).await;
        let screened = screen(&mut api, &client_id).await;
        assert_eq!(screened.outcome(), v1::ScreeningOutcome::Clear, "{role:?}");
        assert_eq!(
            (screened.reasons, screened.unanswered),
            (Vec::new(), Vec::new())
        );
        assert_eq!(screened.ceases_on, date(2027, 10, 14));
        let shown = api.appointment.get_appointment(get.clone()).await.unwrap();
        let shown = shown.into_inner().appointment.unwrap().screening.unwrap();
        let may = !matches!(role, Role::FrontDesk | Role::Integration);
        for cautions in [screened.cautions, shown.cautions] {
            let ids: Vec<_> = cautions.into_iter().map(|it| it.condition_id).collect();
            let expected: &[&str] = if may { &["canary-thing"] } else { &[] };
            assert_eq!(ids, expected, "{role:?}");
        }
    }
    // The form asks all, and knows nothing that was answered.
    let form = v1::GetIntakeFormRequest {
        appointment_id: appointment.id,
        ..v1::GetIntakeFormRequest::default()
    };
    let form = desk
        .client
        .get_intake_form(form)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (form.rule_set_id.as_str(), form.rule_set_version),
        ("barefoot", 2)
    );
    for text in [&form.text, &form.page] {
        assert!(text.contains("Clara Claire") && text.contains("Is there canary-thing?"));
        assert!(text.contains("Mon 2 Nov 2026, 11:00") && text.contains("12 months"));
    }
    assert!(form.page.starts_with("<!doctype html>"));
    let blank = v1::GetIntakeFormRequest {
        rule_set_id: "general".to_owned(),
        ..v1::GetIntakeFormRequest::default()
    };
    let blank = desk
        .client
        .get_intake_form(blank)
        .await
        .unwrap()
        .into_inner();
    assert!(!blank.page.contains("Clara"));
    let nothing = desk
        .client
        .get_intake_form(v1::GetIntakeFormRequest::default())
        .await;
    assert_eq!(
        why(nothing),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    world.server.stop().await;
}
