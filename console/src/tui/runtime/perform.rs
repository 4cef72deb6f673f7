//! Performs a call, and puts what went wrong into the words that a screen shows.

use std::path::Path;

use treadwell_api::v1;
use treadwell_client::{Class, Client, Error};

use crate::{
    file::{self, Former, Readers},
    record,
    tui::{
        call::{Answer, Call, each_call},
        failure::{Failure, FailureKind},
    },
};

macro_rules! dispatch {
    ($($kind:ident $name:ident($request:ident) -> $answer:ident, $method:ident;)*) => {
        /// Sends the call and waits for its answer.
        pub(in crate::tui) async fn perform(client: &Client, call: Call) -> Result<Answer, Failure> {
            let answer = match call {
                $(Call::$name(request) => client.$method(request).await.map(Answer::from),)*
            };
            answer.map_err(|error| failure(&error))
        }
    };
}
each_call!(dispatch);

/// Writes a client's whole record into a file that is not there yet; gives what to say of it.
pub(in crate::tui) async fn export(
    client: &Client,
    request: v1::ExportClientRecordRequest,
    path: &Path,
) -> Result<String, Failure> {
    let refused = |message: String| Failure {
        kind: FailureKind::Refused,
        message,
        ..Failure::default()
    };
    // Before anything is read, and so noted in the audit.
    if path.exists() {
        return Err(refused(format!("{} is there already.", path.display())));
    }
    let found = record::fetch(client, request).await;
    let found = found.map_err(|error| failure(&error))?;
    let written = file::write(path, &found.text(), Readers::Owner, Former::Stays);
    written.map_err(|error| refused(format!("{} can not be written: {error}", path.display())))?;
    Ok(found.said(path))
}

fn failure(error: &Error) -> Failure {
    let kind = match error.class() {
        Class::Unreachable => FailureKind::Unreachable,
        Class::NotAllowed => FailureKind::NotAllowed,
        _ => FailureKind::Refused,
    };
    let Some(refusal) = error.refusal() else {
        return Failure {
            kind,
            message: error.to_string(),
            ..Failure::default()
        };
    };
    let reason = refusal.reason.map(|reason| {
        reason
            .as_str_name()
            .trim_start_matches("REASON_")
            .to_owned()
    });
    let rules = refusal.rules.iter().map(|rule| rule.description.clone());
    let fields = refusal
        .fields
        .iter()
        .map(|field| format!("{}: {}", field.field, field.description));
    let not_signed_in = reason.as_deref() == Some("KEY_INVALID");
    Failure {
        // A server that answers that it can not write, or is overloaded, was reached: its own words say more.
        kind: match kind {
            FailureKind::Unreachable => FailureKind::Refused,
            _ if not_signed_in => FailureKind::NotSignedIn,
            kind => kind,
        },
        reason: reason.unwrap_or_default(),
        message: refusal.message.clone(),
        lines: rules
            .chain(fields)
            .filter(|line| !line.is_empty())
            .collect(),
        alternatives: refusal
            .booking
            .iter()
            .flat_map(|booking| &booking.alternatives)
            .cloned()
            .collect(),
    }
}
