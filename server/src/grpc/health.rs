//! The standard health service: whether the server is alive, and whether calls should come here.
//!
//! `live` is served as long as anything is answered; `ready` while the clinic can be changed; the empty name, and the name of each
//! service, until the server stops. Health says nothing about the clinic, and needs no key: so that many may follow it, and no more.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, TryFutureExt as _};
use http::{Request, Response};
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use tower::Service;

use super::status;
use crate::access::table::TABLE;
use crate::condition::Condition;

/// Whether the server is ready is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const LIVE: &str = "live";
const READY: &str = "ready";

/// Says that the server serves.
pub(super) async fn begin(health: &HealthReporter) {
    say(health, &[LIVE.to_owned()], ServingStatus::Serving).await;
    say(health, &services(), ServingStatus::Serving).await;
}

/// Says how the server is, until it stops.
pub(super) async fn tell(health: HealthReporter, mut now: Condition) {
    let ready = [READY.to_owned()];
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = now.stopping() => break,
        }
        let status = match now.not_ready() {
            None => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        };
        say(&health, &ready, status).await;
    }
    say(&health, &ready, ServingStatus::NotServing).await;
    say(&health, &services(), ServingStatus::NotServing).await;
}

async fn say(health: &HealthReporter, names: &[String], status: ServingStatus) {
    for name in names {
        health.set_service_status(name, status).await;
    }
}

/// The name of each service, and the empty one, which stands for them all.
fn services() -> Vec<String> {
    let services = TABLE
        .iter()
        .filter_map(|(method, _)| method.split_once('/'));
    let mut names: Vec<String> = services
        .map(|(service, _)| format!("treadwell.v1.{service}"))
        .collect();
    names.dedup();
    names.push(String::new());
    names
}

/// So many may follow the health at once.
const FOLLOWERS: usize = 1_024;

/// The call that goes on for as long as who made it likes.
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// The health service, followed by no more than may.
#[derive(Clone, Debug)]
pub(super) struct Bounded<S> {
    inner: S,
    places: Arc<Semaphore>,
}

impl<S> Bounded<S> {
    /// Nobody follows it yet.
    pub(super) fn new(inner: S) -> Self {
        Self::with(inner, FOLLOWERS)
    }

    fn with(inner: S, followers: usize) -> Self {
        Self {
            inner,
            places: Arc::new(Semaphore::new(followers)),
        }
    }
}

impl<S: NamedService> NamedService for Bounded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Bounded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != WATCH {
            return self.inner.call(request).boxed();
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let no = status::overloaded("too many follow the health already; ask with Check");
            return std::future::ready(Ok(no.into_http())).boxed();
        };
        let followed = |body| {
            Body::new(Followed {
                body,
                _place: place,
            })
        };
        let answer = self.inner.call(request);
        answer.map_ok(|answer| answer.map(followed)).boxed()
    }
}

/// A stream that keeps its place as long as it is open.
struct Followed {
    body: Body,
    _place: OwnedSemaphorePermit,
}

impl hyper::body::Body for Followed {
    type Data = <Body as hyper::body::Body>::Data;
    type Error = <Body as hyper::body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};

    use super::*;

    #[tokio::test]
    async fn no_more_follow_than_may_and_whoever_goes_makes_room() {
        let inner = tower::service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let mut health = Bounded::with(inner, 2);
        let mut ask = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let answer = health.call(request).await.unwrap();
            let status = Status::from_header_map(answer.headers());
            (status.map_or(Code::Ok, |status| status.code()), answer)
        };
        let (one, _first) = ask(WATCH).await;
        let (other, second) = ask(WATCH).await;
        assert_eq!((one, other), (Code::Ok, Code::Ok));
        assert_eq!(ask(WATCH).await.0, Code::ResourceExhausted);
        assert_eq!(ask("/grpc.health.v1.Health/Check").await.0, Code::Ok);
        drop(second);
        assert_eq!(ask(WATCH).await.0, Code::Ok);
    }
}
