//! `sign-in` and `sign-out`: sessions by passphrase.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    failure::Failure,
    keys::{KeyJson, reach},
    present::rfc3339_of,
    report::Report,
    secret,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    /// The key's name or id; its passphrase is asked for, or read from standard input
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct SignOutArgs {}

/// What `sign-in --json` prints.
#[derive(Serialize)]
struct SignedInJson<'a> {
    key: KeyJson<'a>,
    /// The session's secret, used like a key's.
    secret: &'a str,
    expires_at: Option<String>,
    idle_minutes: i32,
}

/// What `sign-out --json` prints.
#[derive(Serialize)]
struct SignedOutJson {
    signed_out: bool,
}

pub(crate) async fn sign_in(session: &Session, args: &SignInArgs) -> Result<Report, Failure> {
    let request = v1::SignInRequest {
        name: args.name.clone(),
        passphrase: secret::passphrase("Passphrase")?,
    };
    let answer = session.client.sign_in(request).await?;
    let key = answer.key.unwrap_or_default();
    let mut report = Report::default();
    report.line(format!("Signed in as {} ({}).", key.name, reach(&key)));
    report.line(format!(
        "The session ends when it is idle for {} minutes, after 12 hours, or by `treadwell sign-out`. Its secret, for TREADWELL_KEY, shown only now:",
        answer.idle_minutes
    ));
    report.line(&answer.secret);
    report.object(&SignedInJson {
        key: KeyJson::new(&key, ""),
        secret: &answer.secret,
        expires_at: rfc3339_of(answer.expires_at.as_ref(), &jiff::tz::TimeZone::UTC),
        idle_minutes: answer.idle_minutes,
    });
    Ok(report)
}

pub(crate) async fn sign_out(session: &Session, _: &SignOutArgs) -> Result<Report, Failure> {
    let answer = session.client.sign_out(v1::SignOutRequest {}).await?;
    let mut report = Report::default();
    report.line(if answer.signed_out {
        "Signed out; the session's secret opens nothing any more."
    } else {
        "This is a key, not a session: it goes on working. `treadwell keys revoke` ends it."
    });
    report.object(&SignedOutJson {
        signed_out: answer.signed_out,
    });
    Ok(report)
}
