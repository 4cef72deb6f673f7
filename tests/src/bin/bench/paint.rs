//! The console's budgets: how long a frame takes, a key, and an event. The console measures itself, in its example `paint`,
//! because its model and its drawing are nobody else's to see.

use std::{env, process::Command};

use anyhow::{Context, Result, ensure};
use treadwell_tests::root;

use crate::report::Report;

/// A line of the example: what was measured, how often, median and p99 in milliseconds, the budget in milliseconds.
#[derive(Debug)]
struct Line<'a> {
    what: &'a str,
    times: &'a str,
    median: &'a str,
    p99: &'a str,
    budget: &'a str,
}

impl<'a> Line<'a> {
    /// Reads `what  times median p99 budget within`; other lines are for people.
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.trim_end().rsplitn(2, ' ');
        let verdict = words.next()?;
        if !["within", "OVER"].contains(&verdict) {
            return None;
        }
        let mut rest = words.next()?;
        let mut last = || {
            let (before, word) = rest.trim_end().rsplit_once(' ')?;
            rest = before;
            Some(word)
        };
        let (budget, p99, median, times) = (last()?, last()?, last()?, last()?);
        Some(Self {
            what: rest.trim(),
            times,
            median,
            p99,
            budget,
        })
    }
}

/// Runs the example, which was built beside this program.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    let beside = env::current_exe().context("this program's own path")?;
    let folder = beside.with_file_name("examples");
    let path = folder.join(format!("paint{}", env::consts::EXE_SUFFIX));
    let output = Command::new(&path)
        .current_dir(root())
        .output()
        .with_context(|| format!("{} can not be started", path.display()))?;
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the example paint: {complained}");
    let printed = String::from_utf8(output.stdout)?;
    let lines: Vec<Line> = printed.lines().filter_map(Line::read).collect();
    ensure!(!lines.is_empty(), "the example paint printed: {printed}");
    report.heading(2, "The console at 200 x 50");
    report.head(&["what", "times", "median ms", "p99 ms", "budget"]);
    for line in lines {
        let what = format!("console: {}, p99", line.what);
        let verdict = report.at_most(what, line.budget.parse()?, line.p99.parse()?);
        report.row(&[
            line.what.to_owned(),
            line.times.to_owned(),
            line.median.to_owned(),
            line.p99.to_owned(),
            verdict,
        ]);
    }
    Ok(())
}
