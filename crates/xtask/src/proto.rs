//! Lint and breaking check of `proto/` with buf, and the state that the breaking check compares with.

use std::process::Command;

use crate::{Failure, tools};

/// The last agreed state of `proto/`, as an image. It is committed, so that the check works in any single clone.
const BASELINE: &str = "proto/baseline.binpb";

/// `buf lint`, when buf is installed.
pub(crate) fn lint() -> Option<Command> {
    let mut command = tools::program(&tools::find("buf")?);
    command.arg("lint");
    Some(command)
}

/// `buf breaking` against the baseline, when buf is installed.
pub(crate) fn breaking() -> Option<Command> {
    let mut command = tools::program(&tools::find("buf")?);
    command.args(["breaking", "--against", BASELINE]);
    Some(command)
}

/// Writes the baseline anew. A release does it; between releases only an agreed breaking change does, and its commit says why.
pub(crate) fn write_baseline() -> Result<(), Failure> {
    let buf = tools::find("buf").ok_or("buf is missing; run `cargo xtask tools`")?;
    tools::run(tools::program(&buf).args(["build", "--exclude-source-info", "--output", BASELINE]))
}
