//! Calls as they go over the wire: any method by its name, answers as bytes, refusals with all their details.
//!
//! [`treadwell_client`] gives programs what they need; this gives tests what they have to see: that a needle is nowhere in
//! an answer, how large the details of a refusal are, that a refusal is what `errors.proto` says of its reason.

use std::{collections::BTreeMap, fmt::Debug, fs, sync::LazyLock};

use anyhow::{Context, Result};
use futures::{StreamExt as _, future, stream};
use prost::{
    Message,
    bytes::{Buf, BufMut, Bytes},
};
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::{
    Code, Request, Response, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};
use tonic_types::{StatusExt as _, pb};
use treadwell_api::v1::{BookingRefusal, Reason, WatchRequest, WatchResponse};

use crate::{process::ServerProcess, root};

/// Message and details together stay within this many bytes of details: clients reject larger trailers.
pub const DETAILS_LIMIT: usize = 4096;

/// A connection with a key, or without one.
#[derive(Clone, Debug)]
pub struct Wire {
    channel: Channel,
    key: Option<String>,
}

impl Wire {
    /// A connection of its own to a server.
    pub async fn open(server: &ServerProcess, key: impl Into<Option<&str>>) -> Result<Self> {
        Ok(Self {
            channel: server.connect().await?,
            key: key.into().map(str::to_owned),
        })
    }

    /// Calls over a connection that is there.
    pub fn over(channel: Channel, key: &str) -> Self {
        Self {
            channel,
            key: Some(key.to_owned()),
        }
    }

    /// The same connection with another key.
    #[must_use]
    pub fn with_key(&self, key: Option<&str>) -> Self {
        Self {
            channel: self.channel.clone(),
            key: key.map(str::to_owned),
        }
    }

    /// Calls a method such as `FloorService/GetBoard`.
    pub async fn ask<A: Message, B: Message + Default>(
        &self,
        method: &str,
        message: &A,
    ) -> Result<B, No> {
        let bytes = self.bytes(method, message.encode_to_vec()).await?;
        Ok(B::decode(bytes).expect("the server's answers decode"))
    }

    /// Calls a method with any bytes as its message.
    pub async fn bytes(&self, method: &str, body: Vec<u8>) -> Result<Bytes, No> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| No::unreachable(&error))?;
        let answer = grpc.unary(self.request(body), path(method), Raw).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| No::new(&status))
    }

    /// Opens a watch.
    pub async fn watch(&self, request: &WatchRequest) -> Result<Watching, No> {
        self.stream("WatchService/Watch", request.encode_to_vec())
            .await
    }

    /// Opens a stream of answers with any bytes as its message.
    pub async fn stream(&self, method: &str, body: Vec<u8>) -> Result<Watching, No> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| No::unreachable(&error))?;
        let answer = grpc
            .server_streaming(self.request(body), path(method), Raw)
            .await;
        answer
            .map(|answer| Watching(answer.into_inner()))
            .map_err(|status| No::new(&status))
    }

    /// Begins a call whose message comes later.
    pub async fn begin(&self, method: &str) -> Result<Begun, No> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| No::unreachable(&error))?;
        let (message, comes) = oneshot::channel();
        let body = stream::once(comes).filter_map(|body| future::ready(body.ok()));
        let (request, path) = (self.request(body), path(method));
        let answer = async move { grpc.client_streaming(request, path, Raw).await };
        Ok(Begun {
            message,
            answer: tokio::spawn(answer),
        })
    }

    fn request<T>(&self, body: T) -> Request<T> {
        let mut request = Request::new(body);
        if let Some(key) = &self.key {
            let value = format!("Bearer {key}").parse();
            let value = value.expect("a test's key is ASCII");
            request.metadata_mut().insert("authorization", value);
        }
        request
    }
}

/// A call of which only the headers were sent.
#[derive(Debug)]
pub struct Begun {
    message: oneshot::Sender<Vec<u8>>,
    answer: JoinHandle<Result<Response<Bytes>, Status>>,
}

impl Begun {
    /// Sends its message.
    ///
    /// # Panics
    ///
    /// When the call panics.
    pub async fn send(self, body: Vec<u8>) -> Result<Bytes, No> {
        // Whoever was refused already does not wait for it.
        drop(self.message.send(body));
        let answer = self.answer.await.expect("a call does not panic");
        answer
            .map(Response::into_inner)
            .map_err(|status| No::new(&status))
    }
}

fn path(method: &str) -> PathAndQuery {
    let path = if method.starts_with('/') {
        method.to_owned()
    } else {
        format!("/treadwell.v1.{method}")
    };
    path.parse().expect("a method's name makes a path")
}

/// An open watch.
#[derive(Debug)]
pub struct Watching(Streaming<Bytes>);

impl Watching {
    /// The next message, as bytes too; none when the server has ended the stream in order.
    pub async fn next(&mut self) -> Result<Option<(Bytes, WatchResponse)>, No> {
        let next = self.bytes().await?;
        Ok(next.map(|bytes| {
            let message = WatchResponse::decode(bytes.clone());
            (bytes, message.expect("the server's messages decode"))
        }))
    }

    /// The next message of any stream; none when the server has ended it in order.
    pub async fn bytes(&mut self) -> Result<Option<Bytes>, No> {
        self.0.message().await.map_err(|status| No::new(&status))
    }

    /// The next message of a watch that goes on.
    pub async fn message(&mut self) -> Result<WatchResponse, No> {
        let next = self.next().await?;
        Ok(next.expect("the watch goes on").1)
    }
}

/// A refusal with everything in it.
#[derive(Clone, Debug)]
pub struct No {
    /// The gRPC code.
    pub code: Code,
    /// The text for people.
    pub message: String,
    /// The reason's name, if there is an `ErrorInfo` of this API.
    pub reason: Option<String>,
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
    /// The paths of wrong fields.
    pub fields: Vec<String>,
    /// The rules that say no.
    pub rules: Vec<String>,
    /// What a refused booking says besides.
    pub booking: Option<BookingRefusal>,
    /// The details as they came.
    pub details: Vec<u8>,
    /// It was made here: no answer came.
    pub local: bool,
}

impl No {
    fn unreachable(error: &impl Debug) -> Self {
        let mut no = Self::new(&Status::unavailable(format!("{error:?}")));
        no.local = true;
        no
    }

    fn new(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details
            .error_info()
            .filter(|info| info.domain == "treadwell.v1");
        let bad = details
            .bad_request()
            .map(|bad| bad.field_violations.clone());
        let rules = details
            .precondition_failure()
            .map(|failure| failure.violations.clone());
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            reason: info.map(|info| info.reason.clone()),
            metadata: info
                .into_iter()
                .flat_map(|info| info.metadata.clone())
                .collect(),
            fields: bad.into_iter().flatten().map(|it| it.field).collect(),
            rules: rules.into_iter().flatten().map(|it| it.r#type).collect(),
            booking: booking(status.details()),
            details: status.details().to_vec(),
            local: std::error::Error::source(status).is_some(),
        }
    }

    /// Everything that the caller is told, as text to look for needles in.
    pub fn everything(&self) -> String {
        format!("{self:?} {}", String::from_utf8_lossy(&self.details))
    }
}

fn booking(details: &[u8]) -> Option<BookingRefusal> {
    let status = pb::Status::decode(details).ok()?;
    let detail = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("/treadwell.v1.BookingRefusal"))?;
    BookingRefusal::decode(detail.value.as_slice()).ok()
}

/// Asserts that a call was refused for this reason, and as `errors.proto` documents it: with its code, with the metadata
/// that it promises and no other, within the limit of size.
///
/// # Panics
///
/// When anything of that is otherwise.
pub fn refused<T: Debug>(answer: Result<T, No>, reason: Reason) -> No {
    let no = answer.expect_err("it is refused");
    let declared = no
        .reason
        .as_ref()
        .and_then(|name| Reason::from_str_name(&format!("REASON_{name}")));
    assert_eq!(declared, Some(reason), "{no:?}");
    as_documented(&no);
    no
}

/// Asserts that a refusal is as `errors.proto` documents its reason.
///
/// # Panics
///
/// When it has no declared reason, another code, other metadata, or is too large.
pub fn as_documented(no: &No) {
    let name = no
        .reason
        .as_ref()
        .unwrap_or_else(|| panic!("every refusal has a declared reason: {no:?}"));
    let documented = DOCUMENTED
        .get(name)
        .unwrap_or_else(|| panic!("{name} is not in errors.proto: {no:?}"));
    assert_eq!(format!("{:?}", no.code), documented.code, "{no:?}");
    for (given, value) in &no.metadata {
        // A refused series has it whatever the reason: the number of one of those that it names.
        let subject = format!("number/{value}");
        let mut texts = no.details.windows(subject.len());
        if given == "number" && texts.any(|text| text == subject.as_bytes()) {
            continue;
        }
        assert!(
            documented.metadata.contains(given),
            "errors.proto does not promise {given} of {name}: {no:?}"
        );
    }
    for promised in &documented.metadata {
        let optional = documented.optional.contains(promised);
        assert!(
            optional || no.metadata.contains_key(promised),
            "errors.proto promises {promised} of {name}: {no:?}"
        );
    }
    assert!(!no.message.is_empty(), "{no:?}");
    let size = no.message.len() + no.details.len().div_ceil(3) * 4;
    assert!(size <= DETAILS_LIMIT, "{size} bytes: {no:?}");
}

/// What `errors.proto` says of a reason.
#[derive(Debug)]
struct Documented {
    /// The code as `tonic` writes it.
    code: String,
    metadata: Vec<String>,
    /// Of the metadata, what is there only where it applies: written as `clash?`.
    optional: Vec<String>,
}

static DOCUMENTED: LazyLock<BTreeMap<String, Documented>> =
    LazyLock::new(|| documented().expect("errors.proto is as it is written"));

fn documented() -> Result<BTreeMap<String, Documented>> {
    let text = fs::read_to_string(root().join("proto/treadwell/v1/errors.proto"))?;
    let mut reasons = BTreeMap::new();
    let mut comment = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("//") {
            comment.push_str(words);
        } else if let Some(rest) = line.strip_prefix("REASON_") {
            let name = rest.split(' ').next().context("a value has a name")?;
            reasons.insert(name.to_owned(), read_comment(&comment));
            comment.clear();
        } else {
            comment.clear();
        }
    }
    Ok(reasons)
}

fn read_comment(comment: &str) -> Documented {
    let code = comment.split(':').next().unwrap_or_default();
    let listed = comment.split("Metadata: ").nth(1).unwrap_or_default();
    let listed = listed.split('.').next().unwrap_or_default();
    let mut documented = Documented {
        code: camel(code.trim()),
        metadata: Vec::new(),
        optional: Vec::new(),
    };
    for item in listed.split([',', ';']).flat_map(|part| part.split(" or ")) {
        // "clash (where the caller sees it)": what is in brackets says when it is there.
        let mut words = item.trim().splitn(2, ' ');
        let Some(name) = words.next().filter(|name| !name.is_empty()) else {
            continue;
        };
        documented.metadata.push(name.to_owned());
        if words.next().is_some() || listed.contains(" or ") {
            documented.optional.push(name.to_owned());
        }
    }
    documented
}

fn camel(code: &str) -> String {
    let word = |word: &str| {
        let lower = word.to_lowercase();
        let mut letters = lower.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    code.split('_').map(word).collect()
}

/// Bytes in, bytes out.
#[derive(Clone, Copy, Debug)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item.as_slice());
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
