//! What a server says of itself to those who watch over it: health, reflection, metrics.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use treadwell_api::v1;
use treadwell_api::v1::access_service_client::AccessServiceClient;

use crate::{Clinic, PATIENCE};

#[tokio::test]
async fn health_and_reflection_need_no_key() {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let clinic = Clinic::new().await;
    let channel = clinic.channel().await;
    let health = HealthClient::new(channel.clone())
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
    assert_eq!(health.into_inner().status(), ServingStatus::Serving);
    for service in ["live", "ready", "treadwell.v1.FloorService"] {
        let mut health = HealthClient::new(channel.clone());
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        // Whether it is ready is looked at once a second, beginning now.
        let mut watch = health.watch(request).await.unwrap().into_inner();
        let served = async {
            while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
        };
        tokio::time::timeout(PATIENCE, served).await.expect(service);
    }

    let request = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..ServerReflectionRequest::default()
    };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("expected services, got {answer:?}");
    };
    let names: Vec<_> = list
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    for name in ["WatchService", "AppointmentService", "OperationsService"] {
        let full = format!("treadwell.v1.{name}");
        assert!(names.contains(&full.as_str()), "{full} is not in {names:?}");
    }
}

/// Asks for a page over HTTP; the head and the body of the answer.
async fn page(address: SocketAddr, request: &str) -> (String, String) {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nHost: treadwell\r\n\r\n");
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tcp.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn metrics_count_what_was_asked_and_name_nobody() {
    let clinic = Clinic::with(|config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let address = clinic.server().metrics_address().unwrap();
    let value = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in {text}"));
        line.trim().parse().unwrap()
    };
    clinic.create_client("Ada Lovelace", "once").await.unwrap();
    let nobody = AccessServiceClient::new(clinic.channel().await);
    nobody
        .clone()
        .who_am_i(v1::WhoAmIRequest {})
        .await
        .unwrap_err();
    let mut wild = tonic::client::Grpc::new(clinic.channel().await);
    wild.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/treadwell.v1.ClientService/Ada");
    let codec = tonic_prost::ProstCodec::<v1::WhoAmIRequest, v1::WhoAmIResponse>::default();
    let ask = clinic.ask(v1::WhoAmIRequest {});
    wild.unary(ask, path, codec).await.unwrap_err();

    let (head, text) = page(address, "GET /metrics").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let calls = |method: &str, code: &str| {
        value(
            &text,
            &format!("treadwell_calls_total{{method=\"{method}\",code=\"{code}\"}}"),
        )
    };
    assert_eq!(calls("ClientService/CreateClient", "OK"), 1);
    assert_eq!(calls("AccessService/WhoAmI", "UNAUTHENTICATED"), 1);
    assert_eq!(calls("unknown", "UNIMPLEMENTED"), 1);
    let revision = clinic.server().engine().snapshot().revision;
    assert_eq!(value(&text, "treadwell_revision"), revision);
    assert!(value(&text, "treadwell_append_seconds_count") >= 1);
    assert_eq!(value(&text, "treadwell_writable"), 1);
    for secret in ["Ada", "Lovelace", "once", &clinic.secret, "cli-"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    assert_eq!(page(address, "GET /live").await.1, "alive\n");
    assert_eq!(page(address, "GET /ready").await.1, "ready\n");
    let (head, _) = page(address, "POST /metrics").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    let (head, _) = page(address, "GET /secrets").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let long = format!("GET /{}", "x".repeat(64 << 10));
    let (head, _) = page(address, &long).await;
    assert!(!head.starts_with("HTTP/1.1 200"), "{head}");
}
