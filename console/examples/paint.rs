//! How long the console takes to paint: `cargo run --release -p treadwell-console --example paint`.
//!
//! Prints, for a frame, for a key and for a change by somebody else, how often it was measured, the median, what 99 of
//! 100 took at most, and the budget for that. The server is the demo's, in this process, with its data in a folder that
//! goes away.

#![allow(
    clippy::print_stdout,
    reason = "what it measures is what it is there for"
)]

use std::time::Duration;

use treadwell_console::tui::bench::{self, Measured};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let demo = treadwell_server::sample::open(&folder.path().join("demo"), listen).await?;
    let server = demo.handle.address().to_string();
    let mut all = bench::frames()?;
    all.extend(bench::paints(&server, &demo.desk, &demo.owner).await?);
    demo.handle.stop().await;
    println!("console at 200x50, milliseconds");
    println!(
        "{:<36} {:>6} {:>8} {:>8} {:>8}",
        "", "times", "median", "p99", "budget"
    );
    for measured in &all {
        print(measured);
    }
    Ok(())
}

fn print(measured: &Measured) {
    let within = if measured.p99() <= measured.budget {
        "within"
    } else {
        "OVER"
    };
    println!(
        "{:<36} {:>6} {:>8.3} {:>8.3} {:>8} {within}",
        measured.what,
        measured.count(),
        milliseconds(measured.median()),
        milliseconds(measured.p99()),
        measured.budget.as_millis()
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
