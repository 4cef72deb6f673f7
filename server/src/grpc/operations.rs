//! The server itself: how it is, whether what it keeps is sound, and its clock.

use std::sync::Arc;

use jiff::Timestamp;
use tonic::{Request, Response};
use treadwell_api::v1;
use treadwell_api::v1::operations_service_server::OperationsService;
use treadwell_journal::Journal;
use treadwell_journal::embedded::Embedded;

use super::call::{self, Answer};
use super::{status, watch};
use crate::convert::values;
use crate::engine::Engine;
use crate::scrub::Scrub;
use crate::transport::Transport;
use crate::verify::verify;

/// The service.
#[derive(Clone)]
pub(crate) struct Service {
    engine: Engine,
    journal: Arc<Embedded>,
    watches: watch::Service,
    transport: Transport,
    scrub: Scrub,
    started: Timestamp,
}

impl Service {
    /// The service on this engine and its journal, running since now.
    pub(crate) fn new(
        engine: Engine,
        journal: Arc<Embedded>,
        watches: watch::Service,
        transport: Transport,
        scrub: Scrub,
    ) -> Self {
        Self {
            started: engine.now(),
            engine,
            journal,
            watches,
            transport,
            scrub,
        }
    }

    /// What the last check in the background found; in which words, only for those who see to it.
    fn store_check(&self, in_words: bool) -> Option<v1::StoreCheck> {
        self.scrub.last().map(|found| v1::StoreCheck {
            ended_at: Some(values::instant(found.at)),
            revision: found.revision,
            sound: found.problem.is_empty(),
            problem: if in_words {
                found.problem
            } else {
                String::new()
            },
        })
    }

    /// Why nothing can be changed now; empty when it can.
    fn not_writable(&self) -> String {
        // While groups are refused the journal knows better whether the next one would be, too.
        if let Err(why) = self.engine.writable()
            && !self.engine.is_held()
        {
            return why;
        }
        match self.journal.free_space() {
            Ok(space) if space.opened_full => format!(
                "the disk of the data folder was full when the server started ({} bytes free now, {} needed); restart it \
                 once there is room",
                space.free, space.watermark
            ),
            Ok(space) if space.writes_refused => format!(
                "the disk of the data folder is full ({} bytes free, {} needed)",
                space.free, space.watermark
            ),
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }
}

#[tonic::async_trait]
impl OperationsService for Service {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Answer<v1::GetStatusResponse> {
        let (caller, _) = call::open(request)?;
        let not_writable_reason = self.not_writable();
        let free = self.journal.free_space().map_or(0, |space| space.free);
        Ok(Response::new(v1::GetStatusResponse {
            revision: caller.published.revision,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clinic_id: hex(&self.journal.clinic_id()),
            now: Some(values::instant(caller.now)),
            started_at: Some(values::instant(self.started)),
            writable: not_writable_reason.is_empty(),
            not_writable_reason,
            oldest_revision: self.engine.history().oldest(),
            watcher_count: i32::try_from(self.watches.open()).unwrap_or(i32::MAX),
            record_count: i64::try_from(caller.clinic().records().count()).unwrap_or(i64::MAX),
            free_disk_bytes: i64::try_from(free).unwrap_or(i64::MAX),
            injected_clock: self.engine.clock().is_injected(),
            warnings: if caller.view.keys {
                let mut warnings = self.transport.warnings();
                warnings.extend(self.scrub.warning());
                warnings
            } else {
                Vec::new()
            },
            store_format: i32::try_from(self.journal.format_version()).unwrap_or(i32::MAX),
            store_check: self.store_check(caller.view.keys),
        }))
    }

    async fn verify(&self, request: Request<v1::VerifyRequest>) -> Answer<v1::VerifyResponse> {
        call::open(request)?;
        let journal: Arc<dyn Journal> = Arc::clone(&self.journal) as _;
        let report = verify(journal, self.engine.snapshot())
            .await
            .map_err(|why| {
                tracing::error!(why, "the store can not be verified");
                status::internal("the store can not be verified; the server's log says why")
            })?;
        for problem in &report.problems {
            tracing::error!(problem, "verification found a problem");
        }
        Ok(Response::new(v1::VerifyResponse {
            revision: report.revision,
            sound: report.problems.is_empty(),
            commit_count: report.commits,
            record_count: report.records,
            problems: report.problems,
            store_format: i32::try_from(self.journal.format_version()).unwrap_or(i32::MAX),
            oldest_revision: report.oldest,
            store_check: self.store_check(true),
        }))
    }

    async fn accept_clock(
        &self,
        request: Request<v1::AcceptClockRequest>,
    ) -> Answer<v1::AcceptClockResponse> {
        let (caller, message) = call::open(request)?;
        let options =
            call::read(|f| call::options("AcceptClock", &message, message.write.as_ref(), f))?;
        let now = if options.is_dry()? {
            self.engine.now()
        } else {
            self.engine.accept_clock(&caller.actor)
        };
        Ok(Response::new(v1::AcceptClockResponse {
            revision: caller.published.revision,
            now: Some(values::instant(now)),
        }))
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all text");
        text
    })
}
