//! A machine whose clock is far ahead when the server starts.

use jiff::SignedDuration;
use treadwell_api::v1::operations_service_client::OperationsServiceClient;

use super::*;
use crate::clock::System;

/// Longer than the history is kept.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(400 * 24);

async fn start_at(data: &Path, clock: Option<Arc<dyn Clock>>) -> Handle {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::new(data)
    };
    Server::start(config, clock).await.unwrap()
}

/// The status when the store was read for the first time, which is after what is too old was compacted.
async fn checked(
    operations: &mut OperationsServiceClient<Channel>,
    secret: &str,
) -> v1::GetStatusResponse {
    loop {
        let status = operations.get_status(ask(v1::GetStatusRequest {}, secret));
        let status = status.await.unwrap().into_inner();
        if status.store_check.is_some() {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_far_ahead_at_the_start_decides_nothing_until_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let then = System::new().now() - LONG_AGO;
    let made = setup::init(&data, None, sample::CLINIC, Some(then)).await;
    let secret = made.unwrap().secret;
    let server = start_at(&data, Some(Arc::new(Injected::standing(then)))).await;
    let mut clients = ClientServiceClient::new(channel(&server).await);
    for _ in 0..3 {
        clients.create_client(new_client(&secret)).await.unwrap();
    }
    server.stop().await;

    let server = start_at(&data, None).await;
    let channel = channel(&server).await;
    let mut operations = OperationsServiceClient::new(channel.clone());
    let status = checked(&mut operations, &secret).await;
    assert_eq!(status.oldest_revision, 0, "nothing is compacted");
    assert!(!status.writable);
    let why = status.not_writable_reason;
    assert!(why.contains("accept its time"), "{why}");
    let mut clients = ClientServiceClient::new(channel);
    let refused = clients.create_client(new_client(&secret)).await;
    assert_eq!(reason(&refused.unwrap_err()), "WRITES_STOPPED");

    let accept = v1::AcceptClockRequest { write: None };
    operations.accept_clock(ask(accept, &secret)).await.unwrap();
    clients.create_client(new_client(&secret)).await.unwrap();
    server.stop().await;
}
