//! Backups of a server that is at work, and killed: each is whole, and restored it is, record for record, what the clinic was.
//!
//! The judge is the journal of the clinic itself, folded here. `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run; a round is
//! one start of the server.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

mod erased;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures::future::join_all;
use treadwell_api::v1::{CreateBackupRequest, ListBackupsRequest};
use treadwell_client::Client;
use treadwell_journal::{
    Commit, Journal as _,
    embedded::{Embedded, Options as Store},
};
use treadwell_server::keyring;
use treadwell_tests::{
    clinic_day::{self, BEGINS, hands_on, named, once},
    process::{Folder, Options, ServerProcess, binary, copy_store},
    seed::{Random, rounds, seed},
};

/// CI's rounds; a campaign takes the time to restore each backup twice.
const SLICE: u64 = 2;

/// How many book at once.
const WORKERS: u32 = 6;

/// A folder for backups beside a clinic, and a server that takes them there.
pub(crate) fn with_backups(folder: &Folder) -> Result<(PathBuf, Options)> {
    let backups = folder.beside("backups");
    fs::create_dir_all(&backups)?;
    let options = Options {
        clock_start: Some(BEGINS.to_owned()),
        flags: vec![
            "--backup-folder".to_owned(),
            backups.display().to_string(),
            "--backup-keep-hours".to_owned(),
            "8784".to_owned(),
        ],
        ..Options::default()
    };
    Ok((backups, options))
}

/// The backups in a folder, oldest first.
pub(crate) fn files(backups: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(backups)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "treadwell-backup") {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Runs `treadwell store restore`.
pub(crate) fn restore(backup: &Path, to: &Path, seal_key: &Path, more: &[&str]) -> Result<Output> {
    let mut command = Command::new(binary("treadwell")?);
    command.args(["store", "restore", "--json"]).arg(backup);
    command.arg("--to").arg(to).arg("--seal-key").arg(seal_key);
    Ok(command.args(more).output()?)
}

/// Books at random until the server is gone or it has done enough.
async fn book(desk: &Client, worker: u32, mut random: Random, enough: u32) -> Result<u32> {
    let name = format!("Client {worker} of {}", random.next_u64());
    let Ok(client) = clinic_day::client(desk, &name).await else {
        return Ok(0);
    };
    let mut booked = 0;
    for count in 0..enough {
        let site = *random.choose(&["halifax", "dartmouth"]);
        let (days, quarters) = (random.below(50), random.below(40));
        let id = format!("{name} {count}");
        match desk
            .book_appointment(hands_on(&id, &client, site, days, quarters))
            .await
        {
            Ok(_) => booked += 1,
            Err(error) if error.refusal().is_some() => {}
            Err(_) => break,
        }
    }
    Ok(booked)
}

/// Takes backups one after the other until the server is gone or there are so many.
async fn back_up(desk: &Client, tag: &str, enough: u32) -> Result<u32> {
    let patient = desk.with_timeout(Duration::from_mins(2));
    for count in 0..enough {
        let ask = CreateBackupRequest {
            write: named(format!("{tag} {count}")),
        };
        match patient.create_backup(ask).await {
            Ok(answer) => ensure!(answer.backup.is_some(), "{answer:?}"),
            Err(error) if error.refusal().is_some() => return Err(error.into()),
            Err(_) => return Ok(count),
        }
    }
    Ok(enough)
}

/// The records as the journal in a data folder makes them at each of these revisions.
async fn folds(data: &Path, wanted: &[u64]) -> Result<BTreeMap<u64, BTreeMap<Bytes, Bytes>>> {
    let (journal, _) = Embedded::open(data, Store::default()).await?;
    ensure!(journal.oldest() == 0, "nothing of it is compacted");
    let head = journal.head();
    let commits: Vec<Commit> = journal.read(0, usize::MAX).await?;
    ensure!(commits.len() as u64 == head, "all of it is read");
    journal.close().await?;
    let (mut folds, mut records) = (BTreeMap::new(), BTreeMap::new());
    for commit in commits {
        for change in commit.changes {
            match change.after {
                Some(after) => records.insert(change.key, after),
                None => records.remove(&change.key),
            };
        }
        if wanted.contains(&commit.revision) {
            folds.insert(commit.revision, records.clone());
        }
    }
    Ok(folds)
}

/// The records in a data folder, and its revision.
async fn records(data: &Path) -> Result<(u64, BTreeMap<Bytes, Bytes>)> {
    let (journal, _) = Embedded::open(data, Store::default()).await?;
    let loaded = journal.load().await?;
    journal.close().await?;
    Ok((loaded.head, loaded.records.into_iter().collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_of_a_server_at_work_are_restored_record_for_record() -> Result<()> {
    let (seed, rounds) = (seed(20_261_126), rounds(SLICE));
    println!("seed {seed}, {rounds} rounds");
    let mut random = Random::new(seed);
    let folder = Folder::sample(Some(BEGINS))?;
    let (backups, options) = with_backups(&folder)?;
    let (mut booked, mut taken, mut kills) = (0, 0, 0);
    for round in 0..rounds {
        let server = ServerProcess::start(&folder, &options).await?;
        let desk = once(&server, &folder.owner_key)?;
        // Each other server is killed while a backup may be under way; the others stop in order.
        let is_killed = round % 2 == 0;
        let enough = if is_killed { u32::MAX } else { 30 };
        let workers = (0..WORKERS).map(|worker| {
            let random = Random::new(random.next_u64());
            book(&desk, worker, random, enough)
        });
        let workers: Vec<_> = workers.collect();
        let tag = format!("round {round}");
        let copies = if is_killed { u32::MAX } else { 3 };
        let until = Duration::from_millis(u64::from(400 + random.below(1_500)));
        let end = async {
            if is_killed {
                tokio::time::sleep(until).await;
                server.kill()?;
                return Ok(None);
            }
            Ok::<_, anyhow::Error>(Some(server))
        };
        let (worked, copied, server) =
            tokio::join!(join_all(workers), back_up(&desk, &tag, copies), end);
        booked += worked.into_iter().sum::<Result<u32>>()?;
        taken += copied?;
        kills += u32::from(is_killed);
        if let Some(server) = server? {
            let listed = desk.list_backups(ListBackupsRequest::default()).await?;
            ensure!(listed.problem.is_empty(), "{}", listed.problem);
            ensure!(server.stop()?.success(), "it did not stop in order");
        }
    }
    ensure!(booked > 0 && taken > 0, "{booked} booked, {taken} backups");
    let compared = compare(&folder, &backups, &mut random, rounds == SLICE).await?;
    ensure!(compared > 1, "only {compared} restored");
    println!(
        "{booked} booked, {taken} backups acknowledged, {kills} kills, {compared} restores compared"
    );
    Ok(())
}

/// Restores each backup to its end and to an earlier revision, or by turns to one of these, and compares all of it with the journal.
async fn compare(
    folder: &Folder,
    backups: &Path,
    random: &mut Random,
    by_turns: bool,
) -> Result<u32> {
    let journal = folder.beside("journal");
    copy_store(&folder.data(), &journal)?;
    let seal_key = keyring::beside(&folder.data());
    let mut wanted = Vec::new();
    for (number, file) in files(backups)?.into_iter().enumerate() {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (_, revision) = name.rsplit_once("-r").context("a revision in the name")?;
        let revision: u64 = revision.parse()?;
        let earlier = 1 + u64::from(random.below(u32::try_from(revision)?));
        for (turn, until) in [None, Some(earlier)].into_iter().enumerate() {
            if !by_turns || turn == number % 2 {
                wanted.push((file.clone(), revision, until));
            }
        }
    }
    let revisions: Vec<_> = wanted
        .iter()
        .map(|(_, last, until)| until.unwrap_or(*last))
        .collect();
    let folds = folds(&journal, &revisions).await?;
    let mut compared = 0;
    for (file, last, until) in wanted {
        let to = folder.beside("restored");
        let text = until.map(|it| it.to_string());
        let more = text.as_ref().map_or(vec![], |it| vec!["--revision", it]);
        let output = restore(&file, &to, &seal_key, &more)?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{}: {said}", file.display());
        let (revision, records) = records(&to).await?;
        ensure!(
            revision == until.unwrap_or(last),
            "{revision} of {}",
            file.display()
        );
        ensure!(
            records == folds[&revision],
            "{} at {revision} is not what the clinic was",
            file.display()
        );
        fs::remove_dir_all(&to)?;
        compared += 1;
    }
    Ok(compared)
}
