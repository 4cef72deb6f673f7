//! Those who are gone without a word.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Clinic;

/// The beginning of a connection, with an empty frame of settings.
const BEGINNING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn a_half_open_connection_is_found_and_closed_and_one_that_is_idle_stays() {
    let clinic = Clinic::new().await;
    let mut idle =
        treadwell_api::v1::access_service_client::AccessServiceClient::new(clinic.channel().await);
    let who = || clinic.ask(treadwell_api::v1::WhoAmIRequest::default());
    idle.who_am_i(who()).await.unwrap();
    // To the server, whoever answers no ping is as one whose machine has lost its power.
    let mut gone = TcpStream::connect(clinic.server().address()).await.unwrap();
    gone.write_all(BEGINNING).await.unwrap();
    gone.read_exact(&mut [0; 9]).await.unwrap();
    // From here on nobody waits: time passes as soon as nobody has anything to do.
    tokio::time::pause();
    let begun = Instant::now();
    let _reset = gone.read_to_end(&mut Vec::new()).await;
    let closed = begun.elapsed();
    let (least, most) = (Duration::from_secs(20), Duration::from_mins(1));
    assert!(least < closed && closed < most, "after {closed:?}");
    tokio::time::resume();
    idle.who_am_i(who()).await.unwrap();
}
