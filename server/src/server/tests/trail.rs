//! The audit trail of a whole server: when it is not the one that there was, and when there is no room for it.

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use treadwell_api::v1::access_service_client::AccessServiceClient;
use treadwell_api::v1::audit_service_client::AuditServiceClient;
use treadwell_api::v1::operations_service_client::OperationsServiceClient;

use super::*;
use crate::{keyring, salvage, verify};

fn get(client_id: &str, secret: &str) -> Request<v1::GetClientRequest> {
    let get = v1::GetClientRequest {
        client_id: client_id.to_owned(),
        at: None,
    };
    ask(get, secret)
}

/// Calls about clients, and the id of one.
async fn somebody(server: &Handle, secret: &str) -> (ClientServiceClient<Channel>, String) {
    let mut clients = ClientServiceClient::new(channel(server).await);
    let created = clients.create_client(new_client(secret)).await.unwrap();
    (clients, created.into_inner().client.unwrap().id)
}

/// What is wrong with the trail, by the server.
async fn problems(server: &Handle, secret: &str) -> Vec<String> {
    let mut audit = AuditServiceClient::new(channel(server).await);
    let verified = audit.verify_audit(ask(v1::VerifyAuditRequest {}, secret));
    let verified = verified.await.unwrap().into_inner();
    assert_eq!(verified.sound, verified.problems.is_empty());
    verified.problems
}

#[tokio::test]
async fn a_trail_that_was_removed_is_said_and_noted_and_the_clinic_opens() {
    let disk = Failing::default();
    let (folder, server, secret) = serving(&disk).await;
    let data = folder.path().join("data");
    let (mut clients, client_id) = somebody(&server, &secret).await;
    clients.get_client(get(&client_id, &secret)).await.unwrap();
    // This change knows of that read.
    clients.create_client(new_client(&secret)).await.unwrap();
    assert_eq!(problems(&server, &secret).await, [""; 0]);
    server.stop().await;
    let sound = verify::folder(&data, &keyring::beside(&data)).await;
    assert_eq!(sound.unwrap().problems, [""; 0]);

    std::fs::remove_dir_all(data.join("audit")).unwrap();
    let found = verify::folder(&data, &keyring::beside(&data))
        .await
        .unwrap();
    assert!(
        found.problems[0].contains("there is no audit trail"),
        "{found:?}"
    );
    let logged = Logged::begin();
    let server = start(&data, &disk).await;
    assert_eq!(logged.with("THE AUDIT TRAIL IS NOT WHOLE").len(), 1);
    let mut audit = AuditServiceClient::new(channel(&server).await);
    let gaps = v1::ListAuditEntriesRequest {
        kinds: vec![v1::AuditKind::Gap.into()],
        ..v1::ListAuditEntriesRequest::default()
    };
    let gaps = audit.list_audit_entries(ask(gaps, &secret)).await.unwrap();
    let gaps = gaps.into_inner().entries;
    assert!(
        matches!(&gaps[..], [gap] if gap.what.contains("0 entries")),
        "{gaps:?}"
    );
    let mut operations = OperationsServiceClient::new(channel(&server).await);
    let status = operations.get_status(ask(v1::GetStatusRequest {}, &secret));
    let warnings = status.await.unwrap().into_inner().warnings;
    assert!(warnings.contains(&gaps[0].what), "{warnings:?}");
    assert_eq!(problems(&server, &secret).await.len(), 1);
    // What follows knows the new one, shorter as it is, which says for good that it is new.
    audit::vouch::once(&server.ledger, &server.engine)
        .await
        .unwrap();
    assert_eq!(problems(&server, &secret).await, [""; 0]);
    server.stop().await;
    let server = start(&data, &disk).await;
    assert_eq!(logged.with("THE AUDIT TRAIL IS NOT WHOLE").len(), 1);
    server.stop().await;
}

/// What only the newest entries say, which no change came after, is vouched for by a commit of its own: once.
#[tokio::test]
async fn what_was_read_since_the_newest_change_is_vouched_for_all_the_same() {
    let disk = Failing::default();
    let (folder, server, secret) = serving(&disk).await;
    let data = folder.path().join("data");
    let (mut clients, client_id) = somebody(&server, &secret).await;
    let revision = async |server: &Handle| {
        audit::vouch::once(&server.ledger, &server.engine)
            .await
            .unwrap();
        server.engine.snapshot().revision
    };
    let before = revision(&server).await;
    assert_eq!(revision(&server).await, before, "nothing was noted");
    clients.get_client(get(&client_id, &secret)).await.unwrap();
    assert_eq!(revision(&server).await, before + 1);
    assert_eq!(revision(&server).await, before + 1, "it is vouched for");
    // Again within the minute: counted at the end, and vouched for after that.
    for _ in 0..2 {
        clients.get_client(get(&client_id, &secret)).await.unwrap();
    }
    assert_eq!(revision(&server).await, before + 1, "counted, not noted");
    server.stop().await;

    std::fs::remove_dir_all(data.join("audit")).unwrap();
    let found = verify::folder(&data, &keyring::beside(&data)).await;
    let problems = found.unwrap().problems;
    let knew = "there is no audit trail, and the newest change knew of 2 entries";
    assert_eq!(problems, [knew]);
}

/// A salvaged store has no commits, and knows what the newest of them said.
#[tokio::test]
async fn the_trail_is_compared_after_a_salvage_too() {
    let disk = Failing::default();
    let (folder, server, secret) = serving(&disk).await;
    let [data, repaired] = ["data", "repaired"].map(|name| folder.path().join(name));
    let (mut clients, client_id) = somebody(&server, &secret).await;
    clients.get_client(get(&client_id, &secret)).await.unwrap();
    clients.create_client(new_client(&secret)).await.unwrap();
    server.stop().await;
    let report = salvage::repair(&data, &repaired, &keyring::beside(&data)).await;
    assert_eq!(report.unwrap().problems, [""; 0]);

    std::fs::remove_dir_all(repaired.join("audit")).unwrap();
    let logged = Logged::begin();
    let server = start(&repaired, &disk).await;
    assert_eq!(logged.with("THE AUDIT TRAIL IS NOT WHOLE").len(), 1);
    assert_eq!(problems(&server, &secret).await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_room_for_its_trail_is_not_ready_and_shows_nothing_until_there_is() {
    let disk = Failing::default();
    let (_folder, server, secret) = serving(&disk).await;
    let (mut clients, client_id) = somebody(&server, &secret).await;
    let mut health = HealthClient::new(channel(&server).await);
    let mut becomes = async |wanted: ServingStatus| {
        let ready = HealthCheckRequest {
            service: "ready".to_owned(),
        };
        let begun = std::time::Instant::now();
        loop {
            let found = health.check(ready.clone()).await.unwrap().into_inner();
            if found.status() == wanted {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{found:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    becomes(ServingStatus::Serving).await;
    disk.is_full.store(true, Ordering::Relaxed);
    becomes(ServingStatus::NotServing).await;
    let refused = clients.get_client(get(&client_id, &secret)).await;
    assert_eq!(reason(&refused.unwrap_err()), "NOT_AUDITED");
    clients.create_client(new_client(&secret)).await.unwrap();
    disk.is_full.store(false, Ordering::Relaxed);
    becomes(ServingStatus::Serving).await;
    clients.get_client(get(&client_id, &secret)).await.unwrap();
    server.stop().await;
}

/// An owner's key, and the secret of a session of theirs.
async fn session(access: &mut AccessServiceClient<Channel>, secret: &str) -> (String, String) {
    let words = "correct horse battery staple";
    let set = v1::SetPassphraseRequest {
        passphrase: words.to_owned(),
        ..v1::SetPassphraseRequest::default()
    };
    let set = access.set_passphrase(ask(set, secret)).await.unwrap();
    let id = set.into_inner().key.unwrap().id;
    let sign_in = v1::SignInRequest {
        name: id.clone(),
        passphrase: words.to_owned(),
    };
    let opened = access.sign_in(Request::new(sign_in)).await.unwrap();
    (id, opened.into_inner().secret)
}

#[tokio::test]
async fn what_can_not_be_noted_is_not_done_but_signing_out() {
    let disk = Failing::default();
    let (_folder, server, secret) = serving(&disk).await;
    let mut access = AccessServiceClient::new(channel(&server).await);
    let mut operations = OperationsServiceClient::new(channel(&server).await);
    let (key_id, session) = session(&mut access, &secret).await;
    disk.is_full.store(true, Ordering::Relaxed);
    let lift = v1::LiftLockOutRequest {
        key_id,
        ..v1::LiftLockOutRequest::default()
    };
    // How much room there is, is looked up now and then.
    let begun = std::time::Instant::now();
    let refused = loop {
        match access.lift_lock_out(ask(lift.clone(), &secret)).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(refused) => break refused,
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it is noted");
    };
    assert_eq!(reason(&refused), "NOT_AUDITED");
    let accept = ask(v1::AcceptClockRequest::default(), &secret);
    let accepted = operations.accept_clock(accept).await;
    assert_eq!(reason(&accepted.unwrap_err()), "NOT_AUDITED");
    let backup = ask(v1::CreateBackupRequest::default(), &secret);
    let taken = operations.create_backup(backup).await;
    assert_eq!(reason(&taken.unwrap_err()), "NOT_AUDITED");
    let gone = access.sign_out(ask(v1::SignOutRequest {}, &session)).await;
    assert!(gone.unwrap().into_inner().signed_out);
    disk.is_full.store(false, Ordering::Relaxed);
    let again = access.who_am_i(ask(v1::WhoAmIRequest {}, &session)).await;
    assert_eq!(reason(&again.unwrap_err()), "KEY_INVALID");
    server.stop().await;
}
