//! The copy of the key ring among the backups, which follows the ring whatever becomes of the backups.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::{CWD, FileType, OFlags};
use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::backup::{RW, caught_up, into, list, stands_still, waits_for};
use super::support::{Api, World};

/// The ring, and its copy.
fn rings(world: &World) -> [PathBuf; 2] {
    ["clinic/keys/ring", "backups/keys/ring"].map(|name| world.beside(name))
}

/// What is in both; nothing in a pipe.
fn content(rings: &[PathBuf; 2]) -> [Vec<u8>; 2] {
    rings.each_ref().map(|ring| {
        if fs::metadata(ring).is_ok_and(|it| it.is_file()) {
            fs::read(ring).unwrap()
        } else {
            Vec::new()
        }
    })
}

/// A client more, and so a key more.
async fn add_client(owner: &mut Api, name: &str) {
    let request = v1::CreateClientRequest {
        write: None,
        client: Some(v1::Client {
            name: name.to_owned(),
            ..v1::Client::default()
        }),
    };
    owner.client.create_client(request).await.unwrap();
}

/// Waits until the copy is as the ring.
async fn followed(rings: &[PathBuf; 2]) {
    for _ in 0..600 {
        let [ring, copy] = content(rings);
        if ring == copy {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not follow");
}

/// What the server says of the copy.
async fn said(owner: &mut Api) -> Option<String> {
    let status = owner.operations.get_status(v1::GetStatusRequest {});
    let warnings = status.await.unwrap().into_inner().warnings;
    let of_it = |it: &String| it.starts_with("The copy of the key ring among the backups");
    warnings.into_iter().find(of_it)
}

/// A pipe in the place of the backup that is to be written: whoever writes it waits until somebody reads.
struct Held(PathBuf);

impl Held {
    fn next(world: &World) -> Self {
        let file = format!("backups/{}.unfinished", "07".repeat(16));
        let pipe = world.beside(&file);
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, RW, 0).unwrap();
        Self(pipe)
    }
}

impl Drop for Held {
    /// Whoever writes it goes on, and finds that nobody reads any more.
    fn drop(&mut self) {
        drop(rustix::fs::open(
            &self.0,
            OFlags::RDONLY | OFlags::NONBLOCK,
            RW,
        ));
        drop(fs::remove_file(&self.0));
    }
}

/// Waits until it is said of a backup that it does not end, which is said more than an hour after it was begun.
async fn is_late(world: &World, owner: &mut Api) {
    for _ in 0..300 {
        if list(owner).await.problem.starts_with("it was begun at") {
            return;
        }
        world.clock.advance(Duration::from_mins(61));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:?}", list(owner).await);
}

#[tokio::test]
async fn it_follows_while_a_backup_is_held_up() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    caught_up(&world, &mut owner).await;
    let held = Held::next(&world);
    world.clock.advance(Duration::from_hours(2));
    is_late(&world, &mut owner).await;
    let rings = rings(&world);
    let [before, _] = content(&rings);
    add_client(&mut owner, "Noor Haddon").await;
    assert!(content(&rings)[0] != before, "it has a key more");
    followed(&rings).await;
    let problem = list(&mut owner).await.problem;
    assert!(problem.starts_with("it was begun at"), "{problem}");
    drop(held);
}

#[tokio::test]
async fn it_follows_once_more_at_the_stop() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    caught_up(&world, &mut owner).await;
    let rings = rings(&world);
    followed(&rings).await;
    let [before, _] = content(&rings);
    add_client(&mut owner, "Noor Haddon").await;
    world.server.stop().await;
    let [ring, copy] = content(&rings);
    assert!(ring != before && ring == copy);
}

#[tokio::test]
async fn a_copy_that_does_not_follow_is_said_until_it_does() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    caught_up(&world, &mut owner).await;
    let rings = rings(&world);
    followed(&rings).await;
    // A disk that answers nothing: nobody says so but the clock.
    let pipe = stands_still(&world);
    add_client(&mut owner, "Noor Haddon").await;
    let waits = waits_for(&pipe).await;
    assert_eq!(said(&mut owner).await, None, "it may take a moment");
    world.clock.advance(Duration::from_secs(61));
    let warning = said(&mut owner).await.unwrap();
    assert!(warning.ends_with("backup folder answers"), "{warning}");
    drop(waits);
    assert_eq!(until(&world, &mut owner, false).await, None);
    followed(&rings).await;
    // One that is not there fails, and is tried again by and by.
    let (folder, away) = (world.beside("backups"), world.beside("away"));
    fs::rename(&folder, &away).unwrap();
    add_client(&mut owner, "Lise Beaulieu").await;
    let warning = until(&world, &mut owner, true).await.unwrap();
    assert!(warning.ends_with("mount its disk, or make it"), "{warning}");
    fs::rename(&away, &folder).unwrap();
    followed(&rings).await;
    assert_eq!(until(&world, &mut owner, false).await, None);
}

/// Waits until something is said of the copy, or nothing. Each time a minute has gone by on the clinic's clock.
async fn until(world: &World, owner: &mut Api, is_warned: bool) -> Option<String> {
    for _ in 0..100 {
        world.clock.advance(Duration::from_secs(61));
        let said = said(owner).await;
        // A disk that fails says so a moment later than that it is behind.
        let is_still = |it: &String| it.ends_with("backup folder answers");
        if said.is_some() == is_warned && !said.as_ref().is_some_and(is_still) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:?}", said(owner).await);
}

#[tokio::test]
async fn a_disk_that_stands_still_does_not_hold_up_the_stop() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    caught_up(&world, &mut owner).await;
    followed(&rings(&world)).await;
    let pipe = stands_still(&world);
    add_client(&mut owner, "Noor Haddon").await;
    let waits = waits_for(&pipe).await;
    let stopped = tokio::time::timeout(Duration::from_mins(1), world.server.stop());
    stopped.await.expect("it waits for seconds at most");
    drop(waits);
}
