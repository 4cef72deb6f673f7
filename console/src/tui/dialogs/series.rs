//! Series: what would become of each appointment is shown before it is done.

use treadwell_api::v1;

use super::{
    ask::{self, Ask},
    form::Topic,
};
use crate::tui::{
    call::Call,
    event::{Effect, Purpose},
    model::Model,
    time, visit,
};

/// So many lines of results fit a question on the smallest screen, each of so many letters.
const MOST: usize = 12;
const COLUMNS: usize = 66;

/// The answers to which others of a series are meant, in the order of [`SCOPES`].
pub(super) const WHICH: [&str; 3] = [
    "only this one",
    "this and those that follow",
    "all of the series",
];

/// What each of [`WHICH`] means to the server; nothing for the appointment alone.
const SCOPES: [Option<v1::SeriesScope>; 3] = [
    None,
    Some(v1::SeriesScope::Following),
    Some(v1::SeriesScope::All),
];

/// What the chosen one of [`WHICH`] means to the server.
pub(super) fn scope(chosen: usize) -> Option<v1::SeriesScope> {
    SCOPES.get(chosen).copied().flatten()
}

/// Asks the server what would become of each, with those left out that can not be had.
pub(crate) fn try_out(model: &mut Model, call: Call) -> Vec<Effect> {
    model.write(Purpose::SeriesPreview, call.dry())
}

/// Shows what would become of each, and asks whether it shall be done.
pub(crate) fn tried(model: &mut Model, asked: Call, results: &[v1::SeriesResult]) -> Vec<Effect> {
    // Over another dialog, or when another booking was begun, the question is not expected any more.
    let hold = model.book.hold.as_ref().map(|hold| &hold.id);
    let is_gone = matches!(&asked, Call::BookSeries(asked) if hold != Some(&asked.hold_id));
    if model.dialog.is_some() || is_gone {
        return Vec::new();
    }
    let impossible = |it: &v1::SeriesResult| !it.obstacles.is_empty();
    let left = results.iter().filter(|it| impossible(it)).count();
    let choice = if left == 0 {
        v1::OnImpossible::FailAll
    } else {
        v1::OnImpossible::Skip
    };
    let mut call = asked.meant();
    let (title, purpose) = match &mut call {
        Call::BookSeries(call) => {
            call.on_impossible = choice.into();
            ("Book a series", Purpose::Book)
        }
        Call::MoveSeries(call) => {
            call.on_impossible = choice.into();
            ("Move a series", Purpose::Act)
        }
        _ => return Vec::new(),
    };
    let first = results.iter().find_map(|it| it.appointment.as_ref());
    let mut lines: Vec<String> = first.map(|it| whose(model, it)).into_iter().collect();
    lines.push(match left {
        0 => format!("All {} can be had.", results.len()),
        _ => format!(
            "{left} of {} can not be had and {} left out.",
            results.len(),
            if left == 1 { "is" } else { "are" }
        ),
    });
    lines.extend(each(model, results));
    let mut question = Ask::send(title, lines, purpose, call);
    question.form = (purpose == Purpose::Act).then_some(Topic::Move);
    ask::open(model, question)
}

/// A line each; when there are too many, those that can not be had come first.
fn each(model: &Model, results: &[v1::SeriesResult]) -> Vec<String> {
    let cost = |text: &String| 1 + text.len() / COLUMNS;
    let mut all: Vec<(bool, String)> = results
        .iter()
        .map(|it| (it.obstacles.is_empty(), line(model, it)))
        .collect();
    let whole: usize = all.iter().map(|(_, text)| cost(text)).sum();
    if whole > MOST {
        all.sort_by_key(|(had, _)| *had);
    }
    let mut lines: Vec<String> = Vec::new();
    let mut left = if whole > MOST { MOST - 1 } else { MOST };
    for (_, text) in all {
        match left.checked_sub(cost(&text)) {
            Some(rest) => left = rest,
            None => break,
        }
        lines.push(text);
    }
    if lines.len() < results.len() {
        lines.push(format!("and {} more", results.len() - lines.len()));
    }
    lines
}

/// `Nora Field, Ashiatsu 60`
fn whose(model: &Model, visit: &v1::Appointment) -> String {
    let service = model.service_name(&visit.service_id);
    format!("{}, {service}", visit.client_name)
}

/// `2. Tue 27 Oct 14:00, H3 with Chen`, or why not and what instead.
fn line(model: &Model, result: &v1::SeriesResult) -> String {
    let zone = model.home_zone();
    let at = result.start.as_ref().map(time::instant).unwrap_or_default();
    let at = |zone| time::day_and_clock(at, zone);
    if let Some(booked) = &result.appointment {
        return format!(
            "{}. {}, {} with {}",
            result.number,
            at(&model.zone(&booked.site_id)),
            model.room_name(&booked.room_id),
            model.therapist_name(&booked.therapist_id)
        );
    }
    let why = result.obstacles.first().map_or("", |it| it.text.as_str());
    let instead = result.alternatives.first().map(|place| {
        let at = place.start.parse().map_or_else(
            |_| place.start.clone(),
            |at| time::day_and_clock(at, &model.zone(&place.site_id)),
        );
        format!(" Instead: {at}, {}.", model.room_name(&place.room_id))
    });
    format!(
        "{}. ! {}: {why}{}",
        result.number,
        at(&zone),
        instead.unwrap_or_default()
    )
}

/// What was done, in words: `5 of 6; the first is ...`.
pub(crate) fn words(model: &Model, results: &[v1::SeriesResult]) -> String {
    let mut done = results.iter().filter_map(|it| it.appointment.as_ref());
    let first = done.next().map(|first| visit::words(model, first));
    let had = done.count() + usize::from(first.is_some());
    format!(
        "{had} of {}; the first is {}",
        results.len(),
        first.unwrap_or_default()
    )
}
