use std::convert::Infallible;
use std::sync::atomic::AtomicUsize;

use futures::future::join_all;
use http_body_util::{Empty, Full};
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tower::ServiceExt as _;

use super::*;
use crate::access::table::TABLE;

pub(super) fn peer(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[test]
fn what_changes_something_is_told_from_what_reads() {
    for (listed, _) in TABLE {
        let name = listed.split_once('/').unwrap().1;
        let reads = [
            "Get", "List", "Search", "Explain", "Export", "Verify", "WhoAmI", "Plan", "Screen",
            "Watch", "Suggest",
        ];
        // Those change nothing that is written to the journal.
        let others = ["SignIn", "SignOut", "LiftLockOut", "AnnotateAuditEntry"];
        let reads = reads.iter().chain(&others).any(|it| name.starts_with(it));
        let found = method(&format!("/treadwell.v1.{listed}"));
        assert_eq!(found.map(|it| it.changes), Some(!reads), "{listed}");
    }
}

/// Of a gate with room for so many, those that get in, by the port of their connection.
fn enter(gate: &Gate, kind: Kind, ports: &[u16]) -> Vec<Option<Hold>> {
    ports
        .iter()
        .map(|&port| gate.0.enter(kind, Some(peer(port))))
        .collect()
}

#[test]
fn reads_and_changes_are_counted_apart_and_a_connection_has_its_share() {
    let gate = Gate::new(8, Places::new(8));
    let changes = enter(&gate, Kind::Change, &[1, 1, 1, 2, 3, 4]);
    let let_in: Vec<_> = changes.iter().map(Option::is_some).collect();
    assert_eq!(let_in, [true, true, false, true, true, false]);
    let reads = enter(&gate, Kind::Read, &[1, 1, 1, 1, 1, 2, 2, 2, 2, 3]);
    let refused = reads.iter().enumerate().filter(|(_, it)| it.is_none());
    let refused: Vec<_> = refused.map(|(at, _)| at).collect();
    assert_eq!(refused, [4, 9], "one beyond its share, one beyond all");
    drop(changes);
    let again = enter(&gate, Kind::Change, &[1, 1, 2, 2]);
    assert!(again.iter().all(Option::is_some));
    drop((reads, again));
    let at_work = locked(&gate.0.at_work);
    assert!(at_work.calls.is_empty() && at_work.of.is_empty());
    assert_eq!(at_work.count, [0, 0]);
}

#[test]
fn who_does_not_take_the_answer_loses_the_connection_and_who_waits_for_it_does_not() {
    let places = Places::new(2);
    let gate = Gate::new(4, places.clone());
    let _ours = [1, 2].map(|port| places.take(peer(port)).unwrap());
    let holds = enter(&gate, Kind::Read, &[1, 2]);
    let [Some(first), Some(second)] = &holds[..] else {
        panic!("there is room for both");
    };
    first.waits_for_the_client(true);
    second.waits_for_the_client(true);
    second.waits_for_the_client(false);
    std::thread::sleep(Duration::from_millis(5));
    gate.0.give_up_untaken(Duration::from_hours(1));
    let is_given_up = |hold: &Hold| hold.call.holder.as_ref().unwrap().is_given_up();
    assert!(!is_given_up(first));
    gate.0.give_up_untaken(Duration::from_millis(1));
    assert!(is_given_up(first) && !is_given_up(second));
}

/// A request by a connection from that port.
pub(super) fn request(path: &str, port: u16) -> Request<Empty<bytes::Bytes>> {
    let mut request = Request::builder()
        .uri(format!("/treadwell.v1.{path}"))
        .body(Empty::new())
        .unwrap();
    let info = TcpConnectInfo {
        local_addr: None,
        remote_addr: Some(peer(port)),
    };
    request.extensions_mut().insert(info);
    request
}

#[tokio::test]
async fn of_more_than_there_is_room_for_the_rest_is_refused_at_once() {
    let gate = Gate::new(16, Places::new(64));
    let (going, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let go_on = Arc::new(Semaphore::new(0));
    let service = {
        let (going, most, go_on) = (Arc::clone(&going), Arc::clone(&most), Arc::clone(&go_on));
        tower::service_fn(move |_: Request<Empty<bytes::Bytes>>| {
            let (going, most, go_on) = (Arc::clone(&going), Arc::clone(&most), Arc::clone(&go_on));
            async move {
                let now = going.fetch_add(1, Ordering::AcqRel) + 1;
                most.fetch_max(now, Ordering::AcqRel);
                go_on.acquire().await.unwrap().forget();
                going.fetch_sub(1, Ordering::AcqRel);
                Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::from_static(b"done"))))
            }
        })
    };
    let gated = gate.layer(service);
    let ask = |path: &'static str, count: u16| {
        let calls = (0..count).map(|port| {
            let (gated, request) = (gated.clone(), request(path, port));
            tokio::spawn(async move { gated.oneshot(request).await.unwrap() })
        });
        calls.collect::<Vec<_>>()
    };
    let changes = ask("ClientService/UpdateClient", 40);
    let upkeep = ask("OperationsService/GetStatus", 12);
    while going.load(Ordering::Acquire) < 8 + 12 {
        tokio::task::yield_now().await;
    }
    // What is refused does not wait for anything.
    let refused = async {
        while changes.iter().filter(|it| it.is_finished()).count() < 32 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), refused)
        .await
        .unwrap();
    go_on.add_permits(100);
    let answers = join_all(changes).await;
    let codes = answers.iter().map(|answer| {
        let status = Status::from_header_map(answer.as_ref().unwrap().headers());
        status.map_or(Code::Ok, |status| status.code())
    });
    let refused = codes.filter(|&code| code == Code::ResourceExhausted);
    assert_eq!(refused.count(), 32);
    assert_eq!(most.load(Ordering::Acquire), 8 + 12);
    assert!(join_all(upkeep).await.iter().all(Result::is_ok));
    // An answer is at work until it has been taken.
    assert_eq!(locked(&gate.0.at_work).calls.len(), 8);
    drop(answers);
    assert_eq!(locked(&gate.0.at_work).calls.len(), 0);
}

#[tokio::test]
async fn a_read_gives_way_to_the_others_only_while_many_are_at_work() {
    let gate = Gate::new(64, Places::new(64));
    let service = tower::service_fn(|_: Request<Empty<bytes::Bytes>>| async {
        let done = Full::new(bytes::Bytes::from_static(b"done"));
        Ok::<_, Infallible>(Response::new(done))
    });
    let gated = gate.layer(service);
    let is_answered_at_once = || {
        let request = request("ClientService/GetClient", 0);
        gated.clone().oneshot(request).now_or_never().is_some()
    };
    assert!(is_answered_at_once());
    let many: Vec<u16> = (1..=16).collect();
    let others = enter(&gate, Kind::Read, &many);
    assert!(!is_answered_at_once());
    drop(others);
    assert!(is_answered_at_once());
}
