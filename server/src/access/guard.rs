//! The guard before every service.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::{Either, Ready, ready};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Request, Status};
use tower::{Layer, Service};
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Actor;
use treadwell_clinic::model::Key;

use super::table::{Grant, grant};
use super::{Reads, Secret, View};
use crate::engine::{Engine, Published};
use crate::grpc::status;

/// Who calls, and what the clinic was when they did.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What they see.
    pub view: View,
    /// The clinic as published when the call came. Reads are answered from it.
    pub published: Arc<Published>,
    /// When the call came, by the clinic's clock.
    pub now: Timestamp,
    /// What the call has read of clients' health.
    pub reads: Reads,
    /// From where.
    pub from: Option<IpAddr>,
}

impl Caller {
    /// The address that the call came from, as it is written down; empty when it is not known.
    pub fn address(&self) -> String {
        self.from.map(|from| from.to_string()).unwrap_or_default()
    }

    /// The clinic as published when the call came.
    pub fn clinic(&self) -> &Clinic {
        &self.published.clinic
    }
}

/// Who makes this request. Fails only for a service that stands before no guard.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    request
        .extensions()
        .get::<Caller>()
        .cloned()
        .ok_or_else(status::no_key)
}

/// Puts a guard before a service.
#[derive(Clone)]
pub struct Guard {
    engine: Engine,
}

impl Guard {
    /// A guard by the keys of this engine's clinic.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            engine: self.engine.clone(),
            inner,
        }
    }
}

/// A service behind the guard.
#[derive(Clone)]
pub struct Guarded<S> {
    engine: Engine,
    inner: S,
}

impl<S, B, R> Service<http::Request<B>> for Guarded<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    R: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<S::Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let published = self.engine.snapshot();
        let now = self.engine.now();
        let peer = request.extensions().get::<TcpConnectInfo>();
        let from = peer.and_then(TcpConnectInfo::remote_addr);
        let from = from.map(|peer| peer.ip().to_canonical());
        match admit(
            request.uri().path(),
            request.headers(),
            &published.clinic,
            now,
        ) {
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
            Ok(None) => Either::Right(self.inner.call(request)),
            Ok(Some(actor)) => {
                let view = View::of_actor(&actor);
                request.extensions_mut().insert(Caller {
                    actor,
                    view,
                    published,
                    now,
                    reads: Reads::default(),
                    from,
                });
                Either::Right(self.inner.call(request))
            }
        }
    }
}

/// Whether a call may pass, and on whose behalf it is made; nobody's for a public method.
pub(super) fn admit(
    path: &str,
    headers: &HeaderMap,
    clinic: &Clinic,
    now: Timestamp,
) -> Result<Option<Actor>, Status> {
    let roles = match grant(path) {
        None => return Err(status::no_such_method()),
        Some(Grant::Public) => return Ok(None),
        Some(Grant::Roles(roles)) => roles,
    };
    let key = key_of(headers, clinic)
        .filter(|key| key.is_live(now))
        .ok_or_else(status::no_key)?;
    if !roles.include(key.role) {
        return Err(status::role_not_allowed());
    }
    Ok(Some(Actor {
        key: key.id,
        name: key.name.as_str().into(),
        role: key.role,
        sites: key.sites.clone(),
        therapist: key.therapist,
    }))
}

/// The key whose secret the headers show. An unknown, an expired and a missing key give the same
/// answer, so that nobody learns which keys exist.
fn key_of<'c>(headers: &HeaderMap, clinic: &'c Clinic) -> Option<&'c Arc<Key>> {
    let shown = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = shown.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    clinic.key_by_hash(&Secret::hash_of(secret.trim()))
}
