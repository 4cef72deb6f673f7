//! What is damaged before it is read back, what there is no room for, and what clocks that are wrong do to the others.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use treadwell_journal::disk::Disk;
use treadwell_journal::embedded::Options;
use treadwell_journal::simulation::Over;
use treadwell_journal::{Appended, Change, Journal as _, NewCommit};

use super::*;
use crate::clock::Injected;
use crate::config::Keep;
use crate::engine::tests::support::{Gate, World, morning, options};

const CLINIC: [u8; 16] = [7; 16];

/// Longer than what waits for being written, so that the rest of the journal follows.
const MUCH: usize = 300_000;

/// What somebody does to a file.
type Deed = Box<dyn FnOnce(&Path) + Send>;

/// The trail's disk, on which each opening of a file lets somebody meddle with the backup that is being written: all of the journal is in
/// it by then, and most of it on disk.
#[derive(Clone)]
struct Meddled {
    with: PathBuf,
    deed: Arc<Mutex<Option<Deed>>>,
}

impl Over for Meddled {
    fn under(&self) -> &dyn Disk {
        &RealDisk
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn treadwell_journal::disk::File>> {
        if fs::metadata(&self.with).is_ok_and(|it| it.len() > 10_000)
            && let Some(deed) = locked(&self.deed).take()
        {
            deed(&self.with);
        }
        RealDisk.open(path)
    }
}

/// A clinic's journals beside a folder of backups, of which one hour's is kept.
struct Place {
    folder: TempDir,
    backups: Backups,
    clock: Arc<Injected>,
    trail_disk: Meddled,
}

impl Place {
    /// With a clinic that wants so much room on its disk.
    async fn new(watermark_bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("backups")).unwrap();
        let keys = Keyring::open(Arc::new(RealDisk), &at("data"), &at("clinic.key"), None).unwrap();
        let gate = Gate::sealed_with(Arc::new(keys));
        let world = World::open(gate, morning(), options()).await;
        let trail_disk = Meddled {
            with: at("backups").join(format!("{}{UNFINISHED}", hex(&CLINIC))),
            deed: Arc::default(),
        };
        let journal = store(Arc::new(RealDisk), at("journal"), watermark_bytes).await;
        let trail = store(Arc::new(trail_disk.clone()), at("trail"), 0).await;
        append(&trail, 100).await;
        let config = config::Backup {
            folder: at("backups"),
            every_hours: 1,
            keep: Keep {
                hours: 1,
                days: 0,
                months: 0,
            },
        };
        let backups = Backups::new(Some(config), world.engine, journal, trail);
        Self {
            folder,
            backups,
            clock: world.clock,
            trail_disk,
        }
    }

    fn backup(&self, name: &str) -> PathBuf {
        self.beside(&format!("{name}{ENDING}"))
    }

    /// A path in the folder of backups.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join("backups").join(name)
    }

    /// What lies in the folder of backups.
    fn names(&self) -> Vec<String> {
        RealDisk.list(&self.beside("")).unwrap()
    }

    async fn take(&self) -> Result<Backup, NotTaken> {
        self.backups.take(Asked::No).await
    }

    async fn list(&self) -> Vec<Backup> {
        self.backups.list().await.unwrap()
    }

    /// Puts one there that was begun then; gives its name.
    fn put(&self, taken_at: Timestamp) -> String {
        let keys = self.backups.0.engine.keys();
        let header = Header {
            clinic_id: CLINIC,
            house: *keys.house().0,
            taken_at,
            revision: 0,
            oldest: 0,
            records: 0,
            asked: Asked::No,
        };
        let path = self.backup(&header.name());
        let out = Out::create(&path, keys.backups(), &header, u64::MAX).unwrap();
        out.finish().unwrap();
        header.name()
    }
}

async fn store(disk: Arc<dyn Disk>, dir: PathBuf, watermark_bytes: u64) -> Arc<Embedded> {
    let options = Options {
        segment_bytes: 1 << 20,
        ballast_bytes: 0,
        watermark_bytes,
        ..Options::default()
    };
    let created = Embedded::create_on(disk, dir, CLINIC, options).await;
    Arc::new(created.unwrap().0)
}

async fn append(store: &Embedded, bytes: usize) {
    let change = Change {
        key: Bytes::from(store.head().to_string()),
        before: None,
        after: Some(Bytes::from(vec![7; bytes])),
    };
    let commit = NewCommit {
        meta: Bytes::new(),
        changes: vec![change],
    };
    let appended = store.append(store.head(), vec![commit]).await;
    assert!(matches!(appended, Appended::Durable { .. }), "{appended:?}");
}

#[tokio::test]
async fn a_backup_counts_when_it_reads_back_as_it_was_written() {
    let place = Place::new(0).await;
    append(&place.backups.0.journal, MUCH).await;
    let first = place.take().await.unwrap();
    append(&place.backups.0.journal, 100).await;
    let before = fs::read(place.backup(&first.name)).unwrap();
    let flips: Deed = Box::new(|path| {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, 9_000).unwrap();
        file.write_all_at(&[byte[0] ^ 1], 9_000).unwrap();
    });
    // Sound, and of another moment.
    let kept = before.clone();
    let exchanges: Deed = Box::new(move |path| {
        fs::remove_file(path).unwrap();
        fs::write(path, kept).unwrap();
    });
    for (deed, why) in [(flips, ""), (exchanges, "it holds something else")] {
        place.clock.advance(Duration::from_hours(1));
        *locked(&place.trail_disk.deed) = Some(deed);
        let no = place.take().await.unwrap_err();
        assert!(locked(&place.trail_disk.deed).is_none(), "it was done");
        assert!(
            matches!(&no, NotTaken::NotSound(_, text) if text.contains(why)),
            "{no}"
        );
        assert_eq!(place.backups.problem(), no.to_string());
        // It does not count, nothing is left of it, and what came before stays.
        assert_eq!(place.list().await, std::slice::from_ref(&first));
        assert_eq!(place.names().len(), 2, "{:?}", place.names());
        assert!(fs::read(place.backup(&first.name)).unwrap() == before);
    }
    let second = place.take().await.unwrap();
    assert_eq!(place.list().await, [second]);
    assert_eq!(place.backups.counts(), (2, 2));
    assert_eq!(place.backups.problem(), "");
}

/// On the disk of the data folder the clinic would be refused what a backup takes.
#[tokio::test]
async fn a_backup_leaves_the_room_that_the_clinic_needs() {
    let wanted = u64::MAX / 2;
    let place = Place::new(wanted).await;
    let minute = |count| morning() - SignedDuration::from_mins(count);
    let [newest, ..] = [0, 10, 20].map(|count| place.put(minute(count)));
    let is_full = |no: &NotTaken| matches!(no, NotTaken::Full { needed, .. } if *needed > wanted);
    // To look removes nothing; to take one makes room, by what is not to be kept any more.
    let no = place.backups.check().await.unwrap_err();
    assert!(is_full(&no), "{no}");
    assert_eq!(place.list().await.len(), 3);
    let no = place.take().await.unwrap_err();
    assert!(is_full(&no), "{no}");
    assert_eq!(place.names(), [format!("{newest}{ENDING}")]);
}

#[tokio::test]
async fn what_a_clock_that_was_wrong_stamped_is_neither_newer_nor_kept_instead() {
    let place = Place::new(0).await;
    append(&place.backups.0.journal, 100).await;
    let ahead = place.put("2200-11-26T12:00:00Z".parse().unwrap());
    let taken = place.take().await.unwrap();
    place.clock.advance(Duration::from_mins(90));
    let next = place.take().await.unwrap();
    let listed = place.list().await;
    let names: Vec<_> = listed.iter().map(|it| &*it.name).collect();
    assert_eq!(names, [&*next.name, &*ahead], "not {}", taken.name);
    // By the machine's clock, too.
    let place = Place::new(0).await;
    place.put("2200-11-26T12:00:00Z".parse().unwrap());
    let past = "2020-11-26T12:00:00Z".parse().unwrap();
    place.put(past);
    assert_eq!(newest(&place.beside("")).unwrap(), Some(past));
}

/// What was written of it takes no room for ever.
#[tokio::test]
async fn a_clinic_in_the_folder_of_another_leaves_nothing_there() {
    let place = Place::new(0).await;
    let at = |name| place.folder.path().join(name);
    let (data, key_file) = (at("other"), at("other.key"));
    let other = Keyring::open(Arc::new(RealDisk), &data, &key_file, None).unwrap();
    Arc::new(other).mirror(place.beside(KEYS)).await.unwrap();
    let no = place.take().await.unwrap_err().to_string();
    assert!(no.contains("name a folder for each clinic"), "{no}");
    assert_eq!(place.names(), [KEYS]);
}
