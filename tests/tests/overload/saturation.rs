//! Twice the load that saturates the server: whoever is let in is answered as soon as others are on a busy day, as many as ever are, and the
//! rest is refused at once.
//!
//! The server has a core of its own. What saturates it is found first, by offering more and more; then, several times in turn, it is offered that, and what
//! it did of it is as much as it can do now: a machine that others use, too, is not always as fast. A quiet load is 80 % of that, and then twice as much
//! is offered. So whatever else the machine has to do disturbs all three alike; of what the turns give the median counts.

use std::{collections::BTreeMap, fs, time::Duration};

use anyhow::Result;
use tokio::runtime::{Builder, Runtime};
use treadwell_tests::{
    process::{Folder, ServerProcess, free_address},
    seed::{Random, seed},
};

use crate::{
    clients::{Desk, What},
    load::{Outcome, open_loop, quantile},
    pinned::Cores,
    seconds, table,
};

/// How often the three loads are compared.
const TURNS: usize = 5;

/// Connections that the calls come by: more than one may fill.
const CONNECTIONS: usize = 8;

/// What is called, and how many of a hundred are that.
struct Mix {
    name: &'static str,
    of_a_hundred: &'static [(u64, What)],
}

const MIXES: [Mix; 3] = [
    Mix {
        name: "a day's calls (1 change, 2 searches, 2 boards)",
        of_a_hundred: &[(20, What::Change), (40, What::Search), (40, What::Board)],
    },
    Mix {
        name: "changes",
        of_a_hundred: &[(100, What::Change)],
    },
    Mix {
        name: "searches",
        of_a_hundred: &[(100, What::Search)],
    },
];

impl Mix {
    fn draw(&self, chance: u64) -> What {
        let mut left = chance % 100;
        for &(share, what) in self.of_a_hundred {
            if left < share {
                return what;
            }
            left -= share;
        }
        What::Board
    }
}

/// A server on its core, and a desk on the others.
struct Busy {
    cores: Cores,
    folder: Folder,
    _server: ServerProcess,
    runtime: Runtime,
    desk: Desk,
    random: Random,
}

impl Busy {
    fn open(flags: &[&str]) -> Result<Self> {
        let seed = seed(71);
        println!("seed {seed}");
        let cores = Cores::split();
        let folder = Folder::sample(None)?;
        let address = free_address()?;
        let mut command = cores.server()?;
        command.arg("--data").arg(folder.data());
        command.args(["--listen", &address.to_string()]).args(flags);
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let server = runtime.block_on(ServerProcess::run(command, address, &folder.log()))?;
        let desk = runtime.block_on(Desk::open(&server.url(), &folder.owner_key, CONNECTIONS))?;
        Ok(Self {
            cores,
            folder,
            _server: server,
            runtime,
            desk,
            random: Random::new(seed),
        })
    }

    fn offer(&mut self, mix: &Mix, rate: f64, length: Duration) -> Result<Outcome> {
        let (desk, runtime, random) = (&self.desk, &self.runtime, &mut self.random);
        let call = |chance| {
            let what = mix.draw(chance >> 40);
            (what, desk.clone().call(what, chance))
        };
        let outcome = runtime.block_on(open_loop(random, rate, length, call));
        let answered = outcome.done.len() + outcome.refused.len();
        anyhow::ensure!(
            outcome.others.is_empty() && answered == outcome.offered,
            "{} offered, {answered} answered, {:?}; the log ends with {}",
            outcome.offered,
            outcome.others,
            self.log()
        );
        Ok(outcome)
    }

    /// The end of the server's log.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.join(" / ")
    }

    /// The most that it does, found by offering more and more: a quarter more each time, until twice in a row it does no more.
    fn most(&mut self, mix: &Mix, length: Duration) -> Result<f64> {
        let (mut rate, mut most, mut no_more) = (1_000.0, 0.0_f64, 0);
        while no_more < 2 {
            let found = self.offer(mix, rate, length)?.goodput();
            no_more = if found > most * 1.03 { 0 } else { no_more + 1 };
            most = most.max(found);
            rate *= 1.25;
        }
        Ok(most)
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[test]
fn at_twice_what_it_can_do_the_rest_is_refused_and_those_let_in_do_not_wait() -> Result<()> {
    match seconds() {
        Some(seconds) => measure(Duration::from_secs(seconds)),
        None => judge(),
    }
}

fn measure(length: Duration) -> Result<()> {
    let mut kept = true;
    for mix in &MIXES {
        let mut busy = Busy::open(&[])?;
        let most = busy.most(mix, length)?;
        let mut found: [Vec<Outcome>; 3] = Default::default();
        for _ in 0..TURNS {
            let full = busy.offer(mix, most, length)?;
            let now = full.goodput();
            anyhow::ensure!(now > 0.0, "nothing was done of {most:.0} a second");
            found[0].push(busy.offer(mix, now * 0.8, length)?);
            found[1].push(full);
            found[2].push(busy.offer(mix, now * 2.0, length)?);
        }
        kept &= report(mix, most, busy.cores.are_apart(), found);
    }
    anyhow::ensure!(kept, "a bound is broken: see the table");
    Ok(())
}

/// What 99 of 100 keep within each time, in milliseconds.
fn tails(outcomes: &mut [Outcome]) -> Vec<f64> {
    let each = outcomes.iter_mut().map(|it| it.p99().as_secs_f64() * 1e3);
    each.collect()
}

/// How many a second were done each time.
fn rates(outcomes: &[Outcome]) -> Vec<f64> {
    outcomes.iter().map(Outcome::goodput).collect()
}

/// Adds what was found to the table; gives whether it is within the bounds.
fn report(mix: &Mix, most: f64, are_apart: bool, found: [Vec<Outcome>; 3]) -> bool {
    let [mut quiet, mut full, mut twice] = found;
    let [quiet_tails, full_tails, twice_tails] =
        [&mut quiet, &mut full, &mut twice].map(|it| tails(it));
    let [quiet_done, full_done, twice_done] = [&quiet, &full, &twice].map(|it| rates(it));
    let compared = |twice: &[f64], others: &[f64]| {
        let turns = twice.iter().zip(others);
        median(turns.map(|(twice, other)| twice / other).collect())
    };
    let most_done: Vec<f64> = quiet_done
        .iter()
        .zip(&full_done)
        .map(|(quiet, full)| quiet.max(*full))
        .collect();
    let (slower, done) = (
        compared(&twice_tails, &quiet_tails),
        compared(&twice_done, &most_done),
    );
    let [at_quiet, at_full, at_twice] = [quiet_tails, full_tails, twice_tails].map(median);
    let (saturated, done_twice) = (median(full_done), median(twice_done));
    let holds = saturated / most;
    let mut refused: Vec<Duration> = twice.iter().flat_map(|it| it.refused.clone()).collect();
    let share = 100 * refused.len() / twice.iter().map(|it| it.offered).sum::<usize>();
    let at_once = quantile(&mut refused, 990).as_secs_f64() * 1e3;
    let at_quiet_refused = quiet.iter().map(|it| it.refused.len()).sum::<usize>();
    let [of_quiet, of_twice] = [&quiet, &twice].map(|it| by_kind(it));
    let lag = twice.iter().map(|it| it.lag).max().unwrap_or_default();
    table::note(
        mix.name,
        format!(
            "saturated at {saturated:.0}/s; p99 {at_quiet:.1} ms at 80 % ({of_quiet}; {at_quiet_refused} refused), {at_full:.1} ms at 100 %; of twice as much {share} % refused, \
             99 of 100 of these within {at_once:.1} ms, and those done within: {of_twice} ({}; the generator was late by up to {} ms)",
            if are_apart {
                "the server on a core of its own"
            } else {
                "server and generator on the same cores"
            },
            lag.as_millis()
        ),
        "-",
    );
    let (soon, as_many, stands) = (slower <= 3.0, done >= 0.9, holds >= 0.6);
    table::judge(
        &format!("{}: done of as much as was ever done", mix.name),
        format!("{holds:.2} of {most:.0}/s"),
        "at least 0.6: a machine that others use is not always as fast",
        stands,
    );
    table::judge(
        &format!("{}: p99 at twice as much / at 80 %", mix.name),
        format!("{slower:.2} ({at_twice:.1} ms)"),
        "at most 3",
        soon,
    );
    table::judge(
        &format!("{}: done at twice as much / at most", mix.name),
        format!("{done:.2} ({done_twice:.0}/s)"),
        "at least 0.9",
        as_many,
    );
    soon && as_many && stands
}

/// What 99 of 100 of each kind keep within.
fn by_kind(outcomes: &[Outcome]) -> String {
    let mut of: BTreeMap<What, Vec<Duration>> = BTreeMap::new();
    for (what, delays) in outcomes.iter().flat_map(|it| &it.done_of) {
        of.entry(*what).or_default().extend(delays);
    }
    let of = of.iter_mut().map(|(what, delays)| {
        let tail = quantile(delays, 990).as_secs_f64() * 1e3;
        format!("{what:?} {tail:.1} ms")
    });
    of.collect::<Vec<_>>().join(", ")
}

/// Far more at once than may be at work, by counts: each is done or refused, and what is done is what the clinic shows.
fn judge() -> Result<()> {
    let mut busy = Busy::open(&["--calls", "32"])?;
    let day = &MIXES[0];
    let outcome = busy.offer(day, 400_000.0, Duration::from_millis(20))?;
    let (offered, done) = (outcome.offered, outcome.done.len());
    assert!(
        done >= 32 + 16,
        "of {offered} at least as many as may be at work are done: {done}"
    );
    assert!(
        !outcome.refused.is_empty(),
        "{offered} are far more than may be at work"
    );
    // It is as it was.
    let after = busy.offer(day, 20.0, Duration::from_millis(500))?;
    assert!(after.refused.is_empty(), "{after:?}");
    table::row(
        "a burst",
        format!("{offered} offered at once, {done} done, the others refused"),
        "each is answered",
        true,
    );
    Ok(())
}
