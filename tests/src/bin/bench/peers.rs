//! PostgreSQL on the same work in the same run, with the schema and statements of `../shared/workload/postgres`.
//!
//! It needs PostgreSQL 15's server, `psql` and `pgbench`, and that folder; without them the comparison is left out, loudly.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use treadwell_tests::{
    root,
    workload::{DataSet, PER_SITE},
};

/// A rate and the delay that pgbench's average connection saw.
pub(crate) struct PeerSample {
    pub(crate) rate: f64,
    pub(crate) mean_ms: f64,
}

/// A running PostgreSQL cluster in a scratch folder; stopped when this is dropped.
pub(crate) struct Postgres {
    scripts: PathBuf,
    scratch: tempfile::TempDir,
}

/// Connection of psql and pgbench to the cluster that the scripts start.
const CONNECTION: [&str; 6] = ["-h", "127.0.0.1", "-p", "55432", "-U", "postgres"];

impl Postgres {
    /// Starts a fresh cluster, or says in an error what is missing.
    pub(crate) fn start(disk: &Path) -> Result<Self> {
        let scripts = root().join("../shared/workload/postgres");
        ensure!(
            scripts.join("start.sh").is_file(),
            "{} is not there",
            scripts.display()
        );
        ensure!(
            Path::new("/usr/lib/postgresql/15/bin/pg_ctl").is_file(),
            "PostgreSQL 15 is not installed"
        );
        let scratch = tempfile::TempDir::with_prefix_in("treadwell-peer-", disk)?;
        let postgres = Self { scripts, scratch };
        // The cluster runs as the user postgres, who has to get at the folder.
        let cluster = postgres.scratch.path().join("pg");
        std::fs::create_dir(&cluster)?;
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
    ) -> Result<PeerSample> {
        let statement = format!(
            "\\set site random(1, {})\n\\set d0 random(0, 75)\n\\set grid {grid_minutes}\n{}",
            data_set.sites(),
            self.statement("a7_plpgsql.sql")?
        );
        self.pgbench(data_set, clients, &statement, &[], None)
    }

    /// Operation B1. Its rows are deleted and the table vacuumed before each run.
    pub(crate) fn book(&self, data_set: DataSet, clients: usize) -> Result<PeerSample> {
        let clean = self.scratch.path().join("clean.sql");
        std::fs::write(
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
        self.pgbench(data_set, clients, &statement, &variables, Some(&clean))
    }

    /// Operation C.
    pub(crate) fn day_sheet(&self, data_set: DataSet, clients: usize) -> Result<PeerSample> {
        let statement = format!(
            "\\set site random(1, {})\n\\set d0 random(0, 89)\n{}",
            data_set.sites(),
            self.statement("c_daysheet.sql")?
        );
        self.pgbench(data_set, clients, &statement, &[], None)
    }

    fn statement(&self, name: &str) -> Result<String> {
        let path = self.scripts.join(name);
        std::fs::read_to_string(&path)
            .with_context(|| format!("{} can not be read", path.display()))
    }

    /// The median of three runs of three seconds, each after the statements of `before`.
    fn pgbench(
        &self,
        data_set: DataSet,
        clients: usize,
        statement: &str,
        variables: &[String],
        before: Option<&Path>,
    ) -> Result<PeerSample> {
        let file = self.scratch.path().join("statement.sql");
        std::fs::write(&file, statement)?;
        let mut samples = Vec::new();
        for _ in 0..3 {
            if let Some(before) = before {
                psql(data_set, before)?;
            }
            let mut command = Command::new("pgbench");
            // The statements are planned once, as a server's prepared statements are.
            command.env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan");
            command
                .args(CONNECTION)
                .args(["-n", "-M", "prepared", "-T", "3", "-j", "2"]);
            command
                .arg("-c")
                .arg(clients.to_string())
                .arg("-f")
                .arg(&file);
            for variable in variables {
                command.arg("-D").arg(variable);
            }
            samples.push(parse(&run(command.arg(data_set.name()))?)?);
        }
        samples.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        Ok(samples.remove(1))
    }

    fn script(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("bash");
        command
            .arg(self.scripts.join(name))
            .args(arguments)
            .env("LAB", self.scratch.path());
        // Its output goes to a file: the cluster keeps the pipe of a captured one open.
        let log = std::fs::File::create(self.scratch.path().join("script.log"))?;
        let status = command.stdout(log.try_clone()?).stderr(log).status()?;
        let said = std::fs::read_to_string(self.scratch.path().join("script.log"))?;
        ensure!(status.success(), "{name} failed ({status}): {said}");
        Ok(())
    }
}

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

/// Reads "tps = 6440.1 (without initial connection time)" and "latency average = 1.2 ms".
fn parse(report: &str) -> Result<PeerSample> {
    let value = |name: &str| -> Option<f64> {
        let line = report.lines().find(|line| line.starts_with(name))?;
        line.split('=')
            .nth(1)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    };
    Ok(PeerSample {
        rate: value("tps").with_context(|| format!("pgbench reported no rate: {report}"))?,
        mean_ms: value("latency average").unwrap_or_default(),
    })
}
