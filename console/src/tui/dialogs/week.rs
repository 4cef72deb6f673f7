//! The roster beyond single shifts: a therapist's week, and the days on which a site is closed. Whom a change hits is
//! shown before it is made.

use jiff::civil::Date;
use treadwell_api::v1;

use super::form::{self, Form, Kind, choice, text};
use crate::{
    hours,
    tui::{
        call::Call,
        event::{Effect, Purpose},
        model::Model,
        time,
    },
    when,
};

/// What can be done with a week that there is, in the order of its choice.
const DO_WEEK: [&str; 3] = ["change it", "add another week", "remove it"];

/// What can be done with closed days, in the order of its choice.
const DO_DAYS: [&str; 2] = ["close", "open again"];

/// Asks for a therapist's weeks at a site, to open the one of a day.
pub(crate) fn open(model: &mut Model, therapist_id: String, site_id: String) -> Vec<Effect> {
    let call = v1::ListWeekTemplatesRequest {
        site_ids: vec![site_id],
        therapist_ids: vec![therapist_id],
        page_size: 50,
        ..v1::ListWeekTemplatesRequest::default()
    };
    model.ask(Purpose::Weeks, call)
}

/// They have arrived: opens the one that is in force on a day, or the last one; a new one where there is none.
pub(crate) fn loaded(
    model: &mut Model,
    asked: &v1::ListWeekTemplatesRequest,
    answer: v1::ListWeekTemplatesResponse,
    day: Date,
) -> Vec<Effect> {
    let at = |date: &Option<v1::LocalDate>| date.as_ref().and_then(time::date_of);
    let in_force = |it: &v1::WeekTemplate| {
        at(&it.first).is_some_and(|first| first <= day)
            && at(&it.last).is_none_or(|last| day <= last)
    };
    let mut weeks = answer.templates;
    let known = weeks.iter().position(in_force);
    let known = known.map(|at| weeks.remove(at)).or_else(|| weeks.pop());
    let id = |ids: &[String]| ids.first().cloned().unwrap_or_default();
    let week = known.unwrap_or_else(|| v1::WeekTemplate {
        therapist_id: id(&asked.therapist_ids),
        site_id: id(&asked.site_ids),
        every_weeks: 1,
        ..v1::WeekTemplate::default()
    });
    let mut lines = vec![format!(
        "{} at {}",
        model.therapist_name(&week.therapist_id),
        model.site_name(&week.site_id)
    )];
    let mut fields = Vec::new();
    let mut hints = Vec::new();
    if !week.id.is_empty() {
        lines.push(format!("in force from {}", iso(week.first.as_ref())));
        fields.push(choice(DO, DO_WEEK).anew());
        hints.push(String::new());
    }
    let shifts = hours::week_words(&week.shifts).join(", ");
    // From another day on, every other week might become the other one.
    let from = match at(&week.first) {
        Some(first) if week.every_weeks > 1 => first,
        _ => day,
    };
    fields.extend([
        text(HOURS, &shifts),
        text(FROM, &from.to_string()),
        text(UNTIL, &iso(week.last.as_ref())),
        text(EVERY, &week.every_weeks.to_string()),
    ]);
    hints.extend([
        "mon-fri 9:00-17:00/12:00-12:30, sat 10-14".to_owned(),
        "the first day; what comes before it stays as it is".to_owned(),
        "the last day; empty when no end is set".to_owned(),
        "1 every week, 2 every other week".to_owned(),
    ]);
    let mut form = Form::new("Week", lines, fields, Kind::Week(Box::new(week)));
    form.hints = hints;
    form::open(model, form)
}

/// The labels of the week's fields.
const DO: &str = "what";
const HOURS: &str = "hours";
const FROM: &str = "from";
const UNTIL: &str = "until";
const EVERY: &str = "every (weeks)";

/// What the form says of a week, as a call, or what is wrong with it.
pub(super) fn week(model: &Model, form: &Form, week: &v1::WeekTemplate) -> Result<Call, String> {
    let what = form.labelled(DO).map_or(0, |field| form.chosen(field));
    let etag = v1::WriteOptions {
        etag: week.etag.clone(),
        ..v1::WriteOptions::default()
    };
    if what == 2 {
        let call = v1::RemoveWeekTemplateRequest {
            write: Some(etag),
            template_id: week.id.clone(),
        };
        return Ok(call.into());
    }
    let said = |label| form.labelled(label).map_or("", |field| form.text(field));
    let texts: Vec<String> = said(HOURS).split(", ").map(str::to_owned).collect();
    let every = said(EVERY).parse::<i32>();
    let another = what == 1 || week.id.is_empty();
    let template = v1::WeekTemplate {
        id: if another {
            String::new()
        } else {
            week.id.clone()
        },
        therapist_id: week.therapist_id.clone(),
        site_id: week.site_id.clone(),
        first: Some(day(model, &week.site_id, said(FROM))?),
        last: match said(UNTIL) {
            "" => None,
            text => Some(day(model, &week.site_id, text)?),
        },
        every_weeks: every.map_err(|_| "Every how many weeks? A number.".to_owned())?,
        shifts: hours::week(&texts)?,
        ..v1::WeekTemplate::default()
    };
    let call = v1::PutWeekTemplateRequest {
        write: (!another).then_some(etag),
        template: Some(template),
    };
    Ok(call.into())
}

/// Opens the closed days of a site: to close it from a day on, or to open it again on one that is closed.
pub(crate) fn open_closed_days(
    model: &mut Model,
    site_id: &str,
    day: Date,
    closed: Option<v1::Closure>,
) -> Vec<Effect> {
    let known = model.catalog.sites.iter().find(|it| it.id == site_id);
    let Some(site) = known.cloned() else {
        return Vec::new();
    };
    let lines = vec![model.site_name(site_id)];
    let what = match closed {
        Some(_) => [DO_DAYS[1], DO_DAYS[0]],
        None => DO_DAYS,
    };
    let closed = closed.unwrap_or_else(|| v1::Closure {
        first: Some(time::local_date(day)),
        last: Some(time::local_date(day)),
        reason: String::new(),
    });
    let fields = vec![
        choice(DO, what),
        text(FROM, &iso(closed.first.as_ref())),
        text(UNTIL, &iso(closed.last.as_ref())),
        text("why", &closed.reason),
    ];
    let form = Form::new(
        "Closed days",
        lines,
        fields,
        Kind::ClosedDays(Box::new(site)),
    );
    form::open(model, form)
}

/// What the form says of closed days, as a call that puts the site with them.
pub(super) fn closed_days(model: &Model, form: &Form, site: &v1::Site) -> Result<Call, String> {
    let first = day(model, &site.id, form.text(1))?;
    let last = day(model, &site.id, form.text(2))?;
    let mut site = site.clone();
    if form.chose(0, DO_DAYS[1]) {
        let before = site.closures.len();
        let same = |it: &v1::Closure| it.first == Some(first) && it.last == Some(last);
        site.closures.retain(|it| !same(it));
        if site.closures.len() == before {
            return Err("No closure is of exactly these days.".to_owned());
        }
    } else {
        site.closures.push(v1::Closure {
            first: Some(first),
            last: Some(last),
            reason: form.text(3).to_owned(),
        });
    }
    let call = v1::PutSiteRequest {
        write: Some(v1::WriteOptions {
            etag: site.etag.clone(),
            ..v1::WriteOptions::default()
        }),
        site: Some(site),
    };
    Ok(call.into())
}

/// What a change of a week or of closed days is, in the question before it.
pub(super) fn words(model: &Model, asked: &Call) -> Option<(&'static str, String)> {
    Some(match asked {
        Call::PutWeekTemplate(asked) => {
            let week = asked.template.clone().unwrap_or_default();
            let who = model.therapist_name(&week.therapist_id);
            let hours = hours::week_words(&week.shifts).join(", ");
            let from = iso(week.first.as_ref());
            ("Week", format!("{who} from {from}: {hours}"))
        }
        Call::RemoveWeekTemplate(_) => ("No week", "Remove this week and its shifts".to_owned()),
        Call::PutSite(asked) => {
            let site = asked.site.clone().unwrap_or_default();
            let known = model.catalog.sites.iter().find(|it| it.id == site.id);
            let before = known.map_or(0, |it| it.closures.len());
            let what = if site.closures.len() > before {
                "Close"
            } else {
                "Open again"
            };
            ("Closed days", format!("{what} {}", site.name))
        }
        _ => return None,
    })
}

fn iso(date: Option<&v1::LocalDate>) -> String {
    date.map(time::iso).unwrap_or_default()
}

fn day(model: &Model, site_id: &str, text: &str) -> Result<v1::LocalDate, String> {
    let now = time::zoned(model.now(), &model.zone(site_id));
    let day = when::day(text, &now).map_err(|problem| problem.to_string())?;
    Ok(time::local_date(day))
}
