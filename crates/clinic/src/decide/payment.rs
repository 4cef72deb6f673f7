//! Payments and refunds: facts that somebody records and signs with their key.

use std::sync::Arc;

use super::Work;
use super::appointment::not_erased;
use super::check::{Checks, invalid};
use crate::command::{Pay, Step};
use crate::id::PaymentId;
use crate::limits;
use crate::model::{Appointment, Direction, PayMethod, Payment, RecordId};
use crate::money::account;
use crate::refusal::{MoneyRefusal, Refusal};

#[cfg(test)]
pub(super) mod tests;

/// Money is taken, in one or several ways at once: never more than is due.
pub(super) fn take(work: &mut Work<'_>, pay: &Pay) -> Result<(), Refusal> {
    let (appointment, cents) = judged(work, pay, Direction::Paid)?;
    let due_cents = account(work.clinic, appointment).due_cents();
    if cents > due_cents {
        return Err(Refusal::Money(MoneyRefusal::MoreThanDue { due_cents }));
    }
    record(work, pay, appointment, Direction::Paid)
}

/// Money is paid back, with a reason: never more than was paid.
pub(super) fn refund(work: &mut Work<'_>, pay: &Pay) -> Result<(), Refusal> {
    let (appointment, cents) = judged(work, pay, Direction::Refunded)?;
    let paid_cents = account(work.clinic, appointment).paid_cents;
    if cents > paid_cents {
        return Err(Refusal::Money(MoneyRefusal::MoreThanPaid { paid_cents }));
    }
    record(work, pay, appointment, Direction::Refunded)
}

/// The appointment and the sum, if nothing but the account can stand against it.
fn judged<'a>(
    work: &Work<'a>,
    pay: &Pay,
    direction: Direction,
) -> Result<(&'a Arc<Appointment>, i64), Refusal> {
    let mut checks = Checks::default();
    checks.expect(!pay.parts.is_empty(), "parts", "at least one");
    checks.at_most("parts", pay.parts.len(), limits::PAYMENT_PARTS);
    checks.each("parts", &pay.parts, |checks, part| {
        checks.between("cents", part.cents, 1, limits::PAYMENT_CENTS);
    });
    checks.line("note", &pay.note, limits::REASON_CHARS);
    let other = pay.parts.iter().any(|part| part.method == PayMethod::Other);
    let asks_why = other || direction == Direction::Refunded;
    let explained = !asks_why || !pay.note.is_empty();
    checks.expect(
        explained,
        "note",
        "in what other way it is paid, or why it is paid back",
    );
    checks.finish()?;
    let appointment = appointment(work, pay.step)?;
    if let Some(receipt) = standing(work, appointment) {
        return Err(Refusal::Money(receipt));
    }
    let earlier = work.clinic.payments_of(appointment.id).count();
    if earlier + pay.parts.len() > limits::PAYMENTS {
        let expected = format!("at most {} payments of one appointment", limits::PAYMENTS);
        return Err(invalid("parts", expected));
    }
    let cents = pay.parts.iter().map(|part| i64::from(part.cents)).sum();
    Ok((appointment, cents))
}

fn record(
    work: &mut Work<'_>,
    pay: &Pay,
    appointment: &Appointment,
    direction: Direction,
) -> Result<(), Refusal> {
    for part in &pay.parts {
        let payment = Payment {
            id: PaymentId::new(work.fresh()?),
            appointment: appointment.id,
            client: appointment.client,
            site: appointment.slot.site,
            direction,
            method: part.method,
            cents: part.cents,
            note: pay.note.clone(),
            by: work.context.actor.key,
            at: work.now(),
        };
        work.create(payment);
    }
    Ok(())
}

/// An appointment at a site at which the actor may act, that is as the caller knows it.
pub(super) fn appointment<'a>(
    work: &Work<'a>,
    step: Step,
) -> Result<&'a Arc<Appointment>, Refusal> {
    let what = RecordId::Appointment(step.appointment);
    let found = work.clinic.appointment(step.appointment);
    let appointment = found.ok_or(Refusal::NotFound { what })?;
    work.reaches(what, appointment.slot.site)?;
    work.fresh_enough(what, step.etag)?;
    not_erased(appointment.client)?;
    Ok(appointment)
}

/// The refusal that a receipt which is not void is for whatever would make it untrue.
pub(super) fn standing(work: &Work<'_>, appointment: &Appointment) -> Option<MoneyRefusal> {
    let mut receipts = work.clinic.receipts_of(appointment.id);
    let stands = receipts.find(|receipt| receipt.voided.is_none())?;
    let receipt = stands.number;
    Some(MoneyRefusal::ReceiptStands { receipt })
}
