//! Sites, rooms and their outages, services, rule sets and the policy.

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::catalog_service_server::CatalogService;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Put, Revision};
use treadwell_clinic::id::{AppointmentId, OutageId, RoomId, SiteId};
use treadwell_clinic::model::RecordId;
use treadwell_clinic::time::Cell;

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use super::rule_sets;
use super::turn::Turn;
use crate::access::{Caller, Class};
use crate::convert;
use crate::engine::{Committed, Engine};
use crate::setup;

paged!(ListRoomsRequest, ListOutagesRequest);

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
    turn: Turn,
}

impl Service {
    /// The service on this engine; whom an edit of a rule set would affect is worked out when it is its turn.
    pub const fn new(engine: Engine, turn: Turn) -> Self {
        Self { engine, turn }
    }
}

fn changed(caller: &Caller, id: RecordId) -> Revision {
    caller.clinic().revision_of(&id).unwrap_or(0)
}

#[tonic::async_trait]
impl CatalogService for Service {
    async fn get_catalog(
        &self,
        request: Request<v1::GetCatalogRequest>,
    ) -> Answer<v1::GetCatalogResponse> {
        let (caller, _) = call::open(request)?;
        let clinic = caller.clinic();
        let reaches = |site| caller.view.reaches(site);
        let mut response = v1::GetCatalogResponse {
            revision: caller.published.revision,
            sites: clinic
                .sites()
                .filter(|site| reaches(site.id))
                .map(|site| convert::site::show(site, changed(&caller, RecordId::Site(site.id))))
                .collect(),
            rooms: clinic
                .rooms()
                .filter(|room| reaches(room.site))
                .map(|room| convert::room::show(room, changed(&caller, RecordId::Room(room.id))))
                .collect(),
            services: clinic
                .services()
                .map(|service| {
                    let revision = changed(&caller, RecordId::Service(service.id));
                    convert::service::show(service, revision)
                })
                .collect(),
            ..v1::GetCatalogResponse::default()
        };
        if caller.view.class >= Class::Desk {
            response.rule_sets = clinic
                .rule_sets()
                .map(|set| {
                    convert::rule_set::show(set, changed(&caller, RecordId::RuleSet(set.id)))
                })
                .collect();
            let policy = changed(&caller, RecordId::Policy);
            response.policy = Some(convert::policy::show(clinic.policy(), policy));
        }
        Ok(response.into())
    }

    async fn list_rooms(
        &self,
        request: Request<v1::ListRoomsRequest>,
    ) -> Answer<v1::ListRoomsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<RoomId> = page.after()?;
        let rooms = caller
            .clinic()
            .rooms()
            .filter(|room| sites.contains(&room.site) && after.is_none_or(|after| room.id > after));
        let (rooms, next_page_token) = page.cut(rooms, |room| room.id);
        Ok(v1::ListRoomsResponse {
            revision: caller.published.revision,
            rooms: rooms
                .into_iter()
                .map(|room| convert::room::show(room, changed(&caller, RecordId::Room(room.id))))
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn put_site(&self, request: Request<v1::PutSiteRequest>) -> Answer<v1::PutSiteResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutSite", &message, message.write.as_ref(), f);
            let site = f.required("site", message.site.as_ref())?;
            let site = convert::site::read(site, &mut f.inside("site"));
            Some((options?, site?))
        })?;
        let site = resource.id;
        let put = Put {
            resource,
            etag: options.etag,
        };
        let done =
            call::submit(&self.engine, &caller, Command::PutSite(put), options.write).await?;
        Ok(v1::PutSiteResponse {
            revision: done.revision,
            site: Some(call::answer(&done, &caller, pick!(Site))?),
            affected_appointment_ids: call::affected(&done, ahead(&done, site)),
        }
        .into())
    }

    async fn put_room(&self, request: Request<v1::PutRoomRequest>) -> Answer<v1::PutRoomResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutRoom", &message, message.write.as_ref(), f);
            let room = f.required("room", message.room.as_ref())?;
            let room = convert::room::read(room, &mut f.inside("room"));
            Some((options?, room?))
        })?;
        let put = Put {
            resource,
            etag: options.etag,
        };
        let room = put.resource.id;
        let done =
            call::submit(&self.engine, &caller, Command::PutRoom(put), options.write).await?;
        let flagged_count = call::flagged(&done, call::in_room(done.clinic(), room, done.at));
        Ok(v1::PutRoomResponse {
            revision: done.revision,
            room: Some(call::answer(&done, &caller, pick!(Room))?),
            flagged_count,
        }
        .into())
    }

    async fn put_service(
        &self,
        request: Request<v1::PutServiceRequest>,
    ) -> Answer<v1::PutServiceResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutService", &message, message.write.as_ref(), f);
            let service = f.required("service", message.service.as_ref())?;
            let service = convert::service::read(service, &mut f.inside("service"));
            Some((options?, service?))
        })?;
        let put = Put {
            resource,
            etag: options.etag,
        };
        let done = call::submit(
            &self.engine,
            &caller,
            Command::PutService(put),
            options.write,
        )
        .await?;
        Ok(v1::PutServiceResponse {
            revision: done.revision,
            service: Some(call::answer(&done, &caller, pick!(Service))?),
        }
        .into())
    }

    async fn put_rule_set(
        &self,
        request: Request<v1::PutRuleSetRequest>,
    ) -> Answer<v1::PutRuleSetResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutRuleSet", &message, message.write.as_ref(), f);
            let set = f.required("rule_set", message.rule_set.as_ref())?;
            let set = convert::rule_set::read(set, &mut f.inside("rule_set"));
            Some((options?, set?))
        })?;
        let id = resource.id;
        let put = Put {
            resource,
            etag: options.etag,
        };
        let done = call::submit(
            &self.engine,
            &caller,
            Command::PutRuleSet(put),
            options.write,
        )
        .await?;
        let (preview, flagged_count) = if done.dry {
            let (preview, flagged) = rule_sets::preview(&self.turn, &caller, &done, id).await?;
            (Some(preview), flagged)
        } else {
            (None, rule_sets::flagged(&done))
        };
        Ok(v1::PutRuleSetResponse {
            revision: done.revision,
            rule_set: Some(call::answer(&done, &caller, pick!(RuleSet))?),
            flagged_count,
            preview,
        }
        .into())
    }

    async fn list_rule_set_versions(
        &self,
        request: Request<v1::ListRuleSetVersionsRequest>,
    ) -> Answer<v1::ListRuleSetVersionsResponse> {
        rule_sets::versions(&self.engine, request).await
    }

    async fn update_policy(
        &self,
        request: Request<v1::UpdatePolicyRequest>,
    ) -> Answer<v1::UpdatePolicyResponse> {
        let (caller, message) = call::open(request)?;
        let present = self.engine.snapshot();
        let known = present.clinic.revision_of(&RecordId::Policy);
        let (options, resource) = call::read(|f| {
            let options = call::options("UpdatePolicy", &message, message.write.as_ref(), f);
            let update = f.required("policy", message.policy.as_ref())?;
            let whole = convert::policy::patch(
                convert::policy::show(present.clinic.policy(), 0),
                update,
                message.update_mask.as_ref(),
                f,
            )?;
            let policy = convert::policy::read(&whole, &mut f.inside("policy"));
            Some((options?, policy?))
        })?;
        // What the mask leaves alone was read from `present`: nobody may change it in between.
        let put = Put {
            resource,
            etag: options.etag.or(Some(known.unwrap_or(0))),
        };
        let done = call::submit(
            &self.engine,
            &caller,
            Command::PutPolicy(put),
            options.write,
        )
        .await?;
        Ok(v1::UpdatePolicyResponse {
            revision: done.revision,
            policy: Some(call::answer(&done, &caller, pick!(Policy))?),
        }
        .into())
    }

    async fn open_outage(
        &self,
        request: Request<v1::OpenOutageRequest>,
    ) -> Answer<v1::OpenOutageResponse> {
        let (caller, message) = call::open(request)?;
        let (options, open) = call::read(|f| {
            let options = call::options("OpenOutage", &message, message.write.as_ref(), f);
            let outage = f.required("outage", message.outage.as_ref())?;
            let outage = convert::outage::read(outage, &mut f.inside("outage"));
            Some((options?, outage?))
        })?;
        let room = open.room;
        let done = call::submit(
            &self.engine,
            &caller,
            Command::OpenOutage(open),
            options.write,
        )
        .await?;
        let outage = call::answer(&done, &caller, pick!(Outage))?;
        let hit = call::in_room(done.clinic(), room, done.at);
        let affected_appointment_ids = call::affected(&done, hit);
        Ok(v1::OpenOutageResponse {
            revision: done.revision,
            outage: Some(outage),
            affected_appointment_ids,
        }
        .into())
    }

    async fn close_outage(
        &self,
        request: Request<v1::CloseOutageRequest>,
    ) -> Answer<v1::CloseOutageResponse> {
        let (caller, message) = call::open(request)?;
        let (options, outage) = call::read(|f| {
            let options = call::options("CloseOutage", &message, message.write.as_ref(), f);
            let outage: Option<OutageId> = f.id("outage_id", &message.outage_id);
            Some((options?, outage?))
        })?;
        let command = Command::CloseOutage {
            outage,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::CloseOutageResponse {
            revision: done.revision,
            // One that had not begun is gone.
            outage: call::answers(&done, &caller, pick!(Outage)).next(),
        }
        .into())
    }

    async fn list_outages(
        &self,
        request: Request<v1::ListOutagesRequest>,
    ) -> Answer<v1::ListOutagesResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<OutageId> = page.after()?;
        let now = Cell::containing(caller.now);
        let outages = caller.clinic().outages().filter(|outage| {
            sites.contains(&outage.site)
                && outage.closed.is_none()
                && outage.until.is_none_or(|until| until > now)
                && after.is_none_or(|after| outage.id > after)
        });
        let (outages, next_page_token) = page.cut(outages, |outage| outage.id);
        Ok(v1::ListOutagesResponse {
            revision: caller.published.revision,
            outages: outages
                .into_iter()
                .map(|outage| {
                    convert::outage::show(outage, changed(&caller, RecordId::Outage(outage.id)))
                })
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn export_catalog(
        &self,
        request: Request<v1::ExportCatalogRequest>,
    ) -> Answer<v1::ExportCatalogResponse> {
        let (caller, _) = call::open(request)?;
        Ok(v1::ExportCatalogResponse {
            revision: caller.published.revision,
            toml: setup::export(caller.clinic(), &caller.view.sites),
        }
        .into())
    }
}

/// What lies ahead at a site.
fn ahead(done: &Committed, site: SiteId) -> impl Iterator<Item = AppointmentId> {
    let time = call::future(done.at).into_iter();
    time.flat_map(move |time| done.clinic().appointments_at(site, time))
        .map(|appointment| appointment.id)
}
