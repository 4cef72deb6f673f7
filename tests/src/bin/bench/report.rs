//! What the benchmark finds: printed as it comes, and kept as a page in Markdown that says where each target stands.

use std::{env::consts, fs, time::Duration};

use crate::measure::Length;

/// Everything that was found so far.
#[derive(Default)]
pub(crate) struct Report {
    text: String,
    /// The widths of the columns of the table that is being written.
    table: Vec<usize>,
    targets: Vec<Target>,
}

/// Something to reach, and what was found.
struct Target {
    what: String,
    aim: String,
    found: String,
    verdict: &'static str,
}

impl Report {
    /// A heading; level 2 is a data set, level 3 a measurement.
    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.end_table();
        self.line(&format!("{} {text}", "#".repeat(level)));
        self.line("");
    }

    /// A sentence of its own.
    pub(crate) fn note(&mut self, text: &str) {
        self.end_table();
        self.line(text);
        self.line("");
    }

    /// The head of a table; its rows are as wide.
    pub(crate) fn head(&mut self, columns: &[&str]) {
        self.end_table();
        self.table = columns.iter().map(|column| column.len().max(9)).collect();
        let cells: Vec<String> = columns.iter().map(ToString::to_string).collect();
        self.row(&cells);
        // One wider than a cell, as a cell has a blank on either side.
        let rules = self
            .table
            .iter()
            .map(|width| width + 1)
            .map(|width| format!("{:-<width$}:", "-"));
        let rules: Vec<String> = rules.collect();
        self.line(&format!("|{}|", rules.join("|")));
    }

    /// A row of the table.
    pub(crate) fn row(&mut self, cells: &[String]) {
        let cells = cells.iter().zip(&self.table);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    /// Notes a ratio that is to be at least `aim`; gives the verdict as a cell.
    pub(crate) fn at_least(&mut self, what: String, aim: f64, found: f64) -> String {
        let cell = aim.to_string();
        self.target(what, cell, format!("{found:.2}"), found >= aim)
    }

    /// Notes a delay in milliseconds that is to be at most `aim`; gives the verdict as a cell.
    pub(crate) fn at_most(&mut self, what: String, aim: f64, found: f64) -> String {
        let cell = format!("{aim:.2} ms");
        self.target(what, cell, format!("{found:.2} ms"), found <= aim)
    }

    fn target(&mut self, what: String, aim: String, found: String, met: bool) -> String {
        let verdict = if met { "met" } else { "MISSED" };
        let cell = format!("{aim} {verdict}");
        self.targets.push(Target {
            what,
            aim,
            found,
            verdict,
        });
        cell
    }

    /// Notes a target of which this run says nothing, and why.
    pub(crate) fn unmeasured(&mut self, what: &str, aim: &str, why: &str) {
        println!("!! NOT MEASURED: {what}: {why}");
        self.targets.push(Target {
            what: what.to_owned(),
            aim: aim.to_owned(),
            found: why.to_owned(),
            verdict: "not measured",
        });
    }

    fn line(&mut self, text: &str) {
        println!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn end_table(&mut self) {
        if !self.table.is_empty() {
            self.table.clear();
            self.line("");
        }
    }

    /// The whole as a page: the machine, the targets, and how it was measured.
    pub(crate) fn page(&self, length: Length) -> String {
        let mut page = String::from(
            "# Benchmarks\n\nMade by `cargo xtask bench --write docs/benchmarks/README.md`, not by hand; `--peers` adds PostgreSQL where it is \
             installed.\n\n",
        );
        page.push_str(&conditions(length));
        page.push_str("\n\n## Where the targets stand\n\n| target | to reach | found | |\n|---|---:|---:|---|\n");
        let rows = self.targets.iter().map(|target| {
            let Target {
                what,
                aim,
                found,
                verdict,
            } = target;
            format!("| {what} | {aim} | {found} | {verdict} |\n")
        });
        page.extend(rows);
        page.push('\n');
        page.push_str(self.text.trim_end());
        page.push('\n');
        page
    }
}

/// The machine and the manner, so that figures of another run can be held against these.
pub(crate) fn conditions(length: Length) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = memory_gib().map_or(String::new(), |gib| format!(" and {gib} GiB of memory"));
    let quick = if cfg!(debug_assertions) || length.runs < 3 {
        " This was a quick run or a debug build: it shows that the measurement works, and says nothing of speed."
    } else {
        ""
    };
    format!(
        "One machine with {cores} cores{memory}, {} on {}: server, client and disk share it. Closed loops over loopback; of {} runs of \
         {:.1} s each the one with the median rate. Figures hold only as ratios to the limit measured beside them in the same \
         run.{quick}",
        consts::OS,
        consts::ARCH,
        length.runs,
        length.measured.as_secs_f64(),
    )
}

fn memory_gib() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib.div_ceil(1024 * 1024))
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A duration as a cell.
pub(crate) fn delay(duration: Duration) -> String {
    format!("{:.3}", milliseconds(duration))
}

/// A rate as a cell.
pub(crate) fn rate(rate: f64) -> String {
    format!("{rate:.0}")
}
