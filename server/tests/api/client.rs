use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{World, because, date, etag, why};

#[tokio::test]
async fn a_client_is_added_found_and_changed() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let added = api
        .client
        .create_client(v1::CreateClientRequest {
            write: None,
            client: Some(v1::Client {
                name: "Noor Haddon".to_owned(),
                phone: "(902) 555-0146".to_owned(),
                ..v1::Client::default()
            }),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        added.similar_client_ids,
        [world.client("Tobias Lund")],
        "the same phone"
    );
    let client = added.client.unwrap();
    assert_eq!(client.initials, "N.H.");

    let list = |query: &str| v1::ListClientsRequest {
        query: query.to_owned(),
        ..v1::ListClientsRequest::default()
    };
    for query in ["noor", "HADD", "5550146"] {
        let found = api
            .client
            .list_clients(list(query))
            .await
            .unwrap()
            .into_inner();
        assert!(found.clients.iter().any(|it| it.id == client.id), "{query}");
    }
    let too_short = api.client.list_clients(list("n")).await;
    assert_eq!(
        why(too_short),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );

    let update = v1::UpdateClientRequest {
        write: etag(&client.etag),
        client: Some(v1::Client {
            id: client.id.clone(),
            name: "ignored".to_owned(),
            born: date(1990, 2, 28),
            ..v1::Client::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["born".to_owned()],
        }),
    };
    let changed = api
        .client
        .update_client(update.clone())
        .await
        .unwrap()
        .into_inner();
    let changed = changed.client.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.born),
        ("Noor Haddon", date(1990, 2, 28))
    );
    let stale = api.client.update_client(update).await;
    assert_eq!(why(stale), because(Code::Aborted, "STALE_ETAG"));
    world.server.stop().await;
}

#[tokio::test]
async fn a_declaration_is_recorded_by_the_desk_and_read_by_those_who_treat() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let client_id = world.client("Pia Novak");
    let answer = |condition: &v1::Rule| v1::Answer {
        condition_id: condition.condition_id.clone(),
        kind: v1::AnswerKind::No.into(),
        ..v1::Answer::default()
    };
    let catalog = desk
        .catalog
        .get_catalog(v1::GetCatalogRequest::default())
        .await
        .unwrap();
    let rules = catalog.into_inner().rule_sets.remove(0);
    assert_eq!(
        (rules.id.as_str(), rules.name.as_str(), rules.version),
        ("barefoot", "Barefoot", 1)
    );
    let record = v1::RecordDeclarationRequest {
        write: None,
        client_id: client_id.clone(),
        answers: rules.rules.iter().map(answer).collect(),
        replace: false,
    };
    let recorded = desk
        .client
        .record_declaration(record)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(recorded.screenings.len(), 2);
    let clear = v1::ScreeningOutcome::Clear;
    assert!(recorded.screenings.iter().all(|it| it.outcome() == clear));

    let list = v1::ListDeclarationsRequest {
        client_id: client_id.clone(),
        ..v1::ListDeclarationsRequest::default()
    };
    let refused = desk.client.list_declarations(list.clone()).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let mut therapist = world.api(Role::Therapist).await;
    let read = therapist
        .client
        .list_declarations(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.declarations[0].id, recorded.declaration_id);
    assert_eq!(read.declarations[0].answers.len(), 11);
    world.server.stop().await;
}

#[tokio::test]
async fn who_may_know_gets_the_reasons_and_who_may_not_gets_the_outcome() {
    let world = World::new().await;
    let screen = v1::ScreenRequest {
        client_id: world.client("Maren Solberg"),
        service_id: "ashiatsu-60".to_owned(),
        ..v1::ScreenRequest::default()
    };
    let mut desk = world.api(Role::FrontDesk).await;
    let mut manager = world.api(Role::Manager).await;
    let by_desk = desk
        .client
        .screen(screen.clone())
        .await
        .unwrap()
        .into_inner();
    let by_manager = manager.client.screen(screen).await.unwrap().into_inner();
    let (desk_sees, manager_sees) = (&by_desk.screenings[0], &by_manager.screenings[0]);
    for seen in [desk_sees, manager_sees] {
        assert_eq!(seen.outcome(), v1::ScreeningOutcome::ExcludedUntil);
        assert_eq!(seen.eligible_on, date(2026, 12, 2));
        assert!(
            seen.alternative_service_ids
                .contains(&"hands-on-60".to_owned())
        );
    }
    assert!(desk_sees.reasons.is_empty());
    assert_eq!(manager_sees.reasons[0].condition_id, "breast-implants");

    let get = v1::GetClientRequest {
        client_id: world.client("Pia Novak"),
        at: None,
    };
    let client = desk.client.get_client(get).await.unwrap().into_inner();
    let barefoot = &client.screenings[0];
    assert_eq!(barefoot.outcome(), v1::ScreeningOutcome::Incomplete);
    assert_eq!(
        barefoot.unanswered.len(),
        11,
        "what to ask is for everybody"
    );
    assert!(barefoot.unanswered[0].asks_when);
    // Until she has answered she may have other work; that is not refused, and so needs nothing instead.
    let instead = &barefoot.alternative_service_ids;
    assert!(
        instead.contains(&"hands-on-60".to_owned()) && !instead.contains(&"ashiatsu-60".to_owned())
    );
    let general = &client.screenings[1];
    assert_eq!(general.outcome(), v1::ScreeningOutcome::Incomplete);
    assert_eq!(general.alternative_service_ids, [""; 0]);
    world.server.stop().await;
}
