//! `board`: every room as it is now, and what needs somebody.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    failure::Failure,
    present::{rfc3339, rfc3339_of, value_name},
    report::{Report, Table},
    session::Session,
};
use crate::tui::{time, words};

#[derive(Debug, Default, Args)]
pub(crate) struct BoardArgs {
    /// Only this site [default: the one in the configuration, else all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
}

/// A room as `--json` prints it.
#[derive(Serialize)]
struct RoomJson<'a> {
    site_id: &'a str,
    room_id: &'a str,
    name: &'a str,
    /// `vacant`, `held`, `in_session`, `over`, `turnover` or `out`.
    state: String,
    /// `none`, `sound` or `out`.
    bars: String,
    /// Minutes past the end (over) or the due time (turnover).
    late_minutes: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_state: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    hold_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    therapist_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    next_appointment_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_start: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    outage_reason: &'a str,
}

/// What needs somebody, as `--json` prints it after the rooms.
#[derive(Serialize)]
struct AttentionJson<'a> {
    /// `over`, `turnover_late`, `blocked_arrival`, `late_arrival`, `flagged`, `out`, `foot_care` or `hold_ending`.
    attention: String,
    site_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    room_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_id: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

pub(crate) async fn run(session: &Session, args: &BoardArgs) -> Result<Report, Failure> {
    let site_ids = session.sites(args.site.as_deref()).await?;
    let board = session
        .client
        .get_board(v1::GetBoardRequest { site_ids })
        .await?;
    Ok(present(&board))
}

/// The board carries its own names, so that it needs no second call.
pub(crate) fn present(board: &v1::GetBoardResponse) -> Report {
    let now = board.now.as_ref().map(time::instant).unwrap_or_default();
    let mut report = Report::default();
    for site in &board.sites {
        let zone = time::zone(&site.time_zone);
        report.line(format!(
            "{}  {}  {}",
            site.name.to_uppercase(),
            time::day_and_clock(now, &zone),
            opening(site, now)
        ));
        report.line(counts(site));
        let mut table = Table::new(["room", "bars", "state", "who", "until", "next"]);
        for room in &site.rooms {
            table.row([
                room.name.clone(),
                words::bars(room.bars()).0.to_owned(),
                words::room_state(room).0,
                who(room),
                until(room, now, &zone),
                next(room, &zone),
            ]);
            report.object(&room_json(room, &zone));
        }
        report.table(table);
        report.line("");
    }
    if board.attention.is_empty() {
        report.line("Nothing needs anybody.");
    } else {
        report.line(format!("NEEDS YOU ({})", board.attention.len()));
    }
    for attention in &board.attention {
        report.line(format!(" ! {}", attention.text));
        let site = board
            .sites
            .iter()
            .find(|site| site.site_id == attention.site_id);
        let zone = site.map_or(jiff::tz::TimeZone::UTC, |site| time::zone(&site.time_zone));
        report.object(&AttentionJson {
            attention: value_name(attention.kind().as_str_name(), "ATTENTION_KIND_"),
            site_id: &attention.site_id,
            room_id: &attention.room_id,
            appointment_id: &attention.appointment_id,
            text: &attention.text,
            since: rfc3339_of(attention.since.as_ref(), &zone),
        });
    }
    report
}

fn opening(site: &v1::SiteBoard, now: Timestamp) -> String {
    let zone = time::zone(&site.time_zone);
    match (&site.opens_at, &site.closes_at) {
        (Some(opens), Some(_)) if now < time::instant(opens) => {
            format!("opens {}", time::clock(time::instant(opens), &zone))
        }
        (Some(_), Some(closes)) if now < time::instant(closes) => {
            format!("open until {}", time::clock(time::instant(closes), &zone))
        }
        (Some(_), Some(_)) => "closed for today".to_owned(),
        _ => "closed today".to_owned(),
    }
}

/// `4 busy, 1 turnover, 1 out, 2 free`.
fn counts(site: &v1::SiteBoard) -> String {
    let count = |states: &[v1::RoomState]| {
        site.rooms
            .iter()
            .filter(|room| states.contains(&room.state()))
            .count()
    };
    format!(
        "{} busy, {} held, {} turnover, {} out, {} free",
        count(&[v1::RoomState::InSession, v1::RoomState::Over]),
        count(&[v1::RoomState::Held]),
        count(&[v1::RoomState::Turnover]),
        count(&[v1::RoomState::Out]),
        count(&[v1::RoomState::Vacant]),
    )
}

fn who(room: &v1::RoomStatus) -> String {
    match room.state() {
        v1::RoomState::Turnover => room.turnover.as_ref().map(done_of).unwrap_or_default(),
        v1::RoomState::Out => room.outage_reason.clone(),
        v1::RoomState::Vacant => String::new(),
        _ if room.client_name.is_empty() => room.therapist_name.clone(),
        _ => format!("{} / {}", room.therapist_name, room.client_name),
    }
}

/// `3/5`.
fn done_of(turnover: &v1::Turnover) -> String {
    let done = turnover
        .items
        .iter()
        .filter(|item| item.done_at.is_some())
        .count();
    format!("{done}/{}", turnover.items.len())
}

fn until(room: &v1::RoomStatus, now: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    match (&room.until, room.state()) {
        (Some(until), _) => time::near(time::instant(until), now, zone),
        (None, v1::RoomState::Vacant) => "all day".to_owned(),
        (None, _) => "-".to_owned(),
    }
}

fn next(room: &v1::RoomStatus, zone: &jiff::tz::TimeZone) -> String {
    room.next_start
        .as_ref()
        .map(|start| time::clock(time::instant(start), zone))
        .unwrap_or_default()
}

fn room_json<'a>(room: &'a v1::RoomStatus, zone: &jiff::tz::TimeZone) -> RoomJson<'a> {
    let at = |wire: &Option<prost_types::Timestamp>| {
        wire.as_ref().map(|wire| rfc3339(time::instant(wire), zone))
    };
    RoomJson {
        site_id: &room.site_id,
        room_id: &room.room_id,
        name: &room.name,
        state: value_name(room.state().as_str_name(), "ROOM_STATE_"),
        bars: value_name(room.bars().as_str_name(), "BARS_STATE_"),
        late_minutes: room.late_minutes,
        until: at(&room.until),
        appointment_id: &room.appointment_id,
        appointment_state: &room.appointment_state,
        hold_id: &room.hold_id,
        therapist_id: &room.therapist_id,
        client_name: &room.client_name,
        next_appointment_id: &room.next_appointment_id,
        next_start: at(&room.next_start),
        outage_reason: &room.outage_reason,
    }
}

#[cfg(test)]
#[path = "tests/board.rs"]
mod tests;
