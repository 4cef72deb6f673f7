//! Help: the keys that work where the reader is, from the key table.

use ratatui::layout::{Position, Rect};

use super::middle;
use crate::tui::{
    keys::Place,
    model::Model,
    pen::{Pen, pad, wrap},
    screens::{self, offset, rows},
    theme::Role,
};

/// Draws the help, from its line `first` on.
pub(crate) fn draw(model: &Model, first: usize, pen: &mut Pen, screen: Rect) {
    let lines = lines(model, columns(screen));
    let inner = pen.frame(middle(screen, COLUMNS, lines.len() + 2), "Keys");
    let fit = rows(inner.height).saturating_sub(2);
    let first = first.min(lines.len().saturating_sub(fit));
    for (line, (text, role)) in lines.iter().skip(first).take(fit).enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, *role);
    }
    let y = inner.bottom().saturating_sub(1);
    let keys = super::keys_to_read(model, first + fit < lines.len());
    pen.text(inner, inner.x, y, &keys, Role::Dim);
    pen.cursor = Some(Position::new(inner.x, y));
}

const COLUMNS: usize = 82;
/// Columns for the keys.
const KEYS: usize = 19;

/// Columns that a line of help has.
pub(super) fn columns(screen: Rect) -> usize {
    // Borders, and a blank on each side.
    rows(middle(screen, COLUMNS, 0).width).saturating_sub(4)
}

/// The help in lines of so many columns.
pub(super) fn lines(model: &Model, columns: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    for place in screens::place(model).chain() {
        if model.keymap.of(*place).next().is_none() {
            continue;
        }
        heading(*place, &mut lines);
        let here = model.keymap.of(*place);
        for (entry, keys) in here.filter(|(it, _)| screens::permitted(model, it.command)) {
            // Before the text: what it warns of may be in the next line.
            let mark = if entry.dangerous { "(asks first) " } else { "" };
            let text = format!("{mark}{}", entry.text);
            let parts = wrap(&text, columns.saturating_sub(KEYS + 1));
            let keys = if keys.is_empty() {
                model.keymap.by_name(entry)
            } else {
                keys
            };
            for (line, part) in parts.into_iter().enumerate() {
                let keys = if line == 0 { &keys } else { "" };
                lines.push((format!("{} {part}", pad(keys, KEYS)), Role::Text));
            }
        }
    }
    lines
}

fn heading(place: Place, lines: &mut Vec<(String, Role)>) {
    if !lines.is_empty() {
        lines.push((String::new(), Role::Text));
    }
    lines.push((place.title().to_owned(), Role::Title));
}
