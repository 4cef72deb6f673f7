//! What keeps a session from being started at this minute.
//!
//! Its own plan no longer counts here; what is the case does: the room, the bars,
//! the therapist's papers and feet, the client's screening. Outside its planned time
//! a session may not take the place that is kept for another one.

use jiff::{Timestamp, ToSpan};

use super::{Demand, Except, RoomRule, TherapistRule, ask_since, screen, span};
use crate::clinic::Clinic;
use crate::limits;
use crate::model::{
    Appointment, Blocker, Fault, Occupant, Outcome, ReviewDecision, Screening, Service, Site,
};
use crate::time::{Cell, Interval};

/// The starts for which a client may arrive at `now`: those of the site's local date, and those that are
/// near whatever the date, so that nobody is turned away because it has struck midnight. None outside the
/// calendar.
pub(crate) fn arrivals(site: &Site, now: Timestamp) -> Option<Interval> {
    let day = site.zone.day(site.zone.local(now).date())?;
    let present = Cell::containing(now);
    let near = present.minus(limits::ARRIVAL);
    let far = present.plus(limits::ARRIVAL).plus_cells(1);
    Interval::new(near.min(day.start()), far.max(day.end()))
}

/// Everything that keeps an appointment's session from being started at `now`, in
/// order of precedence. Whether its client has arrived is not judged.
pub fn blockers(clinic: &Clinic, appointment: &Appointment, now: Timestamp) -> Vec<Blocker> {
    let slot = &appointment.slot;
    let (Some(service), Some(site)) = (clinic.service(slot.service), clinic.site(slot.site)) else {
        return Vec::new();
    };
    let mut blockers = Vec::new();
    blockers.extend(too_early(clinic, appointment, now));
    let other = |session: &&std::sync::Arc<Appointment>| session.id != appointment.id;
    if let Some(session) = clinic.session_in(slot.room).filter(other) {
        blockers.push(Blocker::RoomInSession {
            appointment: session.id,
        });
    }
    if let Some(session) = clinic.session_of(slot.therapist).filter(other) {
        blockers.push(Blocker::TherapistInSession {
            appointment: session.id,
        });
    }
    if let Some(turnover) = clinic.turnover_in(slot.room) {
        let left = turnover.open_items().collect();
        blockers.push(Blocker::RoomInTurnover {
            appointment: turnover.appointment,
            left,
        });
    }
    let date = site.zone.local(now).date();
    let attested = clinic
        .foot_care(slot.therapist, date)
        .is_some_and(|entry| entry.polish_free);
    if service.modality.is_barefoot() && !attested {
        blockers.push(Blocker::FootCare {
            therapist: slot.therapist,
            date,
        });
    }
    let screening = screen(clinic, appointment.client, service, site, now);
    let mut faults = faults_now(clinic, appointment, service, site, Cell::containing(now));
    faults.extend(kept_for_others(clinic, appointment, Cell::containing(now)));
    let refuses = service.modality.is_barefoot() && screening.outcome.refuses_barefoot();
    if refuses {
        faults.push(Fault::Screening(Box::new(screening.clone())));
    }
    faults.sort_by_key(Fault::precedence);
    blockers.extend(faults.into_iter().map(Blocker::Fault));
    let since = ask_since(clinic, appointment);
    blockers.extend(since.map(|since| Blocker::NotReconfirmed { since }));
    if !refuses {
        blockers.extend(undecided(appointment, screening));
    }
    blockers
}

fn too_early(clinic: &Clinic, appointment: &Appointment, now: Timestamp) -> Option<Blocker> {
    let early = i64::from(clinic.policy().early_start_minutes);
    let start = appointment.slot.start().timestamp();
    let earliest = Cell::at_or_after(start.checked_sub(early.minutes()).unwrap_or(start));
    (now < earliest.timestamp()).then_some(Blocker::TooEarly { earliest })
}

/// The faults of room and therapist that count while they are at work, for a
/// session that begins in `cell`.
fn faults_now(
    clinic: &Clinic,
    appointment: &Appointment,
    service: &Service,
    site: &Site,
    cell: Cell,
) -> Vec<Fault> {
    let slot = &appointment.slot;
    let demand = Demand::of_slot(service, slot);
    let except = Except::new(clinic, Some(Occupant::Appointment(appointment.id)));
    let mut faults = Vec::new();
    if let Some(room) = clinic.room(slot.room) {
        RoomRule::new(clinic, &demand, room, &site.zone, except).faults(cell, &mut faults);
    }
    if let Some(therapist) = clinic.therapist(slot.therapist) {
        TherapistRule::new(clinic, &demand, therapist, site, except).faults(cell, &mut faults);
    }
    faults.retain(|fault| match fault {
        Fault::LacksEquipment { .. }
        | Fault::Credential { .. }
        | Fault::RoomOut { .. }
        | Fault::BarsUnsound { .. } => true,
        Fault::Retired(_)
        | Fault::Closed { .. }
        | Fault::OffShift { .. }
        | Fault::Screening(_)
        | Fault::RoomTaken { .. }
        | Fault::TherapistTaken { .. }
        | Fault::Travel { .. }
        | Fault::ClientTaken { .. } => false,
    });
    faults
}

/// What the room and the therapist are kept for while the session would be outside its own plan: until the
/// planned start when it is early, at this moment when its planned time is over.
fn kept_for_others(clinic: &Clinic, appointment: &Appointment, now: Cell) -> Vec<Fault> {
    let slot = &appointment.slot;
    let (room, therapist) = (slot.room, slot.therapist);
    let early = Interval::new(now, slot.start());
    let late = span(now, 1).filter(|_| slot.planned.end() <= now);
    let Some(outside) = early.or(late) else {
        return Vec::new();
    };
    let own = Except::new(clinic, Some(Occupant::Appointment(appointment.id)));
    let rooms = clinic.room_agenda(room, outside);
    let rooms = rooms.map(|entry| Fault::RoomTaken { room, by: entry.by });
    let therapists = clinic.therapist_agenda(therapist, outside);
    let therapists = therapists.map(|entry| Fault::TherapistTaken {
        therapist,
        by: entry.by,
    });
    let others = rooms.chain(therapists);
    let theirs = |it: &Fault| it.clash().is_none_or(|by| !own.is(by));
    others.filter(theirs).collect()
}

/// What a therapist still has to decide, or has decided against. A decision counts
/// for the declaration and the rules that it was made on.
fn undecided(appointment: &Appointment, screening: Screening) -> Option<Blocker> {
    if screening.outcome == Outcome::Clear {
        return None;
    }
    let review = appointment.review_of(&screening);
    match review.map(|review| review.decision) {
        None => Some(Blocker::ReviewNeeded(Box::new(screening))),
        Some(ReviewDecision::Decline) => Some(Blocker::ReviewDeclined),
        Some(ReviewDecision::Proceed | ReviewDecision::Modify) => None,
    }
}
