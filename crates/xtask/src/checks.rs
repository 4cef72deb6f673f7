//! Everything that CI runs, in the order from cheap to dear.
//!
//! One profile (`dev`) serves all of it, and the tests and binaries are built once, together, so that nothing is
//! compiled twice because another step asked for other features.

use std::{process::Command, time::Instant};

use crate::{
    Failure, proto,
    steps::Steps,
    tools::{self, cargo},
};

/// `cargo xtask test`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(argument) = arguments.first() {
        return Err(format!("`test` takes no argument, but got `{argument}`"));
    }
    let began = Instant::now();
    let mut steps = Steps::default();
    let result = all(&mut steps);
    steps.summarise(began);
    result
}

fn all(steps: &mut Steps) -> Result<(), Failure> {
    steps.run(
        "fetch the locked dependencies",
        cargo().args(["fetch", "--locked"]),
    )?;
    steps.run("formatting", cargo().args(["fmt", "--all", "--check"]))?;
    proto_checks(steps)?;
    deny(steps)?;
    lints(steps)?;
    tests(steps)
}

fn proto_checks(steps: &mut Steps) -> Result<(), Failure> {
    match (proto::lint(), proto::breaking()) {
        (Some(mut lint), Some(mut breaking)) => {
            steps.run("proto lint", &mut lint)?;
            steps.run("proto breaking check", &mut breaking)
        }
        _ => steps.skip("proto lint and breaking check", "buf"),
    }
}

fn deny(steps: &mut Steps) -> Result<(), Failure> {
    let name = "licences, bans and sources";
    match tools::find("cargo-deny") {
        // `advisories` needs the network and changes without a commit of ours, so it is not a check of the code.
        Some(_) => steps.run(
            name,
            cargo().args([
                "deny",
                "--offline",
                "--log-level",
                "error",
                "check",
                "licenses",
                "bans",
                "sources",
            ]),
        ),
        None => steps.skip(name, "cargo-deny"),
    }
}

fn lints(steps: &mut Steps) -> Result<(), Failure> {
    steps.run(
        "clippy",
        cargo().args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
    )?;
    // The console as it is without the server: it must know the API and the client only.
    steps.run(
        "console without `embedded`",
        cargo().args([
            "check",
            "--locked",
            "--package",
            "treadwell-console",
            "--no-default-features",
        ]),
    )?;
    steps.run(
        "reference documentation",
        cargo()
            .args([
                "doc",
                "--locked",
                "--workspace",
                "--no-deps",
                "--document-private-items",
            ])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

fn tests(steps: &mut Steps) -> Result<(), Failure> {
    steps.run("build", &mut tools::build_all())?;
    steps.run(
        "documentation tests",
        cargo().args(["test", "--locked", "--workspace", "--doc"]),
    )?;
    python(steps)?;
    steps.run("tests", &mut test_runner())
}

/// An independent client in another language, made from `proto/`, against the running server.
fn python(steps: &mut Steps) -> Result<(), Failure> {
    let name = "Python client";
    let (Some(python), Some(_)) = (tools::find("python"), tools::find("buf")) else {
        return steps.skip(name, "Python's grpcio");
    };
    steps.run(
        name,
        tools::program(&python).args([
            "-m",
            "unittest",
            "discover",
            "--start-directory",
            "tests/python",
            "--verbose",
        ]),
    )
}

/// nextest when it is installed, cargo's own runner otherwise.
fn test_runner() -> Command {
    let mut command = cargo();
    let installed = cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if installed {
        command.args([
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--no-fail-fast",
        ]);
    } else {
        command.args([
            "test",
            "--locked",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]);
    }
    command
}
