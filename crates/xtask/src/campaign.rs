//! Long runs of the randomised tests. CI runs each of them with a fixed, small number of rounds; a campaign runs the very
//! same test in release with the seed and the rounds that were asked for.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{Failure, tools};

/// A named campaign: which tests it runs.
struct Campaign {
    name: &'static str,
    /// The program of tests, of the journal's crate or of the whole product's.
    test: &'static str,
    /// Of these, those with this in their names.
    only: &'static str,
    /// It starts the product's own binaries.
    binaries: bool,
    /// The rounds that it runs unless others are asked for; none for one that tries everything there is.
    rounds: Option<u64>,
    about: &'static str,
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign {
        name: "crash",
        test: "crash",
        only: "",
        binaries: true,
        rounds: Some(1_000),
        about: "kill -9 while booking, with a ledger outside the server",
    },
    Campaign {
        name: "power-loss",
        test: "power_loss",
        only: "",
        binaries: false,
        rounds: Some(500),
        about: "unsynced writes dropped, torn, reordered; every operation cut, of a compaction too",
    },
    Campaign {
        name: "torn-tail",
        test: "torn_tail",
        only: "",
        binaries: false,
        // Of the bytes of a group: all.
        rounds: Some(100_000),
        about: "the last three groups torn at every byte",
    },
    Campaign {
        name: "flips",
        test: "bit_flips",
        only: "",
        binaries: false,
        rounds: Some(10_000),
        about: "a byte or some bits changed anywhere in a store",
    },
    Campaign {
        name: "salvage",
        test: "salvage",
        only: "",
        binaries: false,
        rounds: Some(10_000),
        about: "a byte changed or unreadable anywhere in a folder: it opens whole or refuses, and what is salvaged is judged by a ledger",
    },
    Campaign {
        name: "compaction",
        test: "compaction",
        only: "",
        binaries: false,
        rounds: None,
        about: "the history compacted under readers, its base changed at every few bytes",
    },
    Campaign {
        name: "copy",
        test: "copy",
        only: "",
        binaries: false,
        rounds: Some(200),
        about: "copies of a store under load, restored to revisions of all kinds; changed and cut at every few bytes",
    },
    Campaign {
        name: "backup",
        test: "backup",
        only: "",
        binaries: true,
        rounds: Some(50),
        about: "backups taken while many book and the server is killed, each restored and compared with the journal, record for record",
    },
    Campaign {
        name: "faults",
        test: "faults",
        only: "",
        binaries: true,
        rounds: None,
        about: "every write and sync failing once and for good; a server whose files may not grow",
    },
    Campaign {
        name: "full-disk",
        test: "full_disk",
        only: "",
        binaries: false,
        rounds: None,
        about: "the disk full at every operation, and room again",
    },
    Campaign {
        name: "model",
        test: "model",
        only: "",
        binaries: false,
        rounds: Some(3_000_000),
        about: "random commands against the naive oracle",
    },
    Campaign {
        name: "race",
        test: "race",
        only: "",
        binaries: true,
        rounds: Some(200),
        about: "32 clients racing for the same places",
    },
    Campaign {
        name: "linear",
        test: "linear",
        only: "",
        binaries: true,
        rounds: Some(100),
        about: "histories of concurrent clients, with kills, stops and cut lines, against a judge of linearizability",
    },
    Campaign {
        name: "overload",
        test: "overload",
        only: "",
        binaries: true,
        // Seconds of each step of the load.
        rounds: Some(6),
        about: "twice the load that saturates, 10,000 watchers, slow disks, jumping clocks, silent and greedy clients",
    },
    Campaign {
        name: "fuzz",
        test: "fuzz",
        only: "",
        binaries: false,
        rounds: Some(1_000_000),
        about: "every decoder on changed entries of its corpus",
    },
    Campaign {
        name: "requests",
        test: "contract",
        only: "fuzz",
        binaries: true,
        rounds: Some(2_000),
        about: "every method on changed and on random messages",
    },
    Campaign {
        name: "repair",
        test: "repair",
        only: "",
        binaries: false,
        rounds: Some(1_000),
        about: "repairs of small days against an exact solution",
    },
];

/// `campaign <name>|all [--seed N] [--rounds N]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (name, options) = arguments.split_first().ok_or_else(usage)?;
    let (mut seed, mut rounds) = (None, None);
    for pair in options.chunks(2) {
        match pair {
            [option, value] if option == "--seed" => seed = Some(number(value)?),
            [option, value] if option == "--rounds" => rounds = Some(number(value)?),
            _ => return Err(usage()),
        }
    }
    let chosen: Vec<&Campaign> = CAMPAIGNS
        .iter()
        .filter(|campaign| name == "all" || campaign.name == name)
        .collect();
    if chosen.is_empty() {
        return Err(usage());
    }
    let seed = seed.unwrap_or_else(fresh_seed);
    if chosen.iter().any(|campaign| campaign.binaries) {
        tools::build_release()?;
    }
    let mut table = String::from(
        "| campaign | what | rounds | seed | time | result |\n|---|---|---|---|---|---|\n",
    );
    let mut failed = Vec::new();
    for campaign in chosen {
        let rounds = rounds.or(campaign.rounds);
        let (took, result) = campaign.run(seed, rounds);
        let rounds = campaign.rounds.and(rounds);
        let rounds = rounds.map_or_else(|| "all".to_owned(), |rounds| rounds.to_string());
        let verdict = if result.is_ok() { "passed" } else { "FAILED" };
        let _ = writeln!(
            table,
            "| {} | {} | {rounds} | {seed} | {} s | {verdict} |",
            campaign.name,
            campaign.about,
            took.as_secs(),
        );
        failed.extend(result.err().map(|why| format!("{}: {why}", campaign.name)));
    }
    println!("\n{table}");
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("seed {seed}: {}", failed.join("; ")))
}

impl Campaign {
    /// Runs the tests, and gives how long that took.
    fn run(&self, seed: u64, rounds: Option<u64>) -> (Duration, Result<(), Failure>) {
        let mut command = tools::cargo();
        command
            .args(["test", "--release", "--locked", "--workspace"])
            .args(["--test", self.test, "--", self.only])
            .args(["--nocapture", "--test-threads", "1"])
            .env("TREADWELL_SEED", seed.to_string());
        if let Some(rounds) = rounds {
            command.env("TREADWELL_ROUNDS", rounds.to_string());
        }
        println!("campaign {}: seed {seed}", self.name);
        let begun = Instant::now();
        let result = tools::run(&mut command);
        (begun.elapsed(), result)
    }
}

fn number(text: &str) -> Result<u64, Failure> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number\n\n{}", usage()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a seed that differs from run to run; nothing of the clinic reads this clock"
)]
fn fresh_seed() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs())
}

fn usage() -> Failure {
    let campaigns: Vec<String> = CAMPAIGNS
        .iter()
        .map(|campaign| format!("  {:<12} {}\n", campaign.name, campaign.about))
        .collect();
    format!(
        "campaign <name> [--seed N] [--rounds N], where <name> is `all` or one of\n{}",
        campaigns.concat()
    )
}
