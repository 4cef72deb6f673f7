//! What the server tells of itself to those who watch over it: counts, times and sizes, in the text format of `OpenMetrics`, which
//! Prometheus reads.
//!
//! Nothing here is about anybody: no name, no id, no address; a label is a method of the API or a code of gRPC.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tonic::Code;

use crate::access::table::TABLE;
use crate::condition::Condition;

pub(crate) mod http;
pub(crate) mod journal;

#[cfg(test)]
mod tests;

/// The upper bounds of times, in seconds: from a read out of memory to the longest that a call may take.
const SECONDS: [f64; 12] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 30.0,
];

/// The upper bounds of how many commits become durable together.
const COMMITS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0];

/// What stands for a method that does not exist: whoever calls may not make a label.
const NO_METHOD: &str = "unknown";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Method {
    method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    code: &'static str,
}

/// What is counted while the server runs. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    calls: Family<Ended, Counter>,
    call_seconds: Family<Method, Histogram, fn() -> Histogram>,
    append_seconds: Histogram,
    append_commits: Histogram,
    append_failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Kept {
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            append_seconds: Histogram::new(SECONDS),
            append_commits: Histogram::new(COMMITS),
            append_failures: Counter::default(),
        }))
    }
}

impl Metrics {
    /// A call of the method at this path was answered; of a stream, the beginning.
    pub(crate) fn answered(&self, path: &str, code: Code, after: Duration) {
        let method = method(path);
        let code = name(code);
        self.0.calls.get_or_create(&Ended { method, code }).inc();
        let seconds = self.0.call_seconds.get_or_create(&Method { method });
        seconds.observe(after.as_secs_f64());
    }

    /// A group of commits was given to the journal.
    fn appended(&self, commits: usize, after: Duration, durable: bool) {
        if durable {
            self.0.append_seconds.observe(after.as_secs_f64());
            let commits = u32::try_from(commits).unwrap_or(u32::MAX);
            self.0.append_commits.observe(f64::from(commits));
        } else {
            self.0.append_failures.inc();
        }
    }

    /// All of it as text, with how the server is now.
    pub(crate) fn text(&self, now: &Condition) -> String {
        let mut registry = Registry::with_prefix("treadwell");
        self.register(&mut registry);
        register(now, &mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).expect("a String takes all text");
        text
    }

    fn register(&self, registry: &mut Registry) {
        let Kept {
            calls,
            call_seconds,
            append_seconds,
            append_commits,
            append_failures,
        } = &*self.0;
        registry.register("calls", "Calls answered", calls.clone());
        registry.register_with_unit(
            "call",
            "Time until a call was answered; of a stream, until it began",
            Unit::Seconds,
            call_seconds.clone(),
        );
        registry.register_with_unit(
            "append",
            "Time until a group of commits was durable",
            Unit::Seconds,
            append_seconds.clone(),
        );
        registry.register(
            "append_commits",
            "Commits that became durable together",
            append_commits.clone(),
        );
        registry.register(
            "append_failures",
            "Groups of commits that the disk did not take",
            append_failures.clone(),
        );
    }
}

/// How the server is, each figure as it is now.
fn register(now: &Condition, registry: &mut Registry) {
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The server's release", version);
    let flag = |set: bool| u64::from(set);
    let published = now.engine.snapshot();
    let (backups_taken, backups_failed) = now.backups.counts();
    let newest = now.backups.newest();
    let newest = newest.map_or(0, |it| it.header.taken_at.as_second());
    let figures: [(&str, &str, u64); 13] = [
        ("revision", "The clinic's revision", published.revision),
        (
            "writable",
            "1 when the clinic can be changed, else 0",
            flag(now.not_writable().is_empty()),
        ),
        (
            "ready",
            "1 when calls should come here, else 0",
            flag(now.not_ready().is_none()),
        ),
        (
            "queue_commands",
            "Commands that wait for the writer",
            count(now.engine.waiting()),
        ),
        ("watches", "Open watches", count(now.watches.open())),
        (
            "records",
            "Records of the clinic",
            count(published.clinic.records().count()),
        ),
        (
            "free_disk_bytes",
            "Bytes free on the disk of the data folder",
            now.free_bytes(),
        ),
        (
            "torn_groups",
            "Groups that were not whole when the journal was opened, and lie in quarantine",
            now.journal.torn_tails(),
        ),
        (
            "warnings",
            "What whoever runs the server has to see to: see the status or the log",
            count(now.warnings().len()),
        ),
        (
            "backup_newest_timestamp_seconds",
            "When the newest backup was begun, in seconds of Unix time by the clinic's clock; 0 when there is none",
            u64::try_from(newest).unwrap_or(0),
        ),
        (
            "backups_taken",
            "Backups that were taken and read back since the server was started",
            backups_taken,
        ),
        (
            "backups_failed",
            "Backups that could not be taken since the server was started",
            backups_failed,
        ),
        (
            "injected_clock",
            "1 when the clinic's clock is not the machine's, else 0",
            flag(now.engine.clock().is_injected()),
        ),
    ];
    for (name, help, value) in figures {
        let gauge = Gauge::<u64, AtomicU64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}

/// The method at a path of the API, without the package.
fn method(path: &str) -> &'static str {
    let asked = path.strip_prefix("/treadwell.v1.").unwrap_or_default();
    let known = TABLE.binary_search_by(|(name, _)| (*name).cmp(asked));
    known.map_or(NO_METHOD, |at| TABLE[at].0)
}

fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A code as gRPC writes it.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
