//! A whole server in this process, called as a client calls it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::access_service_client::AccessServiceClient;
use treadwell_api::v1::client_service_client::ClientServiceClient;
use treadwell_api::v1::operations_service_client::OperationsServiceClient;
use treadwell_api::v1::watch_service_client::WatchServiceClient;
use treadwell_server::clock::Injected;
use treadwell_server::config::Config;
use treadwell_server::{Handle, Server, StartError, keyring, sample, setup, verify};

mod serving {
    mod gone;
    mod watched;
}

const PATIENCE: Duration = Duration::from_secs(20);

struct Clinic {
    folder: TempDir,
    secret: String,
    server: Option<Handle>,
}

impl Clinic {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let made = setup::init(&data, None, sample::CLINIC, Some(sample::now()))
            .await
            .unwrap();
        let mut config = config(&data);
        change(&mut config);
        Self {
            folder,
            secret: made.secret,
            server: Some(start(config).await.unwrap()),
        }
    }

    fn server(&self) -> &Handle {
        self.server.as_ref().unwrap()
    }

    async fn stop(&mut self) {
        self.server.take().unwrap().stop().await;
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    async fn channel(&self) -> Channel {
        channel(self.server().address()).await
    }

    fn ask<T>(&self, message: T) -> Request<T> {
        with_key(message, &self.secret)
    }

    async fn create_client(&self, name: &str, request_id: &str) -> Result<v1::Client, Status> {
        let request = v1::CreateClientRequest {
            write: Some(v1::WriteOptions {
                request_id: request_id.to_owned(),
                ..v1::WriteOptions::default()
            }),
            client: Some(v1::Client {
                name: name.to_owned(),
                ..v1::Client::default()
            }),
        };
        let mut clients = ClientServiceClient::new(self.channel().await);
        let response = clients.create_client(self.ask(request)).await?;
        Ok(response.into_inner().client.unwrap())
    }

    async fn watch(
        &self,
        after: Option<u64>,
    ) -> Result<tonic::Streaming<v1::WatchResponse>, Status> {
        let request = v1::WatchRequest {
            after_revision: after,
            ..v1::WatchRequest::default()
        };
        let mut watch = WatchServiceClient::new(self.channel().await);
        Ok(watch.watch(self.ask(request)).await?.into_inner())
    }
}

fn config(data: &Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::new(data)
    }
}

async fn start(config: Config) -> Result<Handle, StartError> {
    let clock = Arc::new(Injected::standing(sample::now()));
    Server::start(config, Some(clock)).await
}

async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

fn with_key<T>(message: T, secret: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value = MetadataValue::try_from(format!("Bearer {secret}")).unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

async fn next(
    stream: &mut tonic::Streaming<v1::WatchResponse>,
) -> Result<v1::WatchResponse, Status> {
    tokio::time::timeout(PATIENCE, stream.message())
        .await
        .expect("something comes")
        .map(|message| message.expect("the stream goes on"))
}

#[tokio::test]
async fn a_call_needs_a_key_and_gets_an_answer() {
    let clinic = Clinic::new().await;
    let mut access = AccessServiceClient::new(clinic.channel().await);
    let nobody = access.who_am_i(v1::WhoAmIRequest {}).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    let wrong = with_key(v1::WhoAmIRequest {}, "tw_wrong");
    let wrong = access.who_am_i(wrong).await.unwrap_err();
    assert_eq!(wrong.code(), Code::Unauthenticated);
    let owner = access
        .who_am_i(clinic.ask(v1::WhoAmIRequest {}))
        .await
        .unwrap();
    assert_eq!(owner.into_inner().key.unwrap().role(), v1::Role::Owner);
}

#[tokio::test]
async fn what_was_done_is_there_after_a_restart_and_is_done_once() {
    let mut clinic = Clinic::new().await;
    let first = clinic.create_client("Ada Lovelace", "once").await.unwrap();
    let again = clinic.create_client("Ada Lovelace", "once").await.unwrap();
    assert_eq!(first, again);
    clinic.stop().await;
    clinic.server = Some(start(config(&clinic.data())).await.unwrap());
    let later = clinic.create_client("Ada Lovelace", "once").await.unwrap();
    assert_eq!(first, later);
    let other = clinic
        .create_client("Grace Hopper", "once")
        .await
        .unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_watch_begins_goes_on_and_resumes() {
    let clinic = Clinic::new().await;
    let mut early = clinic.watch(None).await.unwrap();
    let mut known = Vec::new();
    let snapshot = loop {
        let message = next(&mut early).await.unwrap();
        assert!(message.snapshot);
        known.extend(message.events);
        if message.commit_complete {
            break message.revision;
        }
    };
    assert!(
        known.len() > 20,
        "the sample clinic has more than {}",
        known.len()
    );

    let created = clinic.create_client("Ada Lovelace", "").await.unwrap();
    let change = next(&mut early).await.unwrap();
    assert_eq!(change.revision, snapshot + 1);
    assert!(change.commit_complete && !change.snapshot);

    let mut resumed = clinic.watch(Some(snapshot)).await.unwrap();
    let message = next(&mut resumed).await.unwrap();
    assert_eq!(message, change);
    let resource = message.events[0].resource.clone().unwrap();
    assert_eq!(resource, v1::watch_event::Resource::Client(created));

    let refused = |after| {
        let clinic = &clinic;
        async move { clinic.watch(Some(after)).await.unwrap_err().code() }
    };
    assert_eq!(refused(snapshot + 2).await, Code::OutOfRange);
}

#[tokio::test]
async fn a_watch_asks_for_sites_and_kinds_that_there_are() {
    let clinic = Clinic::new().await;
    let mut watch = WatchServiceClient::new(clinic.channel().await);
    let mut refused = async |sites: &[&str], kinds: &[i32]| {
        let request = v1::WatchRequest {
            site_ids: sites.iter().map(ToString::to_string).collect(),
            kinds: kinds.to_vec(),
            ..v1::WatchRequest::default()
        };
        watch
            .watch(clinic.ask(request))
            .await
            .err()
            .map(|status| status.code())
    };
    assert_eq!(refused(&["halifax"], &[1, 10]).await, None);
    assert_eq!(refused(&["truro"], &[]).await, Some(Code::NotFound));
    assert_eq!(
        refused(&["No Site"], &[]).await,
        Some(Code::InvalidArgument)
    );
    assert_eq!(refused(&[], &[0]).await, Some(Code::InvalidArgument));
    assert_eq!(refused(&[], &[99]).await, Some(Code::InvalidArgument));
}

#[tokio::test]
async fn stopping_ends_watches_with_their_resume_point() {
    let mut clinic = Clinic::new().await;
    let mut stream = clinic.watch(None).await.unwrap();
    let mut revision = 0;
    loop {
        let message = next(&mut stream).await.unwrap();
        revision = revision.max(message.revision);
        if message.commit_complete {
            break;
        }
    }
    let server = clinic.server.take().unwrap();
    let stopping = tokio::spawn(server.stop());
    let last = next(&mut stream).await.unwrap();
    assert!(last.checkpoint);
    assert_eq!(last.revision, revision);
    let end = next(&mut stream).await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    tokio::time::timeout(PATIENCE, stopping)
        .await
        .unwrap()
        .unwrap();
    clinic.server = Some(start(config(&clinic.data())).await.unwrap());
    clinic.watch(Some(revision)).await.unwrap();
}

#[tokio::test]
async fn a_revoked_key_ends_its_watches() {
    let clinic = Clinic::new().await;
    let mut access = AccessServiceClient::new(clinic.channel().await);
    let request = v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: "Wall".to_owned(),
            role: v1::Role::Wallboard.into(),
            ..v1::Key::default()
        }),
    };
    let created = access
        .create_key(clinic.ask(request))
        .await
        .unwrap()
        .into_inner();
    let mut watch = WatchServiceClient::new(clinic.channel().await);
    let request = with_key(v1::WatchRequest::default(), &created.secret);
    let mut stream = watch.watch(request).await.unwrap().into_inner();
    next(&mut stream).await.unwrap();
    let request = v1::RevokeKeyRequest {
        write: None,
        key_id: created.key.unwrap().id,
    };
    access.revoke_key(clinic.ask(request)).await.unwrap();
    let end = loop {
        match next(&mut stream).await {
            Ok(_) => {}
            Err(status) => break status,
        }
    };
    assert_eq!(end.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn the_server_tells_how_it_is_and_checks_itself() {
    let mut clinic = Clinic::new().await;
    clinic.create_client("Ada Lovelace", "").await.unwrap();
    let mut operations = OperationsServiceClient::new(clinic.channel().await);
    let status = operations
        .get_status(clinic.ask(v1::GetStatusRequest {}))
        .await
        .unwrap();
    let status = status.into_inner();
    assert!(status.writable, "{}", status.not_writable_reason);
    assert!(status.injected_clock && status.record_count > 20 && status.free_disk_bytes > 0);
    let now = status.now.unwrap();
    let now = Timestamp::new(now.seconds, now.nanos).unwrap();
    // The store was made by a clock that ran from there.
    assert!(sample::now() <= now && now.duration_since(sample::now()).as_secs() < 60);

    let checked = operations
        .verify(clinic.ask(v1::VerifyRequest {}))
        .await
        .unwrap();
    let checked = checked.into_inner();
    assert_eq!(checked.problems, Vec::<String>::new());
    assert!(checked.sound);
    assert_eq!(checked.commit_count, status.revision);
    assert_eq!(i64::try_from(checked.record_count), Ok(status.record_count));

    let folder = clinic.data();
    let busy = verify::folder(&folder, &keyring::beside(&folder))
        .await
        .unwrap_err();
    assert!(busy.contains("in use"), "{busy}");
    clinic.stop().await;
    let report = verify::folder(&folder, &keyring::beside(&folder))
        .await
        .unwrap();
    assert_eq!(
        (report.problems, report.revision),
        (Vec::new(), status.revision)
    );
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let clinic = Clinic::with(|config| config.message_bytes = 4_096).await;
    let large = clinic
        .create_client(&"x".repeat(5_000), "")
        .await
        .unwrap_err();
    assert_eq!(large.code(), Code::InvalidArgument, "{large}");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_refused_and_a_verification_is_not() {
    let clinic = Clinic::with(|config| config.deadline = Duration::ZERO).await;
    // A disk that is very fast may get one done within the clock's own millisecond, but not all.
    let mut late = None;
    for attempt in 0..1_000 {
        let done = clinic
            .create_client("Ada Lovelace", &attempt.to_string())
            .await;
        late = late.or(done.err());
        if late.is_some() {
            break;
        }
    }
    let late = late.expect("no call is that fast every time");
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
    let info = late.get_details_error_info().unwrap();
    assert_eq!(info.reason, "DEADLINE_EXCEEDED");
    let mut operations = OperationsServiceClient::new(clinic.channel().await);
    let verified = operations.verify(clinic.ask(v1::VerifyRequest {})).await;
    assert!(verified.unwrap().into_inner().sound);
}

#[tokio::test]
async fn a_folder_in_use_or_missing_is_refused_in_one_sentence() {
    let clinic = Clinic::new().await;
    let data = clinic.data();
    let second = start(config(&data)).await.unwrap_err().to_string();
    assert!(second.contains("in use"), "{second}");
    let missing = start(config(&clinic.folder.path().join("nowhere")))
        .await
        .unwrap_err();
    let missing = missing.to_string();
    assert!(missing.contains("nowhere"), "{missing}");
    let taken = Config {
        listen: clinic.server().address(),
        ..Config::new(clinic.folder.path().join("other"))
    };
    let taken = start(taken).await.unwrap_err().to_string();
    assert!(taken.contains("can not listen on"), "{taken}");
    for sentence in [second, missing, taken] {
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
}

#[tokio::test]
async fn a_mistaken_file_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let broken = sample::CLINIC.replacen("equipment", "equipage", 1);
    let refused = setup::init(&data, None, &broken, None)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("line"), "{refused}");
    assert!(!data.exists());
}

#[tokio::test]
async fn the_demo_is_made_once_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let listen = "127.0.0.1:0".parse().unwrap();
    let first = sample::open(&data, listen).await.unwrap();
    assert!(first.fresh && sample::holds_demo(&data));
    let revision = first.handle.engine().snapshot().revision;
    first.handle.stop().await;

    let second = sample::open(&data, listen).await.unwrap();
    assert!(!second.fresh);
    assert_eq!(second.handle.engine().snapshot().revision, revision);
    assert!(second.handle.engine().now() >= sample::now());
    let mut access = AccessServiceClient::new(channel(second.handle.address()).await);
    for (secret, role) in [
        (&second.owner, v1::Role::Owner),
        (&second.desk, v1::Role::FrontDesk),
    ] {
        let who = access
            .who_am_i(with_key(v1::WhoAmIRequest {}, secret))
            .await
            .unwrap();
        let key = who.into_inner().key.unwrap();
        assert_eq!(key.role(), role);
        assert!(key.site_ids.is_empty(), "it reaches both sites");
    }
    second.handle.stop().await;

    sample::discard(&data).unwrap();
    assert!(!data.exists());
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("precious"), "mine").unwrap();
    let refused = sample::open(&data, listen).await.unwrap_err().to_string();
    assert!(refused.contains("something other than a demo"), "{refused}");
    sample::discard(&data).unwrap();
    assert!(data.join("precious").exists());
}
