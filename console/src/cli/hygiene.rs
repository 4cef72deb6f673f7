//! `hygiene`: a day's log for an inspection of the clinic, what a therapist did, and what was found overhead.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    present::{rfc3339_of, value_name},
    report::{Report, Table},
    session::Session,
};
use crate::{
    hygiene::{care, own_words, ready, title},
    tui::time,
    when,
};

mod inspection;
mod paper;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct HygieneArgs {
    /// The site [default: the one in the configuration]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The day, for example yesterday, fri or 2026-10-14 [default: today]
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// The whole log on paper, every item with who and when
    #[arg(long)]
    print: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Notes what the therapist did for themselves around a session
    Own {
        /// The appointment
        appointment: String,
        /// What was done; without any it says what is recorded, and what is open
        #[arg(value_enum)]
        items: Vec<Own>,
        #[command(flatten)]
        change: Change,
    },
    /// Records an inspection of a room's bars or rope
    Inspect(inspection::InspectArgs),
    /// Lists inspections
    Inspections {
        /// Only of this room
        room: Option<String>,
        /// Only at this site
        #[arg(long, value_name = "SITE", conflicts_with = "room")]
        site: Option<String>,
    },
}

/// What a therapist does for themselves.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Own {
    /// Feet, or hands, washed before the session
    WashedBefore,
    /// Fresh sockettes put on before treatment
    SockettesOn,
    /// Sockettes put back on before leaving the room
    SockettesBackOn,
    /// Feet, or hands, washed after the session
    WashedAfter,
}

impl From<Own> for v1::OwnItem {
    fn from(own: Own) -> Self {
        match own {
            Own::WashedBefore => Self::WashedBefore,
            Own::SockettesOn => Self::SockettesOn,
            Own::SockettesBackOn => Self::SockettesBackOn,
            Own::WashedAfter => Self::WashedAfter,
        }
    }
}

/// A session of the log as `--json` prints it.
#[derive(Serialize)]
struct SessionJson<'a> {
    appointment_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// The therapist's own things: what, when, by whom.
    own: Vec<DoneJson<'a>>,
    missing: Vec<String>,
    /// The room's checklist; what is open has no time.
    turnover: Vec<DoneJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_at: Option<String>,
    late_minutes: i32,
}

#[derive(Serialize)]
struct DoneJson<'a> {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    done_by: &'a str,
}

/// A therapist's feet as `--json` prints them.
#[derive(Serialize)]
struct FeetJson<'a> {
    therapist_id: &'a str,
    barefoot: bool,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attested_at: Option<String>,
}

pub(crate) async fn run(session: &Session, args: &HygieneArgs) -> Result<Report, Failure> {
    match &args.action {
        None => log(session, args).await,
        Some(Action::Own {
            appointment,
            items,
            change,
        }) => own(session, appointment, items, change).await,
        Some(Action::Inspect(args)) => inspection::inspect(session, args).await,
        Some(Action::Inspections { room, site }) => {
            inspection::list(session, room.as_deref(), site.as_deref()).await
        }
    }
}

async fn log(session: &Session, args: &HygieneArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_id = session.site(args.site.as_deref()).await?;
    let date = match &args.date {
        Some(text) => Some(when::day(text, &names.now_at(Some(&site_id))?)?),
        None => None,
    };
    let request = v1::GetHygieneLogRequest {
        site_id,
        date: date.map(time::local_date),
    };
    let log = session.client.get_hygiene_log(request).await?.log;
    let log = log.unwrap_or_default();
    let mut report = Report::default();
    if args.print {
        report.verbatim(paper::print(&log));
    } else {
        text(&mut report, &log);
    }
    objects(&mut report, &log);
    Ok(report)
}

fn text(report: &mut Report, log: &v1::HygieneLog) {
    let zone = time::zone(&log.time_zone);
    report.line(title(log));
    let mut table = Table::new([
        "session",
        "room",
        "therapist",
        "own items",
        "room ready",
        "late",
    ]);
    for session in &log.sessions {
        let missing: Vec<_> = session.missing().map(own_words).collect();
        table.row([
            format!(
                "{}-{}",
                time::clock_of(session.started.as_ref(), &zone),
                time::clock_of(session.finished.as_ref(), &zone)
            ),
            session.room_name.clone(),
            session.therapist_name.clone(),
            if missing.is_empty() {
                "done".to_owned()
            } else {
                format!("missing: {}", missing.join(", "))
            },
            ready(session, &zone),
            match session.late_minutes {
                0 => String::new(),
                late => format!("{late} min"),
            },
        ]);
    }
    if table.is_empty() {
        report.line("No session was held.");
    }
    report.table(table);
    let mut feet = Table::new(["therapist", "barefoot work", "foot care"]);
    for therapist in &log.therapists {
        feet.row([
            therapist.therapist_name.clone(),
            if therapist.barefoot { "yes" } else { "no" }.to_owned(),
            care(therapist, &zone),
        ]);
    }
    report.table(feet);
    for found in &log.inspections {
        report.line(crate::hygiene::inspection(found));
    }
}

fn objects(report: &mut Report, log: &v1::HygieneLog) {
    let zone = time::zone(&log.time_zone);
    for session in &log.sessions {
        let own = session.own.iter().map(|own| DoneJson {
            item: value_name(own.item().as_str_name(), "OWN_ITEM_"),
            done_at: rfc3339_of(own.done_at.as_ref(), &zone),
            done_by: &own.done_by,
        });
        let items = session.turnover.iter().flat_map(|turnover| &turnover.items);
        let items = items.map(|item| DoneJson {
            item: item.id.clone(),
            done_at: rfc3339_of(item.done_at.as_ref(), &zone),
            done_by: &item.done_by,
        });
        let missing = session.missing();
        report.object(&SessionJson {
            appointment_id: &session.appointment_id,
            room_id: &session.room_id,
            therapist_id: &session.therapist_id,
            started_at: rfc3339_of(session.started.as_ref(), &zone),
            finished_at: rfc3339_of(session.finished.as_ref(), &zone),
            own: own.collect(),
            missing: missing
                .map(|item| value_name(item.as_str_name(), "OWN_ITEM_"))
                .collect(),
            turnover: items.collect(),
            ready_at: rfc3339_of(session.ready_at.as_ref(), &zone),
            late_minutes: session.late_minutes,
        });
    }
    for therapist in &log.therapists {
        report.object(&FeetJson {
            therapist_id: &therapist.therapist_id,
            barefoot: therapist.barefoot,
            ready: therapist.ready,
            attested_at: rfc3339_of(therapist.attested_at.as_ref(), &zone),
        });
    }
    for found in &log.inspections {
        report.object(&inspection::json(found, &[]));
    }
}

async fn own(
    session: &Session,
    appointment: &str,
    items: &[Own],
    change: &Change,
) -> Result<Report, Failure> {
    if items.is_empty() {
        return own_so_far(session, appointment).await;
    }
    let items = items.iter().map(|&item| v1::OwnItem::from(item).into());
    let request = v1::RecordOwnItemsRequest {
        write: Some(change.options()),
        appointment_id: appointment.to_owned(),
        items: items.collect(),
    };
    let answer = session.client.record_own_items(request).await?;
    let hygiene = answer.hygiene.unwrap_or_default();
    let mut report = Report::default();
    report.line(change.said(&format!("Recorded: {}.", list(done(&hygiene)))));
    report.object(&serde_json::json!({
        "appointment_id": hygiene.appointment_id,
        "own": done(&hygiene).collect::<Vec<_>>(),
    }));
    Ok(report)
}

/// What is recorded of the therapist's own items, in words.
fn done(hygiene: &v1::SessionHygiene) -> impl Iterator<Item = &'static str> {
    hygiene.own.iter().map(|own| own_words(own.item()))
}

fn list(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}

async fn own_so_far(session: &Session, appointment: &str) -> Result<Report, Failure> {
    let request = v1::GetSessionHygieneRequest {
        appointment_id: appointment.to_owned(),
    };
    let answer = session.client.get_session_hygiene(request).await?;
    let hygiene = answer.hygiene.clone().unwrap_or_default();
    let mut report = Report::default();
    report.line(format!("Recorded: {}.", list(done(&hygiene))));
    report.line(format!("Open: {}.", list(answer.open().map(own_words))));
    report.object(&serde_json::json!({
        "appointment_id": hygiene.appointment_id,
        "own": done(&hygiene).collect::<Vec<_>>(),
        "open": answer.open().map(own_words).collect::<Vec<_>>(),
    }));
    Ok(report)
}
