//! How fast groups become durable, beside raw preallocated append + fdatasync of the same bytes.
//!
//! `cargo run --release -p treadwell-journal --example append_rate -- [folder]`; the folder decides
//! the disk. Figures hold as ratios of one run.

#![allow(clippy::print_stdout, reason = "it prints its result")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use treadwell_journal::embedded::{Embedded, Options};
use treadwell_journal::{Appended, Change, Journal, NewCommit, Revision};

const RUN: Duration = Duration::from_secs(2);

/// About what a booking takes: one record of 400 bytes and 150 bytes about the commit.
fn commit(number: u64) -> NewCommit {
    NewCommit {
        meta: Bytes::from(vec![1; 150]),
        changes: vec![Change {
            key: Bytes::from(format!("appointment/{number:020}")),
            before: None,
            after: Some(Bytes::from(vec![2; 400])),
        }],
    }
}

/// Groups a second of raw writes, each `bytes` long and synced.
fn raw(dir: &Path, bytes: usize) -> std::io::Result<f64> {
    const FILE_BYTES: usize = 64 * 1024 * 1024;
    let file = File::create(dir.join("raw"))?;
    file.write_all_at(&vec![0; FILE_BYTES], 0)?;
    file.sync_all()?;
    let group = vec![3; bytes];
    let start = Instant::now();
    let mut groups = 0;
    while start.elapsed() < RUN {
        let offset = (groups * bytes) % (FILE_BYTES - bytes);
        file.write_all_at(&group, offset as u64)?;
        file.sync_data()?;
        groups += 1;
    }
    Ok(per_second(groups, start))
}

#[allow(clippy::cast_precision_loss, reason = "a rate to print")]
fn per_second(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}

/// Groups a second of the engine, one in flight.
async fn engine(dir: &Path, commits: u64) -> Result<f64, treadwell_journal::Error> {
    let (engine, _) = Embedded::create(dir.join("store"), [0; 16], Options::default()).await?;
    let mut head: Revision = 0;
    let start = Instant::now();
    let mut groups = 0;
    while start.elapsed() < RUN {
        let group = (head..head + commits).map(commit).collect();
        match engine.append(head, group).await {
            Appended::Durable { head: next } => head = next,
            Appended::Conflict { .. } => break,
            Appended::Unknown(error) => return Err(error),
        }
        groups += 1;
    }
    let rate = per_second(groups, start);
    engine.close().await?;
    Ok(rate)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parent = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    println!("commits a group | raw groups/s | engine groups/s | ratio | engine commits/s");
    for commits in [1_u32, 8, 64] {
        let folder = tempfile::tempdir_in(&parent)?;
        // A frame of this workload: header, keys, payload.
        let bytes = 136 + commits as usize * (4 + 5 + 32 + 4 + 150 + 4 + 400);
        let raw = raw(folder.path(), bytes)?;
        let engine = engine(folder.path(), u64::from(commits)).await?;
        let ratio = engine / raw;
        let per_commit = engine * f64::from(commits);
        println!(
            "{commits:>15} | {raw:>12.0} | {engine:>15.0} | {ratio:>5.2} | {per_commit:>16.0}"
        );
    }
    Ok(())
}
