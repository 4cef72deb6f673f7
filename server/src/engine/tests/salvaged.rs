//! A salvaged store begins with a base and no commit; its erasures, its keys and its time go on all the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::RecordId;
use treadwell_clinic::{Actor, Command};
use treadwell_journal::Journal as _;
use treadwell_journal::disk::RealDisk;
use treadwell_journal::embedded::{self, Embedded};

use super::house::catalog;
use super::support::{morning, new_client, options};
use crate::clock::Injected;
use crate::convert::store::{self, Opened};
use crate::engine::{Engine, OpenError, Write};
use crate::keyring::{Found, Keyring, open};

/// Longer than anything is kept.
const AGES: Duration = Duration::from_hours(24 * 366 * 31);

/// Data folders with one seal key.
struct Place {
    folder: TempDir,
}

struct Open {
    engine: Engine,
    journal: Arc<Embedded>,
    keys: Arc<Keyring>,
}

fn small() -> embedded::Options {
    embedded::Options {
        segment_bytes: 64 << 10,
        ballast_bytes: 0,
        watermark_bytes: 0,
        ..embedded::Options::default()
    }
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self, name: &str) -> Result<Open, OpenError> {
        let (data, key_file) = (self.data(name), self.data("clinic.key"));
        let (journal, report) = if Embedded::is_in(&data) {
            Embedded::open(&data, small()).await.unwrap()
        } else {
            Embedded::create(&data, [7; 16], small()).await.unwrap()
        };
        let disk = Arc::new(RealDisk);
        let keys = open::of(disk, &data, &key_file, &journal, report.head).await?;
        let journal = Arc::new(journal);
        let engine = Engine::open(
            Arc::clone(&journal) as _,
            Arc::clone(&keys),
            Arc::new(Injected::standing(morning())),
            options(),
        );
        Ok(Open {
            engine: engine.await?,
            journal,
            keys,
        })
    }

    /// Salvages a store and gives it a folder of keys.
    async fn salvage(&self, from: &str, keys: &Path, to: &str) {
        let salvaged = Embedded::salvage(self.data(from), self.data(to), small()).await;
        assert!(salvaged.unwrap().newest.is_some());
        copy(keys, &self.data(to).join("keys"));
    }
}

impl Open {
    async fn client(&self, name: &str) -> ClientId {
        match self.submit(new_client(name)).await[..] {
            [RecordId::Client(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    async fn submit(&self, command: Command) -> Vec<RecordId> {
        let done = self
            .engine
            .submit(Actor::system(), command, Write::default());
        done.await.unwrap().reply.records
    }

    async fn erase(&self, client: ClientId) {
        self.engine.clock().resume(morning() + AGES);
        let give_up = true;
        self.submit(Command::EraseClient { client, give_up }).await;
    }

    /// Whether anything is stored that can not be opened any more.
    async fn has_outlived(&self) -> bool {
        let records = self.journal.load().await.unwrap().records;
        let mut opened = records
            .into_iter()
            .map(|(key, value)| store::decode(&self.keys, &key, value).unwrap());
        opened.any(|it| matches!(it, Opened::Erased(_)))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// A store in which somebody was erased: `data`; the ring from before and after beside it. Gives who was.
async fn erased(place: &Place) -> (ClientId, crate::keyring::KeyId) {
    let open = place.open("data").await.unwrap();
    open.client("Ada").await;
    let client = open.client("Eve").await;
    let key = open.keys.key_of(client).unwrap();
    open.journal.checkpoint().await.unwrap();
    copy(&place.data("data/keys"), &place.data("before"));
    open.erase(client).await;
    open.engine.close().await;
    copy(&place.data("data/keys"), &place.data("after"));
    (client, key)
}

#[tokio::test]
async fn an_erasure_whose_key_was_not_destroyed_yet_is_finished_after_a_salvage() {
    for is_newest in [true, false] {
        finished(is_newest).await;
    }
}

/// The salvaged store with the keys as the power leaves them after the commit of an erasure: the ledger has it, the ring does not.
async fn cut_short(place: &Place) -> Open {
    copy(&place.data("before"), &place.data("cut"));
    fs::copy(
        place.data("after").join("erasures"),
        place.data("cut").join("erasures"),
    )
    .unwrap();
    place.salvage("data", &place.data("cut"), "salvaged").await;
    place.open("salvaged").await.unwrap()
}

/// The newest commit, if it is the erasure, is known still; of an earlier one the records tell.
async fn finished(is_newest: bool) {
    let place = Place::new();
    let (client, key) = erased(&place).await;
    if !is_newest {
        let open = place.open("data").await.unwrap();
        open.submit(Command::ImportCatalog(Box::new(catalog())))
            .await;
        open.engine.close().await;
    }
    let open = cut_short(&place).await;
    assert!(matches!(open.keys.find(&key), Found::Destroyed));
    assert!(open.engine.snapshot().clinic.client(client).is_none());
    // And it is as late as it was.
    assert!(open.engine.now() >= morning() + AGES);
}

/// An erasure whose group was damaged has erased nobody: their records are there.
#[tokio::test]
async fn an_erasure_of_which_nothing_is_left_is_not_finished_after_a_salvage() {
    let place = Place::new();
    let (client, key) = erased(&place).await;
    let journal = place.data("data/journal/00000000000000000001.log");
    let mut content = fs::read(&journal).unwrap();
    let last = content.iter().rposition(|&byte| byte != 0).unwrap();
    content[last] ^= 1;
    fs::write(&journal, content).unwrap();
    fs::remove_dir_all(place.data("data/records")).unwrap();
    let open = cut_short(&place).await;
    assert!(matches!(open.keys.find(&key), Found::Live(_)));
    assert!(open.engine.snapshot().clinic.client(client).is_some());
    open.erase(client).await;
    assert!(matches!(open.keys.find(&key), Found::Destroyed));
}

/// A store from before an erasure that was salvaged is brought up to it when it is opened, and not when somebody next changes something.
#[tokio::test]
async fn what_outlived_an_erasure_is_erased_from_a_salvaged_store_at_once() {
    let place = Place::new();
    let open = place.open("data").await.unwrap();
    let client = open.client("Eve").await;
    open.engine.close().await;
    drop(open);
    place
        .salvage("data", &place.data("data/keys"), "older")
        .await;
    let open = place.open("data").await.unwrap();
    open.erase(client).await;
    open.engine.close().await;
    drop(open);
    copy(&place.data("data/keys"), &place.data("older/keys"));
    let open = place.open("older").await.unwrap();
    assert!(open.engine.snapshot().clinic.client(client).is_none());
    assert!(!open.has_outlived().await);
    assert_eq!(open.engine.snapshot().revision, 2);
}

/// A ring from before an erasure would give the erased back, from an older copy.
#[tokio::test]
async fn an_older_ring_is_refused_after_a_salvage() {
    let place = Place::new();
    erased(&place).await;
    place
        .salvage("data", &place.data("before"), "salvaged")
        .await;
    let why = place.open("salvaged").await.err().unwrap().to_string();
    assert!(why.contains("older than the store"), "{why}");
    copy(&place.data("after"), &place.data("salvaged/keys"));
    place.open("salvaged").await.unwrap();
}

/// Of a store whose commits are all damaged the records may be whole; how far the ring had come is known no more, and that is said.
#[tokio::test]
async fn whoever_repairs_a_store_without_a_sound_commit_is_told_to_look_after_the_ring() {
    let place = Place::new();
    let open = place.open("data").await.unwrap();
    let client = open.client("Eve").await;
    open.engine.close().await;
    drop(open);
    let journal = place.data("data/journal/00000000000000000001.log");
    let mut content = fs::read(&journal).unwrap();
    let last = content.iter().rposition(|&byte| byte != 0).unwrap();
    content[last] ^= 1;
    fs::write(&journal, content).unwrap();
    let [from, to, key] = ["data", "repaired", "clinic.key"].map(|name| place.data(name));
    let report = crate::salvage::repair(&from, &to, &key).await.unwrap();
    assert!(report.records_proven, "{report:?}");
    let told: Vec<_> = report.problems.iter().map(String::as_str).collect();
    assert!(
        matches!(told[..], [one] if one.contains("how far the key ring")),
        "{told:?}"
    );
    let open = place.open("repaired").await.unwrap();
    let there = open.engine.snapshot().clinic.client(client).cloned();
    assert_eq!(there.unwrap().name, "Eve");
    assert!(!report.is_whole());
}
