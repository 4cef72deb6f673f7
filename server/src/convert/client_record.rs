//! A client's complete record.

use std::collections::BTreeMap;

use treadwell_api::v1;
use treadwell_api::v1::client_record_entry::Resource;
use treadwell_clinic::id::{ClientId, KeyId};
use treadwell_clinic::model::{Change, Client, Kind, Record};
use treadwell_clinic::retention::Retention;
use treadwell_clinic::{Actor, Clinic, Commit, Revision};

use super::store::commit::{ErasedChange, Side};
use super::{
    aftercare, appointment, client, declaration, hold, hygiene, money, screening, session_record,
    values, waitlist,
};
use crate::access::{HealthRead, View};

/// Shows until when a client's records are kept.
pub fn show_retention(client: &Client, kept: Retention, ended: bool) -> v1::Retention {
    v1::Retention {
        client_id: client.id.to_string(),
        client_name: client.name.clone(),
        last_visit_on: kept.last_visit.map(values::date),
        kept_until: kept.kept_until.map(values::date),
        ended,
    }
}

/// Shows one record whole; none when it is of a kind that no client has.
pub fn show(
    clinic: &Clinic,
    record: &Record,
    revision: Revision,
    read: &HealthRead,
) -> Option<v1::ClientRecordEntry> {
    let view = View::whole();
    let resource = match record {
        Record::Client(it) => Resource::Client(client::show(it, revision)),
        Record::Declaration(it) => Resource::Declaration(declaration::show_whole(it, read)),
        Record::Appointment(it) => {
            let mut shown = appointment::show(it, revision, clinic, &view);
            let site = clinic.site(it.slot.site);
            if let (Some(shown), Some(review), Some(site)) = (&mut shown.review, &it.review, site) {
                let reasons = review.reasons.iter();
                let show = |reason| screening::show_reason(reason, &site.zone);
                shown.reasons = reasons.map(show).collect();
            }
            Resource::Appointment(shown)
        }
        Record::Hold(it) => Resource::Hold(hold::show(it, revision, &view)),
        Record::WaitlistEntry(it) => {
            Resource::WaitlistEntry(waitlist::show(it, revision, clinic, &view))
        }
        Record::SessionRecord(it) => {
            let shown = session_record::show_whole(it, revision, clinic, read);
            Resource::SessionRecord(shown)
        }
        Record::Aftercare(it) => Resource::Aftercare(aftercare::show(it, revision, clinic)),
        Record::Payment(it) => Resource::Payment(money::show_payment(it)),
        Record::Receipt(it) => Resource::Receipt(money::show_receipt(it, revision)),
        Record::Hygiene(it) => Resource::SessionHygiene(hygiene::show(it, revision)),
        _ => return None,
    };
    Some(v1::ClientRecordEntry {
        revision,
        resource: Some(resource),
    })
}

/// Shows what a commit changed of a client's records, who made it and why.
pub fn show_change(
    clinic: &Clinic,
    commit: &Commit,
    reason: &str,
    client: ClientId,
    read: &HealthRead,
) -> v1::ClientRecordChange {
    let revision = commit.revision;
    let entries = commit.changes.iter().filter_map(|change| {
        let is_theirs = |record: &Record| record.owner() == Some(client);
        match change.after() {
            Some(after) if is_theirs(after) => show(clinic, after, revision, read),
            None if change.before().is_some_and(is_theirs) => Some(v1::ClientRecordEntry {
                revision,
                resource: Some(Resource::Gone(change.id().to_string())),
            }),
            _ => None,
        }
    });
    let by = |id: KeyId| clinic.key(id).map(|key| key.name.clone());
    v1::ClientRecordChange {
        revision,
        changed_at: Some(values::instant(commit.at)),
        changed_by: if commit.by == Actor::SYSTEM {
            String::new()
        } else {
            commit.by.to_string()
        },
        changed_by_name: by(commit.by).unwrap_or_default(),
        verb: commit.kind.as_str().to_owned(),
        reason: reason.to_owned(),
        entries: entries.collect(),
    }
}

/// What an erasure did to a client's records, by kind. When it was long ago they can not all be opened any more.
pub(crate) fn show_erased(changes: &[Change], erased: &[ErasedChange]) -> Vec<v1::ErasedKind> {
    let mut kinds: BTreeMap<Kind, v1::ErasedKind> = BTreeMap::new();
    let read = changes
        .iter()
        .map(|it| (it.id().kind(), it.after().is_some()));
    let unread = erased
        .iter()
        .map(|it| (it.id.kind(), it.after != Side::Nothing));
    for (kind, stays) in read.chain(unread) {
        let counted = kinds.entry(kind).or_insert_with(|| v1::ErasedKind {
            kind: kind.name().to_owned(),
            ..v1::ErasedKind::default()
        });
        if stays {
            counted.kept_count += 1;
        } else {
            counted.removed_count += 1;
        }
    }
    kinds.into_values().collect()
}
