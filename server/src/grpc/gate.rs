//! How many calls are at work at once: so many that the machine is busy, and no more, so that whoever is let in is answered soon
//! however many want to be. The others are refused at once and may come again.
//!
//! It stands behind the guard, so that only calls with a good key are counted, and before everything that costs something. It hears of each as soon
//! as its headers have been read ([`super::serving`]). Reads and changes are counted apart: changes wait for the disk, and a slow one must not keep
//! anybody from looking. A connection has a share, so that one program does not shut out the others. A call is at work until its answer has been
//! taken; whoever does not take it for too long loses the connection, because answers are kept in memory until then.
//!
//! What it deliberately is not: a queue, or a limit by time. A number bounds what waits in proportion to how fast the machine works, on a slow one
//! as on a fast one. Watches have a bound of their own ([`super::watch`]), and those who look after the server are always heard.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, timeout};
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use super::busy::Busy;
use super::places::{Holder, Places};
use super::status;
use crate::access::table::{Grant, method};
use crate::lock::locked;

mod early;
#[cfg(test)]
mod tests;

pub(super) use early::Early;

/// Reads take turns while many calls are at work: so many are worked on before connections, and the writer, have theirs. The others wait here, and
/// not in the runtime's own queue, where everybody would wait behind them.
const TURNS: usize = 8;

/// A connection may have this part of all calls of a kind at work.
const SHARE: usize = 2;

/// Whoever has taken nothing of an answer for so long does not get it.
const UNTAKEN: Duration = Duration::from_mins(1);

/// A message of a refused call may come so late.
const LATE: Duration = Duration::from_secs(1);

/// Answers that nobody takes are looked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Calls by which the server is looked after: they come through however busy it is. There are few who may make them.
const UPKEEP: &str = "/treadwell.v1.OperationsService/";

/// A stream that goes on for as long as its client likes, with a bound of its own.
const WATCH: &str = "/treadwell.v1.WatchService/Watch";

/// Puts the gate before a service. Cloning it is cheap.
#[derive(Clone)]
pub(super) struct Gate(Arc<Shared>);

struct Shared {
    limit: usize,
    places: Places,
    at_work: Mutex<AtWork>,
    turns: Semaphore,
    busy: Busy,
    begun: Instant,
}

/// The calls at work.
#[derive(Default)]
struct AtWork {
    next: u64,
    count: [usize; 2],
    of: HashMap<(SocketAddr, Kind), usize>,
    calls: HashMap<u64, Arc<Call>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Read = 0,
    Change = 1,
}

impl Kind {
    /// What a call counts as, if it is counted.
    fn of(path: &str) -> Option<Self> {
        if path == WATCH || path.starts_with(UPKEEP) {
            return None;
        }
        match method(path) {
            Some(it) if it.grant == Grant::Public => None,
            Some(it) if it.changes => Some(Self::Change),
            _ => Some(Self::Read),
        }
    }

    /// So many of the kind may be at work with this limit. Fewer changes than reads keep the machine as busy, for they share a sync; more of them
    /// only wait for it, and leave it less to refuse the others with.
    const fn most(self, limit: usize) -> usize {
        match self {
            Self::Read => limit,
            Self::Change => limit.div_ceil(2),
        }
    }
}

/// A call at work.
struct Call {
    kind: Kind,
    peer: Option<SocketAddr>,
    holder: Option<Arc<Holder>>,
    /// Since when the client could take some more of the answer, in milliseconds since the server began; 0 while the server works on it.
    waits_since: AtomicU64,
}

impl AtWork {
    /// Whether a call may join them with this limit.
    fn has_room(&self, limit: usize, kind: Kind, peer: Option<SocketAddr>) -> bool {
        let of = peer.and_then(|peer| self.of.get(&(peer, kind)));
        let most = kind.most(limit);
        self.count[kind as usize] < most && of.copied().unwrap_or(0) < most.div_ceil(SHARE)
    }
}

impl Gate {
    /// So many reads may be at work, and half as many changes.
    pub(super) fn new(limit: usize, places: Places) -> Self {
        Self(Arc::new(Shared {
            limit,
            places,
            at_work: Mutex::default(),
            turns: Semaphore::new(TURNS),
            busy: Busy::default(),
            begun: Instant::now(),
        }))
    }

    /// Whether many calls are at work, now and later on.
    pub(super) fn busy(&self) -> Busy {
        self.0.busy.clone()
    }

    /// Closes connections that do not take their answers, for as long as it is polled.
    pub(super) async fn keep_watch(self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            self.0.give_up_untaken(UNTAKEN);
        }
    }
}

impl Shared {
    fn now(&self) -> u64 {
        let since = self.begun.elapsed().as_millis();
        u64::try_from(since).unwrap_or(u64::MAX).max(1)
    }

    /// Lets a call in, unless there are as many as may be.
    fn enter(self: &Arc<Self>, kind: Kind, peer: Option<SocketAddr>) -> Option<Hold> {
        let holder = peer.and_then(|peer| self.places.holder(peer));
        if let Some(holder) = &holder {
            holder.knows_a_key();
        }
        let mut at_work = locked(&self.at_work);
        if !at_work.has_room(self.limit, kind, peer) {
            return None;
        }
        if let Some(peer) = peer {
            *at_work.of.entry((peer, kind)).or_default() += 1;
        }
        at_work.count[kind as usize] += 1;
        self.busy.begins();
        at_work.next += 1;
        let number = at_work.next;
        if let Some(holder) = &holder {
            holder.begins();
        }
        let call = Arc::new(Call {
            kind,
            peer,
            holder,
            waits_since: AtomicU64::new(0),
        });
        at_work.calls.insert(number, Arc::clone(&call));
        Some(Hold {
            shared: Arc::clone(self),
            number,
            call,
        })
    }

    fn leave(&self, number: u64) {
        let mut at_work = locked(&self.at_work);
        let Some(call) = at_work.calls.remove(&number) else {
            return;
        };
        at_work.count[call.kind as usize] -= 1;
        self.busy.ends();
        let of = call.peer.map(|peer| (peer, call.kind));
        if let Some(of) = of
            && let Some(count) = at_work.of.get_mut(&of)
        {
            *count -= 1;
            if *count == 0 {
                at_work.of.remove(&of);
            }
        }
        drop(at_work);
        if let Some(holder) = &call.holder {
            holder.ends();
        }
    }

    fn give_up_untaken(&self, patience: Duration) {
        let now = self.now();
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        for call in locked(&self.at_work).calls.values() {
            let since = call.waits_since.load(Ordering::Relaxed);
            if since != 0
                && now.saturating_sub(since) > patience
                && let Some(holder) = &call.holder
            {
                holder.give_up();
            }
        }
    }
}

/// A call's place among those at work; it leaves when this is dropped.
pub(super) struct Hold {
    shared: Arc<Shared>,
    number: u64,
    call: Arc<Call>,
}

impl Hold {
    /// There is something for the client to take, or nothing yet.
    fn waits_for_the_client(&self, waits: bool) {
        let since = if waits { self.shared.now() } else { 0 };
        self.call.waits_since.store(since, Ordering::Relaxed);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.leave(self.number);
    }
}

/// A watch, for as long as it is open: its connection is not idle.
struct Open(Arc<Holder>);

impl Open {
    fn of(holder: Arc<Holder>) -> Self {
        holder.knows_a_key();
        holder.begins();
        Self(holder)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ends();
    }
}

/// What lasts as long as an answer does.
enum Lasts {
    Hold(Hold),
    Open { _open: Option<Open> },
}

/// An answer, and what lasts until it has been taken.
pub(super) struct Held<B> {
    body: B,
    lasts: Option<Lasts>,
}

impl<B: Default> Default for Held<B> {
    fn default() -> Self {
        Self {
            body: B::default(),
            lasts: None,
        }
    }
}

impl<B: Body + Unpin> Body for Held<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        match (&polled, &this.lasts) {
            (Poll::Ready(None), _) => this.lasts = None,
            (more, Some(Lasts::Hold(hold))) => hold.waits_for_the_client(more.is_ready()),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Works on a read when it is its turn. A turn is over when all others had theirs, if there are more than a few; a read that waits for something by
/// then goes on without.
async fn in_turn<F: Future>(shared: &Shared, read: F) -> F::Output {
    let turn = shared.turns.acquire().await;
    let mut read = pin!(read);
    let first = futures::poll!(read.as_mut());
    if shared.busy.is_busy() {
        tokio::task::yield_now().await;
    }
    drop(turn);
    match first {
        Poll::Ready(answer) => answer,
        Poll::Pending => read.await,
    }
}

/// Refuses a call when its message has come, which nearly always is at once. The transport takes a message that comes after the answer for
/// an error of the client's, and closes the connection after a thousand.
async fn refuse<B: Body + Unpin, R: Default>(mut body: B) -> Response<R> {
    /// Made once: it is given most when there is the least time.
    static NO: LazyLock<HeaderMap> =
        LazyLock::new(|| status::too_busy().into_http::<()>().into_parts().0.headers);
    let taking = async { while let Some(Ok(_)) = body.frame().await {} };
    let _late = timeout(LATE, taking).await;
    let mut no = Response::new(R::default());
    no.headers_mut().clone_from(&NO);
    no
}

/// The connection that a call came by.
fn peer<B>(request: &Request<B>) -> Option<SocketAddr> {
    let connection = request.extensions().get::<TcpConnectInfo>();
    connection.and_then(TcpConnectInfo::remote_addr)
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated {
            gate: self.clone(),
            inner,
        }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(super) struct Gated<S> {
    gate: Gate,
    inner: S,
}

type Answered<R, E> = Result<Response<Held<R>>, E>;

impl<S, B, R> Service<Request<B>> for Gated<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: Body + Unpin + Send + 'static,
    B::Data: Send,
    S::Error: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<Held<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Answered<R, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = &self.gate.0;
        let peer = peer(&request);
        let path = request.uri().path();
        let lasts = match Kind::of(path) {
            Some(kind) => match shared.enter(kind, peer) {
                Some(hold) => Lasts::Hold(hold),
                None => return Box::pin(refuse(request.into_body()).map(Ok)),
            },
            None if method(path).is_some_and(|it| it.grant == Grant::Public) => {
                Lasts::Open { _open: None }
            }
            None => {
                let holder = peer.and_then(|peer| shared.places.holder(peer));
                Lasts::Open {
                    _open: holder.map(Open::of),
                }
            }
        };
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = match &lasts {
                Lasts::Hold(hold) if hold.call.kind == Kind::Read => {
                    in_turn(&hold.shared, answered).await?
                }
                _ => answered.await?,
            };
            if let Lasts::Hold(hold) = &lasts {
                hold.waits_for_the_client(true);
            }
            Ok(response.map(|body| Held {
                body,
                lasts: Some(lasts),
            }))
        })
    }
}
