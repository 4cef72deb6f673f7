//! What a command answers, and its three forms: columns for people, sentences for screen readers, JSON for programs.

use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::file::Placed;

/// The form of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// Columns.
    #[default]
    Text,
    /// One sentence a line.
    Plain,
    /// One object a line.
    Json,
}

/// An answer. It is built whole and printed once, so that a failure prints nothing by halves.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<Part>,
    /// JSON, an object each; the fields in the order of the struct.
    objects: Vec<String>,
    /// What somebody has to see besides the answer; JSON has it on standard error.
    warnings: Vec<String>,
    /// The exit code; 0 unless the answer is one that scripts ask for, such as nothing free.
    pub(crate) exit: u8,
}

#[derive(Debug)]
enum Part {
    Line(String),
    Table(Table),
    /// Text that is the same in all forms but JSON: paper, scripts, manual pages.
    Verbatim(String),
}

/// Columns with a name each. An empty cell is left out of sentences.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| clean(&cell)).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn columns(&self, out: &mut String) {
        let heads = || self.head.iter().map(|head| head.to_uppercase());
        let mut widths: Vec<usize> = heads().map(|head| head.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        // A column without anything in it would only take room.
        let filled: Vec<bool> = (0..self.head.len())
            .map(|column| {
                self.rows
                    .iter()
                    .any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
            })
            .collect();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::new();
            for ((cell, width), filled) in cells.zip(&widths).zip(&filled) {
                if *filled {
                    text.push_str(cell);
                    text.push_str(&" ".repeat(width - cell.width() + 2));
                }
            }
            out.push_str(text.trim_end());
            out.push('\n');
        };
        let heads: Vec<String> = heads().collect();
        line(&mut heads.iter().map(String::as_str));
        for row in &self.rows {
            line(&mut row.iter().map(String::as_str));
        }
    }

    fn sentences(&self, out: &mut String) {
        for row in &self.rows {
            let cells = self
                .head
                .iter()
                .zip(row)
                .filter(|(_, cell)| !cell.is_empty() && *cell != "-");
            let words: Vec<String> = cells.map(|(head, cell)| format!("{head} {cell}")).collect();
            out.push_str(&words.join(", "));
            out.push_str(".\n");
        }
    }
}

impl Report {
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.parts.push(Part::Line(clean(text.as_ref())));
    }

    /// A warning where a file that was written may not survive a power cut.
    pub(crate) fn placed(&mut self, placed: &Placed, to: &Path) {
        if let Some(warning) = placed.warning(to) {
            self.warn(warning);
        }
    }

    pub(crate) fn warn(&mut self, text: impl AsRef<str>) {
        self.line(format!("! {}", text.as_ref()));
        self.warnings.push(clean(text.as_ref()));
    }

    /// The warnings that JSON does not have among its objects, one of them a line.
    pub(crate) fn complaint(&self, form: Form) -> String {
        #[derive(Serialize)]
        struct Warning<'a> {
            warning: &'a str,
        }

        let warnings = self.warnings.iter().filter(|_| form == Form::Json);
        let lines = warnings.map(|warning| json(&Warning { warning }) + "\n");
        lines.collect()
    }

    pub(crate) fn table(&mut self, table: Table) {
        if !table.is_empty() {
            self.parts.push(Part::Table(table));
        }
    }

    pub(crate) fn verbatim(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Verbatim(text.into()));
    }

    /// One line of JSON.
    pub(crate) fn object(&mut self, object: &impl Serialize) {
        self.objects.push(json(object));
    }

    pub(crate) fn render(&self, form: Form) -> String {
        let mut out = String::new();
        if form == Form::Json {
            for object in &self.objects {
                out.push_str(object);
                out.push('\n');
            }
            return out;
        }
        for part in &self.parts {
            match part {
                Part::Line(text) => {
                    out.push_str(text);
                    out.push('\n');
                }
                Part::Table(table) if form == Form::Plain => table.sentences(&mut out),
                Part::Table(table) => table.columns(&mut out),
                Part::Verbatim(text) => out.push_str(text),
            }
        }
        out
    }
}

/// An answer's struct as one line.
pub(crate) fn json(object: &impl Serialize) -> String {
    serde_json::to_string(object).expect("answers are structs with text keys")
}

/// Text from the server without characters that would steer the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let mut table = Table::new(["room", "bars", "note", "until"]);
        table.row([
            "H1".to_owned(),
            "BAR".to_owned(),
            String::new(),
            "15:00".to_owned(),
        ]);
        table.row([
            "Übungsraum".to_owned(),
            "-".to_owned(),
            String::new(),
            String::new(),
        ]);
        let mut report = Report::default();
        report.line("Free now");
        report.table(table);
        report.object(&serde_json::json!({"room": "H1"}));
        report.object(&serde_json::json!({"room": "Übungsraum"}));
        report
    }

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let expected =
            "Free now\nROOM        BARS  UNTIL\nH1          BAR   15:00\nÜbungsraum  -\n";
        assert_eq!(sample().render(Form::Text), expected);
    }

    #[test]
    fn sentences_name_what_they_say() {
        assert_eq!(
            sample().render(Form::Plain),
            "Free now\nroom H1, bars BAR, until 15:00.\nroom Übungsraum.\n"
        );
    }

    #[test]
    fn json_is_one_object_a_line() {
        assert_eq!(
            sample().render(Form::Json),
            "{\"room\":\"H1\"}\n{\"room\":\"Übungsraum\"}\n"
        );
    }

    #[test]
    fn names_can_not_steer_the_terminal() {
        let mut report = Report::default();
        report.line("Mallory\u{1b}[2J\u{7}\nroot");
        assert_eq!(report.render(Form::Text), "Mallory [2J  root\n");
    }
}
