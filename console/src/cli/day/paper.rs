//! The paper sheet of a site's day: what the desk works from when the link is down, 78 columns of plain text.

use std::fmt::Write as _;

use treadwell_client::v1;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Sheet, hours, outage_words, title};
use crate::{
    cli::{present, report::clean},
    tui::time,
};

const WIDTH: usize = 78;
/// Under an appointment's time stands what else there is to know.
const INDENT: usize = 14;

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

fn write_room(out: &mut String, sheet: &Sheet<'_>, room: &v1::Room) {
    let bars = room
        .equipment()
        .any(|equipment| equipment == v1::Equipment::ParallelBars);
    let _ = writeln!(
        out,
        "{}{}",
        clean(&room.name),
        if bars { "  BAR" } else { "" }
    );
    let mut any = false;
    for appointment in &sheet.day.appointments {
        let gone = matches!(
            appointment.state(),
            v1::AppointmentState::Cancelled | v1::AppointmentState::NoShow
        );
        if appointment.room_id != room.id || gone {
            continue;
        }
        any = true;
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
        let more: Vec<&str> = more.into_iter().filter(|text| !text.is_empty()).collect();
        let _ = writeln!(
            out,
            "{}{}",
            " ".repeat(INDENT),
            fit(&more.join("  "), WIDTH - INDENT).trim_end()
        );
    }
    if !any {
        out.push_str("  (nothing booked)\n");
    }
    out.push('\n');
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
