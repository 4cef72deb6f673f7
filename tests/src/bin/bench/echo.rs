//! The limit that searches are measured beside: a bare tonic server that builds and encodes an answer of the same shape and
//! size, and does nothing else. It runs in a process of its own, as the real server does.

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
};

use anyhow::{Context, Result};
use prost::Message;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};
use treadwell_api::v1::{
    ExplainSlotRequest, ExplainSlotResponse, ListFreeRoomsRequest, ListFreeRoomsResponse,
    SearchAvailabilityRequest, SearchAvailabilityResponse,
    availability_service_server::{AvailabilityService, AvailabilityServiceServer},
};

/// The hidden argument that makes this program the echo server.
pub(crate) const ARGUMENT: &str = "echo-server";

struct Echo {
    answer: SearchAvailabilityResponse,
}

#[tonic::async_trait]
impl AvailabilityService for Echo {
    async fn search_availability(
        &self,
        _: Request<SearchAvailabilityRequest>,
    ) -> Result<Response<SearchAvailabilityResponse>, Status> {
        // Every string and list is made anew, as an answer has to be.
        Ok(Response::new(self.answer.clone()))
    }

    async fn explain_slot(
        &self,
        _: Request<ExplainSlotRequest>,
    ) -> Result<Response<ExplainSlotResponse>, Status> {
        Err(Status::unimplemented(
            "the echo server only answers searches",
        ))
    }

    async fn list_free_rooms(
        &self,
        _: Request<ListFreeRoomsRequest>,
    ) -> Result<Response<ListFreeRoomsResponse>, Status> {
        Err(Status::unimplemented(
            "the echo server only answers searches",
        ))
    }
}

/// Serves the answer read from standard input, after printing the address.
pub(crate) async fn serve() -> Result<()> {
    let mut encoded = Vec::new();
    std::io::stdin().read_to_end(&mut encoded)?;
    let answer = SearchAvailabilityResponse::decode(encoded.as_slice())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    Server::builder()
        .add_service(AvailabilityServiceServer::new(Echo { answer }))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await?;
    Ok(())
}

/// The echo server's process; it ends when this is dropped.
pub(crate) struct EchoProcess {
    _child: Child,
    pub(crate) address: SocketAddr,
}

impl EchoProcess {
    /// Starts it with the answer that it is to give.
    pub(crate) async fn start(answer: &SearchAvailabilityResponse) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the echo server can not be started")?;
        let mut input = child.stdin.take().context("its input is piped")?;
        input.write_all(&answer.encode_to_vec()).await?;
        drop(input);
        let output = child.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await?;
        let address = line
            .trim()
            .parse()
            .context("the echo server printed no address")?;
        Ok(Self {
            _child: child,
            address,
        })
    }
}
