use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn dropping_a_failed_engine_does_not_wait_for_records_that_hang() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        segment_bytes: 1 << 20,
        ballast_bytes: 0,
        ..Options::default()
    };
    let dir = folder.path().join("data");
    let (engine, _) = Embedded::create(&dir, [7; 16], options)
        .await
        .expect("a store");
    let (end, ends) = mpsc::channel::<()>();
    engine.keeper.tell(move |_| {
        // Hangs until the test has ended.
        let _ = ends.recv();
    });
    let shared = Arc::clone(&engine.shared);
    shared.fail("the test says so".to_owned());
    let begun = Instant::now();
    drop(engine);
    assert!(begun.elapsed() < Duration::from_secs(5));
    // As long as it could write, nobody else may.
    assert!(matches!(Embedded::lock(&dir), Err(Error::InUse { .. })));
    drop(end);
    let deadline = Instant::now() + Duration::from_secs(10);
    while Embedded::lock(&dir).is_err() {
        assert!(Instant::now() < deadline, "the lock is never let go");
        std::thread::yield_now();
    }
}
