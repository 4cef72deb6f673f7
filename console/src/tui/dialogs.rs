//! What lies over a screen: one dialog at a time. While it is open all keys are its own.

pub(crate) mod account;
pub(crate) mod ask;
pub(crate) mod attest;
pub(crate) mod drafts;
pub(crate) mod exchange;
pub(crate) mod export;
pub(crate) mod form;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod hours;
pub(crate) mod hygiene;
pub(crate) mod menu;
pub(crate) mod outage;
pub(crate) mod palette;
pub(crate) mod record;
pub(crate) mod rules;
pub(crate) mod series;
pub(crate) mod stock;
pub(crate) mod submit;
pub(crate) mod training;
pub(crate) mod week;
pub(crate) mod wish;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use tui_input::Input;

use super::{
    call::Call,
    event::{Effect, Purpose},
    failure::Failure,
    keys::{Command, Place},
    model::Model,
    pen::{Pen, Target, wrap},
    screens::{offset, rows, step},
    theme::Role,
    view,
};

/// A dialog.
#[derive(Debug)]
pub(crate) enum Dialog {
    /// The keys that work here; the first line shown.
    Help(usize),
    /// Actions by name.
    Palette(palette::Palette),
    /// Things to choose from.
    Menu(menu::Menu),
    /// Fields to fill.
    Form(form::Form),
    /// "Really?", naming client and time.
    Ask(ask::Ask),
    /// Something to read.
    Message(Message),
    /// A receipt as it is printed.
    Paper(account::Paper),
}

/// Something to read.
#[derive(Debug)]
pub(crate) struct Message {
    title: String,
    lines: Vec<String>,
    /// The first line that is shown.
    first: usize,
    /// The rule set that is read: it can be edited and written into a file from here.
    rule_set: Option<String>,
}

impl Message {
    pub(crate) fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self {
            title: title.into(),
            lines,
            first: 0,
            rule_set: None,
        }
    }
}

/// Opens a dialog.
pub(crate) fn open(model: &mut Model, dialog: Dialog) -> Vec<Effect> {
    let effects = if acts(&dialog) {
        vec![Effect::DropTypeahead]
    } else {
        Vec::new()
    };
    show(model, dialog);
    effects
}

/// Puts a dialog over the screen. What waited to open another one waits no longer, and a filter is no longer typed.
fn show(model: &mut Model, dialog: Dialog) {
    if let Some(Dialog::Form(form)) = model.dialog.replace(dialog) {
        model.drafts.keep(form);
    }
    (model.pending, model.noting) = (None, None);
    model.filter.open = false;
    model.dirty = true;
}

/// A key typed too early could do harm in it. The palette is there to be typed into, and help does nothing.
pub(crate) fn acts(dialog: &Dialog) -> bool {
    !matches!(dialog, Dialog::Palette(_) | Dialog::Help(_))
}

/// Reads something for a dialog, and remembers what it is awaited for. Without a link it says so at once.
fn read(
    model: &mut Model,
    purpose: Purpose,
    awaited: (Command, String),
    call: impl Into<Call>,
) -> Vec<Effect> {
    if !model.link.is_live() {
        model.say_failed(&Failure::unreachable());
        return Vec::new();
    }
    model.pending = Some(awaited);
    model.ask(purpose, call)
}

/// Whether somebody still waits to see it: not if they went on to something else.
fn awaited(model: &mut Model, command: Command, about: &str) -> bool {
    let waits = (command, about.to_owned());
    model.pending.take_if(|pending| *pending == waits).is_some()
}

/// Shows lines to read.
pub(crate) fn message(model: &mut Model, title: &str, lines: Vec<String>) {
    show(model, Dialog::Message(Message::new(title, lines)));
}

/// What a key means in the dialog that else means it on the screens alone.
pub(crate) fn beyond(model: &Model, key: KeyEvent) -> Option<Command> {
    let Some(Dialog::Message(Message {
        rule_set: Some(_), ..
    })) = &model.dialog
    else {
        return None;
    };
    let meant = model.keymap.command(Place::Everywhere, false, key)?;
    matches!(meant, Command::EditRules | Command::IntakeForm).then_some(meant)
}

/// Where the keys go while the dialog is open.
pub(crate) fn place(dialog: &Dialog) -> Place {
    match dialog {
        Dialog::Ask(_) => Place::Ask,
        _ => Place::Dialog,
    }
}

/// The text field with the focus.
pub(crate) fn field(dialog: &mut Dialog) -> Option<&mut Input> {
    match dialog {
        Dialog::Palette(palette) => Some(&mut palette.input),
        Dialog::Form(form) => form.field(),
        _ => None,
    }
}

/// Does a command of the dialog.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let lines = model
        .dialog
        .as_ref()
        .map_or(1, |dialog| tops(model, dialog));
    let Some(dialog) = model.dialog.as_mut() else {
        return Vec::new();
    };
    if command == Command::Back {
        if let Some(Dialog::Form(mut form)) = model.dialog.take() {
            // What was only asked for is not waited for any more; of a change it still matters how it ends.
            form.sent = form.sent.filter(|purpose| purpose.writes());
            model.drafts.keep(form);
        }
        return Vec::new();
    }
    match dialog {
        Dialog::Message(message) if command == Command::EditRules => {
            let id = message.rule_set.clone();
            rules::open_edit(model, id.as_deref())
        }
        Dialog::Message(message) if command == Command::IntakeForm => {
            let id = message.rule_set.clone();
            rules::open_save(model, id.as_deref())
        }
        Dialog::Help(first) | Dialog::Message(Message { first, .. }) => {
            if command == Command::Enter {
                model.dialog = None;
            } else {
                step(first, lines, command);
            }
            Vec::new()
        }
        Dialog::Palette(_) => palette::on(model, command),
        Dialog::Menu(_) => menu::on(model, command),
        Dialog::Form(_) => form::on(model, command),
        Dialog::Ask(_) if command == Command::Yes => ask::yes(model),
        Dialog::Ask(ask) => {
            step(&mut ask.first, lines, command);
            Vec::new()
        }
        Dialog::Paper(_) => account::on(model, command),
    }
}

/// How many lines of what is read can be the first one that is shown.
fn tops(model: &Model, dialog: &Dialog) -> usize {
    let screen = view::dialog_place(model);
    let lines = match dialog {
        Dialog::Help(_) => help::lines(model, help::columns(screen)).len(),
        Dialog::Message(message) => wrapped(&message.lines, screen).len(),
        Dialog::Ask(ask) => ask::wrapped(ask, screen).len(),
        _ => return 1,
    };
    // Borders, the line of keys and the blank one above it.
    let fit = rows(middle(screen, 0, lines + 2).height).saturating_sub(4);
    lines.saturating_sub(fit) + 1
}

/// Columns for lines to read.
fn columns(screen: Rect) -> usize {
    usize::from(screen.width.saturating_sub(12)).min(90)
}

fn wrapped(lines: &[String], screen: Rect) -> Vec<String> {
    let wide = columns(screen);
    lines.iter().flat_map(|line| wrap(line, wide)).collect()
}

/// Puts the focus where a click was; true when it was there already.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let at = match &mut model.dialog {
        Some(Dialog::Palette(palette)) => &mut palette.at,
        Some(Dialog::Menu(menu)) => &mut menu.at,
        Some(Dialog::Form(form)) => &mut form.at,
        _ => return false,
    };
    let same = *at == row;
    *at = row;
    same
}

/// Draws the dialog over the screen.
pub(crate) fn draw(model: &Model, dialog: &Dialog, pen: &mut Pen, screen: Rect) {
    match dialog {
        Dialog::Help(first) => help::draw(model, *first, pen, screen),
        Dialog::Palette(palette) => palette::draw(model, palette, pen, screen),
        Dialog::Menu(menu) => menu::draw(model, menu, pen, screen),
        Dialog::Form(form) => form::draw(model, form, pen, screen),
        Dialog::Ask(ask) => ask::draw(model, ask, pen, screen),
        Dialog::Paper(paper) => account::draw(model, paper, pen, screen),
        Dialog::Message(message) => draw_message(model, message, pen, screen),
    }
}

/// What the keys do in something to read; that there is more of it comes first.
fn keys_to_read(model: &Model, more: bool) -> String {
    let more = if more {
        format!("{}: more.  ", model.keymap.key_of(Command::Down))
    } else {
        String::new()
    };
    let enter = model.keymap.key_of(Command::Enter);
    format!("{more}{enter} or {} closes.", close_key(model))
}

/// The key that closes a dialog.
fn close_key(model: &Model) -> String {
    model.keymap.key_at(Place::Dialog, Command::Back)
}

fn draw_message(model: &Model, message: &Message, pen: &mut Pen, screen: Rect) {
    let wrapped = wrapped(&message.lines, screen);
    let area = middle(screen, columns(screen), wrapped.len() + 2);
    let inner = pen.frame(area, &message.title);
    let fit = rows(inner.height).saturating_sub(2);
    let first = message.first.min(wrapped.len().saturating_sub(fit));
    for (line, text) in wrapped.iter().skip(first).take(fit).enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let y = inner.bottom() - 1;
    let keys = keys_to_read(model, first + fit < wrapped.len());
    pen.text(inner, inner.x, y, &keys, Role::Dim);
    pen.cursor = Some(ratatui::layout::Position::new(inner.x, y));
}

/// An area in the middle of the screen for so many columns and lines of text, borders added.
pub(crate) fn middle(screen: Rect, columns: usize, lines: usize) -> Rect {
    let width = offset(columns + 4).min(screen.width.saturating_sub(2));
    let height = offset(lines + 2).min(screen.height.saturating_sub(2));
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (screen.height - height) / 2;
    Rect::new(x, y, width, height)
}
