//! The page of the metrics, and whether the server is alive and ready, over plain HTTP/1.1.
//!
//! It is read by what watches over the server (Prometheus, a load balancer, systemd), which has no key. It changes nothing, and it tells
//! nothing of the clinic but figures. It listens at an address of its own, and only where it is told to.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Metrics;
use crate::condition::Condition;

/// So many connections are served at once; more are closed.
const CONNECTIONS: usize = 16;

/// A connection is served for so long, and one request on it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of a request, in bytes.
const REQUEST_BYTES: usize = 8 << 10;

/// After the system could give no connection it is not asked again for so long.
const PAUSE: Duration = Duration::from_millis(50);

/// The text format of `OpenMetrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Answers on `listener` until the server stops.
pub(crate) async fn serve(listener: TcpListener, metrics: Metrics, now: Condition) {
    let mut stopping = now.clone();
    let shown = Arc::new((metrics, now));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let all = async {
        loop {
            let Ok((tcp, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                continue;
            };
            let shown = Arc::clone(&shown);
            tokio::spawn(async move {
                // Whoever is slow, or speaks something else, is not waited for.
                let _ = tokio::time::timeout(PATIENCE, answer(tcp, shown)).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = all => {}
        () = stopping.stopping() => {}
    }
}

async fn answer(tcp: TcpStream, shown: Arc<(Metrics, Condition)>) -> Result<(), hyper::Error> {
    let page = service_fn(move |request: Request<Incoming>| {
        let page = page(&request, &shown.0, &shown.1);
        async move { Ok::<_, Infallible>(page) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(REQUEST_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(tcp), page)
        .await
}

fn page<B>(request: &Request<B>, metrics: &Metrics, now: &Condition) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET\n".to_owned(),
        );
    }
    match request.uri().path() {
        "/metrics" => text(StatusCode::OK, OPEN_METRICS, metrics.text(now)),
        "/live" => text(StatusCode::OK, TEXT, "alive\n".to_owned()),
        "/ready" => match now.not_ready() {
            None => text(StatusCode::OK, TEXT, "ready\n".to_owned()),
            Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{why}\n")),
        },
        _ => text(
            StatusCode::NOT_FOUND,
            TEXT,
            "there are /metrics, /live and /ready\n".to_owned(),
        ),
    }
}

fn text(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
