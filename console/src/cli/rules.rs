//! `rules`: the screening rules, as they are and as they were, edited from a file, and as a form on paper.

mod edit;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::rfc3339_of,
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{rules, tui::time};

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
    /// Replaces a rule set by what a file says, after showing what that changes and whom it affects
    Edit {
        /// The file, as `rules show --toml` writes it
        file: PathBuf,
        /// Takes the file although it was not made from the rules as they are now, or does not say from what
        #[arg(long)]
        replace: bool,
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

pub(crate) async fn run(session: &Session, args: &RulesArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session).await,
        Some(Action::Show {
            rule_set,
            version,
            toml,
        }) => show(session, rule_set, *version, *toml).await,
        Some(Action::History { rule_set }) => history(session, rule_set).await,
        Some(Action::Edit {
            file,
            replace,
            change,
        }) => Box::pin(edit::run(session, file, *replace, change)).await,
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
    let now = one(names, &id).cloned().unwrap_or_default();
    let set = match version {
        None => now.clone(),
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
        // An old version has no etag of its own: whoever edits with it replaces the present one, and knows that.
        let etag = now.etag;
        report.verbatim(rules::write(&v1::RuleSet { etag, ..set }));
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

/// The rule set of an id, as it is.
fn one<'n>(names: &'n Names, id: &str) -> Option<&'n v1::RuleSet> {
    names.catalog.rule_sets.iter().find(|set| set.id == id)
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
        rules: set.rules.iter().map(rule).collect(),
        etag: &set.etag,
        edited,
    }
}

fn rule(rule: &v1::Rule) -> RuleJson<'_> {
    RuleJson {
        condition_id: &rule.condition_id,
        question: &rule.question,
        yes_means: rules::yes_means(rule),
    }
}
