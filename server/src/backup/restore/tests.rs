//! Which moments a backup of a clinic on disk can be restored to, by time.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use tempfile::TempDir;
use treadwell_clinic::Actor;
use treadwell_journal::embedded;

use super::*;
use crate::backup::{Asked, Backups};
use crate::clock::{Clock, Jumped};
use crate::config;
use crate::engine::tests::support::{morning, new_client, options};
use crate::engine::{Engine, Write};

const CLINIC: [u8; 16] = [7; 16];

/// A clock that a test sets, also back.
#[derive(Debug)]
struct Set(Mutex<Timestamp>);

impl Set {
    fn minutes(&self, minutes: i64) {
        *self.0.lock().unwrap() = at(minutes);
    }
}

impl Clock for Set {
    fn read(&self) -> Result<Timestamp, Jumped> {
        Ok(*self.0.lock().unwrap())
    }

    fn accept(&self) -> Timestamp {
        self.now()
    }

    fn resume(&self, _: Timestamp) {}

    fn is_injected(&self) -> bool {
        true
    }
}

/// So many minutes after the clinic began.
fn at(minutes: i64) -> Timestamp {
    morning() + SignedDuration::from_mins(minutes)
}

struct Place {
    folder: TempDir,
    clock: Arc<Set>,
    engine: Engine,
    journal: Arc<Embedded>,
    backups: Backups,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [data, key_file, beside] =
            ["data", "clinic.key", "backups"].map(|it| folder.path().join(it));
        fs::create_dir(&beside).unwrap();
        let small = || embedded::Options {
            segment_bytes: 64 << 10,
            ballast_bytes: 0,
            watermark_bytes: 0,
            ..embedded::Options::default()
        };
        let (journal, report) = Embedded::create(&data, CLINIC, small()).await.unwrap();
        let disk = Arc::new(RealDisk);
        let keys = keyring::open::of(disk.clone(), &data, &key_file, &journal, report.head);
        let keys = keys.await.unwrap();
        let trail = audit::journal(disk, &data, CLINIC, small()).await.unwrap();
        let journal = Arc::new(journal);
        let clock = Arc::new(Set(Mutex::new(morning())));
        let of_engine = Arc::clone(&clock) as _;
        let engine = Engine::open(Arc::clone(&journal) as _, keys, of_engine, options());
        let engine = engine.await.unwrap();
        let config = config::Backup {
            folder: beside,
            every_hours: 1,
            keep: config::Keep {
                hours: 48,
                days: 30,
                months: 0,
            },
        };
        let (of_backups, trail) = (Arc::clone(&journal), Arc::new(trail));
        let backups = Backups::new(Some(config), engine.clone(), of_backups, trail);
        Self {
            folder,
            clock,
            engine,
            journal,
            backups,
        }
    }

    /// Somebody comes on file after so many minutes; gives the revision.
    async fn client(&self, minutes: i64) -> u64 {
        self.clock.minutes(minutes);
        let command = new_client(&format!("Client of minute {minutes}"));
        let done = self
            .engine
            .submit(Actor::system(), command, Write::default());
        done.await.unwrap().revision
    }

    /// Takes a backup after so many minutes.
    async fn back_up(&self, minutes: i64) -> PathBuf {
        self.clock.minutes(minutes);
        let taken = self.backups.take(Asked::For(None)).await.unwrap();
        let name = format!("backups/{}.treadwell-backup", taken.name);
        self.folder.path().join(name)
    }

    /// The backup as of an instant: what would be restored, or is when a folder is named.
    async fn as_of(
        &self,
        backup: &Path,
        minutes: i64,
        to: Option<&str>,
    ) -> Result<Restored, String> {
        let to = to.map(|name| self.folder.path().join(name));
        restore(&Order {
            backup,
            to: to.as_deref(),
            keys_in: None,
            seal_key: &self.folder.path().join("clinic.key"),
            until: Until::Instant(at(minutes)),
        })
        .await
    }
}

#[tokio::test]
async fn what_compacted_history_begins_with_is_restored_by_time() {
    let place = Place::new().await;
    place.client(0).await;
    let second = place.client(10).await;
    assert_eq!(place.journal.compact(second).await.unwrap(), second);
    // Once of a store that begins with a base alone, as after a salvage, and once of one that goes on after it.
    let mut backups = vec![(place.back_up(20).await, 20)];
    let third = place.client(30).await;
    backups.push((place.back_up(40).await, 40));
    for (backup, until) in &backups {
        for minutes in [10, 15, 20] {
            let told = place.as_of(backup, minutes, None).await.unwrap();
            let moment = (told.revision, told.made_at, told.ahead);
            assert_eq!(moment, (second, Some(at(10)), None), "{minutes}");
        }
        let no = place.as_of(backup, 9, None).await.unwrap_err();
        assert!(no.contains("take an older backup"), "{no}");
        let no = place.as_of(backup, until + 1, None).await.unwrap_err();
        assert!(no.contains("take a later backup"), "{no}");
    }
    let (backup, _) = &backups[1];
    assert_eq!(place.as_of(backup, 40, None).await.unwrap().revision, third);
    let restored = place.as_of(backup, 29, Some("restored")).await.unwrap();
    assert_eq!((restored.revision, &*restored.problems), (second, &[][..]));
}

/// The change by a wrong clock is in what followed it, and does not hide that.
#[tokio::test]
async fn a_clinic_whose_clock_went_back_is_restored_by_time() {
    let place = Place::new().await;
    let first = place.client(10).await;
    let ahead = place.client(600).await;
    place.clock.minutes(20);
    place.engine.accept_clock(&Actor::system());
    let last = place.client(20).await;
    let backup = place.back_up(50).await;
    let told = place.as_of(&backup, 19, None).await.unwrap();
    assert_eq!((told.revision, told.ahead), (first, None));
    let restored = place.as_of(&backup, 30, Some("restored")).await.unwrap();
    let moment = (restored.revision, restored.made_at, restored.ahead);
    assert_eq!(moment, (last, Some(at(20)), Some(ahead)));
    assert_eq!(
        (restored.records, &*restored.problems),
        (told.records + 2, &[][..])
    );
}
