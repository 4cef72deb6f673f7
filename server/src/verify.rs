//! Whether what is kept is sound: the journal by itself, and the journal against the running clinic.

use std::path::Path;
use std::sync::Arc;

use treadwell_clinic::model::Change;
use treadwell_clinic::{Clinic, Commit, Revision};
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::{Error, Journal, Loaded};

use crate::audit;
use crate::convert::store::commit::{ReadCommit, Side, read_commit};
use crate::convert::store::{self, Opened};
use crate::engine::Published;
use crate::keyring::{Keyring, open};

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
    keys: Arc<Keyring>,
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
    let opening = Arc::clone(&keys);
    let (stored, mut running) =
        tokio::task::spawn_blocking(move || (read(&loaded, &opening), published.clinic.clone()))
            .await
            .map_err(|error| error.to_string())?;
    // What was erased meanwhile can be opened no more: the erasure comes with what followed, up to here.
    let head = journal.changed(0).await.map_err(|error| error.to_string());
    let head = if report.revision == 0 { 0 } else { head? };
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
        if let Err(problem) = catch_up(&*journal, &keys, clinic, newest).await {
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

/// Checks the clinic in a folder that no server is using, with its key file. A store of an older format stays of that.
pub async fn folder(data: &Path, key_file: &Path) -> Result<Report, String> {
    let sentence = |error: Error| error.to_string();
    let options = embedded::Options {
        keep_format: true,
        ..embedded::Options::default()
    };
    let opened = Embedded::open(data, options).await;
    let (journal, opened) = opened.map_err(sentence)?;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let loaded = journal.load().await.map_err(sentence)?;
    let keys = open::to_look(data, key_file, &*journal).await;
    let keys = keys.map_err(|error| error.to_string())?;
    let opening = Arc::clone(&keys);
    let clinic = tokio::task::spawn_blocking(move || read(&loaded, &opening))
        .await
        .map_err(|error| error.to_string())??;
    let published = Arc::new(Published::new(clinic));
    let mut report = verify(Arc::clone(&journal), Arc::clone(&keys), published).await?;
    report.format = opened.format;
    let trail = audit::verify_in(data, &*journal, &keys).await?;
    report.problems.extend(trail);
    report.problems.truncate(PROBLEMS);
    journal.close().await.map_err(sentence)?;
    Ok(report)
}

fn read(loaded: &Loaded, keys: &Keyring) -> Result<Clinic, String> {
    let opened = loaded
        .records
        .iter()
        .map(|(key, value)| store::decode(keys, key, value.clone()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    // What a store from before an erasure has of the erased goes when it is served.
    let records = opened.into_iter().filter_map(|opened| match opened {
        Opened::Whole(record, revision) => Some((record, revision)),
        Opened::Erased(_) => None,
    });
    Ok(Clinic::from_records(
        records.collect::<Vec<_>>(),
        loaded.head,
    ))
}

async fn catch_up(
    journal: &dyn Journal,
    keys: &Keyring,
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
            let read = read_commit(keys, commit).map_err(|error| error.to_string())?;
            clinic.apply(&with_erased(read, clinic));
        }
    }
    Ok(())
}

/// The commit with what it left of those who were erased since, where that can be read. What can not is replaced by their erasure.
fn with_erased(read: ReadCommit, clinic: &Clinic) -> Commit {
    let mut commit = read.commit;
    if !read.erased.is_empty() {
        let left = read.erased.into_iter().filter_map(|change| {
            if matches!(change.after, Side::Erased(_)) {
                return None;
            }
            Change::new(clinic.get(&change.id), change.after.whole())
        });
        commit.changes = commit.changes.iter().cloned().chain(left).collect();
    }
    commit
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
