use jiff::civil::date;
use treadwell_clinic::model::{Business, Price, TaxRate};

use super::{Mistakes, SMALL, load};

/// What a file may say about money, after the small one.
const MONEY: &str = r#"
[business]
name = "Sole"
tax_name = "HST"

[[business.tax]]
from = 2025-04-01
percent = "14.00"

[[price]]
service = "ashi"
from = 2027-01-01
price = "110.50"
"#;

#[test]
fn taxes_and_dated_prices_are_read() {
    let catalog = load(&format!("{SMALL}{MONEY}")).unwrap().catalog;
    let rate = TaxRate {
        from: date(2025, 4, 1),
        basis_points: 1_400,
    };
    let expected = Business {
        name: "Sole".to_owned(),
        tax_name: "HST".to_owned(),
        tax_number: String::new(),
        rates: vec![rate],
    };
    assert_eq!(catalog.business, Some(expected));
    let price = Price {
        extension: None,
        from: date(2027, 1, 1),
        cents: 11_050,
    };
    assert_eq!(catalog.price_lists[0].prices, [price]);
    assert_eq!(load(SMALL).unwrap().catalog.business, None);
}

#[test]
fn mistakes_about_money_are_named_by_their_field() {
    let more_tax = "[[business.tax]]\nfrom = 2025-04-01\npercent = \"15.00\"\n\n[[price]]";
    let same_price = "price = \"110.50\"\n\n[[price]]\nservice = \"ashi\"\n\
                      from = 2027-01-01\nprice = \"111.00\"";
    let wrong = [
        ("\"14.00\"", "\"100.01\"", "business.tax[0].percent"),
        ("\"14.00\"", "14", "business.tax[0].percent"),
        ("tax_name = \"HST\"\n", "", "business.tax_name"),
        ("[[price]]", more_tax, "business.tax[1].from"),
        (
            "service = \"ashi\"",
            "service = \"nothing\"",
            "price[0].service",
        ),
        (
            "from = 2027",
            "extension = \"calf\"\nfrom = 2027",
            "price[0].extension",
        ),
        ("price = \"110.50\"", same_price, "price[1].from"),
        ("price = \"110.50\"", "price = \"-1\"", "price[0].price"),
    ];
    for (from, to, field) in wrong {
        assert_eq!(MONEY.matches(from).count(), 1, "{from}");
        let text = format!("{SMALL}{}", MONEY.replace(from, to));
        let Mistakes(found) = load(&text).unwrap_err();
        let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, [field], "{from} -> {to}");
    }
}
