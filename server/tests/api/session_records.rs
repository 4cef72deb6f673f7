use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::model::{Phase, Role};

use super::support::{Api, World, because, etag, why};

/// Words that only notes hold: wherever they turn up, notes have got there.
const SECRET: &str = "xylophone elbow";

const OUTSIDERS: [Role; 3] = [Role::FrontDesk, Role::Integration, Role::Wallboard];

fn notes() -> v1::SessionNotes {
    v1::SessionNotes {
        pressure: vec![v1::AreaPressure {
            area_id: "calves".to_owned(),
            began: 2,
            ended: 0,
            change: SECRET.to_owned(),
        }],
        technique_ids: vec!["broad-strokes".to_owned()],
        zone_ids: vec!["heel".to_owned()],
        tender: vec![v1::TenderPlace {
            place: Some(v1::tender_place::Place::ZoneId("ball".to_owned())),
            note: SECRET.to_owned(),
        }],
        feedback: SECRET.to_owned(),
        ..v1::SessionNotes::default()
    }
}

fn save(appointment_id: &str) -> v1::SaveSessionNotesRequest {
    v1::SaveSessionNotesRequest {
        write: None,
        appointment_id: appointment_id.to_owned(),
        notes: Some(notes()),
    }
}

fn sign(appointment_id: &str) -> v1::SignSessionNotesRequest {
    v1::SignSessionNotesRequest {
        write: None,
        appointment_id: appointment_id.to_owned(),
    }
}

fn addendum(appointment_id: &str) -> v1::AddSessionAddendumRequest {
    v1::AddSessionAddendumRequest {
        write: None,
        appointment_id: appointment_id.to_owned(),
        text: SECRET.to_owned(),
    }
}

fn get(appointment_id: &str) -> v1::GetSessionRecordRequest {
    v1::GetSessionRecordRequest {
        appointment_id: appointment_id.to_owned(),
    }
}

fn issue(appointment_id: &str) -> v1::IssueAftercareRequest {
    v1::IssueAftercareRequest {
        write: None,
        appointment_id: appointment_id.to_owned(),
    }
}

fn list(client_id: &str) -> v1::ListSessionRecordsRequest {
    v1::ListSessionRecordsRequest {
        client_id: client_id.to_owned(),
        ..v1::ListSessionRecordsRequest::default()
    }
}

/// A key of a therapist, made for this test.
async fn therapist(world: &World, who: &str) -> Api {
    let mut owner = world.api(Role::Owner).await;
    let key = v1::Key {
        name: who.to_owned(),
        role: v1::Role::Therapist.into(),
        therapist_id: who.to_owned(),
        ..v1::Key::default()
    };
    let request = v1::CreateKeyRequest {
        write: None,
        key: Some(key),
    };
    let secret = owner.access.create_key(request).await.unwrap();
    world.api_with(Some(&secret.into_inner().secret)).await
}

/// Ends the session that goes on in H1, a barefoot one of Chen's.
async fn finish(api: &mut Api, appointment_id: &str) {
    let request = v1::FinishSessionRequest {
        appointment_id: appointment_id.to_owned(),
        stopped_early_reason: "The client had to go".to_owned(),
        write: None,
    };
    api.appointment.finish_session(request).await.unwrap();
}

#[tokio::test]
async fn notes_are_written_signed_added_to_and_kept() {
    let world = World::new().await;
    let id = world.appointment("h1", 13, 30);
    let mut chen = therapist(&world, "chen").await;
    let mut desk = world.api(Role::FrontDesk).await;
    let none = chen.session_record.get_session_record(get(&id)).await;
    assert_eq!(why(none), because(Code::NotFound, "NOT_FOUND"));
    let draft = chen.session_record.save_session_notes(save(&id)).await;
    let draft = draft.unwrap().into_inner().record.unwrap();
    assert_eq!(draft.signed_by, "");
    assert_eq!(
        draft.notes.as_ref().unwrap().pressure[0].ended,
        2,
        "as it began"
    );
    let stale = v1::SaveSessionNotesRequest {
        write: etag("1"),
        ..save(&id)
    };
    let stale = chen.session_record.save_session_notes(stale).await;
    assert_eq!(why(stale).0, Code::Aborted);
    let early = chen.session_record.sign_session_notes(sign(&id)).await;
    assert_eq!(why(early), because(Code::FailedPrecondition, "WRONG_STATE"));

    finish(&mut desk, &id).await;
    let mut haddad = world.api_of("Rana Haddad").await;
    let other = haddad.session_record.sign_session_notes(sign(&id)).await;
    assert_eq!(
        why(other),
        because(Code::PermissionDenied, "NOT_THEIR_SESSION")
    );
    let early = haddad
        .session_record
        .add_session_addendum(addendum(&id))
        .await;
    assert_eq!(
        why(early),
        because(Code::FailedPrecondition, "RECORD_NOT_SIGNED")
    );
    let signed = chen.session_record.sign_session_notes(sign(&id)).await;
    let signed = signed.unwrap().into_inner().record.unwrap();
    assert_eq!(signed.signed_by_name, "chen");
    for again in [
        why(chen.session_record.save_session_notes(save(&id)).await),
        why(chen.session_record.sign_session_notes(sign(&id)).await),
        why(desk
            .appointment
            .undo_last_operation(v1::UndoLastOperationRequest::default())
            .await),
    ] {
        assert_eq!(again, because(Code::FailedPrecondition, "RECORD_SIGNED"));
    }
    haddad
        .session_record
        .add_session_addendum(addendum(&id))
        .await
        .unwrap();

    let world = world.restarted().await;
    let mut manager = world.api(Role::Manager).await;
    let kept = manager.session_record.get_session_record(get(&id)).await;
    let kept = kept.unwrap().into_inner().record.unwrap();
    assert_eq!(kept.notes, draft.notes);
    assert_eq!(kept.signed_at, signed.signed_at);
    assert_eq!(kept.addenda[0].text, SECRET);
    assert_eq!(kept.addenda[0].signed_by_name, "Rana Haddad");
    world.server.stop().await;
}

#[tokio::test]
async fn notes_reach_nobody_but_those_who_treat_or_manage() {
    let world = World::new().await;
    let id = world.appointment("h1", 13, 30);
    let mut chen = therapist(&world, "chen").await;
    let saved = chen.session_record.save_session_notes(save(&id)).await;
    let client = saved.unwrap().into_inner().record.unwrap().client_id;
    let denied = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    for role in OUTSIDERS {
        let mut api = world.api(role).await;
        let records = &mut api.session_record;
        assert_eq!(why(records.get_session_record(get(&id)).await), denied);
        assert_eq!(
            why(records.list_session_records(list(&client)).await),
            denied
        );
        assert_eq!(why(records.save_session_notes(save(&id)).await), denied);
        assert_eq!(why(records.sign_session_notes(sign(&id)).await), denied);
        assert_eq!(
            why(records.add_session_addendum(addendum(&id)).await),
            denied
        );
        let seen = snapshot(&mut api).await;
        assert!(!seen.iter().any(is_record), "{role:?}");
        assert!(!format!("{seen:?}").contains(SECRET), "{role:?}");
    }
    for role in [Role::Owner, Role::Manager, Role::Therapist] {
        let mut api = world.api(role).await;
        let read = api.session_record.get_session_record(get(&id)).await;
        assert!(format!("{:?}", read.unwrap()).contains(SECRET), "{role:?}");
        // A watch says that there are notes; what they say takes a read that is audited.
        let seen = snapshot(&mut api).await;
        assert!(seen.iter().any(is_record), "{role:?}");
        assert!(!format!("{seen:?}").contains(SECRET), "{role:?}");
    }
    world.server.stop().await;
}

fn is_record(resource: &Resource) -> bool {
    matches!(resource, Resource::SessionRecord(_))
}

/// Everything that a watch begins with.
async fn snapshot(api: &mut Api) -> Vec<Resource> {
    let watching = api.watch.watch(v1::WatchRequest::default()).await;
    let mut watching = watching.unwrap().into_inner();
    let mut seen = Vec::new();
    loop {
        let message = watching.message().await.unwrap().unwrap();
        seen.extend(
            message
                .events
                .into_iter()
                .filter_map(|event| event.resource),
        );
        if message.commit_complete {
            return seen;
        }
    }
}

/// The client who came most often, and the sessions with their sites, the newest first. Each has notes.
async fn noted(world: &World, manager: &mut Api) -> (String, Vec<(String, String)>) {
    let published = world.server.engine().snapshot();
    let clinic = &published.clinic;
    let over = |client| {
        let theirs = clinic.appointments_of(client).rev();
        let over = theirs.filter(|it| it.state.phase() == Phase::Completed);
        over.map(|it| (it.id.to_string(), it.slot.site.to_string()))
            .collect::<Vec<_>>()
    };
    let client = clinic
        .clients()
        .map(|it| it.id)
        .max_by_key(|&id| over(id).len());
    let client = client.unwrap();
    let newest_first = over(client);
    assert!(
        newest_first.len() >= 2,
        "the story has nobody who came twice"
    );
    for (id, _) in &newest_first {
        manager
            .session_record
            .save_session_notes(save(id))
            .await
            .unwrap();
    }
    (client.to_string(), newest_first)
}

/// A manager of one site.
async fn manager_of(world: &World, site: &str) -> Api {
    let key = v1::Key {
        name: format!("Manager of {site}"),
        role: v1::Role::Manager.into(),
        site_ids: vec![site.to_owned()],
        ..v1::Key::default()
    };
    let request = v1::CreateKeyRequest {
        write: None,
        key: Some(key),
    };
    let mut owner = world.api(Role::Owner).await;
    let made = owner.access.create_key(request).await.unwrap();
    world.api_with(Some(&made.into_inner().secret)).await
}

#[tokio::test]
async fn a_page_that_goes_on_after_a_session_elsewhere_is_of_no_query() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let (client, newest_first) = noted(&world, &mut manager).await;
    let mut page = v1::ListSessionRecordsRequest {
        page_size: 1,
        ..list(&client)
    };
    let first = manager.session_record.list_session_records(page.clone());
    page.page_token = first.await.unwrap().into_inner().next_page_token;
    // The token names the newest session.
    let (_, site) = &newest_first[0];
    for limited in ["halifax", "dartmouth"] {
        let mut api = manager_of(&world, limited).await;
        let next = api.session_record.list_session_records(page.clone()).await;
        if limited == site {
            next.unwrap();
        } else {
            let refusal = because(Code::InvalidArgument, "PAGE_TOKEN_INVALID");
            assert_eq!(why(next), refusal);
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn a_clients_notes_are_listed_the_newest_first() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let (client, newest_first) = noted(&world, &mut manager).await;
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = v1::ListSessionRecordsRequest {
            page_size: 1,
            page_token,
            ..list(&client)
        };
        let page = manager.session_record.list_session_records(page).await;
        let page = page.unwrap().into_inner();
        assert_eq!(page.records.len(), 1);
        listed.extend(page.records.into_iter().map(|it| it.appointment_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let ids: Vec<_> = newest_first.into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed, ids);
    let nobody = manager
        .session_record
        .list_session_records(list("cli-1"))
        .await;
    assert_eq!(why(nobody).0, Code::NotFound);
    world.server.stop().await;
}

#[tokio::test]
async fn a_key_of_another_site_gets_no_notes() {
    let world = World::new().await;
    let id = world.appointment("h1", 13, 30);
    let mut manager = world.api(Role::Manager).await;
    let saved = manager.session_record.save_session_notes(save(&id)).await;
    let client = saved.unwrap().into_inner().record.unwrap().client_id;
    let mut elsewhere = manager_of(&world, "dartmouth").await;
    let records = &mut elsewhere.session_record;
    // Whoever reads does not learn what there is at other sites.
    let missing = because(Code::NotFound, "NOT_FOUND");
    for of in [id.as_str(), "apt-zz"] {
        let aftercare = v1::GetAftercareRequest {
            appointment_id: of.to_owned(),
        };
        assert_eq!(why(records.get_session_record(get(of)).await), missing);
        assert_eq!(why(records.get_aftercare(aftercare).await), missing);
    }
    assert_eq!(why(records.save_session_notes(save(&id)).await), missing);
    let listed = records.list_session_records(list(&client)).await.unwrap();
    assert!(listed.into_inner().records.is_empty());
    assert!(!snapshot(&mut elsewhere).await.iter().any(is_record));
    world.server.stop().await;
}

#[tokio::test]
async fn aftercare_counts_from_the_actual_finish_and_is_given_by_the_desk() {
    let world = World::new().await;
    let id = world.appointment("h1", 13, 30);
    let mut desk = world.api(Role::FrontDesk).await;
    let sheet = v1::GetAftercareRequest {
        appointment_id: id.clone(),
    };
    let early = desk.session_record.get_aftercare(sheet.clone()).await;
    assert_eq!(why(early), because(Code::FailedPrecondition, "WRONG_STATE"));
    let early = desk.session_record.issue_aftercare(issue(&id)).await;
    assert_eq!(why(early), because(Code::FailedPrecondition, "WRONG_STATE"));
    // Planned until 14:45, over at 14:07.
    finish(&mut desk, &id).await;
    let shown = desk.session_record.get_aftercare(sheet.clone()).await;
    let shown = shown.unwrap().into_inner();
    assert!(
        shown.text.contains("35 lb, until Thu 14:10."),
        "{}",
        shown.text
    );
    assert!(shown.page.lines().all(|line| line.chars().count() <= 80));
    assert!(shown.aftercare.unwrap().issued.is_empty());

    desk.session_record
        .issue_aftercare(issue(&id))
        .await
        .unwrap();
    let world = world.restarted().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let given = desk.session_record.get_aftercare(sheet.clone()).await;
    let given = given.unwrap().into_inner();
    assert_eq!(given.text, shown.text);
    let issued = given.aftercare.unwrap().issued;
    assert_eq!(issued[0].issued_by_name, "Front desk");
    let seen = snapshot(&mut desk).await;
    assert!(seen.iter().any(|it| matches!(it, Resource::Aftercare(_))));
    let mut display = world.api(Role::Wallboard).await;
    let denied = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    assert_eq!(
        why(display.session_record.get_aftercare(sheet).await),
        denied
    );
    let seen = snapshot(&mut display).await;
    assert!(!seen.iter().any(|it| matches!(it, Resource::Aftercare(_))));
    world.server.stop().await;
}

#[tokio::test]
async fn the_guide_is_edited_with_the_policy() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let catalog = manager
        .catalog
        .get_catalog(v1::GetCatalogRequest::default())
        .await;
    let mut policy = catalog.unwrap().into_inner().policy.unwrap();
    let guide = policy.guide.as_mut().unwrap();
    assert_eq!(guide.zones.len(), 4);
    guide.areas.push(v1::BodyArea {
        id: "jaw".to_owned(),
        name: "Jaw".to_owned(),
    });
    let update = |policy: v1::Policy, field: &str| v1::UpdatePolicyRequest {
        write: None,
        policy: Some(policy),
        update_mask: Some(prost_types::FieldMask {
            paths: vec![field.to_owned()],
        }),
    };
    manager
        .catalog
        .update_policy(update(policy.clone(), "guide"))
        .await
        .unwrap();
    let id = world.appointment("h1", 13, 30);
    let mut save = save(&id);
    save.notes.as_mut().unwrap().area_ids = vec!["jaw".to_owned()];
    manager
        .session_record
        .save_session_notes(save.clone())
        .await
        .unwrap();
    save.notes.as_mut().unwrap().area_ids = vec!["tail".to_owned()];
    let unknown = manager.session_record.save_session_notes(save).await;
    assert_eq!(
        why(unknown),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    // An update without words and advice leaves them, one with a wrong one changes nothing.
    policy.guide.as_mut().unwrap().pressure.pop();
    let wrong = manager
        .catalog
        .update_policy(update(policy.clone(), "guide"))
        .await;
    assert_eq!(why(wrong), because(Code::InvalidArgument, "FIELDS_INVALID"));
    policy.guide = None;
    let whole = v1::UpdatePolicyRequest {
        update_mask: None,
        ..update(policy, "")
    };
    let after = manager
        .catalog
        .update_policy(whole)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(after.policy.unwrap().guide.unwrap().areas.len(), 14);
    world.server.stop().await;
}
