//! The tools that the checks need beside Rust: where they are, and how they are installed.
//!
//! All of them come as Python wheels that hold a binary, pinned in `.ci/requirements.txt`, into one virtual environment
//! under `.tools/`. Nothing is looked for elsewhere, so that everybody checks with the same versions.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Failure, root};

/// A program of the virtual environment, if it is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = programs().join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    path.is_file().then_some(path)
}

/// The folder of the programs, to put first in `PATH` so that cargo finds its plugins there.
pub(crate) fn programs() -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment().join(folder)
}

/// Makes the virtual environment and brings it to what `.ci/requirements.txt` asks for.
pub(crate) fn install() -> Result<(), Failure> {
    if find("python").is_none() {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python)
            .arg("-m")
            .arg("venv")
            .arg(environment()))?;
    }
    let python = find("python").ok_or("the virtual environment has no Python")?;
    run(Command::new(python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--only-binary", ":all:", "--requirement"])
        .arg(root().join(".ci/requirements.txt")))
}

fn environment() -> PathBuf {
    root().join(".tools/venv")
}

/// Runs a command with the terminal's own input and output.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command
        .current_dir(root())
        .status()
        .map_err(|error| format!("can not start `{}`: {error}", line(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("failed ({status}): {}", line(command)))
    }
}

/// A command as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_default().to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    words.join(" ")
}

/// Cargo, started in the workspace's folder with the installed tools in its path.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs()).chain(std::env::split_paths(&inherited));
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    command
}

/// Builds the product's binaries in release, for what starts them: cargo builds no other package's binaries by itself.
pub(crate) fn build_release() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["build", "--release", "--locked", "--workspace"]);
    run(command.args(["--bins", "--examples"]))
}

/// Builds everything as the tests have it. A build of one package alone would choose other features for what they share,
/// and build all of that again.
pub(crate) fn build_all() -> Command {
    let mut command = cargo();
    command.args(["build", "--locked", "--workspace", "--all-targets"]);
    command
}

/// A program that [`build_all`] or [`build_release`] has made.
pub(crate) fn built(profile: &str, name: &str) -> Command {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    program(&target.join(profile).join(name))
}

/// A program started in the workspace's folder.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(root());
    command
}
