//! Disruptions, and what mends them.

use jiff::Timestamp;
use treadwell_api::v1;
use treadwell_api::v1::disruption::What;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{RepairMove, Step};
use treadwell_clinic::id::{AppointmentId, SiteId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{OutageTarget, RecordId};
use treadwell_clinic::repair::{Cost, Disruption, Mend};
use treadwell_clinic::time::{Cell, Interval};

use super::fields::Fields;
use super::{appointment, fault, values};
use crate::access::View;

/// Reads a disruption. What is not given is filled in from `now` and from the sites of the clinic.
pub fn read(
    disruption: &v1::Disruption,
    clinic: &Clinic,
    now: Timestamp,
    f: &mut Fields<'_>,
) -> Option<Disruption> {
    let present = Cell::containing(now);
    match &disruption.what {
        None => f.wrong("what", "one of them is set"),
        Some(What::OutageId(id)) => f.id("outage_id", id).map(Disruption::Outage),
        Some(What::Outage(outage)) => {
            let mut f = f.inside("outage");
            let room = f.id("room_id", &outage.room_id);
            let from = f.optional_cell("start", outage.start.as_ref());
            let until = f.optional_cell("end", outage.end.as_ref());
            let target = if outage.support_only {
                OutageTarget::Bars
            } else {
                OutageTarget::Room
            };
            Some(Disruption::Out {
                room: room?,
                target,
                from: from?.unwrap_or(present),
                until: until?,
            })
        }
        Some(What::Absence(absence)) => {
            let mut f = f.inside("absence");
            let therapist = f.id("therapist_id", &absence.therapist_id);
            let from = f.optional_cell("start", absence.start.as_ref());
            let until = f.cell("end", absence.end.as_ref());
            let time = Interval::new(from?.unwrap_or(present), until?);
            if time.is_none() {
                f.wrong::<()>("end", "later than the start");
            }
            Some(Disruption::Absent {
                therapist: therapist?,
                time: time?,
            })
        }
        Some(What::Overrun(overrun)) => {
            let mut f = f.inside("overrun");
            let appointment = f.id("appointment_id", &overrun.appointment_id);
            let most = limits::AFTERWARDS.get();
            let by = f.minutes("minutes", overrun.minutes, 5..=most);
            Some(Disruption::Overrun {
                appointment: appointment?,
                by: by?,
            })
        }
        Some(What::Unsound(day)) => read_day(day, clinic, now, &mut f.inside("unsound")),
    }
}

fn read_day(
    day: &v1::UnsoundDay,
    clinic: &Clinic,
    now: Timestamp,
    f: &mut Fields<'_>,
) -> Option<Disruption> {
    let id: Option<SiteId> = f.id("site_id", &day.site_id);
    let date = f.optional_date("date", day.date.as_ref());
    let (id, date) = (id?, date?);
    let Some(site) = clinic.site(id) else {
        return f.wrong("site_id", "a site that exists");
    };
    let date = date.unwrap_or_else(|| site.zone.local(now).date());
    match site.zone.day(date) {
        Some(time) => Some(Disruption::Unsound { site: id, time }),
        None => f.wrong("date", "a day of the years 1970 to 2199"),
    }
}

/// Reads where an appointment shall move.
pub fn read_move(to: &v1::RepairMove, f: &mut Fields<'_>) -> Option<RepairMove> {
    let appointment: Option<AppointmentId> = f.id("appointment_id", &to.appointment_id);
    let etag = f.etag(&to.etag, "the etag of the appointment, as it was planned");
    let service = f.optional_id("service_id", &to.service_id);
    let site = f.id("site_id", &to.site_id);
    let room = f.id("room_id", &to.room_id);
    let therapist = f.id("therapist_id", &to.therapist_id);
    let start = f.cell("start", to.start.as_ref());
    Some(RepairMove {
        step: Step {
            appointment: appointment?,
            etag: etag?,
        },
        service: service?,
        site: site?,
        start: start?,
        room: room?,
        therapist: therapist?,
    })
}

/// Shows what becomes of an appointment.
pub fn show(mend: &Mend, clinic: &Clinic, view: &View) -> v1::Repair {
    let present = &mend.appointment;
    let changed = clinic.revision_of(&RecordId::Appointment(present.id));
    let revision = changed.unwrap_or(0);
    let to = mend.to.as_ref().map(|to| v1::RepairMove {
        appointment_id: present.id.to_string(),
        etag: values::etag(revision),
        service_id: to.service.to_string(),
        site_id: to.site.to_string(),
        room_id: to.room.to_string(),
        therapist_id: to.therapist.to_string(),
        start: Some(values::cell(to.planned.start())),
        end: Some(values::cell(to.planned.end())),
    });
    let problems = mend.faults.iter();
    v1::Repair {
        appointment: Some(appointment::show(present, revision, clinic, view)),
        problems: problems
            .map(|found| fault::flag(found, present, clinic))
            .collect(),
        r#move: to,
        at_once: mend.is_swap(),
    }
}

/// Shows what a repair costs.
pub fn show_cost(cost: Cost) -> v1::RepairCost {
    let figure = |n| i32::try_from(n).unwrap_or(i32::MAX);
    v1::RepairCost {
        unplaced: figure(cost.unplaced),
        modality_changed: figure(cost.modality),
        site_changed: figure(cost.site),
        therapist_changed: figure(cost.therapist),
        minutes_moved: figure(cost.minutes),
        others_changed: figure(cost.others),
    }
}
