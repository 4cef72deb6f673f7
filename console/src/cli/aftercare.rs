//! `aftercare`: what a client is told after a session, on the screen or on paper.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    present::rfc3339_of,
    report::Report,
    session::Session,
};
use crate::tui::time;

#[derive(Debug, Args)]
pub(crate) struct AftercareArgs {
    /// Which: its id, or its room while it is just over
    appointment: String,
    /// As a page of 80 columns, for paper
    #[arg(long)]
    print: bool,
    /// Records that the client was given it
    #[arg(long)]
    issue: bool,
    #[command(flatten)]
    change: Change,
}

/// The sheet as `--json` prints it.
#[derive(Serialize)]
struct AftercareJson<'a> {
    appointment_id: &'a str,
    client_id: &'a str,
    service_id: &'a str,
    finished_at: Option<String>,
    lines: Vec<LineJson<'a>>,
    issued: Vec<IssueJson<'a>>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    text: &'a str,
    until: Option<String>,
}

#[derive(Serialize)]
struct IssueJson<'a> {
    by: &'a str,
    at: Option<String>,
}

pub(crate) async fn run(session: &Session, args: &AftercareArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment_id = find::appointment(session, &args.appointment, InRoom::Recent).await?;
    let mut report = Report::default();
    let (aftercare, text, page) = if args.issue {
        let request = v1::IssueAftercareRequest {
            write: Some(args.change.options()),
            appointment_id,
        };
        let answer = session.client.issue_aftercare(request).await?;
        if !args.print {
            report.line(args.change.said("Recorded as given to the client."));
        }
        (answer.aftercare, answer.text, answer.page)
    } else {
        let request = v1::GetAftercareRequest { appointment_id };
        let answer = session.client.get_aftercare(request).await?;
        (answer.aftercare, answer.text, answer.page)
    };
    let aftercare = aftercare.unwrap_or_default();
    let zone = names.zone_of(&aftercare.site_id);
    if args.print {
        report.verbatim(page);
    } else {
        for line in text.lines() {
            report.line(line);
        }
        report.line(match aftercare.issued.last() {
            None => "Not given to the client yet.".to_owned(),
            Some(issue) => {
                let at = issue.issued_at.as_ref();
                let at = at.map(|at| time::day_and_clock(time::instant(at), &zone));
                let by = &issue.issued_by_name;
                format!("Given to the client {} by {by}.", at.unwrap_or_default())
            }
        });
    }
    report.object(&AftercareJson {
        appointment_id: &aftercare.appointment_id,
        client_id: &aftercare.client_id,
        service_id: &aftercare.service_id,
        finished_at: rfc3339_of(aftercare.finished_at.as_ref(), &zone),
        lines: aftercare
            .lines
            .iter()
            .map(|line| LineJson {
                text: &line.text,
                until: rfc3339_of(line.until.as_ref(), &zone),
            })
            .collect(),
        issued: aftercare
            .issued
            .iter()
            .map(|issue| IssueJson {
                by: &issue.issued_by,
                at: rfc3339_of(issue.issued_at.as_ref(), &zone),
            })
            .collect(),
    });
    Ok(report)
}
