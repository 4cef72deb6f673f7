//! What the families that deal with appointments share.

use std::sync::Arc;

use super::Work;
use crate::command::Step;
use crate::model::{Appointment, RecordId, Verb, WrongPhase};
use crate::refusal::Refusal;

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
