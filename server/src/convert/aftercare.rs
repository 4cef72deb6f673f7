//! Advice that clients take home.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Revision;
use treadwell_clinic::model::{Aftercare, Appointment, Sheet};

use super::session_record::key_name;
use super::values;

/// Shows advice as it was given.
pub fn show(aftercare: &Aftercare, revision: Revision, clinic: &Clinic) -> v1::Aftercare {
    v1::Aftercare {
        appointment_id: aftercare.appointment.to_string(),
        client_id: aftercare.client.to_string(),
        site_id: aftercare.site.to_string(),
        issued: aftercare
            .issued
            .iter()
            .map(|mark| v1::AftercareIssue {
                issued_by: mark.by.to_string(),
                issued_by_name: key_name(mark.by, clinic),
                issued_at: Some(values::instant(mark.at)),
            })
            .collect(),
        etag: values::etag(revision),
        ..sheet(&aftercare.sheet)
    }
}

/// Shows advice as it would be given.
pub fn show_unissued(appointment: &Appointment, of: &Sheet) -> v1::Aftercare {
    v1::Aftercare {
        appointment_id: appointment.id.to_string(),
        client_id: appointment.client.to_string(),
        site_id: appointment.slot.site.to_string(),
        ..sheet(of)
    }
}

fn sheet(sheet: &Sheet) -> v1::Aftercare {
    v1::Aftercare {
        service_id: sheet.service.to_string(),
        therapist_id: sheet.therapist.to_string(),
        finished_at: Some(values::instant(sheet.finished)),
        lines: sheet
            .lines
            .iter()
            .map(|line| v1::AftercareLine {
                text: line.text.clone(),
                until: line.until.map(values::instant),
            })
            .collect(),
        ..v1::Aftercare::default()
    }
}
