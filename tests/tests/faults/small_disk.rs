//! A small disk that gets really full: the system refuses the bytes, not the server's watermark.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use treadwell_api::v1::{GetStatusRequest, GetStatusResponse};
use treadwell_tests::{
    process::{Folder, ServerProcess, binary, free_address, sample_clinic},
    wire::Wire,
};

use super::disk::{comes_back_at, create, is_there};

/// Room for the store, for what has to stay free, and for some MiB of changes.
const MIB: u32 = 320;

/// A file system of its own in memory, seen through the process that holds it, and gone with it.
struct SmallDisk {
    holder: Child,
    root: PathBuf,
    _place: TempDir,
}

impl SmallDisk {
    fn mount(mib: u32) -> Result<Self> {
        let place = tempfile::tempdir()?;
        // A user may mount in a namespace of their own.
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c"])
            .arg("mount -t tmpfs -o size=$1m small \"$0\" && echo mounted && exec cat")
            .arg(place.path())
            .arg(mib.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("`unshare` of util-linux makes the small disk")?;
        let mut said = String::new();
        let out = holder.stdout.take().context("it is piped")?;
        BufReader::new(out).read_line(&mut said)?;
        let seen_from_it = place.path().strip_prefix("/")?;
        let root = PathBuf::from(format!("/proc/{}/root", holder.id())).join(seen_from_it);
        let disk = Self {
            holder,
            root,
            _place: place,
        };
        ensure!(said == "mounted\n", "no file system can be mounted here");
        Ok(disk)
    }

    /// Writes a file until the system refuses the next byte.
    fn fill(&self) -> Result<()> {
        let mut file = fs::File::create(self.filler())?;
        let mut piece = vec![0xA5; 1 << 20];
        loop {
            match file.write_all(&piece) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                    if piece.len() == 1 {
                        return Ok(());
                    }
                    piece.truncate(piece.len() / 2);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn filler(&self) -> PathBuf {
        self.root.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Without it nothing holds the file system any more.
        let _gone = self.holder.kill();
        let _waited = self.holder.wait();
    }
}

async fn start(folder: &Folder, log: &Path) -> Result<ServerProcess> {
    let address = free_address()?;
    let mut command = Command::new(binary("treadwell-server")?);
    command.arg("--data").arg(folder.data());
    command.args(["--listen", &address.to_string()]);
    ServerProcess::run(command, address, log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gets_full_to_the_last_byte_loses_nothing() -> Result<()> {
    let disk = Arc::new(SmallDisk::mount(MIB)?);
    let logs = tempfile::tempdir()?;
    let log = logs.path().join("server.log");
    let folder = Folder::init_in(&disk.root, &sample_clinic(), None)?;
    let server = start(&folder, &log).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let mut acknowledged = Vec::new();
    let is_full = Arc::new(AtomicBool::new(false));
    let filling = {
        let (disk, is_full) = (Arc::clone(&disk), Arc::clone(&is_full));
        tokio::task::spawn_blocking(move || {
            let filled = disk.fill();
            is_full.store(true, Ordering::Relaxed);
            filled
        })
    };
    // While it fills, and until it is full and nothing is taken any more.
    for n in 0.. {
        let was_full = is_full.load(Ordering::Relaxed);
        match create(&wire, &format!("Client {n}")).await {
            Ok(client) => acknowledged.push(client),
            Err(_) if was_full => break,
            Err(_) => {}
        }
        if n > 1_000_000 {
            bail!("a full disk took all of them");
        }
    }
    filling.await??;
    ensure!(!acknowledged.is_empty(), "nothing was made before");
    // It may have ended by itself; what is on disk is what counts.
    server.kill()?;

    let server = start(&folder, &log).await?;
    let wire = Wire::open(&server, folder.owner_key.as_str()).await?;
    let status: GetStatusResponse = wire
        .ask("OperationsService/GetStatus", &GetStatusRequest {})
        .await
        .expect("it serves on what it had kept free for that");
    assert!(!status.writable, "{status:?}");
    for client in &acknowledged {
        is_there(&wire, client).await.expect("it was acknowledged");
    }
    create(&wire, "Too much").await.expect_err("it is full");
    assert!(server.stop()?.success());

    fs::remove_file(disk.filler())?;
    let server = start(&folder, &log).await?;
    comes_back_at(server, &folder, &acknowledged).await
}
