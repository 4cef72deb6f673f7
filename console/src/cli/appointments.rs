//! `appointments`, `confirm`, `move`, `cancel` and `noshow`: appointments before the client comes.

use clap::{Args, ValueEnum};
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present,
    report::Report,
    series::{self, Scope},
    session::{PAGE, Session},
};
use crate::{tui::time, when};

/// At most so many appointments are listed; more are asked for by narrowing the question.
const LISTED: usize = 5000;

#[derive(Debug, Args)]
pub(crate) struct AppointmentsArgs {
    /// One appointment, by id or room; without it they are listed
    #[arg(conflicts_with_all = ["site", "client", "therapist", "room", "from", "until", "flagged", "series"])]
    appointment: Option<String>,
    /// Only at this site
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only this client's
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Only this therapist's
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// Only in this room
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Only those that start then or later [default: today]
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Only those that start before, or on this day [default: the day of --from]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Only those that have become unsound, on any day to come
    #[arg(long)]
    flagged: bool,
    /// Only those of this series, on any day
    #[arg(long, value_name = "SERIES")]
    series: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The appointment: its id, or its room
    appointment: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// The new start
    #[arg(long, value_name = "WHEN", required_unless_present_any = ["room", "therapist", "site", "hold", "extensions"])]
    to: Option<String>,
    /// The new room [default: kept, or chosen]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// The new therapist [default: kept, or chosen]
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// The new site [default: kept]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The hold whose place it takes
    #[arg(long, value_name = "HOLD", conflicts_with_all = ["to", "room", "therapist", "site", "extensions", "scope"])]
    hold: Option<String>,
    /// An extension that it shall have; may be given several times, none takes all away [default: kept]
    #[arg(long = "with", value_name = "EXTENSION")]
    extensions: Vec<String>,
    /// Which others of its series move by as much
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    /// Leaves those of the series where they are that can not be moved [default: then nothing is moved]
    #[arg(long, requires = "scope")]
    skip_impossible: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// Why
    #[arg(long, value_enum, default_value_t = Reason::Client)]
    reason: Reason,
    /// More about it; no health data
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Which others of its series are cancelled, too
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct NoshowArgs {
    /// The appointment: its id, or its room
    appointment: String,
    #[command(flatten)]
    change: Change,
}

/// Why an appointment is cancelled.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// The client asked
    Client,
    /// The client is unwell
    Unwell,
    /// The therapist can not come
    Therapist,
    /// The room or its bars are out
    Room,
    /// Weather or another event
    Weather,
    /// Screening excludes the client
    Screening,
    /// Booked by mistake
    Mistake,
    /// Something else; say what with --note
    Other,
}

impl From<Reason> for v1::CancelReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Client => Self::Client,
            Reason::Unwell => Self::ClientUnwell,
            Reason::Therapist => Self::Therapist,
            Reason::Room => Self::Room,
            Reason::Weather => Self::Weather,
            Reason::Screening => Self::Screening,
            Reason::Mistake => Self::Mistake,
            Reason::Other => Self::Other,
        }
    }
}

pub(crate) async fn list(session: &Session, args: &AppointmentsArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    if let Some(text) = &args.appointment {
        let appointment = get(session, text).await?;
        present::one(&mut report, "", &appointment, names);
        return Ok(report);
    }
    let site_ids = session.sites(args.site.as_deref()).await?;
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let client_id = match &args.client {
        Some(text) => find::client(session, text).await?,
        None => String::new(),
    };
    // Somebody's own appointments, and unsound ones, are wanted from now on; otherwise the day is.
    let in_series = args.series.is_some();
    let open_end = args.flagged || in_series || !client_id.is_empty();
    let from_text = args.from.as_deref().unwrap_or("today");
    let from = match when::parse(from_text, &now)? {
        when::When::Day(day) if !open_end || args.from.is_some() => {
            when::resolve(day, jiff::civil::Time::midnight(), now.time_zone())?
        }
        _ => when::from(from_text, &now)?,
    };
    let until = match &args.until {
        Some(text) => Some(when::until(text, &now)?),
        None if open_end => None,
        None => {
            let day = from.to_zoned(now.time_zone().clone()).date();
            Some(when::until(&day.to_string(), &now)?)
        }
    };
    let request = v1::ListAppointmentsRequest {
        site_ids,
        client_id,
        therapist_id: args
            .therapist
            .as_deref()
            .map(|text| names.find_therapist(text))
            .transpose()?
            .unwrap_or_default(),
        room_id: args
            .room
            .as_deref()
            .map(|text| names.find_room(text))
            .transpose()?
            .unwrap_or_default(),
        // Of a series all are wanted, those that are over too.
        from: (!in_series || args.from.is_some()).then(|| time::wire(from)),
        until: until.map(time::wire),
        flagged: args.flagged,
        series_id: args.series.clone().unwrap_or_default(),
        page_size: PAGE,
        ..v1::ListAppointmentsRequest::default()
    };
    let all = pages(session, request).await?;
    if all.is_empty() {
        report.line("No appointments.");
    }
    present::list(&mut report, &all, names);
    Ok(report)
}

async fn pages(
    session: &Session,
    mut request: v1::ListAppointmentsRequest,
) -> Result<Vec<v1::Appointment>, Failure> {
    let mut all = Vec::new();
    loop {
        let page = session.client.list_appointments(request.clone()).await?;
        all.extend(page.appointments);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(all);
        }
        if all.len() >= LISTED {
            return Err(Failure::usage(format!(
                "more than {LISTED} appointments; narrow it with --from and --until"
            )));
        }
    }
}

async fn get(session: &Session, text: &str) -> Result<v1::Appointment, Failure> {
    let appointment_id = find::appointment(session, text, InRoom::Coming).await?;
    let answer = session
        .client
        .get_appointment(v1::GetAppointmentRequest { appointment_id })
        .await?;
    Ok(answer.appointment.unwrap_or_default())
}

pub(crate) async fn confirm(session: &Session, args: &ConfirmArgs) -> Result<Report, Failure> {
    let request = v1::ConfirmAppointmentRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, &args.appointment, InRoom::Coming).await?,
    };
    let answer = session.client.confirm_appointment(request).await?;
    done(session, &args.change, "Confirmed.", answer.appointment).await
}

pub(crate) async fn move_to(session: &Session, args: &MoveArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment = get(session, &args.appointment).await?;
    let site_id = args
        .site
        .as_deref()
        .map(|text| names.find_site(text))
        .transpose()?;
    let zone_site = site_id.as_deref().unwrap_or(&appointment.site_id);
    let start = args
        .to
        .as_deref()
        .map(|text| when::moment(text, &names.now_at(Some(zone_site))?).map_err(Failure::from));
    let start = start.transpose()?.map(time::wire);
    let room_id = named(args.room.as_deref(), |text| names.find_room(text))?;
    let therapist_id = named(args.therapist.as_deref(), |text| names.find_therapist(text))?;
    let extensions = extensions(args, &appointment, names)?;
    if let Some(scope) = args.scope {
        let stays = site_id.clone().unwrap_or(appointment.site_id);
        let request = v1::MoveSeriesRequest {
            write: Some(args.change.options()),
            appointment_id: appointment.id,
            scope: v1::SeriesScope::from(scope).into(),
            start,
            site_id: site_id.unwrap_or_default(),
            room_id,
            therapist_id,
            extensions,
            on_impossible: series::on_impossible(args.skip_impossible).into(),
        };
        let results = session.client.move_series(request).await?.results;
        return series::told(session, &args.change, "Moved", &results, &stays).await;
    }
    let request = v1::MoveAppointmentRequest {
        write: Some(args.change.options()),
        appointment_id: appointment.id,
        start,
        site_id: site_id.unwrap_or_default(),
        room_id,
        therapist_id,
        hold_id: args.hold.clone().unwrap_or_default(),
        extensions,
    };
    let answer = session.client.move_appointment(request).await?;
    done(session, &args.change, "Moved.", answer.appointment).await
}

/// The id of what is named; empty when nothing is.
fn named(
    text: Option<&str>,
    find: impl Fn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    Ok(text.map(find).transpose()?.unwrap_or_default())
}

/// The extensions that an appointment shall have, if anything is said of them.
fn extensions(
    args: &MoveArgs,
    appointment: &v1::Appointment,
    names: &Names,
) -> Result<Option<v1::ExtensionList>, Failure> {
    let wanted = &args.extensions;
    if wanted.is_empty() {
        return Ok(None);
    }
    let chosen = wanted.iter().filter(|text| *text != "none");
    let ids = chosen.map(|text| names.find_extension(&appointment.service_id, text));
    Ok(Some(v1::ExtensionList {
        extension_ids: ids.collect::<Result<_, _>>()?,
    }))
}

pub(crate) async fn cancel(session: &Session, args: &CancelArgs) -> Result<Report, Failure> {
    let appointment = get(session, &args.appointment).await?;
    let sentence = present::sentence(&appointment, session.names().await?);
    let others = match args.scope {
        None => "",
        Some(Scope::Following) => " And those of its series that follow.",
        Some(Scope::All) => " And all of its series that have not begun.",
    };
    let question = format!("This cancels {sentence}{others}");
    session.confirm(&args.change, &question)?;
    if let Some(scope) = args.scope {
        let request = v1::CancelSeriesRequest {
            write: Some(args.change.options()),
            appointment_id: appointment.id,
            scope: v1::SeriesScope::from(scope).into(),
            cancel_reason: v1::CancelReason::from(args.reason).into(),
            note: args.note.clone().unwrap_or_default(),
        };
        let answer = session.client.cancel_series(request).await?;
        let mut report = Report::default();
        let count = answer.appointments.len();
        report.line(args.change.said(&format!("Cancelled: {count}.")));
        present::list(&mut report, &answer.appointments, session.names().await?);
        return Ok(report);
    }
    let request = v1::CancelAppointmentRequest {
        write: Some(args.change.options()),
        appointment_id: appointment.id,
        cancel_reason: v1::CancelReason::from(args.reason).into(),
        note: args.note.clone().unwrap_or_default(),
    };
    let answer = session.client.cancel_appointment(request).await?;
    done(session, &args.change, "Cancelled.", answer.appointment).await
}

pub(crate) async fn no_show(session: &Session, args: &NoshowArgs) -> Result<Report, Failure> {
    let appointment = get(session, &args.appointment).await?;
    let sentence = present::sentence(&appointment, session.names().await?);
    session.confirm(&args.change, &format!("This marks as a no-show {sentence}"))?;
    let request = v1::MarkNoShowRequest {
        write: Some(args.change.options()),
        appointment_id: appointment.id,
    };
    let answer = session.client.mark_no_show(request).await?;
    done(
        session,
        &args.change,
        "Marked as a no-show.",
        answer.appointment,
    )
    .await
}

/// What every change of an appointment answers.
pub(crate) async fn done(
    session: &Session,
    change: &Change,
    said: &str,
    appointment: Option<v1::Appointment>,
) -> Result<Report, Failure> {
    let mut report = Report::default();
    present::one(
        &mut report,
        &change.said(said),
        &appointment.unwrap_or_default(),
        session.names().await?,
    );
    Ok(report)
}
