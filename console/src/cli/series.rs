//! Series on the command line: `book --every`, and `--scope` of `move` and `cancel`.

use clap::{Args, ValueEnum};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::{self, AppointmentJson},
    report::{Report, Table},
    session::Session,
};
use crate::tui::time;

/// How a booking repeats.
#[derive(Debug, Default, Args)]
pub(crate) struct Repeat {
    /// Books the same again after so long, for example 2w or 10d, at the same local time
    #[arg(long, value_name = "TIME", requires = "times", value_parser = days)]
    pub(crate) every: Option<i32>,
    /// How many there shall be, 2 to 52
    #[arg(long, value_name = "N", requires = "every")]
    pub(crate) times: Option<i32>,
    /// Leaves out what can not be had [default: then nothing is booked]
    #[arg(long, requires = "every")]
    pub(crate) skip_impossible: bool,
}

impl Repeat {
    /// Days from one to the next, and how many.
    pub(crate) fn given(&self) -> Option<(i32, i32)> {
        self.every.zip(self.times)
    }
}

/// What becomes of a series when some of it can not be had.
pub(crate) fn on_impossible(skip: bool) -> v1::OnImpossible {
    if skip {
        v1::OnImpossible::Skip
    } else {
        v1::OnImpossible::FailAll
    }
}

/// Which appointments of a series are meant besides the one that is named.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scope {
    /// Those that follow it, too
    Following,
    /// All that have not begun, too
    All,
}

impl From<Scope> for v1::SeriesScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Following => Self::Following,
            Scope::All => Self::All,
        }
    }
}

/// Days of `2w` or `10d`.
fn days(text: &str) -> Result<i32, String> {
    crate::when::every(text).ok_or_else(|| "weeks or days, for example 2w or 10d".to_owned())
}

/// What became of one of a series, as `--json` prints it.
#[derive(Serialize)]
struct ResultJson<'a> {
    number: i32,
    start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    appointment: Option<AppointmentJson>,
    /// The one that stays where it is.
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_id: &'a str,
    /// Why it could not be had.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    /// The nearest place that it could have had.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative: Option<AlternativeJson<'a>>,
}

#[derive(Serialize)]
struct AlternativeJson<'a> {
    start: String,
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
}

/// What became of each: a row and an object each, after a word on how many were done.
pub(crate) async fn told(
    session: &Session,
    change: &Change,
    done: &str,
    results: &[v1::SeriesResult],
    site_id: &str,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let had = results.iter().filter(|it| it.obstacles.is_empty()).count();
    report.line(change.said(&format!("{done} {had} of {}.", results.len())));
    let mut table = Table::new([
        "no",
        "when",
        "room",
        "therapist",
        "id",
        "not had because",
        "instead",
    ]);
    for result in results {
        let booked = result.appointment.as_ref();
        let site = booked.map_or(site_id, |it| &it.site_id);
        let zone = names.zone_of(site);
        let start = result.start.as_ref().map(time::instant).unwrap_or_default();
        let obstacle = result.obstacles.first();
        let instead = result.alternatives.first();
        table.row([
            result.number.to_string(),
            time::day_and_clock(start, &zone),
            booked.map_or_else(String::new, |it| names.room(&it.room_id)),
            booked.map_or_else(String::new, |it| names.therapist(&it.therapist_id)),
            result.appointment_id.clone(),
            obstacle.map_or_else(String::new, |it| it.text.clone()),
            instead.map_or_else(String::new, |it| place(it, names)),
        ]);
        report.object(&ResultJson {
            number: result.number,
            start: present::rfc3339(start, &zone),
            appointment: booked.map(|it| AppointmentJson::new(it, names)),
            appointment_id: if booked.is_some() {
                ""
            } else {
                &result.appointment_id
            },
            reason: obstacle.map_or("", |it| &it.reason),
            text: obstacle.map_or("", |it| &it.text),
            alternative: instead.map(|it| AlternativeJson {
                start: it.start.parse().map_or_else(
                    |_| it.start.clone(),
                    |at| present::rfc3339(at, &names.zone_of(&it.site_id)),
                ),
                site_id: &it.site_id,
                room_id: &it.room_id,
                therapist_id: &it.therapist_id,
            }),
        });
    }
    report.table(table);
    Ok(report)
}

/// `Tue 20 Oct 15:00, H3 with Chen`.
fn place(instead: &v1::Alternative, names: &Names) -> String {
    let zone = names.zone_of(&instead.site_id);
    let at = instead.start.parse().map_or_else(
        |_| instead.start.clone(),
        |at| time::day_and_clock(at, &zone),
    );
    format!(
        "{at}, {} with {}",
        names.room(&instead.room_id),
        names.therapist(&instead.therapist_id)
    )
}
