//! What follows from a client's declarations beside the outcome: what a therapist is to mind, when it is to be asked
//! again, and the questions on paper.

use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::id::{AppointmentId, ClientId, RuleSetId};
use treadwell_clinic::model::{Appointment, Screening};
use treadwell_clinic::{Clinic, intake, rules, screening};

use super::call::{self, Answer};
use super::status;
use crate::access::{Caller, HealthRead};
use crate::convert;
use crate::convert::values;

/// What a screening makes a therapist mind, for those who may know it; whoever is told has read it.
pub(super) fn cautions(caller: &Caller, client: ClientId, found: &Screening) -> Vec<v1::Caution> {
    let cautions = convert::screening::cautions(found, &caller.view);
    if !cautions.is_empty() {
        HealthRead::of(caller, client, "cautions");
    }
    cautions
}

/// The same of an appointment, as of its start.
pub(super) fn cautions_of(
    caller: &Caller,
    clinic: &Clinic,
    appointment: &Appointment,
) -> Vec<v1::Caution> {
    let slot = &appointment.slot;
    let (Some(service), Some(site)) = (clinic.service(slot.service), clinic.site(slot.site)) else {
        return Vec::new();
    };
    let at = slot.start().timestamp();
    let found = rules::screen(clinic, appointment.client, service, site, at);
    cautions(caller, appointment.client, &found)
}

/// A screening as it is shown alone: with what the therapist is to mind, and from when on an answer is too old.
pub(super) fn alone(
    caller: &Caller,
    clinic: &Clinic,
    client: ClientId,
    found: &Screening,
    zone: &treadwell_clinic::time::Zone,
    shown: v1::Screening,
) -> v1::Screening {
    let months = clinic.policy().declaration_months;
    let rules = clinic.rule_set(found.rule_set).map(AsRef::as_ref);
    let ceases = clinic
        .declaration_of(client)
        .and_then(|it| screening::ceases(it, rules, zone, months));
    v1::Screening {
        cautions: cautions(caller, client, found),
        ceases_on: ceases.map(values::date),
        ..shown
    }
}

pub(super) fn intake_form(
    request: Request<v1::GetIntakeFormRequest>,
) -> Answer<v1::GetIntakeFormResponse> {
    let (caller, message) = call::open(request)?;
    let (rule_set, client, appointment) = call::read(|f| {
        let rule_set: Option<Option<RuleSetId>> =
            f.optional_id("rule_set_id", &message.rule_set_id);
        let client: Option<Option<ClientId>> = f.optional_id("client_id", &message.client_id);
        let appointment: Option<Option<AppointmentId>> =
            f.optional_id("appointment_id", &message.appointment_id);
        if rule_set == Some(None) && appointment == Some(None) {
            return f.wrong("rule_set_id", "a rule set, or an appointment");
        }
        Some((rule_set?, client?, appointment?))
    })?;
    let clinic = caller.clinic();
    let appointment = appointment
        .map(|id| call::appointment(&caller, id))
        .transpose()?;
    if let (Some(client), Some(appointment)) = (client, appointment)
        && appointment.client != client
    {
        let other = convert::Violations::one("client_id", "the appointment's, or none");
        return Err(status::fields(other));
    }
    let of_service = || Some(clinic.service(appointment?.slot.service)?.rule_set);
    let id = rule_set.or_else(of_service);
    let rules = id
        .and_then(|id| clinic.rule_set(id))
        .ok_or_else(|| status::not_found("rule_set", message.rule_set_id.clone()))?;
    let client = client.or(appointment.map(|appointment| appointment.client));
    let client = client
        .map(|id| {
            let found = clinic.client(id);
            found.ok_or_else(|| status::not_found("client", id.to_string()))
        })
        .transpose()?;
    let form = intake::Form {
        clinic,
        rules,
        client: client.map(AsRef::as_ref),
        appointment: appointment.map(AsRef::as_ref),
    };
    Ok(v1::GetIntakeFormResponse {
        revision: caller.published.revision,
        rule_set_id: rules.id.to_string(),
        rule_set_version: i32::try_from(rules.version).unwrap_or(i32::MAX),
        text: form.text(),
        page: form.page(),
    }
    .into())
}
