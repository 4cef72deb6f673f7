//! Clients, their declarations and screening.

use jiff::Timestamp;
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::client_service_server::ClientService;
use treadwell_clinic::command::{EarlierAnswers, RecordDeclaration, ReviewScreening, Step};
use treadwell_clinic::id::{AppointmentId, ClientId, DeclarationId, ServiceId, SiteId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Client, RecordId, Site};
use treadwell_clinic::{Clinic, Command};

use super::call::{self, Answer, pick};
use super::client_record::Records;
use super::import::{self, File};
use super::page::{Page, paged};
use super::{audit, client_record, declared, search, status};
use crate::access::{Caller, HealthRead};
use crate::convert;
use crate::engine::Engine;

paged!(ListClientsRequest, ListDeclarationsRequest);

/// The most clients who are named as perhaps the same person.
const SIMILAR: usize = 10;

/// The most appointments that are named with a client.
const UPCOMING: usize = 50;

/// What is expected of whoever may not see what a client has declared.
const TELLS_WHAT_IS_ON_FILE: &str = "false, because beside what is on file the outcome would tell what that is; record the answers, or \
     try them alone with replace";

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
    records: Records,
}

impl Service {
    /// The service on this engine; what looks at every client's records waits for its turn.
    pub const fn new(engine: Engine, records: Records) -> Self {
        Self { engine, records }
    }
}

#[tonic::async_trait]
impl ClientService for Service {
    async fn create_client(
        &self,
        request: Request<v1::CreateClientRequest>,
    ) -> Answer<v1::CreateClientResponse> {
        let (caller, message) = call::open(request)?;
        let (options, new) = call::read(|f| {
            let options = call::options("CreateClient", &message, message.write.as_ref(), f);
            let client = f.required("client", message.client.as_ref())?;
            let client = convert::client::read(client, &mut f.inside("client"));
            Some((options?, client?))
        })?;
        let command = Command::CreateClient(new);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let client: v1::Client = call::answer(&done, &caller, pick!(Client))?;
        let clinic = done.clinic();
        let made = client.id.parse().ok().and_then(|id| clinic.client(id));
        let similar_client_ids = made
            .into_iter()
            .flat_map(|made| clinic.similar_to(made))
            .map(|other| other.id.to_string())
            .take(SIMILAR)
            .collect();
        Ok(v1::CreateClientResponse {
            revision: done.revision,
            client: Some(client),
            similar_client_ids,
        }
        .into())
    }

    async fn import_clients(
        &self,
        request: Request<v1::ImportClientsRequest>,
    ) -> Answer<v1::ImportClientsResponse> {
        let (caller, message) = call::open(request)?;
        let options =
            call::read(|f| call::options("ImportClients", &message, message.write.as_ref(), f))?;
        let file = File::read(&message.lines, message.skip_existing, |line, f| {
            convert::import::read_client(line, f)
        })?;
        let (revision, results) = import::submit(
            &self.engine,
            &caller,
            file,
            options.write,
            "client",
            |lines| Command::ImportClients(Box::new(lines)),
        )
        .await?;
        Ok(v1::ImportClientsResponse { revision, results }.into())
    }

    async fn update_client(
        &self,
        request: Request<v1::UpdateClientRequest>,
    ) -> Answer<v1::UpdateClientResponse> {
        let (caller, message) = call::open(request)?;
        let (options, update) = call::read(|f| {
            let options = call::options("UpdateClient", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let client = f.required("client", message.client.as_ref())?;
            let mask = message.update_mask.as_ref();
            let update = convert::client::read_update(client, mask, etag, f);
            Some((options?, update?))
        })?;
        let command = Command::UpdateClient(update);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::UpdateClientResponse {
            revision: done.revision,
            client: Some(call::answer(&done, &caller, pick!(Client))?),
        }
        .into())
    }

    async fn get_client(
        &self,
        request: Request<v1::GetClientRequest>,
    ) -> Answer<v1::GetClientResponse> {
        let (caller, message) = call::open(request)?;
        let (id, at) = call::read(|f| {
            let id: Option<ClientId> = f.id("client_id", &message.client_id);
            let at = f.optional_instant("at", message.at.as_ref());
            Some((id?, at?))
        })?;
        let clinic = caller.clinic();
        let client = find(clinic, id)?;
        let upcoming = clinic.appointments_of(id).filter(|appointment| {
            appointment.is_ahead() && appointment.slot.planned.end().timestamp() > caller.now
        });
        Ok(v1::GetClientResponse {
            revision: caller.published.revision,
            client: Some(show(clinic, client)),
            screenings: by_rule_set(&caller, clinic, id, at.unwrap_or(caller.now)),
            upcoming_appointment_ids: upcoming
                .filter(|appointment| caller.view.reaches(appointment.slot.site))
                .take(UPCOMING)
                .map(|appointment| appointment.id.to_string())
                .collect(),
        }
        .into())
    }

    async fn list_clients(
        &self,
        request: Request<v1::ListClientsRequest>,
    ) -> Answer<v1::ListClientsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let fragment = call::read(|f| {
            let text = f.text("query", &message.query, 0..=limits::NAME_CHARS)?;
            match search::Fragment::new(&text) {
                Some(fragment) => Some(fragment),
                None => f.wrong(
                    "query",
                    "two letters of a name or three digits of a phone number",
                ),
            }
        })?;
        let after: Option<search::Place> = page.after()?;
        let clinic = caller.clinic();
        let placed = |client| Some((fragment.place(client)?, client));
        let mut found: Vec<_> = clinic
            .clients()
            .map(AsRef::as_ref)
            .filter_map(placed)
            .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (clients, next_page_token) = page.cut(found.into_iter(), |(place, _)| place.clone());
        Ok(v1::ListClientsResponse {
            revision: caller.published.revision,
            clients: clients
                .into_iter()
                .map(|(_, client)| show(clinic, client))
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn record_declaration(
        &self,
        request: Request<v1::RecordDeclarationRequest>,
    ) -> Answer<v1::RecordDeclarationResponse> {
        let (caller, message) = call::open(request)?;
        let (options, client, answers) = call::read(|f| {
            let options = call::options("RecordDeclaration", &message, message.write.as_ref(), f);
            let client: Option<ClientId> = f.id("client_id", &message.client_id);
            let answers = convert::declaration::read_answers(&message.answers, message.replace, f);
            // Whoever answers all questions but one, and only tries it, would be told the answer to that one by the outcome.
            let is_dry = message.write.as_ref().is_some_and(|it| it.validate_only);
            if is_dry && !message.replace && !caller.view.health() {
                f.wrong::<()>("write.validate_only", TELLS_WHAT_IS_ON_FILE);
            }
            Some((options?, client?, answers?))
        })?;
        let command = Command::RecordDeclaration(RecordDeclaration {
            client,
            answers,
            earlier: if message.replace {
                EarlierAnswers::Drop
            } else {
                EarlierAnswers::Keep
            },
            asked_at: None,
        });
        let write = options.write_of(RecordId::Client(client));
        let done = call::submit(&self.engine, &caller, command, write).await?;
        let declaration = done.reply.records.iter().find_map(|record| match record {
            RecordId::Declaration(id) => Some(*id),
            _ => None,
        });
        if done.dry && !message.replace {
            // What is on file decides, too, also when nothing stands against anything.
            HealthRead::of(&caller, client, "declarations");
        }
        let clinic = done.clinic();
        let ahead = clinic
            .appointments_of(client)
            .filter(|appointment| appointment.slot.start().timestamp() >= done.at)
            .map(|appointment| appointment.id);
        let flagged_count = call::flagged(&done, ahead);
        Ok(v1::RecordDeclarationResponse {
            revision: done.revision,
            declaration_id: declaration.map(|id| id.to_string()).unwrap_or_default(),
            screenings: by_rule_set(&caller, clinic, client, done.at),
            flagged_count,
        }
        .into())
    }

    async fn list_declarations(
        &self,
        request: Request<v1::ListDeclarationsRequest>,
    ) -> Answer<v1::ListDeclarationsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let id: ClientId = call::read(|f| f.id("client_id", &message.client_id))?;
        let clinic = caller.clinic();
        find(clinic, id)?;
        let read = HealthRead::of(&caller, id, "declarations");
        let before: Option<DeclarationId> = page.after()?;
        let newest_first = clinic
            .declarations_of(id)
            .rev()
            .filter(|declaration| before.is_none_or(|before| declaration.id < before));
        let (declarations, next_page_token) = page.cut(newest_first, |declaration| declaration.id);
        let site = site_or_first(&caller, clinic, None).ok();
        let zone = site.map(|site| &site.zone);
        let months = clinic.policy().declaration_months;
        Ok(v1::ListDeclarationsResponse {
            revision: caller.published.revision,
            declarations: declarations
                .into_iter()
                .map(|declaration| {
                    let earlier = clinic.declarations_of(id).rev();
                    let before = { earlier }.find(|it| it.id < declaration.id);
                    let before = before.map(AsRef::as_ref);
                    convert::declaration::show_in_history(declaration, before, zone, months, &read)
                })
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn screen(&self, request: Request<v1::ScreenRequest>) -> Answer<v1::ScreenResponse> {
        let (caller, message) = call::open(request)?;
        let (client, service, site, at) = call::read(|f| {
            let client: Option<ClientId> = f.id("client_id", &message.client_id);
            let service: Option<Option<ServiceId>> =
                f.optional_id("service_id", &message.service_id);
            let site: Option<Option<SiteId>> = f.optional_id("site_id", &message.site_id);
            let at = f.optional_instant("at", message.at.as_ref());
            Some((client?, service?, site?, at?))
        })?;
        let clinic = caller.clinic();
        find(clinic, client)?;
        let at = at.unwrap_or(caller.now);
        if let Some(site) = site {
            call::reach(&caller, site)?;
        }
        let screenings = match service {
            None => by_rule_set(&caller, clinic, client, at),
            Some(id) => {
                let service = clinic
                    .service(id)
                    .ok_or_else(|| status::not_found("service", id.to_string()))?;
                let site = site_or_first(&caller, clinic, site)?;
                let screening = treadwell_clinic::rules::screen(clinic, client, service, site, at);
                let shown = convert::screening::show(
                    &screening,
                    Some(id),
                    clinic,
                    &site.zone,
                    &caller.view,
                );
                audit::reasons_read(&caller, client, [&shown]);
                vec![declared::alone(
                    &caller, clinic, client, &screening, &site.zone, shown,
                )]
            }
        };
        Ok(v1::ScreenResponse {
            revision: caller.published.revision,
            screenings,
        }
        .into())
    }

    async fn get_intake_form(
        &self,
        request: Request<v1::GetIntakeFormRequest>,
    ) -> Answer<v1::GetIntakeFormResponse> {
        declared::intake_form(request)
    }

    async fn review_screening(
        &self,
        request: Request<v1::ReviewScreeningRequest>,
    ) -> Answer<v1::ReviewScreeningResponse> {
        let (caller, message) = call::open(request)?;
        let (options, appointment, decision, note) = call::read(|f| {
            let options = call::options("ReviewScreening", &message, message.write.as_ref(), f);
            let appointment: Option<AppointmentId> =
                f.id("appointment_id", &message.appointment_id);
            let review = f.required("review", message.review.as_ref())?;
            let mut f = f.inside("review");
            let decision = convert::appointment::read_decision(review.decision, &mut f);
            let note = f.note("note", &review.note, 0..=limits::NOTE_CHARS);
            Some((options?, appointment?, decision?, note?))
        })?;
        let command = Command::ReviewScreening(ReviewScreening {
            step: Step {
                appointment,
                etag: options.etag,
            },
            decision,
            note,
        });
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::ReviewScreeningResponse {
            revision: done.revision,
            appointment: Some(call::answer(&done, &caller, pick!(Appointment))?),
        }
        .into())
    }

    type ExportClientRecordStream = client_record::Parts;

    async fn export_client_record(
        &self,
        request: Request<v1::ExportClientRecordRequest>,
    ) -> Answer<Self::ExportClientRecordStream> {
        client_record::export(&self.engine, &self.records, request)
    }

    async fn list_retention(
        &self,
        request: Request<v1::ListRetentionRequest>,
    ) -> Answer<v1::ListRetentionResponse> {
        client_record::list_retention(&self.records.turn, request).await
    }

    async fn erase_client(
        &self,
        request: Request<v1::EraseClientRequest>,
    ) -> Answer<v1::EraseClientResponse> {
        client_record::erase(&self.engine, request).await
    }
}

fn find(clinic: &Clinic, id: ClientId) -> Result<&Client, Status> {
    clinic
        .client(id)
        .map(AsRef::as_ref)
        .ok_or_else(|| status::not_found("client", id.to_string()))
}

fn show(clinic: &Clinic, client: &Client) -> v1::Client {
    let revision = clinic
        .revision_of(&RecordId::Client(client.id))
        .unwrap_or(0);
    convert::client::show(client, revision)
}

/// What each rule set says of a client at a moment, in the zone of the first site in sight.
fn by_rule_set(
    caller: &Caller,
    clinic: &Clinic,
    client: ClientId,
    at: Timestamp,
) -> Vec<v1::Screening> {
    let Ok(site) = site_or_first(caller, clinic, None) else {
        return Vec::new();
    };
    let declaration = clinic.declaration_of(client).map(AsRef::as_ref);
    let months = clinic.policy().declaration_months;
    let shown: Vec<_> = clinic
        .rule_sets()
        .map(|rules| {
            let screening =
                treadwell_clinic::screening::evaluate(rules, declaration, &site.zone, months, at);
            let shown =
                convert::screening::show(&screening, None, clinic, &site.zone, &caller.view);
            declared::alone(caller, clinic, client, &screening, &site.zone, shown)
        })
        .collect();
    audit::reasons_read(caller, client, &shown);
    shown
}

/// The site that is named, or the first one that the caller reaches.
fn site_or_first<'c>(
    caller: &Caller,
    clinic: &'c Clinic,
    named: Option<SiteId>,
) -> Result<&'c Site, Status> {
    let site = match named {
        Some(id) => clinic.site(id),
        None => clinic.sites().find(|site| caller.view.reaches(site.id)),
    };
    site.map(AsRef::as_ref)
        .ok_or_else(|| status::not_found("site", ""))
}
