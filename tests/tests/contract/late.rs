//! Calls whose message comes long after their headers: whoever was shut out in between is not heard.

use anyhow::Result;
use prost::Message;
use treadwell_api::v1::{
    Client, CreateClientRequest, CreateKeyRequest, GetClientRequest, Key, LiftLockOutRequest,
    ListDeclarationsRequest, ListKeysRequest, ListKeysResponse, Reason, RevokeKeyRequest,
    RevokeKeyResponse, Role, SignOutRequest, SignOutResponse,
};
use treadwell_tests::{
    clinic_day::named,
    wire::{Begun, Wire, refused},
};

use crate::access::NO_KEY;
use crate::clinic::{Clinic, said};
use crate::sign_in::{WORDS, set, sign_in};

/// Begins a call by a key that was not used before, and returns when the server has let it in.
async fn begin(clinic: &Clinic, wire: &Wire, key: &str, method: &str) -> Begun {
    assert!(!is_used(clinic, key).await);
    let begun = said(wire.begin(method).await);
    while !is_used(clinic, key).await {}
    begun
}

async fn is_used(clinic: &Clinic, key: &str) -> bool {
    let all = ListKeysRequest {
        page_size: 500,
        ..ListKeysRequest::default()
    };
    let listed: ListKeysResponse = said(clinic.owner.ask("AccessService/ListKeys", &all).await);
    let found = listed.keys.into_iter().find(|it| it.id == key);
    found.expect("it is listed").last_used_at.is_some()
}

async fn revoke(clinic: &Clinic, key: &str) {
    let request = RevokeKeyRequest {
        write: named(format!("revoke {key}")),
        key_id: key.to_owned(),
    };
    let _: RevokeKeyResponse = said(clinic.owner.ask("AccessService/RevokeKey", &request).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_revoked_before_the_message_came_does_nothing() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client_id = clinic.client("Somebody").await;
    let another = CreateKeyRequest {
        write: named("another"),
        key: Some(Key {
            name: "Another owner".to_owned(),
            role: Role::Owner.into(),
            ..Key::default()
        }),
    };
    let read = ListDeclarationsRequest {
        client_id,
        ..ListDeclarationsRequest::default()
    };
    // Which the writer has no part in.
    let (key_id, _) = clinic.key("Robin Hale", Role::FrontDesk, &[]).await?;
    let lift = LiftLockOutRequest {
        key_id,
        ..LiftLockOutRequest::default()
    };
    let calls = [
        ("AccessService/CreateKey", another.encode_to_vec()),
        ("ClientService/ListDeclarations", read.encode_to_vec()),
        ("AccessService/LiftLockOut", lift.encode_to_vec()),
    ];
    for (at, (method, body)) in calls.into_iter().enumerate() {
        let name = format!("Leaves {at}");
        let (key, secret) = clinic.key(&name, Role::Owner, &[]).await?;
        let wire = Wire::open(&clinic.server, secret.as_str()).await?;
        let begun = begin(&clinic, &wire, &key, method).await;
        revoke(&clinic, &key).await;
        let before = clinic.revision().await;
        let no = refused(begun.send(body.clone()).await, Reason::KeyInvalid);
        assert_eq!(no.message, NO_KEY, "{method}");
        assert_eq!(clinic.revision().await, before, "{method}");

        let name = format!("Stays {at}");
        let (key, secret) = clinic.key(&name, Role::Owner, &[]).await?;
        let wire = Wire::open(&clinic.server, secret.as_str()).await?;
        let begun = begin(&clinic, &wire, &key, method).await;
        said(begun.send(body).await);
    }
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_signed_out_before_the_message_came_does_nothing() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client_id = clinic.client("Somebody").await;
    let new = CreateClientRequest {
        write: named("new"),
        client: Some(Client {
            name: "Somebody Else".to_owned(),
            ..Client::default()
        }),
    };
    let read = GetClientRequest {
        client_id,
        at: None,
    };
    let calls = [
        ("ClientService/CreateClient", new.encode_to_vec()),
        ("ClientService/GetClient", read.encode_to_vec()),
    ];
    for (at, (method, body)) in calls.into_iter().enumerate() {
        for leaves in [true, false] {
            let name = format!("Robin Hale {at} {leaves}");
            let (key, _) = clinic.key(&name, Role::FrontDesk, &[]).await?;
            said(set(&clinic.owner, &name, &key, WORDS, "").await);
            let session = said(sign_in(&clinic.owner, &key, WORDS).await).secret;
            let wire = Wire::open(&clinic.server, session.as_str()).await?;
            let begun = begin(&clinic, &wire, &key, method).await;
            if !leaves {
                said(begun.send(body.clone()).await);
                continue;
            }
            let out: SignOutResponse =
                said(wire.ask("AccessService/SignOut", &SignOutRequest {}).await);
            assert!(out.signed_out, "whoever signs out is told so");
            let before = clinic.revision().await;
            refused(begun.send(body.clone()).await, Reason::KeyInvalid);
            assert_eq!(clinic.revision().await, before, "{method}");
        }
    }
    clinic.is_sound().await
}
