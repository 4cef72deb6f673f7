//! Hygiene: of sessions, of a day, and inspections.

use jiff::Timestamp;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{RecordInspection, Revision};
use treadwell_clinic::hygiene_log::{DayLog, SessionLog, TherapistLog, hygiene_of};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Appointment, Finding, FinishedTurnover, Hygiene, Inspection, OwnDone, OwnItem, Role, Site,
    State, SupportInspection, Turnover,
};

use super::fields::Fields;
use super::{turnover, values};
use crate::access::View;

/// Reads an inspection to record.
pub fn read(inspection: &v1::SupportInspection, f: &mut Fields<'_>) -> Option<RecordInspection> {
    let room = f.id("room_id", &inspection.room_id);
    let date = f.date("date", inspection.date.as_ref());
    let inspector = f.text("inspector", &inspection.inspector, 1..=limits::NAME_CHARS);
    let note = f.note("note", &inspection.note, 0..=limits::NOTE_CHARS);
    let passed = if inspection.passed {
        f.number("months", inspection.months, 1..=120).map(Some)
    } else if inspection.months == 0 {
        Some(None)
    } else {
        f.wrong("months", "0, for it failed")
    };
    Some(RecordInspection {
        room: room?,
        date: date?,
        inspector: inspector?,
        passed: passed?,
        note: note?,
    })
}

/// Reads a list of a therapist's own items.
pub fn read_own(items: &[i32], f: &mut Fields<'_>) -> Option<Vec<OwnItem>> {
    f.count("items", items.len(), 1..=4)?;
    let mut read = Vec::with_capacity(items.len());
    for (at, &item) in items.iter().enumerate() {
        let mut f = f.item("items", at);
        let known = f.choice("", item, |item: v1::OwnItem| match item {
            v1::OwnItem::Unspecified => None,
            v1::OwnItem::WashedBefore => Some(OwnItem::WashedBefore),
            v1::OwnItem::SockettesOn => Some(OwnItem::SockettesOn),
            v1::OwnItem::SockettesBackOn => Some(OwnItem::SockettesBackOn),
            v1::OwnItem::WashedAfter => Some(OwnItem::WashedAfter),
        });
        match known {
            Some(item) if read.contains(&item) => f.wrong("", "is there twice")?,
            Some(item) => read.push(item),
            None => {}
        }
    }
    (read.len() == items.len()).then_some(read)
}

fn show_item(item: OwnItem) -> v1::OwnItem {
    match item {
        OwnItem::WashedBefore => v1::OwnItem::WashedBefore,
        OwnItem::SockettesOn => v1::OwnItem::SockettesOn,
        OwnItem::SockettesBackOn => v1::OwnItem::SockettesBackOn,
        OwnItem::WashedAfter => v1::OwnItem::WashedAfter,
    }
}

fn show_own(own: &[OwnDone]) -> Vec<v1::OwnItemDone> {
    let show = |own: &OwnDone| v1::OwnItemDone {
        item: show_item(own.item).into(),
        done_at: Some(values::instant(own.done.at)),
        done_by: own.done.by.to_string(),
    };
    own.iter().map(show).collect()
}

/// A finished turnover as the checklist that it was.
fn checklist(hygiene: &Hygiene, finished: &FinishedTurnover) -> v1::Turnover {
    let was = Turnover {
        room: hygiene.room,
        site: hygiene.site,
        appointment: hygiene.appointment,
        since: finished.since,
        due: finished.due,
        items: finished.items.clone(),
    };
    turnover::show(&was, 0)
}

/// Shows the hygiene of a session.
pub fn show(hygiene: &Hygiene, revision: Revision) -> v1::SessionHygiene {
    let finished = hygiene.turnover.as_ref();
    v1::SessionHygiene {
        appointment_id: hygiene.appointment.to_string(),
        site_id: hygiene.site.to_string(),
        room_id: hygiene.room.to_string(),
        therapist_id: hygiene.therapist.to_string(),
        own: show_own(&hygiene.own),
        turnover: finished.map(|finished| checklist(hygiene, finished)),
        ready_at: finished.map(|finished| values::instant(finished.finished)),
        etag: values::etag(revision),
    }
}

/// Shows what is recorded around a session, and which of the therapist's own items are open.
pub fn show_session_hygiene(
    clinic: &Clinic,
    appointment: &Appointment,
    revision: Revision,
) -> (v1::SessionHygiene, Vec<i32>) {
    let slot = &appointment.slot;
    let recorded = hygiene_of(clinic, appointment);
    let shown = recorded.map_or_else(
        || v1::SessionHygiene {
            appointment_id: appointment.id.to_string(),
            site_id: slot.site.to_string(),
            room_id: slot.room.to_string(),
            therapist_id: slot.therapist.to_string(),
            ..v1::SessionHygiene::default()
        },
        |hygiene| show(hygiene, revision),
    );
    let done = recorded.map_or(&[][..], |hygiene| &hygiene.own);
    let phase = appointment.state.phase();
    let open = clinic
        .service(slot.service)
        .into_iter()
        .flat_map(|service| OwnItem::open(service.modality, phase, done))
        .map(|item| show_item(item).into());
    (shown, open.collect())
}

/// Shows an inspection.
pub fn show_inspection(inspection: &SupportInspection) -> v1::SupportInspection {
    let (months, outage) = match inspection.finding {
        Finding::Passed { months } => (Some(months), None),
        Finding::Failed { outage } => (None, outage),
    };
    let good = months.map(|months| Inspection {
        passed: inspection.date,
        months,
    });
    v1::SupportInspection {
        id: inspection.id.to_string(),
        room_id: inspection.room.to_string(),
        site_id: inspection.site.to_string(),
        date: Some(values::date(inspection.date)),
        inspector: inspection.inspector.clone(),
        passed: months.is_some(),
        months: months.unwrap_or(0).into(),
        note: inspection.note.clone(),
        next_due: good.map(|good| values::date(good.lapses())),
        outage_id: outage.map(|outage| outage.to_string()).unwrap_or_default(),
        recorded_by: inspection.by.to_string(),
        recorded_at: Some(values::instant(inspection.at)),
    }
}

/// Shows a day's log as it is at `now`. Who did something is named to those who give out keys; others see
/// the role.
pub fn show_log(
    clinic: &Clinic,
    site: &Site,
    date: jiff::civil::Date,
    log: &DayLog,
    now: Timestamp,
    view: &View,
) -> v1::HygieneLog {
    let mut shown = v1::HygieneLog {
        site_id: site.id.to_string(),
        site_name: site.name.clone(),
        date: Some(values::date(date)),
        time_zone: site.zone.name().to_owned(),
        sessions: log
            .sessions
            .iter()
            .map(|session| show_session(clinic, session, now))
            .collect(),
        therapists: log
            .therapists
            .iter()
            .map(|therapist| show_feet(clinic, therapist))
            .collect(),
        inspections: log
            .inspections
            .iter()
            .map(|inspection| show_inspection(inspection))
            .collect(),
        keys: Vec::new(),
    };
    shown.keys = keys(clinic, log)
        .into_iter()
        .map(|key| v1::NamedKey {
            id: key.to_string(),
            name: match clinic.key(key) {
                None => "system".to_owned(),
                Some(key) if view.keys => key.name.clone(),
                Some(key) => role(key.role).to_owned(),
            },
        })
        .collect();
    shown
}

/// A role in words.
const fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Manager => "manager",
        Role::FrontDesk => "front desk",
        Role::Therapist => "therapist",
        Role::Integration => "integration",
        Role::Wallboard => "wallboard",
    }
}

/// Whoever did something that the log tells of, each once.
fn keys(clinic: &Clinic, log: &DayLog) -> std::collections::BTreeSet<KeyId> {
    let hygiene = log.sessions.iter().filter_map(|it| it.hygiene.as_ref());
    let own = hygiene
        .clone()
        .flat_map(|it| &it.own)
        .map(|own| own.done.by);
    let finished = hygiene.filter_map(|it| it.turnover.as_ref());
    let open = log.sessions.iter().filter_map(|it| it.open.as_ref());
    let items = finished
        .flat_map(|it| &it.items)
        .chain(open.flat_map(|it| &it.items));
    let items = items.filter_map(|item| item.done).map(|done| done.by);
    let feet = log.therapists.iter().filter_map(|it| it.care.as_ref());
    let feet = feet.map(|care| care.by);
    let inspections = log.inspections.iter().map(|inspection| inspection.by);
    own.chain(items)
        .chain(feet)
        .chain(inspections)
        .filter(|&key| clinic.key(key).is_some() || key == treadwell_clinic::Actor::SYSTEM)
        .collect()
}

fn show_session(clinic: &Clinic, session: &SessionLog, now: Timestamp) -> v1::SessionLog {
    let slot = &session.appointment.slot;
    let (started, finished) = match &session.appointment.state {
        State::InSession { started, .. } => (Some(*started), None),
        State::Completed(times) => (Some(times.started), Some(times.finished)),
        _ => (None, None),
    };
    let hygiene = session.hygiene.as_deref();
    let done = hygiene.and_then(|hygiene| Some((hygiene, hygiene.turnover.as_ref()?)));
    let late = match (done, session.open.as_deref()) {
        (Some((_, turnover)), _) => turnover.finished.duration_since(turnover.due),
        (None, Some(open)) => now.duration_since(open.due),
        (None, None) => jiff::SignedDuration::ZERO,
    };
    let name = |found: Option<&String>, id: &dyn ToString| {
        found.map_or_else(|| id.to_string(), Clone::clone)
    };
    v1::SessionLog {
        appointment_id: session.appointment.id.to_string(),
        room_id: slot.room.to_string(),
        room_name: name(clinic.room(slot.room).map(|it| &it.name), &slot.room),
        therapist_id: slot.therapist.to_string(),
        therapist_name: name(
            clinic.therapist(slot.therapist).map(|it| &it.name),
            &slot.therapist,
        ),
        service_name: name(
            clinic.service(slot.service).map(|it| &it.name),
            &slot.service,
        ),
        started: started.map(values::instant),
        finished: finished.map(values::instant),
        own: hygiene.map_or_else(Vec::new, |hygiene| show_own(&hygiene.own)),
        missing: session
            .missing
            .iter()
            .map(|&item| show_item(item).into())
            .collect(),
        turnover: match (done, session.open.as_deref()) {
            (Some((hygiene, finished)), _) => Some(checklist(hygiene, finished)),
            (None, open) => open.map(|open| turnover::show(open, 0)),
        },
        ready_at: done.map(|(_, finished)| values::instant(finished.finished)),
        late_minutes: i32::try_from(late.as_mins().max(0)).unwrap_or(i32::MAX),
    }
}

fn show_feet(clinic: &Clinic, log: &TherapistLog) -> v1::FootCareLog {
    let care = log.care.as_deref();
    let name = clinic.therapist(log.therapist).map(|it| it.name.clone());
    v1::FootCareLog {
        therapist_id: log.therapist.to_string(),
        therapist_name: name.unwrap_or_default(),
        barefoot: log.barefoot,
        ready: log.is_ready(),
        soak: care.is_some_and(|it| it.care.soak),
        scrub: care.is_some_and(|it| it.care.scrub),
        pedicure: care.is_some_and(|it| it.care.pedicure),
        attested_at: care.map(|it| values::instant(it.at)),
        attested_by: care.map(|it| it.by.to_string()).unwrap_or_default(),
    }
}
