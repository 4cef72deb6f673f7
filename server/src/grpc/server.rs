//! All services behind one guard, on one address.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch as channel;
use tonic::service::Routes;
use tower::ServiceBuilder;
use treadwell_api::v1::access_service_server::AccessServiceServer;
use treadwell_api::v1::appointment_service_server::AppointmentServiceServer;
use treadwell_api::v1::audit_service_server::AuditServiceServer;
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

use super::audited::Audit;
use super::client_record::Records;
use super::deadline::Deadline;
use super::gate::{Early, Gate};
use super::incoming::incoming;
use super::log::Log;
use super::places::Places;
use super::serving;
use super::turn::Turn;
use super::unread::Unread;
use super::{
    access, appointment, audit_trail, availability, catalog, client, floor, health, hygiene,
    operations, receipt, report, roster, session_record, stock, therapist, waitlist, watch,
};
use crate::access::{Guard, Porter};
use crate::audit::Ledger;
use crate::backup::Backups;
use crate::condition::Condition;
use crate::config::Config;
use crate::convert::store::hex;
use crate::engine::Engine;
use crate::metrics::{self, Metrics};
use crate::scrub::Scrub;
use crate::transport::Transport;

/// The largest answer that a call other than a watch gives, in bytes: what clients accept by default.
const ANSWER_BYTES: usize = 4 << 20;

/// The name of the history that the journal's revisions are of. Another one when the store was restored or salvaged, and when
/// the last revisions were lost to damage and are given again: what somebody knows of them is of the old one.
fn history(journal: &Embedded) -> String {
    let [clinic, incarnation] = [journal.clinic_id(), journal.incarnation()].map(|id| hex(&id));
    format!("{clinic}-{incarnation}-{}", journal.torn_tails())
}

/// What a server is made of.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) journal: Arc<Embedded>,
    /// The audit trail's journal.
    pub(crate) trail: Arc<Embedded>,
    pub(crate) ledger: Ledger,
    pub(crate) listener: TcpListener,
    pub(crate) transport: Transport,
    pub(crate) scrub: Scrub,
    pub(crate) backups: Backups,
    pub(crate) metrics: Metrics,
    /// Where the metrics are shown, if anywhere.
    pub(crate) metrics_listener: Option<TcpListener>,
    /// Turns true when it is to stop.
    pub(crate) stopping: channel::Receiver<bool>,
}

/// Serves until it is to stop and the calls under way have ended.
pub(crate) async fn serve(config: &Config, parts: Parts) {
    let Parts {
        engine,
        journal,
        trail,
        ledger,
        listener,
        transport,
        scrub,
        backups,
        metrics,
        metrics_listener,
        stopping,
    } = parts;
    let (health_reporter, health_service) = tonic_health::server::health_reporter();
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
    let porter = Arc::new(Porter::new(config.free_failures));
    let places = Places::new(config.connections);
    let gate = Gate::new(config.calls, places.clone());
    let keeping_watch = gate.clone().keep_watch();
    let incoming = incoming(listener, transport.tls().cloned(), places, gate.busy());
    let mut condition = Condition {
        started: engine.now(),
        engine,
        journal,
        trail,
        ledger: ledger.clone(),
        watches,
        transport,
        scrub,
        backups,
        stopping,
    };
    health::begin(&health_reporter).await;
    tokio::spawn(health::tell(health_reporter, condition.clone()));
    if let Some(listener) = metrics_listener {
        let page = metrics::http::serve(listener, metrics.clone(), condition.clone());
        tokio::spawn(page);
    }
    let routes = services(config, &condition, &porter, ledger.clone())
        .add_service(health::Bounded::new(health_service))
        .add_service(reflection_v1())
        .add_service(reflection_v1alpha());
    let services = ServiceBuilder::new()
        .layer(Log::new(metrics))
        .layer(Early::new(gate.clone()))
        .layer(Deadline::new(config.deadline))
        .layer(Unread)
        .layer(Audit::new(
            ledger.clone(),
            Arc::clone(condition.engine.clock()),
        ))
        .layer(Guard::new(condition.engine.clone(), porter))
        .layer(gate)
        .service(routes.prepare());
    let stops = async move { condition.stopping().await };
    tokio::select! {
        () = serving::serve(incoming, services, stops) => {}
        () = keeping_watch => unreachable!("it looks for as long as it is polled"),
    }
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
    condition: &Condition,
    porter: &Arc<Porter>,
    ledger: Ledger,
) -> Routes {
    let clinic_id = hex(&condition.journal.clinic_id());
    let operations = operations::Service::new(condition.clone());
    let watches = condition.watches.clone();
    let e = || condition.engine.clone();
    // Who mends a day at the desk does not wait for reports.
    let (plans, reports) = (Turn::default(), Turn::default());
    let records = reports.clone();
    Routes::new(bounded!(
        config,
        AppointmentServiceServer,
        appointment::Service::new(e(), reports.clone(), clinic_id)
    ))
    .add_service(bounded!(
        config,
        AvailabilityServiceServer,
        availability::Service
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
        access::Service::new(e(), Arc::clone(porter), ledger.clone())
    ))
    .add_service(bounded!(
        config,
        AuditServiceServer,
        audit_trail::Service::new(e(), ledger, records)
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
