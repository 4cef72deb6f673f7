//! Bookings alone, and beside reports over all sites and five years that are made one after another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use treadwell_api::v1::{
    GetScreeningOutcomesRequest, GetUtilizationRequest, LocalDate, ReportPeriod, ReportQuery,
    report_service_client::ReportServiceClient,
};
use treadwell_tests::workload::{BOOKINGS_PER_ROOM_DAY, DataSet, FIRST_BOOKING_DAY, PER_SITE};

use crate::{
    book::{self, Stream},
    compare::median,
    connection::{Connection, Target},
    measure::{Length, Sample, closed_loop, quantile},
};

const TWO_YEARS_DAYS: u32 = 730;

/// What was measured with so many bookings in flight.
pub(crate) struct Found {
    /// Nothing else going on.
    pub(crate) alone: Sample,
    /// Reports being made.
    pub(crate) meanwhile: Sample,
    /// How many reports were made.
    pub(crate) reports: usize,
    /// How long a report took; the median.
    pub(crate) report: Duration,
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
    let rest = Length {
        warm_up: Duration::ZERO,
        measured: Duration::from_hours(1),
        runs: 1,
    };
    closed_loop(book::workers(target, 64, &missing).await?, rest).await?;
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

/// Bookings alone and beside reports, by turns, each run with at most `share` bookings of the stream.
pub(crate) async fn measure(
    target: &Target,
    in_flight: usize,
    (stream, share): (&Stream, u32),
    length: Length,
) -> Result<Found> {
    let (mut alone, mut beside, mut took) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..length.runs {
        let workers = book::workers(target, in_flight, &stream.limited(share)).await?;
        alone.push(closed_loop(workers, length).await?);
        let workers = book::workers(target, in_flight, &stream.limited(share)).await?;
        let enough = Arc::new(AtomicBool::new(false));
        let reports = tokio::spawn(report(
            target.connect(1).await?.remove(0),
            Arc::clone(&enough),
        ));
        let sample = closed_loop(workers, length).await;
        enough.store(true, Ordering::Relaxed);
        took.extend(reports.await??);
        beside.push(sample?);
    }
    Ok(Found {
        alone: median(alone)?,
        meanwhile: median(beside)?,
        reports: took.len(),
        report: quantile(&mut took, 50),
    })
}

/// Makes one report after another until it is enough: hours and screening by turns, which look at the most.
async fn report(connection: Connection, enough: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let mut client = ReportServiceClient::new(connection);
    let mut took = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let began = Instant::now();
        let rows = if took.len() % 2 == 0 {
            let asked = GetUtilizationRequest {
                query: Some(query()),
            };
            client.get_utilization(asked).await?.into_inner().rows.len()
        } else {
            let asked = GetScreeningOutcomesRequest {
                query: Some(query()),
            };
            let answer = client.get_screening_outcomes(asked).await?;
            answer.into_inner().rows.len()
        };
        took.push(began.elapsed());
        ensure!(rows > 0, "a report without a row");
    }
    Ok(took)
}
