//! `repair`: what a disruption hits, what mends it, and whom to call.

mod output;

use clap::{Args, Subcommand};
use treadwell_client::v1;
use treadwell_client::v1::disruption::What;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present,
    report::Report,
    session::Session,
};
use crate::{tui::time, when};

/// Says what is hit and the best repair of all of it; changes nothing without --apply. Without a disruption it is about
/// what is unsound today already.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RepairArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// An outage that is recorded, by id
    #[arg(long, value_name = "OUTAGE", group = "disruption")]
    outage: Option<String>,
    /// A room that would be out
    #[arg(long, value_name = "ROOM", group = "disruption")]
    room: Option<String>,
    /// Only its bars (or the rope)
    #[arg(long, requires = "room")]
    bars: bool,
    /// A therapist who would not be there
    #[arg(long, value_name = "THERAPIST", group = "disruption")]
    therapist: Option<String>,
    /// A session that would take longer: the appointment by id, or its room
    #[arg(
        long,
        value_name = "APPOINTMENT",
        group = "disruption",
        requires = "by"
    )]
    overrun: Option<String>,
    /// How much longer it would take, in minutes
    #[arg(long, value_name = "MINUTES", requires = "overrun")]
    by: Option<i32>,
    /// From when [default: now]
    #[arg(long, value_name = "WHEN", requires = "disruption", conflicts_with_all = ["outage", "overrun"])]
    from: Option<String>,
    /// Until when, or the last day of it [default: the end of today for a therapist, open for a room]
    #[arg(long, value_name = "WHEN", requires = "disruption", conflicts_with_all = ["outage", "overrun"])]
    until: Option<String>,
    /// The site whose unsound appointments are repaired [default: the one in the configuration]
    #[arg(long, value_name = "SITE", conflicts_with = "disruption")]
    site: Option<String>,
    /// The day of that [default: today]
    #[arg(long, value_name = "DATE", conflicts_with = "disruption")]
    on: Option<String>,
    /// Does it: what keeps its time moves at once, for the others places are held until their clients have answered
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists whom to call: each has a place held to which their appointment could move
    Calls(Calls),
    /// Moves an appointment to the place that is held for it: its client agrees
    Accept(Answer),
    /// Gives up the place that is held: the client does not want it
    Decline(Answer),
}

#[derive(Debug, Args)]
struct Calls {
    /// Only for this site [default: all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
}

#[derive(Debug, Args)]
struct Answer {
    /// The call: the hold or the appointment by id, or a piece of the client's name
    call: String,
    #[command(flatten)]
    change: Change,
}

pub(crate) async fn run(session: &Session, args: &RepairArgs) -> Result<Report, Failure> {
    match &args.action {
        None => plan(session, args).await,
        Some(Action::Calls(args)) => {
            let calls = calls(session, args.site.as_deref()).await?;
            Ok(output::calls(&calls, session.names().await?))
        }
        Some(Action::Accept(args)) => accept(session, args).await,
        Some(Action::Decline(args)) => decline(session, args).await,
    }
}

async fn plan(session: &Session, args: &RepairArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let what = disruption(session, args, names).await?;
    let of_a_day = matches!(what, What::Unsound(_));
    let disruption = v1::Disruption { what: Some(what) };
    let request = v1::PlanRepairRequest {
        disruptions: vec![disruption],
    };
    let plan = session.client.plan_repair(request).await?;
    let mut report = output::plan(&plan, names);
    if of_a_day && plan.repairs.is_empty() && !plan.more {
        report.line("That is of one day: --on asks about another, `treadwell appointments --flagged` lists what is unsound on any.");
    }
    if !args.apply {
        return Ok(report);
    }
    let moves = plan.repairs.iter().filter_map(|it| it.r#move.clone());
    let moves: Vec<_> = moves.collect();
    if moves.is_empty() {
        report.line("There is nothing to apply.");
        return Ok(report);
    }
    let request = v1::ApplyRepairRequest {
        write: Some(args.change.options()),
        moves,
    };
    let answer = session.client.apply_repair(request).await?;
    report.line(args.change.said(&format!(
        "Applied: {} moved, {} to be called (see `treadwell repair calls`).",
        answer.appointments.len(),
        answer.calls.len()
    )));
    Ok(report)
}

/// What the arguments say that happens.
async fn disruption(session: &Session, args: &RepairArgs, names: &Names) -> Result<What, Failure> {
    if let Some(id) = &args.outage {
        return Ok(What::OutageId(id.clone()));
    }
    if let Some(text) = &args.overrun {
        return Ok(What::Overrun(v1::Overrun {
            appointment_id: find::appointment(session, text, InRoom::Running).await?,
            minutes: args.by.unwrap_or_default(),
        }));
    }
    let site_id = match (&args.room, &args.therapist) {
        (Some(room), _) => Some(names.site_of(&names.find_room(room)?)),
        (None, Some(_)) => None,
        (None, None) => Some(session.site(args.site.as_deref()).await?),
    };
    let now = names.now_at(site_id.as_deref())?;
    let start = when::from(args.from.as_deref().unwrap_or("now"), &now)?;
    let start = Some(time::wire(time::this_mark(start)));
    let until = |text: &str| when::until(text, &now).map(time::wire);
    if let Some(room) = &args.room {
        return Ok(What::Outage(v1::Outage {
            room_id: names.find_room(room)?,
            support_only: args.bars,
            start,
            end: args.until.as_deref().map(until).transpose()?,
            ..v1::Outage::default()
        }));
    }
    if let Some(therapist) = &args.therapist {
        return Ok(What::Absence(v1::Absence {
            therapist_id: names.find_therapist(therapist)?,
            start,
            end: Some(until(args.until.as_deref().unwrap_or("today"))?),
        }));
    }
    let date = args.on.as_deref().map(|text| when::day(text, &now));
    Ok(What::Unsound(v1::UnsoundDay {
        site_id: site_id.unwrap_or_default(),
        date: date.transpose()?.map(time::local_date),
    }))
}

async fn calls(session: &Session, site: Option<&str>) -> Result<Vec<v1::Call>, Failure> {
    let request = v1::ListCallsRequest {
        site_ids: session.sites(site).await?,
    };
    Ok(session.client.list_calls(request).await?.calls)
}

/// The call that is named: its hold, and its appointment.
async fn find_call(session: &Session, text: &str) -> Result<(v1::Hold, v1::Appointment), Failure> {
    let wanted = text.trim().to_lowercase();
    let all = calls(session, None).await?.into_iter();
    let all = all.filter_map(|call| Some((call.hold?, call.appointment?)));
    let found: Vec<_> = all
        .filter(|(hold, appointment)| {
            hold.id == wanted
                || appointment.id == wanted
                || appointment.client_name.to_lowercase().contains(&wanted)
        })
        .collect();
    match found.as_slice() {
        [] => Err(Failure::usage(format!(
            "nobody called {text:?} is to be called"
        ))),
        [one] => Ok(one.clone()),
        several => {
            let ids = several
                .iter()
                .map(|(hold, it)| format!("\n  {}  {}", hold.id, it.client_name));
            let ids: String = ids.collect();
            Err(Failure::usage(format!(
                "{text:?} may be more than one call; name one by id:{ids}"
            )))
        }
    }
}

async fn accept(session: &Session, args: &Answer) -> Result<Report, Failure> {
    let (hold, appointment) = find_call(session, &args.call).await?;
    let request = v1::MoveAppointmentRequest {
        write: Some(args.change.options()),
        appointment_id: appointment.id,
        hold_id: hold.id,
        ..v1::MoveAppointmentRequest::default()
    };
    let answer = session.client.move_appointment(request).await?;
    let mut report = Report::default();
    let said = args.change.said("Moved.");
    let moved = answer.appointment.unwrap_or_default();
    present::one(&mut report, &said, &moved, session.names().await?);
    Ok(report)
}

async fn decline(session: &Session, args: &Answer) -> Result<Report, Failure> {
    let (hold, appointment) = find_call(session, &args.call).await?;
    let request = v1::ReleaseHoldRequest {
        write: Some(args.change.options()),
        hold_id: hold.id,
    };
    session.client.release_hold(request).await?;
    let mut report = Report::default();
    let said = args.change.said("Not moved; the place is free again.");
    present::one(&mut report, &said, &appointment, session.names().await?);
    Ok(report)
}
