//! Whether a client who is here is to be asked if anything has changed since they declared their health.

use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::model::Appointment;

/// The local date since which anything may have changed that the client was not asked about: when the oldest of the
/// answers was given that the service's rules ask about. None when the policy does not ask, when the client said so already of the declaration in
/// force, when all was answered on the day of the appointment, and when there is no answer that could have changed: then
/// the questions are asked, not this one.
pub fn ask_since(clinic: &Clinic, appointment: &Appointment) -> Option<Date> {
    if !clinic.policy().reconfirm || !appointment.is_ahead() {
        return None;
    }
    let declaration = clinic.declaration_of(appointment.client)?;
    let said = appointment.reconfirmed;
    if said.is_some_and(|said| said.declaration == declaration.id) {
        return None;
    }
    let slot = &appointment.slot;
    let site = clinic.site(slot.site)?;
    let rules = clinic.rule_set(clinic.service(slot.service)?.rule_set)?;
    let answers = rules
        .rules
        .iter()
        .filter_map(|rule| declaration.answer(rule.condition));
    let oldest = answers.map(|answer| answer.asked_at).min()?;
    let since = site.zone.local(oldest).date();
    (since < site.zone.date(slot.start())).then_some(since)
}
