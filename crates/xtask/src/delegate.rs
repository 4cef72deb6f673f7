//! Tasks that need the workspace's own code: each is a binary of `treadwell-tests` of the same name.

use crate::{Failure, tools};

/// Builds and runs the binary `task`, benchmarks in release.
pub(crate) fn run(task: &str, arguments: &[String]) -> Result<(), Failure> {
    let profile = if task == "bench" {
        tools::build_release()?;
        "release"
    } else {
        tools::run(&mut tools::build_all())?;
        "debug"
    };
    tools::run(tools::built(profile, task).args(arguments))
}
