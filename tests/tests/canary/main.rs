//! What clients say is nowhere in the clear: not in the data folder, not in the log, not in a core dump; and after an erasure it
//! is nowhere at all, whoever has the keys.

mod plant;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use plant::{CANARY, Planted, by_hand, somebody};
use rustix::process::Signal;
use treadwell_api::v1::{
    EraseClientRequest, GetClientRequest, ListReceiptsRequest, VerifyRequest, WriteOptions,
};
use treadwell_client::{Client, Event, WatchOptions};
use treadwell_tests::{
    clinic_day::{BEGINS, once},
    process::{Folder, Options, ServerProcess, copy_folder, send},
};

/// The morning on which the session is: ten o'clock in Halifax, on a working day.
const MORNING: &str = "2026-10-13T13:00:00Z";

/// When the time of everything is over.
const LATER: &str = "2060-03-01T13:00:00Z";

async fn serve(folder: &Folder, now: &str) -> Result<ServerProcess> {
    let options = Options {
        clock_start: Some(now.to_owned()),
        flags: ["--log", "debug"].map(str::to_owned).into(),
        ..Options::default()
    };
    ServerProcess::start(folder, &options).await
}

/// Every file in a folder and those below it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let first = text.as_bytes()[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == first) {
        if rest[at..].starts_with(text.as_bytes()) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Result<Vec<PathBuf>> {
    let mut found = files(folder)?;
    let mut error = None;
    found.retain(|path| match fs::read(path) {
        Ok(bytes) => holds(&bytes, text),
        Err(why) => {
            error = Some(why);
            false
        }
    });
    error.map_or(Ok(found), |error| Err(error.into()))
}

/// Everything that a watch from the beginning tells, as text.
async fn watched(owner: &Client, until: u64) -> Result<String> {
    let mut watch = owner.watch(WatchOptions {
        after: Some(0),
        ..WatchOptions::default()
    });
    let mut told = String::new();
    while let Some(event) = watch.next().await {
        match event {
            Event::Link(_) => {}
            Event::Ended(error) => return Err(error.into()),
            Event::Snapshot(change) | Event::Commit(change) => {
                write!(told, "{:?}", change.events).expect("a String takes all text");
                if change.revision >= until {
                    return Ok(told);
                }
            }
        }
    }
    Ok(told)
}

async fn receipts(owner: &Client) -> Result<Vec<i32>> {
    let all = owner.list_receipts(ListReceiptsRequest::default()).await?;
    Ok(all.receipts.iter().map(|receipt| receipt.number).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_say_is_nowhere_in_the_clear() -> Result<()> {
    let folder = Folder::sample(Some(BEGINS))?;
    let server = serve(&folder, MORNING).await?;
    let owner = once(&server, &folder.owner_key)?;
    let mut planted = Planted::default();
    let id = Box::pin(somebody(&server, &owner, &mut planted)).await?;
    by_hand(&server, &folder.owner_key, &mut planted)?;
    // While it runs, after it was killed, and after it was stopped.
    assert_eq!(holding(&folder.data(), CANARY)?, Vec::<PathBuf>::new());
    server.kill()?;
    let server = serve(&folder, MORNING).await?;
    let owner = once(&server, &folder.owner_key)?;
    let get = GetClientRequest {
        client_id: id.clone(),
        at: None,
    };
    let there = owner.get_client(get.clone()).await?;
    ensure!(format!("{there:?}").contains(CANARY), "it is there");
    let numbers = receipts(&owner).await?;
    ensure!(!numbers.is_empty(), "a receipt was issued");
    server.stop()?;
    for kept in [folder.data(), folder.log()] {
        let found = if kept.is_dir() {
            holding(&kept, CANARY)?
        } else {
            let log = fs::read(&kept)?;
            [kept].into_iter().filter(|_| holds(&log, CANARY)).collect()
        };
        assert_eq!(found, Vec::<PathBuf>::new());
    }
    let older = folder.beside("older");
    copy_folder(&folder.data(), &older)?;

    // The erasure, when the time is over.
    let server = serve(&folder, LATER).await?;
    let owner = once(&server, &folder.owner_key)?;
    let erase = EraseClientRequest {
        write: Some(WriteOptions {
            reason: "retention is over".to_owned(),
            ..WriteOptions::default()
        }),
        client_id: id,
        give_up_balance: true,
    };
    let erased = owner.erase_client(erase).await?;
    assert!(owner.get_client(get.clone()).await.is_err());
    let told = watched(&owner, erased.revision).await?;
    let by_hand = format!("{CANARY}{}", planted.count() - 1);
    // The other one, whom the command line made, is there as they were.
    ensure!(told.contains(&by_hand), "{by_hand}");
    for number in 1..planted.count() - 1 {
        ensure!(
            !told.contains(&format!("{CANARY}{number}\"")),
            "{CANARY}{number}"
        );
    }
    server.stop()?;

    // An older copy of the store under the newer ring: as a restore.
    copy_folder(&folder.data().join("keys"), &older.join("keys"))?;
    fs::remove_dir_all(folder.data())?;
    fs::rename(&older, folder.data())?;
    let server = serve(&folder, LATER).await?;
    let owner = once(&server, &folder.owner_key)?;
    assert!(owner.get_client(get).await.is_err());
    assert_eq!(receipts(&owner).await?, numbers, "no number is lost");
    let verified = owner.verify(VerifyRequest {}).await?;
    assert!(verified.sound, "{:?}", verified.problems);
    let told = watched(&owner, verified.revision).await?;
    for number in 1..planted.count() - 1 {
        ensure!(
            !told.contains(&format!("{CANARY}{number}\"")),
            "{CANARY}{number}"
        );
    }
    server.stop()?;
    Ok(())
}

/// In memory the clinic is in the clear, so that there must be no image of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_leaves_no_core() -> Result<()> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let folder = Folder::sample(Some(BEGINS))?;
    let server = serve(&folder, MORNING).await?;
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id()))?;
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core = core.context("the limit of core files")?;
    assert_eq!(
        core.split_whitespace().filter(|word| *word == "0").count(),
        2,
        "{core}"
    );
    let here = || -> Result<Vec<PathBuf>> {
        let mut cores = files(&std::env::current_dir()?)?;
        cores.retain(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name == "core" || name.starts_with("core.")
        });
        Ok(cores)
    };
    let before = here()?;
    send(server.id(), Signal::ABORT)?;
    let status = server.ends().await?;
    assert!(!status.success());
    assert!(
        !std::os::unix::process::ExitStatusExt::core_dumped(&status),
        "{status}, {pattern}"
    );
    assert_eq!(here()?, before);
    Ok(())
}
