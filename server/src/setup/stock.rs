//! What the sites keep in stock, in the file.

use treadwell_clinic::command::{OpeningStock, PutStockItem};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Consumption, StockKind};

use super::load::Named;
use super::reader::Table;

/// Kinds of stock as the file writes them.
pub(super) const KINDS: [(&str, StockKind); 2] = [
    ("consumable", StockKind::Consumable),
    ("washable", StockKind::Washable),
];

const UNITS: i64 = limits::STOCK_UNITS as i64;

impl Named for OpeningStock {
    const TWICE: &'static str = "is there twice at this site";

    fn key(&self) -> String {
        format!("{}/{}", self.item.site, self.item.item)
    }
}

/// Reads a table of the list `[[stock]]`.
pub(super) fn read_item(table: &Table<'_, '_>) -> Option<OpeningStock> {
    let site = table.id("site");
    let item = table.id("id");
    let name = table.text("name", 1..=limits::NAME_CHARS);
    let unit = table.text("unit", 1..=limits::UNIT_CHARS);
    let kind = table.word("kind", &KINDS);
    let par = table.number("par", 0..=UNITS, Some(0));
    let level = table.number("level", 0..=UNITS, Some(0));
    let retired = table.flag("retired");
    Some(OpeningStock {
        item: PutStockItem {
            site: site?,
            item: item?,
            name: name?,
            unit: unit?,
            kind: kind?,
            par: par?,
            retired: retired?,
            etag: None,
        },
        level: level?,
    })
}

/// Reads what a service consumes, such as `consumes = [{ item = "oil", quantity = 20 }]`.
pub(super) fn read_consumes(table: &Table<'_, '_>) -> Option<Vec<Consumption>> {
    let entries = table.tables("consumes", limits::CONSUMED_ITEMS);
    let count = entries.len();
    let mut all: Vec<Consumption> = Vec::with_capacity(count);
    for entry in entries {
        let item = entry.id("item");
        let quantity = entry.number("quantity", 1..=UNITS, Some(1));
        if let Some((item, quantity)) = item.zip(quantity) {
            if all.iter().any(|other| other.item == item) {
                entry.wrong::<()>("item", "is there twice");
            }
            all.push(Consumption { item, quantity });
        }
        entry.finish();
    }
    (all.len() == count).then_some(all)
}
