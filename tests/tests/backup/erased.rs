//! What is in a backup is readable by nobody without the keys, and whoever is erased is erased from it, too.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::Value;
use treadwell_api::v1::{
    CreateBackupRequest, CreateClientRequest, EraseClientRequest, GetClientRequest,
    ListAuditEntriesRequest, ListClientsRequest, VerifyRequest, WriteOptions,
};
use treadwell_server::keyring;
use treadwell_tests::{
    clinic_day::{BEGINS, named, once},
    process::{Folder, Options, ServerProcess},
};

use crate::{files, restore, with_backups};

const CANARY: &str = "Zebrafinch";

async fn client(desk: &treadwell_client::Client, name: &str) -> Result<String> {
    let request = CreateClientRequest {
        write: named(name),
        client: Some(treadwell_api::v1::Client {
            name: name.to_owned(),
            note: format!("{CANARY} likes it quiet"),
            ..Default::default()
        }),
    };
    let answer = desk.create_client(request).await?;
    Ok(answer.client.unwrap_or_default().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_is_erased_from_backups_that_were_taken_before() -> Result<()> {
    let folder = Folder::sample(Some(BEGINS))?;
    let (backups, options) = with_backups(&folder)?;
    let server = ServerProcess::start(&folder, &options).await?;
    let owner = once(&server, &folder.owner_key)?;
    let gone = client(&owner, &format!("{CANARY} Gone")).await?;
    let stays = client(&owner, &format!("{CANARY} Stays")).await?;
    let take = |name: &str| CreateBackupRequest { write: named(name) };
    let before = owner
        .create_backup(take("before"))
        .await?
        .backup
        .unwrap_or_default();
    for file in files(&backups)? {
        let bytes = fs::read(&file)?;
        let holds = bytes
            .windows(CANARY.len())
            .any(|it| it == CANARY.as_bytes());
        ensure!(!holds, "{}", file.display());
    }
    // Nobody has to take another one for that: the copy of the ring follows it.
    server.stop()?;
    let later = Options {
        clock_start: Some("2060-03-01T13:00:00Z".to_owned()),
        ..options.clone()
    };
    let server = ServerProcess::start(&folder, &later).await?;
    let owner = once(&server, &folder.owner_key)?;
    let erase = EraseClientRequest {
        write: Some(WriteOptions {
            reason: "retention is over".to_owned(),
            ..WriteOptions::default()
        }),
        client_id: gone.clone(),
        give_up_balance: true,
    };
    let erased = owner.erase_client(erase).await?;
    let ring = |place: &std::path::Path| fs::read(place.join("keys/ring"));
    for _ in 0..200 {
        if ring(&backups)? == ring(&folder.data())? {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    ensure!(
        ring(&backups)? == ring(&folder.data())?,
        "the copy of the ring has not followed"
    );
    server.kill()?;

    // The disk is lost: what is left are the backups and the seal key.
    let seal_key = folder.beside("kept.key");
    fs::rename(keyring::beside(&folder.data()), &seal_key)?;
    fs::remove_dir_all(folder.data())?;
    let backup = backups.join(format!("{}.treadwell-backup", before.name));
    let output = restore(&backup, &folder.data(), &seal_key, &[])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(told["erased_count"].as_u64() > Some(0), "{told}");
    ensure!(told["revision"].as_u64() < Some(erased.revision), "{told}");
    let server = ServerProcess::start(&folder, &later).await?;
    let owner = once(&server, &folder.owner_key)?;
    let get = |id: &str| GetClientRequest {
        client_id: id.to_owned(),
        at: None,
    };
    ensure!(
        owner.get_client(get(&gone)).await.is_err(),
        "erased for good"
    );
    let found = owner.get_client(get(&stays)).await?;
    ensure!(found.client.unwrap_or_default().name.contains("Stays"));
    let listed = owner.list_clients(ListClientsRequest::default()).await?;
    ensure!(
        !listed.clients.iter().any(|it| it.name.contains("Gone")),
        "{listed:?}"
    );
    let verified = owner.verify(VerifyRequest {}).await?;
    ensure!(verified.sound, "{:?}", verified.problems);
    // And the trail says that it is another history.
    let trail = owner
        .list_audit_entries(ListAuditEntriesRequest::default())
        .await?;
    let noted = trail
        .entries
        .iter()
        .any(|it| it.what.starts_with("Restored from the backup"));
    ensure!(noted, "{:?}", trail.entries);
    server.stop()?;
    Ok(())
}
