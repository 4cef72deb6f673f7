//! A repaired folder is there whole or not at all, also where the disk does not give everything.

use std::sync::Arc;

use rustix::io::Errno;
use tempfile::TempDir;
use treadwell_clinic::Actor;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::RecordId;
use treadwell_journal::simulation::Unreadable;

use super::*;
use crate::audit::{self, Deed, Entry, Ledger};
use crate::clock::Injected;
use crate::engine::tests::support::{morning, new_client, options};
use crate::engine::{Engine, Write};
use crate::keyring::{Found, KeyId, Keyring, open};

/// A clinic on disk with two clients and six entries in its trail, and a place beside it for what is salvaged.
struct Place {
    folder: TempDir,
    keys: [KeyId; 2],
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [data, key_file] = ["data", "clinic.key"].map(|name| folder.path().join(name));
        let small = Options {
            segment_bytes: 64 << 10,
            ballast_bytes: 0,
            watermark_bytes: 0,
            ..Options::default()
        };
        let (journal, report) = Embedded::create(&data, [7; 16], small.clone())
            .await
            .unwrap();
        let disk = Arc::new(RealDisk);
        let keys = open::of(disk.clone(), &data, &key_file, &journal, report.head);
        let keys = keys.await.unwrap();
        let journal = Arc::new(journal);
        let clock = Arc::new(Injected::standing(morning()));
        let engine = Engine::open(
            Arc::clone(&journal) as _,
            Arc::clone(&keys),
            clock,
            options(),
        );
        let engine = engine.await.unwrap();
        let mut ids = Vec::new();
        for name in ["Ada", "Eve"] {
            let client = client(&engine, name).await;
            ids.push(keys.key_of(client).unwrap());
        }
        engine.close().await;
        let trail = audit::journal(disk, &data, [7; 16], small).await.unwrap();
        let ledger = Ledger::open(Arc::new(trail), keys).await.unwrap();
        for number in 1..=6 {
            ledger.write(vec![refused(number)]).await.unwrap();
        }
        ledger.close().await;
        Self {
            folder,
            keys: ids.try_into().unwrap(),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn repair(&self, disk: &dyn Disk) -> Result<Report, String> {
        let [from, to, key] = ["data", "repaired", "clinic.key"].map(|name| self.at(name));
        repair_on(disk, &from, &to, &key).await
    }

    /// What lies beside the clinic.
    fn names(&self) -> Vec<String> {
        ReadOnly.list(self.folder.path()).unwrap()
    }

    fn ring(&self) -> Result<Keyring, crate::keyring::KeysError> {
        Keyring::to_look(&self.at("repaired"), &self.at("repaired.key"), None)
    }
}

async fn client(engine: &Engine, name: &str) -> ClientId {
    let done = engine.submit(Actor::system(), new_client(name), Write::default());
    match done.await.unwrap().reply.records[..] {
        [RecordId::Client(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

fn refused(number: u64) -> Entry {
    let why = format!("refusal {number}");
    Entry {
        at: morning(),
        key: None,
        address: String::new(),
        deed: Deed::Refused { why },
        more: 0,
    }
}

fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[tokio::test]
async fn a_copy_that_fails_leaves_nothing_and_the_next_one_is_whole() {
    let place = Place::new().await;
    let before = place.names();
    for name in ["ring", "FORMAT"] {
        // Nothing that a disk has lost: it would be read by somebody else.
        let disk = Unreadable::new(name, Some(0..1), Errno::PERM.raw_os_error());
        let no = place.repair(&disk).await.unwrap_err();
        assert!(no.contains("can not be copied"), "{name}: {no}");
        assert_eq!(place.names(), before, "{name}");
    }
    // As a kill leaves it.
    fs::create_dir(place.at("repaired.unfinished")).unwrap();
    fs::write(place.at("repaired.unfinished/FORMAT"), "half").unwrap();
    fs::write(place.at("repaired.key.new"), "half").unwrap();
    let report = place.repair(&ReadOnly).await.unwrap();
    assert!(report.is_whole(), "{report:?}");
    let mut after = before;
    after.extend(["repaired", "repaired.key"].map(str::to_owned));
    assert_eq!(place.names(), after);
    for name in ["keys/ring", "audit/FORMAT"] {
        let [from, to] = ["data", "repaired"].map(|it| content(&place.at(it).join(name)));
        assert!(from == to, "{name}");
    }
    assert_eq!(
        content(&place.at("clinic.key")),
        content(&place.at("repaired.key"))
    );
    let again = place.repair(&ReadOnly).await.unwrap_err();
    assert!(again.contains("there is one already"), "{again}");
}

/// The place of one client's key is gone, and no other; nobody takes it for one who was erased.
#[tokio::test]
async fn of_a_ring_that_can_not_be_read_everywhere_the_rest_is_taken() {
    let place = Place::new().await;
    // After the header lies the house's place, then Ada's, then Eve's.
    let disk = Unreadable::new(
        "ring",
        Some(1024 + 100..1024 + 101),
        Errno::IO.raw_os_error(),
    );
    let report = place.repair(&disk).await.unwrap();
    assert!(report.records_proven && !report.is_whole());
    let [lost] = &report.lost[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (&lost.file, lost.offset),
        (&place.at("data/keys/ring"), 1024)
    );
    assert!(
        lost.what.starts_with("512 bytes can not be read"),
        "{lost:?}"
    );
    assert!(
        lost.what.contains("newest copy of the folder `keys`"),
        "{lost:?}"
    );
    let staged = report.problems.iter().any(|it| it.contains("unfinished"));
    assert!(!staged && !report.problems.is_empty(), "{report:?}");
    let mut whole = content(&place.at("data/keys/ring"));
    whole[1024..1536].fill(0);
    assert!(content(&place.at("repaired/keys/ring")) == whole);
    // Eve's is there, and with the newest copy in its place all is.
    let ring = place.ring().unwrap();
    assert!(matches!(ring.find(&place.keys[0]), Found::Unknown));
    assert!(matches!(ring.find(&place.keys[1]), Found::Live(_)));
    let (whole, taken) = (place.at("data/keys/ring"), place.at("repaired/keys/ring"));
    fs::copy(whole, taken).unwrap();
    let verified = verify::folder(&place.at("repaired"), &place.at("repaired.key")).await;
    assert_eq!(verified.unwrap().problems, [""; 0]);
}

/// What the disk does not give of the trail is lost of it alone.
#[tokio::test]
async fn of_a_trail_that_can_not_be_read_everywhere_the_rest_is_taken() {
    let place = Place::new().await;
    let segment = "00000000000000000001.log";
    let path = place.at("data/audit/journal").join(segment);
    let bytes = content(&path);
    let last = bytes.windows(4).rposition(|four| four == b"TWj2");
    let last = last.unwrap() as u64;
    // The journal's own segment of that name is read by the journal.
    let disk = Unreadable::new(segment, Some(last..last + 1), Errno::IO.raw_os_error());
    let report = place.repair(&disk).await.unwrap();
    assert!(report.records_proven, "{report:?}");
    let of_trail = |it: &Lost| it.what.starts_with("of the audit trail: ");
    assert!(report.lost.iter().all(of_trail), "{report:?}");
    assert!(
        report
            .lost
            .iter()
            .all(|it| it.file.starts_with(place.at("data")))
    );
    let unread = |it: &Lost| it.what.contains("512 bytes can not be read");
    assert!(report.lost.iter().any(unread), "{report:?}");
    assert!(place.ring().is_ok(), "the rest is there");
    let (disk, repaired) = (Arc::new(RealDisk), place.at("repaired"));
    let trail = audit::journal(disk, &repaired, [7; 16], Options::default());
    let keys = Arc::new(Keyring::in_memory().unwrap());
    let ledger = Ledger::open(Arc::new(trail.await.unwrap()), keys).await;
    let mut entries = ledger.unwrap().read(0).await.unwrap().into_iter();
    let (number, first) = entries.next().unwrap();
    assert_eq!((number, first.unwrap()), (1, refused(1)));
}

/// Nothing of the trail is there to be read: the clinic's data does not wait for it.
#[tokio::test]
async fn without_anything_of_the_trail_the_rest_is_taken() {
    let place = Place::new().await;
    fs::remove_dir_all(place.at("data/audit/journal")).unwrap();
    fs::remove_file(place.at("data/audit/FORMAT")).unwrap();
    let report = place.repair(&ReadOnly).await.unwrap();
    assert!(report.records_proven && !report.is_whole());
    let nothing = |it: &Lost| it.what.starts_with("of the audit trail: nothing of it");
    assert!(report.lost.iter().any(nothing), "{report:?}");
    assert!(place.ring().is_ok(), "the rest is there");
}
