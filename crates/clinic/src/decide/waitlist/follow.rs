//! What a commit means for the waitlist: an offer ends with its hold, and a place that becomes free is
//! offered to who waits for it.

use jiff::Timestamp;

use super::freed;
use crate::command::CommandKind;
use crate::decide::Work;
use crate::limits;
use crate::model::{Change, Offer, Passed, PassedOver, Record, RecordId, WaitState, WaitlistEntry};

/// Completes a decision that is made otherwise.
pub(in crate::decide) fn follow(work: &mut Work<'_>, kind: CommandKind) {
    for at in 0..work.decision.changes.len() {
        if let (Some(Record::Hold(hold)), None) = sides(&work.decision.changes[at]) {
            ended_with(work, hold.id, kind);
        }
    }
    for at in 0..work.decision.changes.len() {
        without_its_hold(work, at);
    }
    freed::offer_next(work, kind);
}

fn sides(change: &Change) -> (Option<&Record>, Option<&Record>) {
    (change.before(), change.after())
}

/// The entry to which a hold was offered that ceases to be, if the command has not dealt with it.
fn ended_with(work: &mut Work<'_>, hold: crate::id::HoldId, kind: CommandKind) {
    let Some(entry) = work.clinic.offered_by(hold) else {
        return;
    };
    let id = RecordId::WaitlistEntry(entry.id);
    if work.decision.changes.iter().any(|change| change.id() == id) {
        return;
    }
    let Some(offer) = entry.offer() else { return };
    let booked = work.decision.changes.iter().find_map(|change| {
        let Some(Record::Appointment(appointment)) = change.after() else {
            return None;
        };
        let taken = appointment.client == entry.client && appointment.slot == offer.slot;
        taken.then_some(appointment.id)
    });
    let after = match booked {
        Some(appointment) => WaitlistEntry {
            state: WaitState::Booked {
                appointment,
                at: work.now(),
            },
            ..WaitlistEntry::clone(entry)
        },
        None if kind == CommandKind::Expire => {
            passed_over(entry, offer, PassedOver::Lapsed, work.now())
        }
        None => passed_over(entry, offer, PassedOver::Released, work.now()),
    };
    work.update_too(std::sync::Arc::clone(entry), after);
}

/// An entry that goes back to an offer (undo does that) whose hold does not come back with it waits
/// without one.
fn without_its_hold(work: &mut Work<'_>, at: usize) {
    let change = &work.decision.changes[at];
    let (before, Some(Record::WaitlistEntry(entry))) = sides(change) else {
        return;
    };
    let Some(offer) = entry.offer() else { return };
    let id = RecordId::Hold(offer.hold);
    let mut changes = work.decision.changes.iter();
    let held = match changes.find(|change| change.id() == id) {
        Some(change) => change.after().is_some(),
        None => work.clinic.hold(offer.hold).is_some(),
    };
    if held {
        return;
    }
    let waiting = WaitlistEntry {
        state: WaitState::Waiting,
        ..WaitlistEntry::clone(entry)
    };
    if let Some(change) = Change::new(before.cloned(), Some(waiting.into())) {
        work.decision.changes[at] = change;
    }
}

/// The entry after its offer came to nothing: the client goes on waiting, and is not offered that place
/// again.
pub(super) fn passed_over(
    entry: &WaitlistEntry,
    offer: &Offer,
    how: PassedOver,
    now: Timestamp,
) -> WaitlistEntry {
    let mut passed = entry.passed.clone();
    passed.push(Passed {
        site: offer.slot.site,
        therapist: offer.slot.therapist,
        time: offer.slot.planned,
        how,
        at: now,
    });
    let forgotten = passed.len().saturating_sub(limits::WAITLIST_PASSED);
    passed.drain(..forgotten);
    WaitlistEntry {
        state: WaitState::Waiting,
        passed,
        ..WaitlistEntry::clone(entry)
    }
}
