//! Who works when: weeks, shifts and time off.

use std::collections::BTreeSet;

use jiff::civil::{date, time};
use treadwell_clinic::id::{AbsenceId, ShiftId, TemplateId};
use treadwell_clinic::model::{Absence, DayShift, Record, Shift, WeekTemplate};

use super::{id, span};

pub(super) fn roster() -> Vec<Record> {
    let shift = Shift {
        id: ShiftId::new(2_048),
        therapist: id("chen"),
        site: id("halifax"),
        time: span(0, 144),
        breaks: vec![span(40, 46), span(90, 93)],
        template: Some(TemplateId::new(77)),
    };
    let hours = |from, until| DayShift {
        from,
        until,
        breaks: vec![(time(12, 0, 0, 0), time(12, 30, 0, 0))],
    };
    let mut template = WeekTemplate {
        id: TemplateId::new(77),
        therapist: id("chen"),
        site: id("halifax"),
        first: date(2026, 10, 14),
        last: Some(date(2027, 10, 14)),
        every_weeks: 2,
        days: Default::default(),
        except: BTreeSet::from([date(2026, 12, 24), date(2026, 12, 31)]),
        made_until: date(2027, 1, 31),
    };
    template.days[0] = vec![hours(time(9, 0, 0, 0), time(13, 0, 0, 0))];
    template.days[6] = vec![hours(time(11, 0, 0, 0), time(0, 0, 0, 0))];
    let endless = WeekTemplate {
        last: None,
        ..template.clone()
    };
    let absence = Absence {
        id: AbsenceId::new(78),
        therapist: id("chen"),
        time: span(0, 288),
        reason: "Vacation".to_owned(),
    };
    vec![
        shift.into(),
        template.into(),
        endless.into(),
        absence.into(),
    ]
}
