//! A clinic to overload, and calls that can be repeated without end: changes of clients' records, searches, the board.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use prost_types::FieldMask;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};
use treadwell_api::v1::{
    Client, CreateClientRequest, GetBoardRequest, SearchAvailabilityRequest, UpdateClientRequest,
    availability_service_client::AvailabilityServiceClient,
    client_service_client::ClientServiceClient, floor_service_client::FloorServiceClient,
};

/// Those whose records are changed.
const CLIENTS: usize = 64;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A change, durable when it is answered.
    Change,
    /// The places of both sites in the next days, as many as are told at once: what a page that offers them asks for.
    Search,
    /// A site's board.
    Board,
}

/// Connections with a key, and clients to change.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Parts>);

struct Parts {
    key: MetadataValue<Ascii>,
    channels: Vec<Channel>,
    clients: Vec<String>,
}

impl Desk {
    /// So many connections to the server there.
    pub(crate) async fn open(url: &str, key: &str, connections: usize) -> Result<Self> {
        let mut channels = Vec::new();
        for _ in 0..connections {
            let endpoint = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true);
            channels.push(endpoint.connect().await?);
        }
        let mut parts = Parts {
            key: format!("Bearer {key}").parse()?,
            channels,
            clients: Vec::new(),
        };
        for number in 0..CLIENTS {
            let request = CreateClientRequest {
                write: None,
                client: Some(Client {
                    name: format!("Client {number}"),
                    ..Client::default()
                }),
            };
            let mut clients = ClientServiceClient::new(parts.channels[0].clone());
            let created = clients
                .create_client(parts.ask(request))
                .await?
                .into_inner();
            parts.clients.push(created.client.context("a client")?.id);
        }
        Ok(Self(Arc::new(parts)))
    }

    /// One call, drawn by `chance`.
    pub(crate) async fn call(self, what: What, chance: u64) -> Result<(), Status> {
        let parts = &self.0;
        let pick = |count: usize| usize::try_from(chance >> 8).unwrap_or_default() % count;
        let channel = parts.channels[pick(parts.channels.len())].clone();
        match what {
            What::Change => {
                let request = parts.change(pick(parts.clients.len()), chance, String::new());
                let mut clients = ClientServiceClient::new(channel);
                clients.update_client(parts.ask(request)).await.map(drop)
            }
            What::Search => {
                let request = SearchAvailabilityRequest {
                    service_id: "hands-on-60".to_owned(),
                    limit: 200,
                    ..SearchAvailabilityRequest::default()
                };
                let mut places = AvailabilityServiceClient::new(channel);
                places
                    .search_availability(parts.ask(request))
                    .await
                    .map(drop)
            }
            What::Board => {
                let request = GetBoardRequest {
                    site_ids: vec!["halifax".to_owned()],
                };
                let mut floor = FloorServiceClient::new(channel);
                floor.get_board(parts.ask(request)).await.map(drop)
            }
        }
    }

    /// Changes a client's note; gives the revision.
    pub(crate) async fn note(&self, client: usize, note: String) -> Result<u64, Status> {
        let parts = &self.0;
        let mut clients = ClientServiceClient::new(parts.channels[0].clone());
        let request = parts.change(client % CLIENTS, 0, note);
        let changed = clients.update_client(parts.ask(request)).await?;
        Ok(changed.into_inner().revision)
    }

    /// A request with the key.
    pub(crate) fn ask<T>(&self, message: T) -> Request<T> {
        self.0.ask(message)
    }

    /// One of its connections.
    pub(crate) fn channel(&self) -> Channel {
        self.0.channels[0].clone()
    }
}

impl Parts {
    fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.key.clone());
        request
    }

    fn change(&self, client: usize, chance: u64, note: String) -> UpdateClientRequest {
        UpdateClientRequest {
            write: None,
            client: Some(Client {
                id: self.clients[client].clone(),
                phone: format!("+1902{:07}", chance % 10_000_000),
                note,
                ..Client::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["phone".to_owned(), "note".to_owned()],
            }),
        }
    }
}
