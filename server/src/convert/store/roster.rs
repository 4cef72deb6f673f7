//! Weekly templates and time off as they lie on disk.

use jiff::civil::Time;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AbsenceId, TemplateId};
use treadwell_clinic::model::{Absence, DayShift, WeekTemplate};

use super::catalog::{time, time_form};
use super::value::{date, date_form, id, part};
use super::{Bad, Stored};

impl Stored for WeekTemplate {
    type Form = stored::WeekTemplate;

    fn form(&self) -> stored::WeekTemplate {
        let days = self.days.iter().zip(0..);
        let shifts = days.flat_map(|(day, weekday)| {
            day.iter().map(move |shift| stored::DayShift {
                weekday,
                time: Some(span_form(shift.from, shift.until)),
                breaks: shift
                    .breaks
                    .iter()
                    .map(|&(from, until)| span_form(from, until))
                    .collect(),
            })
        });
        stored::WeekTemplate {
            id: self.id.number(),
            therapist: self.therapist.to_string(),
            site: self.site.to_string(),
            first: date_form(self.first),
            last: self.last.map(date_form).unwrap_or_default(),
            every_weeks: self.every_weeks.into(),
            shifts: shifts.collect(),
            except: self.except.iter().copied().map(date_form).collect(),
            made_until: date_form(self.made_until),
        }
    }

    fn read(form: stored::WeekTemplate) -> Result<Self, Bad> {
        let mut days: [Vec<DayShift>; 7] = Default::default();
        for shift in form.shifts {
            let day = usize::try_from(shift.weekday).ok();
            let day = day.and_then(|day| days.get_mut(day));
            day.ok_or(Bad("weekday"))?.push(day_shift(shift)?);
        }
        let last = match form.last {
            0 => None,
            last => Some(date("last", last)?),
        };
        let except = form.except.iter().map(|&number| date("except", number));
        Ok(Self {
            id: TemplateId::new(form.id),
            therapist: id("therapist", &form.therapist)?,
            site: id("site", &form.site)?,
            first: date("first", form.first)?,
            last,
            every_weeks: u8::try_from(form.every_weeks).map_err(|_| Bad("every_weeks"))?,
            days,
            except: except.collect::<Result<_, _>>()?,
            made_until: date("made_until", form.made_until)?,
        })
    }
}

fn day_shift(form: stored::DayShift) -> Result<DayShift, Bad> {
    let (from, until) = span(form.time.ok_or(Bad("time"))?)?;
    Ok(DayShift {
        from,
        until,
        breaks: form
            .breaks
            .into_iter()
            .map(span)
            .collect::<Result<_, _>>()?,
    })
}

const DAY: u32 = 24 * 60;

/// Midnight is the end of the day when it ends something.
fn span_form(from: Time, until: Time) -> stored::MinuteSpan {
    stored::MinuteSpan {
        from: time_form(from),
        until: match time_form(until) {
            0 => DAY,
            until => until,
        },
    }
}

fn span(form: stored::MinuteSpan) -> Result<(Time, Time), Bad> {
    if form.from >= form.until || form.until > DAY {
        return Err(Bad("time"));
    }
    Ok((time("time", form.from)?, time("time", form.until % DAY)?))
}

impl Stored for Absence {
    type Form = stored::Absence;

    fn form(&self) -> stored::Absence {
        stored::Absence {
            id: self.id.number(),
            therapist: self.therapist.to_string(),
            time: Some(self.time.form()),
            reason: self.reason.clone(),
        }
    }

    fn read(form: stored::Absence) -> Result<Self, Bad> {
        Ok(Self {
            id: AbsenceId::new(form.id),
            therapist: id("therapist", &form.therapist)?,
            time: part("time", form.time)?,
            reason: form.reason,
        })
    }
}
