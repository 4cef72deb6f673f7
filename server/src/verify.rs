//! Whether what is kept is sound: the journal by itself, and the journal against the running clinic.

use std::path::Path;
use std::sync::Arc;

use treadwell_clinic::{Clinic, Revision};
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::{Error, Journal, Loaded};

use crate::convert::store;
use crate::convert::store::commit::read_commit;
use crate::engine::Published;

/// What a check has read and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The revision that was checked.
    pub revision: Revision,
    /// The format of the store on disk; 0 when the journal alone was given.
    pub format: u32,
    /// The revision up to which commits are compacted, 0 when none are.
    pub oldest: Revision,
    /// Commits read, compacted ones apart.
    pub commits: u64,
    /// Records compared.
    pub records: u64,
    /// What is wrong; at most [`PROBLEMS`].
    pub problems: Vec<String>,
}

/// The most problems that are told.
pub const PROBLEMS: usize = 100;

/// So many commits are read at once.
const READ_COMMITS: usize = 1_024;

/// Checks the journal, and compares its records with the running clinic as `published`. Fails only
/// when the check itself can not be made.
pub async fn verify(
    journal: Arc<dyn Journal>,
    published: Arc<Published>,
) -> Result<Report, String> {
    let mut report = Report::default();
    match journal.verify().await {
        Ok(verified) => {
            report.commits = verified.commits;
            report.oldest = verified.oldest;
            report.revision = verified.head;
        }
        Err(error @ Error::Damaged { .. }) => report.problems.push(error.to_string()),
        Err(error) => return Err(error.to_string()),
    }
    let loaded = journal.load().await.map_err(|error| error.to_string())?;
    report.revision = loaded.head;
    report.records = u64::try_from(loaded.records.len()).unwrap_or(u64::MAX);
    let head = loaded.head;
    let (stored, mut running) =
        tokio::task::spawn_blocking(move || (read(&loaded), published.clinic.clone()))
            .await
            .map_err(|error| error.to_string())?;
    let mut stored = match stored {
        Ok(stored) => stored,
        Err(problem) => {
            report.problems.push(problem);
            return Ok(report);
        }
    };
    // Both were taken while the clinic was at work; the older one is brought up to the newer.
    let newest = head.max(running.revision());
    for clinic in [&mut stored, &mut running] {
        if let Err(problem) = catch_up(&*journal, clinic, newest).await {
            report.problems.push(problem);
            return Ok(report);
        }
    }
    report.revision = newest;
    let found = tokio::task::spawn_blocking(move || differences(&stored, &running))
        .await
        .map_err(|error| error.to_string())?;
    report.problems.extend(found);
    report.problems.truncate(PROBLEMS);
    Ok(report)
}

/// Checks the clinic in a folder that no server is using.
pub async fn folder(data: &Path) -> Result<Report, String> {
    let sentence = |error: Error| error.to_string();
    let opened = Embedded::open(data, embedded::Options::default()).await;
    let (journal, opened) = opened.map_err(sentence)?;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let loaded = journal.load().await.map_err(sentence)?;
    let clinic = tokio::task::spawn_blocking(move || read(&loaded))
        .await
        .map_err(|error| error.to_string())??;
    let mut report = verify(Arc::clone(&journal), Arc::new(Published::new(clinic))).await?;
    report.format = opened.format;
    journal.close().await.map_err(sentence)?;
    Ok(report)
}

fn read(loaded: &Loaded) -> Result<Clinic, String> {
    let records = loaded
        .records
        .iter()
        .map(|(key, value)| store::decode(key, value.clone()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    Ok(Clinic::from_records(records, loaded.head))
}

async fn catch_up(
    journal: &dyn Journal,
    clinic: &mut Clinic,
    until: Revision,
) -> Result<(), String> {
    while clinic.revision() < until {
        let after = clinic.revision();
        let commits = journal
            .read(after, READ_COMMITS)
            .await
            .map_err(|error| error.to_string())?;
        if commits.is_empty() {
            return Err(format!(
                "the journal ends at revision {after}, before {until}"
            ));
        }
        for commit in commits.iter().take_while(|commit| commit.revision <= until) {
            let (_, commit) = read_commit(commit).map_err(|error| error.to_string())?;
            clinic.apply(&commit);
        }
    }
    Ok(())
}

/// Where the stored records differ from the running ones. Records are named, never shown.
fn differences(stored: &Clinic, running: &Clinic) -> Vec<String> {
    let differs = running.records().filter_map(|(record, revision)| {
        let id = record.id();
        match (stored.get(&id), stored.revision_of(&id)) {
            (None, _) => Some(format!("{id} is not on disk")),
            (Some(kept), Some(kept_at)) if kept == record && kept_at == revision => None,
            _ => Some(format!(
                "{id} is otherwise on disk than in the running clinic"
            )),
        }
    });
    let left_over = stored
        .records()
        .map(|(record, _)| record.id())
        .filter(|id| running.get(id).is_none())
        .map(|id| format!("{id} is on disk, but not in the running clinic"));
    differs.chain(left_over).take(PROBLEMS).collect()
}
