//! Time off.

use treadwell_api::v1;
use treadwell_clinic::command::{PutAbsence, Revision};
use treadwell_clinic::limits;
use treadwell_clinic::model::Absence;

use super::fields::Fields;
use super::{shift, values};
use crate::access::View;

/// Reads time off to create, or to replace when it has an id.
pub fn read(
    time_off: &v1::TimeOff,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<PutAbsence> {
    let id = f.optional_id("id", &time_off.id);
    let therapist = f.id("therapist_id", &time_off.therapist_id);
    let time = shift::read_interval("end", time_off.start.as_ref(), time_off.end.as_ref(), f);
    let reason = f.text("reason", &time_off.reason, 0..=limits::REASON_CHARS);
    Some(PutAbsence {
        absence: id?,
        therapist: therapist?,
        time: time?,
        reason: reason?,
        etag,
    })
}

/// Shows time off; why only to those who run the clinic.
pub fn show(absence: &Absence, revision: Revision, view: &View) -> v1::TimeOff {
    v1::TimeOff {
        id: absence.id.to_string(),
        therapist_id: absence.therapist.to_string(),
        start: Some(values::cell(absence.time.start())),
        end: Some(values::cell(absence.time.end())),
        reason: if view.keys {
            absence.reason.clone()
        } else {
            String::new()
        },
        etag: values::etag(revision),
    }
}
