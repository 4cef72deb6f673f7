//! One round: a clinic of its own, clients who work on it, and what goes wrong meanwhile; then everything that is open is
//! settled and everything read once more.
//!
//! Besides the server as it is there are three systems that are wrong on purpose, made of real servers and copies of the
//! data folder: the judge has to find them out.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet, time::sleep};
use treadwell_api::v1::{GetStatusRequest, VerifyRequest};
use treadwell_client::{Client, Options, Retry};
use treadwell_tests::{
    clinic_day::{self, BEGINS},
    process::{self, Folder, ServerProcess, binary, copy_folder, copy_store, free_address},
    root,
    seed::Random,
};

use crate::{
    calls::{ROOMS, parts, send},
    history::{Call, Open, Record, Recorder},
    proxy::Proxy,
    work::{Board, Stage, Worker, settle},
};

/// How many work at once.
const WORKERS: usize = 8;
/// How long the work goes on in a system that is wrong, before it went wrong and after.
const A_WHILE: Duration = Duration::from_millis(300);

/// What the clients work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// The server, with so many faults.
    Sound { faults: u32 },
    /// Its disk forgets what was synced, as if it had answered before that was durable.
    Forgetful,
    /// After a failover both the old and the new one serve.
    Twins,
    /// Reads come from a copy that stays behind.
    Stale,
}

/// What happened in a round.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) records: Vec<Record>,
    /// Calls of which nobody knows what became of them.
    pub(crate) unknown: u32,
    /// Changes that were open at the end.
    pub(crate) open: usize,
    pub(crate) kills: u32,
    pub(crate) stops: u32,
    pub(crate) cuts: u32,
}

struct House {
    folder: Folder,
    address: SocketAddr,
    server: Option<ServerProcess>,
    proxy: Proxy,
    stage: watch::Sender<Stage>,
    round: Round,
}

/// Makes a history.
pub(crate) async fn round(seed: u64, system: System) -> Result<Round> {
    let mut random = Random::new(seed);
    let mut house = House::open().await?;
    let recorder = Arc::new(Recorder::new());
    let clients = house.clients().await?;
    let desk = house.desk(&house.proxy.url())?;
    // A second server on a copy of the folder, where the system is wrong by having one.
    let second = match system {
        System::Twins | System::Stale => Some(house.copy().await?),
        System::Sound { .. } | System::Forgetful => None,
    };
    let other = match &second {
        Some((_, server)) => house.desk(&server.url())?,
        None => desk.clone(),
    };
    let board = Arc::new(Board::default());
    let mut work = JoinSet::new();
    for (number, clients) in clients.iter().enumerate() {
        let is_other = system == System::Twins && number % 2 == 1;
        work.spawn(
            Worker {
                number,
                desk: if is_other { &other } else { &desk }.clone(),
                reader: if number % 2 == 1 { &other } else { &desk }.clone(),
                clients: clients.clone(),
                random: Random::new(random.next_u64()),
                board: Arc::clone(&board),
                recorder: Arc::clone(&recorder),
                stage: house.stage.subscribe(),
            }
            .work(),
        );
    }
    match system {
        System::Sound { faults } => house.go_wrong(faults, &mut random).await?,
        System::Forgetful => house.forget().await?,
        System::Twins | System::Stale => sleep(A_WHILE * 2).await,
    }
    house.stage.send_replace(Stage::Over);
    while let Some(worker) = work.join_next().await {
        worker??;
    }
    // Whatever is still on its way ends here.
    house.restart(|_| Ok(())).await?;
    house.conclude(&clients, &recorder).await?;
    let mut round = house.round;
    round.unknown = recorder.unknown.load(Ordering::Relaxed);
    let recorder = Arc::try_unwrap(recorder)
        .ok()
        .context("everybody has gone home")?;
    round.records = recorder.finish();
    Ok(round)
}

impl House {
    async fn open() -> Result<Self> {
        let clinic = root().join("tests/tests/linear/clinic.toml");
        let folder = Folder::init(&clinic, Some(BEGINS))?;
        let address = free_address()?;
        let server = serve(&folder.data(), address, &folder.log()).await?;
        Ok(Self {
            folder,
            address,
            server: Some(server),
            proxy: Proxy::to(address).await?,
            stage: watch::Sender::new(Stage::Work),
            round: Round::default(),
        })
    }

    /// Calls are sent once; sending them again is what histories are about.
    fn desk(&self, url: &str) -> Result<Client> {
        Ok(Client::new(Options {
            retry: Retry::NEVER,
            ..Options::new(url, &self.folder.owner_key)
        })?)
    }

    /// A client of the clinic for each worker and room.
    async fn clients(&self) -> Result<Vec<Vec<String>>> {
        let desk = self.desk(&self.proxy.url())?;
        let mut all = Vec::new();
        for worker in 0..WORKERS {
            let mut clients = Vec::new();
            for room in 0..ROOMS {
                let name = format!("Client {worker} of room {room}");
                clients.push(clinic_day::client(&desk, &name).await?);
            }
            all.push(clients);
        }
        Ok(all)
    }

    async fn go_wrong(&mut self, faults: u32, random: &mut Random) -> Result<()> {
        let pause = |random: &mut Random, most: u32| {
            sleep(Duration::from_millis(u64::from(20 + random.below(most))))
        };
        for _ in 0..faults {
            pause(random, 200).await;
            match random.below(4) {
                0 => {
                    self.round.kills += 1;
                    self.restart(|_| Ok(())).await?;
                }
                1 => {
                    self.round.stops += 1;
                    let process = self.server.as_ref().context("it runs")?.id();
                    process::send(process, Signal::STOP)?;
                    pause(random, 250).await;
                    process::send(process, Signal::CONT)?;
                }
                2 => {
                    self.round.cuts += 1;
                    self.proxy.cut();
                }
                _ => {
                    self.round.cuts += 1;
                    let time = u64::from(10 + random.below(60));
                    self.proxy.swallow(Duration::from_millis(time)).await;
                }
            }
        }
        pause(random, 200).await;
        Ok(())
    }

    /// Kills the server and starts it again, with something done to its folder in between.
    async fn restart(&mut self, between: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        self.server.take().context("it runs")?.kill()?;
        self.stage.send_if_modified(|stage| {
            let works = *stage == Stage::Work;
            if works {
                *stage = Stage::Wait;
            }
            works
        });
        let data = self.folder.data();
        between(&data)?;
        let server = serve(&data, self.address, &self.folder.log()).await?;
        self.server = Some(server);
        self.stage.send_if_modified(|stage| {
            let waits = *stage == Stage::Wait;
            if waits {
                *stage = Stage::Work;
            }
            waits
        });
        Ok(())
    }

    /// The folder is put back to what it was a while ago.
    async fn forget(&mut self) -> Result<()> {
        sleep(A_WHILE).await;
        let before = self.copied()?;
        sleep(A_WHILE).await;
        self.restart(|data| {
            fs::remove_dir_all(data)?;
            copy_folder(&before.path().join("data"), data)
        })
        .await?;
        sleep(A_WHILE).await;
        Ok(())
    }

    /// A second server, on the folder as it is now.
    async fn copy(&self) -> Result<(TempDir, ServerProcess)> {
        let place = self.copied()?;
        let log = place.path().join("server.log");
        let server = serve(&place.path().join("data"), free_address()?, &log).await?;
        Ok((place, server))
    }

    /// The folder as a kill would leave it now.
    fn copied(&self) -> Result<TempDir> {
        let place = TempDir::with_prefix("treadwell-")?;
        let process = self.server.as_ref().context("it runs")?.id();
        process::send(process, Signal::STOP)?;
        copy_store(&self.folder.data(), &place.path().join("data"))?;
        process::send(process, Signal::CONT)?;
        Ok(place)
    }

    /// Settles what is open, reads everything, and has the store verified.
    async fn conclude(&mut self, clients: &[Vec<String>], recorder: &Recorder) -> Result<()> {
        let desk = self.desk(&self.proxy.url())?;
        let status = desk.get_status(GetStatusRequest {}).await?;
        self.round.open = settle(&desk, clients, status.revision, recorder).await?;
        for part in parts() {
            for call in [Call::List, Call::DaySheet] {
                let open = Open {
                    number: recorder.number(),
                    worker: WORKERS,
                    part,
                    call,
                    invoked: recorder.now(),
                };
                let sent = open.invoked;
                let answer = send(&desk, open.number, part, &open.call, "").await?;
                let answer = answer.context("a server that is well answers")?;
                recorder.add(open.answered(sent, recorder.now(), answer));
            }
        }
        let verified = desk.verify(VerifyRequest {}).await?;
        ensure!(verified.sound, "{:?}", verified.problems);
        Ok(())
    }
}

async fn serve(data: &Path, address: SocketAddr, log: &Path) -> Result<ServerProcess> {
    let mut command = Command::new(binary("treadwell-server")?);
    command.arg("--data").arg(data);
    command.arg("--listen").arg(address.to_string());
    command.args(["--clock-start", BEGINS]);
    ServerProcess::run(command, address, log).await
}
