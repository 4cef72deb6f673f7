//! Calls that the gate would not let in, refused before anything is spent on them.
//!
//! At the gate itself a call has been timed, its key looked up and its place in the audit trail made: when most are refused that is most of the
//! work. So whoever comes by a connection that has shown a good key, and would not be let in, is refused here. The key of the call is not looked
//! at: one that opens nothing is told that the server is busy, learns nothing else, and has not been tried, so that it is neither counted nor
//! noted. A connection that has shown no good key goes on to the guard.

use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Either};
use http::{Request, Response};
use hyper::body::Body;
use tower::{Layer, Service};

use super::{Gate, Kind, peer, refuse};
use crate::lock::locked;

#[cfg(test)]
mod tests;

/// Puts this before a service that stands before the gate.
#[derive(Clone)]
pub(in crate::grpc) struct Early(Gate);

impl Early {
    /// For this gate.
    pub(in crate::grpc) const fn new(gate: Gate) -> Self {
        Self(gate)
    }

    /// Whether the gate would not let a call in whose key is good, and that of its connection is.
    fn refuses<B>(&self, request: &Request<B>) -> bool {
        let shared = &self.0.0;
        let Some(kind) = Kind::of(request.uri().path()) else {
            return false;
        };
        let peer = peer(request);
        if locked(&shared.at_work).has_room(shared.limit, kind, peer) {
            return false;
        }
        let holder = peer.and_then(|peer| shared.places.holder(peer));
        holder.is_some_and(|holder| holder.is_known())
    }
}

impl<S> Layer<S> for Early {
    type Service = Before<S>;

    fn layer(&self, inner: S) -> Before<S> {
        Before {
            early: self.clone(),
            inner,
        }
    }
}

/// A service before which calls are refused.
#[derive(Clone)]
pub(in crate::grpc) struct Before<S> {
    early: Early,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Before<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body + Unpin + Send + 'static,
    B::Data: Send,
    R: Default + 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<BoxFuture<'static, Result<S::Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.early.refuses(&request) {
            return Either::Left(refuse(request.into_body()).map(Ok).boxed());
        }
        Either::Right(self.inner.call(request))
    }
}
