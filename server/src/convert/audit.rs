//! Entries of the audit trail, as the API tells of them.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Actor;
use treadwell_clinic::id::{ClientId, KeyId};

use super::values;
use crate::audit::{Deed, Entry};
use crate::engine::Trace;

/// What stands before the number of an entry, and before the revision of a change.
const ENTRY: &str = "aud-";
const CHANGE: &str = "chg-";

/// What an id of the trail names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The entry of this number.
    Entry(u64),
    /// The change of this revision.
    Change(u64),
}

/// Reads an id of the trail.
pub(crate) fn named(id: &str) -> Option<Named> {
    let number = |digits: &str| digits.parse().ok().filter(|number| *number > 0);
    match id.strip_prefix(ENTRY) {
        Some(digits) => number(digits).map(Named::Entry),
        None => id.strip_prefix(CHANGE).and_then(number).map(Named::Change),
    }
}

/// The id of an entry.
pub(crate) fn entry_id(number: u64) -> String {
    format!("{ENTRY}{number}")
}

/// Shows an entry. Whoever is not on file any more is not told from whoever never was.
pub(crate) fn show(clinic: &Clinic, number: u64, entry: &Entry) -> v1::AuditEntry {
    let mut shown = v1::AuditEntry {
        id: entry_id(number),
        at: Some(values::instant(entry.at)),
        address: entry.address.clone(),
        more_count: i64::try_from(entry.more).unwrap_or(i64::MAX),
        ..v1::AuditEntry::default()
    };
    if let Some(key) = entry.key {
        by(clinic, key, &mut shown);
    }
    let kind = match &entry.deed {
        Deed::Read {
            client,
            what,
            reason,
        } => {
            shown.client_id.clone_from(client);
            shown.what.clone_from(what);
            shown.reason.clone_from(reason);
            v1::AuditKind::Read
        }
        Deed::Refused { why } => {
            shown.what.clone_from(why);
            v1::AuditKind::Refused
        }
        Deed::SignedIn => v1::AuditKind::SignedIn,
        Deed::SignedOut => v1::AuditKind::SignedOut,
        Deed::Upkeep {
            what,
            about,
            reason,
        } => {
            shown.what.clone_from(what);
            shown.about_id.clone_from(about);
            shown.reason.clone_from(reason);
            v1::AuditKind::Upkeep
        }
        Deed::Annotated {
            about,
            client,
            text,
        } => {
            shown.about_id.clone_from(about);
            shown.client_id.clone_from(client);
            shown.what.clone_from(text);
            v1::AuditKind::Annotation
        }
        Deed::Gap { what } => {
            shown.what.clone_from(what);
            v1::AuditKind::Gap
        }
    };
    shown.set_kind(kind);
    shown
}

/// Shows that there is an entry, and why it can not be read.
pub(crate) fn show_unreadable(number: u64, why: &str) -> v1::AuditEntry {
    let mut shown = v1::AuditEntry {
        id: entry_id(number),
        what: why.to_owned(),
        ..v1::AuditEntry::default()
    };
    shown.set_kind(v1::AuditKind::Unreadable);
    shown
}

/// Shows a change, which was of this client's records if one was asked for.
pub(crate) fn show_change(
    clinic: &Clinic,
    trace: &Trace,
    client: Option<ClientId>,
) -> v1::AuditEntry {
    let mut shown = v1::AuditEntry {
        id: format!("{CHANGE}{}", trace.revision),
        at: Some(values::instant(trace.at)),
        address: trace.address.clone(),
        what: trace.kind.as_str().to_owned(),
        client_id: client.map(|client| client.to_string()).unwrap_or_default(),
        reason: trace.reason.clone(),
        ..v1::AuditEntry::default()
    };
    shown.set_kind(v1::AuditKind::Change);
    if trace.by != Actor::SYSTEM {
        by(clinic, trace.by, &mut shown);
    }
    shown
}

fn by(clinic: &Clinic, key: KeyId, shown: &mut v1::AuditEntry) {
    shown.key_id = key.to_string();
    let key = clinic.key(key).map(|key| key.name.clone());
    shown.key_name = key.unwrap_or_default();
}
