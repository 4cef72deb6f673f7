//! A data folder that is in use, of a newer format, not writable, missing or something else: whoever is told to use it says so
//! in one clear sentence, exits with 1, and leaves it as it is.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use treadwell_tests::process::{Folder, Options, ServerProcess, binary, sample_clinic};

/// The programs that open a data folder.
fn openers(data: &Path) -> Result<Vec<Command>> {
    let serve = |mut command: Command| {
        command
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        command
    };
    let mut console = Command::new(binary("treadwell")?);
    console.arg("serve");
    let mut verify = Command::new(binary("treadwell")?);
    verify.args(["verify", "--data"]).arg(data);
    let server = Command::new(binary("treadwell-server")?);
    Ok(vec![serve(server), serve(console), verify])
}

/// Runs a program that can not do what it is told; gives the one sentence that it says.
fn refusal(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{command:?}: {said}");
    assert!(output.stdout.is_empty(), "{command:?}");
    Ok(said)
}

/// Every program that opens the folder refuses, naming it and saying this.
fn refused(data: &Path, why: &str) -> Result<()> {
    for mut command in openers(data)? {
        let said = refusal(&mut command)?;
        assert!(said.contains(why), "{command:?}: {said}");
        assert!(
            said.contains(&data.display().to_string()),
            "{command:?}: {said}"
        );
    }
    Ok(())
}

/// The folder is as good as ever.
fn is_sound(data: &Path) -> Result<()> {
    let mut verify = Command::new(binary("treadwell")?);
    let output = verify.args(["verify", "--data"]).arg(data).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_use_is_left_to_its_user() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = ServerProcess::start(&folder, &Options::default()).await?;
    refused(&folder.data(), "in use by another process")?;
    ensure!(server.stop()?.success(), "it was not disturbed");
    is_sound(&folder.data())
}

#[test]
fn a_newer_format_is_not_touched() -> Result<()> {
    let folder = Folder::sample(None)?;
    let format = folder.data().join("FORMAT");
    let ours = fs::read_to_string(&format)?;
    let (first, rest) = ours.split_once('\n').context("it has lines")?;
    let (words, version) = first
        .rsplit_once(' ')
        .context("its first line ends with it")?;
    let newer = format!("{words} {}\n{rest}", version.parse::<u32>()? + 1);
    fs::write(&format, &newer)?;
    for mut command in openers(&folder.data())? {
        let said = refusal(&mut command)?;
        assert!(said.contains("has format 3"), "{said}");
        assert!(said.contains("use the release that wrote it"), "{said}");
    }
    assert_eq!(fs::read_to_string(&format)?, newer);
    fs::write(&format, ours)?;
    is_sound(&folder.data())
}

#[test]
fn a_folder_that_is_missing_or_something_else_is_refused() -> Result<()> {
    let place = TempDir::with_prefix("treadwell-faults-")?;
    refused(&place.path().join("nowhere"), "")?;
    let photos = place.path().join("photos");
    fs::create_dir(&photos)?;
    fs::write(photos.join("beach.jpg"), "not a clinic")?;
    refused(&photos, "")?;
    let said = refusal(&mut init(&photos)?)?;
    assert!(said.contains("photos"), "{said}");
    assert_eq!(fs::read_dir(&photos)?.count(), 1, "nothing was added");
    Ok(())
}

fn init(data: &Path) -> Result<Command> {
    let mut command = Command::new(binary("treadwell")?);
    command.args(["init", "--from"]).arg(sample_clinic());
    command.arg("--data").arg(data);
    Ok(command)
}

/// A program as somebody who may not write everywhere. Root may, whatever the modes say: then the program runs as nobody,
/// from a copy that nobody can read.
fn powerless(command: &Command, place: &Path) -> Result<Command> {
    const NOBODY: u32 = 65_534;
    let mut weaker = if place.metadata()?.uid() == 0 {
        let program = PathBuf::from(command.get_program());
        let copy = place.join(program.file_name().context("a program has a name")?);
        if !copy.exists() {
            fs::copy(&program, &copy)?;
        }
        let mut weaker = Command::new(copy);
        weaker.uid(NOBODY).gid(NOBODY);
        weaker
    } else {
        Command::new(command.get_program())
    };
    weaker.args(command.get_args()).env("HOME", place);
    Ok(weaker)
}

fn modes(path: &Path, change: &str) -> Result<()> {
    let status = Command::new("chmod")
        .arg("-R")
        .arg(change)
        .arg(path)
        .status()?;
    ensure!(status.success(), "chmod {change}");
    Ok(())
}

#[test]
fn a_folder_that_is_not_writable_is_refused() -> Result<()> {
    let place = TempDir::with_prefix("treadwell-faults-")?;
    fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
    // Where everybody may read.
    let clinic = place.path().join("clinic.toml");
    fs::copy(sample_clinic(), &clinic)?;
    let shelf = place.path().join("shelf");
    fs::create_dir(&shelf)?;
    let data = shelf.join("data");
    let mut make = Command::new(binary("treadwell")?);
    make.args(["init", "--from"]).arg(&clinic).arg("--data");
    let made = Command::new(make.get_program())
        .args(make.get_args())
        .arg(&data)
        .output()?;
    ensure!(made.status.success(), "{made:?}");
    modes(&shelf, "a-w,a+rX")?;
    let result = || -> Result<()> {
        make.arg(shelf.join("another"));
        let mut commands = openers(&data)?;
        commands.push(make);
        for command in commands {
            let said = refusal(&mut powerless(&command, place.path())?)?;
            assert!(said.contains(&shelf.display().to_string()), "{said}");
            assert!(
                said.contains("can not be written; give this user"),
                "{said}"
            );
        }
        Ok(())
    }();
    // It could not be cleared away otherwise.
    modes(&shelf, "u+w,go-rwx")?;
    result?;
    is_sound(&data)
}
