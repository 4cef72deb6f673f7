//! Weekly templates.

use jiff::civil::Time;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{PutTemplate, Revision};
use treadwell_clinic::limits;
use treadwell_clinic::model::{DayShift, WeekTemplate};
use treadwell_clinic::rules::LeftOut;

use super::fields::Fields;
use super::{site, values};
use crate::access::View;

/// Reads a template to create, or to replace when it has an id.
pub fn read(
    template: &v1::WeekTemplate,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<PutTemplate> {
    let id = f.optional_id("id", &template.id);
    let therapist = f.id("therapist_id", &template.therapist_id);
    let site = f.id("site_id", &template.site_id);
    let first = f.date("first", template.first.as_ref());
    let last = f.optional_date("last", template.last.as_ref());
    let every_weeks = match template.every_weeks {
        0 => Some(1),
        weeks => f.number(
            "every_weeks",
            i64::from(weeks),
            1..=i64::from(limits::TEMPLATE_WEEKS),
        ),
    };
    let days = read_days(&template.shifts, f);
    Some(PutTemplate {
        template: id?,
        therapist: therapist?,
        site: site?,
        first: first?,
        last: last?,
        every_weeks: every_weeks?,
        days: days?,
        etag,
    })
}

fn read_days(shifts: &[v1::WeekdayShift], f: &mut Fields<'_>) -> Option<[Vec<DayShift>; 7]> {
    f.count(
        "shifts",
        shifts.len(),
        1..=7 * limits::TEMPLATE_SHIFTS_PER_DAY,
    )?;
    let mut days: [Vec<DayShift>; 7] = Default::default();
    let mut good = true;
    for (at, shift) in shifts.iter().enumerate() {
        let mut f = f.item("shifts", at);
        let day = f.choice("weekday", shift.weekday, site::day_index);
        let hours = read_range("hours", shift.hours.as_ref(), &mut f);
        let breaks = read_breaks(&shift.breaks, &mut f);
        match (day, hours, breaks) {
            (Some(day), Some((from, until)), Some(breaks)) => days[day].push(DayShift {
                from,
                until,
                breaks,
            }),
            _ => good = false,
        }
    }
    for day in &mut days {
        day.sort_by_key(|shift| shift.from);
    }
    good.then_some(days)
}

fn read_breaks(breaks: &[v1::TimeRange], f: &mut Fields<'_>) -> Option<Vec<(Time, Time)>> {
    f.count("breaks", breaks.len(), 0..=limits::BREAKS)?;
    let mut read = Vec::with_capacity(breaks.len());
    for (at, pause) in breaks.iter().enumerate() {
        let mut f = f.item("breaks", at);
        read.extend(site::read_range(pause, &mut f));
    }
    (read.len() == breaks.len()).then_some(read)
}

fn read_range(
    name: &'static str,
    range: Option<&v1::TimeRange>,
    f: &mut Fields<'_>,
) -> Option<(Time, Time)> {
    let range = f.required(name, range)?;
    site::read_range(range, &mut f.inside(name))
}

/// Shows a template.
pub fn show(template: &WeekTemplate, revision: Revision) -> v1::WeekTemplate {
    let days = site::WEEK.iter().zip(&template.days);
    let shifts = days.flat_map(|(&(weekday, _), day)| {
        day.iter().map(move |shift| v1::WeekdayShift {
            weekday: weekday.into(),
            hours: Some(values::range(shift.from, shift.until)),
            breaks: shift
                .breaks
                .iter()
                .map(|&(from, until)| values::range(from, until))
                .collect(),
        })
    });
    v1::WeekTemplate {
        id: template.id.to_string(),
        therapist_id: template.therapist.to_string(),
        site_id: template.site.to_string(),
        first: Some(values::date(template.first)),
        last: template.last.map(values::date),
        every_weeks: template.every_weeks.into(),
        shifts: shifts.collect(),
        exceptions: template.except.iter().copied().map(values::date).collect(),
        made_until: Some(values::date(template.made_until)),
        etag: values::etag(revision),
    }
}

/// Shows a shift that a template has not, because another one is in the way. Which, and where, is for those who see it.
pub fn show_left_out(left_out: &LeftOut, clinic: &Clinic, view: &View) -> v1::LeftOutShift {
    let by = left_out.by;
    let seen = super::shift::visible(by.shift, clinic, view);
    v1::LeftOutShift {
        date: Some(values::date(left_out.date)),
        shift_id: seen.map(|it| it.id.to_string()).unwrap_or_default(),
        site_id: seen.map(|it| it.site.to_string()).unwrap_or_default(),
        travel_minutes: by.travel.map_or(0, |gap| gap.get().into()),
    }
}
