//! How watches end: with a resume point when the server stops, with a reason when their key goes.

use anyhow::Result;
use treadwell_api::v1::{Reason, RevokeKeyRequest, RevokeKeyResponse, Role, WatchRequest};
use treadwell_tests::{
    clinic_day::named,
    wire::{Wire, refused},
};

use crate::{
    clinic::{Clinic, said},
    watch::{after, begin, read_until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_resume_point_and_goes_on_there() -> Result<()> {
    let clinic = Clinic::open().await?;
    let desk = clinic.connect(Role::FrontDesk).await?;
    let (mut watching, mut known) = said(begin(&desk, &WatchRequest::default()).await);
    let first = clinic.client("Before the stop").await;
    let ending = tokio::spawn(async move {
        let mut last = None;
        loop {
            match watching.next().await {
                Ok(Some((_, message))) => {
                    last = Some(message.clone());
                    known.take(message);
                }
                Ok(None) => panic!("a watch ends with a reason"),
                Err(no) => return (known, last, no),
            }
        }
    });
    let newest = clinic.revision().await;
    let clinic = clinic.restart().await?;
    let (mut known, last, no) = ending.await?;
    refused(Err::<(), _>(no), Reason::WritesStopped);
    let last = last.expect("something was told");
    assert!(last.checkpoint, "the last word is where to go on: {last:?}");
    assert_eq!(last.revision, newest);
    assert!(known.has(treadwell_api::v1::ResourceKind::Client, &first));
    let second = clinic.client("After the stop").await;
    let desk = clinic.connect(Role::FrontDesk).await?;
    let mut watching = said(desk.watch(&after(last.revision)).await);
    read_until(&mut watching, &mut known, clinic.revision().await).await;
    assert!(known.has(treadwell_api::v1::ResourceKind::Client, &second));
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_its_watches_and_no_others() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (id, secret) = clinic.key("Leaves", Role::FrontDesk, &[]).await?;
    let leaves = Wire::open(&clinic.server, secret.as_str()).await?;
    let stays = clinic.connect(Role::FrontDesk).await?;
    let (mut ends, _) = said(begin(&leaves, &WatchRequest::default()).await);
    let (mut goes_on, mut known) = said(begin(&stays, &WatchRequest::default()).await);
    let request = RevokeKeyRequest {
        write: named("revoke"),
        key_id: id,
    };
    let revoked: RevokeKeyResponse =
        said(clinic.owner.ask("AccessService/RevokeKey", &request).await);
    let no = loop {
        match ends.next().await {
            Ok(Some((_, message))) => assert!(
                message.events.is_empty(),
                "nothing is told to a revoked key: {message:?}"
            ),
            Ok(None) => panic!("a watch ends with a reason"),
            Err(no) => break no,
        }
    };
    refused(Err::<(), _>(no), Reason::KeyInvalid);
    let again = leaves.watch(&after(revoked.revision)).await;
    refused(again.map(|_| ()), Reason::KeyInvalid);
    clinic.client("Told to who stays").await;
    read_until(&mut goes_on, &mut known, clinic.revision().await).await;
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_watch_too_many_is_turned_away() -> Result<()> {
    let clinic = Clinic::with(&["--watches", "2"]).await?;
    let first = said(begin(&clinic.owner, &WatchRequest::default()).await);
    let _second = said(begin(&clinic.owner, &WatchRequest::default()).await);
    let third = clinic.owner.watch(&WatchRequest::default()).await;
    refused(third.map(|_| ()), Reason::Overloaded);
    drop(first);
    // Its place is free as soon as the server has noticed.
    loop {
        match begin(&clinic.owner, &WatchRequest::default()).await {
            Ok(_) => break,
            Err(no) => drop(refused(Err::<(), _>(no), Reason::Overloaded)),
        }
    }
    clinic.is_sound().await
}
