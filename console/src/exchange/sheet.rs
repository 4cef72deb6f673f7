//! Sheets as files: CSV (RFC 4180) and JSON.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, which can do harm; such a cell is written
//! with an apostrophe before it, and read without. One that is told to separate by something else, as many are where commas
//! stand in numbers, begins cells within ours: behind a `;`, a tab or the end of a line there is an apostrophe, too. What is
//! written is read back as it was.

use serde_json::Value;

/// The largest file that is read, in bytes: some ten times what one import may hold.
pub(crate) const LARGEST: usize = 8 << 20;

/// The most columns of a file that is read: several times what products export of a client.
const COLUMNS: usize = 200;

/// The most cells of a file that is read, those that it leaves empty included; some 100 MB in memory.
const CELLS: usize = 4_000_000;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Values separated by commas, under a head
    Csv,
    /// An object a line
    Json,
}

/// A file in rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// The names of the columns.
    pub(crate) head: Vec<String>,
    /// What is under them; nothing that is empty.
    pub(crate) rows: Vec<Row>,
}

/// A row of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line on which it begins, from 1; in an array of JSON its number.
    pub(crate) line: u32,
    /// One for each column, without space around.
    pub(crate) cells: Vec<String>,
    /// How many cells it has in the file, where that are not as many as there are columns.
    pub(crate) uneven: Option<usize>,
}

impl Sheet {
    /// Reads a file; an error says what it has to be saved as instead.
    pub(crate) fn read(bytes: &[u8], form: Form) -> Result<Self, String> {
        if bytes.len() > LARGEST {
            return Err(format!(
                "the file is larger than {} MiB; split it",
                LARGEST >> 20
            ));
        }
        let text = text(bytes)?;
        let sheet = match form {
            Form::Csv => csv(text),
            Form::Json => json(text),
        }?;
        if sheet.rows.is_empty() {
            return Err("the file has no lines under its head".to_owned());
        }
        Ok(sheet)
    }
}

/// Fails when a file has more columns, or more rows of that many, than are read.
fn fits(columns: usize, rows: usize) -> Result<(), String> {
    if columns > COLUMNS {
        return Err(format!(
            "the file has more than {COLUMNS} columns; leave out those that are not needed"
        ));
    }
    if columns.saturating_mul(rows) > CELLS {
        return Err(format!(
            "the file has more than {} rows of {columns} columns; split it",
            CELLS / columns
        ));
    }
    Ok(())
}

/// The bytes as text, if they are UTF-8.
fn text(bytes: &[u8]) -> Result<&str, String> {
    const ADVICE: &str = "save it as \"CSV UTF-8\" and import that";
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(format!("this is a spreadsheet's own file; {ADVICE}"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(format!("the file is in UTF-16; {ADVICE}"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = 1 + before.matches('\n').count();
        format!("the file is not in UTF-8 (first on line {line}); {ADVICE}")
    })
}

/// What separates the cells: what there is most of in the head.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in head.bytes() {
        quoted ^= byte == b'"';
        let counted = counts.iter_mut().find(|(its, _)| *its == byte && !quoted);
        if let Some((_, count)) = counted {
            *count += 1;
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(delimiter, _)| delimiter)
}

fn csv(text: &str) -> Result<Sheet, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut head: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut lines = Lines {
        text: text.as_bytes(),
        seen: 0,
        line: 1,
    };
    for record in reader.records() {
        let record = record.map_err(|error| format!("the file can not be read: {error}"))?;
        let mut cells: Vec<String> = record.iter().map(unguarded).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let Some(head) = &head else {
            fits(cells.len(), 0)?;
            head = Some(cells);
            continue;
        };
        fits(head.len(), rows.len() + 1)?;
        let line = lines.of(record.position());
        let uneven = (cells.len() != head.len()).then_some(cells.len());
        cells.resize(head.len(), String::new());
        rows.push(Row {
            line,
            cells,
            uneven,
        });
    }
    let head = head.ok_or("the file is empty; its first line names the columns")?;
    Ok(Sheet { head, rows })
}

/// On which line of a text its places are, asked for in their order. The reader's own count is behind where lines end with
/// CR LF: it leaves the LF to the next record.
struct Lines<'t> {
    text: &'t [u8],
    seen: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line of a record that begins here, or after the ends of lines that are here.
    fn of(&mut self, at: Option<&csv::Position>) -> u32 {
        let at = at.and_then(|at| usize::try_from(at.byte()).ok());
        let rest = self.text.get(at.unwrap_or(self.seen)..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begin = self.text.len() - rest.len() + ends.count();
        let passed = self.text.get(self.seen..begin).unwrap_or_default();
        for byte in passed {
            self.line += u32::from(*byte == b'\n');
        }
        self.seen = self.seen.max(begin);
        self.line
    }
}

/// Objects, one a line or in an array.
fn json(text: &str) -> Result<Sheet, String> {
    let objects = match serde_json::from_str::<Vec<Value>>(text) {
        Ok(all) => (1..).zip(all).collect(),
        Err(_) if text.trim_start().starts_with('[') => {
            let error = serde_json::from_str::<Vec<Value>>(text).err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            return Err(format!("the file is no JSON: {error}"));
        }
        Err(_) => {
            let lines = (1..).zip(text.lines());
            let lines = lines.filter(|(_, line)| !line.trim().is_empty());
            let object = |(at, line): (u32, &str)| match serde_json::from_str(line) {
                Ok(object) => Ok((at, object)),
                Err(error) => Err(format!("line {at} is no JSON object: {error}")),
            };
            lines
                .map(object)
                .collect::<Result<Vec<(u32, Value)>, _>>()?
        }
    };
    let mut head: Vec<String> = Vec::new();
    for (at, object) in &objects {
        let Value::Object(fields) = object else {
            return Err(format!("line {at} is no JSON object"));
        };
        for name in fields.keys() {
            if !head.contains(name) {
                head.push(name.clone());
                fits(head.len(), objects.len())?;
            }
        }
    }
    let row = |(line, object): (u32, Value)| {
        let cell = |name: &String| match object.get(name) {
            None => Ok(String::new()),
            Some(value) => cell(value)
                .ok_or_else(|| format!("line {line}: {name} is neither text nor a number")),
        };
        let cells = head.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
        Ok(Row {
            line,
            cells,
            uneven: None,
        })
    };
    let rows = objects
        .into_iter()
        .map(row)
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Sheet { head, rows })
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(values) => {
            let cells: Option<Vec<_>> = values.iter().map(cell).collect();
            cells.map(|cells| cells.join(";"))
        }
        Value::Object(_) => None,
    }
}

/// Whether a spreadsheet may take what begins so for a formula; the wide forms of the signs are taken for the signs.
const fn is_formula(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// Whether a cell that begins so may become a formula, for what begins it is dropped.
const fn is_dropped(first: char) -> bool {
    matches!(first, '\t' | '\r' | '\n' | '\0')
}

/// A cell with something done before each letter at which a formula could begin, for whatever separates the cells. What
/// programs drop around one does not count, nor do apostrophes, so that it is the same letters whether guarded or not.
fn at_formulas(cell: &str, guard: impl Fn(&mut String)) -> String {
    let mut out = String::with_capacity(cell.len());
    let (mut first, mut begins) = (true, true);
    for letter in cell.chars() {
        if begins && is_formula(letter) || first && is_dropped(letter) {
            guard(&mut out);
        }
        out.push(letter);
        first &= letter == '\'';
        let separates = matches!(letter, ';' | '\t' | '\r' | '\n');
        let is_around = matches!(letter, '\'' | '"') || letter.is_whitespace();
        begins = separates || begins && is_around;
    }
    out
}

/// A cell as it is written.
fn guarded(cell: &str) -> String {
    at_formulas(cell, |out| out.push('\''))
}

/// A cell as it was before it was written.
fn unguarded(cell: &str) -> String {
    at_formulas(cell.trim(), |out| {
        if out.ends_with('\'') {
            out.pop();
        }
    })
}

/// A line of a file, with its end.
pub(crate) fn line(cells: &[String]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let written = writer.write_record(cells.iter().map(|cell| guarded(cell)));
    written.expect("memory takes every line");
    let bytes = writer.into_inner().expect("memory takes every line");
    String::from_utf8(bytes).expect("text stays text")
}

#[cfg(test)]
mod tests;
