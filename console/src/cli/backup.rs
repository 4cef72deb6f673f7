//! `backup`: encrypted backups in the server's backup folder, taken now or by its schedule.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    present::rfc3339_of,
    report::{Report, Table},
    session::{PAGE, Session},
    status::VERIFY_TIME,
};
use crate::tui::time;

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Takes a backup, and answers when it was read back
    Now {
        #[command(flatten)]
        change: Change,
    },
    /// Lists the backups that are there, the newest first
    List,
}

/// A backup as `--json` prints it.
#[derive(Serialize)]
pub(super) struct BackupJson<'a> {
    name: &'a str,
    taken_at: Option<String>,
    revision: u64,
    /// It can be restored to each revision from there to its own.
    oldest_revision: u64,
    record_count: u64,
    size_bytes: i64,
}

impl<'a> BackupJson<'a> {
    pub(super) fn new(backup: &'a v1::Backup) -> Self {
        Self {
            name: &backup.name,
            taken_at: rfc3339_of(backup.taken_at.as_ref(), &TimeZone::UTC),
            revision: backup.revision,
            oldest_revision: backup.oldest_revision,
            record_count: backup.record_count,
            size_bytes: backup.size_bytes,
        }
    }
}

pub(crate) async fn run(session: &Session, args: &BackupArgs) -> Result<Report, Failure> {
    match &args.action {
        Action::Now { change } => now(session, change).await,
        Action::List => list(session).await,
    }
}

async fn now(session: &Session, change: &Change) -> Result<Report, Failure> {
    let patient = session
        .client
        .with_timeout(VERIFY_TIME.max(session.client.options().timeout));
    let request = v1::CreateBackupRequest {
        write: Some(change.options()),
    };
    let answer = patient.create_backup(request).await?;
    let mut report = Report::default();
    let Some(backup) = &answer.backup else {
        report.line("A backup can be taken: its folder is there and has room.");
        return Ok(report);
    };
    report.line(format!(
        "Taken and read back: {}, {} records as of revision {}, {}.",
        backup.name,
        backup.record_count,
        backup.revision,
        size(backup.size_bytes)
    ));
    report.object(&BackupJson::new(backup));
    Ok(report)
}

async fn list(session: &Session) -> Result<Report, Failure> {
    let names = session.names().await?;
    let zone = names.only_zone().unwrap_or(TimeZone::UTC);
    let at = |wire: Option<&prost_types::Timestamp>| {
        wire.map(|wire| time::day_and_clock(time::instant(wire), &zone))
    };
    let mut request = v1::ListBackupsRequest {
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut report = Report::default();
    let mut table = Table::new(["taken", "revisions", "records", "size", "backup"]);
    let last = loop {
        let mut page = session.client.list_backups(request.clone()).await?;
        for backup in &page.backups {
            table.row([
                at(backup.taken_at.as_ref()).unwrap_or_default(),
                format!("{} to {}", backup.oldest_revision, backup.revision),
                backup.record_count.to_string(),
                size(backup.size_bytes),
                backup.name.clone(),
            ]);
            report.object(&BackupJson::new(backup));
        }
        request.page_token = std::mem::take(&mut page.next_page_token);
        if request.page_token.is_empty() {
            break page;
        }
    };
    if table.is_empty() {
        report.line("There are no backups.");
    } else {
        report.table(table);
    }
    match at(last.next_at.as_ref()) {
        Some(next) => report.line(format!("The next one is taken {next}.")),
        None => report.warn(
            "No backups are taken: name a folder for them in the server's configuration ([backup], folder), and restart it.",
        ),
    }
    if !last.problem.is_empty() {
        report.warn(format!("The last one was not taken: {}", last.problem));
    }
    Ok(report)
}

/// Bytes, to be read by a person.
pub(super) fn size(bytes: i64) -> String {
    const MIB: i64 = 1 << 20;
    match bytes {
        0..MIB => format!("{} KiB", (bytes + 1023) / 1024),
        _ => format!("{} MiB", bytes / MIB),
    }
}
