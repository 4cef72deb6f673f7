//! A session's notes, and the aftercare that its client is given.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::Checks;
use super::{Work, appointment};
use crate::aftercare;
use crate::clinic::Clinic;
use crate::command::{SaveNotes, Step};
use crate::id::AppointmentId;
use crate::limits;
use crate::model::{
    Addendum, Aftercare, Appointment, Guide, Mark, Notes, Place, RecordId, Role, SessionRecord,
    Verb,
};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

pub(super) fn save(work: &mut Work<'_>, save: &SaveNotes) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    let guide = &work.clinic.policy().guide;
    checks.inside("notes", |checks| notes(checks, &save.notes, guide));
    checks.finish()?;
    let session = find(work, save.step.appointment, Verb::Note)?;
    let what = RecordId::SessionRecord(session.id);
    work.fresh_enough(what, save.step.etag)?;
    let before = work.clinic.session_record(session.id);
    let written = mark(work);
    let Some(before) = before else {
        work.create(SessionRecord {
            appointment: session.id,
            client: session.client,
            site: session.slot.site,
            notes: save.notes.clone(),
            written,
            signed: None,
            addenda: Vec::new(),
        });
        return Ok(());
    };
    unsigned(before)?;
    if before.notes == save.notes {
        work.mention(what);
        return Ok(());
    }
    let after = SessionRecord {
        notes: save.notes.clone(),
        written,
        ..SessionRecord::clone(before)
    };
    work.update(Arc::clone(before), after);
    Ok(())
}

pub(super) fn sign(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let session = find(work, step.appointment, Verb::Sign)?;
    work.fresh_enough(RecordId::SessionRecord(session.id), step.etag)?;
    let actor = &work.context.actor;
    match actor.therapist {
        Some(therapist) if therapist != session.slot.therapist => {
            return Err(Refusal::NotTheirSession { therapist });
        }
        None if actor.role != Role::Therapist => return Err(Refusal::NotATherapist),
        _ => {}
    }
    let before = work
        .clinic
        .session_record(session.id)
        .filter(|record| !record.notes.is_empty())
        .ok_or(Refusal::NothingNoted {
            appointment: session.id,
        })?;
    unsigned(before)?;
    let after = SessionRecord {
        signed: Some(mark(work)),
        ..SessionRecord::clone(before)
    };
    work.update(Arc::clone(before), after);
    Ok(())
}

pub(super) fn add_addendum(work: &mut Work<'_>, step: Step, text: &str) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.text("text", text, limits::SESSION_TEXT_CHARS);
    checks.expect(!text.trim().is_empty(), "text", "not empty");
    checks.finish()?;
    let session = find(work, step.appointment, Verb::Note)?;
    work.fresh_enough(RecordId::SessionRecord(session.id), step.etag)?;
    let before = work
        .clinic
        .session_record(session.id)
        .filter(|record| record.signed.is_some())
        .ok_or(Refusal::RecordNotSigned {
            appointment: session.id,
        })?;
    let mut full = Checks::default();
    full.at_most("addenda", before.addenda.len() + 1, limits::ADDENDA);
    full.finish()?;
    let mut after = SessionRecord::clone(before);
    after.addenda.push(Addendum {
        text: text.to_owned(),
        mark: mark(work),
    });
    work.update(Arc::clone(before), after);
    Ok(())
}

pub(super) fn issue_aftercare(
    work: &mut Work<'_>,
    appointment: AppointmentId,
) -> Result<(), Refusal> {
    let session = find(work, appointment, Verb::GiveAftercare)?;
    let sheet = aftercare::judge(work.clinic, session)?;
    let issued = mark(work);
    let Some(before) = work.clinic.aftercare(session.id) else {
        work.create(Aftercare {
            appointment: session.id,
            client: session.client,
            site: session.slot.site,
            sheet,
            issued: vec![issued],
        });
        return Ok(());
    };
    let mut checks = Checks::default();
    checks.at_most("issued", before.issued.len() + 1, limits::AFTERCARE_ISSUED);
    checks.finish()?;
    let mut after = Aftercare {
        sheet,
        ..Aftercare::clone(before)
    };
    after.issued.push(issued);
    work.update(Arc::clone(before), after);
    Ok(())
}

/// Fails when an appointment can not go back to how it was before an operation: its notes are signed, or it
/// would no longer have had the session that they are about.
pub(super) fn may_go_back(
    clinic: &Clinic,
    before: &Appointment,
    after: &Appointment,
) -> Result<(), Refusal> {
    // A turnover, or a longer session, is taken back without a word to the notes.
    if before.state.phase() == after.state.phase() {
        return Ok(());
    }
    let Some(record) = clinic.session_record(before.id) else {
        return Ok(());
    };
    unsigned(record)?;
    if before.state.allows(Verb::Note).is_err() {
        // Of the appointment, not of its notes: whoever undoes need not know that there are any.
        let what = RecordId::Appointment(before.id);
        return Err(Refusal::UndoChanged { what });
    }
    Ok(())
}

fn unsigned(record: &SessionRecord) -> Result<(), Refusal> {
    match record.signed {
        None => Ok(()),
        Some(_) => Err(Refusal::RecordSigned {
            appointment: record.appointment,
        }),
    }
}

fn find<'a>(
    work: &Work<'a>,
    appointment: AppointmentId,
    verb: Verb,
) -> Result<&'a Arc<Appointment>, Refusal> {
    // The etag of these commands is that of the notes, not of the appointment.
    let step = Step {
        appointment,
        etag: None,
    };
    appointment::find(work, step, verb)
}

fn mark(work: &Work<'_>) -> Mark {
    Mark {
        by: work.context.actor.key,
        at: work.now(),
    }
}

fn notes(checks: &mut Checks, notes: &Notes, guide: &Guide) {
    let areas: BTreeSet<_> = guide.areas.iter().map(|area| area.id).collect();
    let zones: BTreeSet<_> = guide.zones.iter().map(|zone| zone.id).collect();
    let techniques: BTreeSet<_> = guide.techniques.iter().map(|one| one.id).collect();
    checks.at_most("pressure", notes.pressure.len(), limits::GUIDE_ENTRIES);
    checks.unique("pressure", notes.pressure.iter().map(|one| one.area));
    checks.each("pressure", &notes.pressure, |checks, one| {
        checks.expect(areas.contains(&one.area), "area", AN_AREA);
        checks.line("change", &one.change, limits::REASON_CHARS);
    });
    checks.at_most("techniques", notes.techniques.len(), limits::GUIDE_ENTRIES);
    checks.unique("techniques", &notes.techniques);
    let known = notes.techniques.iter().all(|id| techniques.contains(id));
    checks.expect(known, "techniques", "techniques of the guide");
    checks.at_most("areas", notes.areas.len(), limits::GUIDE_ENTRIES);
    checks.unique("areas", &notes.areas);
    let known = notes.areas.iter().all(|id| areas.contains(id));
    checks.expect(known, "areas", "areas of the guide");
    checks.at_most("zones", notes.zones.len(), limits::GUIDE_ENTRIES);
    checks.unique("zones", &notes.zones);
    let known = notes.zones.iter().all(|id| zones.contains(id));
    checks.expect(known, "zones", "zones of the foot chart");
    checks.at_most("tender", notes.tender.len(), limits::GUIDE_ENTRIES);
    checks.unique("tender", notes.tender.iter().map(|one| one.place));
    checks.each("tender", &notes.tender, |checks, one| {
        match one.place {
            Place::Area(id) => checks.expect(areas.contains(&id), "place", AN_AREA),
            Place::Zone(id) => {
                checks.expect(zones.contains(&id), "place", "a zone of the foot chart");
            }
        }
        checks.line("note", &one.note, limits::REASON_CHARS);
    });
    for (field, text) in [
        ("feedback", &notes.feedback),
        ("modifications", &notes.modifications),
        ("referral", &notes.referral),
    ] {
        checks.text(field, text, limits::SESSION_TEXT_CHARS);
    }
}

const AN_AREA: &str = "an area of the guide";
