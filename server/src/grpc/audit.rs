//! What is in the audit trail of calls: who has seen what of whose health, and who has done what that changes no record.
//!
//! Changes are in the journal with their actor; reads leave a line of the log's target `audit`, too, by ids alone.

use std::fmt::Display;

use treadwell_api::v1;

use crate::access::{Caller, HealthRead};
use crate::audit::{Deed, Entry, Ledger, NotWritten};

/// Notes what a caller is about to do; returns when that is durable, with the entry and its number. What can not be noted is not done.
pub(super) async fn noted(
    ledger: &Ledger,
    caller: &Caller,
    deed: Deed,
) -> Result<(u64, Entry), NotWritten> {
    let entry = caller.noted.entry(Some(caller.actor.key), deed);
    let number = ledger.write(vec![entry.clone()]).await?;
    Ok((number, entry))
}

/// Notes that the reasons of a client's screening were read, if any of these shows some.
pub(super) fn reasons_read<'s>(
    caller: &Caller,
    client: impl Display,
    shown: impl IntoIterator<Item = &'s v1::Screening>,
) {
    if shown.into_iter().any(|it| !it.reasons.is_empty()) {
        HealthRead::of(caller, client, "screening reasons");
    }
}

/// Notes what appointments show of their clients' health, one line for each that shows anything: the reasons of its
/// screening, or else what was noted about it.
pub(super) fn appointments_read<'s>(
    caller: &Caller,
    shown: impl IntoIterator<Item = &'s v1::Appointment>,
) {
    // What is left of somebody who was erased is nobody's, and tells nothing.
    let shown = shown.into_iter().filter(|it| !it.client_id.is_empty());
    for appointment in shown {
        let client = &appointment.client_id;
        if appointment
            .screening
            .iter()
            .any(|it| !it.reasons.is_empty())
        {
            HealthRead::of(caller, client, "screening reasons");
        } else if caller.view.health() && has_notes(appointment) {
            HealthRead::of(caller, client, "health notes");
        }
    }
}

/// Whether an appointment, as those who treat or manage see it, shows what somebody noted about its client's health. The same
/// notes are left out for all others: see `convert::appointment`.
fn has_notes(appointment: &v1::Appointment) -> bool {
    let reviewed = appointment.review.as_ref();
    let cancelled = appointment.cancellation.as_ref().is_some_and(|it| {
        let about_health = matches!(
            it.reason(),
            v1::CancelReason::Screening | v1::CancelReason::ClientUnwell
        );
        about_health && !it.note.is_empty()
    });
    cancelled
        || reviewed.is_some_and(|it| !it.note.is_empty())
        || !appointment.stopped_early_reason.is_empty()
}

#[cfg(test)]
mod tests;
