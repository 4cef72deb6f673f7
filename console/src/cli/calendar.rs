//! `calendar`: a therapist's or a room's calendar as an iCalendar file, for calendar programs to subscribe to.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use prost_types::Timestamp as Wire;
use serde::Serialize;
use treadwell_client::v1::{self, get_calendar_request::Of};

use super::{failure::Failure, report::Report, session::Session};
use crate::{
    file::{self, Former, Readers},
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(crate) struct CalendarArgs {
    #[command(subcommand)]
    whose: Whose,
}

#[derive(Debug, Subcommand)]
enum Whose {
    /// A therapist's: appointments, shifts, breaks, time off
    Therapist {
        /// Who, by id or name
        therapist: String,
        #[command(flatten)]
        span: Span,
        /// Writes this file instead of printing it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// A room's: appointments and outages
    Room {
        /// Which, by id or name
        room: String,
        #[command(flatten)]
        span: Span,
        /// Writes this file instead of printing it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Every therapist's and every room's that the key reaches, a file each
    All {
        #[command(flatten)]
        span: Span,
        /// The folder for the files; it has to be there
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Span {
    /// The first day [default: 31 days ago]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day [default: in 180 days]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

/// What `calendar --json` prints.
#[derive(Serialize)]
struct CalendarJson<'a> {
    #[serde(skip_serializing_if = "String::is_empty")]
    file: String,
    revision: u64,
    /// Left out where it is in the file.
    #[serde(skip_serializing_if = "str::is_empty")]
    calendar: &'a str,
}

pub(crate) async fn run(session: &Session, args: &CalendarArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    match &args.whose {
        Whose::Therapist {
            therapist,
            span,
            out,
        } => {
            let of = Of::TherapistId(names.find_therapist(therapist)?);
            one(session, of, span, out.as_deref(), &mut report).await?;
        }
        Whose::Room { room, span, out } => {
            let of = Of::RoomId(names.find_room(room)?);
            one(session, of, span, out.as_deref(), &mut report).await?;
        }
        Whose::All { span, out } => {
            if !out.is_dir() {
                return Err(Failure::usage(format!(
                    "there is no folder {}",
                    out.display()
                )));
            }
            let therapists = names.therapists.iter().filter(|it| !it.retired);
            let rooms = names.catalog.rooms.iter().filter(|it| !it.retired);
            let all = therapists
                .map(|it| Of::TherapistId(it.id.clone()))
                .chain(rooms.map(|it| Of::RoomId(it.id.clone())));
            for of in all {
                let answer = ask(session, of, span).await?;
                // Whatever the server says, it is a name in this folder.
                let name = Path::new(&answer.file_name).file_name().unwrap_or_default();
                wrote(&out.join(name), &answer, &mut report)?;
            }
        }
    }
    Ok(report)
}

async fn one(
    session: &Session,
    of: Of,
    span: &Span,
    out: Option<&Path>,
    report: &mut Report,
) -> Result<(), Failure> {
    let answer = ask(session, of, span).await?;
    if let Some(to) = out {
        return wrote(to, &answer, report);
    }
    report.verbatim(&answer.calendar);
    report.object(&CalendarJson {
        file: String::new(),
        revision: answer.revision,
        calendar: &answer.calendar,
    });
    Ok(())
}

fn wrote(to: &Path, answer: &v1::GetCalendarResponse, report: &mut Report) -> Result<(), Failure> {
    let written = file::write(to, &answer.calendar, Readers::All, Former::Goes);
    let placed = written.map_err(|error| Failure::unwritten(to, &error))?;
    report.placed(&placed, to);
    report.line(format!(
        "{}, as of revision {}.",
        to.display(),
        answer.revision
    ));
    report.object(&CalendarJson {
        file: to.display().to_string(),
        revision: answer.revision,
        calendar: "",
    });
    Ok(())
}

async fn ask(session: &Session, of: Of, span: &Span) -> Result<v1::GetCalendarResponse, Failure> {
    let names = session.names().await?;
    let site = match &of {
        Of::RoomId(room) => Some(names.site_of(room)),
        Of::TherapistId(_) => None,
    };
    let now = names.now_at(site.as_deref())?;
    let zone = now.time_zone();
    let instant = |text: &Option<String>, whole_day: bool| -> Result<Option<Wire>, Failure> {
        let Some(text) = text else { return Ok(None) };
        let day = when::day(text, &now)?;
        Ok(time::day_start(day, whole_day, zone))
    };
    let request = v1::GetCalendarRequest {
        of: Some(of),
        from: instant(&span.from, false)?,
        until: instant(&span.to, true)?,
    };
    Ok(session.client.get_calendar(request).await?)
}
