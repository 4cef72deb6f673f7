//! `store repair`: a damaged folder is refused with a sentence that names it, and then what is sound is taken into a new one.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use treadwell_tests::{
    clinic_day::{self, BEGINS, once},
    process::{Folder, Options, ServerProcess, binary},
};

/// Repairs a folder; gives the exit code and what was told.
fn repair(data: &Path, to: &Path) -> Result<(Option<i32>, Value)> {
    let mut command = Command::new(binary("treadwell")?);
    command.args(["store", "repair", "--json", "--data"]);
    let output = command.arg(data).arg("--to").arg(to).output()?;
    let told = serde_json::from_slice(&output.stdout);
    let told = told.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((output.status.code(), told))
}

fn verify(data: &Path) -> Result<std::process::Output> {
    let mut command = Command::new(binary("treadwell")?);
    Ok(command
        .args(["store", "verify", "--data"])
        .arg(data)
        .output()?)
}

/// Changes a byte near the end of the group of commits that is so many from the last.
fn damage(data: &Path, back: usize) -> Result<()> {
    let path = data.join("journal/00000000000000000001.log");
    let mut content = fs::read(&path)?;
    let begins: Vec<usize> = content
        .windows(4)
        .enumerate()
        .filter_map(|(at, four)| (four == b"TWj2").then_some(at))
        .collect();
    let next = begins.len().checked_sub(back).context("so many groups")?;
    content[begins[next] - 20] ^= 1;
    Ok(fs::write(path, content)?)
}

async fn work(folder: &Folder) -> Result<u64> {
    let options = Options {
        clock_start: Some(BEGINS.to_owned()),
        ..Options::default()
    };
    let server = ServerProcess::start(folder, &options).await?;
    let owner = once(&server, &folder.owner_key)?;
    for name in ["Anna Example", "Bert Beispiel", "Chloé Exemple"] {
        clinic_day::client(&owner, name).await?;
    }
    let status = owner
        .get_status(treadwell_api::v1::GetStatusRequest {})
        .await?;
    ensure!(server.stop()?.success(), "it did not stop in order");
    Ok(status.revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sound_in_a_damaged_folder_is_taken_into_a_new_one() -> Result<()> {
    let folder = Folder::sample(Some(BEGINS))?;
    let revision = work(&folder).await?;
    let data = folder.data();
    let beside = |name: &str| data.with_file_name(name);
    let (code, told) = repair(&data, &beside("whole"))?;
    assert_eq!(
        (code, &told["whole"]),
        (Some(0), &Value::Bool(true)),
        "{told}"
    );
    ensure!(verify(&beside("whole"))?.status.success());
    let records = told["record_count"].clone();

    // A group in the middle: the records store proves that no record is lost by it.
    damage(&data, 1)?;
    let refused = verify(&data)?;
    ensure!(!refused.status.success());
    let (code, told) = repair(&data, &beside("proven"))?;
    assert_eq!(
        (code, &told["whole"]),
        (Some(1), &Value::Bool(false)),
        "{told}"
    );
    assert_eq!(
        (&told["records_proven"], &told["record_count"]),
        (&Value::Bool(true), &records)
    );
    assert_eq!(told["lost"][0]["first_revision"], revision - 1);
    ensure!(
        told["lost"][0]["file"]
            .as_str()
            .is_some_and(|file| file.contains("/journal/"))
    );

    // Without it, whom the damage concerns is named.
    fs::remove_dir_all(data.join("records"))?;
    let refused = verify(&data)?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(
        refused.status.code() == Some(1) && said.contains("store repair"),
        "{said}"
    );
    let to = beside("salvaged");
    let (code, told) = repair(&data, &to)?;
    assert_eq!(
        (code, &told["records_proven"]),
        (Some(1), &Value::Bool(false)),
        "{told}"
    );
    let doubtful = told["doubtful_records"].as_array().context("a list")?;
    ensure!(
        doubtful.len() == 1
            && doubtful[0]
                .as_str()
                .is_some_and(|it| it.starts_with("client")),
        "{told}"
    );
    assert_eq!(told["revision"], revision);
    ensure!(verify(&to)?.status.success());

    // And the clinic goes on there.
    let salvaged = Folder::copy_of(&to, &folder.owner_key)?;
    ensure!(work(&salvaged).await? > revision);
    Ok(())
}
