//! Records as they lie on disk: [`encode`] and [`decode`] one record, [`key`] names it, [`commit`]
//! does the same for a whole commit.
//!
//! What belongs to a client is sealed with that client's key ([`crate::keyring`]), by `Record::owner` and nothing else. What is
//! sealed with a key that was destroyed reads as *erased*.
//!
//! The bodies are messages of `treadwell.store.v1` that mirror the model field by field, so that
//! what is read is what was written; they are not the API's resources, which leave things out and
//! add others. Every field is checked again when it is read: a stored record that breaks the
//! model's rules is refused with its name, never half believed.

pub(crate) mod account;
pub(crate) mod audit;
mod catalog;
pub(crate) mod commit;
mod day;
mod fault;
mod impossible;
mod money;
mod people;
mod roster;
mod session_record;
mod stock;
mod training;
mod value;
mod waitlist;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use thiserror::Error;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::Revision;
use treadwell_clinic::id::{Part, SiteId};
use treadwell_clinic::model::{self, Kind, Record, RecordId};

use crate::keyring::{Found, KeyId, Keyring};

/// The format of bodies that are not sealed, and of those that are; the latter is the newest that this release reads.
const FORMAT: u32 = 1;
const SEALED_FORMAT: u32 = 2;

/// Why a stored record, or a commit, can not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} can not be read: {why}")]
pub(crate) struct Unreadable {
    /// The record or commit, by its name.
    pub(crate) what: String,
    /// What is wrong with it.
    pub(crate) why: String,
    /// It is sealed with a key of which the key ring has never heard. Another release would not help.
    pub(crate) no_key: bool,
}

impl Unreadable {
    fn new(what: String, why: String) -> Self {
        let no_key = false;
        Self { what, why, no_key }
    }

    fn no_key(what: String) -> Self {
        Self {
            what,
            why: "it is sealed with a key that the key ring does not have".to_owned(),
            no_key: true,
        }
    }
}

/// A stored record, as far as it can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opened {
    /// The record, with the revision of the commit that wrote it.
    Whole(Record, Revision),
    /// What belonged to a client who was erased.
    Erased(Erased),
}

/// What is known of a record whose key was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erased {
    /// Which record it was.
    pub(crate) id: RecordId,
    /// At which sites.
    pub(crate) sites: Box<[SiteId]>,
    /// The key that sealed it.
    pub(crate) key: KeyId,
}

/// A field that holds what the model does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its field `{0}` holds no such value")]
pub(crate) struct Bad(pub(crate) &'static str);

/// A part of the model with its stored form.
pub(crate) trait Stored: Sized {
    /// The stored form.
    type Form: Message + Default;

    /// The stored form of this.
    fn form(&self) -> Self::Form;

    /// Reads it back.
    fn read(form: Self::Form) -> Result<Self, Bad>;
}

/// The record's key: its kind, then its id. Serial ids, which grow with time, sort by number.
pub(crate) fn key(id: &RecordId) -> Bytes {
    let mut key = BytesMut::with_capacity(40);
    key.put_u8(u8::try_from(kind_form(id.kind()) as i32).expect("there are fewer than 256 kinds"));
    for (at, part) in id.parts().into_iter().enumerate() {
        if at > 0 {
            key.put_u8(0);
        }
        match part {
            Part::Text(text) => key.put_slice(text.as_bytes()),
            Part::Number(number, _) => key.put_u64(number),
            Part::Date(date) => key.put_i32(value::date_form(date)),
        }
    }
    key.freeze()
}

/// What of an envelope is not the body, before it is sealed.
fn beside(record: &Record, revision: Revision) -> stored::Envelope {
    let id = record.id();
    let owner = record.owner();
    stored::Envelope {
        kind: kind_form(id.kind()).into(),
        id: id.name(),
        owner: owner.map(|client| client.to_string()).unwrap_or_default(),
        sites: record.sites().iter().map(ToString::to_string).collect(),
        format: FORMAT,
        revision,
        ..stored::Envelope::default()
    }
}

/// The body in its envelope; sealed when it belongs to a client.
fn enveloped(keys: &Keyring, record: &Record, body: &impl Message, revision: Revision) -> Bytes {
    let mut envelope = beside(record, revision);
    let Some(client) = record.owner() else {
        return with_body(&envelope, body);
    };
    let (key_id, sealing) = keys.of(client);
    envelope.format = SEALED_FORMAT;
    envelope.key_id = Bytes::copy_from_slice(&key_id);
    let place = place(&key(&record.id()), revision);
    let beside = envelope.encode_to_vec();
    let (nonce, body) = sealing.seal(&place, &beside, body.encode_to_vec());
    envelope.nonce = Bytes::copy_from_slice(&nonce);
    envelope.body = body.into();
    envelope.encode_to_vec().into()
}

/// What a sealed body is of, and since when.
fn place(key: &[u8], revision: Revision) -> Vec<u8> {
    let mut place = Vec::with_capacity(key.len() + 8);
    place.extend_from_slice(key);
    place.extend_from_slice(&revision.to_be_bytes());
    place
}

/// Writes a body into its envelope without a copy of its own.
fn with_body(envelope: &stored::Envelope, body: &impl Message) -> Bytes {
    let length = body.encoded_len();
    let mut bytes = BytesMut::with_capacity(envelope.encoded_len() + length + BODY_HEAD);
    envelope.encode_raw(&mut bytes);
    encode_key(BODY, WireType::LengthDelimited, &mut bytes);
    encode_varint(length as u64, &mut bytes);
    body.encode_raw(&mut bytes);
    bytes.freeze()
}

/// The number of the envelope's field `body`, and the most bytes before its content.
const BODY: u32 = 8;
const BODY_HEAD: usize = 11;

/// The client whom a stored record is about, as the text of the id, without reading its body. None for one that is about
/// nobody.
pub(crate) fn owner(value: &Bytes) -> Option<String> {
    let envelope = stored::Envelope::decode(value.clone()).ok()?;
    Some(envelope.owner).filter(|owner| !owner.is_empty())
}

/// Whether a stored record belongs to a client and is not sealed, as stores of format 1 have them.
pub(crate) fn is_in_the_clear(value: &Bytes) -> bool {
    stored::Envelope::decode(value.clone())
        .is_ok_and(|envelope| !envelope.owner.is_empty() && envelope.key_id.is_empty())
}

/// Whether a record's key is that of a key of access.
pub(crate) fn is_access_key(key: &[u8]) -> bool {
    key.first()
        .is_some_and(|&kind| i32::from(kind) == stored::RecordKind::Key as i32)
}

/// Whether a stored record is sealed.
pub(crate) fn is_sealed(value: &Bytes) -> bool {
    stored::Envelope::decode(value.clone()).is_ok_and(|envelope| !envelope.key_id.is_empty())
}

/// Reads a record from its envelope, with the revision of the commit that wrote it.
pub(crate) fn decode(keys: &Keyring, key: &[u8], value: Bytes) -> Result<Opened, Unreadable> {
    let (opened, _) = unwrapped(keys, key, value)?;
    Ok(opened)
}

/// As [`decode`]; says besides whether [`encode`] would give the same bytes. That is what is asked of every record when a clinic is
/// opened, and sealing each of them again would cost more than opening them.
pub(crate) fn decode_compared(
    keys: &Keyring,
    key: &[u8],
    value: &Bytes,
) -> Result<(Opened, bool), Unreadable> {
    let (opened, lying) = unwrapped(keys, key, value.clone())?;
    let is_same = match (&opened, &lying) {
        (Opened::Whole(record, revision), Some(lying)) => lying.is_of(keys, record, *revision),
        _ => true,
    };
    Ok((opened, is_same))
}

/// What a record was read from.
struct Lying {
    /// Without its nonce and its body.
    envelope: stored::Envelope,
    nonce: Bytes,
    /// Opened.
    body: Bytes,
    /// There was nothing in the envelope but what this release knows.
    is_exact: bool,
}

impl Lying {
    /// Whether [`encode`] gives these bytes for a record.
    fn is_of(&self, keys: &Keyring, record: &Record, revision: Revision) -> bool {
        let mut expected = beside(record, revision);
        let body = body_of(record);
        if !self.is_exact || body[..] != self.body[..] {
            return false;
        }
        let Some(client) = record.owner() else {
            return expected == self.envelope;
        };
        let Some((key_id, sealing)) = keys.live_of(client) else {
            return false;
        };
        expected.format = SEALED_FORMAT;
        expected.key_id = Bytes::copy_from_slice(&key_id);
        // What is sealed opened with what lies beside it: with the same nonce it is the same.
        let place = place(&key(&record.id()), revision);
        expected == self.envelope && sealing.nonce(&place, body) == self.nonce[..]
    }
}

fn unwrapped(
    keys: &Keyring,
    key: &[u8],
    value: Bytes,
) -> Result<(Opened, Option<Lying>), Unreadable> {
    let what = || format!("the record with key {}", hex(key));
    let unreadable = |why: String| Unreadable::new(what(), why);
    let length = value.len();
    let mut envelope =
        stored::Envelope::decode(value).map_err(|error| unreadable(error.to_string()))?;
    let is_exact = envelope.encoded_len() == length;
    if envelope.format == 0 || envelope.format > SEALED_FORMAT {
        return Err(unreadable(format!(
            "it has format {}, this release reads format {SEALED_FORMAT}",
            envelope.format
        )));
    }
    let revision = envelope.revision;
    let kind =
        kind_of(envelope.kind()).ok_or_else(|| unreadable("it is of no known kind".to_owned()))?;
    let is_sealed = !envelope.key_id.is_empty();
    if is_sealed != (envelope.format == SEALED_FORMAT) {
        return Err(unreadable(
            "it is sealed without a key, or not sealed with one".to_owned(),
        ));
    }
    let nonce = envelope.nonce.clone();
    let body = if is_sealed {
        match unsealed(keys, &mut envelope) {
            Ok(Some(body)) => body,
            Ok(None) => {
                let erased = erased(kind, key, &envelope).map_err(unreadable)?;
                return Ok((Opened::Erased(erased), None));
            }
            Err(Sealed::NoKey) => return Err(Unreadable::no_key(what())),
            Err(Sealed::Changed) => {
                return Err(unreadable(
                    "what is sealed is not what was written".to_owned(),
                ));
            }
        }
    } else {
        std::mem::take(&mut envelope.body)
    };
    let record = read_body(kind, body.clone()).map_err(unreadable)?;
    if self::key(&record.id()) != key {
        return Err(unreadable(format!("it holds {}", record.id())));
    }
    if let (Some(client), Ok(id)) = (record.owner(), KeyId::try_from(&*envelope.key_id)) {
        keys.bind(client, &id);
    }
    let lying = Lying {
        envelope,
        nonce,
        body,
        is_exact,
    };
    Ok((Opened::Whole(record, revision), Some(lying)))
}

/// For the fuzzer: the record of an envelope that is not sealed, or why there is none.
pub(crate) fn in_the_clear(value: Bytes) -> Result<Record, String> {
    let envelope = stored::Envelope::decode(value).map_err(|error| error.to_string())?;
    let kind = kind_of(envelope.kind()).ok_or("it is of no known kind")?;
    read_body(kind, envelope.body)
}

/// Why a seal can not be opened.
enum Sealed {
    /// The ring has never heard of its key.
    NoKey,
    /// It, or what it vouches for, was changed.
    Changed,
}

/// The body of a sealed envelope; none when its key was destroyed.
fn unsealed(keys: &Keyring, envelope: &mut stored::Envelope) -> Result<Option<Bytes>, Sealed> {
    let id = KeyId::try_from(&*envelope.key_id).map_err(|_| Sealed::Changed)?;
    let sealing = match keys.find(&id) {
        Found::Live(sealing) => sealing,
        Found::Destroyed => return Ok(None),
        Found::Unknown => return Err(Sealed::NoKey),
    };
    let nonce = std::mem::take(&mut envelope.nonce);
    let sealed = std::mem::take(&mut envelope.body);
    let beside = envelope.encode_to_vec();
    let opened = sealing.open(&nonce, &beside, &sealed);
    opened.map(|body| Some(body.into())).ok_or(Sealed::Changed)
}

fn erased(kind: Kind, key: &[u8], envelope: &stored::Envelope) -> Result<Erased, String> {
    let id = RecordId::parse(kind, &envelope.id).filter(|id| self::key(id) == key);
    let sites = envelope.sites.iter().map(|site| site.parse().ok());
    let sites: Option<Box<[SiteId]>> = sites.collect();
    let key = KeyId::try_from(&*envelope.key_id).ok();
    let erased = || {
        Some(Erased {
            id: id?,
            sites: sites?,
            key: key?,
        })
    };
    erased().ok_or_else(|| "its envelope was changed".to_owned())
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $name:literal, $table:ident $(($($field:ident $(of $inner:ident)?: $part:ty),+))?,
        $owner:expr, $sites:expr;
    )*) => {
        /// The record in its envelope, as the commit at `revision` writes it.
        ///
        /// The same record and revision give the same bytes, always: they are compared.
        pub(crate) fn encode(keys: &Keyring, record: &Record, revision: Revision) -> Bytes {
            match record {
                $(Record::$kind(it) => enveloped(keys, record, &it.form(), revision),)*
            }
        }

        /// The body as [`encode`] writes it, in the clear.
        fn body_of(record: &Record) -> Vec<u8> {
            match record {
                $(Record::$kind(it) => it.form().encode_to_vec(),)*
            }
        }

        fn read_body(kind: Kind, body: Bytes) -> Result<Record, String> {
            match kind {
                $(Kind::$kind => read::<model::$kind>(body),)*
            }
        }

        const fn kind_form(kind: Kind) -> stored::RecordKind {
            match kind {
                $(Kind::$kind => stored::RecordKind::$kind,)*
            }
        }

        const fn kind_of(kind: stored::RecordKind) -> Option<Kind> {
            match kind {
                stored::RecordKind::Unspecified => None,
                $(stored::RecordKind::$kind => Some(Kind::$kind),)*
            }
        }
    };
}

treadwell_clinic::records!(kinds);

fn read<T: Stored + Into<Record>>(body: Bytes) -> Result<Record, String> {
    let form = T::Form::decode(body).map_err(|error| error.to_string())?;
    T::read(form).map(Into::into).map_err(|bad| bad.to_string())
}

/// Bytes as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
pub(crate) mod tests;
