use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::renew_credential_request::Renewed;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, date, etag, request, today, why};

fn seminar(who: &[&str]) -> v1::Training {
    v1::Training {
        therapist_ids: who.iter().map(|&who| who.to_owned()).collect(),
        kind: v1::TrainingKind::Seminar.into(),
        title: "Pressure without strain".to_owned(),
        subject: "techniques".to_owned(),
        first: date(2026, 10, 10),
        last: date(2026, 10, 11),
        minutes: 405,
        education: true,
        ..v1::Training::default()
    }
}

async fn put(api: &mut Api, training: v1::Training) -> v1::Training {
    let put = v1::PutTrainingRequest {
        write: etag(&training.etag),
        training: Some(training),
    };
    let put = api.therapist.put_training(put).await.unwrap();
    put.into_inner().training.unwrap()
}

async fn listed(api: &mut Api, asked: v1::ListTrainingRequest) -> Vec<String> {
    let listed = api.therapist.list_training(asked).await.unwrap();
    let trainings = listed.into_inner().trainings;
    trainings.into_iter().map(|it| it.title).collect()
}

fn of(who: &str) -> v1::ListTrainingRequest {
    v1::ListTrainingRequest {
        therapist_id: who.to_owned(),
        ..v1::ListTrainingRequest::default()
    }
}

/// How many trainings a key's watch begins with.
async fn watched(api: &mut Api) -> usize {
    let asked = v1::WatchRequest {
        kinds: vec![v1::ResourceKind::Training.into()],
        ..v1::WatchRequest::default()
    };
    let mut watch = api.watch.watch(asked).await.unwrap().into_inner();
    let mut count = 0;
    loop {
        let message = watch.message().await.unwrap().unwrap();
        let shown = message.events.iter().map(|event| &event.resource);
        count += shown
            .filter(|it| matches!(it, Some(Resource::Training(_))))
            .count();
        if message.commit_complete {
            return count;
        }
    }
}

#[tokio::test]
async fn a_training_is_entered_once_for_all_and_seen_by_those_it_concerns() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let mut haddad = world.api(Role::Therapist).await;
    let mut desk = world.api(Role::FrontDesk).await;
    let entered = put(&mut manager, seminar(&["haddad", "tremblay"])).await;
    assert_eq!(entered.minutes, 405);
    let all = listed(&mut manager, v1::ListTrainingRequest::default()).await;
    assert_eq!((all.len(), all[0].as_str()), (5, "Pressure without strain"));
    assert_eq!(listed(&mut manager, of("tremblay")).await.len(), 2);
    let own = ["Pressure without strain"];
    assert_eq!(listed(&mut haddad, of("")).await, own);
    assert_eq!(listed(&mut haddad, of("haddad")).await, own);
    let denied = || because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    let another = haddad.therapist.list_training(of("chen")).await;
    assert_eq!(why(another), denied());
    assert_eq!(why(desk.therapist.list_training(of("")).await), denied());
    let write = v1::PutTrainingRequest {
        write: None,
        training: Some(seminar(&["haddad"])),
    };
    assert_eq!(why(haddad.therapist.put_training(write).await), denied());
    assert_eq!(watched(&mut manager).await, 5);
    assert_eq!(watched(&mut haddad).await, 0);
    assert_eq!(watched(&mut desk).await, 0);

    let first = v1::ListTrainingRequest {
        since: date(2026, 1, 1),
        education: true,
        page_size: 2,
        ..v1::ListTrainingRequest::default()
    };
    let page = manager.therapist.list_training(first.clone()).await;
    let page = page.unwrap().into_inner();
    let next = v1::ListTrainingRequest {
        page_token: page.next_page_token,
        ..first
    };
    assert_eq!(page.trainings.len(), 2);
    assert_eq!(
        listed(&mut manager, next).await,
        ["Reflex zones of the foot"]
    );
    world.server.stop().await;
}

#[tokio::test]
async fn an_entry_is_corrected_removed_and_taken_back_and_outlives_a_restart() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let entered = put(&mut manager, seminar(&["haddad", "tremblay"])).await;
    let corrected = v1::Training {
        minutes: 390,
        ..entered.clone()
    };
    let corrected = put(&mut manager, corrected).await;
    assert_eq!((&corrected.id, corrected.minutes), (&entered.id, 390));
    let stale = v1::PutTrainingRequest {
        write: etag(&entered.etag),
        training: Some(entered.clone()),
    };
    let stale = manager.therapist.put_training(stale).await;
    assert_eq!(why(stale), because(Code::Aborted, "STALE_ETAG"));
    let wrong = v1::PutTrainingRequest {
        write: None,
        training: Some(v1::Training {
            minutes: 10,
            last: date(2026, 10, 15),
            ..seminar(&["haddad"])
        }),
    };
    let wrong = manager.therapist.put_training(wrong).await;
    assert_eq!(why(wrong), because(Code::InvalidArgument, "FIELDS_INVALID"));

    let world = world.restarted().await;
    let mut manager = world.api(Role::Manager).await;
    let remove = v1::RemoveTrainingRequest {
        write: request("remove"),
        training_id: entered.id.clone(),
    };
    manager.therapist.remove_training(remove).await.unwrap();
    assert!(listed(&mut manager, of("haddad")).await.is_empty());
    let undo = v1::UndoLastOperationRequest::default();
    let undone = manager.appointment.undo_last_operation(undo).await.unwrap();
    let expected = "removal of the training of Pressure without strain";
    assert_eq!(undone.into_inner().text, expected);
    let listed = manager.therapist.list_training(of("haddad")).await.unwrap();
    assert_eq!(listed.into_inner().trainings[0].minutes, 390);
    world.server.stop().await;
}

async fn standing(api: &mut Api, who: &str, on: Option<v1::LocalDate>) -> v1::Standing {
    let asked = v1::GetEntitlementsRequest {
        site_ids: Vec::new(),
        on,
    };
    let answer = api.report.get_entitlements(asked).await.unwrap();
    let mut standings = answer.into_inner().standings.into_iter();
    standings.find(|it| it.therapist_id == who).unwrap()
}

fn barefoot(standing: &v1::Standing) -> &v1::Entitlement {
    let mut services = standing.services.iter();
    services.find(|it| it.service_id == "ashiatsu-60").unwrap()
}

async fn alerts_of(api: &mut Api, who: &str) -> Vec<v1::Alert> {
    let asked = v1::ListAlertsRequest::default();
    let alerts = api.stock.list_alerts(asked).await.unwrap().into_inner();
    let alerts = alerts.alerts.into_iter();
    alerts.filter(|it| it.subject_id == who).collect()
}

fn renewal(what: Renewed, until: Option<v1::LocalDate>) -> v1::RenewCredentialRequest {
    v1::RenewCredentialRequest {
        therapist_id: "roy".to_owned(),
        renewed: Some(what),
        valid_through: until,
        ..v1::RenewCredentialRequest::default()
    }
}

#[tokio::test]
async fn what_expires_is_warned_of_until_it_is_renewed() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let mut desk = world.api(Role::FrontDesk).await;
    let told = alerts_of(&mut desk, "roy").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].kind(), v1::AlertKind::RegistrationExpiring);
    assert_eq!(
        (told[0].due.as_str(), told[0].overdue),
        ("2026-11-30", false)
    );
    let registration = || renewal(Renewed::Registration(true), date(2027, 11, 30));
    let denied = desk.therapist.renew_credential(registration()).await;
    assert_eq!(
        why(denied),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let renewed = owner.therapist.renew_credential(registration()).await;
    let renewed = renewed.unwrap().into_inner().therapist.unwrap();
    assert_eq!(renewed.registration_valid_through, date(2027, 11, 30));
    assert_eq!(renewed.registration_number, "M-1055");
    assert!(alerts_of(&mut desk, "roy").await.is_empty());

    // What ran out yesterday, with a day that is booked.
    let mut lapsed = renewed.clone();
    lapsed.credentials[0].valid_through = date(2026, 10, 13);
    let put = v1::PutTherapistRequest {
        write: None,
        therapist: Some(lapsed),
    };
    let put = owner
        .therapist
        .put_therapist(put)
        .await
        .unwrap()
        .into_inner();
    let told = alerts_of(&mut desk, "roy").await;
    assert_eq!(told[0].kind(), v1::AlertKind::CredentialExpiring);
    assert!(told[0].overdue && put.flagged_count > 0);
    // Some that are still to come were flagged for something else before.
    let clinic = world.server.engine().snapshot();
    let clinic = &clinic.clinic;
    let ahead = clinic.appointments().filter(|it| it.is_ahead());
    let beyond = ahead.filter(|it| {
        let late = it.slot.start().timestamp() >= today(0, 0);
        let service = clinic.service(it.slot.service).unwrap();
        let mut needed = service.credentials.iter();
        let needs = needed.any(|kind| kind.as_str() == "ashiatsu");
        late && needs && it.slot.therapist.as_str() == "roy"
    });
    let beyond = i32::try_from(beyond.count()).unwrap();
    assert!(beyond >= put.flagged_count);
    assert_eq!(told[0].appointments_beyond, beyond);
    assert!(told[0].text.contains("EXPIRED on 2026-10-13"), "{told:?}");
    let earlier = renewal(
        Renewed::CredentialId("ashiatsu".to_owned()),
        date(2026, 10, 13),
    );
    let earlier = owner.therapist.renew_credential(earlier).await;
    assert_eq!(
        why(earlier),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let unsaid = v1::RenewCredentialRequest {
        renewed: None,
        ..registration()
    };
    let unsaid = owner.therapist.renew_credential(unsaid).await;
    assert_eq!(
        why(unsaid),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let again = renewal(
        Renewed::CredentialId("ashiatsu".to_owned()),
        date(2027, 10, 13),
    );
    owner.therapist.renew_credential(again).await.unwrap();
    assert!(alerts_of(&mut desk, "roy").await.is_empty());
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let may = standing(&mut desk, "roy", None).await;
    assert_eq!(barefoot(&may).valid_through, date(2027, 10, 13));
    world.server.stop().await;
}

#[tokio::test]
async fn who_may_do_what_is_told_to_all_and_education_to_those_who_see_it() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let now = standing(&mut desk, "okafor", None).await;
    assert!(barefoot(&now).may);
    assert_eq!(barefoot(&now).valid_through, date(2027, 3, 31));
    let later = standing(&mut desk, "okafor", date(2027, 4, 1)).await;
    let lacks = &barefoot(&later).lacking;
    assert_eq!(lacks[0].credential_id, "ashiatsu");
    assert_eq!(lacks[0].expired, date(2027, 3, 31));
    let never = standing(&mut desk, "tremblay", None).await;
    assert_eq!(barefoot(&never).lacking[0].expired, None);
    assert!(now.education.is_none());
    let mut manager = world.api(Role::Manager).await;
    let education = standing(&mut manager, "chen", None)
        .await
        .education
        .unwrap();
    assert_eq!(education.since, date(2024, 10, 15));
    assert_eq!(
        (education.minutes, education.required_minutes),
        (720 + 900, 1200)
    );
    let mut haddad = world.api(Role::Therapist).await;
    let own = standing(&mut haddad, "haddad", None).await;
    assert!(own.education.is_some());
    assert!(
        standing(&mut haddad, "chen", None)
            .await
            .education
            .is_none()
    );
    let mut halifax = world.api_of("Desk Halifax").await;
    let asked = v1::GetEntitlementsRequest::default();
    let here = halifax.report.get_entitlements(asked).await.unwrap();
    let here = here.into_inner().standings;
    assert!(here.iter().all(|it| it.site_ids == ["halifax"]), "{here:?}");
    assert!(here.iter().all(|it| it.therapist_id != "roy"));
    world.server.stop().await;
}
