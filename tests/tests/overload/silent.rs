//! Clients that connect and do nothing, or do it very slowly: they hold nobody up, and do not stay.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use treadwell_api::v1::WatchRequest;
use treadwell_tests::{
    process::{Folder, Options, ServerProcess},
    wire::Wire,
};

use crate::{
    clients::{Desk, What},
    frames::{END_HEADERS, HEADERS, LONG, call, connect, frame},
    seconds, table,
};

async fn start(flags: &[&str]) -> Result<(Folder, ServerProcess)> {
    let folder = Folder::sample(None)?;
    let options = Options {
        flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
        ..Options::default()
    };
    let server = ServerProcess::start(&folder, &options).await?;
    Ok((folder, server))
}

/// Whether the server has closed a connection by now; what it said before is passed over.
async fn is_closed(tcp: &mut TcpStream) -> bool {
    let mut said = [0; 1024];
    loop {
        match timeout(Duration::from_millis(1), tcp.read(&mut said)).await {
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return false,
        }
    }
}

/// Waits until all but so many are closed; gives how many are.
async fn closed(silent: &mut [TcpStream], but: usize) -> usize {
    loop {
        let are = join_all(silent.iter_mut().map(is_closed)).await;
        let count = are.iter().filter(|&&it| it).count();
        if count + but >= silent.len() {
            return count;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_connects_without_a_key_shuts_nobody_out() -> Result<()> {
    const PLACES: usize = 32;
    let silent_ones = if seconds().is_some() { 5_000 } else { 300 };
    let (folder, server) = start(&["--connections", &PLACES.to_string()]).await?;
    let console = Wire::open(&server, folder.owner_key.as_str()).await?;
    let mut watching = console
        .watch(&WatchRequest::default())
        .await
        .ok()
        .context("a watch")?;
    let mut silent = Vec::new();
    let mut let_in = 0;
    for number in 0..silent_ones {
        silent.push(connect(server.address()).await?);
        if number % 10 == 9 {
            // From the same address, as every console of a site is.
            let desk = timeout(LONG, Desk::open(&server.url(), &folder.owner_key, 1)).await?;
            let_in += usize::from(desk.is_ok());
        }
    }
    let gone = timeout(LONG, closed(&mut silent, PLACES)).await?;
    // The watch has gone on all the time: its connection was not asked to make room.
    let mut revision = 0;
    let newest = Desk::open(&server.url(), &folder.owner_key, 1)
        .await?
        .note(0, "x".to_owned())
        .await?;
    while revision < newest {
        revision = watching
            .message()
            .await
            .ok()
            .context("the watch goes on")?
            .revision;
    }
    table::row(
        &format!("{silent_ones} connections that show no key, at {PLACES} places"),
        format!(
            "{gone} closed; {let_in} of {} consoles from the same address let in meanwhile, an open watch not disturbed",
            silent_ones / 10
        ),
        "nobody is shut out",
        let_in == silent_ones / 10,
    );
    Ok(())
}

/// Begins so many calls on each of four connections, whose messages never come.
async fn begin_calls(address: SocketAddr, headers: &[u8], calls: u32) -> Result<Vec<TcpStream>> {
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut tcp = connect(address).await?;
        for stream in 0..calls {
            tcp.write_all(&frame(HEADERS, END_HEADERS, 2 * stream + 1, headers))
                .await?;
        }
        slow.push(tcp);
    }
    Ok(slow)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_whose_message_never_comes_hold_their_places_no_longer_than_a_call_may_take()
-> Result<()> {
    const CALLS: u32 = 16;
    const DEADLINE: Duration = Duration::from_secs(2);
    let [calls, deadline] = [CALLS.to_string(), DEADLINE.as_secs().to_string()];
    let (folder, server) = start(&["--calls", &calls, "--deadline-seconds", &deadline]).await?;
    let desk = Desk::open(&server.url(), &folder.owner_key, 1).await?;
    let headers = call("FloorService/GetBoard", &folder.owner_key);
    let is_refused = async || desk.clone().call(What::Board, 0).await.is_err();
    // They fill it, unless a call of the desk's has one of the places while they come: then others do.
    let filled = async {
        loop {
            let slow = begin_calls(server.address(), &headers, CALLS).await?;
            let since = Instant::now();
            while since.elapsed() < DEADLINE {
                if is_refused().await {
                    return anyhow::Ok(slow);
                }
            }
        }
    };
    let _slow = timeout(LONG, filled).await.context("it is never full")??;
    let over = async { while is_refused().await {} };
    timeout(LONG, over).await.context("it stays full")?;
    desk.clone().call(What::Change, 0).await?;
    table::row(
        "64 calls whose message never comes, at 16 places",
        "reads are refused at once until the time of these is over, and then answered; changes go on",
        "places come back",
        true,
    );
    Ok(())
}

/// What is measured takes as long as the server's patience.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_say_little_or_nothing_are_closed_in_time() -> Result<()> {
    const EACH: usize = 100;
    let Some(_) = seconds() else { return Ok(()) };
    let (folder, server) = start(&[]).await?;
    let desk = Desk::open(&server.url(), &folder.owner_key, 1).await?;
    let headers = call("FloorService/GetBoard", &folder.owner_key);
    let begun: [(&str, Vec<u8>, u64); 4] = [
        ("that say nothing", Vec::new(), 11),
        ("that stop amid the greeting", b"PRI * HTT".to_vec(), 11),
        // A ping stays unanswered, as it does when the other side is gone without a word.
        ("that are half-open", greeted(&[]), 55),
        (
            "that stop amid the headers",
            greeted(&frame(HEADERS, 0, 1, &headers[..40])),
            55,
        ),
    ];
    let silent = begun.map(|(name, said, within)| {
        let address = server.address();
        tokio::spawn(async move {
            let since = Instant::now();
            let mut open = Vec::new();
            for _ in 0..EACH {
                open.push(says(address, &said).await?);
            }
            timeout(LONG, closed(&mut open, 0)).await?;
            anyhow::Ok((name, since.elapsed(), within))
        })
    });
    let mut answered = 0;
    let mut silent = join_all(silent);
    let found = loop {
        tokio::select! {
            found = &mut silent => break found,
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                desk.clone().call(What::Board, 0).await?;
                answered += 1;
            }
        }
    };
    for one in found {
        let (name, after, within) = one??;
        table::row(
            &format!("{EACH} connections {name}"),
            format!("all closed after {:.0} s", after.as_secs_f64()),
            format!("within {within} s"),
            after <= Duration::from_secs(within + 5),
        );
    }
    ensure!(answered > 0);
    table::note(
        "a console beside these",
        format!("{answered} of {answered} calls answered"),
        "all: kept",
    );
    Ok(())
}

async fn says(address: SocketAddr, words: &[u8]) -> Result<TcpStream> {
    let mut tcp = TcpStream::connect(address).await?;
    tcp.write_all(words).await?;
    Ok(tcp)
}

/// The beginning of a connection, and something after it.
fn greeted(more: &[u8]) -> Vec<u8> {
    let mut words = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    words.extend(frame(4, 0, 0, &[]));
    words.extend(more);
    words
}
