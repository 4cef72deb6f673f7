//! A Treadwell server in a process of its own: made, started, awaited, killed and started again.
//!
//! [`Folder`] is a data folder made by `treadwell init`, [`ServerProcess`] a running `treadwell-server` on it. Readiness is
//! awaited by the standard health check; what the server wrote to its log comes with every error.

use std::{
    env, fs,
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use treadwell_journal::disk;
use treadwell_server::keyring;

use crate::root;

/// How long a server may take to be ready, a restart with a large journal included.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How often readiness is asked for. There is nothing to await before the port is open.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// A clinic's data folder in a temporary place, gone when this is dropped.
#[derive(Debug)]
pub struct Folder {
    place: TempDir,
    /// The secret of the first owner's key.
    pub owner_key: String,
}

impl Folder {
    /// Makes a clinic from a `clinic.toml`, with `treadwell init`. `clock_start` is the RFC 3339 instant at which that is
    /// done; the machine's time without it.
    pub fn init(clinic: &Path, clock_start: Option<&str>) -> Result<Self> {
        Self::init_in(&env::temp_dir(), clinic, clock_start)
    }

    /// The sample clinic that ships with the product, whose roster then begins on that day.
    pub fn sample(clock_start: Option<&str>) -> Result<Self> {
        Self::init(&sample_clinic(), clock_start)
    }

    /// As [`Folder::init`], on the disk where `parent` lies.
    pub fn init_in(parent: &Path, clinic: &Path, clock_start: Option<&str>) -> Result<Self> {
        let place = TempDir::with_prefix_in("treadwell-", parent)?;
        let mut command = Command::new(binary("treadwell")?);
        command
            .arg("init")
            .arg("--from")
            .arg(clinic)
            .arg("--data")
            .arg(place.path().join("data"))
            .stdin(Stdio::null());
        if let Some(instant) = clock_start {
            command.env("TREADWELL_CLOCK_START", instant);
        }
        let output = command.output().context("treadwell can not be started")?;
        let printed = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let complained = String::from_utf8_lossy(&output.stderr);
            bail!(
                "treadwell init failed ({}): {printed}{complained}",
                output.status
            );
        }
        let owner_key = printed
            .split_whitespace()
            .find(|word| word.starts_with("tw_"))
            .with_context(|| format!("treadwell init printed no key: {printed}"))?
            .to_owned();
        Ok(Self { place, owner_key })
    }

    /// A copy of a store that lies somewhere, with the secret of its owner's key.
    pub fn copy_of(store: &Path, owner_key: &str) -> Result<Self> {
        let place = TempDir::with_prefix("treadwell-")?;
        copy_store(store, &place.path().join("data"))?;
        Ok(Self {
            place,
            owner_key: owner_key.to_owned(),
        })
    }

    /// The folder that the server is given.
    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// A place beside it, gone with it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The server's log, of all its starts.
    pub fn log(&self) -> PathBuf {
        self.place.path().join("server.log")
    }
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where it listens; without it, on a port that is free now. A restart names the old address, so that clients find it.
    pub address: Option<SocketAddr>,
    /// The RFC 3339 instant from which an injected clock runs; the machine's clock without it.
    pub clock_start: Option<String>,
    /// More flags.
    pub flags: Vec<String>,
}

/// So many calls may be at work, however many cores there are, unless a flag says otherwise: who tests something else is not refused for it.
const CALLS: &str = "256";

impl ServerProcess {
    /// Starts a server on a folder and waits until it serves.
    pub async fn start(folder: &Folder, options: &Options) -> Result<Self> {
        let address = match options.address {
            Some(address) => address,
            None => free_address()?,
        };
        let mut command = Command::new(binary("treadwell-server")?);
        command
            .arg("--data")
            .arg(folder.data())
            .arg("--listen")
            .arg(address.to_string())
            .args(&options.flags)
            .env("TREADWELL_CALLS", CALLS);
        if let Some(instant) = &options.clock_start {
            command.arg("--clock-start").arg(instant);
        }
        Self::run(command, address, &folder.log()).await
    }

    /// Runs a command that serves at an address, and waits until it does. What it says is appended to the log.
    pub async fn run(command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        Self::run_until(command, address, log, || is_ready(address)).await
    }

    /// As [`ServerProcess::run`], for a server that is asked in another way whether it is ready.
    pub async fn run_until<F: Future<Output = bool>>(
        mut command: Command,
        address: SocketAddr,
        log: &Path,
        is_ready: impl Fn() -> F,
    ) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let child = command.spawn().context("the server can not be started")?;
        let mut server = Self { child, address };
        if let Err(error) = server.await_ready(is_ready).await {
            let log = fs::read_to_string(log).unwrap_or_default();
            return Err(error.context(format!("the server's log:\n{log}")));
        }
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a client wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<Channel> {
        connect(self.address).await
    }

    /// Kills it with SIGKILL, as a power switch would: nothing is flushed, no handler runs.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> Result<ExitStatus> {
        send(self.child.id(), Signal::TERM)?;
        Ok(self.child.wait()?)
    }

    /// Waits until it has ended by itself.
    pub async fn ends(mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the server still runs after {READY_WITHIN:?}");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn await_ready<F: Future<Output = bool>>(
        &mut self,
        is_ready: impl Fn() -> F,
    ) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended before it was ready ({status})");
            }
            if is_ready().await {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the server was not ready within {READY_WITHIN:?}");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn connect(address: SocketAddr) -> Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.tcp_nodelay(true).connect().await?)
}

/// By the standard health check.
async fn is_ready(address: SocketAddr) -> bool {
    let Ok(channel) = connect(address).await else {
        return false;
    };
    let request = HealthCheckRequest {
        service: String::new(),
    };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.into_inner().status == i32::from(ServingStatus::Serving))
}

/// Copies a data folder, and the seal key that lies beside it, so that the copy can be opened. A store of before there were any has none.
pub fn copy_store(from: &Path, to: &Path) -> Result<()> {
    copy_folder(from, to)?;
    let key = keyring::beside(from);
    if key.is_file() {
        // With its mode.
        fs::copy(key, keyring::beside(to))?;
    }
    Ok(())
}

/// Copies a folder and what is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    Ok(disk::copy_folder(from, to)?)
}

/// Sends a process a signal. (A program `kill` is not on every machine.)
pub fn send(process: u32, signal: Signal) -> Result<()> {
    let id = Pid::from_raw(i32::try_from(process)?).context("no process has this number")?;
    Ok(kill_process(id, signal)?)
}

/// A process's memory in MiB as it is now, and at its highest.
pub fn memory_mib(process: u32) -> Result<(u64, u64)> {
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

/// By how many MiB a process's memory has at its highest grown over what it was. The kernel's count is rough: read later,
/// the highest may be lower.
pub fn grown_mib(process: u32, was: u64) -> Result<u64> {
    Ok(memory_mib(process)?.1.saturating_sub(was))
}

/// The sample clinic's file.
pub fn sample_clinic() -> PathBuf {
    root().join("server/src/sample/clinic.toml")
}

/// An address on this machine that nobody listens on now.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

/// A binary of the workspace, built in the same profile as the running program.
///
/// Cargo does not build other packages' binaries for a test, so this says when one is missing or older than its sources.
pub fn binary(name: &str) -> Result<PathBuf> {
    program("", name, "--bins")
}

/// An example of the workspace, as [`binary`].
pub fn example(name: &str) -> Result<PathBuf> {
    program("examples", name, "--examples")
}

#[expect(
    clippy::print_stderr,
    reason = "a warning for who runs the test, without failing it"
)]
fn program(below: &str, name: &str, kind: &str) -> Result<PathBuf> {
    let program = env::current_exe()?;
    let mut folder = program.parent().context("a program lies in a folder")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("deps/ lies in a folder")?;
    }
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = folder.join(below).join(&name);
    let build = format!("run `cargo build --workspace {kind}`");
    if !path.is_file() {
        bail!("{} is not built: {build}", path.display());
    }
    if let Some(source) = newer_source(&path)? {
        eprintln!("warning: {name} is older than {source}: {build}");
    }
    Ok(path)
}

/// The first source file that has changed since a binary was built, by the list that cargo leaves beside it.
fn newer_source(binary: &Path) -> Result<Option<String>> {
    let built = binary.metadata()?.modified()?;
    let list = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources);
    let changed = |path: &Path| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    Ok(sources
        .split_whitespace()
        .find(|source| changed(Path::new(source)).is_some_and(|changed| changed > built))
        .map(str::to_owned))
}
