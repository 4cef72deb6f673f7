//! `--plain`: what is new or has the focus, line after line, without boxes: for screen readers and logs.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{model::Model, pen::Pen, theme::Theme, view};

/// Wide enough for a line to be whole, high enough for every list.
const PAGE: Rect = Rect::new(0, 0, 100, 120);

/// What was printed last.
#[derive(Debug, Default)]
pub(super) struct Plain {
    before: Vec<String>,
}

impl Plain {
    /// Prints the lines that were not there before.
    pub(super) fn print(&mut self, model: &Model, out: &mut impl Write) -> io::Result<()> {
        let now = lines(model);
        for line in news(&self.before, &now) {
            // The terminal is in raw mode: a line ends with both.
            write!(out, "{line}\r\n")?;
        }
        self.before = now;
        out.flush()
    }
}

/// The screen as lines: without rules and empty lines.
fn lines(model: &Model) -> Vec<String> {
    let mut buffer = Buffer::empty(PAGE);
    view::draw(model, &mut Pen::new(&mut buffer, Theme::Mono), PAGE);
    let rows = (0..PAGE.height).map(|y| {
        let row: String = (0..PAGE.width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    });
    rows.filter(|row| {
        row.chars()
            .any(|letter| !matches!(letter, '-' | '+' | '|' | ' '))
    })
    .collect()
}

/// Lines that are new, or have the focus now. A line that only lost the focus is not said again.
fn news<'a>(before: &[String], now: &'a [String]) -> Vec<&'a str> {
    let whole: HashSet<&str> = before.iter().map(String::as_str).collect();
    let bare: HashSet<String> = before.iter().map(|line| without_marker(line)).collect();
    now.iter()
        .map(String::as_str)
        .filter(|line| {
            !whole.contains(line) && (line.contains('>') || !bare.contains(&without_marker(line)))
        })
        .collect()
}

fn without_marker(line: &str) -> String {
    line.replacen('>', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_and_the_focus_are_said() {
        let text = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
        let before = text(&["Board", ">H1 VACANT", " H2 VACANT"]);
        let moved = text(&["Board", " H1 VACANT", ">H2 VACANT"]);
        assert_eq!(news(&before, &moved), [">H2 VACANT"]);
        let changed = text(&["Board", " H1 IN SESSION", ">H2 VACANT"]);
        assert_eq!(news(&moved, &changed), [" H1 IN SESSION"]);
        assert!(news(&changed, &changed).is_empty());
    }
}
