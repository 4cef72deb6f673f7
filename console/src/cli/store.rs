//! `store`: a data folder that no server is using, by the server's library, in this process.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use treadwell_server::{
    backup::{self, Restored, Until},
    config::SealFlags,
    keyring, salvage,
};

use super::{embedded, failure::Failure, report::Report, runtime};

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Checks the whole journal against the records; exits with 1 when something is wrong
    Verify {
        /// The data folder, which no server may be using
        #[arg(long, value_name = "DIR", env = "TREADWELL_DATA")]
        data: PathBuf,
        #[command(flatten)]
        seal: SealFlags,
    },
    /// Takes what is sound in a damaged data folder into a new one, and lists what is not; exits with 1 when anything was lost
    Repair {
        /// The damaged folder; it is only read
        #[arg(long, value_name = "DIR", env = "TREADWELL_DATA")]
        data: PathBuf,
        /// The folder to create
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        #[command(flatten)]
        seal: SealFlags,
    },
    /// Makes a new seal key in the place of the old one, which opens nothing any more
    ChangeSealKey {
        /// The data folder, which no server may be using
        #[arg(long, value_name = "DIR", env = "TREADWELL_DATA")]
        data: PathBuf,
        #[command(flatten)]
        seal: SealFlags,
    },
    /// Makes a new data folder from a backup, as the clinic was at any moment that it holds, and compares every record; exits with 1
    /// when something is wrong
    Restore {
        /// The backup's file
        #[arg(value_name = "BACKUP")]
        backup: PathBuf,
        /// The folder to create
        #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
        to: Option<PathBuf>,
        /// The seal key [default: beside the folder to create, named as it is with .key after it]
        #[arg(
            long,
            env = "TREADWELL_SEAL_KEY",
            value_name = "FILE",
            required_unless_present = "to"
        )]
        seal_key: Option<PathBuf>,
        /// Folder in which the newest copy of the folder `keys` lies [default: that of the backup]
        #[arg(long, value_name = "DIR")]
        keys_in: Option<PathBuf>,
        /// As of this revision [default: the end of the backup]
        #[arg(long, value_name = "REVISION", conflicts_with = "at")]
        revision: Option<u64>,
        /// As of this instant, for example 2026-11-26T14:00:00-04:00
        #[arg(long, value_name = "INSTANT")]
        at: Option<Timestamp>,
        /// Reads the backup and says what would be restored
        #[arg(long)]
        dry_run: bool,
    },
}

/// What `store change-seal-key --json` prints.
#[derive(Serialize)]
struct SealKeyJson<'a> {
    seal_key: &'a Path,
}

/// What `store restore --json` prints.
#[derive(Serialize)]
struct RestoreJson<'a> {
    backup: &'a Path,
    /// None when nothing was restored.
    to: Option<&'a Path>,
    taken_at: String,
    oldest_revision: u64,
    newest_revision: u64,
    revision: u64,
    made_at: Option<String>,
    /// A revision in it that says a later time than was asked for.
    ahead: Option<u64>,
    record_count: u64,
    /// Of these, so many belonged to clients who were erased since, and are erased.
    erased_count: u64,
    /// Keys of access that are as they were before a change that came later.
    keys: &'a [String],
    problems: &'a [String],
}

/// What `store repair --json` prints.
#[derive(Serialize)]
struct RepairJson<'a> {
    data: &'a Path,
    to: &'a Path,
    /// Nothing was damaged.
    whole: bool,
    revision: u64,
    record_count: u64,
    /// Every record is there as it was, whatever else was lost.
    records_proven: bool,
    lost: Vec<LostJson<'a>>,
    doubtful_records: &'a [String],
    /// Of some of what is lost it can not be told which records it held.
    has_unnamed: bool,
    problems: &'a [String],
}

#[derive(Serialize)]
struct LostJson<'a> {
    file: &'a Path,
    offset: u64,
    first_revision: Option<u64>,
    last_revision: Option<u64>,
    records: Option<&'a [String]>,
    what: &'a str,
}

pub(crate) fn run(args: &StoreArgs) -> Result<Report, Failure> {
    match &args.action {
        Action::Verify { data, seal } => embedded::check(data, seal),
        Action::Repair { data, to, seal } => {
            let found = runtime()?.block_on(salvage::repair(data, to, &seal.of(data)));
            Ok(told(data, to, &found.map_err(Failure::other)?))
        }
        Action::ChangeSealKey { data, seal } => {
            let seal_key = seal.of(data);
            keyring::change_seal_key(data, &seal_key).map_err(Failure::other)?;
            let mut report = Report::default();
            report.line(format!(
                "{} is a new seal key. Put a copy of it where no server is, and destroy the copies of the old one.",
                seal_key.display()
            ));
            report.object(&SealKeyJson {
                seal_key: &seal_key,
            });
            Ok(report)
        }
        Action::Restore {
            backup,
            to,
            seal_key,
            keys_in,
            revision,
            at,
            dry_run,
        } => {
            let to = to.as_deref();
            let beside = || to.map(keyring::beside);
            let seal_key = seal_key.clone().or_else(beside).unwrap_or_default();
            let order = backup::Order {
                backup,
                to: to.filter(|_| !dry_run),
                keys_in: keys_in.as_deref(),
                seal_key: &seal_key,
                until: match (revision, at) {
                    (Some(revision), _) => Until::Revision(*revision),
                    (None, Some(at)) => Until::Instant(*at),
                    (None, None) => Until::End,
                },
            };
            let restored = runtime()?.block_on(backup::restore(&order));
            Ok(restored_of(&order, &restored.map_err(Failure::other)?))
        }
    }
}

fn restored_of(order: &backup::Order<'_>, restored: &Restored) -> Report {
    let mut report = Report::default();
    let (oldest, newest) = restored.holds;
    report.line(format!(
        "The backup was taken {} and can be restored to revisions {oldest} to {newest}.",
        restored.taken_at
    ));
    let made = match restored.made_at {
        Some(at) => format!(", which was made {at}"),
        None => String::new(),
    };
    let (revision, records) = (restored.revision, restored.records);
    match order.to {
        Some(to) => report.line(format!(
            "{} has the clinic as of revision {revision}{made}: {records} records, each equal to the backup's.",
            to.display()
        )),
        None => report.line(format!(
            "It would be restored to revision {revision}{made}: {records} records. Nothing was written."
        )),
    }
    if let Some(ahead) = restored.ahead {
        report.line(format!(
            "! Revision {ahead}, which is in it, says a later time than was asked for: a clock went back after it. Look whether an earlier \
             revision is what is wanted."
        ));
    }
    if restored.erased > 0 {
        report.line(format!(
            "{} of them belonged to clients who were erased since, and are erased again.",
            restored.erased
        ));
    }
    for key in &restored.keys {
        report.line(format!("! {key}."));
    }
    for problem in &restored.problems {
        report.line(format!("! {problem}"));
    }
    report.exit = u8::from(!restored.problems.is_empty());
    report.object(&RestoreJson {
        backup: order.backup,
        to: order.to,
        taken_at: restored.taken_at.to_string(),
        oldest_revision: oldest,
        newest_revision: newest,
        revision,
        made_at: restored.made_at.map(|at| at.to_string()),
        ahead: restored.ahead,
        record_count: records,
        erased_count: restored.erased,
        keys: &restored.keys,
        problems: &restored.problems,
    });
    report
}

/// What was lost, and where.
fn told_of(lost: &salvage::Lost) -> String {
    let revisions = match lost.revisions {
        Some((first, last)) if first == last => format!(", revision {first}"),
        Some((first, last)) => format!(", revisions {first} to {last}"),
        // There were no changes of records in it.
        None if lost.records.as_ref().is_some_and(Vec::is_empty) => String::new(),
        None => ", revisions that can not be told".to_owned(),
    };
    let (file, offset) = (lost.file.display(), lost.offset);
    format!("{file}, byte {offset}: {}{revisions}", lost.what)
}

fn told(data: &Path, to: &Path, found: &salvage::Report) -> Report {
    let mut report = Report::default();
    report.line(format!(
        "{} has {} records as of revision {}.",
        to.display(),
        found.records,
        found.revision
    ));
    report.line(if found.records_proven {
        "Every record is there as it was: the journal's own sum says so."
    } else {
        "! Not every record is there as it was."
    });
    for lost in &found.lost {
        report.line(format!("  {}", told_of(lost)));
        for record in lost.records.iter().flatten() {
            report.line(format!("    changed {record}"));
        }
    }
    for record in &found.doubtful {
        report.line(format!(
            "! {record} may be older than it was, or should be gone."
        ));
    }
    if found.has_unnamed {
        report.line(
            "! Of some of that it can not be told which records it held: whatever was changed in those revisions may be older than it \
             was.",
        );
    }
    for problem in &found.problems {
        report.line(format!("! {problem}"));
    }
    report.line(
        "The requests of the last 7 days are not known there: what a program asks for again, because it missed the answer, is done again.",
    );
    report.line(format!(
        "Keep {}: what was changed before revision {} is told there only.",
        data.display(),
        found.revision
    ));
    report.exit = u8::from(!found.is_whole());
    let lost = found.lost.iter().map(|lost| LostJson {
        file: &lost.file,
        offset: lost.offset,
        first_revision: lost.revisions.map(|(first, _)| first),
        last_revision: lost.revisions.map(|(_, last)| last),
        records: lost.records.as_deref(),
        what: &lost.what,
    });
    report.object(&RepairJson {
        data,
        to,
        whole: found.is_whole(),
        revision: found.revision,
        record_count: found.records,
        records_proven: found.records_proven,
        lost: lost.collect(),
        doubtful_records: &found.doubtful,
        has_unnamed: found.has_unnamed,
        problems: &found.problems,
    });
    report
}
