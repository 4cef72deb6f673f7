//! What a session that is made longer asks.

use super::judge;
use crate::clinic::Clinic;
use crate::limits;
use crate::model::{Appointment, Fault, Occupancies, Occupant, Slot};
use crate::time::{Interval, Minutes};

/// The slot with a later end, and everything it occupies as much later; none when the session would be
/// longer than any may be.
pub(crate) fn longer(slot: &Slot, by: Minutes) -> Option<Slot> {
    let later = |time: Interval| Interval::new(time.start(), time.end().plus(by));
    let planned = later(slot.planned).filter(|time| time.cells() <= limits::SESSION.cells())?;
    let occupies = Occupancies {
        client: later(slot.occupies.client)?,
        therapist: later(slot.occupies.therapist)?,
        room: later(slot.occupies.room)?,
    };
    Some(Slot {
        planned,
        occupies,
        ..slot.clone()
    })
}

/// What stands against a longer slot and did not stand against the present one: the session is going
/// on, whatever has become unsound since it began. Where a thing is unsound already it does not count
/// that it would be so for another reason, too; but each clash counts for itself.
pub(crate) fn against_longer(
    clinic: &Clinic,
    appointment: &Appointment,
    slot: &Slot,
) -> Vec<Fault> {
    let own = Some(Occupant::Appointment(appointment.id));
    let client = Some(appointment.client);
    let mut faults = judge(clinic, slot, client, own);
    if !faults.is_empty() {
        let present = judge(clinic, &appointment.slot, client, own);
        faults.retain(|fault| {
            !present.iter().any(|known| match fault.clash() {
                Some(_) => known == fault,
                None => known.reason() == fault.reason(),
            })
        });
    }
    faults
}
