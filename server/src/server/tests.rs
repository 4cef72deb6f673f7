use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::availability_service_client::AvailabilityServiceClient;
use treadwell_api::v1::client_service_client::ClientServiceClient;
use treadwell_api::v1::watch_service_client::WatchServiceClient;
use treadwell_journal::disk::File;
use treadwell_journal::embedded::TornTail;
use treadwell_journal::simulation::Over;

use super::*;
use crate::engine::tests::support::Logged;
use crate::{sample, setup};

mod clock;
mod trail;

/// A disk that does one of these when it is told to.
#[derive(Clone, Debug, Default)]
struct Failing {
    /// Fails to write.
    writes: Arc<AtomicBool>,
    /// Fails to write to the audit trail alone.
    trail: Arc<AtomicBool>,
    /// Has no room for the audit trail.
    is_full: Arc<AtomicBool>,
}

struct FailingFile {
    file: Arc<dyn File>,
    fails: Vec<Arc<AtomicBool>>,
}

impl Failing {
    fn file(&self, path: &Path, file: Arc<dyn File>) -> Arc<dyn File> {
        let mut fails = vec![Arc::clone(&self.writes)];
        if path.iter().any(|name| name == "audit") {
            fails.push(Arc::clone(&self.trail));
        }
        Arc::new(FailingFile { file, fails })
    }
}

impl File for FailingFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        if self.fails.iter().any(|it| it.load(Ordering::Relaxed)) {
            return Err(io::Error::other("the test says so"));
        }
        self.file.write_at(buf, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

impl Over for Failing {
    fn under(&self) -> &dyn Disk {
        &RealDisk
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        RealDisk.open(path).map(|file| self.file(path, file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        RealDisk.create(path).map(|file| self.file(path, file))
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        if self.is_full.load(Ordering::Relaxed) && dir.ends_with("audit") {
            return Ok(0);
        }
        RealDisk.free_bytes(dir)
    }
}

/// A server on such a disk, and its owner's secret.
async fn serving(disk: &Failing) -> (TempDir, Handle, String) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let made = setup::init(&data, None, sample::CLINIC, Some(sample::now()))
        .await
        .unwrap();
    let server = start(&data, disk).await;
    (folder, server, made.secret)
}

async fn start(data: &Path, disk: &Failing) -> Handle {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::new(data)
    };
    let clock = Arc::new(Injected::standing(sample::now()));
    let started = Server::start_on(Arc::new(disk.clone()), config, Some(clock));
    started.await.unwrap()
}

async fn channel(server: &Handle) -> Channel {
    let address = format!("http://{}", server.address());
    let endpoint = Endpoint::from_shared(address).unwrap();
    endpoint.connect().await.unwrap()
}

fn ask<T>(message: T, secret: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value = MetadataValue::try_from(format!("Bearer {secret}")).unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn new_client(secret: &str) -> Request<v1::CreateClientRequest> {
    let request = v1::CreateClientRequest {
        write: None,
        client: Some(v1::Client {
            name: "Ada Lovelace".to_owned(),
            ..v1::Client::default()
        }),
    };
    ask(request, secret)
}

/// The messages of a watch to its end, and how it ends.
async fn read(mut watch: Streaming<v1::WatchResponse>) -> (Vec<v1::WatchResponse>, Status) {
    let mut messages = Vec::new();
    loop {
        match watch.message().await {
            Ok(message) => messages.push(message.expect("a watch ends with a reason")),
            Err(status) => return (messages, status),
        }
    }
}

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.map(|info| info.reason).unwrap_or_default()
}

#[tokio::test]
async fn a_failing_disk_is_told_to_everybody_before_the_server_ends() {
    let disk = Failing::default();
    let (_folder, mut server, secret) = serving(&disk).await;
    let channel = channel(&server).await;
    let mut clients = ClientServiceClient::new(channel.clone());
    clients.create_client(new_client(&secret)).await.unwrap();
    let revision = server.engine().snapshot().revision;
    let watch = WatchServiceClient::new(channel)
        .watch(ask(v1::WatchRequest::default(), &secret))
        .await
        .unwrap();
    let watch = tokio::spawn(read(watch.into_inner()));

    disk.writes.store(true, Ordering::Relaxed);
    let request = new_client(&secret);
    let refused = tokio::spawn(async move { clients.create_client(request).await });
    // What the program does.
    let why = server.failed().await.to_string();
    let begun = std::time::Instant::now();
    server.give_up().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(
        why.contains("the test says so") || why.contains("can not write"),
        "{why}"
    );
    assert_eq!(why.lines().count(), 1, "{why}");

    let refused = refused.await.unwrap().unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unavailable, "WRITES_STOPPED"),
        "{refused}"
    );
    let (messages, end) = watch.await.unwrap();
    let last = messages.last().unwrap();
    assert!(last.checkpoint && last.revision == revision, "{last:?}");
    assert_eq!(reason(&end), "WRITES_STOPPED", "{end}");
}

#[tokio::test]
async fn what_is_said_of_a_torn_group_claims_no_more_than_is_known() {
    let logged = Logged::begin();
    tell(&OpenReport {
        torn_tail: Some(TornTail {
            after: 41,
            bytes: 300,
            file: "after-41.frame".to_owned(),
        }),
        ..OpenReport::default()
    });
    let said = logged.with("WARN");
    assert_eq!(said.len(), 1, "{said:?}");
    for known in [
        "after=41",
        "after-41.frame",
        "quarantine/",
        "can not be told",
    ] {
        assert!(said[0].contains(known), "{known}: {said:?}");
    }
}

#[tokio::test]
async fn every_read_of_health_reasons_leaves_a_line_for_the_audit() {
    let logged = Logged::begin();
    let (_folder, server, secret) = serving(&Failing::default()).await;
    let channel = channel(&server).await;
    let mut clients = ClientServiceClient::new(channel.clone());
    let created = clients.create_client(new_client(&secret)).await.unwrap();
    let client_id = created.into_inner().client.unwrap().id;
    let lines = |what: &str| {
        let said = logged.with(what);
        let ours = said.iter().filter(|line| {
            line.contains("audit")
                && line.contains(&format!("client={client_id}"))
                && !line.contains("Lovelace")
        });
        ours.count()
    };
    let get = v1::GetClientRequest {
        client_id: client_id.clone(),
        at: None,
    };
    clients.get_client(ask(get, &secret)).await.unwrap();
    assert_eq!(lines("screening reasons read"), 1);
    let screen = v1::ScreenRequest {
        client_id: client_id.clone(),
        service_id: "ashiatsu-60".to_owned(),
        ..v1::ScreenRequest::default()
    };
    clients.screen(ask(screen, &secret)).await.unwrap();
    assert_eq!(lines("screening reasons read"), 2);
    let search = v1::SearchAvailabilityRequest {
        client_id: client_id.clone(),
        service_id: "ashiatsu-60".to_owned(),
        ..v1::SearchAvailabilityRequest::default()
    };
    let mut places = AvailabilityServiceClient::new(channel);
    places
        .search_availability(ask(search, &secret))
        .await
        .unwrap();
    assert_eq!(lines("screening reasons read"), 3);
    let declarations = v1::ListDeclarationsRequest {
        client_id: client_id.clone(),
        ..v1::ListDeclarationsRequest::default()
    };
    let declarations = clients.list_declarations(ask(declarations, &secret));
    declarations.await.unwrap();
    assert_eq!(lines("declarations read"), 1);
    server.stop().await;
}

/// Writes rubbish behind the last group of the journal, as a write that was cut short leaves it.
fn tear(data: &Path) {
    let journal = data.join("journal");
    let files = std::fs::read_dir(journal).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let segments = files.filter(|path| path.extension().is_some_and(|it| it == "log"));
    let last = segments.max().unwrap();
    let mut content = std::fs::read(&last).unwrap();
    let end = content.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let end = end.next_multiple_of(8);
    content[end..end + 64].fill(0xa5);
    std::fs::write(last, content).unwrap();
}

#[tokio::test]
async fn a_watch_does_not_go_on_in_another_history() {
    let disk = Failing::default();
    let (folder, server, secret) = serving(&disk).await;
    let data = folder.path().join("data");
    let revision = server.engine().snapshot().revision;
    let watch = async |server: &Handle, history: &str| {
        let request = v1::WatchRequest {
            after_revision: Some(revision),
            history: history.to_owned(),
            ..v1::WatchRequest::default()
        };
        let mut watches = WatchServiceClient::new(channel(server).await);
        let mut begun = watches.watch(ask(request, &secret)).await?.into_inner();
        let first = begun.message().await?;
        Ok::<_, Status>(first.expect("it says where it stands").history)
    };
    let before = watch(&server, "").await.unwrap();
    assert_eq!(watch(&server, &before).await.unwrap(), before);
    server.stop().await;

    let server = start(&data, &disk).await;
    assert_eq!(
        watch(&server, &before).await.unwrap(),
        before,
        "only a restart"
    );
    server.stop().await;

    tear(&data);
    let server = start(&data, &disk).await;
    assert_eq!(server.engine().snapshot().revision, revision);
    let refused = watch(&server, &before).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::OutOfRange, "REVISION_OUT_OF_RANGE")
    );
    let after = watch(&server, "").await.unwrap();
    assert_eq!(watch(&server, &after).await.unwrap(), after);
    server.stop().await;
}

#[tokio::test]
async fn what_can_not_be_noted_in_the_audit_trail_is_not_shown() {
    let disk = Failing::default();
    let (_folder, mut server, secret) = serving(&disk).await;
    let mut clients = ClientServiceClient::new(channel(&server).await);
    let created = clients.create_client(new_client(&secret)).await.unwrap();
    let client_id = created.into_inner().client.unwrap().id;
    let get = || {
        let get = v1::GetClientRequest {
            client_id: client_id.clone(),
            at: None,
        };
        ask(get, &secret)
    };
    clients.get_client(get()).await.unwrap();
    // The same again within a minute is only counted, and so shown; something else has to be noted.
    disk.trail.store(true, Ordering::Relaxed);
    clients.get_client(get()).await.unwrap();
    let declarations = v1::ListDeclarationsRequest {
        client_id: client_id.clone(),
        ..v1::ListDeclarationsRequest::default()
    };
    let declarations = clients.list_declarations(ask(declarations, &secret));
    let refused = declarations.await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unavailable, "NOT_AUDITED"),
        "{refused}"
    );
    let why = server.failed().await.to_string();
    assert!(why.contains("audit trail"), "{why}");
    server.give_up().await;
}
