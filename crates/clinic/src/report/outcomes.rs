//! What screening says of those who were booked.

use jiff::Timestamp;

use super::{Range, Row, count_appointments};
use crate::clinic::Clinic;
use crate::model::{Appointment, CancelReason, Declaration, Outcome, ReviewDecision, Site, State};
use crate::screening;

/// Screening outcomes of the appointments of a period, and what therapists decided. Only counts: nobody's
/// answers, and no conditions.
///
/// Outcomes are judged when the report is made, by the rules in force *now*, because earlier versions of them
/// are not kept, and by the declaration that was the client's current one at the start. Bookings that were refused
/// because of screening leave no record and are not in it; those of erased clients are not in it either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreeningOutcomes {
    /// All that were planned: the sum of the five outcomes.
    pub appointments: u32,
    /// Nothing stood against the work.
    pub clear: u32,
    /// A therapist had to decide.
    pub needs_review: u32,
    /// Something was not asked, or was asked too long ago.
    pub incomplete: u32,
    /// Excluded, with an end.
    pub excluded_until: u32,
    /// Excluded with no end in sight.
    pub excluded: u32,
    /// A therapist decided to go ahead.
    pub proceed: u32,
    /// A therapist decided to go ahead with a modification.
    pub modify: u32,
    /// A therapist declined the session.
    pub declined: u32,
    /// Cancelled because of screening, whatever its outcome is by now.
    pub cancelled: u32,
}

/// Screening outcomes at a site, by the date of the appointment.
pub fn screening_outcomes(
    clinic: &Clinic,
    site: &Site,
    range: &Range,
) -> Vec<Row<ScreeningOutcomes>> {
    count_appointments(clinic, site, range, |figures, appointment| {
        count(figures, clinic, site, appointment);
    })
}

fn count(figures: &mut ScreeningOutcomes, clinic: &Clinic, site: &Site, appointment: &Appointment) {
    // What they had declared went with them.
    if appointment.client.is_erased() {
        return;
    }
    let Some(outcome) = outcome(clinic, site, appointment) else {
        return;
    };
    figures.appointments += 1;
    let of_this = match outcome {
        Outcome::Clear => &mut figures.clear,
        Outcome::NeedsReview => &mut figures.needs_review,
        Outcome::Incomplete { .. } => &mut figures.incomplete,
        Outcome::ExcludedUntil(_) => &mut figures.excluded_until,
        Outcome::Excluded => &mut figures.excluded,
    };
    *of_this += 1;
    if let Some(review) = &appointment.review {
        let of_this = match review.decision {
            ReviewDecision::Proceed => &mut figures.proceed,
            ReviewDecision::Modify => &mut figures.modify,
            ReviewDecision::Decline => &mut figures.declined,
        };
        *of_this += 1;
    }
    if let State::Cancelled(cancelled) = &appointment.state
        && cancelled.reason == CancelReason::Screening
    {
        figures.cancelled += 1;
    }
}

/// What screening says of an appointment at its start. None only for a service or rules that do not exist,
/// which no stored appointment has.
fn outcome(clinic: &Clinic, site: &Site, appointment: &Appointment) -> Option<Outcome> {
    let service = clinic.service(appointment.slot.service)?;
    let rules = clinic.rule_set(service.rule_set)?;
    let planned = appointment.slot.start().timestamp();
    // What was declared after the session began, or did not begin, changes nothing of it any more.
    let (at, known) = match &appointment.state {
        State::Booked | State::Confirmed | State::Arrived { .. } => (planned, Timestamp::MAX),
        State::InSession { started, .. } => (*started, *started),
        State::Completed(session) => (session.started, session.started),
        State::Cancelled(_) | State::NoShow { .. } => (planned, planned),
    };
    let declaration = clinic
        .declarations_of(appointment.client)
        .rfind(|declaration| declaration.at <= known)
        .map(|declaration| -> &Declaration { declaration });
    let months = clinic.policy().declaration_months;
    Some(screening::evaluate(rules, declaration, &site.zone, months, at).outcome)
}
