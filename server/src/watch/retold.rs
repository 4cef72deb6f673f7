//! What looks otherwise although it was not changed.
//!
//! An appointment is shown with its client's name and phone, and its flags speak of rooms, therapists and
//! services by their names. Those lie in other records. When one of them changes, the appointments that
//! show it are told again with that commit, so that a watch never keeps what a read would no longer show.

use std::collections::BTreeMap;
use std::sync::Arc;

use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::model::{Appointment, Change, Record, RecordId};
use treadwell_clinic::time::Cell;
use treadwell_clinic::{Clinic, Commit, Revision};

use super::filter::ViewClass;

/// The appointments that a class of view sees otherwise since `commit`, each with the revision of its own
/// last change. One that was changed later than `clinic` was at the commit comes with that change.
pub(super) fn retold(
    commit: &Commit,
    clinic: &Clinic,
    class: ViewClass,
) -> impl Iterator<Item = (Record, Revision)> {
    let mut found: BTreeMap<AppointmentId, &Arc<Appointment>> = BTreeMap::new();
    let mut named = false;
    for change in commit.changes.iter() {
        match (change.before(), change.after()) {
            (Some(Record::Client(before)), Some(Record::Client(after))) => {
                if (&before.name, &before.phone) != (&after.name, &after.phone) {
                    let theirs = clinic.appointments_of(after.id);
                    found.extend(theirs.map(|appointment| (appointment.id, appointment)));
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
    found.into_values().filter_map(move |appointment| {
        let changed = clinic.revision_of(&RecordId::Appointment(appointment.id))?;
        (changed < until).then(|| (Record::Appointment(Arc::clone(appointment)), changed))
    })
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
