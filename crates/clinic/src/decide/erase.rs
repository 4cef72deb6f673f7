//! Erasing a client.
//!
//! What tax law keeps and what reports count stays as nobody's: appointments as occupancy, payments and receipts with
//! their numbers, dates and amounts. It has no owner any more, so that it need not be sealed for one. All else goes.

use super::Work;
use crate::clinic::Clinic;
use crate::id::ClientId;
use crate::limits;
use crate::model::{Appointment, ERASED, Payment, Receipt, Record, RecordId, State, Voiding};
use crate::money::account;
use crate::refusal::{ErasureRefusal, Open, Refusal};
use crate::retention;

#[cfg(test)]
mod tests;

/// An open sum must not keep somebody on file for ever: after ten years and more nobody pays it. Whoever erases is told of it
/// and says with `give_up` that it is given up. What is in the books stays as it is.
pub(super) fn erase(work: &mut Work<'_>, client: ClientId, give_up: bool) -> Result<(), Refusal> {
    // What is erased lies at every site.
    work.everywhere()?;
    let clinic = work.clinic;
    let what = RecordId::Client(client);
    clinic.client(client).ok_or(Refusal::NotFound { what })?;
    let kept = retention::of(clinic, client);
    if !kept.has_ended(retention::today(clinic, work.now())) {
        let until = kept.kept_until;
        return Err(Refusal::Erasure(ErasureRefusal::Kept { until }));
    }
    let open = open_with(clinic, client, give_up);
    if !open.is_empty() {
        return Err(Refusal::Erasure(ErasureRefusal::Unsettled(open)));
    }
    for (record, _) in clinic.records_of(client) {
        match remains(&record) {
            Some(rest) => work.update_too(record, rest),
            None => work.remove(record),
        }
    }
    work.mention(what);
    Ok(())
}

/// What is open between a client and the clinic, money only if it is not given up; the first few of it.
fn open_with(clinic: &Clinic, client: ClientId, give_up: bool) -> Vec<Open> {
    let records = clinic.records_of(client).into_iter();
    let found = records.filter_map(|(record, _)| match &record {
        Record::Hold(hold) => Some(Open::Hold(hold.id)),
        Record::WaitlistEntry(entry) if entry.is_live() => Some(Open::Waiting(entry.id)),
        Record::Appointment(appointment) => open_of(clinic, appointment),
        _ => None,
    });
    let stands = |open: &Open| !(give_up && matches!(open, Open::Balance { .. }));
    found.filter(stands).take(limits::OPEN_NAMED).collect()
}

fn open_of(clinic: &Clinic, appointment: &Appointment) -> Option<Open> {
    let id = appointment.id;
    if appointment.is_ahead() || matches!(appointment.state, State::InSession { .. }) {
        return Some(Open::Appointment(id));
    }
    match account(clinic, appointment).due_cents() {
        0 => None,
        due_cents => Some(Open::Balance {
            appointment: id,
            due_cents,
        }),
    }
}

/// What stays of a client's record, as nobody's; none when all of it goes. What belongs to no client stays as it is.
fn remains(record: &Record) -> Option<Record> {
    match record {
        Record::Client(_)
        | Record::Declaration(_)
        | Record::Hold(_)
        | Record::SessionRecord(_)
        | Record::Aftercare(_)
        | Record::WaitlistEntry(_) => None,
        Record::Appointment(appointment) => Some(occupancy(appointment).into()),
        Record::Payment(payment) => Some(
            Payment {
                client: ClientId::ERASED,
                note: String::new(),
                ..Payment::clone(payment)
            }
            .into(),
        ),
        Record::Receipt(receipt) => Some(entry_of_the_books(receipt).into()),
        Record::Policy(_)
        | Record::Site(_)
        | Record::Room(_)
        | Record::RuleSet(_)
        | Record::RuleSetVersion(_)
        | Record::Service(_)
        | Record::Therapist(_)
        | Record::FootCare(_)
        | Record::WeekTemplate(_)
        | Record::Absence(_)
        | Record::Shift(_)
        | Record::Outage(_)
        | Record::Turnover(_)
        | Record::Business(_)
        | Record::PriceList(_)
        | Record::Key(_)
        | Record::StockItem(_)
        | Record::StockMovement(_)
        | Record::SupportInspection(_)
        | Record::Hygiene(_)
        | Record::Training(_) => Some(record.clone()),
    }
}

/// What was where and when, and what became of it, by codes and figures alone. A series would tie together what was one
/// person's.
fn occupancy(appointment: &Appointment) -> Appointment {
    let mut state = appointment.state.clone();
    match &mut state {
        State::Completed(session) => {
            if session.stopped.is_some() {
                session.stopped = Some(ERASED.into());
            }
        }
        State::Cancelled(cancelled) => cancelled.note = "".into(),
        State::Booked
        | State::Confirmed
        | State::Arrived { .. }
        | State::InSession { .. }
        | State::NoShow { .. } => {}
    }
    Appointment {
        client: ClientId::ERASED,
        state,
        review: None,
        flags: Vec::new(),
        note: None,
        series: None,
        reconfirmed: None,
        external: None,
        ..appointment.clone()
    }
}

/// What the books need of a receipt: number, dates, what was sold, amounts, tax.
fn entry_of_the_books(receipt: &Receipt) -> Receipt {
    let mut rest = Receipt {
        client: ClientId::ERASED,
        voided: receipt.voided.as_ref().map(|voided| Voiding {
            reason: ERASED.to_owned(),
            ..voided.clone()
        }),
        ..receipt.clone()
    };
    ERASED.clone_into(&mut rest.content.client_name);
    rest
}
