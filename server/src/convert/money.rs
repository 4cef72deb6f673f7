//! Prices and taxes, payments, accounts and receipts.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    AccountLine, Appointment, Business, Direction, ERASED, PayMethod, Payment, PaymentPart, Phase,
    Price, PriceList, Receipt, ReceiptNumber, ReceiptPayment, TaxRate,
};
use treadwell_clinic::money::{TillLine, account};

use super::fields::Fields;
use super::{service, values};

/// Reads the business.
pub fn read_business(business: &v1::Business, f: &mut Fields<'_>) -> Option<Business> {
    let name = f.text("name", &business.name, 0..=limits::NAME_CHARS);
    let tax_name = f.text("tax_name", &business.tax_name, 0..=limits::NAME_CHARS);
    let tax_number = f.text("tax_number", &business.tax_number, 0..=limits::NAME_CHARS);
    f.count("rates", business.rates.len(), 0..=limits::TAX_RATES)?;
    let mut rates = Vec::with_capacity(business.rates.len());
    for (at, rate) in business.rates.iter().enumerate() {
        let mut f = f.item("rates", at);
        let from = f.date("from", rate.from.as_ref());
        let basis_points = f.number("basis_points", rate.basis_points, 0..=10_000);
        if let (Some(from), Some(basis_points)) = (from, basis_points) {
            rates.push(TaxRate { from, basis_points });
        }
    }
    Some(Business {
        name: name?,
        tax_name: tax_name?,
        tax_number: tax_number?,
        rates: (rates.len() == business.rates.len()).then_some(rates)?,
    })
}

/// Shows the business.
pub fn show_business(business: &Business, revision: Revision) -> v1::Business {
    let rate = |rate: &TaxRate| v1::TaxRate {
        from: Some(values::date(rate.from)),
        basis_points: rate.basis_points.into(),
    };
    v1::Business {
        name: business.name.clone(),
        tax_name: business.tax_name.clone(),
        tax_number: business.tax_number.clone(),
        rates: business.rates.iter().map(rate).collect(),
        etag: values::etag(revision),
    }
}

/// Reads the dated prices of a service.
pub fn read_price_list(list: &v1::PriceList, f: &mut Fields<'_>) -> Option<PriceList> {
    let service = f.id("service_id", &list.service_id);
    f.count("prices", list.prices.len(), 0..=limits::PRICES)?;
    let mut prices = Vec::with_capacity(list.prices.len());
    for (at, price) in list.prices.iter().enumerate() {
        let mut f = f.item("prices", at);
        let extension = f.optional_id("extension_id", &price.extension_id);
        let from = f.date("from", price.from.as_ref());
        let cents = f.cents("cents", price.cents);
        if let (Some(extension), Some(from), Some(cents)) = (extension, from, cents) {
            prices.push(Price {
                extension,
                from,
                cents,
            });
        }
    }
    Some(PriceList {
        service: service?,
        prices: (prices.len() == list.prices.len()).then_some(prices)?,
    })
}

/// Shows the dated prices of a service.
pub fn show_price_list(list: &PriceList, revision: Revision) -> v1::PriceList {
    let price = |price: &Price| v1::Price {
        extension_id: price
            .extension
            .map_or_else(String::new, |id| id.to_string()),
        from: Some(values::date(price.from)),
        cents: price.cents.into(),
    };
    v1::PriceList {
        service_id: list.service.to_string(),
        prices: list.prices.iter().map(price).collect(),
        etag: values::etag(revision),
    }
}

const fn direction(direction: Direction) -> v1::PaymentDirection {
    match direction {
        Direction::Paid => v1::PaymentDirection::Paid,
        Direction::Refunded => v1::PaymentDirection::Refunded,
    }
}

const fn method(method: PayMethod) -> v1::PaymentMethod {
    match method {
        PayMethod::Cash => v1::PaymentMethod::Cash,
        PayMethod::Card => v1::PaymentMethod::Card,
        PayMethod::ETransfer => v1::PaymentMethod::ETransfer,
        PayMethod::Insurance => v1::PaymentMethod::Insurance,
        PayMethod::Gift => v1::PaymentMethod::Gift,
        PayMethod::Other => v1::PaymentMethod::Other,
    }
}

/// Reads in which ways how much is paid.
pub fn read_parts(parts: &[v1::PaymentPart], f: &mut Fields<'_>) -> Option<Vec<PaymentPart>> {
    f.count("parts", parts.len(), 1..=limits::PAYMENT_PARTS)?;
    let mut read = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let mut f = f.item("parts", at);
        let method = f.choice("method", part.method, |it: v1::PaymentMethod| {
            PayMethod::ALL
                .into_iter()
                .find(|&known| method(known) == it)
        });
        let most = i64::from(limits::PAYMENT_CENTS);
        let cents = f.number("cents", part.cents, 1..=most);
        if let (Some(method), Some(cents)) = (method, cents) {
            read.push(PaymentPart { method, cents });
        }
    }
    (read.len() == parts.len()).then_some(read)
}

/// Reads the number of a receipt.
pub fn read_number(name: &str, number: i32, f: &mut Fields<'_>) -> Option<ReceiptNumber> {
    let number = f.number(name, number, 1..=i64::from(i32::MAX))?;
    ReceiptNumber::new(number)
}

/// Shows a payment or a refund.
pub fn show_payment(payment: &Payment) -> v1::Payment {
    v1::Payment {
        id: payment.id.to_string(),
        appointment_id: payment.appointment.to_string(),
        client_id: values::client_id(payment.client),
        site_id: payment.site.to_string(),
        direction: direction(payment.direction).into(),
        method: method(payment.method).into(),
        cents: payment.cents.into(),
        note: payment.note.clone(),
        recorded_by: payment.by.to_string(),
        recorded_at: Some(values::instant(payment.at)),
    }
}

fn show_line(line: &AccountLine) -> v1::AccountLine {
    v1::AccountLine {
        text: line.text.clone(),
        cents: line.cents.into(),
        tax_cents: line.tax_cents.into(),
    }
}

/// Shows the account of an appointment as it stands in a clinic.
pub fn show_account(clinic: &Clinic, appointment: &Appointment) -> v1::Account {
    let found = account(clinic, appointment);
    let receipts: Vec<_> = clinic.receipts_of(appointment.id).collect();
    let stands = receipts.iter().find(|receipt| receipt.voided.is_none());
    v1::Account {
        appointment_id: appointment.id.to_string(),
        lines: found.lines.iter().map(show_line).collect(),
        tax_name: clinic.business().tax_name.clone(),
        tax_basis_points: found.tax_basis_points.into(),
        net_cents: found.net_cents(),
        tax_cents: found.tax_cents(),
        total_cents: found.total_cents(),
        paid_cents: found.paid_cents,
        due_cents: found.due_cents(),
        payments: clinic
            .payments_of(appointment.id)
            .map(|payment| show_payment(payment))
            .collect(),
        receipt_numbers: receipts
            .iter()
            .map(|receipt| show_number(receipt.number))
            .collect(),
        receipt_number: stands.map_or(0, |receipt| show_number(receipt.number)),
        completed: appointment.state.phase() == Phase::Completed,
        client_name: clinic
            .client(appointment.client)
            .map_or(ERASED, |client| client.name.as_str())
            .to_owned(),
        start: Some(values::cell(appointment.slot.start())),
    }
}

fn show_number(number: ReceiptNumber) -> i32 {
    i32::try_from(number.get()).unwrap_or(i32::MAX)
}

/// Shows a receipt.
pub fn show_receipt(receipt: &Receipt, revision: Revision) -> v1::Receipt {
    let said = &receipt.content;
    let (net, tax) = (cents(said.net_cents()), cents(said.tax_cents()));
    let payment = |payment: &ReceiptPayment| v1::ReceiptPayment {
        on: Some(values::date(payment.on)),
        direction: direction(payment.direction).into(),
        method: method(payment.method).into(),
        cents: payment.cents.into(),
    };
    v1::Receipt {
        number: show_number(receipt.number),
        appointment_id: receipt.appointment.to_string(),
        client_id: values::client_id(receipt.client),
        site_id: receipt.site.to_string(),
        therapist_id: receipt.therapist.to_string(),
        issued_by: receipt.issued_by.to_string(),
        issued_at: Some(values::instant(receipt.issued_at)),
        business_name: said.business.clone(),
        site_name: said.site_name.clone(),
        address: said.address.clone(),
        phone: said.phone.clone(),
        tax_name: said.tax_name.clone(),
        tax_number: said.tax_number.clone(),
        tax_basis_points: said.tax_basis_points.into(),
        client_name: said.client_name.clone(),
        issued_on: Some(values::date(said.issued_on)),
        treated_on: Some(values::date(said.treated_on)),
        began: Some(values::time(said.began, false)),
        minutes: i32::try_from(said.minutes).unwrap_or(i32::MAX),
        modality: service::show_modality(said.modality).into(),
        service_name: said.service_name.clone(),
        therapist_name: said.therapist_name.clone(),
        association: said.registration.association.clone(),
        registration_number: said.registration.number.clone(),
        lines: said.lines.iter().map(show_line).collect(),
        net_cents: net,
        tax_cents: tax,
        total_cents: net + tax,
        payments: said.payments.iter().map(payment).collect(),
        duplicates: i32::try_from(receipt.duplicates).unwrap_or(i32::MAX),
        voided: receipt.voided.as_ref().map(|voided| v1::ReceiptVoid {
            by: voided.by.to_string(),
            at: Some(values::instant(voided.at)),
            reason: voided.reason.clone(),
        }),
        etag: values::etag(revision),
    }
}

fn cents(cents: u64) -> i64 {
    i64::try_from(cents).unwrap_or(i64::MAX)
}

/// Shows a line of a day's totals.
pub fn show_till(line: &TillLine) -> v1::TillLine {
    v1::TillLine {
        site_id: line.site.to_string(),
        therapist_id: line.therapist.to_string(),
        method: method(line.method).into(),
        paid_cents: line.sums.paid_cents,
        refunded_cents: line.sums.refunded_cents,
        count: i32::try_from(line.sums.count).unwrap_or(i32::MAX),
    }
}
