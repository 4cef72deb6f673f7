//! Reports: made from the published clinic, one site at a time, beside the calls.

use std::sync::Arc;

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::report_service_server::ReportService;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;
use treadwell_clinic::model::Site;
use treadwell_clinic::report::{self, Range, Row};

use super::call::{self, Answer};
use super::turn::Turn;
use super::{status, stock};
use crate::access::Caller;
use crate::convert;
use crate::convert::Violations;
use crate::convert::report::{Shown, read_query};

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    turn: Turn,
}

impl Service {
    /// The service; what it works out waits for its turn.
    pub const fn new(turn: Turn) -> Self {
        Self { turn }
    }
}

/// How the rows of one site are made.
type Make<F> = fn(&Clinic, &Site, &Range) -> Vec<Row<F>>;

impl Service {
    /// The rows of a report with one row for each site and period.
    async fn rows<F: Shown>(
        &self,
        caller: &Caller,
        query: Option<&v1::ReportQuery>,
        make: Make<F>,
    ) -> Result<Vec<F::Message>, Status> {
        let (sites, range) = asked(caller, query)?;
        self.count(caller, &sites, range, make, sites.len()).await
    }

    /// The rows of a report, of which each period has so many. A caller who goes away stops it after the site that is
    /// being counted.
    async fn count<F: Shown>(
        &self,
        caller: &Caller,
        sites: &[SiteId],
        range: Range,
        make: Make<F>,
        of_each_period: usize,
    ) -> Result<Vec<F::Message>, Status> {
        let expected = of_each_period.saturating_mul(range.count());
        if expected > limits::REPORT_ROWS {
            let expected = format!(
                "a range of at most {} rows over all sites: fewer of these, fewer dates or longer periods",
                limits::REPORT_ROWS
            );
            return Err(status::fields(Violations::one("query.last", expected)));
        }
        let place = self.turn.enter()?;
        let mut rows = Vec::with_capacity(expected);
        for &site in sites {
            let published = Arc::clone(&caller.published);
            let count = move || -> Vec<F::Message> {
                let site = published.clinic.site(site);
                let made = site.map(|site| make(&published.clinic, site, &range));
                made.iter().flatten().map(F::show).collect()
            };
            rows.extend(place.run("report", count).await?);
        }
        Ok(rows)
    }
}

/// The sites and the range of a query, which the caller may see.
fn asked(caller: &Caller, query: Option<&v1::ReportQuery>) -> Result<(Vec<SiteId>, Range), Status> {
    let (named, range) = call::read(|f| read_query(query, f))?;
    Ok((call::sites(caller, &named)?, range))
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

    async fn get_stock_use(
        &self,
        request: Request<v1::GetStockUseRequest>,
    ) -> Answer<v1::GetStockUseResponse> {
        let (caller, message) = call::open(request)?;
        let (sites, range) = asked(&caller, message.query.as_ref())?;
        let clinic = caller.clinic();
        let kept: Vec<_> = sites
            .iter()
            .flat_map(|&site| clinic.stock_at(site))
            .collect();
        let rows = self
            .count(&caller, &sites, range, report::stock_use, kept.len())
            .await?;
        let items = kept.into_iter().map(|item| stock::show(&caller, item));
        Ok(v1::GetStockUseResponse {
            revision: caller.published.revision,
            rows,
            items: items.collect(),
        }
        .into())
    }

    async fn get_entitlements(
        &self,
        request: Request<v1::GetEntitlementsRequest>,
    ) -> Answer<v1::GetEntitlementsResponse> {
        let (caller, message) = call::open(request)?;
        let (named, on) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let on = f.optional_date("on", message.on.as_ref());
            Some((sites?, on?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let (published, now) = (Arc::clone(&caller.published), caller.now);
        let count = move || report::entitlements(&published.clinic, &sites, on, now);
        let found = self.turn.enter()?.run("report", count).await?;
        let clinic = caller.clinic();
        let standings = found.iter().map(|standing| {
            let own = caller.actor.therapist == Some(standing.therapist);
            let training = own || caller.view.training();
            convert::training::show_standing(standing, clinic, training)
        });
        Ok(v1::GetEntitlementsResponse {
            revision: caller.published.revision,
            standings: standings.collect(),
        }
        .into())
    }
}
