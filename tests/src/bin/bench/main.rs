//! `cargo xtask bench`: the measured work of `../shared/workload/WORKLOAD.md`, each figure beside the limit that it is held
//! against, in one run.
//!
//! The server is the release binary in a process of its own, loaded through its API. Figures of a run hold only as ratios to
//! the limit measured in the same run. Start reading at [`run`].

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints its figures"
)]

mod book;
mod catalog;
mod connection;
mod echo;
mod footprint;
mod load;
mod measure;
mod names;
mod peers;
mod raw;
mod report;
mod search;
mod sheet;
mod watch;

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use treadwell_tests::{
    process::{Folder, Options, ServerProcess, sample_clinic},
    root,
    workload::DataSet,
};

use crate::{
    book::Stream,
    connection::Target,
    measure::{Length, Sample, closed_loop, median},
};

const HELP: &str = "\
cargo xtask bench [options]

  --clinic   only the data set of 2 sites (12 rooms, 6,281 appointments)
  --chain    only the data set of 200 sites (1,200 rooms, 628,834 appointments; loading takes minutes)
  --peers    PostgreSQL beside it, where it and ../shared/workload are there (as root)
  --quick    one short run of each measurement, to see that it works
  --disk DIR where the data lies; default target/
";

/// What to run.
struct Plan {
    data_sets: Vec<DataSet>,
    peers: bool,
    length: Length,
    disk: PathBuf,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if arguments
        .first()
        .is_some_and(|argument| argument == echo::ARGUMENT)
    {
        return runtime.block_on(echo::serve());
    }
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{HELP}");
        return Ok(());
    }
    runtime.block_on(run(&plan(&arguments)?))
}

fn plan(arguments: &[String]) -> Result<Plan> {
    let mut plan = Plan {
        data_sets: vec![DataSet::Clinic, DataSet::Chain],
        peers: false,
        length: Length {
            warm_up: Duration::from_secs(1),
            measured: Duration::from_secs(3),
            runs: 3,
        },
        disk: root().join("target"),
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--clinic" => plan.data_sets = vec![DataSet::Clinic],
            "--chain" => plan.data_sets = vec![DataSet::Chain],
            "--peers" => plan.peers = true,
            "--quick" => {
                plan.length = Length {
                    warm_up: Duration::from_millis(100),
                    measured: Duration::from_millis(400),
                    runs: 1,
                };
            }
            "--disk" => plan.disk = arguments.next().context("--disk needs a folder")?.into(),
            other => bail!("no option `{other}`\n\n{HELP}"),
        }
    }
    Ok(plan)
}

async fn run(plan: &Plan) -> Result<()> {
    let cores = std::thread::available_parallelism()?;
    report::note(&format!(
        "{cores} cores shared by server, client and disk; closed loops; medians of {}",
        plan.length.runs
    ));
    let postgres = if plan.peers {
        match peers::Postgres::start(&plan.disk) {
            Ok(postgres) => Some(postgres),
            Err(missing) => {
                eprintln!("!! NO PEERS: {missing:#}");
                None
            }
        }
    } else {
        None
    };
    for data_set in &plan.data_sets {
        measure(plan, *data_set, postgres.as_ref()).await?;
    }
    Ok(())
}

/// In flight for searches and sheets, and what to reach of the echo (PEERS.md).
const READS: [(usize, f64); 3] = [(1, 0.85), (8, 0.75), (64, 0.75)];
/// In flight for bookings.
const WRITES: [usize; 4] = [1, 8, 32, 256];
/// What searches, bookings and day sheets are to reach of PostgreSQL.
const SEARCH_AIM: (usize, f64) = (8, 5.5);
const BOOK_AIMS: [(usize, f64); 3] = [(1, 1.3), (8, 2.0), (32, 3.0)];
const SHEET_AIM: (usize, f64) = (8, 2.5);
/// Long before the calendar begins.
const CLOCK_START: &str = "2027-01-03T12:00:00-04:00";

async fn measure(plan: &Plan, data_set: DataSet, postgres: Option<&peers::Postgres>) -> Result<()> {
    report::heading(&format!(
        "Data set {}: {} sites",
        data_set.name(),
        data_set.sites()
    ));
    let folder = Folder::init_in(&plan.disk, &sample_clinic(), Some(CLOCK_START))?;
    let options = Options {
        clock_start: Some(CLOCK_START.to_owned()),
        ..Options::default()
    };
    let server = ServerProcess::start(&folder, &options).await?;
    let target = Target::keyed(server.address(), &folder.owner_key)?;
    let bookings = bookings(data_set);
    let loaded = load::load(&target, data_set, bookings).await?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of commits is far below 2^52"
    )]
    let rate = loaded.commits as f64 / loaded.seconds;
    report::note(&format!(
        "loaded through the API: {} commits in {:.1} s, {rate:.0}/s",
        loaded.commits, loaded.seconds
    ));
    ensure!(server.stop()?.success(), "the server did not stop cleanly");
    let (server, took) = footprint::timed_start(&folder, &options).await?;
    report::note(&format!(
        "start after a clean stop, until it serves: {:.0} ms",
        report::milliseconds(took)
    ));
    let target = Target::keyed(server.address(), &folder.owner_key)?;

    let mut found = Found::default();
    searches(plan, data_set, &target, &mut found).await?;
    sheets(plan, data_set, &target, &mut found).await?;
    let stream = Stream::new(data_set.sites(), bookings, loaded.clients);
    let writes = books(plan, &target, &stream).await?;
    watches(&target, &stream).await?;

    let (now, peak) = footprint::memory_mib(server.id())?;
    report::note(&format!(
        "\nserver's memory: {now} MiB now, {peak} MiB at its highest"
    ));
    server.kill()?;
    let (server, took) = footprint::timed_start(&folder, &options).await?;
    report::note(&format!(
        "start after kill -9, until it serves: {:.0} ms",
        report::milliseconds(took)
    ));
    server.stop()?;
    found.writes = writes;
    appends(plan, &folder, &found, stream.made()).await?;
    if let Some(postgres) = postgres {
        beside(postgres, data_set, &found)?;
    }
    Ok(())
}

/// Bookings of operation B that fit before the booking horizon, with a margin for the watchers.
fn bookings(data_set: DataSet) -> u32 {
    match data_set {
        DataSet::Clinic => 95_000,
        DataSet::Chain => 400_000,
    }
}

/// What was measured of the product, for the comparison with peers.
#[derive(Default)]
struct Found {
    searches: Vec<(usize, Sample)>,
    sheets: Vec<(usize, Sample)>,
    writes: Vec<(usize, Sample)>,
}

async fn searches(
    plan: &Plan,
    data_set: DataSet,
    target: &Target,
    found: &mut Found,
) -> Result<()> {
    let sites = data_set.sites();
    let typical = search::check(target, sites).await?;
    report::heading("A: search of a fortnight, beside a bare tonic echo of the same answer");
    report::note(&format!(
        "{} answers equal the brute-force oracle's\n",
        2 * search::CHECKED
    ));
    let echo = echo::EchoProcess::start(&typical).await?;
    let echo = (Target::open(echo.address), echo);
    for grid_minutes in [15, 5] {
        report::note(&format!("grid of {grid_minutes} minutes"));
        report::rates_head("echo");
        for (in_flight, aim) in READS {
            let (mut ours, mut limits) = (Vec::new(), Vec::new());
            for _ in 0..plan.length.runs {
                limits.push(
                    closed_loop(
                        search::workers(&echo.0, in_flight, sites, grid_minutes).await?,
                        plan.length,
                    )
                    .await?,
                );
                ours.push(
                    closed_loop(
                        search::workers(target, in_flight, sites, grid_minutes).await?,
                        plan.length,
                    )
                    .await?,
                );
            }
            let (ours, limit) = (
                median(ours).context("no run")?,
                median(limits).context("no run")?,
            );
            report::rates_row(in_flight, ours, limit.rate, aim);
            if grid_minutes == 15 {
                found.searches.push((in_flight, ours));
            }
        }
    }
    Ok(())
}

async fn sheets(plan: &Plan, data_set: DataSet, target: &Target, found: &mut Found) -> Result<()> {
    sheet::check(target, data_set.sites()).await?;
    report::heading("C: day sheet");
    for (in_flight, _) in READS {
        let mut ours = Vec::new();
        for _ in 0..plan.length.runs {
            ours.push(
                closed_loop(
                    sheet::workers(target, in_flight, data_set.sites()).await?,
                    plan.length,
                )
                .await?,
            );
        }
        let ours = median(ours).context("no run")?;
        report::note(&format!(
            "{in_flight:>4} in flight: {:>8.0}/s, p50 {:.3} ms, p99 {:.3} ms",
            ours.rate,
            report::milliseconds(ours.p50),
            report::milliseconds(ours.p99)
        ));
        found.sheets.push((in_flight, ours));
    }
    Ok(())
}

/// Bookings; each run takes at most its share of the stream.
async fn books(plan: &Plan, target: &Target, stream: &Stream) -> Result<Vec<(usize, Sample)>> {
    let runs = u32::try_from(WRITES.len() * plan.length.runs)?;
    let share = stream.left() / (runs + 1);
    let mut writes = Vec::new();
    for in_flight in WRITES {
        let mut ours = Vec::new();
        for _ in 0..plan.length.runs {
            let part = stream.limited(share);
            ours.push(
                closed_loop(
                    book::workers(target, in_flight, &part).await?,
                    plan.length.shortened(),
                )
                .await?,
            );
        }
        writes.push((in_flight, median(ours).context("no run")?));
    }
    Ok(writes)
}

async fn watches(target: &Target, stream: &Stream) -> Result<()> {
    report::heading("From a booking's acknowledgement to its event at the watchers");
    for watchers in [1, 1000] {
        let delays = watch::delays(target, watchers, stream).await?;
        report::note(&format!(
            "{watchers:>5} watchers: p50 {:.2} ms, p99 {:.2} ms",
            report::milliseconds(delays.p50),
            report::milliseconds(delays.p99)
        ));
    }
    Ok(())
}

/// The raw appends come last, when no server uses the disk and the size of a commit is known.
async fn appends(plan: &Plan, folder: &Folder, found: &Found, made: u32) -> Result<()> {
    let bytes = footprint::commit_bytes(folder, u64::from(made.min(10_000))).await?;
    report::heading(&format!(
        "B: durable booking, beside a raw append and fdatasync of the same {bytes} bytes a commit"
    ));
    report::rates_head("raw");
    for (in_flight, ours) in &found.writes {
        let raw = raw::appends_per_second(&plan.disk, *in_flight, bytes, plan.length.measured)?;
        report::rates_row(*in_flight, *ours, raw, 0.0);
    }
    Ok(())
}

/// PostgreSQL on the same work.
fn beside(postgres: &peers::Postgres, data_set: DataSet, found: &Found) -> Result<()> {
    report::heading("Beside PostgreSQL 15, same run");
    postgres.load(data_set)?;
    let aim = |aims: &[(usize, f64)], in_flight: usize| {
        aims.iter()
            .find(|(at, _)| *at == in_flight)
            .map_or(0.0, |(_, aim)| *aim)
    };
    for (in_flight, ours) in &found.searches {
        let peer = postgres.search(data_set, *in_flight, 15)?;
        report::peer_row(
            "search",
            *in_flight,
            *ours,
            peer.rate,
            peer.mean_ms,
            aim(&[SEARCH_AIM], *in_flight),
        );
    }
    for (in_flight, ours) in found
        .writes
        .iter()
        .filter(|(in_flight, _)| *in_flight < 100)
    {
        let peer = postgres.book(data_set, *in_flight)?;
        report::peer_row(
            "booking",
            *in_flight,
            *ours,
            peer.rate,
            peer.mean_ms,
            aim(&BOOK_AIMS, *in_flight),
        );
    }
    for (in_flight, ours) in &found.sheets {
        let peer = postgres.day_sheet(data_set, *in_flight)?;
        report::peer_row(
            "day sheet",
            *in_flight,
            *ours,
            peer.rate,
            peer.mean_ms,
            aim(&[SHEET_AIM], *in_flight),
        );
    }
    Ok(())
}
