//! `--plain`: what is new or has the focus, line after line, without boxes: for screen readers and logs.

use std::{
    collections::HashSet,
    io::{self, Write},
    ops::Range,
};

use ratatui::buffer::Buffer;

use crate::tui::{model::Model, pen::Pen, theme::Theme, view};

/// What was printed last.
#[derive(Debug, Default)]
pub(super) struct Plain {
    before: Vec<String>,
    /// The news among it.
    told: u64,
}

impl Plain {
    /// Prints the lines that were not there before.
    pub(super) fn print(&mut self, model: &Model, out: &mut impl Write) -> io::Result<()> {
        let now = lines(model);
        if let Some(notice) = &model.notice
            && notice.serial != self.told
        {
            // The same words again are news again.
            let again = view::news(notice, view::page(model).width);
            self.before.retain(|line| !again.contains(line));
            self.told = notice.serial;
        }
        for line in news(&self.before, &now) {
            // The terminal is in raw mode: a line ends with both.
            write!(out, "{line}\r\n")?;
        }
        self.before = now;
        out.flush()
    }
}

/// The screen as lines, without those that are empty.
fn lines(model: &Model) -> Vec<String> {
    let page = view::page(model);
    let mut buffer = Buffer::empty(page);
    let mut pen = Pen::new(&mut buffer, Theme::Mono).without_boxes();
    view::draw(model, &mut pen, page);
    let row = |y| {
        let row: String = (0..page.width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    };
    let said = |rows: Range<u16>| rows.map(row).filter(|row| !row.is_empty());
    let dialog_top = page.bottom() - view::PAGE_DIALOG;
    let mut lines: Vec<String> = said(page.top()..dialog_top).collect();
    // A dialog stands in the middle of its place: where that is does not matter here.
    let dialog: Vec<String> = said(dialog_top..page.bottom()).collect();
    let margin = |row: &String| row.len() - row.trim_start().len();
    let margin = dialog.iter().map(margin).min().unwrap_or(0);
    lines.extend(dialog.iter().map(|row| row[margin..].to_owned()));
    lines
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
    use crate::tui::{event::Event, keys::Chord, sample, update::update};

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

    fn plain_model() -> Model {
        let mut model = sample::model((80, 24), Theme::Mono);
        model.plain = true;
        model
    }

    #[test]
    fn a_refusal_is_said_as_often_as_it_happens() {
        let mut model = plain_model();
        let mut plain = Plain::default();
        let mut said = |model: &Model| {
            let mut out = Vec::new();
            plain.print(model, &mut out).expect("memory");
            String::from_utf8(out).expect("text")
        };
        said(&model);
        for _ in 0..2 {
            let key = Chord::parse("i").expect("a key").event();
            let _ = update(&mut model, Event::Key(key));
            let news = said(&model);
            assert!(news.contains("This appointment is in session"), "{news}");
        }
        assert_eq!(said(&model), "", "nothing has happened");
    }

    #[test]
    fn no_screen_and_no_dialog_is_drawn_with_boxes() {
        let mut model = plain_model();
        for keys in ["", "\n", "?", ":", "x", "d", "f", "b", "t"] {
            model.dialog = None;
            for key in keys.chars() {
                let key = if key == '\n' {
                    "enter"
                } else {
                    &key.to_string()
                };
                let event = Event::Key(Chord::parse(key).expect("a key").event());
                let _ = update(&mut model, event);
            }
            for line in lines(&model) {
                let boxed = line.contains("---") || line.contains("+-") || line.contains('|');
                assert!(!boxed, "after {keys:?}: {line}");
            }
        }
    }

    #[test]
    fn a_dialog_is_said_whole_and_leaves_the_lines_of_its_screen_alone() {
        let mut model = plain_model();
        let before = lines(&model);
        let enter = Chord::parse("enter").expect("a key").event();
        let _ = update(&mut model, Event::Key(enter));
        let with_menu = lines(&model);
        let said = news(&before, &with_menu);
        assert!(
            said.contains(&">n    End the session; the room goes into turnover"),
            "{said:#?}"
        );
        assert!(
            said.iter().any(|line| line.contains("Book in this room")),
            "{said:#?}"
        );
        assert!(
            !said.iter().any(|line| line.contains("HALIFAX")),
            "{said:#?}"
        );
        let esc = Chord::parse("esc").expect("a key").event();
        let _ = update(&mut model, Event::Key(esc));
        let after = lines(&model);
        let said = news(&with_menu, &after);
        assert!(said.len() <= 4, "only the focus and the keys: {said:#?}");
    }
}
