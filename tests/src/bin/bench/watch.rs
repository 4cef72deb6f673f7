//! From commit to watch: how long after a booking is sent it is acknowledged, and its event is with the watchers.
//!
//! The commit itself can not be seen from outside. It lies between the sending and the acknowledgement, so that the delay from
//! the sending is more than that from the commit; an event may well be there before the acknowledgement is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{sync::mpsc, time::timeout};
use treadwell_api::v1::{
    WatchRequest, WhoAmIRequest, access_service_client::AccessServiceClient,
    appointment_service_client::AppointmentServiceClient, watch_service_client::WatchServiceClient,
};

use crate::{book::Stream, connection::Target, measure::quantile};

/// Bookings whose events are timed.
const BOOKINGS: u32 = 100;
/// An event that takes longer than this is lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Delays after the sending of a booking: of its acknowledgement, and of its event at each watcher.
pub(crate) struct Delays {
    pub(crate) acknowledged: Percentiles,
    pub(crate) seen: Percentiles,
}

/// A median, and what 99 of 100 keep within.
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Percentiles {
    pub(crate) fn of(mut delays: Vec<Duration>) -> Self {
        Self {
            p50: quantile(&mut delays, 50),
            p99: quantile(&mut delays, 99),
        }
    }
}

/// When each watcher saw each revision.
type Seen = Arc<Mutex<HashMap<u64, Vec<Instant>>>>;

/// Books with so many watchers open, one booking after another, each after the last was seen by all.
pub(crate) async fn delays(target: &Target, watchers: usize, stream: &Stream) -> Result<Delays> {
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let seen = Seen::default();
    let mut tasks = Vec::new();
    let head = head(target).await?;
    for connection in target.spread(watchers).await? {
        let mut client = WatchServiceClient::new(connection);
        let request = WatchRequest {
            after_revision: Some(head),
            ..Default::default()
        };
        let mut messages = client.watch(request).await?.into_inner();
        let (seen, sender) = (Arc::clone(&seen), sender.clone());
        tasks.push(tokio::spawn(async move {
            while let Ok(Some(message)) = messages.message().await {
                let now = Instant::now();
                for event in &message.events {
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.entry(event.revision).or_default().push(now);
                }
                if !message.events.is_empty() && sender.send(()).is_err() {
                    return;
                }
            }
        }));
    }
    let mut desk = AppointmentServiceClient::new(target.connect(1).await?.remove(0));
    let (mut acknowledged, mut events) = (Vec::new(), Vec::new());
    for _ in 0..BOOKINGS {
        let request = stream
            .next()
            .context("no booking is left for the watchers")?;
        let sent = Instant::now();
        let revision = desk.book_appointment(request).await?.into_inner().revision;
        acknowledged.push(sent.elapsed());
        for _ in 0..watchers {
            timeout(PATIENCE, arrivals.recv())
                .await
                .context("a watcher missed a booking")?;
        }
        let seen = seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&revision)
            .unwrap_or_default();
        ensure!(
            seen.len() == watchers,
            "{} of {watchers} watchers saw revision {revision}",
            seen.len()
        );
        events.extend(seen.into_iter().map(|at| at - sent));
    }
    for task in tasks {
        task.abort();
    }
    Ok(Delays {
        acknowledged: Percentiles::of(acknowledged),
        seen: Percentiles::of(events),
    })
}

/// The revision to watch after.
pub(crate) async fn head(target: &Target) -> Result<u64> {
    let mut client = AccessServiceClient::new(target.connect(1).await?.remove(0));
    Ok(client
        .who_am_i(WhoAmIRequest {})
        .await?
        .into_inner()
        .revision)
}
