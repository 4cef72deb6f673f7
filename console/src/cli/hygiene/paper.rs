//! A day's hygiene log on paper: what is shown to whoever inspects the clinic. 78 columns of plain text.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use treadwell_client::v1;

use crate::{
    cli::report::clean,
    hygiene::{care, inspection, own_words, title},
    tui::{pen::wrap, time},
};

const WIDTH: usize = 78;

/// The whole log: each session with every item, who did it and when; feet; inspections; a line to sign.
pub(super) fn print(log: &v1::HygieneLog) -> String {
    let zone = time::zone(&log.time_zone);
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{}", clean(&title(log)), "=".repeat(WIDTH));
    let _ = writeln!(out, "Sessions\n");
    if log.sessions.is_empty() {
        let _ = writeln!(out, "  none was held\n");
    }
    for session in &log.sessions {
        write_session(&mut out, log, session, &zone);
    }
    let _ = writeln!(out, "Foot care\n");
    for therapist in &log.therapists {
        let _ = writeln!(
            out,
            "  {:<28} {:<9} {}",
            clean(&therapist.therapist_name),
            if therapist.barefoot { "barefoot" } else { "" },
            care(therapist, &zone)
        );
    }
    let _ = writeln!(out, "\nInspections of overhead support\n");
    if log.inspections.is_empty() {
        let _ = writeln!(out, "  none on this day");
    }
    for found in &log.inspections {
        let _ = writeln!(out, "  {}", clean(&inspection(found)));
    }
    let _ = writeln!(out, "\nSeen by {:_<30}  on {:_<20}", "", "");
    out
}

fn write_session(
    out: &mut String,
    log: &v1::HygieneLog,
    session: &v1::SessionLog,
    zone: &TimeZone,
) {
    let _ = writeln!(
        out,
        "{}  {}-{}  {}, {}",
        clean(&session.room_name),
        time::clock_of(session.started.as_ref(), zone),
        time::clock_of(session.finished.as_ref(), zone),
        clean(&session.therapist_name),
        clean(&session.service_name)
    );
    for own in &session.own {
        let at = time::clock_of(own.done_at.as_ref(), zone);
        tick(
            out,
            true,
            own_words(own.item()),
            &at,
            who(log, &own.done_by),
        );
    }
    for missing in session.missing() {
        tick(out, false, own_words(missing), "", "not recorded");
    }
    for item in session.turnover.iter().flat_map(|it| &it.items) {
        let at = time::clock_of(item.done_at.as_ref(), zone);
        let done = item.done_at.is_some();
        tick(out, done, &item.label, &at, who(log, &item.done_by));
    }
    if let Some(turnover) = &session.turnover {
        let due = time::clock_of(turnover.due.as_ref(), zone);
        let ready = match &session.ready_at {
            Some(_) => format!("ready {}", time::clock_of(session.ready_at.as_ref(), zone)),
            None => "not ready yet".to_owned(),
        };
        let late = match session.late_minutes {
            0 => String::new(),
            late => format!(", LATE by {late} min"),
        };
        let _ = writeln!(out, "    room due {due}, {ready}{late}");
    }
    out.push('\n');
}

fn tick(out: &mut String, done: bool, what: &str, at: &str, who: &str) {
    const COLUMNS: usize = 44;
    let mut mark = if done { "[x]" } else { "[ ]" };
    let mut words = wrap(&clean(what), COLUMNS);
    let last = words.pop().unwrap_or_default();
    for line in words {
        let _ = writeln!(out, "    {mark} {line}");
        mark = "   ";
    }
    let line = format!("    {mark} {last:<COLUMNS$} {at:<5} {}", clean(who));
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The name of a key; its id when the log does not name it.
fn who<'a>(log: &'a v1::HygieneLog, key: &'a str) -> &'a str {
    let named = log.keys.iter().find(|named| named.id == key);
    named.map_or(key, |named| named.name.as_str())
}
