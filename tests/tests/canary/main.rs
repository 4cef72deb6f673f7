//! What clients say, and what is said about them, is nowhere in the clear: not in the data folder, not in the log, not among the metrics,
//! not in a core dump; and after an erasure it is nowhere at all, whoever has the keys.

mod plant;
mod told;

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use plant::{CANARY, Planted, by_hand, somebody};
use rustix::process::Signal;
use told::{EVENT, of_others, trail};
use treadwell_api::v1::{
    EraseClientRequest, GetClientRequest, ListReceiptsRequest, VerifyAuditRequest, VerifyRequest,
    WriteOptions,
};
use treadwell_client::{Client, Event, WatchOptions};
use treadwell_tests::{
    clinic_day::{BEGINS, once},
    process::{Folder, Options, ServerProcess, copy_folder, free_address, send},
};

/// The morning on which the session is: ten o'clock in Halifax, on a working day.
const MORNING: &str = "2026-10-13T13:00:00Z";

/// When the time of everything is over.
const LATER: &str = "2060-03-01T13:00:00Z";

/// A server that logs all that it can, and where it shows its metrics.
async fn serve(folder: &Folder, now: &str) -> Result<(ServerProcess, SocketAddr)> {
    let metrics = free_address()?;
    let shown_at = metrics.to_string();
    let flags = ["--log", "debug", "--metrics-listen", shown_at.as_str()];
    let options = Options {
        clock_start: Some(now.to_owned()),
        flags: flags.map(str::to_owned).into(),
        ..Options::default()
    };
    Ok((ServerProcess::start(folder, &options).await?, metrics))
}

/// The page for Prometheus.
fn metrics(address: SocketAddr) -> Result<String> {
    let mut tcp = TcpStream::connect(address)?;
    tcp.write_all(b"GET /metrics HTTP/1.1\r\nHost: treadwell\r\n\r\n")?;
    let mut page = String::new();
    tcp.read_to_string(&mut page)?;
    ensure!(page.ends_with("# EOF\n"), "{page}");
    Ok(page)
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

/// Whether something tells what was planted.
fn tells(bytes: &[u8]) -> bool {
    [CANARY, EVENT].iter().any(|text| holds(bytes, text))
}

/// The files below a folder that tell something.
fn telling(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files(folder)?;
    let mut error = None;
    found.retain(|path| match fs::read(path) {
        Ok(bytes) => tells(&bytes),
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

/// What was told of whoever was erased is told by nothing any more: `told` has none of the first `theirs` canaries.
fn tells_nothing(told: &str, theirs: usize) -> Result<()> {
    for number in 1..=theirs {
        let text = format!("{CANARY}{number}\"");
        ensure!(!told.contains(&text), "{text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_say_is_nowhere_in_the_clear() -> Result<()> {
    let folder = Folder::sample(Some(BEGINS))?;
    let (server, shown_at) = serve(&folder, MORNING).await?;
    let owner = once(&server, &folder.owner_key)?;
    let mut planted = Planted::default();
    let id = Box::pin(somebody(&server, &owner, &mut planted)).await?;
    let theirs = planted.count();
    let about_nobody = of_others(&owner, &mut planted).await?;
    let by_hand = by_hand(&server, &folder.owner_key, &mut planted)?;
    let noted = trail(&owner).await?;
    for text in [&format!("{CANARY}{theirs}"), &about_nobody] {
        ensure!(noted.contains(&format!("{text}\"")), "{text} is noted");
    }
    // While it runs, after it was killed, and after it was stopped.
    assert_eq!(telling(&folder.data())?, Vec::<PathBuf>::new());
    ensure!(!tells(metrics(shown_at)?.as_bytes()));
    server.kill()?;
    let (server, shown_at) = serve(&folder, MORNING).await?;
    let owner = once(&server, &folder.owner_key)?;
    let get = GetClientRequest {
        client_id: id.clone(),
        at: None,
    };
    let there = owner.get_client(get.clone()).await?;
    ensure!(format!("{there:?}").contains(CANARY), "it is there");
    let numbers = receipts(&owner).await?;
    ensure!(!numbers.is_empty(), "a receipt was issued");
    ensure!(!tells(metrics(shown_at)?.as_bytes()));
    server.stop()?;
    assert_eq!(telling(&folder.data())?, Vec::<PathBuf>::new());
    ensure!(!tells(&fs::read(folder.log())?), "the log tells");
    let older = folder.beside("older");
    copy_folder(&folder.data(), &older)?;

    // The erasure, when the time is over.
    let (server, _) = serve(&folder, LATER).await?;
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
    // The other one, whom the command line made, is there as they were.
    ensure!(told.contains(&by_hand), "{by_hand}");
    tells_nothing(&told, theirs)?;
    let noted = trail(&owner).await?;
    ensure!(noted.contains(&about_nobody), "it is about nobody");
    tells_nothing(&noted, theirs)?;
    server.stop()?;

    // An older copy of the store under the newer ring: as a restore.
    copy_folder(&folder.data().join("keys"), &older.join("keys"))?;
    fs::remove_dir_all(folder.data())?;
    fs::rename(&older, folder.data())?;
    let (server, _) = serve(&folder, LATER).await?;
    let owner = once(&server, &folder.owner_key)?;
    assert!(owner.get_client(get).await.is_err());
    assert_eq!(receipts(&owner).await?, numbers, "no number is lost");
    let verified = owner.verify(VerifyRequest {}).await?;
    assert!(verified.sound, "{:?}", verified.problems);
    let trusted = owner.verify_audit(VerifyAuditRequest {}).await?;
    assert!(trusted.sound, "{:?}", trusted.problems);
    tells_nothing(&watched(&owner, verified.revision).await?, theirs)?;
    tells_nothing(&trail(&owner).await?, theirs)?;
    server.stop()?;
    Ok(())
}

/// In memory the clinic is in the clear, so that there must be no image of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_leaves_no_core() -> Result<()> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let folder = Folder::sample(Some(BEGINS))?;
    let (server, _) = serve(&folder, MORNING).await?;
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
