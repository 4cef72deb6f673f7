//! `rooms`: which rooms are free, and until when, in one call.

use clap::Args;
use serde::Serialize;
use treadwell_client::{Class, v1};

use super::{
    args::AtSite,
    failure::Failure,
    names::Names,
    present::{rfc3339, rfc3339_of},
    report::{Report, Table},
    session::Session,
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
pub(crate) struct RoomsArgs {
    #[command(flatten)]
    at_site: AtSite,
    /// Only rooms with parallel bars that are sound then
    #[arg(long)]
    bars: bool,
    /// When, for example 15:00 or "tomorrow 2pm" [default: now]
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Free for at least so long, for example 75m or 1h15
    #[arg(long = "for", value_name = "LENGTH", value_parser = when::minutes)]
    minutes: Option<i32>,
}

/// A free room as `--json` prints it.
#[derive(Serialize)]
struct FreeRoomJson<'a> {
    room_id: &'a str,
    site_id: &'a str,
    name: &'a str,
    /// Its bars are sound for the time asked about.
    bars: bool,
    /// The moment asked about.
    at: String,
    /// Left out when nothing follows before closing.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_at: Option<String>,
    /// False for a room that is free by plan but still in turnover or over.
    ready: bool,
}

/// Exits with 3 when no room is free.
pub(crate) async fn run(session: &Session, args: &RoomsArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(args.at_site.site.as_deref()).await?;
    let at = match args.at.as_deref() {
        None | Some("now") => None,
        Some(text) => Some(when::moment(
            text,
            &names.now_at(site_ids.first().map(String::as_str))?,
        )?),
    };
    let request = v1::ListFreeRoomsRequest {
        site_ids,
        at: at.map(time::wire),
        minutes: args.minutes.unwrap_or(0),
        bars: args.bars,
    };
    let answer = session.client.list_free_rooms(request).await?;
    Ok(present(&answer, names, args))
}

fn present(answer: &v1::ListFreeRoomsResponse, names: &Names, args: &RoomsArgs) -> Report {
    let at = answer.at.as_ref().map_or(names.now, time::instant);
    let mut report = Report::default();
    let what = if args.bars {
        "Rooms with bars"
    } else {
        "Rooms"
    };
    let zone = answer
        .rooms
        .first()
        .map(|room| names.zone_of(&room.site_id))
        .or_else(|| names.only_zone().ok());
    let when = zone
        .map(|zone| time::day_and_clock(at, &zone))
        .unwrap_or_default();
    let length = args
        .minutes
        .map(|minutes| format!(" for {minutes} min"))
        .unwrap_or_default();
    if answer.rooms.is_empty() {
        report.line(format!(
            "No room{} is free {when}{length}.",
            if args.bars { " with bars" } else { "" }
        ));
        report.line("`treadwell availability SERVICE` finds the next place.");
        report.exit = Class::NothingFree.exit_code();
    } else {
        report.line(format!("{what} free {when}{length}:"));
    }
    table(&mut report, &answer.rooms, names, at, true);
    if !answer.not_ready.is_empty() {
        report.line("Free by plan, but not ready yet:");
        table(&mut report, &answer.not_ready, names, at, false);
    }
    report
}

fn table(
    report: &mut Report,
    rooms: &[v1::FreeRoom],
    names: &Names,
    at: jiff::Timestamp,
    ready: bool,
) {
    let mut table = Table::new(["site", "room", "bars", "free until"]);
    for room in rooms {
        let zone = names.zone_of(&room.site_id);
        let until = match (&room.free_until, &room.closes_at) {
            (Some(until), _) => time::near(time::instant(until), at, &zone),
            (None, Some(closes)) => {
                format!("closing {}", time::near(time::instant(closes), at, &zone))
            }
            (None, None) => "the end of the day".to_owned(),
        };
        let bars = if room.bars { "BAR" } else { "-" };
        table.row([
            names.site(&room.site_id),
            room.name.clone(),
            bars.to_owned(),
            until,
        ]);
        report.object(&FreeRoomJson {
            room_id: &room.room_id,
            site_id: &room.site_id,
            name: &room.name,
            bars: room.bars,
            at: rfc3339(at, &zone),
            free_until: rfc3339_of(room.free_until.as_ref(), &zone),
            closes_at: rfc3339_of(room.closes_at.as_ref(), &zone),
            ready,
        });
    }
    report.table(table);
}

#[cfg(test)]
#[path = "tests/rooms.rs"]
mod tests;
