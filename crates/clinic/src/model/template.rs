use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};

use super::Shift;
use crate::id::{ShiftId, SiteId, TemplateId, TherapistId};
use crate::time::{Interval, Zone, next_day};

/// A week as a therapist works it at one site: the shifts of all weeks are made from it.
///
/// The shifts are records of their own. One that a person changes or removes is an exception: it stands
/// by itself from then on, and the template makes none for that date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekTemplate {
    /// The template's id.
    pub id: TemplateId,
    /// Who works.
    pub therapist: TherapistId,
    /// Where.
    pub site: SiteId,
    /// The first local date on which it is in force.
    pub first: Date,
    /// The last local date on which it is in force; none when no end is set.
    pub last: Option<Date>,
    /// It holds every so many weeks, counted from the Monday of the week of `first`; 1 to 8.
    pub every_weeks: u8,
    /// The shifts of each day of the week, from Monday on, in order and apart from each other.
    pub days: [Vec<DayShift>; 7],
    /// Local dates for which it makes no shifts: those whose shift a person changed or removed.
    pub except: BTreeSet<Date>,
    /// The last local date for which its shifts have been made.
    pub made_until: Date,
}

/// A shift within a local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayShift {
    /// When it begins.
    pub from: Time,
    /// When it ends, later than `from`; midnight means the end of the day.
    pub until: Time,
    /// Breaks inside it, in order and apart from each other.
    pub breaks: Vec<(Time, Time)>,
}

/// A shift as a template has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateShift {
    /// The local date.
    pub date: Date,
    /// From when until when.
    pub time: Interval,
    /// Breaks inside the shift.
    pub breaks: Vec<Interval>,
}

impl WeekTemplate {
    /// Whether the template has shifts on this local date.
    pub fn covers(&self, date: Date) -> bool {
        let in_force = self.first <= date && self.last.is_none_or(|last| date <= last);
        in_force && !self.except.contains(&date) && self.has_week(date)
    }

    /// The shifts of the local dates from `from` to `until`, both included, in order. Times that daylight
    /// saving leaves nothing of have none.
    pub fn shifts(&self, zone: &Zone, from: Date, until: Date) -> Vec<TemplateShift> {
        let mut shifts = Vec::new();
        let mut date = from.max(self.first);
        let until = self.last.map_or(until, |last| last.min(until));
        while date <= until {
            if self.covers(date) {
                let day = &self.days[offset(date.weekday())];
                shifts.extend(day.iter().filter_map(|shift| shift.on(date, zone)));
            }
            if date == Date::MAX {
                break;
            }
            date = next_day(date);
        }
        shifts
    }

    /// A shift of the template, as a record.
    pub fn shift(&self, id: ShiftId, planned: TemplateShift) -> Shift {
        Shift {
            id,
            therapist: self.therapist,
            site: self.site,
            time: planned.time,
            breaks: planned.breaks,
            template: Some(self.id),
        }
    }

    /// Whether the week of a date, which is not before `first`, is one in which the template holds.
    fn has_week(&self, date: Date) -> bool {
        let monday = |date: Date| date.saturating_sub(jiff::Span::new().days(back(date)));
        let days = (monday(date) - monday(self.first)).get_days();
        (days / 7) % i32::from(self.every_weeks.max(1)) == 0
    }
}

impl DayShift {
    fn on(&self, date: Date, zone: &Zone) -> Option<TemplateShift> {
        let time = zone.between(date, self.from, self.until)?;
        let breaks = self.breaks.iter();
        let breaks = breaks.filter_map(|&(from, until)| zone.between(date, from, until));
        Some(TemplateShift {
            date,
            time,
            breaks: breaks
                .filter_map(|pause| pause.intersection(time))
                .collect(),
        })
    }
}

/// Days since Monday.
fn back(date: Date) -> i64 {
    i64::from(date.weekday().to_monday_zero_offset())
}

fn offset(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).expect("a weekday's offset is 0 to 6")
}
