//! Whichever disk operation fails, whatever was acknowledged is there afterwards, and the engine
//! that met the failure acknowledges nothing more.

mod common;

use std::io::ErrorKind;

use common::{Model, Store, campaign, round, runtime};
use treadwell_journal::simulation::{Fault, Rng};
use treadwell_journal::{Appended, Error, Journal};

#[test]
fn fail_every_operation() {
    let (seed, _) = campaign(0);
    let runtime = runtime();
    let faults = [
        Fault::Once(ErrorKind::Other),
        Fault::FromThenOn(ErrorKind::Other),
        Fault::Once(ErrorKind::StorageFull),
        Fault::FromThenOn(ErrorKind::StorageFull),
    ];
    for fault in faults {
        let mut at = 0;
        let mut stopped = 0;
        loop {
            let mut outcome = Outcome::Finished { operations: 0 };
            round(seed, at, |mut rng| {
                outcome = runtime.block_on(fail_once(&mut rng, at, fault));
            });
            match outcome {
                Outcome::Finished { operations } if operations <= at => break,
                Outcome::Finished { .. } => {}
                Outcome::Stopped => stopped += 1,
            }
            at += 1;
        }
        assert!(
            stopped > 20,
            "{fault:?} stopped the script only {stopped} times"
        );
    }
}

enum Outcome {
    /// The script came to its end (a spare that fails to be made is made again).
    Finished {
        operations: u64,
    },
    Stopped,
}

async fn fail_once(rng: &mut Rng, at: u64, fault: Fault) -> Outcome {
    let mut store = Store::new();
    let mut model = Model::default();
    store.disk.plan(at, fault);
    let finished = script(&store, &mut model).await;
    let operations = store.disk.operations();

    // The same machine, a new process: it sees what was written, synced or not.
    store.kill();
    let opened = if store.disk.content("FORMAT").is_some() {
        store.open().await
    } else {
        store.create().await
    };
    let (engine, _) = opened.expect("a store that opens");
    model.check(&engine).await;
    engine.verify().await.expect("a sound store");
    drop(engine);

    // What it served must survive, although only its page cache may have had it.
    let records = store.records();
    store.lose_power(rng, Some(&records));
    let (engine, _) = store.open().await.expect("a store that opens");
    model.check(&engine).await;
    engine.verify().await.expect("a sound store");
    if finished {
        Outcome::Finished { operations }
    } else {
        Outcome::Stopped
    }
}

/// Creates a store, fills some segments and compacts twice; gives whether it got to the end.
async fn script(store: &Store, model: &mut Model) -> bool {
    let mut rng = Rng::new(42);
    let Ok((engine, _)) = store.create().await else {
        return false;
    };
    for step in 0..12 {
        if step % 5 == 4 && engine.checkpoint().await.is_err() {
            return false;
        }
        if step == 6 || step == 10 {
            // One that fails is made the next day; what was written is there all the same.
            let to = model.head() - 3;
            if !model.compact(&engine, to).await {
                return false;
            }
        }
        let group = model.next_group(&mut rng, "script");
        if model.append(&engine, group.clone()).await {
            continue;
        }
        if model.in_doubt.is_empty() && model.append(&engine, group).await {
            // Refused for want of room, and there was room when it was asked again.
            continue;
        }
        if !model.in_doubt.is_empty() {
            expect_stopped(&engine, model).await;
        }
        return false;
    }
    engine.close().await.is_ok()
}

/// After an append in doubt nothing is acknowledged any more, and everybody is told.
async fn expect_stopped(engine: &impl Journal, model: &Model) {
    let mut rng = Rng::new(7);
    let group = model.next_group(&mut rng, "late");
    let late = engine.append(model.head(), group).await;
    assert!(
        matches!(late, Appended::Unknown(Error::Failed { .. })),
        "{late:?} after a failure"
    );
    assert!(matches!(engine.load().await, Err(Error::Failed { .. })));
    assert!(matches!(engine.read(0, 1).await, Err(Error::Failed { .. })));
    assert!(matches!(
        engine.changed(model.head()).await,
        Err(Error::Failed { .. })
    ));
}
