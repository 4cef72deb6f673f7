//! What became of what a site keeps in stock.

use jiff::civil::Date;

use super::{Range, Row, Rows};
use crate::clinic::Clinic;
use crate::id::StockItemId;
use crate::model::{MovementCause, Site, StockItem, StockMovement};

/// How one item came in and went out at a site, in units of the item.
/// `opening + received + transferred_in + counted_more =
/// closing + used_in_sessions + used_by_hand + wasted + transferred_out + counted_less`.
///
/// What was undone never was: it is taken off the figure, and the date, of what it undoes. An undo after midnight
/// so changes the day before, whose closing level was another one at midnight, and may even come out below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockUse {
    /// The item.
    pub item: StockItemId,
    /// How much was there at the period's beginning; at that of the range, in its first period.
    pub opening: i64,
    /// Goods that came in.
    pub received: i64,
    /// What came from other sites.
    pub transferred_in: i64,
    /// What stock-takes found beyond what was expected.
    pub counted_more: i64,
    /// What completed sessions consumed.
    pub used_in_sessions: i64,
    /// What was used outside of sessions.
    pub used_by_hand: i64,
    /// What was thrown away.
    pub wasted: i64,
    /// What went to other sites.
    pub transferred_out: i64,
    /// What stock-takes missed.
    pub counted_less: i64,
    /// How much was there at the period's end; at that of the range, in its last period.
    pub closing: i64,
    /// What completed sessions wanted and did not find. It is no part of the balance.
    pub short: i64,
}

/// Stock use at a site, by the date on which a level changed: of each period a row for each item, in the order of
/// ids. An item that is retired is left out where nothing of it was there or came.
pub fn stock_use(clinic: &Clinic, site: &Site, range: &Range) -> Vec<Row<StockUse>> {
    let items = clinic.stock_at(site.id);
    let of_each = items.map(|item| of_item(clinic, site, range, item));
    let mut rows: Vec<_> = of_each.flatten().collect();
    // Stable: the items of a period stay in order.
    rows.sort_by_key(|row| row.period);
    rows
}

/// The rows of one item, in order.
fn of_item(clinic: &Clinic, site: &Site, range: &Range, item: &StockItem) -> Vec<Row<StockUse>> {
    let nothing = StockUse::nothing(item.item);
    let mut rows = Rows::of(site.id, *range, nothing);
    let mut level = 0;
    for movement in clinic.movements_of(site.id, item.item, None) {
        let (cause, sign) = match movement.cause {
            MovementCause::TakenBack(undone) => match clinic.movement(undone) {
                Some(undone) => (undone, -1),
                None => continue,
            },
            _ => (movement, 1),
        };
        let date: Date = site.zone.local(cause.at).date();
        if date < range.first {
            level += sign * i64::from(cause.change);
        } else if let Some(figures) = rows.on(date) {
            figures.add(cause, sign);
        }
    }
    let mut rows = rows.rows;
    for row in &mut rows {
        row.figures.opening = level;
        level += row.figures.change();
        row.figures.closing = level;
    }
    let is_idle = rows.iter().all(|row| row.figures == nothing);
    if item.retired && is_idle {
        rows.clear();
    }
    rows
}

impl StockUse {
    /// The figures of an item that never was there.
    const fn nothing(item: StockItemId) -> Self {
        Self {
            item,
            opening: 0,
            received: 0,
            transferred_in: 0,
            counted_more: 0,
            used_in_sessions: 0,
            used_by_hand: 0,
            wasted: 0,
            transferred_out: 0,
            counted_less: 0,
            closing: 0,
            short: 0,
        }
    }

    /// Counts a movement; with the sign -1, that it was undone.
    fn add(&mut self, movement: &StockMovement, sign: i64) {
        let figure = match movement.cause {
            MovementCause::Receive => &mut self.received,
            MovementCause::Use => &mut self.used_by_hand,
            MovementCause::Waste => &mut self.wasted,
            MovementCause::SentTo(_) => &mut self.transferred_out,
            MovementCause::CameFrom(_) => &mut self.transferred_in,
            MovementCause::Count if movement.change < 0 => &mut self.counted_less,
            MovementCause::Count => &mut self.counted_more,
            MovementCause::Session(_) => {
                self.short += sign * i64::from(movement.short);
                &mut self.used_in_sessions
            }
            // An undo can not be undone.
            MovementCause::TakenBack(_) => return,
        };
        *figure += sign * i64::from(movement.change.unsigned_abs());
    }

    /// By how much the level changed.
    const fn change(&self) -> i64 {
        let came = self.received + self.transferred_in + self.counted_more;
        let used = self.used_in_sessions + self.used_by_hand;
        came - used - self.wasted - self.transferred_out - self.counted_less
    }
}
