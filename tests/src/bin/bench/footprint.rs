//! What a running server takes: the time until it serves, its memory, and the bytes that a booking takes in the journal.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use treadwell_journal::{
    Change, Journal,
    embedded::{Embedded, Options as JournalOptions},
};
use treadwell_tests::process::{Folder, Options, ServerProcess};

/// Starts a server on a folder and says how long it took until its health check said that it serves.
pub(crate) async fn timed_start(
    folder: &Folder,
    options: &Options,
) -> Result<(ServerProcess, Duration)> {
    let began = Instant::now();
    let server = ServerProcess::start(folder, options).await?;
    Ok((server, began.elapsed()))
}

/// The mean size in bytes of the newest commits of a journal that no server has open.
pub(crate) async fn commit_bytes(folder: &Folder, newest: u64) -> Result<usize> {
    let (journal, report) = Embedded::open(folder.data(), JournalOptions::default()).await?;
    let after = report.head.saturating_sub(newest);
    let commits = journal.read(after, usize::try_from(newest)?).await?;
    ensure!(!commits.is_empty(), "the journal holds no commit");
    let bytes: usize = commits
        .iter()
        .map(|commit| commit.meta.len() + commit.changes.iter().map(size).sum::<usize>())
        .sum();
    journal.close().await?;
    Ok(bytes / commits.len())
}

fn size(change: &Change) -> usize {
    let image = |image: &Option<_>| image.as_ref().map_or(0, bytes_len);
    change.key.len() + image(&change.before) + image(&change.after)
}

fn bytes_len(bytes: &impl AsRef<[u8]>) -> usize {
    bytes.as_ref().len()
}
