//! Who is shown something of clients' health, and who is not let in, is noted before they are answered.
//!
//! Whatever shows it takes a [`HealthRead`](crate::access::HealthRead), which notes the read with the call ([`Noted`]); the guard notes
//! there what it refuses. Here the answer waits until what was noted is durable; when that can not be, it is not given. Whoever hangs up
//! before is noted all the same: while a refusal waits for its turn, too.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use tower::{Layer, Service};

use super::status;
use crate::access::Noted;
use crate::audit::Ledger;
use crate::clock::Clock;

/// Puts the trail before the guard.
#[derive(Clone)]
pub(super) struct Audit(Arc<Trail>);

struct Trail {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
}

impl Audit {
    /// By the time of this clock, the clinic's.
    pub(super) fn new(ledger: Ledger, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Trail { ledger, clock }))
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

/// What a call has noted, until it is written.
struct Unwritten {
    noted: Noted,
    trail: Arc<Trail>,
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.trail.ledger.write_unheard(self.noted.take());
    }
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
        let trail = Arc::clone(&self.audit.0);
        let noted = Noted::new(request.extensions(), trail.clock.now());
        request.extensions_mut().insert(noted.clone());
        // Before the call is begun: nothing that it notes gets by.
        let unwritten = Unwritten { noted, trail };
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            let noted = unwritten.noted.take();
            if noted.is_empty() {
                return Ok(response);
            }
            Ok(match unwritten.trail.ledger.write(noted).await {
                Ok(_) => response,
                Err(why) => status::not_audited(&why).into_http(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::time::Duration;

    use treadwell_journal::memory::Memory;

    use super::*;
    use crate::access::Origin;
    use crate::audit::Deed;
    use crate::clock::Injected;
    use crate::keyring::Keyring;

    /// A service that notes that it refuses, and answers after so long.
    fn refusing(
        after: Duration,
    ) -> impl Service<Request<()>, Response = Response<()>, Error = Infallible, Future: Send> {
        tower::service_fn(move |request: Request<()>| {
            let noted = Noted::of(request.extensions());
            let why = "a key that nobody has".to_owned();
            noted.note(None, Deed::Refused { why });
            async move {
                tokio::time::sleep(after).await;
                Ok::<_, Infallible>(Response::new(()))
            }
        })
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_hangs_up_while_a_refusal_waits_is_noted() {
        for begun in [true, false] {
            let keys = Arc::new(Keyring::in_memory().unwrap());
            let ledger = Ledger::open(Arc::new(Memory::new()), keys).await.unwrap();
            let clock = Arc::new(Injected::standing(crate::sample::now()));
            let audit = Audit::new(ledger.clone(), clock);
            let mut service = audit.layer(refusing(Duration::from_secs(4)));
            let mut answer = service.call(Request::new(()));
            if begun {
                assert!(futures::poll!(&mut answer).is_pending());
            }
            assert_eq!(ledger.len(), 0);
            drop(answer);
            // What comes later is written later.
            let later = Noted::default();
            later.note(None, Deed::SignedIn);
            let later = later.take();
            assert_eq!(ledger.write(later).await, Ok(2), "begun: {begun}");
            let entry = ledger.entry(1).await.unwrap().unwrap();
            assert_eq!(entry.address, Origin::default().to_string());
            assert!(matches!(entry.deed, Deed::Refused { .. }));
        }
    }
}
