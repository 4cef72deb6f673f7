//! Records as they lie on disk: [`encode`] and [`decode`] one record, [`key`] names it, [`commit`]
//! does the same for a whole commit.
//!
//! The bodies are messages of `treadwell.store.v1` that mirror the model field by field, so that
//! what is read is what was written; they are not the API's resources, which leave things out and
//! add others. Every field is checked again when it is read: a stored record that breaks the
//! model's rules is refused with its name, never half believed.

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
use treadwell_clinic::id::Part;
use treadwell_clinic::model::{self, Kind, Record, RecordId};

/// The format of the bodies that this release writes, and the newest it reads.
const FORMAT: u32 = 1;

/// Why a stored record, or a commit, can not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} can not be read: {why}")]
pub(crate) struct Unreadable {
    /// The record or commit, by its name.
    pub(crate) what: String,
    /// What is wrong with it.
    pub(crate) why: String,
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

/// Writes the body into its envelope without a copy of its own.
fn enveloped(record: &Record, body: &impl Message, revision: Revision) -> Bytes {
    let id = record.id();
    let envelope = stored::Envelope {
        kind: kind_form(id.kind()).into(),
        id: id.name(),
        owner: record
            .owner()
            .map(|client| client.to_string())
            .unwrap_or_default(),
        sites: record.sites().iter().map(ToString::to_string).collect(),
        format: FORMAT,
        revision,
        ..stored::Envelope::default()
    };
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

/// Reads a record from its envelope, with the revision of the commit that wrote it.
pub(crate) fn decode(key: &[u8], value: Bytes) -> Result<(Record, Revision), Unreadable> {
    let unreadable = |why: String| Unreadable {
        what: format!("the record with key {}", hex(key)),
        why,
    };
    let envelope =
        stored::Envelope::decode(value).map_err(|error| unreadable(error.to_string()))?;
    if envelope.format == 0 || envelope.format > FORMAT {
        return Err(unreadable(format!(
            "it has format {}, this release reads format {FORMAT}",
            envelope.format
        )));
    }
    if !envelope.key_id.is_empty() {
        return Err(unreadable(
            "it is sealed, and this release has no keys".to_owned(),
        ));
    }
    let revision = envelope.revision;
    let kind =
        kind_of(envelope.kind()).ok_or_else(|| unreadable("it is of no known kind".to_owned()))?;
    let record = read_body(kind, envelope.body).map_err(unreadable)?;
    if self::key(&record.id()) != key {
        return Err(unreadable(format!("it holds {}", record.id())));
    }
    Ok((record, revision))
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
        pub(crate) fn encode(record: &Record, revision: Revision) -> Bytes {
            match record {
                $(Record::$kind(it) => enveloped(record, &it.form(), revision),)*
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

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests;
