//! What was measured of the product, beside PostgreSQL and beside itself at another size.

use anyhow::{Context, Result};
use treadwell_tests::workload::DataSet;

use crate::{
    measure::{Length, Sample},
    peers::Postgres,
    report::{Report, delay, milliseconds, rate},
};

/// Samples by calls in flight.
pub(crate) type Samples = Vec<(usize, Sample)>;

/// What was measured of the product.
pub(crate) struct Found {
    pub(crate) searches: Samples,
    pub(crate) writes: Samples,
    pub(crate) sheets: Samples,
}

/// Ratios to reach, by calls in flight.
type Aims = &'static [(usize, f64)];

/// What searches, bookings and day sheets are to reach of PostgreSQL, by calls in flight.
const SEARCH_AIMS: Aims = &[(8, 5.5)];
const BOOK_AIMS: Aims = &[(1, 1.3), (8, 2.0), (32, 3.0)];
const SHEET_AIMS: Aims = &[(8, 2.5)];
/// More connections than the peer allows.
const TOO_MANY: usize = 100;
/// What 200 sites are to reach of two.
const SCALE_AIM: f64 = 0.85;

/// PostgreSQL on the same work. Bookings must also not be slower at the 99th percentile, where there is an aim for them.
pub(crate) fn beside_postgres(
    report: &mut Report,
    postgres: &Postgres,
    data_set: DataSet,
    found: &Found,
    length: Length,
) -> Result<()> {
    report.heading(3, "Beside PostgreSQL 15");
    postgres.load(data_set)?;
    report.head(&[
        "work",
        "in flight",
        "treadwell/s",
        "p99 ms",
        "PostgreSQL/s",
        "p99 ms",
        "ratio",
        "aim",
        "p99 aim",
    ]);
    let works: [(&str, &Samples, Aims); 3] = [
        ("search", &found.searches, SEARCH_AIMS),
        ("booking", &found.writes, BOOK_AIMS),
        ("day sheet", &found.sheets, SHEET_AIMS),
    ];
    for (work, ours, aims) in works {
        for &(in_flight, ours) in ours.iter().filter(|(in_flight, _)| *in_flight < TOO_MANY) {
            let peer = match work {
                "search" => postgres.search(data_set, in_flight, 15, length)?,
                "booking" => postgres.book(data_set, in_flight, length)?,
                _ => postgres.day_sheet(data_set, in_flight, length)?,
            };
            let what = format!(
                "{work} beside PostgreSQL, {}, {in_flight} in flight",
                data_set.name()
            );
            let ratio = ours.rate / peer.rate;
            let aim = aims.iter().find(|(at, _)| *at == in_flight);
            let (mut verdict, mut delays) = ("-".to_owned(), "-".to_owned());
            if let Some((_, aim)) = aim {
                verdict = report.at_least(what.clone(), *aim, ratio);
                if work == "booking" {
                    let (ours, theirs) = (milliseconds(ours.p99), milliseconds(peer.p99));
                    delays = report.at_most(format!("{what}, p99"), theirs, ours);
                }
            }
            report.row(&[
                work.to_owned(),
                in_flight.to_string(),
                rate(ours.rate),
                delay(ours.p99),
                rate(peer.rate),
                delay(peer.p99),
                format!("{ratio:.2}"),
                verdict,
                delays,
            ]);
        }
    }
    Ok(())
}

/// Says of each target beside PostgreSQL that it was not measured.
pub(crate) fn without_postgres(report: &mut Report, why: &str) {
    for (work, aims) in [
        ("search", SEARCH_AIMS),
        ("booking, p99 no worse,", BOOK_AIMS),
        ("day sheet", SHEET_AIMS),
    ] {
        for (in_flight, aim) in aims {
            let what = format!("{work} beside PostgreSQL, {in_flight} in flight");
            report.unmeasured(&what, &aim.to_string(), why);
        }
    }
}

/// The large data set beside the small one: each work at its worst.
fn at_scale(report: &mut Report, small: &Found, large: &Found) {
    report.heading(2, "200 sites beside two");
    report.head(&["work", "in flight", "2 sites/s", "200 sites/s", "ratio"]);
    let works = [
        ("search", &small.searches, &large.searches),
        ("booking", &small.writes, &large.writes),
        ("day sheet", &small.sheets, &large.sheets),
    ];
    let mut worst = Vec::new();
    for (work, small, large) in works {
        let mut least = f64::INFINITY;
        for ((in_flight, small), (_, large)) in small.iter().zip(large) {
            let ratio = large.rate / small.rate;
            least = least.min(ratio);
            report.row(&[
                work.to_owned(),
                in_flight.to_string(),
                rate(small.rate),
                rate(large.rate),
                format!("{ratio:.2}"),
            ]);
        }
        worst.push((work, least));
    }
    for (work, least) in worst {
        report.at_least(format!("{work}, 200 sites beside two"), SCALE_AIM, least);
    }
}

/// Both data sets are compared when both were measured.
pub(crate) fn sizes(report: &mut Report, all: &[(DataSet, Found)]) {
    let of = |wanted: DataSet| all.iter().find(|(data_set, _)| *data_set == wanted);
    if let (Some((_, small)), Some((_, large))) = (of(DataSet::Clinic), of(DataSet::Chain)) {
        at_scale(report, small, large);
    } else {
        let aim = SCALE_AIM.to_string();
        report.unmeasured("200 sites beside two", &aim, "one data set alone was run");
    }
}

/// The sample with the median rate.
pub(crate) fn median(mut samples: Vec<Sample>) -> Result<Sample> {
    samples.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    samples
        .get(samples.len() / 2)
        .copied()
        .context("nothing was run")
}
