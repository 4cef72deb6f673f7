//! `clients export`, `clients retention`, `clients erase`: for those who answer for the records.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use crate::{
    cli::{
        args::Change,
        failure::Failure,
        find,
        present::iso_date,
        report::{Form, Report, Table},
        session::{PAGE, Session},
    },
    file::{self, Former, Readers},
    record,
};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Who: by id, or a piece of name or phone
    client: String,
    /// Why, for the audit trail; no health data
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where to; `-` prints it [default: the client's id, in the folder where you are]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// As a page for a browser and a printer instead of JSON
    #[arg(long)]
    html: bool,
    /// Writes over a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Who: by id, or a piece of name or phone
    client: Option<String>,
    /// Those too whose records have to be kept still
    #[arg(long, conflicts_with = "client")]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// Who: by id, or a piece of name or phone; with --yes by id
    client: String,
    /// Gives up what is still to be paid, or to be paid back; without it the erasure is refused and names each sum
    #[arg(long)]
    give_up_balance: bool,
    #[command(flatten)]
    change: Change,
}

/// The file as `--json` tells of it.
#[derive(Serialize)]
struct FileJson<'a> {
    client_id: &'a str,
    file: &'a str,
    revision: u64,
    entry_count: i32,
    change_count: i32,
}

#[derive(Serialize)]
struct RetentionJson<'a> {
    client_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_visit_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_until: Option<String>,
    ended: bool,
}

#[derive(Serialize)]
struct ErasedJson<'a> {
    client_id: &'a str,
    erased: bool,
    kinds: Vec<KindJson<'a>>,
}

#[derive(Serialize)]
struct KindJson<'a> {
    kind: &'a str,
    removed: i32,
    kept: i32,
}

/// Writes everything that is held about a client into a file.
pub(super) async fn export(session: &Session, args: &Export) -> Result<Report, Failure> {
    let client_id = find::client(session, &args.client).await?;
    let ending = if args.html { "html" } else { "json" };
    let default = PathBuf::from(format!("{client_id}.{ending}"));
    let path = args.out.as_ref().unwrap_or(&default);
    let prints = path.as_os_str() == "-";
    if !prints && !args.force && path.exists() {
        return Err(there_is_one(path));
    }
    let request = v1::ExportClientRecordRequest {
        client_id: client_id.clone(),
        reason: args.reason.clone(),
    };
    let found = record::fetch(&session.client, request).await?;
    let text = if args.html {
        record::page(&found.file, &found.zone)
    } else {
        found.text()
    };
    let mut report = Report::default();
    if prints {
        report.verbatim(text);
        report.object(&found.file);
        return Ok(report);
    }
    let former = if args.force {
        Former::Goes
    } else {
        Former::Stays
    };
    let written = file::write(path, &text, Readers::Owner, former);
    let placed = written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => there_is_one(path),
        _ => Failure::unwritten(path, &error),
    })?;
    report.placed(&placed, path);
    report.line(found.said(path));
    report.object(&FileJson {
        client_id: &client_id,
        file: &path.display().to_string(),
        revision: found.revision,
        entry_count: found.counts.entry_count,
        change_count: found.counts.change_count,
    });
    Ok(report)
}

fn there_is_one(path: &Path) -> Failure {
    Failure::usage(format!("{} is there already", path.display()))
        .advise("Name another file with --out, or say --force to write over it.")
}

/// Lists until when clients' records are kept.
pub(super) async fn retention(session: &Session, args: &Retention) -> Result<Report, Failure> {
    let client_id = match &args.client {
        Some(text) => find::client(session, text).await?,
        None => String::new(),
    };
    let ended_only = !args.all && client_id.is_empty();
    let mut report = Report::default();
    let mut table = Table::new(["name", "last visit", "kept until", "may be erased", "id"]);
    let mut page_token = String::new();
    loop {
        let request = v1::ListRetentionRequest {
            client_id: client_id.clone(),
            ended_only,
            page_size: PAGE,
            page_token,
        };
        let page = session.client.list_retention(request).await?;
        for kept in &page.retentions {
            let last_visit_on = kept.last_visit_on.as_ref().map(iso_date);
            let kept_until = kept.kept_until.as_ref().map(iso_date);
            table.row([
                kept.client_name.clone(),
                last_visit_on.clone().unwrap_or_else(|| "never".to_owned()),
                kept_until.clone().unwrap_or_else(|| "not known".to_owned()),
                if kept.ended { "yes" } else { "no" }.to_owned(),
                kept.client_id.clone(),
            ]);
            report.object(&RetentionJson {
                client_id: &kept.client_id,
                name: &kept.client_name,
                last_visit_on,
                kept_until,
                ended: kept.ended,
            });
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if table.is_empty() {
        report.line("Everybody's records have to be kept still.");
    }
    report.table(table);
    Ok(report)
}

/// Erases a client, after saying what goes and asking for the name.
pub(super) async fn erase(session: &Session, args: &Erase) -> Result<Report, Failure> {
    let change = &args.change;
    if change.why.is_none() {
        return Err(Failure::usage(
            "say why with --why, without the client's name: it stays in the journal",
        ));
    }
    if change.yes && !args.client.starts_with("cli-") {
        return Err(Failure::usage(
            "with --yes name the client by id: nobody is asked whether it is the right one",
        ));
    }
    let client_id = find::client(session, &args.client).await?;
    let request = v1::GetClientRequest {
        client_id: client_id.clone(),
        at: None,
    };
    let client = match session.client.get_client(request).await {
        Ok(answer) => answer.client,
        // Nothing that can not be taken back is done unasked because something else stood against the look.
        Err(error)
            if change.may_be_done(&error) && error.reason() == Some(v1::Reason::NotFound) =>
        {
            None
        }
        Err(error) => return Err(error.into()),
    };
    let mut write = change.options();
    write.etag = client.iter().map(|client| client.etag.as_str()).collect();
    let request = v1::EraseClientRequest {
        write: Some(write),
        client_id: client_id.clone(),
        give_up_balance: args.give_up_balance,
    };
    if let Some(client) = client.filter(|_| !change.dry_run) {
        let mut tried = request.clone();
        if let Some(write) = &mut tried.write {
            write.validate_only = true;
        }
        let would = session.client.erase_client(tried).await?;
        confirm(session.form(), change, &client, &would)?;
    }
    let done = session.client.erase_client(request).await?;
    let mut report = Report::default();
    report.line(change.said(&format!("{client_id} is erased.")));
    report.table(table(&done));
    let kinds = done.kinds.iter().map(|it| KindJson {
        kind: &it.kind,
        removed: it.removed_count,
        kept: it.kept_count,
    });
    report.object(&ErasedJson {
        client_id: &client_id,
        erased: !change.dry_run,
        kinds: kinds.collect(),
    });
    Ok(report)
}

fn table(answer: &v1::EraseClientResponse) -> Table {
    let mut table = Table::new(["what", "removed", "kept without name and texts"]);
    for it in &answer.kinds {
        table.row([
            it.kind.replace('_', " "),
            it.removed_count.to_string(),
            it.kept_count.to_string(),
        ]);
    }
    table
}

/// Asks for the client's name to be typed. Where nobody can answer, `--yes` has to be said.
fn confirm(
    form: Form,
    change: &Change,
    client: &v1::Client,
    would: &v1::EraseClientResponse,
) -> Result<(), Failure> {
    if change.yes {
        return Ok(());
    }
    if form == Form::Json || !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "erasing can not be undone. Say --yes and the client's id to do it.",
        ));
    }
    let mut question = Report::default();
    question.line(format!("This can not be undone. Of {} goes:", client.name));
    question.table(table(would));
    let asked = write!(
        io::stderr().lock(),
        "{}Type the client's name to erase it: ",
        question.render(form)
    );
    let mut answer = String::new();
    match asked.and_then(|()| io::stdin().lock().read_line(&mut answer)) {
        Ok(_) if answer.trim() == client.name => Ok(()),
        Ok(_) => Err(Failure::other("that is not the name; nothing was done")),
        Err(error) => Err(Failure::other(format!(
            "the answer could not be read: {error}"
        ))),
    }
}
