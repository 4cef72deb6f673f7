//! Appointments and screenings as answers: the JSON that scripts read, and the words that people do.

use jiff::{Timestamp, tz::TimeZone};
use prost_types::Timestamp as Wire;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    names::Names,
    report::{Report, Table},
};
pub(crate) use crate::tui::time::iso as iso_date;
use crate::tui::{time, words};

/// An appointment as `--json` prints it. Times are RFC 3339 with the site's offset; what is not known is left out.
#[derive(Debug, Serialize)]
pub(crate) struct AppointmentJson {
    id: String,
    /// `booked`, `confirmed`, `arrived`, `in_session`, `completed`, `cancelled` or `no_show`.
    state: String,
    client_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_phone: String,
    service_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension_ids: Vec<String>,
    site_id: String,
    room_id: String,
    therapist_id: String,
    start: String,
    end: String,
    /// The room is occupied until then, turnover included.
    #[serde(skip_serializing_if = "Option::is_none")]
    room_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<CancelledJson>,
    /// What has become unsound, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<ScreeningJson>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<SeriesJson>,
    /// Tax not included.
    price_cents: i64,
    etag: String,
}

/// Its place in a series.
#[derive(Debug, Serialize)]
struct SeriesJson {
    id: String,
    /// From 1.
    number: i32,
    /// How many were asked for.
    of: i32,
}

#[derive(Debug, Serialize)]
struct CancelledJson {
    reason: String,
    late: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// What screening says, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct ScreeningJson {
    /// `clear`, `needs_review`, `incomplete`, `excluded_until` or `excluded`.
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    rule_set_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    eligible_on: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unanswered: Vec<QuestionJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternative_service_ids: Vec<String>,
    /// What the therapist is to mind; only for those who treat or manage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cautions: Vec<String>,
    /// The first day on which an answer is too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceases_on: Option<String>,
}

#[derive(Debug, Serialize)]
struct QuestionJson {
    condition_id: String,
    text: String,
    asks_when: bool,
}

/// The name of an enum's value without the enum's prefix, in lower case: `NO_SHOW` is `no_show`.
pub(crate) fn value_name(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase()
}

/// RFC 3339 with the zone's offset.
pub(crate) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// As [`rfc3339`], of a field that may be unset.
pub(crate) fn rfc3339_of(wire: Option<&Wire>, zone: &TimeZone) -> Option<String> {
    wire.map(|wire| rfc3339(time::instant(wire), zone))
}

impl AppointmentJson {
    pub(crate) fn new(appointment: &v1::Appointment, names: &Names) -> Self {
        let zone = names.zone_of(&appointment.site_id);
        let at = |wire: &Option<Wire>| rfc3339_of(wire.as_ref(), &zone);
        Self {
            id: appointment.id.clone(),
            state: value_name(appointment.state().as_str_name(), "APPOINTMENT_STATE_"),
            client_id: appointment.client_id.clone(),
            client_name: appointment.client_name.clone(),
            client_phone: appointment.client_phone.clone(),
            service_id: appointment.service_id.clone(),
            extension_ids: appointment.extension_ids.clone(),
            site_id: appointment.site_id.clone(),
            room_id: appointment.room_id.clone(),
            therapist_id: appointment.therapist_id.clone(),
            start: at(&appointment.start).unwrap_or_default(),
            end: at(&appointment.end).unwrap_or_default(),
            room_until: at(&appointment.room_until),
            arrived_at: at(&appointment.arrived_at),
            started_at: at(&appointment.started_at),
            finished_at: at(&appointment.finished_at),
            cancelled: appointment
                .cancellation
                .as_ref()
                .map(|cancelled| CancelledJson {
                    reason: value_name(cancelled.reason().as_str_name(), "CANCEL_REASON_"),
                    late: cancelled.late,
                    note: cancelled.note.clone(),
                }),
            flags: appointment
                .flags
                .iter()
                .map(|flag| flag.text.clone())
                .collect(),
            screening: appointment.screening.as_ref().map(ScreeningJson::new),
            note: appointment.note.clone(),
            series: appointment.series.as_ref().map(|place| SeriesJson {
                id: place.series_id.clone(),
                number: place.number,
                of: place.of,
            }),
            price_cents: appointment.price_cents,
            etag: appointment.etag.clone(),
        }
    }
}

impl ScreeningJson {
    pub(crate) fn new(screening: &v1::Screening) -> Self {
        Self {
            outcome: value_name(screening.outcome().as_str_name(), "SCREENING_OUTCOME_"),
            rule_set_id: screening.rule_set_id.clone(),
            eligible_on: screening.eligible_on.as_ref().map(iso_date),
            unanswered: screening
                .unanswered
                .iter()
                .map(|question| QuestionJson {
                    condition_id: question.condition_id.clone(),
                    text: question.text.clone(),
                    asks_when: question.asks_when,
                })
                .collect(),
            reasons: screening
                .reasons
                .iter()
                .map(|reason| reason.text.clone())
                .collect(),
            alternative_service_ids: screening.alternative_service_ids.clone(),
            cautions: screening
                .cautions
                .iter()
                .map(|caution| caution.text.clone())
                .collect(),
            ceases_on: screening.ceases_on.as_ref().map(iso_date),
        }
    }
}

/// `Thu 15 Oct 15:00-16:00`.
pub(crate) fn span(start: Option<&Wire>, end: Option<&Wire>, zone: &TimeZone) -> String {
    let start = start
        .map(|start| time::day_and_clock(time::instant(start), zone))
        .unwrap_or_default();
    format!("{start}-{}", time::clock_of(end, zone))
}

/// What to call the client: the name, or the id where the name must not show.
pub(crate) fn client_of(appointment: &v1::Appointment) -> &str {
    if appointment.client_name.is_empty() {
        &appointment.client_id
    } else {
        &appointment.client_name
    }
}

/// One appointment in one sentence.
pub(crate) fn sentence(appointment: &v1::Appointment, names: &Names) -> String {
    let zone = names.zone_of(&appointment.site_id);
    format!(
        "{}: {} for {}, {}, {} room {} with {}.",
        appointment.id,
        names.service(&appointment.service_id),
        client_of(appointment),
        span(appointment.start.as_ref(), appointment.end.as_ref(), &zone),
        names.site(&appointment.site_id),
        names.room(&appointment.room_id),
        names.therapist(&appointment.therapist_id),
    )
}

/// One appointment as an answer: described, and as an object.
pub(crate) fn one(report: &mut Report, said: &str, appointment: &v1::Appointment, names: &Names) {
    describe(report, said, appointment, names);
    report.object(&AppointmentJson::new(appointment, names));
}

/// One appointment with all that somebody has to know about it, after a word on what was done.
pub(crate) fn describe(
    report: &mut Report,
    said: &str,
    appointment: &v1::Appointment,
    names: &Names,
) {
    if !said.is_empty() {
        report.line(said);
    }
    report.line(sentence(appointment, names));
    let state = words::appointment_state(appointment.state());
    match &appointment.cancellation {
        Some(cancelled) => {
            let late = if cancelled.late { ", late" } else { "" };
            let reason =
                value_name(cancelled.reason().as_str_name(), "CANCEL_REASON_").replace('_', " ");
            report.line(format!("State: {state} ({reason}{late})"));
        }
        None => report.line(format!("State: {state}")),
    }
    if let Some(place) = &appointment.series {
        report.line(format!(
            "Series: {} of {}, {}",
            place.number, place.of, place.series_id
        ));
    }
    if let Some(screening) = &appointment.screening {
        report.line(format!("Screening: {}", words::screening(screening)));
    }
    for flag in &appointment.flags {
        report.line(format!("! {}", flag.text));
    }
    if !appointment.note.is_empty() {
        report.line(format!("Note: {}", appointment.note));
    }
}

/// Many appointments as an answer: a row each, and an object each.
pub(crate) fn list(report: &mut Report, appointments: &[v1::Appointment], names: &Names) {
    report.table(table(appointments, names));
    for appointment in appointments {
        report.object(&AppointmentJson::new(appointment, names));
    }
}

/// Many appointments, a row each.
pub(crate) fn table(appointments: &[v1::Appointment], names: &Names) -> Table {
    let mut table = Table::new([
        "when",
        "site",
        "room",
        "client",
        "service",
        "therapist",
        "state",
        "flags",
        "id",
    ]);
    for appointment in appointments {
        let zone = names.zone_of(&appointment.site_id);
        table.row([
            span(appointment.start.as_ref(), appointment.end.as_ref(), &zone),
            names.site(&appointment.site_id),
            names.room(&appointment.room_id),
            client_of(appointment).to_owned(),
            names.service(&appointment.service_id),
            names.therapist(&appointment.therapist_id),
            words::appointment_state(appointment.state()).to_owned(),
            if appointment.flags.is_empty() {
                String::new()
            } else {
                format!("! {}", appointment.flags.len())
            },
            appointment.id.clone(),
        ]);
    }
    table
}

/// What the therapist is to mind, where it is told at all.
pub(crate) fn cautions<'a>(report: &mut Report, all: impl IntoIterator<Item = &'a v1::Caution>) {
    for caution in all {
        report.line(format!("  for the therapist: {}", caution.text));
    }
}

/// A screening's outcome with reasons, open questions and what could be booked instead.
pub(crate) fn screening(report: &mut Report, what: &str, screening: &v1::Screening, names: &Names) {
    report.line(format!("{what}: {}", words::screening(screening)));
    for reason in &screening.reasons {
        report.line(format!("  because of {}", reason.text));
    }
    for question in &screening.unanswered {
        let when = if question.asks_when {
            " (and when)"
        } else {
            ""
        };
        report.line(format!(
            "  ask {}: {}{when}",
            question.condition_id, question.text
        ));
    }
    cautions(report, &screening.cautions);
    if let Some(date) = &screening.ceases_on {
        report.line(format!("  answers are good until {}", time::birthday(date)));
    }
    if !screening.alternative_service_ids.is_empty() {
        let services: Vec<String> = screening
            .alternative_service_ids
            .iter()
            .map(|id| names.service(id))
            .collect();
        report.line(format!("  may be booked instead: {}", services.join(", ")));
    }
}
