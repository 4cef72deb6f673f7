//! What looks otherwise although it was not changed.
//!
//! An appointment is shown with its client's name and phone, and its flags speak of rooms, therapists and
//! services by their names. Those lie in other records. When one of them changes, the appointments that
//! show it are told again with that commit, so that a watch never keeps what a read would no longer show.
//! So is the entry of the waitlist that ended with an appointment, when that moves to another site: it names the
//! appointment to those who reach it.

use std::collections::BTreeMap;
use std::sync::Arc;

use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::model::{Appointment, Change, Record, WaitState, WaitlistEntry};
use treadwell_clinic::time::Cell;
use treadwell_clinic::{Clinic, Commit, Revision};

use super::filter::ViewClass;

/// What a class of view sees otherwise since `commit`, each with the revision of its own
/// last change. One that was changed later than `clinic` was at the commit comes with that change.
pub(super) fn retold(
    commit: &Commit,
    clinic: &Clinic,
    class: ViewClass,
) -> impl Iterator<Item = (Record, Revision)> {
    let mut found: BTreeMap<AppointmentId, &Arc<Appointment>> = BTreeMap::new();
    let (mut named, mut waited) = (false, Vec::new());
    for change in commit.changes.iter() {
        match (change.before(), change.after()) {
            (Some(Record::Client(before)), Some(Record::Client(after))) => {
                if (&before.name, &before.phone) != (&after.name, &after.phone) {
                    let theirs = clinic.appointments_of(after.id);
                    found.extend(theirs.map(|appointment| (appointment.id, appointment)));
                }
            }
            (Some(Record::Appointment(before)), Some(Record::Appointment(after))) => {
                if before.slot.site != after.slot.site {
                    waited.extend(waited_for(after, clinic));
                }
            }
            _ => named |= is_named_in_flags(change),
        }
    }
    // A display is shown no flags.
    if named && class.everywhere().clients() {
        let flagged = clinic
            .sites()
            .flat_map(|site| clinic.flagged_at(site.id, Cell::MIN));
        found.extend(flagged.map(|appointment| (appointment.id, appointment)));
    }
    let until = commit.revision;
    let appointments = found.into_values().map(|it| Record::from(Arc::clone(it)));
    let entries = waited.into_iter().map(|it| Record::from(Arc::clone(it)));
    appointments.chain(entries).filter_map(move |record| {
        let changed = clinic.revision_of(&record.id())?;
        (changed < until).then_some((record, changed))
    })
}

/// The entries of the waitlist that ended with an appointment.
fn waited_for<'c>(
    appointment: &Appointment,
    clinic: &'c Clinic,
) -> impl Iterator<Item = &'c Arc<WaitlistEntry>> {
    let id = appointment.id;
    let ended_with = move |it: &&Arc<WaitlistEntry>| match it.state {
        WaitState::Booked { appointment, .. } => appointment == id,
        _ => false,
    };
    clinic.wishes_of(appointment.client).filter(ended_with)
}

/// Whether this is a change to something that flags speak of, or that is offered where they exclude.
fn is_named_in_flags(change: &Change) -> bool {
    matches!(
        change.before(),
        Some(
            Record::Site(_)
                | Record::Room(_)
                | Record::Service(_)
                | Record::RuleSet(_)
                | Record::Therapist(_)
        )
    )
}
