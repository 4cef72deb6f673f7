//! How a form is drawn.

use ratatui::layout::Rect;

use super::{Field, Form, Value};
use crate::tui::{
    dialogs::{self, middle},
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, Target, pad, wrap},
    screens::{offset, rows},
    theme::Role,
};

/// Lines below the fields: a blank one and what the keys do.
const BELOW: usize = 2;

/// Rows of the screen that a dialog leaves free, and those of its own border.
const MARGIN: usize = 4;

/// Draws the form.
pub(crate) fn draw(model: &Model, form: &Form, pen: &mut Pen, screen: Rect) {
    let columns = usize::from(screen.width.saturating_sub(8)).min(76);
    let mut above: Vec<String> = form
        .lines
        .iter()
        .flat_map(|line| wrap(line, columns))
        .collect();
    // The longest hint has its place also while a shorter one is shown: the fields stay where they are.
    let wrapped = |hint: &String| wrap(hint, columns);
    let longest = form.hints.iter().map(|hint| wrapped(hint).len()).max();
    let reserved = above.len() + longest.unwrap_or(0);
    above.extend(form.hints.get(form.at).map(wrapped).unwrap_or_default());
    above.resize(reserved, String::new());
    if !above.is_empty() {
        above.push(String::new());
    }
    let problem: Vec<String> = form
        .problem
        .iter()
        .flat_map(|problem| problem.lines())
        .flat_map(|line| wrap(line, columns))
        .collect();
    let below = form.fields.len() + problem.len().max(1) + BELOW;
    // Where not everything fits it is not the fields that give way.
    above.truncate(rows(screen.height).saturating_sub(below + MARGIN));
    let lines = above.len() + below;
    let inner = pen.frame(middle(screen, columns, lines), &form.title);
    for (line, text) in above.iter().enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let top = inner.y + offset(above.len());
    let labels = form.fields.iter().map(|field| field.label.len()).max();
    for (row, field) in form.fields.iter().enumerate() {
        let label = format!("{}  ", pad(field.label, labels.unwrap_or(0)));
        let line = Rect::new(inner.x, top + offset(row), inner.width, 1);
        draw_field(pen, line, row, &label, field, row == form.at);
    }
    let y = top + offset(form.fields.len());
    let room = rows(inner.bottom().saturating_sub(y + 1));
    for (line, text) in problem.iter().take(room).enumerate() {
        pen.text(inner, inner.x, y + offset(line), text, Role::Warning);
    }
    let keys = if form.sent.is_some() {
        "Sending.".to_owned()
    } else {
        let key = |command| model.keymap.key_of(command);
        format!(
            "{}: next field. {} on the last: go on. {} closes and keeps this.",
            key(Command::NextPane),
            key(Command::Enter),
            dialogs::close_key(model)
        )
    };
    let last = inner.bottom().saturating_sub(1);
    pen.text(inner, inner.x, last, &keys, Role::Dim);
}

fn draw_field(pen: &mut Pen, line: Rect, row: usize, label: &str, field: &Field, focus: bool) {
    match &field.value {
        Value::Text(input) => {
            pen.targets.push((line, Target::Row(0, row)));
            pen.field(line, line.y, label, input, FieldLook::new(focus, 50));
        }
        Value::Choice(options, at) => {
            let more = if options.len() > 1 {
                "  (Left/Right)"
            } else {
                ""
            };
            let word = options.get(*at).copied().unwrap_or_default();
            let text = format!("{label}< {word} >{more}");
            pen.row(line, line.y, &text, focus, Target::Row(0, row));
        }
    }
}
