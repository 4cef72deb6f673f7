//! Failed attempts to sign in: slowed down by their address, without ever slowing down a good key.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use treadwell_api::v1::{
    AuditKind, ListAuditEntriesRequest, ListAuditEntriesResponse, Reason, RevokeKeyRequest,
    RevokeKeyResponse, Role, SetPassphraseRequest, SetPassphraseResponse, SignInRequest,
    SignInResponse, WatchRequest, WhoAmIRequest, WhoAmIResponse,
};
use treadwell_tests::{
    clinic_day::named,
    wire::{No, Wire, refused},
};

use crate::clinic::{Clinic, said};
use crate::watch::begin;

/// Failures that are answered at once, and those that are slowed down after them: all others are turned away.
const HEARD: usize = 10 + 20;

async fn who(wire: &Wire) -> Result<WhoAmIResponse, No> {
    wire.ask("AccessService/WhoAmI", &WhoAmIRequest {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_wait_and_are_turned_away_and_a_good_key_never_waits() -> Result<()> {
    let clinic = Clinic::strict(&[]).await?;
    let wrong = clinic
        .owner
        .with_key(Some(&format!("tw_{}", "A".repeat(43))));
    let begun = Instant::now();
    for _ in 0..10 {
        refused(who(&wrong).await, Reason::KeyInvalid);
    }
    let free = begun.elapsed();
    refused(who(&wrong).await, Reason::KeyInvalid);
    let slowed = begun.elapsed().saturating_sub(free);
    assert!(slowed >= Duration::from_millis(250), "{slowed:?}");
    // The rest all at once: those that are heard wait, and the others need not.
    let rest: Vec<_> = (0..40)
        .map(|_| {
            let wrong = wrong.clone();
            tokio::spawn(async move { who(&wrong).await.expect_err("it is wrong") })
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..50 {
        said(who(&clinic.owner).await);
    }
    let good = begun.elapsed();
    assert!(
        good < Duration::from_secs(2),
        "a good key waits for nobody: {good:?}"
    );
    let mut turned_away = 0;
    for no in rest {
        let no = no.await?;
        if no.reason.as_deref() == Some("TOO_MANY_ATTEMPTS") {
            refused(Err::<(), _>(no), Reason::TooManyAttempts);
            turned_away += 1;
        } else {
            refused(Err::<(), _>(no), Reason::KeyInvalid);
        }
    }
    assert!(
        (40 + 11 - HEARD..=40).contains(&turned_away),
        "{turned_away}"
    );
    // Each has left a line, or is counted in the next one.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    drop(who(&wrong).await.expect_err("it is wrong"));
    let log = std::fs::read_to_string(clinic.folder.log())?;
    let lines = log
        .lines()
        .filter(|line| line.contains("audit: a key that nobody has"));
    let counted = lines.map(|line| {
        let others = line.split("others=").nth(1).unwrap_or_default();
        1 + others.trim().parse::<u32>().unwrap_or_default()
    });
    assert_eq!(counted.sum::<u32>(), 11 + 40 + 1, "{log}");
    assert!(!log.contains("AAAAAAAA"), "what was tried is in no log");
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_is_at_work_failures_are_slowed_down_and_not_turned_away() -> Result<()> {
    let clinic = Clinic::strict(&[]).await?;
    let desk = clinic.connect(Role::FrontDesk).await?;
    let (watching, _) = said(begin(&desk, &WatchRequest::default()).await);
    let wrong = clinic
        .owner
        .with_key(Some(&format!("tw_{}", "A".repeat(43))));
    let all: Vec<_> = (0..60)
        .map(|_| {
            let wrong = wrong.clone();
            tokio::spawn(async move { who(&wrong).await })
        })
        .collect();
    for no in all {
        refused(no.await?, Reason::KeyInvalid);
    }
    drop(watching);
    clinic.is_sound().await
}

const WORDS: &str = "correct horse battery staple";

async fn sign_in(wire: &Wire, name: &str, passphrase: &str) -> Result<SignInResponse, No> {
    let request = SignInRequest {
        name: name.to_owned(),
        passphrase: passphrase.to_owned(),
    };
    wire.with_key(None)
        .ask("AccessService/SignIn", &request)
        .await
}

/// A key with a passphrase: its id and its secret.
async fn robin(clinic: &Clinic) -> Result<(String, String)> {
    let (id, secret) = clinic.key("Robin Hale", Role::FrontDesk, &[]).await?;
    let set = SetPassphraseRequest {
        write: named("words"),
        key_id: id.clone(),
        passphrase: WORDS.to_owned(),
        ..SetPassphraseRequest::default()
    };
    let _: SetPassphraseResponse =
        said(clinic.owner.ask("AccessService/SetPassphrase", &set).await);
    Ok((id, secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_an_old_key_keeps_nobody_out_who_comes_by_passphrase() -> Result<()> {
    let clinic = Clinic::strict(&[]).await?;
    robin(&clinic).await?;
    let wrong = clinic
        .owner
        .with_key(Some(&format!("tw_{}", "A".repeat(43))));
    let all: Vec<_> = (0..2 * HEARD)
        .map(|_| {
            let wrong = wrong.clone();
            tokio::spawn(async move { who(&wrong).await.expect_err("it is wrong") })
        })
        .collect();
    for no in all {
        no.await?;
    }
    // The first of the day: nobody is at work at this address.
    refused(who(&wrong).await, Reason::TooManyAttempts);
    let opened = said(sign_in(&clinic.owner, "Robin Hale", WORDS).await);
    assert!(!opened.secret.is_empty());
    clinic.is_sound().await
}

/// Whether this was refused to somebody with the key of this id, by the trail.
async fn is_noted(clinic: &Clinic, id: &str, what: &str) -> bool {
    let request = ListAuditEntriesRequest {
        key_id: id.to_owned(),
        kinds: vec![AuditKind::Refused.into()],
        ..ListAuditEntriesRequest::default()
    };
    let list: ListAuditEntriesResponse = said(
        clinic
            .owner
            .ask("AuditService/ListAuditEntries", &request)
            .await,
    );
    list.entries.iter().any(|entry| entry.what == what)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_while_a_refusal_waits_is_in_the_audit_trail() -> Result<()> {
    let clinic = Clinic::strict(&[]).await?;
    let (id, secret) = robin(&clinic).await?;
    let (left, old) = clinic.key("Who left", Role::FrontDesk, &[]).await?;
    let revoke = RevokeKeyRequest {
        write: named("leaves"),
        key_id: left.clone(),
    };
    let _: RevokeKeyResponse = said(clinic.owner.ask("AccessService/RevokeKey", &revoke).await);
    let [own, old] = [secret, old].map(|secret| clinic.owner.with_key(Some(&secret)));
    let wrong = clinic.owner.with_key(Some("tw_nobodys"));
    for at in 0..13 {
        refused(who(&wrong).await, Reason::KeyInvalid);
        refused(
            sign_in(&own, &format!("Nobody {at}"), WORDS).await,
            Reason::SignInFailed,
        );
    }
    // From now on each answer waits for a second at least, and nobody waits for it.
    let patience = Duration::from_millis(200);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        drop(tokio::time::timeout(patience, who(&old)).await);
        drop(tokio::time::timeout(patience, sign_in(&own, "Robin Hale", "not the words")).await);
        let key = is_noted(&clinic, &left, "an expired or revoked key").await;
        let words = is_noted(&clinic, &id, "a passphrase whose answer nobody waited for").await;
        if key && words {
            break;
        }
        ensure!(Instant::now() < deadline, "key {key}, passphrase {words}");
    }
    clinic.is_sound().await
}
