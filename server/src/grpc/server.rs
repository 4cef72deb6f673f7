//! All services behind one guard, on one address.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch as channel;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use treadwell_api::v1::access_service_server::AccessServiceServer;
use treadwell_api::v1::appointment_service_server::AppointmentServiceServer;
use treadwell_api::v1::availability_service_server::AvailabilityServiceServer;
use treadwell_api::v1::catalog_service_server::CatalogServiceServer;
use treadwell_api::v1::client_service_server::ClientServiceServer;
use treadwell_api::v1::floor_service_server::FloorServiceServer;
use treadwell_api::v1::hygiene_service_server::HygieneServiceServer;
use treadwell_api::v1::operations_service_server::OperationsServiceServer;
use treadwell_api::v1::receipt_service_server::ReceiptServiceServer;
use treadwell_api::v1::report_service_server::ReportServiceServer;
use treadwell_api::v1::roster_service_server::RosterServiceServer;
use treadwell_api::v1::session_record_service_server::SessionRecordServiceServer;
use treadwell_api::v1::stock_service_server::StockServiceServer;
use treadwell_api::v1::therapist_service_server::TherapistServiceServer;
use treadwell_api::v1::waitlist_service_server::WaitlistServiceServer;
use treadwell_clinic::limits;
use treadwell_journal::embedded::Embedded;

use super::client_record::Records;
use super::deadline::Deadline;
use super::incoming::incoming;
use super::log::Log;
use super::operations::hex;
use super::turn::Turn;
use super::unread::Unread;
use super::{
    access, appointment, availability, catalog, client, floor, hygiene, operations, receipt,
    report, roster, session_record, stock, therapist, waitlist, watch,
};
use crate::access::Guard;
use crate::config::Config;
use crate::engine::Engine;
use crate::scrub::Scrub;
use crate::transport::Transport;

/// The largest answer that a call other than a watch gives, in bytes: what clients accept by default.
const ANSWER_BYTES: usize = 4 << 20;

/// How many calls one connection may have under way; more wait. Watches count while they begin.
const CALLS_PER_CONNECTION: usize = 1_024;

/// How many streams one connection may have open, watches included.
const STREAMS_PER_CONNECTION: u32 = 8_192;

/// An idle connection is asked so often whether it is still there, and given up after so long.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// The name of the history that the journal's revisions are of. Another one when the store was restored or salvaged, and when
/// the last revisions were lost to damage and are given again: what somebody knows of them is of the old one.
fn history(journal: &Embedded) -> String {
    let [clinic, incarnation] = [journal.clinic_id(), journal.incarnation()].map(|id| hex(&id));
    format!("{clinic}-{incarnation}-{}", journal.torn_tails())
}

/// Serves until `stopping` turns true and the calls under way have ended.
pub(crate) async fn serve(
    config: &Config,
    engine: Engine,
    journal: Arc<Embedded>,
    listener: TcpListener,
    transport: Transport,
    scrub: Scrub,
    stopping: channel::Receiver<bool>,
) -> Result<(), tonic::transport::Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", ServingStatus::Serving).await;
    let watches = watch::Service::new(
        engine.clone(),
        watch::Options {
            watches: config.watches,
            idle: config.checkpoint,
            message_bytes: config.message_bytes,
        },
        history(&journal),
        stopping.clone(),
    );
    let incoming = incoming(listener, transport.tls().cloned(), config.connections);
    let routes = services(config, &engine, journal, watches, transport, scrub)
        .add_service(health_service)
        .add_service(reflection_v1())
        .add_service(reflection_v1alpha());
    let mut server = Server::builder()
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .layer(Log)
        .layer(Deadline::new(config.deadline))
        .layer(Unread)
        .layer(Guard::new(engine));
    server
        .add_routes(routes)
        .serve_with_incoming_shutdown(
            incoming,
            stopped(stopping, move || async move {
                health
                    .set_service_status("", ServingStatus::NotServing)
                    .await;
            }),
        )
        .await
}

/// Resolves when the server is to stop, after saying so.
async fn stopped<F: Future<Output = ()>>(
    mut stopping: channel::Receiver<bool>,
    say: impl FnOnce() -> F,
) {
    // A sender that is gone means the same.
    drop(stopping.wait_for(|stopping| *stopping).await);
    say().await;
}

macro_rules! bounded {
    ($config:expr, $server:ident, $service:expr) => {
        $server::new($service)
            .max_decoding_message_size($config.message_bytes)
            .max_encoding_message_size(ANSWER_BYTES)
    };
}

fn services(
    config: &Config,
    engine: &Engine,
    journal: Arc<Embedded>,
    watches: watch::Service,
    transport: Transport,
    scrub: Scrub,
) -> Routes {
    let clinic_id = hex(&journal.clinic_id());
    let operations =
        operations::Service::new(engine.clone(), journal, watches.clone(), transport, scrub);
    let e = || engine.clone();
    // Who mends a day at the desk does not wait for reports.
    let (plans, reports) = (Turn::default(), Turn::default());
    Routes::new(bounded!(
        config,
        AppointmentServiceServer,
        appointment::Service::new(e(), reports.clone(), clinic_id)
    ))
    .add_service(bounded!(
        config,
        AvailabilityServiceServer,
        availability::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        FloorServiceServer,
        floor::Service::new(e(), plans)
    ))
    .add_service(bounded!(
        config,
        ClientServiceServer,
        client::Service::new(e(), Records::new(reports.clone(), limits::RECORD))
    ))
    .add_service(bounded!(
        config,
        CatalogServiceServer,
        catalog::Service::new(e(), reports.clone())
    ))
    .add_service(bounded!(
        config,
        TherapistServiceServer,
        therapist::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        RosterServiceServer,
        roster::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        SessionRecordServiceServer,
        session_record::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        ReceiptServiceServer,
        receipt::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        ReportServiceServer,
        report::Service::new(reports)
    ))
    .add_service(bounded!(
        config,
        AccessServiceServer,
        access::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        WaitlistServiceServer,
        waitlist::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        StockServiceServer,
        stock::Service::new(e())
    ))
    .add_service(bounded!(
        config,
        HygieneServiceServer,
        hygiene::Service::new(e())
    ))
    .add_service(bounded!(config, OperationsServiceServer, operations))
    .add_service(watches)
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(treadwell_api::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

const SOUND: &str = "the descriptors were made by the build";

fn reflection_v1() -> tonic_reflection::server::v1::ServerReflectionServer<
    impl tonic_reflection::server::v1::ServerReflection,
> {
    reflection().build_v1().expect(SOUND)
}

fn reflection_v1alpha() -> tonic_reflection::server::v1alpha::ServerReflectionServer<
    impl tonic_reflection::server::v1alpha::ServerReflection,
> {
    reflection().build_v1alpha().expect(SOUND)
}
