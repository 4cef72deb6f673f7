//! `checkin`, `start`, `extend`, `finish` and `undo`: appointments once the client is here.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    appointments::done,
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    present::{self, AppointmentJson},
    report::Report,
    session::Session,
    turnover,
};
use crate::{tui::words, when};

#[derive(Debug, Args)]
pub(crate) struct CheckinArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// The client was asked, and says that nothing has changed since they declared their health; also of one who is here
    /// already
    #[arg(long)]
    unchanged: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The appointment: its id, or its room
    appointment: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// The appointment: its id, or the room of a running session
    appointment: String,
    /// How much longer, a multiple of 5 minutes, for example 15m
    #[arg(long = "by", value_name = "LENGTH", value_parser = when::minutes)]
    minutes: i32,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct FinishArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// For a session stopped early: why; no health data
    #[arg(long, value_name = "TEXT")]
    early: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    #[command(flatten)]
    change: Change,
}

/// What `checkin --json` prints.
#[derive(Serialize)]
struct CheckinJson<'a> {
    appointment: AppointmentJson,
    /// What stands against starting now, in words.
    blocking: Vec<&'a str>,
    /// Since when the client is to be asked whether anything has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_since: Option<String>,
}

/// What `finish --json` prints.
#[derive(Serialize)]
struct FinishJson<'a> {
    appointment: AppointmentJson,
    turnover: Option<turnover::TurnoverJson<'a>>,
}

/// What `undo --json` prints.
#[derive(Serialize)]
struct UndoJson<'a> {
    /// What was taken back, in words.
    undone: &'a str,
    appointments: Vec<AppointmentJson>,
}

pub(crate) async fn check_in(session: &Session, args: &CheckinArgs) -> Result<Report, Failure> {
    let request = v1::CheckInRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, &args.appointment, InRoom::Coming).await?,
        nothing_changed: args.unchanged,
    };
    let answer = session.client.check_in(request).await?;
    let names = session.names().await?;
    let appointment = answer.appointment.unwrap_or_default();
    let mut report = Report::default();
    present::describe(
        &mut report,
        &args.change.said("Checked in."),
        &appointment,
        names,
    );
    for obstacle in &answer.blocking {
        report.line(format!(
            "! The session can not start yet: {}",
            obstacle.text
        ));
    }
    if answer.ask_since.is_some() {
        let id = &appointment.id;
        report.line(format!(
            "  Nothing has changed: `treadwell checkin {id} --unchanged`. Something has: `treadwell screen {} --answer ...`",
            appointment.client_id
        ));
    }
    present::cautions(
        &mut report,
        appointment.screening.iter().flat_map(|it| &it.cautions),
    );
    report.object(&CheckinJson {
        appointment: AppointmentJson::new(&appointment, names),
        blocking: answer
            .blocking
            .iter()
            .map(|obstacle| obstacle.text.as_str())
            .collect(),
        ask_since: answer.ask_since.as_ref().map(present::iso_date),
    });
    Ok(report)
}

pub(crate) async fn start(session: &Session, args: &StartArgs) -> Result<Report, Failure> {
    let request = v1::StartSessionRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, &args.appointment, InRoom::Coming).await?,
    };
    let answer = session.client.start_session(request).await?;
    done(session, &args.change, "Started.", answer.appointment).await
}

pub(crate) async fn extend(session: &Session, args: &ExtendArgs) -> Result<Report, Failure> {
    let request = v1::ExtendSessionRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, &args.appointment, InRoom::Running).await?,
        minutes: args.minutes,
    };
    let answer = session.client.extend_session(request).await?;
    done(session, &args.change, "Extended.", answer.appointment).await
}

pub(crate) async fn finish(session: &Session, args: &FinishArgs) -> Result<Report, Failure> {
    let request = v1::FinishSessionRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, &args.appointment, InRoom::Running).await?,
        stopped_early_reason: args.early.clone().unwrap_or_default(),
    };
    let answer = session.client.finish_session(request).await?;
    let names = session.names().await?;
    let appointment = answer.appointment.unwrap_or_default();
    let mut report = Report::default();
    present::describe(
        &mut report,
        &args.change.said("Finished."),
        &appointment,
        names,
    );
    if let Some(turnover) = &answer.turnover {
        turnover::lines(&mut report, turnover, names);
    }
    report.object(&FinishJson {
        appointment: AppointmentJson::new(&appointment, names),
        turnover: answer
            .turnover
            .as_ref()
            .map(|turnover| turnover::TurnoverJson::new(turnover, names)),
    });
    Ok(report)
}

pub(crate) async fn undo(session: &Session, args: &UndoArgs) -> Result<Report, Failure> {
    let request = v1::UndoLastOperationRequest {
        write: Some(args.change.options()),
    };
    let answer = session.client.undo_last_operation(request).await?;
    let names = session.names().await?;
    let mut report = Report::default();
    let undone = words::undone(&answer);
    report.line(args.change.said(&format!("Taken back: {undone}.")));
    report.table(present::table(&answer.appointments, names));
    report.object(&UndoJson {
        undone,
        appointments: answer
            .appointments
            .iter()
            .map(|appointment| AppointmentJson::new(appointment, names))
            .collect(),
    });
    Ok(report)
}
