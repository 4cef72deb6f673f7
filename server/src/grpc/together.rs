//! What a connection has to say, said together.
//!
//! The transport writes every answer by itself as soon as it is there, and to write costs more than to make many an answer does. So what is
//! written waits here until those who can go on on the same thread have had a turn, some sixty at most, and goes out with what they have to
//! say: the more together the busier the server is, and at once while few calls are at work.
//!
//! What it deliberately is not: a delay by time. Nothing waits while its thread has nothing to do.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker, ready};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};
use tokio::task::yield_now;

use super::busy::Busy;

#[cfg(test)]
mod tests;

/// What gathers writes before a wire. Whoever writes has to flush whenever they are woken, as the transport does.
#[derive(Debug)]
pub(super) struct Together<W> {
    wire: BufWriter<W>,
    /// Waits for its turn.
    waits: bool,
    /// Has its turn, until all of it is on the wire.
    sends: bool,
    others: Arc<Others>,
    busy: Busy,
}

/// Told when they had their turn.
#[derive(Debug, Default)]
struct Others {
    had_it: AtomicBool,
    writer: AtomicWaker,
}

impl Wake for Others {
    fn wake(self: Arc<Self>) {
        self.had_it.store(true, Ordering::Release);
        self.writer.wake();
    }
}

impl<W: AsyncWrite> Together<W> {
    /// Gathers what is written to this wire, while it is busy.
    pub(super) fn new(wire: W, busy: Busy) -> Self {
        Self {
            wire: BufWriter::new(wire),
            waits: false,
            sends: false,
            others: Arc::default(),
            busy,
        }
    }

    /// Whether the others had their turn, or need none; wakes the task when they had.
    fn is_its_turn(&mut self, cx: &Context<'_>) -> bool {
        if !self.waits && !self.busy.is_busy() {
            return true;
        }
        self.others.writer.register(cx.waker());
        if !self.waits {
            self.waits = true;
            let waker = Waker::from(Arc::clone(&self.others));
            // The scheduler keeps the waker until it has nothing else to run, or looks for input and output.
            let _comes = pin!(yield_now()).poll(&mut Context::from_waker(&waker));
        }
        let had_it = self.others.had_it.swap(false, Ordering::Acquire);
        self.waits = !had_it;
        had_it
    }
}

impl<W: AsyncRead + AsyncWrite + Unpin> AsyncRead for Together<W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_read(cx, buf)
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Together<W> {
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

    /// Sends what was written if it is its turn; until then there is nothing to wait for.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.wire.buffer().is_empty() && !this.sends {
            this.sends = this.is_its_turn(cx);
            if !this.sends {
                return Poll::Ready(Ok(()));
            }
        }
        ready!(Pin::new(&mut this.wire).poll_flush(cx))?;
        this.sends = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}
