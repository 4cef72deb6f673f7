//! The guard before every service.
//!
//! It lets a call in by its headers. Whether the caller may still is asked again each time before something comes of the call: when its
//! message is there ([`Caller::anew`]), before a change is decided (by the writer, on the clinic that decides it), before a read is
//! answered (here), and for as long as an answer goes on ([`Caller::gone`], and the watches by themselves).

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Either};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use tonic::{Request, Status};
use tower::{Layer, Service};
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Actor;
use treadwell_clinic::model::Key;
#[cfg(test)]
use treadwell_clinic::model::{Role, Sites};

use super::table::{Grant, Method, method};
use super::{Entrance, Failure, Noted, Pass, Porter, Secret, Session, View};
use crate::engine::{Engine, Published};
use crate::grpc::status;

/// The one call that closes what it came in by, and is answered all the same.
const SIGN_OUT: &str = "/treadwell.v1.AccessService/SignOut";

/// A key that expires says nothing: whether it has is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who calls, and what the clinic was when they did.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What they see.
    pub view: View,
    /// The clinic as published when the call came with its message. Reads are answered from it.
    pub published: Arc<Published>,
    /// When that was, by the clinic's clock.
    pub now: Timestamp,
    /// What the call does that the audit trail tells of.
    pub noted: Noted,
    /// How they came in.
    pub entrance: Entrance,
    /// What knows the clinic as it is by now.
    pub engine: Engine,
}

impl Caller {
    fn new(
        actor: Actor,
        entrance: Entrance,
        noted: Noted,
        engine: &Engine,
        (published, now): (Arc<Published>, Timestamp),
    ) -> Self {
        Self {
            view: View::of_actor(&actor),
            actor,
            published,
            now,
            noted,
            entrance,
            engine: engine.clone(),
        }
    }

    /// The clinic as published when the call came.
    pub fn clinic(&self) -> &Clinic {
        &self.published.clinic
    }

    /// By what they came in.
    pub(crate) fn pass(&self) -> Pass {
        self.entrance.pass(self.actor.key)
    }

    /// The same caller, and the clinic as it is by now. Fails when what they came in by opens nothing any more.
    pub(crate) fn anew(self) -> Result<Self, Status> {
        let (published, now) = (self.engine.snapshot(), self.engine.now());
        if !self.pass().is_good(&published.clinic, now) {
            return Err(status::no_key());
        }
        Ok(Self {
            published,
            now,
            ..self
        })
    }

    /// Resolves when what they came in by opens nothing any more.
    pub(crate) async fn gone(&self) {
        let pass = self.pass();
        let mut bell = self.engine.subscribe();
        let shut_out = async {
            while pass.is_good(&bell.borrow_and_update().clinic, self.engine.now()) {
                if let Ok(Err(_)) = tokio::time::timeout(LOOK_EVERY, bell.changed()).await {
                    // The writer has ended, and with it the server does.
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = self.entrance.over() => {}
            () = shut_out => {}
        }
    }

    /// Whoever has a key of this role that reaches every site, in a test that has no guard.
    #[cfg(test)]
    pub(crate) fn in_a_test(engine: &Engine, role: Role) -> Self {
        let published = engine.snapshot();
        let mut keys = published.clinic.keys();
        let key = keys.find(|key| key.role == role && key.sites == Sites::All);
        let actor = actor_of(key.expect("the test has made one"));
        let now = (Arc::clone(&published), engine.now());
        Self::new(actor, Entrance::in_a_test(), Noted::default(), engine, now)
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
    porter: Arc<Porter>,
}

impl Guard {
    /// A guard by the keys of this engine's clinic, which tells the porter who is not let in.
    pub const fn new(engine: Engine, porter: Arc<Porter>) -> Self {
        Self { engine, porter }
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            engine: self.engine.clone(),
            porter: Arc::clone(&self.porter),
            inner,
        }
    }
}

/// A service behind the guard.
#[derive(Clone)]
pub struct Guarded<S> {
    engine: Engine,
    porter: Arc<Porter>,
    inner: S,
}

impl<S, B, R> Service<http::Request<B>> for Guarded<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<BoxFuture<'static, Result<S::Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let published = self.engine.snapshot();
        let now = self.engine.now();
        let noted = Noted::of(request.extensions());
        let path = request.uri().path();
        let called = method(path);
        let is_read = path != SIGN_OUT && called.is_some_and(|it| !it.changes);
        let headers = request.headers();
        match admit(called, headers, &published.clinic, now, &self.porter) {
            Err(no) => {
                let answer = refuse(&self.porter, &noted, no);
                Either::Left(answer.map(|no| Ok(no.into_http())).boxed())
            }
            Ok(None) => Either::Right(self.inner.call(request)),
            Ok(Some((actor, session))) => {
                let porter = Arc::clone(&self.porter);
                let entrance = Entrance { porter, session };
                let now = (published, now);
                let caller = Caller::new(actor, entrance, noted, &self.engine, now);
                let pass = caller.pass();
                request.extensions_mut().insert(caller);
                let answer = self.inner.call(request);
                if is_read {
                    Either::Left(while_good(answer, pass, self.engine.clone()).boxed())
                } else {
                    Either::Right(answer)
                }
            }
        }
    }
}

/// What a read is answered with, unless what its caller came in by opens nothing any more by then: it may have waited long for its turn.
/// What a change has done is told to whoever did it.
async fn while_good<R: Default, E>(
    answer: impl Future<Output = Result<http::Response<R>, E>>,
    pass: Pass,
    engine: Engine,
) -> Result<http::Response<R>, E> {
    let answer = answer.await?;
    if pass.is_good(&engine.snapshot().clinic, engine.now()) {
        return Ok(answer);
    }
    Ok(status::no_key().into_http())
}

/// On whose behalf a call is made, and by which session if not by a key's own secret.
type Admitted = (Actor, Option<Arc<Session>>);

/// The key that was shown, or that of the session.
type KeyAndSession<'c> = (&'c Arc<Key>, Option<Arc<Session>>);

/// Why a call may not pass.
#[derive(Debug)]
pub(super) struct No {
    /// What is answered.
    pub(super) status: Box<Status>,
    /// A key was shown that opens nothing.
    pub(super) failure: Option<Failure>,
}

impl From<Status> for No {
    fn from(status: Status) -> Self {
        Self {
            status: Box::new(status),
            failure: None,
        }
    }
}

/// What a call that may not pass is answered, when its turn has come. Whoever shows no key has not tried one.
fn refuse(porter: &Porter, noted: &Noted, no: No) -> impl Future<Output = Status> + Send + 'static {
    let wait = no.failure.map(|failure| porter.failed(noted, failure));
    async move {
        match wait {
            None => {}
            Some(Ok(wait)) => wait.over().await,
            Some(Err(too_many)) => return status::too_many_attempts(too_many),
        }
        *no.status
    }
}

/// Whether a call may pass, and on whose behalf it is made; nobody's for a public method.
pub(super) fn admit(
    called: Option<Method>,
    headers: &HeaderMap,
    clinic: &Clinic,
    now: Timestamp,
    porter: &Porter,
) -> Result<Option<Admitted>, No> {
    let roles = match called.map(|method| method.grant) {
        None => return Err(status::no_such_method().into()),
        Some(Grant::Public) => return Ok(None),
        Some(Grant::Roles(roles)) => roles,
    };
    let found = key_of(headers, clinic, porter).and_then(|(key, session)| {
        if key.is_live(now) {
            Ok((key, session))
        } else {
            Err(Some(Failure::Dead(key.id)))
        }
    });
    let (key, session) = found.map_err(|failure| No {
        failure,
        ..status::no_key().into()
    })?;
    if !roles.include(key.role) {
        return Err(status::role_not_allowed().into());
    }
    porter.uses(key.id, now);
    Ok(Some((actor_of(key), session)))
}

/// Whoever has a key. Of all this nothing ever changes: a key is made, revoked, and may have another passphrase.
fn actor_of(key: &Key) -> Actor {
    Actor {
        key: key.id,
        name: key.name.as_str().into(),
        role: key.role,
        sites: key.sites.clone(),
        therapist: key.therapist,
    }
}

/// The key whose secret the headers show, or that of a session of its own; or what was tried with them. An unknown, an expired and a missing key give the same
/// answer, so that nobody learns which keys exist.
fn key_of<'c>(
    headers: &HeaderMap,
    clinic: &'c Clinic,
    porter: &Porter,
) -> Result<KeyAndSession<'c>, Option<Failure>> {
    let shown = headers.get(AUTHORIZATION).ok_or(None)?;
    let shown = shown.to_str().ok().and_then(|shown| shown.split_once(' '));
    let secret = shown
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim());
    let hash = Secret::hash_of(secret.ok_or(Some(Failure::Unknown))?);
    if let Some(key) = clinic.key_by_hash(&hash) {
        return Ok((key, None));
    }
    let found = porter.session(&hash, clinic);
    let (key, session) = found.ok_or(Some(Failure::Unknown))?;
    Ok((key, Some(session)))
}
