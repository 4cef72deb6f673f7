use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2 as client;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::*;
use crate::grpc::busy::Busy;
use crate::grpc::incoming::incoming;
use crate::grpc::places::Places;
use crate::lock::locked;

/// Longer than anything here may take.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn services_hear_of_all_that_came_before_one_is_worked_on_and_a_stop_waits_for_them() {
    const CALLS: usize = 8;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let all_done = Arc::clone(&done);
    let (stop, stops) = oneshot::channel::<()>();
    let stop = Arc::new(Mutex::new(Some(stop)));
    let services = tower::service_fn(move |request: Request<Incoming>| {
        assert!(request.extensions().get::<TcpConnectInfo>().is_some());
        heard.fetch_add(1, Ordering::Relaxed);
        let (heard, done, stop) = (Arc::clone(&heard), Arc::clone(&done), Arc::clone(&stop));
        async move {
            let heard = heard.load(Ordering::Relaxed);
            drop(locked(&stop).take());
            // It is under way until the server has begun to stop: nobody listens then.
            while TcpStream::connect(address).await.is_ok() {
                tokio::task::yield_now().await;
            }
            done.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Response::new(heard.to_string()))
        }
    });
    let incoming = incoming(listener, None, Places::new(8), Busy::default());
    let serving = tokio::spawn(async move {
        let stops = async move { drop(stops.await) };
        serve(incoming, services, stops).await;
        all_done.load(Ordering::Relaxed)
    });

    let wire = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = client::handshake(TokioExecutor::new(), wire).await.unwrap();
    tokio::spawn(connection);
    let call = || {
        let request = Request::builder()
            .uri("http://clinic/")
            .body(Empty::<Bytes>::new());
        client.clone().send_request(request.unwrap())
    };
    let calls = (0..CALLS).map(|_| call());
    for answer in timeout(LONG, join_all(calls)).await.unwrap() {
        let body = answer.unwrap().into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), CALLS.to_string());
    }
    assert_eq!(timeout(LONG, serving).await.unwrap().unwrap(), CALLS);
}
