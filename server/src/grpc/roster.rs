//! Who works where and when.

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::roster_service_server::RosterService;
use treadwell_clinic::id::{ShiftId, TherapistId};
use treadwell_clinic::model::{Record, RecordId, Shift};
use treadwell_clinic::time::{Cell, Interval};
use treadwell_clinic::{Clinic, Command};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use crate::convert;
use crate::engine::{Committed, Engine};

paged!(ListShiftsRequest);

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
        Ok(v1::PutShiftResponse {
            revision: done.revision,
            shift: Some(call::answer(&done, &caller, pick!(Shift))?),
            affected_appointment_ids: affected(&done),
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
        Ok(v1::RemoveShiftResponse {
            revision: done.revision,
            affected_appointment_ids: affected(&done),
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

/// What a changed shift no longer covers: looked for where the shift was, and where it is.
fn affected(done: &Committed) -> Vec<String> {
    let clinic = done.clinic();
    let shifts = done.changes.iter().flat_map(|change| {
        [change.before(), change.after()]
            .into_iter()
            .flatten()
            .filter_map(|record| match record {
                Record::Shift(shift) => Some(shift),
                _ => None,
            })
    });
    let theirs = shifts.flat_map(|shift| clinic.therapist_agenda(shift.therapist, shift.time));
    call::affected(done, call::appointments(theirs))
}
