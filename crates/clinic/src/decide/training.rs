//! What therapists have to show: credentials and registrations that are renewed, and the training log.

use std::sync::Arc;

use jiff::civil::Date;

use super::check::Checks;
use super::roster::known;
use super::{Work, catalog, check};
use crate::command::{PutTraining, Renew, Renewed, Revision, Scope};
use crate::id::{TherapistId, TrainingId};
use crate::limits;
use crate::model::{Learned, RecordId, Therapist, Training};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

/// The rest of the therapist stays as it is, so that two who renew at once do not undo each other.
pub(super) fn renew(work: &mut Work<'_>, renew: &Renew) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.line("number", &renew.number, limits::NAME_CHARS);
    checks.finish()?;
    let what = RecordId::Therapist(renew.therapist);
    let before = work.clinic.therapist(renew.therapist);
    let before = Arc::clone(before.ok_or(Refusal::NotFound { what })?);
    catalog::may_change_therapist(work, &before)?;
    work.fresh_enough(what, renew.etag)?;
    let mut after = Therapist::clone(&before);
    let held = match renew.what {
        Renewed::Credential(kind) => {
            let held = after.credentials.iter_mut().find(|it| it.kind == kind);
            held.map(|it| (&mut it.number, &mut it.expires))
        }
        Renewed::Registration => {
            let held = after.registration.as_mut();
            held.map(|it| (&mut it.number, &mut it.expires))
        }
    };
    let (number, expires) = held.ok_or_else(|| {
        let expected = "one that they hold or held: a new one is put with the therapist";
        check::invalid("renewed", expected)
    })?;
    if let Some(last) = expires.filter(|&last| renew.expires <= last) {
        let expected = format_args!("later than {last}, through which it is valid so far");
        return Err(check::invalid("valid_through", expected));
    }
    // A date that is past is a slip: also where none was known, it would end what they may do.
    if renew.expires <= today(work) {
        return Err(check::invalid("valid_through", "later than today"));
    }
    if !renew.number.is_empty() {
        number.clone_from(&renew.number);
    }
    *expires = Some(renew.expires);
    work.update(before, after);
    work.rejudge(Scope::Therapist(renew.therapist));
    Ok(())
}

pub(super) fn put(work: &mut Work<'_>, put: &PutTraining) -> Result<(), Refusal> {
    let what = &put.what;
    let mut checks = Checks::default();
    fields(&mut checks, what);
    let today = today(work);
    checks.expect(what.last <= today, "last", "not later than today");
    checks.finish()?;
    let before = match put.training {
        Some(id) => Some(existing(work, id, put.etag)?),
        None => None,
    };
    theirs(work, &what.participants)?;
    let training = Training {
        id: match put.training {
            Some(id) => id,
            None => TrainingId::new(work.fresh()?),
        },
        what: what.clone(),
        by: work.context.actor.key,
        at: work.now(),
    };
    match before {
        Some(before) => {
            // What corrects nothing leaves it as it was entered.
            let corrects = before.what != training.what;
            let after = if corrects {
                training
            } else {
                Training::clone(&before)
            };
            work.update(before, after);
        }
        None => work.create(training),
    }
    Ok(())
}

pub(super) fn remove(
    work: &mut Work<'_>,
    id: TrainingId,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let training = existing(work, id, etag)?;
    work.mention(RecordId::Training(id));
    work.remove(training);
    Ok(())
}

fn fields(checks: &mut Checks, what: &Learned) {
    let count = what.participants.len();
    checks.expect(count > 0, "participants", "at least one");
    checks.at_most("participants", count, limits::PARTICIPANTS);
    checks.unique("participants", &what.participants);
    checks.name("title", &what.title);
    checks.line("provider", &what.provider, limits::NAME_CHARS);
    checks.line("subject", &what.subject, limits::NAME_CHARS);
    checks.expect(what.first <= what.last, "last", "not before the first");
    checks.between("minutes", what.minutes, Training::QUARTER, limits::TRAINING);
    let whole = what.minutes.is_multiple_of(Training::QUARTER);
    checks.expect(whole, "minutes", "whole quarters of an hour");
    checks.line("certificate", &what.certificate, limits::NAME_CHARS);
    checks.text("note", &what.note, limits::NOTE_CHARS);
}

/// The latest date that it is at any site: what was held there today can be entered.
fn today(work: &Work<'_>) -> Date {
    let dates = work.clinic.sites();
    let dates = dates.map(|site| site.zone.local(work.now()).date());
    dates.max().unwrap_or(Date::MIN)
}

/// An entry whose participants the actor may speak for.
fn existing(
    work: &Work<'_>,
    id: TrainingId,
    etag: Option<Revision>,
) -> Result<Arc<Training>, Refusal> {
    let what = RecordId::Training(id);
    let training = work.clinic.training(id).ok_or(Refusal::NotFound { what })?;
    let participants = &training.what.participants;
    if !participants.iter().any(|id| theirs(work, &[*id]).is_ok()) {
        return Err(Refusal::NotFound { what });
    }
    theirs(work, participants)?;
    work.fresh_enough(what, etag)?;
    Ok(Arc::clone(training))
}

/// Fails unless each of some therapists works at a site of the actor's.
pub(super) fn theirs(work: &Work<'_>, therapists: &[TherapistId]) -> Result<(), Refusal> {
    for &id in therapists {
        catalog::may_change_therapist(work, known(work, id)?)?;
    }
    Ok(())
}
