//! `session`: a therapist's notes on a session, their signature, and what was added later.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::rfc3339_of,
    report::Report,
    session::{PAGE, Session},
};
use crate::{notes, tui::time};

#[derive(Debug, Args)]
pub(crate) struct SessionArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows the notes on a session
    Show {
        /// Which: its id, or its room while it goes on or is just over
        appointment: String,
    },
    /// Writes notes on a session, as a draft; what is not named stays
    Note(Box<NoteArgs>),
    /// Signs the notes on a session; they do not change any more
    Sign {
        /// Which: its id, or its room while it is just over
        appointment: String,
        #[command(flatten)]
        change: Change,
    },
    /// Adds to signed notes; what is added is signed too
    Addendum {
        /// Which: its id, or its room while it is just over
        appointment: String,
        /// What is added or corrected
        text: String,
        #[command(flatten)]
        change: Change,
    },
    /// Shows a client's notes, the newest session first
    History {
        /// Who: by id, or a piece of name or phone
        client: String,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
}

#[derive(Debug, Args)]
struct NoteArgs {
    /// Which: its id, or its room while it goes on or is just over
    appointment: String,
    /// How deep, 1 to 5: AREA=2, AREA=2-4, or "AREA=2-4: how it changed"; may be given several times
    #[arg(long = "pressure", value_name = "PRESSURE")]
    pressure: Vec<String>,
    /// A technique, by id or name; may be given several times
    #[arg(long = "technique", value_name = "TECHNIQUE")]
    techniques: Vec<String>,
    /// An area that was treated; may be given several times
    #[arg(long = "area", value_name = "AREA")]
    areas: Vec<String>,
    /// A reflex zone that was treated; may be given several times
    #[arg(long = "zone", value_name = "ZONE")]
    zones: Vec<String>,
    /// A place that was tender: an area or a zone, or "PLACE: what of it"; may be given several times
    #[arg(long = "tender", value_name = "PLACE")]
    tender: Vec<String>,
    /// What the client said of it
    #[arg(long, value_name = "TEXT")]
    feedback: Option<String>,
    /// How the treatment was modified
    #[arg(long, value_name = "TEXT")]
    modified: Option<String>,
    /// What the client was advised to have looked at
    #[arg(long, value_name = "TEXT")]
    referral: Option<String>,
    /// Begins anew: what the draft holds and is not named here is dropped
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    change: Change,
}

/// The notes on a session as `--json` prints them.
#[derive(Serialize)]
struct RecordJson<'a> {
    appointment_id: &'a str,
    client_id: &'a str,
    site_id: &'a str,
    service_id: &'a str,
    therapist_id: &'a str,
    started_at: Option<String>,
    pressure: Vec<PressureJson<'a>>,
    technique_ids: &'a [String],
    area_ids: &'a [String],
    zone_ids: &'a [String],
    /// Each as `PLACE` or `PLACE: note`.
    tender: Vec<String>,
    feedback: &'a str,
    modifications: &'a str,
    referral: &'a str,
    /// Empty while it is a draft.
    signed_by: &'a str,
    signed_at: Option<String>,
    addenda: Vec<AddendumJson<'a>>,
    etag: &'a str,
}

#[derive(Serialize)]
struct PressureJson<'a> {
    area_id: &'a str,
    began: i32,
    ended: i32,
    change: &'a str,
}

#[derive(Serialize)]
struct AddendumJson<'a> {
    text: &'a str,
    signed_by: &'a str,
    signed_at: Option<String>,
}

pub(crate) async fn run(session: &Session, args: &SessionArgs) -> Result<Report, Failure> {
    match &args.action {
        Action::Show { appointment } => show(session, appointment).await,
        Action::Note(args) => note(session, args).await,
        Action::Sign {
            appointment,
            change,
        } => sign(session, appointment, change).await,
        Action::Addendum {
            appointment,
            text,
            change,
        } => addendum(session, appointment, text, change).await,
        Action::History { client, limit } => history(session, client, *limit).await,
    }
}

async fn show(session: &Session, appointment: &str) -> Result<Report, Failure> {
    let appointment_id = find::appointment(session, appointment, InRoom::Recent).await?;
    let request = v1::GetSessionRecordRequest { appointment_id };
    let answer = session.client.get_session_record(request).await?;
    report(session, String::new(), answer.record.as_slice()).await
}

async fn note(session: &Session, args: &NoteArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment_id = find::appointment(session, &args.appointment, InRoom::Recent).await?;
    let request = v1::GetSessionRecordRequest {
        appointment_id: appointment_id.clone(),
    };
    let before = match session.client.get_session_record(request).await {
        Ok(answer) => answer.record,
        // The first notes on the session; what else is wrong with it the next call says.
        Err(error) if error.reason() == Some(v1::Reason::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let mut options = args.change.options();
    let mut draft = v1::SessionNotes::default();
    if let Some(before) = before {
        options.etag = before.etag;
        if !args.replace {
            draft = before.notes.unwrap_or_default();
        }
    }
    let guide = guide(names);
    fill(&mut draft, args, &guide).map_err(Failure::usage)?;
    let request = v1::SaveSessionNotesRequest {
        write: Some(options),
        appointment_id,
        notes: Some(draft),
    };
    let answer = session.client.save_session_notes(request).await?;
    let said = args.change.said("Noted; a draft until it is signed.");
    report(session, said, answer.record.as_slice()).await
}

/// Lays what the arguments say over a draft.
fn fill(draft: &mut v1::SessionNotes, args: &NoteArgs, guide: &v1::Guide) -> Result<(), String> {
    for text in &args.pressure {
        let pressure = notes::read_pressure(text, guide)?;
        draft
            .pressure
            .retain(|other| other.area_id != pressure.area_id);
        draft.pressure.push(pressure);
    }
    for text in &args.tender {
        let tender = notes::read_tender(text, guide)?;
        draft.tender.retain(|other| other.place != tender.place);
        draft.tender.push(tender);
    }
    let lists: [(&mut Vec<String>, &[String], notes::Read); 3] = [
        (
            &mut draft.technique_ids,
            &args.techniques,
            notes::read_technique,
        ),
        (&mut draft.area_ids, &args.areas, notes::read_area),
        (&mut draft.zone_ids, &args.zones, notes::read_zone),
    ];
    for (ids, texts, read) in lists {
        for text in texts {
            let id = read(text, guide)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    for (field, text) in [
        (&mut draft.feedback, &args.feedback),
        (&mut draft.modifications, &args.modified),
        (&mut draft.referral, &args.referral),
    ] {
        if let Some(text) = text {
            field.clone_from(text);
        }
    }
    Ok(())
}

async fn sign(session: &Session, appointment: &str, change: &Change) -> Result<Report, Failure> {
    let appointment_id = find::appointment(session, appointment, InRoom::Recent).await?;
    session.confirm(
        change,
        &format!("The notes on {appointment_id} can not be changed once they are signed."),
    )?;
    let request = v1::SignSessionNotesRequest {
        write: Some(change.options()),
        appointment_id,
    };
    let answer = session.client.sign_session_notes(request).await?;
    report(session, change.said("Signed."), answer.record.as_slice()).await
}

async fn addendum(
    session: &Session,
    appointment: &str,
    text: &str,
    change: &Change,
) -> Result<Report, Failure> {
    let appointment_id = find::appointment(session, appointment, InRoom::Recent).await?;
    let request = v1::AddSessionAddendumRequest {
        write: Some(change.options()),
        appointment_id,
        text: text.to_owned(),
    };
    let answer = session.client.add_session_addendum(request).await?;
    report(session, change.said("Added."), answer.record.as_slice()).await
}

async fn history(session: &Session, client: &str, limit: u16) -> Result<Report, Failure> {
    let client_id = find::client(session, client).await?;
    let mut records = Vec::new();
    let mut page_token = String::new();
    let limit = usize::from(limit);
    while records.len() < limit {
        let left = i32::try_from(limit - records.len()).unwrap_or(PAGE);
        let request = v1::ListSessionRecordsRequest {
            client_id: client_id.clone(),
            page_size: left.min(PAGE),
            page_token,
        };
        let page = session.client.list_session_records(request).await?;
        records.extend(page.records);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let said = if records.is_empty() {
        "There are no notes on this client's sessions."
    } else {
        ""
    };
    report(session, said.to_owned(), &records).await
}

fn guide(names: &Names) -> v1::Guide {
    let policy = names.catalog.policy.as_ref();
    policy
        .and_then(|policy| policy.guide.clone())
        .unwrap_or_default()
}

async fn report(
    session: &Session,
    said: String,
    records: &[v1::SessionRecord],
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let guide = guide(names);
    let mut report = Report::default();
    if !said.is_empty() {
        report.line(said);
    }
    for record in records {
        for line in lines(record, names, &guide) {
            report.line(line);
        }
        report.object(&json(record, names));
    }
    Ok(report)
}

/// The notes in words.
fn lines(record: &v1::SessionRecord, names: &Names, guide: &v1::Guide) -> Vec<String> {
    let zone = names.zone_of(&record.site_id);
    let day = |at: Option<&prost_types::Timestamp>| {
        at.map(|at| time::day_and_clock(time::instant(at), &zone))
            .unwrap_or_default()
    };
    let mut lines = vec![format!(
        "{}: {}, {} with {}.",
        record.appointment_id,
        day(record.started_at.as_ref()),
        names.service(&record.service_id),
        names.therapist(&record.therapist_id),
    )];
    let empty = v1::SessionNotes::default();
    let notes = notes::lines(record.notes.as_ref().unwrap_or(&empty), guide);
    lines.extend(notes.into_iter().map(|line| format!("  {line}")));
    lines.push(if record.signed_by.is_empty() {
        "  A draft: not signed.".to_owned()
    } else {
        let at = day(record.signed_at.as_ref());
        format!("  Signed by {}, {at}.", record.signed_by_name)
    });
    lines.extend(record.addenda.iter().map(|addendum| {
        let at = day(addendum.signed_at.as_ref());
        let text = addendum.text.replace('\n', " / ");
        format!("  Added by {}, {at}: {text}", addendum.signed_by_name)
    }));
    lines
}

fn json<'a>(record: &'a v1::SessionRecord, names: &Names) -> RecordJson<'a> {
    let zone = names.zone_of(&record.site_id);
    let notes = record.notes.as_ref();
    let text = |of: fn(&v1::SessionNotes) -> &str| notes.map(of).unwrap_or_default();
    let ids = |of: fn(&v1::SessionNotes) -> &[String]| notes.map(of).unwrap_or_default();
    RecordJson {
        appointment_id: &record.appointment_id,
        client_id: &record.client_id,
        site_id: &record.site_id,
        service_id: &record.service_id,
        therapist_id: &record.therapist_id,
        started_at: rfc3339_of(record.started_at.as_ref(), &zone),
        pressure: notes
            .iter()
            .flat_map(|notes| &notes.pressure)
            .map(|one| PressureJson {
                area_id: &one.area_id,
                began: one.began,
                ended: one.ended,
                change: &one.change,
            })
            .collect(),
        technique_ids: ids(|notes| &notes.technique_ids),
        area_ids: ids(|notes| &notes.area_ids),
        zone_ids: ids(|notes| &notes.zone_ids),
        tender: notes
            .iter()
            .flat_map(|notes| &notes.tender)
            .map(notes::tender)
            .collect(),
        feedback: text(|notes| &notes.feedback),
        modifications: text(|notes| &notes.modifications),
        referral: text(|notes| &notes.referral),
        signed_by: &record.signed_by,
        signed_at: rfc3339_of(record.signed_at.as_ref(), &zone),
        addenda: record
            .addenda
            .iter()
            .map(|addendum| AddendumJson {
                text: &addendum.text,
                signed_by: &addendum.signed_by,
                signed_at: rfc3339_of(addendum.signed_at.as_ref(), &zone),
            })
            .collect(),
        etag: &record.etag,
    }
}
