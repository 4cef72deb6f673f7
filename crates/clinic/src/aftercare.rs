//! Aftercare: what a client is told after a session, with the times at which restrictions end.
//!
//! Everything is counted from when the session was really over. Hours are elapsed time and end on the next
//! 5 minutes of the clock, which is the careful side; on the days on which the clock is changed that is
//! another time of day than the one at which the session ended.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan};

use crate::clinic::Clinic;
use crate::model::{
    AdviceItem, Appointment, Guide, Lasting, RecordId, Service, Sheet, SheetLine, State, Verb,
};
use crate::refusal::Refusal;
use crate::time::{Cell, Zone};

#[cfg(test)]
mod tests;

/// The width of a printed page, in characters.
pub const PAGE_WIDTH: usize = 80;

/// The sheet that a client can be given after an appointment, or why there is none.
pub fn judge(clinic: &Clinic, appointment: &Appointment) -> Result<Sheet, Refusal> {
    let what = RecordId::Appointment(appointment.id);
    appointment
        .state
        .allows(Verb::GiveAftercare)
        .map_err(|wrong| Refusal::WrongPhase { what, wrong })?;
    sheet(clinic, appointment).ok_or(Refusal::NoAdvice {
        service: appointment.slot.service,
    })
}

/// The sheet for an appointment by the guide in force. None unless the session is over, or when the guide
/// has no advice for the service.
fn sheet(clinic: &Clinic, appointment: &Appointment) -> Option<Sheet> {
    let State::Completed(session) = &appointment.state else {
        return None;
    };
    let slot = &appointment.slot;
    let service = clinic.service(slot.service)?;
    let site = clinic.site(slot.site)?;
    let guide = &clinic.policy().guide;
    Some(Sheet {
        service: slot.service,
        therapist: slot.therapist,
        finished: session.finished,
        lines: lines(guide, service, session.finished, &site.zone)?,
    })
}

fn lines(
    guide: &Guide,
    service: &Service,
    finished: Timestamp,
    zone: &Zone,
) -> Option<Vec<SheetLine>> {
    let advice = guide.advice_for(service.modality)?;
    Some(
        advice
            .items
            .iter()
            .map(|item| line(item, finished, zone))
            .collect(),
    )
}

fn line(item: &AdviceItem, finished: Timestamp, zone: &Zone) -> SheetLine {
    let (until, word) = match item.lasting {
        Lasting::Open => {
            return SheetLine {
                text: item.text.clone(),
                until: None,
            };
        }
        Lasting::Hours(hours) => {
            let end = finished
                .saturating_add(i64::from(hours).hours())
                .unwrap_or(finished);
            let until = Cell::at_or_after(end).timestamp();
            (until, clock(until, zone))
        }
        Lasting::Midnight => {
            let today = zone.local(finished).date();
            (zone.end_of(today), "midnight".to_owned())
        }
    };
    SheetLine {
        text: item.text.replace(AdviceItem::UNTIL, &word),
        until: Some(until),
    }
}

/// A time as a client reads it: `Wed 15:30`.
fn clock(at: Timestamp, zone: &Zone) -> String {
    let local = zone.local(at);
    let mut text = local.strftime("%a %H:%M").to_string();
    // The hour that the clock shows twice: without a word it would be read as the first.
    if zone.instant(local.date(), local.time()) != at {
        text.push_str(" (after the clock went back)");
    }
    text
}

/// The sheet as a short text, one line each.
pub fn text(sheet: &Sheet) -> String {
    let lines: Vec<&str> = sheet.lines.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}

/// The sheet as a page of [`PAGE_WIDTH`] columns for the client to take home, without control characters
/// but line breaks.
pub fn page(clinic: &Clinic, appointment: &Appointment, sheet: &Sheet) -> String {
    let mut page = String::new();
    let site = clinic.site(appointment.slot.site);
    if let Some(site) = site {
        wrapped(&mut page, "", &site.name);
        for line in site.address.lines() {
            wrapped(&mut page, "", line);
        }
        wrapped(&mut page, "", &site.phone);
    }
    rule(&mut page);
    let client = clinic.client(appointment.client);
    let service = clinic.service(sheet.service);
    let therapist = clinic.therapist(sheet.therapist);
    let name = |found: Option<&String>| found.cloned().unwrap_or_default();
    wrapped(&mut page, "", "AFTER YOUR SESSION");
    page.push('\n');
    for (label, value) in [
        ("For        ", name(client.map(|client| &client.name))),
        ("Treatment  ", name(service.map(|service| &service.name))),
        (
            "Therapist  ",
            name(therapist.map(|therapist| &therapist.name)),
        ),
        (
            "Finished   ",
            site.map(|site| {
                let local = site.zone.local(sheet.finished);
                local.strftime("%a %-d %b %Y, %H:%M").to_string()
            })
            .unwrap_or_default(),
        ),
    ] {
        wrapped(&mut page, label, &value);
    }
    rule(&mut page);
    for line in &sheet.lines {
        wrapped(&mut page, "- ", &line.text);
    }
    page
}

pub(crate) fn rule(page: &mut String) {
    writeln!(page, "{}", "-".repeat(PAGE_WIDTH)).expect("a String takes all text");
}

/// Writes text behind a label, broken at spaces; what follows stands below the text. Nothing for no text.
pub(crate) fn wrapped(page: &mut String, label: &str, text: &str) {
    let indent = label.chars().count();
    let width = PAGE_WIDTH - indent;
    let mut start = label.to_owned();
    let mut line = String::new();
    let mut write = |line: &mut String| {
        if !line.is_empty() {
            writeln!(page, "{start}{line}").expect("a String takes all text");
            start = " ".repeat(indent);
            line.clear();
        }
    };
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        // A word that is longer than a line is cut.
        for part in letters.chunks(width) {
            let space = usize::from(!line.is_empty());
            if line.chars().count() + space + part.len() > width {
                write(&mut line);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(part);
        }
    }
    write(&mut line);
}
