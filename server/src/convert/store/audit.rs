//! Entries of the audit trail, as they lie on disk.

use bytes::Bytes;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::ClientId;

use super::commit::{opened, sealed_with};
use super::value::{id, instant, instant_form};
use super::{Bad, Sealed, place};
use crate::audit::{Deed, Entry, Mark};
use crate::keyring::Keyring;

/// Where what is sealed of an entry belongs.
const PLACE: &[u8] = b"audit";

/// An entry's bytes, as the one that follows on a trail that has come so far. Why somebody's record was read is sealed with the client's
/// key, and goes with it.
pub(crate) fn encode(keys: &Keyring, after: &Mark, entry: &Entry) -> Bytes {
    let number = after.entries + 1;
    let mut form = stored::AuditEntry {
        at: Some(instant_form(entry.at)),
        key: entry.key.map(|key| key.to_string()).unwrap_or_default(),
        address: entry.address.clone(),
        more: entry.more,
        before: Bytes::copy_from_slice(after.hash()),
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
        Deed::Gap { what } => {
            form.what.clone_from(what);
            stored::AuditKind::Gap
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
    // Nothing here makes a key: only the writer of the clinic may. Whoever has none was erased meanwhile, and the reason went, too.
    let client: ClientId = client.parse().ok()?;
    let (id, sealing) = keys.live_of(client)?;
    let private = stored::Private {
        reason: reason.to_owned(),
        ..stored::Private::default()
    };
    let key = (&id, &*sealing);
    Some(sealed_with(key, &place(PLACE, number), &private))
}

/// An entry as it lies on disk.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The entry.
    pub(crate) entry: Entry,
    /// What it says of all before it.
    pub(crate) before: Bytes,
    /// What of it can not be read.
    pub(crate) problem: Option<&'static str>,
}

/// The entry of this number out of its bytes.
pub(crate) fn decode(keys: &Keyring, number: u64, bytes: Bytes) -> Result<Decoded, String> {
    let mut form = stored::AuditEntry::decode(bytes).map_err(|error| error.to_string())?;
    let before = std::mem::take(&mut form.before);
    let private = form.private.as_ref();
    let private = private.map(|private| opened(keys, &place(PLACE, number), private));
    // Who has read whose record does not go with why.
    let (private, problem) = match private.transpose() {
        Ok(private) => (private.flatten(), None),
        Err(Sealed::NoKey) => (None, Some("the key of its reason is not in the key ring")),
        Err(Sealed::Changed) => (None, Some("its reason is not what was written")),
    };
    let reason = private.map(|private| private.reason);
    let entry = read(form, reason.unwrap_or_default());
    let entry = entry.map_err(|Bad(field)| format!("its {field} can not be read"))?;
    Ok(Decoded {
        entry,
        before,
        problem,
    })
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
        stored::AuditKind::Gap => Deed::Gap { what: form.what },
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
