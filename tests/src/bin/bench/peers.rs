//! PostgreSQL on the same work in the same run, with the schema and statements of the workload's folder `postgres`.
//!
//! It needs PostgreSQL 15's server, `psql` and `pgbench`, and that folder; without them the comparison is left out, loudly.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use treadwell_tests::workload::{DataSet, PER_SITE};

use crate::{
    compare::median,
    measure::{Length, Sample, quantile},
};

/// A running PostgreSQL cluster in a scratch folder; stopped when this is dropped.
pub(crate) struct Postgres {
    scripts: PathBuf,
    scratch: tempfile::TempDir,
}

/// Connection of psql and pgbench to the cluster that the scripts start.
const CONNECTION: [&str; 6] = ["-h", "127.0.0.1", "-p", "55432", "-U", "postgres"];

impl Postgres {
    /// Starts a fresh cluster, or says in an error what is missing.
    pub(crate) fn start(disk: &Path, workload: &Path) -> Result<Self> {
        let scripts = workload.join("postgres");
        ensure!(
            scripts.join("start.sh").is_file(),
            "the workload's folder `postgres` is not there"
        );
        ensure!(
            Path::new("/usr/lib/postgresql/15/bin/pg_ctl").is_file(),
            "PostgreSQL 15 is not installed"
        );
        let scratch = tempfile::TempDir::with_prefix_in("treadwell-peer-", disk)?;
        let postgres = Self { scripts, scratch };
        // The cluster runs as the user postgres, who has to get at the folder.
        let cluster = postgres.scratch.path().join("pg");
        fs::create_dir(&cluster)?;
        run(Command::new("chmod")
            .arg("755")
            .arg(postgres.scratch.path()))?;
        run(Command::new("chown").arg("postgres").arg(&cluster))?;
        postgres.script("start.sh", &[])?;
        Ok(postgres)
    }

    /// Loads a data set.
    pub(crate) fn load(&self, data_set: DataSet) -> Result<()> {
        self.script("load.sh", &[data_set.name()])?;
        psql(data_set, &self.scripts.join("func.sql"))
    }

    /// Operation A in its fastest formulation.
    pub(crate) fn search(
        &self,
        data_set: DataSet,
        clients: usize,
        grid_minutes: u32,
        length: Length,
    ) -> Result<Sample> {
        let statement = format!(
            "\\set site random(1, {})\n\\set d0 random(0, 75)\n\\set grid {grid_minutes}\n{}",
            data_set.sites(),
            self.statement("a7_plpgsql.sql")?
        );
        let pgbench = self.pgbench(data_set, clients, length);
        pgbench.run(&statement, &[], None)
    }

    /// Operation B1. Its rows are deleted and the table vacuumed before each run.
    pub(crate) fn book(&self, data_set: DataSet, clients: usize, length: Length) -> Result<Sample> {
        let clean = self.scratch.path().join("clean.sql");
        fs::write(
            &clean,
            "DELETE FROM appt WHERE lower(during) >= '2027-04-04';\nVACUUM ANALYZE appt;\n",
        )?;
        let variables = [
            format!("rooms={}", data_set.sites() * PER_SITE),
            format!("nc={clients}"),
            "k0=0".to_owned(),
            "i=-1".to_owned(),
        ];
        let statement = self.statement("b_insert.sql")?;
        let pgbench = self.pgbench(data_set, clients, length);
        pgbench.run(&statement, &variables, Some(&clean))
    }

    /// Operation C.
    pub(crate) fn day_sheet(
        &self,
        data_set: DataSet,
        clients: usize,
        length: Length,
    ) -> Result<Sample> {
        let statement = format!(
            "\\set site random(1, {})\n\\set d0 random(0, 89)\n{}",
            data_set.sites(),
            self.statement("c_daysheet.sql")?
        );
        let pgbench = self.pgbench(data_set, clients, length);
        pgbench.run(&statement, &[], None)
    }

    fn statement(&self, name: &str) -> Result<String> {
        let path = self.scripts.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} can not be read", path.display()))
    }

    fn pgbench(&self, data_set: DataSet, clients: usize, length: Length) -> Pgbench<'_> {
        Pgbench {
            folder: self.scratch.path(),
            data_set,
            clients,
            length,
        }
    }

    fn script(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("bash");
        command
            .arg(self.scripts.join(name))
            .args(arguments)
            .env("LAB", self.scratch.path());
        // Its output goes to a file: the cluster keeps the pipe of a captured one open.
        let log = fs::File::create(self.scratch.path().join("script.log"))?;
        let status = command.stdout(log.try_clone()?).stderr(log).status()?;
        let said = fs::read_to_string(self.scratch.path().join("script.log"))?;
        ensure!(status.success(), "{name} failed ({status}): {said}");
        Ok(())
    }
}

/// Closed loops of PostgreSQL's own benchmark client.
struct Pgbench<'a> {
    folder: &'a Path,
    data_set: DataSet,
    clients: usize,
    length: Length,
}

impl Pgbench<'_> {
    /// The run with the median rate; each comes after the statements of `before`.
    fn run(&self, statement: &str, variables: &[String], before: Option<&Path>) -> Result<Sample> {
        fs::write(self.folder.join("statement.sql"), statement)?;
        let mut samples = Vec::new();
        for _ in 0..self.length.runs {
            if let Some(before) = before {
                psql(self.data_set, before)?;
            }
            samples.push(self.once(variables)?);
        }
        median(samples)
    }

    fn once(&self, variables: &[String]) -> Result<Sample> {
        let seconds = self.length.measured.as_secs().max(1);
        let mut command = Command::new("pgbench");
        command
            // The statements are planned once, as a server's prepared statements are.
            .env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan")
            .current_dir(self.folder)
            .args(CONNECTION)
            .args(["-n", "-M", "prepared", "-j", "2", "-f", "statement.sql"])
            // Every transaction's delay, for the percentiles.
            .args(["--log", "--log-prefix", LOG])
            .args(["-T", &seconds.to_string()])
            .args(["-c", &self.clients.to_string()]);
        for variable in variables {
            command.arg("-D").arg(variable);
        }
        let rate = rate(&run(command.arg(self.data_set.name()))?)?;
        let mut delays = self.delays()?;
        ensure!(!delays.is_empty(), "pgbench logged no transaction");
        Ok(Sample {
            rate,
            p50: quantile(&mut delays, 50),
            p99: quantile(&mut delays, 99),
            longest: quantile(&mut delays, 100),
        })
    }

    /// Reads and removes the logs, one a thread: the third word of a line is the transaction's time in microseconds.
    fn delays(&self) -> Result<Vec<Duration>> {
        let mut delays = Vec::new();
        for entry in fs::read_dir(self.folder)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(LOG) {
                continue;
            }
            let text = fs::read_to_string(entry.path())?;
            let times = text.lines().filter_map(|line| line.split(' ').nth(2));
            delays.extend(times.filter_map(|time| Some(Duration::from_micros(time.parse().ok()?))));
            fs::remove_file(entry.path())?;
        }
        Ok(delays)
    }
}

/// How the names of pgbench's logs begin.
const LOG: &str = "transactions";

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nothing more can be done about a cluster that does not stop.
        let _ = self.script("stop.sh", &[]);
    }
}

fn psql(data_set: DataSet, file: &Path) -> Result<()> {
    run(Command::new("psql")
        .args(CONNECTION)
        .args(["-q", "-d", data_set.name(), "-f"])
        .arg(file))
    .map(drop)
}

fn run(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} can not be started"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads "tps = 6440.1 (without initial connection time)".
fn rate(report: &str) -> Result<f64> {
    let line = report.lines().find(|line| line.starts_with("tps"));
    line.and_then(|line| {
        line.split('=')
            .nth(1)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    })
    .with_context(|| format!("pgbench reported no rate: {report}"))
}
