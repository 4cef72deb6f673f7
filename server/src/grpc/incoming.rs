//! Connections on their way in: greeted, and let in when they speak as they should.
//!
//! Whoever connects has to shake hands (with TLS) and begin to speak HTTP/2 within [`PATIENCE`], each in a task of its own, so that nobody
//! waits for somebody who is slow. How many may be open is bounded (see [`Places`]), and so is how many may be at the door.

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::TcpConnectInfo;

use super::busy::Busy;
use super::places::{Place, Places};
use super::seldom::Seldom;
use super::together::Together;
use crate::tls::Tls;

#[cfg(test)]
mod tests;

/// A connection has so long to shake hands and to begin to speak.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many may be doing that at once; then one has to go: of the address that has most of them, the one that came first.
const AT_THE_DOOR: usize = 256;

/// After the system could give no connection it is not asked again for so long.
const PAUSE: Duration = Duration::from_millis(50);

/// Whoever is turned away has so long to hear why.
const PARTING: Duration = Duration::from_secs(1);

/// What is said of those turned away is said so often in the log.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// What a client of HTTP/2 begins with: RFC 9113, section 3.4.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first byte of a TLS connection: a record of the handshake.
const TLS_HANDSHAKE: u8 = 22;

/// A connection that speaks HTTP/2.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Together<Wire>,
    /// What was read of it already and is read again.
    unread: &'static [u8],
    info: TcpConnectInfo,
    /// Given back when it is closed.
    place: Place,
}

/// What carries a connection.
type Wire = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The connections that are let in, at most as many as there are places. Dropping it closes the listener.
pub(super) fn incoming(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    places: Places,
    busy: Busy,
) -> impl Stream<Item = Connection> {
    greeted(listener, tls, places, busy, PATIENCE)
}

fn greeted(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    places: Places,
    busy: Busy,
    patience: Duration,
) -> impl Stream<Item = Connection> {
    let (inside, let_in) = mpsc::channel(1);
    let door = Door {
        listener,
        knocking: VecDeque::new(),
        let_in,
        greeter: Greeter {
            tls,
            places,
            busy,
            inside,
            patience,
        },
        turned_away: Seldom::new(SAY_EVERY),
    };
    futures::stream::unfold(door, |mut door| async move {
        let connection = door.next().await;
        Some((connection, door))
    })
}

struct Door {
    listener: TcpListener,
    /// Those being greeted, the one that came first in front.
    knocking: VecDeque<(IpAddr, AbortHandle)>,
    let_in: mpsc::Receiver<Greeted>,
    greeter: Greeter,
    turned_away: Seldom,
}

/// Who came, and the connection, or why there is none.
type Greeted = (SocketAddr, io::Result<Connection>);

/// What it takes to greet a connection.
#[derive(Clone)]
struct Greeter {
    tls: Option<Arc<Tls>>,
    places: Places,
    busy: Busy,
    inside: mpsc::Sender<Greeted>,
    patience: Duration,
}

impl Door {
    /// The next connection that speaks as it should.
    async fn next(&mut self) -> Connection {
        loop {
            tokio::select! {
                greeted = self.let_in.recv() => match greeted {
                    Some((_, Ok(connection))) => return connection,
                    Some((peer, Err(why))) => self.tell(peer, &why),
                    None => unreachable!("the door holds a sender"),
                },
                accepted = self.listener.accept() => match accepted {
                    Ok((tcp, peer)) => self.greet(tcp, peer),
                    Err(error) => {
                        tracing::debug!(%error, "a connection could not be accepted");
                        sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    fn tell(&self, peer: SocketAddr, why: &io::Error) {
        if let Some(others) = self.turned_away.happened() {
            tracing::warn!(%peer, %why, others, "a connection was turned away");
        } else {
            tracing::debug!(%peer, %why, "a connection was turned away");
        }
    }

    fn greet(&mut self, tcp: TcpStream, peer: SocketAddr) {
        self.knocking
            .retain(|(_, greeting)| !greeting.is_finished());
        if self.knocking.len() >= AT_THE_DOOR {
            self.send_one_away();
        }
        let greeter = self.greeter.clone();
        let greeting = tokio::spawn(async move {
            let greeted = timeout(greeter.patience, greeter.greet(tcp, peer)).await;
            let slow = || Err(io::Error::new(io::ErrorKind::TimedOut, "it said nothing"));
            let greeted = greeted.unwrap_or_else(|_| slow());
            // A server that takes no more connections does not need this one.
            let _ = greeter.inside.send((peer, greeted)).await;
        });
        self.knocking
            .push_back((peer.ip(), greeting.abort_handle()));
    }

    /// The first of the address that has most of those at the door.
    fn send_one_away(&mut self) {
        let mut of: HashMap<IpAddr, usize> = HashMap::new();
        for (address, _) in &self.knocking {
            *of.entry(*address).or_default() += 1;
        }
        let most = of.values().copied().max();
        let first = self
            .knocking
            .iter()
            .position(|(it, _)| of.get(it).copied() == most);
        if let Some((_, greeting)) = first.and_then(|at| self.knocking.remove(at)) {
            greeting.abort();
        }
    }
}

impl Greeter {
    async fn greet(&self, tcp: TcpStream, peer: SocketAddr) -> io::Result<Connection> {
        // Answers are small and somebody waits for them.
        tcp.set_nodelay(true)?;
        let info = TcpConnectInfo {
            local_addr: tcp.local_addr().ok(),
            remote_addr: Some(peer),
        };
        let mut first = [0];
        if tcp.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut wire = match (&self.tls, first[0] == TLS_HANDSHAKE) {
            (None, false) => Either::Left(tcp),
            (Some(tls), true) => match tls.acceptor().accept(tcp).into_fallible().await {
                Ok(tls) => Either::Right(Box::new(tls)),
                Err((error, tcp)) => {
                    // The client is told why by an alert, which has to reach it.
                    part(tcp, &[]).await;
                    return Err(error);
                }
            },
            (Some(_), false) => {
                return Err(refuse(tcp, "this port speaks TLS: use https://").await);
            }
            (None, true) => {
                return Err(refuse(tcp, "this port speaks plaintext: use http://").await);
            }
        };
        let mut preface = [0; PREFACE.len()];
        wire.read_exact(&mut preface).await?;
        if preface != *PREFACE {
            return Err(io::Error::other("it does not speak HTTP/2"));
        }
        Ok(Connection {
            wire: Together::new(wire, self.busy.clone()),
            unread: PREFACE,
            info,
            place: self.places.take(peer)?,
        })
    }
}

/// Says in the words of HTTP/2, whether they are understood or not, why this connection is turned away.
async fn refuse(tcp: TcpStream, why: &'static str) -> io::Error {
    part(tcp, &farewell(why)).await;
    io::Error::other(why)
}

/// Closes a connection so that the last words are heard: closed with something unread it would be reset, and they would be lost.
async fn part(mut tcp: TcpStream, words: &[u8]) {
    let parting = async {
        tcp.write_all(words).await?;
        tcp.shutdown().await?;
        tokio::io::copy(&mut tcp, &mut tokio::io::sink()).await
    };
    // Whoever has gone already does not mind.
    let _ = timeout(PARTING, parting).await;
}

/// The frames SETTINGS and GOAWAY with the code `INADEQUATE_SECURITY`: RFC 9113, sections 6.5 and 6.8.
fn farewell(why: &str) -> Vec<u8> {
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const INADEQUATE_SECURITY: u32 = 12;

    let frame = |kind: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap_or_default();
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, 0, 0, 0, 0, 0]);
        frame.extend(payload);
        frame
    };
    // The last stream that was heard, the code, and words.
    let goaway = [
        &[0; 4],
        INADEQUATE_SECURITY.to_be_bytes().as_slice(),
        why.as_bytes(),
    ]
    .concat();
    [frame(SETTINGS, &[]), frame(GOAWAY, &goaway)].concat()
}

impl Connection {
    /// Where it comes from.
    pub(super) const fn from(&self) -> &TcpConnectInfo {
        &self.info
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.place.poll_given_up(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if this.unread.is_empty() {
            return Pin::new(&mut this.wire).poll_read(cx, buf);
        }
        let (now, later) = this.unread.split_at(this.unread.len().min(buf.remaining()));
        buf.put_slice(now);
        this.unread = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}
