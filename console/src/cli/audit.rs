//! `audit`: who did what, to whose records, when, from where and why.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    failure::Failure,
    present::{rfc3339_of, value_name},
    report::{Report, Table},
    session::{PAGE, Session},
    status::{VERIFY_TIME, checked},
};
use crate::{cli::find, tui::time, when};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    /// Only changes and reads of this client's records, and what was written about those
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Only what this key did, by its id
    #[arg(long, value_name = "KEY")]
    by: Option<String>,
    /// Only this kind of entries; once for each
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// Only what happened on this day or later [default: today; with --client or --by, ever since]
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only what happened before this day
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Checks that each entry is as it was written and that none is missing between others
    Verify,
    /// Writes something about an entry beside it
    Annotate {
        /// The entry (aud-...) or the change (chg-...)
        entry: String,
        /// What there is to say; no health data
        text: String,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// Records were changed
    Change,
    /// Somebody was shown a client's health record
    Read,
    /// Somebody was not let in
    Refused,
    /// Somebody wrote something about another entry
    Annotation,
    /// Somebody opened a session with a passphrase
    SignedIn,
    /// Somebody closed a session
    SignedOut,
    /// Somebody lifted a lock, accepted the clock's time, or asked for a backup
    Upkeep,
    /// Entries of the trail were found to be missing
    Gap,
    /// Entries that can not be read
    Unreadable,
}

impl From<Kind> for v1::AuditKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Change => Self::Change,
            Kind::Read => Self::Read,
            Kind::Refused => Self::Refused,
            Kind::Annotation => Self::Annotation,
            Kind::SignedIn => Self::SignedIn,
            Kind::SignedOut => Self::SignedOut,
            Kind::Upkeep => Self::Upkeep,
            Kind::Gap => Self::Gap,
            Kind::Unreadable => Self::Unreadable,
        }
    }
}

/// An entry as `--json` prints it.
#[derive(Serialize)]
struct EntryJson<'a> {
    id: &'a str,
    at: Option<String>,
    /// `change`, `read`, `refused`, `annotation`, `signed_in`, `signed_out`, `upkeep`, `gap` or `unreadable`.
    kind: String,
    key_id: &'a str,
    key_name: &'a str,
    address: &'a str,
    what: &'a str,
    client_id: &'a str,
    reason: &'a str,
    more_count: i64,
    about_id: &'a str,
}

impl<'a> EntryJson<'a> {
    fn new(entry: &'a v1::AuditEntry) -> Self {
        Self {
            id: &entry.id,
            at: rfc3339_of(entry.at.as_ref(), &jiff::tz::TimeZone::UTC),
            kind: value_name(entry.kind().as_str_name(), "AUDIT_KIND_"),
            key_id: &entry.key_id,
            key_name: &entry.key_name,
            address: &entry.address,
            what: &entry.what,
            client_id: &entry.client_id,
            reason: &entry.reason,
            more_count: entry.more_count,
            about_id: &entry.about_id,
        }
    }
}

pub(crate) async fn run(session: &Session, args: &AuditArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session, args).await,
        Some(Action::Verify) => verify(session).await,
        Some(Action::Annotate { entry, text }) => annotate(session, entry, text).await,
    }
}

async fn list(session: &Session, args: &AuditArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let now = names.now_at(None)?;
    let midnight = |text: &str| -> Result<_, Failure> {
        let day = when::day(text, &now)?;
        let start = day.to_zoned(now.time_zone().clone());
        let start = start.map_err(|error| Failure::usage(error.to_string()))?;
        Ok(time::wire(start.timestamp()))
    };
    let client_id = match &args.client {
        Some(text) => find::client(session, text).await?,
        None => String::new(),
    };
    let of_somebody = args.client.is_some() || args.by.is_some();
    let since = match &args.since {
        None if of_somebody => None,
        None => Some("today"),
        Some(text) => Some(text.as_str()),
    };
    let mut request = v1::ListAuditEntriesRequest {
        client_id,
        key_id: args.by.clone().unwrap_or_default(),
        kinds: Vec::new(),
        since: since.map(midnight).transpose()?,
        until: args.until.as_deref().map(midnight).transpose()?,
        page_size: PAGE,
        page_token: String::new(),
    };
    for kind in &args.kind {
        request.kinds.push(v1::AuditKind::from(*kind).into());
    }
    let mut report = Report::default();
    let mut table = Table::new(["when", "who", "from", "what", "client", "why", "entry"]);
    loop {
        let page = session.client.list_audit_entries(request.clone()).await?;
        for entry in &page.entries {
            let at = entry.at.as_ref().map(time::instant);
            table.row([
                at.map(|at| time::day_and_clock(at, now.time_zone()))
                    .unwrap_or_default(),
                who(entry),
                entry.address.clone(),
                what(entry),
                entry.client_id.clone(),
                entry.reason.clone(),
                entry.id.clone(),
            ]);
            report.object(&EntryJson::new(entry));
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    if table.is_empty() {
        report.line("There is nothing of that in the audit trail.");
    } else {
        report.table(table);
    }
    Ok(report)
}

fn who(entry: &v1::AuditEntry) -> String {
    if !entry.key_name.is_empty() {
        entry.key_name.clone()
    } else if !entry.key_id.is_empty() {
        entry.key_id.clone()
    } else if matches!(entry.kind(), v1::AuditKind::Change | v1::AuditKind::Gap) {
        "the server".to_owned()
    } else {
        "nobody known".to_owned()
    }
}

fn what(entry: &v1::AuditEntry) -> String {
    let what = &entry.what;
    let said = match entry.kind() {
        v1::AuditKind::Read => format!("read {what}"),
        v1::AuditKind::Refused => format!("not let in: {what}"),
        v1::AuditKind::SignedIn => "signed in".to_owned(),
        v1::AuditKind::SignedOut => "signed out".to_owned(),
        v1::AuditKind::Upkeep if !entry.about_id.is_empty() => {
            format!("{what}: {}", entry.about_id)
        }
        v1::AuditKind::Annotation if what.is_empty() => {
            format!("on {}: gone with the client", entry.about_id)
        }
        v1::AuditKind::Annotation => format!("on {}: {what}", entry.about_id),
        v1::AuditKind::Unreadable => format!("can not be read: {what}"),
        v1::AuditKind::Change
        | v1::AuditKind::Upkeep
        | v1::AuditKind::Gap
        | v1::AuditKind::Unspecified => what.clone(),
    };
    match entry.more_count {
        0 => said,
        more => format!("{said}, and {more} times more within a minute"),
    }
}

async fn verify(session: &Session) -> Result<Report, Failure> {
    let patient = session
        .client
        .with_timeout(VERIFY_TIME.max(session.client.options().timeout));
    let answer = patient.verify_audit(v1::VerifyAuditRequest {}).await?;
    Ok(told(&answer))
}

fn told(answer: &v1::VerifyAuditResponse) -> Report {
    #[derive(Serialize)]
    struct VerifyAuditJson<'a> {
        sound: bool,
        entry_count: u64,
        problems: &'a [String],
    }

    let read = format!("{} entries of the audit trail.", answer.entry_count);
    let json = VerifyAuditJson {
        sound: answer.sound,
        entry_count: answer.entry_count,
        problems: &answer.problems,
    };
    checked(answer.sound, &read, &answer.problems, &json)
}

async fn annotate(session: &Session, entry: &str, text: &str) -> Result<Report, Failure> {
    let request = v1::AnnotateAuditEntryRequest {
        entry_id: entry.to_owned(),
        text: text.to_owned(),
    };
    let answer = session.client.annotate_audit_entry(request).await?;
    let written = answer.entry.unwrap_or_default();
    let mut report = Report::default();
    report.line(format!("Noted as {}.", written.id));
    report.object(&EntryJson::new(&written));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_in_words() {
        use v1::AuditKind::{Annotation, SignedOut, Upkeep};
        let cases = [
            (SignedOut, "", "", "signed out"),
            (Upkeep, "lock lifted", "key-7", "lock lifted: key-7"),
            (Upkeep, "backup asked for", "", "backup asked for"),
            (Annotation, "in error", "aud-1", "on aud-1: in error"),
            (Annotation, "", "aud-1", "on aud-1: gone with the client"),
        ];
        for (kind, done, about_id, said) in cases {
            let entry = v1::AuditEntry {
                kind: kind.into(),
                what: done.to_owned(),
                about_id: about_id.to_owned(),
                ..v1::AuditEntry::default()
            };
            assert_eq!(what(&entry), said);
        }
    }
}
