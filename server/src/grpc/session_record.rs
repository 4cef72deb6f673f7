//! Notes on sessions, and the advice that clients take home.

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::session_record_service_server::SessionRecordService;
use treadwell_clinic::command::{Revision, SaveNotes, Step};
use treadwell_clinic::id::{AppointmentId, ClientId};
use treadwell_clinic::model::{Aftercare, Appointment, Record, RecordId, SessionRecord};
use treadwell_clinic::{Clinic, Command, aftercare, limits};

use super::call::{self, Answer};
use super::page::{Page, paged};
use super::status;
use crate::access::{Caller, HealthRead};
use crate::convert;
use crate::engine::{Committed, Engine};

paged!(ListSessionRecordsRequest);

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
impl SessionRecordService for Service {
    async fn get_session_record(
        &self,
        request: Request<v1::GetSessionRecordRequest>,
    ) -> Answer<v1::GetSessionRecordResponse> {
        let (caller, message) = call::open(request)?;
        let id = call::read(|f| f.id("appointment_id", &message.appointment_id))?;
        let appointment = call::appointment(&caller, id)?;
        let clinic = caller.clinic();
        let record = clinic
            .session_record(id)
            .ok_or_else(|| status::not_found("session_record", id.to_string()))?;
        let read = HealthRead::of(&caller, appointment.client, "session records");
        Ok(v1::GetSessionRecordResponse {
            revision: caller.published.revision,
            record: Some(show(record, clinic, &read)),
        }
        .into())
    }

    async fn list_session_records(
        &self,
        request: Request<v1::ListSessionRecordsRequest>,
    ) -> Answer<v1::ListSessionRecordsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let client: ClientId = call::read(|f| f.id("client_id", &message.client_id))?;
        let clinic = caller.clinic();
        if clinic.client(client).is_none() {
            return Err(status::not_found("client", client.to_string()));
        }
        // A session that has notes does not move any more, so its start is a place in the list.
        let position = |it: &Appointment| (it.slot.start(), it.id);
        let before = page
            .after::<AppointmentId>()?
            .map(|id| {
                // A page ends with what its reader was shown: a token that names another one was made up.
                let last = clinic.appointment(id);
                let shown = last.filter(|it| caller.view.reaches(it.slot.site));
                shown.ok_or_else(status::page_token)
            })
            .transpose()?
            .map(|it| position(it));
        let newest_first = clinic
            .appointments_of(client)
            .rev()
            .filter(|it| before.is_none_or(|before| position(it) < before))
            .filter(|it| caller.view.reaches(it.slot.site))
            .filter_map(|it| clinic.session_record(it.id));
        let read = HealthRead::of(&caller, client, "session records");
        let (records, next_page_token) = page.cut(newest_first, |record| record.appointment);
        Ok(v1::ListSessionRecordsResponse {
            revision: caller.published.revision,
            records: records
                .into_iter()
                .map(|record| show(record, clinic, &read))
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn save_session_notes(
        &self,
        request: Request<v1::SaveSessionNotesRequest>,
    ) -> Answer<v1::SaveSessionNotesResponse> {
        let (caller, message) = call::open(request)?;
        let (options, appointment, notes) = call::read(|f| {
            let options = call::options("SaveSessionNotes", &message, message.write.as_ref(), f);
            let appointment = f.id("appointment_id", &message.appointment_id);
            let notes = f.required("notes", message.notes.as_ref())?;
            let notes = convert::session_record::read_notes(notes, &mut f.inside("notes"));
            Some((options?, appointment?, notes?))
        })?;
        let step = step(appointment, options.etag);
        let command = Command::SaveNotes(Box::new(SaveNotes { step, notes }));
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::SaveSessionNotesResponse {
            revision: done.revision,
            record: Some(noted(&done, &caller)?),
        }
        .into())
    }

    async fn sign_session_notes(
        &self,
        request: Request<v1::SignSessionNotesRequest>,
    ) -> Answer<v1::SignSessionNotesResponse> {
        let (caller, message) = call::open(request)?;
        let (options, appointment) = call::read(|f| {
            let options = call::options("SignSessionNotes", &message, message.write.as_ref(), f);
            let appointment = f.id("appointment_id", &message.appointment_id);
            Some((options?, appointment?))
        })?;
        let command = Command::SignNotes(step(appointment, options.etag));
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::SignSessionNotesResponse {
            revision: done.revision,
            record: Some(noted(&done, &caller)?),
        }
        .into())
    }

    async fn add_session_addendum(
        &self,
        request: Request<v1::AddSessionAddendumRequest>,
    ) -> Answer<v1::AddSessionAddendumResponse> {
        let (caller, message) = call::open(request)?;
        let (options, appointment, text) = call::read(|f| {
            let options = call::options("AddSessionAddendum", &message, message.write.as_ref(), f);
            let appointment = f.id("appointment_id", &message.appointment_id);
            let text = f.note("text", &message.text, 1..=limits::SESSION_TEXT_CHARS);
            Some((options?, appointment?, text?))
        })?;
        let step = step(appointment, options.etag);
        let command = Command::AddAddendum { step, text };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::AddSessionAddendumResponse {
            revision: done.revision,
            record: Some(noted(&done, &caller)?),
        }
        .into())
    }

    async fn get_aftercare(
        &self,
        request: Request<v1::GetAftercareRequest>,
    ) -> Answer<v1::GetAftercareResponse> {
        let (caller, message) = call::open(request)?;
        let id = call::read(|f| f.id("appointment_id", &message.appointment_id))?;
        let appointment = call::appointment(&caller, id)?;
        let clinic = caller.clinic();
        let (sheet, shown) = if let Some(given) = clinic.aftercare(id) {
            let revision = revision(clinic, RecordId::Aftercare(id));
            let shown = convert::aftercare::show(given, revision, clinic);
            (given.sheet.clone(), shown)
        } else {
            let sheet = aftercare::judge(clinic, appointment)
                .map_err(|refusal| status::refused(&refusal, clinic, &caller.view))?;
            let shown = convert::aftercare::show_unissued(appointment, &sheet);
            (sheet, shown)
        };
        Ok(v1::GetAftercareResponse {
            revision: caller.published.revision,
            aftercare: Some(shown),
            text: aftercare::text(&sheet),
            page: aftercare::page(clinic, appointment, &sheet),
        }
        .into())
    }

    async fn issue_aftercare(
        &self,
        request: Request<v1::IssueAftercareRequest>,
    ) -> Answer<v1::IssueAftercareResponse> {
        let (caller, message) = call::open(request)?;
        let (options, id) = call::read(|f| {
            let options = call::options("IssueAftercare", &message, message.write.as_ref(), f);
            let appointment: Option<AppointmentId> =
                f.id("appointment_id", &message.appointment_id);
            Some((options?, appointment?))
        })?;
        let command = Command::IssueAftercare { appointment: id };
        let write = options.write_of(RecordId::Aftercare(id));
        let done = call::submit(&self.engine, &caller, command, write).await?;
        let clinic = done.clinic();
        let (given, revision) = given(&done, id)?;
        let appointment = clinic
            .appointment(id)
            .ok_or_else(|| status::not_found("appointment", id.to_string()))?;
        Ok(v1::IssueAftercareResponse {
            revision: done.revision,
            text: aftercare::text(&given.sheet),
            page: aftercare::page(clinic, appointment, &given.sheet),
            aftercare: Some(convert::aftercare::show(&given, revision, clinic)),
        }
        .into())
    }
}

fn step(appointment: AppointmentId, etag: Option<Revision>) -> Step {
    Step { appointment, etag }
}

fn revision(clinic: &Clinic, id: RecordId) -> Revision {
    clinic.revision_of(&id).unwrap_or(0)
}

fn show(record: &SessionRecord, clinic: &Clinic, read: &HealthRead) -> v1::SessionRecord {
    let revision = revision(clinic, RecordId::SessionRecord(record.appointment));
    convert::session_record::show_whole(record, revision, clinic, read)
}

/// The notes that a command was about, with what was there before it: the answer is a read as well.
fn noted(done: &Committed, caller: &Caller) -> Result<v1::SessionRecord, Status> {
    let found = done.reply.records.iter().find_map(|&id| done.record(id));
    let Some((Record::SessionRecord(record), revision)) = found else {
        return Err(status::internal("a command on notes named none"));
    };
    let read = HealthRead::of(caller, record.client, "session records");
    let clinic = done.clinic();
    Ok(convert::session_record::show_whole(
        &record, revision, clinic, &read,
    ))
}

fn given(
    done: &Committed,
    id: AppointmentId,
) -> Result<(std::sync::Arc<Aftercare>, Revision), Status> {
    match done.record(RecordId::Aftercare(id)) {
        Some((Record::Aftercare(given), revision)) => Ok((given, revision)),
        _ => Err(status::internal("aftercare was issued and is not there")),
    }
}
