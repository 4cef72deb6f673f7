//! Outages of rooms and of their bars.

use treadwell_api::v1;
use treadwell_clinic::command::{OpenOutage, Revision};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Outage, OutageTarget};

use super::fields::Fields;
use super::values;

/// Reads an outage to open.
pub fn read(outage: &v1::Outage, f: &mut Fields<'_>) -> Option<OpenOutage> {
    let room = f.id("room_id", &outage.room_id);
    let from = f.optional_cell("start", outage.start.as_ref());
    let until = f.optional_cell("end", outage.end.as_ref());
    if let (Some(Some(from)), Some(Some(until))) = (from, until)
        && until <= from
    {
        f.wrong::<()>("end", "later than the start");
    }
    let reason = f.text("reason", &outage.reason, 1..=limits::REASON_CHARS);
    let target = if outage.support_only {
        OutageTarget::Bars
    } else {
        OutageTarget::Room
    };
    Some(OpenOutage {
        room: room?,
        target,
        from: from?,
        until: until?,
        reason: reason?,
    })
}

/// Shows an outage.
pub fn show(outage: &Outage, revision: Revision) -> v1::Outage {
    v1::Outage {
        id: outage.id.to_string(),
        room_id: outage.room.to_string(),
        site_id: outage.site.to_string(),
        support_only: outage.target == OutageTarget::Bars,
        start: Some(values::cell(outage.from)),
        end: outage.until.map(values::cell),
        reason: outage.reason.clone(),
        opened_by: outage.opened_by.to_string(),
        opened_at: Some(values::instant(outage.opened_at)),
        closed_by: outage
            .closed
            .map(|closing| closing.by.to_string())
            .unwrap_or_default(),
        closed_at: outage.closed.map(|closing| values::instant(closing.at)),
        etag: values::etag(revision),
    }
}
