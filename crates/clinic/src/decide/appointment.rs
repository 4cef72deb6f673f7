//! What the families that deal with appointments share.

use std::sync::Arc;

use super::Work;
use crate::command::Step;
use crate::id::ClientId;
use crate::model::{Appointment, RecordId, Verb, WrongPhase};
use crate::refusal::{ErasureRefusal, Refusal};

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
    work.reaches(what, appointment.slot.site)?;
    work.fresh_enough(what, step.etag)?;
    not_erased(appointment.client)?;
    appointment
        .state
        .allows(verb)
        .map_err(|wrong| Refusal::WrongPhase { what, wrong })?;
    Ok(appointment)
}

/// Fails for what is left of somebody who was erased: it does not change any more.
pub(super) fn not_erased(client: ClientId) -> Result<(), Refusal> {
    if client.is_erased() {
        return Err(Refusal::Erasure(ErasureRefusal::Erased));
    }
    Ok(())
}

/// A step that the state refused.
pub(super) fn wrong_phase(appointment: &Appointment) -> impl Fn(WrongPhase) -> Refusal {
    let what = RecordId::Appointment(appointment.id);
    move |wrong| Refusal::WrongPhase { what, wrong }
}
