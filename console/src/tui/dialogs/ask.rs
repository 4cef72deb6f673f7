//! "Really?" before something that is not taken back lightly. It names client and time, and is answered with another key
//! than the one that asked.

use ratatui::layout::{Position, Rect};
use treadwell_api::v1;

use super::{Dialog, drafts, form::Topic, middle};
use crate::tui::{
    call::Call,
    event::{Effect, Purpose},
    keys::{Command, Place},
    model::Model,
    pen::{Pen, wrap},
    screens::{self, offset, rows},
    theme::Role,
    time, visit,
};

/// A question with yes and no.
#[derive(Debug)]
pub(crate) struct Ask {
    /// What is about to happen.
    pub(crate) title: String,
    /// Whom and what it concerns.
    pub(crate) lines: Vec<String>,
    /// The first line that is shown.
    pub(super) first: usize,
    /// What happens on yes.
    pub(crate) yes: Yes,
    /// The form that it was asked for, which opens again when what it asked for is refused.
    pub(super) form: Option<Topic>,
}

/// What happens on yes.
#[derive(Debug)]
pub(crate) enum Yes {
    /// The call is sent.
    Send(Purpose, Box<Call>),
    /// The draft booking gives way, with its hold.
    Begin(screens::book::Begin),
    /// The console is left.
    Quit,
}

impl Ask {
    /// A question.
    pub(crate) fn new(title: &str, lines: Vec<String>, yes: Yes) -> Self {
        Self {
            title: title.to_owned(),
            lines,
            first: 0,
            yes,
            form: None,
        }
    }

    /// A question whose yes sends a change.
    pub(crate) fn send(
        title: &str,
        lines: Vec<String>,
        purpose: Purpose,
        call: impl Into<Call>,
    ) -> Self {
        Self::new(title, lines, Yes::Send(purpose, Box::new(call.into())))
    }
}

/// Opens the question.
pub(crate) fn open(model: &mut Model, ask: Ask) -> Vec<Effect> {
    super::open(model, Dialog::Ask(ask))
}

/// Asks before a no-show.
pub(crate) fn open_no_show(model: &mut Model, visit: &v1::Appointment) -> Vec<Effect> {
    let lines = vec![
        visit::words(model, visit),
        "The client did not come.".to_owned(),
    ];
    let call = v1::MarkNoShowRequest {
        appointment_id: visit.id.clone(),
        write: Some(v1::WriteOptions {
            etag: visit.etag.clone(),
            ..v1::WriteOptions::default()
        }),
    };
    open(model, Ask::send("No-show", lines, Purpose::Act, call))
}

/// Answers the question with yes.
pub(crate) fn yes(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Ask(ask)) = model.dialog.take() else {
        return Vec::new();
    };
    match ask.yes {
        Yes::Send(purpose, call) => send(model, purpose, *call, ask.form),
        Yes::Begin(begin) => screens::book::begin(model, begin),
        Yes::Quit => vec![Effect::Quit],
    }
}

fn send(model: &mut Model, purpose: Purpose, mut call: Call, form: Option<Topic>) -> Vec<Effect> {
    if let Call::OpenOutage(asked) = &mut call
        && let Some(outage) = &mut asked.outage
    {
        // "From now on" means the yes: the question may have stood here for minutes.
        outage.start = Some(time::wire(time::this_mark(model.now())));
    }
    match (model.send(purpose, call), form) {
        (Ok(effects), Some(topic)) => {
            model.drafts.sent(topic, purpose);
            effects
        }
        (Ok(effects), None) => effects,
        (Err(problem), Some(topic)) => {
            drafts::reopen(model, topic, problem);
            Vec::new()
        }
        (Err(problem), None) => {
            model.warn(problem);
            Vec::new()
        }
    }
}

fn columns(screen: Rect) -> usize {
    usize::from(screen.width.saturating_sub(12)).min(76)
}

/// The lines as they are shown.
pub(super) fn wrapped(ask: &Ask, screen: Rect) -> Vec<String> {
    let columns = columns(screen);
    let lines = ask.lines.iter();
    lines.flat_map(|line| wrap(line, columns)).collect()
}

/// Draws the question.
pub(crate) fn draw(model: &Model, ask: &Ask, pen: &mut Pen, screen: Rect) {
    let lines = wrapped(ask, screen);
    let inner = pen.frame(middle(screen, columns(screen), lines.len() + 2), &ask.title);
    let fit = rows(inner.height).saturating_sub(2);
    let first = ask.first.min(lines.len().saturating_sub(fit));
    for (line, text) in lines.iter().skip(first).take(fit).enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let y = inner.bottom().saturating_sub(1);
    let keys = |command| model.keymap.keys_at(Place::Ask, command);
    let more = if first + fit < lines.len() {
        format!("{}: more    ", model.keymap.key_of(Command::Down))
    } else {
        String::new()
    };
    let answers = format!(
        "{more}{}: yes, do it    {}: no",
        keys(Command::Yes),
        keys(Command::Back)
    );
    pen.text(inner, inner.x, y, &answers, Role::Key);
    pen.cursor = Some(Position::new(inner.x, y));
}
