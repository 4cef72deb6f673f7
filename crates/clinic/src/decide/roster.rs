//! Who works where and when, and whose feet are cared for.

use std::sync::Arc;

use super::Work;
use super::check::Checks;
use super::template::Exceptions;
use crate::command::{AttestFootCare, PutShift, Revision, Scope};
use crate::id::{ShiftId, SiteId, TherapistId};
use crate::limits;
use crate::model::{FootCare, RecordId, Shift, Therapist};
use crate::refusal::Refusal;
use crate::rules::{self, InTheWay};

#[cfg(test)]
mod tests;

pub(super) fn attest_foot_care(work: &mut Work<'_>, entry: &AttestFootCare) -> Result<(), Refusal> {
    let site = work.site(entry.site)?;
    works_at(known(work, entry.therapist)?, entry.site)?;
    let entry = FootCare {
        therapist: entry.therapist,
        date: site.zone.local(work.now()).date(),
        care: entry.care,
        polish_free: entry.polish_free,
        by: work.context.actor.key,
        at: work.now(),
    };
    match work.clinic.foot_care(entry.therapist, entry.date) {
        Some(before) => work.update(Arc::clone(before), entry),
        None => work.create(entry),
    }
    Ok(())
}

pub(super) fn put_shifts(work: &mut Work<'_>, puts: &[PutShift]) -> Result<(), Refusal> {
    check_shifts(puts)?;
    let replaced: Vec<ShiftId> = puts.iter().filter_map(|put| put.shift).collect();
    let mut exceptions = Exceptions::default();
    let mut planned: Vec<Shift> = Vec::with_capacity(puts.len());
    for put in puts {
        work.site(put.site)?;
        let therapist = known(work, put.therapist)?;
        let before = match put.shift {
            Some(id) => Some(existing(work, id, put.etag)?),
            None => None,
        };
        works_at(therapist, put.site)?;
        work.not_past(put.time.end().minus_cells(1))?;
        work.in_calendar(put.time.end())?;
        let shift = Shift {
            id: match put.shift {
                Some(id) => id,
                None => ShiftId::new(work.fresh()?),
            },
            therapist: put.therapist,
            site: put.site,
            time: put.time,
            breaks: put.breaks.clone(),
            template: None,
        };
        apart(work, &shift, |id| replaced.contains(&id), &planned)?;
        judge_again(work, shift.therapist);
        match before {
            Some(before) => {
                judge_again(work, before.therapist);
                exceptions.add(work, &before);
                work.update(before, shift.clone());
            }
            None => work.create(shift.clone()),
        }
        planned.push(shift);
    }
    exceptions.note(work);
    Ok(())
}

pub(super) fn remove_shift(
    work: &mut Work<'_>,
    id: ShiftId,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let shift = existing(work, id, etag)?;
    judge_again(work, shift.therapist);
    let mut exceptions = Exceptions::default();
    exceptions.add(work, &shift);
    exceptions.note(work);
    work.mention(RecordId::Shift(id));
    work.remove(shift);
    Ok(())
}

fn check_shifts(puts: &[PutShift]) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.expect(!puts.is_empty(), "shifts", "at least one");
    checks.at_most("shifts", puts.len(), limits::SHIFTS_PER_COMMAND);
    checks.unique("shifts", puts.iter().filter_map(|put| put.shift));
    checks.each("shifts", puts, |checks, put| {
        let longest = limits::SHIFT;
        let fits = put.time.cells() <= longest.cells();
        checks.expect(fits, "time", format_args!("at most {longest}"));
        checks.at_most("breaks", put.breaks.len(), limits::BREAKS);
        let inside = put.breaks.iter().all(|pause| put.time.covers(*pause));
        checks.expect(inside, "breaks", "inside the shift");
        let apart = put
            .breaks
            .windows(2)
            .all(|pair| pair[0].end() <= pair[1].start());
        checks.expect(apart, "breaks", "in order and apart from each other");
    });
    checks.finish()
}

/// A shift at a site at which the actor may act.
fn existing(work: &Work<'_>, id: ShiftId, etag: Option<Revision>) -> Result<Arc<Shift>, Refusal> {
    let what = RecordId::Shift(id);
    let shift = work.clinic.shift(id).ok_or(Refusal::NotFound { what })?;
    work.reaches(what, shift.site)?;
    work.fresh_enough(what, etag)?;
    Ok(Arc::clone(shift))
}

pub(super) fn known<'a>(work: &Work<'a>, id: TherapistId) -> Result<&'a Therapist, Refusal> {
    let what = RecordId::Therapist(id);
    let therapist = work.clinic.therapist(id);
    therapist
        .map(AsRef::as_ref)
        .ok_or(Refusal::NotFound { what })
}

/// Fails unless the therapist works at the site.
pub(super) fn works_at(therapist: &Therapist, site: SiteId) -> Result<(), Refusal> {
    if therapist.sites.contains(&site) {
        return Ok(());
    }
    Err(Refusal::TherapistOfAnotherSite {
        therapist: therapist.id,
        site,
    })
}

/// Fails when another shift of the therapist's is in the way of this one: one that does not go, or one of the
/// same command.
pub(super) fn apart(
    work: &Work<'_>,
    shift: &Shift,
    goes: impl Fn(ShiftId) -> bool,
    planned: &[Shift],
) -> Result<(), Refusal> {
    let therapist = shift.therapist;
    match rules::in_the_way(work.clinic, shift, goes, planned) {
        None => Ok(()),
        Some(InTheWay {
            shift,
            travel: None,
        }) => Err(Refusal::ShiftOverlaps { therapist, shift }),
        Some(InTheWay {
            shift,
            travel: Some(gap),
        }) => Err(Refusal::ShiftTooNear {
            therapist,
            shift,
            gap,
        }),
    }
}

/// A shift changed: whatever the therapist has before them is judged again, if there is anything.
pub(super) fn judge_again(work: &mut Work<'_>, therapist: TherapistId) {
    let future = work.future();
    if work
        .clinic
        .therapist_agenda(therapist, future)
        .next()
        .is_some()
    {
        work.rejudge(Scope::Therapist(therapist));
    }
}
