//! Fields to fill in a dialog: reasons, times, notes, a client's particulars.

mod client;
mod view;

use treadwell_api::v1::{self, CancelReason};
use tui_input::Input;

use super::{Dialog, record, series, submit};
use crate::tui::{
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    time, visit,
};

pub(crate) use client::open_client;
pub(crate) use view::draw;

/// A form.
#[derive(Debug)]
pub(crate) struct Form {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) fields: Vec<Field>,
    /// What may be written into each field, shown while it has the focus; as many as there are to say.
    pub(super) hints: Vec<String>,
    /// The field in focus.
    pub(crate) at: usize,
    /// What it is for.
    pub(super) kind: Kind,
    /// Whom or what it concerns: a form that was left is only filled again for the same.
    pub(super) about: String,
    /// What it asked for is on its way.
    pub(super) sent: Option<Purpose>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    label: &'static str,
    pub(super) value: Value,
    /// What was chosen before is chosen again when the form is opened anew.
    pub(super) kept: bool,
}

impl Field {
    /// Each time the form is opened it begins as it is made: what takes something away is to be chosen anew.
    pub(super) fn anew(self) -> Self {
        Self {
            kept: false,
            ..self
        }
    }
}

/// What a field holds.
#[derive(Debug)]
pub(super) enum Value {
    /// One of several words.
    Choice(Vec<&'static str>, usize),
    /// Text.
    Text(Input),
}

/// What a form is for.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// End a session.
    Finish(Box<v1::Appointment>),
    /// Cancel an appointment.
    Cancel(Box<v1::Appointment>),
    /// Find places to move an appointment to.
    Move(Box<v1::Appointment>),
    /// Decide about a client who needs review.
    Review(Box<v1::Appointment>),
    /// Take a room or its bars out of service.
    Outage(String),
    /// Change a client, or add one.
    Client(Option<Box<v1::Client>>),
    /// Pay what is due, or pay back what is too much.
    Pay(Box<v1::Account>),
    /// Record what happened to an item in stock.
    Stock(Box<v1::StockItem>),
    /// Record an inspection of a room's overhead support.
    Inspection(String),
    /// Explain why a time is not offered.
    Why,
    /// Write the notes on a session.
    Notes(Box<record::Draft>),
    /// Add to the signed notes on an appointment's session.
    Addendum(String),
    /// Set the hours of a shift; one without id is new.
    Shift(Box<v1::Shift>),
    /// Enter a therapist's time off.
    TimeOff(String),
    /// Renew what a therapist has to show.
    Renew(Box<v1::Therapist>),
    /// Enter a training.
    Training,
    /// Correct a training, or remove it.
    EditTraining(Box<v1::Training>),
    /// Set a therapist's week; one without id is new.
    Week(Box<v1::WeekTemplate>),
    /// Close a site on some days, or open it again.
    ClosedDays(Box<v1::Site>),
    /// Keep something new in stock.
    NewItem,
    /// Put a client on the waitlist.
    Wish(String),
    /// Write all that is held about a client into a file.
    Export(String),
    /// Edit a rule set from a file.
    Rules,
    /// Write the questions into a file, with the name of this client; empty for none.
    Questions(String),
}

/// What a kind of form is called where it does not matter whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    Finish,
    Cancel,
    Move,
    Review,
    Outage,
    EditClient,
    NewClient,
    Why,
    Notes,
    Addendum,
    Pay,
    Shift,
    TimeOff,
    Stock,
    Inspection,
    Renew,
    Training,
    EditTraining,
    Week,
    ClosedDays,
    NewItem,
    Wish,
    Export,
    Rules,
    Questions,
}

impl Kind {
    pub(super) fn topic(&self) -> Topic {
        match self {
            Self::Finish(_) => Topic::Finish,
            Self::Cancel(_) => Topic::Cancel,
            Self::Move(_) => Topic::Move,
            Self::Review(_) => Topic::Review,
            Self::Outage(_) => Topic::Outage,
            Self::Client(Some(_)) => Topic::EditClient,
            Self::Client(None) => Topic::NewClient,
            Self::Why => Topic::Why,
            Self::Notes(_) => Topic::Notes,
            Self::Addendum(_) => Topic::Addendum,
            Self::Shift(_) => Topic::Shift,
            Self::TimeOff(_) => Topic::TimeOff,
            Self::Pay(_) => Topic::Pay,
            Self::Stock(_) => Topic::Stock,
            Self::Inspection(_) => Topic::Inspection,
            Self::Renew(_) => Topic::Renew,
            Self::Training => Topic::Training,
            Self::EditTraining(_) => Topic::EditTraining,
            Self::Week(_) => Topic::Week,
            Self::ClosedDays(_) => Topic::ClosedDays,
            Self::NewItem => Topic::NewItem,
            Self::Wish(_) => Topic::Wish,
            Self::Export(_) => Topic::Export,
            Self::Rules => Topic::Rules,
            Self::Questions(_) => Topic::Questions,
        }
    }

    fn about(&self) -> String {
        match self {
            Self::Finish(visit) | Self::Cancel(visit) | Self::Move(visit) | Self::Review(visit) => {
                visit.id.clone()
            }
            Self::Outage(id)
            | Self::Addendum(id)
            | Self::TimeOff(id)
            | Self::Inspection(id)
            | Self::Wish(id)
            | Self::Export(id)
            | Self::Questions(id) => id.clone(),
            Self::Shift(shift) => {
                let day = shift.start.map_or(0, |start| start.seconds);
                format!("{} {} {day} {}", shift.id, shift.therapist_id, shift.etag)
            }
            Self::Stock(item) => format!("{} {}", item.site_id, item.item_id),
            // Somebody else's change in between must not be written over with what was read before it.
            Self::Client(Some(client)) => format!("{} {}", client.id, client.etag),
            Self::Notes(draft) => draft.about(),
            // What was typed was for what was due then.
            Self::Pay(account) => format!("{} {}", account.appointment_id, account.due_cents),
            Self::Renew(therapist) => format!("{} {}", therapist.id, therapist.etag),
            Self::EditTraining(training) => format!("{} {}", training.id, training.etag),
            Self::Week(week) => format!(
                "{} {} {} {}",
                week.id, week.therapist_id, week.site_id, week.etag
            ),
            Self::ClosedDays(site) => format!("{} {}", site.id, site.etag),
            Self::Client(None) | Self::Why | Self::Training | Self::NewItem | Self::Rules => {
                String::new()
            }
        }
    }
}

/// A field with words to choose from.
pub(super) fn choice(label: &'static str, options: impl Into<Vec<&'static str>>) -> Field {
    chosen(label, options, 0)
}

/// A field with words to choose from, of which one is chosen.
pub(super) fn chosen(
    label: &'static str,
    options: impl Into<Vec<&'static str>>,
    at: usize,
) -> Field {
    Field {
        label,
        value: Value::Choice(options.into(), at),
        kept: true,
    }
}

/// A field for text.
pub(super) fn text(label: &'static str, value: &str) -> Field {
    Field {
        label,
        value: Value::Text(Input::new(value.to_owned())),
        kept: true,
    }
}

impl Form {
    pub(super) fn new(title: &str, lines: Vec<String>, fields: Vec<Field>, kind: Kind) -> Self {
        Self {
            title: title.to_owned(),
            lines,
            fields,
            hints: Vec::new(),
            at: 0,
            about: kind.about(),
            kind,
            sent: None,
            problem: None,
        }
    }

    /// It stays open, and says why.
    pub(super) fn stay(&mut self, problem: String) {
        self.sent = None;
        self.problem = Some(problem);
    }

    /// The text field with the focus.
    pub(crate) fn field(&mut self) -> Option<&mut Input> {
        match &mut self.fields.get_mut(self.at)?.value {
            Value::Text(input) => Some(input),
            Value::Choice(..) => None,
        }
    }

    /// The number of the field with this label, if the form has it.
    pub(super) fn labelled(&self, label: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.label == label)
    }

    /// The text of a field, trimmed.
    pub(super) fn text(&self, field: usize) -> &str {
        match self.fields.get(field).map(|field| &field.value) {
            Some(Value::Text(input)) => input.value().trim(),
            _ => "",
        }
    }

    /// Whether this word of a field is chosen.
    pub(super) fn chose(&self, field: usize, word: &str) -> bool {
        match self.fields.get(field).map(|field| &field.value) {
            Some(Value::Choice(options, at)) => options.get(*at) == Some(&word),
            _ => false,
        }
    }

    /// The number of the chosen word of a field.
    pub(super) fn chosen(&self, field: usize) -> usize {
        match self.fields.get(field).map(|field| &field.value) {
            Some(Value::Choice(_, at)) => *at,
            _ => 0,
        }
    }
}

/// Opens a form, with what was typed when it was left the last time.
pub(crate) fn open(model: &mut Model, mut form: Form) -> Vec<Effect> {
    model.drafts.fill(&mut form);
    super::open(model, Dialog::Form(form))
}

/// The reasons of a cancellation, and how the desk says them.
pub(crate) const CANCEL: [(CancelReason, &str); 7] = [
    (CancelReason::Client, "the client asked"),
    (CancelReason::ClientUnwell, "the client is unwell"),
    (CancelReason::Therapist, "the therapist can not come"),
    (CancelReason::Room, "the room or its bars are out"),
    (CancelReason::Weather, "weather or another event"),
    (CancelReason::Screening, "screening excludes the client"),
    (CancelReason::Mistake, "booked by mistake"),
];

/// Opens the end of a session: before its time with a reason, if it was stopped early; otherwise the question alone.
pub(crate) fn open_finish(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let early = visit
        .end
        .as_ref()
        .is_some_and(|end| time::instant(end) > model.now());
    if !early {
        let ask = submit::ask_finish(model, &visit, "");
        return super::ask::open(model, ask);
    }
    let lines = vec![
        visit::words(model, &visit),
        "It ends before its time. Stopped early? Say why; leave empty if it was only short."
            .to_owned(),
    ];
    let kind = Kind::Finish(Box::new(visit));
    open(
        model,
        Form::new("End the session", lines, vec![text("why", "")], kind),
    )
}

/// Opens a cancellation.
pub(crate) fn open_cancel(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let lines = vec![visit::words(model, &visit)];
    let mut fields = vec![
        choice("reason", CANCEL.map(|(_, words)| words)),
        text("note", ""),
    ];
    fields.extend(which(&visit));
    open(
        model,
        Form::new("Cancel", lines, fields, Kind::Cancel(Box::new(visit))),
    )
}

/// Opens a move: where to look.
pub(crate) fn open_move(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let lines = vec![visit::words(model, &visit)];
    let mut fields = vec![
        text("from", "now"),
        choice("therapist", ["the same", "any"]),
        choice("site", ["the same", "any"]),
    ];
    let service = model.service(&visit.service_id);
    if service.is_some_and(|it| !it.extensions.is_empty()) {
        fields.push(text(WITH, &visit.extension_ids.join(", ")));
    }
    fields.extend(which(&visit));
    open(
        model,
        Form::new(
            "Move: where to look",
            lines,
            fields,
            Kind::Move(Box::new(visit)),
        ),
    )
}

/// Which others of its series are meant, for one that has others.
fn which(visit: &v1::Appointment) -> Option<Field> {
    visit.series.as_ref().map(|_| choice(WHICH, series::WHICH))
}

/// The labels of fields that not every appointment has.
pub(super) const WITH: &str = "with (ids of extensions)";
pub(super) const WHICH: &str = "which";

/// What moves, as far as the form says.
#[derive(Debug, Clone)]
pub(crate) struct Moving {
    /// The appointment.
    pub(crate) visit: v1::Appointment,
    /// The extensions that it shall have.
    pub(crate) extension_ids: Vec<String>,
    /// Which others of its series move, too.
    pub(crate) scope: Option<v1::SeriesScope>,
}

impl Moving {
    pub(super) fn of(form: &Form, visit: &v1::Appointment) -> Self {
        Self {
            visit: visit.clone(),
            extension_ids: match form.labelled(WITH) {
                Some(field) => form
                    .text(field)
                    .split(',')
                    .map(|id| id.trim().to_owned())
                    .filter(|id| !id.is_empty())
                    .collect(),
                None => visit.extension_ids.clone(),
            },
            scope: form
                .labelled(WHICH)
                .and_then(|field| series::scope(form.chosen(field))),
        }
    }
}

/// What moves by the open form, which waits for places; it waits no longer then.
pub(super) fn moving(model: &mut Model) -> Option<Moving> {
    let Some(Dialog::Form(form)) = &mut model.dialog else {
        return None;
    };
    let Kind::Move(visit) = &form.kind else {
        return None;
    };
    let moving = Moving::of(form, visit);
    form.sent.take().map(|_| moving)
}

/// Opens a therapist's decision.
pub(crate) fn open_review(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let mut lines = vec![visit::words(model, &visit)];
    let reasons = visit.screening.iter().flat_map(|it| &it.reasons);
    lines.extend(reasons.map(|reason| format!("- {}", reason.text)));
    lines.extend(super::health::cautions(&visit).map(|text| format!("- {text}")));
    let fields = vec![
        choice("decision", ["proceed", "modify, see note", "decline"]),
        text("note", ""),
    ];
    open(
        model,
        Form::new("Review", lines, fields, Kind::Review(Box::new(visit))),
    )
}

/// Opens "Why not at..?".
pub(crate) fn open_why(model: &mut Model, suggested: &str) -> Vec<Effect> {
    let lines = vec!["A time, like 14:00 or fri 10:30.".to_owned()];
    open(
        model,
        Form::new(
            "Why not at",
            lines,
            vec![text("time", suggested)],
            Kind::Why,
        ),
    )
}

/// Does a command of the form.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Dialog::Form(form)) = &mut model.dialog else {
        return Vec::new();
    };
    let last = form.fields.len().saturating_sub(1);
    match command {
        Command::Enter if form.at == last => return submit::submit(model),
        Command::Enter | Command::Down | Command::NextPane => form.at = (form.at + 1).min(last),
        Command::Up | Command::PreviousPane => form.at = form.at.saturating_sub(1),
        Command::Left | Command::Right | Command::Tick => {
            if let Some(Value::Choice(options, at)) =
                form.fields.get_mut(form.at).map(|field| &mut field.value)
            {
                let step = if command == Command::Left {
                    options.len() - 1
                } else {
                    1
                };
                *at = (*at + step) % options.len();
            }
        }
        _ => {}
    }
    Vec::new()
}
