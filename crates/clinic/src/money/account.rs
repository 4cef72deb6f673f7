//! What an appointment costs, what is paid, and what is due.

use jiff::civil::Date;

use super::tax;
use crate::clinic::Clinic;
use crate::model::{AccountLine, Appointment, Payment, Slot, State};

/// An appointment's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The tax rate on the date of the treatment, in hundredths of a percent.
    pub tax_basis_points: u16,
    /// What is charged for; empty when an appointment does not take place and costs nothing.
    pub lines: Vec<AccountLine>,
    /// What was paid and not paid back, in cents. Never negative.
    pub paid_cents: i64,
}

impl Account {
    /// The sum before tax, in cents.
    pub fn net_cents(&self) -> i64 {
        self.lines.iter().map(|line| i64::from(line.cents)).sum()
    }

    /// The tax, in cents.
    pub fn tax_cents(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| i64::from(line.tax_cents))
            .sum()
    }

    /// The sum with tax, in cents.
    pub fn total_cents(&self) -> i64 {
        self.net_cents() + self.tax_cents()
    }

    /// What is still due, in cents; negative when the client gets something back.
    pub fn due_cents(&self) -> i64 {
        self.total_cents() - self.paid_cents
    }
}

/// The account of an appointment as it stands.
pub fn account(clinic: &Clinic, appointment: &Appointment) -> Account {
    let treated = treated_on(clinic, &appointment.slot);
    let business = clinic.business();
    let basis_points = treated.map_or(0, |date| business.basis_points_on(date));
    let line = |text: String, cents: u32| AccountLine {
        text,
        cents,
        tax_cents: tax(cents, basis_points),
    };
    Account {
        tax_basis_points: basis_points,
        lines: charged(clinic, appointment)
            .into_iter()
            .map(|(text, cents)| line(text, cents))
            .collect(),
        paid_cents: clinic
            .payments_of(appointment.id)
            .map(|payment| Payment::signed_cents(payment))
            .sum(),
    }
}

/// What is charged for, before tax.
fn charged(clinic: &Clinic, appointment: &Appointment) -> Vec<(String, u32)> {
    let fee = appointment.charges.fee_cents;
    let fee_line = |text: &str| match fee {
        0 => Vec::new(),
        fee => vec![(text.to_owned(), fee)],
    };
    match appointment.state {
        State::Cancelled(_) => fee_line("Late cancellation"),
        State::NoShow { .. } => fee_line("Missed appointment"),
        _ => treatment(clinic, appointment),
    }
}

/// The treatment and each of its extensions, at the prices that were settled at booking.
fn treatment(clinic: &Clinic, appointment: &Appointment) -> Vec<(String, u32)> {
    let slot = &appointment.slot;
    let service = clinic.service(slot.service);
    let name = service.map_or_else(|| slot.service.to_string(), |service| service.name.clone());
    let parts = &appointment.charges.extensions;
    let of_extensions = parts
        .iter()
        .fold(0_u32, |sum, &part| sum.saturating_add(part));
    let extensions = slot
        .extensions
        .iter()
        .zip(parts.iter())
        .map(|(&id, &cents)| {
            let known = service.and_then(|service| service.extension(id));
            let name = known.map_or_else(|| id.to_string(), |extension| extension.name.clone());
            (name, cents)
        });
    let own = appointment.price_cents.saturating_sub(of_extensions);
    std::iter::once((name, own)).chain(extensions).collect()
}

/// The local date on which a slot's treatment is given.
pub fn treated_on(clinic: &Clinic, slot: &Slot) -> Option<Date> {
    let site = clinic.site(slot.site)?;
    Some(site.zone.date(slot.start()))
}
