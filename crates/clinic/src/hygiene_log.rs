//! A day's hygiene at one site, put together for an inspection of the clinic.

use std::sync::Arc;

use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::id::TherapistId;
use crate::model::{
    Appointment, FootCare, Hygiene, OwnDone, OwnItem, Phase, Site, SupportInspection, Turnover,
};

/// What was done for hygiene at a site on a local date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayLog {
    /// The sessions that were held, by planned start.
    pub sessions: Vec<SessionLog>,
    /// Whoever was on shift or held a session, by id, with the day's foot care.
    pub therapists: Vec<TherapistLog>,
    /// Inspections made on the date, by room.
    pub inspections: Vec<Arc<SupportInspection>>,
}

/// One session's hygiene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLog {
    /// The session, which goes on or is over.
    pub appointment: Arc<Appointment>,
    /// What is recorded of it, if anything.
    pub hygiene: Option<Arc<Hygiene>>,
    /// The room's checklist, while it is not done.
    pub open: Option<Arc<Turnover>>,
    /// What the therapist should have done by now and nobody has recorded.
    pub missing: Vec<OwnItem>,
}

/// One therapist's feet on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TherapistLog {
    /// The therapist.
    pub therapist: TherapistId,
    /// The day's entry of the foot-care log, if there is one.
    pub care: Option<Arc<FootCare>>,
    /// Whether a barefoot session of theirs is planned, goes on or was held that day at the site.
    pub barefoot: bool,
}

impl TherapistLog {
    /// Whether the therapist was ready for barefoot work.
    pub fn is_ready(&self) -> bool {
        self.care.as_ref().is_some_and(|care| care.polish_free)
    }
}

/// The log of a site for a local date.
pub fn day_log(clinic: &Clinic, site: &Site, date: Date) -> DayLog {
    let mut log = DayLog::default();
    let Some(day) = site.zone.day(date) else {
        return log;
    };
    let mut therapists: Vec<(TherapistId, bool)> = clinic
        .shifts_at(site.id, day)
        .filter(|shift| {
            let mut off = clinic.absences_of(shift.therapist, shift.time);
            !off.any(|it| it.time.covers(shift.time))
        })
        .map(|shift| (shift.therapist, false))
        .collect();
    for appointment in clinic.appointments_at(site.id, day) {
        if !appointment.occupies() {
            continue;
        }
        let service = clinic.service(appointment.slot.service);
        let barefoot = service.is_some_and(|service| service.modality.is_barefoot());
        therapists.push((appointment.slot.therapist, barefoot));
        log.sessions.extend(session(clinic, appointment));
    }
    // Of one therapist's entries the barefoot one comes first, and stays.
    therapists.sort_by_key(|&(id, barefoot)| (id, !barefoot));
    therapists.dedup_by_key(|&mut (id, _)| id);
    log.therapists = therapists
        .into_iter()
        .map(|(therapist, barefoot)| TherapistLog {
            therapist,
            care: clinic.foot_care(therapist, date).map(Arc::clone),
            barefoot,
        })
        .collect();
    log.inspections = clinic
        .rooms_at(site.id)
        .flat_map(|room| clinic.inspections_of(room.id))
        .filter(|inspection| inspection.date == date)
        .map(Arc::clone)
        .collect();
    log
}

/// What is recorded of an appointment's session with the therapist that it has.
pub fn hygiene_of<'a>(clinic: &'a Clinic, appointment: &Appointment) -> Option<&'a Arc<Hygiene>> {
    let recorded = clinic.hygiene_of(appointment.id);
    recorded.filter(|hygiene| hygiene.therapist == appointment.slot.therapist)
}

/// What is known of a session that goes on or is over.
fn session(clinic: &Clinic, appointment: &Arc<Appointment>) -> Option<SessionLog> {
    let phase = appointment.state.phase();
    if !matches!(phase, Phase::InSession | Phase::Completed) {
        return None;
    }
    let service = clinic.service(appointment.slot.service)?;
    let hygiene = hygiene_of(clinic, appointment);
    let done: &[OwnDone] = hygiene.map_or(&[], |hygiene| &hygiene.own);
    let missing = OwnItem::missing(service.modality, phase, done).collect();
    Some(SessionLog {
        appointment: Arc::clone(appointment),
        hygiene: hygiene.map(Arc::clone),
        open: clinic
            .turnover_in(appointment.slot.room)
            .filter(|turnover| turnover.appointment == appointment.id)
            .map(Arc::clone),
        missing,
    })
}
