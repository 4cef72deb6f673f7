//! Failed attempts to sign in: slowed down by their address, without ever slowing down a good key.

use std::time::{Duration, Instant};

use anyhow::Result;
use treadwell_api::v1::{Reason, Role, WatchRequest, WhoAmIRequest, WhoAmIResponse};
use treadwell_tests::wire::{No, Wire, refused};

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
