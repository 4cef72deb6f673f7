use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;

/// A wire that counts what is written at once.
struct Counted {
    wire: DuplexStream,
    writes: Vec<usize>,
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.wire).poll_write(cx, buf))?;
        self.writes.push(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

/// A writer of a busy server before a wire that takes so much until somebody reads, and the other end.
fn before(takes: usize) -> (Together<Counted>, DuplexStream) {
    writer(takes, Busy::just_so())
}

fn writer(takes: usize, busy: Busy) -> (Together<Counted>, DuplexStream) {
    let (wire, other) = duplex(takes);
    let writes = Vec::new();
    (Together::new(Counted { wire, writes }, busy), other)
}

/// Says a word and flushes, as the transport does, until nothing is left.
async fn say<W: AsyncWrite + Unpin>(writer: &mut Together<W>, word: &[u8]) {
    writer.write_all(word).await.unwrap();
    writer.flush().await.unwrap();
}

/// Flushes whenever it is woken, until all is on the wire.
async fn sent<W: AsyncWrite + Unpin>(writer: &mut Together<W>) {
    let all = std::future::poll_fn(|cx| {
        let flushed = Pin::new(&mut *writer).poll_flush(cx);
        if writer.wire.buffer().is_empty() {
            flushed
        } else {
            Poll::Pending
        }
    });
    timeout(Duration::from_secs(20), all)
        .await
        .expect("it is woken")
        .unwrap();
}

#[tokio::test]
async fn what_is_said_before_the_others_had_their_turn_goes_out_at_once() {
    let (mut writer, mut other) = before(1024);
    for round in 1..=3 {
        for word in [b"one", b"two", b"six"] {
            say(&mut writer, word).await;
            assert_eq!(writer.wire.get_ref().writes.len(), round - 1);
        }
        sent(&mut writer).await;
        assert_eq!(writer.wire.get_ref().writes, vec![9; round]);
        let mut heard = [0; 9];
        other.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"onetwosix");
    }
}

#[tokio::test]
async fn what_is_said_while_few_are_at_work_waits_for_nobody() {
    let busy = Busy::just_so();
    let (mut writer, _other) = writer(1024, busy.clone());
    say(&mut writer, b"many").await;
    busy.ends();
    // What waits already has its turn all the same, with what joins it.
    say(&mut writer, b"more").await;
    assert!(writer.wire.get_ref().writes.is_empty());
    sent(&mut writer).await;
    assert_eq!(writer.wire.get_ref().writes, [8]);
    say(&mut writer, b"few").await;
    assert_eq!(writer.wire.get_ref().writes, [8, 3]);
    busy.begins();
    say(&mut writer, b"again").await;
    assert_eq!(writer.wire.get_ref().writes, [8, 3]);
}

#[tokio::test]
async fn the_others_have_their_turn_first() {
    let (mut writer, mut other) = before(1024);
    let (said, mut hears) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..5_u8 {
        let said = said.clone();
        tokio::spawn(async move { said.send(number) });
    }
    say(&mut writer, b"first").await;
    let gathered = std::future::poll_fn(|cx| {
        while let Ok(word) = hears.try_recv() {
            let written = Pin::new(&mut writer).poll_write(cx, &[word]);
            assert!(matches!(written, Poll::Ready(Ok(1))));
        }
        let flushed = Pin::new(&mut writer).poll_flush(cx);
        if writer.wire.buffer().is_empty() {
            flushed
        } else {
            Poll::Pending
        }
    });
    gathered.await.unwrap();
    assert_eq!(writer.wire.get_ref().writes, [10]);
    let mut heard = [0; 10];
    other.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"first\x00\x01\x02\x03\x04");
}

#[tokio::test]
async fn more_than_the_wire_takes_waits_for_it_and_nothing_is_lost_at_the_end() {
    let words: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    for ends in ["sent", "closed"] {
        let (mut writer, mut other) = before(64);
        let reading = tokio::spawn(async move {
            let mut heard = Vec::new();
            other.read_to_end(&mut heard).await.map(|_| heard)
        });
        for part in words.chunks(1_000) {
            say(&mut writer, part).await;
        }
        if ends == "sent" {
            sent(&mut writer).await;
        }
        writer.shutdown().await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), words, "{ends}");
    }
}

#[tokio::test]
async fn a_wire_that_gathers_too_is_told_to_send() {
    let (wire, mut other) = duplex(1024);
    let mut writer = Together::new(BufWriter::new(wire), Busy::just_so());
    say(&mut writer, b"sealed").await;
    sent(&mut writer).await;
    let mut heard = [0; 6];
    let hears = timeout(Duration::from_secs(20), other.read_exact(&mut heard));
    hears.await.expect("it was sent").unwrap();
    assert_eq!(&heard, b"sealed");
}

/// The waker may be called by a thread while another flushes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_nobody_is_forgotten() {
    let talks: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn(async {
                let (mut writer, mut other) = before(1024);
                for _ in 0..200 {
                    say(&mut writer, b"ping").await;
                    tokio::task::yield_now().await;
                    sent(&mut writer).await;
                    other.read_exact(&mut [0; 4]).await.unwrap();
                }
            })
        })
        .collect();
    for talk in talks {
        talk.await.unwrap();
    }
}
