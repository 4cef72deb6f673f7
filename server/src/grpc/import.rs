//! Importing files: the report of a dry run, and all lines or none.

use tonic::Status;
use treadwell_api::v1;
use treadwell_clinic::command::{Import, Revision};
use treadwell_clinic::model::RecordId;
use treadwell_clinic::refusal::{BadLine, Refusal};
use treadwell_clinic::{Clinic, Command, limits};

use super::call::{self, Writing};
use super::status;
use crate::access::Caller;
use crate::convert::fields::Fields;
use crate::convert::{self, Violations};
use crate::engine::{Committed, Engine, Refused};

/// The lines of a file as they were read.
pub(super) struct File<L> {
    lines: Vec<L>,
    /// Where the lines stand in the file that could be read.
    numbers: Vec<i32>,
    /// Those that could not.
    wrong: Vec<v1::LineResult>,
    /// Whether lines are passed over that are about what is there already.
    skip_existing: bool,
}

impl<L> File<L> {
    /// Reads every line by itself, so that one that is wrong does not hide what the rules say of the others.
    pub(super) fn read<M: Numbered>(
        lines: &[M],
        skip_existing: bool,
        read: impl Fn(&M, &mut Fields<'_>) -> Option<L>,
    ) -> Result<Self, Status> {
        call::read(|f| f.count("lines", lines.len(), 1..=limits::IMPORT_LINES))?;
        let mut file = Self {
            lines: Vec::with_capacity(lines.len()),
            numbers: Vec::with_capacity(lines.len()),
            wrong: Vec::new(),
            skip_existing,
        };
        for line in lines {
            match convert::read(|f| read(line, f)) {
                Ok(sound) => {
                    file.lines.push(sound);
                    file.numbers.push(line.number());
                }
                Err(violations) => file.wrong.push(unread(line.number(), violations)),
            }
        }
        Ok(file)
    }
}

/// A line that says where it stands.
pub(super) trait Numbered {
    /// Where it stands in the file.
    fn number(&self) -> i32;
}

impl Numbered for v1::ClientLine {
    fn number(&self) -> i32 {
        self.line
    }
}

impl Numbered for v1::AppointmentLine {
    fn number(&self) -> i32 {
        self.line
    }
}

/// Imports a file, or says what would become of it. Fields of what a line is about begin with `thing`.
pub(super) async fn submit<L>(
    engine: &Engine,
    caller: &Caller,
    file: File<L>,
    writing: Writing,
    thing: &str,
    command: impl FnOnce(Import<L>) -> Command,
) -> Result<(Revision, Vec<v1::LineResult>), Status> {
    let asked_dry = writing.is_dry();
    let mut results = file.wrong;
    // A line that can not be read keeps all others out; they are judged so that the report is whole.
    let writing = if results.is_empty() {
        writing
    } else {
        writing.only_tried()
    };
    let mut revision = engine.snapshot().revision;
    if !file.lines.is_empty() {
        let command = command(Import {
            lines: file.lines,
            skip_existing: file.skip_existing,
        });
        match call::ask(engine, caller, command, writing).await? {
            Ok(done) if results.is_empty() => {
                return Ok((done.revision, taken(&done, &file.numbers)));
            }
            Ok(done) => revision = done.revision,
            Err(no) => {
                let Refused { refusal, clinic } = *no;
                let Refusal::Import(bad) = refusal else {
                    return Err(status::refused(&refusal, &clinic, &caller.view));
                };
                revision = clinic.revision();
                results.extend(bad.iter().map(|it| refused(it, thing, &clinic, caller)));
            }
        }
    }
    results.sort_by_key(|result| result.line);
    if asked_dry {
        return Ok((revision, results));
    }
    Err(status::import(&results))
}

/// What became of the lines, each of which has one record.
fn taken(done: &Committed, numbers: &[i32]) -> Vec<v1::LineResult> {
    let changed = |id: &RecordId| done.changes.iter().find(|change| change.id() == *id);
    let lines = numbers.iter().zip(&done.reply.records);
    let result = |(&line, id): (&i32, &RecordId)| {
        let is_new = changed(id).is_some_and(|change| change.before().is_none());
        v1::LineResult {
            line,
            outcome: if is_new {
                v1::LineOutcome::New
            } else {
                v1::LineOutcome::Existing
            }
            .into(),
            // A number that is not given yet may go to something else.
            id: if is_new && done.dry {
                String::new()
            } else {
                id.name()
            },
            problems: Vec::new(),
        }
    };
    lines.map(result).collect()
}

fn refused(bad: &BadLine, thing: &str, clinic: &Clinic, caller: &Caller) -> v1::LineResult {
    let other = |refusal: &Refusal| status::line(&status::refused(refusal, clinic, &caller.view));
    v1::LineResult {
        line: i32::try_from(bad.line).unwrap_or(i32::MAX),
        outcome: v1::LineOutcome::Refused.into(),
        id: String::new(),
        problems: convert::import::problems(bad, thing, clinic, other),
    }
}

fn unread(line: i32, violations: Violations) -> v1::LineResult {
    let problem = |it: convert::Violation| v1::LineProblem {
        field: it.field,
        ..convert::import::problem(v1::Reason::FieldsInvalid, it.expected)
    };
    v1::LineResult {
        line,
        outcome: v1::LineOutcome::Refused.into(),
        id: String::new(),
        problems: violations.0.into_iter().map(problem).collect(),
    }
}
