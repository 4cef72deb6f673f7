//! The ring on disk: what can be wrong with it, each told apart, and power cuts.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use treadwell_clinic::model::{Client, Record};
use treadwell_journal::disk::RealDisk;
use treadwell_journal::memory::Memory;
use treadwell_journal::simulation::{Fault, Rng, SimDisk};
use treadwell_journal::{Change, Journal as _, NewCommit};

use super::*;
use crate::convert::store;

/// A data folder with its key file beside it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn key_file(&self) -> PathBuf {
        beside(&self.data())
    }

    fn keys(&self, name: &str) -> PathBuf {
        self.data().join("keys").join(name)
    }

    fn open(&self, mark: Option<Mark>) -> Result<Arc<Keyring>, KeysError> {
        let disk = Arc::new(RealDisk);
        Keyring::open(disk, &self.data(), &self.key_file(), mark).map(Arc::new)
    }

    /// Why it is not opened, without the paths.
    fn why(&self, mark: Mark) -> String {
        let why = self.open(Some(mark)).unwrap_err().to_string();
        why.replace(&*self.folder.path().to_string_lossy(), "")
    }
}

fn client(number: u64) -> ClientId {
    ClientId::new(number)
}

fn erasure(ids: &[KeyId]) -> stored::Erasure {
    stored::Erasure {
        revision: 4,
        ticket: 9,
        key_ids: ids.iter().map(|id| Bytes::copy_from_slice(id)).collect(),
        rest: vec![stored::Rest {
            key: Bytes::from_static(b"key"),
            value: Bytes::from_static(b"rest"),
        }],
    }
}

/// A ring with three clients' keys, of which the second is destroyed, and its mark.
async fn used(place: &Place) -> ([KeyId; 3], Mark) {
    let ring = place.open(None).unwrap();
    let ids = [1, 2, 3].map(|number| ring.of(client(number)).0);
    ring.announce();
    ring.write(vec![erasure(&ids[1..2])]).await.unwrap();
    ring.destroy(ids[1..2].to_vec()).await.unwrap();
    (ids, ring.mark())
}

#[tokio::test]
async fn keys_are_there_again_and_destroyed_ones_are_not() {
    let place = Place::new();
    let (ids, mark) = used(&place).await;
    assert_eq!((mark.places, mark.erasures), (4, 1));
    let sealed = {
        let ring = place.open(Some(mark)).unwrap();
        assert_eq!(ring.mark(), mark);
        assert!(matches!(ring.find(&ids[0]), Found::Live(_)));
        assert!(matches!(ring.find(&ids[1]), Found::Destroyed));
        assert!(matches!(ring.find(&[9; 16]), Found::Unknown));
        assert!(ring.unfinished().is_empty());
        assert_eq!(ring.erasure_of(&ids[1]).unwrap().rest.len(), 1);
        // Whose a key is is known by what is sealed with it.
        assert_eq!(ring.key_of(client(1)), None);
        ring.bind(client(1), &ids[0]);
        ring.bind(client(2), &ids[1]);
        assert_eq!(ring.key_of(client(1)), Some(ids[0]));
        assert_eq!(ring.key_of(client(2)), None);
        ring.of(client(1)).1.seal(b"place", b"", b"body".to_vec())
    };
    let ring = place.open(Some(mark)).unwrap();
    let Found::Live(sealing) = ring.find(&ids[0]) else {
        panic!("it is there");
    };
    let (nonce, body) = sealed;
    assert_eq!(sealing.open(&nonce, b"", &body), Some(b"body".to_vec()));
    let bytes = fs::read(place.keys("ring")).unwrap();
    let destroyed = &bytes[512 * 3..512 * 4];
    assert_eq!(destroyed[4..20], ids[1]);
    assert!(destroyed[20..508].iter().all(|&byte| byte == 0));
}

#[tokio::test]
async fn each_thing_that_can_be_wrong_is_told_apart_and_says_what_to_do() {
    let place = Place::new();
    let (_, mark) = used(&place).await;
    let older = (
        fs::read(place.keys("ring")).unwrap(),
        fs::read(place.keys("erasures")).unwrap(),
    );
    let ring = place.open(Some(mark)).unwrap();
    ring.of(client(4));
    ring.write(Vec::new()).await.unwrap();
    let mark = ring.mark();
    let newer = fs::read(place.keys("ring")).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(place.keys(name), bytes).unwrap();

    put("ring", &older.0);
    assert_eq!(
        place.why(mark),
        "the key ring /data/keys/ring is older than the store: it lacks keys that were made since, or knows nothing of \
         erasures; put the newest copy of its folder back"
    );
    put("ring", &newer);
    fs::remove_file(place.keys("erasures")).unwrap();
    assert!(place.why(mark).contains("is older than the store"));
    // A store from before the erasure does not know of it, and the ring does.
    let before = Mark {
        erasures: 0,
        ..mark
    };
    assert_eq!(
        place.why(before),
        "the ledger of erasures /data/keys/erasures is damaged or missing; put the newest copy of its folder back"
    );
    let mut damaged = older.1.clone();
    damaged[60] ^= 1;
    put("erasures", &damaged);
    assert!(
        place
            .why(mark)
            .contains("the ledger of erasures /data/keys/erasures is damaged")
    );
    put("erasures", &older.1);
    assert_eq!(place.open(Some(mark)).unwrap().mark(), mark);

    let foreign = Mark {
        house: [1; 16],
        ..mark
    };
    assert_eq!(
        place.why(foreign),
        "the key ring /data/keys/ring is another clinic's; put the newest copy of this clinic's folder back"
    );
    for at in [0, 30, 514, 512 * 2 + 50, 512 * 5 + 60] {
        let mut damaged = newer.clone();
        damaged[at] ^= 1;
        put("ring", &damaged);
        assert_eq!(
            place.why(mark),
            "the key ring /data/keys/ring is damaged; put the newest copy of its folder back",
            "at {at}"
        );
    }
    fs::remove_file(place.keys("ring")).unwrap();
    assert_eq!(
        place.why(mark),
        "the key ring /data/keys/ring is missing, and the clinic is sealed with it; put the newest copy of that folder back"
    );
    put("ring", &newer);

    let text = fs::read_to_string(place.key_file()).unwrap();
    fs::remove_file(place.key_file()).unwrap();
    assert_eq!(
        place.why(mark),
        "the seal key /data.key is not there, and the clinic in /data is sealed with it; put the copy of it back, or name it \
         with --seal-key"
    );
    file::create(&place.key_file()).unwrap();
    assert_eq!(
        place.why(mark),
        "the seal key /data.key does not open the key ring /data/keys/ring: it is another clinic's, or was changed for another \
         since; name the right one with --seal-key"
    );
    fs::write(place.key_file(), text.replace("check", "chock")).unwrap();
    assert_eq!(
        place.why(mark),
        "/data.key is not a seal key, or was changed; put the copy of the clinic's seal key back, or name it with --seal-key"
    );
    fs::write(place.key_file(), text).unwrap();
    assert_eq!(place.open(Some(mark)).unwrap().mark(), mark);
}

/// Of a store that was compacted or salvaged no commit may be left that knows of the ring; its records do.
#[tokio::test]
async fn no_ring_is_made_for_records_that_are_sealed_with_another() {
    let place = Place::new();
    let keys = Keyring::in_memory().unwrap();
    let record = Record::from(Client {
        id: client(7),
        name: "Ada Lovelace".to_owned(),
        phone: String::new(),
        email: String::new(),
        born: None,
        preferred: None,
        note: String::new(),
        external: String::new(),
        since: None,
    });
    let journal = Memory::new();
    let change = Change {
        key: store::key(&record.id()),
        before: None,
        after: Some(store::encode(&keys, &record, 1)),
    };
    let commit = NewCommit {
        meta: Bytes::new(),
        changes: vec![change],
    };
    journal.append(0, vec![commit]).await;
    let disk = Arc::new(RealDisk);
    let opened = open::of(disk, &place.data(), &place.key_file(), &journal, 1).await;
    let why = opened.unwrap_err().to_string();
    assert!(
        why.contains("ring is missing, and the clinic is sealed with it"),
        "{why}"
    );
    assert!(!place.key_file().exists(), "nothing was made");
}

/// A place that can not be read is given up when nothing needs it, and not by opening, and not by looking.
#[tokio::test]
async fn nothing_is_given_up_before_it_is_known_that_nothing_needs_it() {
    let place = Place::new();
    let (ids, mark) = used(&place).await;
    let ring = place.open(Some(mark)).unwrap();
    ring.of(client(4));
    ring.write(Vec::new()).await.unwrap();
    let bytes = || fs::read(place.keys("ring")).unwrap();
    // A key of which no commit is left that knows, and a destruction that was cut short.
    let mut torn = bytes();
    for place in [5, 3] {
        torn[512 * place + 30] ^= 1;
    }
    fs::write(place.keys("ring"), &torn).unwrap();
    for known in [Some(mark), None] {
        let ring = place.open(known).unwrap();
        assert!(matches!(ring.find(&ids[1]), Found::Destroyed));
        assert_eq!(ring.mark().places, 5);
        assert!(bytes() == torn, "opening wrote");
    }
    let journal = Memory::new();
    let looked = open::to_look(&place.data(), &place.key_file(), &journal).await;
    assert!(matches!(looked.unwrap().find(&ids[1]), Found::Destroyed));
    assert!(bytes() == torn, "looking wrote");
    let ring = place.open(Some(mark)).unwrap();
    ring.mend().await.unwrap();
    let whole = Mark { places: 5, ..mark };
    assert_eq!(place.open(Some(whole)).unwrap().mark(), whole);
    // And where the newest commit knows of all places, none is given up.
    fs::write(place.keys("ring"), &torn).unwrap();
    assert!(place.why(whole).contains("ring is damaged"));
}

/// A disk with a ring, and what was acknowledged of it.
#[derive(Default)]
struct Known {
    mark: Option<Mark>,
    live: Vec<KeyId>,
    destroyed: Vec<KeyId>,
    /// An erasure that was begun, whose commit may be there.
    begun: Option<KeyId>,
}

/// Opens, makes keys and destroys one of them, until the power goes.
async fn live(disk: &SimDisk, data: &Path, key_file: &Path, known: &mut Known) -> Option<()> {
    let opened = Keyring::open(Arc::new(disk.clone()), data, key_file, known.mark);
    let ring = Arc::new(opened.ok()?);
    ring.mend().await.ok()?;
    for number in 0..3 {
        let (id, _) = ring.of(client(number));
        ring.write(Vec::new()).await.ok()?;
        known.live.push(id);
        known.mark = Some(ring.mark());
    }
    let id = known.live[0];
    ring.announce();
    ring.write(vec![erasure(&[id])]).await.ok()?;
    known.mark = Some(ring.mark());
    known.live.remove(0);
    known.begun = Some(id);
    ring.destroy(vec![id]).await.ok()?;
    known.begun = None;
    known.destroyed.push(id);
    Some(())
}

/// Whatever the moment, the ring opens, what was acknowledged is there, and what was destroyed is gone.
#[tokio::test]
async fn cut_power_at_every_operation() {
    let place = Place::new();
    let key_file = place.folder.path().join("clinic.key");
    let mut rng = Rng::new(7);
    let mut cuts = 0;
    for round in 0..40 {
        for at in 0.. {
            let data = place.folder.path().join("0");
            let disk = SimDisk::new(&data);
            let mut known = Known::default();
            disk.plan(at, Fault::PowerCut);
            let ended = live(&disk, &data, &key_file, &mut known).await;
            if ended.is_some() {
                break;
            }
            cuts += 1;
            let disk = disk.lose_power(&mut rng, &data);
            // Recovery is cut, too.
            disk.plan(round % 4, Fault::PowerCut);
            let open = || Keyring::open(Arc::new(disk.clone()), &data, &key_file, known.mark);
            let mended = match open() {
                Ok(ring) => Arc::new(ring).mend().await,
                Err(error) => Err(error),
            };
            let disk = match mended {
                Ok(()) => disk.clone(),
                Err(_) => disk.lose_power(&mut rng, &data),
            };
            disk.plan(u64::MAX, Fault::PowerCut);
            let again = Keyring::open(Arc::new(disk), &data, &key_file, known.mark);
            let ring = again.unwrap_or_else(|error| panic!("round {round} at {at}: {error}"));
            let ring = Arc::new(ring);
            ring.mend().await.unwrap();
            for id in &known.live {
                assert!(
                    matches!(ring.find(id), Found::Live(_)),
                    "round {round} at {at}"
                );
            }
            for id in &known.destroyed {
                assert!(
                    matches!(ring.find(id), Found::Destroyed),
                    "round {round} at {at}"
                );
            }
            if let Some(id) = known.begun {
                let unfinished = ring.unfinished().iter().any(|it| it.key_ids[0] == id[..]);
                let destroyed = matches!(ring.find(&id), Found::Destroyed);
                assert!(unfinished || destroyed, "round {round} at {at}");
            }
        }
    }
    assert!(cuts > 400, "{cuts} cuts");
}

/// A disk for backups that stands still holds up nobody who needs a key; a pipe that nobody writes to stands for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_stands_still_holds_nobody_up() {
    let place = Place::new();
    let ring = place.open(None).unwrap();
    ring.of(client(1));
    ring.write(Vec::new()).await.unwrap();
    let before = fs::read(place.keys("ring")).unwrap();
    let backups = place.folder.path().join("backups");
    fs::create_dir(&backups).unwrap();
    let pipe = backups.join("ring");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let copying = tokio::spawn({
        let ring = Arc::clone(&ring);
        async move { ring.mirror(backups).await }
    });
    // It can be opened to write without waiting as soon as somebody waits to read.
    let waits = loop {
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        match rustix::fs::open(&pipe, flags, mode) {
            Ok(opened) => break opened,
            Err(rustix::io::Errno::NXIO) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    };
    ring.of(client(2));
    let written = tokio::time::timeout(Duration::from_secs(20), ring.write(Vec::new()));
    written.await.expect("it waits for nobody").unwrap();
    drop(waits);
    copying.await.unwrap().unwrap();
    // It is as the ring was when it was begun, and the next time as it is.
    assert_eq!(fs::read(&pipe).unwrap(), before);
    ring.mirror(pipe.parent().unwrap().to_owned())
        .await
        .unwrap();
    assert_eq!(
        fs::read(&pipe).unwrap(),
        fs::read(place.keys("ring")).unwrap()
    );
}
