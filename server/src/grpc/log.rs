//! One log line for each call: its method, how it ended, how long it took. Nothing that was asked or
//! answered, no name, no secret. Of many that are turned away one is told, so that the log does not make it worse.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::seldom::Seldom;
use crate::metrics::Metrics;

/// That calls are turned away is said so often.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Puts the log, and the count, before a service.
#[derive(Clone, Debug)]
pub(super) struct Log {
    metrics: Metrics,
    turned_away: Arc<Seldom>,
}

impl Log {
    /// Counts in these metrics.
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            turned_away: Arc::new(Seldom::new(SAY_EVERY)),
        }
    }
}

impl<S> Layer<S> for Log {
    type Service = Logged<S>;

    fn layer(&self, inner: S) -> Logged<S> {
        Logged(inner, self.clone())
    }
}

/// A service whose calls are logged.
#[derive(Clone, Debug)]
pub(super) struct Logged<S>(S, Log);

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
        let Log {
            metrics,
            turned_away,
        } = self.1.clone();
        Box::pin(async move {
            let response = answered.await?;
            let code = response.headers().get(Status::GRPC_STATUS);
            let code = code.map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
            let elapsed = begun.elapsed();
            let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
            let method = method.path();
            metrics.answered(method, code, elapsed);
            match code {
                Code::Ok => tracing::debug!(method, micros, "answered"),
                Code::Internal | Code::Unknown | Code::DataLoss => {
                    tracing::error!(method, micros, ?code, "failed");
                }
                Code::Unavailable | Code::ResourceExhausted => {
                    if let Some(others) = turned_away.happened() {
                        tracing::warn!(method, micros, ?code, others, "turned away");
                    } else {
                        tracing::debug!(method, micros, ?code, "turned away");
                    }
                }
                Code::DeadlineExceeded => tracing::warn!(method, micros, "given up"),
                _ => tracing::debug!(method, micros, ?code, "refused"),
            }
            Ok(response)
        })
    }
}
