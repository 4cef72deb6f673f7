//! Clients that send far too much: it is refused before it takes memory, and nobody else notices.

use std::{iter, net::SocketAddr};

use anyhow::{Result, ensure};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};
use tonic::Code;
use treadwell_tests::{
    process::{Folder, Options, ServerProcess, grown_mib, memory_mib},
    wire::{Wire, as_documented},
};

use crate::{
    clients::{Desk, What},
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, FRAME_BYTES, GOAWAY, HEADERS, Heard, LONG,
        RST_STREAM, answered, call, connect, fields, frame, heard,
    },
    table,
};

/// The most that any of it may make the server grow. Its own work has some part in it.
const GROWTH_MIB: u64 = 32;

struct Clinic {
    folder: Folder,
    server: ServerProcess,
    desk: Desk,
    before: u64,
}

impl Clinic {
    async fn open() -> Result<Self> {
        let folder = Folder::sample(None)?;
        let server = ServerProcess::start(&folder, &Options::default()).await?;
        let desk = Desk::open(&server.url(), &folder.owner_key, 1).await?;
        for number in 0..200 {
            desk.clone().call(What::Board, number).await?;
        }
        Ok(Self {
            before: memory_mib(server.id())?.1,
            folder,
            server,
            desk,
        })
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Says what came of it, when others are still answered and the server has not grown.
    async fn report(self, what: &str, figure: &str) -> Result<()> {
        self.desk.clone().call(What::Board, 0).await?;
        self.desk.clone().call(What::Change, 0).await?;
        let grown = grown_mib(self.server.id(), self.before)?;
        let log = std::fs::read_to_string(self.folder.log())?;
        ensure!(!log.contains("panicked"), "{log}");
        table::row(
            what,
            format!("{figure}; the server grew by {grown} MiB"),
            format!("at most {GROWTH_MIB} MiB, others answered"),
            grown <= GROWTH_MIB,
        );
        Ok(())
    }
}

/// Sends as much of it as the server takes, says nothing more, and hears what it said meanwhile.
async fn sends(tcp: TcpStream, words: impl Iterator<Item = Vec<u8>>) -> Result<(usize, Heard)> {
    let (mut read, mut write) = tcp.into_split();
    let listening = tokio::spawn(async move { heard(&mut read).await });
    let mut sent = 0;
    for some in words {
        let written = timeout(LONG, write.write_all(&some)).await;
        if !written.is_ok_and(|done| done.is_ok()) {
            break;
        }
        sent += some.len();
    }
    // It may be closed already.
    let _ = write.shutdown().await;
    Ok((sent, listening.await??))
}

/// A hundred thousand headers of some bytes each, in as many frames as they need, and no end of them.
fn endless_headers(key: &str) -> impl Iterator<Item = Vec<u8>> {
    let mut block = call("FloorService/GetBoard", key);
    for number in 0..100_000 {
        block.extend(fields(&[(&format!("x-{number}"), "y")]));
    }
    let parts: Vec<Vec<u8>> = block.chunks(FRAME_BYTES).map(<[u8]>::to_vec).collect();
    let last = parts.len() - 1;
    parts.into_iter().enumerate().map(move |(at, part)| {
        let kind = if at == 0 { HEADERS } else { CONTINUATION };
        frame(kind, if at == last { END_HEADERS } else { 0 }, 1, &part)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_headers_are_refused() -> Result<()> {
    let clinic = Clinic::open().await?;
    let words = endless_headers(&clinic.folder.owner_key);
    let (sent, heard) = sends(connect(clinic.address()).await?, words).await?;
    ensure!(
        heard.kinds.contains_key(&GOAWAY) || heard.kinds.contains_key(&HEADERS),
        "{heard:?}"
    );
    ensure!(
        !heard.kinds.contains_key(&DATA),
        "it is not answered: {heard:?}"
    );
    let how = match heard.code {
        Some(code) => format!("the connection is closed with code {code}"),
        None => "the call is refused".to_owned(),
    };
    clinic
        .report(
            "100,000 headers",
            &format!("{how} after {} KiB", sent >> 10),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_giant_message_is_refused_before_it_has_come() -> Result<()> {
    let clinic = Clinic::open().await?;
    let headers = call("FloorService/GetBoard", &clinic.folder.owner_key);
    let mut first = frame(HEADERS, END_HEADERS, 1, &headers);
    // It says that it will be 4 GiB, and begins with it.
    first.extend(frame(DATA, 0, 1, &[0, 0xff, 0xff, 0xff, 0xff]));
    let some = frame(DATA, 0, 1, &vec![0; FRAME_BYTES]);
    let mut polite = connect(clinic.address()).await?;
    polite.write_all(&first).await?;
    polite.write_all(&some.repeat(3)).await?;
    let heard = answered(&mut polite).await?;
    ensure!(
        heard.kinds.contains_key(&HEADERS) && !heard.kinds.contains_key(&DATA),
        "it is refused in words: {heard:?}"
    );
    // Another one goes on for 256 MiB, whatever it is told.
    let words = iter::once(first).chain(iter::repeat_n(some, 16_384));
    let (sent, _) = sends(connect(clinic.address()).await?, words).await?;
    ensure!(sent < 64 << 20, "the connection is closed: {sent}");
    let figure = format!(
        "refused in words; of one that goes on {} KiB were taken",
        sent >> 10
    );
    clinic
        .report("a message that says it has 4 GiB", &figure)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_message_is_refused() -> Result<()> {
    let clinic = Clinic::open().await?;
    let wire = Wire::open(&clinic.server, clinic.folder.owner_key.as_str()).await?;
    // Groups in groups, half a million deep, of a field that no message has.
    let deep = vec![0x7b; 500_000];
    // And a field that is a message, in itself, as deep as the length of a request lets it be.
    let mut nested = Vec::new();
    while nested.len() < 30_000 {
        let mut outer = vec![0x0a];
        let mut length = nested.len();
        while length >= 0x80 {
            outer.push(u8::try_from(length & 0x7f)? | 0x80);
            length >>= 7;
        }
        outer.push(u8::try_from(length)?);
        outer.append(&mut nested);
        nested = outer;
    }
    let mut said_no = 0;
    for method in [
        "FloorService/GetBoard",
        "AppointmentService/BookAppointment",
        "CatalogService/PutService",
    ] {
        for body in [&deep, &nested] {
            let answer = wire.bytes(method, body.clone()).await;
            let no = answer.expect_err("it is refused");
            as_documented(&no);
            ensure!(no.code == Code::InvalidArgument, "{no:?}");
            said_no += 1;
        }
    }
    clinic
        .report(
            "messages 500,000 and some thousand levels deep",
            &format!("{said_no} of 6 refused in words"),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_taken_back_at_once_are_not_worked_on_without_end() -> Result<()> {
    let clinic = Clinic::open().await?;
    let headers = call("FloorService/GetBoard", &clinic.folder.owner_key);
    let words = (0..20_000).map(move |number| {
        let stream = 2 * number + 1;
        let mut both = frame(HEADERS, END_HEADERS | END_STREAM, stream, &headers);
        both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        both
    });
    let (sent, heard) = sends(connect(clinic.address()).await?, words).await?;
    ensure!(heard.code.is_some(), "it is told to stop: {heard:?}");
    clinic
        .report(
            "20,000 calls taken back at once",
            &format!("the connection is closed after {} KiB", sent >> 10),
        )
        .await
}
