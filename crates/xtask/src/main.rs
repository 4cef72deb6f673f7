//! The contributor's one entry point, `cargo xtask`: it runs the same checks as CI, the benchmarks, the campaigns, and
//! the generators of pictures and reference pages.
//!
//! It only starts other programs (cargo, buf, cargo-deny, Python) and reads their results; it depends on no crate, so
//! that it builds in a second. What needs the workspace's code (bench, shots, docs) is a binary of `treadwell-tests`.
//! Start reading at [`checks`], the list of what CI runs.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its terminal"
)]

mod campaign;
mod checks;
mod counts;
mod delegate;
mod proto;
mod steps;
mod tools;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

const HELP: &str = "\
cargo xtask <task>

  test             everything that CI runs, stopping at the first failure
  tools            install what `test` needs beside Rust (buf, cargo-deny, nextest, Python's grpcio) into .tools/
  bench [...]      benchmarks in release; `bench --help` lists the choices, `bench --write docs/benchmarks/README.md` makes the page
  shots            draw the console's screens for the README (docs/*.svg)
  docs             write the reference pages (docs/keys.md, docs/cli.md, docs/api/)
  campaign <name>  a long run of one randomised test: model, crash, power-loss, repair, race or linear
                   [--seed N] [--rounds N]
  proto-baseline   take proto/ as it is as the state that the breaking check compares with
";

/// Why a task did not succeed, in a sentence for the contributor.
type Failure = String;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", &[][..]),
    };
    let result = match task {
        "test" => checks::run(rest),
        "tools" => tools::install(),
        "bench" | "shots" | "docs" => delegate::run(task, rest),
        "campaign" => campaign::run(rest),
        "proto-baseline" => proto::write_baseline(),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("no task `{other}`\n\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the manifest lies two folders below the workspace")
        .to_path_buf()
}

/// Whether this runs in CI, where a missing tool is an error and not a skipped check.
fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
