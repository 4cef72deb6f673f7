//! Records about money.

use jiff::civil::{date, time};
use treadwell_clinic::id::{AppointmentId, ClientId, KeyId, PaymentId};
use treadwell_clinic::model::{
    AccountLine, Business, Direction, Modality, PayMethod, Payment, Price, PriceList, Receipt,
    ReceiptContent, ReceiptNumber, ReceiptPayment, Record, Registration, Voiding,
};

use super::{id, instant};

fn price_list() -> PriceList {
    let from = date(2026, 1, 1);
    PriceList {
        service: id("ashiatsu-60"),
        prices: [None, Some(id("calf"))]
            .map(|extension| Price {
                extension,
                from,
                cents: 12_000,
            })
            .to_vec(),
    }
}

fn payments() -> impl Iterator<Item = Payment> {
    let ways = [Direction::Paid, Direction::Refunded];
    let methods = PayMethod::ALL.into_iter();
    methods
        .zip(ways.into_iter().cycle())
        .map(|(method, direction)| Payment {
            id: PaymentId::new(2_000),
            appointment: AppointmentId::new(1_000_000),
            client: ClientId::new(4_096),
            site: id("halifax"),
            direction,
            method,
            cents: 4_000_000_000,
            note: "slip 7".to_owned(),
            by: KeyId::new(5),
            at: instant(0),
        })
}

fn content(modality: Modality) -> ReceiptContent {
    ReceiptContent {
        business: "Sole".to_owned(),
        site_name: "Halifax".to_owned(),
        address: "1 Quay Street\nHalifax".to_owned(),
        phone: "902-555-0198".to_owned(),
        tax_name: "HST".to_owned(),
        tax_number: "1 RT0001".to_owned(),
        tax_basis_points: 1_400,
        client_name: "Ada".to_owned(),
        issued_on: date(2026, 11, 24),
        treated_on: date(2026, 11, 23),
        began: time(10, 5, 0, 0),
        minutes: 75,
        modality,
        service_name: "Ashiatsu".to_owned(),
        therapist_name: "Mei Chen".to_owned(),
        registration: Registration {
            expires: None,
            association: "MTANS".to_owned(),
            number: "M-1".to_owned(),
        },
        lines: vec![AccountLine {
            text: "Ashiatsu".to_owned(),
            cents: 12_000,
            tax_cents: 1_680,
        }],
        payments: vec![ReceiptPayment {
            on: date(2026, 11, 24),
            direction: Direction::Paid,
            method: PayMethod::Insurance,
            cents: 13_680,
        }],
    }
}

pub(super) fn records() -> Vec<Record> {
    let receipt = |modality| Receipt {
        number: ReceiptNumber::FIRST,
        appointment: AppointmentId::new(1_000_000),
        client: ClientId::new(4_096),
        site: id("halifax"),
        therapist: id("chen"),
        issued_by: KeyId::new(5),
        issued_at: instant(3),
        content: content(modality),
        duplicates: 2,
        voided: None,
    };
    let void = Receipt {
        number: ReceiptNumber::new(u32::MAX).unwrap(),
        voided: Some(Voiding {
            by: KeyId::new(6),
            at: instant(4),
            reason: "wrong client".to_owned(),
        }),
        ..receipt(Modality::Foot)
    };
    let modalities = [Modality::Barefoot, Modality::HandsOn, Modality::Combination];
    let mut records: Vec<Record> = vec![Business::default().into(), price_list().into()];
    records.extend(payments().map(Record::from));
    records.extend(modalities.map(|modality| receipt(modality).into()));
    records.push(void.into());
    records
}
