//! Rooms, or their bars, out of service and back.

use std::sync::Arc;

use super::Work;
use super::check::{Checks, invalid};
use crate::command::{OpenOutage, Revision, Scope};
use crate::id::OutageId;
use crate::limits;
use crate::model::{Closing, Finding, Outage, OutageTarget, RecordId};
use crate::refusal::{Refusal, Upkeep};

#[cfg(test)]
mod tests;

pub(super) fn open(work: &mut Work<'_>, open: &OpenOutage) -> Result<(), Refusal> {
    let from = open.from.unwrap_or(work.now_cell());
    let mut checks = Checks::default();
    checks.line("reason", &open.reason, limits::REASON_CHARS);
    checks.expect(!open.reason.is_empty(), "reason", "not empty");
    let ordered = open.until.is_none_or(|until| from < until);
    checks.expect(ordered, "until", "later than the outage begins");
    checks.finish()?;

    let what = RecordId::Room(open.room);
    let room = work
        .clinic
        .room(open.room)
        .ok_or(Refusal::NotFound { what })?;
    work.allow(room.site)?;
    if open.target == OutageTarget::Bars && !room.has_bars() {
        return Err(invalid("target", "the room, for it has no bars"));
    }
    work.not_past(from)?;
    work.in_calendar(open.until.unwrap_or(from))?;
    let outage = Outage {
        id: OutageId::new(work.fresh()?),
        site: room.site,
        room: room.id,
        target: open.target,
        from,
        until: open.until,
        reason: open.reason.clone(),
        opened_by: work.context.actor.key,
        opened_at: work.now(),
        closed: None,
    };
    work.create(outage);
    work.rejudge(Scope::Room(open.room));
    Ok(())
}

pub(super) fn close(
    work: &mut Work<'_>,
    id: OutageId,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let what = RecordId::Outage(id);
    let outage = work.clinic.outage(id).ok_or(Refusal::NotFound { what })?;
    work.reaches(what, outage.site)?;
    work.fresh_enough(what, etag)?;
    let over = outage.until.is_some_and(|until| until <= work.now_cell());
    if outage.closed.is_some() || over {
        return Err(Refusal::OutageClosed { outage: id });
    }
    not_by_inspection(work, outage)?;
    work.rejudge(Scope::Room(outage.room));
    work.update(Arc::clone(outage), closed(work, outage));
    Ok(())
}

/// The outage as it ends now. The room serves again in the current cell; what had not begun never happens.
pub(super) fn closed(work: &Work<'_>, outage: &Outage) -> Outage {
    Outage {
        until: Some(outage.from.max(work.now_cell())),
        closed: Some(Closing {
            by: work.context.actor.key,
            at: work.now(),
        }),
        ..outage.clone()
    }
}

/// Fails when a failed inspection opened the outage: whoever stands at the desk can not know that the support is
/// sound again.
fn not_by_inspection(work: &Work<'_>, outage: &Outage) -> Result<(), Refusal> {
    let opened = Finding::Failed {
        outage: Some(outage.id),
    };
    let mut inspections = work.clinic.inspections_of(outage.room);
    if inspections.any(|it| it.finding == opened) {
        let (room, outage) = (outage.room, outage.id);
        return Err(Upkeep::InspectionFailed { room, outage }.into());
    }
    Ok(())
}
