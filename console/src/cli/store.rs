//! `store`: a data folder that no server is using, by the server's library, in this process.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_server::{config::SealFlags, keyring, salvage};

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
        Action::Verify { data, seal } => embedded::check(data, seal.clone()),
        Action::Repair { data, to, seal } => {
            let seal_key = seal.seal_key.clone();
            let seal_key = seal_key.unwrap_or_else(|| keyring::beside(data));
            let found = runtime()?.block_on(salvage::repair(data, to, &seal_key));
            Ok(told(data, to, &found.map_err(Failure::other)?))
        }
    }
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
        let revisions = match lost.revisions {
            Some((first, last)) if first == last => format!("revision {first}"),
            Some((first, last)) => format!("revisions {first} to {last}"),
            None => "revisions that can not be told".to_owned(),
        };
        let (file, offset) = (lost.file.display(), lost.offset);
        report.line(format!(
            "  {file}, byte {offset}: {}, {revisions}",
            lost.what
        ));
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
