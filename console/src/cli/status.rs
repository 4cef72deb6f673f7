//! `status`, `verify` and `export`: the server itself.

use clap::Args;
#[cfg(feature = "embedded")]
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    backup::BackupJson,
    export::{self, What},
    failure::Failure,
    keys::{self, KeyJson},
    present::rfc3339_of,
    report::Report,
    session::Session,
};
use crate::tui::{time, words};

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// After the server's clock has jumped: accepts its time, so that it takes changes again
    #[arg(long)]
    accept_clock: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Checks this data folder itself, which no server may be using, instead of asking a server
    #[cfg(feature = "embedded")]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[cfg(feature = "embedded")]
    #[command(flatten)]
    pub(crate) seal: treadwell_server::config::SealFlags,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// As the commented TOML file that `init --from` reads
    #[arg(long, required = true)]
    toml: bool,
    /// Writes the sample clinic instead of the server's: a file to begin with
    #[cfg(feature = "embedded")]
    #[arg(long)]
    pub(crate) sample: bool,
}

/// What `status --json` prints.
#[derive(Serialize)]
struct StatusJson<'a> {
    server: &'a str,
    version: &'a str,
    clinic_id: &'a str,
    revision: u64,
    now: Option<String>,
    started_at: Option<String>,
    writable: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    not_writable_reason: &'a str,
    oldest_revision: u64,
    watcher_count: i32,
    record_count: i64,
    free_disk_bytes: i64,
    store_format: i32,
    /// What the last check of the store in the background found; none until one has ended.
    store_sound: Option<bool>,
    /// None when there is none, or none are taken.
    newest_backup: Option<BackupJson<'a>>,
    injected_clock: bool,
    /// What whoever runs the server has to see to.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    /// The key that calls.
    key: Option<KeyJson<'a>>,
}

/// What `verify --json` prints.
#[derive(Serialize)]
pub(crate) struct VerifyJson<'a> {
    pub(crate) sound: bool,
    pub(crate) revision: u64,
    /// The format on disk.
    pub(crate) store_format: i64,
    /// Commits up to there are compacted.
    pub(crate) oldest_revision: u64,
    pub(crate) commit_count: u64,
    pub(crate) record_count: u64,
    pub(crate) problems: &'a [String],
}

/// What `status --accept-clock --json` prints.
#[derive(Serialize)]
struct ClockJson {
    now: Option<String>,
}

/// What `export --toml --json` prints.
#[derive(Serialize)]
struct ExportJson<'a> {
    toml: &'a str,
}

/// The longest that reading the whole journal may take.
pub(crate) const VERIFY_TIME: Duration = Duration::from_mins(10);

pub(crate) async fn status(session: &Session, args: &StatusArgs) -> Result<Report, Failure> {
    let zone = session
        .names()
        .await?
        .only_zone()
        .unwrap_or(jiff::tz::TimeZone::UTC);
    if args.accept_clock {
        return accept_clock(session, args, &zone).await;
    }
    let mut report = Report::default();
    let (status, me) = tokio::try_join!(
        session.client.get_status(v1::GetStatusRequest {}),
        session.client.who_am_i(v1::WhoAmIRequest {}),
    )?;
    let server = session.client.options().server.as_str();
    let at = |wire: &Option<prost_types::Timestamp>| {
        wire.as_ref()
            .map(|wire| time::day_and_clock(time::instant(wire), &zone))
            .unwrap_or_default()
    };
    report.line(format!(
        "{server}: treadwell-server {}, clinic {}",
        status.version, status.clinic_id
    ));
    let clock = if status.injected_clock {
        " (a clock of its own, not the machine's)"
    } else {
        ""
    };
    report.line(format!(
        "Clinic's time {}{clock}, running since {}",
        at(&status.now),
        at(&status.started_at)
    ));
    if status.writable {
        report.line("Takes changes.");
    } else {
        report.line(format!(
            "! Takes no changes: {}",
            status.not_writable_reason
        ));
    }
    for warning in &status.warnings {
        report.line(format!("! Warning: {warning}"));
    }
    report.line(format!(
        "Revision {}, {} records, {} open, {} MiB free",
        status.revision,
        status.record_count,
        words::count(
            usize::try_from(status.watcher_count).unwrap_or_default(),
            "watch"
        )
        .replace("watchs", "watches"),
        status.free_disk_bytes / (1024 * 1024),
    ));
    if let Some(check) = &status.store_check {
        report.line(store_said(check, &at(&check.ended_at)));
    }
    if let Some(backup) = &status.newest_backup {
        report.line(format!(
            "The newest backup was taken {}, of revision {}.",
            at(&backup.taken_at),
            backup.revision
        ));
    }
    if let Some(key) = &me.key {
        report.line(format!(
            "You are {} ({}): {}",
            key.name,
            key.id,
            keys::reach(key)
        ));
    }
    report.object(&StatusJson {
        server,
        version: &status.version,
        clinic_id: &status.clinic_id,
        revision: status.revision,
        now: rfc3339_of(status.now.as_ref(), &zone),
        started_at: rfc3339_of(status.started_at.as_ref(), &zone),
        writable: status.writable,
        not_writable_reason: &status.not_writable_reason,
        oldest_revision: status.oldest_revision,
        watcher_count: status.watcher_count,
        record_count: status.record_count,
        free_disk_bytes: status.free_disk_bytes,
        store_format: status.store_format,
        store_sound: status.store_check.as_ref().map(|check| check.sound),
        newest_backup: status.newest_backup.as_ref().map(BackupJson::new),
        injected_clock: status.injected_clock,
        warnings: &status.warnings,
        key: me.key.as_ref().map(|key| KeyJson::new(key, "")),
    });
    Ok(report)
}

/// What the last check of the whole store found.
fn store_said(check: &v1::StoreCheck, when: &str) -> String {
    if check.sound {
        return format!("The store was read whole {when} and is sound.");
    }
    "! The store is NOT SOUND: restore a backup, or see `treadwell store repair`.".to_owned()
}

async fn accept_clock(
    session: &Session,
    args: &StatusArgs,
    zone: &jiff::tz::TimeZone,
) -> Result<Report, Failure> {
    let mut report = Report::default();
    session.confirm(
        &args.change,
        "This accepts the server's clock as it is now.",
    )?;
    let request = v1::AcceptClockRequest {
        write: Some(args.change.options()),
    };
    let answer = session.client.accept_clock(request).await?;
    let now = answer
        .now
        .as_ref()
        .map(|now| time::day_and_clock(time::instant(now), zone))
        .unwrap_or_default();
    report.line(args.change.said(&format!("The clinic's time is {now}.")));
    report.object(&ClockJson {
        now: rfc3339_of(answer.now.as_ref(), zone),
    });
    Ok(report)
}

/// Exits with 1 when something is wrong.
pub(crate) async fn verify(session: &Session) -> Result<Report, Failure> {
    let patient = session
        .client
        .with_timeout(VERIFY_TIME.max(session.client.options().timeout));
    let answer = patient.verify(v1::VerifyRequest {}).await?;
    Ok(verdict(&VerifyJson {
        sound: answer.sound,
        revision: answer.revision,
        store_format: answer.store_format.into(),
        oldest_revision: answer.oldest_revision,
        commit_count: answer.commit_count,
        record_count: answer.record_count,
        problems: &answer.problems,
    }))
}

/// What a check of the store found, by a server or here.
pub(crate) fn verdict(found: &VerifyJson<'_>) -> Report {
    let read = format!(
        "{} commits to revision {}, {} records.",
        found.commit_count, found.revision, found.record_count
    );
    checked(found.sound, &read, found.problems, found)
}

/// What was read, and what is wrong with it, if anything is: then the exit code is 1.
pub(crate) fn checked(
    sound: bool,
    read: &str,
    problems: &[String],
    json: &impl Serialize,
) -> Report {
    let mut report = Report::default();
    let what = if sound { "Sound" } else { "NOT SOUND" };
    report.line(format!("{what}: {read}"));
    for problem in problems {
        report.line(format!("  {problem}"));
    }
    report.exit = u8::from(!sound);
    report.object(json);
    report
}

pub(crate) async fn export(session: &Session, args: &ExportArgs) -> Result<Report, Failure> {
    if let Some(what) = &args.what {
        return export::run(session, what).await;
    }
    let answer = session
        .client
        .export_catalog(v1::ExportCatalogRequest {})
        .await?;
    Ok(exported(&answer.toml))
}

/// A catalog as a file.
pub(crate) fn exported(toml: &str) -> Report {
    let mut report = Report::default();
    report.verbatim(toml);
    report.object(&ExportJson { toml });
    report
}
