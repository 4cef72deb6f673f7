//! Inspections of what hangs over the tables: a log that says from when and until when it is sound.

use std::sync::Arc;

use jiff::civil::Date;

use super::check::Checks;
use super::{Work, outage};
use crate::command::{RecordInspection, Scope};
use crate::id::{InspectionId, OutageId};
use crate::limits;
use crate::model::{Finding, Inspection, Outage, OutageTarget, RecordId, Room, SupportInspection};
use crate::refusal::{Refusal, Upkeep};
use crate::time::{Cell, Zone};

#[cfg(test)]
mod tests;

pub(super) fn record(work: &mut Work<'_>, new: &RecordInspection) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.name("inspector", &new.inspector);
    checks.text("note", &new.note, limits::NOTE_CHARS);
    if let Some(months) = new.passed {
        checks.between("months", months, 1, 120);
    }
    let told = new.passed.is_some() || !new.note.is_empty();
    checks.expect(told, "note", "what was found, if it failed");
    checks.finish()?;
    let what = RecordId::Room(new.room);
    let room = work
        .clinic
        .room(new.room)
        .ok_or(Refusal::NotFound { what })?;
    let site = work.site(room.site)?;
    not_ahead(work, &site.zone, new)?;
    if !room.has_overhead() {
        return Err(Upkeep::NothingOverhead { room: room.id }.into());
    }
    // Whatever was found before the latest inspection that passed is history.
    let is_latest = room.inspection.is_none_or(|it| it.passed <= new.date);
    let finding = match new.passed {
        Some(months) => {
            if is_latest {
                passed(work, room, new, months)?;
            }
            Finding::Passed { months }
        }
        None => Finding::Failed {
            outage: if is_latest {
                Some(failed(work, room, new)?)
            } else {
                None
            },
        },
    };
    let inspection = SupportInspection {
        id: InspectionId::new(work.fresh()?),
        site: room.site,
        room: room.id,
        date: new.date,
        inspector: new.inspector.clone(),
        finding,
        note: new.note.clone(),
        by: work.context.actor.key,
        at: work.now(),
    };
    work.create(inspection);
    Ok(())
}

/// Fails when the inspection lies on a later date than today.
fn not_ahead(work: &Work<'_>, zone: &Zone, new: &RecordInspection) -> Result<(), Refusal> {
    let today = zone.local(work.now()).date();
    if new.date <= today {
        return Ok(());
    }
    Err(Refusal::TooFarAhead {
        at: Cell::at_or_after(zone.start_of(new.date)),
        latest: work.now_cell(),
    })
}

/// The support is good from now on, and what failed inspections took out of service serves again.
fn passed(
    work: &mut Work<'_>,
    room: &Arc<Room>,
    new: &RecordInspection,
    months: u16,
) -> Result<(), Refusal> {
    keep_former(work, room)?;
    let after = Room {
        inspection: Some(Inspection {
            passed: new.date,
            months,
        }),
        ..Room::clone(room)
    };
    work.update_too(Arc::clone(room), after);
    for outage in open_outages(work, room, new.date) {
        let closed = outage::closed(work, &outage);
        work.update_too(outage, closed);
    }
    work.rejudge(Scope::Room(room.id));
    Ok(())
}

/// The inspection with which a room was set up gets into the log before another one takes its place: reports of
/// the past look there.
fn keep_former(work: &mut Work<'_>, room: &Room) -> Result<(), Refusal> {
    let Some(former) = room.inspection else {
        return Ok(());
    };
    let mut logged = work.clinic.inspections_of(room.id);
    if logged.any(|it| it.passed() == Some(former)) {
        return Ok(());
    }
    let inspection = SupportInspection {
        id: InspectionId::new(work.fresh()?),
        site: room.site,
        room: room.id,
        date: former.passed,
        inspector: "Not recorded".to_owned(),
        finding: Finding::Passed {
            months: former.months,
        },
        note: "As the room was set up".to_owned(),
        by: work.context.actor.key,
        at: work.now(),
    };
    work.create_too(inspection);
    Ok(())
}

/// The support is out of service from now on: by the outage that an earlier failure opened, or by a new
/// one.
fn failed(work: &mut Work<'_>, room: &Room, new: &RecordInspection) -> Result<OutageId, Refusal> {
    if let Some(open) = open_outages(work, room, Date::MAX).first() {
        return Ok(open.id);
    }
    let outage = Outage {
        id: OutageId::new(work.fresh()?),
        site: room.site,
        room: room.id,
        target: OutageTarget::Bars,
        from: work.now_cell(),
        until: None,
        reason: format!("Inspection of {} failed", new.date),
        opened_by: work.context.actor.key,
        opened_at: work.now(),
        closed: None,
    };
    let id = outage.id;
    work.create_too(outage);
    work.rejudge(Scope::Room(room.id));
    Ok(id)
}

/// The outages that failed inspections of a room up to a date opened, and that nobody has closed.
fn open_outages(work: &Work<'_>, room: &Room, last: Date) -> Vec<Arc<Outage>> {
    let mut open: Vec<Arc<Outage>> = work
        .clinic
        .inspections_of(room.id)
        .filter(|earlier| earlier.date <= last)
        .filter_map(|earlier| match earlier.finding {
            Finding::Failed { outage } => work.clinic.outage(outage?),
            Finding::Passed { .. } => None,
        })
        .filter(|outage| outage.closed.is_none())
        .map(Arc::clone)
        .collect();
    open.sort_by_key(|outage| outage.id);
    open.dedup_by_key(|outage| outage.id);
    open
}
