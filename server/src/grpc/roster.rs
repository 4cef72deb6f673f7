//! Who works where and when.

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::roster_service_server::RosterService;
use treadwell_clinic::id::{AbsenceId, ShiftId, TemplateId, TherapistId};
use treadwell_clinic::model::{Record, RecordId, Shift};
use treadwell_clinic::time::{Cell, Interval};
use treadwell_clinic::{Clinic, Command, rules};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use crate::access::Caller;
use crate::convert;
use crate::engine::{Committed, Engine};

paged!(
    ListShiftsRequest,
    ListTimeOffRequest,
    ListWeekTemplatesRequest
);

/// The longest span that shifts are listed for, in days.
const SPAN_DAYS: u32 = 400;

/// The most therapists that a list of shifts names.
const THERAPISTS: usize = 200;

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
impl RosterService for Service {
    async fn put_shift(
        &self,
        request: Request<v1::PutShiftRequest>,
    ) -> Answer<v1::PutShiftResponse> {
        let (caller, message) = call::open(request)?;
        let (options, put) = call::read(|f| {
            let options = call::options("PutShift", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let shift = f.required("shift", message.shift.as_ref())?;
            let put = convert::shift::read(shift, etag, &mut f.inside("shift"));
            Some((options?, put?))
        })?;
        let command = Command::PutShifts(vec![put]);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let affected = Affected::by(&done, &caller);
        Ok(v1::PutShiftResponse {
            revision: done.revision,
            shift: Some(call::answer(&done, &caller, pick!(Shift))?),
            affected_appointment_ids: affected.ids,
            affected_appointments: affected.shown,
        }
        .into())
    }

    async fn remove_shift(
        &self,
        request: Request<v1::RemoveShiftRequest>,
    ) -> Answer<v1::RemoveShiftResponse> {
        let (caller, message) = call::open(request)?;
        let (options, shift) = call::read(|f| {
            let options = call::options("RemoveShift", &message, message.write.as_ref(), f);
            let shift: Option<ShiftId> = f.id("shift_id", &message.shift_id);
            Some((options?, shift?))
        })?;
        let command = Command::RemoveShift {
            shift,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let affected = Affected::by(&done, &caller);
        Ok(v1::RemoveShiftResponse {
            revision: done.revision,
            affected_appointment_ids: affected.ids,
            affected_appointments: affected.shown,
        }
        .into())
    }

    async fn list_shifts(
        &self,
        request: Request<v1::ListShiftsRequest>,
    ) -> Answer<v1::ListShiftsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, therapists, span) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let therapists: Option<Vec<TherapistId>> =
                f.ids("therapist_ids", &message.therapist_ids, THERAPISTS);
            let from = f.instant("from", message.from.as_ref());
            let until = f.instant("until", message.until.as_ref());
            let span = Interval::new(Cell::containing(from?), Cell::at_or_after(until?));
            let span = match span {
                Some(span) if span.minutes() <= SPAN_DAYS * 24 * 60 => Some(span),
                Some(_) => f.wrong("until", format!("at most {SPAN_DAYS} days after `from`")),
                None => f.wrong("until", "later than `from`"),
            };
            Some((sites?, therapists?, span?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<ShiftId> = page.after()?;
        let clinic = caller.clinic();
        let mut found: Vec<&Shift> = sites
            .iter()
            .flat_map(|&site| touching(clinic, site, span))
            .filter(|shift| therapists.is_empty() || therapists.contains(&shift.therapist))
            .filter(|shift| after.is_none_or(|after| shift.id > after))
            .collect();
        found.sort_by_key(|shift| shift.id);
        let (shifts, next_page_token) = page.cut(found.into_iter(), |shift| shift.id);
        Ok(v1::ListShiftsResponse {
            revision: caller.published.revision,
            shifts: shifts
                .into_iter()
                .map(|shift| {
                    let revision = clinic.revision_of(&RecordId::Shift(shift.id)).unwrap_or(0);
                    convert::shift::show(shift, revision)
                })
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn put_week_template(
        &self,
        request: Request<v1::PutWeekTemplateRequest>,
    ) -> Answer<v1::PutWeekTemplateResponse> {
        let (caller, message) = call::open(request)?;
        let (options, put) = call::read(|f| {
            let options = call::options("PutWeekTemplate", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let template = f.required("template", message.template.as_ref())?;
            let put = convert::template::read(template, etag, &mut f.inside("template"));
            Some((options?, put?))
        })?;
        let command = Command::PutTemplate(put);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let affected = Affected::by(&done, &caller);
        Ok(v1::PutWeekTemplateResponse {
            revision: done.revision,
            template: Some(call::answer(&done, &caller, pick!(WeekTemplate))?),
            affected_appointment_ids: affected.ids,
            affected_appointments: affected.shown,
            left_out: left_out(&done, &caller),
        }
        .into())
    }

    async fn remove_week_template(
        &self,
        request: Request<v1::RemoveWeekTemplateRequest>,
    ) -> Answer<v1::RemoveWeekTemplateResponse> {
        let (caller, message) = call::open(request)?;
        let (options, template) = call::read(|f| {
            let options = call::options("RemoveWeekTemplate", &message, message.write.as_ref(), f);
            let template: Option<TemplateId> = f.id("template_id", &message.template_id);
            Some((options?, template?))
        })?;
        let command = Command::RemoveTemplate {
            template,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let affected = Affected::by(&done, &caller);
        Ok(v1::RemoveWeekTemplateResponse {
            revision: done.revision,
            affected_appointment_ids: affected.ids,
            affected_appointments: affected.shown,
        }
        .into())
    }

    async fn list_week_templates(
        &self,
        request: Request<v1::ListWeekTemplatesRequest>,
    ) -> Answer<v1::ListWeekTemplatesResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, therapists) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let therapists: Option<Vec<TherapistId>> =
                f.ids("therapist_ids", &message.therapist_ids, THERAPISTS);
            Some((sites?, therapists?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<TemplateId> = page.after()?;
        let clinic = caller.clinic();
        let found = clinic
            .templates()
            .filter(|it| sites.contains(&it.site))
            .filter(|it| therapists.is_empty() || therapists.contains(&it.therapist))
            .filter(|it| after.is_none_or(|after| it.id > after));
        let (templates, next_page_token) = page.cut(found, |it| it.id);
        let shown = templates.into_iter().map(|it| {
            let revision = clinic.revision_of(&RecordId::WeekTemplate(it.id));
            convert::template::show(it, revision.unwrap_or(0))
        });
        Ok(v1::ListWeekTemplatesResponse {
            revision: caller.published.revision,
            templates: shown.collect(),
            next_page_token,
        }
        .into())
    }

    async fn put_time_off(
        &self,
        request: Request<v1::PutTimeOffRequest>,
    ) -> Answer<v1::PutTimeOffResponse> {
        let (caller, message) = call::open(request)?;
        let (options, put) = call::read(|f| {
            let options = call::options("PutTimeOff", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let time_off = f.required("time_off", message.time_off.as_ref())?;
            let put = convert::absence::read(time_off, etag, &mut f.inside("time_off"));
            Some((options?, put?))
        })?;
        let command = Command::PutAbsence(put);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let affected = Affected::by(&done, &caller);
        Ok(v1::PutTimeOffResponse {
            revision: done.revision,
            time_off: Some(call::answer(&done, &caller, pick!(TimeOff))?),
            affected_appointment_ids: affected.ids,
            affected_appointments: affected.shown,
        }
        .into())
    }

    async fn remove_time_off(
        &self,
        request: Request<v1::RemoveTimeOffRequest>,
    ) -> Answer<v1::RemoveTimeOffResponse> {
        let (caller, message) = call::open(request)?;
        let (options, absence) = call::read(|f| {
            let options = call::options("RemoveTimeOff", &message, message.write.as_ref(), f);
            let absence: Option<AbsenceId> = f.id("time_off_id", &message.time_off_id);
            Some((options?, absence?))
        })?;
        let command = Command::RemoveAbsence {
            absence,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::RemoveTimeOffResponse {
            revision: done.revision,
        }
        .into())
    }

    async fn list_time_off(
        &self,
        request: Request<v1::ListTimeOffRequest>,
    ) -> Answer<v1::ListTimeOffResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (therapists, span) = call::read(|f| {
            let therapists: Option<Vec<TherapistId>> =
                f.ids("therapist_ids", &message.therapist_ids, THERAPISTS);
            let from = f.instant("from", message.from.as_ref());
            let until = f.instant("until", message.until.as_ref());
            let span = Interval::new(Cell::containing(from?), Cell::at_or_after(until?));
            let span = span.or_else(|| f.wrong("until", "later than `from`"));
            Some((therapists?, span?))
        })?;
        let after: Option<AbsenceId> = page.after()?;
        let clinic = caller.clinic();
        let found = clinic
            .absences()
            .filter(|it| it.time.overlaps(span))
            .filter(|it| therapists.is_empty() || therapists.contains(&it.therapist))
            .filter(|it| after.is_none_or(|after| it.id > after));
        let (found, next_page_token) = page.cut(found, |it| it.id);
        let shown = found.into_iter().map(|it| {
            let revision = clinic.revision_of(&RecordId::Absence(it.id)).unwrap_or(0);
            convert::absence::show(it, revision, &caller.view)
        });
        Ok(v1::ListTimeOffResponse {
            revision: caller.published.revision,
            time_off: shown.collect(),
            next_page_token,
        }
        .into())
    }
}

/// The shifts at a site that overlap a span. None is longer than a day, so those that began up to a
/// day before it are looked at.
pub(super) fn touching(
    clinic: &Clinic,
    site: treadwell_clinic::id::SiteId,
    span: Interval,
) -> impl Iterator<Item = &Shift> {
    let from = span.start().minus(treadwell_clinic::limits::SHIFT);
    Interval::new(from, span.end())
        .into_iter()
        .flat_map(move |starting| clinic.shifts_at(site, starting))
        .map(AsRef::as_ref)
        .filter(move |shift| shift.time.overlaps(span))
}

/// The coming days of the week that was put on which another shift is in the way.
fn left_out(done: &Committed, caller: &Caller) -> Vec<v1::LeftOutShift> {
    let clinic = done.clinic();
    let put = done.reply.records.iter().find_map(|id| match id {
        RecordId::WeekTemplate(id) => clinic.template(*id),
        _ => None,
    });
    let all = put.map(|it| rules::left_out(clinic, it, done.at));
    let first = all.into_iter().flatten().take(SHOWN);
    first
        .map(|it| convert::template::show_left_out(&it, clinic, &caller.view))
        .collect()
}

/// What changed shifts no longer cover, and what lies in time off.
struct Affected {
    ids: Vec<String>,
    /// The earliest ones.
    shown: Vec<v1::Appointment>,
}

/// The most appointments that are shown whole.
const SHOWN: usize = 50;

impl Affected {
    /// Looked for where shifts and time off were, and where they are.
    fn by(done: &Committed, caller: &Caller) -> Self {
        let clinic = done.clinic();
        let times = done.changes.iter().flat_map(|change| {
            [change.before(), change.after()]
                .into_iter()
                .flatten()
                .filter_map(|record| match record {
                    Record::Shift(shift) => Some((shift.therapist, shift.time)),
                    Record::Absence(absence) => Some((absence.therapist, absence.time)),
                    _ => None,
                })
        });
        let theirs = times.flat_map(|(therapist, time)| clinic.therapist_agenda(therapist, time));
        let mut hit = call::hit(done, call::appointments(theirs));
        let ids = hit.iter().map(|it| it.id.to_string()).collect();
        hit.sort_by_key(|it| (it.slot.start(), it.id));
        let shown = call::show_appointments(caller, clinic, hit.into_iter().take(SHOWN));
        Self { ids, shown }
    }
}
