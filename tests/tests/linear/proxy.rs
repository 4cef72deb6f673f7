//! A network between clients and a server that loses connections: all at once, or after it has kept answers back, so that
//! what was asked is done and nobody hears of it.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the network does with answers and connections.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// So often all connections were cut.
    cuts: u32,
    /// Answers are kept back.
    is_mute: bool,
}

/// Listens on an address of its own and passes everything on to the server's. Dropping it closes the line.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (line, watching) = watch::channel(Line::default());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, watching.clone()));
            }
        });
        Ok(Self {
            address,
            line,
            task,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Drops every connection that there is.
    pub(crate) fn cut(&self) {
        self.line.send_modify(|line| line.cuts += 1);
    }

    /// Keeps answers back for a while, and then drops every connection with them.
    pub(crate) async fn swallow(&self, time: Duration) {
        self.line.send_modify(|line| line.is_mute = true);
        tokio::time::sleep(time).await;
        self.line.send_modify(|line| {
            line.cuts += 1;
            line.is_mute = false;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

/// Carries one connection until either side has had enough or the line is cut. An error on either side ends it too.
async fn carry(client: TcpStream, server: SocketAddr, line: watch::Receiver<Line>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Not set, requests would only come a little later.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let cuts = line.borrow().cuts;
    let mut until_cut = line.clone();
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = answers(from_server, to_client, line) => {}
        _ = until_cut.wait_for(|line| line.cuts != cuts) => {}
    }
}

async fn answers(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut line: watch::Receiver<Line>,
) -> Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        line.wait_for(|line| !line.is_mute).await?;
        to.write_all(&buffer[..count]).await?;
    }
}
