//! A data folder that was put back, with its own old keys, beside backups that were taken since.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use treadwell_api::v1;
use treadwell_clinic::model::Role;
use treadwell_server::backup::{Order, Until, restore};

use super::backup::{caught_up, into};
use super::support::{Api, World};

/// Copies a folder, as a snapshot of a disk does.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

async fn back_up(world: &World, owner: &mut Api) -> PathBuf {
    world.clock.advance(Duration::from_mins(5));
    let ask = v1::CreateBackupRequest { write: None };
    let taken = owner.operations.create_backup(ask).await.unwrap();
    let name = taken.into_inner().backup.unwrap().name;
    world.beside(&format!("backups/{name}.treadwell-backup"))
}

/// What the server says of copies of the ring that were put aside.
async fn said(owner: &mut Api) -> Vec<String> {
    let status = owner.operations.get_status(v1::GetStatusRequest {});
    let mut warnings = status.await.unwrap().into_inner().warnings;
    warnings.retain(|it| it.contains("put aside"));
    warnings
}

/// Restores a backup with the keys that lie in a folder; gives the revision, or why not.
async fn restored(world: &World, backup: &Path, keys_in: &str, to: &str) -> Result<u64, String> {
    let (to, keys_in) = (world.beside(to), world.beside(keys_in));
    let order = Order {
        backup,
        to: Some(&to),
        keys_in: Some(&keys_in),
        seal_key: &world.beside("clinic.key"),
        until: Until::End,
    };
    let restored = restore(&order).await?;
    assert!(restored.problems.is_empty(), "{:?}", restored.problems);
    Ok(restored.revision)
}

#[tokio::test]
async fn it_takes_no_keys_from_the_backups() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    caught_up(&world, &mut owner).await;
    let (data, old) = (world.beside("clinic"), world.beside("old"));
    let world = world.restarted_after(|| copy(&data, &old)).await;
    let mut owner = world.api(Role::Owner).await;
    let request = v1::CreateClientRequest {
        write: None,
        client: Some(v1::Client {
            name: "Noor Haddon".to_owned(),
            ..v1::Client::default()
        }),
    };
    owner.client.create_client(request).await.unwrap();
    let since = back_up(&world, &mut owner).await;
    assert!(said(&mut owner).await.is_empty());
    let newest = fs::read(world.beside("backups/keys/ring")).unwrap();

    let put_back = || {
        fs::remove_dir_all(&data).unwrap();
        fs::rename(&old, &data).unwrap();
    };
    let world = world.restarted_after(put_back).await;
    let mut owner = world.api(Role::Owner).await;
    let of_old = back_up(&world, &mut owner).await;
    assert_eq!(said(&mut owner).await.len(), 1);
    let aside = "backups/keys.before-1";
    let kept = fs::read(world.beside(aside).join("keys/ring")).unwrap();
    assert!(kept == newest, "nothing of it is lost");
    // Each backup is restored with its own keys.
    let no = restored(&world, &since, "backups", "without")
        .await
        .unwrap_err();
    assert!(no.contains("is older than the store"), "{no}");
    restored(&world, &since, aside, "newer").await.unwrap();
    restored(&world, &of_old, "backups", "older").await.unwrap();
    // What is restored goes on with the copy that it was restored from.
    let (newer, keys) = (world.beside("newer"), world.beside("backups/keys"));
    let apart = world.beside(aside).join("keys");
    let put_back = || {
        fs::remove_dir_all(&data).unwrap();
        fs::rename(&newer, &data).unwrap();
        fs::remove_dir_all(&keys).unwrap();
        fs::rename(&apart, &keys).unwrap();
    };
    let world = world.restarted_after(put_back).await;
    let mut owner = world.api(Role::Owner).await;
    back_up(&world, &mut owner).await;
    assert!(said(&mut owner).await.is_empty());
}
