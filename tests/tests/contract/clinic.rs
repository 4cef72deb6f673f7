//! A clinic to make requests of: a server process, a key of each role, and what tests ask of it again and again.

use std::{any::type_name, collections::BTreeMap, fs};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use prost_types::FileDescriptorSet;
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, BookAppointmentResponse, CreateClientRequest,
    CreateClientResponse, CreateKeyRequest, CreateKeyResponse, GetStatusRequest, GetStatusResponse,
    Key, Proposal, Role, SearchAvailabilityRequest, SearchAvailabilityResponse, VerifyRequest,
    VerifyResponse, WriteOptions,
};
use treadwell_tests::{
    clinic_day::{BEGINS, hands_on, named, stamp},
    process::{Folder, Options, ServerProcess},
    wire::{No, Wire},
};

/// Tuesday 13 October 2026, 08:58 in Halifax: both sites open soon, and the first shifts have begun.
pub(crate) const MORNING: &str = "2026-10-13T11:58:00Z";

/// The roles, most powerful first.
pub(crate) const ROLES: [Role; 6] = [
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Therapist,
    Role::Integration,
    Role::Wallboard,
];

/// A server with a key of each role. The therapist's key is that of Mei Chen.
pub(crate) struct Clinic {
    pub folder: Folder,
    pub server: ServerProcess,
    /// A connection with the first owner's key.
    pub owner: Wire,
    keys: BTreeMap<i32, String>,
    options: Options,
}

impl Clinic {
    pub(crate) async fn open() -> Result<Self> {
        Self::with(&[]).await
    }

    /// With more flags for the server. These tests try bad keys by the hundred.
    pub(crate) async fn with(flags: &[&str]) -> Result<Self> {
        Self::strict(&[flags, &["--free-failures", "1000000"]].concat()).await
    }

    /// With the server's own idea of how many failures are too many.
    pub(crate) async fn strict(flags: &[&str]) -> Result<Self> {
        let folder = Folder::sample(Some(BEGINS))?;
        let mut options = Options {
            clock_start: Some(MORNING.to_owned()),
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            ..Options::default()
        };
        let server = ServerProcess::start(&folder, &options).await?;
        options.address = Some(server.address());
        let owner = Wire::open(&server, folder.owner_key.as_str()).await?;
        let mut clinic = Self {
            folder,
            server,
            owner,
            keys: BTreeMap::new(),
            options,
        };
        for role in ROLES {
            let secret = clinic.key(role.as_str_name(), role, &[]).await?.1;
            clinic.keys.insert(role.into(), secret);
        }
        Ok(clinic)
    }

    /// Stops the server in order and starts it again on the same folder and address.
    pub(crate) async fn restart(self) -> Result<Self> {
        let Self {
            folder,
            server,
            keys,
            options,
            ..
        } = self;
        let status = server.stop()?;
        anyhow::ensure!(status.success(), "{status}");
        let server = ServerProcess::start(&folder, &options).await?;
        let owner = Wire::open(&server, folder.owner_key.as_str()).await?;
        Ok(Self {
            folder,
            server,
            owner,
            keys,
            options,
        })
    }

    /// The same connection as somebody of this role.
    pub(crate) fn of(&self, role: Role) -> Wire {
        self.owner.with_key(Some(&self.keys[&i32::from(role)]))
    }

    /// A connection of its own for somebody of this role.
    pub(crate) async fn connect(&self, role: Role) -> Result<Wire> {
        Wire::open(&self.server, self.keys[&i32::from(role)].as_str()).await
    }

    /// Makes a key that reaches these sites, or all; gives its id and secret.
    pub(crate) async fn key(
        &self,
        name: &str,
        role: Role,
        sites: &[&str],
    ) -> Result<(String, String)> {
        let request = CreateKeyRequest {
            write: named(format!("key {name} {sites:?}")),
            key: Some(Key {
                name: name.to_owned(),
                role: role.into(),
                site_ids: sites.iter().map(|&site| site.to_owned()).collect(),
                therapist_id: if role == Role::Therapist {
                    "chen".to_owned()
                } else {
                    String::new()
                },
                ..Key::default()
            }),
        };
        let made: CreateKeyResponse =
            said(self.owner.ask("AccessService/CreateKey", &request).await);
        Ok((made.key.unwrap_or_default().id, made.secret))
    }

    /// A new client.
    pub(crate) async fn client(&self, name: &str) -> String {
        let request = CreateClientRequest {
            write: named(format!("client {name}")),
            client: Some(treadwell_api::v1::Client {
                name: name.to_owned(),
                ..Default::default()
            }),
        };
        let made: CreateClientResponse =
            said(self.owner.ask("ClientService/CreateClient", &request).await);
        made.client.unwrap_or_default().id
    }

    /// Books hands-on work in Halifax, some days and quarters of an hour from the first day, 09:00, on.
    pub(crate) async fn book(
        &self,
        client: &str,
        days: u32,
        quarters: u32,
    ) -> Result<Appointment, No> {
        let name = format!("book {client} {days} {quarters}");
        book(
            &self.owner,
            &hands_on(&name, client, "halifax", days, quarters),
        )
        .await
    }

    /// The first place for hands-on work in Halifax that begins at `start` or later, in any room or in this one: the search
    /// knows who is on shift.
    pub(crate) async fn place(
        &self,
        start: Option<prost_types::Timestamp>,
        room: &str,
    ) -> Proposal {
        let request = SearchAvailabilityRequest {
            site_ids: vec!["halifax".to_owned()],
            service_id: "hands-on-60".to_owned(),
            room_id: room.to_owned(),
            from: start,
            limit: 1,
            ..SearchAvailabilityRequest::default()
        };
        let found: SearchAvailabilityResponse = said(
            self.owner
                .ask("AvailabilityService/SearchAvailability", &request)
                .await,
        );
        found.proposals.into_iter().next().expect("a free place")
    }

    /// The newest revision.
    pub(crate) async fn revision(&self) -> u64 {
        let status: GetStatusResponse = said(
            self.owner
                .ask("OperationsService/GetStatus", &GetStatusRequest {})
                .await,
        );
        status.revision
    }

    /// What is stored is sound, and nothing in the server has panicked.
    pub(crate) async fn is_sound(&self) -> Result<()> {
        let verified: VerifyResponse = said(
            self.owner
                .ask("OperationsService/Verify", &VerifyRequest {})
                .await,
        );
        assert!(verified.sound, "{:?}", verified.problems);
        let log = fs::read_to_string(self.folder.log())?;
        assert!(!log.contains("panicked"), "{log}");
        Ok(())
    }
}

/// Books; gives the appointment.
pub(crate) async fn book(wire: &Wire, request: &BookAppointmentRequest) -> Result<Appointment, No> {
    let booked: BookAppointmentResponse = wire
        .ask("AppointmentService/BookAppointment", request)
        .await?;
    Ok(booked.appointment.unwrap_or_default())
}

/// The answer of a call that has to be answered.
#[track_caller]
pub(crate) fn said<T>(answer: Result<T, No>) -> T {
    answer.unwrap_or_else(|no| panic!("it is answered, not refused: {no:?}"))
}

/// Write options with an etag.
pub(crate) fn known_as(etag: &str) -> Option<WriteOptions> {
    Some(WriteOptions {
        etag: etag.to_owned(),
        ..WriteOptions::default()
    })
}

/// An instant of Tuesday 13 October 2026, minutes after midnight in Halifax.
pub(crate) fn today(minutes: i64) -> Option<prost_types::Timestamp> {
    let midnight: Timestamp = "2026-10-13T03:00:00Z".parse().expect("an instant");
    Some(stamp(midnight + SignedDuration::from_mins(minutes)))
}

/// Every method of the API: its path such as `FloorService/GetBoard`, and whether its answer is a stream.
pub(crate) fn methods() -> Vec<(String, bool)> {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET).expect("it is one");
    let mut methods = Vec::new();
    for file in set.file.iter().filter(|it| it.package() == "treadwell.v1") {
        for service in &file.service {
            for method in &service.method {
                let path = format!("{}/{}", service.name(), method.name());
                methods.push((path, method.server_streaming()));
            }
        }
    }
    assert!(methods.len() > 50, "{methods:?}");
    methods
}

/// The method that takes a request: every method has a request of its own, named after it.
pub(crate) fn method_of<M: Message>() -> (String, bool) {
    let name = type_name::<M>().rsplit("::").next().unwrap_or_default();
    let name = name.strip_suffix("Request").expect("it is a request");
    methods()
        .into_iter()
        .find(|(method, _)| method.ends_with(&format!("/{name}")))
        .expect("every request has its method")
}

/// Calls any method with any bytes; of a stream only its beginning is looked at.
pub(crate) async fn call(wire: &Wire, method: &(String, bool), body: Vec<u8>) -> Result<(), No> {
    if method.1 {
        let mut watching = wire.stream(&method.0, body).await?;
        watching.bytes().await.map(|_| ())
    } else {
        wire.bytes(&method.0, body).await.map(|_| ())
    }
}
