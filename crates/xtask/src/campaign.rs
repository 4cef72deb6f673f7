//! Long runs of the randomised tests. CI runs each of them with a fixed, small number of rounds; a campaign runs the very
//! same test in release with the seed and the rounds that were asked for.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Failure, tools};

/// A named campaign: which test it is.
struct Campaign {
    name: &'static str,
    package: &'static str,
    test: &'static str,
    /// It starts the product's own binaries.
    binaries: bool,
    about: &'static str,
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign {
        name: "model",
        package: "treadwell-tests",
        test: "model",
        binaries: false,
        about: "random commands against the naive oracle",
    },
    Campaign {
        name: "crash",
        package: "treadwell-tests",
        test: "crash",
        binaries: true,
        about: "kill -9 while booking",
    },
    Campaign {
        name: "power-loss",
        package: "treadwell-journal",
        test: "power_loss",
        binaries: false,
        about: "unsynced writes dropped, torn, reordered",
    },
    Campaign {
        name: "repair",
        package: "treadwell-tests",
        test: "repair",
        binaries: false,
        about: "repairs of small days against an exact solution",
    },
    Campaign {
        name: "race",
        package: "treadwell-tests",
        test: "race",
        binaries: true,
        about: "32 clients racing for the same places",
    },
    Campaign {
        name: "linear",
        package: "treadwell-tests",
        test: "linear",
        binaries: true,
        about: "histories of concurrent clients, with faults, against a checker of linearizability",
    },
];

/// `campaign <name> [--seed N] [--rounds N]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (name, options) = arguments.split_first().ok_or_else(usage)?;
    let campaign = CAMPAIGNS
        .iter()
        .find(|campaign| campaign.name == name)
        .ok_or_else(usage)?;
    let (mut seed, mut rounds) = (None, None);
    for pair in options.chunks(2) {
        match pair {
            [option, value] if option == "--seed" => seed = Some(number(value)?),
            [option, value] if option == "--rounds" => rounds = Some(number(value)?),
            _ => return Err(usage()),
        }
    }
    let seed = seed.unwrap_or_else(fresh_seed);
    if campaign.binaries {
        tools::build_release()?;
    }
    let mut command = tools::cargo();
    command
        .args([
            "test",
            "--release",
            "--package",
            campaign.package,
            "--test",
            campaign.test,
        ])
        .args(["--", "--nocapture", "--test-threads", "1"])
        .env("TREADWELL_SEED", seed.to_string());
    if let Some(rounds) = rounds {
        command.env("TREADWELL_ROUNDS", rounds.to_string());
    }
    println!("campaign {name}: seed {seed}");
    tools::run(&mut command)
        .map_err(|failure| format!("campaign {name} with seed {seed}: {failure}"))
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
        "campaign <name> [--seed N] [--rounds N], where <name> is one of\n{}",
        campaigns.concat()
    )
}
