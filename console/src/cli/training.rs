//! `training`: what therapists learned: sessions, workshops, seminars and courses, with continuing education.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::iso_date,
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{standing, tui::time, when};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TrainingArgs {
    /// Only what this therapist took part in [default: everybody; with a therapist's key, its holder]
    #[arg(long, value_name = "WHO")]
    of: Option<String>,
    /// Only what ended on this day or later
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only continuing education
    #[arg(long)]
    education: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Enters a training once for all who took part, or corrects the one named with --id
    Put(Box<PutArgs>),
    /// Removes an entry
    Remove {
        /// The entry (trn-...)
        training: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Args)]
struct PutArgs {
    /// What it was called [with --id: as before]
    #[arg(required_unless_present = "id")]
    title: Option<String>,
    /// Who took part; once for each [with --id: as before]
    #[arg(long, value_name = "WHO", required_unless_present = "id")]
    of: Vec<String>,
    /// What it was: session, workshop, seminar, course or other [default: session; with --id, as before]
    #[arg(long, value_parser = standing::KINDS.map(|(_, word)| word))]
    kind: Option<String>,
    /// How long it took in all, in hours by quarters, such as 1.5 [with --id: as before]
    #[arg(long, value_name = "HOURS", required_unless_present = "id", value_parser = hours)]
    hours: Option<i32>,
    /// The first day [default: today; with --id, as before]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day [default: the first]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Who gave it; nobody's name means the clinic
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// What it was about: anatomy, techniques, reflexology
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// It counts as continuing education
    #[arg(long, overrides_with = "no_education")]
    education: bool,
    /// It does not count as continuing education
    #[arg(long)]
    no_education: bool,
    /// Where it is proven, such as a certificate's number
    #[arg(long, value_name = "TEXT")]
    certificate: Option<String>,
    /// A note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The entry to correct (trn-...)
    #[arg(long, value_name = "TRAINING")]
    id: Option<String>,
    #[command(flatten)]
    change: Change,
}

fn hours(text: &str) -> Result<i32, String> {
    standing::quarters(text).ok_or_else(|| "hours by quarters, such as 1.5".to_owned())
}

/// An entry as `--json` prints it.
#[derive(Serialize)]
struct TrainingJson<'a> {
    id: &'a str,
    therapist_ids: &'a [String],
    kind: &'static str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    provider: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    first: Option<String>,
    last: Option<String>,
    minutes: i32,
    education: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    certificate: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    recorded_by: &'a str,
}

fn json(training: &v1::Training) -> TrainingJson<'_> {
    TrainingJson {
        id: &training.id,
        therapist_ids: &training.therapist_ids,
        kind: standing::kind(training.kind()),
        title: &training.title,
        provider: &training.provider,
        subject: &training.subject,
        first: training.first.as_ref().map(iso_date),
        last: training.last.as_ref().map(iso_date),
        minutes: training.minutes,
        education: training.education,
        certificate: &training.certificate,
        note: &training.note,
        recorded_by: &training.recorded_by,
    }
}

pub(crate) async fn run(session: &Session, args: &TrainingArgs) -> Result<Report, Failure> {
    match &args.action {
        None => list(session, args).await,
        Some(Action::Put(put)) => enter(session, put).await,
        Some(Action::Remove { training, change }) => remove(session, training, change).await,
    }
}

async fn list(session: &Session, args: &TrainingArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let since = match &args.since {
        Some(text) => Some(when::day(text, &names.now_at(None)?)?),
        None => None,
    };
    let asked = v1::ListTrainingRequest {
        therapist_id: match &args.of {
            Some(text) => names.find_therapist(text)?,
            None => String::new(),
        },
        since: since.map(time::local_date),
        education: args.education,
        ..v1::ListTrainingRequest::default()
    };
    let trainings = all(session, asked).await?;
    let mut report = Report::default();
    if trainings.is_empty() {
        report.line("No such training is entered.");
    }
    report.table(table(&trainings, names));
    for training in &trainings {
        report.object(&json(training));
    }
    Ok(report)
}

async fn all(
    session: &Session,
    mut asked: v1::ListTrainingRequest,
) -> Result<Vec<v1::Training>, Failure> {
    asked.page_size = PAGE;
    let mut found = Vec::new();
    loop {
        let page = session.client.list_training(asked.clone()).await?;
        found.extend(page.trainings);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        asked.page_token = page.next_page_token;
    }
}

fn who(training: &v1::Training, names: &Names) -> String {
    let who = training.therapist_ids.iter().map(|id| names.therapist(id));
    who.collect::<Vec<_>>().join(", ")
}

fn table(trainings: &[v1::Training], names: &Names) -> Table {
    let mut table = Table::new([
        "day",
        "title",
        "kind",
        "subject",
        "by",
        "hours",
        "counts",
        "who",
        "certificate",
        "note",
        "id",
    ]);
    for training in trainings {
        table.row([
            training.last.as_ref().map(iso_date).unwrap_or_default(),
            training.title.clone(),
            standing::kind(training.kind()).to_owned(),
            training.subject.clone(),
            training.provider.clone(),
            standing::hours(training.minutes.into()),
            if training.education { "education" } else { "-" }.to_owned(),
            who(training, names),
            training.certificate.clone(),
            training.note.clone(),
            training.id.clone(),
        ]);
    }
    table
}

/// The entry of an id, if there is one. There are few enough to look through them.
async fn find(session: &Session, id: &str) -> Result<Option<v1::Training>, Failure> {
    let found = all(session, v1::ListTrainingRequest::default()).await?;
    Ok(found.into_iter().find(|training| training.id == id))
}

fn missing(id: &str) -> Failure {
    Failure::usage(format!("there is no training {id:?}"))
}

async fn enter(session: &Session, args: &PutArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let now = names.now_at(None)?;
    let before = match &args.id {
        Some(id) => Some(find(session, id).await?.ok_or_else(|| missing(id))?),
        None => None,
    };
    let mut write = args.change.options();
    let corrects = before.is_some();
    let mut training = before.unwrap_or_else(|| v1::Training {
        kind: v1::TrainingKind::Session.into(),
        first: Some(time::local_date(now.date())),
        ..v1::Training::default()
    });
    // Who entered it and when is no part of the correction: sent again it is the same one.
    write.etag = std::mem::take(&mut training.etag);
    training.recorded_by.clear();
    training.recorded_at = None;
    if !args.of.is_empty() {
        let who = args.of.iter().map(|text| names.find_therapist(text));
        training.therapist_ids = who.collect::<Result<_, _>>()?;
    }
    if let Some(word) = &args.kind {
        let known = standing::KINDS.iter().find(|(_, known)| known == word);
        training.kind = known.map_or(0, |(kind, _)| (*kind).into());
    }
    if let Some(text) = &args.from {
        training.first = Some(time::local_date(when::day(text, &now)?));
    }
    match &args.to {
        Some(text) => training.last = Some(time::local_date(when::day(text, &now)?)),
        None if args.from.is_some() || !corrects => training.last = training.first,
        None => {}
    }
    let texts = [
        (&args.title, &mut training.title),
        (&args.provider, &mut training.provider),
        (&args.subject, &mut training.subject),
        (&args.certificate, &mut training.certificate),
        (&args.note, &mut training.note),
    ];
    for (given, field) in texts {
        if let Some(text) = given {
            field.clone_from(text);
        }
    }
    training.minutes = args.hours.unwrap_or(training.minutes);
    training.education = (training.education || args.education) && !args.no_education;
    let request = v1::PutTrainingRequest {
        write: Some(write),
        training: Some(training),
    };
    let training = session.client.put_training(request).await?.training;
    let training = training.unwrap_or_default();
    let mut report = Report::default();
    let said = format!(
        "{} is {}: {} of {}.",
        training.title,
        if corrects { "corrected" } else { "entered" },
        standing::hours(training.minutes.into()),
        who(&training, names)
    );
    report.line(args.change.said(&said));
    report.object(&json(&training));
    Ok(report)
}

async fn remove(session: &Session, id: &str, change: &Change) -> Result<Report, Failure> {
    let names = session.names().await?;
    let training = match find(session, id).await? {
        Some(training) => training,
        // Sent again it is answered as it was, although the entry is gone by now.
        None if change.request_id.is_some() => v1::Training {
            id: id.to_owned(),
            ..v1::Training::default()
        },
        None => return Err(missing(id)),
    };
    let what = if training.title.is_empty() {
        id.to_owned()
    } else {
        format!("{} of {}", training.title, who(&training, names))
    };
    session.confirm(change, &format!("Remove {what}?"))?;
    let mut write = change.options();
    write.etag.clone_from(&training.etag);
    let request = v1::RemoveTrainingRequest {
        write: Some(write),
        training_id: training.id.clone(),
    };
    session.client.remove_training(request).await?;
    let mut report = Report::default();
    report.line(change.said(&format!("{what} is removed.")));
    report.object(&json(&training));
    Ok(report)
}
