//! Entries of the audit trail, as they lie on disk.

use bytes::Bytes;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::ClientId;

use super::commit::{opened, sealed, sealed_with};
use super::value::{id, instant, instant_form};
use super::{Bad, Sealed, place};
use crate::audit::{Deed, Entry, Mark};
use crate::keyring::Keyring;

/// Where what is sealed of an entry belongs.
const PLACE: &[u8] = b"audit";

/// An entry's bytes, as the one that follows on a trail that has come so far. What somebody has put into words of their own is sealed: with
/// the key of the client whom it is about, with which it goes, or else with the house's.
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
            form.private = sealed_words(keys, number, client, reason);
            stored::AuditKind::Read
        }
        Deed::Refused { why } => {
            form.what.clone_from(why);
            stored::AuditKind::Refused
        }
        Deed::SignedIn => stored::AuditKind::SignedIn,
        Deed::SignedOut => stored::AuditKind::SignedOut,
        Deed::Upkeep {
            what,
            about,
            reason,
        } => {
            form.what.clone_from(what);
            form.about.clone_from(about);
            form.private = sealed_words(keys, number, "", reason);
            stored::AuditKind::Upkeep
        }
        Deed::Annotated {
            about,
            client,
            text,
        } => {
            form.about.clone_from(about);
            form.client.clone_from(client);
            form.private = sealed_words(keys, number, client, text);
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

/// Somebody's words about this client, or about none.
fn sealed_words(keys: &Keyring, number: u64, client: &str, words: &str) -> Option<stored::Sealed> {
    if words.is_empty() {
        return None;
    }
    let place = place(PLACE, number);
    let private = stored::Private {
        reason: words.to_owned(),
        ..stored::Private::default()
    };
    if client.is_empty() {
        return Some(sealed(keys, &place, None, &private));
    }
    // Nothing here makes a key: only the writer of the clinic may. Whoever has none was erased meanwhile, and the words went, too.
    let client: ClientId = client.parse().ok()?;
    let (id, sealing) = keys.live_of(client)?;
    Some(sealed_with((&id, &*sealing), &place, &private))
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
    // Who has done what does not go with why.
    let (private, problem) = match private.transpose() {
        Ok(private) => (private.flatten(), None),
        Err(Sealed::NoKey) => (None, Some("the key of its words is not in the key ring")),
        Err(Sealed::Changed) => (None, Some("its words are not what was written")),
    };
    let words = private.map(|private| private.reason);
    let entry = read(form, words.unwrap_or_default());
    let entry = entry.map_err(|Bad(field)| format!("its {field} can not be read"))?;
    Ok(Decoded {
        entry,
        before,
        problem,
    })
}

fn read(form: stored::AuditEntry, words: String) -> Result<Entry, Bad> {
    let deed = match form.kind() {
        stored::AuditKind::Unspecified => return Err(Bad("kind")),
        stored::AuditKind::Read => Deed::Read {
            client: form.client,
            what: form.what,
            reason: words,
        },
        stored::AuditKind::Refused => Deed::Refused { why: form.what },
        stored::AuditKind::SignedIn => Deed::SignedIn,
        stored::AuditKind::SignedOut => Deed::SignedOut,
        stored::AuditKind::Upkeep => Deed::Upkeep {
            what: form.what,
            about: form.about,
            reason: words,
        },
        stored::AuditKind::Annotated => Deed::Annotated {
            about: form.about,
            // Before they were sealed they lay in the clear, and named no client.
            text: if form.private.is_none() && form.client.is_empty() {
                form.what
            } else {
                words
            },
            client: form.client,
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
