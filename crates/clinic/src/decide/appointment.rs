//! What the families that deal with appointments share.

use std::sync::Arc;

use super::Work;
use crate::clinic::Clinic;
use crate::command::Step;
use crate::model::{
    Appointment, Fault, Occupant, Outcome, RecordId, ReviewDecision, Screening, Verb, WrongPhase,
};
use crate::refusal::Refusal;
use crate::rules;

/// An appointment at a site at which the actor may act, that is as the caller knows it and from which
/// the step can be taken.
pub(super) fn find<'a>(
    work: &Work<'a>,
    step: Step,
    verb: Verb,
) -> Result<&'a Arc<Appointment>, Refusal> {
    let what = RecordId::Appointment(step.appointment);
    let appointment = work
        .clinic
        .appointment(step.appointment)
        .ok_or(Refusal::NotFound { what })?;
    work.allow(appointment.slot.site)?;
    work.fresh_enough(what, step.etag)?;
    appointment
        .state
        .allows(verb)
        .map_err(|wrong| Refusal::WrongPhase { what, wrong })?;
    Ok(appointment)
}

/// A step that the state refused.
pub(super) fn wrong_phase(appointment: &Appointment) -> impl Fn(WrongPhase) -> Refusal {
    let what = RecordId::Appointment(appointment.id);
    move |wrong| Refusal::WrongPhase { what, wrong }
}

/// What stands against an appointment that is still to come, for a person to resolve; nothing once it
/// is over or going on.
pub(super) fn flags(clinic: &Clinic, appointment: &Appointment) -> Vec<Fault> {
    if !appointment.is_ahead() {
        return Vec::new();
    }
    let own = Occupant::Appointment(appointment.id);
    let mut flags = rules::judge(
        clinic,
        &appointment.slot,
        Some(appointment.client),
        Some(own),
    );
    let excluded = flags
        .iter()
        .any(|fault| matches!(fault, Fault::Screening(_)));
    if !excluded {
        flags.extend(review_flag(clinic, appointment));
        flags.sort_by_key(Fault::precedence);
    }
    flags
}

/// The flag of an appointment whose screening still needs a therapist's decision, or was declined.
pub(super) fn review_flag(clinic: &Clinic, appointment: &Appointment) -> Option<Fault> {
    let screening = screening(clinic, appointment)?;
    if screening.outcome == Outcome::Clear {
        return None;
    }
    let decision = appointment
        .review_of(&screening)
        .map(|review| review.decision);
    match decision {
        Some(ReviewDecision::Proceed | ReviewDecision::Modify) => None,
        Some(ReviewDecision::Decline) | None => Some(Fault::Screening(Box::new(screening))),
    }
}

/// What screening says of an appointment at its planned start.
pub(super) fn screening(clinic: &Clinic, appointment: &Appointment) -> Option<Screening> {
    let slot = &appointment.slot;
    let service = clinic.service(slot.service)?;
    let site = clinic.site(slot.site)?;
    let at = slot.start().timestamp();
    Some(rules::screen(clinic, appointment.client, service, site, at))
}
