use super::*;
use crate::Change;

const PATIENCE: Duration = Duration::from_millis(20);

fn group(value: &'static str) -> Arc<Vec<Commit>> {
    Arc::new(vec![Commit {
        revision: 1,
        meta: Bytes::new(),
        changes: vec![Change {
            key: Bytes::from_static(b"key"),
            before: None,
            after: Some(Bytes::from_static(value.as_bytes())),
        }],
    }])
}

fn mark(revision: u64) -> Mark {
    Mark {
        revision,
        link: [0; 32],
    }
}

#[test]
fn a_full_backlog_makes_room_only_when_a_checkpoint_ends() {
    let backlog = Backlog::new(100);
    assert!(!backlog.push(group("a"), 40, mark(1)));
    assert!(
        backlog.push(group("b"), 40, mark(2)),
        "half of it: time for a checkpoint"
    );
    assert_eq!(backlog.wait_for_room(PATIENCE, &Beat::default()), Ok(()));
    assert!(
        !backlog.push(group("c"), 40, mark(3)),
        "that was said before"
    );
    assert_eq!(
        backlog.wait_for_room(PATIENCE, &Beat::default()),
        Err(NoRoom::Stuck)
    );

    let work = backlog.take().expect("work");
    assert_eq!(work.mark, mark(3));
    let folded = work.fold();
    assert_eq!(folded.len(), 1);
    assert_eq!(folded[&b"key"[..]].after, Some(Bytes::from_static(b"c")));
    // Taken is not done.
    assert_eq!(
        backlog.wait_for_room(PATIENCE, &Beat::default()),
        Err(NoRoom::Stuck)
    );
    backlog.push(group("d"), 10, mark(4));
    backlog.finish(&work);
    assert_eq!(backlog.wait_for_room(PATIENCE, &Beat::default()), Ok(()));
    assert_eq!(backlog.take().expect("work").mark, mark(4));
    assert!(backlog.take().is_none());
}

#[test]
fn whoever_waits_is_let_go_when_the_engine_stops() {
    let backlog = Arc::new(Backlog::new(1));
    backlog.push(group("a"), 1, mark(1));
    let waiting = {
        let backlog = Arc::clone(&backlog);
        std::thread::spawn(move || backlog.wait_for_room(Duration::from_mins(1), &Beat::default()))
    };
    backlog.close();
    let let_go = waiting.join().expect("no panic");
    assert_eq!(let_go, Err(NoRoom::Closed));
}
