//! Closed loops: so many workers, each with one call in flight, for some time; rates and delays from it.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

/// Something that makes one call after another.
pub(crate) trait Worker: Send + 'static {
    /// Makes one call and waits for its answer. `false` says that there is nothing left to do.
    fn call(&mut self) -> impl Future<Output = Result<bool>> + Send;
}

/// How long loops run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    /// Not counted.
    pub(crate) warm_up: Duration,
    /// Counted.
    pub(crate) measured: Duration,
    /// How often the loop is run; the median counts.
    pub(crate) runs: usize,
}

impl Length {
    /// For work that ends by itself, and is not measured.
    pub(crate) const UNTIL_NOTHING_IS_LEFT: Self = Self {
        warm_up: Duration::ZERO,
        measured: Duration::from_hours(1),
        runs: 1,
    };

    /// With a warm-up that uses up little of a limited supply of calls.
    pub(crate) fn shortened(self) -> Self {
        Self {
            warm_up: self.warm_up / 5,
            ..self
        }
    }
}

/// What a loop measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Calls answered a second.
    pub(crate) rate: f64,
    /// The median delay of a call.
    pub(crate) p50: Duration,
    /// The delay that 99 % of the calls keep within.
    pub(crate) p99: Duration,
    /// The longest delay. A closed loop counts a stall of the whole server once a worker, which no percentile shows.
    pub(crate) longest: Duration,
}

/// Runs every worker in a task of its own and measures them together.
pub(crate) async fn closed_loop<W: Worker>(workers: Vec<W>, length: Length) -> Result<Sample> {
    let began = Instant::now();
    let counted_from = began + length.warm_up;
    let until = counted_from + length.measured;
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::spawn(work(worker, counted_from, until)))
        .collect();
    let mut delays = Vec::new();
    let mut last = counted_from;
    for task in tasks {
        let (mine, ended) = task.await??;
        delays.extend(mine);
        last = last.max(ended);
    }
    ensure!(
        !delays.is_empty(),
        "nothing was left to do after the warm-up: nothing was measured"
    );
    let took = last - counted_from;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of calls is far below 2^52"
    )]
    let rate = delays.len() as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE);
    Ok(Sample {
        rate,
        p50: quantile(&mut delays, 50),
        p99: quantile(&mut delays, 99),
        longest: quantile(&mut delays, 100),
    })
}

async fn work<W: Worker>(
    mut worker: W,
    counted_from: Instant,
    until: Instant,
) -> Result<(Vec<Duration>, Instant)> {
    let mut delays = Vec::new();
    let mut began = Instant::now();
    while began < until && worker.call().await? {
        let ended = Instant::now();
        if began >= counted_from {
            delays.push(ended - began);
        }
        began = ended;
    }
    Ok((delays, began))
}

/// The delay that `percent` of the delays keep within; zero when there are none.
pub(crate) fn quantile(delays: &mut [Duration], percent: usize) -> Duration {
    delays.sort_unstable();
    let index = (delays.len() * percent / 100).min(delays.len().saturating_sub(1));
    delays.get(index).copied().unwrap_or_default()
}
