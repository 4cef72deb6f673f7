//! Lines of files that are imported, and what stands against one.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{AppointmentLine, ClientLine, ClientNamed};
use treadwell_clinic::limits;
use treadwell_clinic::model::Fault;
use treadwell_clinic::refusal::{BadLine, LineFault, Refusal, SlotRefusal, Violation};

use super::fields::Fields;
use super::words::Words;
use super::{client, fault, hold};

/// Reads a client in a file.
pub fn read_client(line: &v1::ClientLine, f: &mut Fields<'_>) -> Option<ClientLine> {
    let number = read_number(line.line, f);
    let it = f.required("client", line.client.as_ref())?;
    let mut f = f.inside("client");
    let external = read_external("external_id", &it.external_id, &mut f);
    let client = client::read(it, &mut f);
    Some(ClientLine {
        line: number?,
        external: external?,
        client: client?,
    })
}

/// Reads an appointment in a file.
pub fn read_appointment(line: &v1::AppointmentLine, f: &mut Fields<'_>) -> Option<AppointmentLine> {
    let number = read_number(line.line, f);
    let it = f.required("appointment", line.appointment.as_ref())?;
    let client = read_named(line, &it.client_id, f);
    let mut f = f.inside("appointment");
    let external = read_external("external_id", &it.external_id, &mut f);
    let wish = hold::read_place(it, &mut f);
    let note = f.note("note", &it.note, 0..=limits::NOTE_CHARS);
    Some(AppointmentLine {
        line: number?,
        external: external?,
        client: client?,
        wish: wish?,
        confirmed: line.confirmed,
        note: note?,
    })
}

fn read_number(line: i32, f: &mut Fields<'_>) -> Option<u32> {
    f.number("line", line, 1..=i64::from(i32::MAX))
}

fn read_external(name: &str, id: &str, f: &mut Fields<'_>) -> Option<String> {
    f.text(name, id, 0..=limits::EXTERNAL_CHARS)
}

/// Reads how a line names its client: in one way.
fn read_named(line: &v1::AppointmentLine, id: &str, f: &mut Fields<'_>) -> Option<ClientNamed> {
    let (external, name, phone) = (
        &line.client_external_id,
        &line.client_name,
        &line.client_phone,
    );
    if !id.is_empty() {
        return f
            .inside("appointment")
            .id("client_id", id)
            .map(ClientNamed::Id);
    }
    if !external.is_empty() {
        let id = read_external("client_external_id", external, f);
        let name = f.text("client_name", name, 0..=limits::NAME_CHARS);
        return Some(ClientNamed::External {
            id: id?,
            name: name?,
        });
    }
    if name.is_empty() || phone.is_empty() {
        return f.wrong(
            "client_name",
            "the client: by id, by external id, or by name and phone number",
        );
    }
    let name = f.text("client_name", name, 1..=limits::NAME_CHARS);
    let phone = f.text("client_phone", phone, 1..=limits::PHONE_CHARS);
    Some(ClientNamed::NameAndPhone {
        name: name?,
        phone: phone?,
    })
}

/// Shows everything that stands against a line. What has no reason among the rules is given to `other`, which knows the rest
/// of the refusals. Fields of the line's thing begin with `thing`.
pub fn problems(
    bad: &BadLine,
    thing: &str,
    clinic: &Clinic,
    other: impl FnOnce(&Refusal) -> v1::LineProblem,
) -> Vec<v1::LineProblem> {
    match &bad.fault {
        LineFault::Refused(refusal) => match &**refusal {
            Refusal::Invalid(violations) => {
                violations.iter().map(|it| invalid(thing, it)).collect()
            }
            Refusal::Slot(slot) => place(slot, &bad.clashes, clinic),
            refusal => vec![other(refusal)],
        },
        LineFault::Repeated { line } => vec![problem(
            v1::Reason::LineRepeated,
            format!("Line {line} of the file is about the same. Take one of them out."),
        )],
        LineFault::Exists { what } => vec![problem(
            v1::Reason::AlreadyExists,
            format!(
                "The clinic has it as {what} already. Take the line out, or pass over what exists."
            ),
        )],
        LineFault::NoSuchClient => vec![problem(
            v1::Reason::NoSuchClient,
            "There is no such client. Import or add the client first.".to_owned(),
        )],
        LineFault::SeveralClients => vec![problem(
            v1::Reason::SeveralClients,
            "Several clients have this name and phone number. Name the client by id.".to_owned(),
        )],
    }
}

/// A field of a line that is not as it has to be.
pub fn invalid(thing: &str, violation: &Violation) -> v1::LineProblem {
    v1::LineProblem {
        reason: fault::reason_name(v1::Reason::FieldsInvalid).to_owned(),
        field: format!("{thing}.{}", violation.field),
        text: violation.expected.clone(),
    }
}

/// One thing that stands against a line.
pub fn problem(reason: v1::Reason, text: String) -> v1::LineProblem {
    v1::LineProblem {
        reason: fault::reason_name(reason).to_owned(),
        field: String::new(),
        text,
    }
}

fn place(slot: &SlotRefusal, clashes: &[u32], clinic: &Clinic) -> Vec<v1::LineProblem> {
    if slot.faults.is_empty() {
        let text = "No room and therapist of the site offer the service.".to_owned();
        return vec![problem(v1::Reason::NothingFree, text)];
    }
    let lines: Vec<_> = clashes.iter().map(|line| format!("line {line}")).collect();
    let show = |it: &Fault| {
        let mut text = Words(clinic).fault(it);
        if it.clash().is_some() && !lines.is_empty() {
            text = format!("{text} See {}.", lines.join(", "));
        }
        problem(fault::reason(it), text)
    };
    slot.faults.iter().map(show).collect()
}
