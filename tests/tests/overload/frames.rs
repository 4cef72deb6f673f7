//! HTTP/2 as bytes, for what no client would send: RFC 9113, section 6.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything here may take.
pub(crate) const LONG: Duration = Duration::from_mins(2);

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// The largest frame that everybody takes.
pub(crate) const FRAME_BYTES: usize = 16_384;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Header fields as they are written without a table: RFC 7541, section 6.2.2.
pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            let length = u8::try_from(text.len()).expect("a test's header is short");
            assert!(length < 127, "{text}");
            block.push(length);
            block.extend(text.as_bytes());
        }
    }
    block
}

/// The headers of a call with a key.
pub(crate) fn call(method: &str, key: &str) -> Vec<u8> {
    fields(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", &format!("/treadwell.v1.{method}")),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("authorization", &format!("Bearer {key}")),
    ])
}

/// A connection that has said how it begins, and answers nothing by itself.
pub(crate) async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let mut tcp = TcpStream::connect(address).await?;
    tcp.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
    tcp.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    Ok(tcp)
}

/// What the server said until it closed: how many frames of each kind, and the code of the GOAWAY if there was one.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) kinds: BTreeMap<u8, usize>,
    pub(crate) code: Option<u32>,
}

/// Listens until the server closes.
pub(crate) async fn heard(tcp: &mut (impl AsyncRead + Unpin)) -> Result<Heard> {
    let mut bytes = Vec::new();
    // A reset is a close, too.
    let _ = timeout(LONG, tcp.read_to_end(&mut bytes))
        .await
        .context("it is not closed")?;
    parse(&bytes)
}

/// Listens until a call is answered, or the server closes.
pub(crate) async fn answered(tcp: &mut (impl AsyncRead + Unpin)) -> Result<Heard> {
    let (mut bytes, mut some) = (Vec::new(), [0; 4096]);
    loop {
        let read = timeout(LONG, tcp.read(&mut some)).await??;
        bytes.extend(&some[..read]);
        let heard = parse(&bytes)?;
        if read == 0 || heard.kinds.contains_key(&HEADERS) {
            return Ok(heard);
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Heard> {
    let mut heard = Heard::default();
    let mut rest = bytes;
    while let Some((head, tail)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let Some((payload, after)) = tail.split_at_checked(usize::try_from(length)?) else {
            break;
        };
        *heard.kinds.entry(head[3]).or_default() += 1;
        if head[3] == GOAWAY
            && let Some(code) = payload.get(4..8)
        {
            heard.code = Some(u32::from_be_bytes(code.try_into()?));
        }
        rest = after;
    }
    Ok(heard)
}
