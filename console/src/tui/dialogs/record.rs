//! What was done in a session and what its client takes home: notes, their signature, what was added, earlier notes, and
//! aftercare. One key opens the list of what can be done; the desk is shown aftercare alone.

use treadwell_api::v1::{self, AppointmentState};

use super::{
    ask::{self, Ask},
    form::{self, Form, Kind, text},
    menu::{Action, Item, Menu},
    message,
};
use crate::{
    notes,
    tui::{
        call::Answer,
        event::{Effect, Purpose},
        failure::Failure,
        model::Model,
        screens, time, visit,
    },
};

/// What can be done with the notes on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read them.
    Read,
    /// Write them.
    Write,
    /// Sign them.
    Sign,
    /// Add to them.
    Add,
    /// Read those on the client's other sessions.
    History,
    /// See what the client is told.
    Sheet,
    /// Record that the client was told.
    Give,
}

/// Notes that are being written: on which session, and what was there before.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    visit: v1::Appointment,
    before: Option<v1::SessionRecord>,
}

impl Draft {
    /// Whom the notes concern, and which state of them: others are not filled with what was typed for these.
    pub(super) fn about(&self) -> String {
        let etag = self.before.as_ref().map_or("", |record| &record.etag);
        format!("{} {etag}", self.visit.id)
    }
}

/// How many earlier sessions are shown.
const HISTORY: i32 = 20;

/// Opens the list of what can be done.
pub(crate) fn open(model: &mut Model, visit: &v1::Appointment) -> Vec<Effect> {
    let treats = model.sees_answers();
    let over = visit.state() == AppointmentState::Completed;
    let begun = over || visit.state() == AppointmentState::InSession;
    let steps = [
        (Step::Read, treats && begun, "Read the notes"),
        (Step::Write, treats && begun, "Write notes"),
        (
            Step::Sign,
            treats && over,
            "Sign the notes; they do not change any more",
        ),
        (Step::Add, treats && over, "Add to signed notes"),
        (Step::History, treats, "Read the client's earlier notes"),
        (Step::Sheet, over, "Show the aftercare sheet"),
        (
            Step::Give,
            over,
            "Note that the client was given the aftercare sheet",
        ),
    ];
    let items: Vec<Item> = steps
        .into_iter()
        .filter(|(_, possible, _)| *possible)
        .map(|(step, _, label)| Item {
            key: String::new(),
            label: label.to_owned(),
            action: Action::Record(step, Box::new(visit.clone())),
        })
        .collect();
    if items.is_empty() {
        model.warn("There are no notes and no aftercare before the session is over.");
        return Vec::new();
    }
    let lines = vec![visit::words(model, visit)];
    super::menu::open(model, Menu::new("Session", lines, items))
}

/// Does what was chosen.
pub(super) fn run(model: &mut Model, step: Step, visit: v1::Appointment) -> Vec<Effect> {
    if !model.link.is_live() {
        model.say_failed(&Failure::unreachable());
        return Vec::new();
    }
    let appointment_id = visit.id.clone();
    match step {
        Step::Read => model.ask(
            Purpose::Record,
            v1::GetSessionRecordRequest { appointment_id },
        ),
        Step::Write => {
            model.noting = Some(Box::new(visit));
            model.ask(
                Purpose::RecordDraft,
                v1::GetSessionRecordRequest { appointment_id },
            )
        }
        Step::Sign => {
            let lines = vec![
                visit::words(model, &visit),
                "Signed notes can not be changed. Sign them?".to_owned(),
            ];
            let call = v1::SignSessionNotesRequest {
                write: None,
                appointment_id,
            };
            ask::open(
                model,
                Ask::send("Sign the notes", lines, Purpose::Act, call),
            )
        }
        Step::Add => {
            let lines = vec![
                visit::words(model, &visit),
                "What is added is signed with it.".to_owned(),
            ];
            let fields = vec![text("add", "")];
            let kind = Kind::Addendum(appointment_id);
            form::open(model, Form::new("Add to the notes", lines, fields, kind))
        }
        Step::History => model.ask(
            Purpose::Record,
            v1::ListSessionRecordsRequest {
                client_id: visit.client_id,
                page_size: HISTORY,
                page_token: String::new(),
            },
        ),
        Step::Sheet => model.ask(Purpose::Record, v1::GetAftercareRequest { appointment_id }),
        Step::Give => {
            let lines = vec![
                visit::words(model, &visit),
                "The client has been given the aftercare sheet?".to_owned(),
            ];
            let call = v1::IssueAftercareRequest {
                write: None,
                appointment_id,
            };
            ask::open(model, Ask::send("Aftercare", lines, Purpose::Act, call))
        }
    }
}

/// What was asked for has been read.
pub(crate) fn loaded(model: &mut Model, purpose: Purpose, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::GetSessionRecord(answer) if purpose == Purpose::RecordDraft => {
            return write(model, answer.record);
        }
        Answer::GetSessionRecord(answer) => {
            show(model, "Notes", answer.record.as_slice());
        }
        Answer::ListSessionRecords(answer) => show(model, "Earlier notes", &answer.records),
        Answer::GetAftercare(answer) => {
            let lines = sheet(model, &answer);
            message(model, "Aftercare", lines);
        }
        _ => {}
    }
    Vec::new()
}

/// A read failed. That there are no notes yet is how the first ones begin. None when it is not about notes.
pub(crate) fn failed(
    model: &mut Model,
    purpose: Purpose,
    failure: &Failure,
) -> Option<Vec<Effect>> {
    let nothing = failure.reason == "NOT_FOUND";
    match purpose {
        Purpose::RecordDraft if nothing => Some(write(model, None)),
        Purpose::Record if nothing => {
            model.say("Nothing is noted on this session.");
            Some(Vec::new())
        }
        Purpose::RecordDraft => {
            model.noting = None;
            None
        }
        _ => None,
    }
}

/// Opens the form with the draft that is there.
fn write(model: &mut Model, before: Option<v1::SessionRecord>) -> Vec<Effect> {
    let Some(visit) = model.noting.take() else {
        return Vec::new();
    };
    if let Some(signed) = before
        .as_ref()
        .filter(|record| !record.signed_by.is_empty())
    {
        show(model, "Signed notes", std::slice::from_ref(signed));
        return Vec::new();
    }
    let guide = guide(model);
    let ids = |ids: &mut dyn Iterator<Item = &String>| -> String {
        ids.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let lines = vec![visit::words(model, &visit)];
    let areas = ids(&mut guide.areas.iter().map(|one| &one.id));
    let zones = ids(&mut guide.zones.iter().map(|one| &one.id));
    let techniques = ids(&mut guide.techniques.iter().map(|one| &one.id));
    let hints = vec![
        format!("AREA=1 to 5, or AREA=2-4: why; the next. Areas: {areas}"),
        format!("With commas: {techniques}"),
        format!("With commas: {areas}"),
        format!("With commas: {zones}"),
        format!("AREA or ZONE: what; the next. Areas: {areas} Zones: {zones}"),
    ];
    let shown = fields(before.as_ref());
    let labels = [
        "pressure",
        "techniques",
        "areas",
        "zones",
        "tender",
        "feedback",
        "modified",
        "referral",
    ];
    let fields = labels
        .into_iter()
        .zip(&shown)
        .map(|(label, value)| text(label, value));
    let fields = fields.collect();
    let draft = Draft {
        visit: *visit,
        before,
    };
    let kind = Kind::Notes(Box::new(draft));
    let mut form = Form::new("Notes", lines, fields, kind);
    form.hints = hints;
    form::open(model, form)
}

/// The notes as the form's fields show them.
fn fields(before: Option<&v1::SessionRecord>) -> [String; 8] {
    let empty = v1::SessionNotes::default();
    let notes = before
        .and_then(|record| record.notes.as_ref())
        .unwrap_or(&empty);
    let entries = |entries: Vec<String>| entries.join("; ");
    let flat = |text: &str| text.replace('\n', " ");
    [
        entries(notes.pressure.iter().map(notes::pressure).collect()),
        notes.technique_ids.join(", "),
        notes.area_ids.join(", "),
        notes.zone_ids.join(", "),
        entries(notes.tender.iter().map(notes::tender).collect()),
        flat(&notes.feedback),
        flat(&notes.modifications),
        flat(&notes.referral),
    ]
}

/// The notes that were written, as a call; what was not touched stays as it was, line breaks too.
pub(super) fn save(
    model: &Model,
    form: &Form,
    draft: &Draft,
) -> Result<v1::SaveSessionNotesRequest, String> {
    let guide = guide(model);
    let shown = fields(draft.before.as_ref());
    let before = draft.before.as_ref();
    let mut wanted = before
        .and_then(|record| record.notes.clone())
        .unwrap_or_default();
    let touched = |field: usize| form.text(field) != shown[field].trim();
    let parts = |field: usize, by: char| {
        let parts = form.text(field).split(by).map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if touched(0) {
        let read = |text: &String| notes::read_pressure(text, &guide);
        wanted.pressure = parts(0, ';').iter().map(read).collect::<Result<_, _>>()?;
    }
    if touched(4) {
        let read = |text: &String| notes::read_tender(text, &guide);
        wanted.tender = parts(4, ';').iter().map(read).collect::<Result<_, _>>()?;
    }
    let lists: [(usize, &mut Vec<String>, notes::Read); 3] = [
        (1, &mut wanted.technique_ids, notes::read_technique),
        (2, &mut wanted.area_ids, notes::read_area),
        (3, &mut wanted.zone_ids, notes::read_zone),
    ];
    for (field, ids, read) in lists {
        if touched(field) {
            let texts = parts(field, ',');
            *ids = texts
                .iter()
                .map(|text| read(text, &guide))
                .collect::<Result<_, _>>()?;
        }
    }
    for (field, to) in [
        (5, &mut wanted.feedback),
        (6, &mut wanted.modifications),
        (7, &mut wanted.referral),
    ] {
        if touched(field) {
            form.text(field).clone_into(to);
        }
    }
    Ok(v1::SaveSessionNotesRequest {
        write: Some(v1::WriteOptions {
            etag: before.map(|record| record.etag.clone()).unwrap_or_default(),
            ..v1::WriteOptions::default()
        }),
        appointment_id: draft.visit.id.clone(),
        notes: Some(wanted),
    })
}

/// What is added to signed notes, as a call.
pub(super) fn add(
    form: &Form,
    appointment_id: &str,
) -> Result<v1::AddSessionAddendumRequest, String> {
    let text = form.text(0);
    if text.is_empty() {
        return Err("Say what is to be added.".to_owned());
    }
    Ok(v1::AddSessionAddendumRequest {
        write: None,
        appointment_id: appointment_id.to_owned(),
        text: text.to_owned(),
    })
}

/// A change was made: says so.
pub(crate) fn done(model: &mut Model, answer: &Answer) -> Vec<Effect> {
    match answer {
        Answer::SaveSessionNotes(_) => model.say("Noted; a draft until it is signed."),
        Answer::SignSessionNotes(_) => model.say("The notes are signed."),
        Answer::AddSessionAddendum(_) => model.say("Added to the notes."),
        Answer::IssueAftercare(_) => model.say("Noted: the client was given the aftercare sheet."),
        _ => {}
    }
    screens::refresh(model)
}

fn guide(model: &Model) -> v1::Guide {
    let policy = model.catalog.policy.as_ref();
    policy
        .and_then(|policy| policy.guide.clone())
        .unwrap_or_default()
}

fn show(model: &mut Model, title: &str, records: &[v1::SessionRecord]) {
    let guide = guide(model);
    let mut lines = Vec::new();
    for record in records {
        let zone = model.zone(&record.site_id);
        let day = |at: Option<&prost_types::Timestamp>| {
            at.map(|at| time::day_and_clock(time::instant(at), &zone))
                .unwrap_or_default()
        };
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!(
            "{}, {} with {}",
            day(record.started_at.as_ref()),
            model.service_name(&record.service_id),
            model.therapist_name(&record.therapist_id)
        ));
        lines.extend(
            record
                .notes
                .iter()
                .flat_map(|notes| notes::lines(notes, &guide)),
        );
        lines.push(if record.signed_by.is_empty() {
            "A draft: not signed.".to_owned()
        } else {
            let at = day(record.signed_at.as_ref());
            format!("Signed by {}, {at}.", record.signed_by_name)
        });
        lines.extend(record.addenda.iter().map(|addendum| {
            let at = day(addendum.signed_at.as_ref());
            let text = addendum.text.replace('\n', " / ");
            format!("Added by {}, {at}: {text}", addendum.signed_by_name)
        }));
    }
    if lines.is_empty() {
        lines.push("There are no notes on this client's sessions.".to_owned());
    }
    message(model, title, lines);
}

fn sheet(model: &Model, answer: &v1::GetAftercareResponse) -> Vec<String> {
    let mut lines: Vec<String> = answer
        .text
        .lines()
        .map(|line| format!("- {line}"))
        .collect();
    let aftercare = answer.aftercare.as_ref();
    let issued = aftercare.and_then(|aftercare| Some((aftercare, aftercare.issued.last()?)));
    lines.push(String::new());
    lines.push(match issued {
        None => "Not given to the client yet.".to_owned(),
        Some((aftercare, issue)) => {
            let zone = model.zone(&aftercare.site_id);
            let at = issue.issued_at.as_ref();
            let at = at.map(|at| time::day_and_clock(time::instant(at), &zone));
            let by = &issue.issued_by_name;
            format!("Given to the client {} by {by}.", at.unwrap_or_default())
        }
    });
    lines.push("On paper: `treadwell aftercare APPOINTMENT --print`.".to_owned());
    lines
}
