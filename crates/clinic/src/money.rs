//! Money: what an appointment costs, what tax is on it, what is paid and due, and a day's totals.
//!
//! Everything here is computed from the records; nothing is kept twice. What an appointment costs is
//! settled when it is booked ([`quote`]), a fee when it does not take place ([`fee`]), the tax by the
//! date of the treatment ([`account()`]). Cents are whole numbers throughout.

mod account;
mod totals;

use jiff::civil::Date;

pub use account::{Account, account, treated_on};
pub use totals::{DayTotals, Sums, TillLine, day_totals};

use crate::clinic::Clinic;
use crate::id::ExtensionId;
use crate::model::{Appointment, CancelReason, Charges, Policy, Service, Slot, State};

#[cfg(test)]
mod tests;

/// Tax on an amount, in cents, rounded half-up.
pub fn tax(cents: u32, basis_points: u16) -> u32 {
    let scaled = u64::from(cents) * u64::from(basis_points);
    u32::try_from((scaled + 5_000) / 10_000).unwrap_or(u32::MAX)
}

/// What a slot costs before tax, in cents, and what of it its extensions do: by the prices that are in
/// force on its date.
pub fn quote(clinic: &Clinic, slot: &Slot) -> (u32, Charges) {
    let (Some(service), Some(date)) = (clinic.service(slot.service), treated_on(clinic, slot))
    else {
        return (0, Charges::default());
    };
    let extensions: Box<[u32]> = slot
        .extensions
        .iter()
        .map(|&extension| price(clinic, service, Some(extension), date))
        .collect();
    let total = extensions
        .iter()
        .fold(price(clinic, service, None, date), |sum, &more| {
            sum.saturating_add(more)
        });
    let charges = Charges {
        extensions,
        fee_cents: 0,
    };
    (total, charges)
}

/// What an appointment costs in another slot: as it was booked, and for extensions that it did not have by
/// the prices that are in force on the slot's date. Another service, to which the client agreed, costs what
/// it costs then.
pub fn requote(clinic: &Clinic, before: &Appointment, slot: &Slot) -> (u32, Charges) {
    if before.slot.service != slot.service {
        return quote(clinic, slot);
    }
    if before.slot.extensions == slot.extensions {
        return (before.price_cents, before.charges.clone());
    }
    let had = || {
        before
            .slot
            .extensions
            .iter()
            .zip(&before.charges.extensions)
    };
    let own = had().fold(before.price_cents, |rest, (_, cents)| {
        rest.saturating_sub(*cents)
    });
    let (_, mut charges) = quote(clinic, slot);
    for (extension, cents) in slot.extensions.iter().zip(&mut charges.extensions) {
        if let Some((_, booked)) = had().find(|(known, _)| *known == extension) {
            *cents = *booked;
        }
    }
    let total = charges
        .extensions
        .iter()
        .fold(own, |sum, &more| sum.saturating_add(more));
    charges.fee_cents = before.charges.fee_cents;
    (total, charges)
}

/// What a service without extensions, or one of its extensions, costs before tax for a treatment on a
/// local date, in cents. An extension that the service does not have costs nothing.
pub fn price(
    clinic: &Clinic,
    service: &Service,
    extension: Option<ExtensionId>,
    treated: Date,
) -> u32 {
    let listed = clinic
        .price_list(service.id)
        .and_then(|list| list.price_on(extension, treated));
    listed.unwrap_or_else(|| match extension {
        None => service.price_cents,
        Some(id) => service.extension(id).map_or(0, |found| found.price_cents),
    })
}

/// What an appointment that enters a state costs instead of its price, before tax, in cents: by default
/// nothing. Of cancellations only those that come late and at the client's own wish are charged for.
pub fn fee(policy: &Policy, state: &State) -> u32 {
    match state {
        State::Cancelled(cancelled)
            if cancelled.late && cancelled.reason == CancelReason::ClientRequest =>
        {
            policy.late_cancel_fee_cents
        }
        State::NoShow { .. } => policy.no_show_fee_cents,
        _ => 0,
    }
}
