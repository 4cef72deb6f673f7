//! Receipts: issued once with a number of their own, issued again as duplicates, made void.

use std::sync::Arc;

use jiff::civil::Time;

use super::appointment::not_erased;
use super::check::Checks;
use super::{Work, payment};
use crate::command::{Revision, Step, VoidReceipt};
use crate::limits;
use crate::model::{
    Appointment, Change, Receipt, ReceiptContent, ReceiptNumber, ReceiptPayment, Record, RecordId,
    Registration, Session, Site, Slot, State, Voiding,
};
use crate::money::{Account, account};
use crate::refusal::{MoneyRefusal, Refusal};

#[cfg(test)]
pub(super) mod tests;

/// Issues the receipt of an appointment. The number is taken by the decision itself: one that is refused
/// or only tried takes none.
pub(super) fn issue(work: &mut Work<'_>, step: Step) -> Result<(), Refusal> {
    let appointment = payment::appointment(work, step)?;
    let State::Completed(session) = &appointment.state else {
        return Err(Refusal::Money(MoneyRefusal::NotCompleted));
    };
    if let Some(receipt) = payment::standing(work, appointment) {
        return Err(Refusal::Money(receipt));
    }
    let account = account(work.clinic, appointment);
    let due_cents = account.due_cents();
    if due_cents != 0 {
        return Err(Refusal::Money(MoneyRefusal::NotPaid { due_cents }));
    }
    let content = content(work, appointment, session, account)?;
    let receipt = Receipt {
        number: work.clinic.next_receipt().ok_or(Refusal::TooMany)?,
        appointment: appointment.id,
        client: appointment.client,
        site: appointment.slot.site,
        therapist: appointment.slot.therapist,
        issued_by: work.context.actor.key,
        issued_at: work.now(),
        content,
        duplicates: 0,
        voided: None,
    };
    work.create(receipt);
    Ok(())
}

/// Issues a receipt again. Its content stays; the copy says that it is a duplicate.
pub(super) fn reissue(
    work: &mut Work<'_>,
    number: ReceiptNumber,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let receipt = find(work, number, etag)?;
    let again = Receipt {
        duplicates: receipt.duplicates.saturating_add(1),
        ..Receipt::clone(receipt)
    };
    work.update(Arc::clone(receipt), again);
    Ok(())
}

/// Makes a receipt void. It keeps its number and its content.
pub(super) fn void(work: &mut Work<'_>, void: &VoidReceipt) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.line("reason", &void.reason, limits::REASON_CHARS);
    checks.expect(!void.reason.is_empty(), "reason", "not empty");
    checks.finish()?;
    let receipt = find(work, void.receipt, void.etag)?;
    let voided = Receipt {
        voided: Some(Voiding {
            by: work.context.actor.key,
            at: work.now(),
            reason: void.reason.clone(),
        }),
        ..Receipt::clone(receipt)
    };
    work.update(Arc::clone(receipt), voided);
    Ok(())
}

/// Fails when a receipt was issued, be it void by now, on the state that a change to an appointment led
/// to.
pub(super) fn none_issued(work: &Work<'_>, change: &Change) -> Result<(), Refusal> {
    let Some(Record::Appointment(after)) = change.after() else {
        return Ok(());
    };
    // Ending a turnover changes the appointment only on the side.
    let state_stays = |before: &Record| match before {
        Record::Appointment(before) => before.state == after.state,
        _ => false,
    };
    let issued = work.clinic.receipts_of(after.id).next();
    match issued {
        Some(issued) if !change.before().is_some_and(state_stays) => {
            let receipt = issued.number;
            Err(Refusal::Money(MoneyRefusal::UndoAfterReceipt { receipt }))
        }
        _ => Ok(()),
    }
}

/// A receipt that is not void.
fn find<'a>(
    work: &Work<'a>,
    number: ReceiptNumber,
    etag: Option<Revision>,
) -> Result<&'a Arc<Receipt>, Refusal> {
    let what = RecordId::Receipt(number);
    let receipt = work
        .clinic
        .receipt(number)
        .ok_or(Refusal::NotFound { what })?;
    work.reaches(what, receipt.site)?;
    work.fresh_enough(what, etag)?;
    not_erased(receipt.client)?;
    if receipt.voided.is_some() {
        let receipt = number;
        return Err(Refusal::Money(MoneyRefusal::ReceiptVoid { receipt }));
    }
    Ok(receipt)
}

/// All that the receipt says, or the refusal that names what is missing.
fn content(
    work: &Work<'_>,
    appointment: &Appointment,
    session: &Session,
    account: Account,
) -> Result<ReceiptContent, Refusal> {
    let (clinic, slot) = (work.clinic, &appointment.slot);
    let business = clinic.business();
    let site = work.site(slot.site)?;
    let client = known(
        clinic.client(appointment.client),
        RecordId::Client(appointment.client),
    )?;
    let service = known(
        clinic.service(slot.service),
        RecordId::Service(slot.service),
    )?;
    let what = RecordId::Therapist(slot.therapist);
    let therapist = known(clinic.therapist(slot.therapist), what)?;
    let untaxed = account.tax_cents() == 0;
    let needed = [
        (!business.name.is_empty(), "the name of the business"),
        (untaxed || !business.tax_number.is_empty(), "the tax number"),
        (!site.address.is_empty(), "the address of the site"),
        (
            therapist.registration.is_some(),
            "the registration of the therapist",
        ),
    ];
    let missing: Vec<_> = needed
        .into_iter()
        .filter_map(|(there, what)| (!there).then_some(what))
        .collect();
    let registration = match &therapist.registration {
        Some(registration) if missing.is_empty() => Registration {
            expires: None,
            ..registration.clone()
        },
        _ => return Err(Refusal::Money(MoneyRefusal::ReceiptIncomplete { missing })),
    };
    Ok(ReceiptContent {
        business: business.name.clone(),
        site_name: site.name.clone(),
        address: site.address.clone(),
        phone: site.phone.clone(),
        tax_name: business.tax_name.clone(),
        tax_number: business.tax_number.clone(),
        tax_basis_points: account.tax_basis_points,
        client_name: client.name.clone(),
        issued_on: site.zone.local(work.now()).date(),
        treated_on: site.zone.date(slot.start()),
        began: to_the_minute(site.zone.local(session.started).time()),
        minutes: minutes(slot, session),
        modality: service.modality,
        service_name: service.name.clone(),
        therapist_name: therapist.name.clone(),
        registration,
        lines: account.lines,
        payments: payments(work, site, appointment),
    })
}

fn known<T>(found: Option<T>, what: RecordId) -> Result<T, Refusal> {
    found.ok_or(Refusal::NotFound { what })
}

fn to_the_minute(time: Time) -> Time {
    Time::constant(time.hour(), time.minute(), 0, 0)
}

/// How long the treatment took: as it was booked, unless it was stopped before.
fn minutes(slot: &Slot, session: &Session) -> u32 {
    let planned = slot.planned.minutes();
    if session.stopped.is_none() {
        return planned;
    }
    let seconds = session.finished.as_second() - session.started.as_second();
    u32::try_from(seconds / 60).map_or(planned, |actual| actual.min(planned))
}

fn payments(work: &Work<'_>, site: &Site, appointment: &Appointment) -> Vec<ReceiptPayment> {
    let payments = work.clinic.payments_of(appointment.id);
    payments
        .map(|payment| ReceiptPayment {
            on: site.zone.local(payment.at).date(),
            direction: payment.direction,
            method: payment.method,
            cents: payment.cents,
        })
        .collect()
}
