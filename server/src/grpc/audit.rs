//! The audit trail of reads: who has seen what of whose health.
//!
//! Changes are in the journal with their actor; reads leave a line of the log's target `audit`, by ids alone.

use std::fmt::Display;

use treadwell_api::v1;

use crate::access::Caller;

/// Notes that a client's declarations were read.
pub(super) fn declarations_read(caller: &Caller, client: impl Display) {
    tracing::info!(target: "audit", key = %caller.actor.key, %client, "declarations read");
}

/// Notes that the reasons of a client's screening were read, if any of these shows some.
pub(super) fn reasons_read<'s>(
    caller: &Caller,
    client: impl Display,
    shown: impl IntoIterator<Item = &'s v1::Screening>,
) {
    if shown.into_iter().any(|it| !it.reasons.is_empty()) {
        tracing::info!(target: "audit", key = %caller.actor.key, %client, "screening reasons read");
    }
}

/// The same for appointments, one line for each whose screening shows reasons.
pub(super) fn reasons_read_with<'s>(
    caller: &Caller,
    shown: impl IntoIterator<Item = &'s v1::Appointment>,
) {
    for appointment in shown {
        reasons_read(caller, &appointment.client_id, &appointment.screening);
    }
}
