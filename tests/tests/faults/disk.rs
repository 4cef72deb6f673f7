//! A disk that is full, or fails under the running server.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tonic::Code;
use treadwell_api::v1::{
    Client, CreateClientRequest, CreateClientResponse, GetClientRequest, GetClientResponse,
    GetStatusRequest, GetStatusResponse, Reason, VerifyRequest, VerifyResponse,
};
use treadwell_tests::{
    clinic_day::named,
    process::{Folder, Options, ServerProcess, binary, free_address},
    wire::{No, Wire, refused},
};

pub(crate) async fn create(wire: &Wire, name: &str) -> Result<String, No> {
    let request = CreateClientRequest {
        write: named(name),
        client: Some(Client {
            name: name.to_owned(),
            ..Client::default()
        }),
    };
    let made: CreateClientResponse = wire.ask("ClientService/CreateClient", &request).await?;
    Ok(made.client.unwrap_or_default().id)
}

pub(crate) async fn is_there(wire: &Wire, client_id: &str) -> Result<(), No> {
    let request = GetClientRequest {
        client_id: client_id.to_owned(),
        at: None,
    };
    let found: GetClientResponse = wire.ask("ClientService/GetClient", &request).await?;
    assert!(found.client.is_some());
    Ok(())
}

/// The server starts on the folder as if nothing had been, what was acknowledged is there, and more can be written.
async fn comes_back(folder: &Folder, acknowledged: &[String]) -> Result<()> {
    let server = ServerProcess::start(folder, &Options::default()).await?;
    comes_back_at(server, folder, acknowledged).await
}

/// The same of a server that has started.
pub(crate) async fn comes_back_at(
    server: ServerProcess,
    folder: &Folder,
    acknowledged: &[String],
) -> Result<()> {
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    for client_id in acknowledged {
        is_there(&wire, client_id)
            .await
            .expect("it was acknowledged");
    }
    create(&wire, "After it").await.expect("writes go on");
    let verified: VerifyResponse = wire
        .ask("OperationsService/Verify", &VerifyRequest {})
        .await
        .expect("it verifies");
    assert!(verified.sound, "{:?}", verified.problems);
    assert!(server.stop()?.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_writes_are_refused_and_reads_go_on() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = ServerProcess::start(&folder, &Options::default()).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let client = create(&wire, "Before it").await.expect("it is made");
    assert!(server.stop()?.success());
    // No disk has so much room: a tebibyte.
    let full = Options {
        flags: vec!["--free-disk-mib".to_owned(), "1048576".to_owned()],
        ..Options::default()
    };
    let server = ServerProcess::start(&folder, &full).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let status: GetStatusResponse = wire
        .ask("OperationsService/GetStatus", &GetStatusRequest {})
        .await
        .expect("reads go on");
    assert!(!status.writable, "{status:?}");
    let no = refused(create(&wire, "Too much").await, Reason::WritesStopped);
    assert_eq!(no.code, Code::Unavailable);
    assert!(no.message.contains("disk"), "{no:?}");
    // Somebody's health record, too: there is still room to note who reads it.
    is_there(&wire, &client).await.expect("it can be noted");
    let log = fs::read_to_string(folder.log())?;
    assert!(log.contains("the disk is full"), "{log}");
    assert!(!folder.data().join("ballast").exists(), "it was let go");
    assert!(server.stop()?.success());
    comes_back(&folder, &[]).await?;
    assert!(
        folder.data().join("ballast").exists(),
        "it is there for the next time"
    );
    Ok(())
}

/// A server whose writes beyond an offset in a file can be made to fail, as on a disk that does: with an error, not a signal.
async fn fallible(folder: &Folder) -> Result<ServerProcess> {
    let address = free_address()?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(binary("treadwell-server")?)
        .arg("--data")
        .arg(folder.data())
        .args(["--listen", &address.to_string()]);
    ServerProcess::run(command, address, &folder.log()).await
}

/// From now on nothing can be written beyond this offset in any file.
fn fail_beyond(server: &ServerProcess, bytes: u64) -> Result<()> {
    let id = Pid::from_raw(i32::try_from(server.id())?).context("a process has a number")?;
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    prlimit(Some(id), Resource::Fsize, limit)?;
    Ok(())
}

/// A write is not acknowledged, and the server ends, saying why.
async fn refuses_and_ends(folder: &Folder, server: ServerProcess, wire: &Wire) -> Result<()> {
    let no = create(wire, "Not to be written")
        .await
        .expect_err("it can not be written");
    // The process may be gone before its answer has left.
    assert!(no.local || no.code == Code::Unavailable, "{no:?}");
    let status = server.ends().await?;
    assert_eq!(status.code(), Some(1), "{status:?}");
    let log = fs::read_to_string(folder.log())?;
    let last = log.lines().last().context("it said something")?;
    assert!(last.starts_with("treadwell-server: "), "{log}");
    assert!(last.contains("start again"), "{log}");
    assert!(
        log.contains("File too large"),
        "what the system says: {log}"
    );
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}

/// Waits until the log says this.
async fn said(log: &Path, text: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(log)?.contains(text) {
        ensure!(Instant::now() < deadline, "the log does not say: {text}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_can_not_be_written_ends_the_server_and_loses_nothing() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = fallible(&folder).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let mut acknowledged = Vec::new();
    for n in 0..20 {
        acknowledged.push(
            create(&wire, &format!("Before {n}"))
                .await
                .expect("it is made"),
        );
    }
    // The log is shorter, the journal is longer.
    fail_beyond(&server, 32 << 10)?;
    refuses_and_ends(&folder, server, &wire).await?;
    comes_back(&folder, &acknowledged).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_can_not_be_written_end_the_server_and_lose_nothing() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = fallible(&folder).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    // The journal is 40 KB long; the next place in the records' file lies beyond 100 KB.
    fail_beyond(&server, 80 << 10)?;
    let acknowledged = create(&wire, "In the journal only")
        .await
        .expect("it is made");
    said(&folder.log(), "the records store failed").await?;
    refuses_and_ends(&folder, server, &wire).await?;
    comes_back(&folder, &[acknowledged]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_damaged_are_made_anew_from_the_journal() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = ServerProcess::start(&folder, &Options::default()).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let acknowledged = create(&wire, "Before it").await.expect("it is made");
    assert!(server.stop()?.success());
    // Without it sled does not open.
    fs::write(folder.data().join("records/conf"), [0xA5; 62])?;
    comes_back(&folder, &[acknowledged]).await?;
    let log = fs::read_to_string(folder.log())?;
    assert!(
        log.contains("the records were rebuilt from the journal"),
        "{log}"
    );
    Ok(())
}
