//! The palette: every action of this screen by its plain English name.

use ratatui::layout::Rect;
use tui_input::Input;

use super::{Dialog, middle};
use crate::tui::{
    event::Effect,
    keys::{Command, Entry},
    model::Model,
    pen::{FieldLook, Pen, Target, pad},
    screens::{self, offset, rows, scroll, step},
    search,
    theme::Role,
    update, visit,
};

/// What is typed and chosen.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    /// What is typed.
    pub(crate) input: Input,
    /// The entry in focus.
    pub(crate) at: usize,
}

/// Opens the palette.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    super::open(model, Dialog::Palette(Palette::default()))
}

/// The actions that fit, best first, with their keys.
pub(crate) fn entries(model: &Model, wanted: &str) -> Vec<(&'static Entry, String)> {
    let here = screens::place(model)
        .chain()
        .iter()
        .flat_map(|place| model.keymap.of(*place));
    let of_use = |entry: &Entry| entry.palette && screens::permitted(model, entry.command);
    let mut all: Vec<(&'static Entry, String)> = here.filter(|(entry, _)| of_use(entry)).collect();
    if !wanted.trim().is_empty() {
        // Of two that fit as well, the one that changes nobody's appointment comes first.
        all.sort_by_key(|(entry, _)| visit::is_command(entry.command));
    }
    search::best(wanted, all, |(entry, _)| {
        [entry.name, entry.label, entry.text]
    })
}

/// Does a command of the palette.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Dialog::Palette(palette)) = &model.dialog else {
        return Vec::new();
    };
    let found = entries(model, palette.input.value());
    let at = palette.at.min(found.len().saturating_sub(1));
    if command == Command::Enter {
        model.dialog = None;
        return found
            .get(at)
            .map(|(entry, _)| update::command(model, entry.command))
            .unwrap_or_default();
    }
    if let Some(Dialog::Palette(palette)) = &mut model.dialog {
        palette.at = at;
        step(&mut palette.at, found.len(), command);
    }
    Vec::new()
}

/// Draws the palette.
pub(crate) fn draw(model: &Model, palette: &Palette, pen: &mut Pen, screen: Rect) {
    let found = entries(model, palette.input.value());
    let inner = pen.frame(middle(screen, 74, 16), "Actions");
    let fit = rows(inner.height).saturating_sub(2);
    let at = palette.at.min(found.len().saturating_sub(1));
    let first = scroll(at, fit);
    for (line, (row, (entry, keys))) in found.iter().enumerate().skip(first).take(fit).enumerate() {
        let text = format!("{} {keys}", pad(entry.text, 52));
        let y = inner.y + 2 + offset(line);
        pen.row(inner, y, &text, row == at, Target::Row(0, row));
    }
    if found.is_empty() {
        pen.text(
            inner,
            inner.x + 1,
            inner.y + 2,
            "No action has such a name here.",
            Role::Dim,
        );
    }
    pen.field(
        inner,
        inner.y,
        "Do: ",
        &palette.input,
        FieldLook::new(true, 50),
    );
}
