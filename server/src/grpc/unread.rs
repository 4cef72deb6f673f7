//! Requests that no handler ever reads: too large, or not the message that the method takes.
//!
//! The transport refuses them before a service is called, in its own words and, for the second, as if
//! the server were at fault. Here they become refusals like all others, with a reason.

use std::task::{Context, Poll};

use futures::TryFutureExt;
use futures::future::MapOk;
use http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::status;

/// How the transport's messages begin.
const TOO_LARGE: &str = "Error, decoded message length too large";
const MALFORMED: [&str; 2] = [
    "failed to decode Protobuf message",
    "Missing request message",
];

/// Puts this before a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unread;

impl<S> Layer<S> for Unread {
    type Service = Refusing<S>;

    fn layer(&self, inner: S) -> Refusing<S> {
        Refusing(inner)
    }
}

/// A service whose unread requests are refused with a reason.
#[derive(Clone, Debug)]
pub(super) struct Refusing<S>(S);

impl<S, B, R> Service<Request<B>> for Refusing<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MapOk<S::Future, fn(Response<R>) -> Response<R>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request).map_ok(with_reason)
    }
}

fn with_reason<R>(mut response: Response<R>) -> Response<R> {
    if let Some(status) = refusal(response.headers()) {
        let headers = response.headers_mut();
        for name in ["grpc-status", "grpc-message"] {
            headers.remove(name);
        }
        // The names and values of a status always are headers.
        let _always = status.add_header(headers);
    }
    response
}

/// The refusal that stands for what the transport says in these headers, if it says such a thing.
fn refusal(headers: &HeaderMap) -> Option<Status> {
    let said = Status::from_header_map(headers)?;
    if !said.details().is_empty() {
        return None;
    }
    match said.code() {
        Code::OutOfRange if said.message().starts_with(TOO_LARGE) => {
            Some(status::message_too_large())
        }
        Code::Internal if MALFORMED.iter().any(|it| said.message().starts_with(it)) => {
            Some(status::message_malformed())
        }
        _ => None,
    }
}
