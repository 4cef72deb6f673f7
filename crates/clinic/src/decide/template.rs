//! Weekly templates, and the shifts that are made from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, Time};

use super::Work;
use super::check::Checks;
use super::roster::{apart, judge_again, known, works_at};
use crate::command::{PutTemplate, Revision, Scope};
use crate::id::{ShiftId, TemplateId};
use crate::limits;
use crate::model::{DayShift, RecordId, Shift, Site, WeekTemplate};
use crate::refusal::Refusal;
use crate::time::{Interval, next_day};

#[cfg(test)]
mod tests;

pub(super) fn put(work: &mut Work<'_>, put: &PutTemplate) -> Result<(), Refusal> {
    check(put)?;
    let before = match put.template {
        Some(id) => Some(existing(work, id, put.etag)?),
        None => None,
    };
    if let Some(before) = &before {
        let mut checks = Checks::default();
        let same = before.therapist == put.therapist;
        checks.expect(same, "therapist", "the one whose template it is");
        checks.expect(before.site == put.site, "site", "the one that it is for");
        // Up to then the week as it was has made its shifts, which stay.
        let latest = before.first.max(before.made_until);
        let expected = format_args!("not later than {latest}");
        checks.expect(put.first <= latest, "first", expected);
        checks.finish()?;
    }
    let site = work.site(put.site)?;
    works_at(known(work, put.therapist)?, put.site)?;
    let id = match put.template {
        Some(id) => id,
        None => TemplateId::new(work.fresh()?),
    };
    let reach = reach(work, site);
    let template = WeekTemplate {
        id,
        therapist: put.therapist,
        site: put.site,
        first: put.first,
        last: put.last,
        every_weeks: put.every_weeks,
        days: put.days.clone(),
        except: before
            .as_ref()
            .map(|before| before.except.clone())
            .unwrap_or_default(),
        // What was made when the clinic looked further ahead stays made.
        made_until: before.as_ref().map_or(reach, |it| it.made_until.max(reach)),
    };
    judge_again(work, put.therapist);
    match before {
        Some(before) => work.update(before, template.clone()),
        None => work.create(template.clone()),
    }
    replace_shifts(work, &template, site)
}

pub(super) fn remove(
    work: &mut Work<'_>,
    id: TemplateId,
    etag: Option<Revision>,
) -> Result<(), Refusal> {
    let template = existing(work, id, etag)?;
    judge_again(work, template.therapist);
    let clinic = work.clinic;
    for shift in clinic.shifts_made_by(&template, work.now_cell()) {
        work.remove(Arc::clone(shift));
    }
    work.mention(RecordId::WeekTemplate(id));
    work.remove(template);
    Ok(())
}

/// Makes the shifts of the days that have come within reach. One that would overlap with another of the
/// therapist's is left out: a person put that one there.
pub(super) fn roll(work: &mut Work<'_>) {
    let clinic = work.clinic;
    let mut planned: Vec<Shift> = Vec::new();
    for template in clinic.templates_to_roll(work.now()) {
        let Some(site) = clinic.site(template.site) else {
            continue;
        };
        let reach = reach(work, site);
        let today = site.zone.date(work.now_cell());
        let from = next_day(template.made_until).max(today);
        let missing = template.shifts(&site.zone, from, reach);
        for shift in missing {
            let Ok(number) = work.fresh() else {
                return;
            };
            let shift = template.shift(ShiftId::new(number), shift);
            if apart(work, &shift, |_| false, &planned).is_ok() {
                // Only what lies in it can be sound again by a shift that has come.
                let mut within = clinic.therapist_agenda(shift.therapist, shift.time);
                if within.next().is_some() {
                    work.rejudge(Scope::Therapist(shift.therapist));
                }
                work.create_too(shift.clone());
                planned.push(shift);
            }
        }
        let after = WeekTemplate {
            made_until: reach,
            ..WeekTemplate::clone(template)
        };
        work.update_too(Arc::clone(template), after);
    }
}

/// Shifts that a person changes or removes become exceptions of the templates that made them.
#[derive(Default)]
pub(super) struct Exceptions(BTreeMap<TemplateId, WeekTemplate>);

impl Exceptions {
    /// A shift stands by itself from now on.
    pub(super) fn add(&mut self, work: &Work<'_>, shift: &Shift) {
        let clinic = work.clinic;
        let Some(template) = shift.template.and_then(|id| clinic.template(id)) else {
            return;
        };
        let Some(site) = clinic.site(template.site) else {
            return;
        };
        self.0
            .entry(template.id)
            .or_insert_with(|| WeekTemplate::clone(template))
            .except
            .insert(site.zone.date(shift.time.start()));
    }

    /// Changes the templates.
    pub(super) fn note(self, work: &mut Work<'_>) {
        let clinic = work.clinic;
        for (id, after) in self.0 {
            if let Some(before) = clinic.template(id) {
                work.update_too(Arc::clone(before), after);
            }
        }
    }
}

fn existing(
    work: &Work<'_>,
    id: TemplateId,
    etag: Option<Revision>,
) -> Result<Arc<WeekTemplate>, Refusal> {
    let what = RecordId::WeekTemplate(id);
    let template = work.clinic.template(id).ok_or(Refusal::NotFound { what })?;
    work.reaches(what, template.site)?;
    work.fresh_enough(what, etag)?;
    Ok(Arc::clone(template))
}

fn check(put: &PutTemplate) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    let ends = put.last.is_none_or(|last| put.first <= last);
    checks.expect(ends, "last", "not before the first date");
    checks.between("every_weeks", put.every_weeks, 1, limits::TEMPLATE_WEEKS);
    let any = put.days.iter().any(|day| !day.is_empty());
    checks.expect(any, "days", "at least one shift");
    checks.each("days", &put.days, |checks, day| {
        checks.at_most("shifts", day.len(), limits::TEMPLATE_SHIFTS_PER_DAY);
        let apart = day
            .windows(2)
            .all(|pair| !ends_late(pair[0].until) && pair[0].until <= pair[1].from);
        checks.expect(apart, "shifts", "in order and apart from each other");
        checks.each("shifts", day, check_shift);
    });
    checks.finish()
}

fn check_shift(checks: &mut Checks, shift: &DayShift) {
    let before = |from: Time, until: Time| ends_late(until) || from < until;
    let ends = before(shift.from, shift.until);
    checks.expect(ends, "until", "later than the beginning");
    checks.at_most("breaks", shift.breaks.len(), limits::BREAKS);
    let inside = shift.breaks.iter().all(|&(from, until)| {
        shift.from <= from
            && before(from, until)
            && (ends_late(shift.until) || (!ends_late(until) && until <= shift.until))
    });
    checks.expect(inside, "breaks", "inside the shift");
    let apart = shift
        .breaks
        .windows(2)
        .all(|pair| !ends_late(pair[0].1) && pair[0].1 <= pair[1].0);
    checks.expect(apart, "breaks", "in order and apart from each other");
    let times = [shift.from, shift.until].into_iter();
    let times = times.chain(shift.breaks.iter().flat_map(|&(from, until)| [from, until]));
    let on_grid = times
        .into_iter()
        .all(|time| time.minute() % 5 == 0 && time.second() == 0 && time.subsec_nanosecond() == 0);
    checks.expect(on_grid, "times", "multiples of 5 minutes");
}

/// Whether a time of day that ends something means the end of the day.
fn ends_late(until: Time) -> bool {
    until == Time::midnight()
}

/// The last local date for which shifts are made today.
fn reach(work: &Work<'_>, site: &Site) -> Date {
    work.clinic.template_reach(site, work.now())
}

/// Brings the template's shifts from its first date on to what it says now. Those that have begun, and those
/// of earlier dates, which the template made as it was, stay as they are. A shift that another one is in the
/// way of is left out, as it is when days come within reach: see [`crate::rules::left_out`].
fn replace_shifts(
    work: &mut Work<'_>,
    template: &WeekTemplate,
    site: &Site,
) -> Result<(), Refusal> {
    let clinic = work.clinic;
    let now = work.now_cell();
    let date = |shift: &Shift| site.zone.date(shift.time.start());
    let mut old: Vec<Arc<Shift>> = clinic.shifts_made_by(template, now).cloned().collect();
    // What else there is on a day that a person changed stays with it.
    old.retain(|shift| {
        let date = date(shift);
        template.first <= date && !template.except.contains(&date)
    });
    let own: Vec<ShiftId> = old.iter().map(|shift| shift.id).collect();
    let today = site.zone.date(now);
    let mut planned = template.shifts(&site.zone, today, template.made_until);
    let running: Vec<Interval> = Interval::new(now.minus(limits::SHIFT), now)
        .into_iter()
        .flat_map(|begun| clinic.shifts_of(template.therapist, begun))
        .filter(|shift| shift.template == Some(template.id))
        .map(|shift| shift.time)
        .collect();
    planned.retain(|shift| {
        shift.time.start() >= now && !running.iter().any(|it| it.overlaps(shift.time))
    });
    for shift in planned {
        let before = old.iter().position(|old| date(old) == shift.date);
        let id = match before {
            Some(at) => old[at].id,
            None => ShiftId::new(work.fresh()?),
        };
        let after = template.shift(id, shift);
        // One that is as it was is nobody's to judge: it may be nearer to another than the way is said to take since.
        if let Some(at) = before.filter(|&at| *old[at] == after) {
            old.remove(at);
            continue;
        }
        if apart(work, &after, |id| own.contains(&id), &[]).is_err() {
            continue;
        }
        match before.map(|at| old.remove(at)) {
            Some(before) => work.update_too(before, after),
            None => work.create_too(after),
        }
    }
    for shift in old {
        work.remove(shift);
    }
    Ok(())
}
