//! The standard health service: whether the server is alive, and whether calls should come here.
//!
//! `live` is served as long as anything is answered; `ready` while the clinic can be changed; the empty name, and the name of each
//! service, until the server stops. Health says nothing about the clinic, and needs no key.

use std::time::Duration;

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::access::table::TABLE;
use crate::condition::Condition;

/// Whether the server is ready is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const LIVE: &str = "live";
const READY: &str = "ready";

/// Says that the server serves.
pub(super) async fn begin(health: &HealthReporter) {
    say(health, &[LIVE.to_owned()], ServingStatus::Serving).await;
    say(health, &services(), ServingStatus::Serving).await;
}

/// Says how the server is, until it stops.
pub(super) async fn tell(health: HealthReporter, mut now: Condition) {
    let ready = [READY.to_owned()];
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = now.stopping() => break,
        }
        let status = match now.not_ready() {
            None => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        };
        say(&health, &ready, status).await;
    }
    say(&health, &ready, ServingStatus::NotServing).await;
    say(&health, &services(), ServingStatus::NotServing).await;
}

async fn say(health: &HealthReporter, names: &[String], status: ServingStatus) {
    for name in names {
        health.set_service_status(name, status).await;
    }
}

/// The name of each service, and the empty one, which stands for them all.
fn services() -> Vec<String> {
    let services = TABLE
        .iter()
        .filter_map(|(method, _)| method.split_once('/'));
    let mut names: Vec<String> = services
        .map(|(service, _)| format!("treadwell.v1.{service}"))
        .collect();
    names.dedup();
    names.push(String::new());
    names
}
