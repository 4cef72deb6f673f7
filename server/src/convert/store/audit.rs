//! Entries of the audit trail, as they lie on disk.

use bytes::Bytes;
use prost::Message;
use treadwell_api::store::v1 as stored;

use super::Bad;
use super::value::{id, instant, instant_form};
use crate::audit::{Deed, Entry};

/// An entry's bytes.
pub(crate) fn encode(entry: &Entry) -> Bytes {
    let mut form = stored::AuditEntry {
        at: Some(instant_form(entry.at)),
        key: entry.key.map(|key| key.to_string()).unwrap_or_default(),
        address: entry.address.clone(),
        more: entry.more,
        ..stored::AuditEntry::default()
    };
    let kind = match &entry.deed {
        Deed::Read {
            client,
            what,
            reason,
        } => {
            form.client.clone_from(client);
            form.what.clone_from(what);
            form.reason.clone_from(reason);
            stored::AuditKind::Read
        }
        Deed::Refused { why } => {
            form.what.clone_from(why);
            stored::AuditKind::Refused
        }
        Deed::SignedIn => stored::AuditKind::SignedIn,
        Deed::Annotated { about, text } => {
            form.about.clone_from(about);
            form.what.clone_from(text);
            stored::AuditKind::Annotated
        }
    };
    form.set_kind(kind);
    form.encode_to_vec().into()
}

/// An entry out of its bytes.
pub(crate) fn decode(bytes: Bytes) -> Result<Entry, String> {
    let form = stored::AuditEntry::decode(bytes).map_err(|error| error.to_string())?;
    read(form).map_err(|Bad(field)| format!("its {field} can not be read"))
}

fn read(form: stored::AuditEntry) -> Result<Entry, Bad> {
    let deed = match form.kind() {
        stored::AuditKind::Unspecified => return Err(Bad("kind")),
        stored::AuditKind::Read => Deed::Read {
            client: form.client,
            what: form.what,
            reason: form.reason,
        },
        stored::AuditKind::Refused => Deed::Refused { why: form.what },
        stored::AuditKind::SignedIn => Deed::SignedIn,
        stored::AuditKind::Annotated => Deed::Annotated {
            about: form.about,
            text: form.what,
        },
    };
    Ok(Entry {
        at: instant("at", form.at)?,
        key: if form.key.is_empty() {
            None
        } else {
            Some(id("key", &form.key)?)
        },
        address: form.address,
        deed,
        more: form.more,
    })
}
