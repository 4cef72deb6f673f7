//! `roster close`: days on which a site is closed.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::list;
use crate::{
    cli::{
        affected,
        args::Change,
        failure::Failure,
        names::Names,
        present::iso_date,
        report::{Report, Table},
        session::Session,
    },
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(super) struct CloseArgs {
    /// The site; its closed days are listed when no day is given
    site: String,
    /// The first closed day
    first: Option<String>,
    /// The last closed day [default: the first]
    last: Option<String>,
    /// Why, for everybody to read
    #[arg(long, value_name = "TEXT", requires = "first")]
    reason: Option<String>,
    /// Opens these days again
    #[arg(long, requires = "first", conflicts_with = "reason")]
    open: bool,
    #[command(flatten)]
    change: Change,
}

/// A closure as `--json` prints it.
#[derive(Serialize)]
struct ClosureJson<'a> {
    site_id: &'a str,
    first: Option<String>,
    last: Option<String>,
    reason: &'a str,
}

pub(super) async fn run(session: &Session, args: &CloseArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_id = names.find_site(&args.site)?;
    let mut report = Report::default();
    let site = names.catalog.sites.iter().find(|site| site.id == site_id);
    let mut site = site.cloned().unwrap_or_default();
    if let Some(first) = &args.first {
        let now = names.now_at(Some(&site_id))?;
        let first = when::day(first, &now)?;
        let last = match &args.last {
            Some(last) => when::day(last, &now)?,
            None => first,
        };
        let closure = v1::Closure {
            first: Some(time::local_date(first)),
            last: Some(time::local_date(last)),
            reason: args.reason.clone().unwrap_or_default(),
        };
        let answer = put(session, args, site, closure, names).await?;
        site = answer.site.unwrap_or_default();
        let said = if args.open {
            "The days are open again."
        } else {
            "The site is closed:"
        };
        report.line(args.change.said(said));
        let shown = affected::first(session, &answer.affected_appointment_ids).await;
        affected::tell(&mut report, &answer.affected_appointment_ids, &shown, names);
    } else if site.closures.is_empty() {
        report.line(format!("{} has no closed days.", site.name));
    }
    let mut table = Table::new(["site", "first", "last", "reason"]);
    for closure in &site.closures {
        table.row([
            site.name.clone(),
            closure.first.as_ref().map(iso_date).unwrap_or_default(),
            closure.last.as_ref().map(iso_date).unwrap_or_default(),
            closure.reason.clone(),
        ]);
        report.object(&ClosureJson {
            site_id: &site.id,
            first: closure.first.as_ref().map(iso_date),
            last: closure.last.as_ref().map(iso_date),
            reason: &closure.reason,
        });
    }
    report.table(table);
    Ok(report)
}

/// Closes a site on some days, or opens it again. Sent again under its name, it is what it was: a closure that is there
/// already is not added to itself.
async fn put(
    session: &Session,
    args: &CloseArgs,
    mut site: v1::Site,
    closure: v1::Closure,
    names: &Names,
) -> Result<v1::PutSiteResponse, Failure> {
    let change = &args.change;
    let before = site.closures.len();
    if args.open {
        let days = (closure.first, closure.last);
        site.closures.retain(|it| (it.first, it.last) != days);
    } else {
        site.closures.retain(|it| *it != closure);
        site.closures.push(closure);
    }
    let mut write = change.options();
    write.etag = std::mem::take(&mut site.etag);
    let not_there = args.open && site.closures.len() == before;
    let nothing_like_it = Failure::usage(format!(
        "{} has no closure of exactly these days; `treadwell roster close {}` lists them",
        site.name, site.id
    ));
    if not_there {
        if change.request_id.is_none() {
            return Err(nothing_like_it);
        }
        // Perhaps this very request opened them: then that is answered. No site that is there has this etag, so that any other
        // request changes nothing.
        "0".clone_into(&mut write.etag);
    }
    let request = v1::PutSiteRequest {
        write: Some(write),
        site: Some(site),
    };
    if !not_there {
        ask_first(session, change, request.clone(), names).await?;
    }
    match session.client.put_site(request).await {
        Err(error) if not_there && error.reason() == Some(v1::Reason::AlreadyExists) => {
            Err(nothing_like_it)
        }
        answer => Ok(answer?),
    }
}

/// Tries closed days, unless they are only tried anyway or nobody wants to be asked, and asks before they hit somebody.
async fn ask_first(
    session: &Session,
    change: &Change,
    mut tried: v1::PutSiteRequest,
    names: &Names,
) -> Result<(), Failure> {
    if change.yes || change.dry_run {
        return Ok(());
    }
    let write = tried.write.get_or_insert_default();
    write.validate_only = true;
    write.request_id.clear();
    let ids = session.client.put_site(tried).await?;
    let ids = ids.affected_appointment_ids;
    let shown = affected::first(session, &ids).await;
    list::confirm(session, change, (&ids, &shown), names, None)
}
