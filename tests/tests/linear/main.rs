//! Histories of concurrent clients, with kills, stops and lost connections, are linearizable: there is an order of all
//! operations, each between its call and its answer, in which the clinic does one after the other and answers the same.
//!
//! `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run; a round is a clinic of its own, with the next seed. A seed decides
//! what is asked and what goes wrong when, but not how the machine interleaves it.
//!
//! Start reading at `spec` for what a clinic is here, `judge` for what is checked of it, `house` for a round.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

mod calls;
mod history;
mod house;
mod judge;
mod known;
mod names;
mod proxy;
mod spec;
mod work;

use std::{fs, path::Path, time::Duration};

use anyhow::{Result, ensure};
use history::{Answer, Record};
use house::{Round, System, round};
use judge::{Verdict, judge};
use treadwell_tests::seed::{rounds, seed};

/// Faults of a round.
const FAULTS: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn what_concurrent_clients_are_told_has_an_order() -> Result<()> {
    let (seed, rounds) = (seed(12), rounds(3));
    println!("seed {seed}, {rounds} rounds");
    let mut sum = Sum::default();
    for seed in (0..rounds).map(|number| seed.wrapping_add(number)) {
        let round = round(seed, System::Sound { faults: FAULTS }).await?;
        let verdict = judge(&round.records);
        sum.add(&round, &verdict);
        if !verdict.is_good() {
            let kept = keep(seed, &round.records)?;
            let found = [&verdict.odd, &verdict.not_linear, &verdict.out_of_order];
            let found: Vec<String> = found.into_iter().flatten().take(6).cloned().collect();
            panic!("seed {seed}, one round: {}\n{kept}", found.join("\n"));
        }
    }
    println!("{sum:?}");
    sum.is_worth_something()
}

/// What was done in all rounds.
#[derive(Debug, Default)]
struct Sum {
    rounds: u32,
    operations: usize,
    changes: usize,
    reads: usize,
    refused: usize,
    unknown: u32,
    settled_at_the_end: usize,
    kills: u32,
    stops: u32,
    cuts: u32,
    parts: usize,
    longest_part: usize,
    most_steps: u64,
    slowest_check: Duration,
}

impl Sum {
    fn add(&mut self, round: &Round, verdict: &Verdict) {
        let count = |what: fn(&&Record) -> bool| round.records.iter().filter(what).count();
        let refused = count(|it| matches!(it.answer, Answer::Refused(_)));
        let reads = count(|it| !it.call.is_change());
        self.rounds += 1;
        self.operations += round.records.len();
        self.changes += round.records.len() - reads - refused;
        self.reads += reads;
        self.refused += refused;
        self.unknown += round.unknown;
        self.settled_at_the_end += round.open;
        self.kills += round.kills;
        self.stops += round.stops;
        self.cuts += round.cuts;
        self.parts += verdict.parts;
        self.longest_part = self.longest_part.max(verdict.longest);
        self.most_steps = self.most_steps.max(verdict.steps);
        self.slowest_check = self.slowest_check.max(verdict.slowest);
    }

    /// A history in which hardly anything happens is linearizable too.
    fn is_worth_something(&self) -> Result<()> {
        let faults = self.kills + self.stops + self.cuts;
        ensure!(
            faults > 0 && self.unknown > 0,
            "nothing went wrong: {self:?}"
        );
        let least = self.changes.min(self.reads).min(self.refused);
        ensure!(least > 50, "hardly anything was done: {self:?}");
        Ok(())
    }
}

/// Writes a history down for whoever looks into it.
fn keep(seed: u64, records: &[Record]) -> Result<String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("linear-{seed}.txt"));
    let lines: Vec<String> = records.iter().map(|it| format!("{it:?}\n")).collect();
    fs::write(&file, lines.concat())?;
    Ok(format!("the history is in {}", file.display()))
}

/// A system that is wrong on purpose is found out by the search for an order, and by the revisions.
async fn is_found_out(system: System) -> Result<()> {
    let seed = seed(13);
    println!("seed {seed}");
    let round = round(seed, system).await?;
    let verdict = judge(&round.records);
    println!(
        "{:?} {:?}",
        verdict.not_linear.first(),
        verdict.out_of_order.first()
    );
    ensure!(
        !verdict.not_linear.is_empty(),
        "an order was found: {verdict:?}"
    );
    ensure!(
        !verdict.out_of_order.is_empty(),
        "the revisions agree: {verdict:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_forgets_what_was_acknowledged_is_found_out() -> Result<()> {
    is_found_out(System::Forgetful).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_for_one_clinic_are_found_out() -> Result<()> {
    is_found_out(System::Twins).await
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_from_a_copy_that_stays_behind_are_found_out() -> Result<()> {
    is_found_out(System::Stale).await
}
