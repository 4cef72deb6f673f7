//! A receipt as text: the same lines on the command line, in the screens and on paper.

use treadwell_api::v1::{self, PaymentDirection, PaymentMethod};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::time;

/// How wide a receipt is, in columns: what an 80-column screen shows inside a frame.
const WIDE: usize = 60;

/// The lines of a receipt, none wider than 60 columns as long as no name is.
pub(crate) fn lines(receipt: &v1::Receipt) -> Vec<String> {
    let mut out = head(receipt);
    out.push(String::new());
    for (label, text) in particulars(receipt) {
        out.push(format!("{label:<12}{text}"));
    }
    out.push(String::new());
    out.extend(
        receipt
            .lines
            .iter()
            .map(|line| amount(&line.text, line.cents)),
    );
    out.push(amount("Before tax", receipt.net_cents));
    let tax = format!("{} {}", receipt.tax_name, percent(receipt.tax_basis_points));
    out.push(amount(&tax, receipt.tax_cents));
    out.push(amount("Total", receipt.total_cents));
    out.push(String::new());
    out.extend(receipt.payments.iter().map(payment));
    out.push(amount("Balance", balance(receipt)));
    if !receipt.tax_number.is_empty() {
        out.push(String::new());
        out.push(format!(
            "{} number {}",
            receipt.tax_name, receipt.tax_number
        ));
    }
    out.iter().map(|line| clean(line)).collect()
}

/// The receipt as it is printed.
pub(crate) fn text(receipt: &v1::Receipt) -> String {
    let mut text = lines(receipt).join("\n");
    text.push('\n');
    text
}

/// Who issued it, its number, and what kind of copy it is.
fn head(receipt: &v1::Receipt) -> Vec<String> {
    let address: Vec<_> = receipt.address.lines().map(str::trim).collect();
    let mut out = vec![
        middle(&receipt.business_name),
        middle(&receipt.site_name),
        middle(&address.join(", ")),
    ];
    if !receipt.phone.is_empty() {
        out.push(middle(&receipt.phone));
    }
    out.push(String::new());
    let issued = format!("Issued {}", date(receipt.issued_on.as_ref()));
    out.push(spread(&format!("RECEIPT {}", receipt.number), &issued));
    if receipt.duplicates > 0 {
        out.push(format!("DUPLICATE {}", receipt.duplicates));
    }
    if let Some(void) = &receipt.voided {
        out.push(format!("VOID: {}", void.reason));
    }
    out
}

fn particulars(receipt: &v1::Receipt) -> [(&'static str, String); 5] {
    let began = receipt.began.unwrap_or_default();
    [
        ("Client", receipt.client_name.clone()),
        (
            "Treatment",
            format!(
                "{} ({})",
                receipt.service_name,
                modality(receipt.modality())
            ),
        ),
        (
            "Given",
            format!(
                "{} {:02}:{:02}, {} minutes",
                date(receipt.treated_on.as_ref()),
                began.hour,
                began.minute,
                receipt.minutes
            ),
        ),
        ("Therapist", receipt.therapist_name.clone()),
        (
            "Registered",
            format!("{}, {}", receipt.association, receipt.registration_number),
        ),
    ]
}

fn payment(payment: &v1::ReceiptPayment) -> String {
    let (word, sign) = match payment.direction() {
        PaymentDirection::Refunded => ("Refunded", -1),
        PaymentDirection::Paid | PaymentDirection::Unspecified => ("Paid", 1),
    };
    let how = method(payment.method());
    let what = format!("{word} {}, {how}", date(payment.on.as_ref()));
    amount(&what, sign * payment.cents)
}

fn balance(receipt: &v1::Receipt) -> i64 {
    let paid = receipt.payments.iter().map(|payment| {
        let refunded = payment.direction() == PaymentDirection::Refunded;
        if refunded {
            -payment.cents
        } else {
            payment.cents
        }
    });
    receipt.total_cents - paid.sum::<i64>()
}

/// Dollars and cents without a sign of the currency: `-12.05`.
pub(crate) fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Cents from an amount as people type it: `12`, `12.5`, `$12.50`. None for anything else, and for nothing.
pub(crate) fn cents(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    let cents = whole.parse::<i64>().ok()? * 100 + part;
    (cents > 0).then_some(cents)
}

/// A rate for people: `14 %`, `9.97 %`.
pub(crate) fn percent(basis_points: i32) -> String {
    let text = dollars(basis_points.into());
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{short} %")
}

/// A method in the words of the desk.
pub(crate) fn method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Unspecified | PaymentMethod::Other => "other",
        PaymentMethod::Cash => "cash",
        PaymentMethod::Card => "card",
        PaymentMethod::ETransfer => "e-transfer",
        PaymentMethod::Insurance => "insurance",
        PaymentMethod::Gift => "gift",
    }
}

/// Every method, in the order in which they are offered.
pub(crate) const METHODS: [PaymentMethod; 6] = [
    PaymentMethod::Card,
    PaymentMethod::Cash,
    PaymentMethod::ETransfer,
    PaymentMethod::Insurance,
    PaymentMethod::Gift,
    PaymentMethod::Other,
];

const fn modality(modality: v1::Modality) -> &'static str {
    match modality {
        v1::Modality::Unspecified => "massage",
        v1::Modality::Barefoot => "barefoot massage",
        v1::Modality::HandsOn => "hands-on massage",
        v1::Modality::Foot => "foot massage",
        v1::Modality::Combination => "barefoot and hands-on massage",
    }
}

fn date(date: Option<&v1::LocalDate>) -> String {
    let known = date.and_then(time::date_of);
    known.map_or_else(String::new, |date| date.to_string())
}

/// Something, and at the right what it costs.
fn amount(what: &str, cents: i64) -> String {
    spread(what, &dollars(cents))
}

fn spread(left: &str, right: &str) -> String {
    let gap = WIDE.saturating_sub(left.width() + right.width()).max(1);
    format!("{left}{}{right}", " ".repeat(gap))
}

fn middle(text: &str) -> String {
    let before = WIDE.saturating_sub(text.width()) / 2;
    format!("{}{text}", " ".repeat(before))
}

/// A line without characters that would steer a terminal or a printer.
fn clean(text: &str) -> String {
    let letters = text.chars();
    letters
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> v1::Receipt {
        let local = |year, month, day| Some(v1::LocalDate { year, month, day });
        let line = |text: &str, cents, tax_cents| v1::AccountLine {
            text: text.to_owned(),
            cents,
            tax_cents,
        };
        v1::Receipt {
            number: 17,
            business_name: "Treadwell Barefoot Massage".to_owned(),
            site_name: "Halifax".to_owned(),
            address: "100 Example Street\nHalifax, Nova Scotia".to_owned(),
            phone: "902-555-0198".to_owned(),
            tax_name: "HST".to_owned(),
            tax_number: "12345 6789 RT0001".to_owned(),
            tax_basis_points: 1_400,
            client_name: "Anna\u{1b} Lee".to_owned(),
            issued_on: local(2026, 11, 24),
            treated_on: local(2026, 11, 23),
            began: Some(v1::TimeOfDay { hour: 9, minute: 5 }),
            minutes: 45,
            modality: v1::Modality::Foot.into(),
            service_name: "Reflex foot massage 30".to_owned(),
            therapist_name: "Mei Chen".to_owned(),
            association: "MTANS".to_owned(),
            registration_number: "M-1041".to_owned(),
            lines: vec![
                line("Reflex foot massage 30", 5_500, 770),
                line("Calf release", 2_000, 280),
            ],
            net_cents: 7_500,
            tax_cents: 1_050,
            total_cents: 8_550,
            payments: vec![
                v1::ReceiptPayment {
                    on: local(2026, 11, 23),
                    direction: PaymentDirection::Paid.into(),
                    method: PaymentMethod::Insurance.into(),
                    cents: 9_000,
                },
                v1::ReceiptPayment {
                    on: local(2026, 11, 24),
                    direction: PaymentDirection::Refunded.into(),
                    method: PaymentMethod::ETransfer.into(),
                    cents: 450,
                },
            ],
            ..v1::Receipt::default()
        }
    }

    #[test]
    fn a_receipt_says_all_that_it_has_to() {
        let expected = "                 Treadwell Barefoot Massage
                          Halifax
          100 Example Street, Halifax, Nova Scotia
                        902-555-0198

RECEIPT 17                                 Issued 2026-11-24

Client      Anna  Lee
Treatment   Reflex foot massage 30 (foot massage)
Given       2026-11-23 09:05, 45 minutes
Therapist   Mei Chen
Registered  MTANS, M-1041

Reflex foot massage 30                                 55.00
Calf release                                           20.00
Before tax                                             75.00
HST 14 %                                               10.50
Total                                                  85.50

Paid 2026-11-23, insurance                             90.00
Refunded 2026-11-24, e-transfer                        -4.50
Balance                                                 0.00

HST number 12345 6789 RT0001
";
        assert_eq!(text(&sample()), expected);
    }

    #[test]
    fn a_copy_says_so_and_a_void_one_why() {
        let copy = v1::Receipt {
            duplicates: 2,
            voided: Some(v1::ReceiptVoid {
                reason: "wrong client".to_owned(),
                ..v1::ReceiptVoid::default()
            }),
            ..sample()
        };
        let text = text(&copy);
        assert!(
            text.contains("\nDUPLICATE 2\nVOID: wrong client\n"),
            "{text}"
        );
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let good = [
            ("12", 1_200),
            ("12.5", 1_250),
            ("$12.05", 1_205),
            (" 0.01 ", 1),
            ("999999999.99", 99_999_999_999),
        ];
        for (text, expected) in good {
            assert_eq!(cents(text), Some(expected), "{text}");
        }
        for text in [
            "", "0", "0.00", "-1", "1,50", "1.234", ".5", "1 000", "1e3", "$",
        ] {
            assert_eq!(cents(text), None, "{text}");
        }
        assert_eq!(
            (percent(1_400), percent(997), percent(0)),
            ("14 %".into(), "9.97 %".into(), "0 %".into())
        );
    }
}
