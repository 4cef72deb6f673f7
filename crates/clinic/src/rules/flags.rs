//! What stands against an appointment that is booked already, for a person to resolve.

use super::{judge, screen};
use crate::clinic::Clinic;
use crate::model::{Appointment, Fault, Occupant, Outcome, ReviewDecision, Screening};

/// What stands against an appointment that is still to come, in order of precedence; nothing once it is
/// over or going on.
pub fn flags(clinic: &Clinic, appointment: &Appointment) -> Vec<Fault> {
    if !appointment.is_ahead() {
        return Vec::new();
    }
    let own = Occupant::Appointment(appointment.id);
    let mut flags = judge(
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
pub(crate) fn review_flag(clinic: &Clinic, appointment: &Appointment) -> Option<Fault> {
    let screening = screening_of(clinic, appointment)?;
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
pub(crate) fn screening_of(clinic: &Clinic, appointment: &Appointment) -> Option<Screening> {
    let slot = &appointment.slot;
    let service = clinic.service(slot.service)?;
    let site = clinic.site(slot.site)?;
    let at = slot.start().timestamp();
    Some(screen(clinic, appointment.client, service, site, at))
}

/// Whether an appointment has become unsound: it had no flags and would have these, or what stood against
/// it was no more than an open review, and now there is more.
pub fn is_newly_unsound(clinic: &Clinic, before: &Appointment, flags: &[Fault]) -> bool {
    let barefoot = clinic
        .service(before.slot.service)
        .is_some_and(|service| service.modality.is_barefoot());
    let is_review = |fault: &Fault| match fault {
        Fault::Screening(screening) => !(barefoot && screening.outcome.refuses_barefoot()),
        _ => false,
    };
    if before.flags.is_empty() {
        return !flags.is_empty();
    }
    before.flags.iter().all(is_review) && !flags.iter().all(is_review)
}
