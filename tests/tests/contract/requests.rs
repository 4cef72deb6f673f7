//! Requests that are sent again, too late, or only to see what would be.

use std::collections::BTreeSet;

use anyhow::Result;
use futures::future::join_all;
use prost::Message;
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, CancelAppointmentRequest, CancelReason, Client,
    CloseOutageRequest, ConfirmAppointmentRequest, CreateClientRequest, CreateHoldRequest,
    CreateHoldResponse, CreateKeyRequest, CreateKeyResponse, GetCatalogRequest, GetCatalogResponse,
    Hold, Key, MoveAppointmentRequest, OpenOutageRequest, OpenOutageResponse, Outage,
    PutRoomRequest, PutSiteRequest, Reason, ReleaseHoldRequest, RevokeKeyRequest, Role,
    UpdateClientRequest, UpdateClientResponse, WatchRequest, WriteOptions,
};
use treadwell_tests::{
    clinic_day::{self, hands_on, named},
    wire::{No, refused},
};

use crate::clinic::{Clinic, book, call, known_as, said, today};

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_aborts_and_changes_nothing() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    let booked = said(clinic.book(&client, 0, 8).await);
    let confirm = |etag: &str| ConfirmAppointmentRequest {
        write: known_as(etag),
        appointment_id: booked.id.clone(),
    };
    let method = |name: &str| (name.to_owned(), false);
    let confirms = method("AppointmentService/ConfirmAppointment");
    said(
        call(
            &clinic.owner,
            &confirms,
            confirm(&booked.etag).encode_to_vec(),
        )
        .await,
    );
    let before = clinic.revision().await;
    let catalog: GetCatalogResponse = said(
        clinic
            .owner
            .ask("CatalogService/GetCatalog", &GetCatalogRequest {})
            .await,
    );
    let stale = booked.etag.as_str();
    let old = "999999";
    for (name, body) in [
        (
            "AppointmentService/ConfirmAppointment",
            confirm(stale).encode_to_vec(),
        ),
        (
            "AppointmentService/CancelAppointment",
            CancelAppointmentRequest {
                write: known_as(stale),
                appointment_id: booked.id.clone(),
                cancel_reason: CancelReason::Client.into(),
                note: String::new(),
            }
            .encode_to_vec(),
        ),
        (
            "AppointmentService/MoveAppointment",
            MoveAppointmentRequest {
                write: known_as(stale),
                appointment_id: booked.id.clone(),
                start: today(14 * 60),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ClientService/UpdateClient",
            UpdateClientRequest {
                write: known_as(old),
                client: Some(Client {
                    id: client.clone(),
                    name: "Another".to_owned(),
                    ..Default::default()
                }),
                update_mask: None,
            }
            .encode_to_vec(),
        ),
        (
            "CatalogService/PutRoom",
            PutRoomRequest {
                write: known_as("999999"),
                room: catalog.rooms.first().cloned(),
            }
            .encode_to_vec(),
        ),
        (
            "CatalogService/PutSite",
            PutSiteRequest {
                write: known_as("999999"),
                site: catalog.sites.first().cloned(),
            }
            .encode_to_vec(),
        ),
    ] {
        let no = refused_stale(&clinic, name, body).await;
        assert!(!no.metadata["id"].is_empty(), "{name}: {no:?}");
    }
    assert_eq!(clinic.revision().await, before);
    clinic.is_sound().await
}

async fn refused_stale(clinic: &Clinic, name: &str, body: Vec<u8>) -> No {
    let answer = call(&clinic.owner, &(name.to_owned(), false), body).await;
    assert!(answer.is_err(), "{name} takes no heed of the etag");
    refused(answer, Reason::StaleEtag)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_counts_for_what_has_no_life_cycle_too() -> Result<()> {
    let clinic = Clinic::open().await?;
    let hold = CreateHoldRequest {
        write: named("hold"),
        hold: Some(Hold {
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            start: today(11 * 60),
            ..Hold::default()
        }),
    };
    let held: CreateHoldResponse = said(
        clinic
            .owner
            .ask("AppointmentService/CreateHold", &hold)
            .await,
    );
    let open = OpenOutageRequest {
        write: named("outage"),
        outage: Some(Outage {
            room_id: "h3".to_owned(),
            reason: "A leak".to_owned(),
            ..Outage::default()
        }),
    };
    let opened: OpenOutageResponse =
        said(clinic.owner.ask("CatalogService/OpenOutage", &open).await);
    let (key, _) = clinic.key("To be revoked", Role::FrontDesk, &[]).await?;
    let stale = || known_as("999999");
    for (name, body) in [
        (
            "AppointmentService/ReleaseHold",
            ReleaseHoldRequest {
                write: stale(),
                hold_id: held.hold.unwrap_or_default().id,
            }
            .encode_to_vec(),
        ),
        (
            "CatalogService/CloseOutage",
            CloseOutageRequest {
                write: stale(),
                outage_id: opened.outage.unwrap_or_default().id,
            }
            .encode_to_vec(),
        ),
        (
            "AccessService/RevokeKey",
            RevokeKeyRequest {
                write: stale(),
                key_id: key,
            }
            .encode_to_vec(),
        ),
    ] {
        refused_stale(&clinic, name, body).await;
    }
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_acted_on_once_and_answered_alike() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    let request = hands_on("the same", &client, "halifax", 0, 8);
    let first = said(book(&clinic.owner, &request).await);
    let at_once = join_all((0..8).map(|_| book(&clinic.owner, &request))).await;
    for again in at_once {
        assert_eq!(said(again), first);
    }
    // With an etag too, which the first one has made stale.
    let update = UpdateClientRequest {
        write: Some(WriteOptions {
            request_id: "update".to_owned(),
            etag: etag_of(&clinic, &client).await,
            ..WriteOptions::default()
        }),
        client: Some(Client {
            id: client.clone(),
            name: "Somebody".to_owned(),
            note: "Came twice".to_owned(),
            ..Client::default()
        }),
        update_mask: None,
    };
    let updated: UpdateClientResponse = said(
        clinic
            .owner
            .ask("ClientService/UpdateClient", &update)
            .await,
    );
    let (key, secret) = clinic.key("Revoked twice", Role::Manager, &[]).await?;
    let revoke = RevokeKeyRequest {
        write: Some(WriteOptions {
            request_id: "revoke".to_owned(),
            etag: key_etag(&clinic, &secret).await,
            ..WriteOptions::default()
        }),
        key_id: key,
    };
    let revokes = "AccessService/RevokeKey";
    let revoked = said(clinic.owner.bytes(revokes, revoke.encode_to_vec()).await);
    let clinic = clinic.restart().await?;
    // With the commit by which a stop vouches for what it had counted.
    let before = clinic.revision().await;
    assert_eq!(said(book(&clinic.owner, &request).await), first);
    let again: UpdateClientResponse = said(
        clinic
            .owner
            .ask("ClientService/UpdateClient", &update)
            .await,
    );
    assert_eq!(again, updated);
    let again = said(clinic.owner.bytes(revokes, revoke.encode_to_vec()).await);
    assert_eq!(again, revoked);
    assert_eq!(clinic.revision().await, before, "nothing was done again");
    clinic.is_sound().await
}

async fn etag_of(clinic: &Clinic, client: &str) -> String {
    let request = treadwell_api::v1::GetClientRequest {
        client_id: client.to_owned(),
        at: None,
    };
    let answer: treadwell_api::v1::GetClientResponse =
        said(clinic.owner.ask("ClientService/GetClient", &request).await);
    answer.client.unwrap_or_default().etag
}

async fn key_etag(clinic: &Clinic, secret: &str) -> String {
    let answer: treadwell_api::v1::WhoAmIResponse = said(
        clinic
            .owner
            .with_key(Some(secret))
            .ask("AccessService/WhoAmI", &treadwell_api::v1::WhoAmIRequest {})
            .await,
    );
    answer.key.unwrap_or_default().etag
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_with_another_payload_is_refused_and_is_each_keys_own() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    let request = hands_on("mine", &client, "halifax", 0, 20);
    let first = said(book(&clinic.owner, &request).await);
    let other = hands_on("mine", &client, "halifax", 0, 8);
    refused(book(&clinic.owner, &other).await, Reason::RequestIdReused);
    // Another method with the same id is another payload too.
    let create = CreateClientRequest {
        write: named("mine"),
        client: Some(Client {
            name: "Else".to_owned(),
            ..Client::default()
        }),
    };
    let creates = ("ClientService/CreateClient".to_owned(), false);
    let answer = call(&clinic.owner, &creates, create.encode_to_vec()).await;
    refused(answer, Reason::RequestIdReused);
    // Somebody else's "mine" is theirs.
    let desk = clinic.of(Role::FrontDesk);
    let theirs = said(book(&desk, &other).await);
    assert_ne!(theirs.id, first.id);
    // A refusal is not kept: the same request succeeds once it can.
    let start = clinic_day::start(0, 21);
    let free = clinic.place(Some(start), "").await;
    assert_eq!(free.start, Some(start), "only the client is not free");
    let mut taken = hands_on("later", &client, "halifax", 0, 21);
    if let Some(place) = &mut taken.appointment {
        (place.room_id, place.therapist_id) = (free.room_id, free.therapist_id);
    }
    refused(book(&clinic.owner, &taken).await, Reason::ClientTaken);
    for id in [&first.id, &theirs.id] {
        let cancel = CancelAppointmentRequest {
            write: named(format!("cancel {id}")),
            appointment_id: id.clone(),
            cancel_reason: CancelReason::Client.into(),
            note: String::new(),
        };
        let cancels = ("AppointmentService/CancelAppointment".to_owned(), false);
        said(call(&clinic.owner, &cancels, cancel.encode_to_vec()).await);
    }
    said(book(&clinic.owner, &taken).await);
    // Still after a restart.
    let clinic = clinic.restart().await?;
    refused(book(&clinic.owner, &other).await, Reason::RequestIdReused);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_told_once() -> Result<()> {
    let clinic = Clinic::open().await?;
    let request = CreateKeyRequest {
        write: named("a key"),
        key: Some(Key {
            name: "Told once".to_owned(),
            role: Role::FrontDesk.into(),
            ..Key::default()
        }),
    };
    let create = "AccessService/CreateKey";
    let first: CreateKeyResponse = said(clinic.owner.ask(create, &request).await);
    let again: CreateKeyResponse = said(clinic.owner.ask(create, &request).await);
    assert!(first.secret.starts_with("tw_"));
    assert_eq!(again.secret, "");
    assert_eq!(again.key, first.key);
    let log = std::fs::read_to_string(clinic.folder.log())?;
    assert!(!log.contains(&first.secret), "no secret is logged");
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_answers_as_the_real_one_and_changes_nothing() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    let before = clinic.revision().await;
    let state = snapshot(&clinic).await;
    let dry = |request: &BookAppointmentRequest| BookAppointmentRequest {
        write: request.write.clone().map(|write| WriteOptions {
            validate_only: true,
            ..write
        }),
        ..request.clone()
    };
    let request = hands_on("rehearsed", &client, "halifax", 0, 8);
    let rehearsed = said(book(&clinic.owner, &dry(&request)).await);
    let creates = CreateClientRequest {
        write: dry(&request).write,
        client: Some(Client {
            name: "Nobody Yet".to_owned(),
            ..Client::default()
        }),
    };
    let method = ("ClientService/CreateClient".to_owned(), false);
    said(call(&clinic.owner, &method, creates.encode_to_vec()).await);
    let far = hands_on("far", &client, "halifax", 900, 8);
    refused(book(&clinic.owner, &dry(&far)).await, Reason::BeyondHorizon);
    assert_eq!(clinic.revision().await, before, "nothing was changed");
    assert_eq!(
        snapshot(&clinic).await,
        state,
        "nothing is shown as changed"
    );
    // The request id was not used up.
    let real = said(book(&clinic.owner, &request).await);
    let place = |it: &Appointment| {
        (
            it.room_id.clone(),
            it.therapist_id.clone(),
            it.start,
            it.room_until,
            it.price_cents,
        )
    };
    assert_eq!(place(&real), place(&rehearsed));
    clinic.is_sound().await
}

/// Every resource there is, encoded.
async fn snapshot(clinic: &Clinic) -> BTreeSet<Vec<u8>> {
    let mut watching = said(clinic.owner.watch(&WatchRequest::default()).await);
    let mut all = BTreeSet::new();
    loop {
        let message = said(watching.message().await);
        all.extend(message.events.iter().map(Message::encode_to_vec));
        if message.commit_complete {
            return all;
        }
    }
}
