//! An open loop: calls are sent at times that were drawn beforehand, whatever becomes of the earlier ones, and the delay of each counts from the
//! time at which it was to be sent. So a server that stalls is seen by all who would have called meanwhile, and not only by those who wait.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::{sleep_until, timeout};
use tonic::{Code, Status};
use treadwell_tests::seed::Random;

use crate::clients::What;

/// Whatever is not answered by then is lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of the calls of a loop.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Calls that were sent.
    pub(crate) offered: usize,
    /// How long each took that was done.
    pub(crate) done: Vec<Duration>,
    /// The same by kind.
    pub(crate) done_of: BTreeMap<What, Vec<Duration>>,
    /// How many were done before the last was sent: what is done later is of no other rate.
    pub(crate) done_meanwhile: usize,
    /// How long each took that was refused because the server is busy.
    pub(crate) refused: Vec<Duration>,
    /// What else came of calls; nothing should.
    pub(crate) others: BTreeMap<String, usize>,
    /// From the first call to the last that was to be sent.
    pub(crate) length: Duration,
    /// The latest that a call was sent after its time.
    pub(crate) lag: Duration,
}

impl Outcome {
    /// Calls done a second, while calls were sent.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of calls is far below 2^52"
    )]
    pub(crate) fn goodput(&self) -> f64 {
        self.done_meanwhile as f64 / self.length.as_secs_f64()
    }

    /// What 99 of 100 that were done keep within.
    pub(crate) fn p99(&mut self) -> Duration {
        quantile(&mut self.done, 990)
    }
}

/// The delay that so many of a thousand keep within.
pub(crate) fn quantile(delays: &mut [Duration], per_mille: usize) -> Duration {
    delays.sort_unstable();
    let index = (delays.len() * per_mille / 1_000).min(delays.len().saturating_sub(1));
    delays.get(index).copied().unwrap_or_default()
}

/// Sends `rate` calls a second for some time, at times as chance has it, and waits for all answers.
pub(crate) async fn open_loop<F>(
    random: &mut Random,
    rate: f64,
    length: Duration,
    call: impl Fn(u64) -> (What, F),
) -> Outcome
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let outcome = Arc::new(Mutex::new(Outcome::default()));
    let begun = Instant::now();
    let (mut at, mut lag) = (Duration::ZERO, Duration::ZERO);
    let mut calls = Vec::new();
    while at < length {
        let due = begun + at;
        if due > Instant::now() {
            sleep_until(due.into()).await;
        }
        lag = lag.max(due.elapsed());
        let (what, call) = call(random.next_u64());
        let outcome = Arc::clone(&outcome);
        calls.push(tokio::spawn(async move {
            let answer = timeout(PATIENCE, call).await;
            let took = due.elapsed();
            let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Ok(Ok(())) => {
                    outcome.done_meanwhile += usize::from(begun.elapsed() <= length);
                    outcome.done.push(took);
                    outcome.done_of.entry(what).or_default().push(took);
                }
                Ok(Err(no)) if no.code() == Code::ResourceExhausted => outcome.refused.push(took),
                Ok(Err(no)) => *outcome.others.entry(no.to_string()).or_default() += 1,
                Err(_) => *outcome.others.entry("no answer".to_owned()).or_default() += 1,
            }
        }));
        at += gap(random, rate);
    }
    let offered = calls.len();
    for call in calls {
        // A call that panicked is missing from the counts, and so is seen.
        let _ended = call.await;
    }
    let mut outcome = std::mem::take(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner));
    outcome.offered = offered;
    outcome.length = length;
    outcome.lag = lag;
    outcome
}

/// The time to the next call: each moment is as likely as any other.
#[expect(clippy::cast_precision_loss, reason = "53 bits of chance are enough")]
fn gap(random: &mut Random, rate: f64) -> Duration {
    let chance = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    Duration::from_secs_f64(-(1.0 - chance).ln() / rate)
}
