//! The power goes, at any moment and during recovery too: what was acknowledged is there.
//!
//! By hand: `TREADWELL_SEED=7 TREADWELL_ROUNDS=5000 cargo test -p treadwell-journal --test power_loss`.

mod common;

use std::path::{Path, PathBuf};

use common::{Model, Store, at_every_operation, campaign, copy_dir, round, runtime};
use treadwell_journal::embedded::{Embedded, OpenReport};
use treadwell_journal::simulation::{Fault, Rng};
use treadwell_journal::{Error, Journal};

/// Lives of a store in one round, each ended by a power cut.
const LIVES: u64 = 4;

/// What the rounds met: a campaign that never meets it proves nothing.
#[derive(Debug, Default)]
struct Met {
    compacted: u64,
    torn_tails: u64,
    rebuilt: u64,
    caught_up: u64,
}

#[test]
fn cut_power_again_and_again() {
    let (seed, rounds) = campaign(100);
    let runtime = runtime();
    let mut met = Met::default();
    for number in 0..rounds {
        round(seed, number, |mut rng| {
            runtime.block_on(live_and_die(&mut rng, &mut met));
        });
    }
    let met_all = met.torn_tails > 0 && met.rebuilt > 0 && met.caught_up > 0 && met.compacted > 0;
    assert!(met_all || rounds < 100, "{met:?}");
}

async fn live_and_die(rng: &mut Rng, met: &mut Met) {
    let mut store = Store::new();
    let mut model = Model::default();
    let mut saved: Vec<PathBuf> = Vec::new();
    let cut = if rng.one_in(4) {
        rng.below(30)
    } else {
        u64::MAX
    };
    store.disk.plan(cut, Fault::PowerCut);
    drop(boot(&store).await);
    for _ in 0..LIVES {
        end_life(&mut store, rng, &saved);
        // Recovery itself may be cut, again and again.
        for _ in 0..rng.below(3) {
            store.disk.plan(rng.below(25), Fault::PowerCut);
            drop(boot(&store).await);
            end_life(&mut store, rng, &saved);
        }
        let (engine, report) = boot(&store).await.expect("a store that opens");
        assert!(!report.writes_refused);
        assert_eq!(
            report.bad_trailers, 0,
            "a segment follows only a sealed one"
        );
        met.torn_tails += u64::from(report.torn_tail.is_some());
        met.rebuilt += u64::from(report.records_rebuilt.is_some());
        met.caught_up += u64::from(report.replayed_commits > 0);
        model.check(&engine).await;
        met.compacted += u64::from(engine.oldest() > 0);
        let at = store.disk.operations() + rng.below(80);
        store.disk.plan(at, Fault::PowerCut);
        work(&engine, &mut model, &store, &mut saved, rng).await;
    }
    end_life(&mut store, rng, &saved);
    let (engine, _) = store.open().await.expect("a store that opens");
    model.check(&engine).await;
    let verified = engine.verify().await.expect("a sound store");
    assert_eq!(verified.accounts + verified.commits, model.head());
    engine.close().await.expect("a clean close");
}

/// Opens the store, or creates it if that was never finished.
async fn boot(store: &Store) -> Result<(Embedded, OpenReport), Error> {
    if store.disk.content("FORMAT").is_some() {
        store.open().await
    } else {
        store.create().await
    }
}

/// Appends until the power is gone or the shift is over, with a checkpoint now and then.
async fn work(
    engine: &Embedded,
    model: &mut Model,
    store: &Store,
    saved: &mut Vec<PathBuf>,
    rng: &mut Rng,
) {
    for _ in 0..rng.below(30) {
        if rng.one_in(6) && engine.checkpoint().await.is_ok() && rng.one_in(2) {
            let copy = store.scratch(&format!("saved-{}", saved.len()));
            copy_dir(&store.records(), &copy);
            saved.push(copy);
        }
        if rng.one_in(10) {
            let to = rng.below(model.head() + 1);
            if !model.compact(engine, to).await {
                return;
            }
        }
        let group = model.next_group(rng, "work");
        if !model.append(engine, group).await {
            return;
        }
    }
}

/// Kills the process or cuts the power; then the records come back as they were, as of an earlier checkpoint, damaged, or not
/// at all.
fn end_life(store: &mut Store, rng: &mut Rng, saved: &[PathBuf]) {
    if rng.one_in(3) {
        // The process alone died: the next sees what was written, synced or not, and what it makes
        // of that must survive the power cut that may follow.
        store.kill();
        return;
    }
    let present = store.records();
    let earlier = (!saved.is_empty()).then(|| saved[rng.index(saved.len())].clone());
    let from = match (rng.below(4), earlier) {
        (0, _) => None,
        (1, Some(earlier)) => Some(earlier),
        _ => Some(present),
    };
    store.lose_power(rng, from.as_deref());
    if rng.one_in(4) {
        damage(&store.records(), rng);
    }
}

/// Flips bits in, cuts short or removes one of sled's files.
fn damage(records: &Path, rng: &mut Rng) {
    let Ok(entries) = std::fs::read_dir(records) else {
        return;
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let Some(file) = files.get(rng.index(files.len())) else {
        return;
    };
    let mut content = std::fs::read(file).expect("a file");
    match rng.below(3) {
        0 => std::fs::remove_file(file).expect("a removal"),
        1 => {
            content.truncate(rng.index(content.len() + 1));
            std::fs::write(file, content).expect("a write");
        }
        _ => {
            for _ in 0..=rng.below(8) {
                let at = rng.index(content.len());
                if let Some(byte) = content.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            std::fs::write(file, content).expect("a write");
        }
    }
}

/// One short script, cut at its every operation, under several dice.
#[test]
fn cut_power_at_every_operation() {
    let operations = at_every_operation(cut_once);
    assert!(
        operations > 80,
        "the script has only {operations} operations"
    );
}

/// Runs the script until operation `cut_at`; gives whether it came to its end.
async fn cut_once(rng: &mut Rng, cut_at: u64) -> bool {
    let mut store = Store::new();
    let mut model = Model::default();
    store.disk.plan(cut_at, Fault::PowerCut);
    let finished = script(&store, &mut model).await;
    let records = store.records();
    store.lose_power(rng, Some(&records));
    let created = store.disk.content("FORMAT").is_some();
    let opened = if created {
        store.open().await
    } else {
        store.create().await
    };
    let (engine, _) = opened.expect("a store that opens");
    model.check(&engine).await;
    engine.verify().await.expect("a sound store");
    finished
}

/// Creates a store, fills two segments and compacts twice, within a segment and beyond it; gives whether nothing failed.
async fn script(store: &Store, model: &mut Model) -> bool {
    let mut rng = Rng::new(42);
    let Ok((engine, _)) = store.create().await else {
        return false;
    };
    for step in 0..12 {
        if step % 5 == 4 && engine.checkpoint().await.is_err() {
            return false;
        }
        let group = model.next_group(&mut rng, "script");
        if !model.append(&engine, group).await {
            return false;
        }
        if step == 5 || step == 9 {
            let to = model.head() - 3;
            if !model.compact(&engine, to).await || engine.oldest() == 0 {
                return false;
            }
        }
    }
    engine.close().await.is_ok()
}

#[test]
fn cut_power_at_every_operation_while_a_store_of_format_1_is_raised() {
    let truth = runtime().block_on(async {
        let (engine, report) = Store::of_format_1()
            .open()
            .await
            .expect("a store that opens");
        assert_eq!(report.format, 2);
        engine.load().await.expect("a load")
    });
    let operations = at_every_operation(async |rng, cut_at| {
        let mut store = Store::of_format_1();
        let at = store.disk.operations() + cut_at;
        store.disk.plan(at, Fault::PowerCut);
        let opened = store.open().await;
        let finished = opened.is_ok();
        drop(opened);
        let records = store.records();
        store.lose_power(rng, Some(&records));
        let (engine, report) = store.open().await.expect("a store that opens");
        assert_eq!(report.format, 2);
        assert_eq!(engine.load().await.expect("a load"), truth);
        engine.verify().await.expect("a sound store");
        finished
    });
    assert!(operations > 10, "opening has only {operations} operations");
}
