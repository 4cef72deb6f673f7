//! A complete record goes through the queue of what takes long.

use std::sync::mpsc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_types::StatusExt as _;
use treadwell_api::v1::client_service_client::ClientServiceClient;
use treadwell_api::v1::client_service_server::ClientServiceServer;
use treadwell_api::v1::report_service_client::ReportServiceClient;
use treadwell_api::v1::report_service_server::ReportServiceServer;
use treadwell_clinic::Actor;
use treadwell_clinic::command::{Patch, UpdateClient};
use treadwell_clinic::model::Role;

use super::*;
use crate::access::Entrance;
use crate::engine::Write;
use crate::engine::tests::support::{World, settle};
use crate::grpc::{client, report};
use crate::sample::told;

/// Somebody who may have records.
fn owner(engine: &Engine) -> Caller {
    Caller::in_a_test(engine, Role::Owner)
}

/// One of the story's clients.
fn somebody(engine: &Engine) -> ClientId {
    engine.snapshot().clinic.clients().next().unwrap().id
}

fn wanted(client: ClientId) -> v1::ExportClientRecordRequest {
    v1::ExportClientRecordRequest {
        client_id: client.to_string(),
        reason: "asked for it".to_owned(),
    }
}

fn ask(engine: &Engine) -> Request<v1::ExportClientRecordRequest> {
    let mut request = Request::new(wanted(somebody(engine)));
    request.extensions_mut().insert(owner(engine));
    request
}

/// Changes a client's note so many times.
async fn change(engine: &Engine, client: ClientId, times: usize) {
    for number in 0..times {
        let update = Command::UpdateClient(UpdateClient {
            client,
            name: Patch::Keep,
            phone: Patch::Keep,
            email: Patch::Keep,
            born: Patch::Keep,
            preferred: Patch::Keep,
            note: Patch::Set(format!("{number} {}", "x".repeat(limits::NOTE_CHARS - 8))),
            etag: None,
        });
        let submitted = engine.submit(owner(engine).actor, update, Write::default());
        submitted.await.unwrap();
    }
}

#[tokio::test]
async fn the_journal_is_read_when_it_is_its_turn() {
    let (engine, _) = told().await;
    let turn = Turn::default();
    let place = turn.enter().unwrap();
    let (over, until) = mpsc::channel::<()>();
    let busy = tokio::spawn(async move {
        let work = move || until.recv().unwrap_or(());
        place.run("busy", work).await
    });
    tokio::task::yield_now().await;
    let records = Records::new(turn, limits::RECORD);
    let parts = export(&engine, &records, ask(&engine))
        .unwrap()
        .into_inner();
    let mut sent = tokio::spawn(parts.collect::<Vec<_>>());
    let early = tokio::time::timeout(Duration::from_millis(100), &mut sent).await;
    assert!(early.is_err(), "it goes before others");
    over.send(()).unwrap();
    busy.await.unwrap().unwrap();
    let parts = sent.await.unwrap();
    let changes = parts.iter().filter(|part| {
        let part = part.as_ref().unwrap().part.as_ref();
        matches!(part, Some(Part::Change(_)))
    });
    assert!(changes.count() > 0);
    assert!(matches!(
        parts.last().unwrap().as_ref().unwrap().part,
        Some(Part::End(_))
    ));
}

#[tokio::test]
async fn many_commits_are_looked_through_at_once() {
    let (engine, _) = told().await;
    let (client, before) = (somebody(&engine), engine.snapshot().revision);
    let other = engine.snapshot().clinic.clients().nth(1).unwrap().id;
    change(&engine, other, 600).await;
    change(&engine, client, 2).await;
    let until = engine.snapshot().revision;
    let (found, looked) = engine
        .history()
        .of_client(client, before, until)
        .await
        .unwrap();
    assert_eq!((found.len(), looked), (2, until));
    // What is found has to be kept until it is sent: of much there is some at a time.
    let (found, looked) = engine
        .history()
        .of_client(other, before, until)
        .await
        .unwrap();
    assert!(
        found.len() < 600 && looked < until,
        "{} up to {looked}",
        found.len()
    );
    assert!(found.len() >= limits::RECORD_CHANGES);
}

#[tokio::test]
async fn a_reader_who_goes_makes_room_for_another() {
    let (engine, _) = told().await;
    let records = Records::new(Turn::default(), limits::RECORD);
    let mut open = Vec::new();
    for _ in 0..limits::RECORDS {
        open.push(
            export(&engine, &records, ask(&engine))
                .unwrap()
                .into_inner(),
        );
    }
    let refused = export(&engine, &records, ask(&engine)).err().unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    drop(open.pop());
    let mut parts = room(&records, || export(&engine, &records, ask(&engine))).await;
    while let Some(part) = parts.next().await {
        part.unwrap();
    }
}

/// The parts of a record as soon as there is room for one more.
async fn room(records: &Records, export: impl Fn() -> Answer<Parts>) -> Parts {
    let free = async {
        while records.open.available_permits() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free)
        .await
        .unwrap();
    export().unwrap().into_inner()
}

/// A server of records and reports, on a socket.
async fn serve(engine: &Engine, records: &Records) -> Endpoint {
    let caller = owner(engine);
    let known = move |mut request: Request<()>| {
        request.extensions_mut().insert(caller.clone());
        Ok(request)
    };
    let clients = client::Service::new(engine.clone(), records.clone());
    let reports = report::Service::new(records.turn.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .add_service(ClientServiceServer::with_interceptor(
            clients,
            known.clone(),
        ))
        .add_service(ReportServiceServer::with_interceptor(reports, known));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Channel::from_shared(format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn readers_who_stall_are_in_nobodys_way_and_their_time_is_over_some_time() {
    let (engine, _) = told().await;
    let client = somebody(&engine);
    // More than a connection carries unread.
    change(&engine, client, 300).await;
    let limit = Duration::from_secs(1);
    let records = Records::new(Turn::default(), limit);
    // A reader of whom hardly anything is taken that is not read.
    let endpoint = serve(&engine, &records)
        .await
        .initial_stream_window_size(Some(1 << 10));
    let channel = endpoint.connect().await.unwrap();
    let mut api = ClientServiceClient::new(channel.clone());
    let mut stalled = Vec::new();
    let refused = loop {
        match api.export_client_record(wanted(client)).await {
            Ok(parts) => stalled.push(parts.into_inner()),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let report = v1::GetAttendanceRequest {
        query: Some(v1::ReportQuery {
            first: Some(v1::LocalDate {
                year: 2026,
                month: 10,
                day: 14,
            }),
            last: Some(v1::LocalDate {
                year: 2026,
                month: 10,
                day: 14,
            }),
            period: v1::ReportPeriod::Day.into(),
            ..v1::ReportQuery::default()
        }),
    };
    let mut reports = ReportServiceClient::new(channel);
    let reported = reports.get_attendance(report).await.unwrap().into_inner();
    assert!(!reported.rows.is_empty());
    // The stalled ones still do not read, and there is room again.
    let mut parts = room(&records, || export(&engine, &records, ask(&engine))).await;
    let mut whole = 0;
    while let Some(part) = parts.next().await {
        part.unwrap();
        whole += 1;
    }
    let mut read = 0;
    let ended = loop {
        match stalled[0].message().await {
            Ok(Some(_)) => read += 1,
            Ok(None) => panic!("it ends as a whole one does, after {read} of {whole}"),
            Err(ended) => break ended,
        }
        assert!(read < whole, "all of it was sent although nobody read");
    };
    assert_eq!(ended.code(), Code::DeadlineExceeded);
    let info = ended.get_details_error_info().unwrap();
    assert_eq!(info.reason, "DEADLINE_EXCEEDED");
}

/// A record of which much is still to be sent, and a part was.
async fn begun(engine: &Engine, client: ClientId, caller: Caller) -> Parts {
    // More than may wait for a reader.
    change(engine, client, 3 * AHEAD).await;
    let mut request = Request::new(wanted(client));
    request.extensions_mut().insert(caller);
    let records = Records::new(Turn::default(), limits::RECORD);
    let mut parts = export(engine, &records, request).unwrap().into_inner();
    let head = parts.next().await.unwrap().unwrap();
    assert!(matches!(head.part, Some(Part::Head(_))));
    parts
}

/// Why no more of it is told.
async fn cut(mut parts: Parts) -> (Code, String) {
    settle().await;
    let ended = parts.next().await.expect("it ends with a reason");
    let ended = ended.expect_err("neither is what was ready told");
    assert!(parts.next().await.is_none());
    let info = ended.get_details_error_info().unwrap();
    (ended.code(), info.reason)
}

fn shut_out() -> (Code, String) {
    (Code::Unauthenticated, "KEY_INVALID".to_owned())
}

#[tokio::test]
async fn a_record_is_cut_off_when_the_key_that_asked_for_it_is_revoked() {
    let (engine, _) = told().await;
    let caller = Caller::in_a_test(&engine, Role::Manager);
    let key = caller.actor.key;
    let parts = begun(&engine, somebody(&engine), caller).await;
    let revoke = engine.submit(
        Actor::system(),
        Command::RevokeKey { key },
        Write::default(),
    );
    revoke.await.unwrap();
    assert_eq!(cut(parts).await, shut_out());
}

#[tokio::test]
async fn a_record_is_cut_off_when_the_session_that_asked_for_it_is_closed() {
    let (engine, _) = told().await;
    let mut caller = Caller::in_a_test(&engine, Role::Manager);
    caller.entrance = Entrance::by_passphrase(&engine, caller.actor.key).await;
    let session = caller.entrance.session.clone().unwrap();
    let parts = begun(&engine, somebody(&engine), caller).await;
    session.close();
    assert_eq!(cut(parts).await, shut_out());
}

#[tokio::test]
async fn a_record_is_cut_off_when_the_client_is_erased() {
    let world = World::new().await;
    world.somebody(Role::Owner, None).await;
    let client = world.client("Whose time is over").await;
    // Longer than anything is kept.
    world.clock.advance(Duration::from_hours(24 * 366 * 31));
    let parts = begun(&world.engine, client, owner(&world.engine)).await;
    let give_up = true;
    world.done(Command::EraseClient { client, give_up }).await;
    let erased = "CLIENT_ERASED".to_owned();
    assert_eq!(cut(parts).await, (Code::FailedPrecondition, erased));
}
