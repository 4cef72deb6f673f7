//! The business, its taxes, and dated prices.

use jiff::civil::Date;
use treadwell_clinic::command::Catalog;
use treadwell_clinic::id::{ExtensionId, ServiceId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Business, Price, PriceList, TaxRate};

use super::super::reader::Table;

/// The most `[[price]]` entries of a file.
const PRICES: usize = 5_000;

/// Reads `[business]`; without the table nothing is said about it.
#[expect(
    clippy::option_option,
    reason = "as with every field, none of it when it is wrong"
)]
pub(super) fn read_business(root: &Table<'_, '_>) -> Option<Option<Business>> {
    let Some(table) = root.table("business") else {
        return Some(None);
    };
    let name = table.text("name", 0..=limits::NAME_CHARS);
    let tax_name = table.text("tax_name", 0..=limits::NAME_CHARS);
    let tax_number = table.text("tax_number", 0..=limits::NAME_CHARS);
    let entries = table.tables("tax", limits::TAX_RATES);
    let count = entries.len();
    let mut rates: Vec<TaxRate> = Vec::with_capacity(count);
    for entry in entries {
        let from = entry.date("from");
        let basis_points = read_percent(&entry);
        if let Some((from, basis_points)) = from.zip(basis_points) {
            if rates.last().is_some_and(|before| from <= before.from) {
                entry.wrong::<()>("from", "a date after that of the rate before");
            }
            rates.push(TaxRate { from, basis_points });
        }
        entry.finish();
    }
    if count > 0 && tax_name.as_ref().is_some_and(String::is_empty) {
        table.wrong::<()>("tax_name", "what the tax is called, such as \"HST\"");
    }
    table.finish();
    if rates.len() != count {
        return None;
    }
    Some(Some(Business {
        name: name?,
        tax_name: tax_name?,
        tax_number: tax_number?,
        rates,
    }))
}

/// A rate such as `percent = "14.00"`, in hundredths of a percent.
fn read_percent(table: &Table<'_, '_>) -> Option<u16> {
    let hundredths = table.money("percent", 10_000)?;
    u16::try_from(hundredths).ok()
}

/// Reads the `[[price]]` entries, one a dated price, into a list for each service.
pub(super) fn read_prices(root: &Table<'_, '_>) -> Option<Vec<PriceList>> {
    let entries = root.tables("price", PRICES);
    let count = entries.len();
    let mut read: Vec<(ServiceId, Price)> = Vec::with_capacity(count);
    for entry in &entries {
        let price = read_price(entry);
        let same = |(service, price): &(ServiceId, Price)| {
            let key = |service: &ServiceId, it: &Price| (*service, it.extension, it.from);
            read.iter()
                .any(|(of, other)| key(of, other) == key(service, price))
        };
        match price {
            Some(price) if same(&price) => {
                entry.wrong::<()>(
                    "from",
                    "another date than that of the same thing's other price",
                );
            }
            Some(price) => read.push(price),
            None => {}
        }
        entry.finish();
    }
    if read.len() != count {
        return None;
    }
    let mut lists: Vec<PriceList> = Vec::new();
    for (service, price) in read {
        match lists.iter_mut().find(|list| list.service == service) {
            Some(list) => list.prices.push(price),
            None => lists.push(PriceList {
                service,
                prices: vec![price],
            }),
        }
    }
    Some(lists)
}

fn read_price(entry: &Table<'_, '_>) -> Option<(ServiceId, Price)> {
    let service = entry.id("service");
    let extension = if entry.has("extension") {
        entry.id::<ExtensionId>("extension").map(Some)
    } else {
        Some(None)
    };
    let from: Option<Date> = entry.date("from");
    let cents = entry.money("price", limits::PRICE_CENTS);
    let price = Price {
        extension: extension?,
        from: from?,
        cents: cents?,
    };
    Some((service?, price))
}

/// Notes prices of services and extensions that the file does not describe.
pub(super) fn check(root: &Table<'_, '_>, catalog: &Catalog) {
    for table in root.tables("price", PRICES) {
        let Some((service, price)) = read_price(&table) else {
            continue;
        };
        let known = catalog.services.iter().find(|it| it.id == service);
        match (known, price.extension) {
            (None, _) => {
                let expected = format!("a service of this file; there is no {service}");
                table.wrong::<()>("service", expected);
            }
            (Some(known), Some(extension)) if known.extension(extension).is_none() => {
                table.wrong::<()>("extension", format!("an extension of {service}"));
            }
            (Some(_), _) => {}
        }
    }
}
