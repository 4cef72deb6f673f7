//! `turnover`: the checklists between two clients.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change, failure::Failure, names::Names, present::rfc3339_of, report::Report,
    session::Session,
};
use crate::tui::time;

#[derive(Debug, Args)]
pub(crate) struct TurnoverArgs {
    /// The room whose items are ticked; without it the open checklists are shown
    room: Option<String>,
    /// The items done, by id [default: all that are open]
    #[arg(requires = "room")]
    items: Vec<String>,
    /// Only at this site [default: all that the key reaches]
    #[arg(long, value_name = "SITE", conflicts_with = "room")]
    site: Option<String>,
    /// Shows the room's checklist and ticks nothing
    #[arg(long, requires = "room", conflicts_with = "items")]
    show: bool,
    #[command(flatten)]
    change: Change,
}

/// A checklist as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct TurnoverJson<'a> {
    room_id: &'a str,
    site_id: &'a str,
    appointment_id: &'a str,
    since: Option<String>,
    due: Option<String>,
    /// No item is open: the room is ready.
    done: bool,
    items: Vec<ItemJson<'a>>,
}

#[derive(Serialize)]
struct ItemJson<'a> {
    id: &'a str,
    label: &'a str,
    done_at: Option<String>,
}

impl<'a> TurnoverJson<'a> {
    pub(crate) fn new(turnover: &'a v1::Turnover, names: &Names) -> Self {
        let zone = names.zone_of(&turnover.site_id);
        Self {
            room_id: &turnover.room_id,
            site_id: &turnover.site_id,
            appointment_id: &turnover.appointment_id,
            since: rfc3339_of(turnover.since.as_ref(), &zone),
            due: rfc3339_of(turnover.due.as_ref(), &zone),
            done: open(turnover) == 0,
            items: turnover
                .items
                .iter()
                .map(|item| ItemJson {
                    id: &item.id,
                    label: &item.label,
                    done_at: rfc3339_of(item.done_at.as_ref(), &zone),
                })
                .collect(),
        }
    }
}

fn open(turnover: &v1::Turnover) -> usize {
    turnover
        .items
        .iter()
        .filter(|item| item.done_at.is_none())
        .count()
}

/// The checklist in words.
pub(crate) fn lines(report: &mut Report, turnover: &v1::Turnover, names: &Names) {
    let zone = names.zone_of(&turnover.site_id);
    let room = names.room(&turnover.room_id);
    let left = open(turnover);
    if left == 0 {
        report.line(format!("Room {room} is ready."));
    } else {
        let due = time::clock_of(turnover.due.as_ref(), &zone);
        let all = turnover.items.len();
        report.line(format!(
            "Room {room} is in turnover: {} of {all} done, due {due}.",
            all - left
        ));
    }
    for item in &turnover.items {
        let tick = if item.done_at.is_some() { "[x]" } else { "[ ]" };
        let when = time::clock_of(item.done_at.as_ref(), &zone);
        report.line(format!("  {tick} {}: {} {when}", item.id, item.label).trim_end());
    }
}

pub(crate) async fn run(session: &Session, args: &TurnoverArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let Some(room) = &args.room else {
        let site_ids = session.sites(args.site.as_deref()).await?;
        let open = session
            .client
            .list_turnovers(v1::ListTurnoversRequest { site_ids })
            .await?
            .turnovers;
        if open.is_empty() {
            report.line("No room is in turnover.");
        }
        all(&mut report, &open, names);
        return Ok(report);
    };
    let room_id = names.find_room(room)?;
    if args.show {
        let open = session
            .client
            .list_turnovers(v1::ListTurnoversRequest::default())
            .await?
            .turnovers;
        let this: Vec<_> = open
            .into_iter()
            .filter(|turnover| turnover.room_id == room_id)
            .collect();
        if this.is_empty() {
            report.line(format!("Room {} is not in turnover.", names.room(&room_id)));
        }
        all(&mut report, &this, names);
        return Ok(report);
    }
    let request = v1::TickTurnoverRequest {
        write: Some(args.change.options()),
        room_id,
        item_ids: args.items.clone(),
    };
    let answer = session.client.tick_turnover(request).await?;
    report.line(args.change.said("Ticked."));
    all(&mut report, answer.turnover.as_slice(), names);
    Ok(report)
}

fn all(report: &mut Report, turnovers: &[v1::Turnover], names: &Names) {
    for turnover in turnovers {
        lines(report, turnover, names);
        report.object(&TurnoverJson::new(turnover, names));
    }
}
