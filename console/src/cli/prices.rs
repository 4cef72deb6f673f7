//! `prices` and `taxes`: what things cost from when on, and what tax is charged.

use clap::Args;
use jiff::civil::Date;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::iso_date,
    report::{Report, Table},
    session::Session,
};
use crate::{
    receipt::{cents, dollars, percent},
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(crate) struct PricesArgs {
    /// Only this service; with --from the one whose price is set
    service: Option<String>,
    /// The price of this extension, not of the service
    #[arg(long, value_name = "EXTENSION", requires = "from")]
    extension: Option<String>,
    /// The first treatment day to which the price applies
    #[arg(long, value_name = "DAY", requires = "service")]
    from: Option<String>,
    /// The price before tax, for example 110 or 110.50
    #[arg(long, value_name = "AMOUNT", requires = "from")]
    price: Option<String>,
    /// Takes the price of that day away
    #[arg(long, requires = "from", conflicts_with = "price")]
    remove: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct TaxesArgs {
    /// The first treatment day of a rate
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The rate in percent, for example 14 or 9.97
    #[arg(long, value_name = "PERCENT", requires = "from")]
    percent: Option<String>,
    /// Takes the rate of that day away
    #[arg(long, requires = "from", conflicts_with = "percent")]
    remove: bool,
    /// What the tax is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The number under which it is remitted
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// The name of the business on receipts
    #[arg(long, value_name = "NAME")]
    business: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// A price as `--json` prints it.
#[derive(Serialize)]
struct PriceJson<'a> {
    service_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    extension_id: &'a str,
    /// Left out for the price before the first dated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    cents: i64,
}

/// The business and its taxes as `--json` prints them.
#[derive(Serialize)]
struct BusinessJson<'a> {
    business: &'a str,
    tax_name: &'a str,
    tax_number: &'a str,
    rates: Vec<RateJson>,
}

#[derive(Serialize)]
struct RateJson {
    from: Option<String>,
    basis_points: i32,
}

pub(crate) async fn prices(session: &Session, args: &PricesArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let wanted = match &args.service {
        Some(text) => Some(names.find_service(text)?),
        None => None,
    };
    let mut lists = session
        .client
        .list_prices(v1::ListPricesRequest {})
        .await?
        .price_lists;
    let mut report = Report::default();
    if let (Some(from), Some(service_id)) = (&args.from, &wanted) {
        let date = when::day(from, &names.now_at(None)?)?;
        let known = lists.iter().find(|list| list.service_id == *service_id);
        let changed = put(session, args, known, service_id, date).await?;
        report.line(args.change.said("Prices are set."));
        lists.retain(|list| list.service_id != *service_id);
        lists.push(changed);
    }
    let mut table = Table::new(["service", "extension", "from", "price"]);
    let services = names.catalog.services.iter();
    for service in services.filter(|it| wanted.as_ref().is_none_or(|id| it.id == *id)) {
        let dated = lists.iter().find(|list| list.service_id == service.id);
        for price in of_service(service, dated) {
            table.row([
                service.name.clone(),
                extension(service, &price.extension_id),
                price.from.as_ref().map_or_else(String::new, iso_date),
                dollars(price.cents),
            ]);
            report.object(&PriceJson {
                service_id: &service.id,
                extension_id: &price.extension_id,
                from: price.from.as_ref().map(iso_date),
                cents: price.cents,
            });
        }
    }
    report.table(table);
    Ok(report)
}

/// The prices that stand with the service, then the dated ones in order.
fn of_service(service: &v1::Service, dated: Option<&v1::PriceList>) -> Vec<v1::Price> {
    let own = |extension_id: &str, cents| v1::Price {
        extension_id: extension_id.to_owned(),
        from: None,
        cents,
    };
    let mut all = vec![own("", service.price_cents)];
    let extensions = service.extensions.iter();
    all.extend(extensions.map(|it| own(&it.id, it.price_cents)));
    all.extend(dated.iter().flat_map(|list| list.prices.iter().cloned()));
    all.sort_by_key(|price| {
        let from = price.from.map(|date| (date.year, date.month, date.day));
        (price.extension_id.clone(), from)
    });
    all
}

fn extension(service: &v1::Service, id: &str) -> String {
    let known = service.extensions.iter().find(|it| it.id == id);
    known.map_or_else(|| id.to_owned(), |extension| extension.name.clone())
}

async fn put(
    session: &Session,
    args: &PricesArgs,
    known: Option<&v1::PriceList>,
    service_id: &str,
    date: Date,
) -> Result<v1::PriceList, Failure> {
    let names: &Names = session.names().await?;
    let extension_id = match &args.extension {
        Some(text) => names.find_extension(service_id, text)?,
        None => String::new(),
    };
    let from = Some(time::local_date(date));
    let mut list = known.cloned().unwrap_or_else(|| v1::PriceList {
        service_id: service_id.to_owned(),
        ..v1::PriceList::default()
    });
    list.prices
        .retain(|price| price.extension_id != extension_id || price.from != from);
    match (&args.price, args.remove) {
        (Some(text), _) => list.prices.push(v1::Price {
            extension_id,
            from,
            cents: price(text)?,
        }),
        (None, true) => {}
        (None, false) => return Err(Failure::usage("say the price with --price, or --remove")),
    }
    let mut write = args.change.options();
    write.etag = std::mem::take(&mut list.etag);
    let request = v1::PutPriceListRequest {
        write: Some(write),
        price_list: Some(list),
    };
    let answer = session.client.put_price_list(request).await?;
    Ok(answer.price_list.unwrap_or_default())
}

/// A price may be nothing at all.
fn price(text: &str) -> Result<i64, Failure> {
    let nothing = matches!(text, "0" | "0.00");
    let known = if nothing { Some(0) } else { cents(text) };
    known.ok_or_else(|| Failure::usage(format!("{text:?} is no price; try \"110\" or \"110.50\"")))
}

pub(crate) async fn taxes(session: &Session, args: &TaxesArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let answer = session
        .client
        .get_business(v1::GetBusinessRequest {})
        .await?;
    let mut business = answer.business.unwrap_or_default();
    let before = business.clone();
    if let Some(text) = &args.from {
        let from = Some(time::local_date(when::day(text, &names.now_at(None)?)?));
        business.rates.retain(|rate| rate.from != from);
        match (&args.percent, args.remove) {
            (Some(text), _) => business.rates.push(v1::TaxRate {
                from,
                basis_points: i32::try_from(price(text)?)
                    .map_err(|_| Failure::usage(format!("{text:?} is no rate")))?,
            }),
            (None, true) => {}
            (None, false) => {
                return Err(Failure::usage("say the rate with --percent, or --remove"));
            }
        }
        let key = |rate: &v1::TaxRate| rate.from.map(|it| (it.year, it.month, it.day));
        business.rates.sort_by_key(key);
    }
    for (given, field) in [
        (&args.name, &mut business.tax_name),
        (&args.number, &mut business.tax_number),
        (&args.business, &mut business.name),
    ] {
        if let Some(text) = given {
            field.clone_from(text);
        }
    }
    let mut report = Report::default();
    let asked = [&args.from, &args.name, &args.number, &args.business];
    // Sent again under its name it changes nothing any more, and is answered all the same.
    let again = args.change.request_id.is_some() && asked.into_iter().any(Option::is_some);
    if business != before || again {
        let mut write = args.change.options();
        write.etag = std::mem::take(&mut business.etag);
        let request = v1::PutBusinessRequest {
            write: Some(write),
            business: Some(business),
        };
        let answer = session.client.put_business(request).await?;
        business = answer.business.unwrap_or_default();
        report.line(args.change.said("Taxes are set."));
    }
    show(&mut report, &business);
    Ok(report)
}

fn show(report: &mut Report, business: &v1::Business) {
    report.line(format!("Business: {}", business.name));
    report.line(format!(
        "Tax: {} {}",
        business.tax_name, business.tax_number
    ));
    let mut table = Table::new(["from", "rate"]);
    for rate in &business.rates {
        table.row([
            rate.from.as_ref().map_or_else(String::new, iso_date),
            percent(rate.basis_points),
        ]);
    }
    report.table(table);
    let rate = |rate: &v1::TaxRate| RateJson {
        from: rate.from.as_ref().map(iso_date),
        basis_points: rate.basis_points,
    };
    report.object(&BusinessJson {
        business: &business.name,
        tax_name: &business.tax_name,
        tax_number: &business.tax_number,
        rates: business.rates.iter().map(rate).collect(),
    });
}
