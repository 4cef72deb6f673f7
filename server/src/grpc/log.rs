//! One log line for each call: its method, how it ended, how long it took. Nothing that was asked or
//! answered, no name, no secret.

use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::BoxFuture;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// Puts the log before a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log;

impl<S> Layer<S> for Log {
    type Service = Logged<S>;

    fn layer(&self, inner: S) -> Logged<S> {
        Logged(inner)
    }
}

/// A service whose calls are logged.
#[derive(Clone, Debug)]
pub(super) struct Logged<S>(S);

impl<S, B, R> Service<http::Request<B>> for Logged<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    S::Error: Send,
    R: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        // A line for each call is for those who ask for it; what went wrong is always told.
        let method = request.uri().clone();
        let begun = Instant::now();
        let answered = self.0.call(request);
        Box::pin(async move {
            let response = answered.await?;
            let code = Status::from_header_map(response.headers()).map(|status| status.code());
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let method = method.path();
            match code {
                None | Some(Code::Ok) => tracing::debug!(method, micros, "answered"),
                Some(code @ (Code::Internal | Code::Unknown | Code::DataLoss)) => {
                    tracing::error!(method, micros, ?code, "failed");
                }
                Some(code @ (Code::Unavailable | Code::ResourceExhausted)) => {
                    tracing::warn!(method, micros, ?code, "turned away");
                }
                Some(Code::DeadlineExceeded) => tracing::warn!(method, micros, "given up"),
                Some(code) => tracing::debug!(method, micros, ?code, "refused"),
            }
            Ok(response)
        })
    }
}
