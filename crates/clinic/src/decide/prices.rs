//! What a manager sets up about money: dated prices, and the clinic as a business with its taxes.

use super::Work;
use super::catalog::{replace, replace_all};
use super::check::Checks;
use crate::command::{Catalog, Put};
use crate::limits;
use crate::model::{Business, PriceList, RecordId, Service};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

pub(super) fn put_business(work: &mut Work<'_>, put: &Put<Business>) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    business(&mut checks, &put.resource);
    checks.finish()?;
    work.everywhere()?;
    work.fresh_enough(RecordId::Business, put.etag)?;
    replace(work, put.resource.clone().into());
    Ok(())
}

pub(super) fn put_price_list(work: &mut Work<'_>, put: &Put<PriceList>) -> Result<(), Refusal> {
    let list = &put.resource;
    let mut checks = Checks::default();
    price_list(&mut checks, list);
    checks.finish()?;
    work.everywhere()?;
    is_about_something(work, &[], list)?;
    work.fresh_enough(RecordId::PriceList(list.service), put.etag)?;
    replace(work, list.clone().into());
    Ok(())
}

/// Checks what a catalog says about money.
pub(super) fn check(checks: &mut Checks, catalog: &Catalog) {
    if let Some(new) = &catalog.business {
        checks.inside("business", |checks| business(checks, new));
    }
    checks.unique(
        "price_lists",
        catalog.price_lists.iter().map(|it| it.service),
    );
    checks.each("price_lists", &catalog.price_lists, price_list);
}

/// Whether a catalog says anything about money, which belongs to the clinic as a whole.
pub(super) fn any(catalog: &Catalog) -> bool {
    catalog.business.is_some() || !catalog.price_lists.is_empty()
}

/// Loads what a catalog says about money.
pub(super) fn import(work: &mut Work<'_>, catalog: &Catalog) -> Result<(), Refusal> {
    for list in &catalog.price_lists {
        is_about_something(work, &catalog.services, list)?;
    }
    replace_all(work, catalog.business.iter().cloned());
    replace_all(work, catalog.price_lists.iter().cloned());
    Ok(())
}

fn business(checks: &mut Checks, business: &Business) {
    checks.line("name", &business.name, limits::NAME_CHARS);
    checks.line("tax_name", &business.tax_name, limits::NAME_CHARS);
    checks.line("tax_number", &business.tax_number, limits::NAME_CHARS);
    checks.at_most("rates", business.rates.len(), limits::TAX_RATES);
    let ordered = business
        .rates
        .windows(2)
        .all(|two| two[0].from < two[1].from);
    checks.expect(ordered, "rates", "in order of date, each date once");
    checks.each("rates", &business.rates, |checks, rate| {
        checks.between("basis_points", rate.basis_points, 0, 10_000);
    });
    let named = business.rates.is_empty() || !business.tax_name.is_empty();
    checks.expect(named, "tax_name", "not empty where there are rates");
}

fn price_list(checks: &mut Checks, list: &PriceList) {
    checks.at_most("prices", list.prices.len(), limits::PRICES);
    let keys = list
        .prices
        .iter()
        .map(|price| (price.extension, price.from));
    checks.unique("prices", keys);
    checks.each("prices", &list.prices, |checks, price| {
        checks.between("cents", price.cents, 0, limits::PRICE_CENTS);
    });
}

/// Fails unless the service and its extensions exist, or come with the same catalog.
fn is_about_something(
    work: &Work<'_>,
    coming: &[Service],
    list: &PriceList,
) -> Result<(), Refusal> {
    let what = RecordId::Service(list.service);
    let service = coming
        .iter()
        .find(|service| service.id == list.service)
        .or_else(|| work.clinic.service(list.service).map(AsRef::as_ref))
        .ok_or(Refusal::NotFound { what })?;
    let unknown = list
        .prices
        .iter()
        .filter_map(|price| price.extension)
        .find(|&id| service.extension(id).is_none());
    match unknown {
        Some(extension) => Err(Refusal::NotAnExtension {
            service: list.service,
            extension,
        }),
        None => Ok(()),
    }
}
