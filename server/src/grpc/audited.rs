//! Who is shown something of clients' health, and who is not let in, is noted before they are answered.
//!
//! Whatever shows it takes a [`HealthRead`](crate::access::HealthRead), which notes the read with the call ([`Noted`]); the guard notes
//! there what it refuses. Here the answer waits until what was noted is durable; when that can not be, it is not given.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use tower::{Layer, Service};

use super::status;
use crate::access::Noted;
use crate::audit::Ledger;
use crate::engine::Engine;

/// Puts the trail before the guard.
#[derive(Clone)]
pub(super) struct Audit {
    ledger: Ledger,
    engine: Engine,
}

impl Audit {
    /// By the time of this engine's clinic.
    pub(super) const fn new(ledger: Ledger, engine: Engine) -> Self {
        Self { ledger, engine }
    }
}

impl<S> Layer<S> for Audit {
    type Service = Audited<S>;

    fn layer(&self, inner: S) -> Audited<S> {
        Audited {
            audit: self.clone(),
            inner,
        }
    }
}

/// A service whose calls are noted.
#[derive(Clone)]
pub(super) struct Audited<S> {
    audit: Audit,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Audited<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: Send,
    R: Default + Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let noted = Noted::new(request.extensions(), self.audit.engine.now());
        request.extensions_mut().insert(noted.clone());
        let ledger = self.audit.ledger.clone();
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            let noted = noted.take();
            if noted.is_empty() {
                return Ok(response);
            }
            Ok(match ledger.write(noted).await {
                Ok(_) => response,
                Err(why) => status::not_audited(&why).into_http(),
            })
        })
    }
}
