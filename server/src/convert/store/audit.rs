//! Entries of the audit trail, as they lie on disk.

use bytes::Bytes;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::ClientId;

use super::commit::{opened, sealed};
use super::value::{id, instant, instant_form};
use super::{Bad, Sealed, place};
use crate::audit::{Deed, Entry};
use crate::convert::audit::entry_id;
use crate::keyring::Keyring;

/// Where what is sealed of an entry belongs.
const PLACE: &[u8] = b"audit";

/// An entry's bytes, as the one of this number. Why somebody's record was read is sealed with the client's key, and goes with it.
pub(crate) fn encode(keys: &Keyring, number: u64, entry: &Entry) -> Bytes {
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
            form.private = sealed_reason(keys, number, client, reason);
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

fn sealed_reason(
    keys: &Keyring,
    number: u64,
    client: &str,
    reason: &str,
) -> Option<stored::Sealed> {
    if reason.is_empty() {
        return None;
    }
    let client: Option<ClientId> = client.parse().ok();
    let private = stored::Private {
        reason: reason.to_owned(),
        ..stored::Private::default()
    };
    // Whose record is read has a key; only the writer of the clinic may make one.
    let owner = client.filter(|client| keys.key_of(*client).is_some());
    Some(sealed(keys, &place(PLACE, number), owner, &private))
}

/// The entry of this number out of its bytes.
pub(crate) fn decode(keys: &Keyring, number: u64, bytes: Bytes) -> Result<Entry, String> {
    let form = stored::AuditEntry::decode(bytes).map_err(|error| error.to_string())?;
    let private = form.private.as_ref();
    let private = private.map(|private| opened(keys, &place(PLACE, number), private));
    let private = private.transpose().map_err(|why| match why {
        Sealed::NoKey => "its key is not in the key ring".to_owned(),
        Sealed::Changed => "what is sealed is not what was written".to_owned(),
    })?;
    let reason = private.flatten().map(|private| private.reason);
    read(form, reason.unwrap_or_default())
        .map_err(|Bad(field)| format!("its {field} can not be read"))
}

/// What stands in place of an entry that was lost, at the time of the one before it, if that is there.
pub(crate) fn lost(number: u64, before: Option<&Bytes>) -> Bytes {
    let before = before.and_then(|bytes| stored::AuditEntry::decode(bytes.clone()).ok());
    let mut form = stored::AuditEntry {
        at: Some(before.and_then(|it| it.at).unwrap_or_default()),
        about: entry_id(number),
        what: "this entry was damaged, and was lost when the store was repaired".to_owned(),
        ..stored::AuditEntry::default()
    };
    form.set_kind(stored::AuditKind::Annotated);
    form.encode_to_vec().into()
}

fn read(form: stored::AuditEntry, reason: String) -> Result<Entry, Bad> {
    let deed = match form.kind() {
        stored::AuditKind::Unspecified => return Err(Bad("kind")),
        stored::AuditKind::Read => Deed::Read {
            client: form.client,
            what: form.what,
            reason,
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
