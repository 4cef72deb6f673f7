use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;

use crate::embedded::{Embedded, Options};
use crate::{Appended, Error, Journal, NewCommit};

/// With a records thread that hangs, appends go on as long as the backlog has room, then stop: they
/// neither wait for ever nor fill the memory.
#[test]
fn a_stuck_records_store_stops_the_engine_within_its_bounds() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let options = Options {
            segment_bytes: 64 * 1024,
            backlog_bytes: 8 * 1024,
            ballast_bytes: 4 * 1024,
            watermark_bytes: 0,
            records_timeout: Duration::from_secs(2),
            ..Options::default()
        };
        let (engine, _) = Embedded::create(temp.path(), [1; 16], options)
            .await
            .expect("a store");
        let (release, hang) = mpsc::channel::<()>();
        let keeper = std::sync::Arc::clone(&engine.keeper);
        let (started, hangs) = mpsc::channel();
        let hanging = std::thread::spawn(move || {
            keeper.call(move |_| {
                started.send(()).expect("the test listens");
                hang.recv().is_ok()
            })
        });
        hangs.recv().expect("the thread hangs");

        let mut head = 0;
        let reason = loop {
            let commit = NewCommit {
                meta: Bytes::from(vec![7; 1024]),
                changes: Vec::new(),
            };
            match engine.append(head, vec![commit]).await {
                Appended::Durable { head: next } => head = next,
                Appended::Unknown(Error::Failed { reason }) => break reason,
                other => panic!("{other:?}"),
            }
            assert!(head < 100, "the backlog has no bound");
        };
        assert!(reason.contains("no progress"), "{reason}");
        release.send(()).expect("the thread still waits");
        let gave_up = hanging.join().expect("no panic");
        assert!(gave_up.is_err(), "it waited longer than its patience");
    });
}
