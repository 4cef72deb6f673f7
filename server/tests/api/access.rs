use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;
use treadwell_server::setup;

use super::support::{World, because, request, why};

fn key(name: &str, role: v1::Role) -> v1::CreateKeyRequest {
    v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: name.to_owned(),
            role: role.into(),
            site_ids: vec!["halifax".to_owned()],
            ..v1::Key::default()
        }),
    }
}

#[tokio::test]
async fn a_key_is_made_used_and_revoked() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let mut new = key("Kiosk", v1::Role::FrontDesk);
    new.write = request("kiosk");
    let made = manager
        .access
        .create_key(new.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(made.secret.starts_with("tw_"));
    let repeated = manager.access.create_key(new).await.unwrap().into_inner();
    assert_eq!(
        (repeated.key, repeated.secret),
        (made.key.clone(), String::new())
    );

    let mut kiosk = world.api_with(Some(&made.secret)).await;
    let who = kiosk
        .access
        .who_am_i(v1::WhoAmIRequest {})
        .await
        .unwrap()
        .into_inner();
    let used = v1::Key {
        last_used_at: made.key.as_ref().and_then(|key| key.created_at),
        ..made.key.clone().unwrap()
    };
    assert_eq!(who.key, Some(used), "the clock stands still");
    let other_site = v1::GetBoardRequest {
        site_ids: vec!["dartmouth".to_owned()],
    };
    let refused = kiosk.floor.get_board(other_site).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
    let board = kiosk
        .floor
        .get_board(v1::GetBoardRequest::default())
        .await
        .unwrap();
    assert_eq!(board.into_inner().sites.len(), 1);

    let id = made.key.unwrap().id;
    let revoke = v1::RevokeKeyRequest {
        write: None,
        key_id: id.clone(),
    };
    let revoked = manager
        .access
        .revoke_key(revoke)
        .await
        .unwrap()
        .into_inner();
    assert!(revoked.key.unwrap().revoked_at.is_some());
    let refused = kiosk.access.who_am_i(v1::WhoAmIRequest {}).await;
    assert_eq!(why(refused), because(Code::Unauthenticated, "KEY_INVALID"));
    let listed = manager
        .access
        .list_keys(v1::ListKeysRequest::default())
        .await
        .unwrap();
    assert!(listed.into_inner().keys.iter().any(|key| key.id == id));
    world.server.stop().await;
}

#[tokio::test]
async fn only_an_owner_makes_and_revokes_owners() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let refused = manager
        .access
        .create_key(key("Me too", v1::Role::Owner))
        .await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    let keys = manager
        .access
        .list_keys(v1::ListKeysRequest::default())
        .await
        .unwrap();
    let keys = keys.into_inner().keys;
    let owner = keys
        .iter()
        .find(|key| key.role() == v1::Role::Owner)
        .unwrap();
    let revoke = v1::RevokeKeyRequest {
        write: None,
        key_id: owner.id.clone(),
    };
    let refused = manager.access.revoke_key(revoke.clone()).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    // Nor does the last owner lock everybody out.
    let mut api = world.api(Role::Owner).await;
    let refused = api.access.revoke_key(revoke).await;
    assert_eq!(why(refused), because(Code::FailedPrecondition, "IN_USE"));
    world.server.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    let world = World::new().await;
    let mut nobody = world.api_with(None).await;
    let invalid = because(Code::Unauthenticated, "KEY_INVALID");
    assert_eq!(
        why(nobody.access.who_am_i(v1::WhoAmIRequest {}).await),
        invalid
    );
    assert_eq!(
        why(nobody.floor.get_board(v1::GetBoardRequest::default()).await),
        invalid
    );
    let mut wrong = world
        .api_with(Some("tw_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
        .await;
    assert_eq!(
        why(wrong.access.who_am_i(v1::WhoAmIRequest {}).await),
        invalid
    );
    world.server.stop().await;
}

#[tokio::test]
async fn who_reaches_no_site_finds_nothing() {
    let world = World::new().await;
    let mut manager = world.api(Role::Manager).await;
    let mut nowhere = key("Far away", v1::Role::Integration);
    nowhere.key.as_mut().unwrap().site_ids = vec!["yarmouth".to_owned()];
    let unknown = manager.access.create_key(nowhere).await;
    assert_eq!(why(unknown), because(Code::NotFound, "NOT_FOUND"));
    // A key of one site searches there alone, whatever it leaves open.
    let mut desk = world.api_of("Desk Dartmouth").await;
    let search = v1::SearchAvailabilityRequest {
        service_id: "hands-on-60".to_owned(),
        ..v1::SearchAvailabilityRequest::default()
    };
    let found = desk
        .availability
        .search_availability(search)
        .await
        .unwrap()
        .into_inner();
    assert!(!found.proposals.is_empty());
    assert!(found.proposals.iter().all(|it| it.site_id == "dartmouth"));
    world.server.stop().await;
}

#[tokio::test]
async fn a_manager_of_one_site_lists_and_exports_what_is_there() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let made = owner
        .access
        .create_key(key("Halifax only", v1::Role::Manager))
        .await
        .unwrap()
        .into_inner();
    let mut manager = world.api_with(Some(&made.secret)).await;
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = v1::ListKeysRequest {
            page_size: 3,
            page_token,
        };
        let page = manager.access.list_keys(page).await.unwrap().into_inner();
        names.extend(page.keys.into_iter().map(|key| key.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(names.contains(&"Desk Halifax".to_owned()), "{names:?}");
    assert!(!names.contains(&"Desk Dartmouth".to_owned()), "{names:?}");
    let export = v1::ExportCatalogRequest {};
    let file = manager.catalog.export_catalog(export).await.unwrap();
    let file = file.into_inner().toml;
    assert!(!file.to_lowercase().contains("dartmouth"), "{file}");
    let setup = setup::load(&file).unwrap();
    let rooms = setup.catalog.rooms.iter().map(|room| room.id.to_string());
    assert_eq!(
        rooms.collect::<Vec<_>>(),
        ["h1", "h2", "h3", "h4", "h5", "h6"]
    );
    // Who works at both sites is there, who works at the other one is not.
    let therapists = setup.catalog.therapists.iter().map(|it| it.id.as_str());
    let therapists: Vec<_> = therapists.collect();
    assert!(therapists.contains(&"macleod") && !therapists.contains(&"roy"));
    world.server.stop().await;
}
