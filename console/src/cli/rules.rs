//! `rules`: the screening rules, as they are and as they were, edited from a file, and as a form on paper.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::{self, AppointmentJson, ScreeningJson, rfc3339_of},
    report::{Form, Report, Table},
    session::{PAGE, Session},
};
use crate::{
    rules,
    tui::{time, words},
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows the rules of a rule set
    Show {
        /// Which, for example barefoot
        rule_set: String,
        /// As they were in this version
        #[arg(long, value_name = "NUMBER")]
        version: Option<i32>,
        /// As the file that `rules edit` reads
        #[arg(long)]
        toml: bool,
    },
    /// Lists the versions of a rule set: who edited it, when and why
    History {
        /// Which
        rule_set: String,
    },
    /// Replaces a rule set by what a file says, after showing whom that affects
    Edit {
        /// The file, as `rules show --toml` writes it
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
    /// Prints the questions as a form to be filled in; it never holds an answer
    Form {
        /// Which rule set [default: that of the appointment's service]
        #[arg(required_unless_present = "appointment")]
        rule_set: Option<String>,
        /// For whom [default: blank]
        #[arg(long, value_name = "CLIENT")]
        client: Option<String>,
        /// For which appointment: its id, or its room
        #[arg(long, value_name = "APPOINTMENT")]
        appointment: Option<String>,
        /// As an HTML page for the printer
        #[arg(long)]
        html: bool,
    },
}

/// A rule set as `--json` prints it.
#[derive(Serialize)]
struct RuleSetJson<'a> {
    rule_set_id: &'a str,
    version: i32,
    rules: Vec<RuleJson<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    etag: &'a str,
    /// Who edited it so, when and why; only in a history.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<EditJson<'a>>,
}

#[derive(Serialize)]
struct RuleJson<'a> {
    condition_id: &'a str,
    question: &'a str,
    yes_means: String,
}

#[derive(Serialize)]
struct EditJson<'a> {
    by: &'a str,
    by_name: &'a str,
    at: Option<String>,
    reason: &'a str,
}

/// What an edit comes to, as `--json` prints it.
#[derive(Serialize)]
struct EditedJson<'a> {
    rule_set_id: &'a str,
    version: i32,
    flagged_count: i32,
    judged_count: i32,
    counts: Vec<CountJson>,
    changes: Vec<ChangeJson>,
    voided_decision_count: i32,
    newly_asked_condition_ids: &'a [String],
    incomplete_client_count: i32,
}

#[derive(Serialize)]
struct CountJson {
    before: String,
    after: String,
    count: i32,
}

#[derive(Serialize)]
struct ChangeJson {
    appointment: AppointmentJson,
    after: ScreeningJson,
}

pub(crate) async fn run(session: &Session, args: &RulesArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session).await,
        Some(Action::Show {
            rule_set,
            version,
            toml,
        }) => show(session, rule_set, *version, *toml).await,
        Some(Action::History { rule_set }) => history(session, rule_set).await,
        Some(Action::Edit { file, change }) => Box::pin(edit(session, file, change)).await,
        Some(Action::Form {
            rule_set,
            client,
            appointment,
            html,
        }) => {
            let names = session.names().await?;
            let rule_set_id = match rule_set {
                Some(text) => names.find_rule_set(text)?,
                None => String::new(),
            };
            let client_id = match client {
                Some(text) => find::client(session, text).await?,
                None => String::new(),
            };
            let appointment_id = match appointment {
                Some(text) => find::appointment(session, text, InRoom::Coming).await?,
                None => String::new(),
            };
            let request = v1::GetIntakeFormRequest {
                rule_set_id,
                client_id,
                appointment_id,
            };
            form(session, request, *html).await
        }
    }
}

async fn form(
    session: &Session,
    request: v1::GetIntakeFormRequest,
    html: bool,
) -> Result<Report, Failure> {
    #[derive(Serialize)]
    struct FormJson<'a> {
        rule_set_id: &'a str,
        version: i32,
        text: &'a str,
        page: &'a str,
    }
    let answer = session.client.get_intake_form(request).await?;
    let mut report = Report::default();
    report.object(&FormJson {
        rule_set_id: &answer.rule_set_id,
        version: answer.rule_set_version,
        text: &answer.text,
        page: &answer.page,
    });
    report.verbatim(if html { answer.page } else { answer.text });
    Ok(report)
}

async fn list(session: &Session) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let mut table = Table::new(["rule set", "version", "questions", "for"]);
    for set in &names.catalog.rule_sets {
        let services = names.catalog.services.iter();
        let screened = services.filter(|service| service.rule_set_id == set.id && !service.retired);
        let screened: Vec<_> = screened.map(|service| service.name.as_str()).collect();
        table.row([
            set.id.clone(),
            set.version.to_string(),
            set.rules.len().to_string(),
            screened.join(", "),
        ]);
        report.object(&object(set, None));
    }
    report.table(table);
    Ok(report)
}

async fn show(
    session: &Session,
    text: &str,
    version: Option<i32>,
    toml: bool,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let id = names.find_rule_set(text)?;
    let set = match version {
        None => present_one(names, &id),
        Some(version) => {
            let request = v1::ListRuleSetVersionsRequest {
                rule_set_id: id,
                version,
                ..v1::ListRuleSetVersionsRequest::default()
            };
            let answer = session.client.list_rule_set_versions(request).await?;
            let found = answer.versions.into_iter().next();
            found.and_then(|it| it.rule_set).unwrap_or_default()
        }
    };
    let mut report = Report::default();
    report.object(&object(&set, None));
    if toml {
        report.verbatim(rules::write(&set));
        return Ok(report);
    }
    report.line(format!("{}, version {}", set.name, set.version));
    let mut table = Table::new(["condition", "a yes means", "question"]);
    for rule in &set.rules {
        table.row([
            rule.condition_id.clone(),
            rules::in_words(rule),
            rule.question.clone(),
        ]);
    }
    report.table(table);
    Ok(report)
}

fn present_one(names: &Names, id: &str) -> v1::RuleSet {
    let found = names.catalog.rule_sets.iter().find(|set| set.id == id);
    found.cloned().unwrap_or_default()
}

async fn history(session: &Session, text: &str) -> Result<Report, Failure> {
    let names = session.names().await?;
    let rule_set_id = names.find_rule_set(text)?;
    let zone = names.now_at(None)?.time_zone().clone();
    let mut report = Report::default();
    let mut table = Table::new(["version", "edited", "by", "questions", "why"]);
    let mut request = v1::ListRuleSetVersionsRequest {
        rule_set_id,
        page_size: PAGE,
        ..v1::ListRuleSetVersionsRequest::default()
    };
    loop {
        let answer = session
            .client
            .list_rule_set_versions(request.clone())
            .await?;
        for version in &answer.versions {
            let Some(set) = &version.rule_set else {
                continue;
            };
            let at = version.edited_at.as_ref();
            table.row([
                set.version.to_string(),
                at.map(|at| time::day_and_clock(time::instant(at), &zone))
                    .unwrap_or_default(),
                version.edited_by_name.clone(),
                set.rules.len().to_string(),
                version.reason.clone(),
            ]);
            report.object(&object(
                set,
                Some(EditJson {
                    by: &version.edited_by,
                    by_name: &version.edited_by_name,
                    at: rfc3339_of(at, &zone),
                    reason: &version.reason,
                }),
            ));
        }
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    report.table(table);
    Ok(report)
}

fn object<'a>(set: &'a v1::RuleSet, edited: Option<EditJson<'a>>) -> RuleSetJson<'a> {
    RuleSetJson {
        rule_set_id: &set.id,
        version: set.version,
        rules: set
            .rules
            .iter()
            .map(|rule| RuleJson {
                condition_id: &rule.condition_id,
                question: &rule.question,
                yes_means: rules::yes_means(rule),
            })
            .collect(),
        etag: &set.etag,
        edited,
    }
}

/// Shows whom the edit affects, asks, and makes it of the rules as they were shown.
async fn edit(session: &Session, file: &Path, change: &Change) -> Result<Report, Failure> {
    let set = read(file)?;
    let names = session.names().await?;
    let etag = present_one(names, &set.id).etag;
    let request = |validate_only: bool, request_id: String| v1::PutRuleSetRequest {
        write: Some(v1::WriteOptions {
            validate_only,
            request_id,
            etag: etag.clone(),
            ..change.options()
        }),
        rule_set: Some(set.clone()),
    };
    // Tried under no request id: that is the edit's own.
    let tried = session
        .client
        .put_rule_set(request(true, String::new()))
        .await?;
    let preview = tried.preview.clone().unwrap_or_default();
    let mut report = Report::default();
    told(&mut report, &preview, names);
    let done = if change.dry_run {
        tried
    } else {
        let flagged = usize::try_from(tried.flagged_count).unwrap_or(0);
        let question = format!(
            "{}{} would become unsound. Replace {}?",
            report.render(Form::Text),
            words::count(flagged, "future appointment"),
            set.id
        );
        session.confirm(change, &question)?;
        if !change.yes {
            // It was all in the question.
            report = Report::default();
        }
        let request_id = change.options().request_id;
        session
            .client
            .put_rule_set(request(false, request_id))
            .await?
    };
    let stored = done.rule_set.clone().unwrap_or_default();
    report.line(change.said(&format!("{} is version {} now.", stored.id, stored.version)));
    if done.flagged_count > 0 {
        report.line(format!(
            "! {} unsound; `treadwell appointments --flagged` lists them.",
            words::count(
                usize::try_from(done.flagged_count).unwrap_or(0),
                "future appointment"
            )
        ));
    }
    report.object(&edited(&stored, done.flagged_count, &preview, names));
    Ok(report)
}

fn read(file: &Path) -> Result<v1::RuleSet, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    rules::read(&text).map_err(|wrong| {
        let failure = Failure::usage(format!("{} is no rule set", file.display()));
        wrong
            .iter()
            .fold(failure, |failure, line| failure.advise(format!("  {line}")))
    })
}

fn edited<'a>(
    stored: &'a v1::RuleSet,
    flagged_count: i32,
    preview: &'a v1::RuleSetPreview,
    names: &Names,
) -> EditedJson<'a> {
    let change = |it: &v1::OutcomeChange| {
        Some(ChangeJson {
            appointment: AppointmentJson::new(it.appointment.as_ref()?, names),
            after: ScreeningJson::new(it.after.as_ref()?),
        })
    };
    EditedJson {
        rule_set_id: &stored.id,
        version: stored.version,
        flagged_count,
        judged_count: preview.judged_count,
        counts: preview.counts.iter().map(count).collect(),
        changes: preview.changes.iter().filter_map(change).collect(),
        voided_decision_count: preview.voided_decision_count,
        newly_asked_condition_ids: &preview.newly_asked_condition_ids,
        incomplete_client_count: preview.incomplete_client_count,
    }
}

fn count(it: &v1::OutcomeCount) -> CountJson {
    let name = |outcome: v1::ScreeningOutcome| {
        present::value_name(outcome.as_str_name(), "SCREENING_OUTCOME_")
    };
    CountJson {
        before: name(it.before()),
        after: name(it.after()),
        count: it.count,
    }
}

/// Whom an edit affects.
fn told(report: &mut Report, preview: &v1::RuleSetPreview, names: &Names) {
    let of = |n: i32, what: &str| words::count(usize::try_from(n).unwrap_or(0), what);
    if !preview.newly_asked_condition_ids.is_empty() {
        report.line(format!(
            "Newly asked: {}.",
            preview.newly_asked_condition_ids.join(", ")
        ));
    }
    if preview.incomplete_client_count > 0 {
        report.line(format!(
            "! The declarations of {} do not answer that, and are incomplete until they are asked.",
            of(preview.incomplete_client_count, "client")
        ));
    }
    if preview.voided_decision_count > 0 {
        report.line(format!(
            "! {} of therapists would have to be made again.",
            of(preview.voided_decision_count, "decision")
        ));
    }
    let changed: i32 = preview.counts.iter().map(|it| it.count).sum();
    report.line(format!(
        "{} to come would be judged again, {changed} with another outcome.",
        of(preview.judged_count, "appointment")
    ));
    for it in &preview.counts {
        let json = count(it);
        let plain = |text: String| text.replace('_', " ");
        report.line(format!(
            "  {}: {} -> {}",
            it.count,
            plain(json.before),
            plain(json.after)
        ));
    }
    let mut table = Table::new(["start", "client", "service", "before", "after"]);
    for change in &preview.changes {
        let (Some(visit), Some(after)) = (&change.appointment, &change.after) else {
            continue;
        };
        let start = visit.start.as_ref().map(time::instant).unwrap_or_default();
        let before = visit.screening.as_ref().map(words::screening);
        table.row([
            time::day_and_clock(start, &names.zone_of(&visit.site_id)),
            visit.client_name.clone(),
            names.service(&visit.service_id),
            before.unwrap_or_default(),
            words::screening(after),
        ]);
    }
    if !table.is_empty() {
        report.table(table);
    }
    let shown = i32::try_from(preview.changes.len()).unwrap_or(i32::MAX);
    if shown < changed {
        report.line(format!("... and {} more.", changed - shown));
    }
}
