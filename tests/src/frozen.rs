//! What a release left for later ones to be tested with: a small store of its format, what its server told of it, and its
//! API as a descriptor set. They lie in `tests/fixtures` and are never made anew; `cargo run --bin fixture` makes those of the
//! next format.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::root;

/// Where the stores lie.
pub fn store(format: u32) -> PathBuf {
    root().join(format!("tests/fixtures/store/format-{format}"))
}

/// Where the backup lies, with the copy of the key ring in `keys`.
pub fn backup() -> PathBuf {
    root().join("tests/fixtures/backup")
}

/// Its file.
pub const BACKUP: &str = "clinic.treadwell-backup";

/// The seal key that opens its ring.
pub const SEAL_KEY: &str = "clinic.key";

/// What its release said of it, as `store restore --json` does.
pub const OF_BACKUP: &str = "told.json";

/// Of that, what every later release has to say as well.
pub const OF_A_BACKUP: [&str; 4] = [
    "taken_at",
    "oldest_revision",
    "newest_revision",
    "record_count",
];

/// The API of a released version, as an encoded descriptor set without comments.
pub fn api(version: u32) -> Result<Vec<u8>> {
    let path = root().join(format!("tests/fixtures/api/{version}.binpb"));
    fs::read(&path).with_context(|| path.display().to_string())
}

/// A call that a server of the release answered: the method, the request's bytes, and those of every message of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// As in `ClientService/GetClient`.
    pub method: String,
    /// The request as it was sent.
    pub request: Vec<u8>,
    /// The answer as it came: one message, or those of a stream.
    pub answers: Vec<Vec<u8>>,
}

/// What was told of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The owner's key.
    pub owner_key: String,
    /// The clinic's time at which all this was told, in RFC 3339.
    pub now: String,
    /// Key of each record and the hash of its stored bytes, both in hexadecimal digits, as the journal's fold has them.
    pub records: Vec<(String, String)>,
    /// The calls.
    pub calls: Vec<Call>,
}

const FILE: &str = "told.jsonl";

impl Told {
    /// Reads what was told of a store.
    pub fn read(folder: &Path) -> Result<Self> {
        let text = fs::read_to_string(folder.join(FILE))?;
        let mut lines = text.lines().map(serde_json::from_str::<Value>);
        let head = lines.next().context("a first line")??;
        let mut told = Self {
            owner_key: text_of(&head, "owner_key")?,
            now: text_of(&head, "now")?,
            records: Vec::new(),
            calls: Vec::new(),
        };
        for line in lines {
            let line = line?;
            if line.get("record").is_some() {
                told.records
                    .push((text_of(&line, "record")?, text_of(&line, "hash")?));
                continue;
            }
            let answers = line.get("answers").and_then(Value::as_array);
            let answers = answers.context("a call has answers")?;
            told.calls.push(Call {
                method: text_of(&line, "call")?,
                request: unhex(&text_of(&line, "request")?)?,
                answers: answers
                    .iter()
                    .map(|answer| unhex(answer.as_str().unwrap_or_default()))
                    .collect::<Result<_>>()?,
            });
        }
        Ok(told)
    }

    /// Writes it down, a line a thing.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut lines = vec![json!({"owner_key": self.owner_key, "now": self.now})];
        let records = self.records.iter();
        lines.extend(records.map(|(key, hash)| json!({"record": key, "hash": hash})));
        lines.extend(self.calls.iter().map(|call| {
            let answers: Vec<String> = call.answers.iter().map(|answer| hex(answer)).collect();
            json!({"call": call.method, "request": hex(&call.request), "answers": answers})
        }));
        let text = lines
            .iter()
            .fold(String::new(), |text, line| text + &format!("{line}\n"));
        Ok(fs::write(folder.join(FILE), text)?)
    }
}

fn text_of(line: &Value, name: &str) -> Result<String> {
    let text = line.get(name).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no `{name}` in {line}"))?
        .to_owned())
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    ensure!(text.len().is_multiple_of(2) && text.is_ascii(), "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| Ok(u8::from_str_radix(&text[at..at + 2], 16)?))
        .collect()
}
