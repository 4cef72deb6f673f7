//! A core for the server and the others for whoever calls it, so that a busier caller does not make the server slower.
//!
//! By the program `taskset`, which comes with every Linux; where it is missing, or there is one core only, both share what there is.

use std::{
    fs,
    process::{self, Command, Stdio},
};

use treadwell_tests::process::binary;

/// The cores of this process, until it is dropped without the server's.
pub(crate) struct Cores {
    /// All, as the system lists them; none when nothing is pinned.
    all: Option<String>,
}

impl Cores {
    /// The first core is the server's, the others are this process's.
    pub(crate) fn split() -> Self {
        let all = allowed().filter(|all| all.first().is_some_and(|_| all.len() > 1));
        let Some(all) = all else {
            return Self { all: None };
        };
        let pinned = pin(&list(&all[1..]));
        Self {
            all: pinned.then(|| list(&all)),
        }
    }

    /// How the server is started.
    pub(crate) fn server(&self) -> anyhow::Result<Command> {
        let program = binary("treadwell-server")?;
        let first = self.all.as_ref().and_then(|all| all.split(',').next());
        Ok(match first {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core]).arg(program);
                command
            }
            None => Command::new(program),
        })
    }

    /// Whether server and callers have cores of their own.
    pub(crate) fn are_apart(&self) -> bool {
        self.all.is_some()
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        if let Some(all) = &self.all {
            pin(all);
        }
    }
}

/// The numbers of the cores that this process may use.
fn allowed() -> Option<Vec<u32>> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut cores = Vec::new();
    for part in line.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cores.extend(first.parse::<u32>().ok()?..=last.parse().ok()?);
    }
    Some(cores)
}

fn list(cores: &[u32]) -> String {
    let cores: Vec<String> = cores.iter().map(u32::to_string).collect();
    cores.join(",")
}

/// Keeps every thread of this process on these cores. Gives whether that could be done.
fn pin(cores: &str) -> bool {
    let done = Command::new("taskset")
        .args(["-acp", cores, &process::id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}
