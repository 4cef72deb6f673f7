//! The lines that the benchmark prints.

use std::time::Duration;

use crate::measure::Sample;

/// A heading.
pub(crate) fn heading(text: &str) {
    println!("\n## {text}\n");
}

/// A line of its own.
pub(crate) fn note(text: &str) {
    println!("{text}");
}

/// The head of a table of rates beside a limit.
pub(crate) fn rates_head(limit: &str) {
    println!(
        "{:>10} {:>12} {:>9} {:>9} {:>14} {:>8} {:>8}",
        "in flight",
        "treadwell/s",
        "p50 ms",
        "p99 ms",
        format!("{limit}/s"),
        "ratio",
        "aim"
    );
}

/// A row of it. `aim` is the ratio to reach, 0 where there is none.
pub(crate) fn rates_row(in_flight: usize, ours: Sample, limit: f64, aim: f64) {
    let ratio = ours.rate / limit;
    println!(
        "{in_flight:>10} {:>12.0} {:>9.3} {:>9.3} {limit:>14.0} {ratio:>8.2} {:>8}",
        ours.rate,
        milliseconds(ours.p50),
        milliseconds(ours.p99),
        verdict(ratio, aim)
    );
}

/// A ratio to PostgreSQL.
pub(crate) fn peer_row(
    work: &str,
    in_flight: usize,
    ours: Sample,
    peer: f64,
    peer_mean_ms: f64,
    aim: f64,
) {
    let ratio = ours.rate / peer;
    println!(
        "{work:<12} {in_flight:>4} in flight: treadwell {:>8.0}/s (p99 {:.2} ms), PostgreSQL {peer:>8.0}/s (mean {peer_mean_ms:.2} ms): {ratio:.2} times, {}",
        ours.rate,
        milliseconds(ours.p99),
        verdict(ratio, aim)
    );
}

fn verdict(ratio: f64, aim: f64) -> String {
    if aim == 0.0 {
        return "-".to_owned();
    }
    let met = if ratio >= aim { "met" } else { "MISSED" };
    format!("{aim} {met}")
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
