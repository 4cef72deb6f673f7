//! `screen`: whether a client may be treated, the answers that decide it, and a therapist's review.

use clap::{Args, ValueEnum};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    appointments::done,
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::{self, ScreeningJson},
    report::Report,
    session::{PAGE, Session},
};
use crate::{tui::time, when};

#[derive(Debug, Args)]
pub(crate) struct ScreenArgs {
    /// Who: by id, or a piece of name or phone
    #[arg(required_unless_present = "review")]
    client: Option<String>,
    /// For which service [default: every rule set]
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// As of when [default: now]
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// In which site's zone
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Records an answer: CONDITION=no, CONDITION=yes, CONDITION=yes:2026-03-02, CONDITION=yes:2026-03,
    /// "CONDITION=yes:2026-03-02 14:30" or CONDITION=not-asked; may be given several times
    #[arg(long = "answer", value_name = "ANSWER", conflicts_with_all = ["service", "at", "review"])]
    answers: Vec<String>,
    /// With answers: they are the whole declaration; what is not named counts as not asked
    #[arg(long, requires = "answers")]
    replace: bool,
    /// Shows what the client declared and when, what each declaration changed, and how long it is good; only for those who
    /// treat or manage
    #[arg(long, conflicts_with_all = ["service", "at", "answers", "review"])]
    history: bool,
    /// Decides about an appointment that needs review: its id, or its room; only a therapist may
    #[arg(long, value_name = "APPOINTMENT", requires = "decision", conflicts_with_all = ["client", "service", "at"])]
    review: Option<String>,
    /// What is decided
    #[arg(long, value_enum, requires = "review")]
    decision: Option<Decision>,
    /// What to modify, or why declined; health data, seen only by those who treat or manage
    #[arg(long, value_name = "TEXT", requires = "review")]
    note: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// A therapist's decision.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decision {
    /// Treat as booked
    Proceed,
    /// Treat with the modification noted
    Modify,
    /// Do not treat
    Decline,
}

/// What `screen --json` prints, one line a rule set.
#[derive(Serialize)]
struct ScreenJson<'a> {
    client_id: &'a str,
    #[serde(flatten)]
    screening: ScreeningJson,
}

/// What `screen --answer --json` prints.
#[derive(Serialize)]
struct DeclaredJson<'a> {
    declaration_id: &'a str,
    client_id: &'a str,
    screenings: Vec<ScreeningJson>,
    /// Future appointments that are unsound now and were not.
    flagged_count: i32,
}

/// Exits with 0 whatever the outcome is: the question was answered.
pub(crate) async fn run(session: &Session, args: &ScreenArgs) -> Result<Report, Failure> {
    if let Some(appointment) = &args.review {
        return review(session, args, appointment).await;
    }
    let names = session.names().await?;
    let client_id = find::client(session, args.client.as_deref().unwrap_or_default()).await?;
    if args.history {
        return history(session, &client_id, names).await;
    }
    if !args.answers.is_empty() {
        return declare(session, args, &client_id, names).await;
    }
    let sites = session.sites(args.site.as_deref()).await?;
    let site_id = sites
        .into_iter()
        .next()
        .or_else(|| names.catalog.sites.first().map(|site| site.id.clone()));
    let site_id = site_id.unwrap_or_default();
    let now = names.now_at(Some(&site_id))?;
    let request = v1::ScreenRequest {
        client_id: client_id.clone(),
        service_id: args
            .service
            .as_deref()
            .map(|text| names.find_service(text))
            .transpose()?
            .unwrap_or_default(),
        at: args
            .at
            .as_deref()
            .map(|text| when::from(text, &now))
            .transpose()?
            .map(time::wire),
        site_id,
    };
    let answer = session.client.screen(request).await?;
    let mut report = Report::default();
    for screening in &answer.screenings {
        present::screening(&mut report, &rule_set(screening, names), screening, names);
        report.object(&ScreenJson {
            client_id: &client_id,
            screening: ScreeningJson::new(screening),
        });
    }
    Ok(report)
}

fn rule_set(screening: &v1::Screening, names: &Names) -> String {
    let set = names
        .catalog
        .rule_sets
        .iter()
        .find(|set| set.id == screening.rule_set_id);
    set.map_or(screening.rule_set_id.as_str(), |set| set.name.as_str())
        .to_owned()
}

async fn declare(
    session: &Session,
    args: &ScreenArgs,
    client_id: &str,
    names: &Names,
) -> Result<Report, Failure> {
    let site = session
        .sites(args.site.as_deref())
        .await?
        .into_iter()
        .next();
    let zone = names.now_at(site.as_deref())?.time_zone().clone();
    let known: Vec<&str> = names
        .catalog
        .rule_sets
        .iter()
        .flat_map(|set| &set.rules)
        .map(|rule| rule.condition_id.as_str())
        .collect();
    let answers: Result<Vec<_>, _> = args
        .answers
        .iter()
        .map(|text| parse_answer(text, &known, &zone))
        .collect();
    let request = v1::RecordDeclarationRequest {
        write: Some(args.change.options()),
        client_id: client_id.to_owned(),
        answers: answers?,
        replace: args.replace,
    };
    let answer = session.client.record_declaration(request).await?;
    let mut report = Report::default();
    report.line(args.change.said("Recorded."));
    for screening in &answer.screenings {
        present::screening(&mut report, &rule_set(screening, names), screening, names);
    }
    if answer.flagged_count > 0 {
        report.line(format!(
            "! {} of this client's became unsound; `treadwell appointments --flagged` lists them.",
            crate::tui::words::count(
                usize::try_from(answer.flagged_count).unwrap_or_default(),
                "future appointment"
            )
        ));
    }
    report.object(&DeclaredJson {
        declaration_id: &answer.declaration_id,
        client_id,
        screenings: answer.screenings.iter().map(ScreeningJson::new).collect(),
        flagged_count: answer.flagged_count,
    });
    Ok(report)
}

/// A declaration as `screen --history --json` prints it.
#[derive(Serialize)]
struct DeclarationJson<'a> {
    declaration_id: &'a str,
    client_id: &'a str,
    recorded_at: Option<String>,
    recorded_by: &'a str,
    /// The first day on which an answer is too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceases_on: Option<String>,
    /// `CONDITION: BEFORE -> AFTER`, as they are given with `--answer`.
    changes: Vec<String>,
    answers: Vec<String>,
}

/// The declarations, newest first, each with what it says otherwise than the one before.
async fn history(session: &Session, client_id: &str, names: &Names) -> Result<Report, Failure> {
    let zone = names.now_at(None)?.time_zone().clone();
    let mut report = Report::default();
    let mut request = v1::ListDeclarationsRequest {
        client_id: client_id.to_owned(),
        page_size: PAGE,
        page_token: String::new(),
    };
    loop {
        let answer = session.client.list_declarations(request.clone()).await?;
        for declaration in &answer.declarations {
            let at = declaration.recorded_at.as_ref();
            let good = declaration.ceases_on.as_ref().map(time::birthday);
            report.line(format!(
                "{} {} by {}, good until {}",
                declaration.id,
                at.map(|at| time::day_and_clock(time::instant(at), &zone))
                    .unwrap_or_default(),
                declaration.recorded_by,
                good.unwrap_or_default()
            ));
            let said = |answer: Option<&v1::Answer>| match answer {
                None => "not asked".to_owned(),
                Some(answer) => said(answer, &zone),
            };
            let changes: Vec<String> = declaration
                .changes
                .iter()
                .map(|it| {
                    let (before, after) = (said(it.before.as_ref()), said(it.after.as_ref()));
                    format!("{}: {before} -> {after}", it.condition_id)
                })
                .collect();
            for change in &changes {
                report.line(format!("  {change}"));
            }
            let answers = declaration.answers.iter();
            report.object(&DeclarationJson {
                declaration_id: &declaration.id,
                client_id: &declaration.client_id,
                recorded_at: present::rfc3339_of(at, &zone),
                recorded_by: &declaration.recorded_by,
                ceases_on: declaration.ceases_on.as_ref().map(present::iso_date),
                changes,
                answers: answers
                    .map(|it| format!("{}={}", it.condition_id, said(Some(it))))
                    .collect(),
            });
        }
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    Ok(report)
}

/// `yes:2026-03-02`, as an answer is typed.
fn said(answer: &v1::Answer, zone: &jiff::tz::TimeZone) -> String {
    use v1::event_time::Precision;
    let said = match answer.kind() {
        v1::AnswerKind::Yes => "yes",
        v1::AnswerKind::No => "no",
        v1::AnswerKind::NotAsked | v1::AnswerKind::Unspecified => return "not-asked".to_owned(),
    };
    let when = answer
        .when
        .as_ref()
        .and_then(|when| when.precision.as_ref());
    match when {
        None => said.to_owned(),
        Some(Precision::Date(date)) => format!("{said}:{}", present::iso_date(date)),
        Some(Precision::Month(month)) => format!("{said}:{:04}-{:02}", month.year, month.month),
        Some(Precision::Instant(at)) => {
            let local = time::instant(at).to_zoned(zone.clone());
            format!("{said}:{}", local.strftime("%Y-%m-%d %H:%M"))
        }
    }
}

/// `lasik=yes:2026-03-02` and its like.
fn parse_answer(
    text: &str,
    known: &[&str],
    zone: &jiff::tz::TimeZone,
) -> Result<v1::Answer, Failure> {
    let form = || {
        Failure::usage(format!(
            "{text:?} is not an answer; write CONDITION=no, CONDITION=yes or CONDITION=yes:DATE"
        ))
    };
    let (condition, said) = text.split_once('=').ok_or_else(form)?;
    if !known.contains(&condition) {
        let mut known = known.to_vec();
        known.sort_unstable();
        known.dedup();
        return Err(Failure::usage(format!("no rule asks about {condition:?}"))
            .advise(format!("Conditions: {}.", known.join(", "))));
    }
    let (said, date) = said
        .split_once(':')
        .map_or((said, None), |(said, date)| (said, Some(date)));
    let kind = match said {
        "no" => v1::AnswerKind::No,
        "yes" => v1::AnswerKind::Yes,
        "not-asked" => v1::AnswerKind::NotAsked,
        _ => return Err(form()),
    };
    let when = match date {
        None => None,
        Some(date) if kind == v1::AnswerKind::Yes => Some(time::event_time(date, zone).ok_or_else(|| {
            Failure::usage(format!("{date:?} is no date of an event; write 2026-03-02, 2026-03 or \"2026-03-02 14:30\""))
        })?),
        Some(_) => return Err(form()),
    };
    Ok(v1::Answer {
        condition_id: condition.to_owned(),
        kind: kind.into(),
        when,
        asked_at: None,
    })
}

/// For the fuzzer: what comes of a text as an answer, which is then told and read again.
pub(crate) fn try_answer(text: &str, zone: &jiff::tz::TimeZone) -> String {
    let parse = |text: &str| parse_answer(text, &["lasik", "osteoporosis"], zone);
    match parse(text) {
        Ok(answer) => {
            let told = format!("{}={}", answer.condition_id, said(&answer, zone));
            // Years of more than four digits are not read as they are told.
            if let Ok(again) = parse(&told) {
                assert_eq!(again, answer);
            }
            "an answer".to_owned()
        }
        Err(why) => why.text(None),
    }
}

async fn review(
    session: &Session,
    args: &ScreenArgs,
    appointment: &str,
) -> Result<Report, Failure> {
    let decision = match args.decision {
        Some(Decision::Proceed) => v1::ReviewDecision::Proceed,
        Some(Decision::Modify) => v1::ReviewDecision::Modify,
        Some(Decision::Decline) => v1::ReviewDecision::Decline,
        None => return Err(Failure::usage("say what is decided with --decision")),
    };
    let request = v1::ReviewScreeningRequest {
        write: Some(args.change.options()),
        appointment_id: find::appointment(session, appointment, InRoom::Coming).await?,
        review: Some(v1::Review {
            decision: decision.into(),
            note: args.note.clone().unwrap_or_default(),
            ..v1::Review::default()
        }),
    };
    let answer = session.client.review_screening(request).await?;
    done(session, &args.change, "Decided.", answer.appointment).await
}

#[cfg(test)]
mod tests {
    use treadwell_client::v1::event_time::Precision;

    use super::*;

    fn parse(text: &str) -> Result<v1::Answer, Failure> {
        let zone = jiff::tz::TimeZone::get("America/Halifax").expect("bundled");
        parse_answer(text, &["lasik", "osteoporosis"], &zone)
    }

    #[test]
    fn answers_are_read_with_the_date_as_precise_as_it_is_known() {
        for (text, kind) in [
            ("lasik=no", v1::AnswerKind::No),
            ("lasik=yes", v1::AnswerKind::Yes),
            ("osteoporosis=not-asked", v1::AnswerKind::NotAsked),
        ] {
            let answer = parse(text).expect(text);
            assert_eq!((answer.kind(), answer.when), (kind, None));
        }
        let precision = |text: &str| {
            parse(text)
                .expect(text)
                .when
                .and_then(|when| when.precision)
        };
        assert!(
            matches!(precision("lasik=yes:2026-03"), Some(Precision::Month(month)) if month.month == 3)
        );
        assert!(
            matches!(precision("lasik=yes:2026-03-02"), Some(Precision::Date(date)) if date.day == 2)
        );
        let Some(Precision::Instant(instant)) = precision("lasik=yes:2026-03-02 14:30") else {
            panic!("an instant");
        };
        assert_eq!(time::instant(&instant).to_string(), "2026-03-02T18:30:00Z");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in [
            "lasik",
            "lasik=maybe",
            "lasik=",
            "lasik=no:2026-03-02",
            "lasik=yes:soon",
            "gout=yes",
            "=yes",
        ] {
            assert_eq!(
                parse(text).err().map(|failure| failure.class.exit_code()),
                Some(2),
                "{text:?}"
            );
        }
    }
}
