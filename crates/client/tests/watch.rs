//! The watch against a scripted server: nothing missed, nothing repeated, whatever breaks.

mod common;

use std::time::Duration;

use common::{Act, Script, client, quick, start};
use tonic::{Code, Status};
use treadwell_client::{
    Event, Link, Watch, WatchOptions,
    v1::{Hold, WatchEvent, WatchResponse, watch_event::Resource},
};

fn event(revision: u64) -> WatchEvent {
    WatchEvent {
        revision,
        resource: Some(Resource::Hold(Hold {
            id: format!("hold-{revision}"),
            ..Hold::default()
        })),
    }
}

fn commit(revision: u64) -> Act {
    Act::Send(WatchResponse {
        revision,
        events: vec![event(revision)],
        commit_complete: true,
        ..WatchResponse::default()
    })
}

fn half_commit(revision: u64) -> Act {
    Act::Send(WatchResponse {
        revision,
        events: vec![event(revision)],
        ..WatchResponse::default()
    })
}

fn snapshot(revision: u64) -> Act {
    Act::Send(WatchResponse {
        revision,
        events: vec![event(revision)],
        commit_complete: true,
        snapshot: true,
        ..WatchResponse::default()
    })
}

fn checkpoint(revision: u64) -> Act {
    Act::Send(WatchResponse {
        revision,
        checkpoint: true,
        ..WatchResponse::default()
    })
}

fn options() -> WatchOptions {
    WatchOptions {
        retry: quick(),
        ..WatchOptions::default()
    }
}

/// The next things told, as short words, until `count` of them have come.
async fn told(watch: &mut Watch, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    while words.len() < count {
        let event = tokio::time::timeout(Duration::from_secs(10), watch.next()).await;
        words.push(match event.expect("the watch has something to tell") {
            None => "none".to_owned(),
            Some(Event::Link(Link::Connecting { .. })) => "connecting".to_owned(),
            Some(Event::Link(Link::Live { .. })) => "live".to_owned(),
            Some(Event::Link(Link::Stale { .. })) => "stale".to_owned(),
            Some(Event::Snapshot(change)) => {
                format!("snapshot {} of {}", change.revision, change.events.len())
            }
            Some(Event::Commit(change)) => {
                let revisions: Vec<_> = change.events.iter().map(|event| event.revision).collect();
                format!("commit {} {revisions:?}", change.revision)
            }
            Some(Event::Ended(error)) => format!("ended {}", error.class().exit_code()),
        });
    }
    words
}

#[tokio::test]
async fn a_dropped_stream_resumes_without_loss_or_repeat() {
    let streams = [
        vec![
            snapshot(3),
            commit(4),
            half_commit(5),
            Act::Fail(Status::unavailable("reset")),
        ],
        // This server repeats what was told, which it should not: it is not told twice.
        vec![commit(4), commit(5), checkpoint(6), Act::End],
        vec![commit(7), Act::Hang],
    ];
    let server = start(Script {
        streams: streams.into_iter().collect(),
        ..Script::default()
    })
    .await;
    let mut watch = client(&server.address.to_string()).watch(options());
    let expected = [
        "connecting",
        "snapshot 3 of 1",
        "live",
        "commit 4 [4]",
        "live",
        "stale",
        "live",
        "commit 5 [5]",
        "live",
        "live",
        "stale",
        "commit 7 [7]",
        "live",
    ];
    assert_eq!(told(&mut watch, expected.len()).await, expected);
    let resumed = server.script.with(|script| script.resumed.clone());
    assert_eq!(resumed, [None, Some(4), Some(6)]);
}

#[tokio::test]
async fn compacted_history_brings_a_fresh_snapshot() {
    let streams = [
        vec![Act::Fail(Status::new(
            Code::OutOfRange,
            "the oldest revision is 90",
        ))],
        vec![snapshot(100), Act::Hang],
    ];
    let server = start(Script {
        streams: streams.into_iter().collect(),
        ..Script::default()
    })
    .await;
    let mut watch = client(&server.address.to_string()).watch(WatchOptions {
        after: Some(12),
        ..options()
    });
    assert_eq!(
        told(&mut watch, 3).await,
        ["connecting", "snapshot 100 of 1", "live"]
    );
    assert_eq!(
        server.script.with(|script| script.resumed.clone()),
        [Some(12), None]
    );
}

#[tokio::test]
async fn a_refused_watch_ends_with_the_reason() {
    let streams = [vec![Act::Fail(Status::unauthenticated(
        "the key was revoked",
    ))]];
    let server = start(Script {
        streams: streams.into_iter().collect(),
        ..Script::default()
    })
    .await;
    let mut watch = client(&server.address.to_string()).watch(options());
    assert_eq!(told(&mut watch, 3).await, ["connecting", "ended 7", "none"]);
}

#[tokio::test]
async fn a_silent_link_is_given_up_and_made_anew() {
    let streams = [vec![snapshot(3), Act::Hang], vec![checkpoint(3), Act::Hang]];
    let server = start(Script {
        streams: streams.into_iter().collect(),
        ..Script::default()
    })
    .await;
    let mut watch = client(&server.address.to_string()).watch(WatchOptions {
        silence: Duration::from_millis(80),
        ..options()
    });
    let words = told(&mut watch, 5).await;
    assert_eq!(
        words,
        ["connecting", "snapshot 3 of 1", "live", "stale", "live"]
    );
    assert_eq!(server.script.with(|script| script.resumed[1]), Some(3));
}

#[tokio::test]
async fn without_a_server_it_keeps_connecting() {
    let address = start(Script::default()).await.address;
    let mut watch = client(&address.to_string()).watch(options());
    let mut failures = Vec::new();
    for _ in 0..6 {
        match watch.next().await {
            Some(Event::Link(Link::Connecting { failed, problem })) => {
                assert_eq!(failed == 0, problem.is_none());
                failures.push(failed);
            }
            other => panic!("nothing else can be told: {other:?}"),
        }
    }
    assert_eq!(failures, [0, 1, 2, 3, 4, 5]);
}
