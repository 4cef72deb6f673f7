//! `import clients` and `import appointments`: files of other products, or of another clinic.
//!
//! What a cell means is read here, whether it may be is judged by the server, and whatever stands against any line is told
//! of at once, by line and column. Nothing is imported while there is anything.

mod lines;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use self::lines::{Bad, Reader};
use super::{
    args::Change,
    failure::Failure,
    report::{Report, Table},
    session::Session,
};
use crate::exchange::{Columns, Form, Row, Sheet, columns, sheet};

/// The most lines that one import takes.
const LINES: usize = 500;

/// The exit code where lines are refused: something is in the way.
const REFUSED: u8 = 5;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Adds clients
    ///
    /// Columns are found by name: name (or first and last name), phone, email, born, preferred therapist, note; and
    /// `external_id`, by which a file that comes again adds nobody twice. Health data is not taken.
    Clients(FileArgs),
    /// Books coming appointments, each by the rules of booking
    ///
    /// Columns are found by name: `client_id` (also under an external id) or client name and phone, service, site, room,
    /// therapist, start (or date and time), state, extensions, note; and `external_id`, by which a file that comes again
    /// books nothing twice.
    Appointments(FileArgs),
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The file: CSV in UTF-8 with a head, or JSON objects
    file: PathBuf,
    /// The form of the file [default: by its name]
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Only these lines of the file, for example 2-501: one import takes 500
    #[arg(long, value_name = "FROM-TO", value_parser = span)]
    lines: Option<(u32, u32)>,
    /// Passes over what the clinic has already: the same name and phone, the same appointment
    #[arg(long)]
    skip_existing: bool,
    /// Leaves out appointments that are past, cancelled or over
    #[arg(long)]
    coming: bool,
    /// The site of appointments whose line names none [default: the one in the configuration]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    #[command(flatten)]
    change: Change,
}

fn span(text: &str) -> Result<(u32, u32), String> {
    let both = text.split_once('-');
    let both =
        both.and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
    both.filter(|(from, to)| from <= to)
        .ok_or_else(|| "two numbers of lines, for example 2-501".to_owned())
}

/// A line, as `import --json` prints it.
#[derive(Serialize)]
struct LineJson<'a> {
    line: i32,
    /// `new`, `existing` or `refused`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    column: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    problem: &'a str,
}

/// The end of `import --json`.
#[derive(Serialize)]
struct SummaryJson<'a> {
    imported: usize,
    existing: usize,
    refused: usize,
    left_out: usize,
    unknown_columns: &'a [String],
}

pub(crate) async fn run(session: &Session, args: &ImportArgs) -> Result<Report, Failure> {
    match &args.what {
        What::Clients(args) => clients(session, args).await,
        What::Appointments(args) => appointments(session, args).await,
    }
}

async fn clients(session: &Session, args: &FileArgs) -> Result<Report, Failure> {
    let sheet = read(args)?;
    let columns = Columns::of(&sheet, columns::CLIENTS);
    needs(
        &columns,
        &["name", "first_name", "last_name"],
        "the client's name",
    )?;
    let reader = Reader::new(session.names().await?, &columns, None);
    fit(&sheet.rows, args)?;
    let (lines, bad) = split(&sheet.rows, |row| reader.client(row));
    let report = Outcome::new(args, &columns, bad, 0);
    let request = v1::ImportClientsRequest {
        write: None,
        lines,
        skip_existing: args.skip_existing,
    };
    if request.lines.is_empty() {
        return Ok(report.told("clients"));
    }
    let ask = async |write| {
        let request = v1::ImportClientsRequest {
            write: Some(write),
            ..request.clone()
        };
        let answer = session.client.import_clients(request).await?;
        Ok(answer.results)
    };
    report.of(ask, "clients").await
}

async fn appointments(session: &Session, args: &FileArgs) -> Result<Report, Failure> {
    let sheet = read(args)?;
    let columns = Columns::of(&sheet, columns::APPOINTMENTS);
    needs(
        &columns,
        &["client_id", "client_name", "first_name", "last_name"],
        "the client",
    )?;
    needs(&columns, &["service"], "the service")?;
    needs(&columns, &["start", "date"], "the start")?;
    let site = session.sites(args.site.as_deref()).await?;
    let names = session.names().await?;
    let site = match (site.into_iter().next(), names.catalog.sites.as_slice()) {
        (None, [only]) => Some(only.id.clone()),
        (site, _) => site,
    };
    let reader = Reader::new(names, &columns, site);
    let all = sheet.rows.len();
    let mut rows = sheet.rows;
    rows.retain(|row| !args.coming || reader.is_coming(row));
    fit(&rows, args)?;
    let (lines, bad) = split(&rows, |row| reader.appointment(row));
    let left_out = all - rows.len();
    let report = Outcome::new(args, &columns, bad, left_out);
    let request = v1::ImportAppointmentsRequest {
        write: None,
        lines,
        skip_existing: args.skip_existing,
    };
    if request.lines.is_empty() {
        return Ok(report.told("appointments"));
    }
    let ask = async |write| {
        let request = v1::ImportAppointmentsRequest {
            write: Some(write),
            ..request.clone()
        };
        let answer = session.client.import_appointments(request).await?;
        Ok(answer.results)
    };
    report.of(ask, "appointments").await
}

/// The file's lines that are asked for.
fn read(args: &FileArgs) -> Result<Sheet, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "{} can not be imported: {error}",
            args.file.display()
        ))
    };
    let size = std::fs::metadata(&args.file)
        .map_err(|error| unreadable(&error))?
        .len();
    if size > sheet::LARGEST as u64 {
        return Err(unreadable(&format!(
            "it is larger than {} MiB; split it",
            sheet::LARGEST >> 20
        )));
    }
    let bytes = std::fs::read(&args.file).map_err(|error| unreadable(&error))?;
    let form = args.format.unwrap_or_else(|| form_of(&args.file));
    let mut sheet = Sheet::read(&bytes, form).map_err(|error| unreadable(&error))?;
    if let Some((from, to)) = args.lines {
        sheet.rows.retain(|row| (from..=to).contains(&row.line));
        if sheet.rows.is_empty() {
            return Err(unreadable(&format!(
                "nothing stands on lines {from} to {to}"
            )));
        }
    }
    Ok(sheet)
}

/// Fails when these are more lines than one import takes.
fn fit(rows: &[Row], args: &FileArgs) -> Result<(), Failure> {
    let Some(more) = rows.get(LINES) else {
        return Ok(());
    };
    let failure = Failure::usage(format!(
        "{} can not be imported: it has {} lines, and one import takes {LINES}, so that all of it or nothing is done",
        args.file.display(),
        rows.len()
    ));
    Err(failure.advise(format!(
        "Import it in parts: --lines {}-{} first, then from line {} on.",
        rows[0].line,
        more.line - 1,
        more.line
    )))
}

fn form_of(file: &Path) -> Form {
    let ending = file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    match ending.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("json" | "jsonl" | "ndjson") => Form::Json,
        _ => Form::Csv,
    }
}

fn needs(columns: &Columns, fields: &[&'static str], what: &str) -> Result<(), Failure> {
    if columns.has(fields) {
        return Ok(());
    }
    let failure = Failure::usage(format!(
        "no column is called as one for {what}: {}",
        fields.join(", ")
    ));
    Err(if columns.unknown.is_empty() {
        failure
    } else {
        failure.advise(format!("There are: {}.", columns.unknown.join(", ")))
    })
}

/// The lines that could be read, and what is wrong with the others.
fn split<L>(rows: &[Row], read: impl Fn(&Row) -> Result<L, Bad>) -> (Vec<L>, Vec<Bad>) {
    let (mut lines, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match read(row) {
            Ok(line) => lines.push(line),
            Err(wrong) => bad.push(wrong),
        }
    }
    (lines, bad)
}

/// What became of a file, or would.
struct Outcome<'a> {
    change: &'a Change,
    columns: &'a Columns,
    bad: Vec<Bad>,
    left_out: usize,
    results: Vec<v1::LineResult>,
}

impl<'a> Outcome<'a> {
    fn new(args: &'a FileArgs, columns: &'a Columns, bad: Vec<Bad>, left_out: usize) -> Self {
        Self {
            change: &args.change,
            columns,
            bad,
            left_out,
            results: Vec::new(),
        }
    }

    /// Imports the lines; or, when there is something wrong with any, has the others judged.
    async fn of(
        mut self,
        ask: impl AsyncFn(v1::WriteOptions) -> Result<Vec<v1::LineResult>, treadwell_client::Error>,
        what: &str,
    ) -> Result<Report, Failure> {
        let given = self.change.options();
        let dry = v1::WriteOptions {
            validate_only: true,
            ..given.clone()
        };
        self.results = if self.bad.is_empty() {
            match ask(given).await {
                // The refusal has room for some lines only.
                Err(error) if error.reason() == Some(v1::Reason::ImportRefused) => {
                    let judged = ask(dry).await?;
                    let refused = |it: &v1::LineResult| it.outcome() == v1::LineOutcome::Refused;
                    // What stood against them has gone since: nothing was imported all the same.
                    if !judged.iter().any(refused) {
                        return Err(error.into());
                    }
                    judged
                }
                other => other?,
            }
        } else {
            ask(dry).await?
        };
        Ok(self.told(what))
    }

    fn told(&self, what: &str) -> Report {
        let of = |outcome| {
            let mut all = self.results.iter();
            all.by_ref().filter(|it| it.outcome() == outcome).count()
        };
        let refused = self.bad.len() + of(v1::LineOutcome::Refused);
        let (new, existing) = if refused == 0 {
            (of(v1::LineOutcome::New), of(v1::LineOutcome::Existing))
        } else {
            (0, 0)
        };
        let mut report = Report::default();
        if !self.columns.unknown.is_empty() {
            let unknown = self.columns.unknown.join(", ");
            report.line(format!("Not taken, these columns: {unknown}."));
        }
        if self.left_out > 0 {
            report.line(format!(
                "Left out, {} lines that are not to come.",
                self.left_out
            ));
        }
        if refused == 0 {
            let done = format!("Imported {new} {what}; {existing} were there.");
            report.line(self.change.said(&done));
        } else {
            report.line(format!("Nothing was imported: {refused} lines can not be."));
            report.exit = REFUSED;
        }
        self.lines(&mut report, refused == 0);
        report.object(&SummaryJson {
            imported: new,
            existing,
            refused,
            left_out: self.left_out,
            unknown_columns: &self.columns.unknown,
        });
        report
    }

    /// One for each line of which there is something to say, in the order of the file.
    fn lines(&self, report: &mut Report, all_well: bool) {
        let mut table = Table::new(["line", "column", "problem"]);
        let mut told: Vec<(i32, LineJson<'_>)> = Vec::new();
        for bad in &self.bad {
            let problems = bad.problems.iter().map(|(field, problem)| ProblemJson {
                column: if field.is_empty() {
                    ""
                } else {
                    self.columns.name(field)
                },
                reason: "FIELDS_INVALID",
                problem,
            });
            told.push((bad.line, line(bad.line, "refused", "", problems.collect())));
        }
        for result in &self.results {
            let outcome = match result.outcome() {
                v1::LineOutcome::New => "new",
                v1::LineOutcome::Existing => "existing",
                v1::LineOutcome::Refused | v1::LineOutcome::Unspecified => "refused",
            };
            // While another line keeps it out, nothing is new.
            if outcome != "refused" && !all_well {
                continue;
            }
            let problems = result.problems.iter().map(|it| ProblemJson {
                column: self.column(&it.field),
                reason: &it.reason,
                problem: &it.text,
            });
            let problems = problems.collect();
            told.push((
                result.line,
                line(result.line, outcome, &result.id, problems),
            ));
        }
        told.sort_by_key(|(at, _)| *at);
        for (at, line) in &told {
            for it in &line.problems {
                table.row([at.to_string(), it.column.to_owned(), it.problem.to_owned()]);
            }
            report.object(line);
        }
        report.table(table);
    }

    /// What the file calls a field of the request.
    fn column<'f>(&'f self, field: &'f str) -> &'f str {
        let name = field.rsplit('.').next().unwrap_or(field);
        let name = name.split('[').next().unwrap_or(name);
        let field = match name {
            "service_id" => "service",
            "site_id" => "site",
            "room_id" => "room",
            "therapist_id" => "therapist",
            "extension_ids" => "extensions",
            "client_external_id" => "client_id",
            other => other,
        };
        self.columns.name(field)
    }
}

fn line<'a>(
    line: i32,
    outcome: &'static str,
    id: &'a str,
    problems: Vec<ProblemJson<'a>>,
) -> LineJson<'a> {
    LineJson {
        line,
        outcome,
        id,
        problems,
    }
}
