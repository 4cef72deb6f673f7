//! Hygiene in words, for the command line and the screens.

use jiff::{civil, tz::TimeZone};
use treadwell_api::v1;

use crate::tui::time;

/// One of a therapist's own things, in words.
pub(crate) fn own_words(item: v1::OwnItem) -> &'static str {
    match item {
        v1::OwnItem::Unspecified => "",
        v1::OwnItem::WashedBefore => "washed before",
        v1::OwnItem::SockettesOn => "sockettes on",
        v1::OwnItem::SockettesBackOn => "sockettes back on",
        v1::OwnItem::WashedAfter => "washed after",
    }
}

/// `2026-10-14`.
fn day(date: &v1::LocalDate) -> String {
    time::date_of(date).map_or_else(String::new, |date| date.to_string())
}

/// What the day's log of a site is called.
pub(crate) fn title(log: &v1::HygieneLog) -> String {
    let date = log.date.as_ref().map(day).unwrap_or_default();
    format!("Hygiene at {}, {date}", log.site_name)
}

/// When the room was ready, or how much of its checklist is open.
pub(crate) fn ready(session: &v1::SessionLog, zone: &jiff::tz::TimeZone) -> String {
    match (&session.ready_at, &session.turnover) {
        (Some(_), _) => time::clock_of(session.ready_at.as_ref(), zone),
        (None, Some(turnover)) => {
            let open = turnover.items.iter().filter(|it| it.done_at.is_none());
            format!("{} open", open.count())
        }
        (None, None) => String::new(),
    }
}

/// What was attested of a therapist's feet.
pub(crate) fn care(therapist: &v1::FootCareLog, zone: &TimeZone) -> String {
    if therapist.attested_at.is_none() {
        return "not attested".to_owned();
    }
    let at = time::clock_of(therapist.attested_at.as_ref(), zone);
    let done = [
        (therapist.soak, "soak"),
        (therapist.scrub, "scrub"),
        (therapist.pedicure, "pedicure"),
    ];
    let mut words = vec![if therapist.ready {
        "no polish"
    } else {
        "NOT free of polish"
    }];
    words.extend(done.iter().filter(|(is, _)| *is).map(|(_, word)| *word));
    format!("{at} {}", words.join(", "))
}

/// Whether somebody is ready for barefoot work on a day: certified for a service that is done so, feet cared for and free of
/// polish.
pub(crate) fn is_ready(
    therapist: &v1::Therapist,
    services: &[v1::Service],
    today: civil::Date,
) -> bool {
    let day = |date: Option<&v1::LocalDate>| date.and_then(time::date_of);
    let holds = |id: &String| {
        let mut held = therapist.credentials.iter();
        held.any(|it| {
            it.id == *id && day(it.valid_through.as_ref()).is_none_or(|last| today <= last)
        })
    };
    let barefoot = [v1::Modality::Barefoot, v1::Modality::Combination];
    let able = services.iter().any(|service| {
        barefoot.contains(&service.modality()) && service.credential_ids.iter().all(holds)
    });
    !therapist.retired && able && day(therapist.foot_care_attested_on.as_ref()) == Some(today)
}

/// The log in short lines to read: sessions, feet, inspections.
pub(crate) fn lines(log: &v1::HygieneLog) -> Vec<String> {
    let zone = time::zone(&log.time_zone);
    let mut lines: Vec<String> = log.sessions.iter().map(|it| session(it, &zone)).collect();
    if lines.is_empty() {
        lines.push("No session was held.".to_owned());
    }
    let feet = log.therapists.iter().filter(|it| it.barefoot || it.ready);
    lines.extend(feet.map(|it| format!("{}, foot care: {}", it.therapist_name, care(it, &zone))));
    lines.extend(log.inspections.iter().map(inspection));
    lines
}

/// `H1 13:30-14:30 Lin Chen: own items done; room ready 14:41`.
fn session(session: &v1::SessionLog, zone: &TimeZone) -> String {
    let missing: Vec<_> = session.missing().map(own_words).collect();
    let own = if missing.is_empty() {
        "own items done".to_owned()
    } else {
        format!("! not recorded: {}", missing.join(", "))
    };
    let room = match ready(session, zone) {
        text if text.is_empty() => String::new(),
        text if session.ready_at.is_some() => format!("; room ready {text}"),
        text => format!("; checklist: {text}"),
    };
    let late = match session.late_minutes {
        0 => String::new(),
        late => format!(", LATE by {late} min"),
    };
    format!(
        "{} {}-{} {}: {own}{room}{late}",
        session.room_name,
        time::clock_of(session.started.as_ref(), zone),
        time::clock_of(session.finished.as_ref(), zone),
        session.therapist_name
    )
}

/// An inspection in one line.
pub(crate) fn inspection(inspection: &v1::SupportInspection) -> String {
    let date = inspection.date.as_ref().map(day).unwrap_or_default();
    let found = match &inspection.next_due {
        Some(due) => format!("passed, next due {}", day(due)),
        None => "FAILED".to_owned(),
    };
    let note = if inspection.note.is_empty() {
        String::new()
    } else {
        format!(": {}", inspection.note)
    };
    format!(
        "{} inspected on {date} by {}: {found}{note}",
        inspection.room_id, inspection.inspector
    )
}
