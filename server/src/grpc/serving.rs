//! HTTP/2 on every connection that was let in: each of its calls goes to the services as soon as its headers have been read. Why it is not done by
//! tonic's own server: `docs/adr/0016-http2-by-hyper.md`.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tonic::transport::server::TcpConnectInfo;
use tower::Service;

use super::incoming::Connection;

#[cfg(test)]
mod tests;

/// How many streams one connection may have open: calls that are refused or at work, and watches.
const STREAMS_PER_CONNECTION: u32 = 512;

/// What a connection may send before somebody reads it, of a call and in all: it lies in memory meanwhile. The transport closes a
/// connection of which half as much is unread in small messages, each of which it takes for 256 bytes: there is room for two of each stream.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 2 * 2 * 256 * STREAMS_PER_CONNECTION;

/// The headers of a call: some hundred bytes, and what proxies put in.
const HEADER_BYTES: u32 = 16 << 10;

/// A connection is closed after so many streams that had to be reset for its client's errors, such as a message that comes long after its call was refused.
const ERRORS: usize = 1024;

/// Every connection is asked so often whether it is still there, and given up after so long.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves these connections until it is to stop, and then until the calls under way have ended. The services are called whether they say that they are
/// ready or not: they have to be always.
pub(super) async fn serve<S, B>(
    connections: impl Stream<Item = Connection>,
    services: S,
    stops: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let http = http();
    let open = GracefulShutdown::new();
    {
        let mut connections = pin!(connections.take_until(stops));
        while let Some(connection) = connections.next().await {
            let calls = Calls {
                from: connection.from().clone(),
                services: RefCell::new(services.clone()),
            };
            let served = http.serve_connection(TokioIo::new(connection), calls);
            let served = open.watch(served);
            tokio::spawn(async move {
                if let Err(error) = served.await {
                    tracing::debug!(?error, "a connection ended");
                }
            });
        }
        // The listener is closed, and who is still being greeted is not let in.
    }
    open.shutdown().await;
}

fn http() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_BYTES)
        .max_local_error_reset_streams(ERRORS)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    http
}

/// The services, for the calls of one connection.
struct Calls<S> {
    from: TcpConnectInfo,
    services: RefCell<S>,
}

impl<S: Service<Request<Incoming>>> hyper::service::Service<Request<Incoming>> for Calls<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.from.clone());
        self.services.borrow_mut().call(request)
    }
}
