//! Tasks that need the workspace's own code: each is a binary of `treadwell-tests` of the same name.

use crate::{Failure, tools};

/// Builds and runs the binary `task`, benchmarks in release.
pub(crate) fn run(task: &str, arguments: &[String]) -> Result<(), Failure> {
    let release = task == "bench";
    if release {
        // The benchmark starts the real server.
        tools::build_release()?;
    }
    let mut command = tools::cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "treadwell-tests",
        "--bin",
        task,
    ]);
    if release {
        command.arg("--release");
    }
    tools::run(command.arg("--").args(arguments))
}
