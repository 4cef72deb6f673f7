//! Ten thousand who watch, some of whom do not read: the others are told of each change, memory stays bounded, and whoever reads again misses nothing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tonic::{Streaming, transport::Endpoint};
use treadwell_api::v1::{WatchRequest, WatchResponse, watch_service_client::WatchServiceClient};
use treadwell_tests::process::{Folder, Options, ServerProcess, memory_mib};

use crate::{clients::Desk, load::quantile, seconds, table};

/// Longer than a watch may hear nothing, not even a checkpoint, however many there are.
const LONG: Duration = Duration::from_mins(5);

/// Watches of a connection.
const PER_CONNECTION: usize = 100;

/// How many watch, how many of these do not read, and how many changes are made.
struct Size {
    watchers: usize,
    stalled: usize,
    changes: usize,
}

/// A watch, with the revision that it was told last.
struct Watcher {
    messages: Streaming<WatchResponse>,
    told: u64,
}

impl Watcher {
    /// The next message; revisions only go forward, so that nothing is told twice.
    async fn next(&mut self) -> Result<WatchResponse> {
        let message = timeout(LONG, self.messages.message()).await??;
        let message = message.context("a watch goes on")?;
        for event in &message.events {
            ensure!(
                event.revision > self.told,
                "{} after {}",
                event.revision,
                self.told
            );
        }
        if message.commit_complete || message.checkpoint {
            self.told = self.told.max(message.revision);
        }
        Ok(message)
    }

    /// Reads until a revision is told. Gives how many of the changes it saw.
    async fn until(&mut self, revision: u64) -> Result<usize> {
        let mut seen = 0;
        while self.told < revision {
            seen += self.next().await?.events.len();
        }
        Ok(seen)
    }
}

/// So many watches after a revision, over connections of their own.
async fn open(
    server: &ServerProcess,
    desk: &Desk,
    count: usize,
    after: u64,
) -> Result<Vec<Watcher>> {
    let mut watchers = Vec::new();
    for first in (0..count).step_by(PER_CONNECTION) {
        let channel = Endpoint::from_shared(server.url())?.connect().await?;
        let begun = (first..count.min(first + PER_CONNECTION)).map(|_| {
            let mut watches = WatchServiceClient::new(channel.clone());
            let request = desk.ask(WatchRequest {
                after_revision: Some(after),
                ..WatchRequest::default()
            });
            async move { watches.watch(request).await }
        });
        for begun in try_join_all(begun).await? {
            watchers.push(Watcher {
                messages: begun.into_inner(),
                told: after,
            });
        }
    }
    Ok(watchers)
}

/// All of them read until the newest revision is told. Gives how long after a change was acknowledged each was told of it.
struct Reading {
    tasks: JoinSet<Result<Vec<(u64, Instant)>>>,
    newest: watch::Sender<u64>,
}

impl Reading {
    fn begin(watchers: Vec<Watcher>) -> Self {
        let (newest, known) = watch::channel(u64::MAX);
        let mut tasks = JoinSet::new();
        for mut watcher in watchers {
            let known = known.clone();
            tasks.spawn(async move {
                let mut seen = Vec::new();
                while watcher.told < *known.borrow() {
                    for event in watcher.next().await?.events {
                        seen.push((event.revision, Instant::now()));
                    }
                }
                Ok(seen)
            });
        }
        Self { tasks, newest }
    }

    async fn end(self, newest: u64) -> Result<Vec<Vec<(u64, Instant)>>> {
        self.newest.send_replace(newest);
        self.tasks.join_all().await.into_iter().collect()
    }
}

async fn watch(size: &Size) -> Result<()> {
    let folder = Folder::sample(None)?;
    let options = Options {
        flags: ["--watches", "12000", "--checkpoint-seconds", "1"]
            .map(str::to_owned)
            .to_vec(),
        ..Options::default()
    };
    let server = ServerProcess::start(&folder, &options).await?;
    let desk = Desk::open(&server.url(), &folder.owner_key, 1).await?;
    let after = desk.note(0, String::new()).await?;
    let before = memory_mib(server.id())?.0;
    let mut stalled = open(&server, &desk, size.stalled, after).await?;
    let reading = Reading::begin(open(&server, &desk, size.watchers - size.stalled, after).await?);
    let opened = memory_mib(server.id())?.0;

    // More than any window takes: what does not fit waits as a revision, not as bytes.
    let mut acknowledged = Vec::new();
    for number in 0..size.changes {
        let note = format!("{number} {}", "x".repeat(480));
        let revision = desk.note(number, note).await?;
        acknowledged.push((revision, Instant::now()));
    }
    let newest = acknowledged.last().context("there were changes")?.0;
    let seen = reading.end(newest).await?;
    let told = memory_mib(server.id())?.1;
    let mut delays = Vec::new();
    for of_one in &seen {
        ensure!(
            of_one.len() == size.changes,
            "one saw {} changes",
            of_one.len()
        );
        for ((revision, at), (acknowledged, since)) in of_one.iter().zip(&acknowledged) {
            ensure!(
                revision == acknowledged,
                "{revision} instead of {acknowledged}"
            );
            delays.push(at.saturating_duration_since(*since));
        }
    }
    // All at once: what is unread of one watch takes from the window of its connection, and so from the others on it.
    let late = stalled.iter_mut().map(|watcher| watcher.until(newest));
    for seen in try_join_all(late).await? {
        ensure!(
            seen == size.changes,
            "a watch that was not read missed some: {seen}"
        );
    }
    report(size, [before, opened, told], &mut delays);
    Ok(())
}

fn report(size: &Size, [before, opened, told]: [u64; 3], delays: &mut [Duration]) {
    let Size {
        watchers,
        stalled,
        changes,
    } = size;
    let each = |mib: u64| mib * 1024 / u64::try_from(*watchers).unwrap_or(u64::MAX);
    table::note(
        &format!("{watchers} watchers, {stalled} of whom do not read, {changes} changes"),
        format!(
            "from the acknowledgement to the event: p50 {} ms, p99 {} ms",
            quantile(delays, 500).as_millis(),
            quantile(delays, 990).as_millis()
        ),
        "none misses or repeats one: kept",
    );
    table::row(
        &format!("{watchers} watchers: memory"),
        format!(
            "{before} MiB before, {opened} MiB with them, {told} MiB at most with the changes: {} KiB each",
            each(told.saturating_sub(before))
        ),
        "at most 64 KiB each, or 64 MiB in all",
        told.saturating_sub(before) <= 64.max(u64::try_from(*watchers).unwrap_or(u64::MAX) / 16),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_costs_little_and_misses_nothing() -> Result<()> {
    let size = if seconds().is_some() {
        Size {
            watchers: 10_000,
            stalled: 1_000,
            changes: 400,
        }
    } else {
        Size {
            watchers: 120,
            stalled: 20,
            changes: 200,
        }
    };
    Box::pin(watch(&size)).await
}
