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

/// What an edit comes to, as `--json` prints it. What was not looked at, of an edit that was made before, is null.
#[derive(Serialize)]
struct EditedJson<'a> {
    rule_set_id: &'a str,
    version: i32,
    flagged_count: i32,
    judged_count: Option<i32>,
    counts: Option<Vec<CountJson>>,
    changes: Option<Vec<ChangeJson>>,
    voided_decision_count: Option<i32>,
    newly_asked_condition_ids: Option<&'a [String]>,
    incomplete_client_count: Option<i32>,
    rule_changes: Option<Vec<RuleChangeJson<'a>>>,
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
    let request_id = change.options().request_id;
    let was = std::mem::take(&mut set.etag);
    let etag = made_from(known, &was, replace, &request_id, file)?;
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
        answer.map_err(|error| (is_outdated(&error), refused(error, known, replace, file)))
    };
    let mut report = Report::default();
    let mut preview = None;
    // Tried under no request id: that is the edit's own.
    let done = match put(request(true, String::new())).await {
        // Perhaps it was made already, by the same request: then that is answered, and else it is refused again.
        Err((true, _)) if !request_id.is_empty() && !change.dry_run => {
            put(request(false, request_id)).await
        }
        Ok(tried) => {
            let found = tried.preview.clone().unwrap_or_default();
            told(&mut report, &found, names);
            preview = Some((version(&tried), found));
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
    // The answer may be that to an earlier edit by the same request: then what was tried is another one.
    let preview = preview.filter(|(tried, _)| *tried == version(&done));
    let preview = preview.map(|(_, preview)| preview);
    let stored = done.rule_set.clone().unwrap_or_default();
    made(&mut report, change, &stored, done.flagged_count);
    if !change.dry_run && !was.is_empty() {
        go_on(&mut report, file, &was, &stored);
    }
    report.object(&edited(
        &stored,
        done.flagged_count,
        preview.as_ref(),
        names,
    ));
    Ok(report)
}

/// What has become of the rules.
fn made(report: &mut Report, change: &Change, stored: &v1::RuleSet, flagged: i32) {
    report.line(change.said(&format!("{} is version {} now.", stored.id, stored.version)));
    if flagged > 0 {
        report.line(format!(
            "! {} unsound; `treadwell appointments --flagged` lists them.",
            words::count(usize::try_from(flagged).unwrap_or(0), "future appointment")
        ));
    }
}

fn version(answer: &v1::PutRuleSetResponse) -> Option<i32> {
    answer.rule_set.as_ref().map(|set| set.version)
}

/// The file goes on from what it has made of the rules.
fn go_on(report: &mut Report, file: &Path, was: &str, stored: &v1::RuleSet) {
    let path = file.display();
    match rules::go_on(file, &stored.id, was, &stored.etag) {
        Ok(true) => report.line(format!(
            "{path} says so now: the next edit can be made from it. Load it again where it is open."
        )),
        Ok(false) => {}
        Err(error) => report.warn(format!(
            "{path} could not be told so ({error}): write {} into it before the next edit.",
            rules::etag_line(&stored.etag)
        )),
    }
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

/// The etag that the edit expects: that of the rules from which the file was made. Rules that are not there yet have none; so
/// have those that an earlier request of this id has made.
fn made_from(
    known: Option<&v1::RuleSet>,
    etag: &str,
    replace: bool,
    request_id: &str,
    file: &Path,
) -> Result<String, Failure> {
    match known {
        Some(known) if replace => Ok(known.etag.clone()),
        Some(_) if etag.is_empty() && request_id.is_empty() => Err(made_from_nothing(file)),
        _ if etag.is_empty() => Ok("0".to_owned()),
        None if replace => Ok("0".to_owned()),
        Some(_) => Ok(etag.to_owned()),
        None => Err(Failure::usage(format!(
            "{}: there is no such rule set any more, or not here; --replace makes a new one",
            file.display()
        ))),
    }
}

/// Of a file that does not say what it was made from, while there is such a rule set.
fn made_from_nothing(file: &Path) -> Failure {
    Failure::usage(format!("{}: {}", file.display(), rules::NO_ETAG)).advise(
        "`treadwell rules show RULE_SET --toml` writes one that does. --replace takes the place of the rules as they are now.",
    )
}

/// The rules are not what the edit expects: perhaps by the same edit, made before.
fn is_outdated(error: &Error) -> bool {
    matches!(
        error.reason(),
        Some(v1::Reason::StaleEtag | v1::Reason::AlreadyExists)
    )
}

fn refused(error: Error, known: Option<&v1::RuleSet>, replace: bool, file: &Path) -> Failure {
    let Some(known) = known.filter(|_| is_outdated(&error)) else {
        return error.into();
    };
    if error.reason() == Some(v1::Reason::AlreadyExists) && !replace {
        return made_from_nothing(file);
    }
    let id = &known.id;
    Failure::from(error)
        .advise(rules::outdated(id, known.version))
        .advise(format!("Show it again (treadwell rules show {id} --toml), take your change over into that, and edit with it."))
        .advise(format!("`treadwell rules history {id}` says who edited it."))
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
    preview: Option<&'a v1::RuleSetPreview>,
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
        judged_count: preview.map(|it| it.judged_count),
        counts: preview.map(|it| it.counts.iter().map(count).collect()),
        changes: preview.map(|it| it.changes.iter().filter_map(change).collect()),
        voided_decision_count: preview.map(|it| it.voided_decision_count),
        newly_asked_condition_ids: preview.map(|it| &it.newly_asked_condition_ids[..]),
        incomplete_client_count: preview.map(|it| it.incomplete_client_count),
        rule_changes: preview.map(|it| it.rule_changes.iter().map(rule_change).collect()),
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
