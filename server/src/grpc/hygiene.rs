//! Hygiene: inspections, the therapists' own items, and a day's log.

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::hygiene_service_server::HygieneService;
use treadwell_clinic::command::RecordOwnItems;
use treadwell_clinic::id::{AppointmentId, InspectionId, RoomId, SiteId};
use treadwell_clinic::model::{RecordId, SupportInspection};
use treadwell_clinic::{Command, hygiene_log};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use super::status;
use crate::convert;
use crate::engine::Engine;

paged!(ListInspectionsRequest);

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
}

impl Service {
    /// The service on this engine.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

#[tonic::async_trait]
impl HygieneService for Service {
    async fn record_inspection(
        &self,
        request: Request<v1::RecordInspectionRequest>,
    ) -> Answer<v1::RecordInspectionResponse> {
        let (caller, message) = call::open(request)?;
        let (options, new) = call::read(|f| {
            let options = call::options("RecordInspection", &message, message.write.as_ref(), f);
            let new = f.required("inspection", message.inspection.as_ref())?;
            let new = convert::hygiene::read(new, &mut f.inside("inspection"));
            Some((options?, new?))
        })?;
        let room = new.room;
        let command = Command::RecordInspection(new);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let inspection = call::answer(&done, &caller, pick!(SupportInspection))?;
        let in_room = call::in_room(done.clinic(), room, done.at);
        let affected_appointment_ids = call::affected(&done, in_room);
        Ok(v1::RecordInspectionResponse {
            revision: done.revision,
            inspection: Some(inspection),
            affected_appointment_ids,
        }
        .into())
    }

    async fn list_inspections(
        &self,
        request: Request<v1::ListInspectionsRequest>,
    ) -> Answer<v1::ListInspectionsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, room) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let room = f.optional_id::<RoomId>("room_id", &message.room_id);
            Some((sites?, room?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<InspectionId> = page.after()?;
        let clinic = caller.clinic();
        let mut found: Vec<&SupportInspection> = sites
            .iter()
            .flat_map(|&site| clinic.rooms_at(site))
            .filter(|it| room.is_none_or(|room| it.id == room))
            .flat_map(|room| clinic.inspections_of(room.id))
            .map(AsRef::as_ref)
            .filter(|it| after.is_none_or(|after| it.id > after))
            .collect();
        found.sort_by_key(|inspection| inspection.id);
        let (inspections, next_page_token) = page.cut(found.into_iter(), |it| it.id);
        let inspections = inspections.into_iter();
        Ok(v1::ListInspectionsResponse {
            revision: caller.published.revision,
            inspections: inspections.map(convert::hygiene::show_inspection).collect(),
            next_page_token,
        }
        .into())
    }

    async fn record_own_items(
        &self,
        request: Request<v1::RecordOwnItemsRequest>,
    ) -> Answer<v1::RecordOwnItemsResponse> {
        let (caller, message) = call::open(request)?;
        let (options, new) = call::read(|f| {
            let options = call::options("RecordOwnItems", &message, message.write.as_ref(), f);
            let appointment: Option<AppointmentId> =
                f.id("appointment_id", &message.appointment_id);
            let items = convert::hygiene::read_own(&message.items, f);
            let new = RecordOwnItems {
                appointment: appointment?,
                items: items?,
            };
            Some((options?, new))
        })?;
        let write = options.write_of(RecordId::Hygiene(new.appointment));
        let command = Command::RecordOwnItems(new);
        let done = call::submit(&self.engine, &caller, command, write).await?;
        Ok(v1::RecordOwnItemsResponse {
            revision: done.revision,
            hygiene: Some(call::answer(&done, &caller, pick!(SessionHygiene))?),
        }
        .into())
    }

    async fn get_session_hygiene(
        &self,
        request: Request<v1::GetSessionHygieneRequest>,
    ) -> Answer<v1::GetSessionHygieneResponse> {
        let (caller, message) = call::open(request)?;
        let id = call::read(|f| f.id("appointment_id", &message.appointment_id))?;
        let appointment = call::appointment(&caller, id)?;
        let clinic = caller.clinic();
        let record = RecordId::Hygiene(id);
        let (hygiene, open) = convert::hygiene::show_session_hygiene(
            clinic,
            appointment,
            clinic.revision_of(&record).unwrap_or(0),
        );
        Ok(v1::GetSessionHygieneResponse {
            revision: caller.published.revision,
            hygiene: Some(hygiene),
            open,
        }
        .into())
    }

    async fn get_hygiene_log(
        &self,
        request: Request<v1::GetHygieneLogRequest>,
    ) -> Answer<v1::GetHygieneLogResponse> {
        let (caller, message) = call::open(request)?;
        let (site, date) = call::read(|f| {
            let site: Option<SiteId> = f.id("site_id", &message.site_id);
            let date = f.optional_date("date", message.date.as_ref());
            Some((site?, date?))
        })?;
        call::reach(&caller, site)?;
        let clinic = caller.clinic();
        let site = clinic
            .site(site)
            .ok_or_else(|| status::not_found("site", site.to_string()))?;
        let date = date.unwrap_or_else(|| site.zone.local(caller.now).date());
        let log = hygiene_log::day_log(clinic, site, date);
        Ok(v1::GetHygieneLogResponse {
            revision: caller.published.revision,
            log: Some(convert::hygiene::show_log(
                clinic,
                site,
                date,
                &log,
                caller.now,
                &caller.view,
            )),
        }
        .into())
    }
}
