//! Appointments.

use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::model::{
    Appointment, CancelReason, Cancellation, ERASED, Fault, Phase, Review, ReviewDecision, Service,
    State,
};
use treadwell_clinic::{Clinic, rules};

use super::fields::Fields;
use super::{fault, screening, values};
use crate::access::{Class, View};

/// Reads why an appointment is cancelled.
pub fn read_cancel_reason(reason: i32, f: &mut Fields<'_>) -> Option<CancelReason> {
    f.choice(
        "cancel_reason",
        reason,
        |reason: v1::CancelReason| match reason {
            v1::CancelReason::Client => Some(CancelReason::ClientRequest),
            v1::CancelReason::ClientUnwell => Some(CancelReason::Illness),
            v1::CancelReason::Therapist => Some(CancelReason::TherapistAbsent),
            v1::CancelReason::Room => Some(CancelReason::RoomUnavailable),
            v1::CancelReason::Weather => Some(CancelReason::Weather),
            v1::CancelReason::Screening => Some(CancelReason::Screening),
            v1::CancelReason::Mistake => Some(CancelReason::Mistake),
            v1::CancelReason::Other => Some(CancelReason::Other),
            // Only the clinic itself says that a booking was undone.
            v1::CancelReason::Unspecified | v1::CancelReason::Undone => None,
        },
    )
}

/// Reads a therapist's decision.
pub fn read_decision(decision: i32, f: &mut Fields<'_>) -> Option<ReviewDecision> {
    f.choice(
        "decision",
        decision,
        |decision: v1::ReviewDecision| match decision {
            v1::ReviewDecision::Unspecified => None,
            v1::ReviewDecision::Proceed => Some(ReviewDecision::Proceed),
            v1::ReviewDecision::Modify => Some(ReviewDecision::Modify),
            v1::ReviewDecision::Decline => Some(ReviewDecision::Decline),
        },
    )
}

/// Reads a state to filter by.
pub fn read_state(state: i32, f: &mut Fields<'_>) -> Option<Phase> {
    f.choice("", state, |state: v1::AppointmentState| match state {
        v1::AppointmentState::Unspecified => None,
        v1::AppointmentState::Booked => Some(Phase::Booked),
        v1::AppointmentState::Confirmed => Some(Phase::Confirmed),
        v1::AppointmentState::Arrived => Some(Phase::Arrived),
        v1::AppointmentState::InSession => Some(Phase::InSession),
        v1::AppointmentState::Completed => Some(Phase::Completed),
        v1::AppointmentState::Cancelled => Some(Phase::Cancelled),
        v1::AppointmentState::NoShow => Some(Phase::NoShow),
    })
}

/// The API's word for a state.
pub fn show_state(phase: Phase) -> v1::AppointmentState {
    match phase {
        Phase::Booked => v1::AppointmentState::Booked,
        Phase::Confirmed => v1::AppointmentState::Confirmed,
        Phase::Arrived => v1::AppointmentState::Arrived,
        Phase::InSession => v1::AppointmentState::InSession,
        Phase::Completed => v1::AppointmentState::Completed,
        Phase::Cancelled => v1::AppointmentState::Cancelled,
        Phase::NoShow => v1::AppointmentState::NoShow,
    }
}

/// Shows an appointment, with the screening as it was judged last.
///
/// A wallboard gets the place and the initials; the desk gets no note of a review, nor why a session was
/// stopped.
pub fn show(
    appointment: &Appointment,
    revision: Revision,
    clinic: &Clinic,
    view: &View,
) -> v1::Appointment {
    let slot = &appointment.slot;
    let client = clinic.client(appointment.client);
    let mut shown = v1::Appointment {
        id: appointment.id.to_string(),
        service_id: slot.service.as_str().to_owned(),
        extension_ids: slot.extensions.iter().map(ToString::to_string).collect(),
        site_id: slot.site.as_str().to_owned(),
        room_id: slot.room.as_str().to_owned(),
        therapist_id: slot.therapist.as_str().to_owned(),
        start: Some(values::cell(slot.planned.start())),
        end: Some(values::cell(slot.planned.end())),
        client_until: Some(values::cell(slot.occupies.client.end())),
        therapist_until: Some(values::cell(slot.occupies.therapist.end())),
        room_until: Some(values::cell(slot.occupies.room.end())),
        state: show_state(appointment.state.phase()).into(),
        etag: values::etag(revision),
        ..v1::Appointment::default()
    };
    show_times(&appointment.state, &mut shown);
    if view.class == Class::Wallboard {
        shown.client_name = client
            .map(|client| values::initials(&client.name))
            .unwrap_or_default();
        return shown;
    }
    shown.client_id = values::client_id(appointment.client);
    if appointment.client.is_erased() {
        ERASED.clone_into(&mut shown.client_name);
    }
    if let Some(client) = client {
        shown.client_name.clone_from(&client.name);
        shown.client_phone.clone_from(&client.phone);
    }
    if let State::Completed(session) = &appointment.state {
        shown.room_ready_at = session.ready.map(|ready| values::instant(ready.at));
        if view.health() {
            let why = session.stopped.as_deref().unwrap_or_default();
            why.clone_into(&mut shown.stopped_early_reason);
        }
    }
    if let State::Cancelled(cancellation) = &appointment.state {
        shown.cancellation = Some(show_cancellation(cancellation, view));
    }
    shown.review = appointment
        .review
        .as_ref()
        .map(|review| show_review(review, clinic, view));
    shown.flags = appointment
        .flags
        .iter()
        .map(|found| fault::flag(found, appointment, clinic))
        .collect();
    appointment
        .note
        .as_deref()
        .unwrap_or_default()
        .clone_into(&mut shown.note);
    appointment
        .external
        .as_deref()
        .unwrap_or_default()
        .clone_into(&mut shown.external_id);
    shown.price_cents = appointment.price_cents.into();
    shown.booked_at = Some(values::instant(appointment.booked_at));
    shown.booked_by = appointment.booked_by.to_string();
    shown.series = appointment.series.map(|place| v1::SeriesPlace {
        series_id: place.id.to_string(),
        number: place.number.into(),
        of: place.of.into(),
    });
    shown.reconfirmation = appointment.reconfirmed.map(|said| v1::Reconfirmation {
        recorded_by: said.by.to_string(),
        recorded_at: Some(values::instant(said.at)),
        declaration_id: said.declaration.to_string(),
    });
    shown.screening = judged(appointment, clinic, view);
    shown
}

fn show_times(state: &State, shown: &mut v1::Appointment) {
    let (arrived, started, finished) = match state {
        State::Booked | State::Confirmed | State::Cancelled(_) => return,
        State::Arrived { arrived } => (*arrived, None, None),
        State::InSession { arrived, started } => (*arrived, Some(*started), None),
        State::Completed(session) => (
            session.arrived,
            Some(session.started),
            Some(session.finished),
        ),
        State::NoShow { at } => {
            shown.no_show_at = Some(values::instant(*at));
            return;
        }
    };
    shown.arrived_at = Some(values::instant(arrived));
    shown.started_at = started.map(values::instant);
    shown.finished_at = finished.map(values::instant);
}

fn show_cancellation(cancellation: &Cancellation, view: &View) -> v1::Cancellation {
    // What is noted beside these is about the client's health.
    let health = matches!(
        cancellation.reason,
        CancelReason::Screening | CancelReason::Illness
    );
    let reason = match cancellation.reason {
        CancelReason::ClientRequest => v1::CancelReason::Client,
        CancelReason::Illness => v1::CancelReason::ClientUnwell,
        CancelReason::Screening => v1::CancelReason::Screening,
        CancelReason::TherapistAbsent => v1::CancelReason::Therapist,
        CancelReason::RoomUnavailable => v1::CancelReason::Room,
        CancelReason::Weather => v1::CancelReason::Weather,
        CancelReason::Mistake => v1::CancelReason::Mistake,
        CancelReason::Other => v1::CancelReason::Other,
        CancelReason::Undone => v1::CancelReason::Undone,
    };
    v1::Cancellation {
        reason: reason.into(),
        note: if view.health() || !health {
            cancellation.note.to_string()
        } else {
            String::new()
        },
        late: cancellation.late,
        cancelled_at: Some(values::instant(cancellation.at)),
        cancelled_by: cancellation.by.to_string(),
    }
}

fn show_review(review: &Review, clinic: &Clinic, view: &View) -> v1::Review {
    let decision = match review.decision {
        ReviewDecision::Proceed => v1::ReviewDecision::Proceed,
        ReviewDecision::Modify => v1::ReviewDecision::Modify,
        ReviewDecision::Decline => v1::ReviewDecision::Decline,
    };
    let therapist = clinic.key(review.by).and_then(|key| key.therapist);
    v1::Review {
        decision: decision.into(),
        // What a therapist modifies, and why, is health data.
        note: if view.health() {
            review.note.clone()
        } else {
            String::new()
        },
        therapist_id: therapist.map(|id| id.to_string()).unwrap_or_default(),
        decided_at: Some(values::instant(review.at)),
        declaration_id: review
            .declaration
            .map(|id| id.to_string())
            .unwrap_or_default(),
        rule_set_version: i32::try_from(review.version).unwrap_or(i32::MAX),
        decided_by: review.by.to_string(),
        rule_set_id: review.rule_set.to_string(),
        // Only a complete record has them: every other read would have to be one of reasons.
        reasons: Vec::new(),
    }
}

/// What may be offered to a client whose therapist has declined: work of another kind, subject to review again.
fn other_work(declined: &Service, clinic: &Clinic) -> Vec<String> {
    let offered = clinic.services().filter(|other| {
        !other.retired && !other.modality.is_barefoot() && other.modality != declined.modality
    });
    offered.map(|other| other.id.to_string()).collect()
}

/// The screening as it was judged last: every change of a declaration, a rule set or the appointment
/// judges it again, so the flags hold it, or nothing stands against the work. Only what a therapist has
/// accepted is in no flag. Nothing is said of what is over.
fn judged(appointment: &Appointment, clinic: &Clinic, view: &View) -> Option<v1::Screening> {
    if !appointment.is_ahead() {
        return None;
    }
    let slot = &appointment.slot;
    let service = clinic.service(slot.service)?;
    let site = clinic.site(slot.site)?;
    let show = |found| screening::show(found, Some(service.id), clinic, &site.zone, view);
    let flag = appointment.flags.iter().find_map(|fault| match fault {
        Fault::Screening(screening) => Some(screening),
        _ => None,
    });
    if let Some(found) = flag {
        let mut shown = show(found);
        if fault::is_declined(found, appointment) {
            shown.alternative_service_ids = other_work(service, clinic);
        }
        return Some(shown);
    }
    if appointment.review.is_some() {
        let at = slot.start().timestamp();
        let found = rules::screen(clinic, appointment.client, service, site, at);
        return Some(show(&found));
    }
    Some(screening::clear())
}
