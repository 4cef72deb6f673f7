//! `export clients` and `export appointments`: what the clinic has as a file that other products read, and `import` does.
//!
//! Pages are asked for one after the other, so that years of appointments hold nobody up. Nothing of anybody's health is
//! written, whatever the key may see.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use prost_types::Timestamp as Wire;
use serde_json::{Map, Value};
use treadwell_client::v1;

use super::{
    failure::Failure,
    names::Names,
    present::{iso_date, rfc3339_of, value_name},
    report::Report,
    session::{PAGE, Session},
};
use crate::{
    exchange::{Form, sheet},
    file::{Draft, Former, Readers},
    when,
};

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Every client
    Clients {
        #[command(flatten)]
        to: To,
    },
    /// The appointments at the sites that the key reaches
    Appointments {
        #[command(flatten)]
        to: To,
        /// Only those that start on this day or later [default: all]
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// Only those that start on this day or earlier [default: all]
        #[arg(long = "to", value_name = "DAY")]
        until: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct To {
    /// The form of the file
    #[arg(long, value_enum, default_value = "csv")]
    format: Form,
    /// Writes this file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A record as cells, by the names of their columns.
type Cells = [(&'static str, String)];

/// Where an export goes, and what is known of it.
struct Out {
    form: Form,
    draft: Option<Draft>,
    printed: String,
    count: usize,
    /// The revisions of the first and the last page.
    revisions: Option<(u64, u64)>,
}

impl Out {
    fn new(to: &To, head: &[&str]) -> Result<Self, Failure> {
        let draft = match &to.out {
            Some(file) => {
                let draft = Draft::create(file, Readers::Owner);
                Some(draft.map_err(|error| Failure::unwritten(file, &error))?)
            }
            None => None,
        };
        let mut out = Self {
            form: to.format,
            draft,
            printed: String::new(),
            count: 0,
            revisions: None,
        };
        if out.form == Form::Csv {
            let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
            out.write(&sheet::line(&head));
        }
        Ok(out)
    }

    fn write(&mut self, text: &str) {
        match &mut self.draft {
            Some(draft) => draft.write(text),
            None => self.printed.push_str(text),
        }
    }

    fn page(&mut self, revision: u64) {
        let first = self.revisions.map_or(revision, |(first, _)| first);
        self.revisions = Some((first, revision));
    }

    fn record(&mut self, cells: &Cells) {
        self.count += 1;
        let text = match self.form {
            Form::Csv => {
                let cells: Vec<String> = cells.iter().map(|(_, cell)| cell.clone()).collect();
                sheet::line(&cells)
            }
            Form::Json => format!("{}\n", Value::Object(object(cells))),
        };
        self.write(&text);
    }

    fn finish(self, what: &str) -> Result<Report, Failure> {
        let mut report = Report::default();
        let Some(draft) = self.draft else {
            // Data alone, in every form: whoever reads it wants nothing else.
            report.verbatim(&self.printed);
            for line in self.printed.lines().filter(|_| self.form == Form::Json) {
                let object: Result<Value, _> = serde_json::from_str(line);
                if let Ok(object) = object {
                    report.object(&object);
                }
            }
            if self.form == Form::Csv {
                report.object(&serde_json::json!({ "csv": self.printed }));
            }
            return Ok(report);
        };
        let path = draft.to().to_owned();
        let placed = draft.finish(Former::Goes);
        let placed = placed.map_err(|error| Failure::unwritten(&path, &error))?;
        report.placed(&placed, &path);
        let (first, last) = self.revisions.unwrap_or_default();
        let file = path.display().to_string();
        let as_of = if first == last {
            format!("as of revision {last}")
        } else {
            format!(
                "as of revisions {first} to {last}: of what changed in between it may have either"
            )
        };
        report.line(format!("{} {what} in {file}, {as_of}.", self.count));
        report.object(&serde_json::json!({
            "file": file, "count": self.count, "first_revision": first, "revision": last,
        }));
        Ok(report)
    }
}

/// As JSON: what is empty is left out.
fn object(cells: &Cells) -> Map<String, Value> {
    let filled = cells.iter().filter(|(_, cell)| !cell.is_empty());
    filled
        .map(|(name, cell)| ((*name).to_owned(), Value::String(cell.clone())))
        .collect()
}

pub(crate) async fn run(session: &Session, what: &What) -> Result<Report, Failure> {
    match what {
        What::Clients { to } => clients(session, to).await,
        What::Appointments { to, from, until } => {
            appointments(session, to, from.as_deref(), until.as_deref()).await
        }
    }
}

async fn clients(session: &Session, to: &To) -> Result<Report, Failure> {
    let head = client(&v1::Client::default()).map(|(name, _)| name);
    let mut out = Out::new(to, &head)?;
    let mut page_token = String::new();
    loop {
        let request = v1::ListClientsRequest {
            query: String::new(),
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_clients(request).await?;
        out.page(page.revision);
        for it in &page.clients {
            out.record(&client(it));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return out.finish("clients");
        }
    }
}

fn client(it: &v1::Client) -> [(&'static str, String); 8] {
    [
        ("id", it.id.clone()),
        ("external_id", it.external_id.clone()),
        ("name", it.name.clone()),
        ("phone", it.phone.clone()),
        ("email", it.email.clone()),
        ("born", it.born.as_ref().map(iso_date).unwrap_or_default()),
        ("preferred_therapist_id", it.preferred_therapist_id.clone()),
        ("note", it.note.clone()),
    ]
}

async fn appointments(
    session: &Session,
    to: &To,
    from: Option<&str>,
    until: Option<&str>,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let now = names.now_at(None)?;
    let instant = |text: Option<&str>, whole_day: bool| -> Result<Option<Wire>, Failure> {
        let Some(text) = text else { return Ok(None) };
        let day = when::day(text, &now)?;
        Ok(crate::tui::time::day_start(day, whole_day, now.time_zone()))
    };
    let (from, until) = (instant(from, false)?, instant(until, true)?);
    let head = appointment(&v1::Appointment::default(), names).map(|(name, _)| name);
    let mut out = Out::new(to, &head)?;
    let mut page_token = String::new();
    loop {
        let request = v1::ListAppointmentsRequest {
            from,
            until,
            page_size: PAGE,
            page_token,
            ..v1::ListAppointmentsRequest::default()
        };
        let page = session.client.list_appointments(request).await?;
        out.page(page.revision);
        for it in &page.appointments {
            out.record(&appointment(it, names));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return out.finish("appointments");
        }
    }
}

fn appointment(it: &v1::Appointment, names: &Names) -> [(&'static str, String); 16] {
    let zone: TimeZone = names.zone_of(&it.site_id);
    let at = |wire: &Option<Wire>| rfc3339_of(wire.as_ref(), &zone).unwrap_or_default();
    [
        ("id", it.id.clone()),
        ("external_id", it.external_id.clone()),
        ("client_id", it.client_id.clone()),
        ("client_name", it.client_name.clone()),
        ("client_phone", it.client_phone.clone()),
        ("service_id", it.service_id.clone()),
        ("extension_ids", it.extension_ids.join(";")),
        ("site_id", it.site_id.clone()),
        ("room_id", it.room_id.clone()),
        ("therapist_id", it.therapist_id.clone()),
        ("start", at(&it.start)),
        ("end", at(&it.end)),
        (
            "state",
            value_name(it.state().as_str_name(), "APPOINTMENT_STATE_"),
        ),
        ("price_cents", it.price_cents.to_string()),
        ("booked_at", at(&it.booked_at)),
        ("note", it.note.clone()),
    ]
}
