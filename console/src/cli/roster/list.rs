//! What the roster's commands answer.

use serde::Serialize;
use treadwell_client::v1;

use super::RosterArgs;
use crate::{
    cli::{
        affected,
        args::Change,
        failure::Failure,
        names::Names,
        present::{iso_date, rfc3339_of},
        report::{Report, Table},
        session::{PAGE, Session},
    },
    hours,
    tui::time,
    when,
};

/// A shift as `--json` prints it.
#[derive(Serialize)]
struct ShiftJson<'a> {
    id: &'a str,
    therapist_id: &'a str,
    site_id: &'a str,
    start: Option<String>,
    end: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    template_id: &'a str,
}

/// A weekly template as `--json` prints it.
#[derive(Serialize)]
struct TemplateJson<'a> {
    id: &'a str,
    therapist_id: &'a str,
    site_id: &'a str,
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    every_weeks: i32,
    shifts: Vec<String>,
    exceptions: Vec<String>,
}

/// Time off as `--json` prints it.
#[derive(Serialize)]
struct TimeOffJson<'a> {
    id: &'a str,
    therapist_id: &'a str,
    start: Option<String>,
    end: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

pub(super) async fn shifts(session: &Session, args: &RosterArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(args.site.as_deref()).await?;
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let first = when::day(args.from.as_deref().unwrap_or("today"), &now)?;
    let days = jiff::Span::new().days(i64::from(args.days));
    let midnight = |date: jiff::civil::Date| -> Result<_, Failure> {
        let zoned = date.to_zoned(now.time_zone().clone());
        zoned
            .map(|at| Some(time::wire(at.timestamp())))
            .map_err(|_| Failure::usage("that day is too far"))
    };
    let therapist_ids = match &args.therapist {
        Some(text) => vec![names.find_therapist(text)?],
        None => Vec::new(),
    };
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = session
            .client
            .list_shifts(v1::ListShiftsRequest {
                site_ids: site_ids.clone(),
                therapist_ids: therapist_ids.clone(),
                from: midnight(first)?,
                until: midnight(first.saturating_add(days))?,
                page_size: PAGE,
                page_token,
            })
            .await?;
        all.extend(page.shifts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let start = |shift: &v1::Shift| shift.start.map(|at| at.seconds);
    all.sort_by(|a, b| (start(a), &a.therapist_id).cmp(&(start(b), &b.therapist_id)));
    let mut report = Report::default();
    if all.is_empty() {
        report.line("Nobody is on shift.");
    }
    add_shifts(&mut report, &all, names);
    Ok(report)
}

pub(super) fn add_shifts(report: &mut Report, shifts: &[v1::Shift], names: &Names) {
    let mut table = Table::new(["day", "who", "site", "hours", "breaks", "from", "id"]);
    for shift in shifts {
        let zone = names.zone_of(&shift.site_id);
        let start = shift.start.as_ref().map(time::instant).unwrap_or_default();
        let breaks: Vec<_> = shift
            .breaks
            .iter()
            .map(|pause| hours::clocks(pause.start.as_ref(), pause.end.as_ref(), &zone))
            .collect();
        table.row([
            time::day(start.to_zoned(zone.clone()).date()),
            names.therapist(&shift.therapist_id),
            names.site(&shift.site_id),
            hours::clocks(shift.start.as_ref(), shift.end.as_ref(), &zone),
            breaks.join(" "),
            if shift.template_id.is_empty() {
                "by hand".to_owned()
            } else {
                shift.template_id.clone()
            },
            shift.id.clone(),
        ]);
        report.object(&ShiftJson {
            id: &shift.id,
            therapist_id: &shift.therapist_id,
            site_id: &shift.site_id,
            start: rfc3339_of(shift.start.as_ref(), &zone),
            end: rfc3339_of(shift.end.as_ref(), &zone),
            template_id: &shift.template_id,
        });
    }
    report.table(table);
}

/// The template with an id.
pub(super) async fn template(session: &Session, id: &str) -> Result<v1::WeekTemplate, Failure> {
    let mut all = all_templates(session).await?.into_iter();
    all.find(|template| template.id == id).ok_or_else(|| {
        Failure::usage(format!(
            "there is no week {id}; `roster template` lists them"
        ))
    })
}

async fn all_templates(session: &Session) -> Result<Vec<v1::WeekTemplate>, Failure> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = session
            .client
            .list_week_templates(v1::ListWeekTemplatesRequest {
                site_ids: session.sites(None).await?,
                page_size: PAGE,
                page_token,
                ..v1::ListWeekTemplatesRequest::default()
            })
            .await?;
        all.extend(page.templates);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

pub(super) async fn templates(session: &Session) -> Result<Report, Failure> {
    let names = session.names().await?;
    let all = all_templates(session).await?;
    let mut report = Report::default();
    if all.is_empty() {
        report.line("There are no weekly templates.");
    }
    add_templates(&mut report, &all, names);
    Ok(report)
}

pub(super) fn add_templates(report: &mut Report, templates: &[v1::WeekTemplate], names: &Names) {
    let mut table = Table::new(["who", "site", "hours", "from", "until", "weeks", "id"]);
    for template in templates {
        let shifts = hours::week_words(&template.shifts);
        let every = match template.every_weeks {
            1 => "every".to_owned(),
            weeks => format!("every {weeks}"),
        };
        table.row([
            names.therapist(&template.therapist_id),
            names.site(&template.site_id),
            shifts.join(", "),
            template.first.as_ref().map(iso_date).unwrap_or_default(),
            template.last.as_ref().map(iso_date).unwrap_or_default(),
            every,
            template.id.clone(),
        ]);
        report.object(&TemplateJson {
            id: &template.id,
            therapist_id: &template.therapist_id,
            site_id: &template.site_id,
            first: template.first.as_ref().map(iso_date),
            last: template.last.as_ref().map(iso_date),
            every_weeks: template.every_weeks,
            shifts,
            exceptions: template.exceptions.iter().map(iso_date).collect(),
        });
    }
    report.table(table);
}

pub(super) async fn time_off(session: &Session) -> Result<Report, Failure> {
    let names = session.names().await?;
    let until = names.now + jiff::SignedDuration::from_hours(24 * 400);
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = session
            .client
            .list_time_off(v1::ListTimeOffRequest {
                from: Some(time::wire(names.now)),
                until: Some(time::wire(until)),
                page_size: PAGE,
                page_token,
                ..v1::ListTimeOffRequest::default()
            })
            .await?;
        all.extend(page.time_off);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    all.sort_by_key(|it| it.start.map(|at| at.seconds));
    let mut report = Report::default();
    if all.is_empty() {
        report.line("Nobody has time off.");
    }
    add_time_off(&mut report, &all, names)?;
    Ok(report)
}

pub(super) fn add_time_off(
    report: &mut Report,
    all: &[v1::TimeOff],
    names: &Names,
) -> Result<(), Failure> {
    let zone = names.only_zone()?;
    let mut table = Table::new(["who", "from", "until", "reason", "id"]);
    for off in all {
        let at = |wire: &prost_types::Timestamp| time::near(time::instant(wire), names.now, &zone);
        table.row([
            names.therapist(&off.therapist_id),
            off.start.as_ref().map(at).unwrap_or_default(),
            off.end.as_ref().map(at).unwrap_or_default(),
            off.reason.clone(),
            off.id.clone(),
        ]);
        report.object(&TimeOffJson {
            id: &off.id,
            therapist_id: &off.therapist_id,
            start: rfc3339_of(off.start.as_ref(), &zone),
            end: rfc3339_of(off.end.as_ref(), &zone),
            reason: &off.reason,
        });
    }
    report.table(table);
    Ok(())
}

/// That something is removed, and whom that hits.
pub(super) fn removed(
    said: impl AsRef<str>,
    ids: &[String],
    shown: &[v1::Appointment],
    names: &Names,
) -> Report {
    let mut report = Report::default();
    report.line(said.as_ref());
    affected::tell(&mut report, ids, shown, names);
    report
}

/// Asks, once, before a change that was tried leaves appointments without their therapist. One that hits nobody is made as
/// it is asked for, unless it has a question of its own.
pub(super) fn confirm(
    session: &Session,
    change: &Change,
    (ids, shown): (&[String], &[v1::Appointment]),
    names: &Names,
    question: Option<&str>,
) -> Result<(), Failure> {
    if ids.is_empty() && question.is_none() {
        return Ok(());
    }
    let mut lines = affected::lines(ids, shown, names);
    lines.push(question.unwrap_or("Do it all the same?").to_owned());
    session.confirm(change, &lines.join("\n"))
}

/// Tries a change of the roster, unless it is only tried anyway or nobody wants to be asked, and asks before it hits
/// somebody.
macro_rules! ask_first {
    ($session:expr, $change:expr, $names:expr, $call:ident($request:expr)) => {
        ask_first!($session, $change, $names, $call($request), None)
    };
    ($session:expr, $change:expr, $names:expr, $call:ident($request:expr), $question:expr) => {
        if !$change.yes && !$change.dry_run {
            let mut tried = $request.clone();
            let write = tried.write.get_or_insert_default();
            write.validate_only = true;
            write.request_id.clear();
            match $session.client.$call(tried).await {
                Ok(tried) => {
                    let hit = (
                        tried.affected_appointment_ids.as_slice(),
                        tried.affected_appointments.as_slice(),
                    );
                    $crate::cli::roster::list::confirm($session, $change, hit, $names, $question)?;
                }
                Err(error) if $change.may_be_done(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    };
}
pub(super) use ask_first;

/// The days of a week that are left out because another shift is in the way.
pub(super) fn left_out(report: &mut Report, left_out: &[v1::LeftOutShift], names: &Names) {
    for it in left_out {
        let date = it.date.as_ref().map(iso_date).unwrap_or_default();
        let why = match it.travel_minutes {
            0 => "another shift is there".to_owned(),
            minutes => format!("{minutes} min away is another shift"),
        };
        // Of one out of sight it is not told which it is.
        let which = if it.shift_id.is_empty() {
            "at a site out of your reach".to_owned()
        } else {
            format!("{}, {}", names.site(&it.site_id), it.shift_id)
        };
        report.line(format!("! {date} is left out: {why} ({which})."));
    }
}
