//! A backup that an earlier release took is restored, and has what that release said.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    process::Command,
};

use anyhow::{Result, ensure};
use serde_json::Value;
use treadwell_tests::{frozen, process::binary};

#[test]
fn a_backup_that_was_taken_before_is_restored() -> Result<()> {
    let (from, place) = (frozen::backup(), tempfile::tempdir()?);
    // Others may read what lies in a repository.
    let seal_key = place.path().join("clinic.key");
    fs::copy(from.join(frozen::SEAL_KEY), &seal_key)?;
    fs::set_permissions(&seal_key, Permissions::from_mode(0o600))?;
    let mut restore = Command::new(binary("treadwell")?);
    restore.args(["store", "restore", "--json"]);
    restore.arg(from.join(frozen::BACKUP));
    restore.arg("--to").arg(place.path().join("restored"));
    let output = restore.arg("--seal-key").arg(&seal_key).output()?;
    ensure!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let told: Value = serde_json::from_slice(&fs::read(from.join(frozen::OF_BACKUP))?)?;
    for name in frozen::OF_A_BACKUP {
        ensure!(!told[name].is_null(), "{name} was not told");
        assert_eq!(said[name], told[name], "{name}");
    }
    assert_eq!(said["revision"], told["newest_revision"]);
    // Each record was compared and opened, and the trail read.
    assert_eq!(said["problems"], Value::Array(Vec::new()));
    Ok(())
}
