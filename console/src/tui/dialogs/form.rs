//! Fields to fill in a dialog: reasons, times, notes, a client's particulars.

use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use super::{Dialog, middle, submit};
use crate::tui::{
    event::Effect,
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, Target, pad, wrap},
    screens::offset,
    theme::Role,
    time, visit,
};

/// A form.
#[derive(Debug)]
pub(crate) struct Form {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) fields: Vec<Field>,
    /// The field in focus.
    pub(crate) at: usize,
    /// What it is for.
    pub(super) kind: Kind,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    label: &'static str,
    pub(super) value: Value,
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
    /// Record what happened to an item in stock.
    Stock(Box<v1::StockItem>),
    /// Record an inspection of a room's overhead support.
    Inspection(String),
    /// Explain why a time is not offered.
    Why,
}

/// A field with words to choose from.
pub(super) fn choice(label: &'static str, options: &[&'static str]) -> Field {
    Field {
        label,
        value: Value::Choice(options.to_vec(), 0),
    }
}

/// A field for text.
pub(super) fn text(label: &'static str, value: &str) -> Field {
    Field {
        label,
        value: Value::Text(Input::new(value.to_owned())),
    }
}

impl Form {
    pub(super) fn new(title: &str, lines: Vec<String>, fields: Vec<Field>, kind: Kind) -> Self {
        Self {
            title: title.to_owned(),
            lines,
            fields,
            at: 0,
            kind,
            problem: None,
        }
    }

    /// The text field with the focus.
    pub(crate) fn field(&mut self) -> Option<&mut Input> {
        match &mut self.fields.get_mut(self.at)?.value {
            Value::Text(input) => Some(input),
            Value::Choice(..) => None,
        }
    }

    /// The text of a field, trimmed.
    pub(super) fn text(&self, field: usize) -> &str {
        match self.fields.get(field).map(|field| &field.value) {
            Some(Value::Text(input)) => input.value().trim(),
            _ => "",
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

/// Opens a form.
pub(crate) fn open(model: &mut Model, form: Form) -> Vec<Effect> {
    super::open(model, Dialog::Form(form))
}

/// The reasons of a cancellation, as the desk says them, in the order of [`submit::CANCEL_REASONS`].
const CANCEL_WORDS: [&str; 7] = [
    "the client asked",
    "the client is unwell",
    "the therapist can not come",
    "the room or its bars are out",
    "weather or another event",
    "screening excludes the client",
    "booked by mistake",
];

/// Opens the end of a session: before its time with a reason, if it was stopped early; otherwise the question alone.
pub(crate) fn open_finish(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let early = visit
        .end
        .as_ref()
        .is_some_and(|end| time::instant(end) > model.now());
    if !early {
        return submit::ask_finish(model, &visit, "");
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
    let fields = vec![choice("reason", &CANCEL_WORDS), text("note", "")];
    open(
        model,
        Form::new("Cancel", lines, fields, Kind::Cancel(Box::new(visit))),
    )
}

/// Opens a move: where to look.
pub(crate) fn open_move(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let lines = vec![visit::words(model, &visit)];
    let fields = vec![
        text("from", "now"),
        choice("therapist", &["the same", "any"]),
        choice("site", &["the same", "any"]),
    ];
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

/// Opens a therapist's decision.
pub(crate) fn open_review(model: &mut Model, visit: v1::Appointment) -> Vec<Effect> {
    let lines = vec![visit::words(model, &visit)];
    let fields = vec![
        choice("decision", &["proceed", "modify, see note", "decline"]),
        text("note", ""),
    ];
    open(
        model,
        Form::new("Review", lines, fields, Kind::Review(Box::new(visit))),
    )
}

/// Opens a client's particulars; without a client a new one, with what is known of the name.
pub(crate) fn open_client(
    model: &mut Model,
    client: Option<&v1::Client>,
    known: &str,
) -> Vec<Effect> {
    let digits = known.chars().any(|letter| letter.is_ascii_digit());
    let (name, phone) = if digits { ("", known) } else { (known, "") };
    let title = if client.is_some() {
        "Edit client"
    } else {
        "New client"
    };
    let born = client
        .and_then(|client| client.born.as_ref())
        .and_then(time::date_of);
    let fields = vec![
        text("name", client.map_or(name, |client| &client.name)),
        text("phone", client.map_or(phone, |client| &client.phone)),
        text(
            "born (YYYY-MM-DD)",
            &born.map(|born| born.to_string()).unwrap_or_default(),
        ),
        text(
            "note (no health data)",
            client.map_or("", |client| &client.note),
        ),
    ];
    let kind = Kind::Client(client.cloned().map(Box::new));
    open(model, Form::new(title, Vec::new(), fields, kind))
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

/// Draws the form.
pub(crate) fn draw(form: &Form, pen: &mut Pen, screen: Rect) {
    let columns = usize::from(screen.width.saturating_sub(8)).min(76);
    let mut above: Vec<String> = form
        .lines
        .iter()
        .flat_map(|line| wrap(line, columns))
        .collect();
    if !above.is_empty() {
        above.push(String::new());
    }
    let inner = pen.frame(
        middle(screen, columns, above.len() + form.fields.len() + 3),
        &form.title,
    );
    for (line, text) in above.iter().enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let top = inner.y + offset(above.len());
    let labels = form
        .fields
        .iter()
        .map(|field| field.label.len())
        .max()
        .unwrap_or(0);
    for (row, field) in form.fields.iter().enumerate() {
        let y = top + offset(row);
        let focus = row == form.at;
        let label = format!("{}  ", pad(field.label, labels));
        match &field.value {
            Value::Text(input) => {
                pen.targets
                    .push((Rect::new(inner.x, y, inner.width, 1), Target::Row(0, row)));
                pen.field(inner, y, &label, input, FieldLook::new(focus, 50));
            }
            Value::Choice(options, at) => {
                let more = if options.len() > 1 {
                    "  (Left/Right)"
                } else {
                    ""
                };
                let word = options.get(*at).copied().unwrap_or_default();
                pen.row(
                    inner,
                    y,
                    &format!("{label}< {word} >{more}"),
                    focus,
                    Target::Row(0, row),
                );
            }
        }
    }
    let y = top + offset(form.fields.len());
    if let Some(problem) = &form.problem {
        pen.text(inner, inner.x, y, problem, Role::Warning);
    }
    pen.text(
        inner,
        inner.x,
        inner.bottom().saturating_sub(1),
        "Tab: next field. Enter on the last one: go on. Esc closes.",
        Role::Dim,
    );
}
