//! Bookings alone, and beside other work that is done again and again: reports over all sites and five years, or backups.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use treadwell_api::v1::{
    CreateBackupRequest, GetScreeningOutcomesRequest, GetUtilizationRequest, LocalDate,
    ReportPeriod, ReportQuery, operations_service_client::OperationsServiceClient,
    report_service_client::ReportServiceClient,
};
use treadwell_tests::workload::{BOOKINGS_PER_ROOM_DAY, DataSet, FIRST_BOOKING_DAY, PER_SITE};

use crate::{
    book::{self, Stream},
    compare::median,
    connection::{Connection, Target},
    measure::{Length, Sample, closed_loop, quantile},
    report::{Report, delay, milliseconds, rate},
};

/// In flight for bookings beside other work.
pub(crate) const IN_FLIGHT: [usize; 2] = [1, 8];

const TWO_YEARS_DAYS: u32 = 730;

/// Kept for the watchers, at the end of the stream.
const FOR_WATCHERS: u32 = 2_000;

/// What goes on beside bookings.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Reports, one after the other.
    Reports,
    /// Backups, one after the other, each read back.
    Backups,
}

/// What was measured with so many bookings in flight.
struct Found {
    /// Nothing else going on.
    alone: Sample,
    /// The work being done.
    meanwhile: Sample,
    /// How often it was done.
    count: usize,
    /// How long it took each time; the median.
    each: Duration,
}

/// Books on, unmeasured, until there are two years of appointments to report on, in the data set of a clinic. The larger one has
/// as many appointments in its first days as a clinic has in forty years.
pub(crate) async fn two_years(target: &Target, data_set: DataSet, stream: &Stream) -> Result<()> {
    if data_set != DataSet::Clinic {
        return Ok(());
    }
    let a_day = BOOKINGS_PER_ROOM_DAY * PER_SITE * data_set.sites();
    let wanted = (TWO_YEARS_DAYS - FIRST_BOOKING_DAY) * a_day;
    let missing = stream.limited(wanted.saturating_sub(stream.made()));
    let workers = book::workers(target, 64, &missing).await?;
    closed_loop(workers, Length::UNTIL_NOTHING_IS_LEFT).await?;
    ensure!(stream.days() >= TWO_YEARS_DAYS, "not two years of bookings");
    Ok(())
}

/// Five years from before the first appointment on, by month: every appointment is in it.
fn query() -> ReportQuery {
    let date = |year, month, day| Some(LocalDate { year, month, day });
    ReportQuery {
        site_ids: Vec::new(),
        first: date(2027, 1, 1),
        last: date(2031, 12, 31),
        period: ReportPeriod::Month.into(),
    }
}

/// Bookings alone, and beside other work.
pub(crate) async fn compare(
    length: Length,
    target: &Target,
    work: Work,
    stream: &Stream,
    report: &mut Report,
) -> Result<()> {
    let (what, each) = match work {
        Work::Reports => ("reports", "report ms"),
        Work::Backups => ("backups", "backup ms"),
    };
    report.head(&[
        "in flight",
        "alone/s",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "beside/s",
        "p50 ms",
        "p99 ms",
        "longest ms",
        what,
        each,
    ]);
    let left = (stream.total() - stream.made()).saturating_sub(FOR_WATCHERS);
    let part = stream.limited(left);
    for in_flight in IN_FLIGHT {
        let found = measure(target, work, in_flight, &part, length.shortened()).await?;
        report.row(&[
            in_flight.to_string(),
            rate(found.alone.rate),
            delay(found.alone.p50),
            delay(found.alone.p99),
            delay(found.alone.longest),
            rate(found.meanwhile.rate),
            delay(found.meanwhile.p50),
            delay(found.meanwhile.p99),
            delay(found.meanwhile.longest),
            found.count.to_string(),
            format!("{:.0}", milliseconds(found.each)),
        ]);
    }
    Ok(())
}

/// Bookings alone and beside other work, by turns; those of a run are taken back after it.
async fn measure(
    target: &Target,
    work: Work,
    in_flight: usize,
    part: &Stream,
    length: Length,
) -> Result<Found> {
    let (mut alone, mut beside, mut took) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..length.runs {
        let workers = book::workers(target, in_flight, part).await?;
        alone.push(closed_loop(workers, length).await?);
        part.take_back(target).await?;
        let workers = book::workers(target, in_flight, part).await?;
        let enough = Arc::new(AtomicBool::new(false));
        let connection = target.connect(1).await?.remove(0);
        let working = tokio::spawn(again(work, connection, Arc::clone(&enough)));
        let sample = closed_loop(workers, length).await;
        enough.store(true, Ordering::Relaxed);
        took.extend(working.await??);
        beside.push(sample?);
        part.take_back(target).await?;
    }
    Ok(Found {
        alone: median(alone)?,
        meanwhile: median(beside)?,
        count: took.len(),
        each: quantile(&mut took, 50),
    })
}

/// Does it again and again until it is enough.
async fn again(
    work: Work,
    connection: Connection,
    enough: Arc<AtomicBool>,
) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let began = Instant::now();
        match work {
            Work::Reports => report(connection.clone(), took.len()).await?,
            Work::Backups => {
                let mut client = OperationsServiceClient::new(connection.clone());
                let answer = client
                    .create_backup(CreateBackupRequest { write: None })
                    .await?;
                ensure!(answer.into_inner().backup.is_some(), "no backup");
            }
        }
        took.push(began.elapsed());
    }
    Ok(took)
}

/// Makes a report: hours and screening by turns, which look at the most.
async fn report(connection: Connection, count: usize) -> Result<()> {
    let mut client = ReportServiceClient::new(connection);
    let query = Some(query());
    let rows = if count.is_multiple_of(2) {
        let asked = GetUtilizationRequest { query };
        client.get_utilization(asked).await?.into_inner().rows.len()
    } else {
        let asked = GetScreeningOutcomesRequest { query };
        let answer = client.get_screening_outcomes(asked).await?;
        answer.into_inner().rows.len()
    };
    ensure!(rows > 0, "a report without a row");
    Ok(())
}
