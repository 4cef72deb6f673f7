//! Shifts.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{PutShift, Revision};
use treadwell_clinic::id::ShiftId;
use treadwell_clinic::limits;
use treadwell_clinic::model::Shift;
use treadwell_clinic::time::Interval;

use super::fields::Fields;
use super::values;
use crate::access::View;

/// A shift, if it is there and at a site that the view reaches.
pub fn visible<'c>(id: ShiftId, clinic: &'c Clinic, view: &View) -> Option<&'c Shift> {
    let shift = clinic.shift(id)?;
    view.reaches(shift.site).then_some(shift)
}

/// Reads a shift to create, or to replace when it has an id.
pub fn read(shift: &v1::Shift, etag: Option<Revision>, f: &mut Fields<'_>) -> Option<PutShift> {
    let id = f.optional_id("id", &shift.id);
    let therapist = f.id("therapist_id", &shift.therapist_id);
    let site = f.id("site_id", &shift.site_id);
    let time = read_interval("end", shift.start.as_ref(), shift.end.as_ref(), f);
    if time.is_some_and(|time| time.cells() > limits::SHIFT.cells()) {
        f.wrong::<()>(
            "end",
            format!("at most {} minutes after the start", limits::SHIFT.get()),
        );
    }
    let breaks = time.and_then(|time| read_breaks(&shift.breaks, time, f));
    Some(PutShift {
        shift: id?,
        therapist: therapist?,
        site: site?,
        time: time?,
        breaks: breaks?,
        etag,
    })
}

fn read_breaks(breaks: &[v1::Break], shift: Interval, f: &mut Fields<'_>) -> Option<Vec<Interval>> {
    f.count("breaks", breaks.len(), 0..=limits::BREAKS)?;
    let mut read: Vec<Interval> = Vec::with_capacity(breaks.len());
    for (at, pause) in breaks.iter().enumerate() {
        let mut f = f.item("breaks", at);
        let Some(time) = read_interval("end", pause.start.as_ref(), pause.end.as_ref(), &mut f)
        else {
            continue;
        };
        if !shift.covers(time) {
            f.wrong::<()>("", "inside the shift");
        }
        if read.last().is_some_and(|last| time.start() < last.end()) {
            f.wrong::<()>("start", "not before the end of the break before it");
        }
        read.push(time);
    }
    (read.len() == breaks.len()).then_some(read)
}

/// Reads fields `start` and `end` as an interval; an empty one is reported at `name`.
pub(super) fn read_interval(
    name: &str,
    start: Option<&prost_types::Timestamp>,
    end: Option<&prost_types::Timestamp>,
    f: &mut Fields<'_>,
) -> Option<Interval> {
    let start = f.cell("start", start);
    let end = f.cell("end", end);
    match Interval::new(start?, end?) {
        Some(interval) => Some(interval),
        None => f.wrong(name, "later than the start"),
    }
}

/// Shows a shift.
pub fn show(shift: &Shift, revision: Revision) -> v1::Shift {
    v1::Shift {
        id: shift.id.to_string(),
        therapist_id: shift.therapist.as_str().to_owned(),
        site_id: shift.site.as_str().to_owned(),
        start: Some(values::cell(shift.time.start())),
        end: Some(values::cell(shift.time.end())),
        breaks: shift
            .breaks
            .iter()
            .map(|pause| v1::Break {
                start: Some(values::cell(pause.start())),
                end: Some(values::cell(pause.end())),
            })
            .collect(),
        template_id: shift.template.map(|id| id.to_string()).unwrap_or_default(),
        etag: values::etag(revision),
    }
}
