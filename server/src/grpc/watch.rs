//! The watch service.
//!
//! It is written by hand where the others are generated, because its answers are encoded already when
//! they come here: what a commit looks like is encoded once and shared by all who watch.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use prost::Message as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic::codegen::{Body, StdError};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status};
use tonic_prost::{ProstCodec, ProstDecoder};
use treadwell_api::v1;

use super::{call, status};
use crate::access::{AtWork, Caller};
use crate::engine::{Engine, EngineError, HistoryError};
use crate::watch::cursor::{Begin, Cursor, Next};
use crate::watch::filter::{Filter, ViewClass};
use crate::watch::snapshot::Snapshots;

/// How the watch service runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many watches may be open at once.
    pub(crate) watches: usize,
    /// How long nothing is sent before a checkpoint is.
    pub(crate) idle: Duration,
    /// The largest request, in bytes.
    pub(crate) message_bytes: usize,
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    options: Options,
    open: Arc<Semaphore>,
    snapshots: Snapshots,
    stopping: watch::Receiver<bool>,
    history: String,
}

impl Service {
    /// The service on this engine, whose revisions are of `history`; its watches end when `stopping` turns true.
    pub(crate) fn new(
        engine: Engine,
        options: Options,
        history: String,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                engine,
                options,
                open: Arc::new(Semaphore::new(options.watches)),
                snapshots: Snapshots::default(),
                stopping,
                history,
            }),
        }
    }

    /// How many watches are open.
    pub(crate) fn open(&self) -> usize {
        self.shared.options.watches - self.shared.open.available_permits()
    }

    fn begin(&self, request: Request<v1::WatchRequest>) -> Result<Stream, Status> {
        let shared = &self.shared;
        let (caller, asked) = call::open(request)?;
        let Ok(permit) = Arc::clone(&shared.open).try_acquire_owned() else {
            return Err(status::engine(&EngineError::Overloaded, &caller));
        };
        let filter = filter(&caller, &asked)?;
        let published = shared.engine.snapshot();
        let begin = match asked.after_revision {
            None => {
                let class = ViewClass::of(&caller.view);
                Begin::Snapshot(shared.snapshots.take(&published, class))
            }
            Some(after) => {
                let oldest = shared.engine.history().oldest();
                let is_ours = asked.history.is_empty() || asked.history == shared.history;
                if !is_ours || after < oldest || published.revision < after {
                    return Err(status::revision_out_of_range(oldest, published.revision));
                }
                Begin::After(after)
            }
        };
        let cursor = Cursor::new(
            shared.engine.clone(),
            caller.entrance.pass(caller.actor.key),
            filter,
            begin,
            shared.stopping.clone(),
            shared.options.idle,
        );
        Ok(stream(Watch {
            cursor,
            _at_work: caller.entrance.at_work(caller.noted.origin()),
            caller,
            engine: shared.engine.clone(),
            _permit: permit,
        }))
    }
}

/// What the caller is given, if the request is right.
fn filter(caller: &Caller, asked: &v1::WatchRequest) -> Result<Filter, Status> {
    let (sites, kinds) = call::read(|f| {
        let sites = call::read_sites(&asked.site_ids, f);
        let mut kinds = Vec::with_capacity(f.count("kinds", asked.kinds.len(), 0..=KINDS)?);
        let unknown = asked
            .kinds
            .iter()
            .any(|&kind| match v1::ResourceKind::try_from(kind) {
                Ok(v1::ResourceKind::Unspecified) | Err(_) => true,
                Ok(kind) => {
                    kinds.push(kind);
                    false
                }
            });
        if unknown {
            return f.wrong("kinds", "kinds of resources that can be watched");
        }
        kinds.sort_unstable();
        kinds.dedup();
        Some((sites?, kinds))
    })?;
    for &site in &sites {
        call::reach(caller, site)?;
    }
    Ok(Filter::new(&caller.view, &sites, kinds))
}

/// The most kinds that one request names: more than there are.
const KINDS: usize = 32;

/// An open watch.
struct Watch {
    cursor: Cursor,
    caller: Caller,
    engine: Engine,
    _at_work: AtWork,
    _permit: OwnedSemaphorePermit,
}

type Stream = BoxStream<'static, Result<Bytes, Status>>;

fn stream(watch: Watch) -> Stream {
    stream::unfold(Some(watch), |watch| async {
        let mut watch = watch?;
        let next = tokio::select! {
            biased;
            () = watch.caller.entrance.over() => Next::KeyGone,
            next = watch.cursor.next() => next,
        };
        let ended = match next {
            Next::Message(bytes) => return Some((Ok(bytes), Some(watch))),
            Next::KeyGone => status::no_key(),
            Next::Lost(HistoryError::Gone { oldest }) => {
                let newest = watch.engine.snapshot().revision;
                status::revision_out_of_range(oldest, newest)
            }
            Next::Lost(error @ HistoryError::Unreadable(_)) => watch.unavailable(error.to_string()),
            Next::Stopping => {
                watch.unavailable("it is shutting down; go on after the last revision".to_owned())
            }
        };
        Some((Err(ended), None))
    })
    .boxed()
}

impl Watch {
    fn unavailable(&self, why: String) -> Status {
        status::engine(&EngineError::Stopped(why), &self.caller)
    }
}

impl ServerStreamingService<v1::WatchRequest> for Service {
    type Response = Bytes;
    type ResponseStream = Stream;
    type Future = std::future::Ready<Result<Response<Stream>, Status>>;

    fn call(&mut self, request: Request<v1::WatchRequest>) -> Self::Future {
        std::future::ready(self.begin(request).map(Response::new))
    }
}

impl NamedService for Service {
    const NAME: &'static str = "treadwell.v1.WatchService";
}

impl<B> tower::Service<http::Request<B>> for Service
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            if request.uri().path() != "/treadwell.v1.WatchService/Watch" {
                return Ok(status::no_such_method().into_http());
            }
            let limit = service.shared.options.message_bytes;
            let codec = Encoded::with(&service.shared.history);
            let mut grpc = Grpc::new(codec).max_decoding_message_size(limit);
            Ok(grpc.server_streaming(service, request).await)
        })
    }
}

/// Reads requests, and sends answers that are bytes already, each with the history that it is of.
#[derive(Clone)]
struct Encoded {
    history: Bytes,
}

impl Encoded {
    /// A message that goes on with another one's fields is both in one.
    fn with(history: &str) -> Self {
        let history = v1::WatchResponse {
            history: history.to_owned(),
            ..v1::WatchResponse::default()
        };
        Self {
            history: history.encode_to_vec().into(),
        }
    }
}

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = v1::WatchRequest;
    type Encoder = Self;
    type Decoder = ProstDecoder<v1::WatchRequest>;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<v1::WatchResponse, _>::raw_decoder(BufferSettings::default())
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        buffer.put(self.history.clone());
        Ok(())
    }
}
