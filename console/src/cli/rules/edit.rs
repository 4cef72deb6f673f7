//! `rules edit`: what a file makes of a rule set, whom that affects, and the edit itself.

use std::path::Path;

use serde::Serialize;
use treadwell_client::{Error, v1};

use super::{RuleJson, one, rule};
use crate::{
    cli::{
        args::Change,
        failure::Failure,
        names::Names,
        present::{self, AppointmentJson, ScreeningJson},
        report::{Form, Report, Table},
        session::Session,
    },
    rules,
    tui::{time, words},
};

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
    rule_changes: Vec<RuleChangeJson<'a>>,
}

#[derive(Serialize)]
struct RuleChangeJson<'a> {
    condition_id: &'a str,
    before: Option<RuleJson<'a>>,
    after: Option<RuleJson<'a>>,
    weaker: bool,
    stricter: bool,
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

/// Shows what the edit changes and whom it affects, asks, and makes it of the rules from which the file was made.
pub(super) async fn run(
    session: &Session,
    file: &Path,
    replace: bool,
    change: &Change,
) -> Result<Report, Failure> {
    let mut set = read(file)?;
    let names = session.names().await?;
    let known = one(names, &set.id);
    let etag = made_from(known, &std::mem::take(&mut set.etag), replace, file)?;
    let request = |validate_only: bool, request_id: String| v1::PutRuleSetRequest {
        write: Some(v1::WriteOptions {
            validate_only,
            request_id,
            etag: etag.clone(),
            ..change.options()
        }),
        rule_set: Some(set.clone()),
    };
    let put = async |request| {
        let answer = session.client.put_rule_set(request).await;
        answer.map_err(|error| (is_outdated(&error), refused(error, known)))
    };
    let request_id = change.options().request_id;
    let mut report = Report::default();
    let mut preview = v1::RuleSetPreview::default();
    // Tried under no request id: that is the edit's own.
    let done = match put(request(true, String::new())).await {
        // Perhaps it was made already, by the same request: then that is answered, and else it is refused again.
        Err((true, _)) if !request_id.is_empty() && !change.dry_run => {
            put(request(false, request_id)).await
        }
        Ok(tried) => {
            preview = tried.preview.clone().unwrap_or_default();
            told(&mut report, &preview, names);
            if change.dry_run {
                Ok(tried)
            } else {
                ask(session, change, &report, &set.id, tried.flagged_count)?;
                if !change.yes {
                    // It was all in the question.
                    report = Report::default();
                }
                put(request(false, request_id)).await
            }
        }
        refused => refused,
    };
    let done = done.map_err(|(_, failure)| failure)?;
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

/// Asks before the edit, with all that was found out about it.
fn ask(
    session: &Session,
    change: &Change,
    found: &Report,
    id: &str,
    flagged: i32,
) -> Result<(), Failure> {
    let flagged = usize::try_from(flagged).unwrap_or(0);
    let question = format!(
        "{}{} would become unsound. Replace {id}?",
        found.render(Form::Text),
        words::count(flagged, "future appointment"),
    );
    session.confirm(change, &question)
}

/// The etag that the edit expects: that of the rules from which the file was made. Rules that are not there yet have none.
fn made_from(
    known: Option<&v1::RuleSet>,
    etag: &str,
    replace: bool,
    file: &Path,
) -> Result<String, Failure> {
    let advice = "`treadwell rules show RULE_SET --toml` writes one that does. --replace takes the place of the rules as they are now.";
    match known {
        Some(known) if replace => Ok(known.etag.clone()),
        Some(_) if etag.is_empty() => {
            let problem = format!("{}: {}", file.display(), rules::NO_ETAG);
            Err(Failure::usage(problem).advise(advice))
        }
        None if etag.is_empty() || replace => Ok("0".to_owned()),
        Some(_) => Ok(etag.to_owned()),
        None => Err(Failure::usage(format!(
            "{}: there is no such rule set any more, or not here; --replace makes a new one",
            file.display()
        ))),
    }
}

fn is_outdated(error: &Error) -> bool {
    error.reason() == Some(v1::Reason::StaleEtag)
}

fn refused(error: Error, known: Option<&v1::RuleSet>) -> Failure {
    let Some(known) = known.filter(|_| is_outdated(&error)) else {
        return error.into();
    };
    let advice = rules::outdated(&known.id, known.version).into_iter();
    let failure = advice.fold(Failure::from(error), Failure::advise);
    failure.advise(format!(
        "`treadwell rules history {}` says who edited it.",
        known.id
    ))
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
        rule_changes: preview.rule_changes.iter().map(rule_change).collect(),
    }
}

fn rule_change(it: &v1::RuleChange) -> RuleChangeJson<'_> {
    RuleChangeJson {
        condition_id: &it.condition_id,
        before: it.before.as_ref().map(rule),
        after: it.after.as_ref().map(rule),
        weaker: it.weaker,
        stricter: it.stricter,
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

/// What an edit does to the rules, and whom it affects.
fn told(report: &mut Report, preview: &v1::RuleSetPreview, names: &Names) {
    for line in rules::changes(preview)
        .into_iter()
        .chain(rules::affected(preview))
    {
        report.line(line);
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
    let changed: i32 = preview.counts.iter().map(|it| it.count).sum();
    let shown = i32::try_from(preview.changes.len()).unwrap_or(i32::MAX);
    if shown < changed {
        report.line(format!("... and {} more.", changed - shown));
    }
}
