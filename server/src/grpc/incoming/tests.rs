use std::pin::pin;

use futures::StreamExt as _;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::*;
use crate::certificates::{self, Party, Wanted};
use crate::config;

/// Longer than anything here may take.
const LONG: Duration = Duration::from_secs(20);

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn say(address: SocketAddr, words: &[u8]) -> TcpStream {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(words).await.unwrap();
    tcp
}

fn greeted(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    places: Places,
    patience: Duration,
) -> impl Stream<Item = Connection> {
    super::greeted(listener, tls, places, Busy::default(), patience)
}

/// What the other side says until it closes; a reset is a close, too.
async fn heard(tcp: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let _ = timeout(LONG, tcp.read_to_end(&mut heard)).await.unwrap();
    heard
}

fn certificate() -> (TempDir, Arc<Tls>) {
    let folder = tempfile::tempdir().unwrap();
    let wanted = Wanted {
        party: Party::Server,
        names: vec!["localhost".to_owned()],
    };
    let now = "2026-10-14T17:07:00Z".parse().unwrap();
    certificates::init(folder.path(), &[wanted], now).unwrap();
    let settings = config::Tls {
        certificate: folder.path().join("localhost.pem"),
        key: folder.path().join("localhost.key"),
        client_authority: None,
        require_client_certificate: false,
    };
    let tls = Arc::new(Tls::load(settings).unwrap());
    (folder, tls)
}

#[tokio::test]
async fn those_who_say_nothing_or_half_of_it_hold_nobody_up_and_are_closed() {
    let (_folder, tls) = certificate();
    for tls in [None, Some(tls)] {
        let encrypted = tls.is_some();
        let (listener, address) = listener().await;
        let mut let_in = pin!(greeted(
            listener,
            tls,
            Places::new(8),
            Duration::from_millis(300)
        ));
        let half: &[u8] = if encrypted {
            &[TLS_HANDSHAKE, 3, 1]
        } else {
            &PREFACE[..9]
        };
        let mut slow = Vec::new();
        // Fewer than wait to be accepted: nobody does, yet.
        for at in 0..64 {
            slow.push(say(address, if at % 2 == 0 { &[] } else { half }).await);
        }
        let closed = async {
            let mut told = Vec::new();
            for tcp in &mut slow {
                told.push(heard(tcp).await);
            }
            told
        };
        // Nobody is let in; meanwhile all of them are closed.
        let told = tokio::select! {
            told = closed => told,
            _ = let_in.next() => panic!("none of them has said enough"),
        };
        assert!(told.iter().all(Vec::is_empty), "{told:?}");
    }
}

#[tokio::test]
async fn many_at_the_door_do_not_keep_the_next_one_out() {
    let (listener, address) = listener().await;
    let mut let_in = pin!(greeted(listener, None, Places::new(1), LONG));
    let mut slow = Vec::new();
    for _ in 0..2 * AT_THE_DOOR {
        let tcp = say(address, b"PRI").await;
        let taken = timeout(Duration::from_millis(1), let_in.next()).await;
        assert!(taken.is_err(), "it has not said enough");
        slow.push(tcp);
    }
    let good = say(address, PREFACE).await;
    let mut connection = timeout(LONG, let_in.next()).await.unwrap().unwrap();
    assert_eq!(
        connection.from().remote_addr,
        Some(good.local_addr().unwrap())
    );
    // What was read to judge it is read again.
    let mut preface = [0; PREFACE.len()];
    connection.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, PREFACE);
    // The one that came first had to go for it.
    assert_eq!(heard(&mut slow[0]).await, b"");
}

#[tokio::test]
async fn there_are_as_many_as_may_be_and_a_place_that_is_given_back_is_given_again() {
    let (listener, address) = listener().await;
    let places = Places::new(1);
    let mut let_in = pin!(greeted(listener, None, places.clone(), LONG));
    let first = say(address, PREFACE).await;
    let inside = timeout(LONG, let_in.next()).await.unwrap().unwrap();
    // It has a key, and a call under way.
    let holder = places.holder(first.local_addr().unwrap()).unwrap();
    holder.knows_a_key();
    holder.begins();
    let mut second = say(address, PREFACE).await;
    tokio::select! {
        _ = let_in.next() => panic!("there is no place"),
        told = heard(&mut second) => assert_eq!(told, b""),
    }
    drop(inside);
    let _third = say(address, PREFACE).await;
    timeout(LONG, let_in.next()).await.unwrap();
}

#[tokio::test]
async fn whoever_has_shown_no_key_makes_room_and_is_closed() {
    let (listener, address) = listener().await;
    let mut let_in = pin!(greeted(listener, None, Places::new(1), LONG));
    let _first = say(address, PREFACE).await;
    let mut first = timeout(LONG, let_in.next()).await.unwrap().unwrap();
    let mut preface = [0; PREFACE.len()];
    first.read_exact(&mut preface).await.unwrap();
    // It waits for what its client says, which is nothing.
    let waits = tokio::spawn(async move { first.read_exact(&mut [0]).await });
    let _second = say(address, PREFACE).await;
    timeout(LONG, let_in.next()).await.unwrap();
    let ended = timeout(LONG, waits).await.unwrap().unwrap().unwrap_err();
    assert_eq!(ended.kind(), io::ErrorKind::ConnectionAborted);
}

#[tokio::test]
async fn who_speaks_the_wrong_way_is_told_in_the_words_of_http_2() {
    let (_folder, tls) = certificate();
    let hello = [TLS_HANDSHAKE, 3, 1, 0, 4, 1, 0, 0, 0];
    for (tls, words, expected) in [
        (
            Some(tls),
            PREFACE.as_slice(),
            "this port speaks TLS: use https://",
        ),
        (None, &hello, "this port speaks plaintext: use http://"),
    ] {
        let (listener, address) = listener().await;
        let mut let_in = pin!(greeted(listener, tls, Places::new(8), LONG));
        let mut tcp = say(address, words).await;
        let told = tokio::select! {
            _ = let_in.next() => panic!("it is not let in"),
            told = async {
                let mut frames = [0; 26];
                tcp.read_exact(&mut frames).await.unwrap();
                (frames, heard(&mut tcp).await)
            } => told,
        };
        let (frames, why) = told;
        assert_eq!(frames[..9], [0, 0, 0, 4, 0, 0, 0, 0, 0], "SETTINGS");
        let length = u8::try_from(8 + expected.len()).unwrap();
        assert_eq!(frames[9..14], [0, 0, length, 7, 0], "GOAWAY");
        assert_eq!(frames[22..], [0, 0, 0, 12], "INADEQUATE_SECURITY");
        assert_eq!(why, expected.as_bytes());
    }
    // Neither of the two.
    let (listener, address) = listener().await;
    let mut let_in = pin!(greeted(listener, None, Places::new(8), LONG));
    let mut old = say(address, b"GET /index.html HTTP/1.1\r\n\r\n").await;
    tokio::select! {
        _ = let_in.next() => panic!("it is not let in"),
        told = heard(&mut old) => assert_eq!(told, b""),
    }
}
