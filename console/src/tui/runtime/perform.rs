//! Performs a call, and puts what went wrong into the words that a screen shows.

use std::path::Path;

use treadwell_api::v1;
use treadwell_client::{Class, Client, Error};

use crate::{
    file::{self, Former, Readers},
    record, rules,
    tui::{
        call::{Answer, Call, each_call},
        event::{Export, GoOn, Paper},
        failure::{Failure, FailureKind, KEY_INVALID},
        locked::{Came, KEY, Shown},
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

/// Writes into a file that is not there yet; gives what to say of it.
pub(in crate::tui) async fn export(
    client: &Client,
    what: Export,
    path: &Path,
) -> Result<String, Failure> {
    let path = &file::place(path);
    // Before anything is read, and so noted in the audit.
    if path.exists() {
        return Err(refused(format!("{} is there already.", path.display())));
    }
    let alone = || {
        format!(
            "Written to {}, which is readable by you alone.",
            path.display()
        )
    };
    let (text, said) = match what {
        Export::Record(request) => {
            let found = record::fetch(client, request).await;
            let found = found.map_err(|error| failure(&error))?;
            (found.text(), found.said(path))
        }
        Export::Form(request, paper) => {
            let form = client.get_intake_form(request).await;
            let form = form.map_err(|error| failure(&error))?;
            let text = match paper {
                Paper::Page => form.page,
                Paper::Text => form.text,
            };
            (text, alone())
        }
        Export::Text(text) => (text, alone()),
    };
    let written = file::write(path, &text, Readers::Owner, Former::Stays);
    let placed = written
        .map_err(|error| refused(format!("{} can not be written: {error}", path.display())))?;
    Ok(match placed.warning(path) {
        Some(warning) => format!("{said} {warning}"),
        None => said,
    })
}

/// Tells a file that the edit from it is made; gives what to say of both.
pub(in crate::tui) fn go_on(made: &GoOn) -> Result<String, Failure> {
    let path = file::place(&made.path);
    let (said, file) = (&made.said, path.display());
    match rules::go_on(&path, &made.rule_set_id, &made.was, &made.now) {
        Ok(true) => Ok(format!(
            "{said} {file} says so too, to be edited on: load it again where it is open."
        )),
        Ok(false) => Ok(said.clone()),
        Err(error) => Err(refused(format!(
            "{said} {file} could not be told so ({error}): write {} into it before the next edit.",
            rules::etag_line(&made.now)
        ))),
    }
}

/// Reads a file with a rule set.
pub(in crate::tui) fn read_rules(path: &Path) -> Result<v1::RuleSet, Failure> {
    let path = &file::place(path);
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| refused(format!("{}: {error}", path.display())))?;
    rules::read(&text).map_err(|wrong| Failure {
        lines: wrong,
        ..refused(format!("{} is no rule set.", path.display()))
    })
}

/// Has judged what was shown at the lock. The key that is used is known without asking, so that it opens without a link too; one that
/// the server refuses has to be asked about like any other.
pub(in crate::tui) async fn present(
    options: treadwell_client::Options,
    shown: Shown,
) -> Result<Came, Failure> {
    if shown.secret == options.key && !shown.ask {
        return Ok(Came::SameKey);
    }
    let by_key = shown.secret.starts_with(KEY);
    let key = if by_key {
        shown.secret.clone()
    } else {
        String::new()
    };
    let client = Client::new(treadwell_client::Options { key, ..options });
    let client = client.map_err(|error| refused(format!("{error}.")))?;
    let (key, secret) = if by_key {
        let answer = client.who_am_i(v1::WhoAmIRequest {}).await;
        (answer.map_err(|error| failure(&error))?.key, shown.secret)
    } else {
        let request = v1::SignInRequest {
            name: shown.name,
            passphrase: shown.secret,
        };
        let answer = client.sign_in(request).await;
        let answer = answer.map_err(|error| failure(&error))?;
        (answer.key, answer.secret)
    };
    Ok(Came::With(Box::new(key.unwrap_or_default()), secret))
}

/// Closes a session. One that can not be closed ends by itself when it is idle.
pub(in crate::tui) async fn sign_out(options: treadwell_client::Options, key: String) {
    if let Ok(client) = Client::new(treadwell_client::Options { key, ..options }) {
        drop(client.sign_out(v1::SignOutRequest {}).await);
    }
}

/// What the console itself refuses.
fn refused(message: String) -> Failure {
    Failure {
        kind: FailureKind::Refused,
        message,
        ..Failure::default()
    }
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
        message: if not_signed_in {
            format!("The key opens nothing: {KEY_INVALID}")
        } else {
            refusal.message.clone()
        },
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
