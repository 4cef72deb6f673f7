use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{Empty, Full};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

use super::super::tests::{peer, request};
use super::*;
use crate::grpc::places::Places;

const CHANGE: &str = "ClientService/UpdateClient";
const READ: &str = "FloorService/GetBoard";

/// Whether a call by the connection from that port came through, or what it was told.
async fn called(early: &Early, path: &str, port: u16) -> Result<(), Status> {
    let service = tower::service_fn(async |_: Request<Empty<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"through"))))
    });
    let answer = early.layer(service).oneshot(request(path, port));
    let Ok(answer) = answer.await;
    match Status::from_header_map(answer.headers()) {
        None => Ok(()),
        Some(no) => Err(no),
    }
}

#[tokio::test]
async fn whoever_would_not_be_let_in_and_has_shown_a_key_is_refused_before_anything_is_done() {
    let places = Places::new(8);
    let gate = Gate::new(4, places.clone());
    let early = Early::new(gate.clone());
    let _ours = [1, 2, 3].map(|port| places.take(peer(port)).unwrap());
    // The first two have shown one.
    let changes = [1, 2].map(|port| gate.0.enter(Kind::Change, Some(peer(port))));
    assert!(changes.iter().all(Option::is_some));
    for port in [1, 2] {
        let no = called(&early, CHANGE, port).await.unwrap_err();
        assert_eq!(no.code(), Code::ResourceExhausted);
        let reason = no.get_details_error_info().unwrap().reason;
        assert_eq!(reason, "OVERLOADED");
        called(&early, READ, port).await.unwrap();
    }
    let others = [
        "OperationsService/GetStatus",
        "WatchService/Watch",
        "AccessService/SignIn",
    ];
    for path in others {
        called(&early, path, 1).await.unwrap();
    }
    // Whoever has shown none, or comes by no connection that is counted, goes on to the guard.
    for port in [3, 4] {
        called(&early, CHANGE, port).await.unwrap();
    }
    drop(changes);
    called(&early, CHANGE, 1).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_has_its_share_is_refused_while_others_are_let_in() {
    let places = Places::new(8);
    let gate = Gate::new(4, places.clone());
    let early = Early::new(gate.clone());
    let _ours = [1, 2].map(|port| places.take(peer(port)).unwrap());
    let reads = [1, 1, 2].map(|port| gate.0.enter(Kind::Read, Some(peer(port))));
    assert!(reads.iter().all(Option::is_some));
    let no = called(&early, READ, 1).await.unwrap_err();
    assert_eq!(no.code(), Code::ResourceExhausted);
    called(&early, READ, 2).await.unwrap();
}
