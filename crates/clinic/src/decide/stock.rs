//! What the sites keep in stock: items, and the movements that change their levels.
//!
//! A level changes only together with the movement that says why, so that it is always the sum of its
//! movements. Nobody takes more than is there; a session that wants more gets what there is, and the
//! movement notes what was short.

use std::sync::Arc;

use super::Work;
use super::check::Checks;
use crate::command::{MoveStock, OpeningStock, PutStockItem, StockMove, TakeStock};
use crate::id::{MovementId, SiteId, StockItemId};
use crate::limits;
use crate::model::{Appointment, MovementCause, RecordId, StockItem, StockKind, StockMovement};
use crate::refusal::{Refusal, Upkeep};

#[cfg(test)]
mod tests;

pub(super) fn put(work: &mut Work<'_>, put: &PutStockItem) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    fields(&mut checks, put);
    checks.finish()?;
    work.site(put.site)?;
    work.fresh_enough(RecordId::StockItem(put.site, put.item), put.etag)?;
    replace(work, put, 0);
    Ok(())
}

/// What a catalog brings: items, and what is there of those that are new.
pub(super) fn open(work: &mut Work<'_>, openings: &[OpeningStock]) -> Result<(), Refusal> {
    for opening in openings {
        let put = &opening.item;
        let is_new = work.clinic.stock_item(put.site, put.item).is_none();
        replace(work, put, opening.level);
        if is_new && opening.level > 0 {
            let movement = StockMovement {
                id: MovementId::new(work.fresh()?),
                site: put.site,
                item: put.item,
                cause: MovementCause::Receive,
                change: signed(opening.level),
                level: opening.level,
                short: 0,
                reason: "There to begin with".to_owned(),
                by: work.context.actor.key,
                at: work.now(),
            };
            work.create_too(movement);
        }
    }
    Ok(())
}

/// Puts an item in place of what the site keeps under its id, whose level stays. `level` is that of one
/// that is new.
fn replace(work: &mut Work<'_>, put: &PutStockItem, level: u32) {
    let before = work.clinic.stock_item(put.site, put.item);
    let after = StockItem {
        site: put.site,
        item: put.item,
        name: put.name.clone(),
        unit: put.unit.clone(),
        kind: put.kind,
        par: put.par,
        level: before.map_or(level, |before| before.level),
        retired: put.retired,
    };
    match before {
        Some(before) => work.update(Arc::clone(before), after),
        None => work.create(after),
    }
}

/// What has to hold of an item wherever it is put.
pub(super) fn fields(checks: &mut Checks, put: &PutStockItem) {
    checks.name("name", &put.name);
    checks.line("unit", &put.unit, limits::UNIT_CHARS);
    checks.expect(!put.unit.is_empty(), "unit", "not empty");
    checks.between("par", put.par, 0, limits::STOCK_UNITS);
}

pub(super) fn move_stock(work: &mut Work<'_>, movement: &MoveStock) -> Result<(), Refusal> {
    let MoveStock {
        site,
        item,
        how,
        quantity,
        ..
    } = *movement;
    let mut checks = Checks::default();
    checks.between("quantity", quantity, 1, limits::STOCK_UNITS);
    checks.line("reason", &movement.reason, limits::REASON_CHARS);
    let told = how != StockMove::Waste || !movement.reason.is_empty();
    checks.expect(told, "reason", "why it is thrown away");
    let elsewhere = !matches!(how, StockMove::Transfer { to } if to == site);
    checks.expect(elsewhere, "to", "another site");
    checks.finish()?;
    work.allow(site)?;
    if let StockMove::Transfer { to } = how {
        work.allow(to)?;
    }
    let from = known(work, site, item)?;
    let change = signed(quantity);
    match how {
        StockMove::Receive => book(work, from, MovementCause::Receive, change, &movement.reason),
        StockMove::Use if from.kind == StockKind::Washable => {
            Err(Upkeep::NotConsumed { site, item }.into())
        }
        StockMove::Use => book(work, from, MovementCause::Use, -change, &movement.reason),
        StockMove::Waste => book(work, from, MovementCause::Waste, -change, &movement.reason),
        StockMove::Transfer { to } => {
            let there = known(work, to, item)?;
            if there.unit != from.unit {
                let (site, unit) = (to, there.unit.clone());
                return Err(Upkeep::OtherUnit { site, item, unit }.into());
            }
            let reason = &movement.reason;
            book(work, from, MovementCause::SentTo(to), -change, reason)?;
            book(work, there, MovementCause::CameFrom(site), change, reason)
        }
    }
}

pub(super) fn take(work: &mut Work<'_>, count: &TakeStock) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.expect(!count.counts.is_empty(), "counts", "at least one");
    checks.at_most("counts", count.counts.len(), limits::COUNTED_ITEMS);
    checks.unique("counts", count.counts.iter().map(|(item, _)| item));
    checks.each("counts", &count.counts, |checks, &(_, level)| {
        checks.between("level", level, 0, limits::STOCK_UNITS);
    });
    checks.line("reason", &count.reason, limits::REASON_CHARS);
    checks.finish()?;
    for &(item, counted) in &count.counts {
        let before = known(work, count.site, item)?;
        let change = signed(counted) - signed(before.level);
        book(work, before, MovementCause::Count, change, &count.reason)?;
    }
    Ok(())
}

/// A session of the appointment is over: what its service lists leaves the site's stock. It never fails
/// for stock.
pub(super) fn consume(work: &mut Work<'_>, appointment: &Appointment) -> Result<(), Refusal> {
    let slot = &appointment.slot;
    let Some(service) = work.clinic.service(slot.service) else {
        return Ok(());
    };
    for listed in &service.consumes {
        let Some(item) = work.clinic.stock_item(slot.site, listed.item) else {
            continue;
        };
        if item.retired || item.kind == StockKind::Washable {
            continue;
        }
        let taken = listed.quantity.min(item.level);
        let movement = StockMovement {
            short: listed.quantity - taken,
            ..movement(
                work,
                item,
                MovementCause::Session(appointment.id),
                -signed(taken),
            )?
        };
        level(work, item, &movement);
        work.create_too(movement);
    }
    Ok(())
}

/// Takes a movement back by another one.
pub(super) fn take_back(work: &mut Work<'_>, taken: &StockMovement) -> Result<(), Refusal> {
    let item = known(work, taken.site, taken.item)?;
    book(
        work,
        item,
        MovementCause::TakenBack(taken.id),
        -taken.change,
        "",
    )
}

/// An item of a site at which the actor may act.
fn known<'a>(
    work: &Work<'a>,
    site: SiteId,
    item: StockItemId,
) -> Result<&'a Arc<StockItem>, Refusal> {
    work.site(site)?;
    let what = RecordId::StockItem(site, item);
    let found = work.clinic.stock_item(site, item);
    found.ok_or(Refusal::NotFound { what })
}

/// Changes a level, and notes the movement.
fn book(
    work: &mut Work<'_>,
    item: &Arc<StockItem>,
    cause: MovementCause,
    change: i32,
    reason: &str,
) -> Result<(), Refusal> {
    let movement = StockMovement {
        reason: reason.to_owned(),
        ..movement(work, item, cause, change)?
    };
    level(work, item, &movement);
    work.create(movement);
    Ok(())
}

/// The movement that a change of an item's level would be; refused when the level would be negative, or
/// more than can be kept.
fn movement(
    work: &mut Work<'_>,
    item: &StockItem,
    cause: MovementCause,
    change: i32,
) -> Result<StockMovement, Refusal> {
    let (site, id) = (item.site, item.item);
    let level = item
        .level
        .checked_add_signed(change)
        .ok_or(Upkeep::StockShort {
            site,
            item: id,
            level: item.level,
            wanted: change.unsigned_abs(),
        })?;
    if level > limits::STOCK_UNITS {
        return Err(Upkeep::StockFull {
            site,
            item: id,
            most: limits::STOCK_UNITS,
        }
        .into());
    }
    Ok(StockMovement {
        id: MovementId::new(work.fresh()?),
        site,
        item: id,
        cause,
        change,
        level,
        short: 0,
        reason: String::new(),
        by: work.context.actor.key,
        at: work.now(),
    })
}

/// The item's level becomes that after a movement.
fn level(work: &mut Work<'_>, item: &Arc<StockItem>, movement: &StockMovement) {
    let after = StockItem {
        level: movement.level,
        ..StockItem::clone(item)
    };
    work.update_too(Arc::clone(item), after);
}

/// A number of units with a sign. Levels and quantities are limited, so that it fits.
fn signed(units: u32) -> i32 {
    i32::try_from(units).unwrap_or(i32::MAX)
}
