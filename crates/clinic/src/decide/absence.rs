//! Time off: when a therapist works nowhere.

use std::sync::Arc;

use super::Work;
use super::check::Checks;
use super::roster::{judge_again, known};
use crate::command::{PutAbsence, Revision};
use crate::id::{AbsenceId, TherapistId};
use crate::limits;
use crate::model::{Absence, RecordId};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

pub(super) fn put(work: &mut Work<'_>, put: &PutAbsence) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    let longest = u32::from(limits::ABSENCE_DAYS) * 24 * 60;
    let fits = put.time.minutes() <= longest;
    checks.expect(
        fits,
        "time",
        format_args!("at most {} days", limits::ABSENCE_DAYS),
    );
    checks.line("reason", &put.reason, limits::REASON_CHARS);
    checks.finish()?;
    let before = match put.absence {
        Some(id) => Some(existing(work, id, put.etag)?),
        None => None,
    };
    if let Some(before) = &before {
        let mut checks = Checks::default();
        let same = before.therapist == put.therapist;
        checks.expect(same, "therapist", "the one whose time off it is");
        checks.finish()?;
    }
    everywhere(work, put.therapist)?;
    work.not_past(put.time.end().minus_cells(1))?;
    work.in_calendar(put.time.end())?;
    let absence = Absence {
        id: match put.absence {
            Some(id) => id,
            None => AbsenceId::new(work.fresh()?),
        },
        therapist: put.therapist,
        time: put.time,
        reason: put.reason.clone(),
    };
    apart(work, &absence)?;
    judge_again(work, put.therapist);
    match before {
        Some(before) => work.update(before, absence),
        None => work.create(absence),
    }
    Ok(())
}

pub(super) fn remove(
    work: &mut Work<'_>,
    id: AbsenceId,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let absence = existing(work, id, etag)?;
    judge_again(work, absence.therapist);
    work.mention(RecordId::Absence(id));
    work.remove(absence);
    Ok(())
}

fn existing(
    work: &Work<'_>,
    id: AbsenceId,
    etag: Option<Revision>,
) -> Result<Arc<Absence>, Refusal> {
    let what = RecordId::Absence(id);
    let absence = work.clinic.absence(id).ok_or(Refusal::NotFound { what })?;
    let sites = &known(work, absence.therapist)?.sites;
    if !sites.iter().any(|&site| work.allow(site).is_ok()) {
        return Err(Refusal::NotFound { what });
    }
    everywhere(work, absence.therapist)?;
    work.fresh_enough(what, etag)?;
    Ok(Arc::clone(absence))
}

/// Fails when the therapist has other time off at that time: what is off twice would be on again when one
/// of the two ends.
pub(super) fn apart(work: &Work<'_>, absence: &Absence) -> Result<(), Refusal> {
    let therapist = absence.therapist;
    let mut others = work.clinic.absences_of(therapist, absence.time);
    match others.find(|other| other.id != absence.id) {
        Some(other) => Err(Refusal::AbsenceOverlaps {
            therapist,
            absence: other.id,
        }),
        None => Ok(()),
    }
}

/// Fails unless the actor may act wherever the therapist works: time off is time off from every site.
fn everywhere(work: &Work<'_>, therapist: TherapistId) -> Result<(), Refusal> {
    let sites = &known(work, therapist)?.sites;
    sites.iter().try_for_each(|&site| work.allow(site))
}
