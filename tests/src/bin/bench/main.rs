//! `cargo xtask bench`: the measured work of `../shared/workload/WORKLOAD.md`, each figure beside the limit that it is held
//! against, in one run; and the page `docs/benchmarks/README.md` made from it.
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
mod compare;
mod connection;
mod echo;
mod footprint;
mod load;
mod meanwhile;
mod measure;
mod names;
mod paint;
mod peers;
mod raw;
mod report;
mod search;
mod sheet;
mod waitlist;
mod watch;

use std::{env, fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use treadwell_tests::{
    process::{Folder, Options, ServerProcess, memory_mib, sample_clinic},
    root,
    workload::DataSet,
};

use crate::{
    book::Stream,
    compare::{Found, Samples, median},
    connection::Target,
    meanwhile::Work,
    measure::{Length, Sample, closed_loop},
    report::{Report, delay, milliseconds, rate},
};

const HELP: &str = "\
cargo xtask bench [options]

  --clinic        only the data set of 2 sites (12 rooms, 6,281 appointments)
  --chain         only the data set of 200 sites (1,200 rooms, 628,834 appointments; loading takes minutes)
  --peers         PostgreSQL beside it, where it and the workload are there (as root)
  --workload DIR  where the workload's scripts are; default ../shared/workload
  --quick         one short run of each measurement, to see that it works
  --disk DIR      where the data lies; default target/
  --write FILE    also writes all that was found as a page, such as docs/benchmarks/README.md
";

/// What to run.
struct Plan {
    data_sets: Vec<DataSet>,
    peers: bool,
    workload: PathBuf,
    length: Length,
    disk: PathBuf,
    page: Option<PathBuf>,
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
        workload: root().join("../shared/workload"),
        length: Length {
            warm_up: Duration::from_secs(1),
            measured: Duration::from_secs(3),
            runs: 3,
        },
        disk: root().join("target"),
        page: None,
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
            "--workload" => {
                plan.workload = arguments
                    .next()
                    .context("--workload needs a folder")?
                    .into();
            }
            "--write" => {
                plan.page = Some(arguments.next().context("--write needs a file")?.into());
            }
            other => bail!("no option `{other}`\n\n{HELP}"),
        }
    }
    // Now, and not after minutes of work.
    fs::create_dir_all(&plan.disk)
        .with_context(|| format!("{} can not be made", plan.disk.display()))?;
    Ok(plan)
}

async fn run(plan: &Plan) -> Result<()> {
    let mut report = Report::default();
    println!("{}\n", report::conditions(plan.length));
    paint::measure(&mut report)?;
    let postgres = if plan.peers {
        peers::Postgres::start(&plan.disk, &plan.workload)
    } else {
        Err(anyhow::anyhow!("`--peers` was not asked for"))
    };
    if let Err(missing) = &postgres {
        compare::without_postgres(&mut report, &format!("{missing:#}"));
    }
    let mut all = Vec::new();
    for data_set in &plan.data_sets {
        let found = measure(plan, *data_set, &mut report).await?;
        if let Ok(postgres) = &postgres {
            compare::beside_postgres(&mut report, postgres, *data_set, &found, plan.length)?;
        }
        all.push((*data_set, found));
    }
    compare::sizes(&mut report, &all);
    if let Some(path) = &plan.page {
        fs::write(path, report.page(plan.length))
            .with_context(|| format!("{} can not be written", path.display()))?;
    }
    Ok(())
}

/// In flight for searches and sheets, and what to reach of the echo (PEERS.md).
const READS: [(usize, f64); 3] = [(1, 0.85), (8, 0.75), (64, 0.75)];
/// In flight for bookings.
const WRITES: [usize; 4] = [1, 8, 32, 256];
/// Long before the calendar begins.
const CLOCK_START: &str = "2027-01-03T12:00:00-04:00";

async fn measure(plan: &Plan, data_set: DataSet, report: &mut Report) -> Result<Found> {
    report.heading(
        2,
        &format!("Data set {}: {} sites", data_set.name(), data_set.sites()),
    );
    let folder = Folder::init_in(&plan.disk, &sample_clinic(), Some(CLOCK_START))?;
    let backups = folder.beside("backups");
    fs::create_dir(&backups)?;
    let options = Options {
        clock_start: Some(CLOCK_START.to_owned()),
        // But for the first, no backups are taken by the schedule. A closed loop bounds itself; whoever is refused would be missing from it.
        flags: vec![
            "--backup-folder".to_owned(),
            backups.display().to_string(),
            "--backup-every-hours=168".to_owned(),
            "--calls=1024".to_owned(),
        ],
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
    let loading = loaded.commits as f64 / loaded.seconds;
    ensure!(server.stop()?.success(), "the server did not stop cleanly");
    let (server, clean_start) = footprint::timed_start(&folder, &options).await?;
    let target = Target::keyed(server.address(), &folder.owner_key)?;

    let searches = searches(plan, data_set, &target, report).await?;
    let sheets = sheets(plan, data_set, &target, report).await?;
    let stream = Stream::new(data_set.sites(), bookings, loaded.clients);
    let writes = books(plan, &target, &stream).await?;
    meanwhile::two_years(&target, data_set, &stream).await?;
    beside_reports(plan, &target, &stream, report).await?;
    beside_backups(plan, &target, &stream, report).await?;
    watches(&target, &stream, report).await?;
    offers(&target, &stream, report).await?;

    let (now, peak) = memory_mib(server.id())?;
    server.kill()?;
    let (server, start_after_kill) = footprint::timed_start(&folder, &options).await?;
    server.stop()?;
    appends(plan, &folder, &writes, stream.made(), report).await?;
    report.heading(3, "Loading, starting, memory");
    report.note(&format!(
        "Loaded through the API: {} commits in {:.1} s, {loading:.0}/s. Start until it serves: {:.0} ms after a clean stop, {:.0} ms \
         after kill -9. The server's memory: {now} MiB at the end, {peak} MiB at its highest.",
        loaded.commits,
        loaded.seconds,
        milliseconds(clean_start),
        milliseconds(start_after_kill),
    ));
    Ok(Found {
        searches,
        writes,
        sheets,
    })
}

/// Bookings of operation B that fit before the booking horizon, with a margin for the watchers.
fn bookings(data_set: DataSet) -> u32 {
    match data_set {
        DataSet::Clinic => 95_000,
        DataSet::Chain => 400_000,
    }
}

/// The head of a table of rates beside a limit.
fn beside(limit: &str) -> [String; 7] {
    let rate = format!("{limit}/s");
    [
        "in flight",
        "treadwell/s",
        "p50 ms",
        "p99 ms",
        rate.as_str(),
        "ratio",
        "aim",
    ]
    .map(str::to_owned)
}

/// Searches on both grids; gives those on the coarser one.
async fn searches(
    plan: &Plan,
    data_set: DataSet,
    target: &Target,
    report: &mut Report,
) -> Result<Samples> {
    let sites = data_set.sites();
    let typical = search::check(target, sites).await?;
    report.heading(
        3,
        "A: search of a fortnight, beside a bare tonic echo of the same answer",
    );
    report.note(&format!(
        "{} answers equal the brute-force oracle's.",
        2 * search::CHECKED
    ));
    let echo = echo::EchoProcess::start(&typical).await?;
    let echo = (Target::open(echo.address), echo);
    let mut found = Vec::new();
    for grid_minutes in [5, 15] {
        found.clear();
        report.note(&format!("On a grid of {grid_minutes} minutes:"));
        report.head(&beside("echo").each_ref().map(String::as_str));
        for (in_flight, aim) in READS {
            let (mut ours, mut limits) = (Vec::new(), Vec::new());
            for _ in 0..plan.length.runs {
                for (target, samples) in [(&echo.0, &mut limits), (target, &mut ours)] {
                    let workers = search::workers(target, in_flight, sites, grid_minutes).await?;
                    samples.push(closed_loop(workers, plan.length).await?);
                }
            }
            let (ours, limit) = (median(ours)?, median(limits)?);
            let ratio = ours.rate / limit.rate;
            let what = format!(
                "search beside the echo, {}, grid {grid_minutes}, {in_flight} in flight",
                data_set.name()
            );
            let verdict = report.at_least(what, aim, ratio);
            report.row(&rates(in_flight, ours, limit.rate, verdict));
            found.push((in_flight, ours));
        }
    }
    Ok(found)
}

/// A row of rates beside a limit.
fn rates(in_flight: usize, ours: Sample, limit: f64, verdict: String) -> [String; 7] {
    [
        in_flight.to_string(),
        rate(ours.rate),
        delay(ours.p50),
        delay(ours.p99),
        rate(limit),
        format!("{:.2}", ours.rate / limit),
        verdict,
    ]
}

async fn sheets(
    plan: &Plan,
    data_set: DataSet,
    target: &Target,
    report: &mut Report,
) -> Result<Samples> {
    sheet::check(target, data_set.sites()).await?;
    report.heading(3, "C: day sheet");
    report.head(&["in flight", "treadwell/s", "p50 ms", "p99 ms"]);
    let mut found = Vec::new();
    for (in_flight, _) in READS {
        let mut ours = Vec::new();
        for _ in 0..plan.length.runs {
            let workers = sheet::workers(target, in_flight, data_set.sites()).await?;
            ours.push(closed_loop(workers, plan.length).await?);
        }
        let ours = median(ours)?;
        report.row(&[
            in_flight.to_string(),
            rate(ours.rate),
            delay(ours.p50),
            delay(ours.p99),
        ]);
        found.push((in_flight, ours));
    }
    Ok(found)
}

/// Bookings; all of them together take at most half of the stream.
async fn books(plan: &Plan, target: &Target, stream: &Stream) -> Result<Samples> {
    let share = stream.total() / 2 / u32::try_from(WRITES.len() * plan.length.runs)?;
    let mut writes = Vec::new();
    for in_flight in WRITES {
        let mut ours = Vec::new();
        for _ in 0..plan.length.runs {
            let part = stream.limited(share);
            let workers = book::workers(target, in_flight, &part).await?;
            ours.push(closed_loop(workers, plan.length.shortened()).await?);
        }
        writes.push((in_flight, median(ours)?));
    }
    Ok(writes)
}

/// Bookings with and without a report being made beside them.
async fn beside_reports(
    plan: &Plan,
    target: &Target,
    stream: &Stream,
    report: &mut Report,
) -> Result<()> {
    report.heading(3, "Bookings while reports are made");
    report.note(&format!(
        "Reports one after another (utilization, screening outcomes) over all sites, five years by month, with {} bookings over {} \
         days and the data set's own appointments in them; by turns with bookings alone. What a run booked is cancelled after it.",
        stream.made(),
        stream.days(),
    ));
    meanwhile::compare(plan.length, target, Work::Reports, stream, report).await
}

/// Bookings with and without a backup being taken beside them.
async fn beside_backups(
    plan: &Plan,
    target: &Target,
    stream: &Stream,
    report: &mut Report,
) -> Result<()> {
    report.heading(3, "Bookings while backups are taken");
    report.note(
        "Backups one after another, each read back, to a folder on the same disk; by turns with bookings alone. What a run booked is \
         cancelled after it. A clinic takes one an hour.",
    );
    meanwhile::compare(plan.length, target, Work::Backups, stream, report).await
}

async fn watches(target: &Target, stream: &Stream, report: &mut Report) -> Result<()> {
    report.heading(3, "From a booking to its event at the watchers");
    report.note(
        "From the moment at which the booking is sent: the commit, which can not be seen from outside, lies between that and the \
         acknowledgement.",
    );
    report.head(&[
        "watchers",
        "acknowledged p50 ms",
        "p99 ms",
        "event p50 ms",
        "p99 ms",
    ]);
    for watchers in [1, 1000] {
        let delays = watch::delays(target, watchers, stream).await?;
        report.row(&[
            watchers.to_string(),
            delay(delays.acknowledged.p50),
            delay(delays.acknowledged.p99),
            delay(delays.seen.p50),
            delay(delays.seen.p99),
        ]);
    }
    Ok(())
}

/// How soon a cancelled place is offered to the next who waits.
async fn offers(target: &Target, stream: &Stream, report: &mut Report) -> Result<()> {
    report.heading(3, "From a cancellation to the next offer at a watcher");
    report.note(&format!(
        "The server makes the offers by itself, {} others having waited longer, for other times. From the moment at which the \
         cancellation is sent, on one connection, to the offer on another.",
        waitlist::OTHERS_WAITING
    ));
    report.head(&[
        "acknowledged p50 ms",
        "p99 ms",
        "offer p50 ms",
        "p99 ms",
        "offer / acknowledged",
    ]);
    let delays = waitlist::delays(target, stream).await?;
    let ratio = delays.seen.p50.as_secs_f64() / delays.acknowledged.p50.as_secs_f64();
    report.row(&[
        delay(delays.acknowledged.p50),
        delay(delays.acknowledged.p99),
        delay(delays.seen.p50),
        delay(delays.seen.p99),
        format!("{ratio:.2}"),
    ]);
    Ok(())
}

/// The raw appends come last, when no server uses the disk and the size of a commit is known.
async fn appends(
    plan: &Plan,
    folder: &Folder,
    writes: &[(usize, Sample)],
    made: u32,
    report: &mut Report,
) -> Result<()> {
    let bytes = footprint::commit_bytes(folder, u64::from(made.min(10_000))).await?;
    report.heading(
        3,
        &format!("B: durable booking, beside a raw append and fdatasync of the same {bytes} bytes a commit"),
    );
    report.head(&beside("raw").each_ref().map(String::as_str));
    for (in_flight, ours) in writes {
        let raw = raw::appends_per_second(&plan.disk, *in_flight, bytes, plan.length.measured)?;
        report.row(&rates(*in_flight, *ours, raw, "-".to_owned()));
    }
    Ok(())
}
