//! Every decoder on bytes that nobody would write: what lies on disk, what people type, what other products export, what clients send back.
//!
//! The corpora are in `tests/corpora/<target>/`; CI replays each entry, and some changes of it. `cargo xtask campaign fuzz` goes on with as many as
//! are asked for (`TREADWELL_ROUNDS`, of each target). It is guided by what the decoders say: an input that is answered in a way not seen before is
//! changed further. What makes a decoder panic is made as small as it can be, written to the corpus, and stays there as a test.
//!
//! What is sent to the methods of the API is `tests/contract/fuzz.rs`.
//!
//! What it deliberately is not: coverage-guided; that needs a compiler that this workspace does not.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

mod corpus;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use treadwell_tests::{
    mutate::mutate,
    process::{grown_mib, memory_mib},
    seed::{Random, rounds, seed},
};

use corpus::Corpus;

/// A decoder: what comes of some bytes, in a few words.
type Target = fn(&[u8]) -> String;

/// So many inputs are kept of a target, beside those in the repository.
const KEPT: usize = 400;

/// Nothing that is so small may take a decoder so long, even on a busy machine and without optimisation.
const LONG: Duration = Duration::from_secs(20);

/// The most that a run may make this process grow. It reads small inputs, one after the other.
const GROWTH_MIB: u64 = 512;

fn targets() -> Vec<(&'static str, Target)> {
    let mut targets: Vec<(&str, Target)> = Vec::new();
    targets.extend(treadwell_journal::embedded::fuzz::TARGETS);
    targets.extend(treadwell_server::fuzz::TARGETS);
    targets.extend(treadwell_console::fuzz::TARGETS);
    targets
}

/// What a decoder says without what differs from input to input.
fn shape(said: &str) -> String {
    let letters = said
        .chars()
        .filter(|it| it.is_ascii_alphabetic() || *it == ' ');
    letters.take(120).collect()
}

struct Fuzzer {
    name: &'static str,
    target: Target,
    slowest: Duration,
    /// What was said, how often.
    said: BTreeMap<String, u64>,
}

impl Fuzzer {
    /// Tries an input. Gives whether it was answered in a new way; fails when it panicked.
    fn tries(&mut self, input: &[u8]) -> Result<bool, ()> {
        let begun = Instant::now();
        let said = catch_unwind(AssertUnwindSafe(|| (self.target)(input))).map_err(|_| ())?;
        self.slowest = self.slowest.max(begun.elapsed());
        let count = self.said.entry(shape(&said)).or_default();
        *count += 1;
        Ok(*count == 1)
    }

    /// The smallest input that still panics, found by leaving out more and more of it.
    fn minimised(&self, input: &[u8]) -> Vec<u8> {
        let panics =
            |input: &[u8]| catch_unwind(AssertUnwindSafe(|| (self.target)(input))).is_err();
        let mut smallest = input.to_vec();
        let mut part = smallest.len().div_ceil(2);
        while part > 0 {
            let mut at = 0;
            while at < smallest.len() {
                let mut smaller = smallest.clone();
                smaller.drain(at..(at + part).min(smallest.len()));
                if panics(&smaller) {
                    smallest = smaller;
                } else {
                    at += part;
                }
            }
            part /= 2;
        }
        smallest
    }

    fn found(&self, seed: u64, input: &[u8]) -> Result<()> {
        let smallest = self.minimised(input);
        let path = corpus::keep(self.name, "crash", &smallest)?;
        anyhow::bail!("seed {seed}: {} panics on {}", self.name, path.display())
    }
}

fn fuzz(name: &'static str, target: Target, seed: u64, rounds: u64) -> Result<()> {
    let mut fuzzer = Fuzzer {
        name,
        target,
        slowest: Duration::ZERO,
        said: BTreeMap::new(),
    };
    let mut corpus = Corpus::of(name)?;
    ensure!(!corpus.entries.is_empty(), "{name} has no corpus");
    for entry in corpus.entries.clone() {
        if fuzzer.tries(&entry).is_err() {
            fuzzer.found(seed, &entry)?;
        }
    }
    let known = corpus.entries.len();
    let mut random = Random::new(seed);
    for _ in 0..rounds {
        let entry = random.choose(&corpus.entries).clone();
        let other = random.choose(&corpus.entries).clone();
        let input = mutate(&mut random, &entry, &other);
        match fuzzer.tries(&input) {
            Ok(true) if corpus.entries.len() < known + KEPT => corpus.entries.push(input),
            Ok(_) => {}
            Err(()) => fuzzer.found(seed, &input)?,
        }
    }
    let tried: u64 = fuzzer.said.values().sum();
    println!(
        "| {name} | {known} | {tried} | {} | {:.1} ms |",
        fuzzer.said.len(),
        fuzzer.slowest.as_secs_f64() * 1e3
    );
    ensure!(
        fuzzer.slowest < LONG,
        "{name} took {:?} on something small",
        fuzzer.slowest
    );
    corpus.grow(known)
}

#[test]
fn no_bytes_make_a_decoder_panic() -> Result<()> {
    let (seed, rounds) = (seed(61), rounds(300));
    println!("seed {seed}, {rounds} changes of each corpus");
    println!("| decoder | corpus | tried | ways to answer | slowest |\n|---|---:|---:|---:|---:|");
    let before = memory_mib(std::process::id())?.1;
    for (number, (name, target)) in (0..).zip(targets()) {
        fuzz(name, target, seed + number, rounds)?;
    }
    let grown = grown_mib(std::process::id(), before)?;
    println!("memory: {grown} MiB more at most than before");
    ensure!(grown <= GROWTH_MIB, "{grown} MiB");
    Ok(())
}

#[test]
fn every_corpus_is_of_a_decoder() -> Result<()> {
    let names: Vec<&str> = targets().into_iter().map(|(name, _)| name).collect();
    for folder in corpus::folders()? {
        ensure!(names.contains(&folder.as_str()), "{folder} is nobody's");
    }
    Ok(())
}
