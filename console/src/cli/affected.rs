//! The appointments that a change hits: all of their ids, and the first of them as people know them.

use treadwell_client::v1;

use super::{
    names::Names,
    report::{Form, Report},
    session::Session,
};
use crate::tui::{time, words};

/// How many appointments are shown whole.
const SHOWN: usize = 50;

/// The first of some appointments whole, by their start, as far as people are told of them. What hits them is done by then:
/// where they can not be read, their ids have to do.
pub(super) async fn first(session: &Session, ids: &[String]) -> Vec<v1::Appointment> {
    let mut shown = Vec::new();
    let read = if session.form() == Form::Json {
        0
    } else {
        SHOWN
    };
    for id in ids.iter().take(read) {
        let request = v1::GetAppointmentRequest {
            appointment_id: id.clone(),
        };
        match session.client.get_appointment(request).await {
            Ok(found) => shown.extend(found.appointment),
            Err(_) => return Vec::new(),
        }
    }
    shown.sort_by_key(|visit| visit.start.as_ref().map(time::instant));
    shown
}

/// Says whom a change hits, if it hits anybody.
pub(super) fn tell(report: &mut Report, ids: &[String], shown: &[v1::Appointment], names: &Names) {
    for line in lines(ids, shown, names) {
        report.line(&line);
    }
}

/// Whom a change hits, a line each; nothing when it hits nobody.
pub(super) fn lines(ids: &[String], shown: &[v1::Appointment], names: &Names) -> Vec<String> {
    if ids.is_empty() {
        return Vec::new();
    }
    let count = words::count(ids.len(), "appointment");
    if shown.is_empty() {
        return vec![format!("! {count} to be moved: {}", ids.join(", "))];
    }
    let mut lines = vec![format!("! {count} to be moved:")];
    for visit in shown {
        let zone = names.zone_of(&visit.site_id);
        let start = visit.start.as_ref().map(time::instant).unwrap_or_default();
        lines.push(format!(
            "  {}  {}  {}  {}  {}",
            time::near(start, names.now, &zone),
            names.room(&visit.room_id),
            names.therapist(&visit.therapist_id),
            visit.client_name,
            visit.id
        ));
    }
    if shown.len() < ids.len() {
        let more = words::count(ids.len() - shown.len(), "more appointment");
        lines.push(format!("  and {more}"));
    }
    lines
}
