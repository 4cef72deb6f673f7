//! Today's client at a server of an earlier release: its recorded answers, given again over a socket.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use prost::{Message, bytes::Bytes};
use tokio::net::{TcpListener, TcpStream};
use treadwell_api::v1;
use treadwell_client::{Client, Event, Options, WatchOptions};
use treadwell_tests::frozen::{self, Call, Told};

/// Serves the recorded calls: the same request gets the same answer.
async fn replay(calls: Vec<Call>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(connection(socket, calls.clone()));
        }
    });
    Ok(address)
}

async fn connection(socket: TcpStream, calls: Vec<Call>) -> Result<()> {
    let mut connection = h2::server::handshake(socket).await?;
    while let Some(next) = connection.accept().await {
        let (request, respond) = next?;
        tokio::spawn(answer(request, respond, calls.clone()));
    }
    Ok(())
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    calls: Vec<Call>,
) -> Result<()> {
    let (head, mut body) = request.into_parts();
    let mut sent = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        sent.extend_from_slice(&piece);
    }
    let method = head.uri.path().trim_start_matches("/treadwell.v1.");
    let message = sent.get(5..).context("a message and what is before it")?;
    let call = calls
        .iter()
        .find(|call| call.method == method && call.request == message);
    let response = Response::builder().header("content-type", "application/grpc");
    let mut stream = respond.send_response(response.body(())?, false)?;
    let mut trailers = HeaderMap::new();
    if let Some(call) = call {
        for answer in &call.answers {
            let len = u32::try_from(answer.len())?;
            let framed = [&[0][..], &len.to_be_bytes(), answer].concat();
            stream.send_data(framed.into(), false)?;
        }
        trailers.insert("grpc-status", "0".parse()?);
    } else {
        trailers.insert("grpc-status", "12".parse()?);
    }
    stream.send_trailers(trailers)?;
    Ok(())
}

/// What was recorded of a method, as today's messages have it; each field of it is known, so that it encodes to as much.
fn recorded<A: Message + Default, B: Message + Default>(
    told: &Told,
    method: &str,
) -> Result<(A, B)> {
    let call = told.calls.iter().find(|call| call.method == method);
    let call = call.with_context(|| format!("{method} was recorded"))?;
    let answer = B::decode(call.answers[0].as_slice())?;
    ensure!(
        answer.encoded_len() == call.answers[0].len(),
        "{method}: not every field is known"
    );
    Ok((A::decode(call.request.as_slice())?, answer))
}

macro_rules! same {
    ($told:ident, $client:ident, $($method:literal $call:ident;)*) => {$({
        let (request, before) = recorded(&$told, $method)?;
        assert_eq!($client.$call(request).await?, before, $method);
    })*};
}

#[tokio::test(flavor = "multi_thread")]
async fn todays_client_reads_what_an_old_server_answers() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    let address = replay(told.calls.clone()).await?;
    let client = Client::new(Options::new(format!("http://{address}"), &told.owner_key))?;
    same!(told, client,
        "AccessService/ListKeys" list_keys;
        "AppointmentService/ListAppointments" list_appointments;
        "AvailabilityService/SearchAvailability" search_availability;
        "CatalogService/GetCatalog" get_catalog;
        "CatalogService/ListOutages" list_outages;
        "ClientService/ListClients" list_clients;
        "ClientService/ListDeclarations" list_declarations;
        "ReceiptService/ListReceipts" list_receipts;
        "RosterService/ListShifts" list_shifts;
        "SessionRecordService/ListSessionRecords" list_session_records;
        "StockService/ListItems" list_items;
        "StockService/ListMovements" list_movements;
        "TherapistService/ListTherapists" list_therapists;
        "WaitlistService/ListWaitlistEntries" list_waitlist_entries;
    );
    let (_, first): (v1::WatchRequest, v1::WatchResponse) = recorded(&told, "WatchService/Watch")?;
    let mut watch = client.watch(WatchOptions::default());
    let snapshot = loop {
        match watch.next().await.context("the watch goes on")? {
            Event::Snapshot(change) => break change.revision,
            Event::Link(_) => {}
            other => anyhow::bail!("{other:?}"),
        }
    };
    assert_eq!(snapshot, first.revision);
    Ok(())
}
