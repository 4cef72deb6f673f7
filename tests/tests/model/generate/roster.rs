//! Weekly templates and time off.

use treadwell_clinic::command::{PutAbsence, PutTemplate};
use treadwell_clinic::id::{AbsenceId, TemplateId};
use treadwell_clinic::model::DayShift;

use super::*;

impl Generator {
    pub(crate) fn week(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let known = self.pick(oracle.weeks.values().cloned());
        if self.one_in(4) {
            return Command::RemoveTemplate {
                template: known.map_or(TemplateId::new(1), |it| it.id),
                etag: self.one_in(20).then_some(1),
            };
        }
        let known = if self.one_in(2) { known } else { None };
        let site = known.as_ref().map_or_else(|| self.site(), |it| it.site);
        let therapist = match &known {
            Some(it) => it.therapist,
            None => self.therapist_at(oracle, site),
        };
        let today = now.to_zoned(oracle.zone.clone()).date();
        let first = today + (i64::from(self.random.below(9)) - 2).days();
        let last = i64::from(self.random.below(21)) - 1;
        let mut days: [Vec<DayShift>; 7] = Default::default();
        let weekdays = if self.one_in(20) {
            0
        } else {
            1 + self.random.below(3)
        };
        for _ in 0..weekdays {
            let day = usize::try_from(self.random.below(7)).expect("small");
            days[day] = self.day_shifts();
        }
        Command::PutTemplate(PutTemplate {
            template: known.map(|it| it.id),
            therapist,
            site,
            first,
            last: self.one_in(2).then(|| first + last.days()),
            every_weeks: 1 + u8::from(self.one_in(2)),
            days,
            etag: self.one_in(30).then_some(1),
        })
    }

    /// Mostly at the edges of the day, where few have shifts already.
    fn day_shifts(&mut self) -> Vec<DayShift> {
        let shift = |from: i8, until: i8| DayShift {
            from: Time::constant(from, 0, 0, 0),
            until: Time::constant(until, 0, 0, 0),
            breaks: Vec::new(),
        };
        match self.random.below(12) {
            0 => vec![shift(12, 10)],
            1 => vec![shift(9, 13)],
            2 | 3 => vec![shift(8, 9), shift(18, 20)],
            4..=7 => vec![shift(9, 10)],
            _ => vec![shift(17, 18)],
        }
    }

    pub(crate) fn off(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let known = self.pick(oracle.off.iter().map(|(id, it)| (*id, it.therapist)));
        if self.one_in(3) {
            return Command::RemoveAbsence {
                absence: known.map_or(AbsenceId::new(1), |(id, _)| id),
                etag: self.one_in(20).then_some(1),
            };
        }
        let known = if self.one_in(3) { known } else { None };
        let site = self.site();
        let therapist = match known {
            Some((_, who)) => who,
            None => self.therapist_at(oracle, site),
        };
        // Often at a time that somebody else has entered already.
        let twice = if known.is_none() && !self.one_in(6) {
            self.pick(oracle.off.values().cloned())
        } else {
            None
        };
        let therapist = twice.as_ref().map_or(therapist, |it| it.therapist);
        let from = match twice {
            Some(other) => cell(other.from),
            None => self.start(oracle, now),
        };
        let cells = if self.one_in(40) {
            401 * 288
        } else {
            3 + self.random.below(60)
        };
        Command::PutAbsence(PutAbsence {
            absence: known.map(|(id, _)| id),
            therapist,
            time: Interval::new(from, from.plus_cells(cells)).expect("not empty"),
            reason: "vacation".to_owned(),
            etag: self.one_in(30).then_some(1),
        })
    }
}
