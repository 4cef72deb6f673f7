//! Connections to the server under test, each with the owner's key on every call.

use std::net::SocketAddr;

use anyhow::Result;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// A connection whose calls carry a key.
pub(crate) type Connection = InterceptedService<Channel, Key>;

/// Puts the key into a call's metadata. Without one, as for the echo server, it adds nothing.
#[derive(Clone)]
pub(crate) struct Key(Option<MetadataValue<Ascii>>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("authorization", key.clone());
        }
        Ok(request)
    }
}

/// Where a server is, and the key to call it with.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    key: Key,
}

impl Target {
    /// A server that wants no key.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self {
            address,
            key: Key(None),
        }
    }

    /// A server that wants a key.
    pub(crate) fn keyed(address: SocketAddr, secret: &str) -> Result<Self> {
        let value = format!("Bearer {secret}").parse()?;
        Ok(Self {
            address,
            key: Key(Some(value)),
        })
    }

    /// So many connections.
    pub(crate) async fn connect(&self, count: usize) -> Result<Vec<Connection>> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))?.tcp_nodelay(true);
        let mut connections = Vec::new();
        for _ in 0..count {
            let channel = endpoint.connect().await?;
            connections.push(InterceptedService::new(channel, self.key.clone()));
        }
        Ok(connections)
    }

    /// A connection for each of so many workers, at most [`MOST_CONNECTIONS`] different ones.
    pub(crate) async fn spread(&self, workers: usize) -> Result<Vec<Connection>> {
        let connections = self.connect(workers.min(MOST_CONNECTIONS)).await?;
        Ok(connections.into_iter().cycle().take(workers).collect())
    }
}

/// Calls in flight share this many connections; more would measure the kernel's sockets.
const MOST_CONNECTIONS: usize = 8;
