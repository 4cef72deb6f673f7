//! Therapists, their credentials, training and foot care.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::civil::Date;
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::therapist_service_server::TherapistService;
use treadwell_clinic::Command;
use treadwell_clinic::command::{AttestFootCare, Put};
use treadwell_clinic::id::{CredentialId, SiteId, TherapistId, TrainingId};
use treadwell_clinic::model::{Care, RecordId, Therapist, Training};
use treadwell_clinic::time::{Cell, Interval};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use super::status;
use crate::access::Caller;
use crate::convert;
use crate::engine::Engine;

paged!(ListTherapistsRequest, ListTrainingRequest);

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

fn show(caller: &Caller, therapist: &Therapist) -> v1::Therapist {
    let clinic = caller.clinic();
    let revision = clinic
        .revision_of(&RecordId::Therapist(therapist.id))
        .unwrap_or(0);
    convert::therapist::show(therapist, revision, clinic, &caller.view)
}

#[tonic::async_trait]
impl TherapistService for Service {
    async fn get_therapist(
        &self,
        request: Request<v1::GetTherapistRequest>,
    ) -> Answer<v1::GetTherapistResponse> {
        let (caller, message) = call::open(request)?;
        let id: TherapistId = call::read(|f| f.id("therapist_id", &message.therapist_id))?;
        let therapist = caller
            .clinic()
            .therapist(id)
            .ok_or_else(|| status::not_found("therapist", id.to_string()))?;
        Ok(v1::GetTherapistResponse {
            revision: caller.published.revision,
            therapist: Some(show(&caller, therapist)),
        }
        .into())
    }

    async fn list_therapists(
        &self,
        request: Request<v1::ListTherapistsRequest>,
    ) -> Answer<v1::ListTherapistsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, credential) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let credential = f.optional_id::<CredentialId>("credential_id", &message.credential_id);
            Some((sites?, credential?))
        })?;
        let clinic = caller.clinic();
        for &site in &named {
            call::reach(&caller, site)?;
        }
        let after: Option<TherapistId> = page.after()?;
        let on_shift = |therapist: &Therapist| {
            named.is_empty()
                || named
                    .iter()
                    .any(|&site| has_shift(&caller, therapist.id, site))
        };
        let certified = |therapist: &Therapist| {
            credential.is_none_or(|kind| {
                let mut sites = therapist.sites.iter().filter_map(|&site| clinic.site(site));
                sites.any(|site| therapist.holds(kind, site.zone.local(caller.now).date()))
            })
        };
        let therapists = clinic.therapists().filter(|therapist| {
            after.is_none_or(|after| therapist.id > after)
                && on_shift(therapist)
                && certified(therapist)
        });
        let (therapists, next_page_token) = page.cut(therapists, |therapist| therapist.id);
        Ok(v1::ListTherapistsResponse {
            revision: caller.published.revision,
            therapists: therapists.into_iter().map(|it| show(&caller, it)).collect(),
            next_page_token,
        }
        .into())
    }

    async fn put_therapist(
        &self,
        request: Request<v1::PutTherapistRequest>,
    ) -> Answer<v1::PutTherapistResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutTherapist", &message, message.write.as_ref(), f);
            let therapist = f.required("therapist", message.therapist.as_ref())?;
            let therapist = convert::therapist::read(therapist, &mut f.inside("therapist"));
            Some((options?, therapist?))
        })?;
        let id = resource.id;
        let command = Command::PutTherapist(Put {
            resource,
            etag: options.etag,
        });
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let clinic = done.clinic();
        let ahead = call::future(done.at).into_iter();
        let theirs = ahead.flat_map(|time| clinic.therapist_agenda(id, time));
        let flagged_count = call::flagged(&done, call::appointments(theirs));
        Ok(v1::PutTherapistResponse {
            revision: done.revision,
            therapist: Some(call::answer(&done, &caller, pick!(Therapist))?),
            flagged_count,
        }
        .into())
    }

    async fn renew_credential(
        &self,
        request: Request<v1::RenewCredentialRequest>,
    ) -> Answer<v1::RenewCredentialResponse> {
        let (caller, message) = call::open(request)?;
        let (options, renewal) = call::read(|f| {
            let options = call::options("RenewCredential", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let renewal = convert::training::read_renewal(&message, etag, f);
            Some((options?, renewal?))
        })?;
        let command = Command::Renew(renewal);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::RenewCredentialResponse {
            revision: done.revision,
            therapist: Some(call::answer(&done, &caller, pick!(Therapist))?),
        }
        .into())
    }

    async fn list_training(
        &self,
        request: Request<v1::ListTrainingRequest>,
    ) -> Answer<v1::ListTrainingResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, since) = call::read(|f| {
            let named = f.optional_id::<TherapistId>("therapist_id", &message.therapist_id);
            let since = f.optional_date("since", message.since.as_ref());
            Some((named?, since?))
        })?;
        let (all, own) = (caller.view.training(), caller.actor.therapist);
        if named.is_some_and(|named| !all && own != Some(named)) {
            return Err(status::role_not_allowed());
        }
        let after = match page.after::<String>()? {
            Some(text) => Some(position(&text).ok_or_else(status::page_token)?),
            None => None,
        };
        let clinic = caller.clinic();
        let mut found: Vec<_> = clinic
            .trainings()
            .filter(|it| all || own.is_some_and(|own| it.is_of(own)))
            .filter(|it| named.is_none_or(|named| it.is_of(named)))
            .filter(|it| since.is_none_or(|since| since <= it.what.last))
            .filter(|it| it.what.education || !message.education)
            .filter(|it| after.is_none_or(|after| (it.what.last, it.id) < after))
            .collect();
        found.sort_by_key(|it| Reverse((it.what.last, it.id)));
        let place = |it: &&Arc<Training>| format!("{}/{}", it.what.last, it.id);
        let (trainings, next_page_token) = page.cut(found.into_iter(), place);
        let shown = trainings.into_iter().map(|it| {
            let revision = clinic.revision_of(&RecordId::Training(it.id));
            convert::training::show(it, revision.unwrap_or(0))
        });
        Ok(v1::ListTrainingResponse {
            revision: caller.published.revision,
            trainings: shown.collect(),
            next_page_token,
        }
        .into())
    }

    async fn put_training(
        &self,
        request: Request<v1::PutTrainingRequest>,
    ) -> Answer<v1::PutTrainingResponse> {
        let (caller, message) = call::open(request)?;
        let (options, put) = call::read(|f| {
            let options = call::options("PutTraining", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let training = f.required("training", message.training.as_ref())?;
            let put = convert::training::read(training, etag, &mut f.inside("training"));
            Some((options?, put?))
        })?;
        let command = Command::PutTraining(Box::new(put));
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::PutTrainingResponse {
            revision: done.revision,
            training: Some(call::answer(&done, &caller, pick!(Training))?),
        }
        .into())
    }

    async fn remove_training(
        &self,
        request: Request<v1::RemoveTrainingRequest>,
    ) -> Answer<v1::RemoveTrainingResponse> {
        let (caller, message) = call::open(request)?;
        let (options, training) = call::read(|f| {
            let options = call::options("RemoveTraining", &message, message.write.as_ref(), f);
            let training: Option<TrainingId> = f.id("training_id", &message.training_id);
            Some((options?, training?))
        })?;
        let command = Command::RemoveTraining {
            training,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::RemoveTrainingResponse {
            revision: done.revision,
        }
        .into())
    }

    async fn attest_foot_care(
        &self,
        request: Request<v1::AttestFootCareRequest>,
    ) -> Answer<v1::AttestFootCareResponse> {
        let (caller, message) = call::open(request)?;
        let (options, therapist, site) = call::read(|f| {
            let options = call::options("AttestFootCare", &message, message.write.as_ref(), f);
            let therapist: Option<TherapistId> = f.id("therapist_id", &message.therapist_id);
            let site = f.optional_id("site_id", &message.site_id);
            Some((options?, therapist?, site?))
        })?;
        let known = caller
            .clinic()
            .therapist(therapist)
            .ok_or_else(|| status::not_found("therapist", therapist.to_string()))?;
        let site = match site {
            Some(site) => site,
            None => first_site(known, &caller)?,
        };
        let command = Command::AttestFootCare(AttestFootCare {
            therapist,
            site,
            care: Care {
                soak: message.soak,
                scrub: message.scrub,
                pedicure: message.pedicure,
            },
            // That is what the call is for.
            polish_free: true,
        });
        let write = options.write_of(RecordId::Therapist(therapist));
        let done = call::submit(&self.engine, &caller, command, write).await?;
        Ok(v1::AttestFootCareResponse {
            revision: done.revision,
            therapist: Some(call::answer(&done, &caller, pick!(Therapist))?),
        }
        .into())
    }
}

/// Where a page of the training log ends, as its token says.
fn position(text: &str) -> Option<(Date, TrainingId)> {
    let (last, id) = text.split_once('/')?;
    Some((last.parse().ok()?, id.parse().ok()?))
}

/// The first site of a therapist that the caller reaches.
fn first_site(therapist: &Therapist, caller: &Caller) -> Result<SiteId, Status> {
    let mut sites = therapist.sites.iter().copied();
    if let Some(site) = sites.find(|&site| caller.view.reaches(site)) {
        return Ok(site);
    }
    Err(match therapist.sites.first() {
        Some(site) => status::site_not_allowed(site.as_str()),
        None => status::internal("a therapist works at one site at least"),
    })
}

/// Whether a therapist has a shift at a site that has not ended, or that began today.
fn has_shift(caller: &Caller, therapist: TherapistId, site: SiteId) -> bool {
    let clinic = caller.clinic();
    let Some(zone) = clinic.site(site).map(|site| &site.zone) else {
        return false;
    };
    let today = Cell::containing(zone.start_of(zone.local(caller.now).date()));
    Interval::new(today, Cell::MAX).is_some_and(|time| {
        clinic
            .shifts_of(therapist, time)
            .any(|shift| shift.site == site)
    })
}
