//! `day`: a site's day on the screen, or a sheet of paper for each site.

mod paper;

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;
use treadwell_client::v1;

use super::{
    failure::Failure,
    names::Names,
    present::{self, AppointmentJson, iso_date, rfc3339_of},
    report::{Report, Table},
    session::Session,
};
use crate::{
    tui::{time, words},
    when,
};

#[derive(Debug, Args)]
pub(crate) struct DayArgs {
    /// The day, for example fri, tomorrow or 2026-10-14 [default: today]
    day: Option<String>,
    /// Only this site [default: the one in the configuration, else all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// A paper sheet for each site, for the hour when the link is down
    #[arg(long)]
    print: bool,
}

/// A day as `--json` prints it, one line a site.
#[derive(Serialize)]
struct DayJson {
    site_id: String,
    date: String,
    /// Left out when the site is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_at: Option<String>,
    appointments: Vec<AppointmentJson>,
    /// Rooms with sound bars free by plan, for each quarter of an hour from `free_bar_rooms_from`.
    free_bar_rooms: Vec<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bar_rooms_from: Option<String>,
}

/// A site's day and its names.
struct Sheet<'a> {
    site_id: &'a str,
    zone: TimeZone,
    day: &'a v1::GetDaySheetResponse,
    names: &'a Names,
}

pub(crate) async fn run(session: &Session, args: &DayArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut site_ids = session.sites(args.site.as_deref()).await?;
    if site_ids.is_empty() {
        site_ids = names
            .catalog
            .sites
            .iter()
            .map(|site| site.id.clone())
            .collect();
    }
    let mut report = Report::default();
    for (at, site_id) in site_ids.iter().enumerate() {
        let date = args
            .day
            .as_deref()
            .map(|text| when::day(text, &names.now_at(Some(site_id))?).map_err(Failure::from));
        let request = v1::GetDaySheetRequest {
            site_id: site_id.clone(),
            date: date.transpose()?.map(time::local_date),
        };
        let day = session.client.get_day_sheet(request).await?;
        let sheet = Sheet {
            site_id,
            zone: names.zone_of(site_id),
            day: &day,
            names,
        };
        if args.print {
            if at > 0 {
                // A form feed: each site gets its own paper.
                report.verbatim("\u{c}");
            }
            report.verbatim(paper::print(&sheet));
        } else {
            text(&mut report, &sheet);
        }
        report.object(&object(&sheet));
    }
    Ok(report)
}

fn text(report: &mut Report, sheet: &Sheet<'_>) {
    report.line(title(sheet));
    for outage in &sheet.day.outages {
        report.line(format!("! {}", outage_words(outage, sheet)));
    }
    let mut table = Table::new([
        "time",
        "room",
        "client",
        "service",
        "therapist",
        "state",
        "flags",
        "id",
    ]);
    for appointment in &sheet.day.appointments {
        table.row([
            hours(
                appointment.start.as_ref(),
                appointment.end.as_ref(),
                &sheet.zone,
            ),
            sheet.names.room(&appointment.room_id),
            present::client_of(appointment).to_owned(),
            sheet.names.service(&appointment.service_id),
            sheet.names.therapist(&appointment.therapist_id),
            words::appointment_state(appointment.state()).to_owned(),
            if appointment.flags.is_empty() {
                String::new()
            } else {
                format!("! {}", appointment.flags.len())
            },
            appointment.id.clone(),
        ]);
    }
    for hold in &sheet.day.holds {
        table.row([
            hours(hold.start.as_ref(), hold.end.as_ref(), &sheet.zone),
            sheet.names.room(&hold.room_id),
            "held".to_owned(),
            sheet.names.service(&hold.service_id),
            sheet.names.therapist(&hold.therapist_id),
            format!(
                "until {}",
                time::clock_of(hold.expires_at.as_ref(), &sheet.zone)
            ),
            String::new(),
            hold.id.clone(),
        ]);
    }
    if table.is_empty() {
        report.line("Nothing is booked.");
    }
    report.table(table);
    if let Some(line) = free_bars(sheet) {
        report.line(line);
    }
    report.line("");
}

/// `HALIFAX  Wed 14 Oct 2026, open 08:00-20:00`.
fn title(sheet: &Sheet<'_>) -> String {
    let date = sheet.day.date.as_ref().and_then(time::date_of);
    let date = date
        .map(|date| date.strftime("%a %-d %b %Y").to_string())
        .unwrap_or_default();
    let open = match (&sheet.day.opens_at, &sheet.day.closes_at) {
        (Some(opens), Some(closes)) => {
            format!("open {}", hours(Some(opens), Some(closes), &sheet.zone))
        }
        _ => "closed".to_owned(),
    };
    format!(
        "{}  {date}, {open}",
        sheet.names.site(sheet.site_id).to_uppercase()
    )
}

fn hours(
    start: Option<&prost_types::Timestamp>,
    end: Option<&prost_types::Timestamp>,
    zone: &TimeZone,
) -> String {
    format!(
        "{}-{}",
        time::clock_of(start, zone),
        time::clock_of(end, zone)
    )
}

fn outage_words(outage: &v1::Outage, sheet: &Sheet<'_>) -> String {
    let what = if outage.support_only {
        "bars of room"
    } else {
        "room"
    };
    let room = sheet.names.room(&outage.room_id);
    let until = outage.end.as_ref().map_or_else(
        || "until further notice".to_owned(),
        |end| {
            format!(
                "until {}",
                time::day_and_clock(time::instant(end), &sheet.zone)
            )
        },
    );
    format!("{what} {room} out {until}: {}", outage.reason)
}

/// The least number of bar rooms that are free in each hour.
fn free_bars(sheet: &Sheet<'_>) -> Option<String> {
    let from = sheet.day.free_bar_rooms_from.as_ref().map(time::instant)?;
    let hours = sheet
        .day
        .free_bar_rooms
        .chunks(4)
        .enumerate()
        .filter_map(|(hour, quarters)| {
            let at = from
                .checked_add(jiff::Span::new().hours(i64::try_from(hour).ok()?))
                .ok()?;
            Some(format!(
                "{} {}",
                time::clock(at, &sheet.zone),
                quarters.iter().min()?
            ))
        });
    let hours: Vec<String> = hours.collect();
    (!hours.is_empty()).then(|| format!("Free bar rooms, by the hour: {}", hours.join("  ")))
}

fn object(sheet: &Sheet<'_>) -> DayJson {
    DayJson {
        site_id: sheet.site_id.to_owned(),
        date: sheet.day.date.as_ref().map(iso_date).unwrap_or_default(),
        opens_at: rfc3339_of(sheet.day.opens_at.as_ref(), &sheet.zone),
        closes_at: rfc3339_of(sheet.day.closes_at.as_ref(), &sheet.zone),
        appointments: sheet
            .day
            .appointments
            .iter()
            .map(|appointment| AppointmentJson::new(appointment, sheet.names))
            .collect(),
        free_bar_rooms: sheet.day.free_bar_rooms.clone(),
        free_bar_rooms_from: rfc3339_of(sheet.day.free_bar_rooms_from.as_ref(), &sheet.zone),
    }
}

#[cfg(test)]
#[path = "tests/day.rs"]
mod tests;
