//! `book`: an appointment at a named time, out of a hold, or at the first free place.

use clap::{ArgGroup, Args};
use treadwell_client::{Class, v1};

use super::{
    args::Change,
    availability::Wanted,
    failure::Failure,
    find, present,
    report::Report,
    series::{self, Repeat},
    session::Session,
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true).args(["at", "hold", "first"]))]
pub(crate) struct BookArgs {
    /// The service, by id or name
    #[arg(required_unless_present = "hold", conflicts_with = "hold")]
    service: Option<String>,
    /// For whom: by id, or a piece of name or phone
    #[arg(long, value_name = "CLIENT")]
    client: String,
    /// When it starts, for example "tomorrow 2pm", or now
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// The hold whose service and place it takes
    #[arg(long, value_name = "HOLD", conflicts_with_all = ["site", "room", "therapist", "extensions", "walk_in"])]
    hold: Option<String>,
    /// Takes the first free place; as that changes, a request id can not stand for it
    #[arg(long, conflicts_with = "request_id")]
    first: bool,
    /// The site [default: the one in the configuration; with --first any]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The room [default: the least scarce that serves]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// The therapist [default: the client's usual or preferred one, if free]
    #[arg(long, value_name = "THERAPIST")]
    therapist: Option<String>,
    /// An extension to add; may be given several times
    #[arg(long = "with", value_name = "EXTENSION")]
    extensions: Vec<String>,
    /// The client is here: books and checks in at once
    #[arg(long, conflicts_with = "every")]
    walk_in: bool,
    /// A note for the desk; no health data
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    repeat: Repeat,
    #[command(flatten)]
    change: Change,
}

/// Exits with 3 when nothing is free, 4 when screening refuses, 5 when the place is taken.
pub(crate) async fn run(session: &Session, args: &BookArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment = v1::Appointment {
        note: args.note.clone().unwrap_or_default(),
        ..match &args.service {
            Some(service) => place(session, args, service).await?,
            // Everything but the client is the hold's.
            None => v1::Appointment {
                client_id: find::client(session, &args.client).await?,
                ..v1::Appointment::default()
            },
        }
    };
    if let Some((every_days, times)) = args.repeat.given() {
        let request = v1::BookSeriesRequest {
            write: Some(args.change.options()),
            appointment: Some(appointment),
            hold_id: args.hold.clone().unwrap_or_default(),
            every_days,
            times,
            on_impossible: series::on_impossible(args.repeat.skip_impossible).into(),
        };
        return Box::pin(book_series(session, args, request)).await;
    }
    let request = v1::BookAppointmentRequest {
        write: Some(args.change.options()),
        appointment: Some(appointment),
        hold_id: args.hold.clone().unwrap_or_default(),
        walk_in: args.walk_in,
    };
    let client_id = request.appointment.as_ref().map(|it| it.client_id.clone());
    let answer = session.client.book_appointment(request).await;
    let answer = answer.map_err(|error| {
        let failure = Failure::from(error);
        instead(
            failure,
            &client_id.unwrap_or_default(),
            args.hold.as_deref(),
        )
    })?;
    let mut report = Report::default();
    let booked = answer.appointment.unwrap_or_default();
    present::one(
        &mut report,
        &args.change.said(if args.walk_in {
            "Booked and checked in."
        } else {
            "Booked."
        }),
        &booked,
        names,
    );
    Ok(report)
}

/// The failure with the command that books each place that could be booked instead. A hold that was not taken would be in
/// its way.
fn instead(failure: Failure, client_id: &str, hold: Option<&str>) -> Failure {
    let release = hold.map(|hold| format!("treadwell hold --release {hold} && "));
    let release = release.unwrap_or_default();
    let commands: Vec<String> = failure
        .alternatives()
        .iter()
        .map(|place| {
            let with = place.extension_ids.iter().map(|id| format!(" --with {id}"));
            format!(
                "  {release}treadwell book {} --client {client_id} --at {} --site {} --room {} --therapist {}{}",
                place.service_id,
                place.start,
                place.site_id,
                place.room_id,
                place.therapist_id,
                with.collect::<String>()
            )
        })
        .collect();
    if commands.is_empty() {
        return failure;
    }
    let failure = failure.advise("To book one of these:");
    commands.into_iter().fold(failure, Failure::advise)
}

/// Books the same several times, and says what became of each.
async fn book_series(
    session: &Session,
    args: &BookArgs,
    request: v1::BookSeriesRequest,
) -> Result<Report, Failure> {
    let asked = request.appointment.as_ref();
    let asked_site = asked.map_or_else(String::new, |it| it.site_id.clone());
    let results = session.client.book_series(request).await?.results;
    // With a hold the site is known from what was booked.
    let booked = results.iter().find_map(|it| it.appointment.as_ref());
    let site_id = booked.map_or(asked_site, |it| it.site_id.clone());
    series::told(session, &args.change, "Booked", &results, &site_id).await
}

/// What is booked, and where: at the time that is named, or at the first that is free.
async fn place(
    session: &Session,
    args: &BookArgs,
    service: &str,
) -> Result<v1::Appointment, Failure> {
    let names = session.names().await?;
    let (therapist, room) = (args.therapist.as_deref(), args.room.as_deref());
    let client = Some(args.client.as_str());
    let wanted = Wanted::new(session, service, &args.extensions, client, therapist, room).await?;
    let mut appointment = v1::Appointment {
        client_id: wanted.client_id,
        service_id: wanted.service_id,
        extension_ids: wanted.extension_ids,
        therapist_id: wanted.therapist_id,
        room_id: wanted.room_id,
        ..v1::Appointment::default()
    };
    if let Some(text) = &args.at {
        appointment.site_id = session.site(args.site.as_deref()).await?;
        let start = when::moment(text, &names.now_at(Some(&appointment.site_id))?)?;
        appointment.start = Some(time::wire(start));
    } else {
        first_place(session, args, &mut appointment).await?;
    }
    Ok(appointment)
}

/// Puts the first free place into the appointment.
async fn first_place(
    session: &Session,
    args: &BookArgs,
    appointment: &mut v1::Appointment,
) -> Result<(), Failure> {
    let request = v1::SearchAvailabilityRequest {
        site_ids: session.sites(args.site.as_deref()).await?,
        service_id: appointment.service_id.clone(),
        extension_ids: appointment.extension_ids.clone(),
        client_id: appointment.client_id.clone(),
        therapist_id: appointment.therapist_id.clone(),
        room_id: appointment.room_id.clone(),
        grid_minutes: if args.walk_in {
            time::WALK_IN_GRID_MINUTES
        } else {
            0
        },
        limit: 1,
        ..v1::SearchAvailabilityRequest::default()
    };
    let found = session.client.search_availability(request).await?;
    let Some(place) = found.proposals.into_iter().next() else {
        let failure = Failure::new(Class::NothingFree, "nothing is free in the next two weeks");
        return Err(failure.advise("`treadwell availability SERVICE --from +2w` looks further."));
    };
    appointment.site_id = place.site_id;
    appointment.start = place.start;
    appointment.room_id = place.room_id;
    appointment.therapist_id = place.therapist_id;
    Ok(())
}
