use jiff::civil::{Date, date};

use crate::command::{Catalog, Command, Move, MoveTo, NewPlace, Put};
use crate::decide::desk::{DAY, Desk, actor, catalog, cell, limited_to, step, wish};
use crate::fixture::service_id;
use crate::id::{AppointmentId, ExtensionId};
use crate::model::{Business, Price, PriceList, RecordId, Role, TaxRate};
use crate::money::account;
use crate::refusal::Refusal;

fn calf() -> ExtensionId {
    "calf".parse().unwrap()
}

fn price(extension: Option<ExtensionId>, from: Date, cents: u32) -> Price {
    Price {
        extension,
        from,
        cents,
    }
}

fn list(service: &str, prices: &[Price]) -> Command {
    Command::PutPriceList(Put {
        resource: PriceList {
            service: service_id(service),
            prices: prices.to_vec(),
        },
        etag: None,
    })
}

fn put(business: Business) -> Command {
    Command::PutBusiness(Put {
        resource: business,
        etag: None,
    })
}

/// A foot massage with a calf release on [`DAY`], as the desk books it.
fn book(desk: &mut Desk, client: crate::id::ClientId) -> AppointmentId {
    let mut foot = wish("foot-30", 10, 0);
    foot.extensions = vec![calf()];
    desk.book(client, foot)
}

#[test]
fn a_price_applies_from_its_date_on_and_stays_as_booked() {
    let before = DAY.yesterday().unwrap();
    let after = DAY.tomorrow().unwrap();
    // Which prices there are, and what the service and the extension then cost.
    let cases: [(&[Price], u32, u32); 6] = [
        (&[], 11_000, 2_000),
        (&[price(None, DAY, 5_000)], 5_000, 2_000),
        (&[price(None, after, 5_000)], 11_000, 2_000),
        (
            &[price(None, DAY, 5_000), price(None, before, 4_000)],
            5_000,
            2_000,
        ),
        (
            &[price(None, before, 4_000), price(None, after, 5_000)],
            4_000,
            2_000,
        ),
        (&[price(Some(calf()), before, 0)], 11_000, 0),
    ];
    for (prices, service, extension) in cases {
        let (mut desk, clients) = Desk::open();
        desk.done(&list("foot-30", prices));
        let id = book(&mut desk, clients.clear);
        desk.done(&list("foot-30", &[price(None, DAY, 1)]));
        let booked = desk.appointment(id);
        assert_eq!(booked.price_cents, service + extension, "{prices:?}");
        let lines = account(&desk.clinic, booked).lines;
        let cents: Vec<_> = lines.iter().map(|line| line.cents).collect();
        assert_eq!(cents, [service, extension], "{prices:?}");
    }
}

#[test]
fn a_move_keeps_the_price() {
    let (mut desk, clients) = Desk::open();
    let id = book(&mut desk, clients.clear);
    desk.done(&list("foot-30", &[price(None, DAY, 1)]));
    let start = cell(14, 0);
    desk.done(&Command::Move(Move {
        step: step(id),
        to: MoveTo::Place(NewPlace {
            start: Some(start),
            ..NewPlace::default()
        }),
    }));
    assert_eq!(desk.appointment(id).price_cents, 13_000);
}

#[test]
fn prices_are_of_what_there_is() {
    let (mut desk, _) = Desk::open();
    let twice = [price(None, DAY, 1), price(None, DAY, 2)];
    let reasons = [
        (list("nothing", &[]), "NOT_FOUND"),
        (
            list("massage-60", &[price(Some(calf()), DAY, 1)]),
            "NOT_AN_EXTENSION",
        ),
        (list("foot-30", &twice), "INVALID"),
        (list("foot-30", &[price(None, DAY, 10_000_001)]), "INVALID"),
    ];
    for (command, reason) in reasons {
        assert_eq!(desk.refused(&command).reason(), reason);
    }
    desk.act_as(limited_to(2, Role::Manager, "halifax"));
    let refused = desk.refused(&list("foot-30", &[]));
    assert_eq!(refused.reason(), "SITE_NOT_ALLOWED");
    assert_eq!(
        desk.refused(&put(Business::default())).reason(),
        "SITE_NOT_ALLOWED"
    );
}

#[test]
fn the_tax_changed_at_midnight_of_the_first_of_april() {
    let business = Business::default();
    let rate = |year, month, day| business.basis_points_on(date(year, month, day));
    assert_eq!((rate(2025, 3, 31), rate(2025, 4, 1)), (1_500, 1_400));
    assert_eq!((rate(2010, 6, 30), rate(2010, 7, 1)), (0, 1_500));
}

#[test]
fn tax_is_that_of_the_treatments_date_and_rounded_line_by_line() {
    let (before, after) = (DAY.yesterday().unwrap(), DAY.tomorrow().unwrap());
    let (mut desk, clients) = Desk::open();
    let prices = [
        price(None, before, 5_525),
        price(Some(calf()), before, 2_025),
    ];
    desk.done(&list("foot-30", &prices));
    let id = book(&mut desk, clients.clear);
    // Paid the day after, when another rate applies.
    desk.now = crate::fixture::local(after, 9, 0);
    let rate = |from, basis_points| TaxRate { from, basis_points };
    for (rates, basis_points, tax) in [
        // 828.75 and 303.75 cents.
        ([rate(before, 1_500), rate(after, 1_400)], 1_500, [829, 304]),
        // 773.5 and 283.5 cents: each a half that goes up, although the sum of them is whole.
        ([rate(before, 1_500), rate(DAY, 1_400)], 1_400, [774, 284]),
    ] {
        desk.done(&put(Business {
            rates: rates.to_vec(),
            ..Business::default()
        }));
        let account = account(&desk.clinic, desk.appointment(id));
        let of_lines: Vec<_> = account.lines.iter().map(|line| line.tax_cents).collect();
        assert_eq!(account.tax_basis_points, basis_points);
        assert_eq!(of_lines, tax);
    }
}

#[test]
fn rates_are_in_order_and_have_a_name() {
    let (mut desk, _) = Desk::open();
    let rate = |from| TaxRate {
        from,
        basis_points: 1_400,
    };
    let of = |rates: &[TaxRate]| Business {
        rates: rates.to_vec(),
        ..Business::default()
    };
    for wrong in [
        of(&[rate(DAY), rate(DAY)]),
        of(&[rate(DAY), rate(DAY.yesterday().unwrap())]),
        of(&[TaxRate {
            from: DAY,
            basis_points: 10_001,
        }]),
        Business {
            tax_name: String::new(),
            ..Business::default()
        },
    ] {
        assert_eq!(desk.refused(&put(wrong)).reason(), "INVALID");
    }
    desk.done(&put(of(&[])));
    assert_eq!(desk.clinic.business().basis_points_on(DAY), 0);
}

#[test]
fn a_stale_etag_is_refused() {
    let (mut desk, _) = Desk::open();
    desk.done(&put(Business::default()));
    let stale = Command::PutBusiness(Put {
        resource: Business::default(),
        etag: Some(1),
    });
    let what = RecordId::Business;
    assert!(matches!(desk.refused(&stale), Refusal::Stale { what: of, .. } if of == what));
}

#[test]
fn a_catalog_brings_prices_of_the_services_that_come_with_it() {
    let mut desk = Desk::open().0;
    desk.clinic = crate::Clinic::default();
    desk.commits.clear();
    desk.act_as(actor(1, Role::Owner));
    let with = |service: &str| Catalog {
        price_lists: vec![PriceList {
            service: service_id(service),
            prices: vec![price(None, DAY, 4_200)],
        }],
        business: Some(Business {
            name: "Sole".to_owned(),
            ..Business::default()
        }),
        ..catalog()
    };
    let refused = desk.refused(&Command::ImportCatalog(Box::new(with("nothing"))));
    assert_eq!(refused.reason(), "NOT_FOUND");
    desk.done(&Command::ImportCatalog(Box::new(with("foot-30"))));
    assert_eq!(desk.clinic.business().name, "Sole");
    let list = desk.clinic.price_list(service_id("foot-30")).unwrap();
    assert_eq!(list.price_on(None, DAY), Some(4_200));
}
