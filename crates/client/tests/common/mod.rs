//! An in-process server that answers by script: floor calls for retries and errors, Watch for resuming.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, transport::Server};
use treadwell_client::{
    Client, Options, Retry,
    v1::{
        ApplyRepairRequest, ApplyRepairResponse, CreateKeyRequest, CreateKeyResponse,
        GetAccessTableRequest, GetAccessTableResponse, GetBoardRequest, GetBoardResponse,
        LiftLockOutRequest, LiftLockOutResponse, ListCallsRequest, ListCallsResponse,
        ListKeysRequest, ListKeysResponse, ListTurnoversRequest, ListTurnoversResponse,
        PlanRepairRequest, PlanRepairResponse, RevokeKeyRequest, RevokeKeyResponse,
        SetPassphraseRequest, SetPassphraseResponse, SignInRequest, SignInResponse, SignOutRequest,
        SignOutResponse, TickTurnoverRequest, TickTurnoverResponse, WatchRequest, WatchResponse,
        WhoAmIRequest, WhoAmIResponse,
        access_service_server::{AccessService, AccessServiceServer},
        floor_service_server::{FloorService, FloorServiceServer},
        watch_service_server::{WatchService, WatchServiceServer},
    },
};

/// What a watch stream does next.
pub(crate) enum Act {
    Send(WatchResponse),
    /// Ends the stream with a status.
    Fail(Status),
    /// Ends the stream as a server that shuts down does.
    End,
    /// Says nothing more.
    Hang,
}

/// The script and what was asked.
#[derive(Default)]
pub(crate) struct Script {
    /// Answered before anything else, one a call.
    pub(crate) failures: VecDeque<Status>,
    /// The request ids of changes, as they came.
    pub(crate) request_ids: Vec<String>,
    /// The number of reads.
    pub(crate) reads: usize,
    /// What the `authorization` metadata said.
    pub(crate) keys: Vec<Option<String>>,
    /// One stream of acts for each watch that is opened.
    pub(crate) streams: VecDeque<Vec<Act>>,
    /// The `after_revision` of each watch that was opened.
    pub(crate) resumed: Vec<Option<u64>>,
    /// Never answer reads.
    pub(crate) hang: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Scripted(pub(crate) Arc<Mutex<Script>>);

impl Scripted {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.lock().expect("no test panics inside"))
    }

    fn note_key<T>(&self, request: &Request<T>) {
        let key = request
            .metadata()
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        self.with(|script| script.keys.push(key.map(str::to_owned)));
    }
}

#[tonic::async_trait]
impl FloorService for Scripted {
    async fn get_board(
        &self,
        request: Request<GetBoardRequest>,
    ) -> Result<Response<GetBoardResponse>, Status> {
        self.note_key(&request);
        let (failure, hang) = self.with(|script| {
            script.reads += 1;
            (script.failures.pop_front(), script.hang)
        });
        if hang {
            std::future::pending::<()>().await;
        }
        failure.map_or_else(
            || {
                Ok(Response::new(GetBoardResponse {
                    revision: 7,
                    ..GetBoardResponse::default()
                }))
            },
            Err,
        )
    }

    async fn tick_turnover(
        &self,
        request: Request<TickTurnoverRequest>,
    ) -> Result<Response<TickTurnoverResponse>, Status> {
        let id = request
            .into_inner()
            .write
            .map(|write| write.request_id)
            .unwrap_or_default();
        let failure = self.with(|script| {
            script.request_ids.push(id);
            script.failures.pop_front()
        });
        failure.map_or_else(|| Ok(Response::new(TickTurnoverResponse::default())), Err)
    }

    async fn list_turnovers(
        &self,
        _: Request<ListTurnoversRequest>,
    ) -> Result<Response<ListTurnoversResponse>, Status> {
        Ok(Response::new(ListTurnoversResponse::default()))
    }

    async fn plan_repair(
        &self,
        _: Request<PlanRepairRequest>,
    ) -> Result<Response<PlanRepairResponse>, Status> {
        Ok(Response::new(PlanRepairResponse::default()))
    }

    async fn apply_repair(
        &self,
        _: Request<ApplyRepairRequest>,
    ) -> Result<Response<ApplyRepairResponse>, Status> {
        Ok(Response::new(ApplyRepairResponse::default()))
    }

    async fn list_calls(
        &self,
        _: Request<ListCallsRequest>,
    ) -> Result<Response<ListCallsResponse>, Status> {
        Ok(Response::new(ListCallsResponse::default()))
    }
}

#[tonic::async_trait]
impl AccessService for Scripted {
    async fn create_key(
        &self,
        request: Request<CreateKeyRequest>,
    ) -> Result<Response<CreateKeyResponse>, Status> {
        let id = request
            .into_inner()
            .write
            .map(|write| write.request_id)
            .unwrap_or_default();
        let failure = self.with(|script| {
            script.request_ids.push(id);
            script.failures.pop_front()
        });
        failure.map_or_else(|| Ok(Response::new(CreateKeyResponse::default())), Err)
    }

    async fn who_am_i(
        &self,
        _: Request<WhoAmIRequest>,
    ) -> Result<Response<WhoAmIResponse>, Status> {
        Ok(Response::new(WhoAmIResponse::default()))
    }

    async fn revoke_key(
        &self,
        _: Request<RevokeKeyRequest>,
    ) -> Result<Response<RevokeKeyResponse>, Status> {
        Ok(Response::new(RevokeKeyResponse::default()))
    }

    async fn list_keys(
        &self,
        _: Request<ListKeysRequest>,
    ) -> Result<Response<ListKeysResponse>, Status> {
        Ok(Response::new(ListKeysResponse::default()))
    }

    async fn sign_in(&self, _: Request<SignInRequest>) -> Result<Response<SignInResponse>, Status> {
        Ok(Response::new(SignInResponse::default()))
    }

    async fn sign_out(
        &self,
        _: Request<SignOutRequest>,
    ) -> Result<Response<SignOutResponse>, Status> {
        Ok(Response::new(SignOutResponse::default()))
    }

    async fn set_passphrase(
        &self,
        _: Request<SetPassphraseRequest>,
    ) -> Result<Response<SetPassphraseResponse>, Status> {
        Ok(Response::new(SetPassphraseResponse::default()))
    }

    async fn lift_lock_out(
        &self,
        _: Request<LiftLockOutRequest>,
    ) -> Result<Response<LiftLockOutResponse>, Status> {
        Ok(Response::new(LiftLockOutResponse::default()))
    }

    async fn get_access_table(
        &self,
        _: Request<GetAccessTableRequest>,
    ) -> Result<Response<GetAccessTableResponse>, Status> {
        Ok(Response::new(GetAccessTableResponse::default()))
    }
}

#[tonic::async_trait]
impl WatchService for Scripted {
    type WatchStream = ReceiverStream<Result<WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let acts = self.with(|script| {
            script.resumed.push(request.into_inner().after_revision);
            script.streams.pop_front()
        });
        let acts = acts.ok_or_else(|| Status::unavailable("no more streams in the script"))?;
        let (send, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            for act in acts {
                match act {
                    Act::Send(message) => drop(send.send(Ok(message)).await),
                    Act::Fail(status) => drop(send.send(Err(status)).await),
                    Act::End => return,
                    Act::Hang => send.closed().await,
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// A running server; it stops when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) script: Scripted,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn start(script: Script) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let script = Scripted(Arc::new(Mutex::new(script)));
    let server = Server::builder()
        .add_service(FloorServiceServer::new(script.clone()))
        .add_service(AccessServiceServer::new(script.clone()))
        .add_service(WatchServiceServer::new(script.clone()))
        .serve_with_incoming(TcpListenerStream::new(listener));
    let task = tokio::spawn(async move { server.await.expect("serves until aborted") });
    Running {
        address,
        script,
        task,
    }
}

/// A client that does not make a test wait.
pub(crate) fn client(server: &str) -> Client {
    let mut options = Options::new(server, "tw_test");
    options.retry = quick();
    options.timeout = Duration::from_secs(5);
    Client::new(options).expect("a good address")
}

pub(crate) fn quick() -> Retry {
    Retry {
        attempts: 4,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(4),
    }
}

/// An address that passes connections on to the server, but breaks the first ones once a request has come in.
pub(crate) async fn flaky(server: SocketAddr, breaks: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((mut from, _)) = listener.accept().await else {
                return;
            };
            let mut to = TcpStream::connect(server).await.expect("it listens");
            tokio::spawn(async move {
                if connection < breaks {
                    let mut some = [0; 24];
                    // The preface is in; what was being sent is lost with the connection.
                    drop(from.read_exact(&mut some).await);
                } else {
                    drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
                }
            });
        }
    });
    address
}
