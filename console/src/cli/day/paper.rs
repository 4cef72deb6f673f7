//! The paper sheet of a site's day: what the desk works from when the link is down, 78 columns of plain text.

use std::fmt::Write as _;

use treadwell_client::v1;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Sheet, hours, outage_words, title};
use crate::{
    bars,
    cli::{present, report::clean},
    tui::time,
};

const WIDTH: usize = 78;
/// Under an appointment's time stands what else there is to know.
const INDENT: usize = 14;
/// Columns of the places to tick.
const TICKS: usize = 19;

/// The sheet: rooms in order, each with its appointments and places to tick what happens, then lines for walk-ins.
pub(super) fn print(sheet: &Sheet<'_>) -> String {
    let mut out = String::new();
    let printed = format!(
        "printed {}",
        time::day_and_clock(sheet.names.now, &sheet.zone)
    );
    let title = title(sheet);
    let gap = WIDTH.saturating_sub(title.width() + printed.width()).max(1);
    let _ = writeln!(out, "{title}{}{printed}", " ".repeat(gap));
    let _ = writeln!(out, "{}", "=".repeat(WIDTH));
    for outage in &sheet.day.outages {
        let _ = writeln!(out, "! {}", clean(&outage_words(outage, sheet)));
    }
    out.push_str("Tick: a = arrived, s = started, f = finished, t = turnover done\n\n");
    let rooms = sheet
        .names
        .catalog
        .rooms
        .iter()
        .filter(|room| room.site_id == sheet.site_id && !room.retired);
    for room in rooms {
        write_room(&mut out, sheet, room);
    }
    out.push_str("Walk-ins and changes\n");
    for _ in 0..6 {
        let _ = writeln!(out, "  {}", "_".repeat(WIDTH - 2));
    }
    out
}

/// A line of a room's day: what is booked or held.
enum Line<'a> {
    Booked(&'a v1::Appointment),
    Held(&'a v1::Hold),
}

fn write_room(out: &mut String, sheet: &Sheet<'_>, room: &v1::Room) {
    let bars = bars_words(sheet, room);
    let _ = writeln!(out, "{}{bars}", clean(&room.name));
    let booked = sheet.day.appointments.iter().filter(|appointment| {
        let gone = matches!(
            appointment.state(),
            v1::AppointmentState::Cancelled | v1::AppointmentState::NoShow
        );
        appointment.room_id == room.id && !gone
    });
    let held = sheet
        .day
        .holds
        .iter()
        .filter(|hold| hold.room_id == room.id);
    let mut lines: Vec<(i64, Line<'_>)> = booked
        .map(|booked| (seconds(booked.start.as_ref()), Line::Booked(booked)))
        .chain(held.map(|held| (seconds(held.start.as_ref()), Line::Held(held))))
        .collect();
    lines.sort_by_key(|(start, _)| *start);
    if lines.is_empty() {
        out.push_str("  (nothing booked)\n");
    }
    for (_, line) in lines {
        match line {
            Line::Booked(appointment) => write_booked(out, sheet, appointment),
            Line::Held(hold) => write_held(out, sheet, hold),
        }
    }
    out.push('\n');
}

fn seconds(at: Option<&prost_types::Timestamp>) -> i64 {
    at.map_or(0, |at| at.seconds)
}

/// `  BAR`, with when the bars are out on that day; empty for a room without bars.
fn bars_words(sheet: &Sheet<'_>, room: &v1::Room) -> String {
    let day = sheet.day;
    let opens = day.opens_at.as_ref().or(day.day_start.as_ref());
    let closes = day.closes_at.as_ref().or(day.day_end.as_ref());
    let (Some(opens), Some(closes)) = (opens.map(time::instant), closes.map(time::instant)) else {
        return String::new();
    };
    let Some(spans) = bars::spans_out(room, &day.outages, (opens, closes), &sheet.zone) else {
        return String::new();
    };
    if spans == [(opens, closes)] {
        return "  bar-out all day".to_owned();
    }
    let clock = |at| time::clock(at, &sheet.zone);
    let words: Vec<String> = spans
        .iter()
        .map(|(from, until)| match (*from == opens, *until == closes) {
            (true, _) => format!(", bar-out until {}", clock(*until)),
            (_, true) => format!(", bar-out from {}", clock(*from)),
            _ => format!(", bar-out {}-{}", clock(*from), clock(*until)),
        })
        .collect();
    format!("  BAR{}", words.concat())
}

fn write_booked(out: &mut String, sheet: &Sheet<'_>, appointment: &v1::Appointment) {
    let _ = writeln!(
        out,
        "  {} a[{}] s[{}] f[{}] t[ ] {} {}",
        hours(
            appointment.start.as_ref(),
            appointment.end.as_ref(),
            &sheet.zone
        ),
        tick(appointment.arrived_at.is_some()),
        tick(appointment.started_at.is_some()),
        tick(appointment.finished_at.is_some()),
        fit(present::client_of(appointment), 28),
        fit(&sheet.names.therapist(&appointment.therapist_id), 12).trim_end(),
    );
    let service = sheet.names.service(&appointment.service_id);
    let look = if appointment.flags.is_empty() {
        ""
    } else {
        "! look before the start"
    };
    let more = [
        look,
        service.as_str(),
        appointment.client_phone.as_str(),
        appointment.note.as_str(),
    ];
    write_more(out, &more);
}

/// A place that was kept for somebody when the sheet was printed. By now it is booked, or free again.
fn write_held(out: &mut String, sheet: &Sheet<'_>, hold: &v1::Hold) {
    let until = time::clock_of(hold.expires_at.as_ref(), &sheet.zone);
    let _ = writeln!(
        out,
        "  {} {} {} {}",
        hours(hold.start.as_ref(), hold.end.as_ref(), &sheet.zone),
        fit(&format!("held until {until}"), TICKS),
        fit("(not booked yet)", 28),
        fit(&sheet.names.therapist(&hold.therapist_id), 12).trim_end(),
    );
    let service = sheet.names.service(&hold.service_id);
    write_more(out, &[service.as_str()]);
}

fn write_more(out: &mut String, more: &[&str]) {
    let more: Vec<&str> = more
        .iter()
        .copied()
        .filter(|text| !text.is_empty())
        .collect();
    let more = fit(&more.join("  "), WIDTH - INDENT);
    let _ = writeln!(out, "{}{}", " ".repeat(INDENT), more.trim_end());
}

fn tick(done: bool) -> char {
    if done { 'x' } else { ' ' }
}

/// The text in exactly so many columns, cut or padded.
fn fit(text: &str, width: usize) -> String {
    let mut fitted = String::new();
    let mut used = 0;
    for c in clean(text).chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width {
            break;
        }
        used += wide;
        fitted.push(c);
    }
    fitted.push_str(&" ".repeat(width - used));
    fitted
}
