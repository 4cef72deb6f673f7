//! The server itself: how it is, whether what it keeps is sound, its backups, and its clock.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use treadwell_api::v1;
use treadwell_api::v1::operations_service_server::OperationsService;
use treadwell_journal::Journal;

use super::audit;
use super::call::{self, Answer};
use super::page::{Page, paged};
use super::status;
use crate::access::Caller;
use crate::audit::Deed;
use crate::backup::{Asked, Backup};
use crate::clock::Jumped;
use crate::condition::Condition;
use crate::convert::{store::hex, values};
use crate::verify::verify;

/// The service.
#[derive(Clone)]
pub(crate) struct Service(Condition);

impl Service {
    /// The service that tells how the server is.
    pub(crate) const fn new(condition: Condition) -> Self {
        Self(condition)
    }

    /// Notes what a caller is about to do with the server. What can not be noted is not done.
    ///
    /// Accepting the clock is no exception: by it all that is noted later is dated. Where there is no room for an entry nothing can be
    /// changed, whatever the clock says, so that nobody who makes room first has lost anything by it.
    async fn noted(&self, caller: &Caller, what: String, why: &str) -> Result<(), Status> {
        let upkeep = Deed::Upkeep {
            what,
            about: String::new(),
            reason: why.to_owned(),
        };
        let noted = audit::noted(&self.0.ledger, caller, upkeep).await;
        noted.map(drop).map_err(|why| status::not_audited(&why))
    }

    /// What accepting the clock's time is now, in words.
    fn acceptance(&self) -> String {
        match self.0.engine.clock().read() {
            Ok(now) => format!("time of the clock accepted, which had not jumped: {now}"),
            Err(Jumped { wall, expected }) => {
                format!("time of the clock accepted: {wall}, where {expected} was expected")
            }
        }
    }

    /// What the last check in the background found; in which words, only for those who see to it.
    fn store_check(&self, in_words: bool) -> Option<v1::StoreCheck> {
        self.0.scrub.last().map(|found| v1::StoreCheck {
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
}

#[tonic::async_trait]
impl OperationsService for Service {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Answer<v1::GetStatusResponse> {
        let (caller, _) = call::open(request)?;
        let Condition {
            engine,
            journal,
            watches,
            started,
            ..
        } = &self.0;
        let not_writable_reason = self.0.not_writable();
        Ok(Response::new(v1::GetStatusResponse {
            revision: caller.published.revision,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clinic_id: hex(&journal.clinic_id()),
            now: Some(values::instant(caller.now)),
            started_at: Some(values::instant(*started)),
            writable: not_writable_reason.is_empty(),
            not_writable_reason,
            oldest_revision: engine.history().oldest(),
            watcher_count: i32::try_from(watches.open()).unwrap_or(i32::MAX),
            record_count: i64::try_from(caller.clinic().records().count()).unwrap_or(i64::MAX),
            free_disk_bytes: i64::try_from(self.0.free_bytes()).unwrap_or(i64::MAX),
            injected_clock: engine.clock().is_injected(),
            warnings: if caller.view.keys {
                self.0.warnings()
            } else {
                Vec::new()
            },
            store_format: i32::try_from(self.0.journal.format_version()).unwrap_or(i32::MAX),
            store_check: self.store_check(caller.view.keys),
            newest_backup: self.0.backups.newest().map(message),
        }))
    }

    async fn verify(&self, request: Request<v1::VerifyRequest>) -> Answer<v1::VerifyResponse> {
        call::open(request)?;
        let journal: Arc<dyn Journal> = Arc::clone(&self.0.journal) as _;
        let engine = &self.0.engine;
        let report = verify(journal, Arc::clone(engine.keys()), engine.snapshot())
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
            store_format: i32::try_from(self.0.journal.format_version()).unwrap_or(i32::MAX),
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
        // There is one clock for all sites.
        call::everywhere(&caller)?;
        // Its request id is not looked up: to accept the same time twice changes nothing.
        let now = if options.is_dry()? {
            self.0.engine.now()
        } else {
            let why = options.write.reason();
            self.noted(&caller, self.acceptance(), why).await?;
            self.0.engine.accept_clock(&caller.actor)
        };
        Ok(Response::new(v1::AcceptClockResponse {
            revision: caller.published.revision,
            now: Some(values::instant(now)),
        }))
    }

    async fn create_backup(
        &self,
        request: Request<v1::CreateBackupRequest>,
    ) -> Answer<v1::CreateBackupResponse> {
        let (caller, ask) = call::open(request)?;
        let options = call::read(|f| call::options("CreateBackup", &ask, ask.write.as_ref(), f))?;
        let backups = &self.0.backups;
        let backup = if options.is_dry()? {
            backups.check().await.map(|()| None)
        } else {
            // Before it is begun: whoever hangs up while it is taken has asked for it all the same.
            let why = options.write.reason();
            self.noted(&caller, "backup asked for".to_owned(), why)
                .await?;
            let name = options.write.request_id();
            let keys = self.0.engine.keys();
            let request = name.map(|id| keys.request_name(caller.actor.key, id));
            backups.take(Asked::For(request)).await.map(Some)
        };
        Ok(Response::new(v1::CreateBackupResponse {
            revision: self.0.engine.snapshot().revision,
            backup: backup.map_err(|why| status::no_backup(&why))?.map(message),
        }))
    }

    async fn list_backups(
        &self,
        request: Request<v1::ListBackupsRequest>,
    ) -> Answer<v1::ListBackupsResponse> {
        let (caller, ask) = call::open(request)?;
        let page = Page::of(&ask)?;
        let after = page.after::<String>()?;
        let backups = &self.0.backups;
        let listed = backups.list().await;
        let mut listed = listed.map_err(|why| status::no_backup(&why))?;
        // By name, which begins with the time: a page goes on after the name with which the one before ended.
        listed.sort_unstable_by(|a, b| b.name.cmp(&a.name));
        let rest = listed
            .into_iter()
            .filter(|it| after.as_ref().is_none_or(|after| it.name < *after));
        let (listed, next_page_token) = page.cut(rest, |it| it.name.clone());
        Ok(Response::new(v1::ListBackupsResponse {
            revision: caller.published.revision,
            backups: listed.into_iter().map(message).collect(),
            next_page_token,
            next_at: backups.due().map(values::instant),
            problem: backups.problem(),
        }))
    }
}

paged!(ListBackupsRequest);

fn message(backup: Backup) -> v1::Backup {
    v1::Backup {
        name: backup.name,
        taken_at: Some(values::instant(backup.header.taken_at)),
        revision: backup.header.revision,
        oldest_revision: backup.header.oldest,
        record_count: backup.header.records,
        size_bytes: i64::try_from(backup.bytes).unwrap_or(i64::MAX),
    }
}
