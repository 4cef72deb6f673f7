//! The power goes while keys are made, used and destroyed: the ring and the journal come back as one.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::{Actor, Command};
use treadwell_journal::Journal as _;
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::simulation::{Fault, Rng, SimDisk};

use super::support::{morning, new_client, options};
use crate::clock::{Clock, Injected};
use crate::convert::store::commit::read_commit;
use crate::engine::{Engine, Write};
use crate::keyring::{Keyring, open};

/// Longer than anything is kept.
const AGES: Duration = Duration::from_hours(24 * 366 * 31);

/// A data folder on a simulated disk, with its records and its key file on the real one.
struct Store {
    temp: TempDir,
    boots: u32,
    disk: SimDisk,
    clock: Arc<Injected>,
}

/// A clinic that is open.
struct Open {
    engine: Engine,
    journal: Arc<Embedded>,
    keys: Arc<Keyring>,
}

/// What was acknowledged, by the number in the client's name.
#[derive(Default)]
struct Acknowledged {
    made: Vec<(u32, ClientId)>,
    erased: Vec<u32>,
    /// Perhaps erased, perhaps not.
    in_doubt: Option<u32>,
    count: u32,
}

fn name(number: u32) -> String {
    format!("Zebrafinch {number}.")
}

impl Store {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("0")).unwrap();
        Self {
            disk: SimDisk::new(temp.path().join("0")),
            temp,
            boots: 0,
            clock: Arc::new(Injected::standing(morning())),
        }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join(self.boots.to_string())
    }

    /// Opens the clinic, or makes it if that was never finished.
    async fn boot(&self) -> Result<Open, String> {
        let small = embedded::Options {
            segment_bytes: 64 << 10,
            ballast_bytes: 0,
            watermark_bytes: 0,
            ..embedded::Options::default()
        };
        let disk = || Arc::new(self.disk.clone());
        let opened = match Embedded::open_on(disk(), self.dir(), small.clone()).await {
            Err(treadwell_journal::Error::NotAStore { .. }) => {
                Embedded::create_on(disk(), self.dir(), [7; 16], small).await
            }
            opened => opened,
        };
        let (journal, report) = opened.map_err(|error| error.to_string())?;
        let journal = Arc::new(journal);
        let key_file = self.temp.path().join("clinic.key");
        let keys = open::of(disk(), &self.dir(), &key_file, &*journal, report.head).await;
        let keys = keys.map_err(|error| error.to_string())?;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let opening = Engine::open(
            Arc::clone(&journal) as _,
            Arc::clone(&keys),
            clock,
            options(),
        );
        Ok(Open {
            engine: opening.await.map_err(|error| error.to_string())?,
            journal,
            keys,
        })
    }

    fn lose_power(&mut self, rng: &mut Rng) {
        let next = self.temp.path().join((self.boots + 1).to_string());
        std::fs::create_dir(&next).unwrap();
        self.disk = self.disk.lose_power(rng, next);
        self.boots += 1;
    }
}

impl Open {
    /// Makes clients and erases some, until the power goes.
    async fn work(&self, store: &Store, acknowledged: &mut Acknowledged, rng: &mut Rng) {
        let submit = |command| {
            self.engine
                .submit(Actor::system(), command, Write::default())
        };
        loop {
            if acknowledged.made.is_empty() || !rng.one_in(3) {
                acknowledged.count += 1;
                let number = acknowledged.count;
                let Ok(done) = submit(new_client(&name(number))).await else {
                    return;
                };
                let Some(treadwell_clinic::model::RecordId::Client(id)) =
                    done.reply.records.first()
                else {
                    panic!("a client was made");
                };
                acknowledged.made.push((number, *id));
                continue;
            }
            store.clock.advance(AGES);
            let which = rng.below(acknowledged.made.len() as u64);
            let (number, client) = acknowledged.made.remove(usize::try_from(which).unwrap());
            let erase = Command::EraseClient {
                client,
                give_up: true,
            };
            if submit(erase).await.is_err() {
                acknowledged.in_doubt = Some(number);
                return;
            }
            acknowledged.erased.push(number);
        }
    }

    async fn check(&self, acknowledged: &mut Acknowledged) {
        let clinic = &self.engine.snapshot().clinic;
        for (number, id) in &acknowledged.made {
            let there = clinic.client(*id).map(|client| client.name.clone());
            assert_eq!(there, Some(name(*number)), "what was acknowledged is there");
        }
        let mut told = String::new();
        for commit in self.journal.read(0, usize::MAX).await.unwrap() {
            write!(
                told,
                "{:?}",
                read_commit(&self.keys, &commit).unwrap().commit
            )
            .expect("a String takes all text");
        }
        for number in &acknowledged.erased {
            assert!(!told.contains(&name(*number)), "{number} was erased");
        }
        if let Some(number) = acknowledged.in_doubt.take() {
            let there = clinic.clients().find(|client| client.name == name(number));
            assert_eq!(
                told.contains(&name(number)),
                there.is_some(),
                "whole or not at all"
            );
            match there {
                Some(client) => acknowledged.made.push((number, client.id)),
                None => acknowledged.erased.push(number),
            }
        }
    }
}

#[test]
fn keys_and_commits_survive_power_cuts_together() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut erased = 0;
    for seed in 0..12 {
        let mut rng = Rng::new(seed);
        let mut store = Store::new();
        let mut acknowledged = Acknowledged::default();
        runtime.block_on(async {
            for _ in 0..4 {
                let at = store.disk.operations() + rng.below(80);
                store.disk.plan(at, Fault::PowerCut);
                if let Ok(open) = store.boot().await {
                    open.check(&mut acknowledged).await;
                    open.work(&store, &mut acknowledged, &mut rng).await;
                    open.engine.close().await;
                }
                store.lose_power(&mut rng);
            }
            let open = store.boot().await;
            let open = open.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            open.check(&mut acknowledged).await;
            open.engine.close().await;
        });
        erased += acknowledged.erased.len();
    }
    assert!(erased > 10, "{erased} erased");
}
