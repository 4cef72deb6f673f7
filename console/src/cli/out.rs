//! `out`: takes a room or only its bars out of service, puts it back, lists what is out.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    affected,
    args::Change,
    failure::Failure,
    names::Names,
    present::rfc3339_of,
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
pub(crate) struct OutArgs {
    /// The room; without it everything that is out is listed
    room: Option<String>,
    /// Only the bars (or the rope): the room still takes work that needs none
    #[arg(long, requires = "room")]
    bars: bool,
    /// Why, for everybody to read
    #[arg(long, value_name = "TEXT", requires = "room")]
    reason: Option<String>,
    /// From when [default: now]
    #[arg(long, value_name = "WHEN", requires = "room")]
    from: Option<String>,
    /// Until when, or the last day of it [default: open, all later dates are out]
    #[arg(long, value_name = "WHEN", requires = "room")]
    until: Option<String>,
    /// Puts it back: the room or its bars, or the outage named by id
    #[arg(long, conflicts_with_all = ["reason", "from", "until"])]
    end: bool,
    /// Only at this site
    #[arg(long, value_name = "SITE", conflicts_with = "room")]
    site: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// An outage as `--json` prints it.
#[derive(Serialize)]
struct OutageJson<'a> {
    id: &'a str,
    room_id: &'a str,
    site_id: &'a str,
    /// Only the overhead support is out.
    support_only: bool,
    start: Option<String>,
    /// Left out when nobody knows yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    reason: &'a str,
    /// Future appointments that it hits.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    affected_appointment_ids: &'a [String],
}

pub(crate) async fn run(session: &Session, args: &OutArgs) -> Result<Report, Failure> {
    match (&args.room, args.end) {
        (None, true) => Err(Failure::usage(
            "name the room, or the outage (out-...), that is put back",
        )),
        (None, false) => list(session, args).await,
        (Some(room), true) => end(session, args, room).await,
        (Some(room), false) => begin(session, args, room).await,
    }
}

async fn begin(session: &Session, args: &OutArgs, room: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let Some(reason) = &args.reason else {
        return Err(Failure::usage("say why with --reason TEXT"));
    };
    let room_id = names.find_room(room)?;
    let site_id = names.site_of(&room_id);
    let now = names.now_at(Some(&site_id))?;
    let start = when::from(args.from.as_deref().unwrap_or("now"), &now)?;
    let end = args
        .until
        .as_deref()
        .map(|text| when::until(text, &now))
        .transpose()?;
    let request = v1::OpenOutageRequest {
        write: Some(args.change.options()),
        outage: Some(v1::Outage {
            room_id,
            support_only: args.bars,
            start: Some(time::wire(time::this_mark(start))),
            end: end.map(time::wire),
            reason: reason.clone(),
            ..v1::Outage::default()
        }),
    };
    let answer = session.client.open_outage(request).await?;
    let outage = answer.outage.unwrap_or_default();
    let mut report = Report::default();
    report.line(args.change.said("Out of service:"));
    report.table(table(std::slice::from_ref(&outage), names));
    let hit = &answer.affected_appointment_ids;
    let shown = affected::first(session, hit).await;
    affected::tell(&mut report, hit, &shown, names);
    report.object(&object(&outage, hit, names));
    Ok(report)
}

async fn end(session: &Session, args: &OutArgs, text: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let outage_id = if text.starts_with("out-") {
        text.to_owned()
    } else {
        of_room(session, args, names, text).await?
    };
    let request = v1::CloseOutageRequest {
        write: Some(args.change.options()),
        outage_id,
    };
    let outage = session
        .client
        .close_outage(request)
        .await?
        .outage
        .unwrap_or_default();
    let mut report = Report::default();
    let what = if outage.support_only {
        "The bars are"
    } else {
        "The room is"
    };
    report.line(args.change.said(&format!("{what} back in service.")));
    report.table(table(std::slice::from_ref(&outage), names));
    report.object(&object(&outage, &[], names));
    Ok(report)
}

/// The outage of a room, or of its bars; several have to be told apart by id.
async fn of_room(
    session: &Session,
    args: &OutArgs,
    names: &Names,
    text: &str,
) -> Result<String, Failure> {
    let room_id = names.find_room(text)?;
    let all = outages(session, Vec::new()).await?;
    let mine: Vec<_> = all
        .iter()
        .filter(|outage| outage.room_id == room_id && (!args.bars || outage.support_only))
        .collect();
    match mine.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => Err(Failure::usage(format!(
            "nothing of room {} is out",
            names.room(&room_id)
        ))),
        several => {
            let ids: Vec<&str> = several.iter().map(|outage| outage.id.as_str()).collect();
            Err(Failure::usage(format!(
                "room {} has several outages: {}",
                names.room(&room_id),
                ids.join(", ")
            )))
        }
    }
}

async fn outages(session: &Session, site_ids: Vec<String>) -> Result<Vec<v1::Outage>, Failure> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListOutagesRequest {
            site_ids: site_ids.clone(),
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_outages(request).await?;
        all.extend(page.outages);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

async fn list(session: &Session, args: &OutArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let all = outages(session, session.sites(args.site.as_deref()).await?).await?;
    let mut report = Report::default();
    if all.is_empty() {
        report.line("Nothing is out of service.");
    }
    report.table(table(&all, names));
    for outage in &all {
        report.object(&object(outage, &[], names));
    }
    Ok(report)
}

fn table(outages: &[v1::Outage], names: &Names) -> Table {
    let mut table = Table::new(["site", "room", "what", "from", "until", "reason", "id"]);
    for outage in outages {
        let zone = names.zone_of(&outage.site_id);
        let at = |wire: &prost_types::Timestamp| time::near(time::instant(wire), names.now, &zone);
        table.row([
            names.site(&outage.site_id),
            names.room(&outage.room_id),
            if outage.support_only { "bars" } else { "room" }.to_owned(),
            outage.start.as_ref().map(at).unwrap_or_default(),
            outage
                .end
                .as_ref()
                .map_or_else(|| "not known".to_owned(), at),
            outage.reason.clone(),
            outage.id.clone(),
        ]);
    }
    table
}

fn object<'a>(outage: &'a v1::Outage, affected: &'a [String], names: &Names) -> OutageJson<'a> {
    let zone = names.zone_of(&outage.site_id);
    OutageJson {
        id: &outage.id,
        room_id: &outage.room_id,
        site_id: &outage.site_id,
        support_only: outage.support_only,
        start: rfc3339_of(outage.start.as_ref(), &zone),
        end: rfc3339_of(outage.end.as_ref(), &zone),
        reason: &outage.reason,
        affected_appointment_ids: affected,
    }
}
