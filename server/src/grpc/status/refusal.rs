//! The clinic's refusals, each with its code, reason and data.

use tonic::{Code, Status};
use treadwell_api::v1::{self, Reason};
use treadwell_clinic::Clinic;
use treadwell_clinic::model::{BarsFault, Blocker, Fault, Outcome, RecordId};
use treadwell_clinic::refusal::{MoneyRefusal, Refusal, SlotRefusal, clashes};
use treadwell_clinic::time::Cell;

use super::details::Details;
use crate::access::View;
use crate::convert::words::Words;
use crate::convert::{self, Violation, Violations, fault};

/// The most clashing ids that a refusal names.
pub(super) const CLASHES: usize = 10;

/// The most rooms that a refused extension names.
const FREE_ROOMS: usize = 10;

/// A refusal as a status. What clashes is named as far as the view shows it.
pub fn refused(refusal: &Refusal, clinic: &Clinic, view: &View) -> Status {
    match refusal {
        Refusal::Invalid(violations) => super::fields(Violations(
            violations
                .iter()
                .map(|violation| Violation {
                    field: violation.field.clone(),
                    expected: violation.expected.clone(),
                })
                .collect(),
        )),
        Refusal::SiteNotAllowed { site } => super::site_not_allowed(site.as_str()),
        // A hold that lapsed is removed a moment later: the caller can not tell, nor need to.
        Refusal::NotFound {
            what: RecordId::Hold(hold),
        } => rule(Reason::HoldGone, refusal, clinic)
            .meta("hold", hold.to_string())
            .status(),
        Refusal::NotFound { what } => super::not_found(what.kind().name(), what.name()),
        Refusal::AlreadyExists { what } => Details::new(
            Code::AlreadyExists,
            Reason::AlreadyExists,
            refusal.to_string(),
        )
        .meta("kind", what.kind().name())
        .meta("id", what.name())
        .status(),
        Refusal::Stale { what, .. } => super::stale(what.kind().name(), what.name()),
        Refusal::Slot(slot) => booking(slot, clinic, view),
        Refusal::Series(impossible) => super::series::refused(impossible, clinic, view),
        Refusal::Import(_) => rule(Reason::ImportRefused, refusal, clinic).status(),
        Refusal::StartBlocked(blockers) => blocked(blockers, clinic, view),
        Refusal::OnlyForOwners => super::role_not_allowed(),
        Refusal::NotATherapist => Details::new(
            Code::PermissionDenied,
            Reason::NotATherapist,
            refusal.to_string(),
        )
        .status(),
        Refusal::NotTheirSession { .. } => Details::new(
            Code::PermissionDenied,
            Reason::NotTheirSession,
            Words(clinic).refusal(refusal),
        )
        .status(),
        Refusal::TooManyHolds { limit } => Details::new(
            Code::ResourceExhausted,
            Reason::TooManyHolds,
            refusal.to_string(),
        )
        .meta("limit", limit.to_string())
        .status(),
        Refusal::TooManyWishes { limit, .. } => Details::new(
            Code::ResourceExhausted,
            Reason::TooManyWishes,
            refusal.to_string(),
        )
        .meta("limit", limit.to_string())
        .status(),
        Refusal::TooMany => {
            Details::new(Code::InvalidArgument, Reason::TooLarge, refusal.to_string()).status()
        }
        Refusal::CannotExtend {
            faults,
            latest,
            free_rooms,
        } => {
            let clashing_ids = clashing(faults, clinic, view);
            let details = rule(Reason::CannotExtend, refusal, clinic)
                .meta("latest", latest.to_string())
                .meta("clash", clashing_ids.first().cloned().unwrap_or_default());
            let (details, faults) = named(details, faults, clinic);
            let mut reasons = vec![Reason::CannotExtend.into()];
            reasons.extend(faults);
            let rooms = free_rooms.iter().take(FREE_ROOMS);
            details
                .booking(v1::BookingRefusal {
                    reasons,
                    clashing_ids,
                    alternatives: Vec::new(),
                    free_room_ids: rooms.map(ToString::to_string).collect(),
                })
                .status()
        }
        _ => simple(refusal, clinic, view).status(),
    }
}

/// A rule says no.
fn rule(reason: Reason, refusal: &Refusal, clinic: &Clinic) -> Details {
    let message = Words(clinic).refusal(refusal);
    Details::new(Code::FailedPrecondition, reason, message.clone()).rule(
        reason,
        String::new(),
        message,
    )
}

/// The refusals of the waitlist.
fn waitlist(refusal: &Refusal, clinic: &Clinic, view: &View) -> Details {
    let rule = |reason| rule(reason, refusal, clinic);
    match refusal {
        Refusal::NotWaiting { phase, .. } => {
            rule(Reason::WrongState).meta("state", phase.to_string())
        }
        Refusal::OfferOpen { entry, hold } => {
            let details = rule(Reason::OfferOpen).meta("entry", entry.to_string());
            let held = clinic.hold(*hold);
            if held.is_some_and(|held| view.reaches(held.slot.site)) {
                details.meta("hold", hold.to_string())
            } else {
                details
            }
        }
        Refusal::NoOffer { entry } => rule(Reason::NoOffer).meta("entry", entry.to_string()),
        Refusal::ContactRecorded { entry, at } => rule(Reason::ContactRecorded)
            .meta("entry", entry.to_string())
            .meta("at", at.to_string()),
        Refusal::NotWished { entry } => rule(Reason::NotWished).meta("entry", entry.to_string()),
        Refusal::PassedBefore { entry } => {
            rule(Reason::PassedBefore).meta("entry", entry.to_string())
        }
        Refusal::NothingFits { entry } => {
            rule(Reason::NothingFits).meta("entry", entry.to_string())
        }
        _ => rule(Reason::WrongState),
    }
}

/// The refusals that need nothing but their own data.
fn simple(refusal: &Refusal, clinic: &Clinic, view: &View) -> Details {
    let rule = |reason| rule(reason, refusal, clinic);
    match refusal {
        Refusal::RoomOfAnotherSite { room, site } => rule(Reason::WrongSite)
            .meta("room", room.as_str())
            .meta("site", site.as_str()),
        Refusal::TherapistOfAnotherSite { therapist, site } => {
            rule(Reason::WrongSite)
                .meta("therapist", therapist.as_str())
                .meta("site", site.as_str())
        }
        Refusal::NotAnExtension { extension, .. } => {
            rule(Reason::ExtensionNotOffered).meta("extension", extension.as_str())
        }
        Refusal::WrongPhase { wrong, .. } => rule(Reason::WrongState)
            .meta("state", format!("{:?}", wrong.phase))
            .meta("step", format!("{:?}", wrong.verb)),
        Refusal::HoldOfAnotherClient { hold, .. }
        | Refusal::HoldOfAnotherService { hold }
        | Refusal::HoldOfAnotherAppointment { hold, .. } => {
            rule(Reason::HoldMismatch).meta("hold", hold.to_string())
        }
        Refusal::HoldExpired { hold, .. } | Refusal::HoldOfAnotherKey { hold } => {
            rule(Reason::HoldGone).meta("hold", hold.to_string())
        }
        Refusal::Past { earliest, .. } => {
            rule(Reason::InThePast).meta("earliest", earliest.to_string())
        }
        Refusal::TooFarAhead { latest, .. } => horizon(*latest, clinic)
            .into_iter()
            .fold(rule(Reason::BeyondHorizon), |details, (name, value)| {
                details.meta(name, value)
            }),
        Refusal::NoShowTooEarly { from } => {
            rule(Reason::TooEarly).meta("from", from.to_string())
        }
        Refusal::NothingToReview => rule(Reason::NothingToReview),
        Refusal::NothingToReconfirm => rule(Reason::NothingToReconfirm),
        Refusal::RecordSigned { appointment } => rule(Reason::RecordSigned)
            .meta("appointment", appointment.to_string()),
        Refusal::RecordNotSigned { appointment } => rule(Reason::RecordNotSigned)
            .meta("appointment", appointment.to_string()),
        Refusal::NothingNoted { appointment } => rule(Reason::NothingNoted)
            .meta("appointment", appointment.to_string()),
        Refusal::NoAdvice { service } => {
            rule(Reason::NoAdvice).meta("service", service.as_str())
        }
        Refusal::AbsenceOverlaps { .. }
        | Refusal::ShiftOverlaps { .. }
        | Refusal::ShiftTooNear { .. } => roster(refusal, clinic, view),
        Refusal::NothingToUndo | Refusal::NotUndoable { .. } | Refusal::UndoTooLate { .. } => {
            rule(Reason::NothingToUndo)
        }
        Refusal::UndoChanged { what } => rule(Reason::UndoSuperseded)
            .meta("kind", what.kind().name())
            .meta("id", what.name()),
        Refusal::Money(refused) => money(refused, refusal, clinic),
        Refusal::Erasure(refused) => super::erasure::told(refused, rule),
        Refusal::Upkeep(upkeep) => {
            let (reason, metadata) = super::upkeep::told(upkeep);
            let details = rule(reason);
            metadata
                .into_iter()
                .fold(details, |details, (name, value)| details.meta(name, value))
        }
        Refusal::LastOwner { key } => rule(Reason::InUse)
            .meta("kind", "key")
            .meta("id", key.to_string()),
        Refusal::NotWaiting { .. }
        | Refusal::OfferOpen { .. }
        | Refusal::NoOffer { .. }
        | Refusal::ContactRecorded { .. }
        | Refusal::NotWished { .. }
        | Refusal::PassedBefore { .. }
        | Refusal::NothingFits { .. } => waitlist(refusal, clinic, view),
        // An outage that is closed, a room that is ready, a key that is revoked: already so.
        Refusal::OutageClosed { .. }
        | Refusal::NotInTurnover { .. }
        | Refusal::NotOnChecklist { .. }
        | Refusal::KeyRevoked { .. }
        // The others are told by `refused`; each is named here so that a new one is not forgotten.
        | Refusal::Invalid(_)
        | Refusal::SiteNotAllowed { .. }
        | Refusal::NotFound { .. }
        | Refusal::AlreadyExists { .. }
        | Refusal::Stale { .. }
        | Refusal::OnlyForOwners
        | Refusal::TooManyHolds { .. }
        | Refusal::TooManyWishes { .. }
        | Refusal::NotATherapist
        | Refusal::NotTheirSession { .. }
        | Refusal::Slot(_)
        | Refusal::Series(_)
        | Refusal::Import(_)
        | Refusal::StartBlocked(_)
        | Refusal::CannotExtend { .. }
        | Refusal::TooMany => rule(Reason::WrongState),
    }
}

/// The refusals of hours that others are in the way of. A shift is named to those who see it.
fn roster(refusal: &Refusal, clinic: &Clinic, view: &View) -> Details {
    let rule = |reason| rule(reason, refusal, clinic);
    let seen = |id| convert::shift::visible(id, clinic, view);
    let named = |id| seen(id).map(|it| it.id.to_string()).unwrap_or_default();
    match refusal {
        Refusal::AbsenceOverlaps { therapist, absence } => rule(Reason::TimeOffClash)
            .meta("therapist", therapist.to_string())
            .meta("time_off", absence.to_string()),
        Refusal::ShiftOverlaps { shift, .. } => {
            rule(Reason::ShiftClash).meta("shift", named(*shift))
        }
        Refusal::ShiftTooNear { shift, gap, .. } => rule(Reason::ShiftTooNear)
            .meta("shift", named(*shift))
            .meta("minutes", gap.get().to_string()),
        _ => rule(Reason::WrongState),
    }
}

/// The refusals about money.
fn money(refused: &MoneyRefusal, refusal: &Refusal, clinic: &Clinic) -> Details {
    let reason = match refused {
        MoneyRefusal::NotCompleted => Reason::NotCompleted,
        MoneyRefusal::ReceiptStands { .. } => Reason::ReceiptStands,
        MoneyRefusal::ReceiptVoid { .. } => Reason::ReceiptVoid,
        MoneyRefusal::MoreThanDue { .. } => Reason::MoreThanDue,
        MoneyRefusal::MoreThanPaid { .. } => Reason::MoreThanPaid,
        MoneyRefusal::NotPaid { .. } => Reason::NotPaid,
        MoneyRefusal::ReceiptIncomplete { .. } => Reason::ReceiptIncomplete,
        MoneyRefusal::UndoAfterReceipt { .. } => Reason::UndoAfterReceipt,
    };
    let details = rule(reason, refusal, clinic);
    match refused {
        MoneyRefusal::NotCompleted => details,
        MoneyRefusal::ReceiptStands { receipt }
        | MoneyRefusal::ReceiptVoid { receipt }
        | MoneyRefusal::UndoAfterReceipt { receipt } => {
            details.meta("receipt", receipt.to_string())
        }
        MoneyRefusal::MoreThanDue { due_cents } | MoneyRefusal::NotPaid { due_cents } => {
            details.meta("due_cents", due_cents.to_string())
        }
        MoneyRefusal::MoreThanPaid { paid_cents } => {
            details.meta("paid_cents", paid_cents.to_string())
        }
        MoneyRefusal::ReceiptIncomplete { missing } => details.meta("missing", missing.join(", ")),
    }
}

/// A place that can not be taken: every rule that stands against it, and what could be taken instead.
fn booking(refusal: &SlotRefusal, clinic: &Clinic, view: &View) -> Status {
    let words = Words(clinic);
    let first = refusal.faults.first();
    let reason = first.map_or(Reason::NothingFree, fault::reason);
    let message = first.map_or_else(|| refusal.to_string(), |first| words.fault(first));
    let mut details = Details::new(Code::FailedPrecondition, reason, message);
    if let Some(first) = first {
        for (name, value) in metadata(first, clinic, view) {
            details = details.meta(name, value);
        }
    }
    let (details, mut reasons) = named(details, &refusal.faults, clinic);
    if reasons.is_empty() {
        reasons.push(reason.into());
    }
    details
        .booking(v1::BookingRefusal {
            reasons,
            clashing_ids: clashing(&refusal.faults, clinic, view),
            alternatives: fault::alternatives(refusal, view),
            free_room_ids: Vec::new(),
        })
        .status()
}

/// How far ahead may be booked.
pub(super) fn horizon(latest: Cell, clinic: &Clinic) -> [(&'static str, String); 2] {
    let days = clinic.policy().horizon_days;
    [
        ("horizon_days", days.to_string()),
        ("latest", latest.to_string()),
    ]
}

/// The details with every fault named as a rule that says no; and the reasons, each once.
fn named(mut details: Details, faults: &[Fault], clinic: &Clinic) -> (Details, Vec<i32>) {
    let mut reasons: Vec<i32> = Vec::new();
    for found in faults {
        let reason = fault::reason(found);
        let (kind, id) = fault::subject(found);
        let subject = if id.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}/{id}")
        };
        details = details.rule(reason, subject, Words(clinic).fault(found));
        if !reasons.contains(&reason.into()) {
            reasons.push(reason.into());
        }
    }
    (details, reasons)
}

/// The ids of what clashes, as far as the view shows it.
fn clashing(faults: &[Fault], clinic: &Clinic, view: &View) -> Vec<String> {
    clashes(faults)
        .into_iter()
        .flat_map(|by| fault::visible(Some(by), clinic, view))
        .take(CLASHES)
        .collect()
}

/// What a fault says about itself in a reason's metadata. Of a screening that is only when the client
/// is eligible and how many questions are open.
pub(super) fn metadata(found: &Fault, clinic: &Clinic, view: &View) -> Vec<(&'static str, String)> {
    let clash = || {
        fault::visible(found.clash(), clinic, view)
            .pop()
            .unwrap_or_default()
    };
    match found {
        Fault::Retired(_) | Fault::Closed { .. } => Vec::new(),
        Fault::LacksEquipment { room, .. } => vec![("room", room.to_string())],
        Fault::Credential {
            therapist, kind, ..
        } => vec![
            ("therapist", therapist.to_string()),
            ("credential", kind.to_string()),
        ],
        Fault::OffShift { therapist, .. } => vec![("therapist", therapist.to_string())],
        Fault::RoomOut { room, outage, .. } => {
            vec![("room", room.to_string()), ("outage", outage.to_string())]
        }
        Fault::BarsUnsound { room, fault } => {
            let outage = match fault {
                BarsFault::Outage(outage) => outage.to_string(),
                _ => String::new(),
            };
            vec![("room", room.to_string()), ("outage", outage)]
        }
        Fault::Screening(screening) => match &screening.outcome {
            Outcome::ExcludedUntil(eligible) => {
                let text = match eligible {
                    treadwell_clinic::model::Eligible::Date(date) => date.to_string(),
                    treadwell_clinic::model::Eligible::Instant(instant) => instant.to_string(),
                };
                vec![("eligible", text)]
            }
            Outcome::Incomplete { unanswered } => {
                vec![("unanswered", unanswered.len().to_string())]
            }
            Outcome::Clear | Outcome::NeedsReview | Outcome::Excluded => Vec::new(),
        },
        Fault::RoomTaken { room, .. } => vec![("room", room.to_string()), ("clash", clash())],
        Fault::TherapistTaken { therapist, .. } | Fault::Travel { therapist, .. } => {
            vec![("therapist", therapist.to_string()), ("clash", clash())]
        }
        Fault::ClientTaken { .. } => vec![("clash", clash())],
    }
}

/// A session that can not start: everything that blocks it.
fn blocked(blockers: &[Blocker], clinic: &Clinic, view: &View) -> Status {
    let first = blockers.first();
    let reason = first.map_or(Reason::WrongState, fault::blocker_reason);
    let message = first
        .map(|first| Words(clinic).blocker(first))
        .unwrap_or_default();
    let mut details = Details::new(Code::FailedPrecondition, reason, message);
    let about = match first {
        Some(Blocker::TooEarly { earliest }) => vec![("from", earliest.to_string())],
        Some(Blocker::RoomInTurnover { appointment, left }) => {
            let room = clinic.appointment(*appointment).map(|it| it.slot.room);
            vec![
                (
                    "room",
                    room.map(|room| room.to_string()).unwrap_or_default(),
                ),
                ("open", left.len().to_string()),
            ]
        }
        Some(Blocker::FootCare { therapist, .. }) => vec![("therapist", therapist.to_string())],
        Some(Blocker::Fault(found)) => metadata(found, clinic, view),
        Some(running @ (Blocker::RoomInSession { .. } | Blocker::TherapistInSession { .. })) => {
            let clash = fault::blocking(running, clinic, view).clashing_ids;
            vec![("clash", clash.into_iter().next().unwrap_or_default())]
        }
        Some(Blocker::NotReconfirmed { since }) => vec![("since", since.to_string())],
        Some(Blocker::ReviewNeeded(_) | Blocker::ReviewDeclined) | None => Vec::new(),
    };
    for (name, value) in about {
        details = details.meta(name, value);
    }
    for blocker in blockers {
        let obstacle = fault::blocking(blocker, clinic, view);
        details = details.rule(
            fault::blocker_reason(blocker),
            obstacle.subject_kind,
            obstacle.text,
        );
    }
    details.status()
}
