//! What a running server takes: the time until it serves, its memory, and the bytes that a booking takes in the journal.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
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

/// A process's memory in MiB as it is now, and at its highest.
pub(crate) fn memory_mib(process: u32) -> Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .context("memory is read from /proc, on Linux")?;
    let mib = |field: &str| {
        let line = status.lines().find(|line| line.starts_with(field));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.map(|kib| kib / 1024)
            .with_context(|| format!("no {field} in the process's status"))
    };
    Ok((mib("VmRSS:")?, mib("VmHWM:")?))
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
