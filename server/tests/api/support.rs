//! A server with the demo's story, and clients for each role.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::access_service_client::AccessServiceClient;
use treadwell_api::v1::appointment_service_client::AppointmentServiceClient;
use treadwell_api::v1::audit_service_client::AuditServiceClient;
use treadwell_api::v1::availability_service_client::AvailabilityServiceClient;
use treadwell_api::v1::catalog_service_client::CatalogServiceClient;
use treadwell_api::v1::client_service_client::ClientServiceClient;
use treadwell_api::v1::floor_service_client::FloorServiceClient;
use treadwell_api::v1::hygiene_service_client::HygieneServiceClient;
use treadwell_api::v1::operations_service_client::OperationsServiceClient;
use treadwell_api::v1::receipt_service_client::ReceiptServiceClient;
use treadwell_api::v1::report_service_client::ReportServiceClient;
use treadwell_api::v1::roster_service_client::RosterServiceClient;
use treadwell_api::v1::session_record_service_client::SessionRecordServiceClient;
use treadwell_api::v1::stock_service_client::StockServiceClient;
use treadwell_api::v1::therapist_service_client::TherapistServiceClient;
use treadwell_api::v1::waitlist_service_client::WaitlistServiceClient;
use treadwell_api::v1::watch_service_client::WatchServiceClient;
use treadwell_clinic::model::Role;
use treadwell_journal::Journal as _;
use treadwell_journal::embedded::{Embedded, Options};
use treadwell_server::clock::{Clock, Injected};
use treadwell_server::config::Config;
use treadwell_server::sample::{self, DemoKey};
use treadwell_server::{Handle, Server};

/// Shows a key with each call.
#[derive(Clone)]
pub(super) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request
                .metadata_mut()
                .insert("authorization", value.clone());
        }
        Ok(request)
    }
}

pub(super) type Link = InterceptedService<Channel, Bearer>;

/// A running server whose clinic is as the story leaves it.
pub(super) struct World {
    pub(super) server: Handle,
    pub(super) clock: Arc<Injected>,
    keys: Vec<DemoKey>,
    config: Config,
    dir: tempfile::TempDir,
}

/// The whole history stays, also in stories that go on for years.
fn config(data: &Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        history_keep_days: 36_525,
        ..Config::new(data)
    }
}

/// Every service, with one key.
pub(super) struct Api {
    pub(super) access: AccessServiceClient<Link>,
    pub(super) appointment: AppointmentServiceClient<Link>,
    pub(super) audit: AuditServiceClient<Link>,
    pub(super) availability: AvailabilityServiceClient<Link>,
    pub(super) catalog: CatalogServiceClient<Link>,
    pub(super) client: ClientServiceClient<Link>,
    pub(super) floor: FloorServiceClient<Link>,
    pub(super) receipt: ReceiptServiceClient<Link>,
    pub(super) report: ReportServiceClient<Link>,
    pub(super) hygiene: HygieneServiceClient<Link>,
    pub(super) operations: OperationsServiceClient<Link>,
    pub(super) roster: RosterServiceClient<Link>,
    pub(super) session_record: SessionRecordServiceClient<Link>,
    pub(super) stock: StockServiceClient<Link>,
    pub(super) therapist: TherapistServiceClient<Link>,
    pub(super) waitlist: WaitlistServiceClient<Link>,
    pub(super) watch: WatchServiceClient<Link>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::configured(|_, _| {}).await
    }

    /// As it is told to be, with a place for what is not the clinic.
    pub(super) async fn configured(configure: impl FnOnce(&mut Config, &Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("clinic");
        let options = Options {
            segment_bytes: 1 << 20,
            ballast_bytes: 0,
            ..Options::default()
        };
        let (store, _) = Embedded::create(&data, [7; 16], options).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        let clock = Arc::new(Injected::standing(sample::begins()));
        let mut config = config(&data);
        configure(&mut config, dir.path());
        let injected: Arc<dyn Clock> = clock.clone();
        let server = Server::start(config.clone(), Some(injected)).await.unwrap();
        let keys = sample::seed(server.engine(), &clock).await.unwrap();
        Self {
            server,
            clock,
            keys,
            config,
            dir,
        }
    }

    /// A place for what is not the clinic, gone with it.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The same clinic on a new server: what it knows comes from the disk.
    pub(super) async fn restarted(self) -> Self {
        self.restarted_after(|| {}).await
    }

    /// As [`World::restarted`], after something was done while there is no server.
    pub(super) async fn restarted_after(self, meanwhile: impl FnOnce()) -> Self {
        self.server.stop().await;
        meanwhile();
        let config = self.config.clone();
        let clock: Arc<dyn Clock> = self.clock.clone();
        let server = Server::start(config, Some(clock)).await.unwrap();
        Self { server, ..self }
    }

    /// The clients of the first key of a role; of the front desk, one that reaches both sites.
    pub(super) async fn api(&self, role: Role) -> Api {
        let key = self.keys.iter().rfind(|key| key.role == role).unwrap();
        self.api_with(Some(key.secret.reveal())).await
    }

    /// The clients of whoever has this name.
    pub(super) async fn api_of(&self, name: &str) -> Api {
        let key = self.keys.iter().find(|key| key.name == name).unwrap();
        self.api_with(Some(key.secret.reveal())).await
    }

    /// The clients of a secret, or of nobody.
    /// The clients of somebody whose key reaches Halifax alone.
    pub(super) async fn api_at_halifax(&self, role: v1::Role) -> Api {
        let request = v1::CreateKeyRequest {
            write: None,
            key: Some(v1::Key {
                name: "one site".to_owned(),
                role: role.into(),
                site_ids: vec!["halifax".to_owned()],
                ..v1::Key::default()
            }),
        };
        let mut owner = self.api(Role::Owner).await;
        let made = owner.access.create_key(request).await.unwrap().into_inner();
        self.api_with(Some(&made.secret)).await
    }

    pub(super) async fn api_with(&self, secret: Option<&str>) -> Api {
        let address = format!("http://{}", self.server.address());
        let channel = Channel::from_shared(address)
            .unwrap()
            .connect()
            .await
            .unwrap();
        let bearer = Bearer(secret.map(|secret| format!("Bearer {secret}").parse().unwrap()));
        let link = || InterceptedService::new(channel.clone(), bearer.clone());
        Api {
            access: AccessServiceClient::new(link()),
            appointment: AppointmentServiceClient::new(link()),
            audit: AuditServiceClient::new(link()),
            availability: AvailabilityServiceClient::new(link()),
            catalog: CatalogServiceClient::new(link()),
            client: ClientServiceClient::new(link()),
            floor: FloorServiceClient::new(link()),
            receipt: ReceiptServiceClient::new(link()),
            report: ReportServiceClient::new(link()),
            hygiene: HygieneServiceClient::new(link()),
            operations: OperationsServiceClient::new(link()),
            roster: RosterServiceClient::new(link()),
            session_record: SessionRecordServiceClient::new(link()),
            stock: StockServiceClient::new(link()),
            therapist: TherapistServiceClient::new(link()),
            waitlist: WaitlistServiceClient::new(link()),
            watch: WatchServiceClient::new(link()),
        }
    }

    /// The id of a client of the story.
    pub(super) fn client(&self, name: &str) -> String {
        let published = self.server.engine().snapshot();
        let mut clients = published.clinic.clients();
        clients
            .find(|client| client.name == name)
            .unwrap()
            .id
            .to_string()
    }

    /// The id of the appointment in a room that starts at a time of the demo's day.
    pub(super) fn appointment(&self, room: &str, hour: i8, minute: i8) -> String {
        let start = today(hour, minute);
        let published = self.server.engine().snapshot();
        let mut all = published.clinic.appointments();
        let found = all.find(|it| {
            it.slot.room.as_str() == room && it.slot.start().timestamp() == start && it.occupies()
        });
        found.unwrap().id.to_string()
    }
}

/// An instant of the demo's day, on the clinic's clock.
pub(super) fn today(hour: i8, minute: i8) -> Timestamp {
    day(14, hour, minute)
}

/// An instant of October 2026, on the clinic's clock.
pub(super) fn day(day: i8, hour: i8, minute: i8) -> Timestamp {
    jiff::civil::date(2026, 10, day)
        .at(hour, minute, 0, 0)
        .in_tz("America/Halifax")
        .unwrap()
        .timestamp()
}

pub(super) fn stamp(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    })
}

/// Options of a change with a request id.
pub(super) fn request(id: &str) -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        request_id: id.to_owned(),
        ..v1::WriteOptions::default()
    })
}

/// Options of a change to a resource as it was read.
pub(super) fn etag(etag: &str) -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        etag: etag.to_owned(),
        ..v1::WriteOptions::default()
    })
}

pub(super) fn date(year: i32, month: i32, day: i32) -> Option<v1::LocalDate> {
    Some(v1::LocalDate { year, month, day })
}

/// Takes the key's latest operation back, or only tries to.
pub(super) async fn undone(api: &mut Api, validate_only: bool) -> v1::UndoLastOperationResponse {
    let request = v1::UndoLastOperationRequest {
        write: Some(v1::WriteOptions {
            validate_only,
            ..v1::WriteOptions::default()
        }),
    };
    let answer = api.appointment.undo_last_operation(request).await.unwrap();
    answer.into_inner()
}

/// Code and reason of a refusal.
pub(super) fn why<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.unwrap_err();
    let info = status.get_details_error_info();
    (
        status.code(),
        info.map(|info| info.reason).unwrap_or_default(),
    )
}

/// What `why` gives for a reason.
pub(super) fn because(code: Code, reason: &str) -> (Code, String) {
    (code, reason.to_owned())
}
