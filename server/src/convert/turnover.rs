//! Turnover checklists.

use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::model::Turnover;

use super::values;

/// Shows a checklist.
pub fn show(turnover: &Turnover, revision: Revision) -> v1::Turnover {
    v1::Turnover {
        room_id: turnover.room.to_string(),
        site_id: turnover.site.to_string(),
        appointment_id: turnover.appointment.to_string(),
        since: Some(values::instant(turnover.since)),
        due: Some(values::instant(turnover.due)),
        items: turnover
            .items
            .iter()
            .map(|item| v1::TurnoverItem {
                id: item.id.to_string(),
                label: item.text.clone(),
                done_at: item.done.map(|done| values::instant(done.at)),
                done_by: item
                    .done
                    .map(|done| done.by.to_string())
                    .unwrap_or_default(),
            })
            .collect(),
        etag: values::etag(revision),
    }
}
