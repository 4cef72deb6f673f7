//! The appointments that a change hits: all of their ids, and the first of them as people know them.

use treadwell_client::v1;

use super::{failure::Failure, names::Names, report::Report, session::Session};
use crate::tui::{time, words};

/// How many appointments are shown whole.
const SHOWN: usize = 50;

/// The first of some appointments whole, by their start.
pub(super) async fn first(
    session: &Session,
    ids: &[String],
) -> Result<Vec<v1::Appointment>, Failure> {
    let mut shown = Vec::new();
    for id in ids.iter().take(SHOWN) {
        let request = v1::GetAppointmentRequest {
            appointment_id: id.clone(),
        };
        let found = session.client.get_appointment(request).await?;
        shown.extend(found.appointment);
    }
    shown.sort_by_key(|visit| visit.start.as_ref().map(time::instant));
    Ok(shown)
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
