//! What somebody is shown of clients' health is noted before it is shown.
//!
//! Whatever shows it takes a [`HealthRead`](crate::access::HealthRead), which notes the read with the call's [`Caller`]. Here the
//! answer waits until what was noted is durable; when that can not be, it is not given.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use tower::{Layer, Service};

use super::status;
use crate::access::Caller;
use crate::audit::Ledger;

/// Puts the trail behind the guard and before a service.
#[derive(Clone)]
pub(super) struct Audit(pub(super) Ledger);

impl<S> Layer<S> for Audit {
    type Service = Audited<S>;

    fn layer(&self, inner: S) -> Audited<S> {
        Audited {
            ledger: self.0.clone(),
            inner,
        }
    }
}

/// A service whose reads of health records are noted.
#[derive(Clone)]
pub(super) struct Audited<S> {
    ledger: Ledger,
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = request.extensions().get::<Caller>();
        let reads = caller.map(|caller| caller.reads.clone());
        let ledger = self.ledger.clone();
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            let read = reads.map(|reads| reads.take()).unwrap_or_default();
            if read.is_empty() {
                return Ok(response);
            }
            Ok(match ledger.write(read).await {
                Ok(_) => response,
                Err(why) => status::not_audited(&why).into_http(),
            })
        })
    }
}
