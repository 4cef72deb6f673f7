//! Stock: items, movements and counts.

use treadwell_api::v1;
use treadwell_clinic::command::{MoveStock, PutStockItem, Revision, StockMove, TakeStock};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Consumption, MovementCause, StockItem, StockKind, StockMovement};

use super::fields::Fields;
use super::values;

const UNITS: std::ops::RangeInclusive<i64> = 0..=limits::STOCK_UNITS as i64;

/// Reads an item to put.
pub fn read(
    item: &v1::StockItem,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<PutStockItem> {
    let site = f.id("site_id", &item.site_id);
    let id = f.id("item_id", &item.item_id);
    let name = f.text("name", &item.name, 1..=limits::NAME_CHARS);
    let unit = f.text("unit", &item.unit, 1..=limits::UNIT_CHARS);
    let kind = f.choice("kind", item.kind, |kind: v1::StockKind| match kind {
        v1::StockKind::Unspecified => None,
        v1::StockKind::Consumable => Some(StockKind::Consumable),
        v1::StockKind::Washable => Some(StockKind::Washable),
    });
    let par = f.number("par", item.par, UNITS);
    Some(PutStockItem {
        site: site?,
        item: id?,
        name: name?,
        unit: unit?,
        kind: kind?,
        par: par?,
        retired: item.retired,
        etag,
    })
}

/// Reads a movement to record.
pub fn read_movement(message: &v1::RecordMovementRequest, f: &mut Fields<'_>) -> Option<MoveStock> {
    let site = f.id("site_id", &message.site_id);
    let item = f.id("item_id", &message.item_id);
    let quantity = f.number("quantity", message.quantity, 1..=*UNITS.end());
    let reason = f.text("reason", &message.reason, 0..=limits::REASON_CHARS);
    let to = f.optional_id("to_site_id", &message.to_site_id);
    let kind = f.choice("kind", message.kind, |kind: v1::MovementKind| match kind {
        v1::MovementKind::Receive
        | v1::MovementKind::Use
        | v1::MovementKind::Waste
        | v1::MovementKind::Transfer => Some(kind),
        v1::MovementKind::Unspecified
        | v1::MovementKind::TransferIn
        | v1::MovementKind::Count
        | v1::MovementKind::Session
        | v1::MovementKind::TakenBack => None,
    });
    let how = match (kind?, to?) {
        (v1::MovementKind::Transfer, Some(to)) => StockMove::Transfer { to },
        (v1::MovementKind::Transfer, None) => {
            return f.wrong("to_site_id", "the site that it goes to");
        }
        (_, Some(_)) => return f.wrong("to_site_id", "nothing, unless it is a transfer"),
        (v1::MovementKind::Receive, None) => StockMove::Receive,
        (v1::MovementKind::Use, None) => StockMove::Use,
        (_, None) => StockMove::Waste,
    };
    Some(MoveStock {
        site: site?,
        item: item?,
        how,
        quantity: quantity?,
        reason: reason?,
    })
}

/// Reads what was counted.
pub fn read_counts(message: &v1::StockTakeRequest, f: &mut Fields<'_>) -> Option<TakeStock> {
    let site = f.id("site_id", &message.site_id);
    let reason = f.text("reason", &message.reason, 0..=limits::REASON_CHARS);
    f.count("counts", message.counts.len(), 1..=limits::COUNTED_ITEMS)?;
    let mut counts = Vec::with_capacity(message.counts.len());
    for (at, count) in message.counts.iter().enumerate() {
        let mut f = f.item("counts", at);
        let item = f.id("item_id", &count.item_id);
        let level = f.number("level", count.level, UNITS);
        let Some((item, level)) = item.zip(level) else {
            continue;
        };
        if counts.iter().any(|&(other, _)| other == item) {
            f.wrong::<()>("item_id", "is there twice");
        }
        counts.push((item, level));
    }
    (counts.len() == message.counts.len()).then_some(TakeStock {
        site: site?,
        counts,
        reason: reason?,
    })
}

/// Reads what a service consumes.
pub fn read_consumes(consumes: &[v1::Consumption], f: &mut Fields<'_>) -> Option<Vec<Consumption>> {
    f.count("consumes", consumes.len(), 0..=limits::CONSUMED_ITEMS)?;
    let mut read: Vec<Consumption> = Vec::with_capacity(consumes.len());
    for (at, consumption) in consumes.iter().enumerate() {
        let mut f = f.item("consumes", at);
        let item = f.id("item_id", &consumption.item_id);
        let quantity = f.number("quantity", consumption.quantity, 1..=*UNITS.end());
        let Some((item, quantity)) = item.zip(quantity) else {
            continue;
        };
        if read.iter().any(|other| other.item == item) {
            f.wrong::<()>("item_id", "is there twice");
        }
        read.push(Consumption { item, quantity });
    }
    (read.len() == consumes.len()).then_some(read)
}

/// Shows what a service consumes.
pub fn show_consumes(consumes: &[Consumption]) -> Vec<v1::Consumption> {
    let show = |consumption: &Consumption| v1::Consumption {
        item_id: consumption.item.to_string(),
        quantity: units(consumption.quantity),
    };
    consumes.iter().map(show).collect()
}

/// Shows an item.
pub fn show(item: &StockItem, revision: Revision) -> v1::StockItem {
    let kind = match item.kind {
        StockKind::Consumable => v1::StockKind::Consumable,
        StockKind::Washable => v1::StockKind::Washable,
    };
    v1::StockItem {
        site_id: item.site.to_string(),
        item_id: item.item.to_string(),
        name: item.name.clone(),
        unit: item.unit.clone(),
        kind: kind.into(),
        par: units(item.par),
        level: units(item.level),
        retired: item.retired,
        low: item.is_low(),
        etag: values::etag(revision),
    }
}

/// Shows a movement.
pub fn show_movement(movement: &StockMovement) -> v1::StockMovement {
    let mut shown = v1::StockMovement {
        id: movement.id.to_string(),
        site_id: movement.site.to_string(),
        item_id: movement.item.to_string(),
        change: movement.change,
        level: units(movement.level),
        short: units(movement.short),
        reason: movement.reason.clone(),
        made_by: movement.by.to_string(),
        made_at: Some(values::instant(movement.at)),
        ..v1::StockMovement::default()
    };
    let kind = match movement.cause {
        MovementCause::Receive => v1::MovementKind::Receive,
        MovementCause::Use => v1::MovementKind::Use,
        MovementCause::Waste => v1::MovementKind::Waste,
        MovementCause::Count => v1::MovementKind::Count,
        MovementCause::SentTo(site) => {
            shown.other_site_id = site.to_string();
            v1::MovementKind::Transfer
        }
        MovementCause::CameFrom(site) => {
            shown.other_site_id = site.to_string();
            v1::MovementKind::TransferIn
        }
        MovementCause::Session(appointment) => {
            shown.appointment_id = appointment.to_string();
            v1::MovementKind::Session
        }
        MovementCause::TakenBack(taken) => {
            shown.taken_back_id = taken.to_string();
            v1::MovementKind::TakenBack
        }
    };
    shown.kind = kind.into();
    shown
}

/// A number of units, which is limited to far less than 31 bits.
fn units(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
