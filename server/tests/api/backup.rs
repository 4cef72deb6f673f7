//! Backups as the server takes them by itself, and as a manager sees them.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;
use treadwell_server::backup::{Order, Until, restore};
use treadwell_server::clock::Clock as _;
use treadwell_server::config::{Backup, Config, Keep};

use super::support::{Api, World, why};

pub(super) const RW: Mode = Mode::RUSR.union(Mode::WUSR);

pub(super) fn into(folder: &str) -> impl FnOnce(&mut Config, &Path) {
    let folder = folder.to_owned();
    move |config, place| {
        fs::create_dir(place.join("backups")).unwrap();
        config.backup = Some(Backup {
            folder: place.join(folder),
            every_hours: 2,
            keep: Keep {
                hours: 2,
                days: 2,
                months: 0,
            },
        });
    }
}

pub(super) async fn list(owner: &mut Api) -> v1::ListBackupsResponse {
    let request = v1::ListBackupsRequest::default();
    let listed = owner.operations.list_backups(request).await.unwrap();
    listed.into_inner()
}

/// Waits until the list is as it has to be; the schedule looks at the clock once a second.
async fn until(
    owner: &mut Api,
    is_so: impl Fn(&v1::ListBackupsResponse) -> bool,
) -> v1::ListBackupsResponse {
    for _ in 0..600 {
        let listed = list(owner).await;
        if is_so(&listed) {
            return listed;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", list(owner).await);
}

/// The backup of this moment: whenever the last one was taken while the story was told, the next is due now.
pub(super) async fn caught_up(world: &World, owner: &mut Api) -> v1::Backup {
    world.clock.advance(Duration::from_hours(2));
    let now = world.clock.now().as_second();
    let is_now = |it: &v1::Backup| it.taken_at.is_some_and(|at| at.seconds == now);
    let is_there = |it: &v1::ListBackupsResponse| it.backups.first().is_some_and(is_now);
    until(owner, is_there).await.backups.remove(0)
}

fn write(id: &str, validate_only: bool) -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        request_id: id.to_owned(),
        validate_only,
        ..v1::WriteOptions::default()
    })
}

#[tokio::test]
async fn backups_are_taken_by_schedule_and_old_ones_go() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    // The first at once, then every two hours of the clinic's clock.
    let mut newest = caught_up(&world, &mut owner).await;
    for count in 2..=5 {
        world.clock.advance(Duration::from_mins(119));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let listed = list(&mut owner).await;
        assert_eq!(listed.backups[0], newest, "it is not due yet");
        world.clock.advance(Duration::from_mins(1));
        let listed = until(&mut owner, |it| it.backups[0] != newest).await;
        // Of two hours and two days; the first two hours that have one are the two newest.
        assert!(listed.backups.len() <= 3, "{count}: {:?}", listed.backups);
        assert_eq!(listed.problem, "");
        newest = listed.backups[0].clone();
    }
    let listed = list(&mut owner).await;
    let next = listed.next_at.unwrap().seconds - newest.taken_at.unwrap().seconds;
    assert_eq!(next, 7200);
    let status = owner
        .operations
        .get_status(v1::GetStatusRequest {})
        .await
        .unwrap();
    assert_eq!(status.into_inner().newest_backup, Some(newest));
    // What was kept is found again by the next server, which takes none before it is due.
    let world = world.restarted().await;
    let mut owner = world.api(Role::Owner).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(list(&mut owner).await.backups, listed.backups);
    let files = fs::read_dir(world.beside("backups")).unwrap();
    let mut names: Vec<_> = files
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    let mut expected = vec!["keys".to_owned()];
    expected.extend(
        listed
            .backups
            .iter()
            .map(|it| format!("{}.treadwell-backup", it.name)),
    );
    assert_eq!(names, expected, "nothing else is left there");
}

#[tokio::test]
async fn a_backup_is_taken_when_asked_for_and_once_for_a_request() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    let scheduled = caught_up(&world, &mut owner).await;
    world.clock.advance(Duration::from_mins(30));
    let dry = v1::CreateBackupRequest {
        write: write("before-the-update", true),
    };
    let answer = owner
        .operations
        .create_backup(dry)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.backup, None);
    let ask = v1::CreateBackupRequest {
        write: write("before-the-update", false),
    };
    let taken = owner
        .operations
        .create_backup(ask.clone())
        .await
        .unwrap()
        .into_inner();
    let backup = taken.backup.unwrap();
    // The clinic goes on while it is read back.
    assert!(backup.revision <= taken.revision);
    // An hour later, and after a restart, it is still the same request.
    world.clock.advance(Duration::from_mins(5));
    let world = world.restarted().await;
    let mut owner = world.api(Role::Owner).await;
    let again = owner
        .operations
        .create_backup(ask)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.backup.unwrap(), backup);
    // The one before does not make room for it, although it is of the same hour.
    let other = v1::CreateBackupRequest {
        write: write("another", false),
    };
    let other = owner
        .operations
        .create_backup(other)
        .await
        .unwrap()
        .into_inner();
    let other = other.backup.unwrap();
    assert_ne!(other, backup);
    // In pages.
    let mut pages = Vec::new();
    let mut request = v1::ListBackupsRequest {
        page_size: 1,
        ..v1::ListBackupsRequest::default()
    };
    loop {
        let page = owner
            .operations
            .list_backups(request.clone())
            .await
            .unwrap()
            .into_inner();
        pages.extend(page.backups);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, list(&mut owner).await.backups);
    for kept in [&scheduled, &backup, &other] {
        assert!(pages.contains(kept), "{kept:?} of {pages:?}");
    }
    let mut desk = world.api(Role::FrontDesk).await;
    let no = desk
        .operations
        .list_backups(v1::ListBackupsRequest::default())
        .await;
    assert_eq!(no.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_keeps_a_backup_from_being_taken_is_said() {
    let world = World::configured(into("not-mounted")).await;
    let mut owner = world.api(Role::Owner).await;
    let listed = owner
        .operations
        .list_backups(v1::ListBackupsRequest::default())
        .await;
    assert_eq!(
        why(listed),
        (Code::Unavailable, "BACKUP_NOT_TAKEN".to_owned())
    );
    let ask = v1::CreateBackupRequest { write: None };
    let no = owner.operations.create_backup(ask).await.unwrap_err();
    assert!(
        no.message()
            .ends_with("is not there; mount its disk, or make it"),
        "{no:?}"
    );
    let status = owner
        .operations
        .get_status(v1::GetStatusRequest {})
        .await
        .unwrap();
    let warnings = status.into_inner().warnings;
    assert!(
        warnings
            .iter()
            .any(|it| it.starts_with("The last backup was not taken: the backup folder")),
        "{warnings:?}"
    );
    // It is taken as soon as it can be.
    fs::create_dir(world.beside("not-mounted")).unwrap();
    world.clock.advance(Duration::from_mins(10));
    // Its file is there a moment before it counts.
    let is_taken = |it: &v1::ListBackupsResponse| it.backups.len() == 1 && it.problem.is_empty();
    until(&mut owner, is_taken).await;

    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let no = owner
        .operations
        .create_backup(v1::CreateBackupRequest { write: None })
        .await;
    assert_eq!(
        why(no),
        (Code::FailedPrecondition, "NO_BACKUP_FOLDER".to_owned())
    );
    let listed = list(&mut owner).await;
    assert_eq!((listed.backups, listed.next_at), (Vec::new(), None));
}

/// The backup folder's disk stands still from now on; a pipe that nobody writes to stands for it.
pub(super) fn stands_still(world: &World) -> PathBuf {
    let pipe = world.beside("backups/keys/ring");
    fs::remove_file(&pipe).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, RW, 0).unwrap();
    pipe
}

/// Somebody waits for that disk; they go on when this is dropped.
pub(super) async fn waits_for(pipe: &Path) -> OwnedFd {
    loop {
        // It can be opened to write without waiting as soon as somebody waits to read.
        match rustix::fs::open(pipe, OFlags::WRONLY | OFlags::NONBLOCK, RW) {
            Ok(opened) => return opened,
            Err(Errno::NXIO) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A disk that stands still answers nothing, not even that it fails.
#[tokio::test]
async fn a_backup_that_does_not_end_is_said() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    let before = caught_up(&world, &mut owner).await;
    let pipe = stands_still(&world);
    world.clock.advance(Duration::from_hours(2));
    let waits = waits_for(&pipe).await;
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(list(&mut owner).await.problem, "", "it may take an hour");
    world.clock.advance(Duration::from_mins(1));
    let listed = list(&mut owner).await;
    assert!(listed.problem.starts_with("it was begun at"), "{listed:?}");
    assert_eq!(listed.backups[0], before);
    let status = owner.operations.get_status(v1::GetStatusRequest {});
    let warnings = status.await.unwrap().into_inner().warnings;
    let said = format!("The last backup was not taken: {}", listed.problem);
    assert!(warnings.contains(&said), "{warnings:?}");
    drop(waits);
    let has_ended = |it: &v1::ListBackupsResponse| it.backups[0] != before && it.problem.is_empty();
    until(&mut owner, has_ended).await;
}

#[tokio::test]
async fn a_backup_comes_to_its_end_although_nobody_waits_for_it() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    let before = caught_up(&world, &mut owner).await;
    let pipe = stands_still(&world);
    let ask = v1::CreateBackupRequest {
        write: write("and-gone", false),
    };
    let mut caller = world.api(Role::Owner).await;
    let waits = tokio::select! {
        waits = waits_for(&pipe) => waits,
        answer = caller.operations.create_backup(ask.clone()) => panic!("{answer:?}"),
    };
    drop(caller);
    // The server hears of it before it hears of the disk.
    let status = owner.operations.get_status(v1::GetStatusRequest {});
    status.await.unwrap();
    drop(waits);
    let listed = until(&mut owner, |it| it.backups[0] != before).await;
    let again = owner.operations.create_backup(ask).await.unwrap();
    assert_eq!(again.into_inner().backup.unwrap(), listed.backups[0]);
}

/// A restore to an earlier moment brings a revoked key back to life, and says so.
#[tokio::test]
async fn a_restore_tells_of_keys_that_open_again() {
    let world = World::configured(into("backups")).await;
    let mut owner = world.api(Role::Owner).await;
    let request = v1::ListKeysRequest::default();
    let keys = owner
        .access
        .list_keys(request)
        .await
        .unwrap()
        .into_inner()
        .keys;
    let is_program = |key: &&v1::Key| key.role() == v1::Role::Integration;
    let key = keys.iter().find(is_program).unwrap();
    let then = world.clock.now();
    world.clock.advance(Duration::from_mins(1));
    let revoke = v1::RevokeKeyRequest {
        key_id: key.id.clone(),
        ..v1::RevokeKeyRequest::default()
    };
    let revoked = owner.access.revoke_key(revoke).await.unwrap().into_inner();
    let ask = v1::CreateBackupRequest { write: None };
    let taken = owner
        .operations
        .create_backup(ask)
        .await
        .unwrap()
        .into_inner();
    let name = taken.backup.unwrap().name;
    let backup = world.beside(&format!("backups/{name}.treadwell-backup"));
    let (seal_key, to) = (world.beside("clinic.key"), world.beside("restored"));
    let mut order = Order {
        backup: &backup,
        to: None,
        keys_in: None,
        seal_key: &seal_key,
        until: Until::End,
    };
    let end = restore(&order).await.unwrap();
    assert_eq!(
        (end.revision, &*end.keys, end.ahead),
        (revoked.revision, &[][..], None)
    );
    order.until = Until::Instant(end.taken_at);
    assert_eq!(
        restore(&order).await.unwrap(),
        end,
        "the last that it holds"
    );
    let sentence = format!(
        "{} ({}) was revoked after that, and opens again",
        key.id, key.name
    );
    for until in [Until::Instant(then), Until::Revision(revoked.revision - 1)] {
        order.until = until;
        let told = restore(&order).await.unwrap();
        assert_eq!(
            (told.revision, &*told.keys),
            (revoked.revision - 1, &[sentence.clone()][..])
        );
    }
    order.to = Some(&to);
    let restored = restore(&order).await.unwrap();
    assert_eq!((&*restored.problems, restored.erased), (&[][..], 0));
    assert_eq!(restored.revision, revoked.revision - 1);
    let again = restore(&order).await.unwrap_err();
    assert!(again.contains("there is one already"), "{again}");

    // What it is not, or not with, is told and makes nothing.
    let nowhere = world.beside("nowhere");
    order.to = Some(&nowhere);
    order.until = Until::Revision(revoked.revision + 1);
    let no = restore(&order).await.unwrap_err();
    assert!(
        no.contains(&format!(
            "and not {}; name one of these",
            revoked.revision + 1
        )),
        "{no}"
    );
    order.until = Until::Instant("2020-01-01T00:00:00Z".parse().unwrap());
    let no = restore(&order).await.unwrap_err();
    assert!(no.contains("the first change in it was made "), "{no}");
    let later = world.clock.now() + SignedDuration::from_mins(1);
    order.until = Until::Instant(later);
    let no = restore(&order).await.unwrap_err();
    let said = format!("it holds what was until {}, and not {later}", end.taken_at);
    assert!(no.contains(&said), "{no}");
    order.until = Until::End;
    let lost = world.beside("lost.key");
    let other = Order {
        seal_key: &lost,
        ..order.clone()
    };
    let no = restore(&other).await.unwrap_err();
    assert!(no.contains("lost.key is not there"), "{no}");
    let without = Order {
        keys_in: Some(&nowhere),
        ..order.clone()
    };
    let no = restore(&without).await.unwrap_err();
    assert!(
        no.contains("the key ring") && no.contains("is missing"),
        "{no}"
    );
    let mut bytes = fs::read(&backup).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        bytes[at] ^= 1;
        fs::write(&backup, &bytes).unwrap();
        let no = restore(&order).await.unwrap_err();
        assert!(no.contains("can not be restored: "), "at {at}: {no}");
        bytes[at] ^= 1;
    }
    assert!(!nowhere.exists());
}
