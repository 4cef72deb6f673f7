//! Runs named steps one after the other, shows what each took, and stops at the first that fails.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, counts::Counts, in_ci, tools::line};

/// What became of a step.
enum End {
    Passed(Duration),
    Failed(Duration),
    Skipped(String),
}

/// The steps so far, for the summary.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, End)>,
    counts: Counts,
}

impl Steps {
    /// Runs `command` and remembers the time it took. Test counts found in its output are added up.
    pub(crate) fn run(&mut self, name: &'static str, command: &mut Command) -> Result<(), Failure> {
        println!("\n== {name}");
        let began = Instant::now();
        let (counts, result) = stream(command);
        self.counts.add(counts);
        let end = match result {
            Ok(()) => End::Passed(began.elapsed()),
            Err(_) => End::Failed(began.elapsed()),
        };
        self.done.push((name, end));
        result.map_err(|failure| format!("{name}: {failure}"))
    }

    /// Says loudly that a step can not run here; in CI that is a failure.
    pub(crate) fn skip(&mut self, name: &'static str, missing: &str) -> Result<(), Failure> {
        if in_ci() {
            return Err(format!(
                "{name}: {missing} is missing; run `cargo xtask tools`"
            ));
        }
        println!(
            "\n!! SKIPPED {name}: {missing} is missing; `cargo xtask tools` installs it (needs Python)"
        );
        self.done.push((name, End::Skipped(missing.to_owned())));
        Ok(())
    }

    /// The closing summary. Its last line is the count of tests, in the form that CI reads.
    pub(crate) fn summarise(&self, began: Instant) {
        println!("\n== summary");
        for (name, end) in &self.done {
            match end {
                End::Passed(took) => println!("{:>7.1} s  {name}", took.as_secs_f64()),
                End::Failed(took) => println!("{:>7.1} s  {name} FAILED", took.as_secs_f64()),
                End::Skipped(missing) => println!("  SKIPPED  {name} ({missing} is missing)"),
            }
        }
        println!("{:>7.1} s  in all", began.elapsed().as_secs_f64());
        println!("{}", self.counts);
    }
}

/// Runs a command to its end, passing its output on line by line while counting the tests it reports.
fn stream(command: &mut Command) -> (Counts, Result<(), Failure>) {
    let mut counts = Counts::default();
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            return (
                counts,
                Err(format!("can not start `{}`: {error}", line(command))),
            );
        }
    };
    let out = child.stdout.take().expect("stdout is piped");
    let err = child.stderr.take().expect("stderr is piped");
    let from_out = thread::spawn(move || pass_on(out, std::io::stdout()));
    let from_err = thread::spawn(move || pass_on(err, std::io::stderr()));
    let status = child.wait();
    for reader in [from_out, from_err] {
        counts.add(reader.join().expect("passing lines on does not panic"));
    }
    let result = match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("failed ({status}): {}", line(command))),
        Err(error) => Err(format!("`{}` was lost: {error}", line(command))),
    };
    (counts, result)
}

fn pass_on(from: impl Read, mut to: impl Write) -> Counts {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        // A closed terminal must not stop the checks.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        counts.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    counts
}
