//! The business and its taxes, dated prices, payments and receipts.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AppointmentId, ClientId, KeyId, PaymentId};
use treadwell_clinic::model::{
    AccountLine, Business, Direction, PayMethod, Payment, Price, PriceList, Receipt,
    ReceiptContent, ReceiptNumber, ReceiptPayment, Registration, TaxRate, Voiding,
};

use super::catalog::{modality_form, modality_of, time, time_form};
use super::value::{
    date, date_form, forms, id, id_or_none, instant, instant_form, list, part, small,
};
use super::{Bad, Stored};

impl Stored for Business {
    type Form = stored::Business;

    fn form(&self) -> stored::Business {
        stored::Business {
            name: self.name.clone(),
            tax_name: self.tax_name.clone(),
            tax_number: self.tax_number.clone(),
            rates: forms(&self.rates),
        }
    }

    fn read(form: stored::Business) -> Result<Self, Bad> {
        Ok(Self {
            name: form.name,
            tax_name: form.tax_name,
            tax_number: form.tax_number,
            rates: list(form.rates)?,
        })
    }
}

impl Stored for TaxRate {
    type Form = stored::TaxRate;

    fn form(&self) -> stored::TaxRate {
        stored::TaxRate {
            from: date_form(self.from),
            basis_points: self.basis_points.into(),
        }
    }

    fn read(form: stored::TaxRate) -> Result<Self, Bad> {
        Ok(Self {
            from: date("rates.from", form.from)?,
            basis_points: small("rates.basis_points", form.basis_points)?,
        })
    }
}

impl Stored for PriceList {
    type Form = stored::PriceList;

    fn form(&self) -> stored::PriceList {
        stored::PriceList {
            service: self.service.to_string(),
            prices: forms(&self.prices),
        }
    }

    fn read(form: stored::PriceList) -> Result<Self, Bad> {
        Ok(Self {
            service: id("service", &form.service)?,
            prices: list(form.prices)?,
        })
    }
}

impl Stored for Price {
    type Form = stored::Price;

    fn form(&self) -> stored::Price {
        stored::Price {
            extension: self.extension.map(|id| id.to_string()),
            from: date_form(self.from),
            cents: self.cents,
        }
    }

    fn read(form: stored::Price) -> Result<Self, Bad> {
        Ok(Self {
            extension: id_or_none("prices.extension", form.extension.as_deref())?,
            from: date("prices.from", form.from)?,
            cents: form.cents,
        })
    }
}

const fn direction_form(direction: Direction) -> stored::PaymentDirection {
    match direction {
        Direction::Paid => stored::PaymentDirection::Paid,
        Direction::Refunded => stored::PaymentDirection::Refunded,
    }
}

fn direction(form: i32) -> Result<Direction, Bad> {
    match stored::PaymentDirection::try_from(form) {
        Ok(stored::PaymentDirection::Paid) => Ok(Direction::Paid),
        Ok(stored::PaymentDirection::Refunded) => Ok(Direction::Refunded),
        Ok(stored::PaymentDirection::Unspecified) | Err(_) => Err(Bad("direction")),
    }
}

const fn method_form(method: PayMethod) -> stored::PaymentMethod {
    match method {
        PayMethod::Cash => stored::PaymentMethod::Cash,
        PayMethod::Card => stored::PaymentMethod::Card,
        PayMethod::ETransfer => stored::PaymentMethod::ETransfer,
        PayMethod::Insurance => stored::PaymentMethod::Insurance,
        PayMethod::Gift => stored::PaymentMethod::Gift,
        PayMethod::Other => stored::PaymentMethod::Other,
    }
}

fn method(form: i32) -> Result<PayMethod, Bad> {
    PayMethod::ALL
        .into_iter()
        .find(|&method| i32::from(method_form(method)) == form)
        .ok_or(Bad("method"))
}

impl Stored for Payment {
    type Form = stored::Payment;

    fn form(&self) -> stored::Payment {
        stored::Payment {
            id: self.id.number(),
            appointment: self.appointment.number(),
            client: self.client.number(),
            site: self.site.to_string(),
            direction: direction_form(self.direction).into(),
            method: method_form(self.method).into(),
            cents: self.cents,
            note: self.note.clone(),
            recorded: Some(stored::Done {
                by: self.by.number(),
                at: Some(instant_form(self.at)),
            }),
        }
    }

    fn read(form: stored::Payment) -> Result<Self, Bad> {
        let recorded = form.recorded.ok_or(Bad("recorded"))?;
        Ok(Self {
            id: PaymentId::new(form.id),
            appointment: AppointmentId::new(form.appointment),
            client: ClientId::new(form.client),
            site: id("site", &form.site)?,
            direction: direction(form.direction)?,
            method: method(form.method)?,
            cents: form.cents,
            note: form.note,
            by: KeyId::new(recorded.by),
            at: instant("recorded.at", recorded.at)?,
        })
    }
}

impl Stored for Receipt {
    type Form = stored::Receipt;

    fn form(&self) -> stored::Receipt {
        let voided = self.voided.as_ref();
        stored::Receipt {
            number: self.number.get(),
            appointment: self.appointment.number(),
            client: self.client.number(),
            site: self.site.to_string(),
            therapist: self.therapist.to_string(),
            issued: Some(stored::Done {
                by: self.issued_by.number(),
                at: Some(instant_form(self.issued_at)),
            }),
            content: Some(self.content.form()),
            duplicates: self.duplicates,
            voided: voided.map(|voided| stored::Done {
                by: voided.by.number(),
                at: Some(instant_form(voided.at)),
            }),
            void_reason: voided.map_or_else(String::new, |voided| voided.reason.clone()),
        }
    }

    fn read(form: stored::Receipt) -> Result<Self, Bad> {
        let issued = form.issued.ok_or(Bad("issued"))?;
        let reason = form.void_reason;
        let voided = form.voided.map(|voided| {
            Ok(Voiding {
                by: KeyId::new(voided.by),
                at: instant("voided.at", voided.at)?,
                reason,
            })
        });
        Ok(Self {
            number: ReceiptNumber::new(form.number).ok_or(Bad("number"))?,
            appointment: AppointmentId::new(form.appointment),
            client: ClientId::new(form.client),
            site: id("site", &form.site)?,
            therapist: id("therapist", &form.therapist)?,
            issued_by: KeyId::new(issued.by),
            issued_at: instant("issued.at", issued.at)?,
            content: part("content", form.content)?,
            duplicates: form.duplicates,
            voided: voided.transpose()?,
        })
    }
}

impl Stored for ReceiptContent {
    type Form = stored::ReceiptContent;

    fn form(&self) -> stored::ReceiptContent {
        stored::ReceiptContent {
            business: self.business.clone(),
            site_name: self.site_name.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            tax_name: self.tax_name.clone(),
            tax_number: self.tax_number.clone(),
            tax_basis_points: self.tax_basis_points.into(),
            client_name: self.client_name.clone(),
            issued_on: date_form(self.issued_on),
            treated_on: date_form(self.treated_on),
            began: time_form(self.began),
            minutes: self.minutes,
            modality: modality_form(self.modality).into(),
            service_name: self.service_name.clone(),
            therapist_name: self.therapist_name.clone(),
            association: self.registration.association.clone(),
            registration_number: self.registration.number.clone(),
            lines: forms(&self.lines),
            payments: forms(&self.payments),
        }
    }

    fn read(form: stored::ReceiptContent) -> Result<Self, Bad> {
        Ok(Self {
            modality: modality_of(form.modality())?,
            business: form.business,
            site_name: form.site_name,
            address: form.address,
            phone: form.phone,
            tax_name: form.tax_name,
            tax_number: form.tax_number,
            tax_basis_points: small("tax_basis_points", form.tax_basis_points)?,
            client_name: form.client_name,
            issued_on: date("issued_on", form.issued_on)?,
            treated_on: date("treated_on", form.treated_on)?,
            began: time("began", form.began)?,
            minutes: form.minutes,
            service_name: form.service_name,
            therapist_name: form.therapist_name,
            registration: Registration {
                association: form.association,
                number: form.registration_number,
                expires: None,
            },
            lines: list(form.lines)?,
            payments: list(form.payments)?,
        })
    }
}

impl Stored for AccountLine {
    type Form = stored::AccountLine;

    fn form(&self) -> stored::AccountLine {
        stored::AccountLine {
            text: self.text.clone(),
            cents: self.cents,
            tax_cents: self.tax_cents,
        }
    }

    fn read(form: stored::AccountLine) -> Result<Self, Bad> {
        Ok(Self {
            text: form.text,
            cents: form.cents,
            tax_cents: form.tax_cents,
        })
    }
}

impl Stored for ReceiptPayment {
    type Form = stored::ReceiptPayment;

    fn form(&self) -> stored::ReceiptPayment {
        stored::ReceiptPayment {
            on: date_form(self.on),
            direction: direction_form(self.direction).into(),
            method: method_form(self.method).into(),
            cents: self.cents,
        }
    }

    fn read(form: stored::ReceiptPayment) -> Result<Self, Bad> {
        Ok(Self {
            on: date("payments.on", form.on)?,
            direction: direction(form.direction)?,
            method: method(form.method)?,
            cents: form.cents,
        })
    }
}
