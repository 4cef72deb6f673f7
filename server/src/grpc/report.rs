//! Reports. They are made from the published clinic, on a thread that gives way to those which answer calls, and one
//! site at a time: however many are asked for, changes and searches go before.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Mutex, oneshot};
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::report_service_server::ReportService;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;
use treadwell_clinic::model::Site;
use treadwell_clinic::report::{self, Range, Row};

use super::call::{self, Answer};
use super::status;
use crate::access::Caller;
use crate::convert::Violations;
use crate::convert::report::{Shown, read_query};

/// The service.
#[derive(Clone, Debug, Default)]
pub struct Service {
    turn: Arc<Mutex<()>>,
}

/// How the rows of one site are made.
type Make<F> = fn(&Clinic, &Site, &Range) -> Vec<Row<F>>;

impl Service {
    /// The rows of a report. A caller who goes away stops it after the site that is being counted.
    async fn rows<F: Shown + Send + 'static>(
        &self,
        caller: &Caller,
        query: Option<&v1::ReportQuery>,
        make: Make<F>,
    ) -> Result<Vec<F::Message>, Status> {
        let (named, range) = call::read(|f| read_query(query, f))?;
        let sites = call::sites(caller, &named)?;
        if sites.len().saturating_mul(range.count()) > limits::REPORT_ROWS {
            let expected = format!(
                "a range of at most {} rows over all sites: fewer of these, fewer dates or longer periods",
                limits::REPORT_ROWS
            );
            return Err(status::fields(Violations::one("query.last", expected)));
        }
        let mut rows = Vec::with_capacity(sites.len().saturating_mul(range.count()));
        for site in sites {
            let counted = self.count(caller, site, range, make).await?;
            rows.extend(counted.iter().map(F::show));
        }
        Ok(rows)
    }

    /// Counts one site on a thread of its own, when it is its turn. The turn lasts as long as the thread works, also
    /// when nobody waits for it any more.
    async fn count<F: Send + 'static>(
        &self,
        caller: &Caller,
        site: SiteId,
        range: Range,
        make: Make<F>,
    ) -> Result<Vec<Row<F>>, Status> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let published = Arc::clone(&caller.published);
        let (tell, counted) = oneshot::channel();
        let count = move || {
            give_way();
            let site = published.clinic.site(site);
            let rows = site.map(|site| make(&published.clinic, site, &range));
            drop(turn);
            // Whoever asked may have gone.
            drop(tell.send(rows.unwrap_or_default()));
        };
        let thread = thread::Builder::new()
            .name("report".to_owned())
            .spawn(count);
        thread.map_err(|_| status::internal("a report's thread could not be started"))?;
        let counted = counted.await;
        counted.map_err(|_| status::internal("a report could not be counted to its end"))
    }
}

/// Lets all other threads go first. Linux knows that of one thread; elsewhere the threads share evenly.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        const LAST: i32 = 19;
        if let Err(error) = rustix::process::setpriority_process(None, LAST) {
            tracing::debug!(%error, "a report's thread does not give way");
        }
    }
}

#[tonic::async_trait]
impl ReportService for Service {
    async fn get_utilization(
        &self,
        request: Request<v1::GetUtilizationRequest>,
    ) -> Answer<v1::GetUtilizationResponse> {
        let (caller, message) = call::open(request)?;
        let query = message.query.as_ref();
        Ok(v1::GetUtilizationResponse {
            revision: caller.published.revision,
            rows: self.rows(&caller, query, report::utilization).await?,
        }
        .into())
    }

    async fn get_attendance(
        &self,
        request: Request<v1::GetAttendanceRequest>,
    ) -> Answer<v1::GetAttendanceResponse> {
        let (caller, message) = call::open(request)?;
        let query = message.query.as_ref();
        Ok(v1::GetAttendanceResponse {
            revision: caller.published.revision,
            rows: self.rows(&caller, query, report::attendance).await?,
        }
        .into())
    }

    async fn get_screening_outcomes(
        &self,
        request: Request<v1::GetScreeningOutcomesRequest>,
    ) -> Answer<v1::GetScreeningOutcomesResponse> {
        let (caller, message) = call::open(request)?;
        let query = message.query.as_ref();
        Ok(v1::GetScreeningOutcomesResponse {
            revision: caller.published.revision,
            rows: self
                .rows(&caller, query, report::screening_outcomes)
                .await?,
        }
        .into())
    }

    async fn get_turnover_times(
        &self,
        request: Request<v1::GetTurnoverTimesRequest>,
    ) -> Answer<v1::GetTurnoverTimesResponse> {
        let (caller, message) = call::open(request)?;
        let query = message.query.as_ref();
        Ok(v1::GetTurnoverTimesResponse {
            revision: caller.published.revision,
            rows: self.rows(&caller, query, report::turnover_times).await?,
        }
        .into())
    }

    async fn get_waitlist_conversion(
        &self,
        request: Request<v1::GetWaitlistConversionRequest>,
    ) -> Answer<v1::GetWaitlistConversionResponse> {
        let (caller, message) = call::open(request)?;
        let query = message.query.as_ref();
        Ok(v1::GetWaitlistConversionResponse {
            revision: caller.published.revision,
            rows: self
                .rows(&caller, query, report::waitlist_conversion)
                .await?,
        }
        .into())
    }
}
