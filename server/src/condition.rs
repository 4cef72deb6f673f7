//! How the server is: what [`GetStatus`](treadwell_api::v1), the health service and the metrics tell, each in its own words.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch as channel;
use treadwell_journal::embedded::Embedded;

use crate::audit::Ledger;
use crate::backup::Backups;
use crate::engine::Engine;
use crate::grpc::watch;
use crate::scrub::Scrub;
use crate::transport::Transport;

/// Resolves when the server is to stop.
pub(crate) async fn stopped(stopping: &mut channel::Receiver<bool>) {
    // A sender that is gone means the same.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// The parts of a running server that say how it is.
#[derive(Clone)]
pub(crate) struct Condition {
    pub(crate) engine: Engine,
    pub(crate) journal: Arc<Embedded>,
    /// The audit trail's journal, and the trail.
    pub(crate) trail: Arc<Embedded>,
    pub(crate) ledger: Ledger,
    pub(crate) watches: watch::Service,
    pub(crate) transport: Transport,
    /// Checks the store in the background.
    pub(crate) scrub: Scrub,
    pub(crate) backups: Backups,
    /// Since when it runs, by the clinic's clock.
    pub(crate) started: Timestamp,
    /// Turns true when the server is to stop.
    pub(crate) stopping: channel::Receiver<bool>,
}

impl Condition {
    /// Why nothing can be changed now; empty when it can.
    pub(crate) fn not_writable(&self) -> String {
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

    /// Why calls should not come here now, in one sentence.
    pub(crate) fn not_ready(&self) -> Option<String> {
        if *self.stopping.borrow() {
            return Some("the server is stopping".to_owned());
        }
        let why = self.not_writable();
        if !why.is_empty() {
            return Some(why);
        }
        // What can not be noted is not shown.
        match self.trail.free_space() {
            Ok(space) if space.writes_refused => Some(format!(
                "the audit trail can not be written ({} bytes free on its disk, {} needed)",
                space.free, space.watermark
            )),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        }
    }

    /// What whoever runs the server has to see to, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.transport.warnings();
        warnings.extend(self.scrub.warning());
        warnings.extend(self.backups.warnings());
        warnings.extend(self.ledger.warning());
        warnings
    }

    /// Resolves when the server is to stop.
    pub(crate) async fn stopping(&mut self) {
        stopped(&mut self.stopping).await;
    }

    /// Bytes free on the disk of the data folder; 0 when the system does not say.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.journal.free_space().map_or(0, |space| space.free)
    }
}
