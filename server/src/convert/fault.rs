//! What stands against a place: as flags, obstacles and reasons.

use treadwell_api::v1;
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::model::{
    Appointment, Blocker, Fault, Occupant, Outcome, OutcomeKind, Retired, ReviewDecision,
    Screening, Slot,
};
use treadwell_clinic::{Clinic, SlotRefusal};

use super::words::Words;
use crate::access::View;

/// The API's reason for a fault.
pub fn reason(fault: &Fault) -> v1::Reason {
    match fault {
        Fault::Retired(_) => v1::Reason::Retired,
        Fault::LacksEquipment { .. } => v1::Reason::RoomUnsuitable,
        Fault::Credential { .. } => v1::Reason::NotCertified,
        Fault::Closed { .. } => v1::Reason::SiteClosed,
        Fault::OffShift { .. } => v1::Reason::OffShift,
        Fault::RoomOut { .. } => v1::Reason::RoomOut,
        Fault::BarsUnsound { .. } => v1::Reason::BarsNotSound,
        Fault::Screening(screening) => screening_reason(screening.outcome.kind()),
        Fault::RoomTaken { .. } => v1::Reason::RoomTaken,
        Fault::TherapistTaken { .. } | Fault::Travel { .. } => v1::Reason::TherapistTaken,
        Fault::ClientTaken { .. } => v1::Reason::ClientTaken,
    }
}

/// The API's reason for what screening says.
pub const fn screening_reason(outcome: OutcomeKind) -> v1::Reason {
    match outcome {
        OutcomeKind::Clear | OutcomeKind::NeedsReview => v1::Reason::ScreeningNeedsReview,
        OutcomeKind::Incomplete => v1::Reason::ScreeningIncomplete,
        OutcomeKind::ExcludedUntil => v1::Reason::ScreeningExcludedUntil,
        OutcomeKind::Excluded => v1::Reason::ScreeningExcluded,
    }
}

/// The API's reason for what blocks a start.
pub fn blocker_reason(blocker: &Blocker) -> v1::Reason {
    match blocker {
        Blocker::TooEarly { .. } => v1::Reason::TooEarly,
        Blocker::RoomInSession { .. } | Blocker::TherapistInSession { .. } => {
            v1::Reason::SessionRunning
        }
        Blocker::RoomInTurnover { .. } => v1::Reason::TurnoverOpen,
        Blocker::FootCare { .. } => v1::Reason::NotReadyForBarefoot,
        Blocker::Fault(fault) => reason(fault),
        Blocker::NotReconfirmed { .. } => v1::Reason::NotReconfirmed,
        Blocker::ReviewNeeded(_) => v1::Reason::ScreeningNeedsReview,
        Blocker::ReviewDeclined => v1::Reason::ScreeningDeclined,
    }
}

/// A reason's name as errors write it, without the prefix.
pub fn reason_name(reason: v1::Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// A fault as a flag of an appointment.
pub fn flag(fault: &Fault, appointment: &Appointment, clinic: &Clinic) -> v1::Flag {
    if let Fault::Screening(screening) = fault
        && is_declined(screening, appointment)
    {
        return v1::Flag {
            kind: v1::FlagKind::Declined.into(),
            text: Words(clinic).blocker(&Blocker::ReviewDeclined),
        };
    }
    v1::Flag {
        kind: flag_kind(fault).into(),
        text: Words(clinic).fault(fault),
    }
}

/// Whether a therapist has decided against the session on what a screening found.
pub fn is_declined(screening: &Screening, appointment: &Appointment) -> bool {
    let review = appointment.review_of(screening);
    review.is_some_and(|review| review.decision == ReviewDecision::Decline)
}

fn flag_kind(fault: &Fault) -> v1::FlagKind {
    match fault {
        Fault::Retired(_) => v1::FlagKind::Retired,
        Fault::LacksEquipment { .. } => v1::FlagKind::RoomUnsuitable,
        Fault::Credential { .. } => v1::FlagKind::NotCertified,
        Fault::Closed { .. } => v1::FlagKind::SiteClosed,
        Fault::OffShift { .. } => v1::FlagKind::OffShift,
        Fault::RoomOut { .. } => v1::FlagKind::RoomOut,
        Fault::BarsUnsound { .. } => v1::FlagKind::BarsNotSound,
        Fault::Screening(screening) => match screening.outcome {
            Outcome::Clear | Outcome::NeedsReview => v1::FlagKind::NeedsReview,
            Outcome::Incomplete { .. } => v1::FlagKind::ScreeningIncomplete,
            Outcome::ExcludedUntil(_) | Outcome::Excluded => v1::FlagKind::ScreeningExcluded,
        },
        Fault::RoomTaken { .. }
        | Fault::TherapistTaken { .. }
        | Fault::Travel { .. }
        | Fault::ClientTaken { .. } => v1::FlagKind::Clash,
    }
}

/// A fault as an obstacle in the way of a place.
pub fn obstacle(fault: &Fault, clinic: &Clinic, view: &View) -> v1::Obstacle {
    let (subject_kind, subject_id) = subject(fault);
    v1::Obstacle {
        subject_kind: subject_kind.to_owned(),
        subject_id,
        reason: reason_name(reason(fault)).to_owned(),
        text: Words(clinic).fault(fault),
        clashing_ids: visible(fault.clash(), clinic, view),
    }
}

/// What stands against a time itself, or against whatever there is at it.
pub fn obstacle_of_time(reason: v1::Reason, text: String) -> v1::Obstacle {
    v1::Obstacle {
        subject_kind: "time".to_owned(),
        reason: reason_name(reason).to_owned(),
        text,
        ..v1::Obstacle::default()
    }
}

/// The most places of other services that are named.
const OTHER_SERVICES: usize = 10;

/// What could be booked as it is instead of a refused place, as far as the view shows it: places of the same service,
/// then of other services.
pub fn alternatives(refusal: &SlotRefusal, view: &View) -> Vec<v1::Alternative> {
    let others = refusal.other_services.iter().take(OTHER_SERVICES);
    let all = refusal.alternatives.iter().chain(others);
    let reached = all.filter(|it| view.reaches(it.site));
    reached.map(alternative).collect()
}

fn alternative(slot: &Slot) -> v1::Alternative {
    v1::Alternative {
        start: slot.start().to_string(),
        site_id: slot.site.to_string(),
        room_id: slot.room.to_string(),
        therapist_id: slot.therapist.to_string(),
        service_id: slot.service.to_string(),
        extension_ids: slot.extensions.iter().map(ToString::to_string).collect(),
    }
}

/// What blocks a start, as an obstacle.
pub fn blocking(blocker: &Blocker, clinic: &Clinic, view: &View) -> v1::Obstacle {
    if let Blocker::Fault(fault) = blocker {
        return obstacle(fault, clinic, view);
    }
    let place = |appointment: &AppointmentId| clinic.appointment(*appointment).map(|it| &it.slot);
    let room = |id| {
        place(id)
            .map(|slot| slot.room.to_string())
            .unwrap_or_default()
    };
    let therapist = |id| {
        place(id)
            .map(|slot| slot.therapist.to_string())
            .unwrap_or_default()
    };
    let (kind, id, clash) = match blocker {
        Blocker::RoomInSession { appointment } | Blocker::RoomInTurnover { appointment, .. } => {
            ("room", room(appointment), Some(*appointment))
        }
        Blocker::TherapistInSession { appointment } => {
            ("therapist", therapist(appointment), Some(*appointment))
        }
        Blocker::FootCare { therapist, .. } => ("therapist", therapist.to_string(), None),
        Blocker::NotReconfirmed { .. } | Blocker::ReviewNeeded(_) | Blocker::ReviewDeclined => {
            ("client", String::new(), None)
        }
        Blocker::TooEarly { .. } | Blocker::Fault(_) => ("time", String::new(), None),
    };
    let clash = clash.map(Occupant::Appointment);
    v1::Obstacle {
        subject_kind: kind.to_owned(),
        subject_id: id,
        reason: reason_name(blocker_reason(blocker)).to_owned(),
        text: Words(clinic).blocker(blocker),
        clashing_ids: visible(clash, clinic, view),
    }
}

/// What kind of thing a fault is about, and its id.
pub fn subject(fault: &Fault) -> (&'static str, String) {
    match fault {
        Fault::Retired(Retired::Service) => ("service", String::new()),
        Fault::Retired(Retired::Room) => ("room", String::new()),
        Fault::Retired(Retired::Therapist) => ("therapist", String::new()),
        Fault::LacksEquipment { room, .. }
        | Fault::RoomOut { room, .. }
        | Fault::BarsUnsound { room, .. }
        | Fault::RoomTaken { room, .. } => ("room", room.to_string()),
        Fault::Credential { therapist, .. }
        | Fault::OffShift { therapist, .. }
        | Fault::TherapistTaken { therapist, .. }
        | Fault::Travel { therapist, .. } => ("therapist", therapist.to_string()),
        Fault::Closed { site, .. } => ("site", site.to_string()),
        Fault::Screening(_) | Fault::ClientTaken { .. } => ("client", String::new()),
    }
}

/// The id of what clashes, if it is at a site that the caller reaches.
pub fn visible(clash: Option<Occupant>, clinic: &Clinic, view: &View) -> Vec<String> {
    clash
        .filter(|&by| {
            clinic
                .slot_of(by)
                .is_some_and(|slot| view.reaches(slot.site))
        })
        .map(|by| by.to_string())
        .into_iter()
        .collect()
}
