//! A disk that takes its time: reads do not wait for it, changes share a sync, and when it stands still so many changes wait and no more.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use tempfile::TempDir;
use tokio::time::timeout;
use tonic::{Code, Request, transport::Channel};
use treadwell_api::v1::{UpdateClientRequest, client_service_client::ClientServiceClient};
use treadwell_journal::disk::{Disk, File, RealDisk};
use treadwell_journal::simulation::Over;
use treadwell_server::{Handle, Server, config::Config, sample, setup};
use treadwell_tests::seed::{Random, seed};

use crate::{
    clients::{Desk, What},
    load::{Outcome, open_loop, quantile},
    seconds, table,
};

/// Longer than anything here may take.
const LONG: Duration = Duration::from_mins(1);

/// A disk whose syncs take as long as it is told.
#[derive(Clone, Default)]
struct Slow(Arc<Pace>);

#[derive(Default)]
struct Pace {
    state: Mutex<State>,
    changed: Condvar,
    syncs: AtomicU64,
}

#[derive(Default)]
struct State {
    each: Duration,
    stands_still: bool,
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        let state = self.state();
        let each = state.each;
        let still = self.changed.wait_while(state, |state| state.stands_still);
        drop(still);
        std::thread::sleep(each);
    }
}

impl Slow {
    fn takes(&self, each: Duration) {
        self.0.state().each = each;
    }

    fn stands_still(&self, still: bool) {
        self.0.state().stands_still = still;
        self.0.changed.notify_all();
    }

    fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::Relaxed)
    }

    fn file(&self, file: Arc<dyn File>) -> Arc<dyn File> {
        Arc::new(SlowFile {
            file,
            pace: Arc::clone(&self.0),
        })
    }
}

struct SlowFile {
    file: Arc<dyn File>,
    pace: Arc<Pace>,
}

impl File for SlowFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(buf, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.pace.wait();
        self.file.sync()
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

impl Over for Slow {
    fn under(&self) -> &dyn Disk {
        &RealDisk
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        RealDisk.open(path).map(|file| self.file(file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        RealDisk.create(path).map(|file| self.file(file))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.wait();
        RealDisk.sync_dir(dir)
    }
}

/// A server in this process on such a disk.
struct Clinic {
    _folder: TempDir,
    server: Handle,
    desk: Desk,
    disk: Slow,
}

impl Clinic {
    /// With room for so many changes at once.
    async fn open(changes: usize, connections: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let made = setup::init(&data, None, sample::CLINIC, None).await?;
        let mut config = Config::new(&data);
        config.listen = "127.0.0.1:0".parse()?;
        config.calls = 2 * changes;
        let disk = Slow::default();
        let server = Server::start_on(Arc::new(disk.clone()), config, None).await?;
        let url = format!("http://{}", server.address());
        let desk = Desk::open(&url, &made.secret, connections).await?;
        Ok(Self {
            _folder: folder,
            server,
            desk,
            disk,
        })
    }

    /// So many changes at once.
    async fn changes(&self, count: u64) -> Vec<Result<(), tonic::Status>> {
        let calls = (0..count).map(|number| self.desk.clone().call(What::Change, number << 8));
        join_all(calls).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_stands_still_reads_go_on_and_so_many_changes_wait_and_no_more() -> Result<()>
{
    const WAIT: usize = 16;
    const OFFERED: u64 = 200;
    let clinic = Clinic::open(WAIT, 4).await?;
    clinic.disk.stands_still(true);
    let desk = clinic.desk.clone();
    let changes = tokio::spawn(async move {
        let calls = (0..OFFERED).map(|number| desk.clone().call(What::Change, number << 8));
        join_all(calls.map(tokio::spawn)).await
    });
    // While nothing is written, whoever only looks is answered.
    for number in 0..200 {
        let what = if number % 2 == 0 {
            What::Board
        } else {
            What::Search
        };
        timeout(LONG, clinic.desk.clone().call(what, number << 8)).await??;
    }
    clinic.disk.stands_still(false);
    let answers = timeout(LONG, changes).await??;
    let mut done = 0;
    for answer in answers {
        match answer? {
            Ok(()) => done += 1,
            Err(no) => ensure!(no.code() == Code::ResourceExhausted, "{no}"),
        }
    }
    ensure!(done >= WAIT, "those that waited are done: {done}");
    table::row(
        "a disk that stands still",
        format!(
            "{done} of {OFFERED} changes waited for it or came after, the others refused; 200 of 200 reads answered meanwhile"
        ),
        "reads do not wait",
        true,
    );
    clinic.server.stop().await;
    Ok(())
}

/// A change with a key that opens nothing, by this connection.
async fn with_a_wrong_key(channel: Channel) -> Result<Code> {
    let mut request = Request::new(UpdateClientRequest::default());
    let key = format!("Bearer {}", "x".repeat(43)).parse()?;
    request.metadata_mut().insert("authorization", key);
    let mut clients = ClientServiceClient::new(channel);
    let no = timeout(LONG, clients.update_client(request)).await?;
    Ok(no.err().context("it opens nothing")?.code())
}

/// Nobody's key is tried, and no attempt noted, by a connection that is known while nobody is let in: to note it would wait for this disk.
#[tokio::test(flavor = "multi_thread")]
async fn while_as_many_changes_wait_as_may_a_wrong_key_costs_nothing_and_is_told_so() -> Result<()>
{
    const WAIT: u8 = 16;
    const REFUSED: u8 = 8;
    let clinic = Clinic::open(WAIT.into(), 2).await?;
    clinic.disk.stands_still(true);
    let numbers = (0..WAIT + REFUSED).map(u64::from);
    let calls = numbers.map(|number| clinic.desk.clone().call(What::Change, number << 8));
    let mut changes: FuturesUnordered<_> = calls.collect();
    for _ in 0..REFUSED {
        let refused = timeout(LONG, changes.next()).await?.context("an answer")?;
        let no = refused.err().context("nothing is written")?;
        ensure!(no.code() == Code::ResourceExhausted, "{no}");
    }
    let code = with_a_wrong_key(clinic.desk.channel()).await?;
    ensure!(code == Code::ResourceExhausted, "{code}");
    clinic.disk.stands_still(false);
    while let Some(done) = timeout(LONG, changes.next()).await? {
        done?;
    }
    let code = with_a_wrong_key(clinic.desk.channel()).await?;
    ensure!(code == Code::Unauthenticated, "{code}");
    clinic.server.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_slow_disk_changes_share_a_sync_and_reads_do_not_wait_for_it() -> Result<()> {
    let clinic = Clinic::open(256, 8).await?;
    clinic.disk.takes(Duration::from_millis(200));
    let before = clinic.disk.syncs();
    for answer in clinic.changes(100).await {
        answer?;
    }
    let syncs = clinic.disk.syncs() - before;
    table::row(
        "a disk of 200 ms a sync: 100 changes at once",
        format!("{syncs} syncs"),
        "at most 10",
        syncs <= 10,
    );
    if let Some(seconds) = seconds() {
        clinic.disk.takes(Duration::ZERO);
        let length = Duration::from_secs(seconds);
        let mut random = Random::new(seed(72));
        let mut fast = offer(&clinic, &mut random, length).await?;
        clinic.disk.takes(Duration::from_millis(200));
        let mut slow = offer(&clinic, &mut random, length).await?;
        report(&mut fast, &mut slow);
    }
    clinic.server.stop().await;
    Ok(())
}

/// 200 changes and 400 reads a second.
async fn offer(clinic: &Clinic, random: &mut Random, length: Duration) -> Result<[Outcome; 2]> {
    let mut other = Random::new(random.next_u64());
    let call = |what, chance| (what, clinic.desk.clone().call(what, chance));
    let change = |chance| call(What::Change, chance);
    let read = |chance: u64| {
        let what = if chance.is_multiple_of(2) {
            What::Board
        } else {
            What::Search
        };
        call(what, chance)
    };
    let both = tokio::join!(
        open_loop(random, 200.0, length, change),
        open_loop(&mut other, 400.0, length, read)
    );
    let both: [Outcome; 2] = both.into();
    for of_a_kind in &both {
        ensure!(of_a_kind.others.is_empty(), "{:?}", of_a_kind.others);
        ensure!(
            of_a_kind.refused.is_empty(),
            "{} refused",
            of_a_kind.refused.len()
        );
        of_a_kind.done.first().context("some are done")?;
    }
    Ok(both)
}

fn report(
    [fast_changes, fast_reads]: &mut [Outcome; 2],
    [slow_changes, slow_reads]: &mut [Outcome; 2],
) {
    let ms = |delay: Duration| delay.as_secs_f64() * 1e3;
    table::row(
        "a disk of 200 ms a sync: 200 changes/s",
        format!(
            "p50 {:.0} ms, p99 {:.0} ms (without: {:.1} and {:.1} ms), none refused",
            ms(quantile(&mut slow_changes.done, 500)),
            ms(slow_changes.p99()),
            ms(quantile(&mut fast_changes.done, 500)),
            ms(fast_changes.p99()),
        ),
        "p99 of at most 4 syncs",
        slow_changes.p99() <= Duration::from_millis(800),
    );
    let (slow, fast) = (ms(slow_reads.p99()), ms(fast_reads.p99()));
    table::row(
        "a disk of 200 ms a sync: 400 reads/s beside them",
        format!("p99 {slow:.1} ms (without: {fast:.1} ms)"),
        "far less than a sync",
        slow <= 50.0_f64.max(3.0 * fast),
    );
}
